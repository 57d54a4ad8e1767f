/* calendar.h: working time: is an instant inside a calendar, and sums in working milliseconds.
 *
 * Units   ms; instants are ms since 1970 UTC, days are local to the city
 * Cost    O(days crossed x intervals per week)
 * Source  domain.md of GB/T 30428 practice: pause arithmetic in the clock's own unit */
#ifndef ENGINE_CORE_CALENDAR_H
#define ENGINE_CORE_CALENDAR_H

#include "engine/core/city.h"

/* calendar == NONE32 means always. Outside the calendar's validity: false. */
bool calendar_contains(const struct city *city, uint32_t calendar, int64_t at_ms);

/* The instant at which limit is used up when it starts to run at from_ms with `used` already gone (same
 * unit: ms for CONTINUOUS and WORK_TIME; day units never carry a part, used must be 0 for them unless
 * resumed by the caller). NEVER_MS when the calendar ends before. */
int64_t calendar_deadline(const struct city *city, uint32_t calendar, struct clock_limit limit,
                          int64_t used_ms, int64_t from_ms);

/* Time used between two instants in the limit's unit: elapsed ms for CONTINUOUS and NATURAL_DAY, working ms
 * for WORK_TIME and WORK_DAY_END. */
int64_t calendar_used(const struct city *city, uint32_t calendar, struct clock_limit limit,
                      int64_t from_ms, int64_t until_ms);

/* The next instant after at_ms at which containment changes, or NEVER_MS. */
int64_t calendar_next_change(const struct city *city, uint32_t calendar, int64_t at_ms);

#endif
