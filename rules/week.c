/* week.c: see week.h. */
#include "rules/week.h"

#include "engine/core/calendar.h"

#define WEEK_MS (7 * DAY_MS)
#define MONDAY_DAY 4 /* 1970-01-05 */
#define WEEKS_LOOKED_AT 60
#define EXCEPTIONS_LOOKED_AT 400u

struct week_entry {
    const struct rule *rule; /* the first with that clause */
    struct week week;
};

struct weeks {
    struct arena *arena;
    const struct city *city;
    struct week_entry **entries;
    uint32_t count, capacity;
};

struct weeks *weeks_new(struct arena *arena, const struct city *city)
{
    struct weeks *weeks = arena_take(arena, sizeof *weeks);
    *weeks = (struct weeks){.arena = arena, .city = city};
    return weeks;
}

static bool rows_are_equal(const struct rule_rows *a, const struct rule_rows *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof a->items[0]) == 0);
}

static bool clauses_are_equal(const struct rule *a, const struct rule *b)
{
    return rows_are_equal(&a->calendars_in, &b->calendars_in) &&
           rows_are_equal(&a->calendars_out, &b->calendars_out);
}

static void paint(const struct city *city, const struct rule_rows *rows, bool is_set,
                  struct week *week)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct city_calendar *calendar = &city->calendars[rows->items[i]];
        for (uint32_t k = 0; k < calendar->intervals.count; k++) {
            const struct city_interval *interval = &city->intervals[calendar->intervals.first + k];
            for (uint32_t minute = interval->start_minute; minute < interval->end_minute;
                 minute++) {
                const uint64_t bit = UINT64_C(1) << (minute % 64);
                week->words[minute / 64] =
                    is_set ? week->words[minute / 64] | bit : week->words[minute / 64] & ~bit;
            }
        }
    }
}

/* Calendars with exceptions, or that end, hold at other times than their weekly pattern says. */
static bool is_plain(const struct city *city, const struct rule_rows *rows)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        if (city->calendars[rows->items[i]].exceptions.count > 0) {
            return false;
        }
    }
    return true;
}

static void week_fill(const struct city *city, const struct rule *rule, struct week *week)
{
    if (rule->calendars_in.count == 0) {
        memset(week->words, 0xff, sizeof week->words);
        week->words[WEEK_WORDS - 1] >>= WEEK_WORDS * 64 - WEEK_MINUTES;
    }
    paint(city, &rule->calendars_in, true, week);
    paint(city, &rule->calendars_out, false, week);
    week->is_plain = is_plain(city, &rule->calendars_in) && is_plain(city, &rule->calendars_out);
}

const struct week *weeks_of(struct weeks *weeks, const struct rule *rule)
{
    for (uint32_t i = 0; i < weeks->count; i++) {
        if (clauses_are_equal(weeks->entries[i]->rule, rule)) {
            return &weeks->entries[i]->week;
        }
    }
    if (weeks->count == weeks->capacity) {
        const uint32_t capacity = weeks->capacity == 0 ? 16 : 2 * weeks->capacity;
        weeks->entries =
            arena_grow(weeks->arena, weeks->entries, weeks->count * sizeof weeks->entries[0],
                       capacity * sizeof weeks->entries[0]);
        weeks->capacity = capacity;
    }
    struct week_entry *entry = arena_take(weeks->arena, sizeof *entry);
    entry->rule = rule;
    week_fill(weeks->city, rule, &entry->week);
    weeks->entries[weeks->count++] = entry;
    return &entry->week;
}

static bool is_valid_as_long(const struct city *city, const struct rule_rows *inner,
                             const struct rule_rows *outer)
{
    for (uint32_t i = 0; i < outer->count; i++) {
        const struct city_calendar *b = &city->calendars[outer->items[i]];
        for (uint32_t k = 0; k < inner->count; k++) {
            const struct city_calendar *a = &city->calendars[inner->items[k]];
            if (a->valid_from_day < b->valid_from_day || a->valid_until_day > b->valid_until_day) {
                return false;
            }
        }
    }
    return inner->count > 0 || outer->count == 0;
}

bool week_is_within(const struct weeks *weeks, const struct rule *inner,
                    const struct week *inner_week, const struct rule *outer,
                    const struct week *outer_week)
{
    if (clauses_are_equal(inner, outer) ||
        (outer->calendars_in.count == 0 && outer->calendars_out.count == 0)) {
        return true;
    }
    for (uint32_t i = 0; i < WEEK_WORDS; i++) {
        if ((inner_week->words[i] & ~outer_week->words[i]) != 0) {
            return false;
        }
    }
    return inner_week->is_plain && outer_week->is_plain &&
           is_valid_as_long(weeks->city, &inner->calendars_in, &outer->calendars_in);
}

bool week_may_meet(const struct week *a, const struct week *b)
{
    if (!a->is_plain || !b->is_plain) {
        return true;
    }
    for (uint32_t i = 0; i < WEEK_WORDS; i++) {
        if ((a->words[i] & b->words[i]) != 0) {
            return true;
        }
    }
    return false;
}

static bool is_during(const struct city *city, const struct rule_rows *rows, int64_t at_ms)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        if (calendar_contains(city, rows->items[i], at_ms)) {
            return true;
        }
    }
    return false;
}

bool week_clause_holds(const struct city *city, const struct rule *rule, int64_t at_ms)
{
    return (rule->calendars_in.count == 0 || is_during(city, &rule->calendars_in, at_ms)) &&
           !is_during(city, &rule->calendars_out, at_ms);
}

/* The instant of a local time; within an hour that a change of the clock skips, one nearby. */
static int64_t instant_of(const struct city *city, int64_t local_ms)
{
    int64_t at_ms = local_ms;
    for (int i = 0; i < 3; i++) {
        at_ms -= city_local_ms(city, at_ms) - local_ms;
    }
    return at_ms;
}

/* Starts at the latest first day of any calendar, so that all of them hold. */
static int64_t first_day(const struct city *city, const struct rule *a, const struct rule *b)
{
    const struct rule_rows *rows[4] = {&a->calendars_in, &a->calendars_out, &b->calendars_in,
                                       &b->calendars_out};
    int64_t day = 0;
    for (uint32_t i = 0; i < COUNT_OF(rows); i++) {
        for (uint32_t k = 0; k < rows[i]->count; k++) {
            day = max_i64(day, city->calendars[rows[i]->items[k]].valid_from_day);
        }
    }
    return day == 0 ? 20454 : day; /* without calendars: the first day of 2026 */
}

static bool both_hold(const struct city *city, const struct rule *a, const struct rule *b,
                      int64_t local_ms, int64_t *out_at_ms)
{
    *out_at_ms = instant_of(city, local_ms);
    return week_clause_holds(city, a, *out_at_ms) && week_clause_holds(city, b, *out_at_ms);
}

/* Days on which a calendar departs from its week: every hour and half of each. */
static bool find_on_exceptions(const struct city *city, const struct rule *a, const struct rule *b,
                               const struct rule_rows *rows, uint32_t *budget, int64_t *out_at_ms)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct city_calendar *calendar = &city->calendars[rows->items[i]];
        for (uint32_t k = 0; k<calendar->exceptions.count && * budget> 0; k++, (*budget)--) {
            const int64_t day = city->exceptions[calendar->exceptions.first + k].day;
            for (int64_t minute = 0; minute < 1440; minute += 30) {
                if (both_hold(city, a, b, day * DAY_MS + minute * MINUTE_MS, out_at_ms)) {
                    return true;
                }
            }
        }
    }
    return false;
}

bool week_find_instant(const struct weeks *weeks, const struct rule *a, const struct week *a_week,
                       const struct rule *b, const struct week *b_week, int64_t *out_at_ms)
{
    const struct city *city = weeks->city;
    const int64_t day = first_day(city, a, b);
    const int64_t monday = day + (7 - (day - MONDAY_DAY) % 7) % 7;
    for (uint32_t i = 0; i < WEEK_WORDS; i++) {
        uint64_t shared = a_week->words[i] & b_week->words[i];
        if (shared == 0) {
            continue;
        }
        const int64_t minute = (int64_t)i * 64 + __builtin_ctzll(shared);
        for (int64_t week = 0; week < WEEKS_LOOKED_AT; week++) {
            const int64_t local_ms = monday * DAY_MS + week * WEEK_MS + minute * MINUTE_MS;
            if (both_hold(city, a, b, local_ms, out_at_ms)) {
                return true;
            }
        }
    }
    uint32_t budget = EXCEPTIONS_LOOKED_AT;
    return find_on_exceptions(city, a, b, &a->calendars_in, &budget, out_at_ms) ||
           find_on_exceptions(city, a, b, &a->calendars_out, &budget, out_at_ms) ||
           find_on_exceptions(city, a, b, &b->calendars_in, &budget, out_at_ms) ||
           find_on_exceptions(city, a, b, &b->calendars_out, &budget, out_at_ms);
}
