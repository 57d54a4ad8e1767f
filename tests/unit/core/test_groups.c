/* test_groups.c: notices of lane notify told together: when, how many, told again while the case is open, and through restart,
 * new rules and a full table. */
#include "engine/core/snapshot.h"

#include "tests/unit/core/town.c"

#include "engine/core/state.h"

static const struct place beside_bin = {1163061000, 399061000};

#define GROUPING                                                                                   \
    "- {id: tell.odd, title: x, owner: dept.traffic, lane: notify, event: sensor.odd, where: "     \
    "value < 100, "                                                                                \
    "group: {by: [%s], wait: 30s, interval: 5m, repeat: %s}, escalate: [{when: opened, now: "      \
    "true, to: town.command}]}"

static char *rule_with(const char *by, const char *repeat)
{
    static char line[512];
    (void)snprintf(line, sizeof line, GROUPING, by, repeat);
    return line;
}

static int open_town(void **state)
{
    const char *directory = town_copy();
    town_edit(directory, "rules/town.yaml", NULL, rule_with("source", "10m"));
    return town_setup_at(state, NULL, directory);
}

static int open_many(void **state)
{
    struct town *town = malloc(sizeof *town);
    const char *directory = town_copy();
    town_edit(directory, "rules/town.yaml", NULL, rule_with("value", "10m"));
    town_open_at(town, NULL, directory);
    *state = town;
    return 0;
}

static struct case_no odd(struct town *town, int64_t value)
{
    const struct town_field fields[] = {{"value", NULL, value * 1000000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, beside_bin, fields),
                     CODE_OPENED);
    return town->last.case_no;
}

/* Notices of the rule since an effect; the newest is written. */
static uint32_t told_since(const struct town *town, uint32_t since,
                           struct effect_notice *out_newest)
{
    uint32_t count = 0;
    memset(out_newest, 0, sizeof *out_newest);
    for (uint32_t i = since; i < town->effect_count; i++) {
        const struct effect *effect = &town->effects[i];
        if (effect->kind == EFFECT_NOTICE && effect->of.notice.rule != NONE32) {
            *out_newest = effect->of.notice;
            count++;
        }
    }
    return count;
}

/* Nothing was told, or one notice of that many. */
static void expect_told(const struct town *town, uint32_t since, uint32_t count, struct case_no no,
                        bool is_again)
{
    struct effect_notice newest;
    assert_int_equal(told_since(town, since, &newest), count > 0);
    assert_int_equal(newest.count, count);
    assert_int_equal(newest.is_again, is_again);
    assert_true(count == 0 || case_no_is_equal(newest.case_no, no));
}

static const struct case_no none = {0, 0, 0};

static void test_groups_wait_and_then_tell_at_most_every_interval(void **state)
{
    struct town *town = *state;
    uint32_t since = town->effect_count;
    (void)odd(town, 1);
    struct case_no newest = odd(town, 2);
    expect_told(town, since, 0, none, false);
    town_pass(town, 29 * SECOND_MS);
    newest = odd(town, 3);
    expect_told(town, since, 0, none, false);
    town_pass(town, SECOND_MS);
    expect_told(town, since, 3, newest, false);
    since = town->effect_count;
    town_pass(town, MINUTE_MS);
    newest = odd(town, 4);
    newest = odd(town, 5);
    town_pass(town, 4 * MINUTE_MS - 1);
    expect_told(town, since, 0, none, false);
    town_pass(town, 1);
    expect_told(town, since, 2, newest, false);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 5);
}

static void close_case(struct town *town, struct case_no no)
{
    assert_int_equal(
        town_do(town, "chief.chu",
                (struct town_deed){
                    .no = no, .action = ACTION_VOID, .reason = REASON_FALSE_ALARM, .text = "x"}),
        CODE_DONE);
}

static void test_groups_tell_again_while_the_newest_case_is_open(void **state)
{
    struct town *town = *state;
    (void)odd(town, 1);
    const struct case_no newest = odd(town, 2);
    town_pass(town, 30 * SECOND_MS);
    uint32_t since = town->effect_count;
    town_pass(town, 5 * MINUTE_MS);
    expect_told(town, since, 0, none, false);
    town_pass(town, 5 * MINUTE_MS);
    expect_told(town, since, 2, newest, true);
    since = town->effect_count;
    close_case(town, newest);
    town_pass(town, 20 * MINUTE_MS);
    expect_told(town, since, 0, none, false);
    /* Forgotten: what comes now waits again. */
    const struct case_no next = odd(town, 3);
    town_pass(town, 29 * SECOND_MS);
    expect_told(town, since, 0, none, false);
    town_pass(town, SECOND_MS);
    expect_told(town, since, 1, next, false);
}

static void test_groups_are_told_at_once_when_the_table_is_full(void **state)
{
    struct town *town = *state;
    assert_int_equal(core_limits(town->core)->groups, 4);
    for (int64_t value = 1; value <= 4; value++) {
        (void)odd(town, value);
    }
    uint32_t since = town->effect_count;
    const struct case_no beyond = odd(town, 5);
    struct effect_notice newest;
    assert_int_equal(told_since(town, since, &newest), 1);
    assert_int_equal(newest.count, 0);
    assert_true(case_no_is_equal(newest.case_no, beyond));
    since = town->effect_count;
    town_pass(town, 30 * SECOND_MS);
    assert_int_equal(told_since(town, since, &newest), 4);
    assert_int_equal(newest.count, 1);
}

static void test_groups_end_with_their_rule_and_keep_through_others(void **state)
{
    struct town *town = *state;
    (void)odd(town, 1);
    struct case_no newest = odd(town, 2);
    /* A rule before it moves every row; another wait or repeat keeps the group. */
    const char *directory = town_copy();
    town_edit(directory, "rules/town.yaml", NULL, rule_with("source", "4h"));
    town_edit(directory, "rules/town.yaml", NULL,
              "- {id: a.first, title: x, owner: dept.traffic, status: disabled, event: sensor.odd, "
              "open: {class: \"E.09.09\", severity: 1, title: x}, assign: {role: grid_worker}}");
    town_move(town, directory);
    newest = odd(town, 3);
    uint32_t since = town->effect_count;
    town_pass(town, 30 * SECOND_MS);
    expect_told(town, since, 3, newest, false);
    /* The rule no longer groups: what waits is told. */
    newest = odd(town, 4);
    since = town->effect_count;
    directory = town_copy();
    town_edit(directory, "rules/town.yaml", NULL,
              "- {id: tell.odd, title: x, owner: dept.traffic, lane: notify, event: sensor.odd, "
              "escalate: [{when: opened, now: true, to: town.command}]}");
    town_move(town, directory);
    expect_told(town, since, 1, newest, false);
    /* The rule is gone, and so is its group. */
    directory = town_copy();
    town_edit(directory, "rules/town.yaml", NULL, rule_with("source", "10m"));
    town_move(town, directory);
    (void)odd(town, 5);
    directory = town_copy();
    town_move(town, directory);
    since = town->effect_count;
    town_pass(town, HOUR_MS);
    expect_told(town, since, 0, none, false);
}

/* ---- snapshots ---- */

static void test_groups_live_through_a_restart(void **state)
{
    struct town *town = *state;
    (void)odd(town, 1);
    town_pass(town, 30 * SECOND_MS);
    const struct case_no newest = odd(town, 2);
    assert_int_equal(town_restart(town), ERR_OK);
    uint32_t since = town->effect_count;
    town_pass(town, 5 * MINUTE_MS);
    expect_told(town, since, 1, newest, false);
    /* The digest covers the rows. */
    const struct hash128 before = core_digest(town->core);
    town->core->groups.rows[0].waiting++;
    assert_false(hash128_is_equal(core_digest(town->core), before));
    town->core->groups.rows[0].waiting--;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_groups_wait_and_then_tell_at_most_every_interval,
                                        open_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_groups_tell_again_while_the_newest_case_is_open,
                                        open_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_groups_are_told_at_once_when_the_table_is_full,
                                        open_many, town_teardown),
        cmocka_unit_test_setup_teardown(test_groups_end_with_their_rule_and_keep_through_others,
                                        open_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_groups_live_through_a_restart, open_town,
                                        town_teardown),
    };
    return cmocka_run_group_tests_name("core/groups", tests, NULL, NULL);
}
