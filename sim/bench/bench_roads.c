/* bench_roads.c: see bench_roads.h.
 *
 * A lattice of streets a little off the square, 130 by 130 crossings, some of its streets one way, some missing: as many
 * crossings as Manhattan has. People stand at crossings at random; a search walks back from a random crossing until it
 * meets the first of them. Beside it: the whole graph settled, which is what a search without an early stop pays. */
#include "sim/bench/bench_roads.h"

#include "engine/city/road_graph.h"
#include "engine/core/roads.h"
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 130u
#define STEP_E7 10000 /* about 100 m */
#define SEARCHES 2048u
#define GROUP 8u

struct ground {
    struct city city; /* of nothing but roads and one mode */
    struct city_mode mode;
    struct random random;
    void *bytes;
    void *rows; /* of the scratch */
    struct road_scratch scratch;
    uint8_t *is_manned; /* by crossing */
};

static void add_streets(struct ground *ground, struct road_graph *graph)
{
    struct random *random = &ground->random;
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const int32_t lon =
            1160000000 + (int32_t)(i % SIDE * STEP_E7 + random_below(random, STEP_E7 / 2));
        const int32_t lat =
            399000000 + (int32_t)(i / SIDE * STEP_E7 + random_below(random, STEP_E7 / 2));
        (void)road_graph_add_node(graph, (struct place){lon, lat});
    }
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const uint32_t others[] = {i % SIDE + 1 < SIDE ? i + 1 : NONE32,
                                   i / SIDE + 1 < SIDE ? i + SIDE : NONE32};
        for (size_t k = 0; k < COUNT_OF(others); k++) {
            if (others[k] == NONE32 || random_chance(random, 100)) {
                continue;
            }
            const uint32_t ms = 5000 + (uint32_t)random_below(random, 15000);
            road_graph_add_arc(graph, i, others[k], &ms);
            if (!random_chance(random, 250)) {
                road_graph_add_arc(graph, others[k], i, &ms);
            }
        }
    }
}

static enum err open_rows(struct city *city, uint32_t section, uint32_t row_size, const void *field,
                          uint32_t *out_count)
{
    const void *rows = NULL;
    const enum err err = image_rows(&city->image, section, row_size, &rows, out_count);
    memcpy((void *)(uintptr_t)field, &rows, sizeof rows);
    return err;
}

static enum err ground_open(struct ground *ground, uint64_t seed)
{
    struct road_graph graph;
    struct road_counts counts;
    size_t size = 0;
    memset(ground, 0, sizeof *ground);
    random_init(&ground->random, seed, "bench.roads");
    road_graph_init(&graph, 1);
    add_streets(ground, &graph);
    struct image_writer *writer = image_writer_new(IMAGE_CITY);
    must(writer != NULL);
    road_graph_write(&graph, writer, &counts);
    road_graph_fini(&graph);
    enum err err = image_writer_finish(writer, &ground->bytes, &size);
    image_writer_free(writer);
    struct city *city = &ground->city;
    if (err == ERR_OK) {
        err = image_open(ground->bytes, size, IMAGE_CITY, &city->image);
    }
#define OPEN(section, field, count)                                                                \
    err = err != ERR_OK                                                                            \
              ? err                                                                                \
              : open_rows(city, section, sizeof *city->field, &city->field, &city->count)
    OPEN(CITY_ROAD_NODES, road_nodes, road_node_count);
    OPEN(CITY_ROAD_ARCS, road_arcs, road_arc_count);
    OPEN(CITY_ROAD_TIMES, road_times, road_time_count);
    OPEN(CITY_ROAD_GRID, road_grid, road_grid_count);
    OPEN(CITY_ROAD_SQUARES, road_squares, road_square_count);
#undef OPEN
    if (err != ERR_OK) {
        return err;
    }
    city->modes = &ground->mode;
    city->mode_count = 1;
    ground->rows = malloc(road_scratch_size(city->road_node_count));
    ground->is_manned = malloc(city->road_node_count);
    if (ground->rows == NULL || ground->is_manned == NULL) {
        return ERR_MEMORY;
    }
    road_scratch_init(&ground->scratch, ground->rows, city->road_node_count);
    return ERR_OK;
}

static void ground_close(struct ground *ground)
{
    free(ground->bytes);
    free(ground->rows);
    free(ground->is_manned);
}

static uint32_t draw_node(struct ground *ground)
{
    return (uint32_t)random_below(&ground->random, ground->city.road_node_count);
}

/* p50 of a search in microseconds; people = 0: the whole graph. */
static double time_walks(struct ground *ground, uint32_t people, uint32_t searches,
                         uint64_t *settled)
{
    static double values[SEARCHES / GROUP];
    uint32_t groups = 0;
    memset(ground->is_manned, 0, ground->city.road_node_count);
    for (uint32_t i = 0; i < people; i++) {
        ground->is_manned[draw_node(ground)] = 1;
    }
    *settled = 0;
    for (uint32_t i = 0; i + GROUP <= searches; i += GROUP) {
        uint32_t targets[GROUP];
        for (uint32_t k = 0; k < GROUP; k++) {
            targets[k] = draw_node(ground);
        }
        const int64_t from_ns = bench_now_ns();
        for (uint32_t k = 0; k < GROUP; k++) {
            struct road_walk walk;
            uint32_t node, ms;
            road_walk_begin(&walk, &ground->city, &ground->scratch, targets[k], 0);
            while (road_walk_next(&walk, &node, &ms)) {
                ++*settled;
                if (ground->is_manned[node] != 0) {
                    break;
                }
            }
        }
        values[groups++] = (double)(bench_now_ns() - from_ns) / GROUP / 1e3;
    }
    *settled /= (uint64_t)groups * GROUP;
    return bench_quantile(values, groups, 500);
}

static double time_snaps(struct ground *ground)
{
    static struct place places[SEARCHES];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < SEARCHES; i++) {
        const int32_t lon = 1160000000 + (int32_t)random_below(&ground->random, SIDE * STEP_E7);
        const int32_t lat = 399000000 + (int32_t)random_below(&ground->random, SIDE * STEP_E7);
        places[i] = (struct place){lon, lat};
    }
    const int64_t from_ns = bench_now_ns();
    for (uint32_t i = 0; i < SEARCHES; i++) {
        sum += roads_nearest_node(&ground->city, places[i], 0);
    }
    const int64_t took_ns = bench_now_ns() - from_ns;
    bench_keep(sum);
    return (double)took_ns / SEARCHES;
}

static void measure_people(struct bench *bench, struct ground *ground, uint32_t people)
{
    struct bench_row row = {.group = "roads", .unit = "us p50"};
    uint64_t settled = 0;
    if (people == 100) {
        row.bar_kind = BENCH_AT_MOST;
        row.bar = 35;
    }
    const uint32_t searches = people == 0 ? bench_scale(bench, 64, 32, 8)
                                          : bench_scale(bench, SEARCHES, SEARCHES / 4, 64);
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        bench_value(&row, time_walks(ground, people, searches, &settled));
    }
    if (people == 0) {
        (void)snprintf(row.name, sizeof row.name, "every crossing's way to one");
    } else {
        (void)snprintf(row.name, sizeof row.name, "road-nearest of %u people", people);
    }
    (void)snprintf(row.note, sizeof row.note, "%u crossings, %u arcs; %llu settled a search",
                   ground->city.road_node_count, ground->city.road_arc_count,
                   (unsigned long long)settled);
    bench_add(bench, &row);
}

enum err bench_roads(struct bench *bench)
{
    static const uint32_t PEOPLE[] = {10, 100, 1000, 0};
    struct ground ground;
    const enum err err = ground_open(&ground, bench_seed(bench));
    for (size_t i = 0; i < COUNT_OF(PEOPLE) && err == ERR_OK; i++) {
        measure_people(bench, &ground, PEOPLE[i]);
    }
    if (err == ERR_OK) {
        struct bench_row row = {
            .group = "roads", .unit = "ns", .name = "crossing nearest to a place"};
        for (uint32_t run = 0; run < bench_runs(bench); run++) {
            bench_value(&row, time_snaps(&ground));
        }
        bench_add(bench, &row);
    }
    ground_close(&ground);
    return err;
}
