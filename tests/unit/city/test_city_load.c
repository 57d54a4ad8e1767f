/* test_city_load.c: a city directory read whole, and every way of spoiling it told by code and place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/city/calendars_today.h"
#include "engine/city/date.h"
#include "engine/city/image_write.h"
#include "engine/core/city.h"
#include "engine/core/distance.h"
#include "tests/unit/city/fixture.h"

static struct fixture fixture;
static struct city city;

static int setup(void **unused)
{
    (void)unused;
    fixture_open(&fixture);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fixture_close(&fixture);
    return 0;
}

static void load_well(void)
{
    enum err err = fixture_load(&fixture);
    if (err != ERR_OK) {
        print_error("%s", fixture.report);
    }
    assert_int_equal(err, ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
}

static bool is_text(struct image_string s, const char *expected)
{
    return s.size == strlen(expected) && memcmp(city_text(&city, s), expected, s.size) == 0;
}

static const struct city_person *person(const char *id)
{
    for (uint32_t i = 0; i < city.person_count; i++) {
        if (is_text(city.persons[i].id, id)) {
            return &city.persons[i];
        }
    }
    fail_msg("no person %s", id);
    return NULL;
}

static void test_a_good_city(void **unused)
{
    (void)unused;
    load_well();
    assert_int_equal(fixture.problems, 1); /* a note: who stands in where the duty desk is empty */
    assert_true(fixture_reported(
        &fixture,
        "note C040: post \"dept.sanitation.duty\" has nobody on duty in 80 hours of a week: "
        "Mon 06:00-08:00"));
    assert_true(fixture_reported(&fixture, "\"district.command\" stands in"));
    assert_true(is_text(city.info->name, "示例市"));
    assert_int_equal(city.info->city_code, 110108);
    assert_int_equal(city.info->district_level, 2);
    assert_true(is_text(city.posts[city.info->command_post].code, "district.command"));
    /* 500 m beyond the box. */
    struct place corner = {1162900000, 398900000};
    struct place west = {city.info->lon_min, corner.lat};
    assert_in_range((uintmax_t)distance_cm(corner, west), 49990, 50100);
    assert_true(city.info->lat_min < corner.lat);
    struct hash128 digest = image_digest(fixture.bytes, fixture.size);
    assert_true(hash128_is_equal(digest, city.image.digest));
}

static void test_hours_at_which_nobody_answers_are_told(void **unused)
{
    (void)unused;
    struct fixture thin;
    fixture_open(&thin);
    /* The commander keeps office hours too: Saturday noon is nobody's. */
    fixture_replace(&thin, "workers.csv", "dispatcher shift_chief,,,",
                    "dispatcher shift_chief,,,cal.office");
    assert_int_equal(fixture_load(&thin), ERR_OK);
    assert_true(fixture_reported(
        &thin, "warning C041: post \"district.command\" has nobody on duty, nor has its lead"));
    assert_true(fixture_reported(&thin, "Sat 00:00-24:00"));
    fixture_close(&thin);
}

/* The same files on three days: the load never knows, who looks does. */
static void test_calendars_that_have_ended_are_told_with_their_line(void **unused)
{
    (void)unused;
    static const struct {
        const char *day, *expected;
    } DAYS[] = {
        {"2029-11-01", ""},
        {"2029-12-20", "calendars.yaml:6: note C036: calendar \"cal.office\" ends on 2029-12-31"},
        {"2030-01-01", "calendars.yaml:9: warning C036: calendar \"shift.night\" ended on "
                       "2029-12-31: from then on 1 persons are on no shift"}};
    struct fixture whole;
    struct city it;
    fixture_open(&whole);
    assert_int_equal(fixture_load(&whole), ERR_OK);
    assert_int_equal(city_open(whole.bytes, whole.size, &it), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(DAYS); i++) {
        struct problems *problems = problems_new();
        char *text = NULL;
        size_t size = 0;
        int32_t day = 0;
        assert_true(date_parse(DAYS[i].day, &day));
        calendars_check_today(whole.copy.path, &it, day, problems);
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        problems_print(problems, out);
        assert_int_equal(fclose(out), 0);
        assert_int_equal(problems_count(problems), i == 0 ? 0 : it.calendar_count);
        if (strstr(text, DAYS[i].expected) == NULL) {
            fail_msg("%s: %s", DAYS[i].day, text);
        }
        free(text);
        problems_free(problems);
    }
    fixture_close(&whole);
}

static void test_persons(void **unused)
{
    (void)unused;
    load_well();
    const struct city_person *wang = person("wang.fang");
    assert_int_equal(wang->rights, RIGHT_WORKER);
    assert_int_equal(wang->capacity, 3);
    assert_true(is_text(city.cells[wang->home_cell].code, "c1"));
    assert_int_equal(wang->lon,
                     city.cells[wang->home_cell].lon); /* no base: inside the home cell */
    assert_true(is_text(city.modes[wang->mode].name, "walk"));
    const struct city_person *zhao = person("zhao.lei");
    assert_int_equal(zhao->rights, RIGHT_WORKER | RIGHT_INSPECTOR);
    assert_int_equal(zhao->lon, 1163105000);
    assert_int_equal(zhao->capacity, 1);
    assert_int_equal(zhao->has_base, 0);
    assert_true(is_text(city.calendars[zhao->shift].name, "shift.night"));
    assert_int_equal(__builtin_popcountll(zhao->roles), 2);
    assert_int_equal(zhao->roles & wang->roles, wang->roles);
    assert_int_equal(city.role_count, 3); /* each word once */
    const struct city_person *li = person("li.na");
    assert_int_equal(li->rights, RIGHT_DISPATCHER | RIGHT_SHIFT_CHIEF);
    assert_int_equal(li->capacity, 0);
    assert_int_equal(li->lon, PLACE_NONE);
    assert_int_equal(li->shift, NONE32);
    assert_int_equal(person("fire.1")->has_base, 1);
    /* c1 is wang's and zhao's. */
    assert_int_equal(city.cells[0].persons.count, 2);
    assert_int_equal(city.cells[2].persons.count, 1);
}

static void test_registry(void **unused)
{
    (void)unused;
    load_well();
    assert_int_equal(city.area_count, 3);
    assert_true(is_text(city.areas[0].zone, "np.0"));
    assert_true(is_text(city.areas[0].title, "np.0"));
    assert_true(is_text(city.areas[1].kind, "fire_lane"));
    const struct city_device *camera = &city.devices[0];
    assert_true(is_text(camera->id, "cam.1"));
    assert_true(is_text(city.cells[camera->cell].code, "c1"));
    assert_int_equal(camera->areas.count, 2); /* np.1 and sq.1 */
    assert_int_equal(camera->zone, 1);
    assert_true(is_text(city.assets[camera->asset].code, "bin.1"));
    const struct city_device *in_the_hole = &city.devices[1];
    assert_int_equal(in_the_hole->cell, NONE32);
    assert_true(is_text(city.assets[city.devices[2].asset].name, "hole.1"));
    assert_int_equal(city.gateways[0].is_trusted, 1);
    assert_int_equal(city.gateways[0].types.count, 2);
    assert_int_equal(city.gateways[0].kind, GATEWAY_CAMERA);
}

static void test_catalogue_and_calendars(void **unused)
{
    (void)unused;
    load_well();
    const struct city_class *hole = &city.classes[0];
    assert_true(is_text(hole->code, "C.02.05"));
    assert_int_equal(hole->handle.unit, UNIT_WORK_DAY_END);
    assert_int_equal(hole->handle.value, 2);
    assert_int_equal(hole->reopen_ms, 0);
    const struct city_class *bin = &city.classes[1];
    assert_int_equal(bin->handle.unit, UNIT_WORK_TIME);
    assert_int_equal(bin->handle.value, 4 * HOUR_MS);
    assert_int_equal(bin->check, CHECK_DEVICE);
    assert_int_equal(bin->reopen_ms, 72 * HOUR_MS);
    assert_int_equal(city.classes[2].reopen_ms, 24 * HOUR_MS);
    assert_int_equal(city.classes[3].handle.value, 0);
    const struct city_calendar *office = &city.calendars[0];
    assert_int_equal(office->intervals.count, 10);
    assert_int_equal(office->exceptions.count, 3);
    const struct city_exception *exceptions = &city.exceptions[office->exceptions.first];
    assert_int_equal(exceptions[1].day, exceptions[0].day + 1); /* sorted */
    assert_int_equal(exceptions[2].weekday, 4);
    const struct city_calendar *night = &city.calendars[1];
    const struct city_interval *spans = &city.intervals[night->intervals.first];
    assert_int_equal(night->intervals.count,
                     7); /* Monday 00-06 is Sunday's; ends on Sunday 24:00 */
    assert_int_equal(spans[0].start_minute, 0);
    assert_int_equal(spans[0].end_minute, 360);
    assert_int_equal(spans[1].end_minute - spans[1].start_minute, 480); /* joined over midnight */
    assert_int_equal(spans[6].end_minute, 10080);
}

static void test_equal_directories_give_equal_bytes(void **unused)
{
    (void)unused;
    load_well();
    struct fixture other;
    fixture_open(&other);
    assert_int_equal(fixture_load(&other), ERR_OK);
    assert_int_equal(other.size, fixture.size);
    assert_memory_equal(other.bytes, fixture.bytes, other.size);
    fixture_append(&other, "catalogue.csv", "E.99,末,,,,,,\n");
    assert_int_equal(fixture_load(&other), ERR_OK);
    assert_true(other.size != fixture.size || memcmp(other.bytes, fixture.bytes, other.size) != 0);
    fixture_close(&other);
}

static void test_optional_files_may_be_absent(void **unused)
{
    (void)unused;
    char command[SCRATCH_PATH_SIZE + 64];
    (void)snprintf(command, sizeof command,
                   "cd %s && rm -r areas gateways.csv devices.csv assets.csv", fixture.copy.path);
    fixture_run(command);
    load_well();
    assert_int_equal(city.area_count + city.device_count + city.gateway_count, 0);
}

static void test_windows_files(void **unused)
{
    (void)unused;
    fixture_write(&fixture, "units.csv",
                  "\xef\xbb\xbf"
                  "code,name,level,parent\r\n110108,\"示例,\r\n区\",district,\r\n"
                  "110108001,东街道,street,110108\r\n110108002,\"西\"\"街道\"\"\",1,110108");
    load_well();
    assert_true(is_text(city.units[0].name, "示例,\r\n区"));
    assert_true(is_text(city.units[2].name, "西\"街道\""));
}

static void test_gcj02_directory(void **unused)
{
    (void)unused;
    load_well();
    struct place before = {city.devices[0].lon, city.devices[0].lat};
    fixture_replace(&fixture, "city.yaml", "time_zone:", "crs: gcj02\n  time_zone:");
    load_well();
    struct place after = {city.devices[0].lon, city.devices[0].lat};
    assert_in_range((uintmax_t)distance_cm(before, after), 30000, 80000);
    /* Everything moved together. */
    assert_true(is_text(city.cells[city.devices[0].cell].code, "c1"));
    assert_true(city.info->lon_min < 1162850000);
}

/* One edit, one expected line. */
struct spoil {
    const char *file;
    const char *old; /* NULL: append fresh */
    const char *fresh;
    const char *report;
};

static const struct spoil SPOILS[] = {
    {"units.csv", "\xe7\xa4\xba", "\xff", "units.csv:2:8: error C002: byte 0xff is not UTF-8"},
    {"units.csv", NULL, "1\x01,x,1,\n", "units.csv:5:2: error C002: control character"},
    {"units.csv", NULL, "5,\"open,1,\n", "units.csv:5:3: error C003: the quote that opens here"},
    {"units.csv", NULL, "5,\"a\"b,1,\n", "units.csv:5:6: error C003: text after a closing quote"},
    {"units.csv", NULL, "5,a\"b\",1,\n", "units.csv:5:4: error C003: a quote inside a cell"},
    {"workers.csv", "skills", "skils",
     "workers.csv:1:23: error C004: unknown column \"skils\"; nearest: skills"},
    {"posts.csv", "name", "code", "posts.csv:1:6: error C006: column \"code\" stands twice"},
    {"posts.csv", "name", "code", "posts.csv:1: error C005: column \"name\" is missing"},
    {"posts.csv", NULL, "x,y\n", "posts.csv:5: error C007: 2 cells where the header names 4"},
    {"city.yaml", "name: ", "name: [", "city.yaml:3:10: error C008: not YAML"},
    {"city.yaml", "mode_default", "mode_defualt",
     "city.yaml:12:1: error C009: unknown key \"mode_defualt\"; nearest: mode_default"},
    {"city.yaml", "  time_zone: Asia/Shanghai\n", "",
     "city.yaml:2:3: error C010: key \"time_zone\" is missing"},
    {"city.yaml", "  name_en:", "  name:", "city.yaml:3:3: error C011: key \"name\" stands twice"},
    {"city.yaml", "[street, district]", "street", "city.yaml:6:11: error C012: should be a list"},
    {"departments.csv", NULL, ",空,,,,\n", "departments.csv:4:1: error C013: may not be empty"},
    {"gateways.csv", ",camera,", ",,", "gateways.csv:2:14: error C013: may not be empty"},
    {"departments.csv", NULL, "a b,空,,,,\n", "departments.csv:4:1: error C014: \"a b\" should be"},
    {"departments.csv", NULL, "dept.traffic,空,,,,\n",
     "departments.csv:4:1: error C015: \"dept.traffic\" stands twice, first in line 3"},
    {"gateways.csv", NULL, "li.na,x,camera,true,,\n",
     "gateways.csv:4:1: error C015: \"li.na\" is the id of a worker too"},
    {"posts.csv", "wang.fang zhao.lei", "wang.fang wang.fang",
     "error C015: \"wang.fang\" stands twice in the list"},
    {"cells.geojson", "\"code\": \"c3\"", "\"code\": \"c1\"",
     "cells.geojson: error C015: feature 3 (code c1): the same id as in cells.geojson, feature 2"},
    {"workers.csv", ",3,c1", ",-3,c1",
     "error C016: \"-3\" should be a whole number from 0 to 1000"},
    {"city.yaml", "detour: 1.3", "detour: 0.3",
     "city.yaml:10:32: error C016: \"0.3\" should be a number from 1 to 100"},
    {"city.yaml", "[116.29, 116.33]", "[116.33, 116.29]",
     "city.yaml:7:12: error C016: the first number should be below the second"},
    {"gateways.csv", "hotline", "hotlin",
     "error C017: \"hotlin\" should be sensor, camera, hotline, department or patrol"},
    {"workers.csv", "worker inspector", "worker inspektor",
     "error C017: \"inspektor\" is no right; nearest: inspector"},
    {"units.csv", "street,", "stret,", "error C017: \"stret\" should be one of the 2 levels"},
    {"devices.csv", "bin.1", "bin.7",
     "devices.csv:2:29: error C018: \"bin.7\" is not in assets.csv"},
    {"workers.csv", "shift.night", "shift.nigth",
     "error C018: \"shift.nigth\" is not in calendars.yaml; nearest: shift.night"},
    {"city.yaml", "supervision: district.supervision", "supervision: district.supervison",
     "city.yaml:8:49: error C018: \"district.supervison\" is not in posts.csv; nearest: "
     "district.supervision"},
    {"cells.geojson", "\"unit\": 110108001", "\"unit\": 110108009",
     "feature 1 (code c2): unit \"110108009\" is not in units.csv; nearest: 110108001"},
    {"assets.csv", "116.3060", "216.3060", "error C019: \"216.3060\" should be a longitude"},
    {"assets.csv", "116.3060", "1e2", "error C019: \"1e2\" should be a longitude"},
    {"assets.csv", "116.3060,39.9061", "116.3060,",
     "assets.csv:2:33: error C019: longitude and latitude are both needed"},
    {"workers.csv", "116.318,39.908,true", ",,true", "error C019: a base needs lon and lat"},
    {"cells.geojson", "[116.31, 39.90]", "[39.90, 116.31]",
     "feature 1 (code c2): [39.9, 116.31] is not [longitude, latitude]; are the two swapped?"},
    {"cells.geojson", "]}", "]", "cells.geojson:5:2: error C021: not JSON"},
    {"cells.geojson", "FeatureCollection", "Collection",
     "cells.geojson:1:1: error C022: should be a FeatureCollection"},
    {"cells.geojson", "\"Polygon\"", "\"Point\"",
     "error C022: feature 1 (code c2): the geometry is Point; it should be Polygon or "
     "MultiPolygon"},
    {"areas/squares.geojson", "\"zone\": \"sq.1\", ", "",
     "areas/squares.geojson: error C023: feature 1: property \"zone\" is missing"},
    {"cells.geojson", "\"c2\"", "true",
     "error C023: feature 1: property \"code\" should be a text or a whole number"},
    {"cells.geojson", "[116.31, 39.91], [116.31, 39.90]]", "[116.31, 39.91]]",
     "error C024: feature 1 (code c2): a ring is not closed: it starts at [116.3100000, "
     "39.9000000] "
     "and ends at [116.3100000, 39.9100000]"},
    {"cells.geojson",
     "[[116.30, 39.90], [116.31, 39.90], [116.31, 39.91], [116.30, 39.91], [116.30, "
     "39.90]]",
     "[[116.30, 39.90], [116.31, 39.91], [116.31, 39.90], [116.30, 39.91], [116.30, 39.90]]",
     "error C025: feature 2 (code c1): not a proper polygon: Self-intersection at [116.3050000, "
     "39.9050000]"},
    {"city.yaml", "Asia/Shanghai", "Asia/Shangai",
     "city.yaml:5:14: error C027: time zone \"Asia/Shangai\" is not in the system's zoneinfo"},
    {"units.csv", "110108001,东街道,street,110108", "110108001,东街道,street,110108002",
     "units.csv:3:22: error C028: \"110108002\" is of level 1, not above level 1"},
    {"catalogue.csv", "4wh", "4whs", "error C030: \"4whs\" should be a duration"},
    {"catalogue.csv", "4wh", "0h", "error C030: a limit of zero"},
    {"catalogue.csv", "0h", "4wh", "error C030: a reopen window runs on continuously"},
    {"calendars.yaml", "08:00-12:00", "08:00-25:00", "calendars.yaml:3:21: error C031"},
    {"calendars.yaml", "14:00-18:00", "11:00-18:00", "error C031: hours overlap on mon at 11:00"},
    {"calendars.yaml", "mon-fri", "mon-fry", "calendars.yaml:3:12: error C031: \"mon-fry\""},
    {"calendars.yaml", "sun:", "fri:", "error C032: fri is named twice in the week"},
    {"calendars.yaml", "2026-10-02", "2026-02-29",
     "calendars.yaml:4:16: error C032: \"2026-02-29\" should be a date that exists"},
    {"calendars.yaml", "2026-10-02", "2026-10-01", "error C032: this day stands twice"},
    {"calendars.yaml", "2026-10-10: fri", "2026-10-01: fri",
     "error C032: this day is a holiday or a make-up day already"},
    {"calendars.yaml", "2030-01-01", "2024-01-01", "calendars.yaml:6:12: error C033"},
    {"calendars.yaml", "2026-10-02", "2031-10-02",
     "calendars.yaml:4:16: error C035: holiday 2031-10-02 lies outside"},
    {"calendars.yaml", "{2026-10-10", "{2024-10-10",
     "calendars.yaml:5:14: error C035: make-up day 2024-10-10 lies outside"},
    {"calendars.yaml", "10: fri", "10: sat",
     "calendars.yaml:5:26: error C035: make-up day 2026-10-10 works like a sat"},
    {"calendars.yaml", "{mon-fri: \"08:00-12:00,14:00-18:00\"}", "{}",
     "calendars.yaml:3:11: error C035: no hour of the week"},
    {"catalogue.csv", "4wh", "20000wh",
     "error C035: class \"E.01.02\": its limit does not end before calendar \"cal.office\" does on "
     "2029-12-31"},
};

static void test_every_problem_has_its_code_and_place(void **unused)
{
    (void)unused;
    uint32_t missing = 0;
    for (size_t i = 0; i < COUNT_OF(SPOILS); i++) {
        const struct spoil *spoil = &SPOILS[i];
        struct fixture spoilt;
        fixture_open(&spoilt);
        if (spoil->old == NULL) {
            fixture_append(&spoilt, spoil->file, spoil->fresh);
        } else {
            fixture_replace(&spoilt, spoil->file, spoil->old, spoil->fresh);
        }
        assert_int_equal(fixture_load(&spoilt), ERR_INPUT);
        missing += fixture_reported(&spoilt, spoil->report) ? 0 : 1;
        fixture_close(&spoilt);
    }
    assert_int_equal(missing, 0);
}

static void test_all_problems_of_all_files(void **unused)
{
    (void)unused;
    fixture_append(&fixture, "units.csv", "7,x,9,\n8,x,8,\n");
    fixture_append(&fixture, "posts.csv", "p,x,dept.x,nobody li.na\n");
    fixture_replace(&fixture, "calendars.yaml", "fri}", "never}");
    fixture_replace(&fixture, "areas/parking.geojson", "Polygon", "Line");
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_true(fixture_reported(&fixture, "units.csv:5:5: error C017"));
    assert_true(fixture_reported(&fixture, "units.csv:6:5: error C017"));
    assert_true(fixture_reported(&fixture, "posts.csv:5:5: error C018"));
    assert_true(
        fixture_reported(&fixture, "posts.csv:5:12: error C018: \"nobody\" is not in workers.csv"));
    assert_true(fixture_reported(&fixture, "calendars.yaml:5:26: error C032"));
    assert_true(fixture_reported(&fixture, "areas/parking.geojson: error C022"));
}

static void test_one_problem_is_told_once(void **unused)
{
    (void)unused;
    /* A cell that is left out for its own problem is not reported again by those who name it. */
    fixture_replace(&fixture, "cells.geojson", "[[116.30, 39.90], [116.31, 39.90]",
                    "[[116.30, 39.90]");
    fixture_replace(&fixture, "cells.geojson", "39.91], [116.30, 39.90]]", "39.91]]");
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_true(fixture_reported(&fixture, "cells.geojson: error C024: feature 2 (code c1)"));
    assert_int_equal(fixture.problems, 1);
}

static void test_an_empty_directory(void **unused)
{
    (void)unused;
    char command[SCRATCH_PATH_SIZE + 64];
    (void)snprintf(command, sizeof command, "rm -r %s/*", fixture.copy.path);
    fixture_run(command);
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_true(fixture_reported(&fixture, "city.yaml: error C001: cannot be read: No such file"));
    assert_true(fixture_reported(&fixture, "catalogue.csv: error C001"));
    assert_int_equal(fixture.errors, 7);
}

static void test_empty_files(void **unused)
{
    (void)unused;
    static const char *const FILES[] = {"city.yaml",     "cells.geojson", "departments.csv",
                                        "posts.csv",     "workers.csv",   "gateways.csv",
                                        "devices.csv",   "assets.csv",    "calendars.yaml",
                                        "catalogue.csv", "units.csv"};
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        fixture_write(&fixture, FILES[i], "");
    }
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_true(fixture.errors >= (int)COUNT_OF(FILES));
}

static void test_overlap_is_a_warning_with_its_area(void **unused)
{
    (void)unused;
    /* c1 grows a strip of 0.001 x 0.01 degrees into c2: 85.4 m x 1,111.9 m. */
    fixture_replace(&fixture, "cells.geojson", "[[116.30, 39.90], [116.31, 39.90], [116.31, 39.91]",
                    "[[116.30, 39.90], [116.311, 39.90], [116.311, 39.91]");
    load_well();
    assert_true(fixture_reported(&fixture,
                                 "cells.geojson: warning C026: feature 2 (code c1): overlaps cell "
                                 "\"c2\" by 94"));
}

static void test_outside_the_box_is_a_warning(void **unused)
{
    (void)unused;
    fixture_replace(&fixture, "city.yaml", "[116.29, 116.33]", "[116.29, 116.31]");
    fixture_replace(&fixture, "devices.csv", "116.306,", "116.406,");
    load_well();
    assert_true(fixture_reported(&fixture,
                                 "cells.geojson: warning C020: feature 1 (code c2): reaches "
                                 "out of the box of city.yaml at [116.3200000, 39.9000000]"));
    assert_true(fixture_reported(&fixture, "devices.csv:2:14: warning C020"));
}

static void test_a_district_without_number(void **unused)
{
    (void)unused;
    fixture_append(&fixture, "units.csv", "north,北,district,\n");
    load_well();
    assert_true(fixture_reported(&fixture, "units.csv:5:1: warning C034: \"north\" is no number"));
}

static void test_too_many_roles(void **unused)
{
    (void)unused;
    char row[1024] = "many,x,,";
    for (int i = 0; i < 65; i++) {
        char word[16];
        (void)snprintf(word, sizeof word, "role%02d ", i);
        strcat(row, word);
    }
    strcat(row, ",,,,,,,,,,,,\n");
    fixture_append(&fixture, "workers.csv", row);
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_true(fixture_reported(&fixture, "workers.csv:6:9: error C029"));
}

static uint64_t state = 1128;

static uint64_t next_random(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state);
}

/* Files with bytes changed at random: refused or loaded, never a crash; a loaded one opens. */
static void test_random_damage(void **unused)
{
    (void)unused;
    static const char *const FILES[] = {"city.yaml",     "cells.geojson", "departments.csv",
                                        "posts.csv",     "workers.csv",   "gateways.csv",
                                        "devices.csv",   "assets.csv",    "calendars.yaml",
                                        "catalogue.csv", "units.csv",     "areas/parking.geojson"};
    static const char GLYPHS[] = ",\"\n:[]{}- 0123456789.aZ#&*|>'%@!";
    print_message("# seed %llu\n", (unsigned long long)state);
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
        const char *name = FILES[next_random() % COUNT_OF(FILES)];
        static char text[8192];
        FILE *file = fixture_file(&fixture, name, "rb");
        size_t size = fread(text, 1, sizeof text, file);
        (void)fclose(file);
        char *kept = malloc(size);
        memcpy(kept, text, size);
        for (uint64_t i = 1 + next_random() % 3; i > 0; i--) {
            text[next_random() % size] = GLYPHS[next_random() % (sizeof GLYPHS - 1)];
        }
        file = fixture_file(&fixture, name, "wb");
        must(fwrite(text, 1, size, file) == size);
        (void)fclose(file);
        enum err err = fixture_load(&fixture);
        assert_true(err == ERR_OK || err == ERR_INPUT);
        assert_int_equal(err == ERR_INPUT, fixture.errors > 0);
        refused += err == ERR_INPUT ? 1 : 0;
        file = fixture_file(&fixture, name, "wb");
        must(fwrite(kept, 1, size, file) == size);
        (void)fclose(file);
        free(kept);
    }
    print_message("# %d of 2000 refused\n", refused);
    assert_in_range(refused, 500, 2000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_good_city),
        TEST(test_hours_at_which_nobody_answers_are_told),
        TEST(test_calendars_that_have_ended_are_told_with_their_line),
        TEST(test_persons),
        TEST(test_registry),
        TEST(test_catalogue_and_calendars),
        TEST(test_equal_directories_give_equal_bytes),
        TEST(test_optional_files_may_be_absent),
        TEST(test_windows_files),
        TEST(test_gcj02_directory),
        TEST(test_every_problem_has_its_code_and_place),
        TEST(test_all_problems_of_all_files),
        TEST(test_one_problem_is_told_once),
        TEST(test_an_empty_directory),
        TEST(test_empty_files),
        TEST(test_overlap_is_a_warning_with_its_area),
        TEST(test_outside_the_box_is_a_warning),
        TEST(test_a_district_without_number),
        TEST(test_too_many_roles),
        TEST(test_random_damage),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_city_load", tests, NULL, NULL);
}
