/* report_numbers.c: see report_numbers.h. */
#include "sim/report_numbers.h"

#include <stdlib.h>

static int compare_values(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t quantile_of(const int64_t *values, size_t count, uint32_t permille)
{
    must(count > 0);
    must(permille >= 1);
    must(permille <= 1000);
    const size_t rank = (count * permille + 999) / 1000;
    return values[rank - 1];
}

struct spread spread_of(int64_t *values, size_t count)
{
    struct spread spread = {.count = count};
    if (count == 0) {
        return spread;
    }
    qsort(values, count, sizeof *values, compare_values);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum = add_clamped(sum, values[i]);
    }
    spread.mean = sum / (int64_t)count;
    spread.p50 = quantile_of(values, count, 500);
    spread.p90 = quantile_of(values, count, 900);
    spread.p99 = quantile_of(values, count, 990);
    spread.max = values[count - 1];
    return spread;
}

void samples_add(struct samples *samples, int64_t value)
{
    if (samples->count == samples->room) {
        samples->room = samples->room == 0 ? 64 : samples->room * 2;
        samples->values = realloc(samples->values, samples->room * sizeof *samples->values);
        must(samples->values != NULL);
    }
    samples->values[samples->count++] = value;
}

struct spread samples_spread(struct samples *samples)
{
    return spread_of(samples->values, samples->count);
}

void samples_fini(struct samples *samples)
{
    free(samples->values);
    *samples = (struct samples){0};
}

int64_t share_of(uint64_t part, uint64_t whole)
{
    if (whole == 0) {
        return 0;
    }
    must(part <= INT64_MAX / 20000);
    return (int64_t)((part * 10000 + whole / 2) / whole);
}
