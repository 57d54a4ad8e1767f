/* door_maps.h: the shipped maps and a city's own (CITY/doors/NAME.yaml, which go before), by name.
 *
 * Read once, before other threads start: a named time zone is looked up by switching TZ.
 *
 * Owner   new/free
 * Errors  problems of files that cannot be used; the others are there */
#ifndef ENGINE_DOORS_DOOR_MAPS_H
#define ENGINE_DOORS_DOOR_MAPS_H

#include "engine/doors/door_map.h"

#define DOOR_MAPS_MAX 64u
#define DOOR_MAPS_FOLDER "doors" /* of a city directory */

struct door_maps; /* opaque */

/* city: its directory, or NULL. NULL: out of memory. */
struct door_maps *door_maps_new(struct problems *problems, const char *city);
void door_maps_free(struct door_maps *maps);

/* NULL: there is none of that name. */
const struct door_map *door_maps_find(const struct door_maps *maps, const char *name);

#endif
