/* story.c: see story.h. One teller per effect kind; say() picks the language, the rest is order of words. */
#include "engine/edge/story.h"

#include "engine/core/distance.h"
#include "engine/edge/labels.h"
#include "engine/edge/text.h"

#include <inttypes.h>

/* How many of a decision's passed-over workers and how many of a report's numbers a sentence bears. */
#define REJECTED_TOLD_MAX 3u
#define FIELDS_TOLD_MAX 3u
#define REMARK_SIZE_MAX 240u

/* One sentence in the making. */
struct teller {
    const struct city *city;
    const struct policy *policy;
    int64_t at_ms; /* log time of the effect */
    enum lang lang;
    struct text text;
};

static void say(struct teller *t, const char *en, const char *zh)
{
    text_put(&t->text, t->lang == LANG_ZH ? zh : en);
}

static void say_person(struct teller *t, uint32_t person)
{
    (void)labels_put_person(&t->text, t->city, person, t->lang);
}

static void say_post(struct teller *t, uint32_t post)
{
    (void)labels_put_post(&t->text, t->city, post, t->lang);
}

static void say_distance(struct teller *t, int64_t cm)
{
    bool is_zh = t->lang == LANG_ZH;
    text_put_distance(&t->text, cm, is_zh ? "米" : "m", is_zh ? "公里" : "km");
}

static void say_case(struct teller *t, struct case_no no)
{
    text_format(&t->text, t->lang == LANG_ZH ? "%" PRIu32 " 号案件" : "case %" PRIu32, no.serial);
}

/* ---- time ---- */

/* Year, month and day of a count of days since 1970 (Hinnant, days_from_civil and back, 2013). */
static void civil_of_day(int64_t day, int64_t *out_month, int64_t *out_day)
{
    int64_t z = day + 719468;
    int64_t era = div_floor(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *out_day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *out_month = shifted < 10 ? shifted + 3 : shifted - 9;
}

static void put_instant(struct text *text, const struct city *city, int64_t at_ms, int64_t near_ms)
{
    int64_t local = city_local_ms(city, at_ms);
    int64_t day = div_floor(local, DAY_MS);
    if (day != div_floor(city_local_ms(city, near_ms), DAY_MS)) {
        int64_t month = 0;
        int64_t day_of_month = 0;
        civil_of_day(day, &month, &day_of_month);
        text_format(text, "%02" PRId64 "-%02" PRId64 " ", month, day_of_month);
    }
    int64_t minute = mod_floor(local, DAY_MS) / MINUTE_MS;
    text_format(text, "%02" PRId64 ":%02" PRId64, minute / 60, minute % 60);
}

/* "; handle by 12:21": the clock that runs for whoever holds the case now. */
static void say_deadline(struct teller *t, uint32_t clock, int64_t deadline_ms)
{
    if (clock == CLOCK_NONE || deadline_ms == NEVER_MS || deadline_ms == 0) {
        return;
    }
    if (t->lang == LANG_ZH) {
        text_format(&t->text, "；%s至 ", words_clock(clock, LANG_ZH));
    } else {
        text_format(&t->text, "; %s by ", words_clock(clock, LANG_EN));
    }
    put_instant(&t->text, t->city, deadline_ms, t->at_ms);
}

/* ---- reports ---- */

/* Up to three numbers of a report by name: "(fill_percent 93, confidence 0.97)". Strings stay untold. */
static void say_fields(struct teller *t, const struct event *event)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < event->head->field_count && told < FIELDS_TOLD_MAX; i++) {
        const struct event_field *field = &event->fields[i];
        if (field->kind == FIELD_STRING || field->field >= t->policy->field_count) {
            continue;
        }
        struct image_string name = t->policy->fields[field->field].name;
        say(t, told == 0 ? " (" : ", ", told == 0 ? "（" : "，");
        text_put_bytes(&t->text, policy_text(t->policy, name), name.size);
        text_put(&t->text, " ");
        if (field->kind == FIELD_BOOL) {
            say(t, field->a != 0 ? "yes" : "no", field->a != 0 ? "是" : "否");
        } else {
            text_put_micro(&t->text, (int64_t)field->a);
        }
        told++;
    }
    if (told > 0) {
        say(t, ")", "）");
    }
}

/* "camera C-017: bin overflowing (fill_percent 93)". */
static void say_report(struct teller *t, const struct effect_timeline *line)
{
    bool has_source = false;
    if (line->gateway != NONE32) {
        must(line->gateway < t->city->gateway_count);
        text_put(&t->text, words_gateway_kind(t->city->gateways[line->gateway].kind, t->lang));
        has_source = true;
    } else if (line->actor != NONE32) {
        say_person(t, line->actor);
        has_source = true;
    }
    uint32_t device = line->event != NULL ? line->event->head->device : line->device;
    if (device != NONE32) {
        must(device < t->city->device_count);
        struct image_string id = t->city->devices[device].id;
        text_put(&t->text, has_source ? " " : "");
        text_put_bytes(&t->text, city_text(t->city, id), id.size);
        has_source = true;
    }
    if (has_source) {
        say(t, ": ", "：");
    }
    if (line->event == NULL ||
        !labels_put_type(&t->text, t->policy, line->event->head->type, t->lang)) {
        (void)labels_put_class(&t->text, t->city, line->class_row, t->lang);
    }
    if (line->event != NULL) {
        say_fields(t, line->event);
    }
}

static void tell_open(struct teller *t, const struct effect_timeline *line)
{
    say_report(t, line);
    struct labels_where where = {line->asset, NONE32, line->cell, line->place};
    if (line->event == NULL || line->event->head->device == NONE32 || line->asset != NONE32) {
        say(t, ", at ", "，位于");
        (void)labels_put_where(&t->text, t->city, &where, t->lang);
    }
    if (line->rule != NONE32) {
        say(t, " -> rule ", " -> 规则 ");
        (void)labels_put_rule(&t->text, t->policy, line->rule);
    }
    text_put(&t->text, " -> ");
    say_case(t, line->case_no);
    char number[WORDS_CASE_NO_SIZE];
    text_format(&t->text, t->lang == LANG_ZH ? "（%s），等级 %s" : " (%s), severity %s",
                words_case_no(line->case_no, number), story_severity(line->severity));
    if (line->action == ACTION_OPEN && line->state == CASE_VERIFYING) {
        say(t, ", to be verified first", "，先行核实");
    }
    say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_merge(struct teller *t, const struct effect_timeline *line)
{
    say_report(t, line);
    if (line->distance_cm > 0) {
        say(t, ", ", "，相距 ");
        say_distance(t, line->distance_cm);
        say(t, " away", "");
    }
    say(t, " -> merged into ", " -> 并入 ");
    say_case(t, line->case_no);
    text_format(&t->text, t->lang == LANG_ZH ? "（共 %" PRIu32 " 次上报）" : ", %" PRIu32 " reports now",
                line->event_count);
}

/* ---- what people did ---- */

/* Whoever acted: a person, else the source, else the engine itself (then nothing is said). */
static void say_actor(struct teller *t, const struct effect_timeline *line)
{
    if (line->actor != NONE32) {
        say_person(t, line->actor);
        say(t, " ", "");
    }
}

/* ": private land, \"fenced in\"". */
static void say_reason(struct teller *t, const struct effect_timeline *line)
{
    bool has_remark = line->text != NULL && line->text_size > 0;
    if (line->reason != REASON_NONE) {
        say(t, ": ", "：");
        text_put(&t->text, words_reason(line->reason, t->lang));
    }
    if (has_remark) {
        say(t, line->reason != REASON_NONE ? ", \"" : ": \"", line->reason != REASON_NONE ? "，“" : "：“");
        struct text remark;
        char bytes[REMARK_SIZE_MAX];
        text_init(&remark, bytes, sizeof(bytes));
        text_put_bytes(&remark, line->text, line->text_size);
        text_put_bytes(&t->text, bytes, remark.used);
        say(t, remark.is_cut ? "...\"" : "\"", remark.is_cut ? "……”" : "”");
    }
}

/* "<post>" or "<person>", whoever is accountable from now on. */
static bool say_holder(struct teller *t, struct holder holder)
{
    if (holder.kind == HOLDER_PERSON) {
        return labels_put_person(&t->text, t->city, holder.index, t->lang);
    }
    if (holder.kind == HOLDER_POST) {
        return labels_put_post(&t->text, t->city, holder.index, t->lang);
    }
    return false;
}

static void say_subject(struct teller *t, const struct effect_timeline *line, const char *en,
                        const char *zh)
{
    say(t, en, zh);
    if (line->subject != NONE32) {
        say_person(t, line->subject);
    } else if (line->post != NONE32) {
        say_post(t, line->post);
    } else {
        (void)say_holder(t, line->holder);
    }
}

static void tell_offer(struct teller *t, const struct effect_timeline *line)
{
    if (line->order_kind != KIND_HANDLE && line->order_kind != 0) {
        text_put(&t->text, words_order_kind(line->order_kind, t->lang));
        say(t, ": ", "：");
    }
    say_subject(t, line, "offered to ", "派给");
    if (line->distance_cm >= 0) {
        say(t, ", ", "，");
        say_distance(t, line->distance_cm);
    }
    say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_check(struct teller *t, const struct effect_timeline *line, const char *en,
                       const char *zh)
{
    say(t, "check by ", "");
    if (line->actor != NONE32) {
        say_person(t, line->actor);
        say(t, ", not the handler", "（非处置人）");
    } else {
        say(t, "the device", "设备");
    }
    say(t, ": ", "核查：");
    say(t, en, zh);
    say_reason(t, line);
}

static void tell_miss(struct teller *t, const struct effect_timeline *line)
{
    if (t->lang == LANG_ZH) {
        text_format(&t->text, "%s已超", words_clock(line->clock, LANG_ZH));
    } else {
        text_format(&t->text, "%s clock missed", words_clock(line->clock, LANG_EN));
    }
    if (line->deadline_ms != NEVER_MS && line->deadline_ms != 0) {
        say(t, ", was due ", "，应于 ");
        put_instant(&t->text, t->city, line->deadline_ms, t->at_ms);
    }
    if (line->holder.kind != HOLDER_NONE) {
        say(t, "; held by ", "；责任人：");
        (void)say_holder(t, line->holder);
    }
}

static void tell_escalate(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "escalated to ", "升级至");
    text_format(&t->text, t->lang == LANG_ZH ? "，等级 %s" : ", severity %s",
                story_severity(line->severity));
}

static void tell_nobody(struct teller *t, const struct effect_timeline *line)
{
    say(t, "nobody eligible", "无人可派");
    if (line->code != CODE_NOTHING) {
        say(t, ", binding filter ", "，主要限制：");
        text_put(&t->text, t->lang == LANG_ZH ? words_code(line->code, LANG_ZH)
                                              : words_code_name(line->code));
    }
}

/* "reassigned to Li Qiang: another person is better placed". */
static void tell_hand_over(struct teller *t, const struct effect_timeline *line, const char *en,
                           const char *zh)
{
    say_actor(t, line);
    say_subject(t, line, en, zh);
    say_reason(t, line);
    say_deadline(t, line->clock, line->deadline_ms);
}

/* "<who> <did>: <why>; <clock> by <time>": most acts. */
static void tell_act(struct teller *t, const struct effect_timeline *line, const char *en,
                     const char *zh)
{
    say_actor(t, line);
    say(t, en, zh);
    say_reason(t, line);
    if (!case_state_is_terminal((enum case_state)line->state)) {
        say_deadline(t, line->clock, line->deadline_ms);
    }
}

static void tell_lost(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "no sign of life from ", "失联：");
    say(t, "; the order goes to others", "；工单改派他人");
}

static void tell_expire(struct teller *t, const struct effect_timeline *line)
{
    say_subject(t, line, "not accepted in time by ", "接单超时：");
    say_deadline(t, line->clock, line->deadline_ms);
}

static void tell_timeline(struct teller *t, const struct effect_timeline *line)
{
    /* The compiler checks that every action of life.h has its sentence. */
    switch ((enum action)line->action) {
    case ACTION_OPEN: tell_open(t, line); break;
    case ACTION_MERGE: tell_merge(t, line); break;
    case ACTION_OFFER: tell_offer(t, line); break;
    case ACTION_NOBODY: tell_nobody(t, line); break;
    case ACTION_MISS: tell_miss(t, line); break;
    case ACTION_ESCALATE: tell_escalate(t, line); break;
    case ACTION_LOST: tell_lost(t, line); break;
    case ACTION_EXPIRE: tell_expire(t, line); break;
    case ACTION_CHECK_PASS: tell_check(t, line, "passed", "通过"); break;
    case ACTION_CHECK_FAIL: tell_check(t, line, "failed", "不通过"); break;
    case ACTION_REASSIGN: tell_hand_over(t, line, "reassigned it to ", "改派给"); break;
    case ACTION_SEND_TO_DESK: tell_hand_over(t, line, "sent it to ", "转派至"); break;
    case ACTION_TO_DESK: tell_hand_over(t, line, "handed to ", "转由岗位承接："); break;
    case ACTION_RECALL: tell_hand_over(t, line, "recalled from ", "撤回派给："); break;
    case ACTION_ACCEPT: tell_act(t, line, "accepted", "接单"); break;
    case ACTION_DECLINE: tell_act(t, line, "declined", "拒单"); break;
    case ACTION_ARRIVE: tell_act(t, line, "arrived", "到场"); break;
    case ACTION_DONE: tell_act(t, line, "done", "处置完成"); break;
    case ACTION_RETURN: tell_act(t, line, "returned it", "退回"); break;
    case ACTION_VERIFY_YES: tell_act(t, line, "confirmed the report", "核实属实"); break;
    case ACTION_VERIFY_NO: tell_act(t, line, "did not confirm the report", "核实不属实"); break;
    case ACTION_DISPATCH: tell_act(t, line, "dispatched again", "重新派遣"); break;
    case ACTION_VOID: tell_act(t, line, "declared it VOID", "作废"); break;
    case ACTION_FORCE_CLOSE: tell_act(t, line, "CLOSED by order", "强制结案"); break;
    case ACTION_REOPEN: tell_act(t, line, "reopened", "重新立案"); break;
    case ACTION_COMMENT: tell_act(t, line, "noted", "备注"); break;
    case ACTION_FILE: tell_act(t, line, "filed", "立案"); break;
    case ACTION_CLOSE: tell_act(t, line, "CLOSED", "结案"); break;
    case ACTION_START_CHECK: tell_act(t, line, "handled; the check begins", "已处置，启动核查"); break;
    case ACTION_RETIRE: tell_act(t, line, "left the engine for the history", "归档"); break;
    case ACTION_CLEAR:
        say_report(t, line);
        say(t, " -> the source says it is over", " -> 来源报告已消除");
        break;
    case ACTION_SEVERITY:
        say_actor(t, line);
        text_format(&t->text, t->lang == LANG_ZH ? "等级调整为 %s" : "severity is now %s",
                    story_severity(line->severity));
        break;
    case ACTION_SELF_HANDLED:
        tell_act(t, line, "handled it on the spot", "自处置");
        break;
    case ACTION_NONE:
    case ACTION_OUTSIDE_LIMIT:
    case ACTION_LIMIT:
    default:
        break;
    }
}

/* ---- decisions ---- */

/* "Li Qiang 180 m: AT_CAPACITY 6/6". */
static void say_rejected(struct teller *t, const struct effect_candidate *candidate)
{
    say(t, ". Not ", "。未派");
    say_person(t, candidate->person);
    if (candidate->distance_cm >= 0) {
        text_put(&t->text, " ");
        say_distance(t, candidate->distance_cm);
    }
    say(t, ": ", "：");
    text_put(&t->text, t->lang == LANG_ZH ? words_code(candidate->code, LANG_ZH)
                                          : words_code_name(candidate->code));
    if (candidate->code == CODE_AT_CAPACITY || candidate->code == CODE_BUSIER) {
        text_format(&t->text, " %u/%u", candidate->load, candidate->capacity);
    }
}

/* "Wang Fang, 420 m, own cell". */
static void say_chosen(struct teller *t, const struct effect_candidate *chosen, bool tells_travel)
{
    say_person(t, chosen->person);
    if (chosen->distance_cm >= 0) {
        say(t, ", ", "，");
        say_distance(t, chosen->distance_cm);
    }
    if (tells_travel && chosen->travel_ms >= 0) {
        int64_t minutes = (chosen->travel_ms + MINUTE_MS - 1) / MINUTE_MS; /* rounds up */
        text_format(&t->text, t->lang == LANG_ZH ? "，约 %" PRId64 " 分钟" : ", about %" PRId64 " min",
                    minutes);
    }
    if (chosen->is_home_cell) {
        say(t, ", own cell", "，本责任网格");
    }
    if (chosen->is_home_position) {
        say(t, ", taken to be at base: no fresh fix", "，无新定位，按驻点计");
    }
}

static void tell_nobody_decision(struct teller *t, const struct effect_decision *decision)
{
    say(t, "nobody eligible", "无人可派");
    if (decision->considered == 0) {
        say(t, ": nobody to look at", "：无候选人员");
        return;
    }
    uint32_t binding = decision->binding;
    if (binding >= CODE_ELIGIBLE && binding < CODE_LIMIT) {
        say(t, ", binding filter ", "，主要限制：");
        text_put(&t->text, t->lang == LANG_ZH ? words_code(binding, LANG_ZH) : words_code_name(binding));
        text_format(&t->text, t->lang == LANG_ZH ? "（%" PRIu32 "/%" PRIu32 "）" : " (%" PRIu32 " of %" PRIu32 ")",
                    decision->removed[binding - CODE_ELIGIBLE], decision->considered);
    }
    for (uint32_t code = CODE_ELIGIBLE + 1; code < CODE_LIMIT; code++) {
        uint32_t count = decision->removed[code - CODE_ELIGIBLE];
        if (count == 0 || code == binding) {
            continue;
        }
        say(t, ", ", "，");
        text_format(&t->text, "%s %" PRIu32,
                    t->lang == LANG_ZH ? words_code(code, LANG_ZH) : words_code_name(code), count);
    }
}

static void tell_decision(struct teller *t, const struct effect_decision *decision)
{
    must(decision->candidate_count <= DECISION_CANDIDATES_MAX);
    if (decision->order_kind != KIND_HANDLE && decision->order_kind != 0) {
        text_put(&t->text, words_order_kind(decision->order_kind, t->lang));
        say(t, ": ", "：");
    }
    if (decision->order == 0 || decision->candidate_count == 0 ||
        decision->candidates[0].code != CODE_ELIGIBLE) {
        tell_nobody_decision(t, decision);
        return;
    }
    const struct effect_candidate *chosen = &decision->candidates[0];
    must(decision->assign < t->policy->assign_count);
    say(t, "offered to ", "派给");
    say_chosen(t, chosen, t->policy->assigns[decision->assign].pick == PICK_ETA);
    /* Those who were nearer and not taken first, then, as they stand by distance, who came next. */
    uint32_t told = 0;
    for (uint32_t i = 1; i < decision->candidate_count && told < REJECTED_TOLD_MAX; i++) {
        if (decision->candidates[i].code != CODE_ELIGIBLE) {
            say_rejected(t, &decision->candidates[i]);
            told++;
        }
    }
}

/* ---- the rest ---- */

static bool tell_firing(struct teller *t, const struct effect_firing *firing)
{
    switch (firing->code) {
    case CODE_NO_RULE:
        say(t, "an event that no active rule takes", "无规则匹配的事件");
        return true;
    case CODE_DEDUPED:
        say(t, "a repeat, counted only", "重复上报，仅计数");
        break;
    case CODE_SUPPRESSED:
        say(t, "held back by a silence or maintenance window", "已抑制");
        break;
    default:
        return false; /* the timeline tells it */
    }
    if (firing->rule != NONE32) {
        say(t, ", rule ", "，规则 ");
        (void)labels_put_rule(&t->text, t->policy, firing->rule);
    }
    if (!case_no_is_none(firing->case_no)) {
        text_put(&t->text, " -> ");
        say_case(t, firing->case_no);
    }
    return true;
}

static bool tell_result(struct teller *t, const struct effect_result *result)
{
    if (!words_code_is_refusal(result->code)) {
        return false;
    }
    uint32_t person = labels_find_person(t->city, result->principal);
    say(t, "refused ", "拒绝 ");
    if (labels_put_person(&t->text, t->city, person, t->lang)) {
        say(t, ", ", "，");
    }
    text_format(&t->text, "%s: ", words_code_name(result->code));
    text_put(&t->text, words_code(result->code, t->lang));
    if (result->code == CODE_WRONG_STATE) {
        char verbs[256];
        say(t, result->order != 0 ? "; the order is " : "; the case is ",
            result->order != 0 ? "；工单" : "；案件");
        text_put(&t->text, result->order != 0 ? words_order_state(result->state, t->lang)
                                              : words_case_state(result->state, t->lang));
        (void)words_actions(result->possible, t->lang, verbs, sizeof(verbs));
        say(t, "; possible now: ", "；当前可执行：");
        text_put(&t->text, verbs[0] != '\0' ? verbs : t->lang == LANG_ZH ? "无" : "nothing");
    }
    return true;
}

static void tell_notice(struct teller *t, const struct effect_notice *notice)
{
    say(t, "told ", "通知");
    say_post(t, notice->post);
    say(t, ": ", "：");
    if (notice->code != CODE_NOTHING) {
        text_put(&t->text, words_code(notice->code, t->lang));
        say(t, ", ", "，");
    } else if (notice->step == NONE32) {
        say(t, "nobody eligible, ", "无人可派，");
    }
    say_case(t, notice->case_no);
    text_format(&t->text, t->lang == LANG_ZH ? "，等级 %s" : ", severity %s",
                story_severity(notice->severity));
}

static void tell_activated(struct teller *t)
{
    const struct city_info *info = t->city->info;
    struct image_string name =
        t->lang == LANG_EN && info->name_en.size > 0 ? info->name_en : info->name;
    say(t, "in force: ", "启用：");
    text_put_bytes(&t->text, city_text(t->city, name), name.size);
    text_format(&t->text,
                t->lang == LANG_ZH ? "，%" PRIu32 " 个网格，%" PRIu32 " 条规则"
                                   : ", %" PRIu32 " cells, %" PRIu32 " rules",
                t->city->cell_count, t->policy->rule_count);
}

/* The case that the effect is about, for sentences that do not name it themselves; none otherwise. */
static struct case_no unnamed_case(const struct effect *effect)
{
    static const struct case_no NO_CASE = {0, 0, 0};
    switch (effect->kind) {
    case EFFECT_TIMELINE:
        if (effect->of.timeline.action == ACTION_OPEN || effect->of.timeline.action == ACTION_MERGE) {
            return NO_CASE;
        }
        return effect->of.timeline.case_no;
    case EFFECT_DECISION:
        return effect->of.decision.case_no;
    case EFFECT_RESULT:
        return effect->of.result.case_no;
    case EFFECT_FIRING:
    case EFFECT_ITEM:
    case EFFECT_NOTICE:
    case EFFECT_ACTIVATED:
    default:
        return NO_CASE;
    }
}

static bool tell(struct teller *t, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_TIMELINE:
        tell_timeline(t, &effect->of.timeline);
        return true;
    case EFFECT_DECISION:
        tell_decision(t, &effect->of.decision);
        return true;
    case EFFECT_FIRING:
        return tell_firing(t, &effect->of.firing);
    case EFFECT_RESULT:
        return tell_result(t, &effect->of.result);
    case EFFECT_NOTICE:
        tell_notice(t, &effect->of.notice);
        return true;
    case EFFECT_ACTIVATED:
        tell_activated(t);
        return true;
    case EFFECT_ITEM:
    default:
        return false; /* the worker's own screen shows it */
    }
}

static size_t tell_line(const struct effect *effect, struct teller *t, bool names_case, char *out,
                        size_t out_size)
{
    text_init(&t->text, out, out_size);
    if (t->city == NULL || t->policy == NULL) {
        return 0;
    }
    t->at_ms = effect->at_ms;
    put_instant(&t->text, t->city, effect->at_ms, effect->at_ms);
    text_put(&t->text, " ");
    struct case_no no = unnamed_case(effect);
    if (names_case && !case_no_is_none(no)) {
        say_case(t, no);
        say(t, ": ", "：");
    }
    size_t before = t->text.used;
    if (!tell(t, effect) || t->text.used == before) {
        out[0] = '\0';
        return 0;
    }
    return t->text.used;
}

size_t story_sentence(const struct effect *effect, const struct city *city,
                      const struct policy *policy, enum lang lang, char *out, size_t out_size)
{
    struct teller t = {.city = city, .policy = policy, .lang = lang};
    return tell_line(effect, &t, false, out, out_size);
}

size_t story_feed_line(const struct effect *effect, const struct city *city,
                       const struct policy *policy, enum lang lang, char *out, size_t out_size)
{
    struct teller t = {.city = city, .policy = policy, .lang = lang};
    return tell_line(effect, &t, true, out, out_size);
}

bool story_is_told_before(const struct effect *effect)
{
    return effect->kind == EFFECT_TIMELINE && (effect->of.timeline.action == ACTION_OFFER ||
                                               effect->of.timeline.action == ACTION_NOBODY);
}

size_t story_case(struct case_no no, enum lang lang, char *out, size_t out_size)
{
    struct teller t = {.lang = lang};
    text_init(&t.text, out, out_size);
    say_case(&t, no);
    return t.text.used;
}

size_t story_instant(const struct city *city, int64_t at_ms, int64_t near_ms, char *out,
                     size_t out_size)
{
    struct text text;
    text_init(&text, out, out_size);
    put_instant(&text, city, at_ms, near_ms);
    return text.used;
}

const char *story_severity(uint32_t severity)
{
    static const char *const GLYPHS[] = {"?", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"};
    return GLYPHS[severity < COUNT_OF(GLYPHS) ? severity : 0];
}
