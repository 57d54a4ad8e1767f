/* report.h: what a run amounted to: a ledger that adds up, times, districts.
 *
 * Owner   report_make allocates, report_fini frees
 * Errors  a ledger that does not add up is a bug and stops the process */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "engine/edge/words.h"
#include "sim/report_areas.h"
#include "sim/report_tally.h"
#include "sim/run.h"

#include <jansson.h>
#include <stdio.h>

struct report_district {
    uint32_t district;
    uint64_t cases, closed, open, never_assigned, nobody, missed;
    struct spread response; /* opened to first arrival */
};

struct report {
    struct run_numbers numbers;
    struct core_counts core;
    struct agents_counts agents;
    uint64_t node_commands;
    /* events = opened + merged + deduped + suppressed + no_rule + waiting + reopened + cleared + refused +
     * unanswered */
    uint64_t events, opened, merged, deduped, suppressed, no_rule, waiting, reopened, cleared,
        refused, unanswered;
    uint64_t late;
    uint64_t refused_by_code[128];
    struct case_counts cases;
    struct spread times[REPORT_TIMES_COUNT];
    struct report_district *districts; /* by number */
    uint32_t district_count;
    struct report_areas areas;
};

void report_make(struct report *report, const struct run *run);
void report_fini(struct report *report);

void report_print(const struct report *report, enum lang lang, FILE *out);
json_t *report_to_json(const struct report *report); /* caller's reference */

/* "2 m 05 s", "3 h 07 m": for people. Returns text. */
struct report_span {
    char text[32];
};
struct report_span report_span(int64_t ms);

#endif
