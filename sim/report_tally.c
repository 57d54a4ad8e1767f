/* report_tally.c: see report_tally.h. */
#include "sim/report_tally.h"

#include "sim/report_cases.h"

#include <stdlib.h>
#include <string.h>

static struct samples samples_of(const struct report_tally *tally)
{
    struct samples samples = {0};
    if (tally->is_binned) {
        samples_bin(&samples);
    }
    return samples;
}

void report_tally_init(struct report_tally *tally, bool is_binned)
{
    *tally = (struct report_tally){.is_binned = is_binned};
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        tally->times[t] = samples_of(tally);
    }
}

void report_tally_fini(struct report_tally *tally)
{
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        samples_fini(&tally->times[t]);
    }
    for (uint32_t d = 0; d < tally->district_count; d++) {
        samples_fini(&tally->districts[d].response);
    }
    free(tally->districts);
    *tally = (struct report_tally){0};
}

/* ---- cases ---- */

static void count_state(struct case_counts *counts, const struct case_record *record)
{
    switch ((enum case_state)record->state) {
    case CASE_CLOSED:
        counts->closed++;
        return;
    case CASE_VOID:
        counts->voided++;
        return;
    case CASE_FORCED_CLOSED:
        counts->forced++;
        return;
    case CASE_MERGED:
        counts->joined++;
        return;
    case CASE_NONE:
    case CASE_REPORTED:
    case CASE_VERIFYING:
    case CASE_FILED:
    case CASE_DISPATCHING:
    case CASE_ASSIGNED:
    case CASE_ON_SITE:
    case CASE_HANDLED:
    case CASE_CHECKING:
    case CASE_SUSPENDED:
    case CASE_STATE_COUNT:
    default:
        must(record->state < CASE_STATE_COUNT);
        counts->open++;
        counts->open_by_state[record->state]++;
        counts->open_without_holder += record->holder.kind == HOLDER_NONE;
        return;
    }
}

static void add_between(struct samples *samples, int64_t from_ms, int64_t to_ms)
{
    if (from_ms != RECORD_NEVER && to_ms != RECORD_NEVER) {
        samples_add(samples, to_ms - from_ms);
    }
}

static struct tally_district *district_of(struct report_tally *tally, uint32_t district)
{
    for (uint32_t i = 0; i < tally->district_count; i++) {
        if (tally->districts[i].district == district) {
            return &tally->districts[i];
        }
    }
    tally->districts =
        realloc(tally->districts, (tally->district_count + 1) * sizeof *tally->districts);
    must(tally->districts != NULL);
    struct tally_district *row = &tally->districts[tally->district_count++];
    *row = (struct tally_district){.district = district, .response = samples_of(tally)};
    return row;
}

static void add_to_district(struct report_tally *tally, const struct case_record *record)
{
    struct tally_district *row = district_of(tally, record->no.district);
    const bool is_over = case_state_is_terminal((enum case_state)record->state);
    row->cases++;
    row->closed += is_over;
    row->open += !is_over;
    row->never_assigned += record->accept_count == 0 && !record->was_desk;
    row->nobody += record->was_nobody;
    row->missed += record->missed != 0;
    add_between(&row->response, record->opened_at_ms, record->first_arrive_at_ms);
}

void report_tally_add_case(struct report_tally *tally, const struct case_record *record)
{
    struct case_counts *counts = &tally->counts;
    counts->cases++;
    count_state(counts, record);
    counts->never_assigned += record->accept_count == 0 && !record->was_desk;
    counts->never_reached += record->units == 0;
    counts->nobody += record->was_nobody;
    counts->missed += record->missed != 0;
    counts->reopened_cases += record->is_reopened;
    for (uint32_t clock = 0; clock < CLOCK_LIMIT; clock++) {
        counts->missed_by_clock[clock] += (record->missed >> clock) & 1u;
    }
    struct samples *times = tally->times;
    const int64_t from_ms = record->opened_at_ms;
    add_between(&times[TIME_OPEN_TO_OFFER], from_ms, record->first_offer_at_ms);
    add_between(&times[TIME_OPEN_TO_ARRIVE], from_ms, record->first_arrive_at_ms);
    add_between(&times[TIME_OPEN_TO_HANDLED], from_ms, record->handled_at_ms);
    if (record->state == CASE_CLOSED) {
        add_between(&times[TIME_OPEN_TO_CLOSED], from_ms, record->closed_at_ms);
    }
    add_to_district(tally, record);
}

void report_tally_add_order(struct report_tally *tally, const struct order_record *order)
{
    struct samples *times = tally->times;
    add_between(&times[TIME_OFFER_TO_ACCEPT], order->offered_at_ms, order->accepted_at_ms);
    add_between(&times[TIME_ACCEPT_TO_ARRIVE], order->accepted_at_ms, order->arrived_at_ms);
}

void report_tally_copy(struct report_tally *to, const struct report_tally *from)
{
    must(to->counts.cases == 0 && to->district_count == 0);
    to->counts = from->counts;
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        samples_copy(&to->times[t], &from->times[t]);
    }
    for (uint32_t d = 0; d < from->district_count; d++) {
        struct tally_district *row = district_of(to, from->districts[d].district);
        struct samples response = row->response;
        samples_copy(&response, &from->districts[d].response);
        *row = from->districts[d];
        row->response = response;
    }
}
