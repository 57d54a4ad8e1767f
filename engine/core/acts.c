/* acts.c: an act comes in and finds who carries it out; what acts on orders (order_acts.c) and on cases (case_acts.c) share. */
#include "engine/core/acts.h"

#include "engine/core/cases.h"
#include "engine/core/dispute.h"
#include "engine/core/keyring.h"
#include "engine/core/links.h"
#include "engine/core/orders.h"
#include "engine/core/pause.h"
#include "engine/core/plans.h"
#include "engine/core/silences.h"
#include "engine/core/workers.h"

struct flow_note act_note(const struct act *act)
{
    return (struct flow_note){.action = (enum action)act->body->action,
                              .reason = (enum reason)act->body->reason,
                              .actor = act->worker + 1,
                              .place =
                                  place_is_known(act->place) ? act->place : (struct place){0, 0},
                              .text = act->text,
                              .text_size = act->body->text_size,
                              .evidence_count = act->body->evidence_count,
                              .evidence = act->evidence};
}

void act_say(const struct act *act, uint32_t slot, uint32_t order_slot, uint8_t before)
{
    struct flow_note note = act_note(act);
    note.order = order_slot == NONE32 ? 0 : order_slot + 1;
    note.state_before = before;
    flow_say(act->core, slot, &note);
}

uint32_t act_subject_post(const struct act *act)
{
    const struct hash128 subject = act->body->subject;
    return subject.hi == UINT64_MAX && subject.lo < state_city(act->core)->post_count
               ? (uint32_t)subject.lo
               : NONE32;
}

bool act_is_of_post(const struct core *core, uint32_t worker, uint32_t post)
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

bool act_is_of_side(const struct core *core, uint32_t worker, const struct case_row *row)
{
    const struct city_person *person = worker_person(core, worker);
    if (row->holder.kind == HOLDER_PERSON && row->holder.index == worker) {
        return true;
    }
    if (row->holder.kind == HOLDER_POST && act_is_of_post(core, worker, row->holder.index)) {
        return true;
    }
    return person != NULL && row->department != NONE32 && person->department == row->department &&
           (person->rights & RIGHT_DEPARTMENT_DESK) != 0;
}

enum code act_check_needs(const struct act *act, uint32_t needs)
{
    const struct act_body *body = act->body;
    if ((needs & NEED_TEXT) != 0 && body->text_size == 0) {
        return CODE_TEXT_NEEDED;
    }
    const int64_t now_ms = act->core->now_ms;
    if ((needs & NEED_UNTIL) != 0 &&
        (body->until_ms <= now_ms || body->until_ms > add_clamped(now_ms, PAUSE_MAX_MS))) {
        return CODE_BAD_UNTIL;
    }
    return CODE_NOTHING;
}

enum code act_check(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct core *core = act->core;
    const bool has_passed = act->body->action != ACTION_CHECK_FAIL;
    struct flow_note note = act_note(act);
    note.order = order_slot == NONE32 ? 0 : order_slot + 1;
    if (has_passed && links_has_open_child(core, cases_peek(&core->cases, slot))) {
        return CODE_CHILD_OPEN;
    }
    if (order_slot != NONE32) {
        orders_end(core, order_slot, ORDER_DONE);
    }
    if (has_passed) {
        core->counts.checks_passed++;
        flow_passed(core, slot, &note);
        return CODE_DONE;
    }
    core->counts.checks_failed++;
    flow_recall_all(core, slot, false);
    flow_say(core, slot, &note);
    struct case_row *row = cases_at(&core->cases, slot);
    row->handled_at_ms = 0;
    row->flags &= ~(uint32_t)(CASE_IS_CLEARED | CASE_IS_RECHECK);
    row->offer_count = 0;
    flow_dispatch_start(core, slot);
    return CODE_DONE;
}

void act_verify(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct core *core = act->core;
    struct flow_note note = act_note(act);
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

enum code act_rule(const struct act *act, uint32_t slot, uint32_t order_slot)
{
    struct flow_note note = act_note(act);
    note.order = order_slot == NONE32 ? 0 : order_slot + 1;
    note.amount = act->body->amount;
    const enum code code = dispute_rule(act->core, slot, act->worker, act_subject_post(act), &note);
    if (code == CODE_DONE) { /* may not check it, as long as the list has room to say so */
        (void)case_person_add(cases_at(&act->core->cases, slot), act->worker, PERSON_COMMANDED);
    }
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
                            .evidence = command->body.act.evidence,
                            .place = command->place,
                            .result = result};
    result->order = body->order;
    if (body->action == ACTION_NONE || body->action >= ACTION_OUTSIDE_LIMIT) {
        result->code = CODE_UNKNOWN_ACTION;
    } else if (life_needs_reason((enum action)body->action) &&
               (body->reason == REASON_NONE || body->reason >= REASON_LIMIT)) {
        result->code = CODE_REASON_NEEDED;
    } else if (keyring_takes_act(body)) {
        result->code = (uint16_t)keyring_act(core, worker, command);
    } else if (silences_takes_act(body)) {
        result->code = (uint16_t)silences_act(core, worker, body, act.text, result);
    } else if (plans_takes_act(body)) {
        result->code = (uint16_t)plans_act(core, worker, command, result);
    } else {
        result->code = (uint16_t)(body->order != 0 ? act_on_order(&act) : act_on_case(&act));
    }
}
