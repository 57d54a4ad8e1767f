/* test_hints.c: what a sender is told besides the code: the field, the limit, the rule and the term that it fails. */
#include "engine/city/city_load.h"
#include "engine/edge/hints.h"
#include "rules/compile.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TOWN "tests/data/town"
#define NOON_MS INT64_C(1772510400000) /* 2026-03-03 12:00 in Shanghai */
#define NIGHT_MS (NOON_MS + 11 * HOUR_MS)

static const char RULES[] =
    "ruleset: 1\n"
    "events:\n"
    "  camera.bin: {title: a, lane: report, fields: {fill: number, kind: string, seen: bool, note: string}}\n"
    "  camera.done: {title: b, lane: report, fields: {fill: number}}\n"
    "  camera.car: {title: c, lane: report, fields: {plate: string}}\n"
    "  camera.shade: {title: d, lane: report, fields: {fill: number}}\n"
    "  camera.up: {title: e, lane: report, fields: {fill: number}}\n"
    "  camera.idle: {title: f, lane: report, fields: {fill: number}}\n"
    "  camera.many: {title: g, lane: report, fields: {plate: string}}\n"
    "rules:\n"
    "- {id: bin.full, title: a, owner: dept.sanitation, priority: 300, event: camera.bin,\n"
    "   where: 'fill >= 0.9 and (kind == \"bin\" or seen) and not contains(note, \"test\")', time: {in: cal.urban_daytime},\n"
    "   open: {class: \"E.01.02\", severity: 4, title: t}, assign: {role: grid_worker},\n"
    "   close: {event: camera.done, match: [device]}}\n"
    "- {id: bin.far, title: a, owner: dept.sanitation, priority: 200, event: camera.bin, where: fill >= 0.9 and kind == \"x\" and note == \"y\" and fill < 0.99,\n"
    "   open: {class: \"E.01.02\", severity: 4, title: t}, assign: {role: grid_worker}}\n"
    "- {id: car.gate, title: a, owner: dept.traffic, priority: 200, event: camera.car, where: has(plate), area: {in: [area.no_parking]},\n"
    "   open: {class: \"E.04.01\", severity: 4, title: t}, assign: {role: traffic_officer}}\n"
    "- {id: shade.one, title: a, owner: dept.traffic, priority: 200, status: shadow, event: camera.shade, where: fill > 0,\n"
    "   open: {class: \"E.04.01\", severity: 4, title: t}, assign: {role: traffic_officer}}\n"
    "- {id: up.one, title: a, owner: dept.traffic, priority: 200, lane: escalate, event: camera.up, where: fill > 0,\n"
    "   escalate: [{when: severity <= 4, to: town.command, now: true}]}\n"
    "- {id: many.three, title: a, owner: dept.traffic, priority: 200, event: camera.many, by: [plate], window: {within: 5m, at_least: 3, max_keys: 50},\n"
    "   open: {class: \"E.04.01\", severity: 4, title: t}, assign: {role: traffic_officer}}\n";

struct world {
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct city city;
    struct policy policy;
    struct facts *facts;
};
static struct world world;

static int open_world(void **state)
{
    (void)state;
    struct scratch rules;
    char path[SCRATCH_PATH_SIZE + 8];
    struct problems *problems = problems_new();
    assert_int_equal(scratch_make_directory(&rules, "hints"), ERR_OK);
    (void)snprintf(path, sizeof path, "%s/r.yaml", rules.path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(RULES, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(city_load(TOWN, problems, &world.city_bytes, &world.city_size), ERR_OK);
    assert_int_equal(city_open(world.city_bytes, world.city_size, &world.city), ERR_OK);
    const enum err err =
        rules_compile(rules.path, &world.city, problems, &world.policy_bytes, &world.policy_size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    problems_free(problems);
    scratch_remove(&rules);
    assert_int_equal(policy_open(world.policy_bytes, world.policy_size, &world.city, &world.policy),
                     ERR_OK);
    assert_int_equal(facts_new(&world.city, &world.policy, &world.facts), ERR_OK);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    facts_free(world.facts);
    free(world.city_bytes);
    free(world.policy_bytes);
    return 0;
}

static struct fact_field number(const char *name, double value)
{
    return (struct fact_field){
        .name = facts_text(name), .kind = FIELD_NUMBER, .number = (int64_t)(value * (double)MICRO)};
}

static struct fact_field text(const char *name, const char *value)
{
    return (struct fact_field){.name = facts_text(name),
                               .kind = FIELD_STRING,
                               .text = value,
                               .text_size = (uint32_t)strlen(value)};
}

struct sent {
    const char *type, *device;
    struct fact_field fields[40];
    uint32_t field_count;
    int64_t at_ms;
    struct place place;
    const char *words;
};

/* The hint of an event of cam-1 whose result is that code; 0: what facts say. */
static const char *hint_of(const struct sent *sent, enum code code)
{
    static char out[HINT_SIZE];
    static struct fact_record record;
    const bool has_place = sent->place.lon != 0;
    const struct fact_event event = {.source = facts_text("cam-1"),
                                     .id = facts_text("1"),
                                     .type = facts_text(sent->type),
                                     .device = facts_text(sent->device),
                                     .at_ms = sent->at_ms != 0 ? sent->at_ms : NOON_MS,
                                     .place = has_place ? sent->place : place_none(),
                                     .fields = sent->fields,
                                     .field_count = sent->field_count,
                                     .text = facts_text(sent->words)};
    facts_resolve(world.facts, &event, NOON_MS, &record);
    if (code != CODE_NOTHING) {
        assert_int_equal(record.head.verdict, CODE_NOTHING);
    }
    const struct hint_ask ask = {
        &world.city, &world.policy,
        world.facts, &event,
        &record,     NOON_MS,
        0,           code != CODE_NOTHING ? code : (enum code)record.head.verdict};
    return hints_put(&ask, out);
}

static void test_no_rule_says_what_is_missing(void **state)
{
    (void)state;
    struct sent sent = {.type = "camera.bim", .device = "C-001"};
    assert_string_equal(
        hint_of(&sent, CODE_NO_RULE),
        "no rule knows the type \"camera.bim\"; the nearest of 7 known is camera.bin");
    sent.type = "weather";
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "no rule knows the type \"weather\", nor one like it, among 7");
    sent = (struct sent){
        "camera.bin", "C-001", {number("fill", 0.5), text("kind", "bin"), text("note", "n")}, 3, 0,
        {0, 0},       NULL};
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "nearest: rule bin.full: fill >= 0.9 does not hold: fill is 0.5");
    sent.fields[1] = text("kind", "car");
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "nearest: rule bin.full: fill >= 0.9 does not hold: fill is 0.5; 1 more of "
                        "its conditions do not hold");
    sent.fields[0] = number("fill", 0.95);
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "nearest: rule bin.full: kind == \"bin\" or seen does not hold: kind is "
                        "\"car\", seen is missing");
    sent.fields[1] = text("kind", "bin");
    sent.fields[2] = text("note", "a test");
    assert_string_equal(
        hint_of(&sent, CODE_NO_RULE),
        "nearest: rule bin.full: not (contains(note, \"test\")) does not hold: note "
        "is \"a test\"");
    sent.fields[2] = text("note", "n");
    sent.at_ms = NIGHT_MS;
    assert_string_equal(
        hint_of(&sent, CODE_NO_RULE),
        "nearest: rule bin.full is outside its hours: 23:00 is not in cal.urban_daytime");
}

static void test_no_rule_of_other_lanes(void **state)
{
    (void)state;
    struct sent sent = {
        .type = "camera.car", .device = "C-001", .fields = {text("plate", "A1")}, .field_count = 1};
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "rule car.gate holds elsewhere: the place is outside its area");
    sent.device = NULL;
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "rule car.gate asks for an area, and the event has no place");
    sent = (struct sent){
        .type = "camera.shade", .device = "C-001", .fields = {number("fill", 1)}, .field_count = 1};
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "rule shade.one takes it, but in shadow: evaluated, nothing done");
    sent.type = "camera.up";
    assert_string_equal(
        hint_of(&sent, CODE_NO_RULE),
        "rule up.one takes it, but only acts on a case (lane escalate), and no rule "
        "of lane dispatch gave it one");
    sent.type = "camera.done";
    assert_string_equal(
        hint_of(&sent, CODE_NO_RULE),
        "the type only ends cases of rule bin.full, and none is open that it could mean");
    sent.type = "camera.idle";
    assert_string_equal(hint_of(&sent, CODE_NO_RULE),
                        "the type is known, but no rule in force takes it");
    sent.type = "camera.many";
    assert_string_equal(hint_of(&sent, CODE_BY_MISSING),
                        "rule many.three counts by plate, which is missing");
}

static void test_refusals_name_field_and_limit(void **state)
{
    (void)state;
    char words[9001], names[40][8];
    memset(words, 'x', 9000);
    words[9000] = '\0';
    struct sent sent = {.type = "camera.bin",
                        .device = "C-001",
                        .fields = {text("fill", "much")},
                        .field_count = 1};
    assert_string_equal(hint_of(&sent, CODE_NOTHING),
                        "field \"fill\": a number is expected, not a text");
    sent.fields[0] = text("note", words);
    assert_string_equal(hint_of(&sent, CODE_NOTHING), "field \"note\": 9000 bytes, at most 64");
    sent.fields[0] = sent.fields[1] = number("fill", 1);
    sent.field_count = 2;
    assert_string_equal(hint_of(&sent, CODE_NOTHING), "field \"fill\" is there twice");
    sent.field_count = 1;
    sent.words = words;
    assert_string_equal(hint_of(&sent, CODE_NOTHING), "text: 9000 bytes, at most 4000");
    sent.words = NULL;
    for (uint32_t i = 0; i < 40; i++) { /* what no rule declares is not counted */
        (void)snprintf(names[i], sizeof names[i], "f%u", i);
        sent.fields[i] = number(names[i], 1);
    }
    sent.field_count = 40;
    assert_string_equal(hint_of(&sent, CODE_NOTHING), "");
    sent.field_count = 0;
    sent.device = "C-999";
    assert_string_equal(hint_of(&sent, CODE_NOTHING), "\"C-999\" is no id of devices.csv");
    sent.device = NULL;
    sent.place = (struct place){100000000, 399000000};
    assert_string_equal(hint_of(&sent, CODE_NOTHING),
                        "longitude, latitude 10, 39.9 is outside 116.284151, 39.885478 to "
                        "116.335848, 39.924522; are they the other way, or in another crs?");
    sent.place = (struct place){2000000000, 399000000};
    assert_string_equal(
        hint_of(&sent, CODE_NOTHING),
        "place: longitude, latitude 200, 39.9; -180 to 180 and -90 to 90 are expected");
    sent.place = (struct place){0, 0};
    sent.at_ms = NOON_MS + 3 * HOUR_MS;
    assert_string_equal(hint_of(&sent, CODE_IN_FUTURE),
                        "it happened 3 h from now by the engine's clock; at most 5 min");
    sent.at_ms = NOON_MS - 20 * DAY_MS;
    assert_string_equal(hint_of(&sent, CODE_TOO_OLD),
                        "it happened 20 days ago by the engine's clock; at most 7 days, and no "
                        "longer than ids are remembered");
    sent.at_ms = INT64_MIN;
    assert_non_null(strstr(hint_of(&sent, CODE_TOO_OLD), "it happened 106751991167 days ago"));
    sent.at_ms = NOON_MS;
    sent.type = "sensor.gas";
    assert_string_equal(hint_of(&sent, CODE_NO_RIGHT),
                        "cam-1 may send camera.* (gateways.csv), not \"sensor.gas\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rule_says_what_is_missing),
        cmocka_unit_test(test_no_rule_of_other_lanes),
        cmocka_unit_test(test_refusals_name_field_and_limit),
    };
    return cmocka_run_group_tests_name("edge/hints", tests, open_world, close_world);
}
