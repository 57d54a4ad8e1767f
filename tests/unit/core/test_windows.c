/* test_windows.c: rules with state: for, window, sequence, levels; what they keep, for how long, and through what. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"
#include "engine/core/window_rows.h"

#define RULE(id, rest)                                                                             \
    "- id: " id "\n"                                                                               \
    "  title: 试\n"                                                                                \
    "  owner: dept.traffic\n"                                                                      \
    "  priority: 990\n" rest                                                                       \
    "  assign: {role: grid_worker, search: [grid, 3000], pick: nearest, fallback: dept.traffic.duty}\n"
#define OPEN "  open: {class: \"E.05.03\", severity: 2, title: \"{device}\"}\n"

#define COUNTING                                                                                   \
    RULE("test.count", "  event: test.a\n  where: value >= 5\n  by: [device]\n"               \
                       "  window: {within: 60s, at_least: 3}\n" OPEN)

#define TYPES                                                                                      \
    "  test.a: {title: 甲, title_en: a, lane: telemetry, fields: {value: number, count: number}}\n"  \
    "  test.b: {title: 乙, title_en: b, lane: telemetry, fields: {value: number}}\n"              \
    "  test.c: {title: 丙, title_en: c, lane: telemetry, fields: {value: number}}\n"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

/* A town whose last rule is this one. */
static void open_with(struct town *town, const struct limits *limits, const char *rule)
{
    const char *directory = town_copy();
    town_edit(directory, "rules/town.yaml", "  sensor.odd:",
              "  sensor.odd: {title: 怪, title_en: odd, lane: telemetry, fields: {value: number}}\n" TYPES);
    town_edit(directory, "rules/town.yaml", NULL, rule);
    town_open_at(town, limits, directory);
}

/* One event of test.a, value in units; event time so many seconds from now. */
static enum code send(struct town *town, const char *device, int64_t value, int64_t after_s)
{
    static uint64_t serial;
    char id[32];
    const struct town_field fields[] = {{"value", NULL, value * 1000000}, {0}};
    (void)snprintf(id, sizeof id, "w%llu", (unsigned long long)++serial);
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id("sensor-1"));
    const struct town_report report = {.id = id,
                                       .type = "test.a",
                                       .device = device,
                                       .place = nowhere,
                                       .after_ms = after_s * SECOND_MS,
                                       .fields = fields};
    town_send(town, "sensor-1",
              (struct town_outbox){mark.epoch == 0 ? 1 : mark.epoch, mark.last_seq + 1, serial}, &report,
              1);
    return (enum code)town->last.code;
}

static const struct effect_firing *last_firing(const struct town *town)
{
    for (uint32_t i = town->effect_count; i > 0; i--) {
        if (town->effects[i - 1].kind == EFFECT_FIRING) {
            return &town->effects[i - 1].of.firing;
        }
    }
    return NULL;
}

static void test_windows_three_within_a_minute_open_one_case(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, COUNTING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 1);
    assert_int_equal(last_firing(&town)->need, 3);
    town_pass(&town, 20 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    town_pass(&town, 20 * SECOND_MS);
    assert_int_equal(send(&town, "C-002", 5, 0), CODE_WAITING); /* another key */
    town_pass(&town, 19 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_OPENED);
    const struct case_no no = town.last.case_no;
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_DEDUPED); /* it still holds */
    assert_true(case_no_is_equal(town.last.case_no, no));
    assert_int_equal(town.core->counts.waiting, 3);
    town_close(&town);
}

/* (t - within, t]: a sample exactly `within` old is out. */
static void test_windows_a_third_after_the_window_waits(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, COUNTING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    town_pass(&town, 20 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    town_pass(&town, 40 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 2);
    town_close(&town);
}

static void test_windows_fire_again_after_a_silence(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, COUNTING);
    for (uint32_t round = 0; round < 2; round++) {
        assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
        assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
        assert_int_equal(send(&town, "C-001", 5, 0), CODE_OPENED);
        town_pass(&town, 61 * SECOND_MS);
    }
    town_close(&town);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_three_within_a_minute_open_one_case),
        cmocka_unit_test(test_windows_a_third_after_the_window_waits),
        cmocka_unit_test(test_windows_fire_again_after_a_silence),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_windows.c", tests, NULL, NULL);
}
