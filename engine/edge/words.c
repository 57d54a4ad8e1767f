/* words.c: the tables behind words.h, made from the lists that number things. */
#include "engine/edge/words.h"

#include "engine/edge/words_own.h"

#include "engine/core/city.h"
#include "engine/core/code.h"
#include "engine/core/effect.h"
#include "engine/core/life.h"
#include "engine/core/policy.h"
#include "proto/case_text.h"

#include <stdio.h>
#include <string.h>

#define WORD(name, number, en, zh) {(number), #name, (en), (zh)},

static const struct word CODE_WORDS[] = {CODE_LIST(WORD)};
static const struct word CASE_STATE_WORDS[] = {CASE_STATE_LIST(WORD)};
static const struct word ORDER_STATE_WORDS[] = {ORDER_STATE_LIST(WORD)};
static const struct word ORDER_KIND_WORDS[] = {ORDER_KIND_LIST(WORD)};
static const struct word ACTION_WORDS[] = {ACTION_LIST(WORD)};
static const struct word REASON_WORDS[] = {REASON_LIST(WORD)};
static const struct word PLAN_STATE_WORDS[] = {PLAN_STATE_LIST(WORD)};
static const struct word DUTY_STATE_WORDS[] = {DUTY_STATE_LIST(WORD)};
static const struct word CLOCK_WORDS[] = {CLOCK_LIST(WORD)};
static const struct word WORKER_STATUS_WORDS[] = {WORKER_STATUS_LIST(WORD)};

/* Vocabularies whose enums are declared without a list. */
static const struct word LANE_WORDS[] = {
    {LANE_LIFE_SAFETY, "LIFE_SAFETY", "life safety", "生命安全"},
    {LANE_DRAIN, "DRAIN", "closing the loop", "闭环"},
    {LANE_REPORT, "REPORT", "reports", "上报"},
    {LANE_TELEMETRY, "TELEMETRY", "telemetry", "遥测"},
};
static const struct word RULE_STATUS_WORDS[] = {
    {RULE_ACTIVE, "ACTIVE", "active", "启用"},
    {RULE_DISABLED, "DISABLED", "disabled", "停用"},
    {RULE_DEPRECATED, "DEPRECATED", "deprecated", "已废弃"},
    {RULE_SHADOW, "SHADOW", "in shadow", "影子运行"},
};
static const struct word GATEWAY_KIND_WORDS[] = {
    {GATEWAY_SENSOR, "SENSOR", "sensor", "传感器"},
    {GATEWAY_CAMERA, "CAMERA", "camera", "摄像头"},
    {GATEWAY_HOTLINE, "HOTLINE", "hotline", "热线"},
    {GATEWAY_DEPARTMENT, "DEPARTMENT", "department", "部门"},
    {GATEWAY_PATROL, "PATROL", "patrol", "巡查"},
};
static const struct word RIGHT_WORDS[] = {
    {RIGHT_INTAKE, "INTAKE", "intake", "受理员"},
    {RIGHT_SHIFT_CHIEF, "SHIFT_CHIEF", "shift chief", "值班长"},
    {RIGHT_DISPATCHER, "DISPATCHER", "dispatcher", "派遣员"},
    {RIGHT_DEPARTMENT_DESK, "DEPARTMENT_DESK", "department desk", "部门坐席"},
    {RIGHT_WORKER, "WORKER", "worker", "处置人员"},
    {RIGHT_INSPECTOR, "INSPECTOR", "inspector", "监督员"},
    {RIGHT_OVERSEER, "OVERSEER", "overseer", "督查"},
    {RIGHT_AUDITOR, "AUDITOR", "auditor", "审计"},
    {RIGHT_ADMINISTRATOR, "ADMINISTRATOR", "administrator", "管理员"},
};
static const struct word WHY_WORDS[] = {
    {WHY_CHOSEN, "CHOSEN", "the best at the time", "当时最优"},
    {WHY_WAITED, "WAITED", "the closest pair of those that waited", "候派工单中就近匹配"},
    {WHY_MOVED, "MOVED", "there sooner than who had it", "可更快到达"},
    {WHY_PREEMPTS, "PREEMPTS", "taken from a lesser case", "由一般案件优先调派"},
    {WHY_BY_HAND, "BY_HAND", "chosen by a dispatcher", "派遣员人工指派"},
};

static const struct word TRAVEL_WORDS[] = {
    {TRAVEL_STRAIGHT, "STRAIGHT", "as the crow flies", "直线估算"},
    {TRAVEL_ROAD, "ROAD", "by road", "按道路"},
    {TRAVEL_LONGER, "LONGER", "longer by road", "道路更远"},
    {TRAVEL_NO_WAY, "NO_WAY", "no way by road", "无路可达"},
};
static const struct word ITEM_KIND_WORDS[] = {
    {ITEM_OFFER, "OFFER", "offer", "派单"},
    {ITEM_RECALL, "RECALL", "recall", "撤回"},
    {ITEM_CHANGE, "CHANGE", "change", "变更"},
    {ITEM_NOTICE, "NOTICE", "notice", "通知"},
};
static const struct word HOLDER_KIND_WORDS[] = {
    {HOLDER_NONE, "NONE", "nobody", "无"},
    {HOLDER_PERSON, "PERSON", "person", "人员"},
    {HOLDER_POST, "POST", "post", "岗位"},
};
static const struct word FIELD_KIND_WORDS[] = {
    {FIELD_NUMBER, "NUMBER", "number", "数值"},
    {FIELD_STRING, "STRING", "string", "文本"},
    {FIELD_BOOL, "BOOL", "yes or no", "是否"},
};
static const struct word COMMAND_KIND_WORDS[] = {
    {COMMAND_START, "START", "engine started", "引擎启动"},
    {COMMAND_ACTIVATE, "ACTIVATE", "city and rules activated", "启用城市与规则"},
    {COMMAND_TICK, "TICK", "time passed", "计时"},
    {COMMAND_EVENTS, "EVENTS", "events", "事件"},
    {COMMAND_ACT, "ACT", "act", "操作"},
    {COMMAND_SEEN, "SEEN", "worker seen", "人员在线"},
    {COMMAND_ITEMS_TAKEN, "ITEMS_TAKEN", "items taken", "消息已收"},
    {COMMAND_CHECKPOINT, "CHECKPOINT", "checkpoint", "校验点"},
    {COMMAND_REHOME, "REHOME", "cases located anew", "案件重新定位"},
};

struct vocabulary_words {
    const struct word *words;
    uint32_t count;
};

#define VOCABULARY_ROW(v, V) [VOCABULARY_##V] = {V##_WORDS, (uint32_t)COUNT_OF(V##_WORDS)},
static const struct vocabulary_words VOCABULARIES[VOCABULARY_COUNT] = {
    WORDS_VOCABULARIES(VOCABULARY_ROW)};

/* Lists with gaps: the place of a number, plus one. */
#define CODE_PLACE(name, number, en, zh) PLACE_OF_CODE_##name,
#define CODE_PLACED(name, number, en, zh) [number] = PLACE_OF_CODE_##name + 1,
#define ACTION_PLACE(name, number, en, zh) PLACE_OF_ACTION_##name,
#define ACTION_PLACED(name, number, en, zh) [number] = PLACE_OF_ACTION_##name + 1,
enum code_place { CODE_LIST(CODE_PLACE) };
enum action_place { ACTION_LIST(ACTION_PLACE) };
static const uint8_t CODE_PLACES[CODE_LIMIT] = {CODE_LIST(CODE_PLACED)};
static const uint8_t ACTION_PLACES[ACTION_LIMIT] = {ACTION_LIST(ACTION_PLACED)};

struct vocabulary_places {
    const uint8_t *places;
    uint32_t count;
};
static const struct vocabulary_places PLACES[VOCABULARY_COUNT] = {
    [VOCABULARY_CODE] = {CODE_PLACES, CODE_LIMIT},
    [VOCABULARY_ACTION] = {ACTION_PLACES, ACTION_LIMIT},
};

#define ERR_NAME(name, text) #name,
static const char *const ERR_NAMES[] = {ERR_LIST(ERR_NAME)};
#define ERR_TEXT(name, text) text,
static const char *const ERR_TEXTS[] = {ERR_LIST(ERR_TEXT)};
_Static_assert(COUNT_OF(ERR_NAMES) == ERR_COUNT, "one name per err");

/* Codes below are results, from here to the dispatch codes they are refusals; NO_RULE is an answer,
 * not a refusal: the event was taken and counted. */
#define CODE_REFUSAL_FIRST CODE_MALFORMED

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters match in any case; '-', '_' and ' ' are the same. */
static bool matches(const char *text, const char *word)
{
    for (; *text != '\0' && *word != '\0'; text++, word++) {
        char a = lower(*text);
        char b = lower(*word);
        a = a == '-' || a == ' ' ? '_' : a;
        b = b == '-' || b == ' ' ? '_' : b;
        if (a != b) {
            return false;
        }
    }
    return *text == *word;
}

static const struct word *find(enum vocabulary vocabulary, uint32_t number)
{
    must(vocabulary < VOCABULARY_COUNT);
    const struct vocabulary_words *v = &VOCABULARIES[vocabulary];
    const struct vocabulary_places *places = &PLACES[vocabulary];
    if (number < places->count) {
        const uint8_t place = places->places[number];
        return place > 0 ? &v->words[place - 1] : NULL;
    }
    /* Most lists have no gaps: the number tells the place. */
    const uint32_t guess = v->count > 0 ? number - v->words[0].number : 0;
    if (guess < v->count && v->words[guess].number == number) {
        return &v->words[guess];
    }
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->words[i].number == number) {
            return &v->words[i];
        }
    }
    return NULL;
}

uint32_t words_count(enum vocabulary vocabulary)
{
    must(vocabulary < VOCABULARY_COUNT);
    return VOCABULARIES[vocabulary].count;
}

const struct word *words_at(enum vocabulary vocabulary, uint32_t index)
{
    must(index < words_count(vocabulary));
    return &VOCABULARIES[vocabulary].words[index];
}

const char *words_name(enum vocabulary vocabulary, uint32_t number)
{
    const struct word *word = find(vocabulary, number);
    return word == NULL ? "UNKNOWN" : word->name;
}

const char *words_label(enum vocabulary vocabulary, uint32_t number, enum lang lang)
{
    const struct word *word = find(vocabulary, number);
    if (word == NULL) {
        return lang == LANG_ZH ? "未知" : "unknown";
    }
    const char *of_city = words_own_label(vocabulary, number, lang);
    return of_city != NULL ? of_city : lang == LANG_ZH ? word->zh : word->en;
}

bool words_parse(enum vocabulary vocabulary, const char *text, uint32_t *out_number)
{
    must(vocabulary < VOCABULARY_COUNT);
    if (text == NULL || text[0] == '\0') {
        return false;
    }
    const struct vocabulary_words *v = &VOCABULARIES[vocabulary];
    /* Names first: a label of one word may equal the name of another. */
    for (uint32_t i = 0; i < v->count; i++) {
        if (matches(text, v->words[i].name)) {
            *out_number = v->words[i].number;
            return true;
        }
    }
    for (uint32_t i = 0; i < v->count; i++) {
        if (matches(text, v->words[i].en) || strcmp(text, v->words[i].zh) == 0) {
            *out_number = v->words[i].number;
            return true;
        }
    }
    return false;
}

const char *words_err_name(enum err err)
{
    return (unsigned)err < ERR_COUNT ? ERR_NAMES[err] : "ERR_UNKNOWN";
}

const char *words_err(enum err err)
{
    return (unsigned)err < ERR_COUNT ? ERR_TEXTS[err] : "unknown error";
}

bool words_code_is_refusal(uint32_t code)
{
    return (code >= CODE_REFUSAL_FIRST && code < CODE_ELIGIBLE && code != CODE_FORGOTTEN) ||
           code == CODE_TAKEN;
}

void words_action_verb(uint32_t action, char *out, size_t out_size)
{
    must(out_size > 0);
    const char *name = words_action_name(action);
    size_t i = 0;
    for (; name[i] != '\0' && i + 1 < out_size; i++) {
        out[i] = lower(name[i]);
    }
    out[i] = '\0';
}

const char *words_actions(uint64_t actions, enum lang lang, char *out, size_t out_size)
{
    must(out_size > 0);
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t action = 0; action < 64; action++) {
        if ((actions >> action & 1u) == 0) {
            continue;
        }
        char verb[32];
        char one[96];
        words_action_verb(action, verb, sizeof(verb));
        int length = snprintf(one, sizeof(one), "%s%s%s%s", used == 0 ? "" : ", ", verb,
                              lang == LANG_ZH ? " " : "",
                              lang == LANG_ZH ? words_action(action, LANG_ZH) : "");
        must(length > 0);
        /* A word goes in whole or not at all, so that no character is cut. */
        if ((size_t)length >= sizeof(one) || used + (size_t)length >= out_size) {
            break;
        }
        memcpy(out + used, one, (size_t)length + 1);
        used += (size_t)length;
    }
    return out;
}

bool words_parse_lang(const char *text, enum lang *out_lang)
{
    if (text == NULL || text[0] == '\0' || text[1] == '\0') {
        return false;
    }
    if (text[2] != '\0' && strchr("_-.@", text[2]) == NULL) {
        return false;
    }
    char first = lower(text[0]);
    char second = lower(text[1]);
    if (first == 'z' && second == 'h') {
        *out_lang = LANG_ZH;
        return true;
    }
    if (first == 'e' && second == 'n') {
        *out_lang = LANG_EN;
        return true;
    }
    return false;
}

enum lang words_choose_lang(const char *asked, const char *env_lang)
{
    enum lang lang = LANG_EN;
    if (!words_parse_lang(asked, &lang)) {
        (void)words_parse_lang(env_lang, &lang);
    }
    return lang;
}

const char *words_case_no(struct case_no no, char out[WORDS_CASE_NO_SIZE])
{
    (void)case_text_print(no, out);
    return out;
}

bool words_parse_case_no(const char *text, struct case_no *out_part)
{
    return text != NULL && case_text_parse(text, out_part) == ERR_OK;
}
