/* geometry.c: see geometry.h. Only the re-entrant GEOS C API. */
#include "engine/city/geometry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define METRES_PER_DEGREE 111195.0 /* of a sphere of 6,371 km; areas are for people */
#define DEGREES_PER_UNIT 1e-7

static void drop_message(const char *message, void *context)
{
    (void)message;
    (void)context;
}

GEOSContextHandle_t geometry_open(void)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    if (geos != NULL) {
        (void)GEOSContext_setNoticeMessageHandler_r(geos, drop_message, NULL);
        (void)GEOSContext_setErrorMessageHandler_r(geos, drop_message, NULL);
    }
    return geos;
}

void geometry_close(GEOSContextHandle_t geos)
{
    if (geos != NULL) {
        GEOS_finish_r(geos);
    }
}

static GEOSGeometry *make_ring(GEOSContextHandle_t geos, const struct shape_ring *ring,
                               const struct place *points)
{
    GEOSCoordSequence *sequence = GEOSCoordSeq_create_r(geos, ring->points.count, 2);
    if (sequence == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < ring->points.count; i++) {
        struct place place = points[ring->points.first + i];
        if (GEOSCoordSeq_setXY_r(geos, sequence, i, place.lon, place.lat) == 0) {
            GEOSCoordSeq_destroy_r(geos, sequence);
            return NULL;
        }
    }
    return GEOSGeom_createLinearRing_r(geos, sequence); /* consumes sequence */
}

uint32_t geometry_polygon_rings(const struct shape_ring *rings, uint32_t ring_count)
{
    uint32_t count = 1;
    while (count < ring_count && rings[count].is_hole != 0) {
        count++;
    }
    return count;
}

GEOSGeometry *geometry_polygon(GEOSContextHandle_t geos, const struct shape_ring *rings,
                               uint32_t ring_count, const struct place *points)
{
    must(ring_count > 0);
    GEOSGeometry **made = calloc(ring_count, sizeof(GEOSGeometry *));
    if (made == NULL) {
        return NULL;
    }
    uint32_t count = 0;
    while (count < ring_count) {
        made[count] = make_ring(geos, &rings[count], points);
        if (made[count] == NULL) {
            break;
        }
        count++;
    }
    GEOSGeometry *polygon = NULL;
    if (count == ring_count) {
        polygon = GEOSGeom_createPolygon_r(geos, made[0], made + 1, ring_count - 1);
        count = polygon == NULL ? 0 : count; /* GEOS took the rings, or destroyed them */
    } else {
        for (uint32_t i = 0; i < count; i++) {
            GEOSGeom_destroy_r(geos, made[i]);
        }
    }
    free(made);
    return polygon;
}

static struct place place_of_point(GEOSContextHandle_t geos, const GEOSGeometry *point)
{
    double x = 0;
    double y = 0;
    if (point == NULL || GEOSGeomGetX_r(geos, point, &x) != 1 ||
        GEOSGeomGetY_r(geos, point, &y) != 1) {
        return place_none();
    }
    return (struct place){(int32_t)lround(x), (int32_t)lround(y)};
}

bool geometry_is_valid(GEOSContextHandle_t geos, const GEOSGeometry *polygon, char *out_reason,
                       size_t reason_size, struct place *out_place)
{
    char *reason = NULL;
    GEOSGeometry *where = NULL;
    bool is_valid =
        GEOSisValidDetail_r(geos, polygon, GEOSVALID_ALLOW_SELFTOUCHING_RING_FORMING_HOLE, &reason,
                            &where) == 1;
    if (!is_valid) {
        (void)snprintf(out_reason, reason_size, "%s", reason == NULL ? "not valid" : reason);
        *out_place = place_of_point(geos, where);
    }
    if (reason != NULL) {
        GEOSFree_r(geos, reason);
    }
    if (where != NULL) {
        GEOSGeom_destroy_r(geos, where);
    }
    return is_valid;
}

struct place geometry_inner_place(GEOSContextHandle_t geos, const GEOSGeometry *polygon)
{
    GEOSGeometry *point = GEOSPointOnSurface_r(geos, polygon);
    struct place place = place_of_point(geos, point);
    if (point != NULL) {
        GEOSGeom_destroy_r(geos, point);
    }
    return place;
}

double geometry_area_m2(GEOSContextHandle_t geos, const GEOSGeometry *polygon)
{
    double area = 0;
    double bottom = 0;
    double top = 0;
    if (GEOSArea_r(geos, polygon, &area) != 1 || GEOSGeom_getYMin_r(geos, polygon, &bottom) != 1 ||
        GEOSGeom_getYMax_r(geos, polygon, &top) != 1) {
        return 0; /* empty */
    }
    double metres = METRES_PER_DEGREE * DEGREES_PER_UNIT;
    double middle_radians = (bottom + top) / 2 * DEGREES_PER_UNIT * 3.14159265358979323846 / 180;
    return area * metres * metres * cos(middle_radians);
}
