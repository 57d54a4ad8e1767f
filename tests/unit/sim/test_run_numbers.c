/* test_run_numbers.c: quantiles by nearest rank, shares, spans for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sim/report.h"

static void test_run_numbers_quantile_is_the_nearest_rank(void **state)
{
    (void)state;
    const int64_t values[] = {15, 20, 35, 40, 50};
    assert_int_equal(quantile_of(values, 5, 50), 15);  /* ceil(0.25) = 1 */
    assert_int_equal(quantile_of(values, 5, 300), 20); /* ceil(1.5) = 2 */
    assert_int_equal(quantile_of(values, 5, 400), 20); /* exactly 2 */
    assert_int_equal(quantile_of(values, 5, 500), 35);
    assert_int_equal(quantile_of(values, 5, 1000), 50);
    assert_int_equal(quantile_of(values, 4, 500), 20); /* the lower of the two in the middle */
}

static void test_run_numbers_spread_of_unsorted_values(void **state)
{
    (void)state;
    struct samples samples = {0};
    for (int64_t i = 1000; i >= 1; i--) {
        samples_add(&samples, i);
    }
    const struct spread spread = samples_spread(&samples);
    assert_int_equal(spread.count, 1000);
    assert_int_equal(spread.p50, 500);
    assert_int_equal(spread.p90, 900);
    assert_int_equal(spread.p99, 990);
    assert_int_equal(spread.max, 1000);
    assert_int_equal(spread.mean, 500); /* 500.5, toward zero */
    samples_fini(&samples);
    assert_int_equal(samples_spread(&samples).count, 0);
}

static void test_run_numbers_bins_are_a_two_thousandth_off_at_most(void **state)
{
    (void)state;
    struct samples list = {0}, bins = {0};
    uint64_t mix = 5;
    samples_bin(&bins);
    for (int i = 0; i < 20000; i++) {
        mix = mix64(mix + UINT64_C(0x9e3779b97f4a7c15));
        const int64_t value = (int64_t)(mix >> (20 + mix % 40));
        samples_add(&list, value);
        samples_add(&bins, value);
    }
    const struct spread exact = samples_spread(&list), near = samples_spread(&bins);
    assert_int_equal(near.count, exact.count);
    assert_int_equal(near.mean, exact.mean);
    assert_int_equal(near.max, exact.max);
    const int64_t pairs[][2] = {
        {near.p50, exact.p50}, {near.p90, exact.p90}, {near.p99, exact.p99}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        assert_true(pairs[i][0] <= pairs[i][1] && pairs[i][1] - pairs[i][0] <= pairs[i][1] / 2000);
    }
    struct samples copy = {0};
    samples_bin(&copy);
    samples_copy(&copy, &bins);
    assert_int_equal(samples_spread(&copy).p90, near.p90);
    samples_fini(&copy);
    samples_fini(&bins);
    samples_fini(&list);
}

static void test_run_numbers_share_is_rounded_to_nearest(void **state)
{
    (void)state;
    assert_int_equal(share_of(373, 419), 8902); /* 89.0214 % */
    assert_int_equal(share_of(911, 972), 9372); /* 93.7243 % */
    assert_int_equal(share_of(1, 3), 3333);
    assert_int_equal(share_of(2, 3), 6667);
    assert_int_equal(share_of(0, 0), 0);
}

static void test_run_numbers_span_for_people(void **state)
{
    (void)state;
    assert_string_equal(report_span(442 * SECOND_MS).text, "442 s");
    assert_string_equal(report_span(1108 * SECOND_MS).text, "18 m 28 s");
    assert_string_equal(report_span(3 * HOUR_MS + 7 * MINUTE_MS).text, "3 h 07 m");
    assert_string_equal(report_span(5 * DAY_MS + 2 * HOUR_MS).text, "5 d 02 h");
    assert_string_equal(report_span(-90 * SECOND_MS).text, "-90 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_numbers_quantile_is_the_nearest_rank),
        cmocka_unit_test(test_run_numbers_spread_of_unsorted_values),
        cmocka_unit_test(test_run_numbers_bins_are_a_two_thousandth_off_at_most),
        cmocka_unit_test(test_run_numbers_share_is_rounded_to_nearest),
        cmocka_unit_test(test_run_numbers_span_for_people),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_run_numbers", tests, NULL, NULL);
}
