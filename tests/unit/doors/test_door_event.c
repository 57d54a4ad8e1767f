/* test_door_event.c: records of strangers become events by a map; what is wrong is named with its field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/core/base.h"
#include "engine/doors/door_csv.h"
#include "engine/doors/door_event.h"
#include "sim/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct outcome {
    struct door_map *map;
    struct door_events events;
    struct problems *problems;
    char *said; /* problems as JSON */
};

static struct door_map *map_of(const char *text, struct problems *problems)
{
    struct scratch scratch;
    assert_int_equal(scratch_make_file(&scratch, "map"), ERR_OK);
    FILE *file = fopen(scratch.path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    struct door_map *map = door_map_read(problems, scratch.path);
    scratch_remove(&scratch);
    return map;
}

static struct outcome apply(struct door_map *map, struct problems *problems, const char *json)
{
    struct outcome outcome = {.map = map, .problems = problems};
    door_events_init(&outcome.events);
    if (map == NULL) {
        problems_print(problems, stderr);
    }
    assert_non_null(map);
    (void)door_events_map_text(&outcome.events, map, problems, (struct door_origin){"in", 1}, json,
                               strlen(json));
    outcome.said = problems_to_json(problems);
    return outcome;
}

static struct outcome shipped(const char *map, const char *json)
{
    struct problems *problems = problems_new();
    return apply(door_map_read(problems, map), problems, json);
}

static struct outcome own(const char *map, const char *json)
{
    struct problems *problems = problems_new();
    return apply(map_of(map, problems), problems, json);
}

static void finish(struct outcome *outcome)
{
    free(outcome->said);
    door_events_fini(&outcome->events);
    door_map_free(outcome->map);
    problems_free(outcome->problems);
}

static const struct gridloop_field *field_of(const struct gridloop_event *event, const char *name)
{
    for (size_t i = 0; i < event->field_count; i++) {
        if (strcmp(event->fields[i].name, name) == 0) {
            return &event->fields[i];
        }
    }
    fail_msg("no field %s", name);
    return NULL;
}

static void test_door_map_all_shipped_maps_are_read(void **state)
{
    static const char *const NAMES[] = {"12345", "camera-ai", "event-notify", "gat1400",
                                        "hj212", "mqtt",      "cloudevents",  "plain"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct problems *problems = problems_new();
        struct door_map *map = door_map_read(problems, NAMES[i]);
        assert_non_null(map);
        assert_string_equal(door_map_rules(map)->name, NAMES[i]);
        door_map_free(map);
        problems_free(problems);
    }
}

static void test_door_event_push_of_a_camera_platform(void **state)
{
    (void)state;
    struct outcome got = shipped(
        "camera-ai", "{\"alarmId\": \"a1\", \"alarmType\": \"暴露垃圾\", \"cameraId\": \"C-1\","
                     " \"alarmTime\": \"2026-03-03 08:20:00\", \"score\": \"0.9\","
                     " \"lng\": 116.31, \"lat\": 40.03}");
    assert_int_equal(got.events.count, 1);
    const struct gridloop_event *event = &got.events.rows[0].event;
    assert_string_equal(event->id, "a1");
    assert_string_equal(event->type, "camera.garbage_overflow");
    assert_string_equal(event->device, "C-1");
    assert_int_equal(event->at_ms, INT64_C(1772497200000)); /* 08:20 in Beijing is 00:20 UTC */
    assert_true(field_of(event, "confidence")->number > 0.89);
    /* gcj02 there is some 500 m off. */
    assert_true(fabs(event->lon - 116.31) > 0.003 && fabs(event->lon - 116.31) < 0.01);
    finish(&got);
}

static void test_door_event_gat1400_list_in_a_list(void **state)
{
    (void)state;
    struct outcome got = shipped(
        "gat1400",
        "{\"SubscribeNotificationListObject\": {\"SubscribeNotificationObject\": ["
        "{\"MotorVehicleObjectList\": {\"MotorVehicleObject\": ["
        "{\"MotorVehicleID\": \"m1\", \"DeviceID\": \"C-1\", \"PassTime\": \"20260303082000\", \"Speed\": 0},"
        "{\"MotorVehicleID\": \"m2\", \"DeviceID\": \"C-1\", \"PassTime\": \"20260303082000\", \"Speed\": 40}]}},"
        "{\"FaceObjectList\": {}},"
        "{\"MotorVehicleObjectList\": {\"MotorVehicleObject\": ["
        "{\"MotorVehicleID\": \"m3\", \"DeviceID\": \"C-2\", \"PassTime\": \"20260303082001\", \"Speed\": 0.0}]}}]}}");
    assert_int_equal(got.events.count, 2);
    assert_int_equal(got.events.refused, 0);
    assert_string_equal(got.events.rows[1].event.id, "m3");
    assert_string_equal(got.events.rows[1].event.device, "C-2");
    assert_int_equal(got.events.rows[1].event.at_ms, INT64_C(1772497201000));
    finish(&got);
}

static void test_door_event_missing_field_is_named(void **state)
{
    (void)state;
    struct outcome got = shipped(
        "event-notify",
        "{\"params\": {\"events\": [{\"eventId\": \"e\", \"eventType\": 131592, \"cam\": 1}]}}");
    assert_int_equal(got.events.count, 0);
    assert_int_equal(got.events.refused, 1);
    assert_non_null(strstr(got.said, "D010"));
    assert_non_null(strstr(got.said, "srcIndex"));
    assert_non_null(strstr(got.said, "eventId, eventType, cam"));
    finish(&got);
}

static void test_door_event_good_members_go_on_beside_a_bad_one(void **state)
{
    (void)state;
    struct outcome got = own(
        "map: 1\neach: .\nid: id\nevents:\n- type: a.b\n  fields: {n: {from: n, number: true}}\n",
        "[{\"id\": 1, \"n\": 2}, {\"id\": 2, \"n\": \"x\"}, {\"id\": 3}]");
    assert_int_equal(got.events.count, 2);
    assert_int_equal(got.events.refused, 1);
    assert_int_equal(got.events.rows[1].member, 2);
    assert_non_null(strstr(got.said, "D011"));
    finish(&got);
}

static void test_door_event_units_words_and_conditions(void **state)
{
    (void)state;
    struct outcome got =
        own("map: 1\nevents:\n"
            "- type: x.closed\n  when: {s: [\"!open\", \"*\"], k: [\"a*\"]}\n"
            "- type: {from: t, prefix: \"x.\", slug: true}\n"
            "  fields:\n"
            "    c: {from: f, factor: 0.5, offset: -10}\n"
            "    w: {from: s, words: {open: 开, \"clo*\": 关}, otherwise: 其他}\n"
            "    b: {from: b, flag: true}\n"
            "    j: {from: [t, k], join: \"/\"}\n",
            "{\"s\": \"open\", \"k\": \"abc\", \"t\": \"Big Fire!\", \"f\": 40, \"b\": \"是\"}");
    assert_int_equal(got.events.count, 1);
    const struct gridloop_event *event = &got.events.rows[0].event;
    assert_string_equal(event->type, "x.big_fire");
    assert_true(field_of(event, "c")->number == 10.0);
    assert_string_equal(field_of(event, "w")->text, "开");
    assert_true(field_of(event, "b")->flag);
    assert_string_equal(field_of(event, "j")->text, "Big Fire!/abc");
    assert_null(event->id); /* neither id nor time: every time it comes it is news */
    finish(&got);
}

static void test_door_event_without_id_has_a_digest(void **state)
{
    static const char MAP[] = "map: 1\nat: {from: t}\nevents:\n- type: a.b\n";
    (void)state;
    struct outcome one = own(MAP, "{\"t\": 1772497200, \"v\": 1}");
    struct outcome same = own(MAP, "{\"v\": 1, \"t\": 1772497200}");
    struct outcome other = own(MAP, "{\"t\": 1772497200, \"v\": 2}");
    assert_string_equal(one.events.rows[0].event.id, same.events.rows[0].event.id);
    assert_string_not_equal(one.events.rows[0].event.id, other.events.rows[0].event.id);
    finish(&one);
    finish(&same);
    finish(&other);
}

static void test_door_event_every_row_that_fits(void **state)
{
    (void)state;
    struct outcome got = shipped(
        "hj212",
        "{\"MN\": \"S1\", \"CN\": \"2011\", \"at\": \"20260303082000\", \"factors\": {\"a34002\":"
        " {\"Rtd\": \"0.15\"}, \"a34004\": {\"Rtd\": \"0.08\"}, \"LA\": {\"Rtd\": \"71.5\"}}}");
    assert_int_equal(got.events.count, 2);
    assert_string_equal(got.events.rows[0].event.type, "sensor.dust");
    assert_true(fabs(field_of(&got.events.rows[0].event, "pm10")->number - 150.0) < 1e-9);
    assert_string_equal(got.events.rows[1].event.type, "sensor.noise");
    assert_string_equal(got.events.rows[0].event.id, "S1-2011-20260303082000");
    assert_string_equal(got.events.rows[1].event.id, "S1-2011-20260303082000#2");
    finish(&got);
}

static void test_door_event_refusals_have_their_code(void **state)
{
    static const struct {
        const char *map, *json, *code;
    } ROWS[] = {
        {"map: 1\nat: {from: t}\nevents:\n- type: a.b\n", "{\"t\": \"2026-03-03 08:20:00\"}",
         "D012"},
        {"map: 1\nat: {from: t, zone: Z}\nevents:\n- type: a.b\n",
         "{\"t\": \"2026-02-30 08:20:00\"}", "D012"},
        {"map: 1\nplace: {lon: x, lat: y}\nevents:\n- type: a.b\n", "{\"x\": 40, \"y\": 116}",
         "D013"},
        {"map: 1\nevents:\n- type: a.b\n  when: {x: \"1\"}\n", "{\"x\": 2}", "D014"},
        {"map: 1\neach: list\nevents:\n- type: a.b\n", "{\"list\": 2}", "D017"},
        {"map: 1\nevents:\n- type: a.b\n", "{\"x\": 2", "D018"},
        {"map: 1\nevents:\n- type: a.b\n", "{\"x\": 2, \"x\": 3}", "D018"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct outcome got = own(ROWS[i].map, ROWS[i].json);
        assert_int_equal(got.events.count, 0);
        assert_int_equal(got.events.refused, 1);
        assert_non_null(strstr(got.said, ROWS[i].code));
        finish(&got);
    }
}

static void test_door_event_long_text_is_cut_and_told(void **state)
{
    (void)state;
    struct outcome got =
        own("map: 1\nevents:\n- type: a.b\n  fields: {x: x}\n",
            "{\"x\": \"长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长\"}");
    assert_int_equal(got.events.count, 1);
    assert_int_equal(strlen(field_of(&got.events.rows[0].event, "x")->text), 63);
    assert_non_null(strstr(got.said, "D016"));
    finish(&got);
}

/* {"FIELDS": {"f0": 0 .. }} with so many fields. */
static char *many_fields(const char *head, uint32_t count, const char *tail)
{
    char *json = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&json, &size);
    assert_non_null(file);
    (void)fprintf(file, "%s", head);
    for (uint32_t i = 0; i < count; i++) {
        (void)fprintf(file, "%s\"f%u\": %u", i > 0 ? ", " : "", i, i);
    }
    (void)fprintf(file, "%s", tail);
    assert_int_equal(fclose(file), 0);
    return json;
}

static void test_door_event_too_many_fields_are_one_refusal(void **state)
{
    (void)state;
    char *json = many_fields("[{\"d\": {\"f0\": 1}}, {\"d\": {", 40, "}}, {\"d\": {\"f0\": 2}}]");
    struct outcome got = own("map: 1\neach: .\ncopy: d\nevents:\n- type: a.b\n", json);
    assert_int_equal(got.events.count, 2);
    assert_int_equal(got.events.refusal_count, 1);
    assert_int_equal(got.events.refusals[0].member, 1);
    assert_true(got.events.refusals[0].is_size);
    assert_string_equal(got.events.refusals[0].text,
                        "D015: 40 fields, at most 32; \"f32\" is the first too many");
    finish(&got);
    free(json);
}

#define CLOUD_HEAD                                                                                 \
    "{\"specversion\": \"1.0\", \"id\": \"1\", \"source\": \"s\", \"type\": \"a.b\", \"data\": {"

static void test_door_event_cloudevents_refuse_what_is_too_long(void **state)
{
    (void)state;
    char text[9001], json[12000];
    memset(text, 'x', 9000);
    text[9000] = '\0';
    (void)snprintf(json, sizeof json, CLOUD_HEAD "\"text\": \"%s\", \"note\": \"%.70s\"}}", text,
                   text);
    struct outcome got = shipped("cloudevents", json);
    assert_int_equal(got.events.count, 0);
    assert_int_equal(got.events.refusal_count, 1);
    assert_true(got.events.refusals[0].is_size);
    assert_string_equal(got.events.refusals[0].text,
                        "D016: text: 9000 bytes, at most 4000; D016: note: 70 bytes, at most 64");
    finish(&got);
    (void)snprintf(json, sizeof json, CLOUD_HEAD "\"text\": \"%.4000s\"}}", text);
    got = shipped("cloudevents", json);
    assert_int_equal(got.events.count, 1);
    finish(&got);
}

/* 1,500 characters of three bytes: cut by a map that cuts, at a whole one, and told how long it was. */
static void test_door_event_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    char text[4501], json[5000];
    for (uint32_t i = 0; i < 1500; i++) {
        memcpy(text + (size_t)3 * i, "长", 3);
    }
    text[4500] = '\0';
    static const char *const MAPS[] = {
        "map: 1\nevents:\n- type: a.b\n  text: t\n",
        "map: 1\nevents:\n- type: a.b\n  text: {from: [t, t], join: '-'}\n"};
    static const char *const SIZES[] = {"4500 bytes, cut to 3999", "9001 bytes, cut to 3999"};
    for (size_t i = 0; i < COUNT_OF(MAPS); i++) {
        (void)snprintf(json, sizeof json, "{\"t\": \"%s\"}", text);
        struct outcome got = own(MAPS[i], json);
        assert_int_equal(got.events.count, 1);
        assert_int_equal(strlen(got.events.rows[0].event.text), 3999);
        assert_non_null(strstr(got.said, SIZES[i]));
        finish(&got);
    }
}

/* What is quoted may end in half a character; the refusal does not. */
static void test_door_event_refusals_are_utf8(void **state)
{
    (void)state;
    struct outcome got =
        own("map: 1\nat: {from: t}\nevents:\n- type: a.b\n",
            "{\"t\": \"a长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长\"}");
    assert_int_equal(got.events.refusal_count, 1);
    json_t *text = json_string(got.events.refusals[0].text);
    assert_non_null(text);
    json_decref(text);
    finish(&got);
}

static void test_door_map_faults_have_their_line(void **state)
{
    static const struct {
        const char *map, *part;
    } ROWS[] = {
        {"map: 2\nevents:\n- type: a\n", "map: 1 expected"},
        {"map: 1\nevents: []\n", "at least one"},
        {"map: 1\nevents:\n- {type: a, wen: {x: 1}}\n", "when"},
        {"map: 1\nat: {from: t, zone: Mars/Base}\nevents:\n- type: a\n", "no zone"},
        {"map: 1\nplace: {lon: a, lat: b, crs: gcj}\nevents:\n- type: a\n", "wgs84, gcj02 or bd09"},
        {"map: 1\nevents:\n- type: a\n  fields: {x: {from: a, is: b}}\n", "either from or is"},
        {"map: 1\nevents:\n- type: a\n  fields: {x: {from: a, factor: big}}\n",
         "a number expected"},
        {"map: 1\ntake: some\nevents:\n- type: a\n", "first or all"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct problems *problems = problems_new();
        assert_null(map_of(ROWS[i].map, problems));
        char *said = problems_to_json(problems);
        if (strstr(said, ROWS[i].part) == NULL) {
            fail_msg("%s: %s", ROWS[i].part, said);
        }
        assert_non_null(strstr(said, "\"line\""));
        free(said);
        problems_free(problems);
    }
}

static void test_door_time_forms(void **state)
{
    static const struct {
        const char *text, *format, *zone;
        int64_t at_ms; /* 0: none */
    } ROWS[] = {
        {"2026-03-03T08:20:00.250+08:00", NULL, "Z", INT64_C(1772497200250)},
        {"2026-03-03T00:20:00Z", "iso", "+08:00", INT64_C(1772497200000)},
        {"2026-03-03 08:20:00", NULL, "Asia/Shanghai", INT64_C(1772497200000)},
        {"2026/03/03 08:20", NULL, "+0800", INT64_C(1772497200000)},
        {"20260303082000123", "%Y%m%d%H%M%S%f", "+08:00", INT64_C(1772497200123)},
        {"1772497200", NULL, "Z", INT64_C(1772497200000)},
        {"1772497200123", NULL, "Z", INT64_C(1772497200123)},
        {"1772497200", "ms", "Z", INT64_C(1772497200)},
        {"2026-07-01 08:00:00", NULL, "Europe/Berlin", INT64_C(1782885600000)}, /* summer: +02:00 */
        {"2026-13-03 08:20:00", NULL, "Z", 0},
        {"2026-02-29 08:20:00", NULL, "Z", 0},
        {"2026-03-03 08:20:00 and more", NULL, "Z", 0},
        {"yesterday", NULL, "Z", 0},
        {"", NULL, "Z", 0},
        {"-5", "s", "Z", 0},
        {"1e300", "s", "Z", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct door_zone zone;
        int64_t at_ms = 0;
        assert_int_equal(door_zone_init(&zone, ROWS[i].zone), ERR_OK);
        const bool is_good = door_time_parse(ROWS[i].text, ROWS[i].format, &zone, &at_ms);
        assert_int_equal(is_good, ROWS[i].at_ms != 0);
        assert_int_equal(is_good ? at_ms : 0, ROWS[i].at_ms);
        door_zone_fini(&zone);
    }
}

static void test_door_csv_rows(void **state)
{
    char why[DOOR_CSV_WHY_SIZE];
    (void)state;
    json_t *header = door_csv_cells("a,\"b \"\"c\"\"\",d\r\n", 16, why);
    assert_int_equal(json_array_size(header), 3);
    assert_string_equal(json_string_value(json_array_get(header, 1)), "b \"c\"");
    static const char RECORD[] = "1,\"two\nlines, both\",";
    assert_false(door_csv_is_whole(RECORD, 8));
    json_t *row = door_csv_row(header, RECORD, strlen(RECORD), why);
    assert_int_equal(json_object_size(row), 2); /* the empty cell is not there */
    assert_string_equal(json_string_value(json_object_get(row, "b \"c\"")), "two\nlines, both");
    json_decref(row);
    assert_null(door_csv_row(header, "1,2", 3, why));
    assert_non_null(strstr(why, "2 cells; the header has 3"));
    assert_null(door_csv_row(header, "1,x\"y,3", 7, why));
    assert_null(door_csv_row(header, "1,\"y\"z,3", 8, why));
    assert_null(door_csv_row(header, "1,\xc0\xa4,3", 6, why));
    assert_non_null(strstr(why, "UTF-8"));
    json_decref(header);
}

/* Whatever arrives, nothing breaks: flipped and cut bytes of a good document. */
static void test_door_event_damaged_documents(void **state)
{
    static const char GOOD[] =
        "{\"params\":{\"events\":[{\"eventId\":\"e\",\"eventType\":131592,\"happenTime\":"
        "\"2026-03-03T08:20:00+08:00\",\"srcIndex\":\"C\",\"data\":{\"a\":[1,2,{\"b\":null}]}}]}}";
    (void)state;
    struct problems *problems = problems_new();
    struct door_map *map = door_map_read(problems, "event-notify");
    uint32_t seed = 1;
    for (uint32_t round = 0; round < 3000; round++) {
        char bytes[sizeof GOOD];
        struct door_events events;
        memcpy(bytes, GOOD, sizeof GOOD);
        seed = seed * 1664525u + 1013904223u;
        const size_t size = round % 3 == 0 ? seed % sizeof GOOD : sizeof GOOD - 1;
        bytes[(seed >> 8) % sizeof GOOD] ^= (char)(1u << (seed >> 29));
        door_events_init(&events);
        (void)door_events_map_text(&events, map, problems, (struct door_origin){"in", 1}, bytes,
                                   size);
        door_events_fini(&events);
    }
    door_map_free(map);
    problems_free(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_door_map_all_shipped_maps_are_read),
        cmocka_unit_test(test_door_event_push_of_a_camera_platform),
        cmocka_unit_test(test_door_event_gat1400_list_in_a_list),
        cmocka_unit_test(test_door_event_missing_field_is_named),
        cmocka_unit_test(test_door_event_good_members_go_on_beside_a_bad_one),
        cmocka_unit_test(test_door_event_units_words_and_conditions),
        cmocka_unit_test(test_door_event_without_id_has_a_digest),
        cmocka_unit_test(test_door_event_every_row_that_fits),
        cmocka_unit_test(test_door_event_refusals_have_their_code),
        cmocka_unit_test(test_door_event_long_text_is_cut_and_told),
        cmocka_unit_test(test_door_event_too_many_fields_are_one_refusal),
        cmocka_unit_test(test_door_event_cloudevents_refuse_what_is_too_long),
        cmocka_unit_test(test_door_event_long_text_is_cut_at_a_character),
        cmocka_unit_test(test_door_event_refusals_are_utf8),
        cmocka_unit_test(test_door_map_faults_have_their_line),
        cmocka_unit_test(test_door_time_forms),
        cmocka_unit_test(test_door_csv_rows),
        cmocka_unit_test(test_door_event_damaged_documents),
    };
    return cmocka_run_group_tests_name("doors/door_event", tests, NULL, NULL);
}
