/* real_shapes.h: polygons of a GeoJSON file (plain or gzip) for the city importers: where a place lies, and writing
 * them out again.
 *
 * Owner   open/close */
#ifndef SIM_REAL_SHAPES_H
#define SIM_REAL_SHAPES_H

#include "engine/city/geojson.h"
#include "engine/city/locator.h"
#include "sim/city_file.h"

struct real_shapes {
    struct features features;
    struct locator *locator;
    uint32_t repaired; /* polygons that crossed or touched themselves in the file (real_repair.h) */
};

/* label_key names a feature in problems. Polygons that cross or touch themselves are repaired and counted. */
enum err real_shapes_open(const char *path, const char *label_key, struct pool *pool,
                          struct problems *problems, struct real_shapes *out_shapes) WARN_UNUSED;
void real_shapes_close(struct real_shapes *shapes);

/* The feature that holds the place, or NONE32. */
uint32_t real_shapes_find(struct real_shapes *shapes, struct place place);

/* The feature whose border is nearest, for places in none. count > 0. */
uint32_t real_shapes_nearest(const struct real_shapes *shapes, struct place place);

/* A place inside the feature. */
struct place real_shapes_inner(const struct real_shapes *shapes, uint32_t feature);

const char *real_shapes_text(struct real_shapes *shapes, uint32_t feature, const char *key);

/* {"type": "MultiPolygon", "coordinates": ...} */
void real_shapes_print(const struct real_shapes *shapes, uint32_t feature, struct city_file *file);

#endif
