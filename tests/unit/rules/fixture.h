/* fixture.h: a small city image, rule directories and events for tests of rules. Made by hand, so that a test of rules does
 * not need the city loader. Everything is inline: each test is one translation unit. */
#ifndef TESTS_UNIT_RULES_FIXTURE_H
#define TESTS_UNIT_RULES_FIXTURE_H

#include "engine/city/image_write.h"
#include "engine/city/problems.h"
#include "engine/core/city.h"
#include "engine/core/command.h"
#include "engine/core/policy.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

/* A city with every name that the shipped pack uses and three polygons per area name. */
struct fixture_city {
    void *bytes;
    size_t size;
    struct city city;
};

#define FIXTURE_ROWS_MAX 64

static inline struct image_string fixture_text(struct image_writer *writer, const char *text)
{
    return image_writer_string(writer, text, strlen(text));
}

static inline uint32_t fixture_names(struct image_writer *writer, uint32_t section,
                                     const char *const *names)
{
    struct image_string rows[FIXTURE_ROWS_MAX];
    uint32_t count = 0;
    for (; names[count] != NULL; count++) {
        rows[count] = fixture_text(writer, names[count]);
    }
    image_writer_section(writer, section, sizeof rows[0], rows, count);
    return count;
}

static inline void fixture_departments(struct image_writer *writer)
{
    static const char *const NAMES[] = {"sanitation", "traffic", "public_security",
                                        "municipal",  "gas",     "law_enforcement",
                                        "ecology"};
    static const char *const POSTS[] = {"district.command", "city.command", "fire.119",
                                        "centre.supervision", "district.desk"};
    struct city_department departments[COUNT_OF(NAMES)];
    struct city_post posts[2 * COUNT_OF(NAMES) + COUNT_OF(POSTS)];
    memset(departments, 0, sizeof departments);
    memset(posts, 0, sizeof posts);
    char text[64];
    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) {
        (void)snprintf(text, sizeof text, "dept.%s", NAMES[i]);
        departments[i].code = fixture_text(writer, text);
        departments[i].duty_post = 2 * i;
        departments[i].lead_post = 2 * i + 1;
        (void)snprintf(text, sizeof text, "dept.%s.duty", NAMES[i]);
        posts[2 * i].code = fixture_text(writer, text);
        (void)snprintf(text, sizeof text, "dept.%s.lead", NAMES[i]);
        posts[2 * i + 1].code = fixture_text(writer, text);
        posts[2 * i].department = posts[2 * i + 1].department = i;
    }
    for (uint32_t i = 0; i < COUNT_OF(POSTS); i++) {
        posts[2 * COUNT_OF(NAMES) + i].code = fixture_text(writer, POSTS[i]);
        posts[2 * COUNT_OF(NAMES) + i].department = NONE32;
    }
    image_writer_section(writer, CITY_DEPARTMENTS, sizeof departments[0], departments,
                         COUNT_OF(departments));
    image_writer_section(writer, CITY_POSTS, sizeof posts[0], posts, COUNT_OF(posts));
}

static inline void fixture_calendars(struct image_writer *writer)
{
    /* Local time is UTC here. Name, first and last minute of every day; the end may be the next day. */
    static const struct {
        const char *name;
        uint16_t start, end;
    } ROWS[] = {{"cal.urban_daytime", 360, 1320},  {"cal.traffic_control", 420, 1200},
                {"cal.night", 1320, 360},          {"cal.office", 480, 1080},
                {"cal.holiday_relaxed", 600, 660}, {"shift.day", 420, 900},
                {"shift.evening", 900, 1380},      {"shift.night", 1380, 420}};
    struct city_calendar calendars[COUNT_OF(ROWS)];
    struct city_interval intervals[COUNT_OF(ROWS) * 15];
    memset(calendars, 0, sizeof calendars);
    uint32_t count = 0;
    for (uint32_t i = 0; i < COUNT_OF(ROWS); i++) {
        calendars[i].name = fixture_text(writer, ROWS[i].name);
        calendars[i].valid_until_day = 40000;
        calendars[i].intervals.first = count;
        bool is_split = ROWS[i].end <= ROWS[i].start;
        if (is_split) {
            intervals[count++] = (struct city_interval){0, ROWS[i].end};
        }
        for (uint32_t day = 0; day < 7; day++) {
            uint16_t start = (uint16_t)(day * 1440 + ROWS[i].start);
            uint32_t end = day * 1440 + ROWS[i].end + (is_split ? 1440u : 0u);
            intervals[count++] =
                (struct city_interval){start, (uint16_t)(end > 10080 ? 10080 : end)};
        }
        calendars[i].intervals.count = count - calendars[i].intervals.first;
    }
    image_writer_section(writer, CITY_CALENDARS, sizeof calendars[0], calendars,
                         COUNT_OF(calendars));
    image_writer_section(writer, CITY_INTERVALS, sizeof intervals[0], intervals, count);
}

static inline void fixture_areas(struct image_writer *writer)
{
    static const char *const NAMES[] = {"area.no_parking", "area.loading_bay", "area.square",
                                        "area.station",    "area.school_gate", "area.vending_ban"};
    struct city_area areas[COUNT_OF(NAMES) * 3];
    memset(areas, 0, sizeof areas);
    char text[64];
    for (uint32_t i = 0; i < COUNT_OF(areas); i++) {
        areas[i].name = fixture_text(writer, NAMES[i / 3]);
        (void)snprintf(text, sizeof text, "zone-%u", i);
        areas[i].zone = fixture_text(writer, text);
    }
    image_writer_section(writer, CITY_AREAS, sizeof areas[0], areas, COUNT_OF(areas));
}

static inline void fixture_classes(struct image_writer *writer)
{
    static const char *const CODES[] = {
        "C.01.01", "C.01.02", "C.01.03", "C.01.04", "C.02.01", "C.02.02", "E.01.02",
        "E.01.03", "E.01.04", "E.01.05", "E.02.01", "E.02.02", "E.02.03", "E.02.04",
        "E.03.01", "E.03.02", "E.03.03", "E.03.04", "E.03.05", "E.03.06", "E.04.01",
        "E.04.02", "E.05.01", "E.05.02", "E.05.03", "E.05.04", "E.05.05"};
    struct city_class classes[COUNT_OF(CODES)];
    memset(classes, 0, sizeof classes);
    for (uint32_t i = 0; i < COUNT_OF(CODES); i++) {
        classes[i].code = fixture_text(writer, CODES[i]);
        classes[i].handle.value = 4 * HOUR_MS;
        classes[i].department = NONE32;
    }
    image_writer_section(writer, CITY_CLASSES, sizeof classes[0], classes, COUNT_OF(classes));
}

static inline void fixture_city_init(struct fixture_city *fixture)
{
    static const char *const ROLES[] = {"grid_worker",     "city_officer",  "community_worker",
                                        "traffic_officer", "patrol_police", "gas_crew",
                                        "repair_crew",     "inspector",     NULL};
    static const char *const SKILLS[] = {
        "sanitation", "parking", "gas_emergency", "manhole", "electric", "first_aid", NULL};
    static const char *const KINDS[] = {"gas_sensor",  "hydrant", "litter_bin", "manhole",
                                        "street_lamp", "tree",    "valve",      NULL};
    struct image_writer *writer = image_writer_new(IMAGE_CITY);
    assert_non_null(writer);
    struct city_info info;
    memset(&info, 0, sizeof info);
    info.name = fixture_text(writer, "Test city");
    info.lon_max = info.lat_max = 10000000;
    info.level_count = 2;
    info.district_level = 2;
    info.command_post = 14;
    info.supervision_post = 17;
    info.desk_post = 18;
    info.position_ms = info.ruling_ms = HOUR_MS;
    image_writer_section(writer, CITY_INFO, sizeof info, &info, 1);
    struct city_transition transition = {INT64_MIN, 0};
    image_writer_section(writer, CITY_TRANSITIONS, sizeof transition, &transition, 1);
    struct city_mode mode = {fixture_text(writer, "walk"), 1400, 1300};
    image_writer_section(writer, CITY_MODES, sizeof mode, &mode, 1);
    (void)fixture_names(writer, CITY_ROLES, ROLES);
    (void)fixture_names(writer, CITY_SKILLS, SKILLS);
    (void)fixture_names(writer, CITY_ASSET_KINDS, KINDS);
    fixture_departments(writer);
    fixture_calendars(writer);
    fixture_areas(writer);
    fixture_classes(writer);
    assert_int_equal(image_writer_finish(writer, &fixture->bytes, &fixture->size), ERR_OK);
    image_writer_free(writer);
    assert_int_equal(city_open(fixture->bytes, fixture->size, &fixture->city), ERR_OK);
}

static inline void fixture_city_fini(struct fixture_city *fixture)
{
    free(fixture->bytes);
}

/* A new directory with one file rules.yaml of that text. */
static inline void fixture_directory_init(struct scratch *directory, const char *text)
{
    char path[SCRATCH_PATH_SIZE + 16];
    assert_int_equal(scratch_make_directory(directory, "rules"), ERR_OK);
    (void)snprintf(path, sizeof path, "%s/rules.yaml", directory->path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* An event under construction: fields are kept sorted by row. */
struct fixture_event {
    struct event_head head;
    struct event_field fields[EVENT_FIELDS_MAX];
    char text[EVENT_FIELDS_MAX * EVENT_STRING_MAX];
    uint32_t text_bytes;
    struct event event;
};

static inline void fixture_event_init(struct fixture_event *event, uint32_t type)
{
    memset(event, 0, sizeof *event);
    event->head.type = (uint16_t)type;
    event->head.place = place_none();
    event->head.device = event->head.cell = event->head.asset = event->head.zone = NONE32;
    event->event = (struct event){
        .head = &event->head, .fields = event->fields, .text = event->text, .free_text = ""};
}

static inline void fixture_event_add(struct fixture_event *event, struct event_field field)
{
    uint32_t at = event->head.field_count;
    assert_true(at < EVENT_FIELDS_MAX);
    while (at > 0 && event->fields[at - 1].field > field.field) {
        event->fields[at] = event->fields[at - 1];
        at--;
    }
    event->fields[at] = field;
    event->head.field_count++;
}

static inline void fixture_event_add_number(struct fixture_event *event, uint32_t field,
                                            int64_t millionths)
{
    fixture_event_add(
        event, (struct event_field){(uint16_t)field, FIELD_NUMBER, 0, 0, (uint64_t)millionths, 0});
}

static inline void fixture_event_add_flag(struct fixture_event *event, uint32_t field, bool value)
{
    fixture_event_add(event, (struct event_field){(uint16_t)field, FIELD_BOOL, 0, 0, value, 0});
}

static inline void fixture_event_add_text(struct fixture_event *event, uint32_t field,
                                          const char *text)
{
    size_t size = strlen(text);
    assert_true(size <= EVENT_STRING_MAX);
    XXH128_hash_t hash = XXH3_128bits(text, size);
    memcpy(event->text + event->text_bytes, text, size);
    fixture_event_add(event, (struct event_field){(uint16_t)field, FIELD_STRING, (uint8_t)size,
                                                  event->text_bytes, hash.high64, hash.low64});
    event->text_bytes += (uint32_t)size;
}

/* splitmix64 */
static inline uint64_t fixture_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

#endif
