/* calendar.h: working time: is an instant inside a calendar, and sums in working milliseconds.
 *
 * Units   ms; instants are ms since 1970 UTC, days are local to the city
 * Cost    O(days crossed x intervals per week)
 * Source  practice under GB/T 30428: pause arithmetic in the clock's own unit */
#ifndef ENGINE_CORE_CALENDAR_H
#define ENGINE_CORE_CALENDAR_H

#include "engine/core/city.h"

/* calendar == NONE32 means always. Outside the calendar's validity: false. */
bool calendar_contains(const struct city *city, uint32_t calendar, int64_t at_ms);

/* The instant at which limit is used up when it starts to run at from_ms with `used_ms` of it already gone (as
 * calendar_used gives it). A limit of 0 is no clock: NEVER_MS; so is a deadline beyond the calendar's end.
 *   CONTINUOUS    value ms on
 *   NATURAL_DAY   value times 24 h on
 *   WORK_TIME     value working ms on; used up just when work ends means that end
 *   WORK_DAY_END  the end of work on the value-th working day, the day of from_ms not counted. used_ms is worth
 *                 whole days of the calendar's average working day; with all days used, the end of the current
 *                 or next one; with more, from_ms */
int64_t calendar_deadline(const struct city *city, uint32_t calendar, struct clock_limit limit,
                          int64_t used_ms, int64_t from_ms);

/* Time used between two instants in the limit's unit: elapsed ms for CONTINUOUS and NATURAL_DAY, working ms
 * for WORK_TIME and WORK_DAY_END. */
int64_t calendar_used(const struct city *city, uint32_t calendar, struct clock_limit limit,
                      int64_t from_ms, int64_t until_ms);

/* The next instant after at_ms at which containment changes, or NEVER_MS. */
int64_t calendar_next_change(const struct city *city, uint32_t calendar, int64_t at_ms);

#endif
