/* handover.c: see handover.h. */
#include "engine/core/handover.h"

/* A leaving that may count against the office: its own will, and nothing done before. */
static bool is_passing(const struct handover *step)
{
    return (step->flags & (HANDOVER_ACTED | HANDOVER_TAKEN)) == 0;
}

static bool is_lateral_passing(const struct handover *step)
{
    return step->direction == HANDOVER_LATERAL && is_passing(step);
}

/* Back at an office that passed it, through at least two others that passed it too. */
static bool closes_circle(const struct handover *steps, uint32_t last)
{
    if (steps[last].to == NONE32) {
        return false;
    }
    for (uint32_t at = last; at > 0; at--) {
        const struct handover *before = &steps[at - 1];
        if (!is_lateral_passing(before) || before->to != steps[at].from) {
            return false;
        }
        if (before->from == steps[last].to) {
            return last - (at - 1) + 1 >= 3;
        }
    }
    return false;
}

/* The office passed it to another, which passed it back, and passes it on again. */
static bool goes_back_and_forth(const struct handover *steps, uint32_t last)
{
    const uint32_t office = steps[last].from;
    for (uint32_t i = 0; i < last; i++) {
        if (steps[i].from != office || !is_lateral_passing(&steps[i])) {
            continue;
        }
        for (uint32_t j = i + 1; j < last; j++) {
            if (steps[j].from == steps[i].to && steps[j].to == office &&
                is_lateral_passing(&steps[j])) {
                return true;
            }
        }
    }
    return false;
}

/* The office gives the reason again that did not free it before, and nobody has done anything since. */
static bool repeats_reason(const struct handover *steps, uint32_t last)
{
    for (uint32_t i = last; i > 0; i--) {
        const struct handover *before = &steps[i - 1];
        if ((before->flags & HANDOVER_ACTED) != 0) {
            return false;
        }
        if (before->from == steps[last].from && is_lateral_passing(before)) {
            return before->reason == steps[last].reason;
        }
    }
    return false;
}

enum reason handover_judge(const struct handover *steps, uint32_t count)
{
    must(count > 0 && count <= HANDOVERS_MAX);
    const uint32_t last = count - 1;
    const struct handover *newest = &steps[last];
    if (!is_passing(newest)) {
        return REASON_NONE;
    }
    if (newest->direction == HANDOVER_UP) {
        return REASON_PUSHED_UP;
    }
    if (newest->direction == HANDOVER_DOWN) {
        const uint32_t hollow = HANDOVER_INSPECTION | HANDOVER_DUTY;
        return (newest->flags & hollow) == hollow ? REASON_PUSHED_DOWN : REASON_NONE;
    }
    if (closes_circle(steps, last)) {
        return REASON_CIRCLED;
    }
    if (goes_back_and_forth(steps, last)) {
        return REASON_BACK_AND_FORTH;
    }
    if (repeats_reason(steps, last)) {
        return REASON_SAME_REASON;
    }
    if (newest->used_permille >= HANDOVER_LATE_PERMILLE &&
        newest->held_permille >= HANDOVER_SAT_PERMILLE) {
        return REASON_NEAR_DEADLINE;
    }
    return REASON_NONE;
}
