/* load.h: one load of a city directory under way; shared by the load_*.c files only.
 *
 * Order of work: texts are read and their keys sorted first, so that every row number is known; then each table is turned
 * into rows of engine/core/city.h, which name each other by number. A reference that does not resolve is a problem and becomes
 * NONE32; nothing is written while there are errors. */
#ifndef ENGINE_CITY_LOAD_H
#define ENGINE_CITY_LOAD_H

#include "engine/city/csv.h"
#include "engine/city/geojson.h"
#include "engine/city/image_write.h"
#include "engine/city/locator.h"
#include "engine/city/names.h"
#include "engine/city/yaml_tree.h"
#include "engine/core/city.h"

struct load {
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
    bool has_box;
    struct place box_low, box_high; /* without margin, WGS-84; low > high while empty */
    int64_t box_margin_cm;

    struct csv units, departments, posts, workers, gateways, devices, assets, catalogue;
    struct features cells, areas;

    /* Sorted keys; the rank is the row of the image, but for zones and assets. */
    struct names unit_names, department_names, post_names, person_names, gateway_names, device_names,
        asset_names, class_names, cell_names, zone_names, calendar_names, mode_names, kind_names,
        role_names, skill_names;
    uint32_t *area_rows;  /* rank in zone_names -> row of CITY_AREAS */
    uint32_t *asset_rows; /* rank in asset_names -> row of CITY_ASSETS */

    struct city_cell *cell_rows; /* persons are filled in by load_people_write */
    struct locator *locator;     /* NULL while the shapes have errors */
};

/* ---- load_value.c: cells to values; every problem is listed at the cell ---- */
const char *load_text(const struct csv *csv, uint32_t row, uint32_t column);
struct image_string load_string(struct load *load, const struct csv *csv, uint32_t row, uint32_t column);
struct image_string load_put(struct load *load, const char *text);
/* An empty cell gives NONE32. where: the file that should hold it. */
uint32_t load_reference(struct load *load, const struct csv *csv, uint32_t row, uint32_t column,
                        const struct names *names, const char *where);
bool load_bool(struct load *load, const struct csv *csv, uint32_t row, uint32_t column, bool otherwise);
uint32_t load_number(struct load *load, const struct csv *csv, uint32_t row, uint32_t column,
                     uint32_t otherwise, uint32_t limit);
uint32_t load_word(struct load *load, const struct csv *csv, uint32_t row, uint32_t column,
                   const char *const *words, uint32_t word_count, uint32_t otherwise);
/* Items of a list cell, in the pool. */
const char **load_list(struct load *load, const struct csv *csv, uint32_t row, uint32_t column,
                       uint32_t *out_count);
/* Ranks of the items of a list cell, in order; unknown and repeated items are problems and left out. */
uint32_t *load_references(struct load *load, const struct csv *csv, uint32_t row, uint32_t column,
                          const struct names *names, const char *where, uint32_t *out_count);
/* WGS-84, or place_none() where both cells are empty or a problem was listed. */
struct place load_place(struct load *load, const struct csv *csv, uint32_t row, uint32_t lon_column,
                        bool is_needed);
struct clock_limit load_limit(struct load *load, const struct csv *csv, uint32_t row, uint32_t column);
bool load_parse_decimal(const char *text, double *out_value);
bool load_parse_u32(const char *text, uint32_t *out_value);
bool load_id_is_sound(const char *text);
__attribute__((format(printf, 6, 7))) void load_problem(struct load *load, const struct csv *csv,
                                                        uint32_t row, uint32_t column,
                                                        const char *code, const char *format, ...);

/* ---- load_table.c: files to tables with sorted keys ---- */
bool load_file(struct load *load, const char *name, struct text_file *out_file);
void load_csv(struct load *load, const char *name, bool is_needed, const struct csv_column *columns,
              uint32_t column_count, struct csv *out_csv);
/* Adds the key cells; empty, unsound and repeated keys are problems and left out. */
void load_keys(struct load *load, const struct csv *csv, uint32_t column, struct names *names);
/* All items of a list column over all rows, sorted; more than limit is a problem. */
void load_vocabulary(struct load *load, const struct csv *csv, uint32_t column, struct names *names,
                     uint32_t limit);
void load_write_names(struct load *load, uint32_t section, const struct names *names);

/* ---- one file of the directory each ---- */
void load_city_yaml(struct load *load);
void load_info(struct load *load); /* after all tables: CITY_INFO, CITY_TRANSITIONS, CITY_MODES */
void load_calendars(struct load *load);

/* Each pair: first all read, then all written, because tables name rows of each other. */
void load_places_read(struct load *load); /* units, cells, areas; makes the locator */
void load_places_write(struct load *load);
void load_people_read(struct load *load); /* departments, posts, workers, gateways */
void load_people_write(struct load *load);
void load_things_read(struct load *load); /* assets, devices, catalogue */
void load_things_write(struct load *load);

#endif
