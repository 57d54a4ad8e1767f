/* sim_map.h: a city's cells in five shades by their 90th percentile of response, as inline SVG. */
#ifndef ENGINE_CLI_SIM_MAP_H
#define ENGINE_CLI_SIM_MAP_H

#include "engine/core/city.h"
#include "sim/report_areas.h"

#include <stdio.h>

#define SIM_MAP_SHADES 5u

/* Upper edge of each shade but the last; the same for maps that stand beside each other. */
struct sim_map_scale {
    int64_t edges_ms[SIM_MAP_SHADES - 1];
};

/* In fifths of the cells of this run. */
struct sim_map_scale sim_map_scale_of(const struct report_areas *areas);

void sim_map_put(const struct report_areas *areas, const struct city *city,
                 const struct sim_map_scale *scale, FILE *out);
void sim_map_put_legend(const struct sim_map_scale *scale, FILE *out);

#endif
