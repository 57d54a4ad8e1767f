/* flow_orders.c: an order whose time runs out, whose worker falls silent or whose post is gone; see flow.h. */
#include "engine/core/flow.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/offices.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

bool flow_is_service(const struct order_row *order)
{
    return order->kind == KIND_CHECK_RESULT || order->kind == KIND_VERIFY_REPORT;
}

/* A check or verify order ended without an answer: back to the supervision post, look again. */
void flow_service_again(struct core *core, uint32_t slot, enum order_kind kind)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if (row->state != CASE_CHECKING && row->state != CASE_VERIFYING) {
        return;
    }
    flow_hold_by_post(row, state_city(core)->info->supervision_post);
    flow_arm_seek(core, slot, !dispatch_service(core, slot, kind, false));
}

static void lose_order(struct core *core, uint32_t order_slot, enum order_state state,
                       enum action action, enum code code)
{
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const uint32_t slot = order->case_slot;
    const uint32_t worker = order->worker;
    const bool was_lead = order->is_lead != 0;
    const enum order_kind kind = (enum order_kind)order->kind;
    const bool service = flow_is_service(order);
    (void)case_person_add(cases_at(&core->cases, slot), worker, PERSON_DECLINED);
    flow_recall_order(core, order_slot, state, code);
    core->counts.expired += state == ORDER_EXPIRED;
    flow_say(core, slot,
             &(struct flow_note){.action = action, .order = order_slot + 1, .subject = worker + 1});
    if (service) {
        flow_service_again(core, slot, kind);
    } else {
        flow_after_loss(core, slot, worker, was_lead);
    }
}

void flow_worker_left(struct core *core, uint32_t order_slot)
{
    lose_order(core, order_slot, ORDER_EXPIRED, ACTION_LOST, CODE_NOT_ELIGIBLE);
}

void flow_post_gone(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const struct city_info *info = state_city(core)->info;
    if (row->state == CASE_ASSIGNED) {
        flow_to_desk(core, slot, NONE32, CODE_NOTHING, (row->flags & CASE_IS_SEEKING) != 0);
        return;
    }
    const bool is_commands = row->state == CASE_DISPATCHING || row->state == CASE_SUSPENDED;
    const uint32_t post = is_commands ? info->command_post : info->supervision_post;
    row->flags &= ~(uint32_t)CASE_WAS_AT_DESK;
    flow_hold_by_post(row, post);
    flow_say(core, slot, &(struct flow_note){.action = ACTION_TO_DESK, .post = post + 1});
    flow_tell_post(core, row, post, CODE_NOTHING);
}

/* When an accepted order needs looking at: its arrive clock, or its worker's silence. */
void flow_arm_accepted(struct core *core, uint32_t order_slot)
{
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const struct worker_row *worker = &core->workers.rows[order->worker];
    const int64_t lost_ms = state_policy(core)->info->worker_lost_ms;
    int64_t due = order->deadline_ms;
    if (lost_ms > 0 && order->state == ORDER_ACCEPTED) {
        const int64_t since = max_i64(worker->seen_at_ms, order->accepted_at_ms);
        due = min_i64(due, add_clamped(since, lost_ms));
    }
    timers_arm(&core->timers, order_timer_id(core, order_slot), due);
}

void flow_post_order_due(struct core *core, uint32_t order_slot)
{
    struct order_row *order = orders_at(&core->orders, order_slot);
    const struct city *city = state_city(core);
    const uint32_t department = city->posts[order->post].department;
    const uint32_t lead = department == NONE32 ? NONE32 : city->departments[department].lead_post;
    const uint32_t above = lead != NONE32 ? lead : city->info->command_post;
    const int64_t missed_at_ms = order->deadline_ms;
    order->deadline_ms =
        NEVER_MS; /* said once; the order stays open until it is answered or the case ends */
    core->counts.clocks_missed++;
    flow_say(core, order->case_slot,
             &(struct flow_note){.action = ACTION_MISS,
                                 .order = order_slot + 1,
                                 .post = above + 1,
                                 .clock = order->clock,
                                 .deadline_ms = missed_at_ms});
    flow_tell_post(core, cases_peek(&core->cases, order->case_slot), above, CODE_EXPIRED);
}

void flow_order_due(struct core *core, uint32_t order_slot)
{
    struct order_row *order = orders_at(&core->orders, order_slot);
    if (order->worker == NONE32) {
        flow_post_order_due(core, order_slot);
        return;
    }
    const struct worker_row *worker = &core->workers.rows[order->worker];
    const int64_t lost_ms = state_policy(core)->info->worker_lost_ms;
    must(order_state_is_active((enum order_state)order->state));
    if (order->state == ORDER_OFFERED) {
        lose_order(core, order_slot, ORDER_EXPIRED, ACTION_EXPIRE, CODE_EXPIRED);
        return;
    }
    const int64_t seen_at_ms = max_i64(worker->seen_at_ms, order->accepted_at_ms);
    if (order->state == ORDER_ACCEPTED && lost_ms > 0 && core->now_ms - seen_at_ms >= lost_ms) {
        lose_order(core, order_slot, ORDER_EXPIRED, ACTION_LOST, CODE_EXPIRED);
        return;
    }
    if (order->state == ORDER_ACCEPTED && core->now_ms >= order->deadline_ms) {
        const int64_t missed_at_ms = order->deadline_ms;
        order->deadline_ms = NEVER_MS; /* late, but on the way: said once, the ladder takes over */
        core->counts.clocks_missed++;
        flow_say(core, order->case_slot,
                 &(struct flow_note){.action = ACTION_MISS,
                                     .order = order_slot + 1,
                                     .subject = order->worker + 1,
                                     .clock = CLOCK_ARRIVE,
                                     .deadline_ms = missed_at_ms});
    }
    flow_arm_accepted(core, order_slot);
}
