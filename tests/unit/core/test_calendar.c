/* test_calendar.c: working time by vectors worked out by hand, and against an oracle that counts minutes.
 *
 * The oracle knows nothing of pieces: it asks for every minute whether the local clock lies in the pattern. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/core/calendar.h"
#include "tests/unit/panic.h"

#define CHINA_MS (8 * HOUR_MS)

enum { OFFICE, DAYTIME, NIGHT, ALWAYS_OPEN, NEVER_OPEN, CALENDAR_COUNT };

/* Office: Monday to Friday 08-12, 14-18. Daytime: every day 06-22. Night: Monday to Friday 22-06. */
static struct city_interval intervals[64];
static struct city_exception exceptions[64];
static struct city_calendar calendars[8];
static struct city_transition transitions[8];
static struct city city;

/* Days since 1970 by counting years and months. */
static int32_t day_of(int year, int month, int day)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t days = 0;
    for (int y = 1970; y < year; y++) {
        days += (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 366 : 365;
    }
    for (int m = 1; m < month; m++) {
        days += LENGTHS[m - 1];
        days += m == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 1 : 0;
    }
    return days + day - 1;
}

static int64_t at(int month, int day, int hour, int minute)
{
    return day_of(2026, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS - CHINA_MS;
}

static uint32_t add_interval(uint32_t count, uint32_t start, uint32_t end)
{
    intervals[count] = (struct city_interval){(uint16_t)start, (uint16_t)end};
    return count + 1;
}

/* National Day 2026: 1 to 7 October closed, Saturday 10 October worked like a Friday. */
static int setup_city(void **unused)
{
    (void)unused;
    uint32_t count = 0;
    for (uint32_t day = 0; day < 5; day++) {
        count = add_interval(count, day * 1440 + 480, day * 1440 + 720);
        count = add_interval(count, day * 1440 + 840, day * 1440 + 1080);
    }
    calendars[OFFICE].intervals = (struct image_range){0, count};
    calendars[DAYTIME].intervals.first = count;
    for (uint32_t day = 0; day < 7; day++) {
        count = add_interval(count, day * 1440 + 360, day * 1440 + 1320);
    }
    calendars[DAYTIME].intervals.count = 7;
    calendars[NIGHT].intervals.first = count;
    for (uint32_t day = 0; day < 5; day++) {
        count = add_interval(count, day * 1440 + 1320, day * 1440 + 1800);
    }
    calendars[NIGHT].intervals.count = 5;
    calendars[ALWAYS_OPEN].intervals = (struct image_range){count, 1};
    count = add_interval(count, 0, 10080);
    calendars[NEVER_OPEN].intervals = (struct image_range){count, 0};
    for (int day = 1; day <= 7; day++) {
        exceptions[day - 1] = (struct city_exception){day_of(2026, 10, day), -1};
    }
    exceptions[7] = (struct city_exception){day_of(2026, 10, 10), 4};
    calendars[OFFICE].exceptions = (struct image_range){0, 8};
    for (uint32_t i = 0; i < CALENDAR_COUNT; i++) {
        calendars[i].valid_from_day = day_of(2025, 1, 1);
        calendars[i].valid_until_day = day_of(2030, 1, 1);
    }
    transitions[0] = (struct city_transition){INT64_MIN, CHINA_MS};
    city = (struct city){.transitions = transitions,
                         .transition_count = 1,
                         .calendars = calendars,
                         .calendar_count = CALENDAR_COUNT,
                         .intervals = intervals,
                         .interval_count = count,
                         .exceptions = exceptions,
                         .exception_count = 8};
    return 0;
}

static struct clock_limit limit_of(int64_t value, enum clock_unit unit)
{
    return (struct clock_limit){value, unit, 0};
}

static int64_t work_hours(uint32_t calendar, int64_t hours, int64_t from_ms)
{
    return calendar_deadline(&city, calendar, limit_of(hours * HOUR_MS, UNIT_WORK_TIME), 0,
                             from_ms);
}

static int64_t work_days(int64_t days, int64_t from_ms)
{
    return calendar_deadline(&city, OFFICE, limit_of(days, UNIT_WORK_DAY_END), 0, from_ms);
}

static void test_lunch_is_no_working_time(void **unused)
{
    (void)unused;
    /* Tuesday 3 March 2026. */
    assert_int_equal(work_hours(OFFICE, 4, at(3, 3, 10, 0)), at(3, 3, 16, 0));
    assert_int_equal(work_hours(OFFICE, 1, at(3, 3, 12, 30)), at(3, 3, 15, 0));
    assert_int_equal(work_hours(OFFICE, 4, at(3, 3, 8, 0)), at(3, 3, 12, 0)); /* not 14:00 */
}

static void test_weekend_is_skipped(void **unused)
{
    (void)unused;
    assert_int_equal(work_hours(OFFICE, 4, at(3, 6, 16, 0)),
                     at(3, 9, 10, 0)); /* Friday to Monday */
    assert_int_equal(work_hours(OFFICE, 1, at(3, 7, 11, 0)), at(3, 9, 9, 0));
    assert_int_equal(work_hours(OFFICE, 40, at(3, 2, 8, 0)), at(3, 6, 18, 0));
    assert_int_equal(work_hours(OFFICE, 41, at(3, 2, 8, 0)), at(3, 9, 9, 0));
}

static void test_national_day_week(void **unused)
{
    (void)unused;
    /* Wednesday 30 September 16:00 plus 4 h: 2 h left today, closed to the 7th, Thursday the 8th. */
    assert_int_equal(work_hours(OFFICE, 4, at(9, 30, 16, 0)), at(10, 8, 10, 0));
    /* Saturday the 10th works like a Friday, Sunday the 11th does not. */
    assert_int_equal(work_hours(OFFICE, 8, at(10, 9, 14, 0)), at(10, 10, 12, 0));
    assert_int_equal(work_hours(OFFICE, 12, at(10, 9, 14, 0)), at(10, 10, 18, 0));
    assert_int_equal(work_hours(OFFICE, 13, at(10, 9, 14, 0)), at(10, 12, 9, 0));
    assert_false(calendar_contains(&city, OFFICE, at(10, 5, 10, 0)));
    assert_true(calendar_contains(&city, OFFICE, at(10, 10, 10, 0)));
    assert_false(calendar_contains(&city, OFFICE, at(10, 11, 10, 0)));
}

static void test_both_readings_of_a_working_day(void **unused)
{
    (void)unused;
    /* End of the n-th working day, the first not counted. */
    assert_int_equal(work_days(1, at(3, 3, 9, 0)), at(3, 4, 18, 0));
    assert_int_equal(work_days(2, at(3, 5, 17, 0)), at(3, 9, 18, 0)); /* Thursday, Friday, Monday */
    assert_int_equal(work_days(1, at(3, 7, 9, 0)), at(3, 9, 18, 0));  /* from a Saturday */
    assert_int_equal(work_days(3, at(9, 30, 9, 0)), at(10, 10, 18, 0)); /* 8, 9, make-up 10 */
    assert_int_equal(work_days(4, at(9, 30, 9, 0)), at(10, 12, 18, 0));
    /* Eight working hours each. */
    assert_int_equal(work_hours(OFFICE, 8, at(3, 3, 9, 0)), at(3, 4, 9, 0));
    assert_int_equal(work_hours(OFFICE, 16, at(3, 5, 17, 0)), at(3, 9, 17, 0));
}

static void test_midnight(void **unused)
{
    (void)unused;
    assert_true(calendar_contains(&city, NIGHT, at(3, 3, 22, 0)));
    assert_true(calendar_contains(&city, NIGHT, at(3, 4, 0, 0)));
    assert_true(calendar_contains(&city, NIGHT, at(3, 4, 5, 59)));
    assert_false(calendar_contains(&city, NIGHT, at(3, 4, 6, 0)));
    assert_true(calendar_contains(&city, NIGHT, at(3, 7, 3, 0)));  /* Friday's shift on Saturday */
    assert_false(calendar_contains(&city, NIGHT, at(3, 9, 3, 0))); /* Sunday night is free */
    assert_int_equal(work_hours(NIGHT, 3, at(3, 3, 23, 0)), at(3, 4, 2, 0));
    assert_int_equal(calendar_next_change(&city, NIGHT, at(3, 3, 23, 0)), at(3, 4, 6, 0));
    assert_int_equal(calendar_next_change(&city, NIGHT, at(3, 7, 12, 0)), at(3, 9, 22, 0));
    assert_int_equal(calendar_next_change(&city, OFFICE, at(9, 30, 18, 0)), at(10, 8, 8, 0));
}

static void test_pauses_in_the_clocks_own_unit(void **unused)
{
    (void)unused;
    struct clock_limit limit = limit_of(4 * HOUR_MS, UNIT_WORK_TIME);
    /* Paused Friday 18:00 to Monday 08:00: nothing of a working clock went by. */
    assert_int_equal(calendar_used(&city, OFFICE, limit, at(3, 6, 18, 0), at(3, 9, 8, 0)), 0);
    int64_t used = calendar_used(&city, OFFICE, limit, at(3, 6, 16, 0), at(3, 6, 23, 0));
    assert_int_equal(used, 2 * HOUR_MS);
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, used, at(3, 9, 8, 0)),
                     at(3, 9, 10, 0));
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 4 * HOUR_MS, at(3, 8, 3, 0)),
                     at(3, 8, 3, 0)); /* used up: due at once */
    limit = limit_of(4 * HOUR_MS, UNIT_CONTINUOUS);
    assert_int_equal(calendar_used(&city, OFFICE, limit, at(3, 6, 18, 0), at(3, 6, 19, 0)),
                     HOUR_MS);
    assert_int_equal(calendar_used(&city, OFFICE, limit, at(3, 6, 19, 0), at(3, 6, 18, 0)), 0);
}

static void test_a_working_day_clock_resumed(void **unused)
{
    (void)unused;
    struct clock_limit limit = limit_of(2, UNIT_WORK_DAY_END);
    /* From Monday 09:00 due Wednesday 18:00; paused Wednesday 10:00 with 7 + 8 + 2 hours used. */
    int64_t used = calendar_used(&city, OFFICE, limit, at(3, 2, 9, 0), at(3, 4, 10, 0));
    assert_int_equal(used, 17 * HOUR_MS);
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, used, at(3, 5, 9, 0)),
                     at(3, 5, 18, 0));
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, used, at(3, 6, 19, 0)),
                     at(3, 9, 18, 0));
    /* Paused on Tuesday with one day used: one day is left. */
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 8 * HOUR_MS, at(3, 5, 9, 0)),
                     at(3, 6, 18, 0));
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 24 * HOUR_MS, at(3, 5, 9, 0)),
                     at(3, 5, 9, 0)); /* overdue */
}

static void test_zero_is_no_clock(void **unused)
{
    (void)unused;
    for (uint32_t unit = UNIT_CONTINUOUS; unit <= UNIT_NATURAL_DAY; unit++) {
        struct clock_limit limit = limit_of(0, (enum clock_unit)unit);
        assert_int_equal(calendar_deadline(&city, OFFICE, limit, 0, at(3, 3, 9, 0)), NEVER_MS);
    }
}

static void test_continuous_and_natural_days(void **unused)
{
    (void)unused;
    struct clock_limit limit = limit_of(30 * MINUTE_MS, UNIT_CONTINUOUS);
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 0, at(3, 7, 23, 50)), at(3, 8, 0, 20));
    limit = limit_of(3, UNIT_NATURAL_DAY);
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 0, at(3, 6, 17, 0)), at(3, 9, 17, 0));
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, DAY_MS, at(3, 6, 17, 0)),
                     at(3, 8, 17, 0));
}

static void test_a_year_of_working_hours(void **unused)
{
    (void)unused;
    /* 2026 has 261 weekdays; the holiday takes 5 of them (Thursday 1 to Wednesday 7), the make-up day gives one. */
    struct clock_limit limit = limit_of(1, UNIT_WORK_TIME);
    int64_t start = day_of(2026, 1, 1) * DAY_MS - CHINA_MS;
    int64_t end = day_of(2027, 1, 1) * DAY_MS - CHINA_MS;
    assert_int_equal(calendar_used(&city, OFFICE, limit, start, end), (261 - 5 + 1) * 8 * HOUR_MS);
    assert_int_equal(work_hours(OFFICE, (261 - 5 + 1) * 8, start), at(12, 31, 18, 0));
    assert_int_equal(calendar_used(&city, DAYTIME, limit, start, end), 365 * 16 * HOUR_MS);
    assert_int_equal(calendar_used(&city, ALWAYS_OPEN, limit, start, end), 365 * DAY_MS);
    assert_int_equal(calendar_used(&city, NEVER_OPEN, limit, start, end), 0);
}

static void test_ends_of_validity(void **unused)
{
    (void)unused;
    int64_t last = day_of(2029, 12, 31) * DAY_MS - CHINA_MS; /* a Monday */
    int64_t first = day_of(2025, 1, 1) * DAY_MS - CHINA_MS;  /* a Wednesday */
    assert_int_equal(work_hours(OFFICE, 8, last), last + 18 * HOUR_MS);
    assert_int_equal(work_hours(OFFICE, 9, last), NEVER_MS);
    assert_int_equal(work_days(1, last), NEVER_MS);
    assert_int_equal(work_hours(NEVER_OPEN, 1, last), NEVER_MS);
    assert_int_equal(work_hours(OFFICE, 1, first - 100 * DAY_MS), first + 9 * HOUR_MS);
    assert_int_equal(work_days(1, first - 100 * DAY_MS), first + 18 * HOUR_MS);
    struct clock_limit limit = limit_of(1, UNIT_WORK_DAY_END);
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 8 * HOUR_MS, first - 15 * HOUR_MS),
                     first + 18 * HOUR_MS); /* the day before validity is no working day */
    assert_false(calendar_contains(&city, ALWAYS_OPEN, first - 1));
    assert_true(calendar_contains(&city, ALWAYS_OPEN, first));
    assert_true(calendar_contains(&city, ALWAYS_OPEN, last + DAY_MS - 1));
    assert_false(calendar_contains(&city, ALWAYS_OPEN, last + DAY_MS));
    assert_int_equal(calendar_next_change(&city, ALWAYS_OPEN, first), last + DAY_MS);
    assert_int_equal(calendar_next_change(&city, ALWAYS_OPEN, last + DAY_MS), NEVER_MS);
    assert_int_equal(calendar_next_change(&city, NEVER_OPEN, first), NEVER_MS);
}

static void test_without_calendar_is_always(void **unused)
{
    (void)unused;
    assert_true(calendar_contains(&city, NONE32, at(3, 8, 3, 0)));
    assert_int_equal(calendar_next_change(&city, NONE32, at(3, 8, 3, 0)), NEVER_MS);
    assert_int_equal(work_hours(NONE32, 5, at(3, 8, 22, 0)), at(3, 9, 3, 0));
    struct clock_limit limit = limit_of(1, UNIT_WORK_DAY_END);
    assert_int_equal(calendar_deadline(&city, NONE32, limit, 0, at(3, 8, 22, 0)), at(3, 10, 0, 0));
    assert_int_equal(calendar_used(&city, NONE32, limit, at(3, 8, 0, 0), at(3, 9, 0, 0)), DAY_MS);
}

static void test_extreme_instants(void **unused)
{
    (void)unused;
    static const int64_t EXTREMES[] = {INT64_MIN, INT64_MIN + 1, -1, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(EXTREMES); i++) {
        assert_false(calendar_contains(&city, OFFICE, EXTREMES[i]));
        (void)calendar_next_change(&city, OFFICE, EXTREMES[i]);
        for (uint32_t unit = UNIT_CONTINUOUS; unit <= UNIT_NATURAL_DAY; unit++) {
            struct clock_limit limit = limit_of(3, (enum clock_unit)unit);
            int64_t due = calendar_deadline(&city, OFFICE, limit, 0, EXTREMES[i]);
            assert_true(due >= EXTREMES[i]);
            (void)calendar_used(&city, OFFICE, limit, EXTREMES[i], INT64_MAX);
        }
    }
}

/* ---- the oracle ---- */
static uint64_t state = 1949;

static uint64_t next_random(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state);
}

static int64_t oracle_local(int64_t at_ms)
{
    int64_t offset = transitions[0].offset_ms;
    for (uint32_t i = 0; i < city.transition_count; i++) {
        offset = transitions[i].at_ms <= at_ms ? transitions[i].offset_ms : offset;
    }
    return at_ms + offset;
}

static bool oracle_contains(uint32_t calendar, int64_t at_ms)
{
    const struct city_calendar *row = &calendars[calendar];
    int64_t local = oracle_local(at_ms);
    int64_t day = local / DAY_MS; /* after 1970 */
    int64_t weekday = (day + 3) % 7;
    if (day < row->valid_from_day || day >= row->valid_until_day) {
        return false;
    }
    for (uint32_t i = 0; i < row->exceptions.count; i++) {
        const struct city_exception *exception = &exceptions[row->exceptions.first + i];
        weekday = exception->day == day ? exception->weekday : weekday;
    }
    int64_t minute = weekday * 1440 + local % DAY_MS / MINUTE_MS;
    for (uint32_t i = 0; weekday >= 0 && i < row->intervals.count; i++) {
        const struct city_interval *interval = &intervals[row->intervals.first + i];
        if (minute >= interval->start_minute && minute < interval->end_minute) {
            return true;
        }
    }
    return false;
}

/* A calendar of up to 12 spans with some exceptions around day. */
static void random_calendar(uint32_t calendar, int32_t day)
{
    struct city_calendar *row = &calendars[calendar];
    uint32_t count = 0;
    uint32_t minute = (uint32_t)(next_random() % 1500);
    while (count < 12 && minute < 10000) {
        uint32_t end =
            minute + 1 + (uint32_t)(next_random() % (next_random() % 4 == 0 ? 3000 : 400));
        end = end > 10080 ? 10080 : end;
        intervals[count++] = (struct city_interval){(uint16_t)minute, (uint16_t)end};
        minute = end + 1 + (uint32_t)(next_random() % 1500);
    }
    row->intervals = (struct image_range){0, count};
    count = 0;
    for (int32_t d = day - 3; d < day + 20; d++) {
        if (next_random() % 4 == 0) {
            exceptions[count++] = (struct city_exception){d, (int32_t)(next_random() % 8) - 1};
        }
    }
    row->exceptions = (struct image_range){0, count};
    row->valid_from_day = day - 5 + (int32_t)(next_random() % 6);
    row->valid_until_day = day + 8 + (int32_t)(next_random() % 20);
}

#define SEARCH_MINUTES (40 * 1440)

static int64_t oracle_work_time(uint32_t calendar, int64_t minutes, int64_t from_ms)
{
    for (int64_t i = 0; i < SEARCH_MINUTES; i++) {
        minutes -= oracle_contains(calendar, from_ms + i * MINUTE_MS) ? 1 : 0;
        if (minutes == 0) {
            return from_ms + (i + 1) * MINUTE_MS;
        }
    }
    return NEVER_MS;
}

/* The last worked minute's end on the n-th worked local day after the first. */
static int64_t oracle_work_day(uint32_t calendar, int64_t days, int64_t from_ms)
{
    int64_t day = oracle_local(from_ms) / DAY_MS;
    int64_t counted_day = day;
    int64_t end_ms = NEVER_MS;
    for (int64_t i = 0; i < SEARCH_MINUTES; i++) {
        int64_t minute_ms = from_ms + i * MINUTE_MS;
        int64_t here = oracle_local(minute_ms) / DAY_MS;
        if (here <= day || !oracle_contains(calendar, minute_ms)) {
            continue;
        }
        if (here > counted_day) {
            counted_day = here;
            days--;
        }
        if (days < 0) {
            return end_ms;
        }
        end_ms = days == 0 ? minute_ms + MINUTE_MS : end_ms;
    }
    return days > 0 ? NEVER_MS : end_ms;
}

static int64_t oracle_next_change(uint32_t calendar, int64_t from_ms)
{
    bool is_inside = oracle_contains(calendar, from_ms);
    for (int64_t i = 1; i < SEARCH_MINUTES; i++) {
        if (oracle_contains(calendar, from_ms + i * MINUTE_MS) != is_inside) {
            return from_ms + i * MINUTE_MS;
        }
    }
    return NEVER_MS;
}

static void compare_once(void)
{
    int32_t day = 20000 + (int32_t)(next_random() % 3000);
    random_calendar(OFFICE, day);
    /* Clocks set back an hour and forward again some days later, at odd hours. */
    int64_t change_ms = day * DAY_MS + (int64_t)(next_random() % 2880) * MINUTE_MS;
    bool goes_back = next_random() % 2 == 0;
    transitions[0].offset_ms = 2 * HOUR_MS;
    transitions[1] = (struct city_transition){change_ms, (goes_back ? 1 : 3) * HOUR_MS};
    transitions[2] = (struct city_transition){change_ms + 5 * DAY_MS, 2 * HOUR_MS};
    city.transition_count = 3;
    int64_t from_ms = day * DAY_MS + (int64_t)(next_random() % 4320 - 1440) * MINUTE_MS;
    assert_int_equal(calendar_contains(&city, OFFICE, from_ms), oracle_contains(OFFICE, from_ms));
    int64_t minutes = 1 + (int64_t)(next_random() % 5000);
    struct clock_limit limit = limit_of(minutes * MINUTE_MS, UNIT_WORK_TIME);
    assert_int_equal(calendar_deadline(&city, OFFICE, limit, 0, from_ms),
                     oracle_work_time(OFFICE, minutes, from_ms));
    int64_t until_ms = from_ms + (int64_t)(next_random() % 20000) * MINUTE_MS;
    int64_t used = 0;
    for (int64_t t = from_ms; t < until_ms; t += MINUTE_MS) {
        used += oracle_contains(OFFICE, t) ? MINUTE_MS : 0;
    }
    assert_int_equal(calendar_used(&city, OFFICE, limit, from_ms, until_ms), used);
    assert_int_equal(calendar_next_change(&city, OFFICE, from_ms),
                     oracle_next_change(OFFICE, from_ms));
}

static void test_against_counting_minutes(void **unused)
{
    (void)unused;
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int i = 0; i < 1500; i++) {
        compare_once();
    }
}

static void test_working_days_against_counting(void **unused)
{
    (void)unused;
    (void)setup_city(NULL);
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int i = 0; i < 1500; i++) {
        int32_t day = 20000 + (int32_t)(next_random() % 3000);
        random_calendar(OFFICE, day);
        int64_t from_ms = day * DAY_MS + (int64_t)(next_random() % 4320) * MINUTE_MS;
        int64_t days = 1 + (int64_t)(next_random() % 8);
        assert_int_equal(work_days(days, from_ms), oracle_work_day(OFFICE, days, from_ms));
    }
}

static void test_unknown_calendar_is_a_bug(void **unused)
{
    (void)unused;
    expect_panic((void)calendar_contains(&city, CALENDAR_COUNT, 0));
    struct clock_limit limit = limit_of(-1, UNIT_WORK_TIME);
    expect_panic((void)calendar_deadline(&city, OFFICE, limit, 0, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup_city)
    const struct CMUnitTest tests[] = {
        TEST(test_lunch_is_no_working_time),
        TEST(test_weekend_is_skipped),
        TEST(test_national_day_week),
        TEST(test_both_readings_of_a_working_day),
        TEST(test_midnight),
        TEST(test_pauses_in_the_clocks_own_unit),
        TEST(test_a_working_day_clock_resumed),
        TEST(test_zero_is_no_clock),
        TEST(test_continuous_and_natural_days),
        TEST(test_a_year_of_working_hours),
        TEST(test_ends_of_validity),
        TEST(test_without_calendar_is_always),
        TEST(test_extreme_instants),
        TEST(test_against_counting_minutes),
        TEST(test_working_days_against_counting),
        TEST(test_unknown_calendar_is_a_bug),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_calendar", tests, NULL, NULL);
}
