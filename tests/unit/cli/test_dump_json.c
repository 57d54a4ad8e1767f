/* test_dump_json.c: what a log holds comes out as JSON without loss, also where it is odd. */
#include "engine/cli/dump_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct core *core; /* no city is active: rows have no names */

static int set_up(void **state)
{
    (void)state;
    struct limits limits = limits_default();
    limits.cases = 16;
    limits.orders = 16;
    limits.workers = 16;
    size_t size = core_size(&limits);
    void *block = aligned_alloc(64, size);
    if (block == NULL) {
        return 1;
    }
    core = core_init(block, size, &limits);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(core);
    return 0;
}

static void assert_dumps(json_t *json, const char *expected)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void test_dump_keeps_values_json_cannot_hold(void **state)
{
    (void)state;
    struct dump_names names = dump_names_of(core);
    assert_dumps(dump_u64(UINT64_MAX), "\"18446744073709551615\"");
    assert_dumps(dump_u64(7), "7");
    assert_dumps(dump_text("\xff\x00z", 3), "{\"hex\":\"ff007a\"}");
    assert_dumps(dump_text("满溢", 6), "\"满溢\"");
    assert_dumps(dump_hash((struct hash128){1, 0xab}), "\"000000000000000100000000000000ab\"");
    assert_dumps(dump_hash((struct hash128){0, 0}), "null");
    assert_dumps(dump_place(place_none()), "null");
    assert_dumps(dump_place((struct place){-5, 6}), "{\"lon_e7\":-5,\"lat_e7\":6}");
    assert_dumps(dump_person(names, NONE32), "null");
    assert_dumps(dump_person(names, 3), "{\"row\":3}"); /* said, not hidden */
    assert_dumps(dump_type(names, NONE16), "null");
}

static void test_dump_time_is_exact_before_1970_too(void **state)
{
    (void)state;
    struct dump_names names = dump_names_of(core);
    assert_dumps(dump_time(names, INT64_C(1772497201123)), "\"2026-03-03T00:20:01.123+00:00\"");
    assert_dumps(dump_time(names, -1), "\"1969-12-31T23:59:59.999+00:00\"");
    assert_dumps(dump_time(names, NEVER_MS), "null");
}

static void test_dump_decision_has_every_candidate(void **state)
{
    (void)state;
    static struct effect effect;
    effect = (struct effect){.kind = EFFECT_DECISION, .at_ms = 5};
    struct effect_decision *decision = &effect.of.decision;
    decision->case_no = (struct case_no){110108, 20260303, 1};
    decision->considered = 40;
    decision->removed[CODE_OFF_SHIFT - CODE_ELIGIBLE] = 8;
    decision->candidate_count = DECISION_CANDIDATES_MAX;
    for (uint32_t i = 0; i < DECISION_CANDIDATES_MAX; i++) {
        decision->candidates[i] =
            (struct effect_candidate){.person = i, .code = CODE_FARTHER, .distance_cm = 100 * i};
    }
    json_t *json = dump_effect(core, &effect);
    assert_string_equal(json_string_value(json_object_get(json, "effect")), "DECISION");
    assert_string_equal(json_string_value(json_object_get(json, "case")), "110108-20260303-0001");
    json_t *removed = json_object_get(json, "removed");
    assert_int_equal(json_object_size(removed), 1);
    assert_int_equal(json_integer_value(json_object_get(removed, "OFF_SHIFT")), 8);
    json_t *candidates = json_object_get(json, "candidates");
    assert_int_equal(json_array_size(candidates), DECISION_CANDIDATES_MAX);
    json_t *last = json_array_get(candidates, DECISION_CANDIDATES_MAX - 1);
    assert_int_equal(json_integer_value(json_object_get(last, "distance_cm")),
                     100 * (DECISION_CANDIDATES_MAX - 1));
    assert_string_equal(json_string_value(json_object_get(last, "code")), "FARTHER");
    json_decref(json);
}

static void test_dump_act_has_all_its_parts(void **state)
{
    (void)state;
    _Alignas(8) uint8_t payload[512];
    struct place places[1];
    struct batch_writer writer;
    batch_begin(&writer, payload, sizeof payload, places, 1);
    struct command_head head = {.kind = COMMAND_ACT, .principal = {1, 2}, .epoch = 3, .seq = 4};
    struct act_body act = {.order = 9,
                           .action = ACTION_DONE,
                           .reason = REASON_OTHER,
                           .text_size = 3,
                           .evidence_count = 1,
                           .other = {110108, 20260303, 4},
                           .amount = 24,
                           .until_ms = 5000};
    const struct hash128 evidence[1] = {{5, 6}};
    assert_int_equal(batch_put_act(&writer, &head, &act, (struct place){10, 20}, evidence, "abc"),
                     ERR_OK);
    struct batch_reader reader;
    struct command command;
    assert_int_equal(batch_open(&reader, payload, writer.size, places, sizeof places), ERR_OK);
    assert_int_equal(batch_next(&reader, &command), ERR_OK);
    struct log_entry entry = {.position = 12, .time_ms = 1000, .is_durable = true};
    json_t *json = dump_command(core, &entry, &command);
    assert_int_equal(json_integer_value(json_object_get(json, "position")), 12);
    assert_string_equal(json_string_value(json_object_get(json, "kind")), "ACT");
    assert_string_equal(json_string_value(json_object_get(json, "action")), "DONE");
    assert_string_equal(json_string_value(json_object_get(json, "text")), "abc");
    assert_int_equal(json_integer_value(json_object_get(json, "order")), 9);
    assert_int_equal(json_array_size(json_object_get(json, "evidence")), 1);
    assert_string_equal(json_string_value(json_object_get(json, "other_case")),
                        "110108-20260303-0004");
    assert_int_equal(json_integer_value(json_object_get(json, "amount")), 24);
    assert_int_equal(json_integer_value(json_object_get(json, "until_ms")), 5000);
    json_t *place = json_object_get(json, "place");
    assert_int_equal(json_integer_value(json_object_get(place, "lat_e7")), 20);
    assert_null(json_object_get(json, "is_durable")); /* said only where it is not */
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump_keeps_values_json_cannot_hold),
        cmocka_unit_test(test_dump_time_is_exact_before_1970_too),
        cmocka_unit_test(test_dump_decision_has_every_candidate),
        cmocka_unit_test(test_dump_act_has_all_its_parts),
    };
    return cmocka_run_group_tests_name("tests/unit/cli/test_dump_json", tests, set_up, tear_down);
}
