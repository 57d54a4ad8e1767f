/* dispatch.c: see dispatch.h. */
#include "engine/core/dispatch.h"

#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/clocks.h"
#include "engine/core/confirm.h"
#include "engine/core/flow.h"
#include "engine/core/ledger.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

static void emit_decision(struct core *core, struct effect_decision *decision, uint64_t order)
{
    struct effect effect;
    effect.kind = EFFECT_DECISION;
    effect.at_ms = core->now_ms;
    decision->order = order;
    effect.of.decision = *decision;
    state_emit(core, &effect);
}

static struct clock_limit accept_limit_of(const struct core *core, const struct case_row *row)
{
    const struct policy_rule *rule = state_rule(core, row);
    return rule != NULL && rule->sla.accept.value > 0 ? rule->sla.accept
                                                      : state_policy(core)->info->accept;
}

/* What a round holds whoever accepts to: see choice_near.c. */
static uint32_t way_of(const struct effect_candidate *chosen)
{
    return chosen->travel_ms < 0 || chosen->travel_ms >= NONE32 ? NONE32
                                                                : (uint32_t)chosen->travel_ms;
}

bool dispatch_offer(struct core *core, uint32_t case_slot, uint32_t worker, uint32_t assign,
                    uint32_t assign_index, enum order_kind kind, struct effect_decision *decision)
{
    uint32_t slot;
    struct case_row *row = cases_at(&core->cases, case_slot);
    /* Remembered from the offer on, so that an acceptance can never find the list full. */
    if (!case_person_add(row, worker, 0) ||
        orders_take(core, case_slot, worker, kind, &slot) != ERR_OK) {
        return false;
    }
    struct order_row *order = orders_at(&core->orders, slot);
    order->assign = assign;
    order->assign_index = (uint8_t)assign_index;
    order->is_lead = kind == KIND_HANDLE;
    order->clock = CLOCK_ACCEPT;
    order->deadline_ms = add_clamped(core->now_ms, clocks_plain_ms(accept_limit_of(core, row)));
    timers_arm(&core->timers, order_timer_id(core, slot), order->deadline_ms);
    if (row->first_offer_at_ms == 0 && (kind == KIND_HANDLE || kind == KIND_ASSIST)) {
        row->first_offer_at_ms = core->now_ms;
    }
    row->offer_count += kind == KIND_HANDLE;
    core->counts.offers++;
    if (kind == KIND_HANDLE || kind == KIND_ASSIST) {
        order->visit = ledger_visit(core, row, worker);
    }
    int64_t distance_cm = -1;
    if (decision != NULL) {
        emit_decision(core, decision, order->number);
        if (decision->candidate_count > 0 &&
            decision->candidates[0].person == core->workers.rows[worker].person) {
            distance_cm = decision->candidates[0].distance_cm;
            order->way_ms = way_of(&decision->candidates[0]);
        }
    }
    flow_say(core, case_slot,
             &(struct flow_note){.action = ACTION_OFFER,
                                 .order = slot + 1,
                                 .subject = worker + 1,
                                 .clock = CLOCK_ACCEPT,
                                 .deadline_ms = order->deadline_ms,
                                 .distance_cm = distance_cm});
    if (order->visit != 0) {
        flow_say(core, case_slot,
                 &(struct flow_note){.action = ACTION_JOINT_VISIT,
                                     .order = slot + 1,
                                     .subject = worker + 1,
                                     .amount = (uint32_t)order->visit});
    }
    worker_tell(core, worker, ITEM_OFFER, order->number, CODE_NOTHING);
    return true;
}

/* Orders of that assign that count towards its wanted number: active ones, and those done in this round. */
static uint32_t count_for_assign(const struct core *core, const struct case_row *row,
                                 uint32_t index)
{
    uint32_t count = 0;
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        const bool is_done = order->state == ORDER_DONE && order->round == row->round;
        if (order->assign_index == index &&
            (order_state_is_active((enum order_state)order->state) || is_done)) {
            count++;
        }
        slot = order->next;
    }
    return count;
}

/* Orders wanted of that assign, those of one visit asked at the same time not counted. */
static uint32_t wanted_of(const struct core *core, const struct case_row *row, uint32_t index)
{
    const struct policy_rule *rule = state_rule(core, row);
    return state_policy(core)->assigns[rule->assigns.first + index].count +
           (index == 0 ? row->help_wanted : 0u);
}

/* Of that assign: accepted, on site or done in this round. */
static uint32_t count_accepted(const struct core *core, const struct case_row *row, uint32_t index)
{
    uint32_t count = 0;
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        count += order->assign_index == index && order->round == row->round &&
                 (order->state == ORDER_ACCEPTED || order->state == ORDER_ARRIVED ||
                  order->state == ORDER_DONE);
        slot = order->next;
    }
    return count;
}

uint32_t dispatch_missing(const struct core *core, const struct case_row *row, uint32_t index)
{
    const uint32_t wanted = wanted_of(core, row, index);
    const uint32_t have = count_for_assign(core, row, index);
    return (row->assign_mask & (1u << index)) == 0 || have >= wanted ? 0 : wanted - have;
}

/* Offers beyond the orders wanted, so that the first to accept may have it. */
static uint32_t parallel_of(const struct core *core, const struct case_row *row, uint32_t index)
{
    const struct policy_rule *rule = state_rule(core, row);
    const uint32_t at_once = state_policy(core)->assigns[rule->assigns.first + index].parallel;
    const uint32_t wanted = wanted_of(core, row, index);
    const uint32_t accepted = count_accepted(core, row, index);
    return row->severity == 1 && accepted < wanted ? (at_once - 1) * (wanted - accepted) : 0;
}

void dispatch_withdraw(struct core *core, uint32_t order_slot, enum action action, enum code code,
                       struct case_no other, bool is_given)
{
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const uint32_t slot = order->case_slot;
    const uint32_t worker = order->worker;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const bool was_holder = row->holder.kind == HOLDER_PERSON && row->holder.index == worker;
    const uint8_t before = row->state;
    flow_recall_order(core, order_slot, ORDER_RECALLED, code);
    if (was_holder && !flow_promote_assist(core, slot)) {
        flow_to_command(core, slot);
    }
    flow_say(core, slot,
             &(struct flow_note){.action = action,
                                 .order = order_slot + 1,
                                 .subject = worker + 1,
                                 .code = code,
                                 .other = other,
                                 .state_before = before});
    if (!is_given) { /* not from here: a search now would find the worker free who was just taken */
        timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_SEEK), core->now_ms);
        clocks_arm_step(core, slot);
    }
}

void dispatch_accepted(struct core *core, uint32_t order_slot)
{
    const struct order_row *accepted = orders_peek(&core->orders, order_slot);
    const uint32_t slot = accepted->case_slot;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t index = accepted->assign_index;
    if ((accepted->marks & ORDER_IS_PARALLEL) == 0 || state_rule(core, row) == NULL ||
        count_accepted(core, row, index) < wanted_of(core, row, index)) {
        return;
    }
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        const uint32_t next = order->next;
        if (order->assign_index == index && order->state == ORDER_OFFERED &&
            (order->marks & ORDER_IS_PARALLEL) != 0) {
            dispatch_withdraw(core, o, ACTION_RECALL, CODE_TAKEN, (struct case_no){0}, true);
        }
        o = next;
    }
}

bool dispatch_was_taken(const struct core *core, const struct order_row *order)
{
    const struct case_row *row = cases_peek(&core->cases, order->case_slot);
    return (order->marks & ORDER_IS_PARALLEL) != 0 && order->state == ORDER_RECALLED &&
           order->round == row->round && count_accepted(core, row, order->assign_index) > 0;
}

/* Of those asked at the same time one leads until somebody accepts: the one asked first. Where whoever led is lost, the next
 * one is told, and the timeline tells who follows and that the command post holds the case until then. */
static void lead_parallel(struct core *core, uint32_t case_slot)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    uint32_t first = NONE32;
    if (orders_find_lead(core, row) != NONE32) {
        return;
    }
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        if (order->state == ORDER_OFFERED && (order->marks & ORDER_IS_PARALLEL) != 0) {
            first = o; /* the chain is newest first */
        }
        o = order->next;
    }
    if (first == NONE32) {
        return;
    }
    struct order_row *order = orders_at(&core->orders, first);
    order->kind = KIND_HANDLE;
    order->is_lead = 1;
    worker_tell(core, order->worker, ITEM_CHANGE, order->number, CODE_NOTHING);
    flow_say(core, case_slot,
             &(struct flow_note){
                 .action = ACTION_NEXT_LEAD, .order = first + 1, .subject = order->worker + 1});
}

/* The worker is taken from a case of less severity, which goes back to the queue; returns the order that he had there. */
static uint32_t preempt(struct core *core, const struct case_row *row, uint32_t worker,
                        struct effect_decision *decision)
{
    const uint32_t taken = choice_lesser_order(core, worker);
    must(taken != NONE32);
    decision->why = WHY_PREEMPTS;
    decision->taken = orders_peek(&core->orders, taken)->number;
    dispatch_withdraw(core, taken, ACTION_PREEMPT, CODE_PREEMPTED, row->no, false);
    return taken;
}

/* One more order of an assign. True: somebody was asked. */
static bool fill_one(struct core *core, struct choice_question question, uint32_t index,
                     bool is_quiet, struct effect_decision *decision)
{
    const struct case_row *row = cases_peek(&core->cases, question.case_slot);
    const struct policy_assign *assign = &state_policy(core)->assigns[question.assign];
    uint32_t taken = NONE32;
    uint32_t worker = choice_find(core, question, decision);
    core->operations += worker == NONE32 && is_quiet
                            ? choice_silent_operations(core, question.assign)
                            : decision->considered;
    if (worker == NONE32 && assign->preempts != 0 && row->severity == 1) {
        struct effect_decision nobody = *decision;
        question.may_preempt = question.is_silent = true;
        worker = choice_find(core, question, decision);
        core->operations += choice_silent_operations(core, question.assign);
        if (worker == NONE32) {
            *decision = nobody;
        } else {
            taken = preempt(core, row, worker, decision);
        }
    }
    if (worker == NONE32) {
        return false;
    }
    if (!dispatch_offer(core, question.case_slot, worker, question.assign, index, question.kind,
                        decision)) {
        decision->binding = CODE_TABLE_FULL;
        return false;
    }
    if (taken != NONE32) {
        flow_say(
            core, question.case_slot,
            &(struct flow_note){
                .action = ACTION_PREEMPT,
                .subject = worker + 1,
                .other =
                    cases_peek(&core->cases, orders_peek(&core->orders, taken)->case_slot)->no});
    }
    return true;
}

static enum order_kind kind_of_next(const struct core *core, const struct case_row *row)
{
    return orders_find_lead(core, row) == NONE32 ? KIND_HANDLE : KIND_ASSIST;
}

/* Asks others besides, as far as there are any; that there are no more is nobody's news. */
static void fill_parallel(struct core *core, uint32_t case_slot, uint32_t index)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const uint32_t assign = state_rule(core, row)->assigns.first + index;
    const uint32_t more = parallel_of(core, row, index);
    const uint32_t wanted = more == 0 ? 0 : wanted_of(core, row, index) + more;
    struct effect_decision decision;
    for (uint32_t have = count_for_assign(core, row, index); have < wanted; have++) {
        const struct choice_question question = {case_slot, assign, kind_of_next(core, row), true,
                                                 false};
        if (row->person_count >= CASE_OFFERED_MAX || row->offer_count >= CASE_OFFERS_MAX ||
            !fill_one(core, question, index, true, &decision)) {
            break;
        }
    }
    for (uint32_t o = more == 0 ? NONE32 : row->order_first; o != NONE32;) {
        struct order_row *order = orders_at(&core->orders, o);
        if (order->assign_index == index && order->state == ORDER_OFFERED) {
            order->marks |= ORDER_IS_PARALLEL;
        }
        o = order->next;
    }
    lead_parallel(core, case_slot);
}

uint32_t dispatch_fill(struct core *core, uint32_t case_slot, bool is_quiet, enum code *out_binding)
{
    struct case_row *row = cases_at(&core->cases, case_slot);
    const struct policy_rule *rule = state_rule(core, row);
    const uint32_t handling = (1u << KIND_HANDLE) | (1u << KIND_ASSIST);
    const bool is_at_desk = row->holder.kind == HOLDER_POST && row->state == CASE_ASSIGNED;
    /* A desk or somebody on the way has it and everybody has been told: what binds now is nobody's question. */
    const bool is_silent = is_quiet && (is_at_desk || orders_count_active(core, row, handling) > 0);
    uint32_t missing = 0;
    *out_binding = CODE_NOTHING;
    for (uint32_t i = 0; rule != NULL && i < rule->assigns.count; i++) {
        const uint32_t assign = rule->assigns.first + i;
        if ((row->assign_mask & (1u << i)) == 0) {
            continue;
        }
        uint32_t wanted = dispatch_missing(core, row, i);
        struct effect_decision decision;
        for (; wanted > 0; wanted--) {
            const struct choice_question question = {case_slot, assign, kind_of_next(core, row),
                                                     is_silent, false};
            if (fill_one(core, question, i, is_quiet, &decision)) {
                continue;
            }
            *out_binding = (enum code)decision.binding;
            if (!is_quiet && decision.binding != CODE_TABLE_FULL) {
                core->counts.nobody++;
                emit_decision(core, &decision, 0);
            }
            break;
        }
        missing += wanted;
        fill_parallel(core, case_slot, i);
    }
    return missing;
}

bool dispatch_service(struct core *core, uint32_t case_slot, enum order_kind kind, bool is_quiet)
{
    const struct policy_info *info = state_policy(core)->info;
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const struct policy_confirm *confirm = row->rule == NONE32 ? NULL : confirm_of(core, row->rule);
    const struct image_range assigns = kind == KIND_CHECK_RESULT ? info->check_assigns
                                       : confirm != NULL && confirm->assigns.count > 0
                                           ? confirm->assigns
                                           : info->verify_assigns;
    struct effect_decision decision;
    for (uint32_t i = 0; i < assigns.count; i++) {
        const uint32_t assign = assigns.first + i;
        const bool is_silent = is_quiet || i + 1 < assigns.count; /* only the last says "nobody" */
        const struct choice_question question = {case_slot, assign, kind, is_silent, false};
        const uint32_t worker = choice_find(core, question, &decision);
        core->operations += worker == NONE32 && is_silent ? choice_silent_operations(core, assign)
                                                          : decision.considered;
        if (worker != NONE32) {
            if (dispatch_offer(core, case_slot, worker, assign, 0xff, kind, &decision)) {
                return true;
            }
            if (!is_quiet) { /* somebody could, and the case or the table has no room for the order */
                core->counts.nobody++;
                flow_say(core, case_slot,
                         &(struct flow_note){.action = ACTION_NOBODY, .code = CODE_TABLE_FULL});
            }
            return false;
        }
    }
    if (assigns.count > 0 && !is_quiet) {
        core->counts.nobody++;
        emit_decision(core, &decision, 0);
        /* An offer says who holds the case now; so must this. */
        flow_say(core, case_slot,
                 &(struct flow_note){.action = ACTION_NOBODY, .code = (enum code)decision.binding});
    }
    return false;
}
