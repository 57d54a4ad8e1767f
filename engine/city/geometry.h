/* geometry.h: polygons through GEOS, in units of 1e-7 degrees so that coordinates are whole numbers and tests exact.
 *
 * Owner   a geometry_kit is not shared between threads; polygons are destroyed by the caller */
#ifndef ENGINE_CITY_GEOMETRY_H
#define ENGINE_CITY_GEOMETRY_H

#include <geos_c.h>
#include <stdbool.h>

#include "engine/city/shapes.h"

/* NULL when out of memory. Messages of GEOS are dropped: callers say what went wrong in the user's terms. */
GEOSContextHandle_t geometry_open(void);
void geometry_close(GEOSContextHandle_t geos);

/* One outer ring with its holes. NULL when out of memory or where a ring is not closed. */
GEOSGeometry *geometry_polygon(GEOSContextHandle_t geos, const struct shape_ring *rings,
                               uint32_t ring_count, const struct place *points);

/* Rings of the polygon that starts at rings[0]: itself and the holes that follow. */
uint32_t geometry_polygon_rings(const struct shape_ring *rings, uint32_t ring_count);

/* False with a reason ("Self-intersection") and a place. Both buffers are the caller's. */
bool geometry_is_valid(GEOSContextHandle_t geos, const GEOSGeometry *polygon, char *out_reason,
                       size_t reason_size, struct place *out_place);

/* A place inside, away from the border where possible. */
struct place geometry_inner_place(GEOSContextHandle_t geos, const GEOSGeometry *polygon);

/* Square metres, from the polygon's area at the latitude of its middle. */
double geometry_area_m2(GEOSContextHandle_t geos, const GEOSGeometry *polygon);

#endif
