/* load_places.c: units.csv, cells.geojson and areas/ to their rows and shapes; see load.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/load.h"
#include "engine/city/overlaps.h"

enum { UNIT_CODE, UNIT_NAME, UNIT_LEVEL, UNIT_PARENT };
static const struct csv_column UNIT_COLUMNS[] = {
    {"code", true}, {"name", true}, {"level", true}, {"parent", false}};

#define AREA_FILES_MAX 1024u

/* Order of features: where a feature's row is, and which feature a row came from. */
static void feature_problem(struct load *load, const struct feature *feature, const char *code,
                            const char *text, const char *detail)
{
    problems_add(load->problems, PROBLEM_ERROR, code, feature->file, 0, 0, "%s: %s%s", feature->label,
                 text, detail);
}

/* ---- units ---- */
static uint32_t unit_level(struct load *load, uint32_t row)
{
    const char *text = load_text(&load->units, row, UNIT_LEVEL);
    uint32_t number;
    if (load_parse_u32(text, &number) && number >= 1 && number <= load->level_count) {
        return number;
    }
    for (uint32_t i = 0; i < load->level_count; i++) {
        if (strcmp(text, load->levels[i]) == 0) {
            return i + 1;
        }
    }
    const char *nearest = problems_nearest(text, load->levels, load->level_count);
    if (csv_at(&load->units, row, UNIT_LEVEL)->column > 0) {
        load_problem(load, &load->units, row, UNIT_LEVEL, "C017",
                     "\"%s\" should be one of the %u levels of city.yaml%s%s", text, load->level_count,
                     nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return 0;
}

static void write_units(struct load *load)
{
    const struct csv *csv = &load->units;
    const struct names *names = &load->unit_names;
    struct city_unit *rows = pool_take_rows(&load->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        uint32_t number = 0;
        if (!load_parse_u32(names->texts[i], &number) || number == UINT32_MAX) {
            number = 0;
        }
        rows[i] = (struct city_unit){
            .code = load_put(load, names->texts[i]),
            .name = load_string(load, csv, row, UNIT_NAME),
            .parent = load_reference(load, csv, row, UNIT_PARENT, names, "units.csv"),
            .level = unit_level(load, row),
            .number = number,
        };
    }
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t parent = rows[i].parent;
        if (parent != NONE32 && rows[i].level > 0 && rows[parent].level > 0 &&
            rows[parent].level <= rows[i].level) {
            load_problem(load, csv, names->entries[i].source, UNIT_PARENT, "C028",
                         "\"%s\" is of level %u, not above level %u", names->texts[parent],
                         rows[parent].level, rows[i].level);
        }
    }
    image_writer_section(load->writer, CITY_UNITS, sizeof *rows, rows, names->count);
}

/* ---- features ---- */
struct feature_sorting {
    struct load *load;
    const struct features *features;
};

static void tell_twice(void *context, uint32_t source, uint32_t first_source)
{
    const struct feature_sorting *sorting = context;
    const struct feature *first = &sorting->features->list[first_source];
    char where[256];
    (void)snprintf(where, sizeof where, "%s, %s", first->file, first->label);
    feature_problem(sorting->load, &sorting->features->list[source], "C015",
                    "the same id as in ", where);
}

static void feature_keys(struct load *load, struct features *features, const char *key,
                         struct names *names)
{
    for (uint32_t i = 0; i < features->count; i++) {
        const char *text = feature_text(features, &features->list[i], key, true);
        if (text[0] != '\0' && load_id_is_sound(text)) {
            names_add(names, text, i);
        } else if (text[0] != '\0') {
            feature_problem(load, &features->list[i], "C014", key,
                            " should be 1 to 64 bytes without spaces and control characters");
        }
    }
    struct feature_sorting sorting = {load, features};
    names_sort(names, tell_twice, &sorting);
}

static struct place inner_place(const struct features *features, const struct feature *feature)
{
    const GEOSGeometry *largest = NULL;
    double largest_area = -1;
    for (uint32_t i = 0; i < feature->polygon_count; i++) {
        const GEOSGeometry *polygon = features->polygons[feature->first_polygon + i];
        double area = geometry_area_m2(features->geos, polygon);
        if (area > largest_area) {
            largest = polygon;
            largest_area = area;
        }
    }
    must(largest != NULL);
    return geometry_inner_place(features->geos, largest);
}

static uint32_t cell_unit(struct load *load, const struct feature *feature)
{
    const char *text = feature_text(&load->cells, feature, "unit", false);
    if (text[0] == '\0') {
        return NONE32;
    }
    uint32_t unit = names_find(&load->unit_names, text);
    if (unit == NONE32) {
        const char *nearest = names_nearest(&load->unit_names, text);
        problems_add(load->problems, PROBLEM_ERROR, "C018", feature->file, 0, 0,
                     "%s: unit \"%s\" is not in units.csv%s%s", feature->label, text,
                     nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return unit;
}

static void make_cells(struct load *load)
{
    const struct names *names = &load->cell_names;
    load->cell_rows = pool_take_rows(&load->pool, sizeof *load->cell_rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        const struct feature *feature = &load->cells.list[names->entries[i].source];
        const char *name = feature_text(&load->cells, feature, "name", false);
        struct place inner = inner_place(&load->cells, feature);
        load->cell_rows[i] = (struct city_cell){
            .code = load_put(load, names->texts[i]),
            .name = load_put(load, name[0] == '\0' ? names->texts[i] : name),
            .unit = cell_unit(load, feature),
            .lon = inner.lon,
            .lat = inner.lat,
        };
    }
}

/* ---- areas ---- */
struct area_order {
    const char *name;
    uint32_t rank; /* in zone_names */
};

static int area_compare(const void *a, const void *b)
{
    const struct area_order *left = a;
    const struct area_order *right = b;
    int order = strcmp(left->name, right->name);
    if (order != 0) {
        return order;
    }
    return left->rank < right->rank ? -1 : left->rank > right->rank;
}

static void write_areas(struct load *load)
{
    const struct names *zones = &load->zone_names;
    struct area_order *order = pool_take_rows(&load->pool, sizeof *order, zones->count);
    struct city_area *rows = pool_take_rows(&load->pool, sizeof *rows, zones->count);
    load->area_rows = pool_take_rows(&load->pool, sizeof *load->area_rows, zones->count);
    for (uint32_t i = 0; i < zones->count; i++) {
        const struct feature *feature = &load->areas.list[zones->entries[i].source];
        const char *name = feature_text(&load->areas, feature, "area", true);
        if (name[0] != '\0' && !load_id_is_sound(name)) {
            feature_problem(load, feature, "C014", "area",
                            " should be 1 to 64 bytes without spaces and control characters");
        }
        order[i] = (struct area_order){name, i};
    }
    if (zones->count > 1) {
        qsort(order, zones->count, sizeof *order, area_compare);
    }
    for (uint32_t i = 0; i < zones->count; i++) {
        uint32_t rank = order[i].rank;
        const struct feature *feature = &load->areas.list[zones->entries[rank].source];
        const char *title = feature_text(&load->areas, feature, "title", false);
        load->area_rows[rank] = i;
        rows[i] = (struct city_area){
            .name = load_put(load, order[i].name),
            .zone = load_put(load, zones->texts[rank]),
            .title = load_put(load, title[0] == '\0' ? zones->texts[rank] : title),
            .kind = load_put(load, feature_text(&load->areas, feature, "kind", false)),
        };
    }
    if (zones->count >= NONE16) {
        problems_add(load->problems, PROBLEM_ERROR, "C029", "areas", 0, 0, "%u areas, at most %u",
                     zones->count, NONE16 - 1);
    }
    image_writer_section(load->writer, CITY_AREAS, sizeof *rows, rows, zones->count);
}

static int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_geojson(const char *name)
{
    size_t size = strlen(name);
    return size > 8 && name[0] != '.' && strcmp(name + size - 8, ".geojson") == 0;
}

static void read_area_files(struct load *load)
{
    static const char FOLDER[] = "areas";
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", load->directory, FOLDER);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return; /* the folder is optional */
    }
    const char *files[AREA_FILES_MAX];
    uint32_t count = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (!is_geojson(entry->d_name)) {
            continue;
        }
        if (count == AREA_FILES_MAX) {
            problems_add(load->problems, PROBLEM_ERROR, "C029", FOLDER, 0, 0, "more than %u files",
                         AREA_FILES_MAX);
            break;
        }
        (void)snprintf(path, sizeof path, "%s/%s", FOLDER, entry->d_name);
        files[count++] = pool_text(&load->pool, path, strlen(path));
    }
    (void)closedir(folder);
    qsort(files, count, sizeof files[0], text_compare);
    for (uint32_t i = 0; i < count; i++) {
        struct text_file file;
        if (load_file(load, files[i], &file)) {
            features_add_file(&load->areas, &file, load->crs, "zone");
        }
    }
}

/* ---- shapes ---- */
struct shape_tables {
    struct shape_ring *rings;
    uint32_t ring_count;
    struct place *points;
    uint32_t point_count;
};

static void shape_append(struct shape_tables *tables, const struct features *features,
                         const struct feature *feature, enum shape_table table, uint32_t owner)
{
    for (uint32_t i = 0; i < feature->ring_count; i++) {
        struct shape_ring ring = features->rings[feature->first_ring + i];
        memcpy(tables->points + tables->point_count, features->points + ring.points.first,
               ring.points.count * sizeof *tables->points);
        ring.points.first = tables->point_count;
        ring.table = (uint16_t)table;
        ring.owner = owner;
        tables->point_count += ring.points.count;
        tables->rings[tables->ring_count++] = ring;
    }
}

static void make_shapes(struct load *load)
{
    struct shape_tables tables = {.ring_count = 0};
    tables.rings = pool_take_rows(&load->pool, sizeof *tables.rings,
                                  load->cells.ring_count + load->areas.ring_count);
    tables.points = pool_take_rows(&load->pool, sizeof *tables.points,
                                   load->cells.point_count + load->areas.point_count);
    for (uint32_t i = 0; i < load->cell_names.count; i++) {
        shape_append(&tables, &load->cells, &load->cells.list[load->cell_names.entries[i].source],
                     SHAPE_CELL, i);
    }
    uint32_t *sources = pool_take_rows(&load->pool, sizeof *sources, load->zone_names.count);
    for (uint32_t rank = 0; rank < load->zone_names.count; rank++) {
        sources[load->area_rows[rank]] = load->zone_names.entries[rank].source;
    }
    for (uint32_t i = 0; i < load->zone_names.count; i++) {
        shape_append(&tables, &load->areas, &load->areas.list[sources[i]], SHAPE_AREA, i);
    }
    enum err err = locator_new(tables.rings, tables.ring_count, tables.points, tables.point_count,
                               load->cell_names.count, load->zone_names.count, &load->locator);
    must(err == ERR_OK);
    image_writer_section(load->writer, CITY_SHAPE_RINGS, sizeof *tables.rings, tables.rings,
                         tables.ring_count);
    image_writer_section(load->writer, CITY_SHAPE_POINTS, sizeof *tables.points, tables.points,
                         tables.point_count);
}

/* The box of the cells, where city.yaml gives none. */
static void widen_box(struct load *load)
{
    for (uint32_t i = 0; !load->has_box && i < load->cells.point_count; i++) {
        struct place place = load->cells.points[i];
        load->box_low.lon = (int32_t)min_i64(load->box_low.lon, place.lon);
        load->box_low.lat = (int32_t)min_i64(load->box_low.lat, place.lat);
        load->box_high.lon = (int32_t)max_i64(load->box_high.lon, place.lon);
        load->box_high.lat = (int32_t)max_i64(load->box_high.lat, place.lat);
    }
}

void load_places_read(struct load *load)
{
    load_csv(load, "units.csv", false, UNIT_COLUMNS, COUNT_OF(UNIT_COLUMNS), &load->units);
    load_keys(load, &load->units, UNIT_CODE, &load->unit_names);
    struct text_file file;
    if (load_file(load, "cells.geojson", &file)) {
        features_add_file(&load->cells, &file, load->crs, "code");
    }
    read_area_files(load);
    feature_keys(load, &load->cells, "code", &load->cell_names);
    feature_keys(load, &load->areas, "zone", &load->zone_names);
    widen_box(load);
    make_cells(load);
    write_areas(load);
    make_shapes(load);
    overlaps_report(&load->cells, &load->cell_names);
}

void load_places_write(struct load *load)
{
    write_units(load);
    image_writer_section(load->writer, CITY_CELLS, sizeof *load->cell_rows, load->cell_rows,
                         load->cell_names.count);
}
