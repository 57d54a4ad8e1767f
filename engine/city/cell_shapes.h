/* cell_shapes.h: the outlines of a city's cells as its file has them, for maps: in WGS-84, whatever the city's `crs`.
 *
 * Owner   the caller's reference */
#ifndef ENGINE_CITY_CELL_SHAPES_H
#define ENGINE_CITY_CELL_SHAPES_H

#include <jansson.h>

/* The feature collection of DIRECTORY/cells.geojson; NULL without one. */
json_t *cell_shapes_load(const char *directory);

#endif
