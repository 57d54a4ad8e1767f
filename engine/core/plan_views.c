/* plan_views.c: activated plans and their tasks as the edge and read-only tools see them; see core.h. */
#include "engine/core/cases.h"
#include "engine/core/plans.h"

static uint32_t find(const struct core *core, struct case_no no)
{
    for (uint32_t i = 0; i < core->plans.high; i++) {
        if (core->plans.rows[i].is_used != 0 && case_no_is_equal(core->plans.rows[i].no, no)) {
            return i;
        }
    }
    return NONE32;
}

bool core_next_plan(const struct core *core, uint32_t *slot, struct plan_view *out_view)
{
    for (; *slot < core->plans.high; (*slot)++) {
        const struct plan_row *row = &core->plans.rows[*slot];
        if (row->is_used == 0) {
            continue;
        }
        const struct policy_plan *policy = plans_policy(core, row);
        const bool can_be_silent = policy != NULL && policy->silent_ms > 0 && row->begun_at_ms != 0;
        *out_view = (struct plan_view){
            .case_no = row->no,
            .plan = row->plan,
            .state = (enum plan_state)row->state,
            .is_drill = (row->flags & PLAN_IS_DRILL) != 0,
            .confirm_post = row->confirm_post,
            .asked_at_ms = row->asked_at_ms,
            .begun_at_ms = row->begun_at_ms,
            .ended_at_ms = row->ended_at_ms,
            .deadline_ms = row->deadline_ms,
            .silent_from_ms =
                can_be_silent ? add_clamped(row->begun_at_ms, policy->silent_ms) : NEVER_MS};
        (void)plans_count(core, *slot, NONE32, &out_view->counts);
        (*slot)++;
        return true;
    }
    return false;
}

bool core_plan_counts(const struct core *core, struct case_no no, uint32_t unit,
                      struct plan_counts *out_counts)
{
    const uint32_t slot = find(core, no);
    return slot != NONE32 && plans_count(core, slot, unit, out_counts);
}

bool core_plan_is_silent(const struct core *core, struct case_no no, uint32_t unit)
{
    const uint32_t slot = find(core, no);
    return slot != NONE32 && plans_is_silent(core, slot, unit);
}

static struct duty_view view_of(const struct core *core, const struct duty_row *duty)
{
    const struct policy_plan_task *def = plans_def(core, duty);
    const struct worker_row *workers = core->workers.rows;
    return (struct duty_view){
        .order = PLAN_ORDER_FIRST + duty->number,
        .task = def == NULL ? NONE32 : (uint32_t)(def - state_policy(core)->plan_tasks),
        .asset = duty->asset,
        .unit = plans_unit_of(core, duty),
        .person = duty->worker == NONE32 ? NONE32 : workers[duty->worker].person,
        .post = duty->post,
        .done_by = duty->done_by == NONE32 ? NONE32 : workers[duty->done_by].person,
        .state = (enum duty_state)duty->state,
        .is_overdue = (duty->flags & DUTY_IS_OVERDUE) != 0,
        .has_failed = (duty->flags & DUTY_HAS_FAILED) != 0,
        .failed = duty->failed,
        .case_no = duty->no,
        .due_ms = duty->due_ms,
        .begun_at_ms = duty->begun_at_ms,
        .ended_at_ms = duty->ended_at_ms};
}

bool core_next_duty(const struct core *core, struct case_no no, uint32_t *number,
                    struct duty_view *out_view)
{
    const uint32_t slot = find(core, no);
    if (slot == NONE32) {
        return false;
    }
    uint32_t next = core->plans.rows[slot].task_first;
    if (*number != 0) {
        const uint32_t last = duties_find(core, PLAN_ORDER_FIRST + *number);
        next = last == NONE32 || core->plans.duties[last].plan != slot
                   ? NONE32
                   : core->plans.duties[last].next;
    }
    if (next == NONE32) {
        return false;
    }
    *number = core->plans.duties[next].number;
    *out_view = view_of(core, &core->plans.duties[next]);
    return true;
}

bool core_find_duty(const struct core *core, uint64_t order, struct duty_view *out_view)
{
    const uint32_t slot = duties_find(core, order);
    if (slot == NONE32) {
        return false;
    }
    *out_view = view_of(core, &core->plans.duties[slot]);
    return true;
}

struct image_range core_case_checks(const struct core *core, struct case_no no,
                                    uint32_t *out_answered)
{
    const uint32_t slot = plans_duty_of_case(core, no);
    const struct policy_plan_task *def =
        slot == NONE32 ? NULL : plans_def(core, &core->plans.duties[slot]);
    *out_answered = slot == NONE32 ? 0 : core->plans.duties[slot].answered;
    return def == NULL ? (struct image_range){0, 0} : def->checks;
}
