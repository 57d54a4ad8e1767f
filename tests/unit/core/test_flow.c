/* test_flow.c: the life of a case in a small town: plain path, exceptions, refusals, clocks. */
#include "tests/unit/core/town.c"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};

/* A full bin reported by its camera; returns the case. */
static enum code act(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), (struct case_no){0, 0, 0}, action,
                    REASON_OTHER, near_bin, NULL);
}

static enum code on_case(struct town *town, const char *who, struct case_no no, enum action action,
                         enum reason reason, const char *subject)
{
    return town_act(town, who, 0, no, action, reason, nowhere, subject);
}

/* Who was offered the case's newest handling order. */
static const char *offered(const struct town *town)
{
    const char *const names[] = {"wang", "li", "chen", "sun", "qian", "zhao", "zhou"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (town_order_of(town, names[i]) != 0) {
            return names[i];
        }
    }
    return "nobody";
}

static void test_flow_plain_path_closes(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(no.district, 110108);
    assert_int_equal(no.day, 20260303);
    assert_int_equal(no.serial, 1);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_string_equal(town_holder(town, no), "town.command");
    const char *handler = offered(town);
    assert_true(strcmp(handler, "li") == 0 || strcmp(handler, "wang") == 0);
    assert_int_equal(act(town, handler, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
    assert_string_equal(town_holder(town, no), handler);
    town_pass(town, 5 * MINUTE_MS);
    assert_int_equal(act(town, handler, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_ON_SITE);
    town_pass(town, 5 * MINUTE_MS);
    assert_int_equal(act(town, handler, ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, no), "zhao");
    assert_int_equal(act(town, "zhao", ACTION_CHECK_PASS), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
    assert_int_equal(core_counts_now(town->core)->closed, 1);
    assert_int_equal(core_counts_now(town->core)->clocks_missed, 0);
}

static void test_flow_ties_go_to_the_lower_id(void **state)
{
    struct town *town = *state;
    (void)town_bin_case(town);
    /* li and wang share the home cell, so distance and load are equal: the lower id is offered. */
    assert_string_equal(offered(town), "li");
    const struct effect_decision *decision = town_decision(town);
    assert_non_null(decision);
    assert_int_equal(decision->candidates[0].code, CODE_ELIGIBLE);
    assert_int_equal(decision->candidates[1].code, CODE_FARTHER);
}

static void test_flow_fresh_fix_beats_home_cell(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_READY, near_bin);
    (void)town_bin_case(town);
    assert_string_equal(offered(town), "wang");
    assert_true(town_decision(town)->candidates[0].distance_cm < 100);
}

static void test_flow_decline_goes_to_the_next(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(offered(town), "wang");
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    /* chen lacks the skill: nobody is left, the desk holds it. */
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_int_equal(town_count(town, ACTION_NOBODY), 1);
    assert_int_equal(core_counts_now(town->core)->nobody, 1);
}

static void test_flow_expiry_goes_to_the_next_and_a_late_accept_is_told(void **state)
{
    struct town *town = *state;
    (void)town_bin_case(town);
    const uint64_t order = town_order_of(town, "li");
    town_pass(town, 10 * MINUTE_MS);
    assert_int_equal(town_order_of(town, "li"), 0);
    assert_string_equal(offered(town), "wang");
    assert_int_equal(town_act(town, "li", order, (struct case_no){0, 0, 0}, ACTION_ACCEPT,
                              REASON_NONE, nowhere, NULL),
                     CODE_EXPIRED);
}

static void test_flow_return_for_another_office_goes_to_the_desk(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(town_act(town, "li", town_order_of(town, "li"), (struct case_no){0, 0, 0},
                              ACTION_RETURN, REASON_NONE, near_bin, NULL),
                     CODE_REASON_NEEDED);
    assert_int_equal(town_act(town, "li", town_order_of(town, "li"), (struct case_no){0, 0, 0},
                              ACTION_RETURN, REASON_PRIVATE_LAND, near_bin, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_string_equal(offered(town), "nobody");
    /* Another department's desk may not act; the own one finishes it; it is still checked. */
    assert_int_equal(on_case(town, "desk.tra", no, ACTION_DONE, REASON_NONE, NULL), CODE_NOT_YOURS);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DONE, REASON_NONE, NULL), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
}

static void test_flow_return_for_lack_of_means_goes_to_the_next_worker(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(town_act(town, "li", town_order_of(town, "li"), (struct case_no){0, 0, 0},
                              ACTION_RETURN, REASON_NO_EQUIPMENT, near_bin, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_string_equal(offered(town), "wang");
}

static void test_flow_failed_check_is_worked_again(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    town_pass(town, HOUR_MS);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_CHECK_FAIL), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    const char *again = offered(town);
    assert_int_equal(act(town, again, ACTION_ACCEPT), CODE_DONE);
    /* Rework resumes the clock: one of four working hours is gone. 08:20 + 4 h, lunch 12-14: 14:20. */
    assert_int_equal(town_case(town, no).handle_deadline_ms, TOWN_START_MS + 6 * HOUR_MS);
}

static void test_flow_who_handled_may_not_check(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->order_kind, KIND_CHECK_RESULT);
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        assert_true(decision->candidates[i].code != CODE_ELIGIBLE || i == 0);
    }
    assert_int_equal(on_case(town, "li", no, ACTION_CHECK_PASS, REASON_NONE, NULL), CODE_NO_RIGHT);
}

static void test_flow_desk_person_who_handled_may_not_check(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, REASON_INSTRUCTED,
                             "town.supervision"),
                     CODE_DONE);
    /* The chief sits at that desk but lacks the desk's right. */
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_DONE, REASON_NONE, NULL), CODE_NO_RIGHT);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_FORCE_CLOSE, REASON_INSTRUCTED, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_FORCED_CLOSED);
}

static void test_flow_reassign_is_the_dispatchers_and_is_compared(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(on_case(town, "li", no, ACTION_REASSIGN, REASON_BETTER_PLACED, "wang"),
                     CODE_NO_RIGHT);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, REASON_NONE, "wang"),
                     CODE_REASON_NEEDED);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, REASON_OTHER, "nemo"),
                     CODE_UNKNOWN_WORKER);
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_REASSIGN, REASON_BETTER_PLACED, "wang"),
        CODE_DONE);
    assert_int_equal(town_order_of(town, "li"), 0);
    assert_true(town_order_of(town, "wang") != 0);
    assert_true(town_count(town, ACTION_RECALL) == 1);
    /* Beside whom the dispatcher took, and why, stands what the engine would have done: somebody else, or nobody. */
    const struct effect_decision *decision = town_decision(town);
    const uint32_t wang = workers_find(&town->core->workers, town_id("wang"));
    assert_int_equal(decision->why, WHY_BY_HAND);
    assert_int_equal(decision->reason, REASON_BETTER_PLACED);
    assert_int_equal(decision->from, town->core->workers.rows[wang].person);
    assert_int_equal(decision->order, town_order_of(town, "wang"));
    assert_true(decision->candidate_count > 0);
}

static void test_flow_reassign_never_exceeds_capacity(void **state)
{
    struct town *town = *state;
    const struct town_field plate_a[] = {{"plate", "A1", 0}, {0}};
    const struct town_field plate_b[] = {{"plate", "B2", 0}, {0}};
    assert_int_equal(
        town_event(town, "cam-1", "camera.vehicle_stationary", "C-003", nowhere, plate_a),
        CODE_OPENED);
    const char *first = offered(town);
    assert_int_equal(
        town_event(town, "cam-1", "camera.vehicle_stationary", "C-003", nowhere, plate_b),
        CODE_OPENED);
    const struct case_no second = town->last.case_no;
    assert_int_equal(on_case(town, "dispatcher.du", second, ACTION_REASSIGN, REASON_OTHER, first),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_AT_CAPACITY);
}

static void test_flow_capacity_is_never_exceeded_and_the_desk_seeks_on(void **state)
{
    struct town *town = *state;
    const char *const plates[] = {"A1", "B2", "C3"};
    struct case_no no = {0, 0, 0};
    for (size_t i = 0; i < 3; i++) {
        const struct town_field plate[] = {{"plate", plates[i], 0}, {0}};
        assert_int_equal(
            town_event(town, "cam-1", "camera.vehicle_stationary", "C-003", nowhere, plate),
            CODE_OPENED);
        no = town->last.case_no;
    }
    /* Two officers with room for one each: the third case waits at the traffic desk. */
    assert_string_equal(town_holder(town, no), "dept.traffic.duty");
    assert_int_equal(town_decision(town)->binding, CODE_WRONG_ROLE);
    const struct place gate = {1163030000, 399030000};
    assert_int_equal(act(town, "qian", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(town_act(town, "qian", town_order_of(town, "qian"), (struct case_no){0, 0, 0},
                              ACTION_ARRIVE, REASON_NONE, gate, NULL),
                     CODE_DONE);
    assert_int_equal(act(town, "qian", ACTION_DONE), CODE_DONE);
    town_pass(town, 2 * MINUTE_MS); /* seek_every */
    assert_true(town_order_of(town, "qian") != 0);
    assert_int_equal(act(town, "qian", ACTION_ACCEPT), CODE_DONE);
    assert_string_equal(town_holder(town, no), "qian");
}

static void test_flow_check_none_closes_at_once(void **state)
{
    struct town *town = *state;
    const struct town_field plate[] = {{"plate", "A1", 0}, {0}};
    assert_int_equal(
        town_event(town, "cam-1", "camera.vehicle_stationary", "C-003", nowhere, plate),
        CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const char *officer = offered(town);
    assert_int_equal(act(town, officer, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, officer, ACTION_ARRIVE),
                     CODE_DONE); /* near_bin is 420 m away: close enough */
    assert_int_equal(act(town, officer, ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
}

static void test_flow_arrival_far_away_is_not_believed(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    const struct place far_away = {1163300000, 399180000};
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    const uint64_t order = town_order_of(town, "li");
    const struct case_no none = {0, 0, 0};
    assert_int_equal(town_act(town, "li", order, none, ACTION_ARRIVE, REASON_NONE, far_away, NULL),
                     CODE_TOO_FAR);
    assert_int_equal(town_act(town, "li", order, none, ACTION_ARRIVE, REASON_NONE, nowhere, NULL),
                     CODE_PLACE_NEEDED);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
}

static void test_flow_wrong_actions_say_what_is_possible(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    const uint64_t order = town_order_of(town, "li");
    const struct case_no none = {0, 0, 0};
    assert_int_equal(town_act(town, "li", order, none, ACTION_DONE, REASON_NONE, near_bin, NULL),
                     CODE_WRONG_STATE);
    assert_int_equal(town->last.possible, action_bit(ACTION_ACCEPT) | action_bit(ACTION_DECLINE));
    assert_int_equal(
        town_act(town, "wang", order, none, ACTION_ACCEPT, REASON_NONE, near_bin, NULL),
        CODE_NOT_YOURS);
    assert_int_equal(town_act(town, "li", 999, none, ACTION_ACCEPT, REASON_NONE, near_bin, NULL),
                     CODE_UNKNOWN_ORDER);
    assert_int_equal(
        on_case(town, "chief.chu", (struct case_no){1, 2, 3}, ACTION_VOID, REASON_OTHER, NULL),
        CODE_UNKNOWN_CASE);
    assert_int_equal(on_case(town, "auditor.an", no, ACTION_VOID, REASON_OTHER, NULL),
                     CODE_NO_RIGHT);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_REOPEN, REASON_OTHER, NULL),
                     CODE_WRONG_STATE);
    assert_int_equal(on_case(town, "chief.chu", no, (enum action)ACTION_OFFER, REASON_OTHER, NULL),
                     CODE_UNKNOWN_ACTION);
}

static void test_flow_void_recalls_and_can_reopen(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    const uint64_t order = town_order_of(town, "li");
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_VOID, REASON_FALSE_ALARM, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_VOID);
    assert_int_equal(town_act(town, "li", order, (struct case_no){0, 0, 0}, ACTION_ARRIVE,
                              REASON_NONE, near_bin, NULL),
                     CODE_RECALLED);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_REOPEN, REASON_CAME_BACK, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_int_equal(core_counts_now(town->core)->reopenings, 1);
}

static void test_flow_closed_case_leaves_after_its_window(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    struct case_view view;
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_FORCE_CLOSE, REASON_OTHER, NULL),
                     CODE_DONE);
    town_pass(town, 72 * HOUR_MS - MINUTE_MS);
    assert_true(core_find_case(town->core, no, &view));
    town_pass(town, 2 * MINUTE_MS);
    assert_false(core_find_case(town->core, no, &view));
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_REOPEN, REASON_OTHER, NULL), CODE_GONE);
}

static void test_flow_untrusted_report_is_verified_first(void **state)
{
    struct town *town = *state;
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near_bin, NULL),
                     CODE_OPENED);
    struct case_no no = town->last.case_no;
    assert_int_equal(town_case(town, no).state, CASE_VERIFYING);
    const char *verifier = offered(town);
    assert_int_equal(act(town, verifier, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, verifier, ACTION_VERIFY_YES), CODE_WRONG_STATE); /* not there yet */
    assert_int_equal(act(town, verifier, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, verifier, ACTION_VERIFY_YES), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
}

static void test_flow_unconfirmed_report_is_void(void **state)
{
    struct town *town = *state;
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near_bin, NULL),
                     CODE_OPENED);
    struct case_no no = town->last.case_no;
    const char *verifier = offered(town);
    assert_int_equal(act(town, verifier, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, verifier, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, verifier, ACTION_VERIFY_NO), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_VOID);
}

static void test_flow_second_source_merges_on_the_asset(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    const struct place eleven_metres = {1163061000, 399061000};
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, eleven_metres, NULL),
                     CODE_MERGED);
    assert_true(case_no_is_equal(town->last.case_no, no));
    assert_int_equal(town_case(town, no).event_count, 2);
    /* The other bin is another case. */
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-002", nowhere, full),
                     CODE_OPENED);
}

static void test_flow_repeat_of_the_device_is_deduped_until_the_window_ends(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    town_pass(town, 29 * MINUTE_MS);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_DEDUPED);
    assert_true(case_no_is_equal(town->last.case_no, no));
    town_pass(town, MINUTE_MS);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_MERGED);
}

static void test_flow_merge_reopens_a_recently_closed_case(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    const struct place near = {1163061000, 399061000};
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_CLOSE, REASON_NONE, NULL), CODE_DONE);
    town_pass(town, 12 * HOUR_MS); /* 20:20, still urban daytime */
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near, NULL),
                     CODE_REOPENED);
    assert_int_equal(town_case(town, no).state, CASE_DISPATCHING);
    assert_int_equal(core_counts_now(town->core)->reopened, 1);
}

static void test_flow_radius_merge_measures_from_the_first_place(void **state)
{
    struct town *town = *state;
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    const struct place first = {1163050000, 399050000};
    const struct place near = {1163058000, 399050000}; /* 68 m east */
    const struct place far_away = {1163066000,
                                   399050000}; /* 137 m east of the first, 68 of the second */
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, first, wet),
                     CODE_OPENED);
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near, wet),
                     CODE_MERGED);
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, far_away, wet),
                     CODE_OPENED);
}

static void test_flow_source_clears_before_arrival(void **state)
{
    struct town *town = *state;
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    const struct town_field dry[] = {{"level", NULL, 0}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_gone", NULL, near_bin, dry),
                     CODE_CLEARED);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED); /* the class says check: device */
    assert_string_equal(offered(town), "nobody");
}

static void test_flow_person_checked_class_is_checked_even_when_cleared(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    const struct town_field empty[] = {{"fill", NULL, 100000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_cleared", "C-001", nowhere, empty),
                     CODE_CLEARED);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_CHECK_PASS), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
}

static void test_flow_device_is_waited_for_then_a_person_checks(void **state)
{
    struct town *town = *state;
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const char *worker = offered(town);
    assert_int_equal(act(town, worker, ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, worker, ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, worker, ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_HANDLED);
    town_pass(town, HOUR_MS);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
}

static void test_flow_worse_event_raises_severity_and_calls_more(void **state)
{
    struct town *town = *state;
    const struct town_field some[] = {{"density", NULL, 2500000}, {0}};
    const struct town_field many[] = {{"density", NULL, 4000000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, some),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(town_case(town, no).severity, 3);
    assert_int_equal(core_counts_now(town->core)->offers, 1);
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, many),
                     CODE_MERGED);
    assert_int_equal(town_case(town, no).severity, 2);
    /* two grid workers and two officers now */
    assert_int_equal(core_counts_now(town->core)->offers, 4);
    town_pass(town, SECOND_MS);
    assert_int_equal(core_counts_now(town->core)->escalations, 1);
}

static void test_flow_lead_lost_an_assistant_takes_over(void **state)
{
    struct town *town = *state;
    const struct town_field many[] = {{"density", NULL, 4000000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, many),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const char *const all[] = {"li", "wang", "chen", "sun", "qian"};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (town_order_of(town, all[i]) != 0) {
            assert_int_equal(act(town, all[i], ACTION_ACCEPT), CODE_DONE);
        }
    }
    char lead[64];
    (void)snprintf(lead, sizeof lead, "%s", town_holder(town, no));
    assert_int_equal(town_act(town, lead, town_order_of(town, lead), (struct case_no){0, 0, 0},
                              ACTION_RETURN, REASON_UNSAFE, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_ASSIGNED);
    assert_string_not_equal(town_holder(town, no), lead);
}

static void test_flow_who_finished_a_part_is_not_asked_again(void **state)
{
    struct town *town = *state;
    const struct town_field many[] = {{"density", NULL, 4000000}, {0}};
    town_seen(town, "sun", STATUS_OFF, nowhere); /* one officer only, so that one part stays open */
    town_seen(town, "chen", STATUS_OFF, nowhere);
    town_seen(town, "wang", STATUS_OFF, nowhere);
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, many),
                     CODE_OPENED);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "qian", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "qian", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "qian", ACTION_DONE), CODE_DONE);
    town_pass(town, 4 * MINUTE_MS); /* the engine looks again for the second grid worker */
    assert_int_equal(town_order_of(town, "qian"), 0);
    assert_true(town_order_of(town, "li") != 0);
}

static void test_flow_silent_worker_is_lost_and_told(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    town_pass(town, 19 * MINUTE_MS);
    assert_string_equal(town_holder(town, no), "li");
    town_pass(town, 2 * MINUTE_MS);
    assert_int_equal(town_count(town, ACTION_LOST), 1);
    assert_string_equal(offered(town), "wang");
}

static void test_flow_missed_clocks_climb_the_ladder_once_each(void **state)
{
    struct town *town = *state;
    const struct case_no no = town_bin_case(town);
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    /* 4 working hours from 08:20 with lunch 12-14 end at 14:20; 80 % is 11:32. */
    assert_int_equal(town_case(town, no).handle_deadline_ms, TOWN_START_MS + 6 * HOUR_MS);
    town_pass(town, 3 * HOUR_MS + 11 * MINUTE_MS);
    assert_int_equal(core_counts_now(town->core)->escalations, 0);
    town_pass(town, MINUTE_MS);
    assert_int_equal(core_counts_now(town->core)->escalations, 1);
    town_pass(town, 3 * HOUR_MS);
    assert_int_equal(core_counts_now(town->core)->escalations, 2);
    assert_int_equal(core_counts_now(town->core)->clocks_missed, 1);
    assert_int_equal(town_case(town, no).severity, 3);
    assert_true(town_case(town, no).is_overdue);
    assert_true(town_case(town, no).deadline_ms > town->now_ms); /* a reminder stays armed */
    town_pass(town, 48 * HOUR_MS);
    assert_int_equal(core_counts_now(town->core)->clocks_missed,
                     2); /* and the supervision that followed */
}

static void test_flow_unaccepted_step_tells_the_post(void **state)
{
    struct town *town = *state;
    (void)town_bin_case(town);
    town_pass(town, 9 * MINUTE_MS);
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    town_pass(town, 9 * MINUTE_MS);
    assert_int_equal(core_counts_now(town->core)->escalations, 0);
    /* wang's offer expires at 19 min and the desk takes over: the step no longer applies. */
    town_pass(town, 20 * MINUTE_MS);
    assert_int_equal(town_count(town, ACTION_TO_DESK), 1);
}

static void test_flow_nobody_names_the_binding_filter_and_tells_the_desk(void **state)
{
    struct town *town = *state;
    const struct town_field value[] = {{"value", NULL, 1000000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->order, 0);
    assert_int_equal(decision->binding, CODE_WRONG_ROLE);
    assert_int_equal(decision->considered, 7);
    uint32_t notices = 0;
    for (uint32_t i = 0; i < town->effect_count; i++) {
        notices += town->effects[i].kind == EFFECT_NOTICE;
    }
    assert_int_equal(notices, 1);
}

static void test_flow_off_shift_and_paused_are_passed_over(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_PAUSED, nowhere);
    town_seen(town, "wang", STATUS_OFF, nowhere);
    (void)town_bin_case(town);
    assert_string_equal(offered(town), "nobody");
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->removed[CODE_RESTING - CODE_ELIGIBLE], 1);
    assert_int_equal(decision->removed[CODE_OFF_SHIFT - CODE_ELIGIBLE], 1);
}

static void test_flow_full_table_is_a_refusal(void **state)
{
    struct town *town = *state;
    const struct limits *limits = core_limits(town->core);
    const struct town_field value[] = {{"value", NULL, 1000000}, {0}};
    for (uint32_t i = 0; i < limits->cases; i++) {
        assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                         CODE_OPENED);
    }
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_TABLE_FULL);
    assert_int_equal(core_counts_now(town->core)->refused, 1);
}

static void test_flow_case_takes_a_bounded_number_of_events(void **state)
{
    struct town *town = *state;
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    for (uint32_t i = 1; i < core_limits(town->core)->case_events; i++) {
        assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                         CODE_MERGED);
    }
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_TOO_MANY_EVENTS);
}

static void test_flow_gateway_sends_only_what_it_may(void **state)
{
    struct town *town = *state;
    const struct town_field value[] = {{"value", NULL, 1000000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "sensor.odd", NULL, near_bin, value), CODE_NO_RIGHT);
    assert_int_equal(town_event(town, "nobody-knows", "sensor.odd", NULL, near_bin, value),
                     CODE_UNKNOWN_IDENTITY);
    assert_int_equal(town_event(town, "auditor.an", "sensor.odd", NULL, near_bin, value),
                     CODE_NO_RIGHT);
    assert_int_equal(town_event(town, "wang", "sensor.odd", NULL, near_bin, value), CODE_OPENED);
    assert_int_equal(town_event(town, "sensor-1", "sensor.no_such", NULL, near_bin, value),
                     CODE_NO_RULE);
}

#define flow(name) cmocka_unit_test_setup_teardown(test_flow_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        flow(plain_path_closes),
        flow(ties_go_to_the_lower_id),
        flow(fresh_fix_beats_home_cell),
        flow(decline_goes_to_the_next),
        flow(expiry_goes_to_the_next_and_a_late_accept_is_told),
        flow(return_for_another_office_goes_to_the_desk),
        flow(return_for_lack_of_means_goes_to_the_next_worker),
        flow(failed_check_is_worked_again),
        flow(who_handled_may_not_check),
        flow(desk_person_who_handled_may_not_check),
        flow(reassign_is_the_dispatchers_and_is_compared),
        flow(reassign_never_exceeds_capacity),
        flow(capacity_is_never_exceeded_and_the_desk_seeks_on),
        flow(check_none_closes_at_once),
        flow(arrival_far_away_is_not_believed),
        flow(wrong_actions_say_what_is_possible),
        flow(void_recalls_and_can_reopen),
        flow(closed_case_leaves_after_its_window),
        flow(untrusted_report_is_verified_first),
        flow(unconfirmed_report_is_void),
        flow(second_source_merges_on_the_asset),
        flow(repeat_of_the_device_is_deduped_until_the_window_ends),
        flow(merge_reopens_a_recently_closed_case),
        flow(radius_merge_measures_from_the_first_place),
        flow(source_clears_before_arrival),
        flow(person_checked_class_is_checked_even_when_cleared),
        flow(device_is_waited_for_then_a_person_checks),
        flow(worse_event_raises_severity_and_calls_more),
        flow(lead_lost_an_assistant_takes_over),
        flow(who_finished_a_part_is_not_asked_again),
        flow(silent_worker_is_lost_and_told),
        flow(missed_clocks_climb_the_ladder_once_each),
        flow(unaccepted_step_tells_the_post),
        flow(nobody_names_the_binding_filter_and_tells_the_desk),
        flow(off_shift_and_paused_are_passed_over),
        flow(full_table_is_a_refusal),
        flow(case_takes_a_bounded_number_of_events),
        flow(gateway_sends_only_what_it_may),
    };
    return cmocka_run_group_tests_name("engine/core/flow", tests, NULL, NULL);
}
