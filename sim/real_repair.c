/* real_repair.c: see real_repair.h. GEOS does the geometry; coordinates stay on the 1e-7 degree lattice where no new
 * crossing is made. */
#include "sim/real_repair.h"

#include "engine/city/geometry.h"

#include <math.h>
#include <string.h>

static GEOSGeometry *read_ring(GEOSContextHandle_t geos, const json_t *ring)
{
    const size_t count = json_array_size(ring);
    GEOSCoordSequence *points = GEOSCoordSeq_create_r(geos, (unsigned)count, 2);
    for (size_t i = 0; points != NULL && i < count; i++) {
        const json_t *point = json_array_get(ring, i);
        (void)GEOSCoordSeq_setXY_r(geos, points, (unsigned)i,
                                   rint(json_number_value(json_array_get(point, 0)) * 1e7),
                                   rint(json_number_value(json_array_get(point, 1)) * 1e7));
    }
    return points == NULL ? NULL : GEOSGeom_createLinearRing_r(geos, points);
}

static GEOSGeometry *read_polygon(GEOSContextHandle_t geos, const json_t *polygon)
{
    GEOSGeometry *holes[4096];
    const size_t count = json_array_size(polygon);
    if (count == 0 || count > COUNT_OF(holes)) {
        return NULL;
    }
    GEOSGeometry *outer = read_ring(geos, json_array_get(polygon, 0));
    bool is_read = outer != NULL;
    unsigned hole_count = 0;
    for (size_t i = 1; i < count; i++) {
        holes[hole_count] = read_ring(geos, json_array_get(polygon, i));
        is_read = is_read && holes[hole_count] != NULL;
        hole_count += holes[hole_count] != NULL;
    }
    GEOSGeometry *made = is_read ? GEOSGeom_createPolygon_r(geos, outer, holes, hole_count) : NULL;
    if (made == NULL) {
        GEOSGeom_destroy_r(geos, outer);
        for (unsigned i = 0; i < hole_count; i++) {
            GEOSGeom_destroy_r(geos, holes[i]);
        }
    }
    return made;
}

static json_t *ring_to_json(GEOSContextHandle_t geos, const GEOSGeometry *ring)
{
    json_t *list = json_array();
    const GEOSCoordSequence *points = GEOSGeom_getCoordSeq_r(geos, ring);
    unsigned count = 0;
    (void)GEOSCoordSeq_getSize_r(geos, points, &count);
    for (unsigned i = 0; i < count; i++) {
        double x = 0;
        double y = 0;
        (void)GEOSCoordSeq_getXY_r(geos, points, i, &x, &y);
        (void)json_array_append_new(list, json_pack("[f, f]", x / 1e7, y / 1e7));
    }
    return list;
}

/* Appends the polygons among the parts; lines and points left over from the repair have no area. */
static void append_polygons(GEOSContextHandle_t geos, const GEOSGeometry *geometry, json_t *out)
{
    const int count = GEOSGetNumGeometries_r(geos, geometry);
    for (int i = 0; i < count; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos, geometry, i);
        const int type = GEOSGeomTypeId_r(geos, part);
        if (type == GEOS_MULTIPOLYGON) {
            append_polygons(geos, part, out);
        } else if (type == GEOS_POLYGON) {
            json_t *polygon = json_array();
            (void)json_array_append_new(polygon,
                                        ring_to_json(geos, GEOSGetExteriorRing_r(geos, part)));
            const int holes = GEOSGetNumInteriorRings_r(geos, part);
            for (int h = 0; h < holes; h++) {
                (void)json_array_append_new(
                    polygon, ring_to_json(geos, GEOSGetInteriorRingN_r(geos, part, h)));
            }
            (void)json_array_append_new(out, polygon);
        }
    }
}

/* Rings are unions of what they enclose: a loop that a ring runs around twice stays ground, it does not become a hole. */
static void append_repaired(GEOSContextHandle_t geos, const GEOSGeometry *made, json_t *polygons)
{
    GEOSMakeValidParams *params = GEOSMakeValidParams_create_r(geos);
    must(params != NULL);
    (void)GEOSMakeValidParams_setMethod_r(geos, params, GEOS_MAKE_VALID_STRUCTURE);
    GEOSGeometry *proper = GEOSMakeValidWithParams_r(geos, made, params);
    must(proper != NULL);
    append_polygons(geos, proper, polygons);
    GEOSGeom_destroy_r(geos, proper);
    GEOSMakeValidParams_destroy_r(geos, params);
}

static uint32_t repair_geometry(GEOSContextHandle_t geos, json_t *geometry)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    json_t *given = json_object_get(geometry, "coordinates");
    if (type == NULL || (strcmp(type, "Polygon") != 0 && strcmp(type, "MultiPolygon") != 0)) {
        return 0;
    }
    const bool is_multi = type[0] == 'M';
    json_t *polygons = json_array();
    uint32_t repaired = 0;
    for (size_t i = 0; i < (is_multi ? json_array_size(given) : 1); i++) {
        json_t *polygon = is_multi ? json_array_get(given, i) : given;
        GEOSGeometry *made = read_polygon(geos, polygon);
        if (made == NULL || GEOSisValid_r(geos, made) == 1) {
            (void)json_array_append(polygons, polygon);
        } else {
            append_repaired(geos, made, polygons);
            repaired++;
        }
        GEOSGeom_destroy_r(geos, made);
    }
    if (repaired > 0) {
        (void)json_object_set_new(geometry, "type", json_string("MultiPolygon"));
        (void)json_object_set(geometry, "coordinates", polygons);
    }
    json_decref(polygons);
    return repaired;
}

uint32_t real_repair_polygons(json_t *collection)
{
    GEOSContextHandle_t geos = geometry_open();
    must(geos != NULL);
    uint32_t repaired = 0;
    json_t *features = json_object_get(collection, "features");
    for (size_t i = 0; i < json_array_size(features); i++) {
        repaired += repair_geometry(geos, json_object_get(json_array_get(features, i), "geometry"));
    }
    geometry_close(geos);
    return repaired;
}
