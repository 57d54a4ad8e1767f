/* test_agents_way.c: ways along roads take what the engine says they take, arc by arc, and stay on the roads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/city/city_load.h"
#include "sim/agents_way.h"
#include "sim/bench/dispatch_city.h"
#include "sim/random.h"
#include "sim/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct ground {
    void *bytes;
    struct city city;
    struct way_map map;
};

static int ground_open(void **state)
{
    struct ground *ground = calloc(1, sizeof *ground);
    struct problems *problems = problems_new();
    struct dispatch_roads *roads;
    size_t size;
    struct scratch directory;
    assert_int_equal(scratch_make_directory(&directory, "way"), ERR_OK);
    assert_int_equal(dispatch_roads_open(NULL, problems, &roads), ERR_OK);
    const struct dispatch_scene scene = {
        .seed = 1, .workers = 3, .work_ms = 1000, .every_ms = 1000, .calls = 1};
    assert_int_equal(dispatch_city_write(roads, &scene, directory.path), ERR_OK);
    dispatch_roads_close(roads);
    assert_int_equal(city_load(directory.path, problems, &ground->bytes, &size), ERR_OK);
    assert_int_equal(city_open(ground->bytes, size, &ground->city), ERR_OK);
    assert_int_equal(way_map_init(&ground->map, &ground->city), ERR_OK);
    problems_free(problems);
    scratch_remove(&directory);
    *state = ground;
    return 0;
}

static int ground_close(void **state)
{
    struct ground *ground = *state;
    way_map_fini(&ground->map);
    free(ground->bytes);
    free(ground);
    return 0;
}

static struct place draw(struct random *random)
{
    const int32_t lon = 1160000000 + (int32_t)random_below(random, 600000);
    const int32_t lat = 399000000 + (int32_t)random_below(random, 600000);
    return (struct place){lon, lat};
}

static void test_way_takes_the_time_of_the_roads_arc_by_arc(void **state)
{
    struct ground *ground = *state;
    struct random random;
    struct way way = {0};
    random_init(&random, 7, "test.way");
    for (int i = 0; i < 200; i++) {
        const struct place from = draw(&random);
        const struct place to = draw(&random);
        const int64_t ms = roads_travel_ms(&ground->city, &ground->map.scratch, from, to, 0);
        assert_true(ms > 0);
        assert_int_equal(way_find(&ground->map, from, to, 0, &way), ms);
        assert_true(way.count >= 3);
        assert_int_equal(way.points[0].ms, 0);
        assert_int_equal(way.points[way.count - 1].ms, ms);
        for (uint32_t k = 1; k < way.count; k++) {
            assert_true(way.points[k].ms >= way.points[k - 1].ms);
            if (k > 1 &&
                k + 1 < way.count) { /* no jump: streets of the lattice are about 100 m long */
                assert_true(distance_cm(way.points[k - 1].at, way.points[k].at) < 25000);
            }
        }
    }
    way_fini(&way);
}

static void test_way_at_goes_from_one_end_to_the_other(void **state)
{
    struct ground *ground = *state;
    struct way way = {0};
    const struct place from = {1160100000, 399100000}, to = {1160500000, 399400000};
    const int64_t ms = way_find(&ground->map, from, to, 0, &way);
    assert_int_equal(distance_cm(way_at(&way, 0, 3 * ms), from), 0);
    assert_true(distance_cm(way_at(&way, 3 * ms, 3 * ms), to) < 10);
    /* at the instant of a crossing he stands on it, also when he goes three times as slowly */
    for (uint32_t k = 1; k + 1 < way.count; k++) {
        assert_true(distance_cm(way_at(&way, 3 * way.points[k].ms, 3 * ms), way.points[k].at) < 10);
    }
    way_fini(&way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way_takes_the_time_of_the_roads_arc_by_arc),
        cmocka_unit_test(test_way_at_goes_from_one_end_to_the_other),
    };
    return cmocka_run_group_tests(tests, ground_open, ground_close);
}
