/* hours.h: who answers when: posts and calendars of a whole city, looked at once it is one image.
 *
 * A post resolves at an hour when somebody of its roster is on shift then, or when it has no roster: then it is somebody
 * else's address (fire.119). Where it does not, its department's lead, the city's desk and the command post stand in, in
 * that order, as engine/core/offices.c does. Hours are those of a week without holidays. */
#ifndef ENGINE_CITY_HOURS_H
#define ENGINE_CITY_HOURS_H

#include "engine/city/problems.h"
#include "engine/core/city.h"

/* C035: a limit of the catalogue that does not end before its department's calendar does. C040: hours at which a post is
 * empty, and who stands in. C041: hours at which nobody does. */
void hours_check(const struct city *city, struct problems *problems);

#endif
