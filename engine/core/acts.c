/* acts.c: what people do to orders and cases: every act checked against the tables of life.c, then carried out.
 *
 * A refusal changes nothing and says what is possible now. */
#include "engine/core/acts.h"

#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

struct act {
    struct core *core;
    uint32_t worker; /* who acts */
    const struct act_body *body;
    const char *text;
    struct place place;
    struct effect_result *result;
};

static struct flow_note note_of(const struct act *act)
{
    return (struct flow_note){.action = (enum action)act->body->action,
                              .reason = (enum reason)act->body->reason,
                              .actor = act->worker + 1,
                              .place =
                                  place_is_known(act->place) ? act->place : (struct place){0, 0},
                              .text = act->text,
                              .text_size = act->body->text_size};
}

static void say_act(const struct act *act, uint32_t slot, uint32_t order_slot, uint8_t before)
{
    struct flow_note note = note_of(act);
    note.order = order_slot == NONE32 ? 0 : order_slot + 1;
    note.state_before = before;
    flow_say(act->core, slot, &note);
}

static void act_accept(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    struct order_row *order = orders_at(&core->orders, order_slot);
    struct case_row *row = cases_at(&core->cases, order->case_slot);
    const struct policy_rule *rule = state_rule(core, row);
    const uint8_t before = row->state;
    core->counts.accepted++;
    order->state = ORDER_ACCEPTED;
    order->accepted_at_ms = core->now_ms;
    order->deadline_ms = NEVER_MS;
    order->clock = CLOCK_NONE;
    if (!flow_is_service(order) && rule != NULL && rule->sla.arrive.value > 0) {
        order->clock = CLOCK_ARRIVE;
        order->deadline_ms = add_clamped(order->offered_at_ms, clocks_plain_ms(rule->sla.arrive));
    }
    flow_arm_accepted(core, order_slot);
    if (flow_is_service(order)) {
        flow_hold_by_person(row, act->worker);
    } else {
        must(case_person_add(row, act->worker, PERSON_HANDLED));
        if (order->is_lead == 0 && orders_find_lead(core, row) == NONE32) {
            order->kind = KIND_HANDLE; /* whoever was to lead is gone: the first to come leads */
            order->is_lead = 1;
        }
        if (order->is_lead != 0) {
            row->state = CASE_ASSIGNED;
            flow_hold_by_person(row, act->worker);
            row->flags &= ~(uint32_t)CASE_IS_SEEKING;
            clocks_bind_handle(core, order->case_slot, flow_owner_of(core, row));
        }
    }
    clocks_arm_step(core, order->case_slot);
    say_act(act, order->case_slot, order_slot, before);
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
    say_act(act, slot, order_slot, 0);
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
    clocks_arm_step(core, order->case_slot);
    say_act(act, order->case_slot, order_slot, before);
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
    say_act(act, slot, order_slot, 0);
    if (service) {
        flow_service_again(core, slot, kind);
    } else if (was_lead && reason_is_for_desk((enum reason)act->body->reason)) {
        flow_recall_all(core, slot, false);
        flow_to_desk(core, slot, NONE32, CODE_NOTHING, false);
    } else {
        flow_after_loss(core, slot, act->worker, was_lead);
    }
}

static void act_done(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    const uint32_t slot = orders_peek(&core->orders, order_slot)->case_slot;
    const bool was_lead = orders_peek(&core->orders, order_slot)->is_lead != 0;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t handling = (1u << KIND_HANDLE) | (1u << KIND_ASSIST);
    core->counts.done++;
    orders_end(core, order_slot, ORDER_DONE);
    say_act(act, slot, order_slot, 0);
    if (was_lead) {
        flow_recall_all(core, slot, true); /* those on their way are no longer needed */
        flow_arm_seek(core, slot, false);
    }
    if (orders_count_active(core, row, handling) == 0) {
        flow_handled(core, slot);
    } else if (was_lead) {
        must(
            flow_promote_assist(core, slot)); /* somebody is still on site and answers for it now */
    }
}

/* The checker's word, by order or at the supervision desk. */
static void act_check(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct core *core = act->core;
    const bool has_passed = act->body->action != ACTION_CHECK_FAIL;
    struct flow_note note = note_of(act);
    note.order = order_slot == NONE32 ? 0 : order_slot + 1;
    if (order_slot != NONE32) {
        orders_end(core, order_slot, ORDER_DONE);
    }
    if (has_passed) {
        core->counts.checks_passed++;
        flow_close(core, slot, CASE_CLOSED, &note);
        return;
    }
    core->counts.checks_failed++;
    flow_recall_all(core, slot, false);
    flow_say(core, slot, &note);
    struct case_row *row = cases_at(&core->cases, slot);
    row->handled_at_ms = 0;
    row->flags &= ~(uint32_t)CASE_IS_CLEARED;
    row->offer_count = 0;
    flow_dispatch_start(core, slot);
}

static void act_verify(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct core *core = act->core;
    struct flow_note note = note_of(act);
    note.order = order_slot == NONE32 ? 0 : order_slot + 1;
    if (order_slot != NONE32) {
        orders_end(core, order_slot, ORDER_DONE);
    }
    if (act->body->action == ACTION_VERIFY_NO) {
        note.reason = note.reason == REASON_NONE ? REASON_FALSE_ALARM : note.reason;
        flow_close(core, slot, CASE_VOID, &note);
        return;
    }
    flow_recall_all(core, slot, false);
    flow_arm_seek(core, slot, false);
    flow_say(core, slot, &note);
    flow_file(core, slot);
}

static enum code act_on_order(const struct act *act)
{
    struct core *core = act->core;
    const enum action action = (enum action)act->body->action;
    const uint32_t order_slot = orders_find(&core->orders, act->body->order);
    if (order_slot == NONE32) {
        return act->body->order <= core->orders.last_number ? CODE_GONE : CODE_UNKNOWN_ORDER;
    }
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const uint32_t slot = order->case_slot;
    act->result->case_no = cases_peek(&core->cases, slot)->no;
    if (order->worker != act->worker) {
        return CODE_NOT_YOURS;
    }
    const uint64_t possible =
        life_order_actions((enum order_kind)order->kind, (enum order_state)order->state);
    if (action >= ACTION_OUTSIDE_LIMIT || (possible & action_bit(action)) == 0) {
        act->result->possible = possible;
        act->result->state = order->state;
        if (order->state == ORDER_RECALLED) {
            return CODE_RECALLED;
        }
        return order->state == ORDER_EXPIRED ? CODE_EXPIRED : CODE_WRONG_STATE;
    }
    enum code code = CODE_DONE;
    if (action == ACTION_ACCEPT) {
        act_accept(act, order_slot);
    } else if (action == ACTION_DECLINE) {
        act_decline(act, order_slot);
    } else if (action == ACTION_ARRIVE) {
        code = act_arrive(act, order_slot);
    } else if (action == ACTION_RETURN) {
        act_return(act, order_slot);
    } else if (action == ACTION_DONE) {
        act_done(act, order_slot);
    } else if (action == ACTION_CHECK_PASS || action == ACTION_CHECK_FAIL) {
        act_check(act, slot, order_slot);
    } else if (action == ACTION_VERIFY_YES || action == ACTION_VERIFY_NO) {
        act_verify(act, slot, order_slot);
    } else {
        must(action == ACTION_COMMENT);
        say_act(act, slot, order_slot, 0);
    }
    act->result->state = orders_peek(&core->orders, order_slot)->state;
    return code;
}

/* ---- acts on a case ---- */

static bool is_of_post(const struct core *core, uint32_t worker, uint32_t post)
{
    const struct city *city = state_city(core);
    const struct city_person *person = worker_person(core, worker);
    const struct city_post *row = &city->posts[post];
    for (uint32_t i = 0; person != NULL && i < row->persons.count; i++) {
        if (city->post_persons[row->persons.first + i] == core->workers.rows[worker].person) {
            return true;
        }
    }
    return person != NULL && row->department != NONE32 && person->department == row->department &&
           (person->rights & RIGHT_DEPARTMENT_DESK) != 0;
}

static enum code check_rights(const struct act *act, const struct case_row *row)
{
    const struct core *core = act->core;
    const enum action action = (enum action)act->body->action;
    const struct city_person *person = worker_person(core, act->worker);
    const uint32_t needed = life_case_rights(action);
    if (person == NULL || (needed != 0 && (person->rights & needed) == 0)) {
        return CODE_NO_RIGHT;
    }
    /* A desk acts on what it holds; a dispatcher sends out anybody's case again. */
    const bool is_desk_act =
        action == ACTION_DONE || action == ACTION_RETURN ||
        (action == ACTION_DISPATCH && (person->rights & RIGHT_DISPATCHER) == 0);
    if (is_desk_act &&
        (row->holder.kind != HOLDER_POST || !is_of_post(core, act->worker, row->holder.index))) {
        return CODE_NOT_YOURS;
    }
    const bool is_check =
        action == ACTION_CHECK_PASS || action == ACTION_CHECK_FAIL || action == ACTION_CLOSE;
    const uint32_t flags = case_person_flags(row, act->worker);
    if (is_check && (flags & (PERSON_HANDLED | PERSON_COMMANDED)) != 0) {
        return CODE_CONFLICT_OF_INTEREST;
    }
    return CODE_NOTHING;
}

/* Who commands or finishes by hand is remembered, so that he never checks it. No order is active and case_persons_fit
 * said that both fit; other: the person asked besides, NONE32 = nobody. */
static void remember_hand(const struct act *act, struct case_row *row, uint32_t flags,
                          uint32_t other)
{
    if (row->person_count + (other == NONE32 ? 1 : 2) > CASE_WORKERS_MAX) {
        case_persons_forget(row);
    }
    must(case_person_add(row, act->worker, flags));
}

/* The engine's own choice is recorded beside the human's, then the human's is offered. */
static enum code act_reassign(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    const uint32_t worker = workers_find(&core->workers, act->body->subject);
    struct case_row *row = cases_at(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    if (worker == NONE32) {
        return CODE_UNKNOWN_WORKER;
    }
    const enum code filter = choice_filter_person(core, slot, worker, KIND_HANDLE);
    if (filter != CODE_ELIGIBLE) {
        act->result->possible = filter;
        return CODE_NOT_ELIGIBLE;
    }
    if (core->orders.used == core->orders.limit || !case_persons_fit(row, act->worker, worker)) {
        return CODE_TABLE_FULL;
    }
    const uint32_t assign = rule != NULL && rule->assigns.count > 0 ? rule->assigns.first : NONE32;
    struct effect_decision decision;
    if (assign != NONE32) {
        const struct choice_question question = {slot, assign, KIND_HANDLE, false};
        (void)choice_find(core, question, &decision);
    }
    flow_recall_all(core, slot, false);
    remember_hand(act, row, PERSON_COMMANDED, worker);
    flow_to_command(core, slot);
    struct flow_note note = note_of(act);
    note.subject = worker + 1;
    flow_say(core, slot, &note);
    must(dispatch_offer(core, slot, worker, assign, 0, KIND_HANDLE,
                        assign != NONE32 ? &decision : NULL));
    clocks_arm_step(core, slot);
    return CODE_DONE;
}

static enum code act_send_to_desk(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    const struct hash128 subject = act->body->subject;
    if (subject.hi != UINT64_MAX || subject.lo >= state_city(core)->post_count) {
        return CODE_UNKNOWN_WORKER;
    }
    struct case_row *row = cases_at(&core->cases, slot);
    if (!case_persons_fit(row, act->worker, NONE32)) {
        return CODE_TABLE_FULL;
    }
    say_act(act, slot, NONE32, 0);
    flow_recall_all(core, slot, false);
    remember_hand(act, row, PERSON_COMMANDED, NONE32);
    flow_to_desk(core, slot, (uint32_t)subject.lo, CODE_NOTHING, false);
    return CODE_DONE;
}

/* A desk says it is done, or gives the case back to the command post. */
static enum code act_of_desk(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    if (act->body->action == ACTION_DONE) {
        if (!case_persons_fit(row, act->worker, NONE32)) {
            return CODE_TABLE_FULL;
        }
        core->counts.done++;
        flow_recall_all(core, slot, false);
        remember_hand(act, row, PERSON_HANDLED, NONE32);
        say_act(act, slot, NONE32, 0);
        flow_handled(core, slot);
        return CODE_DONE;
    }
    core->counts.returned++;
    flow_recall_all(core, slot, false);
    const uint8_t before = row->state;
    flow_to_command(core, slot); /* it decides by hand: the ladder was tried */
    clocks_arm_step(core, slot);
    say_act(act, slot, NONE32, before);
    return CODE_DONE;
}

static enum code act_dispatch(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    if (!case_persons_fit(row, act->worker, NONE32)) {
        return CODE_TABLE_FULL;
    }
    say_act(act, slot, NONE32, 0);
    flow_recall_all(core, slot, false);
    row->offer_count = 0;
    case_persons_forget(row); /* everybody may be asked again */
    must(case_person_add(row, act->worker, PERSON_COMMANDED));
    flow_dispatch_start(core, slot);
    return CODE_DONE;
}

static enum code do_on_case(const struct act *act, uint32_t slot)
{
    struct flow_note note = note_of(act);
    switch (act->body->action) {
    case ACTION_REASSIGN:
        return act_reassign(act, slot);
    case ACTION_SEND_TO_DESK:
        return act_send_to_desk(act, slot);
    case ACTION_DISPATCH:
        return act_dispatch(act, slot);
    case ACTION_DONE:
    case ACTION_RETURN:
        return act_of_desk(act, slot);
    case ACTION_CHECK_PASS:
    case ACTION_CHECK_FAIL:
    case ACTION_CLOSE:
        act_check(act, slot, NONE32);
        return CODE_DONE;
    case ACTION_VERIFY_YES:
    case ACTION_VERIFY_NO:
    case ACTION_FILE:
        act_verify(act, slot, NONE32);
        return CODE_DONE;
    case ACTION_VOID:
        flow_close(act->core, slot, CASE_VOID, &note);
        return CODE_DONE;
    case ACTION_FORCE_CLOSE:
        flow_close(act->core, slot, CASE_FORCED_CLOSED, &note);
        return CODE_DONE;
    case ACTION_REOPEN:
        flow_reopen(act->core, slot, &note);
        return CODE_DONE;
    default:
        must(act->body->action == ACTION_COMMENT);
        say_act(act, slot, NONE32, 0);
        return CODE_DONE;
    }
}

static enum code act_on_case(const struct act *act)
{
    struct core *core = act->core;
    const enum action action = (enum action)act->body->action;
    const uint32_t slot = cases_find(&core->cases, act->body->case_no);
    if (slot == NONE32) {
        return cases_was_given(&core->cases, act->body->case_no) ? CODE_GONE : CODE_UNKNOWN_CASE;
    }
    const struct case_row *row = cases_peek(&core->cases, slot);
    act->result->case_no = row->no;
    const uint64_t possible = life_case_actions((enum case_state)row->state);
    act->result->state = row->state;
    if (action >= ACTION_OUTSIDE_LIMIT || (possible & action_bit(action)) == 0) {
        act->result->possible = possible;
        return CODE_WRONG_STATE;
    }
    const enum code refusal = check_rights(act, row);
    if (refusal != CODE_NOTHING) {
        return refusal;
    }
    const enum code code = do_on_case(act, slot);
    act->result->state = cases_peek(&core->cases, slot)->state;
    return code;
}

void acts_take(struct core *core, uint32_t worker, const struct command *command,
               struct effect_result *result)
{
    const struct act_body *body = command->body.act.head;
    const struct act act = {.core = core,
                            .worker = worker,
                            .body = body,
                            .text = command->body.act.text,
                            .place = command->place,
                            .result = result};
    result->order = body->order;
    if (body->action == ACTION_NONE || body->action >= ACTION_OUTSIDE_LIMIT) {
        result->code = CODE_UNKNOWN_ACTION;
        return;
    }
    if (life_needs_reason((enum action)body->action) &&
        (body->reason == REASON_NONE || body->reason >= REASON_LIMIT)) {
        result->code = CODE_REASON_NEEDED;
        return;
    }
    result->code = (uint16_t)(body->order != 0 ? act_on_order(&act) : act_on_case(&act));
}
