/* gather_places.c: units.csv, cells.geojson and areas/ to their rows and shapes; see gather.h. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/gather.h"
#include "engine/city/overlaps.h"

enum { UNIT_CODE, UNIT_NAME, UNIT_LEVEL, UNIT_PARENT };
static const struct csv_column UNIT_COLUMNS[] = {
    {"code", true}, {"name", true}, {"level", true}, {"parent", false}};

#define AREA_FILES_MAX 1024u

/* Order of features: where a feature's row is, and which feature a row came from. */
static void feature_problem(struct gather *gather, const struct feature *feature, const char *code,
                            const char *text, const char *detail)
{
    problems_add(gather->problems, PROBLEM_ERROR, code, feature->file, 0, 0, "%s: %s%s",
                 feature->label, text, detail);
}

/* ---- units ---- */
static uint32_t unit_level(struct gather *gather, uint32_t row)
{
    const char *text = gather_text(&gather->units, row, UNIT_LEVEL);
    uint32_t number;
    if (gather_parse_u32(text, &number) && number >= 1 && number <= gather->level_count) {
        return number;
    }
    for (uint32_t i = 0; i < gather->level_count; i++) {
        if (strcmp(text, gather->levels[i]) == 0) {
            return i + 1;
        }
    }
    const char *nearest = problems_nearest(text, gather->levels, gather->level_count);
    if (csv_at(&gather->units, row, UNIT_LEVEL)->column > 0) {
        gather_problem(gather, &gather->units, row, UNIT_LEVEL, "C017",
                       "\"%s\" should be one of the %u levels of city.yaml%s%s", text,
                       gather->level_count,
                       nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return 0;
}

static void write_units(struct gather *gather)
{
    const struct csv *csv = &gather->units;
    const struct names *names = &gather->unit_names;
    struct city_unit *rows = pool_take_rows(&gather->pool, sizeof *rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t row = names->entries[i].source;
        uint32_t number = 0;
        if (!gather_parse_u32(names->texts[i], &number) || number == UINT32_MAX) {
            number = 0;
        }
        rows[i] = (struct city_unit){
            .code = gather_put(gather, names->texts[i]),
            .name = gather_string(gather, csv, row, UNIT_NAME),
            .parent = gather_reference(gather, csv, row, UNIT_PARENT, names, "units.csv"),
            .level = unit_level(gather, row),
            .number = number,
        };
    }
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t parent = rows[i].parent;
        if (parent != NONE32 && rows[i].level > 0 && rows[parent].level > 0 &&
            rows[parent].level <= rows[i].level) {
            gather_problem(gather, csv, names->entries[i].source, UNIT_PARENT, "C028",
                           "\"%s\" is of level %u, not above level %u", names->texts[parent],
                           rows[parent].level, rows[i].level);
        }
    }
    for (uint32_t i = 0; i < names->count; i++) {
        if (rows[i].level == gather->district_level && rows[i].number == 0) {
            const struct csv_cell *cell = csv_at(csv, names->entries[i].source, UNIT_CODE);
            problems_add(gather->problems, PROBLEM_WARNING, "C034", csv->file, cell->line,
                         cell->column,
                         "\"%s\" is no number below 4294967295: case numbers of this district "
                         "start with the "
                         "city's code",
                         names->texts[i]);
        }
    }
    image_writer_section(gather->writer, CITY_UNITS, sizeof *rows, rows, names->count);
}

/* ---- features ---- */
struct feature_sorting {
    struct gather *gather;
    const struct features *features;
};

static void tell_twice(void *context, uint32_t source, uint32_t first_source)
{
    const struct feature_sorting *sorting = context;
    const struct feature *first = &sorting->features->list[first_source];
    char where[256];
    (void)snprintf(where, sizeof where, "%s, %s", first->file, first->label);
    feature_problem(sorting->gather, &sorting->features->list[source], "C015", "the same id as in ",
                    where);
}

static void feature_keys(struct gather *gather, struct features *features, const char *key,
                         struct names *names)
{
    for (uint32_t i = 0; i < features->count; i++) {
        const char *text = feature_text(features, &features->list[i], key, true);
        if (text[0] != '\0' && gather_id_is_sound(text)) {
            names_add(names, text, i);
        } else if (text[0] != '\0') {
            feature_problem(gather, &features->list[i], "C014", key,
                            " should be 1 to 64 bytes without spaces and control characters");
        }
    }
    struct feature_sorting sorting = {gather, features};
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

static uint32_t cell_unit(struct gather *gather, const struct feature *feature)
{
    const char *text = feature_text(&gather->cells, feature, "unit", false);
    if (text[0] == '\0') {
        return NONE32;
    }
    uint32_t unit = names_find(&gather->unit_names, text);
    if (unit == NONE32 && !gather->unit_names.is_incomplete) {
        const char *nearest = names_nearest(&gather->unit_names, text);
        problems_add(gather->problems, PROBLEM_ERROR, "C018", feature->file, 0, 0,
                     "%s: unit \"%s\" is not in units.csv%s%s", feature->label, text,
                     nearest == NULL ? "" : "; nearest: ", nearest == NULL ? "" : nearest);
    }
    return unit;
}

static void make_cells(struct gather *gather)
{
    const struct names *names = &gather->cell_names;
    gather->cell_rows = pool_take_rows(&gather->pool, sizeof *gather->cell_rows, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        const struct feature *feature = &gather->cells.list[names->entries[i].source];
        const char *name = feature_text(&gather->cells, feature, "name", false);
        struct place inner = inner_place(&gather->cells, feature);
        gather->cell_rows[i] = (struct city_cell){
            .code = gather_put(gather, names->texts[i]),
            .name = gather_put(gather, name[0] == '\0' ? names->texts[i] : name),
            .unit = cell_unit(gather, feature),
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

static void write_areas(struct gather *gather)
{
    const struct names *zones = &gather->zone_names;
    struct area_order *order = pool_take_rows(&gather->pool, sizeof *order, zones->count);
    struct city_area *rows = pool_take_rows(&gather->pool, sizeof *rows, zones->count);
    gather->area_rows = pool_take_rows(&gather->pool, sizeof *gather->area_rows, zones->count);
    for (uint32_t i = 0; i < zones->count; i++) {
        const struct feature *feature = &gather->areas.list[zones->entries[i].source];
        const char *name = feature_text(&gather->areas, feature, "area", true);
        if (name[0] != '\0' && !gather_id_is_sound(name)) {
            feature_problem(gather, feature, "C014", "area",
                            " should be 1 to 64 bytes without spaces and control characters");
        }
        order[i] = (struct area_order){name, i};
    }
    if (zones->count > 1) {
        qsort(order, zones->count, sizeof *order, area_compare);
    }
    for (uint32_t i = 0; i < zones->count; i++) {
        uint32_t rank = order[i].rank;
        const struct feature *feature = &gather->areas.list[zones->entries[rank].source];
        const char *title = feature_text(&gather->areas, feature, "title", false);
        gather->area_rows[rank] = i;
        rows[i] = (struct city_area){
            .name = gather_put(gather, order[i].name),
            .zone = gather_put(gather, zones->texts[rank]),
            .title = gather_put(gather, title[0] == '\0' ? zones->texts[rank] : title),
            .kind = gather_put(gather, feature_text(&gather->areas, feature, "kind", false)),
        };
    }
    if (zones->count >= NONE16) {
        problems_add(gather->problems, PROBLEM_ERROR, "C029", "areas", 0, 0, "%u areas, at most %u",
                     zones->count, NONE16 - 1);
    }
    image_writer_section(gather->writer, CITY_AREAS, sizeof *rows, rows, zones->count);
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

static void read_area_files(struct gather *gather)
{
    static const char FOLDER[] = "areas";
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", gather->directory, FOLDER);
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
            problems_add(gather->problems, PROBLEM_ERROR, "C029", FOLDER, 0, 0,
                         "more than %u files", AREA_FILES_MAX);
            break;
        }
        (void)snprintf(path, sizeof path, "%s/%s", FOLDER, entry->d_name);
        files[count++] = pool_text(&gather->pool, path, strlen(path));
    }
    (void)closedir(folder);
    qsort(files, count, sizeof files[0], text_compare);
    for (uint32_t i = 0; i < count; i++) {
        struct text_file file;
        if (gather_file(gather, files[i], &file)) {
            features_add_file(&gather->areas, &file, gather->crs, "zone");
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

static void make_shapes(struct gather *gather)
{
    struct shape_tables tables = {.ring_count = 0};
    tables.rings = pool_take_rows(&gather->pool, sizeof *tables.rings,
                                  gather->cells.ring_count + gather->areas.ring_count);
    tables.points = pool_take_rows(&gather->pool, sizeof *tables.points,
                                   gather->cells.point_count + gather->areas.point_count);
    for (uint32_t i = 0; i < gather->cell_names.count; i++) {
        shape_append(&tables, &gather->cells,
                     &gather->cells.list[gather->cell_names.entries[i].source], SHAPE_CELL, i);
    }
    uint32_t *sources = pool_take_rows(&gather->pool, sizeof *sources, gather->zone_names.count);
    for (uint32_t rank = 0; rank < gather->zone_names.count; rank++) {
        sources[gather->area_rows[rank]] = gather->zone_names.entries[rank].source;
    }
    for (uint32_t i = 0; i < gather->zone_names.count; i++) {
        shape_append(&tables, &gather->areas, &gather->areas.list[sources[i]], SHAPE_AREA, i);
    }
    enum err err =
        locator_new(tables.rings, tables.ring_count, tables.points, tables.point_count,
                    gather->cell_names.count, gather->zone_names.count, &gather->locator);
    must(err == ERR_OK);
    image_writer_section(gather->writer, CITY_SHAPE_RINGS, sizeof *tables.rings, tables.rings,
                         tables.ring_count);
    image_writer_section(gather->writer, CITY_SHAPE_POINTS, sizeof *tables.points, tables.points,
                         tables.point_count);
}

/* The box of the cells, where city.yaml gives none. */
static void widen_box(struct gather *gather)
{
    for (uint32_t i = 0; !gather->has_box && i < gather->cells.point_count; i++) {
        struct place place = gather->cells.points[i];
        gather->box_low.lon = (int32_t)min_i64(gather->box_low.lon, place.lon);
        gather->box_low.lat = (int32_t)min_i64(gather->box_low.lat, place.lat);
        gather->box_high.lon = (int32_t)max_i64(gather->box_high.lon, place.lon);
        gather->box_high.lat = (int32_t)max_i64(gather->box_high.lat, place.lat);
    }
}

/* A cell that reaches out of the box would hold places whose events are refused. */
static void warn_outside(const struct gather *gather)
{
    for (uint32_t i = 0; i < gather->cells.count; i++) {
        const struct feature *feature = &gather->cells.list[i];
        const struct shape_ring *first = &gather->cells.rings[feature->first_ring];
        const struct shape_ring *last = first + feature->ring_count - 1;
        uint32_t end = last->points.first + last->points.count;
        for (uint32_t at = first->points.first; at < end; at++) {
            struct place place = gather->cells.points[at];
            if (!gather_is_inside(gather, place)) {
                problems_add(gather->problems, PROBLEM_WARNING, "C020", feature->file, 0, 0,
                             "%s: reaches out of the box of city.yaml at [%.7f, %.7f]; events "
                             "there are refused",
                             feature->label, place.lon / 1e7, place.lat / 1e7);
                break;
            }
        }
    }
}

void gather_places_read(struct gather *gather)
{
    gather_csv(gather, "units.csv", false, UNIT_COLUMNS, COUNT_OF(UNIT_COLUMNS), &gather->units);
    gather_keys(gather, &gather->units, UNIT_CODE, &gather->unit_names);
    int errors_before = problems_error_count(gather->problems);
    struct text_file file;
    if (gather_file(gather, "cells.geojson", &file)) {
        features_add_file(&gather->cells, &file, gather->crs, "code");
    }
    feature_keys(gather, &gather->cells, "code", &gather->cell_names);
    gather->cell_names.is_incomplete = problems_error_count(gather->problems) > errors_before;
    errors_before = problems_error_count(gather->problems);
    read_area_files(gather);
    feature_keys(gather, &gather->areas, "zone", &gather->zone_names);
    gather->zone_names.is_incomplete = problems_error_count(gather->problems) > errors_before;
    widen_box(gather);
    gather_bounds(gather);
    warn_outside(gather);
    make_cells(gather);
    write_areas(gather);
    make_shapes(gather);
    overlaps_report(&gather->cells, &gather->cell_names);
}

void gather_places_write(struct gather *gather)
{
    write_units(gather);
    image_writer_section(gather->writer, CITY_CELLS, sizeof *gather->cell_rows, gather->cell_rows,
                         gather->cell_names.count);
}
