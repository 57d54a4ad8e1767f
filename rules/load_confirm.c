/* load_confirm.c: confirm: and absent: of a rule, see load_clauses.h. */
#include "rules/load_clauses.h"

#include "rules/load_rule.h"
#include "rules/window.h"

#include <string.h>

/* 0.6 as 600. */
static bool read_weight(const struct loader *loader, const struct tree_node *node, const char *what,
                        uint32_t *out_thousandths)
{
    int64_t value = 0;
    if (node->kind != TREE_TEXT || !read_decimal(node->text, 3, &value) || value < 0 ||
        value > CONFIRM_SUM_MAX) {
        read_report(loader, node, "L003",
                    "%s must be a number from 0 to 1000 with at most 3 decimals", what);
        return false;
    }
    *out_thousandths = (uint32_t)value;
    return true;
}

static void load_weights(const struct loader *loader, const struct tree_node *node,
                         struct rule_confirm *confirm)
{
    static const struct word_spec KINDS[] = {{"sensor", GATEWAY_SENSOR},
                                             {"camera", GATEWAY_CAMERA},
                                             {"hotline", GATEWAY_HOTLINE},
                                             {"department", GATEWAY_DEPARTMENT},
                                             {"patrol", GATEWAY_PATROL}};
    uint64_t sum = 0;
    if (node->kind != TREE_MAP) {
        read_report(loader, node, "L003", "weights must be a map of kinds of gateways to numbers");
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        uint32_t kind = 0;
        if (read_word(loader, node->keys[i], "a kind of gateway", KINDS, COUNT_OF(KINDS), &kind) &&
            read_weight(loader, node->items[i], "a weight", &confirm->weights[kind])) {
            sum += confirm->weights[kind];
        }
    }
    if (sum < confirm->at_least) {
        read_report(loader, node, "L005",
                    "all weights together are less than at_least: the sum is never reached");
    }
}

/* The map without some of its keys. */
static struct tree_node without(const struct loader *loader, const struct tree_node *node,
                                const char *first, const char *second)
{
    struct tree_node rest = *node;
    rest.keys = arena_take(loader->arena, (node->count + 1) * sizeof rest.keys[0]);
    rest.items = arena_take(loader->arena, (node->count + 1) * sizeof rest.items[0]);
    rest.count = 0;
    for (uint32_t i = 0; i < node->count; i++) {
        if (strcmp(node->keys[i]->text, first) != 0 && strcmp(node->keys[i]->text, second) != 0) {
            rest.keys[rest.count] = node->keys[i];
            rest.items[rest.count++] = node->items[i];
        }
    }
    return rest;
}

/* else: an assign with the kind of its order and the clock of its arrival. */
static void load_else(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                      struct rule_confirm *confirm)
{
    static const struct key_spec SLA[] = {{"arrive", KEY_REQUIRED}};
    static const struct word_spec TASKS[] = {{"verify_report", 0}};
    uint32_t task = 0;
    if (node->kind != TREE_MAP) {
        read_report(loader, node, "L003", "else must be a map of task, role, search and sla");
        return;
    }
    const struct tree_node *what = read_find(node, "task");
    const struct tree_node *sla = read_find(node, "sla");
    if (what != NULL) {
        (void)read_word(loader, what, "task", TASKS, COUNT_OF(TASKS), &task);
    }
    if (sla != NULL && read_check_map(loader, sla, "sla", SLA, COUNT_OF(SLA))) {
        (void)read_limit(loader, read_find(sla, "arrive"), "arrive", &confirm->arrive);
    }
    struct tree_node *assign = arena_take(loader->arena, sizeof *assign);
    *assign = without(loader, node, "task", "sla");
    struct expr_scope scope = {rule, true, true};
    (void)load_assigns(loader, assign, &scope, RIGHT_WORKER | RIGHT_INSPECTOR, &confirm->assigns,
                       &confirm->assign_count);
}

void load_confirm(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"weights", KEY_REQUIRED},
                                           {"at_least", KEY_REQUIRED},
                                           {"within", KEY_REQUIRED},
                                           {"else", KEY_KNOWN}};
    if (!read_check_map(loader, node, "confirm", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    struct rule_confirm *confirm = arena_take(loader->arena, sizeof *confirm);
    const struct tree_node *least = read_find(node, "at_least");
    if (read_weight(loader, least, "at_least", &confirm->at_least) && confirm->at_least == 0) {
        read_report(loader, least, "L005", "at_least must be more than 0");
    }
    load_weights(loader, read_find(node, "weights"), confirm);
    (void)read_duration(loader, read_find(node, "within"), "within", &confirm->within_ms);
    if ((rule->merge_flags & MERGE_ENABLED) == 0) {
        read_report(loader, node, "L004",
                    "confirm needs merge: other sources are heard when their reports are merged");
    }
    const struct tree_node *otherwise = read_find(node, "else");
    if (otherwise != NULL) {
        load_else(loader, otherwise, rule, confirm);
    }
    rule->confirm = confirm;
}

/* ---- absent ---- */

#define ABSENT_MS_MAX (366 * DAY_MS)

/* {after: assigned, expect: worker.arrived, within, do: escalate, to}: one more step of the ladder. */
static void load_no_arrival(const struct loader *loader, const struct tree_node *node,
                            struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"after", KEY_REQUIRED},
                                           {"expect", KEY_REQUIRED},
                                           {"within", KEY_REQUIRED},
                                           {"do", KEY_KNOWN},
                                           {"to", KEY_REQUIRED}};
    static const struct word_spec EXPECTS[] = {{"worker.arrived", 0}};
    static const struct word_spec DOES[] = {{"escalate", 0}};
    uint32_t ignored = 0;
    if (!read_check_map(loader, node, "absent", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    if (rule->step_count == POLICY_STEPS_MAX) {
        read_report(loader, node, "L018",
                    "absent is one more step of escalate, which has %u; at most %u",
                    rule->step_count, POLICY_STEPS_MAX);
        return;
    }
    struct rule_step *steps = arena_take(loader->arena, (rule->step_count + 1) * sizeof steps[0]);
    if (rule->step_count > 0) {
        memcpy(steps, rule->steps, rule->step_count * sizeof steps[0]);
    }
    struct rule_step *step = &steps[rule->step_count];
    step->when = STEP_NO_ARRIVAL;
    const struct tree_node *act = read_find(node, "do");
    (void)read_word(loader, read_find(node, "expect"), "expect", EXPECTS, COUNT_OF(EXPECTS),
                    &ignored);
    (void)read_duration(loader, read_find(node, "within"), "within", &step->after_ms);
    if (act != NULL) {
        (void)read_word(loader, act, "do", DOES, COUNT_OF(DOES), &ignored);
    }
    (void)read_names(loader, read_find(node, "to"), REF_POST, POLICY_POSTS_MAX, &step->posts);
    rule->steps = steps;
    rule->step_count++;
}

void load_absent(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    const struct tree_node *after = node->kind == TREE_MAP ? read_find(node, "after") : NULL;
    if (after != NULL && after->kind == TREE_TEXT && strcmp(after->text, "assigned") == 0) {
        load_no_arrival(loader, node, rule);
        return;
    }
    /* the other form is loaded with the windows: load_absence */
}

bool load_is_absence(const struct tree_node *node)
{
    const struct tree_node *after =
        node != NULL && node->kind == TREE_MAP ? read_find(node, "after") : NULL;
    return node != NULL &&
           (after == NULL || after->kind != TREE_TEXT || strcmp(after->text, "assigned") != 0);
}

/* after: the event of the rule, which is said again so that the line can be read by itself. */
static void check_after(const struct loader *loader, const struct tree_node *node,
                        const struct rule *rule)
{
    const struct rule_type *type = node == NULL ? NULL : load_type(loader, node);
    if (type != NULL && (rule->type_count != 1 || rule->types[0] != type)) {
        read_report(loader, node, "L005",
                    "after: %s must be the one event of the rule, or be left out: then it is after "
                    "each of them",
                    type->name);
    }
}

void load_absence(const struct loader *loader, const struct tree_node *node, struct rule *rule)
{
    static const struct key_spec KEYS[] = {{"after", KEY_KNOWN},
                                           {"expect", KEY_REQUIRED},
                                           {"match", KEY_REQUIRED},
                                           {"within", KEY_REQUIRED}};
    struct rule_window *window = rule->window;
    window->kind = WINDOW_ABSENT;
    window->within_ms = 1; /* whatever is reported below */
    if (!read_check_map(loader, node, "absent", KEYS, COUNT_OF(KEYS))) {
        return;
    }
    if (rule->lane != RULE_LANE_DISPATCH) {
        read_report(loader, node, "L005",
                    "absent opens a case when its time has come; only a rule of lane dispatch can");
    }
    check_after(loader, read_find(node, "after"), rule);
    const struct tree_node *within = read_find(node, "within");
    const struct tree_node *match = read_find(node, "match");
    if (read_duration(loader, within, "within", &window->within_ms) &&
        window->within_ms > ABSENT_MS_MAX) {
        read_report(loader, within, "L005", "within may be a year at most");
    }
    const struct rule_type *expected = window->stages[0].type =
        load_type(loader, read_find(node, "expect"));
    window->stage_count = expected != NULL;
    (void)load_keys(loader, match, rule, "match of absent", false, &window->by);
    for (uint32_t i = 0; expected != NULL && i < window->by.count; i++) {
        if (!load_type_carries(expected, window->by.fields[i])) {
            read_report(loader, match, "L009", "the expected event %s has no field \"%s\"",
                        expected->name, window->by.fields[i]->name);
        }
    }
}
