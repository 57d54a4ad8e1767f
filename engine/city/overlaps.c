/* overlaps.c: see overlaps.h. An STRtree gives the pairs whose boxes meet, in order of codes. */
#include "engine/city/overlaps.h"

#include <stdlib.h>

#define NODE_CAPACITY 10
#define AREA_MIN_M2 1.0 /* rounding to 1e-7 degrees alone makes slivers of some square decimetres */

struct overlap_part {
    const GEOSGeometry *polygon;
    uint32_t rank; /* of its cell's code */
};

struct overlap_query {
    struct features *cells;
    const struct names *names;
    const struct overlap_part *part;
};

static double common_area_m2(GEOSContextHandle_t geos, const GEOSGeometry *a, const GEOSGeometry *b)
{
    /* Neighbours that only touch are the rule; the full intersection is needed for the rest. */
    if (GEOSTouches_r(geos, a, b) == 1) {
        return 0;
    }
    GEOSGeometry *common = GEOSIntersection_r(geos, a, b);
    if (common == NULL) {
        return 0;
    }
    double area = GEOSisEmpty_r(geos, common) == 1 ? 0 : geometry_area_m2(geos, common);
    GEOSGeom_destroy_r(geos, common);
    return area;
}

static void part_visit(void *item, void *context)
{
    const struct overlap_part *other = item;
    const struct overlap_query *query = context;
    if (other->rank <= query->part->rank) {
        return; /* each pair once */
    }
    double area_m2 = common_area_m2(query->cells->geos, query->part->polygon, other->polygon);
    if (area_m2 >= AREA_MIN_M2) {
        const struct feature *feature =
            &query->cells->list[query->names->entries[query->part->rank].source];
        problems_add(query->cells->problems, PROBLEM_WARNING, "C026", feature->file, 0, 0,
                     "%s: overlaps cell \"%s\" by %.0f m2; places there belong to \"%s\"",
                     feature->label, query->names->texts[other->rank], area_m2,
                     query->names->texts[query->part->rank]);
    }
}

void overlaps_report(struct features *cells, const struct names *names)
{
    uint32_t part_count = 0;
    struct overlap_part *parts =
        calloc(cells->polygon_count == 0 ? 1 : cells->polygon_count, sizeof *parts);
    GEOSSTRtree *tree = GEOSSTRtree_create_r(cells->geos, NODE_CAPACITY);
    must(parts != NULL);
    must(tree != NULL);
    for (uint32_t rank = 0; rank < names->count; rank++) {
        const struct feature *feature = &cells->list[names->entries[rank].source];
        for (uint32_t i = 0; i < feature->polygon_count; i++) {
            struct overlap_part *part = &parts[part_count++];
            *part = (struct overlap_part){cells->polygons[feature->first_polygon + i], rank};
            GEOSSTRtree_insert_r(cells->geos, tree, part->polygon, part);
        }
    }
    for (uint32_t i = 0; i < part_count; i++) {
        struct overlap_query query = {cells, names, &parts[i]};
        GEOSSTRtree_query_r(cells->geos, tree, parts[i].polygon, part_visit, &query);
    }
    GEOSSTRtree_destroy_r(cells->geos, tree);
    free(parts);
}
