/* test_city.c: a city image opened, asked, and damaged in 30,000 ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/city_load.h"
#include "engine/core/calendar.h"
#include "engine/core/city.h"
#include "engine/core/distance.h"
#include "tests/unit/panic.h"

static void *bytes;
static size_t size;
static struct city city;

static int setup_city(void **unused)
{
    (void)unused;
    struct problems *problems = problems_new();
    enum err err = city_load("tests/data/small_city", problems, &bytes, &size);
    problems_print(problems, stderr);
    problems_free(problems);
    return err == ERR_OK && city_open(bytes, size, &city) == ERR_OK ? 0 : -1;
}

static int teardown_city(void **unused)
{
    (void)unused;
    free(bytes);
    return 0;
}

static bool is_text(struct image_string s, const char *expected)
{
    return s.size == strlen(expected) && memcmp(city_text(&city, s), expected, s.size) == 0;
}

static void test_units_above_a_cell(void **unused)
{
    (void)unused;
    assert_int_equal(city.cell_count, 3);
    assert_true(is_text(city.cells[1].code, "c2"));
    uint32_t street = city_unit_of_cell(&city, 1, 1);
    uint32_t district = city_unit_of_cell(&city, 1, 2);
    assert_true(is_text(city.units[street].code, "110108001"));
    assert_true(is_text(city.units[district].code, "110108"));
    assert_int_equal(city.units[district].number, 110108);
    assert_int_equal(city_unit_of_cell(&city, 1, 3), NONE32);
    expect_panic((void)city_unit_of_cell(&city, 3, 1));
}

static void test_local_dates(void **unused)
{
    (void)unused;
    /* 2026-03-02T16:00:00Z is midnight in Shanghai. */
    assert_int_equal(city_local_date(&city, INT64_C(1772467200000)), 20260303);
    assert_int_equal(city_local_date(&city, INT64_C(1772467200000) - 1), 20260302);
    assert_int_equal(city_local_date(&city, INT64_C(1709222399999) - 8 * HOUR_MS), 20240229);
    assert_int_equal(city_local_date(&city, -8 * HOUR_MS - 1), 19691231);
    assert_int_equal(city_local_date(&city, INT64_MIN), 101);
    assert_int_equal(city_local_date(&city, INT64_MAX), 99991231);
    assert_int_equal(city_local_ms(&city, 0), 8 * HOUR_MS);
}

/* The days of 400 years one after the other, counted by hand. */
static void test_dates_of_four_centuries(void **unused)
{
    (void)unused;
    static const uint32_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t year = 1970;
    uint32_t month = 1;
    uint32_t day = 1;
    for (int64_t number = 0; number < 146097; number++) {
        assert_int_equal(city_local_date(&city, number * DAY_MS - 8 * HOUR_MS),
                         year * 10000 + month * 100 + day);
        bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (++day > LENGTHS[month - 1] + (month == 2 && is_leap ? 1 : 0)) {
            day = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            year++;
        }
    }
    assert_int_equal(year, 2370);
}

static void test_nearest_asset(void **unused)
{
    (void)unused;
    uint32_t kind = NONE32;
    for (uint32_t i = 0; i < city.asset_kind_count; i++) {
        kind = is_text(city.asset_kinds[i], "litter_bin") ? i : kind;
    }
    uint32_t near_1 = city_find_asset(&city, kind, 1163051000, 399056000, 5000);
    uint32_t near_2 = city_find_asset(&city, kind, 1163059000, 399060000, 5000);
    assert_true(is_text(city.assets[near_1].code, "bin.1"));
    assert_true(is_text(city.assets[near_2].code, "bin.2"));
    assert_int_equal(city_find_asset(&city, kind, 1163200000, 399056000, 5000), NONE32);
    assert_int_equal(city_find_asset(&city, kind + 77, 1163051000, 399056000, 5000), NONE32);
    const struct city_asset *bin = &city.assets[near_1];
    assert_int_equal(city_find_asset(&city, kind, bin->lon, bin->lat, 0), near_1);
}

static uint64_t state = 8080;

static uint64_t next_random(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state);
}

/* Random assets around a point against a scan of all. */
static void test_nearest_asset_against_a_scan(void **unused)
{
    (void)unused;
    static struct city_asset assets[400];
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int round = 0; round < 200; round++) {
        int32_t lat = -900000000;
        for (uint32_t i = 0; i < COUNT_OF(assets);
             i++) { /* by (kind, lat): lat rises inside a kind */
            lat = i % 100 == 0 ? 600000000 : lat + (int32_t)(next_random() % 3000);
            int64_t lon = INT64_C(1799990000) + (int64_t)(next_random() % 20000);
            lon -= lon > LON_LIMIT ? INT64_C(3600000000) : 0; /* over the date line */
            assets[i] = (struct city_asset){.kind = i / 100, .lat = lat, .lon = (int32_t)lon};
        }
        struct city scan = {.assets = assets, .asset_count = COUNT_OF(assets)};
        uint32_t kind = (uint32_t)(next_random() % 5);
        struct place from = {(int32_t)(1799995000 + next_random() % 5000),
                             (int32_t)(600000000 + next_random() % 150000)};
        int64_t radius_cm = (int64_t)(next_random() % 20000);
        uint32_t nearest = NONE32;
        int64_t nearest_cm = radius_cm + 1;
        for (uint32_t i = 0; i < COUNT_OF(assets); i++) {
            int64_t cm = distance_cm(from, (struct place){assets[i].lon, assets[i].lat});
            if (assets[i].kind == kind && cm < nearest_cm) {
                nearest = i;
                nearest_cm = cm;
            }
        }
        assert_int_equal(city_find_asset(&scan, kind, from.lon, from.lat, radius_cm), nearest);
    }
}

/* Touches every row the way the core does; a must() or a read outside ends the test. */
static uint64_t use_city(const struct city *used)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < used->cell_count; i++) {
        for (uint32_t level = 1; level <= used->info->level_count; level++) {
            sum += city_unit_of_cell(used, i, level);
        }
        struct image_range persons = used->cells[i].persons;
        for (uint32_t j = 0; j < persons.count; j++) {
            struct image_string id = used->persons[used->cell_persons[persons.first + j]].id;
            sum += (uint8_t)city_text(used, id)[id.size - 1];
        }
    }
    for (uint32_t i = 0; i < used->device_count; i++) {
        const struct city_device *device = &used->devices[i];
        for (uint32_t j = 0; j < device->areas.count; j++) {
            sum += used->areas[used->device_areas[device->areas.first + j]].zone.size;
        }
        sum += device->asset == NONE32 ? 0 : used->assets[device->asset].kind;
    }
    for (uint32_t i = 0; i < used->calendar_count; i++) {
        struct clock_limit limit = {2, UNIT_WORK_DAY_END, 0};
        int64_t now_ms = INT64_C(1790000000000);
        sum += (uint64_t)calendar_deadline(used, i, limit, 0, now_ms);
        limit = (struct clock_limit){9 * HOUR_MS, UNIT_WORK_TIME, 0};
        sum += (uint64_t)calendar_deadline(used, i, limit, 0, now_ms);
        sum += (uint64_t)calendar_used(used, i, limit, now_ms, now_ms + 30 * DAY_MS);
    }
    for (uint32_t kind = 0; kind < used->asset_kind_count; kind++) {
        sum += city_find_asset(used, kind, 1163051000, 399056000, 100000);
    }
    sum += city_local_date(used, INT64_C(1790000000000));
    return sum + used->posts[used->info->command_post].persons.count;
}

#define FLIP_ROUNDS 30000

static void test_random_damage(void **unused)
{
    (void)unused;
    uint8_t *damaged = malloc(size);
    uint32_t refused = 0;
    uint64_t sum = 0;
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int round = 0; round < FLIP_ROUNDS; round++) {
        memcpy(damaged, bytes, size);
        uint64_t flips = 1 + next_random() % 4;
        for (uint64_t i = 0; i < flips; i++) {
            uint64_t at = next_random() % size;
            bool is_extreme = next_random() % 4 == 0;
            damaged[at] = is_extreme ? 0xff : (uint8_t)(damaged[at] ^ (1u << next_random() % 8));
        }
        struct city other;
        enum err err = city_open(damaged, size, &other);
        assert_true(err == ERR_OK || err == ERR_MALFORMED || err == ERR_VERSION);
        refused += err != ERR_OK ? 1 : 0;
        sum += err == ERR_OK ? use_city(&other) : 0;
    }
    print_message("# %u of %d refused, %llx\n", refused, FLIP_ROUNDS, (unsigned long long)sum);
    assert_in_range(refused, FLIP_ROUNDS / 10, FLIP_ROUNDS);
    free(damaged);
}

static void test_every_cut_is_refused(void **unused)
{
    (void)unused;
    struct city other;
    for (size_t cut = 0; cut < size; cut += 1 + cut / 50) {
        assert_int_equal(city_open(bytes, cut, &other), ERR_MALFORMED);
    }
}

/* A private copy with one row changed must be refused. */
#define assert_refused(tag, table, row, change)                                                    \
    do {                                                                                           \
        uint8_t *copy = malloc(size);                                                              \
        memcpy(copy, bytes, size);                                                                 \
        struct city other;                                                                         \
        assert_int_equal(city_open(copy, size, &other), ERR_OK);                                   \
        size_t offset = (size_t)((const uint8_t *)&other.table[row] - copy);                       \
        struct tag changed;                                                                        \
        memcpy(&changed, copy + offset, sizeof changed);                                           \
        changed.change;                                                                            \
        memcpy(copy + offset, &changed, sizeof changed);                                           \
        assert_int_equal(city_open(copy, size, &other), ERR_MALFORMED);                            \
        free(copy);                                                                                \
    } while (0)

static void test_each_wrong_row_is_refused(void **unused)
{
    (void)unused;
    assert_refused(city_info, info, 0, command_post = NONE32);
    assert_refused(city_info, info, 0, mode_default = 99);
    assert_refused(city_info, info, 0, lon_min = LON_LIMIT);
    assert_refused(city_info, info, 0, district_level = 3);
    assert_refused(city_transition, transitions, 0, at_ms = 0);
    assert_refused(city_transition, transitions, 0, offset_ms = DAY_MS);
    assert_refused(city_cell, cells, 0, code.offset = UINT32_MAX);
    assert_refused(city_cell, cells, 0, unit = 77);
    assert_refused(city_cell, cells, 0, persons.count = 1000);
    assert_refused(city_cell, cells, 1, code = city.cells[0].code);
    assert_refused(city_unit, units, 1, parent = 1);
    assert_refused(city_unit, units, 0, level = 0);
    assert_refused(city_area, areas, 0, zone.size = 0);
    assert_refused(city_department, departments, 0, calendar = 5);
    assert_refused(city_post, posts, 0, persons.first = 999);
    assert_refused(city_person, persons, 0, roles = UINT64_MAX);
    assert_refused(city_person, persons, 0, rights = 512);
    assert_refused(city_person, persons, 0, mode = 2);
    assert_refused(city_person, persons, 0, has_base = 2);
    assert_refused(city_person, persons, 0, id_hash = ((struct hash128){0, 0}));
    assert_refused(city_gateway, gateways, 0, kind = 6);
    assert_refused(city_device, devices, 0, zone = 3);
    assert_refused(city_device, devices, 0, areas.count = 9);
    assert_refused(city_asset, assets, 2, lat = -LAT_LIMIT - 1);
    assert_refused(city_asset, assets, 0, lat = 400000000); /* out of order */
    assert_refused(city_calendar, calendars, 0, valid_until_day = 0);
    assert_refused(city_interval, intervals, 0, end_minute = 0);
    assert_refused(city_interval, intervals, 0, end_minute = 900); /* into the next */
    assert_refused(city_exception, exceptions, 0, weekday = 7);
    assert_refused(city_exception, exceptions, 1, day = 0);
    assert_refused(city_class, classes, 0, handle.value = -1);
    assert_refused(city_class, classes, 0, handle.unit = 4);
    assert_refused(city_class, classes, 0, check = 3);
    assert_refused(city_mode, modes, 0, detour_permille = 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_above_a_cell),
        cmocka_unit_test(test_local_dates),
        cmocka_unit_test(test_dates_of_four_centuries),
        cmocka_unit_test(test_nearest_asset),
        cmocka_unit_test(test_nearest_asset_against_a_scan),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_each_wrong_row_is_refused),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_city", tests, setup_city,
                                       teardown_city);
}
