/* case_acts.c: what is done to a case without an order: who may, then by the desk, the dispatcher, the supervision centre.
 *
 * A refusal changes nothing and says what is possible now. */
#include "engine/core/acts.h"

#include "engine/core/cases.h"
#include "engine/core/choice.h"
#include "engine/core/clocks.h"
#include "engine/core/contacts.h"
#include "engine/core/dispatch.h"
#include "engine/core/dispute.h"
#include "engine/core/joint.h"
#include "engine/core/links.h"
#include "engine/core/offices.h"
#include "engine/core/orders.h"
#include "engine/core/pause.h"
#include "engine/core/plans.h"
#include "engine/core/possible.h"
#include "engine/core/ratings.h"
#include "engine/core/refusals.h"
#include "engine/core/safety.h"
#include "engine/core/watch.h"
#include "engine/core/workers.h"

/* In a dispute and after its ruling nobody hands the case on. */
static enum code check_fixed(const struct core *core, const struct case_row *row,
                             enum action action)
{
    const bool is_hand_over =
        (action == ACTION_RETURN && row->state == CASE_ASSIGNED) || action == ACTION_HAND_OVER;
    if (row->dispute != NONE32 &&
        (is_hand_over || action == ACTION_SEND_TO_DESK || action == ACTION_DISPATCH ||
         (action == ACTION_REASSIGN && dispute_blocks(core, row)))) {
        return CODE_IN_DISPUTE;
    }
    return is_hand_over && row->ruled_office != NONE32 && row->holder.index == row->ruled_office
               ? CODE_RULED
               : CODE_NOTHING;
}

static enum code check_rights(const struct act *act, const struct case_row *row,
                              const struct life_case_rule *rule)
{
    const struct core *core = act->core;
    const struct city_person *person = worker_person(core, act->worker);
    if (person == NULL || (rule->rights != 0 && (person->rights & rule->rights) == 0)) {
        return CODE_NO_RIGHT;
    }
    /* A desk acts on what it holds; a dispatcher sends out anybody's case again. */
    const bool is_desk_act =
        (rule->needs & NEED_HOLDER) != 0 ||
        (act->body->action == ACTION_DISPATCH && (person->rights & RIGHT_DISPATCHER) == 0);
    if (is_desk_act && (row->holder.kind != HOLDER_POST ||
                        !act_is_of_post(core, act->worker, row->holder.index))) {
        return CODE_NOT_YOURS;
    }
    if ((rule->needs & NEED_SIDE) != 0 && !act_is_of_side(core, act->worker, row)) {
        return CODE_NOT_YOURS;
    }
    const enum code fixed = check_fixed(core, row, (enum action)act->body->action);
    if (fixed != CODE_NOTHING) {
        return fixed;
    }
    const uint32_t flags = case_person_flags(row, act->worker);
    const uint32_t part = PERSON_HANDLED | PERSON_COMMANDED;
    const uint32_t seen = (row->flags & CASE_IS_RECHECK) != 0 ? PERSON_CHECKED : 0u;
    if (((rule->needs & NEED_NO_PART) != 0 && (flags & (part | seen)) != 0) ||
        ((rule->needs & NEED_NO_VIEW) != 0 && (flags & PERSON_FILED) != 0)) {
        return CODE_CONFLICT_OF_INTEREST;
    }
    return act_check_needs(act, rule->needs);
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
        const struct choice_question question = {slot, assign, KIND_HANDLE, false, false};
        choice_record_beside(core, question, worker, (enum reason)act->body->reason, &decision);
    }
    const uint8_t before = row->state;
    flow_recall_all(core, slot, false);
    remember_hand(act, row, PERSON_COMMANDED, worker);
    flow_to_command(core, slot);
    struct flow_note note = act_note(act);
    note.subject = worker + 1;
    note.state_before = before;
    flow_say(core, slot, &note);
    must(dispatch_offer(core, slot, worker, assign, 0, KIND_HANDLE,
                        assign != NONE32 ? &decision : NULL));
    /* What a person decided no round undoes. */
    orders_at(&core->orders, orders_find_lead(core, row))->marks = ORDER_MOVES_MASK;
    clocks_arm_step(core, slot);
    return CODE_DONE;
}

static enum code act_send_to_desk(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    const uint32_t post = act_subject_post(act);
    if (post == NONE32) {
        return CODE_UNKNOWN_WORKER;
    }
    struct case_row *row = cases_at(&core->cases, slot);
    if (!case_persons_fit(row, act->worker, NONE32)) {
        return CODE_TABLE_FULL;
    }
    act_say(act, slot, NONE32, 0);
    flow_recall_all(core, slot, false);
    remember_hand(act, row, PERSON_COMMANDED, NONE32);
    flow_to_desk(core, slot, post, CODE_NOTHING, false);
    dispute_judge(core, slot);
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
        const enum code open = plans_may_finish(core, slot);
        if (open != CODE_NOTHING) {
            return open;
        }
        core->counts.done++;
        offices_act(row);
        flow_recall_all(core, slot, false);
        remember_hand(act, row, PERSON_HANDLED, NONE32);
        act_say(act, slot, NONE32, 0);
        flow_handled(core, slot);
        return CODE_DONE;
    }
    core->counts.returned++;
    offices_leave(core, slot, (enum reason)act->body->reason, NONE32, 0);
    flow_recall_all(core, slot, false);
    const uint8_t before = row->state;
    flow_to_command(core, slot); /* it decides by hand: the ladder was tried */
    clocks_arm_step(core, slot);
    act_say(act, slot, NONE32, before);
    dispute_judge(core, slot);
    return CODE_DONE;
}

static enum code act_dispatch(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    if (!case_persons_fit(row, act->worker, NONE32)) {
        return CODE_TABLE_FULL;
    }
    act_say(act, slot, NONE32, 0);
    flow_recall_all(core, slot, false);
    row->offer_count = 0;
    case_persons_forget(row); /* everybody may be asked again */
    must(case_person_add(row, act->worker, PERSON_COMMANDED));
    flow_dispatch_start(core, slot);
    return CODE_DONE;
}

/* Looking up or erasing what is on record of the reporter, or taking evidence out: said in the timeline, changes nothing else. */
static enum code act_on_record(const struct act *act, uint32_t slot)
{
    const enum action action = (enum action)act->body->action;
    const enum code code =
        action == ACTION_READ_EVIDENCE ? CODE_DONE : contacts_ask(act->core, slot);
    if (code != CODE_DONE) {
        return code;
    }
    act_say(act, slot, NONE32, 0);
    if (action == ACTION_ERASE) {
        contacts_drop_all(act->core, slot, CODE_CONTACT_ERASED);
    }
    return CODE_DONE;
}

/* The dispatcher gives it back to the supervision centre: somebody looks at the place again. */
static enum code act_return_to_centre(const struct act *act, uint32_t slot)
{
    struct core *core = act->core;
    struct case_row *row = cases_at(&core->cases, slot);
    if (!case_persons_fit(row, act->worker, NONE32)) {
        return CODE_TABLE_FULL;
    }
    core->counts.returned++;
    flow_recall_all(core, slot, false);
    remember_hand(act, row, PERSON_COMMANDED, NONE32);
    act_say(act, slot, NONE32, 0);
    flow_verify(core, slot);
    clocks_arm_step(core, slot);
    return CODE_DONE;
}

/* Filed or verified by hand at the supervision centre: who did so does not command it. */
static enum code act_file(const struct act *act, uint32_t slot)
{
    struct case_row *row = cases_at(&act->core->cases, slot);
    if (!case_persons_fit(row, act->worker, NONE32)) {
        return CODE_TABLE_FULL;
    }
    if (act->body->action != ACTION_VERIFY_NO) {
        flow_recall_all(act->core, slot, false);
        remember_hand(act, row, PERSON_FILED, NONE32);
    }
    act_verify(act, slot, NONE32);
    return CODE_DONE;
}

static enum code act_end(const struct act *act, uint32_t slot)
{
    const struct flow_note note = act_note(act);
    if (links_has_open_child(act->core, cases_peek(&act->core->cases, slot))) {
        return CODE_CHILD_OPEN;
    }
    flow_close(act->core, slot, act->body->action == ACTION_VOID ? CASE_VOID : CASE_FORCED_CLOSED,
               &note);
    return CODE_DONE;
}

/* The other case that the act names, which the engine must hold. */
static enum code act_with_other(const struct act *act, uint32_t slot)
{
    const uint32_t other = cases_find(&act->core->cases, act->body->other);
    if (other == NONE32 || other == slot) {
        return CODE_OTHER_CASE_NEEDED;
    }
    switch (act->body->action) {
    case ACTION_LINK_CHILD:
        return links_take_child(act, slot, other);
    case ACTION_UNLINK_CHILD:
        return links_let_child_go(act, slot, other);
    case ACTION_RELATE:
        return links_relate(act, slot, other);
    default:
        return links_merge(act, slot, other);
    }
}

/* What is about time, supervision and data. */
static enum code do_aside(const struct act *act, uint32_t slot)
{
    const struct flow_note note = act_note(act);
    switch (act->body->action) {
    case ACTION_SUSPEND:
    case ACTION_CONTROL:
        return pause_suspend(act, slot);
    case ACTION_RESUME:
        return pause_resume(act, slot);
    case ACTION_EXTEND:
        return pause_extend(act, slot);
    case ACTION_EXTEND_YES:
    case ACTION_EXTEND_NO:
        return pause_extend_answer(act, slot);
    case ACTION_SUPERVISE:
        return watch_supervise(act, slot);
    case ACTION_ANSWER:
        return watch_answer(act, slot);
    case ACTION_APPEAL:
        return watch_appeal(act, slot);
    case ACTION_APPEAL_YES:
    case ACTION_APPEAL_NO:
        return watch_appeal_answer(act, slot);
    case ACTION_INFORM:
        return joint_inform(act, slot);
    case ACTION_SPLIT:
        return links_split(act, slot);
    case ACTION_HAND_OVER:
        return offices_hand_over(act, slot);
    case ACTION_MAKE_SAFE:
        return safety_made(act, slot, NONE32);
    case ACTION_POSITION:
        return dispute_take_position(act->core, slot, act->worker, &note);
    case ACTION_RULE:
        return act_rule(act, slot, NONE32);
    default:
        must(act->body->action == ACTION_COMMENT);
        act_say(act, slot, NONE32, 0);
        return CODE_DONE;
    }
}

static enum code do_on_case(const struct act *act, uint32_t slot, const struct life_case_rule *rule)
{
    struct flow_note note = act_note(act);
    if ((rule->needs & NEED_OTHER) != 0) {
        return act_with_other(act, slot);
    }
    switch (act->body->action) {
    case ACTION_REASSIGN:
        return act_reassign(act, slot);
    case ACTION_SEND_TO_DESK:
        return act_send_to_desk(act, slot);
    case ACTION_DISPATCH:
        return act_dispatch(act, slot);
    case ACTION_DONE:
        return act_of_desk(act, slot);
    case ACTION_RETURN:
        return rule->after == CASE_VERIFYING ? act_return_to_centre(act, slot)
                                             : act_of_desk(act, slot);
    case ACTION_CHECK_PASS:
    case ACTION_CHECK_FAIL:
    case ACTION_CLOSE:
        return act_check(act, slot, NONE32);
    case ACTION_VERIFY_YES:
    case ACTION_VERIFY_NO:
    case ACTION_FILE:
        return act_file(act, slot);
    case ACTION_VOID:
    case ACTION_FORCE_CLOSE:
        return act_end(act, slot);
    case ACTION_REOPEN:
        flow_reopen(act->core, slot, &note);
        return CODE_DONE;
    case ACTION_REVEAL:
    case ACTION_ERASE:
    case ACTION_READ_EVIDENCE:
        return act_on_record(act, slot);
    case ACTION_RATE:
    case ACTION_SOLVED:
    case ACTION_NOT_SOLVED:
        act->result->report = (uint16_t)act->body->other.serial; /* checked by ratings_refuse */
        note.report = act->body->other.serial;
        note.amount = act->body->amount;
        note.other = (struct case_no){0};
        ratings_take(act->core, slot, &note);
        return CODE_DONE;
    default:
        return do_aside(act, slot);
    }
}

enum code act_on_case(const struct act *act)
{
    struct core *core = act->core;
    const enum action action = (enum action)act->body->action;
    const uint32_t slot = cases_find(&core->cases, act->body->case_no);
    if (slot == NONE32) {
        return cases_was_given(&core->cases, act->body->case_no) ? CODE_GONE : CODE_UNKNOWN_CASE;
    }
    const struct case_row *row = cases_peek(&core->cases, slot);
    act->result->case_no = row->no;
    act->result->state = row->state;
    const struct life_case_rule *rule = life_find_case_rule((enum case_state)row->state, action);
    if (ratings_is_one(action) && !case_state_is_terminal((enum case_state)row->state)) {
        return CODE_RATED_EARLY;
    }
    if (rule == NULL) {
        act->result->possible =
            life_case_actions((enum case_state)row->state) & ~possible_refused(core, slot);
        return CODE_WRONG_STATE;
    }
    enum code code = check_rights(act, row, rule);
    if (code == CODE_NOTHING && ratings_is_one(action)) {
        code = ratings_refuse(core, slot, act->body);
    }
    if (code == CODE_NOTHING) {
        code = do_on_case(act, slot, rule);
    }
    if (refusal_is_of_state(code)) {
        act->result->possible =
            life_case_actions((enum case_state)row->state) & ~possible_refused(core, slot);
    }
    act->result->state =
        cases_peek(&core->cases, cases_find(&core->cases, act->result->case_no))->state;
    return code;
}
