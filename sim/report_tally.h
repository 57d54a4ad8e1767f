/* report_tally.h: what cases and orders add up to, so that their records need not be kept.
 *
 * A long run adds each case when it has left the engine and forgets its record; what is left at the end is added then.
 *
 * Cost    0.5 MiB for each time measured while samples are binned, else 8 bytes a value
 * Owner   init/fini; no memory stops the process */
#ifndef SIM_REPORT_TALLY_H
#define SIM_REPORT_TALLY_H

#include "engine/core/life.h"
#include "sim/report_numbers.h"

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

struct case_record;
struct order_record;

/* cases = closed + voided + forced + joined + open */
struct case_counts {
    uint64_t cases, closed, voided, forced, joined, open;
    uint64_t open_by_state[CASE_STATE_COUNT];
    uint64_t open_without_holder;
    uint64_t never_assigned; /* accepted by nobody and held by no desk to be handled */
    uint64_t never_reached;  /* no unit arrived */
    uint64_t nobody;         /* cases for which at least once nobody was eligible */
    uint64_t missed;         /* cases with a missed clock */
    uint64_t missed_by_clock[CLOCK_LIMIT];
    uint64_t reopened_cases;
};

struct tally_district {
    uint32_t district;
    uint64_t cases, closed, open, never_assigned, nobody, missed;
    struct samples response; /* opened to first arrival */
};

struct report_tally {
    bool is_binned; /* samples of everything added from now on */
    struct case_counts counts;
    struct samples times[REPORT_TIMES_COUNT];
    struct tally_district *districts; /* in the order met */
    uint32_t district_count;
};

void report_tally_init(struct report_tally *tally, bool is_binned);
void report_tally_fini(struct report_tally *tally);

void report_tally_add_case(struct report_tally *tally, const struct case_record *record);
void report_tally_add_order(struct report_tally *tally, const struct order_record *order);

/* to, freshly made, begins with what from holds. */
void report_tally_copy(struct report_tally *to, const struct report_tally *from);

#endif
