/* door_time.h: instants as strangers write them, to ms since 1970 UTC.
 *
 * A format is "ms", "s", "iso", or strptime's letters, with %f for a fraction of digits at the end ("%Y%m%d%H%M%S%f").
 * Without a format: a number is s or ms by its size, a text is ISO 8601 or "2026-03-03 08:20:00" or "2026/03/03 08:20:00".
 * A local time needs a zone, fixed or by name; there is no default: eight hours of error look right.
 *
 * Owner   init/fini
 * Threads reading is safe anywhere; door_zone_init of a named zone switches TZ and belongs before other threads start */
#ifndef ENGINE_DOORS_DOOR_TIME_H
#define ENGINE_DOORS_DOOR_TIME_H

#include "engine/city/time_zone.h"

struct door_zone {
    struct city_transition *rows; /* malloc'ed; NULL: none is known */
    uint32_t count;
};

/* "+08:00", "Z", or a name such as "Asia/Shanghai". ERR_NOT_FOUND, ERR_MEMORY. */
enum err door_zone_init(struct door_zone *zone, const char *name) WARN_UNUSED;
void door_zone_fini(struct door_zone *zone);

/* format NULL: guessed. False where text is no such instant, or is local and zone is empty. */
bool door_time_parse(const char *text, const char *format, const struct door_zone *zone,
                     int64_t *out_ms);

#endif
