/* test_life_offers.c: what an answer lists as possible is taken, and what it does not list is refused: by everybody, every act. */
#include "tests/unit/core/process.c"

static void try_offers(struct town *town, struct case_no no, struct case_no spare)
{
    uint32_t offered = 0;
    struct moment before = moment_take(town);
    for (size_t a = 0; a < PROCESS_ACTORS; a++) {
        for (int action = 1; action < ACTION_OUTSIDE_LIMIT; action++) {
            const bool is = process_is_offered(town, no, &process_actors[a], (enum action)action);
            const enum code code =
                town_do(town, process_actors[a].id,
                        process_deed(town, no, spare, (enum action)action, REASON_OTHER, true));
            if (is != process_is_taken(code)) {
                print_error("state %d action %d by %s: offered %d, answered %d\n",
                            town_case(town, no).state, action, process_actors[a].id, is, code);
            }
            assert_int_equal(is, process_is_taken(code));
            offered += is;
            moment_return(town, &before);
        }
    }
    moment_free(&before);
    assert_true(offered > 0);
}

static void wants(struct town *town, const char *who, struct case_no no, enum action action)
{
    assert_int_equal(
        town_do(town, who, process_deed(town, no, no_case, action, REASON_OTHER, true)), CODE_DONE);
}

/* What was asked, granted, used up or is being ruled on decides what is offered, not the state alone. */
static void test_life_what_is_offered_is_taken(void **state)
{
    struct town *town = *state;
    const struct case_no spare =
        process_open(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
    const struct case_no no = process_bring(town, CASE_ASSIGNED, 0);
    wants(town, "li", no, ACTION_EXTEND);
    try_offers(town, no, spare);
    assert_true(process_is_offered(town, no, &process_actors[3], ACTION_EXTEND_YES));
    wants(town, "dispatcher.du", no, ACTION_EXTEND_YES);
    try_offers(town, no, spare);
    wants(town, "chief.chu", no, ACTION_EXTEND_YES);
    try_offers(town, no, spare);
    wants(town, "overseer.ou", no, ACTION_SUPERVISE);
    try_offers(town, no, spare);
    wants(town, "dispatcher.du", no, ACTION_SUSPEND);
    wants(town, "dispatcher.du", no, ACTION_RESUME);
    try_offers(town, no, spare);
    town_pass(town, 30 * DAY_MS); /* every clock is missed */
    try_offers(town, no, spare);
    wants(town, "chief.chu", no, ACTION_FORCE_CLOSE);
    try_offers(town, no, spare);
    wants(town, "desk.san", no, ACTION_APPEAL);
    try_offers(town, no, spare);
    wants(town, "chief.chu", no, ACTION_APPEAL_NO);
    try_offers(town, no, spare);
}

static void test_life_made_safe_is_offered_once(void **state)
{
    struct town *town = *state;
    const struct case_no no = process_bring(town, CASE_ASSIGNED, 1);
    assert_true(process_is_offered(town, no, &process_actors[6], ACTION_MAKE_SAFE));
    wants(town, "desk.san", no, ACTION_MAKE_SAFE);
    assert_false(process_is_offered(town, no, &process_actors[6], ACTION_MAKE_SAFE));
}

/* Sanitation, traffic, and away from sanitation again: heard, then ruled on. */
static void test_life_parties_are_heard_before_the_ruling(void **state)
{
    struct town *town = *state;
    const struct case_no spare =
        process_open(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
    const struct case_no no = process_bring(town, CASE_ASSIGNED, 1);
    assert_int_equal(
        town_act(town, "desk.san", 0, no, ACTION_RETURN, REASON_NOT_MINE, nowhere, NULL),
        CODE_DONE);
    wants(town, "dispatcher.du", no, ACTION_SEND_TO_DESK);
    assert_int_equal(town_act(town, "desk.tra", 0, no, ACTION_HAND_OVER, REASON_NOT_MINE, nowhere,
                              "dept.sanitation.duty"),
                     CODE_DONE);
    assert_int_equal(town_act(town, "desk.san", 0, no, ACTION_RETURN, REASON_BUSY, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_count(town, ACTION_ADJUDICATE), 1);
    try_offers(town, no, spare);
    assert_true(process_is_offered(town, no, &process_actors[7], ACTION_POSITION));
    wants(town, "desk.tra", no, ACTION_POSITION);
    wants(town, "desk.san", no, ACTION_POSITION);
    try_offers(town, no, spare);
    assert_false(process_is_offered(town, no, &process_actors[7], ACTION_POSITION));
}

static void test_life_a_parent_is_not_offered_its_end(void **state)
{
    struct town *town = *state;
    const struct case_no spare =
        process_open(town, "cam-1", "camera.vehicle_stationary", "C-003", stopped);
    const struct case_no no = process_bring(town, CASE_CHECKING, 0);
    assert_int_equal(town_do(town, "chief.chu",
                             process_deed(town, no, spare, ACTION_LINK_CHILD, REASON_OTHER, true)),
                     CODE_DONE);
    assert_false(process_is_offered(town, no, &process_actors[4], ACTION_CHECK_PASS));
    assert_true(process_is_offered(town, no, &process_actors[2], ACTION_CHECK_FAIL));
    assert_true(process_is_offered(town, no, &process_actors[4], ACTION_UNLINK_CHILD));
    assert_false(process_is_offered(town, spare, &process_actors[4], ACTION_LINK_CHILD));
}

#define life(name)                                                                                 \
    cmocka_unit_test_setup_teardown(test_life_##name, process_open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        life(what_is_offered_is_taken),
        life(made_safe_is_offered_once),
        life(parties_are_heard_before_the_ruling),
        life(a_parent_is_not_offered_its_end),
    };
    return cmocka_run_group_tests_name("engine/core/life_offers", tests, NULL, NULL);
}
