/* dispute.c: see dispute.h.
 *
 * Truths checked by disputes_check():
 *   (1) A dispute and its case name each other, and the case is open.
 *   (2) The case's DISPUTE timer is armed exactly while it is in dispute.
 *   (3) Nobody was asked twice; who filed or was silent has an instant. */
#include "engine/core/dispute.h"

#include "engine/core/acts.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/flow.h"
#include "engine/core/orders.h"
#include "engine/core/rulings.h"

void disputes_init(struct disputes *disputes, struct arena *arena, const struct limits *limits)
{
    disputes->rows = arena_take(arena, sizeof(struct dispute_row), limits->disputes);
    disputes->limit = limits->disputes;
    disputes->used = 0;
    disputes->high = 0;
    disputes->free_first = NONE32;
}

static uint32_t take(struct disputes *disputes)
{
    if (disputes->used == disputes->limit) {
        return NONE32;
    }
    uint32_t slot = disputes->free_first;
    if (slot != NONE32) {
        disputes->free_first = disputes->rows[slot].free_next;
    } else {
        slot = disputes->high++;
    }
    must(slot < disputes->limit && disputes->rows[slot].is_used == 0);
    disputes->used++;
    disputes->rows[slot] = (struct dispute_row){.is_used = 1, .free_next = NONE32};
    return slot;
}

static struct dispute_row *dispute_at(struct core *core, const struct case_row *row)
{
    must(row->dispute != NONE32 && core->disputes.rows[row->dispute].is_used != 0);
    return &core->disputes.rows[row->dispute];
}

const struct dispute_row *dispute_peek(const struct core *core, const struct case_row *row)
{
    return row->dispute == NONE32 ? NULL : &core->disputes.rows[row->dispute];
}

bool dispute_blocks(const struct core *core, const struct case_row *row)
{
    const struct dispute_row *dispute = dispute_peek(core, row);
    return dispute != NULL && dispute->reason == REASON_PERMIT_CONFLICT;
}

/* ---- opening ---- */

static void add_party(struct dispute_row *dispute, uint32_t post)
{
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        if (dispute->parties[i].post == post) {
            return;
        }
    }
    if (post != NONE32 && dispute->party_count < DISPUTE_PARTIES_MAX) {
        dispute->parties[dispute->party_count++] =
            (struct dispute_party){.post = post, .worker = NONE32};
    }
}

/* What every position is about; later events of the case are not in it. */
static struct hash128 snapshot_of(const struct core *core, const struct case_row *row)
{
    struct hash128 h = {row->no.district, row->no.day};
    h = hash128_add(hash128_add(h, row->no.serial), row->event_count);
    struct handover steps[HANDOVERS_MAX];
    case_handovers_get(core, row, steps);
    for (uint32_t i = 0; i < row->handover_count; i++) {
        const struct handover *step = &steps[i];
        h = hash128_add(hash128_add(h, (uint64_t)step->at_ms), step->reason);
        h = hash128_add(h, ((uint64_t)step->from << 32) | step->to);
    }
    return hash128_add(h, (uint64_t)core->now_ms);
}

/* An order to the post; everybody there may carry it out. Without room for one the post rules on the case itself. */
static void give_order(struct core *core, uint32_t slot)
{
    struct dispute_row *dispute = dispute_at(core, cases_peek(&core->cases, slot));
    uint32_t order;
    dispute->order = 0;
    if (orders_take(core, slot, NONE32, KIND_ADJUDICATE, &order) == ERR_OK) {
        orders_at(&core->orders, order)->post = dispute->post;
        dispute->order = orders_peek(&core->orders, order)->number;
    }
}

static void say(struct core *core, uint32_t slot, enum action action, uint32_t post)
{
    const struct dispute_row *dispute = dispute_peek(core, cases_peek(&core->cases, slot));
    const uint32_t order =
        dispute->order == 0 ? NONE32 : orders_find(&core->orders, dispute->order);
    flow_say(core, slot,
             &(struct flow_note){.action = action,
                                 .reason = (enum reason)dispute->reason,
                                 .order = order + 1, /* NONE32 + 1 = none */
                                 .post = post + 1,
                                 .clock = dispute->is_heard != 0 ? CLOCK_RULING : CLOCK_POSITION,
                                 .deadline_ms = dispute->due_ms});
}

static void arm(struct core *core, uint32_t slot, int64_t after_ms)
{
    struct dispute_row *dispute = dispute_at(core, cases_peek(&core->cases, slot));
    dispute->due_ms = add_clamped(core->now_ms, after_ms);
    timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_DISPUTE), dispute->due_ms);
}

/* The first receiver has it, the parties are asked, the adjudicating post is told. parties: beside the first office. */
static void open_dispute(struct core *core, uint32_t slot, enum reason reason,
                         const uint32_t *parties, uint32_t party_count)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const struct city_info *info = state_city(core)->info;
    const uint32_t taken = take(&core->disputes);
    if (taken == NONE32) {
        flow_say(core, slot,
                 &(struct flow_note){
                     .action = ACTION_ADJUDICATE, .reason = reason, .code = CODE_TABLE_FULL});
        return;
    }
    row->dispute = taken;
    struct dispute_row *dispute = dispute_at(core, row);
    dispute->case_slot = slot;
    dispute->reason = reason;
    dispute->post = info->adjudication_post;
    dispute->opened_at_ms = core->now_ms;
    dispute->snapshot = snapshot_of(core, row);
    add_party(dispute, row->first_office);
    for (uint32_t i = 0; i < party_count; i++) {
        add_party(dispute, parties[i]);
    }
    flow_recall_all(core, slot, false);
    flow_to_desk(core, slot, NONE32, CODE_IN_DISPUTE, false);
    arm(core, slot, info->position_ms);
    give_order(core, slot);
    say(core, slot, ACTION_ADJUDICATE, dispute->post);
    flow_tell_post(core, row, dispute->post, CODE_IN_DISPUTE);
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        flow_tell_post(core, row, dispute->parties[i].post, CODE_IN_DISPUTE);
    }
}

void dispute_judge(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    uint32_t parties[2 * HANDOVERS_MAX];
    uint32_t count = 0;
    if (row->handover_count == 0 || row->dispute != NONE32) {
        return;
    }
    struct handover steps[HANDOVERS_MAX];
    case_handovers_get(core, row, steps);
    const enum reason found = handover_judge(steps, row->handover_count);
    if (found == REASON_NONE) {
        return;
    }
    for (uint32_t i = row->handover_count; i > 0; i--) { /* the newest disagree the loudest */
        parties[count++] = steps[i - 1].from;
        parties[count++] = steps[i - 1].to;
    }
    open_dispute(core, slot, found, parties, count);
}

void dispute_open_permit(struct core *core, uint32_t slot, uint32_t permit)
{
    const struct city *city = state_city(core);
    const struct case_row *row = cases_peek(&core->cases, slot);
    const uint32_t owner = flow_owner_of(core, row);
    const uint32_t parties[] = {owner == NONE32 ? NONE32 : city->departments[owner].duty_post,
                                city->departments[city->permits[permit].department].duty_post};
    open_dispute(core, slot, REASON_PERMIT_CONFLICT, parties, COUNT_OF(parties));
}

/* ---- going on ---- */

static void close_hearing(struct core *core, uint32_t slot)
{
    struct dispute_row *dispute = dispute_at(core, cases_peek(&core->cases, slot));
    dispute->is_heard = 1;
    arm(core, slot, state_city(core)->info->ruling_ms);
}

void dispute_due(struct core *core, uint32_t slot, int64_t due_ms)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct city_info *info = state_city(core)->info;
    struct dispute_row *dispute = dispute_at(core, row);
    if (dispute->is_heard != 0) {
        core->counts.clocks_missed++;
        arm(core, slot, info->ruling_ms);
        flow_say(core, slot,
                 &(struct flow_note){.action = ACTION_MISS,
                                     .clock = CLOCK_RULING,
                                     .deadline_ms = due_ms,
                                     .post = dispute->post + 1});
        flow_tell_post(core, row, dispute->post, CODE_EXPIRED);
        flow_tell_post(core, row, info->command_post, CODE_EXPIRED);
        return;
    }
    close_hearing(core, slot);
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        struct dispute_party *party = &dispute->parties[i];
        if (party->state == PARTY_ASKED) {
            party->state = PARTY_SILENT;
            party->at_ms = core->now_ms;
            say(core, slot, ACTION_SILENT, party->post);
        }
    }
    flow_tell_post(core, row, dispute->post, CODE_IN_DISPUTE);
}

static void end_order(struct core *core, const struct dispute_row *dispute, enum order_state state)
{
    const uint32_t order =
        dispute->order == 0 ? NONE32 : orders_find(&core->orders, dispute->order);
    if (order != NONE32 &&
        order_state_is_active((enum order_state)orders_peek(&core->orders, order)->state)) {
        orders_end(core, order, state);
    }
}

/* The row is free again; its order was ended. */
static void give(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    struct disputes *disputes = &core->disputes;
    const uint32_t taken = row->dispute;
    row->dispute = NONE32;
    timers_cancel(&core->timers, case_timer_id(slot, CASE_TIMER_DISPUTE));
    memset(&disputes->rows[taken], 0, sizeof disputes->rows[taken]);
    disputes->rows[taken].free_next = disputes->free_first;
    disputes->free_first = taken;
    disputes->used--;
}

void dispute_drop(struct core *core, uint32_t slot)
{
    const struct dispute_row *dispute = dispute_peek(core, cases_peek(&core->cases, slot));
    if (dispute != NULL) {
        end_order(core, dispute, ORDER_RECALLED);
        say(core, slot, ACTION_RECALL, dispute->post);
        give(core, slot);
    }
}

enum code dispute_take_position(struct core *core, uint32_t slot, uint32_t worker,
                                const struct flow_note *note)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    if (row->dispute == NONE32) {
        return CODE_NO_DISPUTE;
    }
    struct dispute_row *dispute = dispute_at(core, row);
    struct dispute_party *party = NULL;
    uint32_t waited = 0;
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        struct dispute_party *one = &dispute->parties[i];
        if (party == NULL && act_is_of_post(core, worker, one->post)) {
            party = one;
        } else {
            waited += one->state == PARTY_ASKED;
        }
    }
    if (party == NULL) {
        return CODE_NOT_YOURS;
    }
    if (dispute->is_heard != 0) {
        return CODE_WRONG_STATE;
    }
    party->state = PARTY_FILED;
    party->worker = worker;
    party->reason = note->reason;
    party->at_ms = core->now_ms;
    party->text = state_hash_text(note->text, note->text_size);
    if (waited == 0) {
        close_hearing(core, slot);
    }
    struct flow_note said = *note;
    said.post = party->post + 1;
    said.clock = dispute->is_heard != 0 ? CLOCK_RULING : CLOCK_POSITION;
    said.deadline_ms = dispute->due_ms;
    flow_say(core, slot, &said);
    return CODE_DONE;
}

/* Bits of the parties in that state. */
static uint32_t parties_in(const struct dispute_row *dispute, enum party_state state)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        bits |= dispute->parties[i].state == (uint32_t)state ? 1u << i : 0;
    }
    return bits;
}

static enum code check_ruling(const struct core *core, const struct dispute_row *dispute,
                              uint32_t worker, uint32_t lead, uint32_t cited)
{
    if (!act_is_of_post(core, worker, dispute->post)) {
        return CODE_NOT_YOURS;
    }
    for (uint32_t i = 0; i < dispute->party_count; i++) {
        if (act_is_of_post(core, worker, dispute->parties[i].post) &&
            dispute->parties[i].post != dispute->post) {
            return CODE_CONFLICT_OF_INTEREST;
        }
    }
    if (dispute->is_heard == 0) {
        return CODE_WRONG_STATE;
    }
    const uint32_t filed = parties_in(dispute, PARTY_FILED);
    if ((cited & ~filed) != 0 || (filed != 0 && cited == 0)) {
        return CODE_UNCITED;
    }
    return lead == NONE32 || state_city(core)->posts[lead].department == NONE32
               ? CODE_UNKNOWN_WORKER
               : CODE_NOTHING;
}

enum code dispute_rule(struct core *core, uint32_t slot, uint32_t worker, uint32_t lead,
                       const struct flow_note *note)
{
    struct case_row *row = cases_at(&core->cases, slot);
    if (row->dispute == NONE32) {
        return CODE_NO_DISPUTE;
    }
    const struct dispute_row *dispute = dispute_at(core, row);
    const enum code refusal = check_ruling(core, dispute, worker, lead, note->amount);
    if (refusal != CODE_NOTHING) {
        return refusal;
    }
    const bool is_about_object = dispute->reason == REASON_PERMIT_CONFLICT;
    const struct ruling_row ruling = {.no = row->no,
                                      .department = state_city(core)->posts[lead].department,
                                      .post = lead,
                                      .cited = note->amount,
                                      .silent = parties_in(dispute, PARTY_SILENT),
                                      .at_ms = core->now_ms};
    const bool is_kept = rulings_put(core, row, is_about_object, &ruling);
    struct flow_note said = *note;
    said.post = lead + 1;
    said.code = is_kept ? CODE_NOTHING : CODE_FORGOTTEN;
    end_order(core, dispute, ORDER_DONE);
    row->ruled_office = lead;
    flow_say(core, slot, &said);
    give(core, slot);
    if (row->state == CASE_DISPATCHING || row->state == CASE_ASSIGNED ||
        row->state == CASE_ON_SITE) {
        flow_recall_all(core, slot, false);
        flow_to_desk(core, slot, lead, CODE_RULED, false);
    }
    return CODE_DONE;
}

/* ---- checks ---- */

bool disputes_hold(const struct core *core)
{
    const struct disputes *disputes = &core->disputes;
    uint32_t used = 0;
    uint32_t free_count = 0;
    for (uint32_t i = 0; i < disputes->high; i++) {
        const struct dispute_row *row = &disputes->rows[i];
        if (row->is_used == 0) {
            continue;
        }
        used++;
        if (row->case_slot >= core->cases.high || core->cases.rows[row->case_slot].is_used == 0 ||
            core->cases.rows[row->case_slot].dispute != i || row->reason >= REASON_LIMIT ||
            row->post >= state_city(core)->post_count || row->is_heard > 1) {
            return false;
        }
        for (uint32_t p = 0; p < row->party_count; p++) {
            if (row->parties[p].post >= state_city(core)->post_count ||
                row->parties[p].state > PARTY_SILENT || row->parties[p].reason >= REASON_LIMIT ||
                (row->parties[p].worker != NONE32 &&
                 row->parties[p].worker >= core->workers.count)) {
                return false;
            }
        }
    }
    for (uint32_t at = disputes->free_first; at != NONE32; at = disputes->rows[at].free_next) {
        if (at >= disputes->high || disputes->rows[at].is_used != 0 ||
            ++free_count > disputes->high - used) {
            return false;
        }
    }
    return used == disputes->used && free_count == disputes->high - used;
}

void disputes_check(const struct core *core)
{
    uint32_t in_dispute = 0;
    must(disputes_hold(core));
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        const struct case_row *row = &core->cases.rows[slot];
        const bool is_armed =
            timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_DISPUTE));
        if (row->is_used == 0) {
            must(!is_armed);
            continue;
        }
        must(is_armed == (row->dispute != NONE32));
        must(row->dispute == NONE32 || !case_state_is_terminal((enum case_state)row->state));
        must(row->dispute == NONE32 || core->disputes.rows[row->dispute].case_slot == slot);
        in_dispute += row->dispute != NONE32;
    }
    must(in_dispute == core->disputes.used);
    for (uint32_t i = 0; i < core->disputes.high; i++) {
        const struct dispute_row *dispute = &core->disputes.rows[i];
        for (uint32_t p = 0; p < dispute->party_count; p++) {
            must((dispute->parties[p].state == PARTY_ASKED) == (dispute->parties[p].at_ms == 0));
            for (uint32_t q = 0; q < p; q++) {
                must(dispute->parties[p].post != dispute->parties[q].post);
            }
        }
    }
}
