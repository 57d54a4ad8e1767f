/* test_truth.c: merging judged by hand-counted vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/truth.h"

#include <string.h>

#define NO NONE32

static uint32_t rule_of(const void *context, uint32_t record)
{
    return ((const uint32_t *)context)[record];
}

/* Incident A (1): events 0, 1, 4 in case 0 and 5 in case 1 (a second case of the same).
 * Incident B (2): event 2 in case 0 (wrongly), 6 in case 2.
 * Incident C (3): a false alarm, events 3 and 7 in case 3, 8 in none, 11 in case 2.
 * Incident D (4): reported once, event 9, nowhere. Its all-clear, event 10, neither.
 *
 * Pairs together: case 0 has 4 events = 6; case 3 has none, its two are one false alarm. With event 11 of it in case 2: 7.
 * Right among them: A's three in case 0 = 3.
 * Pairs of one incident that reached cases: A 4 events = 6, B 2 = 1; 7.
 * Cases 4, one of them false; of the true ones 0 and 1 are A's, 2 is B's: one again. */
static void test_truth_pairs_by_hand(void **state)
{
    (void)state;
    static const uint32_t RULES[] = {7, 7, 5, 5};
    struct truth_event rows[] = {
        {4, 10, NO, 0, TRUTH_CLEAR}, {1, 0, 0, 10, TRUTH_REPORT},  {1, 1, 0, 10, TRUTH_REPORT},
        {2, 2, 0, 20, TRUTH_REPORT}, {3, 3, 3, 30, TRUTH_FALSE},   {1, 4, 0, 20, TRUTH_REPORT},
        {1, 5, 1, 20, TRUTH_REPORT}, {2, 6, 2, 10, TRUTH_REPORT},  {3, 7, 3, 30, TRUTH_FALSE},
        {3, 8, NO, 30, TRUTH_FALSE}, {4, 9, NO, 10, TRUTH_REPORT}, {3, 11, 2, 30, TRUTH_FALSE},
    };
    struct truth_result r;
    truth_measure(rows, COUNT_OF(rows), rule_of, RULES, &r);
    assert_int_equal(r.events, 12);
    assert_int_equal(r.events_without_case, 3);
    assert_int_equal(r.pairs_together, 7);
    assert_int_equal(r.pairs_right, 3);
    assert_int_equal(r.pairs_of_one_incident, 7);
    assert_int_equal(r.cases, 4);
    assert_int_equal(r.false_cases, 1);
    assert_int_equal(r.true_cases_again, 1);
    assert_int_equal(r.incidents, 3);
    assert_int_equal(r.incidents_missed, 1);
    assert_int_equal(r.false_events, 4);
    assert_int_equal(r.false_events_stopped, 1);
    /* sources: 10 opened cases 0 and 2, 20 case 1, 30 the false one */
    assert_int_equal(r.source_count, 3);
    assert_int_equal(r.sources[0].group, 10);
    assert_int_equal(r.sources[0].cases, 2);
    assert_int_equal(r.sources[1].cases, 1);
    assert_int_equal(r.sources[2].false_cases, 1);
    assert_int_equal(r.rule_count, 2);
    assert_int_equal(r.rules[0].group, 5);
    assert_int_equal(r.rules[0].false_cases, 1);
    assert_int_equal(r.rules[1].cases, 2);
    assert_int_equal(r.rules[1].false_cases, 0);
}

static void test_truth_nothing_and_one(void **state)
{
    (void)state;
    static const uint32_t RULES[] = {0};
    struct truth_event one = {1, 0, 0, 0, TRUTH_REPORT};
    struct truth_result r;
    truth_measure(&one, 0, rule_of, RULES, &r);
    assert_int_equal(r.cases, 0);
    truth_measure(&one, 1, rule_of, RULES, &r);
    assert_int_equal(r.cases, 1);
    assert_int_equal(r.pairs_together, 0);
    assert_int_equal(r.pairs_of_one_incident, 0);
    assert_int_equal(r.incidents_missed, 0);
}

static void test_truth_words(void **state)
{
    (void)state;
    assert_int_equal(truth_kind_of("first"), TRUTH_REPORT);
    assert_int_equal(truth_kind_of(NULL), TRUTH_REPORT);
    assert_int_equal(truth_kind_of("clear"), TRUTH_CLEAR);
    assert_int_equal(truth_kind_of("fault"), TRUTH_FALSE);
    assert_int_equal(truth_kind_of("false_alarm"), TRUTH_FALSE);
    assert_true(truth_incident_of("i-1") != truth_incident_of("i-2"));
    assert_true(truth_incident_of("i-1") == truth_incident_of("i-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truth_pairs_by_hand),
        cmocka_unit_test(test_truth_nothing_and_one),
        cmocka_unit_test(test_truth_words),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_truth", tests, NULL, NULL);
}
