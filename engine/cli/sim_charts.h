/* sim_charts.h: simulated runs over time as inline SVG: response, load, open and waiting, missed clocks.
 *
 * Whatever runs a chart shows, its axes are those of all runs told: what stands higher in one of two charts is more. */
#ifndef ENGINE_CLI_SIM_CHARTS_H
#define ENGINE_CLI_SIM_CHARTS_H

#include "engine/cli/sim_beside.h"

#include <stdio.h>

/* One run's four charts; of: which of them. */
void sim_charts_put(const struct sim_told *told, uint32_t count, uint32_t of, FILE *out);

/* A chart a figure, with a line a run. */
void sim_charts_put_beside(const struct sim_told *told, uint32_t count, FILE *out);

/* "A", and its colour in such charts. */
const char *sim_charts_colour(uint32_t run);
void sim_charts_put_key(uint32_t run, FILE *out);

#endif
