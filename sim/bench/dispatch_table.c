/* dispatch_table.c: see dispatch_table.h. */
#include "sim/bench/dispatch_table.h"

#include <inttypes.h>
#include <math.h>

#define OURS (DISPATCH_POLICIES - 1)

static const char *const FIGURES[DISPATCH_FIGURES] = {"mean response", "p50", "p95",
                                                      "p90 of the worst area"};

/* ---- shares ---- */

static double figure_of(const struct dispatch_outcome *outcome, enum dispatch_figure figure)
{
    const double figures[DISPATCH_FIGURES] = {outcome->mean_ms, outcome->p50_ms, outcome->p95_ms,
                                              outcome->worst_ms};
    return figures[figure];
}

bool dispatch_share(const struct dispatch_played *played, uint32_t policy,
                    enum dispatch_figure figure, uint32_t run, double *out_percent)
{
    const double value = figure_of(&played->outcomes[policy][run], figure);
    const double first = figure_of(&played->outcomes[0][run], figure);
    if (value <= 0 || first <= 0) {
        return false;
    }
    *out_percent = 100 * value / first;
    return true;
}

/* Student's t, two sides of 5 %, by runs - 1 degrees of freedom. */
static double student(uint32_t runs)
{
    static const double T[] = {0,     12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
                               2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
                               2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
                               2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, 2.040};
    return runs < 2 ? 0 : T[runs - 1 < COUNT_OF(T) ? runs - 1 : COUNT_OF(T) - 1];
}

struct dispatch_interval dispatch_interval_of(const double *values, uint32_t count)
{
    double sum = 0, squares = 0;
    if (count == 0) {
        return (struct dispatch_interval){.count = 0};
    }
    for (uint32_t i = 0; i < count; i++) {
        sum += values[i];
    }
    const double mean = sum / count;
    for (uint32_t i = 0; i < count; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
    }
    const double half = count < 2 ? 0 : student(count) * sqrt(squares / (count - 1) / count);
    return (struct dispatch_interval){count, mean, half};
}

uint32_t dispatch_never(const struct dispatch_played *played, uint32_t policy)
{
    uint32_t never = 0;
    for (uint32_t run = 0; run < played->runs; run++) {
        never += played->outcomes[policy][run].never;
    }
    return never;
}

/* Of seeds above the one named. */
static struct dispatch_interval interval_above(const struct dispatch_played *played,
                                               uint32_t policy, enum dispatch_figure figure,
                                               uint64_t above)
{
    double values[BENCH_RUNS_MAX], share;
    uint32_t count = 0;
    for (uint32_t run = 0; run < played->runs; run++) {
        if (played->seed + run > above && dispatch_share(played, policy, figure, run, &share)) {
            values[count++] = share;
        }
    }
    return dispatch_interval_of(values, count);
}

/* ---- the table ---- */

static void print_interval(FILE *file, const struct dispatch_interval *interval, uint32_t wanted)
{
    if (interval->count == 0) {
        (void)fprintf(file, "no data");
        return;
    }
    (void)fprintf(file, "%.1f", interval->mean);
    if (interval->count > 1) {
        (void)fprintf(file, " (%.1f .. %.1f)", interval->mean - interval->half,
                      interval->mean + interval->half);
    }
    if (interval->count < wanted) {
        (void)fprintf(file, " of %u seeds", interval->count);
    }
}

static void print_bar(FILE *file, double bar, const struct dispatch_interval *interval)
{
    if (bar <= 0) {
        return;
    }
    (void)fprintf(file, "%g, %s", bar,
                  interval->count == 0                    ? "no data"
                  : interval->mean > bar                  ? "**not met**"
                  : interval->mean + interval->half > bar ? "met by the mean"
                                                          : "met");
}

/* Seconds of the first policy: mean over runs, least and greatest. */
static void print_seconds(FILE *file, const struct dispatch_played *played,
                          enum dispatch_figure figure)
{
    double sum = 0, low = INFINITY, high = 0;
    uint32_t count = 0;
    for (uint32_t run = 0; run < played->runs; run++) {
        const double seconds = figure_of(&played->outcomes[0][run], figure) / 1000;
        if (seconds > 0) {
            sum += seconds;
            low = fmin(low, seconds);
            high = fmax(high, seconds);
            count++;
        }
    }
    if (count == 0) {
        (void)fprintf(file, "no data");
    } else {
        (void)fprintf(file, "%.0f s (%.0f .. %.0f)", sum / count, low, high);
    }
}

void dispatch_table_head(FILE *file)
{
    (void)fprintf(file, "| |");
    for (uint32_t p = 0; p < DISPATCH_POLICIES; p++) {
        (void)fprintf(file, " %s |", DISPATCH_POLICY[p].column);
    }
    (void)fprintf(file, " of it seeds above %u | bar |\n|---|", DISPATCH_TUNED_SEEDS);
    for (uint32_t p = 0; p < DISPATCH_POLICIES; p++) {
        (void)fprintf(file, "---|");
    }
    (void)fprintf(file, "---|---|\n");
}

void dispatch_table_level(FILE *file, const struct dispatch_level *level,
                          const struct dispatch_played *played)
{
    for (uint32_t f = 0; f < DISPATCH_FIGURES; f++) {
        const enum dispatch_figure figure = (enum dispatch_figure)f;
        struct dispatch_interval interval = {.count = 0};
        (void)fprintf(file, "| %s, %s | ", level->name, FIGURES[f]);
        print_seconds(file, played, figure);
        for (uint32_t p = 1; p < DISPATCH_POLICIES; p++) {
            interval = interval_above(played, p, figure, 0);
            (void)fprintf(file, " | %s", p == OURS ? "**" : "");
            print_interval(file, &interval, played->runs);
            (void)fprintf(file, "%s", p == OURS ? "**" : "");
        }
        const struct dispatch_interval others =
            interval_above(played, OURS, figure, DISPATCH_TUNED_SEEDS);
        (void)fprintf(file, " | ");
        print_interval(file, &others, 0);
        (void)fprintf(file, " | ");
        print_bar(file, level->bars[f], &interval);
        (void)fprintf(file, " |\n");
    }
    (void)fprintf(file, "| %s, never reached in %u seeds |", level->name, played->runs);
    for (uint32_t p = 0; p < DISPATCH_POLICIES; p++) {
        (void)fprintf(file, " %" PRIu32 " |", dispatch_never(played, p));
    }
    (void)fprintf(file, " | |\n");
}
