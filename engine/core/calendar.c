/* calendar.c: walks a calendar in pieces: spans in which nothing changes.
 *
 * A piece ends at the next edge of an interval, at local midnight, at a change of the UTC offset, or at an end of
 * the calendar's validity, whichever comes first. Inside a piece the offset is one number, so a wall clock
 * that is set back or forward needs no special case: an hour that happens twice counts twice, one that is skipped
 * does not count.
 *
 *   CONTINUOUS    value ms from the start, calendar ignored
 *   NATURAL_DAY   value times 24 h from the start, calendar ignored
 *   WORK_TIME     value ms inside the calendar; used up exactly at the end of an interval means that end
 *   WORK_DAY_END  end of the last interval of the value-th working day; the day it starts on is not counted
 *
 * A value of 0 is no clock: NEVER_MS. A WORK_DAY_END clock resumed after a pause carries its used working ms; they
 * count as whole days of the calendar's average working day, and what is left of a day is given back. */
#include "engine/core/calendar.h"

struct piece {
    bool is_inside;
    int64_t until_ms; /* NEVER_MS: nothing changes any more */
};

struct offset_span {
    int64_t offset_ms;
    int64_t until_ms;
};

static uint32_t transition_at(const struct city *city, int64_t at_ms)
{
    must(city->transition_count > 0);
    uint32_t low = 0;
    uint32_t high = city->transition_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (city->transitions[middle].at_ms <= at_ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct offset_span offset_span_at(const struct city *city, int64_t at_ms)
{
    uint32_t row = transition_at(city, at_ms);
    bool is_last = row + 1 == city->transition_count;
    return (struct offset_span){city->transitions[row].offset_ms,
                                is_last ? NEVER_MS : city->transitions[row + 1].at_ms};
}

/* The instant of a local time; the later one where it happens twice, the change where it is skipped. */
static int64_t instant_of_local(const struct city *city, int64_t local_ms)
{
    uint32_t row = transition_at(city, add_clamped(local_ms, DAY_MS));
    while (row > 0 &&
           add_clamped(city->transitions[row].at_ms, city->transitions[row].offset_ms) > local_ms) {
        row--;
    }
    int64_t at_ms = sub_clamped(local_ms, city->transitions[row].offset_ms);
    return row + 1 < city->transition_count ? min_i64(at_ms, city->transitions[row + 1].at_ms)
                                            : at_ms;
}

static const struct city_calendar *calendar_at(const struct city *city, uint32_t calendar)
{
    must(calendar < city->calendar_count);
    return &city->calendars[calendar];
}

/* Whose weekly pattern holds on a local day: 0 = Monday .. 6, -1 = closed. 1970-01-01 was a Thursday. */
static int32_t pattern_of_day(const struct city *city, const struct city_calendar *calendar,
                              int64_t day)
{
    uint32_t low = 0;
    uint32_t high = calendar->exceptions.count;
    const struct city_exception *exceptions = city->exceptions + calendar->exceptions.first;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (exceptions[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < calendar->exceptions.count && exceptions[low].day == day) {
        return exceptions[low].weekday;
    }
    return (int32_t)mod_floor(day + 3, 7);
}

/* The piece of a valid local day at ms_of_day; until_ms is an offset into that day. */
static struct piece piece_of_day(const struct city *city, const struct city_calendar *calendar,
                                 int64_t day, int64_t ms_of_day)
{
    int32_t pattern = pattern_of_day(city, calendar, day);
    if (pattern < 0) {
        return (struct piece){false, DAY_MS};
    }
    int64_t day_start = pattern * DAY_MS; /* in the week */
    int64_t at = day_start + ms_of_day;
    for (uint32_t i = 0; i < calendar->intervals.count; i++) {
        const struct city_interval *interval = &city->intervals[calendar->intervals.first + i];
        if (interval->end_minute * MINUTE_MS <= at) {
            continue;
        }
        bool is_inside = interval->start_minute * MINUTE_MS <= at;
        int64_t edge = (is_inside ? interval->end_minute : interval->start_minute) * MINUTE_MS;
        return (struct piece){is_inside, min_i64(edge - day_start, DAY_MS)};
    }
    return (struct piece){false, DAY_MS};
}

static struct piece piece_at(const struct city *city, const struct city_calendar *calendar,
                             int64_t at_ms)
{
    struct offset_span span = offset_span_at(city, at_ms);
    int64_t local_ms = add_clamped(at_ms, span.offset_ms);
    int64_t day = div_floor(local_ms, DAY_MS);
    struct piece piece;
    if (day > calendar->valid_until_day) {
        return (struct piece){false, NEVER_MS}; /* no change of offset can lead back over a day */
    }
    if (day == calendar->valid_until_day) {
        piece = (struct piece){false, sub_clamped((day + 1) * DAY_MS, span.offset_ms)};
    } else if (day < calendar->valid_from_day) {
        piece =
            (struct piece){false, sub_clamped(calendar->valid_from_day * DAY_MS, span.offset_ms)};
    } else {
        piece = piece_of_day(city, calendar, day, local_ms - day * DAY_MS);
        piece.until_ms = sub_clamped(day * DAY_MS + piece.until_ms, span.offset_ms);
    }
    piece.until_ms = min_i64(piece.until_ms, span.until_ms);
    must(piece.until_ms > at_ms);
    return piece;
}

bool calendar_contains(const struct city *city, uint32_t calendar, int64_t at_ms)
{
    return calendar == NONE32 || piece_at(city, calendar_at(city, calendar), at_ms).is_inside;
}

static int64_t work_time_deadline(const struct city *city, uint32_t calendar, int64_t left_ms,
                                  int64_t from_ms)
{
    if (calendar == NONE32) {
        return add_clamped(from_ms, left_ms);
    }
    const struct city_calendar *row = calendar_at(city, calendar);
    int64_t at_ms = from_ms;
    for (;;) {
        struct piece piece = piece_at(city, row, at_ms);
        if (piece.is_inside) {
            int64_t length_ms = sub_clamped(piece.until_ms, at_ms);
            if (left_ms <= length_ms) {
                return at_ms + left_ms;
            }
            left_ms -= length_ms;
        }
        if (piece.until_ms == NEVER_MS) {
            return NEVER_MS;
        }
        at_ms = piece.until_ms;
    }
}

/* Ms into the day at which its last interval ends; 0 = not a working day. */
static int64_t day_end_ms(const struct city *city, const struct city_calendar *calendar,
                          int64_t day)
{
    int32_t pattern = pattern_of_day(city, calendar, day);
    int64_t end_ms = 0;
    for (uint32_t i = 0; pattern >= 0 && i < calendar->intervals.count; i++) {
        const struct city_interval *interval = &city->intervals[calendar->intervals.first + i];
        int64_t start = interval->start_minute * MINUTE_MS - pattern * DAY_MS;
        int64_t end = interval->end_minute * MINUTE_MS - pattern * DAY_MS;
        if (start < DAY_MS && end > 0) {
            end_ms = min_i64(end, DAY_MS);
        }
    }
    return end_ms;
}

/* Working ms of an average working day of the weekly pattern; a day where there is no pattern. */
static int64_t average_day_ms(const struct city *city, const struct city_calendar *calendar)
{
    int64_t sum_ms = 0;
    uint32_t day_mask = 0; /* bit per weekday worked */
    for (uint32_t i = 0; i < calendar->intervals.count; i++) {
        const struct city_interval *interval = &city->intervals[calendar->intervals.first + i];
        sum_ms += (interval->end_minute - interval->start_minute) * MINUTE_MS;
        for (uint32_t day = interval->start_minute / 1440u;
             day <= (interval->end_minute - 1u) / 1440u; day++) {
            day_mask |= 1u << day;
        }
    }
    int64_t days = 0;
    for (; day_mask != 0; day_mask &= day_mask - 1) {
        days++;
    }
    return days == 0 ? DAY_MS : sum_ms / days;
}

static int64_t work_day_deadline(const struct city *city, uint32_t calendar, int64_t days,
                                 int64_t used_ms, int64_t from_ms)
{
    int64_t local_ms = city_local_ms(city, from_ms);
    int64_t day = div_floor(local_ms, DAY_MS);
    if (calendar == NONE32) {
        days -= used_ms / DAY_MS;
        return days < 0 ? from_ms : instant_of_local(city, (day + days + 1) * DAY_MS);
    }
    const struct city_calendar *row = calendar_at(city, calendar);
    days -= used_ms / average_day_ms(city, row);
    if (days < 0) {
        return from_ms;
    }
    day = max_i64(day, (int64_t)row->valid_from_day - 1);
    if (days == 0) { /* a resumed clock: what is left of this working day */
        bool is_over = local_ms - day * DAY_MS >= day_end_ms(city, row, day);
        day -= is_over ? 0 : 1;
        days = 1;
    }
    while (days > 0) {
        day++;
        if (day >= row->valid_until_day) {
            return NEVER_MS;
        }
        bool is_worked = day >= row->valid_from_day && day_end_ms(city, row, day) > 0;
        days -= is_worked ? 1 : 0;
    }
    return instant_of_local(city, day * DAY_MS + day_end_ms(city, row, day));
}

int64_t calendar_deadline(const struct city *city, uint32_t calendar, struct clock_limit limit,
                          int64_t used_ms, int64_t from_ms)
{
    must(limit.value >= 0);
    must(used_ms >= 0);
    must(limit.unit <= UNIT_NATURAL_DAY);
    if (limit.value == 0) {
        return NEVER_MS;
    }
    if (limit.unit == UNIT_WORK_DAY_END) {
        return work_day_deadline(city, calendar, limit.value, used_ms, from_ms);
    }
    int64_t whole_ms =
        limit.unit == UNIT_NATURAL_DAY ? mul_div(limit.value, DAY_MS, 1) : limit.value;
    int64_t left_ms = max_i64(whole_ms - used_ms, 0);
    if (limit.unit != UNIT_WORK_TIME || left_ms == 0) {
        return add_clamped(from_ms, left_ms);
    }
    return work_time_deadline(city, calendar, left_ms, from_ms);
}

int64_t calendar_used(const struct city *city, uint32_t calendar, struct clock_limit limit,
                      int64_t from_ms, int64_t until_ms)
{
    must(limit.unit <= UNIT_NATURAL_DAY);
    if (until_ms <= from_ms) {
        return 0;
    }
    bool is_continuous = limit.unit == UNIT_CONTINUOUS || limit.unit == UNIT_NATURAL_DAY;
    if (is_continuous || calendar == NONE32) {
        return sub_clamped(until_ms, from_ms);
    }
    const struct city_calendar *row = calendar_at(city, calendar);
    int64_t used_ms = 0;
    int64_t at_ms = from_ms;
    while (at_ms < until_ms) {
        struct piece piece = piece_at(city, row, at_ms);
        int64_t end_ms = min_i64(piece.until_ms, until_ms);
        used_ms = piece.is_inside ? add_clamped(used_ms, sub_clamped(end_ms, at_ms)) : used_ms;
        at_ms = end_ms;
    }
    return used_ms;
}

int64_t calendar_next_change(const struct city *city, uint32_t calendar, int64_t at_ms)
{
    if (calendar == NONE32) {
        return NEVER_MS;
    }
    const struct city_calendar *row = calendar_at(city, calendar);
    struct piece piece = piece_at(city, row, at_ms);
    bool was_inside = piece.is_inside;
    while (piece.until_ms != NEVER_MS) {
        int64_t edge_ms = piece.until_ms;
        piece = piece_at(city, row, edge_ms);
        if (piece.is_inside != was_inside) {
            return edge_ms;
        }
    }
    return NEVER_MS;
}
