/* lint_rules.c: what is wrong with a rule by itself. */
#include "rules/anchor.h"
#include "rules/lint_parts.h"

#define CROWDED 50u /* rules on one type, before a rule without a handle is worth a word */

static bool is_within(const struct rule_rows *inner, const struct rule_rows *outer)
{
    for (uint32_t i = 0; i < inner->count; i++) {
        bool is_found = false;
        for (uint32_t k = 0; k < outer->count; k++) {
            is_found = is_found || outer->items[k] == inner->items[i];
        }
        if (!is_found) {
            return false;
        }
    }
    return inner->count > 0;
}

static void lint_never(struct lint_run *run, const struct rule_extent *extent)
{
    const struct rule *rule = extent->rule;
    if (extent->region.count == 0) {
        (void)lint_add(run, LINT_L101, rule, NULL, rule->where_node, NULL,
                       "rule %s: where can never be true", rule->id);
    }
    if (rule->in != NULL && rule->out != NULL && rule->in->circle_count == 0 &&
        rule->in->cells.count == 0 && is_within(&rule->in->areas, &rule->out->areas)) {
        (void)lint_add(run, LINT_L101, rule, NULL, rule->node, NULL,
                       "rule %s: every area of in is excluded by not_in", rule->id);
    }
    int64_t at_ms = 0;
    const bool is_timed = rule->calendars_in.count > 0 || rule->calendars_out.count > 0;
    if (is_timed &&
        !week_find_instant(run->weeks, rule, extent->week, rule, extent->week, &at_ms)) {
        (void)lint_add(run, LINT_L101, rule, NULL, rule->node, NULL,
                       is_within(&rule->calendars_in, &rule->calendars_out)
                           ? "rule %s: every calendar of in is excluded by not_in"
                           : "rule %s: time leaves no minute of the week",
                       rule->id);
    }
}

static void lint_always(struct lint_run *run, const struct rule *rule)
{
    if (rule->where == NULL) {
        return;
    }
    struct ast_node opposite = {.kind = AST_NOT, .type = TYPE_TRUTH, .left = rule->where};
    const struct region rest = region_of(run->set->arena, &opposite);
    if (rest.count == 0) {
        (void)lint_add(run, LINT_L102, rule, NULL, rule->where_node, NULL,
                       "rule %s: where is always true; remove it", rule->id);
    }
}

/* Only where an event would otherwise be spared many rules. */
static void lint_index(struct lint_run *run, const struct rule *rule, const uint32_t *type_rules)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < rule->type_count; i++) {
        most = type_rules[rule->types[i]->row] > most ? type_rules[rule->types[i]->row] : most;
    }
    if (most < CROWDED || rule->where == NULL ||
        (rule->in != NULL && rule->in->circle_count == 0)) {
        return;
    }
    struct anchors anchors;
    anchors_find(run->set->arena, rule->where, &anchors);
    if (anchors.count == 0 && !anchors.is_impossible) {
        (void)lint_add(run, LINT_L301, rule, NULL, rule->where_node, NULL,
                       "rule %s: no field must have a certain value or range, so every event of a "
                       "type with %u rules is tried on it; add a condition such as a kind or a "
                       "least value",
                       rule->id, most);
    }
}

static void lint_dedupe(struct lint_run *run, const struct rule *rule)
{
    for (uint32_t i = 0; i < rule->dedupe_keys.count; i++) {
        const struct rule_field *field = rule->dedupe_keys.fields[i];
        if (field != NULL && field->kind == FIELD_NUMBER) {
            (void)lint_add(run, LINT_L303, rule, NULL, rule->node, NULL,
                           "rule %s: dedupe key has the number %s, which changes with every "
                           "measurement, so nothing is ever a repeat",
                           rule->id, field->name);
        }
    }
}

/* Limits that run continuously; others cannot be compared without a day. */
static bool is_longer(struct clock_limit a, struct clock_limit b)
{
    return a.value > 0 && b.value > 0 && a.unit == UNIT_CONTINUOUS && b.unit == UNIT_CONTINUOUS &&
           a.value > b.value;
}

static void lint_limits(struct lint_run *run, const struct rule *rule)
{
    const struct policy_sla *sla = &rule->sla;
    if (is_longer(sla->accept, sla->arrive)) {
        (void)lint_add(run, LINT_L403, rule, NULL, rule->node, NULL,
                       "rule %s: accept has longer than arrive; nobody arrives before accepting",
                       rule->id);
    }
    if (is_longer(sla->arrive, sla->handle)) {
        (void)lint_add(run, LINT_L403, rule, NULL, rule->node, NULL,
                       "rule %s: arrive has longer than handle; nobody handles before arriving",
                       rule->id);
    }
    const struct city *city = run->set->city;
    if (sla->handle.unit != UNIT_WORK_TIME && sla->handle.unit != UNIT_WORK_DAY_END) {
        return;
    }
    const struct city_department *department = &city->departments[rule->department];
    if (department->calendar < city->calendar_count &&
        city->calendars[department->calendar].intervals.count == 0) {
        (void)lint_add(run, LINT_L403, rule, NULL, rule->node, NULL,
                       "rule %s: handle counts working time, but %s never works", rule->id,
                       lint_department(run, rule->department));
    }
}

static bool steps_are_equal(const struct rule_step *a, const struct rule_step *b)
{
    return a->when == b->when && a->flags == b->flags && a->severity == b->severity &&
           a->condition == NULL && b->condition == NULL && a->posts.count == b->posts.count &&
           (a->posts.count == 0 ||
            memcmp(a->posts.items, b->posts.items, a->posts.count * sizeof a->posts.items[0]) == 0);
}

static void lint_steps(struct lint_run *run, const struct rule *rule)
{
    for (uint32_t i = 0; i < rule->step_count; i++) {
        const struct rule_step *step = &rule->steps[i];
        const struct clock_limit limit = step->when == STEP_UNACCEPTED    ? rule->sla.accept
                                         : step->when == STEP_NOT_ARRIVED ? rule->sla.arrive
                                                                          : (struct clock_limit){0};
        if (limit.value > 0 && limit.unit == UNIT_CONTINUOUS && step->after_ms > 2 * limit.value) {
            (void)lint_add(run, LINT_L405, rule, NULL, rule->node, NULL,
                           "rule %s: escalation step %u comes after more than twice the limit that "
                           "it protects",
                           rule->id, i + 1);
        }
        for (uint32_t k = 0; k < i; k++) {
            if (steps_are_equal(&rule->steps[k], step) && step->posts.count > 0) {
                (void)lint_add(run, LINT_L405, rule, NULL, rule->node, NULL,
                               "rule %s: escalation steps %u and %u tell the same posts the same",
                               rule->id, k + 1, i + 1);
            }
        }
    }
}

static uint32_t *count_rules(const struct ruleset *set)
{
    uint32_t *counts = arena_take(set->arena, set->type_count * sizeof counts[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        for (uint32_t k = 0; k < set->rules[i]->type_count; k++) {
            counts[set->rules[i]->types[k]->row]++;
        }
    }
    return counts;
}

void lint_rules(struct lint_run *run)
{
    const uint32_t *type_rules = count_rules(run->set);
    for (uint32_t i = 0; i < run->set->rule_count; i++) {
        const struct rule *rule = run->extents[i].rule;
        lint_never(run, &run->extents[i]);
        lint_limits(run, rule);
        if (run->options.errors_only) {
            continue;
        }
        lint_always(run, rule);
        lint_index(run, rule, type_rules);
        lint_dedupe(run, rule);
        lint_steps(run, rule);
    }
}
