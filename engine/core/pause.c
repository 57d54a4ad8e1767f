/* pause.c: see pause.h. */
#include "engine/core/pause.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

/* ---- 挂账, 管控 ---- */

enum code pause_suspend(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    const bool is_control = act->body->action == ACTION_CONTROL;
    if (!is_control && (row->flags & CASE_WAS_SUSPENDED) != 0) {
        return CODE_ONCE_ONLY;
    }
    const bool was_at_desk = row->state == CASE_ASSIGNED && row->holder.kind == HOLDER_POST;
    const uint32_t desk = was_at_desk ? row->holder.index : flow_desk_of(core, row);
    const uint8_t before = row->state;
    flow_recall_all(core, slot, false);
    row->state = CASE_SUSPENDED;
    flow_hold_by_post(row, desk);
    row->flags &= ~(uint32_t)(CASE_IS_SEEKING | CASE_NOBODY_TOLD | CASE_WAS_AT_DESK);
    row->flags |= (is_control ? 0 : (uint32_t)CASE_WAS_SUSPENDED) |
                  (was_at_desk ? (uint32_t)CASE_WAS_AT_DESK : 0);
    clocks_bind_until(core, slot, is_control ? CLOCK_CONTROL : CLOCK_SUSPENDED,
                      act->body->until_ms);
    flow_arm_seek(core, slot, false);
    clocks_arm_step(core, slot);
    struct flow_note note = act_note(act);
    note.state_before = before;
    note.until_ms = act->body->until_ms;
    note.post = desk + 1;
    flow_say(core, slot, &note);
    return CODE_DONE;
}

static void resume(struct core *core, uint32_t slot, const struct flow_note *note)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const bool was_at_desk = (row->flags & CASE_WAS_AT_DESK) != 0;
    row->flags &= ~(uint32_t)CASE_WAS_AT_DESK;
    flow_say(core, slot, note);
    if (row->filed_at_ms == 0) {
        flow_verify(core, slot);
    } else if (was_at_desk) {
        flow_to_desk(core, slot, row->holder.index, CODE_NOTHING, false);
    } else {
        row->offer_count = 0;
        case_persons_forget(row);
        flow_dispatch_start(core, slot);
    }
}

enum code pause_resume(const struct act *act, uint32_t slot)
{
    const struct flow_note note = act_note(act);
    resume(act->core, slot, &note);
    return CODE_DONE;
}

void pause_due(struct core *core, uint32_t slot, int64_t due_ms)
{
    const uint8_t clock = cases_peek(&core->cases, slot)->clock;
    resume(core, slot,
           &(struct flow_note){.action = ACTION_RESUME, .clock = clock, .deadline_ms = due_ms});
}

/* ---- 延期 ---- */

static bool is_overdue(const struct core *core, const struct case_row *row)
{
    return (row->flags & CASE_HANDLE_MISSED) != 0 ||
           core->now_ms >= clocks_handle_deadline(core, row);
}

enum code pause_extend(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    if (is_overdue(core, row)) {
        return CODE_OVERDUE;
    }
    if (row->extensions >= EXTENSIONS_MAX || row->extend_stage != EXTEND_NONE) {
        return CODE_NO_MORE_EXTENSIONS;
    }
    row->extend_stage = EXTEND_ASKED;
    row->extend_asker = act->worker;
    row->extend_first = NONE32;
    act_say(act, slot, NONE32, 0);
    return CODE_DONE;
}

/* First the department's desk or a dispatcher, then a shift chief; nobody decides twice or about his own request. */
static enum code check_decider(const struct act *act, const struct case_row *row)
{
    const struct city_person *person = worker_person(act->core, act->worker);
    const bool is_first = row->extend_stage == EXTEND_ASKED;
    const bool is_desk = (person->rights & RIGHT_DEPARTMENT_DESK) != 0 &&
                         act_is_of_side(act->core, act->worker, row);
    const bool may = is_first ? is_desk || (person->rights & RIGHT_DISPATCHER) != 0
                              : (person->rights & RIGHT_SHIFT_CHIEF) != 0;
    if (!may) {
        return CODE_NO_RIGHT;
    }
    return act->worker == row->extend_asker || act->worker == row->extend_first
               ? CODE_CONFLICT_OF_INTEREST
               : CODE_NOTHING;
}

static void grant(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->extend_stage = EXTEND_NONE;
    row->extensions++;
    clocks_extend_handle(core, slot);
    clocks_arm_step(core, slot);
    const uint32_t lead = orders_find_lead(core, row);
    if (lead != NONE32) {
        const struct order_row *order = orders_peek(&core->orders, lead);
        worker_tell(core, order->worker, ITEM_CHANGE, order->number, CODE_NOTHING);
    }
}

enum code pause_extend_answer(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    if (row->extend_stage == EXTEND_NONE) {
        return CODE_NOTHING_ASKED;
    }
    const enum code refusal = check_decider(act, row);
    if (refusal != CODE_NOTHING) {
        return refusal;
    }
    if (act->body->action == ACTION_EXTEND_NO) {
        row->extend_stage = EXTEND_NONE;
    } else if (is_overdue(core, row)) {
        return CODE_OVERDUE;
    } else if (row->extend_stage == EXTEND_ASKED) {
        row->extend_stage = EXTEND_APPROVED_ONCE;
        row->extend_first = act->worker;
    } else {
        grant(core, slot);
    }
    act_say(act, slot, NONE32, 0);
    return CODE_DONE;
}

void pause_extend_lapse(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if (row->extend_stage != EXTEND_NONE) {
        row->extend_stage = EXTEND_NONE;
        flow_say(core, slot, &(struct flow_note){.action = ACTION_EXTEND_LAPSE});
    }
}
