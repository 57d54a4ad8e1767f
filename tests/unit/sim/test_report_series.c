/* test_report_series.c: stretches of time that become wider, what waits at their ends, quantiles from bins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/report_series.h"

#define START_MS (20000 * DAY_MS)

static struct report_cases cases;
static struct report_series series;

static int open_both(void **state)
{
    (void)state;
    report_cases_init(&cases, true);
    report_series_init(&series, 2);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    report_cases_fini(&cases);
    report_series_fini(&series);
    return 0;
}

static void tell(uint32_t serial, int64_t at_ms, enum action action, enum case_state before,
                 enum case_state after, uint64_t order)
{
    const struct effect effect = {.kind = EFFECT_TIMELINE,
                                  .at_ms = at_ms,
                                  .of.timeline = {.case_no = {1, 20261101, serial},
                                                  .order = order,
                                                  .order_kind = KIND_HANDLE,
                                                  .action = (uint8_t)action,
                                                  .state_before = (uint8_t)before,
                                                  .state = (uint8_t)after,
                                                  .cell = serial % 3,
                                                  .rule = NONE32,
                                                  .class_row = NONE32}};
    (void)report_cases_see(&cases, &effect);
    report_series_see(&series, &cases, &effect);
}

/* Opened, taken, reached took_ms later, closed an hour after that. */
static void play(uint32_t serial, int64_t at_ms, int64_t took_ms)
{
    tell(serial, at_ms, ACTION_OPEN, CASE_NONE, CASE_DISPATCHING, 0);
    tell(serial, at_ms, ACTION_OFFER, CASE_DISPATCHING, CASE_ASSIGNED, serial);
    tell(serial, at_ms, ACTION_ACCEPT, CASE_ASSIGNED, CASE_ASSIGNED, serial);
    tell(serial, at_ms + took_ms, ACTION_ARRIVE, CASE_ASSIGNED, CASE_ON_SITE, serial);
    tell(serial, at_ms + took_ms + HOUR_MS, ACTION_CLOSE, CASE_ON_SITE, CASE_CLOSED, 0);
}

static void test_report_series_counts_and_waits(void **state)
{
    (void)state;
    tell(1, START_MS, ACTION_OPEN, CASE_NONE, CASE_DISPATCHING, 0);
    tell(2, START_MS + 5, ACTION_OPEN, CASE_NONE, CASE_DISPATCHING, 0);
    tell(2, START_MS + HOUR_MS, ACTION_OFFER, CASE_DISPATCHING, CASE_ASSIGNED, 9);
    tell(1, START_MS + HOUR_MS, ACTION_MISS, CASE_DISPATCHING, CASE_DISPATCHING, 0);
    tell(1, START_MS + 3 * HOUR_MS, ACTION_VOID, CASE_DISPATCHING, CASE_VOID, 0);
    assert_int_equal(series.count, 4);
    const struct series_stretch *s = series.stretches;
    assert_int_equal(s[0].opened, 2);
    assert_int_equal(s[0].open, 2);
    assert_int_equal(s[0].waiting, 2);
    assert_int_equal(s[1].waiting, 1);
    assert_int_equal(s[1].missed, 1);
    assert_int_equal(s[2].open, 2); /* nothing happened: as before */
    assert_int_equal(s[3].open, 1);
    assert_int_equal(s[3].closed, 1);
}

static void test_report_series_long_run_keeps_every_count(void **state)
{
    (void)state;
    uint32_t opened = 0, closed = 0, arrivals = 0;
    for (uint32_t i = 1; i <= 3000; i++) {
        play(i, START_MS + i * 3 * HOUR_MS, 10 * MINUTE_MS);
    }
    assert_true(series.width_ms >= 32 * HOUR_MS);
    assert_true(series.count <= SERIES_MAX);
    for (uint32_t i = 0; i < series.count; i++) {
        opened += series.stretches[i].opened;
        closed += series.stretches[i].closed;
        arrivals += series.stretches[i].response.count;
    }
    assert_int_equal(opened, 3000);
    assert_int_equal(closed, 3000);
    assert_int_equal(arrivals, 3000);
    assert_int_equal(series.cells[0].response.count + series.cells[1].response.count,
                     2000); /* the third is no cell */
    assert_int_equal(series.open, 0);
}

static void test_report_series_quantiles_are_near(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 1000; i++) {
        play(i, START_MS, i * 7000);
    }
    const struct series_times *cell =
        &series.cells[1].response; /* every third of them: 7 s .. 2 h */
    assert_in_range(series_quantile_ms(cell, 500), 3500000 * 93 / 100, 3500000 * 107 / 100);
    assert_in_range(series_quantile_ms(cell, 900), 6300000 * 93 / 100, 6300000 * 107 / 100);
    const struct series_times none = {.count = 0};
    assert_int_equal(series_quantile_ms(&none, 500), 0);
}

#define series_test(name)                                                                          \
    cmocka_unit_test_setup_teardown(test_report_series_##name, open_both, close_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        series_test(counts_and_waits),
        series_test(long_run_keeps_every_count),
        series_test(quantiles_are_near),
    };
    return cmocka_run_group_tests_name("sim/report_series", tests, NULL, NULL);
}
