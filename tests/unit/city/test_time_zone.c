/* test_time_zone.c: changes of the UTC offset, against the zones' published rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/city/time_zone.h"

static void test_shanghai_never_changes(void **unused)
{
    (void)unused;
    struct city_transition *rows;
    uint32_t count;
    assert_int_equal(time_zone_load("Asia/Shanghai", &rows, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].at_ms, INT64_MIN);
    assert_int_equal(rows[0].offset_ms, 8 * HOUR_MS);
    free(rows);
}

static void test_new_york_changes_twice_a_year(void **unused)
{
    (void)unused;
    struct city_transition *rows;
    uint32_t count;
    assert_int_equal(time_zone_load("America/New_York", &rows, &count), ERR_OK);
    assert_int_equal(count, 1 + 2 * 100);
    bool has_spring = false;
    for (uint32_t i = 1; i < count; i++) {
        assert_true(rows[i].at_ms > rows[i - 1].at_ms);
        assert_true(rows[i].offset_ms != rows[i - 1].offset_ms);
        /* 2026-03-08 02:00 EST is 07:00 UTC. */
        has_spring |= rows[i].at_ms == INT64_C(1772953200000) && rows[i].offset_ms == -4 * HOUR_MS;
    }
    assert_true(has_spring);
    free(rows);
}

static void test_the_process_zone_is_put_back(void **unused)
{
    (void)unused;
    struct city_transition *rows;
    uint32_t count;
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    assert_int_equal(time_zone_load("America/New_York", &rows, &count), ERR_OK);
    free(rows);
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    time_t at = 0;
    struct tm local;
    assert_non_null(localtime_r(&at, &local));
    assert_int_equal(local.tm_hour, 9);
    assert_int_equal(unsetenv("TZ"), 0);
    assert_int_equal(time_zone_load("Asia/Shanghai", &rows, &count), ERR_OK);
    free(rows);
    assert_null(getenv("TZ"));
}

static void test_unknown_names(void **unused)
{
    (void)unused;
    static const char *const NAMES[] = {"", "Asia/Shangai", "../../etc/passwd", "/etc/localtime",
                                        "Asia"};
    struct city_transition *rows = NULL;
    uint32_t count;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        assert_int_equal(time_zone_load(NAMES[i], &rows, &count), ERR_NOT_FOUND);
    }
    char longest[200];
    memset(longest, 'A', sizeof longest);
    longest[199] = '\0';
    assert_int_equal(time_zone_load(longest, &rows, &count), ERR_NOT_FOUND);
    assert_null(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shanghai_never_changes),
        cmocka_unit_test(test_new_york_changes_twice_a_year),
        cmocka_unit_test(test_the_process_zone_is_put_back),
        cmocka_unit_test(test_unknown_names),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_time_zone", tests, NULL, NULL);
}
