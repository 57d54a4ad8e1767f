/* report_numbers.h: quantiles of whole numbers, without rounding that depends on a machine.
 *
 * Nearest rank: the quantile q of n sorted values is the value at rank ceil(q x n), so it is always one of them.
 * Owner   the caller's array, which is sorted in place */
#ifndef SIM_REPORT_NUMBERS_H
#define SIM_REPORT_NUMBERS_H

#include "engine/core/base.h"

struct spread {
    uint64_t count; /* 0: nothing to say, the rest is 0 */
    int64_t mean;   /* rounded toward zero */
    int64_t p50, p90, p99, max;
};

struct spread spread_of(int64_t *values, size_t count);

/* values ascending, count > 0, permille 1..1000. */
int64_t quantile_of(const int64_t *values, size_t count, uint32_t permille);

/* Values to make a spread of: a growing list, or counts in bins where there may be any number of them. A quantile of bins is
 * the low edge of its bin, at most a two-thousandth too small; count, mean and greatest are exact either way. */
struct samples {
    int64_t *values;
    size_t count, room;
    uint32_t *bins; /* NULL: a list */
    int64_t sum, max;
};
void samples_bin(struct samples *samples);                /* while empty: bins from now on */
void samples_add(struct samples *samples, int64_t value); /* no memory stops the process */
struct spread samples_spread(struct samples *samples);
void samples_copy(struct samples *to,
                  const struct samples *from); /* to: empty, of the same shape */
void samples_fini(struct samples *samples);

/* part of whole in hundredths of a percent, rounded to nearest; 0 for an empty whole. */
int64_t share_of(uint64_t part, uint64_t whole);

#endif
