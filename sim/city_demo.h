/* city_demo.h: makes the complete synthetic city directory "清河区 / Qinghe district".
 *
 * Invented from a seed: same seed and size, same bytes. Nothing in it comes from a real place.
 *   small   24 cells, 54 field workers: the demo and most tests
 *   medium  200 cells, 1,560 field workers
 *   large   1,000 cells, 10,240 field workers, 100,000 devices
 *
 * Errors  ERR_IO, ERR_TOO_LARGE (path), ERR_MEMORY; errno tells more of ERR_IO */
#ifndef SIM_CITY_DEMO_H
#define SIM_CITY_DEMO_H

#include "engine/core/base.h"
#include "engine/core/err.h"

enum city_size { CITY_SMALL, CITY_MEDIUM, CITY_LARGE };

/* False when the word is none of small, medium, large. */
bool city_demo_parse_size(const char *word, enum city_size *out_size);

/* What was written, for the last line of the command. */
struct city_demo_result {
    uint32_t cells, units, areas, persons, field_workers, departments, devices, assets, objects,
        rule_files, road_nodes, road_arcs;
};

enum err city_demo_write(const char *directory, uint64_t seed, enum city_size size,
                         struct city_demo_result *out_result) WARN_UNUSED;

#endif
