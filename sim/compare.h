/* compare.h: what a real trace recorded beside what Gridloop did with the same events.
 *
 * Reads the `truth` of events (docs/traces.md). Traces with `units` are read as a fire department's: response times,
 * units, incidents nobody reached. Traces with `agency` as a service desk's: owner, closing, due dates, flags. A trace may
 * hold both; one without either has nothing to compare.
 *
 * Rates of the agents may be fitted on the first COMPARE_FIT_DAYS local days of the trace, so response is shown for the days
 * after them apart.
 *
 * Owner   compare_make allocates nothing */
#ifndef SIM_COMPARE_H
#define SIM_COMPARE_H

#include "engine/edge/words.h"
#include "sim/run.h"

#include <jansson.h>
#include <stdio.h>

#define COMPARE_ROWS_MAX 32u
#define COMPARE_FIT_DAYS 4

enum compare_kind {
    COMPARE_NONE = 0, /* not recorded, or not for this side to say */
    COMPARE_COUNT,    /* a */
    COMPARE_SPAN,     /* a: ms */
    COMPARE_RATIO,    /* a per b, two decimals */
    COMPARE_SHARE,    /* a of b, percent */
};

struct compare_value {
    enum compare_kind kind;
    int64_t a, b;
};

struct compare_row {
    const char *json, *en, *zh;
    struct compare_value recorded, gridloop;
};

struct comparison {
    struct compare_row rows[COMPARE_ROWS_MAX];
    uint32_t row_count;
};

void compare_make(struct comparison *comparison, const struct run *run);
void compare_print(const struct comparison *comparison, enum lang lang, FILE *out);
json_t *compare_to_json(const struct comparison *comparison);

#endif
