/* test_log_clock.c: log time never goes back, whatever the machine's clock does. */
#include "engine/shell/log_clock.h"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WALL INT64_C(1770000000000)

static struct log_clock wall_clock(int64_t last_ms)
{
    struct log_clock clock;
    char why[128];
    assert_int_equal(log_clock_parse("wall", &clock, why, sizeof why), ERR_OK);
    log_clock_start_at(&clock, last_ms, WALL, 1000);
    return clock;
}

static void test_wall_is_followed(void **state)
{
    (void)state;
    struct log_clock clock = wall_clock(INT64_MIN);
    assert_int_equal(log_clock_advance(&clock, WALL + 5, 1005), WALL + 5);
    assert_int_equal(log_clock_advance(&clock, WALL + 10, 1009), WALL + 10);
    assert_int_equal(clock.jump_count, 0);
}

static void test_forward_jump_is_slewed(void **state)
{
    (void)state;
    struct log_clock clock = wall_clock(INT64_MIN);
    /* An hour ahead within 8 ms of boot time: log time moves 9 ms. */
    assert_int_equal(log_clock_advance(&clock, WALL + HOUR_MS + 8, 1008), WALL + 9);
    assert_int_equal(clock.jump_count, 1);
    for (int64_t i = 1; i <= 80; i++) {
        (void)log_clock_advance(&clock, WALL + HOUR_MS + 8 + i, 1008 + i);
    }
    assert_int_equal(clock.log_ms, WALL + 9 + 90);
    assert_int_equal(clock.jump_count, 1);
}

static void test_backward_jump_never_goes_back(void **state)
{
    (void)state;
    struct log_clock clock = wall_clock(INT64_MIN);
    int64_t before = log_clock_advance(&clock, WALL + 100, 1100);
    int64_t wall = WALL + 100 - HOUR_MS, boot = 1100;
    for (int64_t i = 0; i < 1000; i++) {
        wall += 3;
        boot += 3;
        int64_t now = log_clock_advance(&clock, wall, boot);
        assert_true(now >= before);
        before = now;
    }
    assert_in_range(before - (WALL + 100), 2600, 2640); /* seven eighths of 3,000 */
    assert_int_equal(clock.jump_count, 1);
}

static void test_boot_clock_standing_still(void **state)
{
    (void)state;
    struct log_clock clock = wall_clock(INT64_MIN);
    int64_t now = log_clock_advance(&clock, WALL - 5000, 900);
    assert_int_equal(now, WALL);
}

static void test_restart_goes_on_from_the_last_entry(void **state)
{
    (void)state;
    struct log_clock clock = wall_clock(WALL + 60000);
    assert_int_equal(clock.log_ms, WALL + 60000);
    assert_true(log_clock_advance(&clock, WALL + 8, 1008) >= WALL + 60000);
    clock = wall_clock(WALL - 60000);
    assert_int_equal(clock.log_ms, WALL);
}

static void test_scaled(void **state)
{
    (void)state;
    struct log_clock clock;
    char why[160];
    assert_int_equal(log_clock_parse("scaled:60@2026-03-03T08:20+08:00", &clock, why, sizeof why),
                     ERR_OK);
    assert_int_equal(clock.start_ms, INT64_C(1772497200000));
    log_clock_start_at(&clock, INT64_MIN, WALL, 500);
    assert_int_equal(log_clock_advance(&clock, 0, 1500), clock.start_ms + MINUTE_MS);
    assert_int_equal(log_clock_real_ms_until(&clock, clock.log_ms + 61), 2);
    assert_int_equal(log_clock_real_ms_until(&clock, clock.log_ms - 1), 0);
    log_clock_start_at(&clock, INT64_C(1772497200000) + HOUR_MS, WALL, 9000);
    assert_int_equal(log_clock_advance(&clock, 0, 9001), INT64_C(1772497200060) + HOUR_MS);
}

static void test_bad_modes_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "wal",
                                      "scaled",
                                      "scaled:60",
                                      "scaled:0@2026-03-03T08:20Z",
                                      "scaled:99999@2026-03-03T08:20Z",
                                      "scaled:60@2026-03-03",
                                      "scaled:60@2026-13-03T08:20Z",
                                      "scaled:60@2026-03-03T08:20",
                                      "scaled:60@2026-03-03T08:20+08:00x"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct log_clock clock;
        char why[160] = "";
        assert_int_equal(log_clock_parse(BAD[i], &clock, why, sizeof why), ERR_INPUT);
        assert_true(why[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall_is_followed),
        cmocka_unit_test(test_forward_jump_is_slewed),
        cmocka_unit_test(test_backward_jump_never_goes_back),
        cmocka_unit_test(test_boot_clock_standing_still),
        cmocka_unit_test(test_restart_goes_on_from_the_last_entry),
        cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_bad_modes_are_refused),
    };
    return cmocka_run_group_tests_name("shell/log_clock", tests, NULL, NULL);
}
