/* report_series.c: see report_series.h. */
#include "sim/report_series.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BIN_MS 5000 /* of times; the last bin begins after some months */
#define GROWTH_PERMILLE 1066

void report_series_init(struct report_series *series, uint32_t cell_count)
{
    *series = (struct report_series){
        .width_ms = HOUR_MS,
        .stretches = calloc(SERIES_MAX, sizeof *series->stretches),
        .cells = calloc((size_t)cell_count + 1, sizeof *series->cells),
        .cell_count = cell_count,
    };
    must(series->stretches != NULL && series->cells != NULL);
}

void report_series_fini(struct report_series *series)
{
    free(series->stretches);
    free(series->cells);
    *series = (struct report_series){0};
}

/* ---- times in bins ---- */

/* Upper edges of the bins. */
static int64_t edge_of(uint32_t bin)
{
    static int64_t edges[SERIES_BINS];
    if (edges[0] == 0) {
        int64_t edge = FIRST_BIN_MS;
        for (uint32_t i = 0; i < SERIES_BINS; i++) {
            edges[i] = edge;
            edge += edge * (GROWTH_PERMILLE - 1000) / 1000;
        }
    }
    return edges[bin];
}

static void add_time(struct series_times *times, int64_t ms)
{
    uint32_t low = 0, high = SERIES_BINS - 1;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (edge_of(middle) < ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    times->bins[low]++;
    times->count++;
}

int64_t series_quantile_ms(const struct series_times *times, uint32_t permille)
{
    const uint64_t rank = ((uint64_t)times->count * permille + 999) / 1000;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < SERIES_BINS && times->count > 0; i++) {
        seen += times->bins[i];
        if (seen >= rank && seen > 0) {
            return i == 0 ? edge_of(0) : (edge_of(i - 1) + edge_of(i)) / 2;
        }
    }
    return 0;
}

/* ---- stretches ---- */

static void join_two(struct series_stretch *into, const struct series_stretch *a,
                     const struct series_stretch *b)
{
    struct series_stretch joined = *a;
    joined.reported += b->reported;
    joined.opened += b->opened;
    joined.closed += b->closed;
    joined.missed += b->missed;
    joined.open = b->open;
    joined.waiting = b->waiting;
    for (uint32_t i = 0; i < SERIES_BINS; i++) {
        joined.response.bins[i] += b->response.bins[i];
    }
    joined.response.count += b->response.count;
    *into = joined;
}

static void halve(struct report_series *series)
{
    for (uint32_t i = 0; i < SERIES_MAX / 2; i++) {
        join_two(&series->stretches[i], &series->stretches[2 * i], &series->stretches[2 * i + 1]);
    }
    memset(&series->stretches[SERIES_MAX / 2], 0, SERIES_MAX / 2 * sizeof *series->stretches);
    series->count = SERIES_MAX / 2;
    series->width_ms *= 2;
}

static struct series_stretch *stretch_at(struct report_series *series, int64_t at_ms)
{
    if (series->count == 0) {
        series->start_ms = at_ms - at_ms % HOUR_MS;
        series->count = 1;
    }
    while ((at_ms - series->start_ms) / series->width_ms >= SERIES_MAX) {
        while (series->count < SERIES_MAX) { /* so that pairs are whole */
            series->stretches[series->count].open = series->open;
            series->stretches[series->count++].waiting = series->waiting;
        }
        halve(series);
    }
    const uint32_t at = (uint32_t)((at_ms - series->start_ms) / series->width_ms);
    while (series->count <= at) {
        series->stretches[series->count].open = series->open;
        series->stretches[series->count++].waiting = series->waiting;
    }
    return &series->stretches[at];
}

static bool is_open(uint8_t state)
{
    return state != CASE_NONE && !case_state_is_terminal((enum case_state)state);
}

static bool is_waiting(uint8_t state)
{
    return state == CASE_REPORTED || state == CASE_FILED || state == CASE_DISPATCHING;
}

/* The first of the case's units is there. */
static void see_arrival(struct report_series *series, const struct case_record *record,
                        const struct effect *effect, struct series_stretch *stretch)
{
    if (record->units != 1 || record->first_arrive_at_ms != effect->at_ms) {
        return;
    }
    const int64_t took_ms = effect->at_ms - record->opened_at_ms;
    add_time(&stretch->response, took_ms);
    if (record->cell < series->cell_count) {
        add_time(&series->cells[record->cell].response, took_ms);
    }
}

void report_series_see(struct report_series *series, struct report_cases *cases,
                       const struct effect *effect)
{
    const uint32_t row = effect->kind == EFFECT_TIMELINE
                             ? report_cases_find(cases, effect->of.timeline.case_no)
                             : NONE32;
    if (row == NONE32) { /* not about a case, or one that has left */
        return;
    }
    const struct effect_timeline *line = &effect->of.timeline;
    struct series_stretch *stretch = stretch_at(series, effect->at_ms);
    struct case_record *record = &cases->cases[row];
    const uint8_t before = record->counted_state;
    record->counted_state = record->state;
    stretch->opened += before == CASE_NONE;
    stretch->reported += line->action == ACTION_OPEN || line->action == ACTION_MERGE;
    stretch->closed += is_open(before) && !is_open(record->state);
    stretch->missed += line->action == ACTION_MISS;
    series->open += (uint32_t)is_open(record->state) - (uint32_t)is_open(before);
    series->waiting += (uint32_t)is_waiting(record->state) - (uint32_t)is_waiting(before);
    stretch->open = series->open;
    stretch->waiting = series->waiting;
    if (record->cell < series->cell_count) {
        const bool is_taken = record->accept_count > 0 || record->was_desk;
        series->cells[record->cell].opened += before == CASE_NONE;
        series->cells[record->cell].taken += is_taken && !record->is_counted_taken;
        record->is_counted_taken = is_taken;
    }
    if (line->action == ACTION_ARRIVE && line->order != 0) {
        see_arrival(series, record, effect, stretch);
    }
}
