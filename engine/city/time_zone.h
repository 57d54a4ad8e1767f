/* time_zone.h: the changes of the UTC offset of a zone, from the system's zoneinfo.
 *
 * Not thread-safe: the C library's zone is switched for the time of the call (TZ), and put back. */
#ifndef ENGINE_CITY_TIME_ZONE_H
#define ENGINE_CITY_TIME_ZONE_H

#include "engine/core/city.h"

/* Whether the system knows a zone of that name. */
bool time_zone_is_known(const char *name);

/* Changes from 2000 to 2100, the first row at INT64_MIN. Rows are malloc'ed. ERR_NOT_FOUND, ERR_MEMORY. */
enum err time_zone_load(const char *name, struct city_transition **out_rows,
                        uint32_t *out_count) WARN_UNUSED;

#endif
