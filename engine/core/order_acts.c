/* order_acts.c: what a worker or a post does with an order it was given: accept, arrive, hand back, finish, answer.
 *
 * A refusal changes nothing and says what is possible now. */
#include "engine/core/acts.h"

#include "engine/core/burden.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/dispute.h"
#include "engine/core/joint.h"
#include "engine/core/offices.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/safety.h"

static void act_accept(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    struct order_row *order = orders_at(&core->orders, order_slot);
    struct case_row *row = cases_at(&core->cases, order->case_slot);
    const uint8_t before = row->state;
    core->counts.accepted++;
    order->state = ORDER_ACCEPTED;
    order->accepted_at_ms = core->now_ms;
    order->deadline_ms = NEVER_MS;
    order->clock = CLOCK_NONE;
    const struct clock_limit arrive = clocks_arrive_limit(core, row, order);
    if (arrive.value > 0) {
        order->clock = CLOCK_ARRIVE;
        order->deadline_ms = add_clamped(order->offered_at_ms, clocks_plain_ms(arrive));
    } else if (order->kind == KIND_ASSIST && (row->flags & CASE_IS_JOINT) != 0) {
        order->clock = CLOCK_ARRIVE;
        order->deadline_ms = add_clamped(core->now_ms, HELP_ARRIVE_MS);
    }
    flow_arm_accepted(core, order_slot);
    if (flow_is_service(order)) {
        flow_hold_by_person(row, act->worker);
    } else {
        must(case_person_add(row, act->worker, PERSON_HANDLED));
        dispatch_accepted(core, order_slot);
        if (order->is_lead == 0 && orders_find_lead(core, row) == NONE32) {
            order->kind = KIND_HANDLE; /* whoever was to lead is gone: the first to come leads */
            order->is_lead = 1;
        }
        if (order->is_lead != 0) {
            row->state = CASE_ASSIGNED;
            flow_hold_by_person(row, act->worker);
            row->flags &= ~(uint32_t)CASE_IS_SEEKING;
            clocks_bind_handle(core, order->case_slot, flow_owner_of(core, row));
            offices_receive_worker(core, order->case_slot, act->worker);
        }
    }
    clocks_arm_step(core, order->case_slot);
    act_say(act, order->case_slot, order_slot, before);
    if (!flow_is_service(order)) {
        burden_note_order(core, order->case_slot, order_slot);
    }
}

static void act_decline(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const uint32_t slot = order->case_slot;
    const bool service = flow_is_service(order);
    const bool was_lead = order->is_lead != 0;
    const enum order_kind kind = (enum order_kind)order->kind;
    core->counts.declined++;
    (void)case_person_add(cases_at(&core->cases, slot), act->worker, PERSON_DECLINED);
    orders_end(core, order_slot, ORDER_DECLINED);
    act_say(act, slot, order_slot, 0);
    if (service) {
        flow_service_again(core, slot, kind);
    } else {
        flow_after_loss(core, slot, act->worker, was_lead);
    }
}

static enum code act_arrive(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    struct order_row *order = orders_at(&core->orders, order_slot);
    struct case_row *row = cases_at(&core->cases, order->case_slot);
    const uint8_t before = row->state;
    if (place_is_known(row->place)) {
        if (!place_is_known(act->place)) {
            return CODE_PLACE_NEEDED;
        }
        if (distance_cm(act->place, row->place) > ARRIVE_RADIUS_CM) {
            return CODE_TOO_FAR;
        }
    }
    order->state = ORDER_ARRIVED;
    order->arrived_at_ms = core->now_ms;
    order->deadline_ms = NEVER_MS;
    order->clock = CLOCK_NONE;
    timers_cancel(&core->timers, order_timer_id(core, order_slot));
    if (order->is_lead != 0) {
        row->state = CASE_ON_SITE;
    }
    if (!flow_is_service(order)) {
        row->flags |= CASE_WAS_REACHED;
        offices_act(row);
    }
    clocks_arm_step(core, order->case_slot);
    act_say(act, order->case_slot, order_slot, before);
    return CODE_DONE;
}

/* Reasons that say "not this kind of worker": the department's desk must decide, not the next worker. */
static bool reason_is_for_desk(enum reason reason)
{
    return reason == REASON_NOT_MINE || reason == REASON_PRIVATE_LAND ||
           reason == REASON_OUTSIDE_DUTY || reason == REASON_NOT_FOUND ||
           reason == REASON_FALSE_ALARM;
}

static void act_return(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const uint32_t slot = order->case_slot;
    const bool service = flow_is_service(order);
    const bool was_lead = order->is_lead != 0;
    const enum order_kind kind = (enum order_kind)order->kind;
    core->counts.returned++;
    (void)case_person_add(cases_at(&core->cases, slot), act->worker, PERSON_DECLINED);
    orders_end(core, order_slot, ORDER_RETURNED);
    act_say(act, slot, order_slot, 0);
    if (service) {
        flow_service_again(core, slot, kind);
    } else if (was_lead && reason_is_for_desk((enum reason)act->body->reason)) {
        offices_leave(core, slot, (enum reason)act->body->reason,
                      flow_desk_of(core, cases_peek(&core->cases, slot)), 0);
        flow_recall_all(core, slot, false);
        flow_to_desk(core, slot, NONE32, CODE_NOTHING, false);
        dispute_judge(core, slot);
    } else {
        flow_after_loss(core, slot, act->worker, was_lead);
    }
}

static enum code act_done(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    const uint32_t slot = orders_peek(&core->orders, order_slot)->case_slot;
    const bool was_lead = orders_peek(&core->orders, order_slot)->is_lead != 0;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t handling = (1u << KIND_HANDLE) | (1u << KIND_ASSIST);
    const enum code open = was_lead ? plans_may_finish(core, slot) : CODE_NOTHING;
    if (open != CODE_NOTHING) {
        return open;
    }
    core->counts.done++;
    offices_act(cases_at(&core->cases, slot));
    orders_end(core, order_slot, ORDER_DONE);
    act_say(act, slot, order_slot, 0);
    if (was_lead) {
        cases_at(&core->cases, slot)->help_wanted = 0;
        flow_recall_all(core, slot,
                        true); /* those on their way are no longer needed, unless joint */
        flow_arm_seek(core, slot, false);
    }
    if (orders_count_active(core, row, handling) == 0) {
        flow_handled(core, slot);
    } else if (was_lead) {
        must(
            flow_promote_assist(core, slot)); /* somebody is still on site and answers for it now */
    }
    return CODE_DONE;
}

/* Everything at a visit: of the worker whose order it is. */
static enum code do_on_order(const struct act *act, uint32_t order_slot)
{
    const uint32_t slot = orders_peek(&act->core->orders, order_slot)->case_slot;
    switch (act->body->action) {
    case ACTION_ACCEPT:
        act_accept(act, order_slot);
        return CODE_DONE;
    case ACTION_DECLINE:
        act_decline(act, order_slot);
        return CODE_DONE;
    case ACTION_ARRIVE:
        return act_arrive(act, order_slot);
    case ACTION_RETURN:
        act_return(act, order_slot);
        return CODE_DONE;
    case ACTION_DONE:
        return act_done(act, order_slot);
    case ACTION_REQUEST_HELP:
        return joint_request_help(act, order_slot);
    case ACTION_MAKE_SAFE:
        return safety_made(act, slot, order_slot);
    case ACTION_CHECK_PASS:
    case ACTION_CHECK_FAIL:
        return act_check(act, slot, order_slot);
    case ACTION_VERIFY_YES:
    case ACTION_VERIFY_NO:
        act_verify(act, slot, order_slot);
        return CODE_DONE;
    default:
        must(act->body->action == ACTION_COMMENT);
        act_say(act, slot, order_slot, 0);
        return CODE_DONE;
    }
}

/* An order to a post: data, or a ruling. */
static enum code do_on_post_order(const struct act *act, uint32_t order_slot)
{
    return act->body->action == ACTION_RULE
               ? act_rule(act, orders_peek(&act->core->orders, order_slot)->case_slot, order_slot)
               : joint_answer(act, order_slot);
}

static bool is_own_order(const struct act *act, const struct order_row *order)
{
    if (order->worker != NONE32) {
        return order->worker == act->worker;
    }
    return order->post != NONE32 && act_is_of_post(act->core, act->worker, order->post);
}

enum code act_on_order(const struct act *act)
{
    struct core *core = act->core;
    const enum action action = (enum action)act->body->action;
    const uint32_t order_slot = orders_find(&core->orders, act->body->order);
    if (order_slot == NONE32) {
        return act->body->order <= core->orders.last_number ? CODE_GONE : CODE_UNKNOWN_ORDER;
    }
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    act->result->case_no = cases_peek(&core->cases, order->case_slot)->no;
    if (!is_own_order(act, order)) {
        return CODE_NOT_YOURS;
    }
    const struct life_order_rule *rule =
        life_find_order_rule((enum order_kind)order->kind, (enum order_state)order->state, action);
    if (rule == NULL) {
        act->result->possible =
            life_order_actions((enum order_kind)order->kind, (enum order_state)order->state);
        act->result->state = order->state;
        if (order->state == ORDER_RECALLED) {
            return dispatch_was_taken(core, order) ? CODE_TAKEN : CODE_RECALLED;
        }
        return order->state == ORDER_EXPIRED ? CODE_EXPIRED : CODE_WRONG_STATE;
    }
    enum code code = act_check_needs(act, rule->needs);
    if (code == CODE_NOTHING) {
        code = order->worker == NONE32 ? do_on_post_order(act, order_slot)
                                       : do_on_order(act, order_slot);
    }
    act->result->state = orders_peek(&core->orders, order_slot)->state;
    return code;
}
