/* geojson.h: polygons of GeoJSON files with their properties, checked and in WGS-84.
 *
 * Coordinates are rounded to 1e-7 degrees before they are checked, so that what is checked is what is used.
 * Problems C019, C021..C025; a feature with a problem is left out.
 *
 * Owner   init/fini; feature texts lie in the pool */
#ifndef ENGINE_CITY_GEOJSON_H
#define ENGINE_CITY_GEOJSON_H

#include <jansson.h>

#include "engine/city/crs.h"
#include "engine/city/geometry.h"
#include "engine/city/text_file.h"

struct feature {
    const char *file;
    int number;        /* from 1, in its file */
    const char *label; /* "feature 3 (code 110108)" for problems */
    const json_t *properties;
    uint32_t first_ring;
    uint32_t ring_count;
    uint32_t first_polygon;
    uint32_t polygon_count;
};

struct features {
    struct pool *pool;
    struct problems *problems;
    GEOSContextHandle_t geos;
    struct feature *list;
    uint32_t count;
    uint32_t capacity;
    struct shape_ring *rings; /* owner and table unset */
    uint32_t ring_count;
    uint32_t ring_capacity;
    struct place *points;
    uint32_t point_count;
    uint32_t point_capacity;
    GEOSGeometry **polygons;
    uint32_t polygon_count;
    uint32_t polygon_capacity;
    json_t **roots; /* parsed files, kept for their properties */
    uint32_t root_count;
    uint32_t root_capacity;
};

void features_init(struct features *features, struct pool *pool, struct problems *problems);
void features_fini(struct features *features);

/* Adds the features of one file. label_key: the property that names a feature to people. */
void features_add_file(struct features *features, const struct text_file *file, enum crs crs,
                       const char *label_key);

/* A property as text: strings and whole numbers. "" where it is absent; a problem where it is absent but needed, or of
 * another kind. */
const char *feature_text(struct features *features, const struct feature *feature, const char *key,
                         bool is_needed);

#endif
