/* locator.c: see locator.h. One STRtree over the polygons of cells and areas together. */
#include "engine/city/locator.h"

#include <stdlib.h>

#include "engine/city/geometry.h"

#define NODE_CAPACITY 10 /* of the STRtree; GEOS' own advice */

struct located_polygon {
    GEOSGeometry *polygon;
    const GEOSPreparedGeometry *prepared;
    uint32_t owner;
    uint32_t table; /* enum shape_table */
};

struct locator {
    GEOSContextHandle_t geos;
    GEOSSTRtree *tree;
    struct located_polygon *polygons;
    uint32_t polygon_count;
};

/* One query under way. */
struct query {
    struct locator *locator;
    const GEOSGeometry *point;
    uint32_t cell;
    uint32_t area_count;
    uint16_t *areas;
};

static bool rings_are_sound(const struct shape_ring *rings, uint32_t ring_count,
                            const struct place *points, uint32_t point_count, uint32_t cell_count,
                            uint32_t area_count)
{
    for (uint32_t i = 0; i < ring_count; i++) {
        const struct shape_ring *ring = &rings[i];
        uint32_t owners = ring->table == SHAPE_CELL ? cell_count : area_count;
        if (ring->table > SHAPE_AREA || ring->owner >= owners || ring->is_hole > 1 ||
            ring->points.first > point_count ||
            ring->points.count > point_count - ring->points.first || ring->points.count < 4) {
            return false;
        }
        if (ring->is_hole != 0 &&
            (i == 0 || ring->table != ring[-1].table || ring->owner != ring[-1].owner)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < point_count; i++) {
        if (!place_is_valid(points[i])) {
            return false;
        }
    }
    return true;
}

static enum err polygon_add(struct locator *locator, const struct shape_ring *rings, uint32_t count,
                            const struct place *points)
{
    struct located_polygon *entry = &locator->polygons[locator->polygon_count];
    *entry = (struct located_polygon){.owner = rings->owner, .table = rings->table};
    entry->polygon = geometry_polygon(locator->geos, rings, count, points);
    if (entry->polygon == NULL) {
        return ERR_MALFORMED;
    }
    locator->polygon_count++;
    entry->prepared = GEOSPrepare_r(locator->geos, entry->polygon);
    if (entry->prepared == NULL) {
        return ERR_MEMORY;
    }
    GEOSSTRtree_insert_r(locator->geos, locator->tree, entry->polygon, entry);
    return ERR_OK;
}

enum err locator_new(const struct shape_ring *rings, uint32_t ring_count,
                     const struct place *points, uint32_t point_count, uint32_t cell_count,
                     uint32_t area_count, struct locator **out_locator)
{
    if (!rings_are_sound(rings, ring_count, points, point_count, cell_count, area_count)) {
        return ERR_MALFORMED;
    }
    struct locator *locator = calloc(1, sizeof *locator);
    if (locator == NULL) {
        return ERR_MEMORY;
    }
    enum err err = ERR_OK;
    locator->geos = geometry_open();
    locator->tree =
        locator->geos == NULL ? NULL : GEOSSTRtree_create_r(locator->geos, NODE_CAPACITY);
    locator->polygons = calloc(ring_count == 0 ? 1 : ring_count, sizeof *locator->polygons);
    if (locator->tree == NULL || locator->polygons == NULL) {
        err = ERR_MEMORY;
    }
    for (uint32_t i = 0; err == ERR_OK && i < ring_count;) {
        uint32_t count = geometry_polygon_rings(rings + i, ring_count - i);
        err = polygon_add(locator, rings + i, count, points);
        i += count;
    }
    if (err != ERR_OK) {
        locator_free(locator);
        return err;
    }
    *out_locator = locator;
    return ERR_OK;
}

void locator_free(struct locator *locator)
{
    if (locator == NULL) {
        return;
    }
    for (uint32_t i = 0; i < locator->polygon_count; i++) {
        if (locator->polygons[i].prepared != NULL) {
            GEOSPreparedGeom_destroy_r(locator->geos, locator->polygons[i].prepared);
        }
        GEOSGeom_destroy_r(locator->geos, locator->polygons[i].polygon);
    }
    if (locator->tree != NULL) {
        GEOSSTRtree_destroy_r(locator->geos, locator->tree);
    }
    geometry_close(locator->geos);
    free(locator->polygons);
    free(locator);
}

/* Keeps areas ascending, unique and at most EVENT_AREAS_MAX. */
static void area_insert(struct query *query, uint16_t area)
{
    uint32_t at = 0;
    while (at < query->area_count && query->areas[at] < area) {
        at++;
    }
    if (at == EVENT_AREAS_MAX || (at < query->area_count && query->areas[at] == area)) {
        return;
    }
    uint32_t last = query->area_count < EVENT_AREAS_MAX ? query->area_count : EVENT_AREAS_MAX - 1;
    memmove(&query->areas[at + 1], &query->areas[at], (last - at) * sizeof query->areas[0]);
    query->areas[at] = area;
    query->area_count = last + 1;
}

static void polygon_visit(void *item, void *context)
{
    const struct located_polygon *entry = item;
    struct query *query = context;
    if (entry->table == SHAPE_CELL && entry->owner >= query->cell) {
        return; /* a lower cell has it already */
    }
    if (GEOSPreparedIntersects_r(query->locator->geos, entry->prepared, query->point) != 1) {
        return;
    }
    if (entry->table == SHAPE_CELL) {
        query->cell = entry->owner;
    } else {
        area_insert(query, (uint16_t)entry->owner);
    }
}

uint32_t locator_find(struct locator *locator, struct place place, uint32_t *out_cell,
                      uint16_t areas[EVENT_AREAS_MAX])
{
    must(place_is_valid(place));
    *out_cell = NONE32;
    if (locator->polygon_count == 0) {
        return 0;
    }
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(locator->geos, place.lon, place.lat);
    must(point != NULL);
    struct query query = {.locator = locator, .point = point, .cell = NONE32, .areas = areas};
    GEOSSTRtree_query_r(locator->geos, locator->tree, point, polygon_visit, &query);
    GEOSGeom_destroy_r(locator->geos, point);
    *out_cell = query.cell;
    return query.area_count;
}
