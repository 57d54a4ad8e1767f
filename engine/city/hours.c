/* hours.c: see hours.h. */
#include "engine/city/hours.h"

#include "engine/core/calendar.h"

#include <stdio.h>
#include <string.h>

#define HOURS 168u
#define SPANS_SHOWN 21u /* three a day */
#define TEXT_SIZE 512

static const char *const DAYS[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* By the weekly pattern, at the hour's first minute. */
static bool is_open_at(const struct city *city, uint32_t calendar, uint32_t hour)
{
    if (calendar == NONE32) {
        return true;
    }
    const struct image_range range = city->calendars[calendar].intervals;
    for (uint32_t i = 0; i < range.count; i++) {
        const struct city_interval *span = &city->intervals[range.first + i];
        if (span->start_minute <= hour * 60 && hour * 60 < span->end_minute) {
            return true;
        }
    }
    return false;
}

static bool is_staffed(const struct city *city, uint32_t post, uint32_t hour)
{
    const struct image_range range = city->posts[post].persons;
    bool is_there = range.count == 0; /* an address elsewhere */
    for (uint32_t i = 0; i < range.count && !is_there; i++) {
        is_there = is_open_at(city, city->persons[city->post_persons[range.first + i]].shift, hour);
    }
    return is_there;
}

/* Who answers for the post at that hour; NONE32 = nobody. */
static uint32_t stand_in(const struct city *city, uint32_t post, uint32_t hour)
{
    const uint32_t department = city->posts[post].department;
    const uint32_t chain[] = {
        post, department == NONE32 ? NONE32 : city->departments[department].lead_post,
        city->info->desk_post, city->info->command_post};
    for (size_t i = 0; i < COUNT_OF(chain); i++) {
        if (chain[i] != NONE32 && is_staffed(city, chain[i], hour)) {
            return chain[i];
        }
    }
    return NONE32;
}

/* "Mon 00:00-08:00, Mon 18:00-24:00, ...": the hours at which `who` answers; how many there are. */
static uint32_t put_hours(const uint32_t who[HOURS], uint32_t wanted, char text[TEXT_SIZE])
{
    uint32_t count = 0, shown = 0;
    int length = 0;
    text[0] = '\0';
    for (uint32_t hour = 0; hour < HOURS; hour++) {
        const bool is_first = who[hour] == wanted && (hour % 24 == 0 || who[hour - 1] != wanted);
        count += who[hour] == wanted;
        if (!is_first || shown > SPANS_SHOWN) {
            continue;
        }
        uint32_t end = hour;
        while (end / 24 == hour / 24 && end < HOURS && who[end] == wanted) {
            end++;
        }
        length +=
            shown == SPANS_SHOWN
                ? snprintf(text + length, TEXT_SIZE - (size_t)length, ", ...")
                : snprintf(text + length, TEXT_SIZE - (size_t)length, "%s%s %02u:00-%02u:00",
                           shown == 0 ? "" : ", ", DAYS[hour / 24], hour % 24, (end - 1) % 24 + 1);
        shown++;
    }
    return count;
}

static void check_post(const struct city *city, uint32_t post, struct problems *problems)
{
    uint32_t who[HOURS];
    char hours[TEXT_SIZE];
    const struct image_string code = city->posts[post].code;
    for (uint32_t hour = 0; hour < HOURS; hour++) {
        who[hour] = stand_in(city, post, hour);
    }
    for (uint32_t hour = 0; hour < HOURS; hour++) {
        bool is_told = who[hour] == post;
        for (uint32_t before = 0; before < hour && !is_told; before++) {
            is_told = who[before] == who[hour];
        }
        if (is_told) {
            continue;
        }
        const uint32_t count = put_hours(who, who[hour], hours);
        if (who[hour] == NONE32) {
            problems_add(problems, PROBLEM_WARNING, "C041", "posts.csv", 0, 0,
                         "post \"%.*s\" has nobody on duty, nor has its lead, the desk or the "
                         "command post, in %u hours "
                         "of a week: %s; give one of them a roster that covers these",
                         (int)code.size, city_text(city, code), count, hours);
        } else {
            const struct image_string other = city->posts[who[hour]].code;
            problems_add(
                problems, PROBLEM_NOTE, "C040", "posts.csv", 0, 0,
                "post \"%.*s\" has nobody on duty in %u hours of a week: %s; \"%.*s\" stands in",
                (int)code.size, city_text(city, code), count, hours, (int)other.size,
                city_text(city, other));
        }
    }
}

/* A deadline beyond the calendar's end would never come. */
static void check_class(const struct city *city, uint32_t row, struct problems *problems)
{
    const struct city_class *class_row = &city->classes[row];
    const uint32_t calendar = class_row->department == NONE32
                                  ? NONE32
                                  : city->departments[class_row->department].calendar;
    const bool is_work =
        class_row->handle.unit == UNIT_WORK_TIME || class_row->handle.unit == UNIT_WORK_DAY_END;
    if (calendar == NONE32 || !is_work || class_row->handle.value == 0) {
        return;
    }
    const struct city_calendar *cal = &city->calendars[calendar];
    const int64_t from_ms = (int64_t)cal->valid_from_day * DAY_MS;
    if (calendar_deadline(city, calendar, class_row->handle, 0, from_ms) == NEVER_MS) {
        const uint32_t last = city_date_of_day((int64_t)cal->valid_until_day - 1);
        problems_add(problems, PROBLEM_ERROR, "C035", "catalogue.csv", 0, 0,
                     "class \"%.*s\": its limit does not end before calendar \"%.*s\" does on "
                     "%04u-%02u-%02u; extend `valid` in "
                     "calendars.yaml or shorten the limit",
                     (int)class_row->code.size, city_text(city, class_row->code),
                     (int)cal->name.size, city_text(city, cal->name), last / 10000,
                     last / 100 % 100, last % 100);
    }
}

void hours_check(const struct city *city, struct problems *problems)
{
    for (uint32_t row = 0; row < city->class_count; row++) {
        check_class(city, row, problems);
    }
    for (uint32_t post = 0; post < city->post_count; post++) {
        check_post(city, post, problems);
    }
}
