/* test_clocks.c: every clock: when it starts, pauses, resumes, is missed and reminds; the escalation ladder. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

static void does(struct town *town, const char *who, enum action action, enum reason reason)
{
    assert_int_equal(
        town_act(town, who, town_order_of(town, who), no_case, action, reason, near_bin, NULL),
        CODE_DONE);
}

static void on_case(struct town *town, const char *who, struct case_no no, enum action action,
                    const char *subject)
{
    assert_int_equal(town_act(town, who, 0, no, action, REASON_OTHER, nowhere, subject), CODE_DONE);
}

/* Lets time pass with everybody showing a sign of life. */
static void pass_alive(struct town *town, int64_t ms)
{
    static const char *const names[] = {"li", "wang", "chen", "sun", "qian", "zhao", "zhou"};
    for (; ms > 0; ms -= 5 * MINUTE_MS) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            town_seen(town, names[i], STATUS_READY, nowhere);
        }
        town_pass(town, min_i64(ms, 5 * MINUTE_MS));
    }
}

static uint64_t missed(const struct town *town)
{
    return core_counts_now(town->core)->clocks_missed;
}

static uint64_t escalated(const struct town *town)
{
    return core_counts_now(town->core)->escalations;
}

/* ---- accept and arrive ---- */

static void test_clocks_accept_is_the_rules_or_the_default(void **state)
{
    struct town *town = *state;
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    struct order_view view;
    (void)town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd);
    assert_true(core_find_order(town->core, 1, &view));
    assert_int_equal(view.deadline_ms, town->now_ms + 3 * MINUTE_MS);
    assert_int_equal(view.clock, CLOCK_ACCEPT);
    const uint64_t last = core_counts_now(town->core)->offers;
    (void)town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet);
    assert_true(core_find_order(town->core, last + 1, &view));
    assert_int_equal(view.deadline_ms, town->now_ms + 10 * MINUTE_MS);
}

static void test_clocks_arrive_counts_from_the_offer_and_is_missed_once(void **state)
{
    struct town *town = *state;
    struct order_view view;
    (void)town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd);
    const int64_t start_ms = town->now_ms;
    assert_true(core_find_order(town->core, 1, &view));
    const struct image_string id = town->city.persons[view.person].id;
    char who[16] = {0};
    memcpy(who, city_text(&town->city, id), id.size);
    town_pass(town, 2 * MINUTE_MS);
    does(town, who, ACTION_ACCEPT, REASON_NONE);
    assert_true(core_find_order(town->core, 1, &view));
    assert_int_equal(view.deadline_ms, start_ms + 10 * MINUTE_MS);
    assert_int_equal(view.clock, CLOCK_ARRIVE);
    pass_alive(town, 8 * MINUTE_MS - SECOND_MS);
    assert_int_equal(missed(town), 0);
    town_pass(town, SECOND_MS);
    assert_int_equal(missed(town), 1);
    pass_alive(town, HOUR_MS);
    assert_int_equal(missed(town), 1);
    assert_true(core_find_order(town->core, 1, &view));
    assert_int_equal(view.state, ORDER_ACCEPTED); /* late, but on the way */
}

static void test_clocks_worker_is_lost_by_silence_only(void **state)
{
    struct town *town = *state;
    (void)town_bin_case(town);
    does(town, "li", ACTION_ACCEPT, REASON_NONE);
    pass_alive(town, 10 * MINUTE_MS); /* last seen at five */
    town_pass(town, 15 * MINUTE_MS - SECOND_MS);
    assert_int_equal(town_count(town, ACTION_LOST), 0);
    town_pass(town, SECOND_MS);
    assert_int_equal(town_count(town, ACTION_LOST), 1);
}

/* ---- dispatch, check, verify ---- */

/* What every clock but the handle clock does: misses at its limit, then reminds each hour, counted once. */
static void misses_and_reminds(struct town *town, struct case_no no, enum case_clock clock,
                               int64_t limit_ms)
{
    struct case_view view = town_case(town, no);
    assert_int_equal(view.clock, clock);
    assert_int_equal(view.deadline_ms, town->now_ms + limit_ms);
    const uint64_t before = missed(town);
    town_pass(town, limit_ms - SECOND_MS);
    assert_int_equal(missed(town), before);
    assert_false(town_case(town, no).is_overdue);
    town_pass(town, SECOND_MS);
    assert_int_equal(missed(town), before + 1);
    view = town_case(town, no);
    assert_true(view.is_overdue);
    assert_int_equal(view.deadline_ms, town->now_ms + HOUR_MS);
    const uint32_t said = town_count(town, ACTION_ESCALATE);
    town_pass(town, 3 * HOUR_MS);
    assert_int_equal(town_count(town, ACTION_ESCALATE), said + 3);
    assert_int_equal(missed(town), before + 1);
}

static void test_clocks_dispatch_is_missed_when_the_command_post_waits(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    on_case(town, "desk.san", no, ACTION_RETURN, NULL);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_int_equal(town_case(town, no).handle_deadline_ms, NEVER_MS);
    misses_and_reminds(town, no, CLOCK_DISPATCH, 15 * MINUTE_MS);
}

static void nobody_serves(struct town *town)
{
    static const char *const names[] = {"li", "wang", "chen", "zhao", "zhou"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        town_seen(town, names[i], STATUS_OFF, nowhere);
    }
}

static void test_clocks_check_is_missed_when_nobody_checks(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    nobody_serves(town);
    on_case(town, "desk.san", no, ACTION_DONE, NULL);
    assert_string_equal(town_holder(town, no), "town.supervision");
    misses_and_reminds(town, no, CLOCK_CHECK, 30 * MINUTE_MS);
    /* The first inspector to come is asked. */
    town_seen(town, "zhou", STATUS_READY, nowhere);
    town_pass(town, 2 * MINUTE_MS);
    does(town, "zhou", ACTION_ACCEPT, REASON_NONE);
    does(town, "zhou", ACTION_CHECK_PASS, REASON_NONE);
    assert_false(town_case(town, no).is_overdue);
}

static void test_clocks_verify_is_missed_when_nobody_verifies(void **state)
{
    struct town *town = *state;
    nobody_serves(town);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near_bin, NULL),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    misses_and_reminds(town, no, CLOCK_VERIFY, 30 * MINUTE_MS);
    town_seen(town, "li", STATUS_READY, nowhere);
    town_pass(town, 2 * MINUTE_MS);
    assert_true(town_order_of(town, "li") != 0);
}

/* ---- handle ---- */

static void test_clocks_return_pauses_and_the_same_office_resumes(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town); /* 08:20, four working hours */
    does(town, "li", ACTION_ACCEPT, REASON_NONE);
    does(town, "li", ACTION_ARRIVE, REASON_NONE);
    pass_alive(town, 3 * HOUR_MS); /* 11:20, one hour left */
    does(town, "li", ACTION_RETURN, REASON_NO_EQUIPMENT);
    assert_int_equal(town_case(town, no).handle_deadline_ms, NEVER_MS);
    town_pass(town, 5 * MINUTE_MS);
    does(town, "wang", ACTION_ACCEPT, REASON_NONE);
    /* 35 minutes until noon, 25 more from 14:00: 14:25. */
    assert_int_equal(town_case(town, no).handle_deadline_ms,
                     TOWN_START_MS + 6 * HOUR_MS + 5 * MINUTE_MS);
}

static void test_clocks_pause_over_a_weekend_costs_no_working_time(void **state)
{
    struct town *town = *state;
    town_pass(town, 3 * DAY_MS + 8 * HOUR_MS + 40 * MINUTE_MS); /* Friday 17:00 */
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    const int64_t friday_ms = town->now_ms;
    assert_int_equal(town_case(town, no).handle_deadline_ms,
                     friday_ms + 2 * DAY_MS + 18 * HOUR_MS); /* Mon 11:00 */
    town_pass(town, HOUR_MS);
    on_case(town, "desk.san", no, ACTION_RETURN, NULL); /* Friday 18:00: one hour gone */
    town_pass(town, 2 * DAY_MS + 14 * HOUR_MS);         /* Monday 08:00 */
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    assert_int_equal(town_case(town, no).handle_deadline_ms, town->now_ms + 3 * HOUR_MS);
}

static void test_clocks_another_office_starts_anew(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    town_pass(town, 7 * HOUR_MS);
    assert_true(town_case(town, no).is_overdue);
    assert_int_equal(missed(town), 1);
    /* The traffic office has no calendar: its four hours run on, and it is not late before it had them. */
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.traffic.duty");
    assert_false(town_case(town, no).is_overdue);
    assert_int_equal(town_case(town, no).deadline_ms, town->now_ms + 4 * HOUR_MS);
    town_pass(town, 4 * HOUR_MS);
    assert_true(town_case(town, no).is_overdue);
    assert_int_equal(missed(town), 2);
}

static void test_clocks_missed_handle_clock_stays_missed_when_resumed(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    town_pass(town, 7 * HOUR_MS);
    on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "sun");
    assert_false(town_case(town, no).is_overdue); /* the dispatch clock binds now */
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.lead");
    assert_true(town_case(town, no).is_overdue);
    assert_int_equal(town_case(town, no).deadline_ms, town->now_ms + 4 * HOUR_MS); /* a reminder */
    town_pass(town, DAY_MS);
    assert_int_equal(missed(town), 1);
}

static void test_clocks_case_without_a_limit_has_a_week(void **state)
{
    struct town *town = *state;
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_OPENED);
    assert_int_equal(town_case(town, town->last.case_no).handle_deadline_ms,
                     town->now_ms + HANDLE_FALLBACK_MS);
}

static void test_clocks_deadline_past_the_calendar_still_has_an_alarm(void **state)
{
    struct town *town = *state;
    town_pass(town, 1399 * DAY_MS +
                        8 * HOUR_MS); /* 31 December 2029, 16:20; the calendar ends at midnight */
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    assert_int_equal(town_case(town, no).handle_deadline_ms, NEVER_MS);
    assert_int_equal(town_case(town, no).deadline_ms, town->now_ms + 4 * HOUR_MS);
}

static void test_clocks_start_when_an_assistant_takes_over(void **state)
{
    struct town *town = *state;
    (void)town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd);
    const struct case_no no = town->last.case_no;
    struct order_view lead;
    struct order_view assist;
    char names[2][16] = {{0}, {0}};
    assert_true(core_find_order(town->core, 1, &lead) && core_find_order(town->core, 2, &assist));
    assert_true(lead.is_lead && !assist.is_lead);
    const uint32_t persons[] = {lead.person, assist.person};
    for (int i = 0; i < 2; i++) {
        const struct image_string id = town->city.persons[persons[i]].id;
        memcpy(names[i], city_text(&town->city, id), id.size);
    }
    does(town, names[1], ACTION_ACCEPT, REASON_NONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    does(town, names[0], ACTION_DECLINE, REASON_BUSY);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
    assert_string_equal(town_holder(town, no), names[1]);
    assert_int_equal(town_case(town, no).clock, CLOCK_HANDLE);
    assert_int_equal(town_case(town, no).handle_deadline_ms, town->now_ms + 4 * HOUR_MS);
    assert_int_equal(town_count(town, ACTION_REASSIGN), 1); /* the story says who leads now */
}

static void test_clocks_start_when_an_assistant_finds_no_lead(void **state)
{
    struct town *town = *state;
    (void)town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd);
    const struct case_no no = town->last.case_no;
    struct case_view view = town_case(town, no);
    struct order_view order;
    char name[16] = {0};
    /* Lead after lead declines until nobody is left but those asked to assist. */
    for (int i = 0; i < 8 && core_find_order(town->core, view.orders[0], &order) && order.is_lead;
         i++) {
        const struct image_string id = town->city.persons[order.person].id;
        memset(name, 0, sizeof name);
        memcpy(name, city_text(&town->city, id), id.size);
        does(town, name, ACTION_DECLINE, REASON_BUSY);
        view = town_case(town, no);
    }
    assert_int_equal(view.state, CASE_DISPATCHING);
    assert_false(order.is_lead);
    const struct image_string id = town->city.persons[order.person].id;
    memset(name, 0, sizeof name);
    memcpy(name, city_text(&town->city, id), id.size);
    does(town, name, ACTION_ACCEPT, REASON_NONE);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
    assert_string_equal(town_holder(town, no), name);
    assert_int_equal(town_case(town, no).clock, CLOCK_HANDLE);
    assert_true(core_find_order(town->core, order.number, &order));
    assert_true(order.is_lead && order.kind == KIND_HANDLE);
}

/* ---- the ladder ---- */

static struct town *ladder_town(const char *from, const char *to)
{
    struct town *town = malloc(sizeof *town);
    const char *at = town_copy();
    town_edit(at, "rules/town.yaml", from, to);
    town_open_at(town, NULL, at);
    return town;
}

static void test_clocks_unaccepted_step_fires_once_while_nobody_accepts(void **state)
{
    (void)state;
    struct town *town = ladder_town("    - {when: unaccepted, after: 25m",
                                    "    - {when: unaccepted, after: 15m, to: town.command}");
    (void)town_bin_case(town);
    town_pass(town, 15 * MINUTE_MS - SECOND_MS); /* li let it expire, wang was asked at ten past */
    assert_int_equal(escalated(town), 0);
    town_pass(town, SECOND_MS);
    assert_int_equal(escalated(town), 1);
    does(town, "wang", ACTION_DECLINE, REASON_BUSY);
    town_pass(town, DAY_MS);
    assert_int_equal(town_count(town, ACTION_TO_DESK), 1);
    town_close(town);
    free(town);
}

static void test_clocks_accepted_in_time_is_not_escalated(void **state)
{
    (void)state;
    struct town *town = ladder_town("    - {when: unaccepted, after: 25m",
                                    "    - {when: unaccepted, after: 5m, to: town.command}");
    (void)town_bin_case(town);
    town_pass(town, 4 * MINUTE_MS);
    does(town, "li", ACTION_ACCEPT, REASON_NONE);
    pass_alive(town, 20 * MINUTE_MS);
    assert_int_equal(escalated(town), 0);
    town_close(town);
    free(town);
}

static void test_clocks_not_arrived_takes_the_order_back(void **state)
{
    struct town *town = *state;
    (void)town_bin_case(town);
    town_pass(town, 5 * MINUTE_MS);
    does(town, "li", ACTION_ACCEPT, REASON_NONE);
    pass_alive(town, 25 * MINUTE_MS); /* half an hour after the offer */
    assert_int_equal(escalated(town), 1);
    assert_int_equal(town_order_of(town, "li"), 0);
    assert_true(town_order_of(town, "wang") != 0);
}

/* A worker who came in time and gave the case back at eleven must not make the next one's offer look old. */
static void test_clocks_ladder_measures_each_round_from_its_own_offer(void **state)
{
    struct town *town = *state;
    (void)town_bin_case(town);
    does(town, "li", ACTION_ACCEPT, REASON_NONE);
    does(town, "li", ACTION_ARRIVE, REASON_NONE);
    pass_alive(town, HOUR_MS);
    does(town, "li", ACTION_RETURN, REASON_NO_EQUIPMENT);
    town_pass(town, 9 * MINUTE_MS);
    assert_int_equal(escalated(town), 0);
    does(town, "wang", ACTION_ACCEPT, REASON_NONE);
    pass_alive(town, 20 * MINUTE_MS);
    assert_int_equal(escalated(town), 0);
    pass_alive(town, 2 * MINUTE_MS);
    assert_int_equal(escalated(town), 1); /* half an hour after wang was asked */
    assert_int_equal(town_order_of(town, "wang"), 0);
}

static void test_clocks_reassigned_order_is_not_taken_back_at_once(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    does(town, "li", ACTION_ACCEPT, REASON_NONE);
    does(town, "li", ACTION_ARRIVE, REASON_NONE);
    pass_alive(town, HOUR_MS);
    on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang");
    town_pass(town, MINUTE_MS);
    assert_true(town_order_of(town, "wang") != 0);
    assert_int_equal(escalated(town), 0);
}

static void test_clocks_severity_raised_by_a_step_reaches_the_next_step(void **state)
{
    (void)state;
    struct town *town =
        ladder_town("  escalate: [{when: severity <= 2",
                    "  escalate: [{when: severity <= 1, to: fire.119, now: true}, "
                    "{when: unaccepted, after: 2m, to: town.command, severity: 1}]");
    (void)town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd);
    const struct case_no no = town->last.case_no;
    town_pass(town, MINUTE_MS);
    assert_int_equal(escalated(town), 0);
    town_pass(town, MINUTE_MS);
    assert_int_equal(town_case(town, no).severity, 1);
    assert_int_equal(escalated(town), 2);
    town_pass(town, HOUR_MS);
    assert_int_equal(escalated(town), 2);
    town_close(town);
    free(town);
}

/* Whole days: the ladder divides the time from the start to the end of the last one. */
static void test_clocks_steps_of_a_clock_of_working_days(void **state)
{
    (void)state;
    struct town *town = ladder_town("  sla: {accept: 10m, arrive: 40m, handle: 4wh}",
                                    "  sla: {accept: 10m, arrive: 40m, handle: 2wd}");
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    /* Tuesday does not count: Thursday 18:00. */
    const int64_t whole_ms = 2 * DAY_MS + 9 * HOUR_MS + 40 * MINUTE_MS;
    assert_int_equal(town_case(town, no).handle_deadline_ms, town->now_ms + whole_ms);
    town_pass(town, whole_ms * 8 / 10 - SECOND_MS);
    assert_int_equal(escalated(town), 1); /* nobody had arrived within half an hour */
    town_pass(town, 2 * SECOND_MS);
    assert_int_equal(escalated(town), 2);
    town_pass(town, whole_ms);
    assert_int_equal(escalated(town), 3);
    assert_int_equal(missed(town), 1);
    town_close(town);
    free(town);
}

static void test_clocks_step_after_a_time_counts_what_was_used_before(void **state)
{
    (void)state;
    struct town *town = ladder_town("    - {when: unhandled, after: 80%",
                                    "    - {when: unhandled, after: 3h, to: dept.sanitation.lead}");
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    town_pass(town, 2 * HOUR_MS);
    on_case(town, "desk.san", no, ACTION_RETURN, NULL);
    town_pass(town, HOUR_MS);             /* the handle clock stands */
    assert_int_equal(escalated(town), 1); /* nobody had arrived within half an hour */
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    town_pass(town, HOUR_MS - SECOND_MS);
    assert_int_equal(escalated(town), 1);
    town_pass(town, SECOND_MS);
    assert_int_equal(escalated(town), 2);
    town_close(town);
    free(town);
}

/* More of the clock was used than the step waits for, by an office that was told nothing: it fires at once, once. */
static void test_clocks_step_that_was_passed_while_paused_fires_on_resuming(void **state)
{
    (void)state;
    struct town *town =
        ladder_town("    - {when: unhandled, after: 80%",
                    "    - {when: unhandled, after: 10%, to: dept.sanitation.lead}");
    const struct case_no no = town_bin_case(town);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    town_pass(town, 23 * MINUTE_MS);
    town->now_ms +=
        2 * MINUTE_MS; /* a tenth of four hours passes with the very act that pauses the clock */
    struct case_row *row = &town->core->cases.rows[0];
    timers_cancel(&town->core->timers, case_timer_id(0, CASE_TIMER_STEP));
    on_case(town, "desk.san", no, ACTION_RETURN, NULL);
    assert_int_equal(row->steps_fired, 0);
    on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty");
    town_pass(town, 0);
    assert_int_equal(escalated(town), 1);
    town_pass(town, MINUTE_MS);
    assert_int_equal(escalated(town), 1);
    town_close(town);
    free(town);
}

#define clocks(name) cmocka_unit_test_setup_teardown(test_clocks_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clocks(accept_is_the_rules_or_the_default),
        clocks(arrive_counts_from_the_offer_and_is_missed_once),
        clocks(worker_is_lost_by_silence_only),
        clocks(dispatch_is_missed_when_the_command_post_waits),
        clocks(check_is_missed_when_nobody_checks),
        clocks(verify_is_missed_when_nobody_verifies),
        clocks(return_pauses_and_the_same_office_resumes),
        clocks(pause_over_a_weekend_costs_no_working_time),
        clocks(another_office_starts_anew),
        clocks(missed_handle_clock_stays_missed_when_resumed),
        clocks(case_without_a_limit_has_a_week),
        clocks(deadline_past_the_calendar_still_has_an_alarm),
        clocks(start_when_an_assistant_takes_over),
        clocks(start_when_an_assistant_finds_no_lead),
        cmocka_unit_test(test_clocks_unaccepted_step_fires_once_while_nobody_accepts),
        cmocka_unit_test(test_clocks_accepted_in_time_is_not_escalated),
        clocks(not_arrived_takes_the_order_back),
        clocks(ladder_measures_each_round_from_its_own_offer),
        clocks(reassigned_order_is_not_taken_back_at_once),
        cmocka_unit_test(test_clocks_severity_raised_by_a_step_reaches_the_next_step),
        cmocka_unit_test(test_clocks_steps_of_a_clock_of_working_days),
        cmocka_unit_test(test_clocks_step_after_a_time_counts_what_was_used_before),
        cmocka_unit_test(test_clocks_step_that_was_passed_while_paused_fires_on_resuming),
    };
    return cmocka_run_group_tests_name("engine/core/clocks", tests, NULL, NULL);
}
