/* dispatch_table.h: what policies gave on the same seeds, as shares of the first policy with intervals, and as a table of
 * policies by loads.
 *
 * Everything is paired: a share is that of one seed, whose people, calls and times every policy met; an interval is that of the
 * mean of such shares (Student's t, 95 percent). A seed in which either side has no figure has no share: nothing counts as 0. */
#ifndef SIM_BENCH_DISPATCH_TABLE_H
#define SIM_BENCH_DISPATCH_TABLE_H

#include "engine/core/base.h"
#include "sim/bench/bench.h"
#include "sim/bench/dispatch_play.h"

#include <stdio.h>

#define DISPATCH_TUNED_SEEDS                                                                       \
    3u /* seeds 1 to 3 found the knobs of policies: the others are told apart */

enum dispatch_figure {
    DISPATCH_MEAN,
    DISPATCH_P50,
    DISPATCH_P95,
    DISPATCH_WORST,
    DISPATCH_FIGURES
};

/* A place and how much there is to do. */
struct dispatch_level {
    const char *name;
    uint32_t permille;             /* roads: load; San Francisco: of its units */
    uint32_t runs_times;           /* so many times the seeds of the other levels */
    double bars[DISPATCH_FIGURES]; /* of the last policy, percent of the first; 0 = none */
};

struct dispatch_played {
    uint64_t seed; /* of the first run; the others follow */
    uint32_t runs;
    struct dispatch_outcome outcomes[DISPATCH_POLICIES][BENCH_RUNS_MAX];
};

/* Percent of the first policy in the same run. False: one of the two has no such figure. */
bool dispatch_share(const struct dispatch_played *played, uint32_t policy,
                    enum dispatch_figure figure, uint32_t run, double *out_percent);

struct dispatch_interval {
    uint32_t count; /* 0 = nothing; 1 = no interval */
    double mean, half;
};

struct dispatch_interval dispatch_interval_of(const double *values, uint32_t count);

/* Calls that nobody reached, over all runs. */
uint32_t dispatch_never(const struct dispatch_played *played, uint32_t policy);

void dispatch_table_head(FILE *file);
void dispatch_table_level(FILE *file, const struct dispatch_level *level,
                          const struct dispatch_played *played);

#endif
