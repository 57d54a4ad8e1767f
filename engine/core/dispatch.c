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
    struct effect effect = {.kind = EFFECT_DECISION, .at_ms = core->now_ms};
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
        uint32_t wanted =
            state_policy(core)->assigns[assign].count + (i == 0 ? row->help_wanted : 0u);
        const uint32_t have = count_for_assign(core, row, i);
        for (wanted = wanted > have ? wanted - have : 0; wanted > 0; wanted--) {
            struct effect_decision decision;
            const enum order_kind kind =
                orders_find_lead(core, row) == NONE32 ? KIND_HANDLE : KIND_ASSIST;
            const struct choice_question question = {case_slot, assign, kind, is_silent};
            const uint32_t worker = choice_find(core, question, &decision);
            core->operations += worker == NONE32 && is_quiet
                                    ? choice_silent_operations(core, assign)
                                    : decision.considered;
            if (worker == NONE32) {
                *out_binding = (enum code)decision.binding;
                if (!is_quiet) {
                    core->counts.nobody++;
                    emit_decision(core, &decision, 0);
                }
                break;
            }
            if (!dispatch_offer(core, case_slot, worker, assign, i, kind, &decision)) {
                *out_binding = CODE_TABLE_FULL;
                break;
            }
        }
        missing += wanted;
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
        const struct choice_question question = {case_slot, assign, kind, is_silent};
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
