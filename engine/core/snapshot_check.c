/* snapshot_check.c: see snapshot_check.h. Each function here is the sibling of a module's own check. */
#include "engine/core/snapshot_check.h"
#include "engine/core/plans.h"
#include "engine/core/waits.h"
#include "engine/core/window_rows.h"

#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/contacts.h"
#include "engine/core/dispute.h"
#include "engine/core/links.h"

static bool is_row_or_none(uint32_t row, uint32_t count)
{
    return row == NONE32 || row < count;
}

static bool is_case(const struct core *core, uint32_t slot)
{
    return slot < core->cases.high && core->cases.rows[slot].is_used != 0;
}

static bool is_order(const struct core *core, uint32_t slot)
{
    return slot < core->orders.high && core->orders.rows[slot].is_used != 0;
}

/* ---- cases ---- */

static bool captures_hold(const struct core *core, const struct case_row *row)
{
    struct case_captures captures;
    case_captures_get(core, row, &captures);
    for (uint32_t i = 0; i < captures.count; i++) {
        const struct case_capture *capture = &captures.list[i];
        if (!is_row_or_none(capture->field, state_policy(core)->field_count) ||
            (capture->kind == FIELD_STRING && capture->size > CASE_FIELD_SIZE_MAX)) {
            return false;
        }
    }
    return true;
}

static bool holder_holds(const struct core *core, const struct case_row *row)
{
    switch ((enum holder_kind)row->holder.kind) {
    case HOLDER_NONE:
        return case_state_is_terminal((enum case_state)row->state);
    case HOLDER_PERSON:
        return row->holder.index < core->workers.count;
    case HOLDER_POST:
        return row->holder.index < state_city(core)->post_count;
    default:
        return false;
    }
}

static bool fields_hold(const struct core *core, const struct case_row *row)
{
    const struct city *city = state_city(core);
    for (uint32_t i = 0; i < row->person_count; i++) {
        if (row->persons[i].worker >= core->workers.count) {
            return false;
        }
    }
    return row->state > CASE_NONE && row->state < CASE_STATE_COUNT && row->severity >= 1 &&
           row->severity <= 4 && row->clock < CLOCK_LIMIT && row->extensions <= EXTENSIONS_MAX &&
           row->extend_stage <= EXTEND_APPROVED_ONCE && row->appeal <= APPEAL_REFUSED &&
           row->help_wanted <= HELPERS_MAX &&
           is_row_or_none(row->extend_asker, core->workers.count) &&
           is_row_or_none(row->extend_first, core->workers.count) &&
           (row->state == CASE_MERGED) == !case_no_is_none(row->survivor) &&
           row->handle_limit.unit <= UNIT_NATURAL_DAY &&
           is_row_or_none(row->rule, state_policy(core)->rule_count) &&
           is_row_or_none(row->class_row, city->class_count) &&
           is_row_or_none(row->cell, city->cell_count) &&
           is_row_or_none(row->asset, city->asset_count) &&
           is_row_or_none(row->owner, city->department_count) &&
           is_row_or_none(row->device, city->device_count) &&
           is_row_or_none(row->gateway, city->gateway_count) &&
           is_row_or_none(row->department, city->department_count) && captures_hold(core, row) &&
           holder_holds(core, row);
}

/* Offices are posts; a dispute and its timer belong together. */
static bool offices_hold(const struct core *core, uint32_t slot)
{
    const struct case_row *row = &core->cases.rows[slot];
    const uint32_t posts = state_city(core)->post_count;
    const bool is_armed = timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_DISPUTE));
    struct handover steps[HANDOVERS_MAX];
    case_handovers_get(core, row, steps);
    for (uint32_t i = 0; i < row->handover_count; i++) {
        if (!is_row_or_none(steps[i].from, posts) || !is_row_or_none(steps[i].to, posts) ||
            steps[i].reason >= REASON_LIMIT || steps[i].direction > HANDOVER_DOWN) {
            return false;
        }
    }
    if ((row->flags & CASE_IS_SENT_BACK) != 0 && row->handover_count == 0) {
        return false;
    }
    return is_row_or_none(row->office, posts) && is_row_or_none(row->first_office, posts) &&
           is_row_or_none(row->ruled_office, posts) && is_armed == (row->dispute != NONE32) &&
           (row->dispute == NONE32 || (row->dispute < core->disputes.high &&
                                       !case_state_is_terminal((enum case_state)row->state) &&
                                       core->disputes.rows[row->dispute].is_used != 0 &&
                                       core->disputes.rows[row->dispute].case_slot == slot));
}

/* What rings hold names rows that are there. */
static bool rings_hold(const struct core *core)
{
    const struct city *city = state_city(core);
    for (uint32_t i = 0; i < core->rulings.ring.high; i++) {
        const struct ruling_row *row = &core->rulings.rows[i];
        if (ring_has(&core->rulings.ring, i) &&
            ((row->cell == NONE32) == (row->asset == NONE32) ||
             !is_row_or_none(row->cell, city->cell_count) ||
             !is_row_or_none(row->asset, city->asset_count) ||
             row->class_row >= city->class_count || row->department >= city->department_count ||
             row->post >= city->post_count)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < core->objects.ring.high; i++) {
        const struct object_row *row = &core->objects.rows[i];
        if (!ring_has(&core->objects.ring, i)) {
            continue;
        }
        if (row->asset >= city->asset_count) {
            return false;
        }
        for (uint32_t c = 0; c < OBJECT_CASES_MAX && c < row->case_count; c++) {
            if (!is_row_or_none(row->cases[c].class_row, city->class_count) ||
                row->cases[c].state >= CASE_STATE_COUNT) {
                return false;
            }
        }
    }
    for (uint32_t i = 0; i < core->burdens.ring.high; i++) {
        const struct burden_row *row = &core->burdens.rows[i];
        if (ring_has(&core->burdens.ring, i) &&
            (row->cell >= city->cell_count || row->department >= city->department_count)) {
            return false;
        }
    }
    return core->rulings.ring.next < core->rulings.ring.limit &&
           core->objects.ring.next < core->objects.ring.limit &&
           core->burdens.ring.next < core->burdens.ring.limit;
}

/* A chain through cases: merge or close. */
struct chain_view {
    uint32_t flag;
    bool is_merge;
};

static uint32_t next_of(const struct case_row *row, struct chain_view view)
{
    return view.is_merge ? row->merge_next : row->close_next;
}

static uint32_t prev_of(const struct case_row *row, struct chain_view view)
{
    return view.is_merge ? row->merge_prev : row->close_prev;
}

static struct hash128 key_of(const struct case_row *row, struct chain_view view)
{
    return view.is_merge ? row->merge_key : row->close_key;
}

/* Every link is answered by its neighbour, and walking from the heads meets every linked case: no rings. */
static bool chains_hold(const struct core *core, struct chain_view view)
{
    const struct case_row *rows = core->cases.rows;
    uint32_t linked = 0;
    uint32_t met = 0;
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        const struct case_row *row = &rows[slot];
        if (row->is_used == 0) {
            continue;
        }
        const uint32_t next = next_of(row, view);
        const uint32_t prev = prev_of(row, view);
        if ((row->flags & view.flag) == 0) {
            if (next != NONE32 || prev != NONE32) {
                return false;
            }
            continue;
        }
        linked++;
        if (next != NONE32 && (!is_case(core, next) || prev_of(&rows[next], view) != slot ||
                               (rows[next].flags & view.flag) == 0 ||
                               !hash128_is_equal(key_of(row, view), key_of(&rows[next], view)))) {
            return false;
        }
        if (prev != NONE32 && (!is_case(core, prev) || next_of(&rows[prev], view) != slot)) {
            return false;
        }
    }
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        const bool is_head = rows[slot].is_used != 0 && (rows[slot].flags & view.flag) != 0 &&
                             prev_of(&rows[slot], view) == NONE32;
        for (uint32_t at = is_head ? slot : NONE32; at != NONE32 && met <= linked;
             at = next_of(&rows[at], view)) {
            met++;
        }
    }
    return met == linked;
}

static bool case_clock_holds(const struct core *core, uint32_t slot)
{
    const struct case_row *row = &core->cases.rows[slot];
    return timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK)) &&
           timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_SUPERVISE)) ==
               ((row->flags & CASE_IS_SUPERVISED) != 0) &&
           (row->clock == CLOCK_RETIRE) == case_state_is_terminal((enum case_state)row->state);
}

static bool free_cases_hold(const struct cases *cases)
{
    uint32_t free_count = 0;
    uint32_t used = 0;
    for (uint32_t slot = 0; slot < cases->high; slot++) {
        used += cases->rows[slot].is_used != 0;
    }
    for (uint32_t slot = cases->free_first; slot != NONE32; slot = cases->rows[slot].free_next) {
        if (slot >= cases->high || cases->rows[slot].is_used != 0 ||
            ++free_count > cases->high - used) {
            return false;
        }
    }
    return used == cases->used && free_count == cases->high - used;
}

/* ---- orders ---- */

static bool free_orders_hold(const struct orders *orders)
{
    uint32_t free_count = 0;
    uint32_t used = 0;
    for (uint32_t slot = 0; slot < orders->high; slot++) {
        used += orders->rows[slot].is_used != 0;
    }
    for (uint32_t slot = orders->free_first; slot != NONE32; slot = orders->rows[slot].free_next) {
        if (slot >= orders->high || orders->rows[slot].is_used != 0 ||
            ++free_count > orders->high - used) {
            return false;
        }
    }
    return used == orders->used && free_count == orders->high - used;
}

static bool order_holds(const struct core *core, const struct order_row *row)
{
    const bool is_of_post = row->worker == NONE32 && row->post < state_city(core)->post_count;
    const bool is_ended_of_nobody = row->worker == NONE32 && row->post == NONE32 &&
                                    !order_state_is_active((enum order_state)row->state);
    return is_case(core, row->case_slot) &&
           (is_of_post || is_ended_of_nobody ||
            (row->worker < core->workers.count && row->post == NONE32)) &&
           row->number <= core->orders.last_number && row->kind < KIND_LIMIT &&
           row->state > ORDER_NONE && row->state < ORDER_STATE_COUNT && row->clock < CLOCK_LIMIT &&
           is_row_or_none(row->assign, state_policy(core)->assign_count);
}

/* Every order hangs in the chain of its case; at most one active lead; the holder has an order. */
static bool case_orders_hold(const struct core *core, uint32_t slot, uint32_t *met)
{
    const struct case_row *row = &core->cases.rows[slot];
    uint32_t count = 0;
    uint32_t leads = 0;
    bool has_holder = row->holder.kind != HOLDER_PERSON;
    for (uint32_t at = row->order_first; at != NONE32; at = core->orders.rows[at].next) {
        if (!is_order(core, at) || core->orders.rows[at].case_slot != slot ||
            ++count > CASE_ORDERS_MAX) {
            return false;
        }
        const struct order_row *order = &core->orders.rows[at];
        const bool is_active = order_state_is_active((enum order_state)order->state);
        if (is_active && case_state_is_terminal((enum case_state)row->state)) {
            return false;
        }
        leads += order->is_lead != 0 && is_active;
        has_holder = has_holder || (is_active && order->worker == row->holder.index);
    }
    *met += count;
    return count == row->order_count && leads <= 1 && has_holder &&
           (row->state != CASE_ON_SITE || leads == 1);
}

static bool worker_orders_hold(const struct core *core, uint32_t slot, uint32_t *met)
{
    uint32_t load = 0;
    uint32_t before = NONE32;
    for (uint32_t at = core->workers.rows[slot].order_first; at != NONE32;) {
        const struct order_row *order = &core->orders.rows[at];
        if (!is_order(core, at) || order->worker != slot || order->worker_prev != before ||
            !order_state_is_active((enum order_state)order->state) || ++load > core->orders.high) {
            return false;
        }
        before = at;
        at = order->worker_next;
    }
    *met += load;
    return load == core->workers.rows[slot].load;
}

static bool orders_hold(const struct core *core)
{
    uint32_t in_cases = 0;
    uint32_t in_workers = 0;
    uint32_t active = 0;
    for (uint32_t slot = 0; slot < core->orders.high; slot++) {
        const struct order_row *row = &core->orders.rows[slot];
        if (row->is_used != 0 && !order_holds(core, row)) {
            return false;
        }
        active += row->is_used != 0 && row->worker != NONE32 &&
                  order_state_is_active((enum order_state)row->state);
    }
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        if (core->cases.rows[slot].is_used != 0 && !case_orders_hold(core, slot, &in_cases)) {
            return false;
        }
    }
    for (uint32_t w = 0; w < core->workers.count; w++) {
        if (!worker_orders_hold(core, w, &in_workers)) {
            return false;
        }
    }
    return in_cases == core->orders.used && in_workers == active;
}

/* ---- workers ---- */

static bool items_hold(const struct workers *workers, uint32_t slot)
{
    const struct worker_row *row = &workers->rows[slot];
    if (row->item_seq_taken > row->item_seq_last) {
        return false;
    }
    uint64_t seq = row->item_seq_taken;
    if (row->item_seq_last - seq > WORKER_ITEMS_MAX) {
        seq = row->item_seq_last - WORKER_ITEMS_MAX;
    }
    while (seq < row->item_seq_last) {
        seq++;
        if (worker_item(workers, slot, seq)->seq != seq) {
            return false;
        }
    }
    for (uint32_t i = 0; i < ACT_RESULTS_KEPT; i++) {
        if (row->results[i].code >= CODE_LIMIT || row->results[i].state >= CASE_STATE_COUNT) {
            return false;
        }
    }
    return true;
}

static bool workers_hold(const struct core *core)
{
    const struct workers *workers = &core->workers;
    for (uint32_t w = 0; w < workers->count; w++) {
        const struct worker_row *row = &workers->rows[w];
        if (!is_row_or_none(row->person, state_city(core)->person_count) ||
            !items_hold(workers, w) || row->status >= STATUS_LIMIT ||
            (place_is_known(row->fix) && !place_is_valid(row->fix))) {
            return false;
        }
    }
    return true;
}

/* ---- marks, timers ---- */

static bool marks_hold(const struct core *core)
{
    const struct marks *marks = &core->marks;
    for (uint32_t m = 0; m < marks->count; m++) {
        if (!is_row_or_none(marks->rows[m].gateway, state_city(core)->gateway_count)) {
            return false;
        }
        for (uint32_t b = 0; b < marks->batches_kept; b++) {
            const size_t at = (size_t)m * marks->batches_kept + b;
            if (marks->batches[at].seq > marks->rows[m].last_seq) {
                return false;
            }
            for (uint32_t r = 0; r < marks->batches[at].count; r++) {
                if (marks->results[at * marks->batch_events + r].code >= CODE_LIMIT) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool is_plan_timer(const struct core *core, uint32_t id)
{
    const struct plans *plans = &core->plans;
    if (id == round_timer_id(core)) {
        return true;
    }
    if (id >= group_timer_id(core, 0)) {
        const uint32_t slot = id - group_timer_id(core, 0);
        return slot < core->groups.high && core->groups.rows[slot].is_used != 0;
    }
    if (id >= wait_timer_id(core, 0)) {
        const uint32_t slot = id - wait_timer_id(core, 0);
        return slot < core->waits.high && core->waits.rows[slot].is_used != 0;
    }
    if (id >= late_timer_id(core, 0)) {
        const uint32_t slot = id - late_timer_id(core, 0);
        return slot < plans->late_high && plans->lates[slot].is_used != 0;
    }
    if (id >= duty_timer_id(core, 0)) {
        const uint32_t slot = id - duty_timer_id(core, 0);
        return slot < plans->duty_high && plans->duties[slot].is_used != 0;
    }
    const uint32_t slot = id - plan_timer_id(core, 0);
    return slot < plans->high && plans->rows[slot].is_used != 0 &&
           plans->rows[slot].state != PLAN_ENDED;
}

/* Ids are in range and armed once, entries lie as in a heap, and what fires is there. */
static bool timers_hold(const struct core *core)
{
    const struct timers *timers = &core->timers;
    const uint32_t first_order = core->limits.cases * CASE_TIMER_COUNT;
    for (uint32_t i = 0; i < timers->count; i++) {
        const struct timer entry = timer_of(timers->heap[i]);
        const struct timer parent = timer_of(timers->heap[i == 0 ? 0 : (i - 1) / 2]);
        if (entry.id >= timers->limit || entry.seq >= timers->seq ||
            timers->where[entry.id] != i + 1) {
            return false;
        }
        if (entry.due_ms < parent.due_ms ||
            (i > 0 && entry.due_ms == parent.due_ms && entry.seq <= parent.seq)) {
            return false;
        }
        const bool is_there = entry.id >= plan_timer_id(core, 0) ? is_plan_timer(core, entry.id)
                              : entry.id >= first_order
                                  ? is_order(core, entry.id - first_order)
                                  : is_case(core, entry.id / CASE_TIMER_COUNT);
        if (!is_there) {
            return false;
        }
    }
    return true;
}

static bool cases_hold(const struct core *core)
{
    uint64_t open = 0;
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        const struct case_row *row = &core->cases.rows[slot];
        if (row->is_used == 0) {
            continue;
        }
        if (!fields_hold(core, row) || !case_clock_holds(core, slot) || !offices_hold(core, slot)) {
            return false;
        }
        open += !case_state_is_terminal((enum case_state)row->state);
    }
    return open == core->counts.open_now && links_hold(core) &&
           chains_hold(core, (struct chain_view){CASE_HAS_MERGE, true}) &&
           chains_hold(core, (struct chain_view){CASE_HAS_CLOSE, false});
}

bool snapshot_rows_hold(const struct core *core)
{
    if (!free_cases_hold(&core->cases) || !free_orders_hold(&core->orders)) {
        return false;
    }
    if (core->event_ids.next >= core->event_ids.limit || core->dedupe.next >= core->dedupe.limit) {
        return false;
    }
    if (!windows_hold(core)) {
        return false;
    }
    if (!core->has_images) { /* nothing was decided yet */
        return core->cases.high == 0 && core->rehome_next == 0 && core->orders.high == 0 &&
               core->workers.count == 0 && core->marks.count == 0 && core->timers.count == 0 &&
               core->disputes.high == 0 && core->rulings.ring.high == 0 &&
               core->objects.ring.high == 0 && core->burdens.ring.high == 0 &&
               core->plans.high == 0 && core->plans.duty_high == 0 && core->plans.late_high == 0 &&
               core->waits.high == 0;
    }
    return core->fastest_mm_per_s > 0 && core->rehome_next <= core->cases.high &&
           timers_hold(core) && waits_hold(core) && workers_hold(core) && marks_hold(core) &&
           cases_hold(core) && orders_hold(core) && contacts_hold(core) && disputes_hold(core) &&
           rings_hold(core) && plans_hold(core);
}
