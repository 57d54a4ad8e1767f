/* test_dispatch.c: who gets the order: rings, filters, ranking, teams, counts. */
#include "tests/unit/core/variants.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"
#include "engine/core/workers.h"

static const struct place corner = {1163050000, 399050000};

static int open_town(void **state)
{
    *state = open_copy(town_copy(), NULL);
    return 0;
}

static enum code act(struct town *town, const char *who, enum action action)
{
    return town_act(town, who, town_order_of(town, who), no_case, action, REASON_BUSY, corner,
                    NULL);
}

/* ---- every filter ---- */

static void test_dispatch_filters_of_duty(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_PAUSED, corner);
    town_seen(town, "wang", STATUS_OFF, corner);
    town_seen(town, "chen", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 1, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_RESTING);
    assert_int_equal(code_of(town, "wang"), CODE_OFF_SHIFT);
    assert_int_equal(code_of(town, "chen"), CODE_ELIGIBLE);
    assert_int_equal(code_of(town, "sun"), CODE_NOTHING); /* the wrong role is not looked at */
    assert_int_equal(try_variant(town, 6, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "chen"),
                     CODE_WRONG_SKILL); /* nobody is eligible: everybody is listed */
    assert_int_equal(code_of(town, "wang"),
                     CODE_NO_FIX); /* on_shift: any, but no position is kept off shift */
}

static void test_dispatch_filters_of_place(void **state)
{
    struct town *town = *state;
    const struct place far_away = {1163280000, 399180000};
    town_seen(town, "li", STATUS_READY, corner);
    town_pass(town, 30 * MINUTE_MS + SECOND_MS);
    town_seen(town, "wang", STATUS_READY, far_away);
    assert_int_equal(try_variant(town, 1, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_STALE_FIX);
    assert_int_equal(code_of(town, "wang"), CODE_OUT_OF_RADIUS);
    assert_int_equal(code_of(town, "chen"), CODE_NO_FIX);
    assert_int_equal(town_decision(town)->order, 0);
    /* In the own cell nobody must be tracked. */
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    assert_true(town_decision(town)->candidates[0].is_home_position);
    /* chen's street is another. */
    town_seen(town, "chen", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 2, corner), CODE_OPENED);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->candidates[0].ring, 0);
    assert_int_equal(code_of(town, "chen"), CODE_NOTHING);
    assert_int_equal(decision->considered, decision->candidate_count);
}

/* When nobody can take it everybody is looked at: each by the first filter that stops him, the wrong role unlisted. */
static void test_dispatch_nobody_counts_everybody(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_PAUSED, corner);
    town_seen(town, "wang", STATUS_READY, corner);
    town_seen(town, "chen", STATUS_OFF, corner);
    assert_int_equal(try_variant(town, 6, corner), CODE_OPENED);
    town_seen(town, "wang", STATUS_PAUSED, corner);
    assert_int_equal(try_variant(town, 6, corner), CODE_OPENED);
    const struct effect_decision *decision = town_decision(town);
    assert_int_equal(decision->order, 0);
    assert_int_equal(decision->considered, town->core->workers.grid.count);
    uint32_t removed = 0;
    for (size_t i = 0; i < COUNT_OF(decision->removed); i++) {
        removed += decision->removed[i];
    }
    assert_int_equal(removed, decision->considered);
    assert_int_equal(decision->removed[CODE_RESTING - CODE_ELIGIBLE], 2);
    assert_int_equal(code_of(town, "li"), CODE_RESTING);
    assert_int_equal(code_of(town, "chen"), CODE_WRONG_SKILL);
    assert_int_equal(code_of(town, "sun"), CODE_NOTHING);
    assert_int_equal(decision->binding, CODE_WRONG_ROLE);
}

static void test_dispatch_filters_of_the_case(void **state)
{
    struct town *town = *state;
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(code_of(town, "li"), CODE_DECLINED);
    assert_int_equal(code_of(town, "wang"), CODE_ELIGIBLE);
    /* Already on it: the dispatcher may not ask the one who is asked. */
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_ALREADY_ON_CASE);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "dispatcher.du"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_WRONG_ROLE);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "chen"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_OFF_SHIFT);
    /* Who declined may be asked again by a person. */
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "li"), CODE_DONE);
    assert_true(town_order_of(town, "li") != 0);
}

static void test_dispatch_capacity_binds_rule_and_dispatcher(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_OFF, nowhere);
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no declined = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
        assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    }
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_AT_CAPACITY);
    /* Having declined before opens no way round the capacity. */
    assert_int_equal(on_case(town, "dispatcher.du", declined, ACTION_REASSIGN, "li"),
                     CODE_NOT_ELIGIBLE);
    assert_int_equal(town->last.possible, CODE_AT_CAPACITY);
    struct worker_view view;
    assert_true(core_find_worker(town->core, town_id("li"), &view));
    assert_int_equal(view.load, view.capacity);
}

static void test_dispatch_max_load_is_below_the_capacity(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 7, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    assert_int_equal(try_variant(town, 7, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_AT_CAPACITY);
}

/* An app that takes nothing any more is not given more. */
static void test_dispatch_full_ring_of_items_counts_as_capacity(void **state)
{
    struct town *town = *state;
    town_seen(town, "wang", STATUS_OFF, nowhere);
    town_seen(town, "chen", STATUS_OFF, nowhere);
    for (uint32_t i = 0; i < WORKER_ITEMS_MAX; i++) {
        assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
        assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
        assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
        assert_int_equal(on_case(town, "chief.chu", town->last.case_no, ACTION_VOID, NULL),
                         CODE_DONE);
        town_pass(town, i % 32 == 0 ? 73 * HOUR_MS : 0);
    }
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_AT_CAPACITY);
}

static void test_dispatch_passed_over_are_farther_or_busier(void **state)
{
    struct town *town = *state;
    const struct place near = {1163052000, 399050000};
    town_seen(town, "li", STATUS_READY, corner);
    town_seen(town, "wang", STATUS_READY, near);
    assert_int_equal(try_variant(town, 1, corner), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_ELIGIBLE);
    assert_int_equal(code_of(town, "wang"), CODE_FARTHER);
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 5, corner), CODE_OPENED); /* li carries one */
    assert_int_equal(code_of(town, "wang"), CODE_ELIGIBLE);
    assert_int_equal(code_of(town, "li"), CODE_BUSIER);
}

static void test_dispatch_case_without_place_or_cell(void **state)
{
    struct town *town = *state;
    const struct place outside_cells = {1163250000, 398950000};
    town_seen(town, "li", STATUS_READY, corner);
    assert_int_equal(try_variant(town, 0, nowhere), CODE_OPENED);
    assert_int_equal(code_of(town, "li"),
                     CODE_ELIGIBLE); /* the city ring; the other two need a place */
    assert_int_equal(town_decision(town)->candidates[0].distance_cm, -1);
    assert_int_equal(town_decision(town)->candidates[0].travel_ms, -1);
    assert_int_equal(try_variant(town, 2, outside_cells), CODE_OPENED);
    assert_int_equal(town_decision(town)->order, 0);
    assert_int_equal(code_of(town, "li"), CODE_NOT_IN_AREA);
    assert_int_equal(try_variant(town, 1, nowhere), CODE_OPENED);
    assert_int_equal(code_of(town, "li"), CODE_OUT_OF_RADIUS);
}

/* ---- checkers ---- */

static void test_dispatch_checker_of_another_team_goes_first(void **state)
{
    (void)state;
    const char *at = town_copy();
    town_edit(at, "workers.csv", "zhao,",
              "zhao,赵敏,inspector,,inspector,,team.a,,4,11010800101,,116.3050,39.9050,true,");
    struct town *town = open_copy(at, NULL);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    /* zhao stands beside it but works with li. */
    assert_int_equal(town_decision(town)->order_kind, KIND_CHECK_RESULT);
    assert_int_equal(code_of(town, "zhou"), CODE_ELIGIBLE);
    assert_int_equal(act(town, "zhou", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(code_of(town, "zhao"), CODE_ELIGIBLE); /* better than nobody */
    assert_string_equal(town_holder(town, no), "town.supervision");
    town_close(town);
    free(town);
}

static void test_dispatch_who_handled_is_conflicted(void **state)
{
    (void)state;
    const char *at = town_copy();
    town_edit(
        at, "workers.csv", "zhao,",
        "zhao,赵敏,inspector grid_worker,,inspector worker,,team.c,,4,11010800101,11010800101,,,,");
    struct town *town = open_copy(at, NULL);
    town_seen(town, "li", STATUS_OFF, nowhere);
    town_seen(town, "wang", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "zhao", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_ARRIVE), CODE_DONE);
    assert_int_equal(act(town, "zhao", ACTION_DONE), CODE_DONE);
    assert_int_equal(code_of(town, "zhao"), CODE_CONFLICTED);
    assert_int_equal(code_of(town, "zhou"), CODE_ELIGIBLE);
    assert_int_equal(on_case(town, "zhao", no, ACTION_CHECK_PASS, NULL), CODE_CONFLICT_OF_INTEREST);
    town_close(town);
    free(town);
}

/* ---- hands from above ---- */

/* Marks the list of a case's persons with n workers who handled or declined it. */
static void fill_persons(struct town *town, uint32_t count, uint32_t flags)
{
    struct case_row *row = &town->core->cases.rows[0];
    while (row->person_count < count) {
        const uint32_t worker = town->core->workers.limit - 1 - row->person_count;
        row->persons[row->person_count++] = case_person_of(worker, flags);
    }
}

static void test_dispatch_reassign_with_a_long_story(void **state)
{
    struct town *town = *state;
    town_seen(town, "chen", STATUS_OFF, nowhere);
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    void *saved = town_save(town);
    for (uint32_t count = 2; count <= CASE_WORKERS_MAX; count++) {
        fill_persons(town, count, PERSON_DECLINED);
        assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang"), CODE_DONE);
        assert_true(town_order_of(town, "wang") != 0);
        assert_int_equal(
            case_person_flags(&town->core->cases.rows[0],
                              workers_find(&town->core->workers, town_id("dispatcher.du"))),
            PERSON_COMMANDED);
        town_restore(town, saved);
        fill_persons(town, count, PERSON_HANDLED);           /* these must never be forgotten */
        const bool fits = count + 2 <= CASE_WORKERS_MAX + 1; /* li has only been asked */
        assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_REASSIGN, "wang"),
                         fits ? CODE_DONE : CODE_TABLE_FULL);
        town_restore(town, saved);
    }
    free(saved);
}

static void test_dispatch_desk_ends_a_long_story(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    fill_persons(town, CASE_WORKERS_MAX, PERSON_DECLINED);
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty"), CODE_DONE);
    fill_persons(town, CASE_WORKERS_MAX, PERSON_DECLINED);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DONE, NULL), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(case_person_flags(&town->core->cases.rows[0],
                                       workers_find(&town->core->workers, town_id("desk.san"))),
                     PERSON_HANDLED);
}

/* Nobody who handled or commanded may be forgotten: a list full of them takes no new hand. */
static void test_dispatch_list_full_of_hands_refuses_another(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    struct case_row *row = &town->core->cases.rows[0];
    fill_persons(town, CASE_WORKERS_MAX, PERSON_HANDLED);
    row->persons[0].flags = PERSON_HANDLED;
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_DISPATCH, NULL), CODE_TABLE_FULL);
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty"),
        CODE_TABLE_FULL);
    row->person_count--;
    assert_int_equal(
        on_case(town, "dispatcher.du", no, ACTION_SEND_TO_DESK, "dept.sanitation.duty"), CODE_DONE);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DONE, NULL), CODE_TABLE_FULL);
    assert_int_equal(on_case(town, "chief.chu", no, ACTION_FORCE_CLOSE, NULL),
                     CODE_DONE); /* it ends all the same */
}

/* A checker is there and the case can remember nobody more: said, not passed over in silence. */
static void test_dispatch_full_list_says_that_no_checker_fits(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_ACCEPT), CODE_DONE);
    assert_int_equal(act(town, "li", ACTION_ARRIVE), CODE_DONE);
    struct case_row *row = &town->core->cases.rows[0];
    while (row->person_count < CASE_WORKERS_MAX) { /* li again and again: they must be there */
        row->persons[row->person_count++] = row->persons[0];
    }
    assert_int_equal(act(town, "li", ACTION_DONE), CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CHECKING);
    assert_int_equal(town_count(town, ACTION_NOBODY), 1);
}

static void test_dispatch_again_asks_everybody_again(void **state)
{
    struct town *town = *state;
    assert_int_equal(try_variant(town, 0, corner), CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_int_equal(act(town, "li", ACTION_DECLINE), CODE_DONE);
    assert_int_equal(act(town, "wang", ACTION_DECLINE), CODE_DONE);
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    fill_persons(town, CASE_WORKERS_MAX, PERSON_DECLINED);
    /* A desk sends out only what it holds. */
    assert_int_equal(on_case(town, "desk.tra", no, ACTION_DISPATCH, NULL), CODE_NOT_YOURS);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DISPATCH, NULL), CODE_DONE);
    assert_true(town_order_of(town, "li") != 0);
    assert_int_equal(on_case(town, "desk.san", no, ACTION_DISPATCH, NULL), CODE_NOT_YOURS);
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_DISPATCH, NULL), CODE_DONE);
    fill_persons(town, CASE_WORKERS_MAX, PERSON_HANDLED);
    town->core->cases.rows[0].persons[0].flags = town->core->cases.rows[0].persons[1].flags =
        PERSON_HANDLED;
    town->core->cases.rows[0].persons[2].flags = PERSON_HANDLED;
    assert_int_equal(on_case(town, "dispatcher.du", no, ACTION_DISPATCH, NULL),
                     CODE_DONE); /* known already */
}

static void test_dispatch_count_and_rounds(void **state)
{
    struct town *town = *state;
    const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    const struct case_view view = town_case(town, no);
    struct order_view order;
    uint32_t leads = 0;
    for (int i = 0; i < 4; i++) { /* two grid workers and two officers */
        assert_true(core_find_order(town->core, view.orders[i], &order));
        leads += order.is_lead;
        assert_int_equal(order.kind, order.is_lead ? KIND_HANDLE : KIND_ASSIST);
    }
    assert_int_equal(leads, 1);
    assert_int_equal(view.orders[4], 0);
}

#define dispatch(name)                                                                             \
    cmocka_unit_test_setup_teardown(test_dispatch_##name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        dispatch(filters_of_duty),
        dispatch(filters_of_place),
        dispatch(nobody_counts_everybody),
        dispatch(filters_of_the_case),
        dispatch(capacity_binds_rule_and_dispatcher),
        dispatch(max_load_is_below_the_capacity),
        dispatch(full_ring_of_items_counts_as_capacity),
        dispatch(passed_over_are_farther_or_busier),
        dispatch(case_without_place_or_cell),
        cmocka_unit_test(test_dispatch_checker_of_another_team_goes_first),
        cmocka_unit_test(test_dispatch_who_handled_is_conflicted),
        dispatch(reassign_with_a_long_story),
        dispatch(desk_ends_a_long_story),
        dispatch(list_full_of_hands_refuses_another),
        dispatch(full_list_says_that_no_checker_fits),
        dispatch(again_asks_everybody_again),
        dispatch(count_and_rounds),
    };
    return cmocka_run_group_tests_name("engine/core/dispatch", tests, NULL, NULL);
}
