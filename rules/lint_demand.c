/* lint_demand.c: more work at once than people, and rules nobody looks after. */
#include "rules/lint_parts.h"
#include "rules/plan.h"

#include <stdio.h>

/* ---- L404 ---- */

/* Inspections of a plan task, each of service_ms, shared by all who may do them: the last one is done that much later. */
static void lint_task(struct lint_run *run, const struct plan *plan, const struct plan_task *task)
{
    const struct city *city = run->set->city;
    if (task->kind != PLAN_TASK_INSPECT || task->rule->assign_count == 0 || task->due_ms <= 0) {
        return;
    }
    const struct rule_assign *assign = &task->rule->assigns[0];
    const uint32_t targets =
        task->group < plan->group_count ? plan->groups[task->group].targets.count : 1;
    uint32_t staff = 0;
    for (uint32_t i = 0; i < city->person_count; i++) {
        staff += lint_can_serve(assign, &city->persons[i]) ? 1 : 0;
    }
    if (staff == 0 || targets == 0) {
        return; /* nobody at all is L401 */
    }
    const int64_t rounds = ((int64_t)targets + staff - 1) / staff; /* up */
    const int64_t needed_ms = rounds * task->service_ms;
    if (needed_ms <= task->due_ms) {
        return;
    }
    (void)lint_add(
        run, LINT_L404, task->rule, NULL, task->node, NULL,
        "plan %s, task %s: %u inspections of %lld min for %u people are %lld.%lld h of work each, "
        "and %lld.%lld h "
        "are given; ask for more people, a longer time, or fewer targets",
        plan->id, task->id, targets, (long long)(task->service_ms / MINUTE_MS), staff,
        (long long)(needed_ms / HOUR_MS), (long long)(needed_ms % HOUR_MS * 10 / HOUR_MS),
        (long long)(task->due_ms / HOUR_MS), (long long)(task->due_ms % HOUR_MS * 10 / HOUR_MS));
}

/* ---- L501 ---- */

static void lint_care(struct lint_run *run, const struct rule *rule)
{
    const struct city *city = run->set->city;
    const struct lint_usage *usage = run->options.usage;
    if (rule->department < city->department_count) {
        const uint32_t duty = city->departments[rule->department].duty_post;
        if (duty >= city->post_count || city->posts[duty].persons.count == 0) {
            (void)lint_add(
                run, LINT_L501, rule, NULL, rule->node, NULL,
                "rule %s: %s has no duty post with a person on it: nobody to ask about the rule",
                rule->id, lint_department(run, rule->department));
        }
    }
    if (usage == NULL) {
        return;
    }
    if (usage->is_tested != NULL && !usage->is_tested[rule->row]) {
        (void)lint_add(run, LINT_L501, rule, NULL, rule->node, NULL, "rule %s: no test names it",
                       rule->id);
    }
    if (usage->fires == NULL || usage->days == 0) {
        return;
    }
    const uint64_t fires = usage->fires[rule->row];
    if (fires == 0 && usage->days >= usage->silent_days) {
        (void)lint_add(run, LINT_L501, rule, NULL, rule->node, NULL,
                       "rule %s: silent in the %u days of the recorded events", rule->id,
                       usage->days);
    } else if (fires / usage->days > usage->busy_per_day) {
        (void)lint_add(run, LINT_L501, rule, NULL, rule->node, NULL,
                       "rule %s: takes %llu events a day of the recorded ones, more than %u",
                       rule->id, (unsigned long long)(fires / usage->days), usage->busy_per_day);
    }
}

void lint_demand(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    for (uint32_t i = 0; i < set->plan_count; i++) {
        for (uint32_t k = 0; k < set->plans[i]->task_count; k++) {
            lint_task(run, set->plans[i], &set->plans[i]->tasks[k]);
        }
    }
    for (uint32_t i = 0; i < set->rule_count; i++) {
        if (set->rules[i]->status == RULE_ACTIVE && !set->rules[i]->is_inner) {
            lint_care(run, set->rules[i]);
        }
    }
}
