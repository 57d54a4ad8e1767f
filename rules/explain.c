/* explain.c: see explain.h. One function per clause of a rule; conditions are walked node by node and told with the values
 * that stood in the event. */
#include "rules/explain.h"

#include "engine/core/calendar.h"
#include "engine/core/distance.h"
#include "rules/expr_ast.h"
#include "rules/naive.h"
#include "rules/window.h"

#include <stdarg.h>
#include <stdio.h>

#define LINES_MAX 1024u
#define WORDS_SIZE 512u

struct teller {
    const struct ruleset *set;
    const struct event *event;
    struct explanation *out;
};

/* A text of bounded size that grows at its end. */
struct words {
    char text[WORDS_SIZE];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(struct words *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(words->text + words->size, sizeof words->text - words->size, format, arguments);
    va_end(arguments);
    words->size += length > 0 ? (size_t)length : 0;
    words->size = words->size < sizeof words->text ? words->size : sizeof words->text - 1;
}

static void say(struct teller *teller, uint32_t depth, bool holds, const char *en, const char *zh)
{
    if (teller->out->count == LINES_MAX) {
        return;
    }
    struct arena *arena = teller->set->arena;
    teller->out->lines[teller->out->count++] = (struct explain_line){
        depth, holds, arena_text(arena, en, strlen(en)), arena_text(arena, zh, strlen(zh))};
}

/* ---- values ---- */

static void put_number(struct words *words, int64_t millionths)
{
    const uint64_t size = millionths < 0 ? 0 - (uint64_t)millionths : (uint64_t)millionths;
    put(words, "%s%llu", millionths < 0 ? "-" : "", (unsigned long long)(size / MICRO));
    uint64_t rest = size % MICRO;
    if (rest != 0) {
        int digits = 6;
        for (; rest % 10 == 0; rest /= 10) {
            digits--;
        }
        put(words, ".%0*llu", digits, (unsigned long long)rest);
    }
}

static const char *op_words(uint32_t op)
{
    switch (op) {
    case EXPR_EQ:
        return "==";
    case EXPR_NE:
        return "!=";
    case EXPR_LT:
        return "<";
    case EXPR_LE:
        return "<=";
    case EXPR_GT:
        return ">";
    case EXPR_GE:
        return ">=";
    case EXPR_ADD:
        return "+";
    case EXPR_SUB:
        return "-";
    case EXPR_MUL:
        return "*";
    default:
        return "/";
    }
}

/* The expression as it would be written. */
static void put_node(struct words *words, const struct ast_node *node)
{
    switch (node->kind) {
    case AST_NUMBER:
        put_number(words, node->number);
        return;
    case AST_TEXT:
        put(words, "\"%s\"", node->text);
        return;
    case AST_TRUTH:
        put(words, "%s", node->number != 0 ? "true" : "false");
        return;
    case AST_FIELD:
        put(words, "%s", node->field->name);
        return;
    case AST_SEVERITY:
        put(words, "severity");
        return;
    case AST_HAS:
        put(words, "has(%s)", node->field->name);
        return;
    case AST_IN:
        put_node(words, node->left);
        put(words, " in [");
        for (uint32_t i = 0; i < node->item_count; i++) {
            put(words, "%s", i == 0 ? "" : ", ");
            put_node(words, node->items[i]);
        }
        put(words, "]");
        return;
    case AST_STARTS:
    case AST_CONTAINS:
        put_node(words, node->left);
        put(words, ".%s(\"%s\")", node->kind == AST_STARTS ? "startsWith" : "contains",
            node->right->text);
        return;
    case AST_NEGATE:
    case AST_NOT:
        put(words, "%s", node->kind == AST_NOT ? "not " : "-");
        put_node(words, node->left);
        return;
    case AST_AND:
    case AST_OR:
    case AST_COMPARE:
    case AST_MATCH:
    case AST_SUM:
        put_node(words, node->left);
        put(words, " %s ",
            node->kind == AST_AND  ? "and"
            : node->kind == AST_OR ? "or"
                                   : op_words(node->op));
        put_node(words, node->right);
        return;
    }
}

static const struct event_field *find_field(const struct event *event, uint32_t row)
{
    for (uint32_t i = 0; i < event->head->field_count; i++) {
        if (event->fields[i].field == row) {
            return &event->fields[i];
        }
    }
    return NULL;
}

/* "confidence is 0.62", "plate is missing": once per field of a leaf. */
static void put_values(const struct teller *teller, const struct ast_node *node, struct words *en,
                       struct words *zh)
{
    if (node->field != NULL) {
        const struct event_field *found = find_field(teller->event, node->field->row);
        const bool is_first = en->size == 0;
        if (node->field->is_carried) {
            put(en, "%s%s is carried from an earlier step", is_first ? "" : ", ",
                node->field->name);
            put(zh, "%s%s 取自前面步骤", is_first ? "" : "，", node->field->name);
            return;
        }
        struct words value = {.size = 0};
        if (found != NULL && found->kind == FIELD_STRING) {
            put(&value, "\"%.*s\"", (int)found->size, teller->event->text + found->text_offset);
        } else if (found != NULL && found->kind == FIELD_BOOL) {
            put(&value, "%s", found->a != 0 ? "true" : "false");
        } else if (found != NULL) {
            put_number(&value, (int64_t)found->a);
        }
        put(en, "%s%s is %s", is_first ? "" : ", ", node->field->name,
            found == NULL ? "missing" : value.text);
        put(zh, "%s%s %s%s", is_first ? "" : "，", node->field->name, found == NULL ? "" : "= ",
            found == NULL ? "缺失" : value.text);
    }
    if (node->left != NULL) {
        put_values(teller, node->left, en, zh);
    }
    if (node->right != NULL) {
        put_values(teller, node->right, en, zh);
    }
}

/* ---- conditions ---- */

static bool tell_node(struct teller *teller, const struct ast_node *node, uint32_t depth);

/* "all of", "one of": the operands of a chain at one depth. */
static void tell_chain(struct teller *teller, const struct ast_node *node, enum ast_kind kind,
                       uint32_t depth)
{
    if (node->kind == kind) {
        tell_chain(teller, node->left, kind, depth);
        tell_chain(teller, node->right, kind, depth);
        return;
    }
    (void)tell_node(teller, node, depth);
}

static bool tell_node(struct teller *teller, const struct ast_node *node, uint32_t depth)
{
    const bool holds = naive_is_true(node, teller->event, 0);
    if (node->kind == AST_AND || node->kind == AST_OR) {
        const bool is_and = node->kind == AST_AND;
        say(teller, depth, holds, is_and ? "all of" : "at least one of",
            is_and ? "以下全部成立" : "以下至少一项成立");
        tell_chain(teller, node, node->kind, depth + 1);
        return holds;
    }
    if (node->kind == AST_NOT) {
        say(teller, depth, holds, "not", "以下不成立");
        (void)tell_node(teller, node->left, depth + 1);
        return holds;
    }
    struct words condition = {.size = 0};
    struct words en_values = {.size = 0};
    struct words zh_values = {.size = 0};
    put_node(&condition, node);
    put_values(teller, node, &en_values, &zh_values);
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    put(&en, "%s%s%s", condition.text, en_values.size > 0 ? ": " : "", en_values.text);
    put(&zh, "%s%s%s", condition.text, zh_values.size > 0 ? "：" : "", zh_values.text);
    say(teller, depth, holds, en.text, zh.text);
    return holds;
}

/* ---- places and times ---- */

static void put_areas(const struct teller *teller, struct words *words)
{
    const struct event_head *head = teller->event->head;
    const struct city *city = teller->set->city;
    for (uint32_t i = 0; i < head->area_count; i++) {
        const struct city_area *area = &city->areas[head->areas[i]];
        put(words, "%s%.*s", i == 0 ? "" : ", ", (int)area->zone.size, city_text(city, area->zone));
    }
    if (head->area_count == 0) {
        put(words, "-");
    }
}

/* Names of an area clause, each once although several polygons share it. */
static void put_places(const struct teller *teller, const struct rule_places *places,
                       struct words *words)
{
    const struct city *city = teller->set->city;
    struct image_string last = {0, 0};
    for (uint32_t i = 0; i < places->areas.count; i++) {
        const struct image_string name = city->areas[places->areas.items[i]].name;
        if (name.offset != last.offset) {
            put(words, "%s%.*s", words->size == 0 ? "" : ", ", (int)name.size,
                city_text(city, name));
        }
        last = name;
    }
    for (uint32_t i = 0; i < places->ground_count; i++) {
        put(words, "%s%s", words->size == 0 ? "" : ", ", places->ground_names[i]);
    }
    for (uint32_t i = 0; i < places->circle_count; i++) {
        put(words, "%s%lld m", words->size == 0 ? "" : ", ",
            (long long)(places->circles[i].radius_cm / 100));
    }
}

static bool tell_places(struct teller *teller, const struct rule_places *places, bool is_in)
{
    const bool holds = naive_is_inside(places, teller->event) == is_in;
    struct words wanted = {.size = 0};
    struct words here = {.size = 0};
    put_places(teller, places, &wanted);
    put_areas(teller, &here);
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    const bool has_place = place_is_known(teller->event->head->place);
    put(&en, "area %s [%s]: the event %s %s", is_in ? "in" : "not in", wanted.text,
        has_place ? "lies in" : "has no place; areas", here.text);
    put(&zh, "区域%s [%s]：事件%s %s", is_in ? "须在" : "不得在", wanted.text,
        has_place ? "位于" : "无坐标，区域", here.text);
    say(teller, 1, holds, en.text, zh.text);
    return holds;
}

static bool tell_time(struct teller *teller, const struct rule_rows *calendars, bool is_in)
{
    static const char *const DAYS_EN[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const DAYS_ZH[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
    const struct city *city = teller->set->city;
    const int64_t at_ms = teller->event->head->event_at_ms;
    const int64_t local_ms = city_local_ms(city, at_ms);
    const int64_t day = div_floor(local_ms, DAY_MS);
    const int64_t minute = (local_ms - day * DAY_MS) / MINUTE_MS;
    const int64_t weekday = (day % 7 + 7 + 3) % 7; /* day 0 was a Thursday */
    bool is_during = false;
    struct words names = {.size = 0};
    for (uint32_t i = 0; i < calendars->count; i++) {
        const struct image_string name = city->calendars[calendars->items[i]].name;
        is_during = is_during || calendar_contains(city, calendars->items[i], at_ms);
        put(&names, "%s%.*s", i == 0 ? "" : ", ", (int)name.size, city_text(city, name));
    }
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    put(&en, "time %s [%s]: the event is of %s %02d:%02d", is_in ? "in" : "not in", names.text,
        DAYS_EN[weekday], (int)(minute / 60), (int)(minute % 60));
    put(&zh, "时间%s [%s]：事件发生于%s %02d:%02d", is_in ? "须在" : "不得在", names.text,
        DAYS_ZH[weekday], (int)(minute / 60), (int)(minute % 60));
    say(teller, 1, is_during == is_in, en.text, zh.text);
    return is_during == is_in;
}

static bool tell_type(struct teller *teller, const struct rule *rule)
{
    bool is_type = false;
    struct words names = {.size = 0};
    for (uint32_t i = 0; i < rule->type_count; i++) {
        is_type = is_type || rule->types[i]->row == teller->event->head->type;
        put(&names, "%s%s", i == 0 ? "" : ", ", rule->types[i]->name);
    }
    const uint32_t row = teller->event->head->type;
    const char *type = row < teller->set->type_count ? teller->set->types[row]->name : "?";
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    put(&en, "event in [%s]: it is %s", names.text, type);
    put(&zh, "事件类型须为 [%s]：实为 %s", names.text, type);
    say(teller, 1, is_type, en.text, zh.text);
    return is_type;
}

/* One step of a sequence: is the event about it? */
static void tell_stage(struct teller *teller, const struct rule_stage *stage, uint32_t number)
{
    const bool is_type = stage->type->row == teller->event->head->type;
    const bool asks_carried = window_asks_carried(stage->condition);
    const bool holds =
        is_type && (asks_carried || naive_is_true(stage->condition, teller->event, 0));
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    const char *name = stage->name == NULL ? "" : stage->name;
    put(&en, "step %u%s%s: %s", number, stage->name == NULL ? "" : " ", name, stage->type->name);
    put(&zh, "第 %u 步%s%s：%s", number, stage->name == NULL ? "" : " ", name, stage->type->name);
    say(teller, 2, holds, en.text, zh.text);
    if (is_type && stage->condition != NULL) {
        (void)tell_node(teller, stage->condition, 3);
    }
}

/* What the rule asks for beyond this event. What it has seen so far is in the engine: the firing record of the event says it. */
static bool tell_window(struct teller *teller, const struct rule *rule)
{
    const struct rule_window *window = rule->window;
    const bool is_of = naive_is_of_sequence(rule, teller->event);
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    const long long within_s = window->within_ms / SECOND_MS;
    switch ((enum window_kind)window->kind) {
    case WINDOW_FOR:
        put(&en, "for: fires when it has gone on for %lld s", within_s);
        put(&zh, "for：须持续 %lld 秒", within_s);
        break;
    case WINDOW_COUNT:
        put(&en, "window: fires when %u of %lld s are enough, and what else it asks of them",
            window->at_least, within_s);
        put(&zh, "window：%lld 秒内须达 %u 次及其他条件", within_s, window->at_least);
        break;
    case WINDOW_NEAR:
        put(&en, "window: fires when %u of the %u nearest have one in %lld s", window->at_least,
            window->of, within_s);
        put(&zh, "window：%lld 秒内最近 %u 个设备中须有 %u 个", within_s, window->of,
            window->at_least);
        break;
    case WINDOW_SEQUENCE:
        put(&en,
            is_of ? "sequence: a step of %u within %lld s"
                  : "sequence: none of its %u steps, of %lld s",
            window->stage_count, within_s);
        put(&zh,
            is_of ? "sequence：%u 步之一（%lld 秒内）" : "sequence：不属于其 %u 步（%lld 秒内）",
            window->stage_count, within_s);
        break;
    case WINDOW_ABSENT:
        put(&en, "absent: fires when no %s with the same fields follows within %lld s",
            window->stages[0].type->name, within_s);
        put(&zh, "absent：其后 %lld 秒内未出现相同字段的 %s 即触发", within_s,
            window->stages[0].type->name);
        break;
    case WINDOW_KEYED:
    default:
        put(&en, "by: fires where the event has all of its fields");
        put(&zh, "by：须含全部分组字段");
        break;
    }
    say(teller, 1, is_of, en.text, zh.text);
    for (uint32_t i = 0; window->kind == WINDOW_SEQUENCE && i < window->stage_count; i++) {
        tell_stage(teller, &window->stages[i], i + 1);
    }
    return is_of;
}

struct explanation explain_rule(const struct ruleset *set, const struct rule *rule,
                                const struct event *event)
{
    struct explanation out = {.rule = rule};
    struct teller teller = {set, event, &out};
    out.lines = arena_take(set->arena, LINES_MAX * sizeof out.lines[0]);
    say(&teller, 0, false, "", ""); /* filled in below */
    bool takes = rule->status == RULE_ACTIVE || rule->status == RULE_SHADOW;
    if (!takes) {
        say(&teller, 1, false, "status: the rule is not active", "状态：规则未启用");
    }
    takes = tell_type(&teller, rule) && takes;
    takes = (rule->in == NULL || tell_places(&teller, rule->in, true)) && takes;
    takes = (rule->out == NULL || tell_places(&teller, rule->out, false)) && takes;
    takes =
        (rule->calendars_in.count == 0 || tell_time(&teller, &rule->calendars_in, true)) && takes;
    takes = (rule->calendars_out.count == 0 || tell_time(&teller, &rule->calendars_out, false)) &&
            takes;
    takes = (rule->where == NULL || tell_node(&teller, rule->where, 1)) && takes;
    takes = (rule->window == NULL || tell_window(&teller, rule)) && takes;
    struct words en = {.size = 0};
    struct words zh = {.size = 0};
    put(&en, "%s (%s:%d, priority %u) %s", rule->id, rule->file, rule->node->line, rule->priority,
        takes ? "takes the event" : "does not take the event");
    put(&zh, "%s（%s:%d，优先级 %u）%s", rule->id, rule->file, rule->node->line, rule->priority,
        takes ? "命中" : "未命中");
    struct arena *arena = set->arena;
    out.lines[0] = (struct explain_line){0, takes, arena_text(arena, en.text, en.size),
                                         arena_text(arena, zh.text, zh.size)};
    out.takes = takes;
    return out;
}
