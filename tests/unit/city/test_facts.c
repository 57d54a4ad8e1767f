/* test_facts.c: events resolved against the small city and a policy of a few types and fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/city/crs.h"
#include "engine/city/facts.h"
#include "engine/core/code.h"
#include "tests/unit/city/fixture.h"

#define NOW_MS INT64_C(1772497200000)

static struct fixture fixture;
static struct city city;
static struct policy policy;
static struct facts *facts;
static struct fact_record record;

static const char *const TYPES[] = {"camera.fire", "camera.garbage_overflow", "hotline.report"};
static const struct {
    const char *name;
    uint32_t kind;
} FIELDS[] = {
    {"accuracy_m", FIELD_NUMBER}, {"asset.code", FIELD_STRING}, {"asset.kind", FIELD_STRING},
    {"asset.name", FIELD_STRING}, {"caller", FIELD_STRING},     {"cell", FIELD_STRING},
    {"confidence", FIELD_NUMBER}, {"device", FIELD_STRING},     {"device.health", FIELD_STRING},
    {"exempt", FIELD_BOOL},       {"plate", FIELD_STRING},      {"source", FIELD_STRING},
    {"type", FIELD_STRING},       {"zone", FIELD_STRING},       {"zone.kind", FIELD_STRING},
    {"zone.name", FIELD_STRING},
};
enum { FIELD_ROWS = COUNT_OF(FIELDS) };

static struct policy_type types[COUNT_OF(TYPES)];
static struct policy_field fields[FIELD_ROWS + 40];
static char strings[4096];

static struct image_string put(uint32_t *size, const char *text)
{
    struct image_string s = {*size, (uint32_t)strlen(text)};
    memcpy(strings + s.offset, text, s.size);
    *size += s.size;
    return s;
}

static int setup(void **unused)
{
    (void)unused;
    uint32_t size = 0;
    fixture_open(&fixture);
    assert_int_equal(fixture_load(&fixture), ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
    for (uint32_t i = 0; i < COUNT_OF(TYPES); i++) {
        types[i] = (struct policy_type){.name = put(&size, TYPES[i])};
    }
    for (uint32_t i = 0; i < FIELD_ROWS; i++) {
        fields[i] = (struct policy_field){put(&size, FIELDS[i].name), FIELDS[i].kind, 0};
    }
    for (uint32_t i = 0; i < 40; i++) { /* more fields than an event may carry */
        char name[16];
        (void)snprintf(name, sizeof name, "f%02u", i);
        fields[FIELD_ROWS + i] = (struct policy_field){put(&size, name), FIELD_NUMBER, 0};
    }
    static const struct policy_info info = {.accuracy_field = 0};
    policy = (struct policy){.info = &info,
                             .types = types,
                             .type_count = COUNT_OF(TYPES),
                             .fields = fields,
                             .field_count = COUNT_OF(fields),
                             .strings = strings,
                             .string_size = size};
    assert_int_equal(facts_new(&city, &policy, &facts), ERR_OK);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    facts_free(facts);
    fixture_close(&fixture);
    return 0;
}

static struct fact_event event_of(const char *type)
{
    return (struct fact_event){.source = facts_text("gw.cam"),
                               .id = facts_text("e1"),
                               .type = facts_text(type),
                               .place = place_none()};
}

static struct fact_field text_field(const char *name, const char *text)
{
    return (struct fact_field){.name = facts_text(name),
                               .kind = FIELD_STRING,
                               .text = text,
                               .text_size = (uint32_t)strlen(text)};
}

static struct fact_field number_field(const char *name, int64_t number)
{
    return (struct fact_field){.name = facts_text(name), .kind = FIELD_NUMBER, .number = number};
}

static const struct event_field *found(const char *name)
{
    for (uint32_t i = 0; i < record.head.field_count; i++) {
        struct image_string held = fields[record.fields[i].field].name;
        if (held.size == strlen(name) && memcmp(strings + held.offset, name, held.size) == 0) {
            return &record.fields[i];
        }
    }
    return NULL;
}

static void assert_text(const char *name, const char *expected)
{
    const struct event_field *field = found(name);
    if (expected == NULL) {
        assert_null(field);
        return;
    }
    assert_non_null(field);
    assert_int_equal(field->kind, FIELD_STRING);
    assert_int_equal(field->size, strlen(expected));
    assert_memory_equal(record.text + field->text_offset, expected, field->size);
    struct hash128 hash = facts_hash(expected, strlen(expected));
    assert_int_equal(field->a, hash.hi);
    assert_int_equal(field->b, hash.lo);
}

/* Whatever was resolved must be taken by the batch writer and its reader. */
static void assert_can_be_logged(void)
{
    static _Alignas(8) uint8_t payload[65536];
    struct place places[4];
    struct batch_writer writer;
    struct command_head head = {.kind = COMMAND_EVENTS};
    batch_begin(&writer, payload, sizeof payload, places, COUNT_OF(places));
    assert_int_equal(batch_open_events(&writer, &head), ERR_OK);
    assert_int_equal(batch_add_event(&writer, &record.head, record.fields, record.text,
                                     record.text_bytes, record.free_text),
                     ERR_OK);
    batch_close_events(&writer);
    for (uint32_t i = 1; i < record.head.field_count; i++) {
        assert_true(record.fields[i - 1].field < record.fields[i].field);
    }
}

static void resolve(const struct fact_event *event)
{
    facts_resolve(facts, event, NOW_MS, &record);
    assert_can_be_logged();
}

static void test_a_fixed_device(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.garbage_overflow");
    event.device = facts_text("cam.1");
    event.text = facts_text("满了");
    event.flags = EVENT_BY_PERSON;
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.head.type, 1);
    assert_int_equal(record.head.event_at_ms, NOW_MS);
    assert_int_equal(record.head.flags, EVENT_BY_PERSON);
    assert_int_equal(record.head.device, 0);
    assert_int_equal(record.head.place.lon, 1163060000);
    assert_int_equal(record.head.cell, 0);
    assert_int_equal(record.head.area_count, 2);
    assert_int_equal(record.head.areas[0], 1);
    assert_int_equal(record.head.areas[1], 2);
    assert_int_equal(record.head.zone, 1);
    assert_int_equal(record.head.text_size, strlen("满了"));
    assert_text("source", "gw.cam");
    assert_text("device", "cam.1");
    assert_text("device.health", "ok");
    assert_text("type", "camera.garbage_overflow");
    assert_text("cell", "c1");
    assert_text("zone", "np.1");
    assert_text("zone.name", "消防通道");
    assert_text("zone.kind", "fire_lane");
    assert_text("asset.code", "bin.1");
    assert_text("asset.name", "西门垃圾桶");
    assert_text("asset.kind", "litter_bin");
    assert_text("caller", NULL);
}

static void test_free_coordinates(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("hotline.report");
    event.place = (struct place){1163050000, 399060000}; /* on the west edge of np.1, in sq.1 */
    event.at_ms = 42;
    event.caller = facts_text("13800001234");
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.head.event_at_ms, 42);
    assert_int_equal(record.head.cell, 0);
    assert_int_equal(record.head.area_count, 2);
    assert_int_equal(record.head.zone, 1);
    assert_int_equal(record.head.device, NONE32);
    assert_text("caller", "13800001234");
    assert_text("zone.kind", "fire_lane");
    assert_text("asset.code", NULL);
    event.place = (struct place){1163280000, 399180000}; /* in the box, in no cell */
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.head.cell, NONE32);
    assert_text("cell", NULL);
    event.place = place_none();
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_false(place_is_known(record.head.place));
}

static void test_own_place_beats_the_devices(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    event.device = facts_text("cam.1");
    event.place = (struct place){1163190000, 399010000};
    resolve(&event);
    assert_int_equal(record.head.cell, 1);
    assert_int_equal(record.head.area_count, 0);
    assert_int_equal(record.head.areas[0], 0);
    assert_int_equal(record.head.zone, 1); /* still what the device watches */
}

static void assert_refused(const struct fact_event *event, enum code code)
{
    resolve(event);
    assert_int_equal(record.head.verdict, code);
    assert_int_equal(record.head.field_count, 0);
    assert_int_equal(record.head.device, NONE32);
    assert_int_equal(record.head.cell, NONE32);
    assert_int_equal(record.head.text_size, 0);
    assert_false(place_is_known(record.head.place));
    assert_false(hash128_is_none(record.head.id)); /* kept: the refusal is recorded under it */
}

static void test_verdicts(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    event.device = facts_text("cam.9");
    assert_refused(&event, CODE_UNKNOWN_DEVICE);
    event = event_of("camera.fire");
    event.place = (struct place){LON_LIMIT + 1, 0};
    assert_refused(&event, CODE_BAD_PLACE);
    event.place = (struct place){1163050000, LAT_LIMIT + 1};
    assert_refused(&event, CODE_BAD_PLACE);
    event.place = (struct place){1170000000, 399060000};
    assert_refused(&event, CODE_OUTSIDE_CITY);
    event = event_of("camera.fire");
    char text[EVENT_TEXT_MAX + 2];
    memset(text, 'x', sizeof text);
    text[EVENT_TEXT_MAX + 1] = '\0';
    event.text = facts_text(text);
    assert_refused(&event, CODE_TOO_LARGE);
    event.text.size = EVENT_TEXT_MAX;
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.head.text_size, EVENT_TEXT_MAX);
}

static void test_unknown_type_is_left_to_the_core(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.smoke");
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.head.type, NONE16);
    assert_string_equal(facts_nearest_type(facts, "camera.fier"), "camera.fire");
    assert_null(facts_nearest_type(facts, "sensor.water_level"));
    event.type = facts_text(NULL);
    resolve(&event);
    assert_int_equal(record.head.type, NONE16);
}

static void test_fields_of_the_client(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    struct fact_field sent[] = {
        text_field("plate", "京A·12345"),
        number_field("confidence", 870000),
        {.name = facts_text("exempt"), .kind = FIELD_BOOL, .number = 7},
        text_field("unknown", "left out"),
        text_field("source", "forged"),
        text_field("cell", "forged"),
        text_field("asset.code", "scanned.1"),
    };
    event.fields = sent;
    event.field_count = COUNT_OF(sent);
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_text("plate", "京A·12345");
    assert_int_equal((int64_t)found("confidence")->a, 870000);
    assert_int_equal(found("exempt")->a, 1);
    assert_text("source", "gw.cam");
    assert_text("cell", NULL);
    assert_text("asset.code", "scanned.1");
    sent[1].number = -870000;
    resolve(&event);
    assert_int_equal((int64_t)found("confidence")->a, -870000);
}

static void test_bad_fields(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    char text[66];
    memset(text, 'x', sizeof text);
    text[65] = '\0';
    struct fact_field sent[2] = {text_field("plate", text), number_field("confidence", 1)};
    event.fields = sent;
    event.field_count = 1;
    assert_refused(&event, CODE_BAD_FIELD); /* 65 bytes */
    text[64] = '\0';
    sent[0].text_size = 64;
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    sent[0] = number_field("plate", 5);
    assert_refused(&event, CODE_BAD_FIELD);
    sent[0] = number_field("confidence", 5);
    event.field_count = 2;
    assert_refused(&event, CODE_BAD_FIELD); /* twice */
    sent[0] = text_field("confidence", "0.9");
    event.field_count = 1;
    assert_refused(&event, CODE_BAD_FIELD);
}

static void test_too_many_fields(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    struct fact_field sent[40];
    char names[40][16];
    for (uint32_t i = 0; i < COUNT_OF(sent); i++) {
        (void)snprintf(names[i], sizeof names[i], "f%02u", 39 - i);
        sent[i] = number_field(names[i], i);
    }
    event.fields = sent;
    event.field_count = COUNT_OF(sent);
    assert_refused(&event, CODE_TOO_LARGE);
    event.field_count = 30; /* and source, type */
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.head.field_count, 32);
    event.field_count = 31;
    assert_refused(&event, CODE_TOO_LARGE);
}

static void test_zone_named_by_the_event(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    struct fact_field sent = text_field("zone", "sq.1");
    event.device = facts_text("cam.1");
    event.fields = &sent;
    event.field_count = 1;
    resolve(&event);
    assert_int_equal(record.head.zone, 2);
    assert_text("zone", "sq.1");
    assert_text("zone.name", "人民广场");
    sent = text_field("zone", "sq.9");
    resolve(&event);
    assert_int_equal(record.head.zone, NONE32);
    assert_text("zone", "sq.9");
    assert_text("zone.name", NULL);
}

static void test_gcj02_gateway(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("hotline.report");
    struct degrees truth = {116.3060, 39.9060};
    event.source = facts_text("gw.map");
    event.place = degrees_to_place(crs_from_wgs84(CRS_GCJ02, truth));
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_in_range((uintmax_t)distance_cm(record.head.place, degrees_to_place(truth)), 0, 5);
    assert_int_equal(record.head.cell, 0);
    event.source = facts_text("gw.cam"); /* the city's own system */
    resolve(&event);
    assert_true(distance_cm(record.head.place, degrees_to_place(truth)) > 30000);
}

static void test_ids_of_two_sources_differ(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    resolve(&event);
    struct hash128 first = record.head.id;
    event.source = facts_text("gw.map");
    resolve(&event);
    assert_false(hash128_is_equal(first, record.head.id));
    event.source = facts_text("gw.cam");
    resolve(&event);
    assert_true(hash128_is_equal(first, record.head.id));
    event.id = facts_text("");
    resolve(&event);
    assert_true(hash128_is_none(record.head.id));
}

static void test_accuracy_is_a_field_of_the_event(void **unused)
{
    (void)unused;
    struct fact_event event = event_of("camera.fire");
    event.place = (struct place){1163050000, 399050000};
    event.accuracy_cm = 250;
    resolve(&event);
    assert_int_equal(record.head.verdict, CODE_NOTHING);
    assert_int_equal(record.fields[0].field, 0);
    assert_int_equal((int64_t)record.fields[0].a, 2500000); /* 2.5 m */
    event.accuracy_cm = 0;
    resolve(&event);
    assert_true(record.head.field_count == 0 || record.fields[0].field != 0);
}

static void test_long_registry_names_are_cut_whole(void **unused)
{
    (void)unused;
    teardown(NULL);
    fixture_open(&fixture);
    fixture_replace(&fixture, "assets.csv", "西门垃圾桶",
                    "一二三四五六七八九十一二三四五六七八九十一二三");
    assert_int_equal(fixture_load(&fixture), ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
    assert_int_equal(facts_new(&city, &policy, &facts), ERR_OK);
    struct fact_event event = event_of("camera.fire");
    event.device = facts_text("cam.1");
    resolve(&event);
    assert_text("asset.name", "一二三四五六七八九十一二三四五六七八九十一"); /* 63 bytes */
}

static void test_locate(void **unused)
{
    (void)unused;
    uint32_t cell;
    uint16_t areas[EVENT_AREAS_MAX];
    assert_int_equal(facts_locate(facts, (struct place){1163100000, 399060000}, &cell, areas), 1);
    assert_int_equal(cell, 0); /* on the border of c1 and c2: the lower code */
    assert_int_equal(areas[0], 1);
    assert_int_equal(facts_locate(facts, (struct place){1163150000, 399050000}, &cell, areas), 0);
    assert_int_equal(cell, NONE32); /* in the hole of c2 */
    (void)facts_locate(facts, (struct place){1163140000, 399050000}, &cell, areas);
    assert_int_equal(cell, 1); /* on the border of the hole */
    (void)facts_locate(facts, (struct place){1163120000, 399120000}, &cell, areas);
    assert_int_equal(cell, 2); /* second part of c3 */
}

/* Shapes with wrong indices must be refused when facts are made, not read when they are used. */
static void test_damaged_shapes(void **unused)
{
    (void)unused;
    static uint64_t state = 77;
    uint8_t *copy = malloc(fixture.size);
    uint32_t refused = 0;
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int round = 0; round < 20000; round++) {
        memcpy(copy, fixture.bytes, fixture.size);
        for (int i = 0; i < 3; i++) {
            state += UINT64_C(0x9e3779b97f4a7c15);
            copy[mix64(state) % fixture.size] ^= (uint8_t)(1u << (state >> 40) % 8);
        }
        struct city other;
        if (city_open(copy, fixture.size, &other) != ERR_OK) {
            continue;
        }
        struct facts *made = NULL;
        if (facts_new(&other, &policy, &made) != ERR_OK) {
            refused++;
            continue;
        }
        struct fact_event event = event_of("camera.fire");
        event.device = facts_text("cam.1");
        event.place = (struct place){1163060000, 399060000};
        facts_resolve(made, &event, NOW_MS, &record);
        facts_free(made);
    }
    print_message("# %u refused by the shapes alone\n", refused);
    assert_true(refused > 100);
    free(copy);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_accuracy_is_a_field_of_the_event),
        TEST(test_a_fixed_device),
        TEST(test_free_coordinates),
        TEST(test_own_place_beats_the_devices),
        TEST(test_verdicts),
        TEST(test_unknown_type_is_left_to_the_core),
        TEST(test_fields_of_the_client),
        TEST(test_bad_fields),
        TEST(test_too_many_fields),
        TEST(test_zone_named_by_the_event),
        TEST(test_gcj02_gateway),
        TEST(test_ids_of_two_sources_differ),
        TEST(test_long_registry_names_are_cut_whole),
        TEST(test_locate),
        TEST(test_damaged_shapes),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_facts", tests, NULL, NULL);
}
