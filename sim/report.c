/* report.c: from records, results and counters to one ledger. */
#include "sim/report.h"

#include <stdlib.h>

#include "engine/core/code.h"

/* ---- events ---- */

static void count_events(struct report *report, const struct run_gateways *gateways)
{
    report->events = gateways->event_count;
    for (uint32_t i = 0; i < gateways->event_count; i++) {
        const struct event_record *event = &gateways->events[i];
        report->late += event->is_late;
        switch (event->code) {
        case CODE_NOTHING:
            report->unanswered++;
            break;
        case CODE_OPENED:
            report->opened++;
            break;
        case CODE_MERGED:
            report->merged++;
            break;
        case CODE_DEDUPED:
            report->deduped++;
            break;
        case CODE_SUPPRESSED:
        case CODE_COALESCED:
            report->suppressed++;
            break;
        case CODE_NO_RULE:
            report->no_rule++;
            break;
        case CODE_REOPENED:
            report->reopened++;
            break;
        case CODE_CLEARED:
            report->cleared++;
            break;
        default:
            report->refused++;
            report->refused_by_code[event->code & 127]++;
            break;
        }
    }
    must(report->events == report->opened + report->merged + report->deduped + report->suppressed +
                               report->no_rule + report->reopened + report->cleared +
                               report->refused + report->unanswered);
    must(report->opened == report->core.opened);
    must(report->merged == report->core.merged);
    must(report->deduped == report->core.deduped);
}

/* ---- cases ---- */

static void count_case(struct report *report, const struct case_record *record)
{
    switch ((enum case_state)record->state) {
    case CASE_CLOSED:
        report->closed++;
        break;
    case CASE_VOID:
        report->voided++;
        break;
    case CASE_FORCED_CLOSED:
        report->forced++;
        break;
    case CASE_MERGED:
        report->joined++;
        break;
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
        report->open++;
        report->open_by_state[record->state]++;
        report->open_without_holder += record->holder.kind == HOLDER_NONE;
        break;
    }
    report->never_assigned += record->accept_count == 0 && !record->was_desk;
    report->never_reached += record->units == 0;
    report->nobody += record->was_nobody;
    report->missed += record->missed != 0;
    report->reopened_cases += record->is_reopened;
    for (uint32_t clock = 0; clock < CLOCK_LIMIT; clock++) {
        report->missed_by_clock[clock] += (record->missed >> clock) & 1u;
    }
}

static void count_cases(struct report *report, const struct report_cases *cases)
{
    report->cases = cases->case_count;
    for (uint32_t i = 0; i < cases->case_count; i++) {
        count_case(report, &cases->cases[i]);
    }
    must(report->cases ==
         report->closed + report->voided + report->forced + report->joined + report->open);
    must(report->cases == report->core.cases_opened);
    must(report->open == report->core.open_now);
    must(report->open_without_holder ==
         0); /* the closed loop: somebody answers for every open case */
}

/* ---- times ---- */

static void add_between(struct samples *samples, int64_t from_ms, int64_t to_ms)
{
    if (from_ms != RECORD_NEVER && to_ms != RECORD_NEVER) {
        samples_add(samples, to_ms - from_ms);
    }
}

static void measure_times(struct report *report, const struct report_cases *cases)
{
    struct samples samples[REPORT_TIMES_COUNT] = {{0}};
    for (uint32_t i = 0; i < cases->case_count; i++) {
        const struct case_record *record = &cases->cases[i];
        add_between(&samples[TIME_OPEN_TO_OFFER], record->opened_at_ms, record->first_offer_at_ms);
        add_between(&samples[TIME_OPEN_TO_ARRIVE], record->opened_at_ms,
                    record->first_arrive_at_ms);
        add_between(&samples[TIME_OPEN_TO_HANDLED], record->opened_at_ms, record->handled_at_ms);
        if (record->state == CASE_CLOSED) {
            add_between(&samples[TIME_OPEN_TO_CLOSED], record->opened_at_ms, record->closed_at_ms);
        }
    }
    for (uint32_t i = 0; i < cases->order_count; i++) {
        const struct order_record *order = &cases->orders[i];
        add_between(&samples[TIME_OFFER_TO_ACCEPT], order->offered_at_ms, order->accepted_at_ms);
        add_between(&samples[TIME_ACCEPT_TO_ARRIVE], order->accepted_at_ms, order->arrived_at_ms);
    }
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        report->times[t] = samples_spread(&samples[t]);
        samples_fini(&samples[t]);
    }
}

/* ---- districts ---- */

static int compare_districts(const void *a, const void *b)
{
    const struct report_district *left = a, *right = b;
    return (left->district > right->district) - (left->district < right->district);
}

static struct report_district *district_of(struct report *report, uint32_t district)
{
    for (uint32_t i = 0; i < report->district_count; i++) {
        if (report->districts[i].district == district) {
            return &report->districts[i];
        }
    }
    report->districts =
        realloc(report->districts, (report->district_count + 1) * sizeof *report->districts);
    must(report->districts != NULL);
    report->districts[report->district_count] = (struct report_district){.district = district};
    return &report->districts[report->district_count++];
}

static void measure_districts(struct report *report, const struct report_cases *cases)
{
    for (uint32_t i = 0; i < cases->case_count; i++) {
        const struct case_record *record = &cases->cases[i];
        struct report_district *row = district_of(report, record->no.district);
        const bool is_over = case_state_is_terminal((enum case_state)record->state);
        row->cases++;
        row->closed += is_over;
        row->open += !is_over;
        row->never_assigned += record->accept_count == 0 && !record->was_desk;
        row->nobody += record->was_nobody;
        row->missed += record->missed != 0;
    }
    if (report->district_count > 1) {
        qsort(report->districts, report->district_count, sizeof *report->districts,
              compare_districts);
    }
    for (uint32_t d = 0; d < report->district_count; d++) {
        struct samples samples = {0};
        for (uint32_t i = 0; i < cases->case_count; i++) {
            const struct case_record *record = &cases->cases[i];
            if (record->no.district == report->districts[d].district) {
                add_between(&samples, record->opened_at_ms, record->first_arrive_at_ms);
            }
        }
        report->districts[d].response = samples_spread(&samples);
        samples_fini(&samples);
    }
}

void report_make(struct report *report, const struct run *run)
{
    *report = (struct report){.numbers = run_numbers_now(run),
                              .core = *core_counts_now(node_core(run_node(run))),
                              .agents = agents_counts_now(run_agents(run)),
                              .node_commands = node_counts_now(run_node(run)).commands};
    count_events(report, run_gateways_of(run));
    count_cases(report, run_cases(run));
    measure_times(report, run_cases(run));
    measure_districts(report, run_cases(run));
}

void report_fini(struct report *report)
{
    free(report->districts);
    *report = (struct report){0};
}
