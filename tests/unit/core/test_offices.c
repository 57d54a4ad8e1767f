/* test_offices.c: one visit for two cases of an object, short notice, what a change of the city does to rulings, and who takes over where
 * nobody can answer any more. */
#include "tests/unit/core/town.c"

#include "engine/core/office_views.h"
#include "engine/core/rulings.h"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

struct move {
    struct town town;
    const char *copy;
};

/* Runs a program on a file of the copy. */
static void run(const char *program, const struct move *move, const char *file)
{
    char command[512];
    (void)snprintf(command, sizeof command, "%s %s/%s", program, move->copy, file);
    assert_int_equal(system(command), 0);
}

static int open_move(void **state)
{
    struct move *move = malloc(sizeof *move);
    move->copy = town_copy();
    *state = move;
    return 0;
}

static int close_move(void **state)
{
    struct move *move = *state;
    town_close(&move->town);
    free(move);
    return 0;
}

static enum code does(struct town *town, const char *who, struct case_no no, enum action action,
                      enum reason reason, const char *post)
{
    return town_act(town, who, 0, no, action, reason, nowhere, post);
}

/* Whoever was asked takes it. */
static const char *accept(struct town *town)
{
    const char *who = town_order_of(town, "wang") != 0 ? "wang" : "li";
    assert_int_equal(town_act(town, who, town_order_of(town, who), (struct case_no){0},
                              ACTION_ACCEPT, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    return who;
}

static void test_offices_one_visit_for_two_cases_of_an_object(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    town_open(town, NULL);
    const struct case_no no = town_bin_case(town);
    const char *who = accept(town);
    assert_int_equal(town_count(town, ACTION_JOINT_VISIT), 0);
    assert_int_equal(town_do(town, "dispatcher.du",
                             (struct town_deed){.no = no,
                                                .action = ACTION_SPLIT,
                                                .reason = REASON_OTHER_MATTER,
                                                .text = "the lid"}),
                     CODE_DONE);
    assert_int_equal(town_count(town, ACTION_JOINT_VISIT), 1);
    const uint64_t second = town_order_of(town, who);
    struct order_view order;
    assert_true(core_find_order(town->core, second, &order));
    assert_false(case_no_is_equal(order.case_no, no)); /* the same person goes there for both */
    assert_int_equal(order.state, ORDER_OFFERED);
}

static void test_offices_short_notice_is_told_and_counted(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct burden_view burden;
    uint32_t slot = 0;
    run("sed -i '1s/$/,notice_min/; 2,$s/$/,20h/'", move, "catalogue.csv");
    town_open_at(town, NULL, move->copy);
    (void)town_bin_case(town);
    (void)accept(town);
    assert_int_equal(town_count(town, ACTION_SHORT_NOTICE), 1);
    assert_true(core_next_burden(town->core, &slot, &burden));
    assert_int_equal(burden.total, 1);
    assert_int_equal(burden.days[0], 1);
    assert_int_equal(burden.short_count, 1);
    town_pass(town, 8 * DAY_MS); /* the window moves on, the warning stays */
    slot = 0;
    assert_true(core_next_burden(town->core, &slot, &burden));
    assert_int_equal(burden.total, 0);
    assert_int_equal(burden.days[0], 0);
    assert_false(core_next_burden(town->core, &slot, &burden));
}

static void rule_for_traffic(struct town *town)
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
    assert_int_equal(does(town, "desk.san", no, ACTION_RETURN, REASON_BUSY, NULL), CODE_DONE);
    town_pass(town, 4 * HOUR_MS);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_RULE, REASON_BY_CLAUSE, "dept.traffic.duty"),
        CODE_DONE);
    assert_int_equal(does(town, "chief.chu", no, ACTION_VOID, REASON_OTHER, NULL), CODE_DONE);
}

static void test_offices_rulings_follow_the_city(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct ruling_view ruling;
    uint32_t slot = 0;
    town_open(town, NULL);
    rule_for_traffic(town);
    /* Rows move: a department and a post before all others. */
    town_edit(move->copy, "departments.csv", NULL, "dept.a,新,New,dept.a.duty,,");
    town_edit(move->copy, "posts.csv", NULL, "dept.a.duty,新值班,dept.a,");
    town_move(town, move->copy);
    assert_true(core_next_ruling(town->core, &slot, &ruling));
    const struct city *city = core_city(town->core);
    const struct image_string code = city->departments[ruling.department].code;
    assert_memory_equal(city_text(city, code), "dept.traffic", code.size);
    assert_int_equal(city->departments[ruling.department].duty_post, ruling.post);
    town_pass(town, DAY_MS);
    (void)town_bin_case(town);
    assert_int_equal(town_count(town, ACTION_RULED_BEFORE), 1); /* and is still followed */
}

/* What was renamed in the whole directory is gone, as far as the engine can know. */
static void rename_all(const struct move *move, const char *words)
{
    char command[512];
    (void)snprintf(command, sizeof command, "find %s -type f | xargs sed -i '%s'", move->copy,
                   words);
    assert_int_equal(system(command), 0);
}

static void test_offices_rulings_of_a_place_that_is_gone_are_forgotten(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    struct ruling_view ruling;
    uint32_t slot = 0;
    town_open(town, NULL);
    rule_for_traffic(town);
    rename_all(move, "s/11010800101/11010800109/g");
    town_move(town, move->copy);
    assert_false(core_next_ruling(town->core, &slot, &ruling));
}

static void test_offices_a_removed_cell_reroutes(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    town_open(town, NULL);
    const struct case_no no = town_bin_case(town);
    (void)accept(town);
    rename_all(move, "s/11010800101/11010800109/g");
    town_move(town, move->copy);
    assert_int_equal(town_count(town, ACTION_STUCK), 1);
    assert_false(case_state_is_terminal(town_case(town, no).state));
    assert_true(town_case(town, no).holder.kind != HOLDER_NONE);
    assert_true(town_case(town, no).deadline_ms != NEVER_MS);
}

static void test_offices_an_abolished_department_reroutes(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    town_open(town, NULL);
    const struct case_no no = town_bin_case(town);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_OTHER, "dept.sanitation.duty"),
        CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    rename_all(move, "s/dept\\.sanitation/dept.cleaning/g");
    town_move(town, move->copy);
    assert_true(town_count(town, ACTION_STUCK) >= 1);
    assert_string_not_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_true(town_case(town, no).holder.kind != HOLDER_NONE);
    assert_true(town_case(town, no).deadline_ms != NEVER_MS);
}

static void test_offices_a_person_who_left_is_followed_by_another(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    town_open(town, NULL);
    const struct case_no no = town_bin_case(town);
    const char *who = accept(town);
    char prefix[16];
    (void)snprintf(prefix, sizeof prefix, "%s,", who);
    assert_string_equal(town_holder(town, no), who);
    const uint32_t lines = town_count(town, ACTION_LOST) + town_count(town, ACTION_RECALL) +
                           town_count(town, ACTION_OFFER);
    town_edit(move->copy, "workers.csv", prefix, NULL);
    town_move(town, move->copy);
    assert_string_not_equal(town_holder(town, no), who);
    assert_true(town_case(town, no).holder.kind != HOLDER_NONE);
    assert_true(town_count(town, ACTION_LOST) + town_count(town, ACTION_RECALL) +
                    town_count(town, ACTION_OFFER) >
                lines);
}

static void test_offices_an_empty_desk_is_passed_over(void **state)
{
    struct move *move = *state;
    struct town *town = &move->town;
    town_edit(move->copy, "workers.csv", "desk.san,",
              "desk.san,桑,,,department_desk,dept.sanitation,,shift.day,0,,,,,,");
    town_open_at(town, NULL, move->copy);
    const struct case_no no = town_bin_case(town);
    assert_int_equal(town_count(town, ACTION_STUCK), 0);
    town_pass(town, 14 * HOUR_MS); /* night */
    const uint32_t before = town_count(town, ACTION_STUCK);
    assert_int_equal(
        does(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_OTHER, "dept.sanitation.duty"),
        CODE_DONE);
    assert_int_equal(town_count(town, ACTION_STUCK), before + 1);
    assert_string_equal(town_holder(town, no), "dept.sanitation.lead");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_offices_one_visit_for_two_cases_of_an_object,
                                        open_move, close_move),
        cmocka_unit_test_setup_teardown(test_offices_short_notice_is_told_and_counted, open_move,
                                        close_move),
        cmocka_unit_test_setup_teardown(test_offices_rulings_follow_the_city, open_move,
                                        close_move),
        cmocka_unit_test_setup_teardown(test_offices_rulings_of_a_place_that_is_gone_are_forgotten,
                                        open_move, close_move),
        cmocka_unit_test_setup_teardown(test_offices_a_removed_cell_reroutes, open_move,
                                        close_move),
        cmocka_unit_test_setup_teardown(test_offices_an_abolished_department_reroutes, open_move,
                                        close_move),
        cmocka_unit_test_setup_teardown(test_offices_a_person_who_left_is_followed_by_another,
                                        open_move, close_move),
        cmocka_unit_test_setup_teardown(test_offices_an_empty_desk_is_passed_over, open_move,
                                        close_move),
    };
    return cmocka_run_group_tests_name("core/offices", tests, NULL, NULL);
}
