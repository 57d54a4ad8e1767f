/* test_cell_shapes.c: outlines for the map stand where the city's crs puts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "engine/city/cell_shapes.h"
#include "engine/city/crs.h"
#include "sim/scratch.h"
#include "tests/unit/panic.h"

static void put_file(const char *directory, const char *name, const char *text)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char SHAPES[] =
    "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{},"
    "\"geometry\":{\"type\":\"MultiPolygon\",\"coordinates\":[[[[116.3,40.0],[116.4,40.0],"
    "[116.4,40.1],[116.3,40.0]]]]}}]}";

static void test_cell_shapes_are_wgs84(void **unused)
{
    static const char *const CITIES[] = {"city:\n  crs: wgs84\n", "city:\n  crs: gcj02\n",
                                         "city:\n  crs: bd09\n"};
    (void)unused;
    struct scratch work;
    assert_int_equal(scratch_make_directory(&work, "shapes"), ERR_OK);
    assert_null(cell_shapes_load(work.path));
    put_file(work.path, "cells.geojson", SHAPES);
    for (uint32_t crs = 0; crs < CRS_COUNT; crs++) {
        put_file(work.path, "city.yaml", CITIES[crs]);
        json_t *root = cell_shapes_load(work.path);
        assert_non_null(root);
        json_t *at = json_array_get(json_object_get(root, "features"), 0);
        at = json_object_get(json_object_get(at, "geometry"), "coordinates");
        for (int depth = 0; depth < 3; depth++) {
            at = json_array_get(at, 0);
        }
        const struct degrees wanted = crs_to_wgs84((enum crs)crs, (struct degrees){116.3, 40.0});
        assert_true(fabs(json_number_value(json_array_get(at, 0)) - wanted.lon) < 1e-9);
        assert_true(fabs(json_number_value(json_array_get(at, 1)) - wanted.lat) < 1e-9);
        assert_true(crs == CRS_WGS84 || fabs(wanted.lon - 116.3) > 1e-3);
        json_decref(root);
    }
    scratch_remove(&work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cell_shapes_are_wgs84)};
    return cmocka_run_group_tests_name("city/cell_shapes", tests, NULL, NULL);
}
