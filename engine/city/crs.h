/* crs.h: coordinate systems of sources, to WGS-84.
 *
 * GCJ-02 shifts WGS-84 by up to 700 m inside mainland China; BD-09 shifts GCJ-02 again. Neither has a published
 * inverse: it is found by fixed-point iteration on the public forward formula, to well below a metre.
 * Outside the formula's rectangle (72.004..137.8347 E, 0.8293..55.8271 N) GCJ-02 is WGS-84. */
#ifndef ENGINE_CITY_CRS_H
#define ENGINE_CITY_CRS_H

#include "engine/core/distance.h"

enum crs { CRS_WGS84 = 0, CRS_GCJ02 = 1, CRS_BD09 = 2, CRS_COUNT = 3 };

/* "wgs84", "gcj02", "bd09"; the index is enum crs. */
extern const char *const CRS_NAMES[CRS_COUNT];

/* Degrees. */
struct degrees {
    double lon;
    double lat;
};

struct degrees crs_to_wgs84(enum crs crs, struct degrees from);
struct degrees crs_from_wgs84(enum crs crs, struct degrees from);

/* Rounded to 1e-7 degrees; the argument lies within +-180, +-90. */
struct place degrees_to_place(struct degrees degrees);
struct degrees place_to_degrees(struct place place);

/* A known, valid place of that system; longitudes and latitudes are kept within their limits. */
struct place crs_place_to_wgs84(enum crs crs, struct place place);

#endif
