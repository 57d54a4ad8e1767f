/* test_windows.c: rules with state: for, window, sequence, levels; what they keep, for how long, and through what. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"
#include "engine/core/window_results.h"
#include "engine/core/window_rows.h"

#define RULE(id, rest)                                                                             \
    "- id: " id "\n"                                                                               \
    "  title: 试\n"                                                                               \
    "  owner: dept.traffic\n"                                                                      \
    "  priority: 990\n" rest "  assign: {role: grid_worker, search: [grid, 3000], pick: nearest, " \
    "fallback: dept.traffic.duty}\n"
#define OPEN "  open: {class: \"E.05.03\", severity: 2, title: \"{device}\"}\n"

#define COUNTING                                                                                   \
    RULE("test.count", "  event: test.a\n  where: value >= 5\n  by: [device]\n"                    \
                       "  window: {within: 60s, at_least: 3}\n" OPEN)

#define TYPES                                                                                      \
    "  test.a: {title: 甲, title_en: a, lane: telemetry, fields: {value: number, count: "         \
    "number}}\n"                                                                                   \
    "  test.b: {title: 乙, title_en: b, lane: telemetry, fields: {value: number}}\n"              \
    "  test.c: {title: 丙, title_en: c, lane: telemetry, fields: {value: number}}\n"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

static void edit(const char *directory, const char *rule)
{
    town_edit(directory, "rules/town.yaml", "  sensor.odd:",
              "  sensor.odd: {title: 怪, title_en: odd, lane: telemetry, fields: {value: "
              "number}}\n" TYPES);
    town_edit(directory, "rules/town.yaml", NULL, rule);
}

/* A town whose last rule is this one. */
static void open_with(struct town *town, const struct limits *limits, const char *rule)
{
    const char *directory = town_copy();
    edit(directory, rule);
    town_open_at(town, limits, directory);
}

static enum code send_fields(struct town *town, const char *device, const struct town_field *fields,
                             int64_t after_s)
{
    static uint64_t serial;
    char id[32];
    (void)snprintf(id, sizeof id, "w%llu", (unsigned long long)++serial);
    const struct outbox_mark mark = core_outbox_mark(town->core, town_id("sensor-1"));
    const struct town_report report = {.id = id,
                                       .type = "test.a",
                                       .device = device,
                                       .place = nowhere,
                                       .after_ms = after_s * SECOND_MS,
                                       .fields = fields};
    town_send(town, "sensor-1",
              (struct town_outbox){mark.epoch == 0 ? 1 : mark.epoch, mark.last_seq + 1, serial},
              &report, 1);
    return (enum code)town->last.code;
}

/* One event of test.a, value in units; event time so many seconds from now. */
static enum code send(struct town *town, const char *device, int64_t value, int64_t after_s)
{
    const struct town_field fields[] = {{"value", NULL, value * 1000000}, {0}};
    return send_fields(town, device, fields, after_s);
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

/* The same rule under the same shape keeps what it has seen, whatever else is changed. */
static void test_windows_state_survives_other_thresholds_and_a_new_name(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, COUNTING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    const char *directory = town_copy();
    edit(directory, RULE("test.renamed",
                         "  was: test.count\n  event: test.a\n  where: value >= 1\n  by: [device]\n"
                         "  window: {within: 60s, at_least: 4}\n" OPEN));
    town_move(&town, directory);
    assert_int_equal(send(&town, "C-001", 2, 0), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 3);
    assert_int_equal(last_firing(&town)->need, 4);
    assert_int_equal(send(&town, "C-001", 2, 0), CODE_OPENED);
    town_close(&town);
}

static void test_windows_another_shape_begins_anew(void **state)
{
    (void)state;
    static const char *const CHANGED[] = {
        RULE("test.count",
             "  event: test.a\n  by: [device]\n  window: {within: 61s, at_least: 3}\n" OPEN),
        RULE(
            "test.count",
            "  event: test.a\n  by: [device, source]\n  window: {within: 60s, at_least: 3}\n" OPEN),
        RULE("test.count", "  event: [test.a, test.b]\n  by: [device]\n  window: {within: 60s, "
                           "at_least: 3}\n" OPEN),
        RULE("test.other",
             "  event: test.a\n  by: [device]\n  window: {within: 60s, at_least: 3}\n" OPEN),
    };
    for (size_t i = 0; i < COUNT_OF(CHANGED); i++) {
        struct town town;
        open_with(&town, NULL, COUNTING);
        assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
        assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
        const char *directory = town_copy();
        edit(directory, CHANGED[i]);
        town_move(&town, directory);
        assert_int_equal(town.core->windows.used, 0);
        assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
        assert_int_equal(last_firing(&town)->have, 1);
        town_close(&town);
    }
}

static void test_windows_lack_of_a_key_field_is_said(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL,
              RULE("test.plate",
                   "  event: test.a\n  by: [count]\n  window: {within: 60s, at_least: 2}\n" OPEN));
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_BY_MISSING);
    assert_int_equal(town.core->windows.used, 0);
    town_close(&town);
}

/* A rule that fires while another has the lane has not fired. */
static void test_windows_a_lost_lane_is_no_firing(void **state)
{
    (void)state;
    struct town town;
    open_with(
        &town, NULL,
        COUNTING
        "- id: test.first\n  title: 先\n  owner: dept.traffic\n  priority: 999\n  event: test.a\n"
        "  where: value >= 9\n" OPEN "  assign: {role: grid_worker, search: [grid]}\n");
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-001", 9, 0), CODE_OPENED); /* by the other */
    assert_int_equal(last_firing(&town)->code, CODE_LOST_LANE);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_OPENED); /* by this one */
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_DEDUPED);
    town_close(&town);
}

/* The newest of all keys make no room for a flood of others; those that have run out do. */
static void test_windows_are_bounded_by_max_keys(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL,
              RULE("test.few", "  event: test.a\n  by: [device]\n"
                               "  window: {within: 60s, at_least: 2, max_keys: 2}\n" OPEN));
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-002", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-003", 5, 0), CODE_WINDOW_FULL);
    town_pass(&town, 10 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_OPENED); /* evidence was not pushed out */
    town_pass(&town, 85 * SECOND_MS); /* C-002: a minute and the lateness later */
    assert_int_equal(send(&town, "C-003", 5, 0), CODE_WAITING);
    assert_int_equal(town.core->windows.used, 2);
    town_close(&town);
}

/* A device's clock that jumps: back, its samples change nothing; ahead, the key waits until the others have caught up; too far
 * ahead, it is refused. The log's own clock jumps: what has grown too old is out. */
static void test_windows_hold_while_clocks_jump(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, COUNTING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-001", 5, -3600), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 2);
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_OPENED);
    assert_int_equal(send(&town, "C-002", 5, 290), CODE_WAITING);
    assert_int_equal(send(&town, "C-002", 5, 0), CODE_WAITING); /* late, as its own clock has it */
    assert_int_equal(last_firing(&town)->have, 1);
    assert_int_equal(send(&town, "C-002", 5, 3600), CODE_IN_FUTURE);
    town_pass(&town, 300 * SECOND_MS);
    assert_int_equal(send(&town, "C-002", 5, 0), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 2);
    town_pass(&town, 30 * DAY_MS);
    assert_int_equal(send(&town, "C-002", 5, 0), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 1);
    windows_check(town.core);
    town_close(&town);
}

/* A million keys, straight at the rows: the table holds its limit, and never more. */
static void test_windows_a_million_keys_stay_bounded(void **state)
{
    (void)state;
    struct town town;
    struct limits limits = town_limits();
    limits.window_keys = 4096;
    limits.window_samples = 8192;
    open_with(&town, &limits,
              RULE("test.many", "  event: test.a\n  by: [device]\n"
                                "  window: {within: 60s, at_least: 2, max_keys: 5000000}\n" OPEN));
    struct core *core = town.core;
    uint32_t full = 0;
    uint32_t kept = 0;
    for (uint64_t i = 0; i < 1000000; i++) {
        core->now_ms += 10;
        const struct hash128 key = {mix64(i), i};
        const uint32_t slot = window_rows_take(core, 0, key);
        full += slot == NONE32;
        if (slot != NONE32) {
            const struct sample_row sample = {.at_ms = core->now_ms};
            kept += window_rows_keep(core, slot, &sample);
            core->windows.rows[slot].newest_ms = core->now_ms;
        }
        must(core->windows.used <= limits.window_keys &&
             core->windows.samples.used <= limits.window_samples);
    }
    town.now_ms = core->now_ms;
    windows_check(core);
    /* 9,000 a window and its lateness, of which the table holds 4,096. */
    assert_true(full > 400000 && full < 600000);
    assert_true(kept == 1000000 - full);
    town_close(&town);
}

static void test_windows_a_sequence_takes_its_steps_in_order(void **state)
{
    (void)state;
    struct town town;
    open_with(
        &town, NULL,
        "- id: test.steps\n  title: 序\n  owner: dept.traffic\n  by: [device]\n  within: 60s\n"
        "  sequence:\n  - {event: test.a, where: value == 1}\n  - {event: test.a, where: value == "
        "2}\n" OPEN "  assign: {role: grid_worker, search: [grid]}\n");
    assert_int_equal(send(&town, "C-001", 2, 0), CODE_WAITING); /* too early */
    assert_int_equal(send(&town, "C-001", 3, 0), CODE_NO_RULE); /* no step is about it */
    assert_int_equal(send(&town, "C-001", 1, 0), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 1);
    assert_int_equal(send(&town, "C-002", 2, 0), CODE_WAITING);
    town_pass(&town, 50 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 1, 0), CODE_WAITING); /* the newer first counts */
    town_pass(&town, 50 * SECOND_MS);
    assert_int_equal(send(&town, "C-001", 2, 0), CODE_OPENED);
    assert_int_equal(send(&town, "C-001", 2, 0), CODE_WAITING); /* nothing of it is used twice */
    town_close(&town);
}

#define PASSING                                                                                    \
    "- id: test.steps\n  title: 序\n  owner: dept.traffic\n  by: [device]\n  within: 60s\n"       \
    "  sequence:\n  - {event: test.a, where: count == 1, as: first}\n"                             \
    "  - {event: test.a, where: count == 2 and value > first.value, as: second}\n"                 \
    "  - {event: test.a, where: \"count == 3 and value == first.value + second.value\"}\n"         \
    "  open: {class: \"E.05.03\", severity: 2, title: \"{first.value} {value} {first.source}\"}\n" \
    "  assign: {role: grid_worker, search: [grid]}\n"

static enum code step(struct town *town, const char *device, int64_t step, int64_t value)
{
    const struct town_field fields[] = {
        {"count", NULL, step * 1000000}, {"value", NULL, value * 1000000}, {0}};
    return send_fields(town, device, fields, 0);
}

/* A later step compares with what an earlier one said, and the case keeps it. */
static void test_windows_a_step_is_known_to_later_ones(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, PASSING);
    assert_int_equal(step(&town, "C-001", 1, 4), CODE_WAITING);
    assert_int_equal(town.core->waits.used, 1);
    assert_int_equal(step(&town, "C-001", 2, 4), CODE_WAITING); /* not more than the first */
    assert_int_equal(last_firing(&town)->have, 1);
    assert_int_equal(step(&town, "C-002", 2, 9), CODE_WAITING); /* another key carries nothing */
    assert_int_equal(last_firing(&town)->have, 0);
    assert_int_equal(step(&town, "C-001", 2, 6), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 2);
    assert_int_equal(step(&town, "C-001", 3, 11), CODE_WAITING);
    assert_int_equal(step(&town, "C-001", 3, 10), CODE_OPENED);
    assert_int_equal(town.core->waits.used, 0);
    const struct case_view view = town_case(&town, town.last.case_no);
    assert_int_equal(view.field_count, 3);
    for (uint32_t i = 0; i < view.field_count; i++) {
        const struct policy_field *field = &state_policy(town.core)->fields[view.fields[i].field];
        const char *name = state_policy(town.core)->strings + field->name.offset;
        if (memcmp(name, "first.value", field->name.size) == 0) {
            assert_int_equal(view.fields[i].number, 4 * MICRO);
        } else if (memcmp(name, "first.source", field->name.size) == 0) {
            assert_int_equal(view.fields[i].size, strlen("sensor-1"));
            assert_memory_equal(view.fields[i].text, "sensor-1", strlen("sensor-1"));
        } else {
            assert_int_equal(view.fields[i].number, 10 * MICRO);
        }
    }
    windows_check(town.core);
    town_close(&town);
}

/* A newer first step begins anew with its own values; a run that is over carries nothing. */
static void test_windows_what_is_carried_ends_with_its_run(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL, PASSING);
    assert_int_equal(step(&town, "C-001", 1, 9), CODE_WAITING);
    assert_int_equal(step(&town, "C-001", 1, 4), CODE_WAITING);
    assert_int_equal(town.core->waits.used, 1);
    assert_int_equal(step(&town, "C-001", 2, 6), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 2); /* 6 is more than 4, not than 9 */
    town_pass(&town, 61 * SECOND_MS);
    assert_int_equal(step(&town, "C-001", 3, 10), CODE_WAITING); /* too late */
    assert_int_equal(last_firing(&town)->have, 0);
    assert_int_equal(step(&town, "C-001", 2, 6), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 0);
    windows_check(town.core);
    town_close(&town);
}

/* Rows for what is carried run out: the newcomer is told, and stale runs make room. */
static void test_windows_what_is_carried_is_bounded(void **state)
{
    (void)state;
    struct town town;
    struct limits limits = town_limits();
    limits.waits = 1;
    open_with(&town, &limits, PASSING);
    assert_int_equal(step(&town, "C-001", 1, 4), CODE_WAITING);
    assert_int_equal(step(&town, "C-002", 1, 4), CODE_WINDOW_FULL);
    assert_int_equal(step(&town, "C-002", 2, 9), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 0);
    town_pass(&town, 200 * SECOND_MS);
    assert_int_equal(step(&town, "C-002", 1, 5), CODE_WAITING);
    assert_int_equal(town.core->waits.used, 1);
    assert_int_equal(step(&town, "C-002", 2, 6), CODE_WAITING);
    assert_int_equal(last_firing(&town)->have, 2);
    windows_check(town.core);
    town_close(&town);
}

/* geo: centroid, and the number of devices as a captured field. */
static void test_windows_a_case_lies_in_the_middle_of_its_samples(void **state)
{
    (void)state;
    struct town town;
    open_with(&town, NULL,
              RULE("test.middle", "  event: test.a\n  by: [source]\n  window: {within: 60s, "
                                  "distinct: device, at_least: 2}\n"
                                  "  open: {class: \"E.05.03\", severity: 2, title: "
                                  "\"{window.count}\", geo: centroid}\n"));
    assert_int_equal(send(&town, "C-001", 5, 0), CODE_WAITING);
    assert_int_equal(send(&town, "C-002", 5, 0), CODE_OPENED);
    const struct case_view view = town_case(&town, town.last.case_no);
    assert_int_equal(view.place.lon, 1163105000);
    assert_int_equal(view.place.lat, 399055000);
    assert_int_equal(view.field_count, 1);
    assert_int_equal(view.fields[0].number, 2 * MICRO);
    town_close(&town);
}

/* Against 128 bits, which the core does not have: exact where nothing had to be shifted, else to a part in a million. */
static void test_windows_slopes_are_those_of_least_squares(void **state)
{
    (void)state;
    static int64_t seconds[WINDOW_SAMPLES_MAX], values[WINDOW_SAMPLES_MAX];
    uint64_t random = 7;
    for (uint32_t round = 0; round < 200; round++) {
        random = mix64(random + 1);
        const uint32_t count = 2 + (uint32_t)(random % (WINDOW_SAMPLES_MAX - 1));
        const uint32_t shift = (uint32_t)(random >> 32) % 40;
        __extension__ typedef __int128 wide;
        wide sx = 0, sy = 0, sxx = 0, sxy = 0;
        for (uint32_t i = 0; i < count; i++) {
            random = mix64(random + 1);
            seconds[i] = i == 0 ? 0 : seconds[i - 1] + (int64_t)(random % 600);
            values[i] = (int64_t)(random >> (63 - shift)) - (INT64_C(1) << shift) / 2;
            sx += seconds[i];
            sy += values[i];
            sxx += (wide)seconds[i] * seconds[i];
            sxy += (wide)seconds[i] * values[i];
        }
        const wide below = count * sxx - sx * sx;
        int64_t slope = 0;
        assert_int_equal(window_results_slope(seconds, values, count, &slope), below != 0);
        if (below != 0) {
            const int64_t exact = (int64_t)((count * sxy - sx * sy) * 60 / below);
            const int64_t off = slope > exact ? slope - exact : exact - slope;
            assert_true(shift <= 12 ? off == 0 : off <= 1 + (INT64_C(1) << shift) / 1000000);
        }
    }
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_three_within_a_minute_open_one_case),
        cmocka_unit_test(test_windows_a_third_after_the_window_waits),
        cmocka_unit_test(test_windows_fire_again_after_a_silence),
        cmocka_unit_test(test_windows_state_survives_other_thresholds_and_a_new_name),
        cmocka_unit_test(test_windows_another_shape_begins_anew),
        cmocka_unit_test(test_windows_lack_of_a_key_field_is_said),
        cmocka_unit_test(test_windows_a_lost_lane_is_no_firing),
        cmocka_unit_test(test_windows_are_bounded_by_max_keys),
        cmocka_unit_test(test_windows_a_million_keys_stay_bounded),
        cmocka_unit_test(test_windows_hold_while_clocks_jump),
        cmocka_unit_test(test_windows_a_sequence_takes_its_steps_in_order),
        cmocka_unit_test(test_windows_a_step_is_known_to_later_ones),
        cmocka_unit_test(test_windows_what_is_carried_ends_with_its_run),
        cmocka_unit_test(test_windows_what_is_carried_is_bounded),
        cmocka_unit_test(test_windows_slopes_are_those_of_least_squares),
        cmocka_unit_test(test_windows_a_case_lies_in_the_middle_of_its_samples),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_windows.c", tests, NULL, NULL);
}
