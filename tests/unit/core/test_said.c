/* test_said.c: what the effects say is what is: who holds a case now, who was chosen, who is told first. */
#include "tests/unit/core/town.c"

static const struct place by_the_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

/* A town with more lazy hands than a decision record has lines, and a ladder that tells two posts. */
static int open_crowded_town(void **state)
{
    struct town *town = malloc(sizeof *town);
    char line[128];
    const char *at = town_copy();
    for (uint32_t i = 0; i < DECISION_CANDIDATES_MAX + 4; i++) {
        (void)snprintf(line, sizeof line, "idle%02u,闲,grid_worker,,worker,,,,2,,,,,,", i);
        town_edit(at, "workers.csv", NULL, line);
    }
    town_edit(at, "rules/town.yaml", "    - {when: unaccepted, after: 25m",
              "    - {when: opened, after: 5m, to: [town.command, fire.119, dept.sanitation.lead, "
              "town.command]}");
    struct limits limits = town_limits();
    limits.workers = 128;
    town_open_at(town, &limits, at);
    *state = town;
    return 0;
}

static const struct effect_timeline *newest_line(const struct town *town)
{
    for (uint32_t i = town->effect_count; i > 0; i--) {
        if (town->effects[i - 1].kind == EFFECT_TIMELINE) {
            return &town->effects[i - 1].of.timeline;
        }
    }
    return NULL;
}

static struct case_no flood_case(struct town *town)
{
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, by_the_bin, wet),
                     CODE_OPENED);
    return town->last.case_no;
}

static void test_said_chosen_behind_a_record_full_of_nearer_ones(void **state)
{
    struct town *town = *state;
    const struct place farther = {1163100000, 399070000};
    char id[16];
    for (uint32_t i = 0; i < DECISION_CANDIDATES_MAX + 4; i++) {
        (void)snprintf(id, sizeof id, "idle%02u", i);
        town_seen(town, id, STATUS_PAUSED, by_the_bin);
    }
    town_seen(town, "wang", STATUS_PAUSED, by_the_bin);
    town_seen(town, "li", STATUS_PAUSED, by_the_bin);
    town_seen(town, "chen", STATUS_READY, farther);
    (void)flood_case(town);
    const struct effect_decision *decision = town_decision(town);
    assert_non_null(decision);
    const struct effect_candidate *chosen = &decision->candidates[0];
    assert_int_equal(decision->candidate_count, DECISION_CANDIDATES_MAX);
    assert_int_equal(chosen->code, CODE_ELIGIBLE);
    assert_int_equal(chosen->capacity, 2);
    assert_int_equal(chosen->ring, 1);
    assert_int_equal(chosen->distance_cm, distance_cm(farther, by_the_bin));
    assert_int_equal(newest_line(town)->distance_cm, chosen->distance_cm);
    for (uint32_t i = 1; i < decision->candidate_count; i++) {
        assert_int_equal(decision->candidates[i].code, CODE_RESTING);
        assert_int_not_equal(decision->candidates[i].person, chosen->person);
    }
}

static void test_said_who_holds_a_case_that_waits_for_its_source(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_READY, by_the_bin);
    town_seen(town, "li", STATUS_PAUSED, by_the_bin);
    const struct case_no no = flood_case(town);
    const enum action path[] = {ACTION_ACCEPT, ACTION_ARRIVE, ACTION_DONE};
    const uint64_t order = town_order_of(town, "wang");
    for (size_t i = 0; i < COUNT_OF(path); i++) {
        assert_int_equal(town_act(town, "wang", order, (struct case_no){0}, path[i], REASON_NONE,
                                  by_the_bin, NULL),
                         CODE_DONE);
    }
    const struct effect_timeline *line = newest_line(town);
    assert_int_equal(line->action, ACTION_AWAIT_CLEAR);
    assert_int_equal(line->state_before, CASE_ON_SITE);
    assert_int_equal(line->state, CASE_HANDLED);
    assert_int_equal(line->clock, CLOCK_CLEARED);
    assert_int_equal(line->deadline_ms, town->now_ms + HOUR_MS);
    assert_int_equal(line->holder.kind, HOLDER_POST);
    assert_string_equal(town_holder(town, no), "town.supervision");
}

static void test_said_who_holds_a_report_that_nobody_can_verify(void **state)
{
    struct town *town = *state;
    const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
    town_seen(town, "zhao", STATUS_PAUSED, by_the_bin);
    town_seen(town, "zhou", STATUS_PAUSED, by_the_bin);
    const char *const hands[] = {"wang", "li", "chen", "sun", "qian"};
    for (size_t i = 0; i < COUNT_OF(hands); i++) {
        town_seen(town, hands[i], STATUS_PAUSED, by_the_bin);
    }
    char id[16];
    for (uint32_t i = 0; i < DECISION_CANDIDATES_MAX + 4; i++) {
        (void)snprintf(id, sizeof id, "idle%02u", i);
        town_seen(town, id, STATUS_PAUSED, by_the_bin);
    }
    assert_int_equal(
        town_event(town, "hotline-1", "camera.garbage_overflow", "C-001", nowhere, full),
        CODE_OPENED);
    const struct effect_timeline *line = newest_line(town);
    assert_int_equal(line->action, ACTION_NOBODY);
    assert_int_equal(line->code, town_decision(town)->binding);
    assert_int_equal(line->state, CASE_VERIFYING);
    assert_int_equal(line->holder.kind, HOLDER_POST);
    assert_string_equal(town_holder(town, town->last.case_no), "town.supervision");
    const uint32_t told = town_count(town, ACTION_NOBODY);
    town_pass(town, 10 * MINUTE_MS); /* looked again, and nothing new to say */
    assert_int_equal(town_count(town, ACTION_NOBODY), told);
}

static void test_said_posts_of_a_step_in_the_order_of_the_rule(void **state)
{
    struct town *town = *state;
    const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_OPENED);
    town_pass(town, 6 * MINUTE_MS);
    const char *const wanted[] = {"town.command", "fire.119", "dept.sanitation.lead"};
    uint32_t told = 0;
    for (uint32_t i = 0; i < town->effect_count; i++) {
        const struct effect_notice *notice = &town->effects[i].of.notice;
        if (town->effects[i].kind != EFFECT_NOTICE || notice->step == NONE32) {
            continue;
        }
        const struct image_string code = town->city.posts[notice->post].code;
        assert_true(told < COUNT_OF(wanted));
        assert_int_equal(code.size, strlen(wanted[told]));
        assert_memory_equal(city_text(&town->city, code), wanted[told], code.size);
        told++;
    }
    assert_int_equal(told, COUNT_OF(wanted));
}

static void test_said_who_holds_a_case_whose_helpers_alone_are_asked(void **state)
{
    struct town *town = *state;
    const struct place gate = {1163030000, 399030000}; /* C-003 */
    const struct town_field dense[] = {{"density", NULL, 4000000}, {0}};
    const char *const idle[] = {"li", "chen"};
    for (size_t i = 0; i < COUNT_OF(idle); i++) {
        town_seen(town, idle[i], STATUS_PAUSED, gate);
    }
    town_seen(town, "wang", STATUS_READY, gate);
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, dense),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const uint64_t order = town_order_of(town, "wang");
    assert_true(order != 0);
    assert_true(town_order_of(town, "sun") != 0); /* asked to help, has not answered */
    const uint32_t told = town_count(town, ACTION_NOBODY);
    assert_int_equal(
        town_act(town, "wang", order, (struct case_no){0}, ACTION_ACCEPT, REASON_NONE, gate, NULL),
        CODE_DONE);
    assert_int_equal(
        town_act(town, "wang", order, (struct case_no){0}, ACTION_RETURN, REASON_OTHER, gate, NULL),
        CODE_DONE);
    assert_string_equal(town_holder(town, no), "town.command");
    const struct effect_timeline *line = newest_line(town);
    assert_int_equal(line->action, ACTION_NOBODY);
    assert_int_equal(line->state, CASE_DISPATCHING);
    assert_int_equal(line->holder.kind, HOLDER_POST);
    assert_int_equal(town_count(town, ACTION_NOBODY), told + 1);
}

static void test_said_when_a_clock_ran_out_while_the_engine_was_down(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_PAUSED, by_the_bin);
    town_seen(town, "li", STATUS_PAUSED, by_the_bin);
    const struct case_no no = flood_case(town); /* nobody: a desk holds it */
    const int64_t due_ms = town_case(town, no).deadline_ms;
    town->now_ms = due_ms + 10 * MINUTE_MS;
    const uint32_t before = town->effect_count;
    town_seen(town, "wang", STATUS_PAUSED, by_the_bin); /* the first command afterwards */
    for (uint32_t i = before; i < town->effect_count; i++) {
        const struct effect *effect = &town->effects[i];
        if (effect->kind == EFFECT_TIMELINE && effect->of.timeline.action == ACTION_MISS) {
            assert_int_equal(effect->at_ms, due_ms + 10 * MINUTE_MS);
            assert_int_equal(effect->of.timeline.deadline_ms, due_ms);
            return;
        }
    }
    fail_msg("no clock was missed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_said_chosen_behind_a_record_full_of_nearer_ones,
                                        open_crowded_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_said_who_holds_a_case_that_waits_for_its_source,
                                        open_crowded_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_said_who_holds_a_report_that_nobody_can_verify,
                                        open_crowded_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_said_who_holds_a_case_whose_helpers_alone_are_asked,
                                        open_crowded_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_said_when_a_clock_ran_out_while_the_engine_was_down,
                                        open_crowded_town, town_teardown),
        cmocka_unit_test_setup_teardown(test_said_posts_of_a_step_in_the_order_of_the_rule,
                                        open_crowded_town, town_teardown),
    };
    return cmocka_run_group_tests_name("core/said", tests, NULL, NULL);
}
