/* report_cases.c: the timeline of each case, folded into one record. */
#include "sim/report_cases.h"

#include <stdlib.h>

void report_cases_init(struct report_cases *cases, bool is_folding)
{
    *cases =
        (struct report_cases){.is_folding = is_folding, .case_free = NONE32, .order_free = NONE32};
    report_tally_init(&cases->tally, is_folding);
    virtual_map_init(&cases->by_no);
    virtual_map_init(&cases->by_order);
}

void report_cases_fini(struct report_cases *cases)
{
    report_tally_fini(&cases->tally);
    free(cases->cases);
    free(cases->orders);
    virtual_map_fini(&cases->by_no);
    virtual_map_fini(&cases->by_order);
}

static struct hash128 case_key(struct case_no no)
{
    return (struct hash128){((uint64_t)no.district << 32) | no.day, no.serial};
}

static struct hash128 order_key(uint64_t number)
{
    return (struct hash128){UINT64_C(1) << 63, number};
}

uint32_t report_cases_find(const struct report_cases *cases, struct case_no no)
{
    return virtual_map_find(&cases->by_no, case_key(no));
}

/* Room for one more row of an array that doubles. */
static void *array_grow(void *rows, uint32_t count, uint32_t *room, size_t row_size)
{
    if (count < *room) {
        return rows;
    }
    *room = *room == 0 ? 1024 : *room * 2;
    void *grown = realloc(rows, *room * row_size);
    must(grown != NULL);
    return grown;
}

static uint32_t record_add(struct report_cases *cases, const struct effect *effect)
{
    const struct effect_timeline *line = &effect->of.timeline;
    uint32_t row = cases->case_free;
    uint32_t generation = 0;
    if (row != NONE32) { /* plans about the case that had the row must lapse */
        generation = cases->cases[row].generation + 1;
        cases->case_free = cases->cases[row].order_first;
    } else {
        cases->cases =
            array_grow(cases->cases, cases->case_count, &cases->case_room, sizeof *cases->cases);
        row = cases->case_count++;
    }
    cases->cases[row] = (struct case_record){
        .no = line->case_no,
        .generation = generation,
        .is_used = true,
        .order_first = NONE32,
        .rule = line->rule,
        .class_row = line->class_row,
        .cell = line->cell,
        .truth = NONE32,
        .opened_at_ms = effect->at_ms,
        .onset_at_ms = line->event != NULL ? line->event->head->event_at_ms : effect->at_ms,
        .first_offer_at_ms = RECORD_NEVER,
        .first_accept_at_ms = RECORD_NEVER,
        .first_arrive_at_ms = RECORD_NEVER,
        .handled_at_ms = RECORD_NEVER,
        .closed_at_ms = RECORD_NEVER,
        .handled_by = NONE32,
        .checked_by = NONE32,
    };
    must(virtual_map_put(&cases->by_no, case_key(line->case_no), row) == ERR_OK);
    return row;
}

static struct order_record *order_find(struct report_cases *cases, uint64_t number)
{
    const uint32_t row = virtual_map_find(&cases->by_order, order_key(number));
    return row == NONE32 ? NULL : &cases->orders[row];
}

static void order_add(struct report_cases *cases, const struct effect *effect, uint32_t record)
{
    const struct effect_timeline *line = &effect->of.timeline;
    uint32_t row = cases->order_free;
    if (row != NONE32) {
        cases->order_free = cases->orders[row].next;
    } else {
        cases->orders = array_grow(cases->orders, cases->order_count, &cases->order_room,
                                   sizeof *cases->orders);
        row = cases->order_count++;
    }
    const uint32_t next = cases->cases[record].order_first;
    cases->cases[record].order_first = row;
    cases->orders[row] = (struct order_record){
        .next = next,
        .number = line->order,
        .record = record,
        .kind = line->order_kind,
        .offered_at_ms = effect->at_ms,
        .accepted_at_ms = RECORD_NEVER,
        .arrived_at_ms = RECORD_NEVER,
    };
    must(virtual_map_put(&cases->by_order, order_key(line->order), row) == ERR_OK);
}

static bool is_field_kind(uint8_t kind)
{
    return kind == KIND_HANDLE || kind == KIND_ASSIST;
}

static void set_first(int64_t *instant, int64_t now_ms)
{
    if (*instant == RECORD_NEVER) {
        *instant = now_ms;
    }
}

/* What happened to an order, on the order and on its case. */
static void see_order(struct report_cases *cases, const struct effect *effect, uint32_t row)
{
    const struct effect_timeline *line = &effect->of.timeline;
    struct case_record *record = &cases->cases[row];
    const bool is_new = line->action == ACTION_OFFER || line->action == ACTION_INFORM ||
                        line->action == ACTION_ADJUDICATE;
    if (is_new) {
        order_add(cases, effect, row);
        if (is_field_kind(line->order_kind)) {
            set_first(&record->first_offer_at_ms, effect->at_ms);
        }
        return;
    }
    struct order_record *order = order_find(cases, line->order);
    must(order != NULL);
    if (line->action == ACTION_ACCEPT) {
        order->accepted_at_ms = effect->at_ms;
        if (is_field_kind(order->kind)) {
            record->accept_count++;
            set_first(&record->first_accept_at_ms, effect->at_ms);
        }
    } else if (line->action == ACTION_ARRIVE && is_field_kind(order->kind)) {
        order->arrived_at_ms = effect->at_ms;
        record->units++;
        set_first(&record->first_arrive_at_ms, effect->at_ms);
    }
}

static bool state_is_handled(uint8_t state)
{
    return state == CASE_HANDLED || state == CASE_CHECKING || state == CASE_CLOSED;
}

static void see_milestones(struct case_record *record, const struct effect *effect)
{
    const struct effect_timeline *line = &effect->of.timeline;
    if (line->action == ACTION_MISS && line->clock < CLOCK_LIMIT) {
        record->missed |= UINT32_C(1) << line->clock;
    }
    if (line->action == ACTION_CHECK_PASS) {
        record->checked_by = line->actor;
    }
    if (line->action == ACTION_DONE && line->order_kind != KIND_ASSIST) {
        record->handled_by = line->actor; /* before the case itself is handled: others may assist */
    }
    record->was_nobody = record->was_nobody || line->action == ACTION_NOBODY;
    record->was_desk = record->was_desk || line->action == ACTION_TO_DESK;
    record->is_reopened = record->is_reopened || line->action == ACTION_REOPEN;
    if (line->state == line->state_before) {
        return;
    }
    if (state_is_handled(line->state) &&
        (line->action == ACTION_DONE || !state_is_handled(line->state_before) ||
         record->handled_at_ms == RECORD_NEVER)) {
        record->handled_at_ms = effect->at_ms;
    }
    if (case_state_is_terminal((enum case_state)line->state)) {
        record->closed_at_ms = effect->at_ms;
    } else if (case_state_is_terminal((enum case_state)line->state_before)) {
        record->closed_at_ms = RECORD_NEVER;
    }
}

/* The case has left the engine: nothing will be heard of it again. */
static void fold(struct report_cases *cases, uint32_t row)
{
    struct case_record *record = &cases->cases[row];
    report_tally_add_case(&cases->tally, record);
    for (uint32_t at = record->order_first; at != NONE32;) {
        struct order_record *order = &cases->orders[at];
        const uint32_t next = order->next;
        report_tally_add_order(&cases->tally, order);
        virtual_map_remove(&cases->by_order, order_key(order->number));
        order->number = 0;
        order->next = cases->order_free;
        cases->order_free = at;
        at = next;
    }
    virtual_map_remove(&cases->by_no, case_key(record->no));
    record->is_used = false;
    record->generation++;
    record->order_first = cases->case_free;
    cases->case_free = row;
}

uint32_t report_cases_see(struct report_cases *cases, const struct effect *effect)
{
    if (effect->kind != EFFECT_TIMELINE) {
        return NONE32;
    }
    const struct effect_timeline *line = &effect->of.timeline;
    uint32_t row = report_cases_find(cases, line->case_no);
    const bool is_new = row == NONE32;
    if (is_new) {
        row = record_add(cases, effect);
    }
    if (line->order != 0) {
        see_order(cases, effect, row);
    }
    struct case_record *record = &cases->cases[row];
    see_milestones(record, effect);
    record->severity = line->severity;
    record->event_count = line->event_count;
    const bool is_changed =
        is_new || line->action == ACTION_RECHECK || record->state != line->state ||
        record->holder.kind != line->holder.kind || record->holder.index != line->holder.index;
    record->state = line->state;
    record->holder = line->holder;
    record->generation += is_changed;
    if (cases->is_folding && line->action == ACTION_RETIRE) {
        fold(cases, row);
        return NONE32;
    }
    return is_changed ? row : NONE32;
}
