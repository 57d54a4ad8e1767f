/* city_plan.h: the map of a synthetic city in memory, shared by the parts that write its files.
 *
 *   columns x rows cells, each a quadrilateral between four vertices that neighbours share exactly;
 *   block_columns x block_rows cells make a street, street_columns_per_district columns of streets a district.
 *   A river follows the vertex row `river_row` from west to east.
 *
 * Owner   plan_new / plan_free
 * Units   coordinates 1e-7 degrees; places inside a cell in permille of its width (u) and height (v) */
#ifndef SIM_CITY_PLAN_H
#define SIM_CITY_PLAN_H

#include "sim/city_demo.h"
#include "sim/city_file.h"
#include "sim/random.h"

struct plan_point {
    int32_t lon, lat; /* 1e-7 degrees */
};

/* Numbers that differ between sizes. */
struct plan_size {
    const char *name;
    uint32_t columns, rows;
    uint32_t block_columns, block_rows;
    uint32_t district_columns; /* cells */
    /* field workers by role */
    uint32_t grid_workers, city_officers, community_workers, traffic_officers, police, gas_crews,
        repair_crews;
    uint32_t inspectors;
    uint32_t env_inspectors;
    /* per cell */
    uint32_t cameras, gas_sensors, manhole_sensors, lamp_sensors;
    uint32_t
        rare_cells_per_sensor; /* noise, dust, water and pressure sensors: one each per so many cells */
    uint32_t litter_bins, manholes, lamps, trees, valves;
    uint32_t camera_gateways, sensor_gateways;
};

/* A polygon of rules; the centre is where cameras that watch it stand. */
struct plan_zone {
    const char *area; /* "area.square" */
    const char *kind;
    const char *title; /* Chinese, of its kind */
    const char *title_en;
    char zone[32];
    uint32_t cell;
    struct plan_point centre;
    int32_t half_width_m, half_height_m;
};

/* Who answers for a cell by day; filled by city_people.c. */
struct plan_contact {
    char text[64];
};

struct plan {
    const struct plan_size *size;
    uint64_t seed;
    uint32_t cell_count, street_count, district_count;
    uint32_t river_row;
    uint32_t story_cell;         /* where camera C-017, its litter bin and wang.fang are */
    struct plan_point *vertices; /* (columns + 1) x (rows + 1), row 0 in the south */
    struct plan_zone *zones;
    uint32_t zone_count;
    struct plan_contact *contacts; /* by cell */
};

enum err plan_new(uint64_t seed, enum city_size size, struct plan **out_plan) WARN_UNUSED;
void plan_free(struct plan *plan);

uint32_t plan_street_of(const struct plan *plan, uint32_t cell);
uint32_t plan_district_of_street(const struct plan *plan, uint32_t street);

struct plan_code {
    char text[24];
};
struct plan_code plan_district_code(uint32_t district);
struct plan_code plan_street_code(const struct plan *plan, uint32_t street);
struct plan_code plan_cell_code(const struct plan *plan, uint32_t cell);

/* The place at (u, v) permille of the cell, and one moved by metres east and north. */
struct plan_point plan_place(const struct plan *plan, uint32_t cell, int64_t u, int64_t v);
struct plan_point plan_move(struct plan_point from, int64_t east_m, int64_t north_m);

/* A place at random, at least a tenth of the cell away from its borders. */
struct plan_point plan_random_place(const struct plan *plan, uint32_t cell, struct random *random);

/* The litter bin that camera C-017 watches; wang.fang, li.qiang and chen.jing are placed around it. */
struct plan_point plan_story_bin(const struct plan *plan);

/* Parts. Each writes whole files and fills its counts. */
enum err city_ground_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result) WARN_UNUSED;
enum err city_streets_write(const struct plan *plan, const char *directory,
                            struct city_demo_result *result) WARN_UNUSED;
enum err city_people_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result) WARN_UNUSED;
enum err city_things_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result) WARN_UNUSED;
enum err city_tables_write(const struct plan *plan, const char *directory,
                           struct city_demo_result *result) WARN_UNUSED;

#endif
