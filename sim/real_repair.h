/* real_repair.h: polygons of public GeoJSON that touch or cross themselves, made proper before the strict reader sees them. */
#ifndef SIM_REAL_REPAIR_H
#define SIM_REAL_REPAIR_H

#include "engine/core/base.h"

#include <jansson.h>

/* Rewrites the Polygon and MultiPolygon geometries of a FeatureCollection in place. Returns how many polygons were
 * not proper. What cannot be read is left for the strict reader to complain about. */
uint32_t real_repair_polygons(json_t *collection);

#endif
