/* geojson.c: see geojson.h. RFC 7946 with the old `crs` member ignored. */
#include "engine/city/geojson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160
#define REASON_MAX 96
#define RING_POINTS_MIN 4u

void features_init(struct features *features, struct pool *pool, struct problems *problems)
{
    *features = (struct features){.pool = pool, .problems = problems, .geos = geometry_open()};
    must(features->geos != NULL);
}

void features_fini(struct features *features)
{
    for (uint32_t i = 0; i < features->polygon_count; i++) {
        GEOSGeom_destroy_r(features->geos, features->polygons[i]);
    }
    for (uint32_t i = 0; i < features->root_count; i++) {
        json_decref(features->roots[i]);
    }
    free(features->list);
    free(features->rings);
    free(features->points);
    free(features->polygons);
    free(features->roots);
    geometry_close(features->geos);
    *features = (struct features){.geos = NULL};
}

static const char *make_label(struct features *features, int number, const json_t *properties,
                              const char *key)
{
    char label[LABEL_MAX];
    const json_t *name = json_object_get(properties, key);
    if (json_is_string(name)) {
        (void)snprintf(label, sizeof label, "feature %d (%s %.100s)", number, key,
                       json_string_value(name));
    } else if (json_is_integer(name)) {
        (void)snprintf(label, sizeof label, "feature %d (%s %" JSON_INTEGER_FORMAT ")", number, key,
                       json_integer_value(name));
    } else {
        (void)snprintf(label, sizeof label, "feature %d", number);
    }
    return pool_text(features->pool, label, strlen(label));
}

static bool read_place(struct features *features, const struct feature *feature,
                       const json_t *position, enum crs crs, struct place *out_place)
{
    const json_t *lon = json_array_get(position, 0);
    const json_t *lat = json_array_get(position, 1);
    if (!json_is_number(lon) || !json_is_number(lat)) {
        problems_add(features->problems, PROBLEM_ERROR, "C022", feature->file, 0, 0,
                     "%s: a position should be [longitude, latitude]", feature->label);
        return false;
    }
    struct degrees degrees = {json_number_value(lon), json_number_value(lat)};
    if (!(fabs(degrees.lon) <= 180.0 && fabs(degrees.lat) <= 90.0)) {
        problems_add(features->problems, PROBLEM_ERROR, "C019", feature->file, 0, 0,
                     "%s: [%.7g, %.7g] is not [longitude, latitude]%s", feature->label, degrees.lon,
                     degrees.lat,
                     fabs(degrees.lat) <= 180.0 && fabs(degrees.lon) <= 90.0
                         ? "; are the two swapped?"
                         : "");
        return false;
    }
    *out_place = degrees_to_place(crs_to_wgs84(crs, degrees));
    return true;
}

static bool place_is_same(struct place a, struct place b)
{
    return a.lon == b.lon && a.lat == b.lat;
}

/* Drops repeated positions and spikes that go out and back over the same ones: rounding makes both, and neither holds any
 * ground. The ring is closed and stays so; where nothing else is left it shrinks below four points. */
static uint32_t ring_clean(struct place *points, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (kept > 0 && place_is_same(points[kept - 1], points[i])) {
            continue;
        }
        if (kept > 1 && place_is_same(points[kept - 2], points[i])) {
            kept--; /* the tip of a spike; its foot is there already */
            continue;
        }
        points[kept++] = points[i];
    }
    /* A spike whose foot is the point where the ring starts and ends. */
    while (kept >= 4 && place_is_same(points[1], points[kept - 2])) {
        memmove(points, points + 1, (kept - 2) * sizeof *points);
        kept -= 2;
    }
    return kept;
}

static bool read_ring(struct features *features, const struct feature *feature,
                      const json_t *positions, enum crs crs, bool is_hole)
{
    size_t count = json_array_size(positions);
    if (!json_is_array(positions) || count < RING_POINTS_MIN || count > UINT32_MAX / 2) {
        problems_add(features->problems, PROBLEM_ERROR, "C024", feature->file, 0, 0,
                     "%s: a ring needs at least four positions, the last equal to the first",
                     feature->label);
        return false;
    }
    struct shape_ring ring = {.is_hole = is_hole,
                              .points = {features->point_count, (uint32_t)count}};
    for (size_t i = 0; i < count; i++) {
        features->points = pool_grow_rows(features->points, sizeof *features->points,
                                          features->point_count, &features->point_capacity);
        if (!read_place(features, feature, json_array_get(positions, i), crs,
                        &features->points[features->point_count])) {
            return false;
        }
        features->point_count++;
    }
    struct place first = features->points[ring.points.first];
    struct place last = features->points[features->point_count - 1];
    if (first.lon != last.lon || first.lat != last.lat) {
        problems_add(
            features->problems, PROBLEM_ERROR, "C024", feature->file, 0, 0,
            "%s: a ring is not closed: it starts at [%.7f, %.7f] and ends at [%.7f, %.7f]; repeat "
            "the first position at the end",
            feature->label, first.lon / 1e7, first.lat / 1e7, last.lon / 1e7, last.lat / 1e7);
        return false;
    }
    ring.points.count = ring_clean(features->points + ring.points.first, ring.points.count);
    features->point_count = ring.points.first + ring.points.count;
    if (ring.points.count < RING_POINTS_MIN) {
        problems_add(
            features->problems, PROBLEM_ERROR, "C024", feature->file, 0, 0,
            "%s: a ring at [%.7f, %.7f] holds no ground: all its positions lie on one line",
            feature->label, first.lon / 1e7, first.lat / 1e7);
        return false;
    }
    features->rings = pool_grow_rows(features->rings, sizeof *features->rings, features->ring_count,
                                     &features->ring_capacity);
    features->rings[features->ring_count++] = ring;
    return true;
}

static bool read_polygon(struct features *features, const struct feature *feature,
                         const json_t *rings, enum crs crs)
{
    uint32_t first = features->ring_count;
    if (!json_is_array(rings) || json_array_size(rings) == 0) {
        problems_add(features->problems, PROBLEM_ERROR, "C022", feature->file, 0, 0,
                     "%s: a polygon should be a list of rings", feature->label);
        return false;
    }
    for (size_t i = 0; i < json_array_size(rings); i++) {
        if (!read_ring(features, feature, json_array_get(rings, i), crs, i > 0)) {
            return false;
        }
    }
    GEOSGeometry *polygon = geometry_polygon(features->geos, features->rings + first,
                                             features->ring_count - first, features->points);
    must(polygon != NULL);
    char reason[REASON_MAX];
    struct place where;
    if (!geometry_is_valid(features->geos, polygon, reason, sizeof reason, &where)) {
        problems_add(features->problems, PROBLEM_ERROR, "C025", feature->file, 0, 0,
                     "%s: not a proper polygon: %s at [%.7f, %.7f]", feature->label, reason,
                     where.lon / 1e7, where.lat / 1e7);
        GEOSGeom_destroy_r(features->geos, polygon);
        return false;
    }
    features->polygons = pool_grow_rows(features->polygons, sizeof(GEOSGeometry *),
                                        features->polygon_count, &features->polygon_capacity);
    features->polygons[features->polygon_count++] = polygon;
    return true;
}

static bool read_geometry(struct features *features, const struct feature *feature,
                          const json_t *geometry, enum crs crs)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    if (type != NULL && strcmp(type, "Polygon") == 0) {
        return read_polygon(features, feature, coordinates, crs);
    }
    if (type == NULL || strcmp(type, "MultiPolygon") != 0) {
        problems_add(features->problems, PROBLEM_ERROR, "C022", feature->file, 0, 0,
                     "%s: the geometry is %s; it should be Polygon or MultiPolygon", feature->label,
                     type == NULL ? "missing" : type);
        return false;
    }
    if (!json_is_array(coordinates) || json_array_size(coordinates) == 0) {
        problems_add(features->problems, PROBLEM_ERROR, "C022", feature->file, 0, 0,
                     "%s: a MultiPolygon should be a list of polygons", feature->label);
        return false;
    }
    for (size_t i = 0; i < json_array_size(coordinates); i++) {
        if (!read_polygon(features, feature, json_array_get(coordinates, i), crs)) {
            return false;
        }
    }
    return true;
}

static void read_feature(struct features *features, const char *file, int number,
                         const json_t *entry, enum crs crs, const char *label_key)
{
    const char *type = json_string_value(json_object_get(entry, "type"));
    const json_t *properties = json_object_get(entry, "properties");
    struct feature feature = {
        .file = file,
        .number = number,
        .label = make_label(features, number, properties, label_key),
        .properties = properties,
        .first_ring = features->ring_count,
        .first_polygon = features->polygon_count,
    };
    if (type == NULL || strcmp(type, "Feature") != 0 || !json_is_object(properties)) {
        problems_add(features->problems, PROBLEM_ERROR, "C022", file, 0, 0,
                     "%s: should be a Feature with properties", feature.label);
        return;
    }
    if (!read_geometry(features, &feature, json_object_get(entry, "geometry"), crs)) {
        features->ring_count = feature.first_ring;
        while (features->polygon_count > feature.first_polygon) {
            GEOSGeom_destroy_r(features->geos, features->polygons[--features->polygon_count]);
        }
        return;
    }
    feature.ring_count = features->ring_count - feature.first_ring;
    feature.polygon_count = features->polygon_count - feature.first_polygon;
    features->list = pool_grow_rows(features->list, sizeof *features->list, features->count,
                                    &features->capacity);
    features->list[features->count++] = feature;
}

void features_add_file(struct features *features, const struct text_file *file, enum crs crs,
                       const char *label_key)
{
    json_error_t error;
    json_t *root = json_loadb(file->bytes, file->size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        problems_add(features->problems, PROBLEM_ERROR, "C021", file->name, error.line,
                     error.column, "not JSON: %s", error.text);
        return;
    }
    features->roots = pool_grow_rows(features->roots, sizeof(json_t *), features->root_count,
                                     &features->root_capacity);
    features->roots[features->root_count++] = root;
    const char *type = json_string_value(json_object_get(root, "type"));
    const json_t *list = json_object_get(root, "features");
    if (type == NULL || strcmp(type, "FeatureCollection") != 0 || !json_is_array(list)) {
        problems_add(features->problems, PROBLEM_ERROR, "C022", file->name, 1, 1,
                     "should be a FeatureCollection with a list of features");
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        read_feature(features, file->name, (int)i + 1, json_array_get(list, i), crs, label_key);
    }
}

const char *feature_text(struct features *features, const struct feature *feature, const char *key,
                         bool is_needed)
{
    const json_t *value = json_object_get(feature->properties, key);
    const char *text = "";
    if (json_is_string(value)) {
        text = json_string_value(value);
    } else if (json_is_integer(value)) {
        char number[32];
        (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = pool_text(features->pool, number, strlen(number));
    } else if (value != NULL && !json_is_null(value)) {
        problems_add(features->problems, PROBLEM_ERROR, "C023", feature->file, 0, 0,
                     "%s: property \"%s\" should be a text or a whole number", feature->label, key);
        return text;
    }
    if (is_needed && text[0] == '\0') {
        problems_add(features->problems, PROBLEM_ERROR, "C023", feature->file, 0, 0,
                     "%s: property \"%s\" is missing", feature->label, key);
    }
    return text;
}
