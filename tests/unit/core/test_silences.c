/* test_silences.c: silences, maintenance and inhibits: who may say so, what is held back, with which reasons, until when. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

static const struct place beside_bin = {1163061000, 399061000};
static const struct place far_off = {1163160000, 399061000};

static const char *const RULES[] = {
    "- {id: big.flood, title: x, owner: dept.sanitation, priority: 900, event: sensor.water_level, "
    "where: level >= 2, "
    "open: {class: \"E.02.03\", severity: 1, title: x}, assign: {role: grid_worker}, "
    "inhibits: {rules: [small.near], radius_m: 200, max_severity: 2}}",
    "- {id: big.source, title: x, owner: dept.traffic, priority: 800, event: sensor.odd, where: "
    "value >= 50, "
    "open: {class: \"E.09.09\", severity: 2, title: x}, assign: {role: grid_worker}, "
    "inhibits: {tags: [small], equal: [source]}}",
    "- {id: small.near, title: x, owner: dept.traffic, tags: [small], priority: 500, event: "
    "sensor.odd, where: value >= 5, "
    "dedupe: {key: [device], window: 2h}, open: {class: \"E.09.09\", severity: 4, title: x}, "
    "assign: {role: grid_worker}, "
    "suppress: {break_through: value >= 40}}",
    "- {id: never.quiet, title: x, owner: dept.traffic, priority: 950, event: sensor.odd, where: "
    "value >= 90, "
    "open: {class: \"E.09.09\", severity: 1, title: x}, assign: {role: grid_worker}, suppress: "
    "{never: true}}",
};

static int open_town(void **state)
{
    const char *directory = town_copy();
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        town_edit(directory, "rules/town.yaml", NULL, RULES[i]);
    }
    return town_setup_at(state, NULL, directory);
}

static enum code odd_at(struct town *town, int64_t value, struct place place)
{
    const struct town_field fields[] = {{"value", NULL, value * 1000000}, {0}};
    return town_event(town, "sensor-1", "sensor.odd", NULL, place, fields);
}

static enum code odd(struct town *town, int64_t value)
{
    return odd_at(town, value, beside_bin);
}

static enum code water(struct town *town, int64_t level)
{
    const struct town_field fields[] = {{"level", NULL, level * 1000000}, {0}};
    return town_event(town, "sensor-1", "sensor.water_level", NULL, beside_bin, fields);
}

static enum code quiet(struct town *town, const char *who, const char *text, int64_t minutes)
{
    return town_do(town, who,
                   (struct town_deed){.action = ACTION_SILENCE,
                                      .text = text,
                                      .until_ms = town->now_ms + minutes * MINUTE_MS});
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

static void test_silences_hold_back_until_they_expire(void **state)
{
    struct town *town = *state;
    assert_int_equal(quiet(town, "chief.chu", "rule=small.near; works", 30), CODE_DONE);
    const uint64_t number = town->last.order;
    assert_int_equal(number, 1);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    assert_true(case_no_is_none(town->last.case_no));
    assert_int_equal(last_firing(town)->reason_count, 1);
    assert_int_equal(last_firing(town)->reasons[0].silence, number);
    assert_int_equal(core_counts_now(town->core)->suppressed, 1);
    /* The winner keeps its lane: odd.nobody, below it, does not step in; other rules are not touched. */
    assert_int_equal(core_counts_now(town->core)->cases_opened, 0);
    assert_int_equal(odd(town, 1), CODE_OPENED);
    town_pass(town, 30 * MINUTE_MS);
    /* No dedupe window began under the silence. */
    assert_int_equal(odd(town, 5), CODE_OPENED);
    uint32_t slot = 0;
    struct silence_row row;
    assert_false(core_next_silence(town->core, &slot, &row));
}

static void test_silences_overlapping_are_all_named(void **state)
{
    struct town *town = *state;
    assert_int_equal(quiet(town, "chief.chu", "tag=small; one", 30), CODE_DONE);
    assert_int_equal(quiet(town, "chief.chu", "class=E.09.09 source=sensor-1; two", 60), CODE_DONE);
    assert_int_equal(town_do(town, "chief.chu",
                             (struct town_deed){.action = ACTION_SILENCE,
                                                .reason = REASON_MAINTENANCE,
                                                .text = "area=area.no_parking; not there",
                                                .until_ms = town->now_ms + HOUR_MS}),
                     CODE_DONE);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    assert_int_equal(last_firing(town)->reason_count, 2); /* no car park around */
    assert_int_equal(last_firing(town)->reasons[0].silence, 1);
    assert_int_equal(last_firing(town)->reasons[1].silence, 2);
    town_pass(town, 31 * MINUTE_MS);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    assert_int_equal(last_firing(town)->reasons[0].silence, 2);
    uint32_t slot = 0;
    struct silence_row row;
    assert_true(core_next_silence(town->core, &slot, &row));
    assert_int_equal(row.held, 2);
}

static void test_silences_begin_later_and_end_early(void **state)
{
    struct town *town = *state;
    assert_int_equal(town_do(town, "chief.chu",
                             (struct town_deed){.action = ACTION_SILENCE,
                                                .text = "rule=odd.nobody; later",
                                                .amount = 10,
                                                .until_ms = town->now_ms + HOUR_MS}),
                     CODE_DONE);
    assert_int_equal(odd(town, 1), CODE_OPENED);
    town_pass(town, 10 * MINUTE_MS);
    assert_int_equal(odd(town, 1), CODE_SUPPRESSED);
    const struct town_deed end = {.action = ACTION_UNSILENCE, .amount = 1};
    assert_int_equal(town_do(town, "wang", end), CODE_NO_RIGHT);
    assert_int_equal(odd(town, 1), CODE_SUPPRESSED);
    assert_int_equal(town_do(town, "chief.chu", end), CODE_DONE);
    assert_int_equal(town_do(town, "chief.chu", end), CODE_UNKNOWN_SILENCE);
    assert_int_equal(odd(town, 1), CODE_OPENED);
}

static void test_silences_need_right_words_and_an_end(void **state)
{
    struct town *town = *state;
    assert_int_equal(quiet(town, "wang", "rule=odd.nobody; x", 30), CODE_NO_RIGHT);
    assert_int_equal(quiet(town, "auditor.an", "rule=odd.nobody; x", 30), CODE_NO_RIGHT);
    assert_int_equal(quiet(town, "desk.dai", "rule=odd.nobody; x", 30),
                     CODE_NO_RIGHT); /* of no department */
    assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobod; x", 30), CODE_BAD_MATCHER);
    assert_int_equal(quiet(town, "chief.chu", "camera=cam-1; x", 30), CODE_BAD_MATCHER);
    assert_int_equal(quiet(town, "chief.chu", "; x", 30), CODE_BAD_MATCHER);
    assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobody", 30), CODE_TEXT_NEEDED);
    assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobody; x", 0), CODE_BAD_UNTIL);
    assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobody; x", 32 * 24 * 60), CODE_BAD_UNTIL);
    assert_int_equal(town_do(town, "chief.chu",
                             (struct town_deed){.action = ACTION_SILENCE,
                                                .reason = REASON_MAINTENANCE,
                                                .text = "rule=odd.nobody; a rule needs no repair",
                                                .until_ms = town->now_ms + HOUR_MS}),
                     CODE_BAD_MATCHER);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobody; x", 30), CODE_DONE);
    }
    assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobody; x", 30), CODE_TABLE_FULL);
    town_pass(town, 31 * MINUTE_MS);
    assert_int_equal(quiet(town, "chief.chu", "rule=odd.nobody; x", 30), CODE_DONE);
}

static void test_silences_of_a_desk_reach_its_own_rules(void **state)
{
    struct town *town = *state;
    /* odd.nobody is sanitation's, small.near is traffic's. */
    assert_int_equal(quiet(town, "desk.san", "source=sensor-1; ours", 30), CODE_DONE);
    assert_int_equal(odd(town, 1), CODE_SUPPRESSED);
    assert_int_equal(odd(town, 5), CODE_OPENED);
    assert_int_equal(
        town_do(town, "desk.tra", (struct town_deed){.action = ACTION_UNSILENCE, .amount = 1}),
        CODE_NO_RIGHT);
}

static void test_silences_break_through_and_never(void **state)
{
    struct town *town = *state;
    assert_int_equal(quiet(town, "chief.chu", "source=sensor-1; all of it", 30), CODE_DONE);
    assert_int_equal(odd(town, 39), CODE_SUPPRESSED);
    assert_int_equal(odd(town, 40), CODE_OPENED);
    assert_int_equal(odd(town, 90), CODE_OPENED);
}

static void test_silences_live_through_restart_and_new_rules(void **state)
{
    struct town *town = *state;
    assert_int_equal(quiet(town, "chief.chu", "rule=small.near; works", 30), CODE_DONE);
    void *saved = town_save(town);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    town_restore(town, saved);
    free(saved);
    /* Without the rule it is silent about nothing; with it again it is what it was. */
    const char *directory = town_copy();
    town_move(town, directory);
    assert_int_equal(odd(town, 5), CODE_OPENED); /* odd.nobody */
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        town_edit(directory, "rules/town.yaml", NULL, RULES[i]);
    }
    town_move(town, directory);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    assert_int_equal(last_firing(town)->reasons[0].silence, 1);
}

static void test_inhibits_hide_while_the_case_is_open(void **state)
{
    struct town *town = *state;
    assert_int_equal(water(town, 3), CODE_OPENED);
    const struct case_no big = town->last.case_no;
    const uint32_t told = town_count(town, ACTION_RELATED);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    assert_true(case_no_is_equal(last_firing(town)->reasons[0].case_no, big));
    assert_int_equal(last_firing(town)->reasons[0].silence, 0);
    assert_int_equal(town_count(town, ACTION_RELATED), told + 1);
    /* Beyond 200 m, and for a rule that is not named, it hides nothing. */
    assert_int_equal(odd_at(town, 5, far_off), CODE_OPENED);
    assert_int_equal(odd(town, 1), CODE_OPENED);
    assert_int_equal(town_act(town, "chief.chu", 0, big, ACTION_FORCE_CLOSE, REASON_OTHER,
                              (struct place){PLACE_NONE, PLACE_NONE}, NULL),
                     CODE_DONE);
    town_pass(town, 3 * HOUR_MS);
    assert_int_equal(odd(town, 5), CODE_OPENED);
}

static void test_inhibits_of_a_silenced_source_still_hide(void **state)
{
    struct town *town = *state;
    assert_int_equal(quiet(town, "chief.chu", "rule=big.source; known", 30), CODE_DONE);
    assert_int_equal(odd(town, 60), CODE_SUPPRESSED);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 0);
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED);
    assert_int_equal(last_firing(town)->reason_count, 1);
    assert_int_equal(last_firing(town)->reasons[0].silence, 0);
    assert_true(case_no_is_none(last_firing(town)->reasons[0].case_no));
    town_pass(town, 31 * MINUTE_MS);
    assert_int_equal(odd(town, 5), CODE_OPENED);
}

static void test_inhibits_hidden_firing_hides_nothing(void **state)
{
    struct town *town = *state;
    assert_int_equal(odd(town, 60), CODE_OPENED);
    const struct case_no big = town->last.case_no;
    assert_int_equal(odd(town, 5), CODE_SUPPRESSED); /* small.near is hidden; it has no case */
    assert_true(case_no_is_equal(last_firing(town)->reasons[0].case_no, big));
    assert_int_equal(core_counts_now(town->core)->open_now, 1);
}

int main(void)
{
#define WITH_TOWN(test) cmocka_unit_test_setup_teardown(test, open_town, town_teardown)
    const struct CMUnitTest tests[] = {
        WITH_TOWN(test_silences_hold_back_until_they_expire),
        WITH_TOWN(test_silences_overlapping_are_all_named),
        WITH_TOWN(test_silences_begin_later_and_end_early),
        WITH_TOWN(test_silences_need_right_words_and_an_end),
        WITH_TOWN(test_silences_of_a_desk_reach_its_own_rules),
        WITH_TOWN(test_silences_break_through_and_never),
        WITH_TOWN(test_silences_live_through_restart_and_new_rules),
        WITH_TOWN(test_inhibits_hide_while_the_case_is_open),
        WITH_TOWN(test_inhibits_of_a_silenced_source_still_hide),
        WITH_TOWN(test_inhibits_hidden_firing_hides_nothing),
    };
    return cmocka_run_group_tests_name("core/silences", tests, NULL, NULL);
}
