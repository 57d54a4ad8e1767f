/* cell_shapes.c: see cell_shapes.h. The city was checked when it was activated: what is not as expected here is left as it is. */
#include "engine/city/cell_shapes.h"

#include <stdio.h>
#include <string.h>

#include "engine/city/crs.h"
#include "engine/city/yaml_tree.h"

#define NESTING_MAX 4 /* a multipolygon's positions lie so deep */

static enum crs crs_of(const char *directory)
{
    struct problems *problems = problems_new();
    struct pool pool;
    struct text_file file;
    struct yaml_tree tree = {.is_open = false};
    const char *text = NULL;
    enum crs crs = CRS_WGS84;
    pool_init(&pool);
    if (text_file_read(&pool, problems, directory, "city.yaml", &file) &&
        yaml_tree_open(&tree, problems, &file)) {
        const yaml_node_t *city = yaml_find(&tree, yaml_tree_root(&tree), "city");
        text = yaml_text(&tree, yaml_find(&tree, city, "crs"));
    }
    for (uint32_t i = 0; text != NULL && i < CRS_COUNT; i++) {
        crs = strcmp(text, CRS_NAMES[i]) == 0 ? (enum crs)i : crs;
    }
    yaml_tree_close(&tree);
    pool_fini(&pool);
    problems_free(problems);
    return crs;
}

/* Positions, or lists of them, or of those. */
static void convert(json_t *coordinates, enum crs crs, int depth)
{
    json_t *first = json_array_get(coordinates, 0);
    json_t *second = json_array_get(coordinates, 1);
    size_t index;
    json_t *below;
    if (json_is_number(first) && json_is_number(second)) {
        const struct degrees at = crs_to_wgs84(
            crs, (struct degrees){json_number_value(first), json_number_value(second)});
        (void)json_array_set_new(coordinates, 0, json_real(at.lon));
        (void)json_array_set_new(coordinates, 1, json_real(at.lat));
        return;
    }
    json_array_foreach(coordinates, index, below)
    {
        if (depth < NESTING_MAX) {
            convert(below, crs, depth + 1);
        }
    }
}

json_t *cell_shapes_load(const char *directory)
{
    char path[600];
    size_t index;
    json_t *feature;
    (void)snprintf(path, sizeof path, "%.500s/cells.geojson", directory);
    json_t *root = json_load_file(path, 0, NULL);
    const enum crs crs = root == NULL ? CRS_WGS84 : crs_of(directory);
    if (crs != CRS_WGS84) {
        json_array_foreach(json_object_get(root, "features"), index, feature)
        {
            convert(json_object_get(json_object_get(feature, "geometry"), "coordinates"), crs, 0);
        }
    }
    return root;
}
