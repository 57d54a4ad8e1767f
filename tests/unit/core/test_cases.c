/* test_cases.c: the table of cases: numbers that are never used twice, slots that are, chains, persons; and keys
 * that must be equal when a case is opened and when it is looked for. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};

static uint64_t random_state = 20260303;

static uint32_t roll(uint32_t limit)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mix64(random_state) % limit);
}

static void *block_of(struct cases *cases, const struct limits *limits)
{
    struct arena measure = {.base = NULL};
    memset(cases, 0, sizeof *cases);
    cases_init(cases, &measure, limits);
    void *block = aligned_alloc(64, measure.used);
    assert_non_null(block);
    memset(block, 0, measure.used);
    struct arena arena = {.base = block, .size = measure.used};
    cases_init(cases, &arena, limits);
    return block;
}

static struct limits small_limits(void)
{
    struct limits limits = town_limits();
    limits.cases = 16;
    limits.districts = 3;
    return limits;
}

static uint32_t taken(struct cases *cases, uint32_t district, uint32_t day)
{
    uint32_t slot = NONE32;
    assert_int_equal(cases_take(cases, district, day, &slot), ERR_OK);
    cases->rows[slot].severity = 4;
    return slot;
}

static void test_cases_numbers_are_never_reused(void **state)
{
    (void)state;
    struct cases cases;
    const struct limits limits = small_limits();
    void *block = block_of(&cases, &limits);
    static struct case_no given[4000];
    uint32_t given_count = 0;
    uint32_t open[16];
    uint32_t open_count = 0;
    uint32_t day = 20260303;
    while (given_count < COUNT_OF(given)) {
        if (open_count < 16 && roll(2) == 0) {
            const uint32_t slot = taken(&cases, 100 + roll(3), day);
            given[given_count++] = cases.rows[slot].no;
            open[open_count++] = slot;
            assert_int_equal(cases_find(&cases, cases.rows[slot].no), slot);
        } else if (open_count > 0) {
            const uint32_t i = roll(open_count);
            const struct case_no no = cases.rows[open[i]].no;
            cases_give(&cases, open[i]);
            assert_int_equal(cases_find(&cases, no), NONE32);
            assert_true(cases_was_given(&cases, no));
            open[i] = open[--open_count];
        }
        day += roll(200) == 0 ? 1 : 0;
        assert_true(cases.high <= 16 && cases.used == open_count);
        cases_check(&cases);
    }
    for (uint32_t i = 0; i < given_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            assert_false(case_no_is_equal(given[i], given[j]));
        }
    }
    free(block);
}

static void test_cases_serial_starts_over_with_the_day_and_never_back(void **state)
{
    (void)state;
    struct cases cases;
    const struct limits limits = small_limits();
    void *block = block_of(&cases, &limits);
    assert_int_equal(cases.rows[taken(&cases, 1, 20260303)].no.serial, 1);
    assert_int_equal(cases.rows[taken(&cases, 1, 20260303)].no.serial, 2);
    assert_int_equal(cases.rows[taken(&cases, 2, 20260303)].no.serial, 1);
    assert_int_equal(cases.rows[taken(&cases, 1, 20260304)].no.serial, 1);
    const struct case_no no = cases.rows[taken(&cases, 1, 20260303)].no; /* the zone moved west */
    assert_int_equal(no.day, 20260304);
    assert_int_equal(no.serial, 2);
    assert_true(cases_was_given(&cases, (struct case_no){1, 20260303, 99}));
    assert_true(cases_was_given(&cases, (struct case_no){1, 20260304, 2}));
    assert_false(cases_was_given(&cases, (struct case_no){1, 20260304, 3}));
    assert_false(cases_was_given(&cases, (struct case_no){1, 20260305, 1}));
    assert_false(cases_was_given(&cases, (struct case_no){9, 20260303, 1}));
    assert_false(cases_was_given(&cases, (struct case_no){1, 20260303, 0}));
    free(block);
}

static void test_cases_full_tables_refuse(void **state)
{
    (void)state;
    struct cases cases;
    const struct limits limits = small_limits();
    void *block = block_of(&cases, &limits);
    uint32_t slot = 77;
    for (uint32_t d = 0; d < 3; d++) {
        (void)taken(&cases, d, 20260303);
    }
    assert_int_equal(cases_take(&cases, 9, 20260303, &slot), ERR_FULL); /* a fourth district */
    while (cases.used < 16) {
        (void)taken(&cases, 0, 20260303);
    }
    assert_int_equal(cases_take(&cases, 0, 20260303, &slot), ERR_FULL);
    assert_int_equal(slot, 77);
    cases_check(&cases);
    cases_give(&cases, 5);
    assert_int_equal(taken(&cases, 0, 20260303), 5);
    free(block);
}

/* Chains against a plain list of who has which key. */
static void test_cases_chains_hold_exactly_who_was_linked(void **state)
{
    (void)state;
    struct cases cases;
    const struct limits limits = small_limits();
    void *block = block_of(&cases, &limits);
    int keys[2][16]; /* by chain and slot, -1 = not linked */
    for (uint32_t i = 0; i < 16; i++) {
        (void)taken(&cases, 0, 20260303);
        keys[0][i] = keys[1][i] = -1;
    }
    for (int step = 0; step < 5000; step++) {
        const uint32_t chain = roll(2);
        const uint32_t slot = roll(16);
        if (keys[chain][slot] >= 0) {
            (chain == 0 ? cases_unlink_merge : cases_unlink_close)(&cases, slot);
            (chain == 0 ? cases_unlink_merge : cases_unlink_close)(&cases,
                                                                   slot); /* twice does no harm */
            keys[chain][slot] = -1;
        } else {
            keys[chain][slot] = (int)roll(4);
            (chain == 0 ? cases_link_merge : cases_link_close)(
                &cases, slot, (struct hash128){chain, (uint64_t)keys[chain][slot] + 1});
        }
        cases_check(&cases);
        for (uint64_t key = 0; key < 4; key++) {
            const struct hash128 hash = {chain, key + 1};
            uint32_t walked = 0;
            uint32_t expected = 0;
            for (uint32_t s = chain == 0 ? cases_first_merge(&cases, hash)
                                         : cases_first_close(&cases, hash);
                 s != NONE32;
                 s = chain == 0 ? cases.rows[s].merge_next : cases.rows[s].close_next) {
                assert_int_equal(keys[chain][s], key);
                walked++;
            }
            for (uint32_t s = 0; s < 16; s++) {
                expected += keys[chain][s] == (int)key;
            }
            assert_int_equal(walked, expected);
        }
    }
    free(block);
}

static void test_cases_persons_are_remembered_up_to_a_bound(void **state)
{
    (void)state;
    struct case_row row = {.person_count = 0};
    assert_int_equal(case_person_flags(&row, 3), 0);
    for (uint32_t w = 0; w < CASE_WORKERS_MAX; w++) {
        assert_true(case_person_add(&row, w, w % 4 == 0 ? PERSON_HANDLED : PERSON_DECLINED));
    }
    assert_false(case_person_add(&row, 99, 0));
    assert_true(case_person_add(&row, 0, PERSON_COMMANDED | PERSON_DECLINED));
    assert_int_equal(case_person_flags(&row, 0),
                     PERSON_HANDLED | PERSON_COMMANDED | PERSON_DECLINED);
    assert_true(case_persons_fit(&row, 99, 98));
    case_persons_forget(&row);
    assert_int_equal(row.person_count, 4);
    assert_int_equal(case_person_flags(&row, 0), PERSON_HANDLED | PERSON_COMMANDED);
    assert_int_equal(case_person_flags(&row, 1), 0);
    for (uint32_t w = 20; row.person_count < CASE_WORKERS_MAX - 1; w++) {
        assert_true(case_person_add(&row, w, PERSON_HANDLED));
    }
    assert_true(case_persons_fit(&row, 99, NONE32));
    assert_true(case_persons_fit(&row, 99, 99));
    assert_false(case_persons_fit(&row, 99, 98));
    assert_true(case_persons_fit(&row, 99, 20)); /* known already */
}

/* ---- the keys of a compiled town ---- */

/* Every event within the radius of an open case merges, whatever square it falls into; none beyond it does. */
static void test_cases_merge_by_radius_equals_the_distance(void **state)
{
    struct town *town = *state;
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    uint32_t merged = 0;
    for (int step = 0; step < 400; step++) {
        const struct place at = {1163000000 + (int32_t)roll(150000),
                                 399000000 + (int32_t)roll(90000)};
        struct case_view view;
        uint32_t slot = 0;
        int64_t nearest_cm = INT64_MAX;
        while (core_next_case(town->core, &slot, &view)) {
            nearest_cm = min_i64(nearest_cm, distance_cm(view.place, at));
        }
        const enum code code = town_event(town, "sensor-1", "sensor.water_level", NULL, at, wet);
        if (code == CODE_TABLE_FULL) {
            break;
        }
        assert_int_equal(code, nearest_cm <= 10000 ? CODE_MERGED : CODE_OPENED);
        merged += code == CODE_MERGED;
    }
    assert_true(merged > 10);
}

static struct case_no wet_case(struct town *town)
{
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, near_bin, wet),
                     CODE_OPENED);
    return town->last.case_no;
}

static enum code dry(struct town *town)
{
    const struct town_field level[] = {{"level", NULL, 0}, {0}};
    return town_event(town, "sensor-1", "sensor.water_gone", NULL, near_bin, level);
}

static void test_cases_reopened_case_can_be_cleared_again(void **state)
{
    struct town *town = *state;
    const struct case_no no = wet_case(town);
    assert_int_equal(dry(town), CODE_CLEARED);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
    assert_int_equal(dry(town), CODE_NO_RULE);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(
            town_act(town, "chief.chu", 0, no, ACTION_REOPEN, REASON_CAME_BACK, nowhere, NULL),
            CODE_DONE);
        assert_int_equal(dry(town), CODE_CLEARED);
        assert_int_equal(town_case(town, no).state, CASE_CLOSED);
    }
    town_pass(town, 73 * HOUR_MS);
    struct case_view view;
    assert_false(core_find_case(town->core, no, &view));
}

/* "Cleared, by I know not whom" clears nothing: two callers' bins without a device are not one. */
static void test_cases_clear_without_the_key_clears_nothing(void **state)
{
    struct town *town = *state;
    const struct town_field empty[] = {{"fill", NULL, 100000}, {0}};
    const struct place other = {1163151000, 399051000};
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near_bin, NULL),
                     CODE_OPENED);
    const struct case_no first = town->last.case_no;
    town_pass(town, 31 * MINUTE_MS); /* past the dedupe window */
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, other, NULL),
                     CODE_OPENED);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_cleared", NULL, near_bin, empty),
                     CODE_NO_RULE);
    assert_int_equal(town_case(town, first).state, CASE_VERIFYING);
}

/* A closed case at its limit of events must not swallow what happens there next. */
static void test_cases_full_closed_case_gives_way_to_a_new_one(void **state)
{
    struct town *town = *state;
    const struct place near = {1163061000, 399061000};
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near, NULL),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    for (uint32_t i = 1; i < core_limits(town->core)->case_events; i++) {
        town_pass(town,
                  31 * MINUTE_MS); /* past the dedupe window; still daytime for twenty of them */
        assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near, NULL),
                         CODE_MERGED);
    }
    town_pass(town, 31 * MINUTE_MS);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near, NULL),
                     CODE_TOO_MANY_EVENTS);
    assert_int_equal(town_act(town, "intake.yin", 0, no, ACTION_FILE, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_act(town, "dispatcher.du", 0, no, ACTION_SEND_TO_DESK, REASON_OTHER,
                              nowhere, "dept.sanitation.duty"),
                     CODE_DONE);
    assert_int_equal(town_act(town, "desk.san", 0, no, ACTION_DONE, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_act(town, "chief.chu", 0, no, ACTION_CLOSE, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_event(town, "hotline-1", "hotline.garbage", NULL, near, NULL),
                     CODE_OPENED);
    assert_false(case_no_is_equal(town->last.case_no, no));
}

static void test_cases_day_of_the_number_is_the_local_day(void **state)
{
    struct town *town = *state;
    town_pass(town, 15 * HOUR_MS + 39 * MINUTE_MS +
                        59 * SECOND_MS); /* 23:59:59 in Shanghai, 15:59:59 UTC */
    assert_int_equal(wet_case(town).day, 20260303);
    town_pass(town, SECOND_MS);
    const struct town_field wet[] = {{"level", NULL, 500000}, {0}};
    const struct place far_away = {1163180000, 399080000};
    assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, far_away, wet),
                     CODE_OPENED);
    assert_int_equal(town->last.case_no.day, 20260304);
    assert_int_equal(town->last.case_no.serial, 1);
}

#define town_test(name)                                                                            \
    cmocka_unit_test_setup_teardown(test_cases_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_numbers_are_never_reused),
        cmocka_unit_test(test_cases_serial_starts_over_with_the_day_and_never_back),
        cmocka_unit_test(test_cases_full_tables_refuse),
        cmocka_unit_test(test_cases_chains_hold_exactly_who_was_linked),
        cmocka_unit_test(test_cases_persons_are_remembered_up_to_a_bound),
        town_test(merge_by_radius_equals_the_distance),
        town_test(reopened_case_can_be_cleared_again),
        town_test(clear_without_the_key_clears_nothing),
        town_test(full_closed_case_gives_way_to_a_new_one),
        town_test(day_of_the_number_is_the_local_day),
    };
    return cmocka_run_group_tests_name("engine/core/cases", tests, NULL, NULL);
}
