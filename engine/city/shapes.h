/* shapes.h: cell and area polygons inside a city image, in sections the core ignores.
 *
 * A polygon is an outer ring (is_hole 0) followed by its holes; a cell or area may own several polygons. Rings
 * stand in order of (table, owner). Points are WGS-84 in 1e-7 degrees; the last point repeats the first.
 * Also here: what only the resolver of facts needs to know of gateways and devices. */
#ifndef ENGINE_CITY_SHAPES_H
#define ENGINE_CITY_SHAPES_H

#include "engine/core/distance.h"
#include "engine/core/image.h"

enum shape_section {
    CITY_SHAPE_RINGS = 40,   /* struct shape_ring */
    CITY_SHAPE_POINTS = 41,  /* struct place */
    CITY_GATEWAY_CRS = 42,   /* u32 enum crs, one per row of CITY_GATEWAYS */
    CITY_DEVICE_HEALTH = 43, /* struct image_string, one per row of CITY_DEVICES */
};

enum shape_table { SHAPE_CELL = 0, SHAPE_AREA = 1 };

struct shape_ring {
    uint32_t owner;            /* row of CITY_CELLS or CITY_AREAS */
    uint16_t table;            /* enum shape_table */
    uint16_t is_hole;          /* 1: cut out of the polygon before it */
    struct image_range points; /* in CITY_SHAPE_POINTS, at least 4 */
};

_Static_assert(sizeof(struct shape_ring) == 16, "image row without padding");

#endif
