/* report_numbers.c: see report_numbers.h. */
#include "sim/report_numbers.h"

#include <stdlib.h>
#include <string.h>

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

/* Bins: below 4,096 one a value; from there on 2,048 to each power of two. */
#define BIN_BITS 11u
#define BIN_SHIFT_MAX 32u /* spans of 280 years and more share the last bins */
#define BIN_COUNT ((BIN_SHIFT_MAX + 2u) << BIN_BITS)

static size_t bin_of(int64_t value)
{
    const uint64_t v = value < 0 ? 0 : (uint64_t)value;
    if (v < (UINT64_C(2) << BIN_BITS)) {
        return (size_t)v;
    }
    const uint32_t shift = 63u - (uint32_t)__builtin_clzll(v) - BIN_BITS;
    return shift > BIN_SHIFT_MAX ? BIN_COUNT - 1
                                 : ((size_t)shift << BIN_BITS) + (size_t)(v >> shift);
}

static int64_t bin_edge(size_t bin)
{
    if (bin < ((size_t)2 << BIN_BITS)) {
        return (int64_t)bin;
    }
    const size_t shift = (bin >> BIN_BITS) - 1;
    return (int64_t)(bin - (shift << BIN_BITS)) << shift;
}

void samples_bin(struct samples *samples)
{
    must(samples->count == 0 && samples->bins == NULL);
    samples->bins = calloc(BIN_COUNT, sizeof *samples->bins);
    must(samples->bins != NULL);
}

void samples_add(struct samples *samples, int64_t value)
{
    if (samples->bins != NULL) {
        samples->bins[bin_of(value)]++;
        samples->sum = add_clamped(samples->sum, value);
        samples->max = samples->count == 0 ? value : max_i64(samples->max, value);
        samples->count++;
        return;
    }
    if (samples->count == samples->room) {
        samples->room = samples->room == 0 ? 64 : samples->room * 2;
        samples->values = realloc(samples->values, samples->room * sizeof *samples->values);
        must(samples->values != NULL);
    }
    samples->values[samples->count++] = value;
}

static int64_t bins_quantile(const struct samples *samples, uint32_t permille)
{
    const uint64_t rank = (samples->count * permille + 999) / 1000;
    uint64_t met = 0;
    for (size_t bin = 0; bin < BIN_COUNT; bin++) {
        met += samples->bins[bin];
        if (met >= rank) {
            return bin_edge(bin);
        }
    }
    must(met == samples->count);
    return samples->max;
}

struct spread samples_spread(struct samples *samples)
{
    if (samples->bins == NULL || samples->count == 0) {
        return spread_of(samples->values, samples->count);
    }
    return (struct spread){.count = samples->count,
                           .mean = samples->sum / (int64_t)samples->count,
                           .p50 = bins_quantile(samples, 500),
                           .p90 = bins_quantile(samples, 900),
                           .p99 = bins_quantile(samples, 990),
                           .max = samples->max};
}

void samples_copy(struct samples *to, const struct samples *from)
{
    must(to->count == 0);
    must((to->bins == NULL) == (from->bins == NULL));
    if (from->bins != NULL) {
        memcpy(to->bins, from->bins, BIN_COUNT * sizeof *to->bins);
        to->count = from->count;
        to->sum = from->sum;
        to->max = from->max;
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        samples_add(to, from->values[i]);
    }
}

void samples_fini(struct samples *samples)
{
    free(samples->values);
    free(samples->bins);
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
