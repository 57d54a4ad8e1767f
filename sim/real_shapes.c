/* real_shapes.c: see real_shapes.h. */
#include "sim/real_shapes.h"

#include "sim/real_repair.h"
#include "sim/trace_csv.h"

#include <stdlib.h>
#include <string.h>

enum err real_shapes_open(const char *path, const char *label_key, struct pool *pool,
                          struct problems *problems, struct real_shapes *out_shapes)
{
    struct text_file file = {.name = pool_text(pool, path, strlen(path))};
    file.bytes = trace_file_slurp(path, pool, problems, &file.size);
    if (file.bytes == NULL) {
        return ERR_IO;
    }
    const int errors = problems_error_count(problems);
    struct real_shapes shapes = {.locator = NULL};
    json_t *root = json_loadb(file.bytes, file.size, 0, NULL);
    shapes.repaired = real_repair_polygons(root);
    if (shapes.repaired > 0) {
        char *text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(15));
        must(text != NULL);
        file.bytes = pool_text(pool, text, strlen(text));
        file.size = strlen(text);
        free(text);
    }
    json_decref(root);
    features_init(&shapes.features, pool, problems);
    features_add_file(&shapes.features, &file, CRS_WGS84, label_key);
    struct features *list = &shapes.features;
    for (uint32_t i = 0; i < list->count; i++) {
        for (uint32_t r = 0; r < list->list[i].ring_count; r++) {
            list->rings[list->list[i].first_ring + r].owner = i;
            list->rings[list->list[i].first_ring + r].table = SHAPE_CELL;
        }
    }
    enum err err = problems_error_count(problems) > errors ? ERR_INPUT : ERR_OK;
    if (err == ERR_OK) {
        err = locator_new(list->rings, list->ring_count, list->points, list->point_count,
                          list->count, 0, &shapes.locator);
    }
    if (err != ERR_OK) {
        features_fini(&shapes.features);
        return err;
    }
    *out_shapes = shapes;
    return ERR_OK;
}

void real_shapes_close(struct real_shapes *shapes)
{
    locator_free(shapes->locator);
    features_fini(&shapes->features);
}

uint32_t real_shapes_find(struct real_shapes *shapes, struct place place)
{
    uint32_t feature;
    uint16_t areas[EVENT_AREAS_MAX];
    (void)locator_find(shapes->locator, place, &feature, areas);
    return feature;
}

uint32_t real_shapes_nearest(const struct real_shapes *shapes, struct place place)
{
    const struct features *features = &shapes->features;
    uint32_t nearest = NONE32;
    int64_t nearest_cm = INT64_MAX;
    must(features->count > 0);
    for (uint32_t i = 0; i < features->count; i++) {
        const struct feature *feature = &features->list[i];
        for (uint32_t r = feature->first_ring; r < feature->first_ring + feature->ring_count; r++) {
            const struct image_range points = features->rings[r].points;
            for (uint32_t p = points.first; p < points.first + points.count; p++) {
                const int64_t cm = distance_cm(place, features->points[p]);
                if (cm < nearest_cm) {
                    nearest_cm = cm;
                    nearest = i;
                }
            }
        }
    }
    return nearest;
}

struct place real_shapes_inner(const struct real_shapes *shapes, uint32_t feature)
{
    const struct features *features = &shapes->features;
    must(feature < features->count);
    return geometry_inner_place(features->geos,
                                features->polygons[features->list[feature].first_polygon]);
}

const char *real_shapes_text(struct real_shapes *shapes, uint32_t feature, const char *key)
{
    must(feature < shapes->features.count);
    return feature_text(&shapes->features, &shapes->features.list[feature], key, true);
}

void real_shapes_print(const struct real_shapes *shapes, uint32_t feature, struct city_file *file)
{
    const struct features *features = &shapes->features;
    const struct feature *row = &features->list[feature];
    city_file_print(file, "{\"type\": \"MultiPolygon\", \"coordinates\": [[");
    for (uint32_t r = 0; r < row->ring_count; r++) {
        const struct shape_ring *ring = &features->rings[row->first_ring + r];
        city_file_print(file, "%s[", r == 0 ? "" : ring->is_hole ? ", " : "], [");
        for (uint32_t p = 0; p < ring->points.count; p++) {
            const struct place place = features->points[ring->points.first + p];
            city_file_print(file, "%s[%s, %s]", p == 0 ? "" : ", ", city_degrees(place.lon).text,
                            city_degrees(place.lat).text);
        }
        city_file_print(file, "]");
    }
    city_file_print(file, "]]}");
}
