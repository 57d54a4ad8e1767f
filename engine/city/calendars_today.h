/* calendars_today.h: calendars of a city that have ended by the day somebody looks, or will within a month.
 *
 * A load does not know the day: the same files make the same image on any. Whoever asks (`gridloop check`) does. */
#ifndef ENGINE_CITY_CALENDARS_TODAY_H
#define ENGINE_CITY_CALENDARS_TODAY_H

#include "engine/city/problems.h"
#include "engine/core/city.h"

/* C036, with the line of calendars.yaml: who is never on shift again and whose clocks have no working time any more. today is a
 * local day since 1970-01-01. */
void calendars_check_today(const char *directory, const struct city *city, int32_t today,
                           struct problems *problems);

#endif
