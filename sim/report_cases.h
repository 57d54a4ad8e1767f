/* report_cases.h: what an onlooker who sees only effects knows of every case and order of a run.
 *
 * The desks of the simulation act on it and the report is made of it, so neither looks into the core.
 *
 * Cost    about 170 bytes a case and 56 an order; kept for the whole run, or until the case leaves the engine where only what
 *         they add up to is wanted
 * Owner   init/fini
 * Errors  out of memory stops the process: a run without its ledger is worth nothing */
#ifndef SIM_REPORT_CASES_H
#define SIM_REPORT_CASES_H

#include "engine/core/core.h"
#include "sim/report_tally.h"
#include "sim/virtual_map.h"

#define RECORD_NEVER INT64_MIN /* for instants that have not come */

struct case_record {
    struct case_no no;
    uint8_t state;         /* enum case_state */
    uint8_t counted_state; /* as report_series.h has counted it; CASE_NONE = not yet */
    bool is_counted_taken; /* ... and whether somebody has taken it */
    uint8_t severity;
    struct holder holder;
    uint32_t generation; /* changes with state or holder, so that plans made before it lapse */
    uint32_t rule, class_row, cell;
    uint32_t truth; /* row of the caller's truths: of the event that opened it; NONE32 = none */
    uint32_t event_count;
    int64_t opened_at_ms, onset_at_ms;
    int64_t first_offer_at_ms, first_accept_at_ms, first_arrive_at_ms;
    int64_t handled_at_ms,
        closed_at_ms;      /* the last of each; closed is RECORD_NEVER again after a reopening */
    uint32_t accept_count; /* handling and assisting orders accepted */
    uint32_t units;        /* handling and assisting orders that arrived */
    uint32_t handled_by;   /* person, NONE32 = a desk, a device or nobody */
    uint32_t checked_by;   /* person who passed it last, NONE32 */
    uint32_t missed;       /* bit per enum case_clock missed at least once */
    bool was_nobody;       /* at least once nobody was eligible */
    bool was_desk; /* a department's desk or another post held it while it was to be handled */
    bool is_reopened;
    bool is_used;
    bool has_plan; /* an emergency plan runs for it: desks leave it to whoever ends the alert */
    uint32_t order_first; /* row of orders; of a free record: the next free */
};

struct order_record {
    uint64_t number;
    uint32_t record; /* row of the case */
    uint8_t kind;    /* enum order_kind */
    uint32_t next;   /* order of the case, NONE32; of a free one (number 0): the next free */
    int64_t offered_at_ms, accepted_at_ms, arrived_at_ms;
};

struct report_cases {
    bool
        is_folding; /* records of cases that left the engine are added to the tally and used again */
    struct report_tally tally;
    struct case_record *cases;
    uint32_t case_free, order_free; /* first free row, NONE32 */
    uint32_t case_count, case_room; /* rows, free ones included */
    struct order_record *orders;
    uint32_t order_count, order_room;
    struct virtual_map by_no;
    struct virtual_map by_order;
};

void report_cases_init(struct report_cases *cases, bool is_folding);
void report_cases_fini(struct report_cases *cases);

/* Takes in one effect. Returns the row of the case whose state or holder it changed, else NONE32. */
uint32_t report_cases_see(struct report_cases *cases, const struct effect *effect);

/* Row, or NONE32. */
uint32_t report_cases_find(const struct report_cases *cases, struct case_no no);

#endif
