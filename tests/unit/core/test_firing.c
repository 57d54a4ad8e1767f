/* test_firing.c: rules of one event in their lanes: who decides, who acts beside, what a shadow says. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

static const struct place beside_bin = {1163061000, 399061000};
static const struct town_field full[] = {{"fill", NULL, 1000000}, {0}};

static const char *const RULES[] = {
    ("- {id: odd.better, title: x, owner: dept.traffic, priority: 200, event: sensor.odd, "
     "where: value >= 2, dedupe: {key: [device], window: 10m}, open: {class: \"E.09.09\", "
     "severity: 2, title: x}, assign: {role: grid_worker}}"),
    ("- {id: odd.shadow, title: x, owner: dept.traffic, priority: 150, status: shadow, "
     "event: sensor.odd, dedupe: {key: [device], window: 10m}, open: {class: \"E.09.09\", "
     "severity: 1, title: x}, assign: {role: grid_worker}}"),
    ("- {id: odd.raise, title: x, owner: dept.traffic, lane: escalate, event: sensor.odd, "
     "where: value >= 3, escalate: [{when: opened, now: true, to: town.command, severity: "
     "1}]}"),
    ("- {id: all.tell, title: x, owner: dept.traffic, lane: notify, event: [\"sensor.*\"], "
     "escalate: [{when: opened, now: true, to: [dept.traffic.duty, town.command]}]}"),
};

static int open_lanes(void **state)
{
    struct town *town = malloc(sizeof *town);
    const char *directory = town_copy();
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        town_edit(directory, "rules/town.yaml", NULL, RULES[i]);
    }
    town_open_at(town, NULL, directory);
    *state = town;
    return 0;
}

/* The newest word on that rule ("" = on no rule) since an effect, or NULL. */
static const struct effect_firing *firing_on(const struct town *town, uint32_t since,
                                             const char *rule)
{
    for (uint32_t i = town->effect_count; i > since; i--) {
        const struct effect *effect = &town->effects[i - 1];
        if (effect->kind != EFFECT_FIRING) {
            continue;
        }
        const uint32_t row = effect->of.firing.rule;
        const struct image_string id =
            row == NONE32 ? (struct image_string){0, 0} : town->policy.rules[row].id;
        if (id.size == strlen(rule) && memcmp(policy_text(&town->policy, id), rule, id.size) == 0) {
            return &effect->of.firing;
        }
    }
    return NULL;
}

static uint32_t effects_of(const struct town *town, uint32_t since, enum effect_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = since; i < town->effect_count; i++) {
        count += town->effects[i].kind == kind;
    }
    return count;
}

static enum code odd(struct town *town, int64_t value)
{
    const struct town_field fields[] = {{"value", NULL, value * 1000000}, {0}};
    return town_event(town, "sensor-1", "sensor.odd", NULL, beside_bin, fields);
}

static void expect_word(const struct town *town, uint32_t since, const char *rule, enum code code)
{
    const struct effect_firing *firing = firing_on(town, since, rule);
    assert_non_null(firing);
    assert_int_equal(firing->code, code);
}

static void test_firing_best_rule_of_dispatch_decides_and_the_rest_lose(void **state)
{
    struct town *town = *state;
    const uint32_t since = town->effect_count;
    assert_int_equal(odd(town, 2), CODE_OPENED);
    assert_int_equal(town_case(town, town->last.case_no).severity, 2);
    expect_word(town, since, "odd.better", CODE_OPENED);
    expect_word(town, since, "odd.nobody", CODE_LOST_LANE);
    assert_int_equal(firing_on(town, since, "odd.nobody")->winner,
                     firing_on(town, since, "odd.better")->rule);
    assert_int_equal(firing_on(town, since, "odd.better")->winner, NONE32);
    assert_int_equal(effects_of(town, since, EFFECT_FIRING), 4);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 1);
}

static void test_firing_winner_keeps_its_lane_when_it_is_a_repeat(void **state)
{
    struct town *town = *state;
    assert_int_equal(odd(town, 2), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const uint32_t since = town->effect_count;
    assert_int_equal(odd(town, 2), CODE_DEDUPED);
    assert_true(case_no_is_equal(town->last.case_no, no));
    expect_word(town, since, "odd.nobody", CODE_LOST_LANE);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 1);
}

static void test_firing_shadow_says_what_it_would_do_and_does_nothing(void **state)
{
    struct town *town = *state;
    uint32_t since = town->effect_count;
    assert_int_equal(odd(town, 1), CODE_OPENED);
    assert_int_equal(town_case(town, town->last.case_no).severity, 4);
    expect_word(town, since, "odd.shadow", CODE_SHADOW);
    assert_int_equal(firing_on(town, since, "odd.shadow")->would, CODE_OPENED);
    assert_true(case_no_is_none(firing_on(town, since, "odd.shadow")->case_no));
    /* Its own dedupe window runs. */
    since = town->effect_count;
    assert_int_equal(odd(town, 1), CODE_OPENED);
    assert_int_equal(firing_on(town, since, "odd.shadow")->would, CODE_DEDUPED);
    town_pass(town, 11 * MINUTE_MS);
    /* Where a better rule fired, it would have lost. */
    since = town->effect_count;
    assert_int_equal(odd(town, 2), CODE_OPENED);
    assert_int_equal(firing_on(town, since, "odd.shadow")->would, CODE_LOST_LANE);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 3);
}

static void test_firing_escalate_raises_the_case_once(void **state)
{
    struct town *town = *state;
    uint32_t since = town->effect_count;
    assert_int_equal(odd(town, 3), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(town_case(town, no).severity, 1);
    expect_word(town, since, "odd.raise", CODE_TOLD);
    assert_true(case_no_is_equal(firing_on(town, since, "odd.raise")->case_no, no));
    assert_int_equal(effects_of(town, since, EFFECT_NOTICE), 3);
    since = town->effect_count;
    assert_int_equal(odd(town, 3), CODE_DEDUPED);
    expect_word(town, since, "odd.raise", CODE_DEDUPED);
    assert_int_equal(effects_of(town, since, EFFECT_NOTICE),
                     2); /* those of notify, which has no dedupe */
}

static void test_firing_notify_tells_of_events_without_a_case(void **state)
{
    struct town *town = *state;
    const uint32_t since = town->effect_count;
    /* facility.flooding needs 0.2: nothing of dispatch takes it, sensor.* of notify does. */
    const struct town_field low[] = {{"level", NULL, 100000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, beside_bin, low),
                     CODE_TOLD);
    assert_true(case_no_is_none(town->last.case_no));
    assert_int_equal(effects_of(town, since, EFFECT_FIRING), 1);
    assert_int_equal(effects_of(town, since, EFFECT_NOTICE), 2);
    assert_int_equal(core_counts_now(town->core)->no_rule, 1);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 0);
}

static void test_firing_type_of_dispatch_alone_gives_one_word(void **state)
{
    struct town *town = *state;
    const uint32_t since = town->effect_count;
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, beside_bin, full),
                     CODE_OPENED);
    assert_int_equal(effects_of(town, since, EFFECT_FIRING), 1);
    const uint32_t type = town->effect_count;
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_cleared", NULL, beside_bin, full),
                     CODE_NO_RULE);
    assert_non_null(firing_on(town, type, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_firing_best_rule_of_dispatch_decides_and_the_rest_lose,
                                        open_lanes, town_teardown),
        cmocka_unit_test_setup_teardown(test_firing_winner_keeps_its_lane_when_it_is_a_repeat,
                                        open_lanes, town_teardown),
        cmocka_unit_test_setup_teardown(test_firing_shadow_says_what_it_would_do_and_does_nothing,
                                        open_lanes, town_teardown),
        cmocka_unit_test_setup_teardown(test_firing_escalate_raises_the_case_once, open_lanes,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(test_firing_notify_tells_of_events_without_a_case,
                                        open_lanes, town_teardown),
        cmocka_unit_test_setup_teardown(test_firing_type_of_dispatch_alone_gives_one_word,
                                        open_lanes, town_teardown),
    };
    return cmocka_run_group_tests_name("core/firing", tests, NULL, NULL);
}
