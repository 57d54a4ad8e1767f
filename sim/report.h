/* report.h: what a run amounted to: a ledger that adds up, times, districts.
 *
 * Owner   report_make allocates, report_fini frees
 * Errors  a ledger that does not add up is a bug and stops the process */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "engine/edge/words.h"
#include "sim/report_numbers.h"
#include "sim/run.h"

#include <jansson.h>
#include <stdio.h>

/* X(NAME, json, english, chinese) */
#define REPORT_TIMES_LIST(X)                                                                       \
    X(OPEN_TO_OFFER, "opened_to_first_offer", "opened to first offer", "立案至首次派单")           \
    X(OFFER_TO_ACCEPT, "offer_to_accept", "offer to accept", "派单至接单")                         \
    X(ACCEPT_TO_ARRIVE, "accept_to_arrive", "accept to arrive", "接单至到场")                      \
    X(OPEN_TO_ARRIVE, "opened_to_first_arrival", "opened to first arrival", "立案至首次到场")      \
    X(OPEN_TO_HANDLED, "opened_to_handled", "opened to handled", "立案至处置完成")                 \
    X(OPEN_TO_CLOSED, "opened_to_closed", "opened to closed", "立案至结案")

#define REPORT_TIMES_ENUM(name, json, en, zh) TIME_##name,
enum report_time { REPORT_TIMES_LIST(REPORT_TIMES_ENUM) REPORT_TIMES_COUNT };
#undef REPORT_TIMES_ENUM

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
    /* events = opened + merged + deduped + suppressed + no_rule + reopened + cleared + refused + unanswered */
    uint64_t events, opened, merged, deduped, suppressed, no_rule, reopened, cleared, refused,
        unanswered;
    uint64_t late;
    uint64_t refused_by_code[128];
    /* cases = closed + voided + forced + joined + open */
    uint64_t cases, closed, voided, forced, joined, open;
    uint64_t open_by_state[CASE_STATE_COUNT];
    uint64_t open_without_holder;
    uint64_t never_assigned; /* accepted by nobody and held by no desk to be handled */
    uint64_t never_reached;  /* no unit arrived */
    uint64_t nobody;         /* cases for which at least once nobody was eligible */
    uint64_t missed;         /* cases with a missed clock */
    uint64_t missed_by_clock[CLOCK_LIMIT];
    uint64_t reopened_cases;
    struct spread times[REPORT_TIMES_COUNT];
    struct report_district *districts; /* by number */
    uint32_t district_count;
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
