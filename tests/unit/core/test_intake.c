/* test_intake.c: what becomes of an event: self-handled reports, refusals of the edge, which of several cases it joins;
 * and finding a case by the end of its number. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place beside_bin = {1163061000, 399061000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};
static const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};

static void on_case(struct town *town, const char *who, struct case_no no, enum action action,
                    const char *subject)
{
    assert_int_equal(town_act(town, who, 0, no, action, REASON_OTHER, nowhere, subject), CODE_DONE);
}

/* One of SELF_CHECK_EVERY is checked, by its number; the rest is closed at once. */
static void test_intake_self_handled_report_is_only_checked(void **state)
{
    struct town *town = *state;
    struct case_no no = {0, 0, 0};
    uint32_t closed = 0;
    for (uint64_t i = 1; i < 40 && case_no_is_none(no); i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "s%u", (unsigned)i + 10);
        const struct town_report report = {.id = id,
                                           .type = "sensor.odd",
                                           .place = near_bin,
                                           .flags = EVENT_SELF_HANDLED,
                                           .fields = value};
        town_send(town, "wang", (struct town_outbox){1, i, i}, &report, 1);
        assert_int_equal(town->last.code, CODE_OPENED);
        const struct case_view view = town_case(town, town->last.case_no);
        no = view.state == CASE_CHECKING ? view.no : no;
        closed += view.state == CASE_CLOSED;
        if (view.state == CASE_CLOSED) {
            assert_int_equal(town_order_of(town, "zhao"), 0);
        }
    }
    assert_true(closed > 0 && !case_no_is_none(no));
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(town_case(town, no).handled_at_ms, town->now_ms);
    assert_int_equal(town_count(town, ACTION_SELF_HANDLED), closed + 1);
    assert_int_equal(town_order_of(town, "wang"), 0);
    assert_true(town_order_of(town, "zhao") != 0);
    const uint32_t wang = workers_find(&town->core->workers, town_id("wang"));
    const struct case_row *row = &town->core->cases.rows[closed];
    assert_true(row->persons[0].worker == wang && row->persons[0].flags == PERSON_HANDLED);
    /* A gateway's word for it is not a person's. */
    town_send(town, "sensor-1", (struct town_outbox){1, 1, 1},
              &(struct town_report){.id = "s2",
                                    .type = "sensor.odd",
                                    .place = near_bin,
                                    .flags = EVENT_SELF_HANDLED,
                                    .fields = value},
              1);
    assert_int_equal(town_case(town, town->last.case_no).state, CASE_ASSIGNED);
}

static void test_intake_refusals_of_the_edge_are_answered_and_counted(void **state)
{
    struct town *town = *state;
    const struct place far_away = {1173060000, 399060000};
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, far_away, value),
                     CODE_OUTSIDE_CITY);
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", "C-999", nowhere, value),
                     CODE_UNKNOWN_DEVICE);
    assert_int_equal(core_counts_now(town->core)->refused, 2);
    assert_int_equal(core_counts_now(town->core)->events, 2);
    assert_int_equal(core_counts_now(town->core)->open_now, 0);
}

/* Two cases of one bin: the first was void, then opened again by hand. */
static void test_intake_joins_an_open_case_before_a_closed_and_the_older_of_two(void **state)
{
    struct town *town = *state;
    struct case_no both[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, beside_bin, NULL),
                         CODE_OPENED);
        both[i] = town->last.case_no;
        on_case(town, "chief.chu", both[i], ACTION_VOID, NULL);
        town_pass(town, 31 * MINUTE_MS); /* past the dedupe window */
    }
    on_case(town, "chief.chu", both[1], ACTION_REOPEN, NULL);
    on_case(town, "chief.chu", both[0], ACTION_REOPEN, NULL);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, beside_bin, NULL),
                     CODE_MERGED);
    assert_true(case_no_is_equal(town->last.case_no, both[0]));
    on_case(town, "dispatcher.du", both[0], ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    on_case(town, "desk.san", both[0], ACTION_DONE, NULL);
    on_case(town, "chief.chu", both[0], ACTION_CLOSE, NULL);
    town_pass(town, 31 * MINUTE_MS);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, beside_bin, NULL),
                     CODE_MERGED);
    assert_true(case_no_is_equal(town->last.case_no, both[1]));
}

/* The lead is done; who came to help is still there and answers for the rest. */
static void test_intake_joint_order_ends_when_the_last_is_done(void **state)
{
    struct town *town = *state;
    const struct place gate = {1163030000, 399030000};
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    static const char *const names[] = {"li", "wang", "chen", "sun", "qian"};
    const char *helper = NULL;
    const char *lead = NULL;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct order_view order;
        const uint64_t number = town_order_of(town, names[i]);
        if (number == 0 || !core_find_order(town->core, number, &order) ||
            (!order.is_lead && helper != NULL)) {
            continue;
        }
        *(order.is_lead ? &lead : &helper) = names[i];
        assert_int_equal(
            town_act(town, names[i], number, no_case, ACTION_ACCEPT, REASON_NONE, gate, NULL),
            CODE_DONE);
        assert_int_equal(
            town_act(town, names[i], number, no_case, ACTION_ARRIVE, REASON_NONE, gate, NULL),
            CODE_DONE);
    }
    assert_true(lead != NULL && helper != NULL);
    assert_int_equal(town_act(town, lead, town_order_of(town, lead), no_case, ACTION_DONE,
                              REASON_NONE, gate, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_ON_SITE);
    assert_string_equal(town_holder(town, no), helper);
    for (size_t i = 0; i < COUNT_OF(names); i++) { /* those on their way need not come */
        assert_int_equal(town_order_of(town, names[i]) != 0, strcmp(names[i], helper) == 0);
    }
    assert_int_equal(town_act(town, helper, town_order_of(town, helper), no_case, ACTION_DONE,
                              REASON_NONE, gate, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
}

static void test_intake_case_is_found_by_the_end_of_its_number(void **state)
{
    struct town *town = *state;
    struct case_no found = {0, 0, 0};
    struct order_view order;
    for (int day = 0; day < 2; day++) {
        for (int i = 0; i < 2; i++) {
            assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                             CODE_OPENED);
        }
        town_pass(town, day == 0 ? DAY_MS : 0);
    }
    assert_int_equal(core_now_ms(town->core), town->now_ms);
    assert_int_equal(core_find_case_suffix(town->core, (struct case_no){0, 0, 2}, &found), 2);
    assert_int_equal(found.day, 20260304); /* the newest */
    assert_int_equal(core_find_case_suffix(town->core, (struct case_no){0, 20260303, 2}, &found),
                     1);
    assert_int_equal(found.day, 20260303);
    assert_int_equal(
        core_find_case_suffix(town->core, (struct case_no){110108, 20260303, 1}, &found), 1);
    assert_int_equal(
        core_find_case_suffix(town->core, (struct case_no){110109, 20260303, 1}, &found), 0);
    assert_int_equal(core_find_case_suffix(town->core, (struct case_no){0, 0, 3}, &found), 0);
    assert_false(core_find_order(town->core, 99, &order));
}

#define intake(name) cmocka_unit_test_setup_teardown(test_intake_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        intake(self_handled_report_is_only_checked),
        intake(refusals_of_the_edge_are_answered_and_counted),
        intake(joins_an_open_case_before_a_closed_and_the_older_of_two),
        intake(joint_order_ends_when_the_last_is_done),
        intake(case_is_found_by_the_end_of_its_number),
    };
    return cmocka_run_group_tests_name("engine/core/intake", tests, NULL, NULL);
}
