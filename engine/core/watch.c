/* watch.c: see watch.h. */
#include "engine/core/watch.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

static uint32_t supervise_timer(uint32_t slot)
{
    return case_timer_id(slot, CASE_TIMER_SUPERVISE);
}

/* Whoever holds the case must see it. */
static void tell_holder(struct core *core, const struct case_row *row)
{
    if (row->holder.kind == HOLDER_POST) {
        flow_tell_post(core, row, row->holder.index, CODE_NOTHING);
        return;
    }
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->worker == row->holder.index &&
            order_state_is_active((enum order_state)order->state)) {
            worker_tell(core, order->worker, ITEM_CHANGE, order->number, CODE_NOTHING);
            return;
        }
        slot = order->next;
    }
}

static void supervise(struct core *core, uint32_t slot, uint32_t hours, struct flow_note *note)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->flags &= ~(uint32_t)CASE_SUPERVISE_MISSED;
    row->flags |= CASE_IS_SUPERVISED;
    row->supervise_limit_ms = (int64_t)hours * HOUR_MS;
    note->clock = CLOCK_SUPERVISE;
    note->deadline_ms = add_clamped(core->now_ms, row->supervise_limit_ms);
    note->amount = hours;
    timers_arm(&core->timers, supervise_timer(slot), note->deadline_ms);
    flow_say(core, slot, note);
    tell_holder(core, row);
}

enum code watch_supervise(const struct act *act, uint32_t slot)
{
    const struct case_row *row = cases_peek(&act->core->cases, slot);
    const uint32_t hours = act->body->amount != 0 ? act->body->amount : SUPERVISE_FALLBACK_HOURS;
    if ((row->flags & CASE_IS_SUPERVISED) != 0) {
        return CODE_ONCE_ONLY;
    }
    if (hours > HOURS_MAX) {
        return CODE_BAD_AMOUNT;
    }
    struct flow_note note = act_note(act);
    supervise(act->core, slot, hours, &note);
    return CODE_DONE;
}

void watch_supervise_missed(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if ((row->flags & (CASE_IS_SUPERVISED | CASE_AUTO_SUPERVISED)) != 0) {
        return;
    }
    row->flags |= CASE_AUTO_SUPERVISED;
    struct flow_note note = {.action = ACTION_SUPERVISE};
    supervise(core, slot, SUPERVISE_FALLBACK_HOURS, &note);
}

void watch_supervise_not_solved(struct core *core, uint32_t slot)
{
    struct flow_note note = {.action = ACTION_SUPERVISE, .reason = REASON_NOT_SOLVED};
    supervise(core, slot, SUPERVISE_FALLBACK_HOURS, &note);
}

void watch_end(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->flags &= ~(uint32_t)(CASE_IS_SUPERVISED | CASE_SUPERVISE_MISSED);
    timers_cancel(&core->timers, supervise_timer(slot));
}

enum code watch_answer(const struct act *act, uint32_t slot)
{
    const struct case_row *row = cases_peek(&act->core->cases, slot);
    if ((row->flags & CASE_IS_SUPERVISED) == 0) {
        return CODE_NOTHING_ASKED;
    }
    watch_end(act->core, slot);
    act_say(act, slot, NONE32, 0);
    return CODE_DONE;
}

void watch_supervise_due(struct core *core, uint32_t slot, int64_t due_ms)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const bool is_first = (row->flags & CASE_SUPERVISE_MISSED) == 0;
    const uint32_t post = state_city(core)->info->command_post;
    row->flags |= CASE_SUPERVISE_MISSED;
    core->counts.clocks_missed += is_first;
    timers_arm(&core->timers, supervise_timer(slot),
               add_clamped(core->now_ms, max_i64(row->supervise_limit_ms, REMIND_MIN_MS)));
    flow_say(core, slot,
             &(struct flow_note){.action = is_first ? ACTION_MISS : ACTION_ESCALATE,
                                 .clock = CLOCK_SUPERVISE,
                                 .deadline_ms = due_ms,
                                 .post = post + 1});
    flow_tell_post(core, row, post, CODE_EXPIRED);
}

/* ---- 超时申诉 ---- */

enum code watch_appeal(const struct act *act, uint32_t slot)
{
    struct case_row *row = cases_at(&act->core->cases, slot);
    if ((row->flags & CASE_EVER_MISSED) == 0) {
        return CODE_NOT_MISSED;
    }
    if (row->appeal != APPEAL_NONE) {
        return CODE_ONCE_ONLY;
    }
    row->appeal = APPEAL_OPEN;
    act_say(act, slot, NONE32, 0);
    return CODE_DONE;
}

enum code watch_appeal_answer(const struct act *act, uint32_t slot)
{
    struct case_row *row = cases_at(&act->core->cases, slot);
    if (row->appeal != APPEAL_OPEN) {
        return CODE_NOTHING_ASKED;
    }
    row->appeal = act->body->action == ACTION_APPEAL_YES ? APPEAL_UPHELD : APPEAL_REFUSED;
    act_say(act, slot, NONE32, 0);
    return CODE_DONE;
}

bool watch_keeps(struct core *core, uint32_t slot, int64_t due_ms)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    if (row->appeal != APPEAL_OPEN) {
        return false;
    }
    const uint32_t post = state_city(core)->info->supervision_post;
    timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK),
               add_clamped(core->now_ms, max_i64(row->clock_limit_ms, DAY_MS)));
    flow_say(
        core, slot,
        &(struct flow_note){
            .action = ACTION_MISS, .clock = CLOCK_APPEAL, .deadline_ms = due_ms, .post = post + 1});
    flow_tell_post(core, row, post, CODE_EXPIRED);
    return true;
}
