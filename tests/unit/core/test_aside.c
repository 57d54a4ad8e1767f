/* test_aside.c: time given and taken, supervision, appeals, other cases, help and data, the second check. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static const struct town_field wet[] = {{"level", NULL, 500000}, {0}};

static struct case_no wet_case(struct town *town)
{
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    return town->last.case_no;
}

static enum code does(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_NOT_DONE, near_bin,
                    NULL);
}

static enum code acts(struct town *town, const char *who, struct case_no no, enum action action)
{
    return town_do(town, who,
                   (struct town_deed){.no = no,
                                      .action = action,
                                      .reason = REASON_OTHER,
                                      .text = "about it",
                                      .until_ms = town->now_ms + DAY_MS});
}

static enum code ties(struct town *town, const char *who, struct case_no no, enum action action,
                      struct case_no other)
{
    return town_do(town, who,
                   (struct town_deed){
                       .no = no, .other = other, .action = action, .reason = REASON_SAME_MATTER});
}

/* To now: hours after Tuesday 00:00 of the first week. */
static void pass_to(struct town *town, int64_t hours)
{
    const int64_t midnight = TOWN_START_MS - 8 * HOUR_MS - 20 * MINUTE_MS;
    town_pass(town, midnight + hours * HOUR_MS - town->now_ms);
}

static void test_aside_extension_needs_two_others_and_is_given_twice(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    const int64_t first = town_case(town, no).deadline_ms; /* 4 working hours: 14:20 */
    assert_int_equal(acts(town, "chief.chu", no, ACTION_EXTEND_YES), CODE_NOTHING_ASKED);
    assert_int_equal(acts(town, "wang", no, ACTION_EXTEND), CODE_NOT_YOURS);
    assert_int_equal(acts(town, "desk.san", no, ACTION_EXTEND), CODE_DONE);
    assert_int_equal(acts(town, "li", no, ACTION_EXTEND), CODE_NO_MORE_EXTENSIONS);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_EXTEND_YES), CODE_NO_RIGHT);
    assert_int_equal(acts(town, "desk.san", no, ACTION_EXTEND_YES), CODE_CONFLICT_OF_INTEREST);
    assert_int_equal(acts(town, "desk.tra", no, ACTION_EXTEND_YES), CODE_NO_RIGHT);
    assert_int_equal(acts(town, "lead.luo", no, ACTION_EXTEND_YES), CODE_DONE);
    assert_int_equal(town_case(town, no).deadline_ms, first);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_EXTEND_YES), CODE_NO_RIGHT);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_EXTEND_YES), CODE_DONE);
    const int64_t second = town_case(town, no).deadline_ms; /* 8 working hours: Wednesday 08:20 */
    assert_int_equal(second, TOWN_START_MS + DAY_MS);
    assert_int_equal(acts(town, "li", no, ACTION_EXTEND), CODE_DONE);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_EXTEND_YES), CODE_DONE);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_EXTEND_YES), CODE_DONE);
    assert_int_equal(town_case(town, no).deadline_ms, TOWN_START_MS + DAY_MS + 6 * HOUR_MS);
    assert_int_equal(acts(town, "li", no, ACTION_EXTEND), CODE_NO_MORE_EXTENSIONS);
    assert_int_equal(town_case(town, no).extensions, 2);
}

static void test_aside_extension_is_refused_once_overdue(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(does(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(acts(town, "li", no, ACTION_EXTEND), CODE_DONE);
    assert_int_equal(acts(town, "lead.luo", no, ACTION_EXTEND_YES), CODE_DONE);
    pass_to(town, 15);
    assert_int_equal(town_count(town, ACTION_EXTEND_LAPSE), 1);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_EXTEND_YES), CODE_NOTHING_ASKED);
    assert_int_equal(acts(town, "li", no, ACTION_EXTEND), CODE_OVERDUE);
}

/* Friday 18:00 to Monday 08:00 takes nothing from a clock of working hours. */
static void test_aside_suspension_over_a_weekend_pauses_for_nothing(void **state)
{
    struct town *town = *state;
    pass_to(town, 3 * 24 + 17); /* Friday 17:00 */
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    const int64_t deadline =
        town_case(town, no).handle_deadline_ms; /* one hour today, three on Monday: 11:00 */
    assert_int_equal(deadline, town->now_ms + (int64_t)(2 * 24 + 18) * HOUR_MS);
    assert_int_equal(does(town, "li", ACTION_ARRIVE), CODE_DONE);
    pass_to(town, 3 * 24 + 18);
    assert_int_equal(town_do(town, "dispatcher.du",
                             (struct town_deed){.no = no,
                                                .action = ACTION_SUSPEND,
                                                .reason = REASON_WEATHER,
                                                .until_ms = town->now_ms + 62 * HOUR_MS}),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_SUSPENDED);
    assert_int_equal(town_case(town, no).clock, CLOCK_SUSPENDED);
    assert_int_equal(town_case(town, no).handle_deadline_ms, NEVER_MS);
    assert_int_equal(town_order_of(town, "li"), 0);
    pass_to(town, 6 * 24 + 8); /* it goes on by itself */
    assert_int_equal(town_count(town, ACTION_RESUME), 1);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(town_case(town, no).handle_deadline_ms, deadline);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_SUSPEND), CODE_ONCE_ONLY);
}

static void test_aside_suspended_case_of_a_desk_returns_to_it_by_hand(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(town_act(town, "dispatcher.du", 0, no, ACTION_SEND_TO_DESK, REASON_OTHER,
                              place_none(), "dept.traffic.duty"),
                     CODE_DONE);
    assert_int_equal(town_do(town, "chief.chu",
                             (struct town_deed){.no = no,
                                                .action = ACTION_SUSPEND,
                                                .reason = REASON_OTHER,
                                                .until_ms = town->now_ms + 367 * DAY_MS}),
                     CODE_BAD_UNTIL);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_SUSPEND), CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.traffic.duty");
    assert_int_equal(acts(town, "desk.tra", no, ACTION_DONE), CODE_WRONG_STATE);
    town_pass(town, HOUR_MS);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_RESUME), CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.traffic.duty");
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
}

static void test_aside_controlled_case_takes_reports_silently(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_CONTROL), CODE_NO_RIGHT);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_CONTROL), CODE_DONE);
    town_pass(town, 11 * MINUTE_MS);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near_bin, full),
                     CODE_SUPPRESSED);
    assert_true(case_no_is_equal(town->last.case_no, no));
    assert_int_equal(town_case(town, no).state, CASE_SUSPENDED);
    assert_int_equal(town_case(town, no).event_count, 2);
    town_pass(town, DAY_MS);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
}

static void test_aside_supervision_has_its_own_clock(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(acts(town, "li", no, ACTION_ANSWER), CODE_NOTHING_ASKED);
    assert_int_equal(
        town_do(town, "chief.chu",
                (struct town_deed){
                    .no = no, .action = ACTION_SUPERVISE, .reason = REASON_IMPORTANT, .amount = 1}),
        CODE_DONE);
    assert_int_equal(town_case(town, no).supervise_deadline_ms, town->now_ms + HOUR_MS);
    assert_int_equal(town_case(town, no).clock, CLOCK_HANDLE);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_SUPERVISE), CODE_ONCE_ONLY);
    assert_int_equal(acts(town, "desk.tra", no, ACTION_ANSWER), CODE_NOT_YOURS);
    const uint64_t missed = core_counts_now(town->core)->clocks_missed;
    town_pass(town, 61 * MINUTE_MS); /* the arrive clock too */
    assert_true(core_counts_now(town->core)->clocks_missed >= missed + 1);
    assert_int_equal(acts(town, "desk.san", no, ACTION_ANSWER), CODE_DONE);
    assert_int_equal(town_case(town, no).supervise_deadline_ms, NEVER_MS);
}

static struct case_no closed_late(struct town *town)
{
    const struct case_no no = town_bin_case(town);
    (void)does(town, "li", ACTION_ACCEPT);
    (void)does(town, "li", ACTION_ARRIVE);
    pass_to(town, 15);
    assert_int_equal(does(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_CLOSE), CODE_DONE);
    return no;
}

static void test_aside_appeal_keeps_the_fact_and_the_case(void **state)
{
    struct town *town = *state;
    const struct case_no no = closed_late(town);
    assert_true(town_case(town, no).was_missed);
    assert_int_equal(acts(town, "desk.tra", no, ACTION_APPEAL), CODE_NOT_YOURS);
    assert_int_equal(acts(town, "desk.san", no, ACTION_APPEAL), CODE_DONE);
    assert_int_equal(acts(town, "desk.san", no, ACTION_APPEAL), CODE_ONCE_ONLY);
    town_pass(town, 30 * DAY_MS); /* it does not leave while it is open */
    assert_int_equal(acts(town, "chief.chu", no, ACTION_APPEAL_YES), CODE_DONE);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_APPEAL_NO), CODE_NOTHING_ASKED);
    assert_int_equal(town_case(town, no).appeal, APPEAL_UPHELD);
    assert_true(town_case(town, no).was_missed);
    town_pass(town, 30 * DAY_MS);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_COMMENT), CODE_GONE);
}

static void test_aside_parent_waits_for_its_children(void **state)
{
    struct town *town = *state;
    const struct case_no parent = town_bin_case(town);
    const struct case_no child = wet_case(town);
    assert_int_equal(ties(town, "chief.chu", parent, ACTION_LINK_CHILD, child), CODE_DONE);
    assert_int_equal(ties(town, "chief.chu", child, ACTION_LINK_CHILD, parent),
                     CODE_OTHER_CASE_NEEDED);
    assert_int_equal(acts(town, "chief.chu", parent, ACTION_FORCE_CLOSE), CODE_CHILD_OPEN);
    const struct case_view view = town_case(town, parent);
    assert_int_equal(view.child_count, 1);
    assert_true(case_no_is_equal(view.children[0], child));
    assert_true(case_no_is_equal(town_case(town, child).parent, parent));
    assert_int_equal(acts(town, "chief.chu", child, ACTION_VOID), CODE_DONE);
    assert_int_equal(acts(town, "chief.chu", parent, ACTION_FORCE_CLOSE), CODE_DONE);
}

static void test_aside_device_does_not_close_a_parent(void **state)
{
    struct town *town = *state;
    const struct case_no parent = town_bin_case(town);
    const struct case_no child = wet_case(town);
    assert_int_equal(ties(town, "chief.chu", parent, ACTION_LINK_CHILD, child), CODE_DONE);
    assert_int_equal(
        town_event(town, "cam-1", "camera.garbage_cleared", "C-001", place_none(), full),
        CODE_CLEARED);
    assert_int_equal(town_case(town, parent).state, CASE_CHECKING);
    assert_int_equal(acts(town, "chief.chu", parent, ACTION_CLOSE), CODE_CHILD_OPEN);
    assert_int_equal(ties(town, "chief.chu", parent, ACTION_UNLINK_CHILD, child), CODE_DONE);
    assert_int_equal(acts(town, "chief.chu", parent, ACTION_CLOSE), CODE_DONE);
}

static void test_aside_merged_reports_follow_the_survivor(void **state)
{
    struct town *town = *state;
    const struct case_no from = town_bin_case(town);
    const struct case_no into = wet_case(town);
    static const struct town_field plate[] = {{"plate", "A1", 0}, {0}};
    assert_int_equal(
        town_event(town, "cam-1", "camera.vehicle_stationary", "C-003", place_none(), plate),
        CODE_OPENED);
    const struct case_no last = town->last.case_no;
    assert_int_equal(ties(town, "chief.chu", from, ACTION_MERGE_INTO, from),
                     CODE_OTHER_CASE_NEEDED);
    assert_int_equal(ties(town, "chief.chu", from, ACTION_MERGE_INTO, into), CODE_DONE);
    assert_int_equal(town_case(town, from).state, CASE_MERGED);
    assert_true(case_no_is_equal(town_case(town, from).survivor, into));
    assert_int_equal(town_case(town, into).event_count, 2);
    assert_int_equal(ties(town, "chief.chu", into, ACTION_REPLACE, last), CODE_DONE);
    /* A new report of the bin goes on to the last of them, and so does a repeat of the old one. */
    town_pass(town, 11 * MINUTE_MS);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near_bin, full),
                     CODE_MERGED);
    assert_true(case_no_is_equal(town->last.case_no, last));
    assert_int_equal(ties(town, "chief.chu", from, ACTION_MERGE_INTO, last), CODE_WRONG_STATE);
    assert_int_equal(core_counts_now(town->core)->merged_away, 2);
}

static void test_aside_split_opens_a_case_of_its_own(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_SPLIT), CODE_DONE);
    const struct case_no part = town->last.case_no;
    assert_false(case_no_is_equal(no, part));
    assert_int_equal(town_case(town, part).state, CASE_DISPATCHING);
    assert_int_equal(town_case(town, part).class_row, town_case(town, no).class_row);
    assert_int_equal(core_counts_now(town->core)->cases_opened, 2);
    assert_int_equal(core_counts_now(town->core)->opened, 1);
}

static void test_aside_data_is_given_or_refused_by_a_clause(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    const struct town_deed ask = {.no = no,
                                  .action = ACTION_INFORM,
                                  .subject = "dept.traffic.duty",
                                  .text = "whose car?",
                                  .amount = 2};
    assert_int_equal(town_do(town, "dispatcher.du", ask), CODE_DONE);
    assert_int_equal(town_do(town, "dispatcher.du", ask), CODE_ONCE_ONLY);
    const uint64_t order = town->core->orders.last_number;
    struct order_view view;
    assert_true(core_find_order(town->core, order, &view));
    assert_int_equal(view.kind, KIND_INFORM);
    assert_int_equal(view.deadline_ms, town->now_ms + 2 * HOUR_MS);
    struct town_deed answer = {.order = order, .action = ACTION_ACCEPT};
    assert_int_equal(town_do(town, "desk.san", answer), CODE_NOT_YOURS);
    assert_int_equal(town_do(town, "desk.tra", answer), CODE_DONE);
    answer.action = ACTION_DECLINE;
    answer.reason = REASON_OUTSIDE_DUTY;
    assert_int_equal(town_do(town, "desk.tra", answer), CODE_TEXT_NEEDED);
    const uint64_t missed = core_counts_now(town->core)->clocks_missed;
    town_pass(town, 2 * HOUR_MS);
    assert_true(core_counts_now(town->core)->clocks_missed > missed);
    answer.text = "article 12";
    assert_int_equal(town_do(town, "desk.tra", answer), CODE_DONE);
    assert_int_equal(town_do(town, "desk.tra", answer), CODE_WRONG_STATE);
    assert_int_equal(town_do(town, "dispatcher.du", ask),
                     CODE_DONE); /* asked anew, and ended by the end */
    assert_int_equal(acts(town, "chief.chu", no, ACTION_VOID), CODE_DONE);
    assert_true(core_find_order(town->core, town->core->orders.last_number, &view));
    assert_int_equal(view.state, ORDER_RECALLED);
}

/* The lead goes while the called helper has not answered: the story says at once that the command post holds it. */
static void test_aside_helpers_without_a_lead_are_told(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(does(town, "li", ACTION_ARRIVE), CODE_DONE);
    const struct town_deed call = {.order = town_order_of(town, "li"),
                                   .action = ACTION_REQUEST_HELP,
                                   .reason = REASON_NEEDS_OTHERS,
                                   .amount = 1};
    assert_int_equal(town_do(town, "li", call), CODE_DONE);
    assert_true(town_order_of(town, "wang") != 0);
    const uint32_t before = town_count(town, ACTION_NOBODY);
    assert_int_equal(does(town, "li", ACTION_RETURN), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_int_equal(town_count(town, ACTION_NOBODY), before + 1);
}

static void test_aside_joint_order_ends_with_the_last(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(does(town, "li", ACTION_ARRIVE), CODE_DONE);
    const uint64_t lead = town_order_of(town, "li");
    struct town_deed call = {
        .order = lead, .action = ACTION_REQUEST_HELP, .reason = REASON_NEEDS_OTHERS, .amount = 8};
    assert_int_equal(town_do(town, "li", call), CODE_BAD_AMOUNT);
    call.amount = 1;
    assert_int_equal(town_do(town, "li", call), CODE_DONE);
    assert_true(town_order_of(town, "wang") != 0);
    assert_int_equal(does(town, "wang", ACTION_ACCEPT), CODE_DONE);
    call.amount = 0;
    call.subject = "sun";
    assert_int_equal(town_do(town, "li", call), CODE_DONE);
    assert_int_equal(does(town, "sun", ACTION_ACCEPT), CODE_DONE);
    struct order_view view;
    assert_true(core_find_order(town->core, town_order_of(town, "sun"), &view));
    assert_int_equal(view.clock, CLOCK_ARRIVE);
    assert_int_equal(does(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_not_equal(town_case(town, no).state, CASE_CHECKING); /* two are still under way */
    assert_int_equal(does(town, "sun", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(does(town, "sun", ACTION_DONE), CODE_DONE);
    assert_int_equal(does(town, "wang", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(does(town, "wang", ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
}

static void test_aside_sampled_check_is_done_by_another(void **state)
{
    struct town *town = *state;
    const char *first = NULL;
    struct case_no no = no_case;
    for (int i = 0; i < 80 && town_count(town, ACTION_RECHECK) == 0; i++) {
        town->effect_count = 0;
        no = wet_case(town);
        const char *who = town_order_of(town, "li") != 0 ? "li" : "wang";
        assert_int_equal(does(town, who, ACTION_ACCEPT), CODE_DONE);
        assert_int_equal(does(town, who, ACTION_ARRIVE), CODE_DONE);
        assert_int_equal(does(town, who, ACTION_DONE), CODE_DONE);
        town_pass(town, 61 * MINUTE_MS);
        first = town_order_of(town, "zhao") != 0 ? "zhao" : "zhou";
        assert_int_equal(does(town, first, ACTION_ACCEPT), CODE_DONE);
        assert_int_equal(does(town, first, ACTION_CHECK_PASS), CODE_DONE);
        for (int w = 0; w < 2; w++) {
            town_items_taken(town, w == 0 ? "li" : "wang", 100000);
        }
    }
    assert_int_equal(town_count(town, ACTION_RECHECK), 1);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    const char *second = strcmp(first, "zhao") == 0 ? "zhou" : "zhao";
    assert_int_equal(acts(town, first, no, ACTION_CHECK_PASS), CODE_CONFLICT_OF_INTEREST);
    assert_int_equal(town_order_of(town, first), 0);
    assert_int_equal(does(town, second, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(does(town, second, ACTION_CHECK_PASS), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
}

static void test_aside_dispatcher_gives_it_back_to_the_centre(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_RETURN), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_VERIFYING);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_DISPATCH), CODE_WRONG_STATE);
    assert_int_equal(acts(town, "chief.chu", no, ACTION_VERIFY_YES), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
}

static void test_aside_who_filed_it_does_not_command_it(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    struct case_row *row = cases_at(&town->core->cases, cases_find(&town->core->cases, no));
    row->persons[row->person_count++] =
        case_person_of(workers_find(&town->core->workers, town_id("dispatcher.du")), PERSON_FILED);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_DISPATCH), CODE_CONFLICT_OF_INTEREST);
    assert_int_equal(acts(town, "dispatcher.du", no, ACTION_RETURN), CODE_CONFLICT_OF_INTEREST);
}

static void test_aside_changed_calendar_moves_deadlines_and_says_so(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(does(town, "li", ACTION_ACCEPT), CODE_DONE);
    const int64_t before = town_case(town, no).deadline_ms;
    const char *at = town_copy();
    town_edit(at, "calendars.yaml", NULL, "  # read again");
    town_edit(
        at, "departments.csv", "dept.sanitation",
        "dept.sanitation,环卫,Sanitation,dept.sanitation.duty,dept.sanitation.lead,shift.day");
    town_move(town, at);
    const int64_t after = town_case(town, no).deadline_ms;
    assert_int_not_equal(before, after);
    assert_int_equal(town_count(town, ACTION_RECALENDAR), 1);
}

#define aside(name) cmocka_unit_test_setup_teardown(test_aside_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        aside(helpers_without_a_lead_are_told),
        aside(extension_needs_two_others_and_is_given_twice),
        aside(extension_is_refused_once_overdue),
        aside(suspension_over_a_weekend_pauses_for_nothing),
        aside(suspended_case_of_a_desk_returns_to_it_by_hand),
        aside(controlled_case_takes_reports_silently),
        aside(supervision_has_its_own_clock),
        aside(appeal_keeps_the_fact_and_the_case),
        aside(parent_waits_for_its_children),
        aside(device_does_not_close_a_parent),
        aside(merged_reports_follow_the_survivor),
        aside(split_opens_a_case_of_its_own),
        aside(data_is_given_or_refused_by_a_clause),
        aside(joint_order_ends_with_the_last),
        aside(sampled_check_is_done_by_another),
        aside(dispatcher_gives_it_back_to_the_centre),
        aside(who_filed_it_does_not_command_it),
        aside(changed_calendar_moves_deadlines_and_says_so),
    };
    return cmocka_run_group_tests_name("engine/core/aside", tests, NULL, NULL);
}
