/* safety.c: see safety.h. */
#include "engine/core/safety.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/flow.h"

static bool is_under_way(const struct case_row *row)
{
    return row->assigned_at_ms != 0 && (row->state == CASE_DISPATCHING ||
                                        row->state == CASE_ASSIGNED || row->state == CASE_ON_SITE);
}

int64_t safety_due_ms(const struct core *core, const struct case_row *row)
{
    const struct policy_rule *rule = state_rule(core, row);
    if (rule == NULL || rule->sla.make_safe.value == 0 || !is_under_way(row) ||
        (row->flags & (CASE_IS_SAFE | CASE_SAFE_MISSED)) != 0) {
        return NEVER_MS;
    }
    return add_clamped(row->assigned_at_ms, clocks_plain_ms(rule->sla.make_safe));
}

int64_t safety_step_due_ms(const struct case_row *row, const struct policy_step *step)
{
    const uint32_t stops =
        step->when == STEP_NOT_SAFE ? (uint32_t)CASE_IS_SAFE : (uint32_t)CASE_WAS_REACHED;
    must(step->when == STEP_NOT_SAFE || step->when == STEP_NO_ARRIVAL);
    return is_under_way(row) && (row->flags & stops) == 0
               ? add_clamped(row->assigned_at_ms, step->after_ms)
               : NEVER_MS;
}

enum code safety_made(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct case_row *row = cases_at(&act->core->cases, slot);
    if ((row->flags & CASE_IS_SAFE) != 0) {
        return CODE_ONCE_ONLY;
    }
    row->flags |= CASE_IS_SAFE;
    clocks_arm_step(act->core, slot);
    act_say(act, slot, order_slot, 0);
    return CODE_DONE;
}

void safety_miss(struct core *core, uint32_t slot, uint32_t post)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const int64_t due_ms = safety_due_ms(core, row);
    row->flags |= CASE_SAFE_MISSED;
    core->counts.clocks_missed++;
    flow_say(core, slot,
             &(struct flow_note){.action = ACTION_MISS,
                                 .clock = CLOCK_MAKE_SAFE,
                                 .deadline_ms = due_ms,
                                 .post = post + 1});
    flow_tell_post(core, row, post, CODE_EXPIRED);
}
