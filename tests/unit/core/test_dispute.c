/* test_dispute.c: from buck-passing to a ruling that later cases follow. */
#include "tests/unit/core/town.c"

#include "engine/core/dispute.h"
#include "engine/core/office_views.h"
#include "engine/core/rulings.h"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

static enum code does(struct town *town, const char *who, struct case_no no, enum action action,
                      enum reason reason, const char *post)
{
    return town_act(town, who, 0, no, action, reason, nowhere, post);
}

/* Sanitation, traffic, and away from sanitation again; nobody went there. */
static struct case_no quarrel(struct town *town)
{
    const struct case_no no = town_bin_case(town);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_OTHER, "dept.sanitation.duty"),
        CODE_DONE);
    assert_int_equal(does(town, "desk.san", no, ACTION_RETURN, REASON_NOT_MINE, NULL), CODE_DONE);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_OTHER, "dept.traffic.duty"),
        CODE_DONE);
    assert_int_equal(
        does(town, "desk.tra", no, ACTION_HAND_OVER, REASON_NOT_MINE, "dept.sanitation.duty"),
        CODE_DONE);
    assert_int_equal(town_count(town, ACTION_ADJUDICATE), 0); /* once each is no quarrel yet */
    assert_int_equal(does(town, "desk.san", no, ACTION_RETURN, REASON_BUSY, NULL), CODE_DONE);
    return no;
}

static void test_dispute_first_receiver_coordinates_and_nobody_hands_on(void **state)
{
    struct town *town = *state;
    const struct case_no no = quarrel(town);
    assert_int_equal(town_count(town, ACTION_ADJUDICATE), 1);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_int_equal(does(town, "desk.san", no, ACTION_RETURN, REASON_NOT_MINE, NULL),
                     CODE_IN_DISPUTE);
    assert_int_equal(does(town, "dispatcher.du", no, ACTION_DISPATCH, REASON_OTHER, NULL),
                     CODE_IN_DISPUTE);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"),
        CODE_WRONG_STATE); /* nobody was heard yet */
}

static void test_dispute_silence_is_recorded_and_the_ruling_remembered(void **state)
{
    struct town *town = *state;
    const struct case_no no = quarrel(town);
    town_pass(town, 4 * HOUR_MS);
    assert_int_equal(town_count(town, ACTION_SILENT), 2);
    assert_int_equal(does(town, "desk.tra", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"),
                     CODE_NOT_YOURS);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"),
        CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.traffic.duty");
    assert_int_equal(does(town, "desk.tra", no, ACTION_RETURN, REASON_NOT_MINE, NULL), CODE_RULED);
    assert_int_equal(does(town, "chief.chu", no, ACTION_VOID, REASON_OTHER, NULL), CODE_DONE);
    town_pass(town, DAY_MS);
    assert_int_equal(town_count(town, ACTION_RULED_BEFORE), 0);
    (void)town_bin_case(town);
    assert_int_equal(town_count(town, ACTION_RULED_BEFORE), 1);
    const struct effect_decision *decision = town_decision(town);
    assert_non_null(decision);
    assert_int_equal(town->city.departments[decision->ruled].duty_post,
                     town->city.departments[1].duty_post); /* dept.traffic */
}

/* A shift chief checks results, but not of the case that he ruled on. */
static void test_dispute_who_ruled_may_not_check(void **state)
{
    struct town *town = *state;
    const struct case_no no = quarrel(town);
    town_pass(town, 4 * HOUR_MS);
    assert_int_equal(
        does(town, "chief.chu", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"), CODE_DONE);
    assert_int_equal(does(town, "desk.tra", no, ACTION_DONE, REASON_NONE, NULL), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(does(town, "chief.chu", no, ACTION_CHECK_PASS, REASON_NONE, NULL),
                     CODE_CONFLICT_OF_INTEREST);
    assert_int_equal(does(town, "zhou", no, ACTION_CHECK_PASS, REASON_NONE, NULL), CODE_DONE);
}

static void test_dispute_ends_with_its_case(void **state)
{
    struct town *town = *state;
    const struct case_no no = quarrel(town);
    const uint32_t before = town_count(town, ACTION_RECALL);
    assert_int_equal(does(town, "chief.chu", no, ACTION_VOID, REASON_OTHER, NULL), CODE_DONE);
    assert_int_equal(town->core->disputes.used, 0);
    assert_int_equal(town_count(town, ACTION_RECALL),
                     before + 1); /* its order ends in the story too */
    town_pass(town, 2 * DAY_MS);
    assert_int_equal(town_count(town, ACTION_SILENT), 0);
}

static void test_dispute_is_seen_from_outside(void **state)
{
    struct town *town = *state;
    const struct case_no no = quarrel(town);
    struct handover steps[HANDOVERS_MAX];
    struct dispute_view dispute;
    struct ruling_view ruling;
    struct object_view object;
    uint32_t now, first, ruled;
    assert_int_equal(core_case_handovers(town->core, no, steps), 3);
    assert_int_equal(steps[0].reason, REASON_NOT_MINE);
    assert_int_equal(steps[0].direction, HANDOVER_LATERAL);
    assert_true(core_case_offices(town->core, no, &now, &first, &ruled));
    assert_int_equal(now, first); /* the first receiver coordinates */
    assert_int_equal(ruled, NONE32);
    assert_true(core_case_dispute(town->core, no, &dispute));
    assert_int_equal(dispute.party_count, 2);
    assert_false(dispute.is_heard);
    assert_int_equal(dispute.parties[0].state, VIEW_PARTY_ASKED);
    assert_false(core_case_ruling(town->core, no, &ruling));
    town_pass(town, 4 * HOUR_MS);
    assert_true(core_case_dispute(town->core, no, &dispute));
    assert_true(dispute.is_heard);
    assert_int_equal(dispute.parties[1].state, VIEW_PARTY_SILENT);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"),
        CODE_DONE);
    assert_false(core_case_dispute(town->core, no, &dispute));
    assert_true(core_case_ruling(town->core, no, &ruling));
    assert_int_equal(ruling.silent, 3); /* both */
    uint32_t slot = 0;
    assert_true(core_next_ruling(town->core, &slot, &ruling));
    assert_false(core_next_ruling(town->core, &slot, &ruling));
    assert_true(core_find_object(town->core, town_case(town, no).asset, &object));
    assert_int_equal(object.case_count, 1);
    assert_true(case_no_is_equal(object.cases[0].no, no));
}

static enum code speaks(struct town *town, const char *who, struct case_no no, const char *words)
{
    return town_do(
        town, who,
        (struct town_deed){
            .no = no, .action = ACTION_POSITION, .reason = REASON_BY_CLAUSE, .text = words});
}

static void test_dispute_a_ruling_cites_positions_that_were_filed(void **state)
{
    struct town *town = *state;
    const struct case_no no = quarrel(town);
    struct town_deed ruling = {.no = no,
                               .action = ACTION_RULE,
                               .reason = REASON_BY_CLAUSE,
                               .subject = "dept.sanitation.duty"};
    assert_int_equal(speaks(town, "desk.san", no, NULL), CODE_TEXT_NEEDED);
    assert_int_equal(speaks(town, "desk.dai", no, "clause 1"), CODE_NOT_YOURS);
    assert_int_equal(speaks(town, "desk.san", no, "clause 5"), CODE_DONE);
    assert_int_equal(speaks(town, "desk.tra", no, "clause 7"), CODE_DONE);
    assert_int_equal(speaks(town, "desk.tra", no, "clause 8"), CODE_WRONG_STATE); /* heard */
    assert_int_equal(town_do(town, "dispatcher.du", ruling), CODE_UNCITED);
    ruling.amount = 1u << 3;
    assert_int_equal(town_do(town, "dispatcher.du", ruling), CODE_UNCITED);
    ruling.amount = 1;
    assert_int_equal(town_do(town, "dispatcher.du", ruling), CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
}

static int open_permitted_town(void **state)
{
    struct town *town = malloc(sizeof *town);
    char command[256];
    const char *at = town_copy();
    (void)snprintf(command, sizeof command,
                   "printf 'permit,object,class,department,from,until\\n"
                   "P-1,bin-1,E.01.02,dept.traffic,2026-01-01,2026-12-31\\n' > %s/permits.csv",
                   at);
    assert_int_equal(system(command), 0);
    town_open_at(town, NULL, at);
    *state = town;
    return 0;
}

static void test_dispute_a_permit_stands_before_any_order(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(town_count(town, ACTION_OFFER), 0);
    assert_int_equal(town_count(town, ACTION_ADJUDICATE), 1);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_int_equal(does(town, "dispatcher.du", no, ACTION_REASSIGN, REASON_OTHER, "wang"),
                     CODE_IN_DISPUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dispute_first_receiver_coordinates_and_nobody_hands_on,
                                        town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(test_dispute_silence_is_recorded_and_the_ruling_remembered,
                                        town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(test_dispute_who_ruled_may_not_check, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(test_dispute_ends_with_its_case, town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(test_dispute_is_seen_from_outside, town_setup,
                                        town_teardown),
        cmocka_unit_test_setup_teardown(test_dispute_a_ruling_cites_positions_that_were_filed,
                                        town_setup, town_teardown),
        cmocka_unit_test_setup_teardown(test_dispute_a_permit_stands_before_any_order,
                                        open_permitted_town, town_teardown),
    };
    return cmocka_run_group_tests_name("core/dispute", tests, NULL, NULL);
}
