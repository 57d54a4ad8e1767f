/* test_roads.c: ways and nearest nodes against plain searches over random graphs; roads of a directory, good and spoilt;
 * a real extract where ../shared/data is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "engine/city/road_graph.h"
#include "engine/core/road_walks.h"
#include "tests/unit/city/fixture.h"

#define EXTRACT "../shared/data/roads/liechtenstein-2013-08-03.osm.pbf"
#define NODES 300u
#define MODES 2u

static struct fixture fixture;
static struct city city;
static uint64_t seed;

static int setup(void **unused)
{
    (void)unused;
    seed = 20261122;
    fixture_open(&fixture);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fixture_close(&fixture);
    return 0;
}

static uint32_t draw(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % limit);
}

/* ---- random graphs ---- */

static struct place draw_place(void)
{
    const int32_t lon = 1163000000 + (int32_t)draw(200000);
    return (struct place){lon, 399000000 + (int32_t)draw(200000)};
}

static void draw_graph(struct road_graph *graph, uint32_t arcs)
{
    road_graph_init(graph, MODES);
    for (uint32_t i = 0; i < NODES; i++) {
        (void)road_graph_add_node(graph, draw_place());
    }
    for (uint32_t i = 0; i < arcs; i++) {
        uint32_t ms[MODES];
        for (uint32_t mode = 0; mode < MODES; mode++) {
            ms[mode] = draw(5) == 0 ? ROAD_CLOSED : draw(4) * draw(10000); /* zero and equal ones */
        }
        const uint32_t from = draw(NODES);
        const uint32_t to = draw(NODES);
        road_graph_add_arc(graph, from, to, ms);
    }
}

/* A city image that has modes and roads only would be refused: the small city's, with these roads put in by hand. */
struct loose {
    struct city city;
    struct city_mode modes[MODES];
    void *bytes;
};

static void lower(const struct road_graph *graph, struct loose *out, struct road_counts *counts)
{
    struct image_writer *writer = image_writer_new(IMAGE_CITY);
    size_t size;
    road_graph_write(graph, writer, counts);
    assert_int_equal(image_writer_finish(writer, &out->bytes, &size), ERR_OK);
    image_writer_free(writer);
    memset(&out->city, 0, sizeof out->city);
    assert_int_equal(image_open(out->bytes, size, IMAGE_CITY, &out->city.image), ERR_OK);
    const struct {
        uint32_t section, row_size;
        const void **rows;
        uint32_t *count;
    } parts[] = {
        {CITY_ROAD_NODES, sizeof *out->city.road_nodes, (const void **)&out->city.road_nodes,
         &out->city.road_node_count},
        {CITY_ROAD_ARCS, 4, (const void **)&out->city.road_arcs, &out->city.road_arc_count},
        {CITY_ROAD_TIMES, 4, (const void **)&out->city.road_times, &out->city.road_time_count},
        {CITY_ROAD_GRID, sizeof *out->city.road_grid, (const void **)&out->city.road_grid,
         &out->city.road_grid_count},
        {CITY_ROAD_SQUARES, 4, (const void **)&out->city.road_squares,
         &out->city.road_square_count},
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        assert_int_equal(image_rows(&out->city.image, parts[i].section, parts[i].row_size,
                                    parts[i].rows, parts[i].count),
                         ERR_OK);
    }
    out->city.modes = out->modes;
    out->city.mode_count = MODES;
}

/* Times of all nodes to the target by sweeping over all arcs until nothing changes. */
static void sweep(const struct city *of, uint32_t target, uint32_t mode, uint32_t *times)
{
    memset(times, 0xff, of->road_node_count * sizeof *times);
    times[target] = 0;
    for (bool is_better = true; is_better;) {
        is_better = false;
        for (uint32_t to = 0; to < of->road_node_count; to++) {
            const struct image_range arcs = of->road_nodes[to].arcs;
            for (uint32_t i = arcs.first; i < arcs.first + arcs.count; i++) {
                const uint32_t time = of->road_times[mode * of->road_arc_count + i];
                const uint32_t from = of->road_arcs[i];
                if (times[to] != UINT32_MAX && time != ROAD_CLOSED &&
                    times[to] + time < times[from]) {
                    times[from] = times[to] + time;
                    is_better = true;
                }
            }
        }
    }
}

static void test_roads_walk_equals_plain_search(void **unused)
{
    (void)unused;
    uint32_t settled_in_all = 0;
    for (uint32_t round = 0; round < 40; round++) {
        struct road_graph graph;
        struct loose loose;
        struct road_counts counts;
        draw_graph(&graph, 200 + draw(1500));
        lower(&graph, &loose, &counts);
        road_graph_fini(&graph);
        assert_int_equal(counts.nodes + counts.left_out, NODES);
        void *bytes = malloc(road_scratch_size(NODES));
        struct road_scratch scratch;
        road_scratch_init(&scratch, bytes, NODES);
        for (uint32_t walk_no = 0; counts.nodes > 0 && walk_no < 6; walk_no++) {
            static uint32_t times[NODES];
            const uint32_t target = draw(counts.nodes);
            const uint32_t mode = draw(MODES);
            sweep(&loose.city, target, mode, times);
            struct road_walk walk;
            uint32_t node, ms, settled = 0, last_ms = 0, reachable = 0;
            road_walk_begin(&walk, &loose.city, &scratch, target, mode);
            while (road_walk_next(&walk, &node, &ms)) {
                assert_int_equal(ms, times[node]);
                assert_true(ms >= last_ms);
                last_ms = ms;
                settled++;
            }
            for (uint32_t i = 0; i < counts.nodes; i++) {
                reachable += times[i] != UINT32_MAX;
            }
            assert_int_equal(settled, reachable);
            settled_in_all += settled;
        }
        free(bytes);
        free(loose.bytes);
    }
    assert_true(settled_in_all > 10000);
}

/* Walks that are kept say what new ones say, however far somebody drove them before, and who made way comes back right. */
static void test_roads_kept_walks_equal_new_ones(void **unused)
{
    (void)unused;
    enum { LIMIT = NODES / 4 }; /* so that there is room for four walks over the largest graph */
    struct arena arena = {.base = NULL};
    struct road_walks walks = {.room = NULL};
    road_walks_init(&walks, &arena, LIMIT);
    arena.size = arena.used;
    arena.used = 0;
    arena.base = calloc(1, arena.size);
    road_walks_init(&walks, &arena, LIMIT);
    uint32_t resumed = 0, over = 0, full = 0;
    for (uint32_t round = 0; round < 30; round++) {
        struct road_graph graph;
        struct loose loose;
        struct road_counts counts;
        draw_graph(&graph, 200 + draw(1500));
        lower(&graph, &loose, &counts);
        road_graph_fini(&graph);
        for (uint32_t ask = 0; counts.nodes > 1 && ask < 200; ask++) {
            static uint32_t times[NODES];
            const uint32_t target = draw(counts.nodes < 12 ? counts.nodes : 12);
            const uint32_t mode = draw(MODES);
            uint32_t node, ms, left = draw(counts.nodes);
            struct road_walk *walk = road_walks_find(&walks, &loose.city, target, mode);
            sweep(&loose.city, target, mode, times);
            resumed += road_walk_knows(walk, target, &ms);
            while (left-- > 0 && road_walk_next(walk, &node, &ms)) {
                assert_int_equal(ms, times[node]);
            }
            over += road_walk_is_over(walk, INT64_MAX);
            full += walks.index->count == walks.index->limit;
            for (node = 0; node < counts.nodes; node++) {
                assert_true(!road_walk_knows(walk, node, &ms) || ms == times[node]);
            }
            const struct place place = draw_place();
            const uint32_t crossing = roads_nearest_node(&loose.city, place, mode);
            assert_int_equal(road_walks_crossing(&walks, &loose.city, place, mode), crossing);
            assert_int_equal(road_walks_crossing(&walks, &loose.city, place, mode), crossing);
        }
        free(loose.bytes);
    }
    assert_true(resumed > 100 && over > 100 && full > 100);
    free(arena.base);
}

static void test_roads_nearest_node_equals_brute_force(void **unused)
{
    (void)unused;
    uint32_t found = 0, far = 0;
    for (uint32_t round = 0; round < 20; round++) {
        struct road_graph graph;
        struct loose loose;
        struct road_counts counts;
        draw_graph(&graph, 400 + draw(600));
        for (uint32_t i = 0; round % 5 == 4 && i < graph.node_count; i++) {
            graph.nodes[i].lat = 399100000; /* one straight street: squares no higher than a unit */
        }
        lower(&graph, &loose, &counts);
        road_graph_fini(&graph);
        for (uint32_t i = 0; i < 200; i++) {
            struct place at = draw_place();
            const int32_t away = i % 4 == 0 ? 700000 : 60000; /* also far outside of all squares */
            at.lon += (int32_t)draw(2u * (uint32_t)away) - away;
            at.lat += (int32_t)draw(2u * (uint32_t)away) - away;
            const uint32_t mode = draw(MODES);
            uint32_t best = NONE32;
            uint64_t squared = (uint64_t)ROAD_SNAP_CM * ROAD_SNAP_CM + 1;
            for (uint32_t n = 0; n < counts.nodes; n++) {
                const struct city_road_node *node = &loose.city.road_nodes[n];
                const uint64_t to = distance_squared((struct place){node->lon, node->lat}, at);
                if ((node->modes >> mode & 1) != 0 && to < squared) {
                    best = n;
                    squared = to;
                }
            }
            assert_int_equal(roads_nearest_node(&loose.city, at, mode), best);
            found += best != NONE32;
            far += best == NONE32;
        }
        free(loose.bytes);
    }
    assert_true(found > 1000 && far > 100);
}

/* Of the mode's nodes each reaches every other, and no other node does both ways. */
static void test_roads_parts_are_the_largest(void **unused)
{
    (void)unused;
    for (uint32_t round = 0; round < 10; round++) {
        struct road_graph graph;
        struct loose loose;
        struct road_counts counts;
        static uint32_t to_target[NODES], other[NODES];
        draw_graph(&graph, 350 + draw(400));
        lower(&graph, &loose, &counts);
        road_graph_fini(&graph);
        for (uint32_t mode = 0; mode < MODES; mode++) {
            uint32_t inside = NONE32, size = 0;
            for (uint32_t n = 0; n < counts.nodes; n++) {
                const bool is_in = (loose.city.road_nodes[n].modes >> mode & 1) != 0;
                inside = is_in && inside == NONE32 ? n : inside;
                size += is_in;
            }
            if (inside == NONE32) {
                continue;
            }
            sweep(&loose.city, inside, mode, to_target);
            for (uint32_t n = 0; n < counts.nodes; n++) {
                sweep(&loose.city, n, mode, other);
                const bool is_both = to_target[n] != UINT32_MAX && other[inside] != UINT32_MAX;
                assert_int_equal((loose.city.road_nodes[n].modes >> mode & 1) != 0, is_both);
            }
            assert_true(size > 1);
        }
        free(loose.bytes);
    }
}

/* ---- directories ---- */

static const char NODE_LINES[] = "node,lon,lat\n"
                                 "a,116.300,39.900\nb,116.301,39.900\nc,116.302,39.900\n"
                                 "far,116.320,39.910\n";
static const char ARC_LINES[] = "from,to,metres,both_ways,car_ms,walk_ms\n"
                                "a,b,100,true,9000,\n"
                                "b,c,,true,-,60000\n";

static void write_roads(const char *nodes, const char *arcs)
{
    char command[SCRATCH_PATH_SIZE + 128];
    (void)snprintf(command, sizeof command, "mkdir -p %s/roads", fixture.copy.path);
    fixture_run(command);
    fixture_write(&fixture, "roads/nodes.csv", nodes);
    fixture_write(&fixture, "roads/arcs.csv", arcs);
}

static void test_roads_of_two_tables(void **unused)
{
    (void)unused;
    write_roads(NODE_LINES, ARC_LINES);
    assert_int_equal(fixture_load(&fixture), ERR_OK);
    assert_non_null(strstr(fixture.report, "C038"));
    assert_non_null(strstr(fixture.report, "1 of 4 nodes left out"));
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
    assert_int_equal(city.road_node_count, 3);
    assert_int_equal(city.road_arc_count, 4);
    const uint32_t car = 0, walk = 1; /* modes by name */
    const struct place a = {1163000000, 399000000}, c = {1163020000, 399000000};
    const uint32_t node_a = roads_nearest_node(&city, a, car);
    assert_int_equal(city.road_nodes[node_a].lon, a.lon);
    /* No car gets to c: it stops at b. */
    assert_int_equal(city.road_nodes[roads_nearest_node(&city, c, car)].lon, 1163010000);
    assert_int_equal(city.road_nodes[roads_nearest_node(&city, c, walk)].lon, c.lon);
    void *bytes = malloc(road_scratch_size(3));
    struct road_scratch scratch;
    struct road_walk on_foot;
    uint32_t node, ms;
    road_scratch_init(&scratch, bytes, 3);
    road_walk_begin(&on_foot, &city, &scratch, roads_nearest_node(&city, c, walk), walk);
    assert_true(road_walk_next(&on_foot, &node, &ms));
    assert_int_equal(ms, 0);
    assert_true(road_walk_next(&on_foot, &node, &ms));
    assert_int_equal(ms, 60000);
    assert_true(road_walk_next(&on_foot, &node, &ms));
    assert_int_equal(ms, 60000 + 71994); /* 100 m at 1,389 mm/s: 5 km/h */
    assert_false(road_walk_next(&on_foot, &node, &ms));
    free(bytes);
}

static void refused(const char *nodes, const char *arcs, const char *expected)
{
    write_roads(nodes, arcs);
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    if (strstr(fixture.report, expected) == NULL) {
        print_error("%s", fixture.report);
    }
    assert_non_null(strstr(fixture.report, expected));
}

static void test_roads_spoilt_tables_are_refused(void **unused)
{
    (void)unused;
    refused(NODE_LINES, "from,to\na,bb\n", "roads/arcs.csv:2:3: error C018: \"bb\"");
    refused(NODE_LINES, "from,to\na,\n", "roads/arcs.csv:2:3: error C013");
    refused(NODE_LINES, "from,to,metres\na,b,-5\n", "roads/arcs.csv:2:5: error C016");
    refused(NODE_LINES, "from,to,car_ms\na,b,soon\n", "roads/arcs.csv:2:5: error C016");
    refused(NODE_LINES, "from,to,tram_ms\na,b,4\n", "roads/arcs.csv:1:9: error C004");
    refused(NODE_LINES, "from,to\na,b\n", "error C037");
    refused("node,lon,lat\na,116.3,399\n", "from,to\na,a\n", "roads/nodes.csv:2:9: error C019");
    refused("node,lon,lat\na,116.3,39.9\na,116.3,39.9\n", "from,to\na,a\n", "error C015");
    write_roads(NODE_LINES, ARC_LINES);
    fixture_write(&fixture, "roads.osm.pbf", "no extract");
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_non_null(strstr(fixture.report, "C036"));
    char command[SCRATCH_PATH_SIZE + 128];
    (void)snprintf(command, sizeof command, "rm -r %s/roads", fixture.copy.path);
    fixture_run(command);
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_non_null(strstr(fixture.report, "roads.osm.pbf: error C039"));
}

/* A flipped byte in the road sections is seen, or harms nobody. */
static void test_roads_damaged_image_is_refused_or_walked_safely(void **unused)
{
    (void)unused;
    write_roads(NODE_LINES, ARC_LINES);
    assert_int_equal(fixture_load(&fixture), ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
    uint8_t *bytes = fixture.bytes;
    const size_t start = (size_t)((const uint8_t *)city.road_nodes - bytes);
    const size_t end =
        (size_t)((const uint8_t *)(city.road_squares + city.road_square_count) - bytes);
    uint32_t refusals = 0;
    void *room = malloc(road_scratch_size(3));
    for (size_t i = start; i < end; i++) {
        bytes[i] ^= 0x40;
        struct city spoilt;
        if (city_open(bytes, fixture.size, &spoilt) != ERR_OK) {
            refusals++;
        } else {
            struct road_scratch scratch;
            struct road_walk walk;
            uint32_t node, ms;
            road_scratch_init(&scratch, room, 3);
            road_walk_begin(&walk, &spoilt, &scratch, 0, 0);
            while (road_walk_next(&walk, &node, &ms)) {
                assert_in_range(node, 0, 2);
            }
        }
        bytes[i] ^= 0x40;
    }
    assert_true(refusals > 20);
    free(room);
}

static void test_roads_of_a_real_extract(void **unused)
{
    (void)unused;
    if (access(EXTRACT, R_OK) != 0) {
        print_message("# skipped: %s is not there\n", EXTRACT);
        skip();
    }
    char command[SCRATCH_PATH_SIZE + 128];
    (void)snprintf(command, sizeof command, "cp %s %s/roads.osm.pbf", EXTRACT, fixture.copy.path);
    fixture_run(command);
    assert_int_equal(fixture_load(&fixture), ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
    print_message("# %u nodes, %u arcs\n", city.road_node_count, city.road_arc_count);
    assert_in_range(city.road_node_count, 10000, 100000);
    /* Vaduz to Balzers, some 9 km of road: a car needs 8 to 20 minutes, a walker at 5 km/h 90 to 160. */
    const struct place vaduz = {95215000, 471410000}, balzers = {95010000, 470660000};
    static const struct {
        uint32_t mode, least, most; /* minutes */
    } trips[] = {{0, 7, 20}, {1, 90, 160}};
    void *room = malloc(road_scratch_size(city.road_node_count));
    struct road_scratch scratch;
    road_scratch_init(&scratch, room, city.road_node_count);
    for (size_t i = 0; i < COUNT_OF(trips); i++) {
        const uint32_t from = roads_nearest_node(&city, vaduz, trips[i].mode);
        const uint32_t to = roads_nearest_node(&city, balzers, trips[i].mode);
        struct road_walk walk;
        uint32_t node = NONE32, ms = 0;
        road_walk_begin(&walk, &city, &scratch, to, trips[i].mode);
        while (node != from && road_walk_next(&walk, &node, &ms)) {
        }
        assert_int_equal(node, from);
        print_message("# Vaduz to Balzers, mode %u: %u s\n", trips[i].mode, ms / 1000);
        assert_in_range(ms / 60000, trips[i].least, trips[i].most);
    }
    free(room);
}

#define roads(name) cmocka_unit_test_setup_teardown(test_roads_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        roads(walk_equals_plain_search),
        roads(kept_walks_equal_new_ones),
        roads(nearest_node_equals_brute_force),
        roads(parts_are_the_largest),
        roads(of_two_tables),
        roads(spoilt_tables_are_refused),
        roads(damaged_image_is_refused_or_walked_safely),
        roads(of_a_real_extract),
    };
    return cmocka_run_group_tests_name("engine/city/roads", tests, NULL, NULL);
}
