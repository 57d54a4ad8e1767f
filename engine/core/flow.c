/* flow.c: see flow.h. The states and who may do what are drawn in life.c. */
#include "engine/core/flow.h"

#include "engine/core/assign_round.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/contacts.h"
#include "engine/core/dispatch.h"
#include "engine/core/dispute.h"
#include "engine/core/inhibits.h"
#include "engine/core/ledger.h"
#include "engine/core/links.h"
#include "engine/core/offices.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/rehome.h"
#include "engine/core/rulings.h"
#include "engine/core/sources.h"
#include "engine/core/watch.h"
#include "engine/core/workers.h"

static struct holder holder_for_effect(const struct core *core, struct holder holder)
{
    if (holder.kind == HOLDER_PERSON) {
        holder.index = core->workers.rows[holder.index].person;
    }
    return holder;
}

static uint32_t person_of(const struct core *core, uint32_t worker_plus_one)
{
    return worker_plus_one == 0 ? NONE32 : core->workers.rows[worker_plus_one - 1].person;
}

void flow_say(struct core *core, uint32_t slot, const struct flow_note *note)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct order_row *order =
        note->order == 0 ? NULL : orders_peek(&core->orders, note->order - 1);
    const bool has_place = note->place.lon != 0 || note->place.lat != 0;
    struct effect effect; /* not cleared: larger effects share its room */
    effect.kind = EFFECT_TIMELINE;
    effect.at_ms = core->now_ms;
    effect.of.timeline = (struct effect_timeline){
        .case_no = row->no,
        .order = order == NULL ? 0 : order->number,
        .action = (uint16_t)note->action,
        .reason = (uint16_t)note->reason,
        .code = (uint16_t)note->code,
        .state_before = note->state_before != 0 ? note->state_before : row->state,
        .state = row->state,
        .order_kind = order == NULL ? 0 : order->kind,
        .severity = row->severity,
        .clock = note->clock != 0 ? note->clock : row->clock,
        .actor = person_of(core, note->actor),
        .gateway = note->gateway - 1,
        .subject = person_of(core, note->subject),
        .post = note->post - 1,
        .holder = holder_for_effect(core, row->holder),
        .rule = row->rule,
        .class_row = row->class_row,
        .cell = row->cell,
        .asset = row->asset,
        .device = row->device,
        .place = has_place ? note->place : row->place,
        .deadline_ms = note->clock != 0
                           ? note->deadline_ms
                           : timers_due_ms(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK)),
        .distance_cm = note->action == ACTION_OFFER ? note->distance_cm : -1,
        .other = note->other,
        .until_ms = note->until_ms,
        .amount = note->amount,
        .event_count = row->event_count,
        .report = note->report,
        .event = note->event,
        .text = note->text,
        .text_size = note->text_size,
        .evidence_count = note->evidence_count,
        .evidence = note->evidence,
        .is_drill = (row->flags & CASE_IS_DRILL) != 0};
    state_emit(core, &effect);
    plans_case_told(core, slot, note);
}

void flow_hold_by_post(struct case_row *row, uint32_t post)
{
    row->holder = (struct holder){HOLDER_POST, post};
}

void flow_hold_by_person(struct case_row *row, uint32_t worker)
{
    row->holder = (struct holder){HOLDER_PERSON, worker};
}

static int64_t seek_every_ms(const struct core *core)
{
    const int64_t every = state_policy(core)->info->seek_every_ms;
    return every > 0 ? every : SEEK_FALLBACK_MS;
}

void flow_arm_seek(struct core *core, uint32_t slot, bool is_wanted)
{
    timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_SEEK),
               is_wanted ? add_clamped(core->now_ms, seek_every_ms(core)) : NEVER_MS);
}

/* Ends an active order the engine's way and tells the worker why. */
void flow_recall_order(struct core *core, uint32_t order_slot, enum order_state state,
                       enum code code)
{
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const uint32_t worker = order->worker;
    const uint64_t number = order->number;
    orders_end(core, order_slot, state);
    if (worker != NONE32) {
        worker_tell(core, worker, ITEM_RECALL, number, code);
    }
}

/* Is it spared? Those on site when asked, of a joint order those on their way too, and whoever else gives data. */
static bool is_kept(const struct case_row *row, const struct order_row *order, bool keep_arrived)
{
    const bool is_joint = (row->flags & CASE_IS_JOINT) != 0;
    if (order->kind == KIND_ADJUDICATE) {
        return true; /* it ends with its dispute */
    }
    return keep_arrived && (order->state == ORDER_ARRIVED || order->worker == NONE32 ||
                            (is_joint && order->state == ORDER_ACCEPTED));
}

void flow_recall_all(struct core *core, uint32_t slot, bool keep_arrived)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        const uint32_t next = order->next;
        const bool is_active = order_state_is_active((enum order_state)order->state);
        if (is_active && !is_kept(row, order, keep_arrived)) {
            /* NONE32 + 1 is 0: nobody, and a post where it is an order to one */
            const uint32_t worker = order->worker;
            const uint32_t post = order->post;
            flow_recall_order(core, o, ORDER_RECALLED, CODE_RECALLED);
            flow_say(core, slot,
                     &(struct flow_note){.action = ACTION_RECALL,
                                         .order = o + 1,
                                         .subject = worker + 1,
                                         .post = post + 1});
        }
        o = next;
    }
}

uint32_t flow_ruled_department(const struct core *core, const struct case_row *row)
{
    if (row->ruled_office != NONE32) {
        return state_city(core)->posts[row->ruled_office].department;
    }
    const uint32_t ruling = rulings_find(core, row);
    return ruling == NONE32 ? NONE32 : core->rulings.rows[ruling].department;
}

uint32_t flow_owner_of(const struct core *core, const struct case_row *row)
{
    const uint32_t ruled = flow_ruled_department(core, row);
    if (ruled != NONE32) {
        return ruled;
    }
    const struct policy_rule *rule = state_rule(core, row);
    if (row->owner != NONE32) {
        return row->owner;
    }
    if (rule != NULL) {
        return rule->department;
    }
    return row->class_row == NONE32 ? NONE32 : state_city(core)->classes[row->class_row].department;
}

uint32_t flow_desk_of(const struct core *core, const struct case_row *row)
{
    const struct city *city = state_city(core);
    const struct policy_rule *rule = state_rule(core, row);
    if (row->dispute != NONE32 && row->first_office != NONE32) {
        return row->first_office; /* it coordinates until the ruling */
    }
    if (row->ruled_office != NONE32) {
        return row->ruled_office;
    }
    /* A fallback is the desk of the rule's owner: what is another department's by its asset goes to that one. */
    const bool is_others = rule != NULL && row->owner != NONE32 && row->owner != rule->department;
    const bool is_ruled = rulings_find(core, row) != NONE32;
    if (!is_ruled && !is_others && rule != NULL && rule->assigns.count > 0) {
        const uint32_t fallback = state_policy(core)->assigns[rule->assigns.first].fallback;
        if (fallback != NONE32) {
            return fallback;
        }
    }
    const uint32_t owner = flow_owner_of(core, row);
    if (owner != NONE32 && city->departments[owner].duty_post != NONE32) {
        return city->departments[owner].duty_post;
    }
    return city->info->desk_post;
}

void flow_tell_post(struct core *core, const struct case_row *row, uint32_t post, enum code code)
{
    const struct effect effect = {.kind = EFFECT_NOTICE,
                                  .at_ms = core->now_ms,
                                  .of.notice = {.case_no = row->no,
                                                .post = post,
                                                .step = NONE32,
                                                .rule = NONE32,
                                                .code = (uint16_t)code,
                                                .severity = row->severity}};
    state_emit(core, &effect);
}

void flow_to_desk(struct core *core, uint32_t slot, uint32_t post, enum code code, bool is_seeking)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const uint8_t before = row->state;
    const uint32_t wanted = post != NONE32 ? post : flow_desk_of(core, row);
    const uint32_t desk = offices_find_staffed(core, wanted);
    const uint32_t department = state_city(core)->posts[desk].department;
    row->state = CASE_ASSIGNED;
    flow_hold_by_post(row, desk);
    row->flags &= ~(uint32_t)(CASE_IS_SEEKING | CASE_NOBODY_TOLD);
    row->flags |= CASE_NOBODY_TOLD | (is_seeking ? (uint32_t)CASE_IS_SEEKING : 0);
    clocks_bind_handle(core, slot, department != NONE32 ? department : flow_owner_of(core, row));
    flow_arm_seek(core, slot, is_seeking);
    clocks_arm_step(core, slot);
    offices_receive(core, slot, desk);
    flow_say(core, slot,
             &(struct flow_note){
                 .action = ACTION_TO_DESK, .code = code, .post = desk + 1, .state_before = before});
    flow_tell_post(core, row, desk, code);
    if (desk != wanted) {
        flow_say(core, slot,
                 &(struct flow_note){
                     .action = ACTION_STUCK, .code = CODE_OFF_SHIFT, .post = wanted + 1});
    }
}

void flow_fill(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const uint32_t handling = (1u << KIND_HANDLE) | (1u << KIND_ASSIST);
    const bool is_exhausted =
        row->offer_count >= CASE_OFFERS_MAX || row->person_count >= CASE_OFFERED_MAX;
    const bool is_quiet = (row->flags & CASE_NOBODY_TOLD) != 0;
    enum code binding = CODE_DECLINED;
    uint32_t missing = 0;
    rounds_note(core, slot);
    if (dispute_blocks(core, row)) {
        flow_arm_seek(core, slot, false);
        return;
    }
    if (orders_find_lead(core, row) == NONE32) {
        (void)flow_promote_assist(core, slot); /* whose lead was taken before he accepted */
    }
    if (!is_exhausted) {
        missing = dispatch_fill(core, slot, is_quiet, &binding);
    }
    if (orders_count_active(core, row, handling) > 0) {
        flow_arm_seek(core, slot, missing > 0);
        row->flags |= missing > 0 ? (uint32_t)CASE_NOBODY_TOLD : 0;
        clocks_arm_step(core, slot);
        if (!is_quiet && orders_find_lead(core, row) == NONE32) {
            /* Only helpers are asked: nothing else would say that the command post holds it again. */
            row->flags |= CASE_NOBODY_TOLD;
            flow_say(core, slot, &(struct flow_note){.action = ACTION_NOBODY, .code = binding});
        }
        return;
    }
    if (row->holder.kind == HOLDER_POST && row->state == CASE_ASSIGNED) {
        flow_arm_seek(core, slot, !is_exhausted && (row->flags & CASE_IS_SEEKING) != 0);
        return; /* a desk holds it already and nothing has changed */
    }
    flow_say(core, slot, &(struct flow_note){.action = ACTION_NOBODY, .code = binding});
    flow_to_desk(core, slot, NONE32, binding, !is_exhausted);
}

void flow_to_command(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->state = CASE_DISPATCHING;
    row->round = (row->round + 1) & 0xff;
    row->first_offer_at_ms = 0; /* the ladder measures each round from its own first offer */
    row->flags &= ~(uint32_t)(CASE_IS_SEEKING | CASE_NOBODY_TOLD | CASE_IS_JOINT);
    row->help_wanted = 0;
    flow_hold_by_post(row, state_city(core)->info->command_post);
    clocks_bind(core, slot, CLOCK_DISPATCH);
    flow_arm_seek(core, slot, false);
}

void flow_dispatch_start(struct core *core, uint32_t slot)
{
    flow_to_command(core, slot);
    flow_fill(core, slot);
}

void flow_file(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->state = CASE_FILED;
    row->filed_at_ms = core->now_ms;
    row->offer_count = 0;
    const uint32_t permit = ledger_find_conflict(core, row);
    if (permit != NONE32 && row->dispute == NONE32) {
        dispute_open_permit(core, slot, permit);
        if (row->dispute != NONE32) {
            return;
        }
    }
    flow_to_command(core, slot);
    const uint32_t ruling = rulings_find(core, row);
    if (ruling != NONE32) {
        core->rulings.rows[ruling].used_count++;
        flow_say(core, slot,
                 &(struct flow_note){.action = ACTION_RULED_BEFORE,
                                     .post = core->rulings.rows[ruling].post + 1});
    }
    flow_fill(core, slot);
}

void flow_verify(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->state = CASE_VERIFYING;
    flow_hold_by_post(row, state_city(core)->info->supervision_post);
    clocks_bind(core, slot, CLOCK_VERIFY);
    const bool is_offered = dispatch_service(core, slot, KIND_VERIFY_REPORT, false);
    flow_arm_seek(core, slot, !is_offered);
}

/* An assisting worker who is under way becomes the lead when the lead is lost. */
bool flow_promote_assist(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    uint32_t best = NONE32;
    for (uint32_t o = row->order_first; o != NONE32;) {
        const struct order_row *order = orders_peek(&core->orders, o);
        if (order->kind == KIND_ASSIST &&
            (order->state == ORDER_ACCEPTED || order->state == ORDER_ARRIVED)) {
            best = o; /* the chain is newest first: the last one seen was offered first */
        }
        o = order->next;
    }
    if (best == NONE32) {
        return false;
    }
    struct order_row *order = orders_at(&core->orders, best);
    order->kind = KIND_HANDLE;
    order->is_lead = 1;
    const uint8_t before = row->state;
    must(case_person_add(row, order->worker, PERSON_HANDLED));
    row->state = order->state == ORDER_ARRIVED ? CASE_ON_SITE : CASE_ASSIGNED;
    flow_hold_by_person(row, order->worker);
    if ((row->flags & CASE_HANDLE_RUNS) == 0) { /* the lead never accepted */
        clocks_bind_handle(core, slot, flow_owner_of(core, row));
    }
    clocks_arm_step(core, slot);
    worker_tell(core, order->worker, ITEM_CHANGE, order->number, CODE_NOTHING);
    flow_say(core, slot,
             &(struct flow_note){.action = ACTION_REASSIGN,
                                 .order = best + 1,
                                 .subject = order->worker + 1,
                                 .state_before = before});
    return true;
}

/* A handling order ended without success: somebody else must take over. */
void flow_after_loss(struct core *core, uint32_t slot, uint32_t worker, bool was_lead)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if (case_state_is_terminal((enum case_state)row->state) || row->state == CASE_HANDLED ||
        row->state == CASE_CHECKING) {
        return;
    }
    const bool was_holder = row->holder.kind == HOLDER_PERSON && row->holder.index == worker;
    if (was_lead && flow_promote_assist(core, slot)) {
        flow_fill(core, slot);
        return;
    }
    if (was_holder) {
        flow_dispatch_start(core, slot);
        return;
    }
    flow_fill(core, slot);
}

void flow_take_back(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t lead = orders_find_lead(core, row);
    if (lead == NONE32 || orders_peek(&core->orders, lead)->state == ORDER_ARRIVED) {
        return;
    }
    const uint32_t worker = orders_peek(&core->orders, lead)->worker;
    (void)case_person_add(cases_at(&core->cases, slot), worker, PERSON_DECLINED);
    flow_recall_order(core, lead, ORDER_RECALLED, CODE_RECALLED);
    flow_say(
        core, slot,
        &(struct flow_note){.action = ACTION_RECALL, .order = lead + 1, .subject = worker + 1});
    flow_after_loss(core, slot, worker, true);
}

/* ---- after the handling ---- */

void flow_close(struct core *core, uint32_t slot, enum case_state state,
                const struct flow_note *note)
{
    struct case_row *row = cases_at(&core->cases, slot);
    struct flow_note said = *note;
    must(case_state_is_terminal(state));
    said.state_before = row->state;
    dispute_drop(core, slot);
    flow_recall_all(core, slot, false);
    row->state = (uint8_t)state;
    row->closed_at_ms = core->now_ms;
    row->holder = (struct holder){HOLDER_NONE, 0};
    row->flags &= ~(uint32_t)CASE_IS_RECHECK;
    row->extend_stage = EXTEND_NONE;
    watch_end(core, slot);
    core->counts.closed += state == CASE_CLOSED;
    core->counts.voided += state == CASE_VOID;
    core->counts.forced_closed += state == CASE_FORCED_CLOSED;
    core->counts.merged_away += state == CASE_MERGED;
    must(core->counts.open_now > 0);
    core->counts.open_now--;
    sources_count_end(core, slot, note->action, note->reason);
    clocks_stop(core, slot);
    clocks_bind(core, slot, CLOCK_RETIRE);
    cases_unlink_close(&core->cases, slot);
    ledger_note(core, row);
    flow_say(core, slot, &said);
}

void flow_seek_checker(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const uint8_t before = row->state;
    row->state = CASE_CHECKING;
    flow_hold_by_post(row, state_city(core)->info->supervision_post);
    clocks_bind(core, slot, CLOCK_CHECK);
    flow_say(core, slot, &(struct flow_note){.action = ACTION_START_CHECK, .state_before = before});
    const bool is_offered = dispatch_service(core, slot, KIND_CHECK_RESULT, false);
    flow_arm_seek(core, slot, !is_offered);
    clocks_arm_step(core, slot);
}

void flow_handled(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    const uint32_t check = row->class_row == NONE32
                               ? (uint32_t)CHECK_PERSON
                               : state_city(core)->classes[row->class_row].check;
    const uint8_t before = row->state;
    flow_recall_all(core, slot, false);
    row->state = CASE_HANDLED;
    row->flags |= CASE_IS_SAFE; /* what is done is safe */
    row->handled_at_ms = core->now_ms;
    flow_arm_seek(core, slot, false);
    const bool can_close = !links_has_open_child(core, row);
    if (can_close &&
        (check == CHECK_NONE || (check == CHECK_DEVICE && (row->flags & CASE_IS_CLEARED) != 0))) {
        flow_close(core, slot, CASE_CLOSED, &(struct flow_note){.action = ACTION_CLOSE});
        return;
    }
    const bool can_device = check == CHECK_DEVICE && rule != NULL && rule->close.type != NONE32;
    if (can_device && rule->close.within_ms > 0) {
        flow_hold_by_post(row, state_city(core)->info->supervision_post);
        clocks_bind(core, slot, CLOCK_CLEARED);
        clocks_arm_step(core, slot);
        flow_say(core, slot,
                 &(struct flow_note){.action = ACTION_AWAIT_CLEAR, .state_before = before});
        return;
    }
    flow_seek_checker(core, slot);
}

/* The same for everybody who knows the number, and nothing that can be steered: its hash. */
static bool is_sampled(struct case_no no, uint32_t every)
{
    const uint64_t mixed = mix64(mix64(((uint64_t)no.district << 32) | no.day) ^ no.serial);
    return mixed % every == 0;
}

void flow_self_handled(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    if (is_sampled(row->no, SELF_CHECK_EVERY)) {
        flow_handled(core, slot);
        return;
    }
    cases_at(&core->cases, slot)->handled_at_ms = core->now_ms;
    flow_close(core, slot, CASE_CLOSED, &(struct flow_note){.action = ACTION_CLOSE});
}

/* Is there an inspector in the city who has no part in the case? */
static bool has_other_checker(const struct core *core, const struct case_row *row)
{
    const struct city *city = state_city(core);
    for (uint32_t i = 0; i < city->person_count; i++) {
        const uint32_t flags = case_person_flags(row, core->workers.person_slots[i]);
        if ((city->persons[i].rights & RIGHT_INSPECTOR) != 0 && city->persons[i].capacity > 0 &&
            (flags & (PERSON_HANDLED | PERSON_COMMANDED | PERSON_CHECKED)) == 0) {
            return true;
        }
    }
    return false;
}

void flow_passed(struct core *core, uint32_t slot, const struct flow_note *note)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const bool is_candidate = note->action == ACTION_CHECK_PASS &&
                              (row->flags & CASE_IS_RECHECK) == 0 &&
                              is_sampled(row->no, RECHECK_EVERY);
    if (!is_candidate || !case_person_add(row, note->actor - 1, PERSON_CHECKED) ||
        !has_other_checker(core, row)) {
        flow_close(core, slot, CASE_CLOSED, note);
        return;
    }
    row->flags |= CASE_IS_RECHECK;
    flow_recall_all(core, slot, false);
    flow_say(core, slot, note);
    row->state = CASE_CHECKING;
    flow_hold_by_post(row, state_city(core)->info->supervision_post);
    clocks_bind(core, slot, CLOCK_CHECK);
    flow_say(core, slot, &(struct flow_note){.action = ACTION_RECHECK});
    flow_arm_seek(core, slot, !dispatch_service(core, slot, KIND_CHECK_RESULT, false));
    clocks_arm_step(core, slot);
}

void flow_cleared_due(struct core *core, uint32_t slot)
{
    flow_seek_checker(core, slot);
}

void flow_cleared(struct core *core, uint32_t slot, const struct event *event, uint32_t gateway)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const uint8_t before = row->state;
    const bool by_device =
        row->class_row != NONE32 && state_city(core)->classes[row->class_row].check == CHECK_DEVICE;
    const bool is_early = row->state < CASE_ON_SITE;
    row->flags |= CASE_IS_CLEARED;
    flow_say(core, slot,
             &(struct flow_note){.action = ACTION_CLEAR,
                                 .gateway = gateway + 1,
                                 .event = event,
                                 .code = is_early ? CODE_SELF_CLEARED : CODE_NOTHING,
                                 .state_before = before});
    if (row->state == CASE_SUSPENDED) {
        return; /* it waits for its time; whoever resumes it sees this */
    }
    if (row->state == CASE_ON_SITE || row->state == CASE_CHECKING) {
        return; /* somebody is there: the person's word closes it */
    }
    if ((row->state == CASE_HANDLED || by_device) && !links_has_open_child(core, row)) {
        flow_close(core, slot, CASE_CLOSED, &(struct flow_note){.action = ACTION_CLOSE});
        return;
    }
    flow_recall_all(core, slot,
                    false); /* SELF_CLEARED before arrival: nobody need go to handle it */
    row->handled_at_ms = core->now_ms;
    row->filed_at_ms = row->filed_at_ms == 0 ? core->now_ms : row->filed_at_ms;
    flow_seek_checker(core, slot);
}

void flow_reopen(struct core *core, uint32_t slot, const struct flow_note *note)
{
    struct case_row *row = cases_at(&core->cases, slot);
    struct flow_note said = *note;
    must(case_state_is_terminal((enum case_state)row->state));
    said.state_before = row->state;
    core->counts.reopenings++;
    core->counts.open_now++;
    row->flags |= CASE_WAS_REOPENED;
    row->flags &= ~(uint32_t)(CASE_IS_CLEARED | CASE_AUTO_SUPERVISED);
    if (rehome_is_older(core, row->closed_at_ms)) {
        rehome_ask(core, slot);
    }
    row->handled_at_ms = 0;
    row->closed_at_ms = 0;
    case_persons_forget(row);
    if ((row->flags & CASE_HAS_CLOSE) == 0 && !hash128_is_none(row->close_key)) {
        cases_link_close(&core->cases, slot, row->close_key); /* its source may clear it again */
    }
    clocks_reset_handle(core, slot);
    row->state = CASE_FILED;
    flow_hold_by_post(row, state_city(core)->info->command_post);
    flow_say(core, slot, &said);
    flow_file(core, slot);
}

void flow_worsen(struct core *core, uint32_t slot, uint32_t rule, uint32_t assign_mask)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if (row->rule != rule) {
        row->rule = rule;
        row->steps_fired = 0;
    }
    row->assign_mask = (uint8_t)assign_mask;
    flow_say(core, slot, &(struct flow_note){.action = ACTION_SEVERITY});
    if (row->state == CASE_DISPATCHING || row->state == CASE_ASSIGNED ||
        row->state == CASE_ON_SITE) {
        row->flags &= ~(uint32_t)CASE_NOBODY_TOLD;
        flow_fill(core, slot);
    }
    clocks_arm_step(core, slot);
}

void flow_retire(struct core *core, uint32_t slot)
{
    flow_say(core, slot, &(struct flow_note){.action = ACTION_RETIRE});
    core->counts.retired++;
    clocks_stop(core, slot);
    cases_unlink_merge(&core->cases, slot);
    cases_unlink_close(&core->cases, slot);
    links_forget(core, slot);
    orders_give_all(core, slot);
    contacts_drop_all(core, slot, CODE_GONE);
    inhibits_drop(core, slot);
    case_extras_give(core, cases_at(&core->cases, slot));
    cases_give(&core->cases, slot);
}

void flow_seek(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t check = 1u << KIND_CHECK_RESULT;
    const uint32_t verify = 1u << KIND_VERIFY_REPORT;
    switch ((enum case_state)row->state) {
    case CASE_DISPATCHING:
    case CASE_ASSIGNED:
    case CASE_ON_SITE:
        flow_fill(core, slot);
        return;
    case CASE_CHECKING:
        if (orders_count_active(core, row, check) == 0) {
            flow_arm_seek(core, slot, !dispatch_service(core, slot, KIND_CHECK_RESULT, true));
        }
        return;
    case CASE_VERIFYING:
        if (orders_count_active(core, row, verify) == 0) {
            flow_arm_seek(core, slot, !dispatch_service(core, slot, KIND_VERIFY_REPORT, true));
        }
        return;
    case CASE_NONE:
    case CASE_REPORTED:
    case CASE_FILED:
    case CASE_HANDLED:
    case CASE_CLOSED:
    case CASE_VOID:
    case CASE_MERGED:
    case CASE_SUSPENDED:
    case CASE_FORCED_CLOSED:
    case CASE_STATE_COUNT:
        return;
    default:
        must(false);
    }
}
