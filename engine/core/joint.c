/* joint.c: see joint.h. */
#include "engine/core/joint.h"

#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/clocks.h"
#include "engine/core/dispatch.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

/* ---- 吹哨 ---- */

/* Could that worker be sent to help now? ELIGIBLE, or why not. */
static enum code filter_helper(const struct core *core, uint32_t slot, uint32_t worker)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const enum code filter = choice_filter_person(core, slot, worker, KIND_ASSIST);
    const bool has_room = row->person_count < CASE_WORKERS_MAX || case_has_person(row, worker);
    return filter == CODE_ELIGIBLE && !has_room ? CODE_TABLE_FULL : filter;
}

/* The person named, or the first of the post's roster who could go. */
static enum code find_helper(const struct act *act, uint32_t slot, uint32_t *out_worker)
{
    const struct core *core = act->core;
    const struct city *city = state_city(core);
    const uint32_t post = act_subject_post(act);
    enum code why = CODE_UNKNOWN_WORKER;
    if (post == NONE32) {
        const uint32_t worker = workers_find(&core->workers, act->body->subject);
        why = worker == NONE32 ? why : filter_helper(core, slot, worker);
        *out_worker = worker;
        return why;
    }
    const struct image_range roster = city->posts[post].persons;
    for (uint32_t i = 0; i < roster.count && why != CODE_ELIGIBLE; i++) {
        *out_worker = core->workers.person_slots[city->post_persons[roster.first + i]];
        why = filter_helper(core, slot, *out_worker);
    }
    return why;
}

static enum code call_by_name(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct core *core = act->core;
    uint32_t helper = NONE32;
    const enum code filter = find_helper(act, slot, &helper);
    if (filter == CODE_UNKNOWN_WORKER || filter == CODE_TABLE_FULL) {
        return filter;
    }
    if (filter != CODE_ELIGIBLE) {
        act->result->possible = filter;
        return CODE_NOT_ELIGIBLE;
    }
    if (core->orders.used == core->orders.limit) {
        return CODE_TABLE_FULL;
    }
    cases_at(&core->cases, slot)->flags |= CASE_IS_JOINT;
    struct flow_note note = act_note(act);
    note.order = order_slot + 1;
    note.subject = helper + 1;
    note.amount = 1;
    flow_say(core, slot, &note);
    must(dispatch_offer(core, slot, helper, NONE32, 0xff, KIND_ASSIST, NULL));
    return CODE_DONE;
}

enum code joint_request_help(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    const uint32_t slot = orders_peek(&core->orders, order_slot)->case_slot;
    struct case_row *row = cases_at(&core->cases, slot);
    if (!hash128_is_none(act->body->subject)) {
        return call_by_name(act, slot, order_slot);
    }
    if (act->body->amount == 0 || act->body->amount + row->help_wanted > HELPERS_MAX) {
        return CODE_BAD_AMOUNT;
    }
    row->help_wanted = (uint8_t)(row->help_wanted + act->body->amount);
    row->flags |= CASE_IS_JOINT;
    row->flags &= ~(uint32_t)CASE_NOBODY_TOLD;
    struct flow_note note = act_note(act);
    note.order = order_slot + 1;
    note.amount = act->body->amount;
    flow_say(core, slot, &note);
    flow_fill(core, slot);
    return CODE_DONE;
}

/* ---- 数据协查 ---- */

static bool is_asked(const struct core *core, const struct case_row *row, uint32_t post)
{
    for (uint32_t slot = row->order_first; slot != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, slot);
        if (order->post == post && order_state_is_active((enum order_state)order->state)) {
            return true;
        }
        slot = order->next;
    }
    return false;
}

enum code joint_inform(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t post = act_subject_post(act);
    const uint32_t hours = act->body->amount != 0 ? act->body->amount : INFORM_FALLBACK_HOURS;
    uint32_t order_slot;
    if (post == NONE32) {
        return CODE_UNKNOWN_WORKER;
    }
    if (hours > HOURS_MAX) {
        return CODE_BAD_AMOUNT;
    }
    if (is_asked(core, row, post)) {
        return CODE_ONCE_ONLY;
    }
    if (orders_count_active(core, row, 1u << KIND_INFORM) >= INFORMS_MAX ||
        orders_take(core, slot, NONE32, KIND_INFORM, &order_slot) != ERR_OK) {
        return CODE_TABLE_FULL;
    }
    struct order_row *order = orders_at(&core->orders, order_slot);
    order->post = post;
    order->clock = CLOCK_INFORM;
    order->deadline_ms = add_clamped(core->now_ms, (int64_t)hours * HOUR_MS);
    timers_arm(&core->timers, order_timer_id(core, order_slot), order->deadline_ms);
    struct flow_note note = act_note(act);
    note.order = order_slot + 1;
    note.post = post + 1;
    note.amount = hours;
    note.clock = CLOCK_INFORM;
    note.deadline_ms = order->deadline_ms;
    flow_say(core, slot, &note);
    flow_tell_post(core, row, post, CODE_NOTHING);
    return CODE_DONE;
}

enum code joint_answer(const struct act *act, uint32_t order_slot)
{
    struct core *core = act->core;
    struct order_row *order = orders_at(&core->orders, order_slot);
    const uint32_t slot = order->case_slot;
    if (act->body->action == ACTION_ACCEPT) {
        order->state = ORDER_ACCEPTED;
        order->accepted_at_ms = core->now_ms;
    } else if (act->body->action != ACTION_COMMENT) {
        orders_end(core, order_slot,
                   act->body->action == ACTION_DONE ? ORDER_DONE : ORDER_DECLINED);
    }
    act_say(act, slot, order_slot, 0);
    return CODE_DONE;
}
