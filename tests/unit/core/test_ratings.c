/* test_ratings.c: receipts, what reporters say of a closed case, and sources that are verified first. */
#include "tests/unit/core/town.c"

#include "engine/core/memory.h"

#include "engine/core/sources.h"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct place near_bin = {1163060000, 399060000};
static const struct town_field full[] = {
    {"fill", NULL, 950000}, {"confidence", NULL, 950000}, {NULL, NULL, 0}};

static int open_it(void **state)
{
    struct town *town = malloc(sizeof *town);
    town_open(town, NULL);
    *state = town;
    return 0;
}

static int close_it(void **state)
{
    town_close(*state);
    free(*state);
    return 0;
}

static struct case_no report(struct town *town, enum code expected)
{
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     expected);
    return town->last.case_no;
}

static enum code say(struct town *town, struct case_no no, uint32_t receipt, enum action action,
                     uint32_t stars)
{
    return town_do(
        town, "intake.yin",
        (struct town_deed){.no = no, .other = {0, 0, receipt}, .action = action, .amount = stars});
}

static void close_by_order(struct town *town, struct case_no no)
{
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_FORCE_CLOSE, REASON_OTHER, nowhere, NULL),
        CODE_DONE);
}

static void test_ratings_once_a_receipt_after_the_close(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    assert_int_equal(town->last.report, 1);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 5), CODE_RATED_EARLY);
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 6), CODE_BAD_STARS);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 0), CODE_BAD_STARS);
    assert_int_equal(say(town, no, 2, ACTION_RATE, 4), CODE_UNKNOWN_RECEIPT);
    assert_int_equal(say(town, no, 0, ACTION_RATE, 4), CODE_UNKNOWN_RECEIPT);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_DONE);
    assert_int_equal(town->last.report, 1);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_ALREADY_RATED);
    assert_int_equal(say(town, no, 1, ACTION_SOLVED, 0), CODE_DONE);
    assert_int_equal(say(town, no, 1, ACTION_SOLVED, 0), CODE_ALREADY_RATED);
    assert_int_equal(say(town, no, 1, ACTION_NOT_SOLVED, 0), CODE_ALREADY_RATED);
    assert_int_equal(town_count(town, ACTION_RATE), 1);
    assert_int_equal(town_case(town, no).state, CASE_FORCED_CLOSED);
    assert_int_equal(
        town_act(town, "dispatcher.du", 0, no, ACTION_RATE, REASON_NONE, nowhere, NULL),
        CODE_NO_RIGHT);
}

static void test_ratings_not_solved_opens_the_case_again(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_NOT_SOLVED, 0), CODE_DONE);
    assert_false(case_state_is_terminal(town_case(town, no).state));
    assert_int_equal(town_count(town, ACTION_REOPEN), 1);
    /* Closed again, it is a new close and may be rated again. */
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_SOLVED, 0), CODE_DONE);
}

static void test_ratings_are_over_when_the_case_has_left(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    close_by_order(town, no);
    town_pass(town, 8 * DAY_MS);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_GONE);
}

static void test_ratings_forgotten_are_not_counted_twice(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_DONE);
    for (uint32_t i = 0; i < town->core->limits.dedupe_keys; i++) { /* longer windows push it out */
        memory_put(&town->core->dedupe, (struct hash128){77, i + 1},
                   town->core->now_ms + 30 * DAY_MS, no);
    }
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_FORGOTTEN);
    assert_int_equal(town_count(town, ACTION_RATE), 1);
}

static void test_ratings_outlive_the_window_while_an_appeal_is_open(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    town_pass(town, 3 * DAY_MS); /* to the desk, and its handle clock runs out */
    close_by_order(town, no);
    assert_int_equal(
        town_act(town, "desk.san", 0, no, ACTION_APPEAL, REASON_UNFORESEEN, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_DONE);
    town_pass(town, 8 * DAY_MS);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_ALREADY_RATED);
    const uint32_t before = town_count(town, ACTION_SUPERVISE);
    assert_int_equal(say(town, no, 1, ACTION_NOT_SOLVED, 0), CODE_DONE);
    assert_int_equal(town_count(town, ACTION_SUPERVISE),
                     before + 1); /* late: reopened and supervised */
    assert_false(case_state_is_terminal(town_case(town, no).state));
}

static void test_ratings_not_solved_again_is_supervised(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_NOT_SOLVED, 0), CODE_DONE);
    assert_int_equal(town_count(town, ACTION_SUPERVISE), 0);
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_NOT_SOLVED, 0), CODE_DONE);
    assert_int_equal(town_count(town, ACTION_SUPERVISE), 1);
}

static void test_ratings_survive_a_save(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    close_by_order(town, no);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_DONE);
    void *saved = town_save(town);
    town_restore(town, saved);
    free(saved);
    assert_int_equal(say(town, no, 1, ACTION_RATE, 4), CODE_ALREADY_RATED);
}

/* The town's rules ask for it below 50 percent after 4 ends. */
static void distrust(struct town *town)
{
    const struct policy_info *info = town->core->policies[town->core->slot].info;
    static struct policy_info changed;
    changed = *info;
    changed.verify_below_permille = 500;
    changed.verify_samples = 4;
    town->core->policies[town->core->slot].info = &changed;
}

static void test_sources_that_cry_wolf_are_verified_first(void **state)
{
    struct town *town = *state;
    distrust(town);
    for (int i = 0; i < 4; i++) {
        struct case_no no = report(town, CODE_OPENED);
        assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
        assert_int_equal(
            town_act(town, "chief.chu", 0, no, ACTION_VOID, REASON_FALSE_ALARM, nowhere, NULL),
            CODE_DONE);
        town_pass(town, 4 * DAY_MS);
    }
    assert_int_equal(town->core->sources.count, 1);
    assert_int_equal(town->core->sources.rows[0].false_alarms, 4);
    struct case_no no = report(town, CODE_OPENED);
    assert_int_equal(town_case(town, no).state, CASE_VERIFYING);
    /* A source that nobody doubts is filed as before. */
    assert_int_equal(
        town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin,
                   (const struct town_field[]){{"level", NULL, 500000}, {NULL, NULL, 0}}),
        CODE_OPENED);
    assert_int_equal(town_case(town, town->last.case_no).state, CASE_DISPATCHING);
}

static void test_sources_count_an_end_once(void **state)
{
    struct town *town = *state;
    struct case_no no = report(town, CODE_OPENED);
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_VOID, REASON_FALSE_ALARM, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(town_act(town, "chief.chu", 0, no, ACTION_REOPEN, REASON_OTHER, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_VOID, REASON_FALSE_ALARM, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(town->core->sources.count, 1);
    assert_int_equal(town->core->sources.rows[0].false_alarms, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ratings_once_a_receipt_after_the_close, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(test_ratings_not_solved_opens_the_case_again, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(test_ratings_are_over_when_the_case_has_left, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(test_ratings_forgotten_are_not_counted_twice, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(test_ratings_outlive_the_window_while_an_appeal_is_open,
                                        open_it, close_it),
        cmocka_unit_test_setup_teardown(test_ratings_not_solved_again_is_supervised, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(test_ratings_survive_a_save, open_it, close_it),
        cmocka_unit_test_setup_teardown(test_sources_that_cry_wolf_are_verified_first, open_it,
                                        close_it),
        cmocka_unit_test_setup_teardown(test_sources_count_an_end_once, open_it, close_it),
    };
    return cmocka_run_group_tests_name("core/ratings", tests, NULL, NULL);
}
