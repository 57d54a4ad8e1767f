/* report_areas.h: whether any part of the city is left behind: response by cell, slowest first.
 *
 * Response is opened to first arrival, quantiles from the bins of report_series.h. The ratio is the greatest 90th percentile of a
 * cell over that of the cell in the middle; a cell with fewer than AREA_ARRIVALS_MIN arrivals is listed but not the worst.
 *
 * Owner   make allocates, fini frees; codes are copied */
#ifndef SIM_REPORT_AREAS_H
#define SIM_REPORT_AREAS_H

#include "sim/run.h"

#define AREA_ARRIVALS_MIN 10u
#define AREA_CODE_SIZE 65u

struct report_area {
    uint32_t cell; /* row of CITY_CELLS */
    char code[AREA_CODE_SIZE];
    uint32_t opened, arrivals, never_assigned;
    int64_t p50_ms, p90_ms; /* 0 without arrivals */
};

struct report_areas {
    struct report_area *rows; /* with a case, slowest first, those without an arrival last */
    uint32_t count;
    uint32_t worst;      /* row of rows, NONE32 = too few arrivals everywhere */
    int64_t median_ms;   /* of the 90th percentiles of cells with arrivals enough */
    int64_t ratio_centi; /* worst to median in hundredths, 0 = nothing to say */
};

void report_areas_make(struct report_areas *areas, const struct run *run);
void report_areas_fini(struct report_areas *areas);

#endif
