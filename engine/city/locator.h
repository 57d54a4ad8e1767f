/* locator.h: which cell and which areas a place lies in.
 *
 * A point on a border is inside: of several cells the lowest row (lowest code) is taken.
 * Cost    one STRtree query, one prepared-geometry test per polygon whose box holds the place
 * Owner   copies the polygons; new/free; not shared between threads */
#ifndef ENGINE_CITY_LOCATOR_H
#define ENGINE_CITY_LOCATOR_H

#include "engine/city/shapes.h"
#include "engine/core/command.h"

struct locator; /* opaque */

/* Rings as in the image; every index is checked. ERR_MALFORMED, ERR_MEMORY. */
enum err locator_new(const struct shape_ring *rings, uint32_t ring_count,
                     const struct place *points, uint32_t point_count, uint32_t cell_count,
                     uint32_t area_count, struct locator **out_locator) WARN_UNUSED;
void locator_free(struct locator *locator);

/* The place is valid WGS-84. out_cell: row or NONE32. Returns the number of areas, ascending; where a place lies in more than
 * EVENT_AREAS_MAX areas, the lowest rows are kept. */
uint32_t locator_find(struct locator *locator, struct place place, uint32_t *out_cell,
                      uint16_t areas[EVENT_AREAS_MAX]);

#endif
