/* report.c: from records, results and counters to one ledger. */
#include "sim/report.h"

#include <stdlib.h>

#include "engine/core/code.h"

/* ---- events ---- */

/* How many events ended with that code, under its heading. */
static uint64_t *heading_of(struct report *report, uint32_t code)
{
    switch (code) {
    case CODE_OPENED:
        return &report->opened;
    case CODE_MERGED:
        return &report->merged;
    case CODE_DEDUPED:
        return &report->deduped;
    case CODE_SUPPRESSED:
    case CODE_COALESCED:
        return &report->suppressed;
    case CODE_NO_RULE:
    case CODE_TOLD: /* by rules that open no case */
        return &report->no_rule;
    case CODE_WAITING:
        return &report->waiting;
    case CODE_REOPENED:
        return &report->reopened;
    case CODE_CLEARED:
        return &report->cleared;
    default:
        return &report->refused;
    }
}

static void count_events(struct report *report, const struct run_gateways *gateways)
{
    report->events = gateways->seen;
    report->late = gateways->late;
    report->unanswered = gateways->seen - gateways->answered;
    for (uint32_t code = 0; code < COUNT_OF(gateways->by_code); code++) {
        uint64_t *heading = heading_of(report, code);
        *heading += gateways->by_code[code];
        if (heading == &report->refused) {
            report->refused_by_code[code] += gateways->by_code[code];
        }
    }
    must(report->events == report->opened + report->merged + report->deduped + report->suppressed +
                               report->no_rule + report->waiting + report->reopened +
                               report->cleared + report->refused + report->unanswered);
    must(report->opened == report->core.opened);
    must(report->merged == report->core.merged);
    must(report->deduped == report->core.deduped);
    must(report->waiting == report->core.waiting);
}

/* ---- cases ---- */

/* Those that were added on the way and those whose records are still here. */
static void add_up(struct report_tally *tally, const struct report_cases *cases)
{
    report_tally_init(tally, cases->tally.is_binned);
    report_tally_copy(tally, &cases->tally);
    for (uint32_t i = 0; i < cases->case_count; i++) {
        if (cases->cases[i].is_used) {
            report_tally_add_case(tally, &cases->cases[i]);
        }
    }
    for (uint32_t i = 0; i < cases->order_count; i++) {
        if (cases->orders[i].number != 0) {
            report_tally_add_order(tally, &cases->orders[i]);
        }
    }
}

static void check_cases(const struct report *report)
{
    const struct case_counts *cases = &report->cases;
    must(cases->cases ==
         cases->closed + cases->voided + cases->forced + cases->joined + cases->open);
    must(cases->cases == report->core.cases_opened);
    must(cases->open == report->core.open_now);
    must(cases->open_without_holder ==
         0); /* the closed loop: somebody answers for every open case */
}

/* ---- districts ---- */

static int compare_districts(const void *a, const void *b)
{
    const struct report_district *left = a, *right = b;
    return (left->district > right->district) - (left->district < right->district);
}

static void list_districts(struct report *report, struct report_tally *tally)
{
    report->district_count = tally->district_count;
    report->districts = calloc(tally->district_count + 1, sizeof *report->districts);
    must(report->districts != NULL);
    for (uint32_t d = 0; d < tally->district_count; d++) {
        struct tally_district *from = &tally->districts[d];
        report->districts[d] =
            (struct report_district){.district = from->district,
                                     .cases = from->cases,
                                     .closed = from->closed,
                                     .open = from->open,
                                     .never_assigned = from->never_assigned,
                                     .nobody = from->nobody,
                                     .missed = from->missed,
                                     .response = samples_spread(&from->response)};
    }
    qsort(report->districts, report->district_count, sizeof *report->districts, compare_districts);
}

void report_make(struct report *report, const struct run *run)
{
    *report = (struct report){.numbers = run_numbers_now(run),
                              .core = *core_counts_now(node_core(run_node(run))),
                              .agents = agents_counts_now(run_agents(run)),
                              .node_commands = node_counts_now(run_node(run)).commands};
    count_events(report, run_gateways_of(run));
    struct report_tally tally;
    add_up(&tally, run_cases(run));
    report->cases = tally.counts;
    check_cases(report);
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        report->times[t] = samples_spread(&tally.times[t]);
    }
    list_districts(report, &tally);
    report_tally_fini(&tally);
    report_areas_make(&report->areas, run);
}

void report_fini(struct report *report)
{
    free(report->districts);
    report_areas_fini(&report->areas);
    *report = (struct report){0};
}
