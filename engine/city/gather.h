/* gather.h: one load of a city directory under way; shared by the gather_*.c files only.
 *
 * Order of work: texts are read and their keys sorted first, so that every row number is known; then each table is turned
 * into rows of engine/core/city.h, which name each other by number. A reference that does not resolve is a problem and becomes
 * NONE32; nothing is written while there are errors. */
#ifndef ENGINE_CITY_GATHER_H
#define ENGINE_CITY_GATHER_H

#include "engine/city/csv.h"
#include "engine/city/geojson.h"
#include "engine/city/image_write.h"
#include "engine/city/locator.h"
#include "engine/city/names.h"
#include "engine/city/yaml_tree.h"
#include "engine/core/city.h"

#define GATHER_REGISTRIES_MAX 16u

/* A column of a register: its name, where it stands in the file, what its cells are. */
struct gather_column {
    const char *name;
    uint32_t place;
    enum column_kind kind;
};

/* registries/NAME.csv. Its rows stand in assets from row_first on. */
struct gather_registry {
    const char *name;
    struct csv csv;
    struct gather_column columns[CSV_COLUMNS_MAX]; /* by name */
    uint32_t column_count;
    uint32_t row_first;
};

struct gather {
    const char *directory;
    struct problems *problems;
    struct pool pool;
    struct image_writer *writer;
    struct hash128 source_digest; /* of every file read, in the order of reading */

    struct yaml_tree city_yaml;
    struct yaml_tree calendars_yaml;
    enum crs crs;
    const char *levels[CITY_LEVELS_MAX];
    uint32_t level_count;
    uint32_t district_level;
    bool has_box;
    struct place box_low, box_high; /* without margin, WGS-84; low > high while empty */
    int64_t box_margin_cm;
    bool has_bounds;
    struct place bounds_low, bounds_high; /* the box with its margin */

    struct csv units, departments, posts, workers, gateways, devices, assets, catalogue, permits;
    struct features cells, areas;
    struct gather_registry registries[GATHER_REGISTRIES_MAX]; /* by name */
    uint32_t registry_count;

    /* Sorted keys; the rank is the row of the image, but for zones and assets. */
    struct names unit_names, department_names, post_names, person_names, gateway_names,
        device_names, asset_names, class_names, cell_names, zone_names, calendar_names, mode_names,
        kind_names, role_names, skill_names, permit_names;
    uint32_t *area_rows;  /* rank in zone_names -> row of CITY_AREAS */
    uint32_t *asset_rows; /* rank in asset_names -> row of CITY_ASSETS */

    struct city_mode *mode_rows; /* by rank in mode_names */
    struct city_cell *cell_rows; /* persons are filled in by gather_people_write */
    struct locator *locator;     /* NULL while the shapes have errors */
};

/* ---- gather_value.c: cells to values; every problem is listed at the cell ---- */
const char *gather_text(const struct csv *csv, uint32_t row, uint32_t column);
struct image_string gather_string(struct gather *gather, const struct csv *csv, uint32_t row,
                                  uint32_t column);
struct image_string gather_put(struct gather *gather, const char *text);
/* An empty cell gives NONE32. where: the file that should hold it. */
uint32_t gather_reference(struct gather *gather, const struct csv *csv, uint32_t row,
                          uint32_t column, const struct names *names, const char *where);
bool gather_bool(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                 bool otherwise);
uint32_t gather_number(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                       uint32_t otherwise, uint32_t limit);
uint32_t gather_word(struct gather *gather, const struct csv *csv, uint32_t row, uint32_t column,
                     const char *const *words, uint32_t word_count, uint32_t otherwise);
/* Items of a list cell, in the pool. */
const char **gather_list(struct gather *gather, const struct csv *csv, uint32_t row,
                         uint32_t column, uint32_t *out_count);
/* Ranks of the items of a list cell, in order; unknown and repeated items are problems and left out. */
uint32_t *gather_references(struct gather *gather, const struct csv *csv, uint32_t row,
                            uint32_t column, const struct names *names, const char *where,
                            uint32_t *out_count);
/* WGS-84, or place_none() where both cells are empty or a problem was listed. */
struct place gather_place(struct gather *gather, const struct csv *csv, uint32_t row,
                          uint32_t lon_column, bool is_needed);
struct clock_limit gather_limit(struct gather *gather, const struct csv *csv, uint32_t row,
                                uint32_t column);
bool gather_parse_decimal(const char *text, double *out_value);
bool gather_parse_limit(const char *text, struct clock_limit *out_limit);
bool gather_parse_u32(const char *text, uint32_t *out_value);
bool gather_id_is_sound(const char *text);
__attribute__((format(printf, 6, 7))) void gather_problem(struct gather *gather,
                                                          const struct csv *csv, uint32_t row,
                                                          uint32_t column, const char *code,
                                                          const char *format, ...);

/* ---- gather_table.c: files to tables with sorted keys ---- */
bool gather_file(struct gather *gather, const char *name, struct text_file *out_file);
bool gather_bytes(struct gather *gather, const char *name, struct text_file *out_file);
void gather_csv(struct gather *gather, const char *name, bool is_needed,
                const struct csv_column *columns, uint32_t column_count, struct csv *out_csv);
/* Adds the key cells; empty, unsound and repeated keys are problems and left out. */
void gather_keys(struct gather *gather, const struct csv *csv, uint32_t column,
                 struct names *names);
/* All items of a list column over all rows, sorted; more than limit is a problem. */
void gather_vocabulary(struct gather *gather, const struct csv *csv, uint32_t column,
                       struct names *names, uint32_t limit);
void gather_write_names(struct gather *gather, uint32_t section, const struct names *names);

/* ---- one file of the directory each ---- */
void gather_city_yaml(struct gather *gather);
void gather_modes(struct gather *gather);
void gather_info(struct gather *gather); /* after all tables: CITY_INFO, CITY_TRANSITIONS */
/* The box with its margin, once the cells are known. */
void gather_bounds(struct gather *gather);
bool gather_is_inside(const struct gather *gather, struct place place);
void gather_calendars(struct gather *gather);

/* Each pair: first all read, then all written, because tables name rows of each other. */
void gather_places_read(struct gather *gather); /* units, cells, areas; makes the locator */
void gather_places_write(struct gather *gather);
void gather_people_read(struct gather *gather); /* departments, posts, workers, gateways */
void gather_people_write(struct gather *gather);
void gather_things_read(struct gather *gather); /* assets, devices, catalogue */
void gather_things_write(struct gather *gather);

void gather_permits_read(struct gather *gather); /* permits.csv */
void gather_permits_write(struct gather *gather);
void gather_labels(struct gather *gather); /* labels.csv */
void gather_roads(struct gather *gather);  /* roads/ or roads.osm.pbf; after the modes */
/* Registers join the assets: read before the assets' keys are, written once the assets have their rows. */
void gather_registries_read(struct gather *gather);
void gather_registries_write(struct gather *gather, const struct city_asset *assets,
                             uint32_t count);

#endif
