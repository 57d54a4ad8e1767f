/* test_locator.c: cells and areas around a place: borders, holes, many areas, shapes that do not hold together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/city/locator.h"
#include "tests/unit/panic.h"

#define AREAS 12u
#define SQUARES (3u + AREAS)

static struct shape_ring rings[SQUARES];
static struct place points[SQUARES * 5];

static void square(uint32_t at, uint32_t table, uint32_t owner, bool is_hole, int32_t low,
                   int32_t high)
{
    rings[at] = (struct shape_ring){owner, (uint16_t)table, is_hole, {at * 5, 5}};
    points[at * 5] = (struct place){low, low};
    points[at * 5 + 1] = (struct place){high, low};
    points[at * 5 + 2] = (struct place){high, high};
    points[at * 5 + 3] = (struct place){low, high};
    points[at * 5 + 4] = (struct place){low, low};
}

/* Cell 0: 0..1000 with a hole 400..600; cell 1: 1000..2000; areas i: 0..100 + i. */
static int setup(void **unused)
{
    (void)unused;
    square(0, SHAPE_CELL, 0, false, 0, 1000);
    square(1, SHAPE_CELL, 0, true, 400, 600);
    square(2, SHAPE_CELL, 1, false, 1000, 2000);
    for (uint32_t i = 0; i < AREAS; i++) {
        square(3 + i, SHAPE_AREA, i, false, 0, 100 + (int32_t)i);
    }
    return 0;
}

static struct locator *make(void)
{
    struct locator *locator = NULL;
    enum err err = locator_new(rings, SQUARES, points, SQUARES * 5, 2, AREAS, &locator);
    assert_int_equal(err, ERR_OK);
    return locator;
}

static uint32_t cell_at(struct locator *locator, int32_t lon, int32_t lat)
{
    uint32_t cell;
    uint16_t areas[EVENT_AREAS_MAX];
    (void)locator_find(locator, (struct place){lon, lat}, &cell, areas);
    return cell;
}

static void test_borders_and_holes(void **unused)
{
    (void)unused;
    struct locator *locator = make();
    assert_int_equal(cell_at(locator, 1, 1), 0);
    assert_int_equal(cell_at(locator, 0, 0), 0);
    assert_int_equal(cell_at(locator, -1, 0), NONE32);
    assert_int_equal(cell_at(locator, 500, 500), NONE32);
    assert_int_equal(cell_at(locator, 400, 500), 0);
    assert_int_equal(cell_at(locator, 401, 500), NONE32);
    assert_int_equal(cell_at(locator, 1000, 1000), 0); /* the corner both share */
    assert_int_equal(cell_at(locator, 1001, 1000), 1);
    expect_panic((void)cell_at(locator, PLACE_NONE, 0));
    locator_free(locator);
    locator_free(NULL);
}

static void test_the_lowest_eight_areas(void **unused)
{
    (void)unused;
    struct locator *locator = make();
    uint32_t cell;
    uint16_t areas[EVENT_AREAS_MAX];
    assert_int_equal(locator_find(locator, (struct place){50, 50}, &cell, areas), EVENT_AREAS_MAX);
    for (uint16_t i = 0; i < EVENT_AREAS_MAX; i++) {
        assert_int_equal(areas[i], i);
    }
    assert_int_equal(locator_find(locator, (struct place){109, 109}, &cell, areas), 3);
    assert_int_equal(areas[0], 9);
    assert_int_equal(areas[2], 11);
    locator_free(locator);
}

static void test_without_shapes(void **unused)
{
    (void)unused;
    struct locator *locator = NULL;
    assert_int_equal(locator_new(NULL, 0, NULL, 0, 0, 0, &locator), ERR_OK);
    assert_int_equal(cell_at(locator, 5, 5), NONE32);
    locator_free(locator);
}

static void assert_malformed(uint32_t at, struct shape_ring ring)
{
    struct locator *locator = NULL;
    struct shape_ring kept = rings[at];
    rings[at] = ring;
    enum err err = locator_new(rings, SQUARES, points, SQUARES * 5, 2, AREAS, &locator);
    assert_int_equal(err, ERR_MALFORMED);
    assert_null(locator);
    rings[at] = kept;
}

static void test_unsound_rings_are_refused(void **unused)
{
    (void)unused;
    struct image_range five = {0, 5};
    assert_malformed(0, (struct shape_ring){2, SHAPE_CELL, 0, five});
    assert_malformed(0, (struct shape_ring){0, 2, 0, five});
    assert_malformed(0, (struct shape_ring){0, SHAPE_CELL, 1, five}); /* a hole in nothing */
    assert_malformed(2, (struct shape_ring){1, SHAPE_CELL, 1, five}); /* in another's cell */
    assert_malformed(0, (struct shape_ring){0, SHAPE_CELL, 2, five});
    assert_malformed(0, (struct shape_ring){0, SHAPE_CELL, 0, {0, 3}});
    assert_malformed(0, (struct shape_ring){0, SHAPE_CELL, 0, {SQUARES * 5, 5}});
    assert_malformed(0, (struct shape_ring){0, SHAPE_CELL, 0, {5, UINT32_MAX}});
    assert_malformed(0, (struct shape_ring){0, SHAPE_CELL, 0, {0, 4}}); /* not closed */
    points[7].lon = LON_LIMIT + 1;
    assert_malformed(0, rings[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_borders_and_holes, setup),
        cmocka_unit_test_setup(test_the_lowest_eight_areas, setup),
        cmocka_unit_test_setup(test_without_shapes, setup),
        cmocka_unit_test_setup(test_unsound_rings_are_refused, setup),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_locator", tests, NULL, NULL);
}
