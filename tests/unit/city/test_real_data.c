/* test_real_data.c: real polygons and reports, where ../shared/data is there; skipped with a message elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <unistd.h>

#include "engine/city/csv.h"
#include "engine/city/locator.h"
#include "engine/core/city.h"
#include "tests/unit/city/fixture.h"

#define DATA "../shared/data/"
#define BOROUGHS DATA "polygons/cth_new-york-city-boroughs.geojson.gz"
#define REPORTS DATA "incidents/nyc311_2013-12-25_redacted.csv.gz"
#define ZONES DATA "polygons/sf_grid_zones.geojson"

static struct fixture fixture;
static struct city city;
static struct locator *locator;

static int setup(void **unused)
{
    (void)unused;
    fixture_open(&fixture);
    char command[SCRATCH_PATH_SIZE + 64];
    (void)snprintf(command, sizeof command, "cd %s && rm -r areas assets.csv devices.csv units.csv",
                   fixture.copy.path);
    fixture_run(command);
    fixture_write(&fixture, "workers.csv", "id,name\nli.na,x\nwang.fang,x\nzhao.lei,x\n");
    fixture_write(&fixture, "city.yaml",
                  "city: {name: real, code: 1, time_zone: America/New_York, levels: []}\n"
                  "posts: {command: district.command, supervision: district.supervision, desk: "
                  "district.command}\n"
                  "modes: {walk: {speed_kmh: 5, detour: 1.3}}\nmode_default: walk\n");
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    locator_free(locator);
    locator = NULL;
    fixture_close(&fixture);
    return 0;
}

static void skip_without(const char *path)
{
    if (access(path, R_OK) != 0) {
        print_message("# skipped: %s is not there\n", path);
        skip();
    }
}

static void unpack(const char *path, const char *name)
{
    char command[512];
    (void)snprintf(command, sizeof command, "case %s in *.gz) zcat %s;; *) cat %s;; esac > %s/%s",
                   path, path, path, fixture.copy.path, name);
    fixture_run(command);
}

/* "Staten Island" -> "STATEN_ISLAND": codes have no spaces. */
static void make_code(const char *name, char *out, size_t size)
{
    size_t used = 0;
    for (; name[used] != '\0' && used + 1 < size; used++) {
        out[used] = name[used] == ' ' ? '_' : (char)toupper((unsigned char)name[used]);
    }
    out[used] = '\0';
}

/* Gives every feature a `code` from one of its properties. */
static void name_cells(const char *property)
{
    char path[SCRATCH_PATH_SIZE + 16];
    (void)snprintf(path, sizeof path, "%s/cells.geojson", fixture.copy.path);
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    size_t i;
    json_t *feature;
    json_array_foreach(json_object_get(root, "features"), i, feature)
    {
        json_t *properties = json_object_get(feature, "properties");
        json_t *value = json_object_get(properties, property);
        if (json_is_string(value)) {
            char code[64];
            make_code(json_string_value(value), code, sizeof code);
            (void)json_object_set_new(properties, "code", json_string(code));
        } else {
            (void)json_object_set(properties, "code", value);
        }
    }
    assert_int_equal(json_dump_file(root, path, JSON_REAL_PRECISION(17)), 0);
    json_decref(root);
}

static void load(void)
{
    const void *rings;
    const void *points;
    uint32_t ring_count;
    uint32_t point_count;
    enum err err = fixture_load(&fixture);
    print_message("%.4000s", fixture.report);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
    assert_int_equal(
        image_rows(&city.image, CITY_SHAPE_RINGS, sizeof(struct shape_ring), &rings, &ring_count),
        ERR_OK);
    assert_int_equal(
        image_rows(&city.image, CITY_SHAPE_POINTS, sizeof(struct place), &points, &point_count),
        ERR_OK);
    assert_int_equal(locator_new(rings, ring_count, points, point_count, city.cell_count,
                                 city.area_count, &locator),
                     ERR_OK);
    print_message("# %u cells, %u rings, %u points\n", city.cell_count, ring_count, point_count);
}

/* In how many cells a place lies, each asked alone. */
static uint32_t count_cells(struct locator *const *alone, struct place place)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < city.cell_count; i++) {
        uint32_t cell;
        uint16_t areas[EVENT_AREAS_MAX];
        (void)locator_find(alone[i], place, &cell, areas);
        count += cell != NONE32 ? 1 : 0;
    }
    return count;
}

static void make_alone(struct locator **alone)
{
    const void *rows;
    const void *points;
    uint32_t ring_count;
    uint32_t point_count;
    assert_int_equal(
        image_rows(&city.image, CITY_SHAPE_RINGS, sizeof(struct shape_ring), &rows, &ring_count),
        ERR_OK);
    assert_int_equal(
        image_rows(&city.image, CITY_SHAPE_POINTS, sizeof(struct place), &points, &point_count),
        ERR_OK);
    const struct shape_ring *rings = rows;
    uint32_t first = 0;
    for (uint32_t i = 0; i < city.cell_count; i++) {
        uint32_t end = first;
        while (end < ring_count && rings[end].owner == i) {
            end++;
        }
        assert_int_equal(locator_new(rings + first, end - first, points, point_count,
                                     city.cell_count, 0, &alone[i]),
                         ERR_OK);
        first = end;
    }
}

enum { REPORT_BOROUGH, REPORT_LAT, REPORT_LON };
static const struct csv_column REPORT_COLUMNS[] = {
    {"borough", true},        {"latitude", true},         {"longitude", true},
    {"unique_key", false},    {"created_date", false},    {"closed_date", false},
    {"agency", false},        {"complaint_type", false},  {"descriptor", false},
    {"location_type", false}, {"incident_zip", false},    {"status", false},
    {"due_date", false},      {"community_board", false},
};

/* Coordinates are rounded to four decimals: the true place lies within half a step of the given one. */
#define HALF_STEP 500

static uint32_t find_cell(struct place place)
{
    uint32_t cell;
    uint16_t areas[EVENT_AREAS_MAX];
    (void)locator_find(locator, place, &cell, areas);
    return cell;
}

static uint32_t find_cell_rounded(struct place place)
{
    uint32_t cell = NONE32;
    for (int corner = 0; corner < 4 && cell == NONE32; corner++) {
        cell = find_cell((struct place){place.lon + (corner % 2 == 0 ? -HALF_STEP : HALF_STEP),
                                        place.lat + (corner / 2 == 0 ? -HALF_STEP : HALF_STEP)});
    }
    return cell;
}

static bool is_stated(const struct csv *csv, uint32_t row, uint32_t cell)
{
    char stated[64];
    make_code(csv_at(csv, row, REPORT_BOROUGH)->text, stated, sizeof stated);
    struct image_string code = city.cells[cell].code;
    return code.size == strlen(stated) && memcmp(city_text(&city, code), stated, code.size) == 0;
}

struct counts {
    uint32_t located, in_one, matching, on_the_edge, on_the_edge_matching;
};

static struct counts count_reports(const struct csv *csv)
{
    struct counts counts = {.located = 0};
    struct locator *alone[5];
    make_alone(alone);
    for (uint32_t row = 0; row < csv->row_count; row++) {
        if (csv_at(csv, row, REPORT_LAT)->text[0] == '\0') {
            continue;
        }
        struct place place = {(int32_t)lround(atof(csv_at(csv, row, REPORT_LON)->text) * 1e7),
                              (int32_t)lround(atof(csv_at(csv, row, REPORT_LAT)->text) * 1e7)};
        uint32_t cell = find_cell(place);
        counts.located++;
        if (cell != NONE32) {
            counts.in_one += count_cells(alone, place) == 1 ? 1 : 0;
            counts.matching += is_stated(csv, row, cell) ? 1 : 0;
            continue;
        }
        cell = find_cell_rounded(place);
        assert_int_not_equal(cell, NONE32);
        counts.on_the_edge++;
        counts.on_the_edge_matching += is_stated(csv, row, cell) ? 1 : 0;
    }
    for (uint32_t i = 0; i < city.cell_count; i++) {
        locator_free(alone[i]);
    }
    return counts;
}

/* 2,303 points lie in exactly one borough and one, in the Bronx by its row, 5.5 m beyond the border as given: its rounding
 * square reaches in. Confirmed with exact fractions on the published coordinates. */
static void test_new_york_reports(void **unused)
{
    (void)unused;
    skip_without(BOROUGHS);
    unpack(BOROUGHS, "cells.geojson");
    name_cells("name");
    load();
    assert_int_equal(city.cell_count, 5);
    unpack(REPORTS, "reports.csv");
    struct pool pool;
    struct text_file file;
    struct csv csv;
    struct problems *problems = problems_new();
    pool_init(&pool);
    assert_true(text_file_read(&pool, problems, fixture.copy.path, "reports.csv", &file));
    csv_parse(&pool, problems, &file, REPORT_COLUMNS, COUNT_OF(REPORT_COLUMNS), &csv);
    assert_int_equal(problems_count(problems), 0);
    assert_int_equal(csv.row_count, 2386);
    struct counts counts = count_reports(&csv);
    print_message("# %u located, %u in exactly one borough, %u in the stated one, %u on the edge\n",
                  counts.located, counts.in_one, counts.matching, counts.on_the_edge);
    assert_int_equal(counts.located, 2304);
    assert_int_equal(counts.in_one, 2303);
    assert_int_equal(counts.matching, 2300);
    assert_int_equal(counts.on_the_edge, 1);
    assert_int_equal(counts.on_the_edge_matching, 1);
    problems_free(problems);
    pool_fini(&pool);
}

static void test_san_francisco_grid(void **unused)
{
    (void)unused;
    skip_without(ZONES);
    unpack(ZONES, "cells.geojson");
    name_cells("zone_idx");
    load();
    assert_int_equal(city.cell_count, 299);
    for (uint32_t i = 0; i < city.cell_count; i++) {
        uint32_t cell;
        uint16_t areas[EVENT_AREAS_MAX];
        (void)locator_find(locator, (struct place){city.cells[i].lon, city.cells[i].lat}, &cell,
                           areas);
        assert_int_equal(cell, i); /* a cell's own point lies in it */
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_new_york_reports),
        TEST(test_san_francisco_grid),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_real_data", tests, NULL, NULL);
}
