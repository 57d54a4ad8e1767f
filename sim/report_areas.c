/* report_areas.c: see report_areas.h. */
#include "sim/report_areas.h"

#include <stdio.h>
#include <stdlib.h>

static int slower_first(const void *a, const void *b)
{
    const struct report_area *left = a, *right = b;
    if (left->p90_ms != right->p90_ms) {
        return left->p90_ms > right->p90_ms ? -1 : 1;
    }
    return (left->cell > right->cell) - (left->cell < right->cell);
}

void report_areas_make(struct report_areas *areas, const struct run *run)
{
    const struct report_series *series = run_series(run);
    const struct city *city = run_city(run);
    *areas = (struct report_areas){.worst = NONE32};
    areas->rows = calloc((size_t)series->cell_count + 1, sizeof *areas->rows);
    must(areas->rows != NULL);
    for (uint32_t i = 0; i < series->cell_count; i++) {
        const struct series_cell *cell = &series->cells[i];
        if (cell->opened == 0) {
            continue;
        }
        struct report_area *row = &areas->rows[areas->count++];
        const struct image_string code = city->cells[i].code;
        row->cell = i;
        (void)snprintf(row->code, sizeof row->code, "%.*s", (int)code.size, city_text(city, code));
        row->opened = cell->opened;
        row->arrivals = cell->response.count;
        row->never_assigned = cell->opened - cell->taken;
        row->p50_ms = series_quantile_ms(&cell->response, 500);
        row->p90_ms = series_quantile_ms(&cell->response, 900);
    }
    qsort(areas->rows, areas->count, sizeof *areas->rows, slower_first);
    uint32_t enough = 0, seen = 0;
    for (uint32_t i = 0; i < areas->count; i++) {
        enough += areas->rows[i].arrivals >= AREA_ARRIVALS_MIN;
    }
    for (uint32_t i = 0; i < areas->count; i++) {
        if (areas->rows[i].arrivals < AREA_ARRIVALS_MIN) {
            continue;
        }
        areas->worst = seen == 0 ? i : areas->worst;
        areas->median_ms = seen == enough / 2 ? areas->rows[i].p90_ms : areas->median_ms;
        seen++;
    }
    if (areas->worst != NONE32 && areas->median_ms > 0) {
        areas->ratio_centi = mul_div(areas->rows[areas->worst].p90_ms, 100, areas->median_ms);
    }
}

void report_areas_fini(struct report_areas *areas)
{
    free(areas->rows);
    *areas = (struct report_areas){0};
}
