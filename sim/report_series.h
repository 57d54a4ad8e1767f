/* report_series.h: a run over time and place: what came, what waited, how long people took, by stretch of time and by cell.
 *
 * Stretches are an hour at first; where a run is longer than SERIES_MAX of them, two become one. Times are counted in bins
 * that grow by a fifteenth, so a quantile is exact to about that.
 *
 * Cost    about 1 KB a stretch and a cell, however long the run
 * Owner   init/fini; no memory stops the process */
#ifndef SIM_REPORT_SERIES_H
#define SIM_REPORT_SERIES_H

#include "engine/core/effect.h"
#include "sim/report_cases.h"

#define SERIES_MAX 240u
#define SERIES_BINS 240u

struct series_times {
    uint32_t bins[SERIES_BINS];
    uint32_t count;
};

struct series_stretch {
    uint32_t reported, opened, closed, missed;
    uint32_t open, waiting;       /* at its end: open cases, those that nobody has taken yet */
    struct series_times response; /* of cases first arrived at in it: opened to arrival */
};

struct series_cell {
    struct series_times response;
    uint32_t opened, taken; /* cases; those that somebody accepted or a department's desk held */
};

struct report_series {
    int64_t start_ms, width_ms;
    struct series_stretch *stretches; /* SERIES_MAX */
    uint32_t count;
    uint32_t open, waiting;    /* now */
    struct series_cell *cells; /* by row of CITY_CELLS */
    uint32_t cell_count;
};

void report_series_init(struct report_series *series, uint32_t cell_count);
void report_series_fini(struct report_series *series);

/* After the records have seen the same effect. */
void report_series_see(struct report_series *series, struct report_cases *cases,
                       const struct effect *effect);

/* The time at or below which permille of them lie; 0 where there are none. */
int64_t series_quantile_ms(const struct series_times *times, uint32_t permille);

#endif
