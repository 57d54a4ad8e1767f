/* test_choice_roads.c: pick: eta with roads: who is chosen and what the record says against a plain search over the whole graph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/core/roads.h"
#include "tests/unit/core/town.h"

#include "tests/unit/core/town.c"

#define OFFICERS 24u
#define SIDE 12u
#define ROUNDS 120u

static uint64_t seed = 7;

static uint32_t draw(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % limit);
}

/* The town's box is 116.29..116.33 by 39.89..39.92. */
static struct place draw_place(void)
{
    const int32_t lon = 1163000000 + (int32_t)draw(200000);
    return (struct place){lon, 399000000 + (int32_t)draw(100000)};
}

static FILE *road_file(const char *directory, const char *name)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/roads/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

/* A lattice of streets with jitter; a river between the 6th and 7th column with one bridge in the north; some streets closed,
 * some one way, some fast; and a piece of road beyond the river's mouth that nothing leads to. */
static void write_roads(const char *directory)
{
    char command[160];
    (void)snprintf(command, sizeof command, "mkdir %s/roads", directory);
    assert_int_equal(system(command), 0);
    FILE *nodes = road_file(directory, "nodes.csv");
    (void)fprintf(nodes, "node,lon,lat\n");
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const uint32_t east = i % SIDE * 1700 + draw(300);
        const uint32_t north = i / SIDE * 800 + draw(200);
        (void)fprintf(nodes, "n%u,116.3%05u,39.90%04u\n", i, east, north);
    }
    assert_int_equal(fclose(nodes), 0);
    FILE *arcs = road_file(directory, "arcs.csv");
    (void)fprintf(arcs, "from,to,both_ways,car_ms,walk_ms\n");
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        const uint32_t x = i % SIDE, y = i / SIDE;
        if (x + 1 < SIDE && (x != 5 || y == SIDE - 1)) {
            const uint32_t east_ms = 5000 + draw(30000);
            (void)fprintf(arcs, "n%u,n%u,%s,%u,\n", i, i + 1, draw(8) == 0 ? "false" : "true",
                          east_ms);
        }
        if (y + 1 < SIDE) {
            const uint32_t north_ms = 3000 + draw(20000);
            (void)fprintf(arcs, "n%u,n%u,%s,%u,\n", i, i + SIDE, draw(8) == 0 ? "false" : "true",
                          north_ms);
        }
    }
    assert_int_equal(fclose(arcs), 0);
}

static int open_town(void **state)
{
    struct limits limits = town_limits();
    limits.workers = 64;
    const char *directory = town_copy();
    for (uint32_t i = 0; i < OFFICERS; i++) {
        char line[160];
        (void)snprintf(line, sizeof line,
                       "officer.%02u,警%u,traffic_officer,,worker,dept.traffic,team.t,,4,,,,,,%s",
                       i, i, i % 4 == 0 ? "walk" : "car");
        town_edit(directory, "workers.csv", NULL, line);
    }
    town_edit(directory, "rules/town.yaml", "  area: {in: [area.no_parking]}", NULL);
    town_edit(
        directory, "rules/town.yaml",
        "  assign: {role: traffic_officer, search: [3000], pick: eta, fallback: dept.traffic.duty}",
        "  assign: {role: traffic_officer, search: [city], pick: eta, fallback: "
        "dept.traffic.duty}");
    write_roads(directory);
    return town_setup_at(state, &limits, directory);
}

/* Time from a node to the target by sweeping over all arcs until nothing changes. */
static void sweep(const struct city *city, uint32_t target, uint32_t mode, uint32_t *times)
{
    memset(times, 0xff, city->road_node_count * sizeof *times);
    times[target] = 0;
    for (bool is_better = true; is_better;) {
        is_better = false;
        for (uint32_t to = 0; to < city->road_node_count; to++) {
            const struct image_range arcs = city->road_nodes[to].arcs;
            for (uint32_t i = arcs.first; i < arcs.first + arcs.count; i++) {
                const uint32_t ms = city->road_times[mode * city->road_arc_count + i];
                const uint32_t from = city->road_arcs[i];
                if (times[to] != UINT32_MAX && ms != ROAD_CLOSED && times[to] + ms < times[from]) {
                    times[from] = times[to] + ms;
                    is_better = true;
                }
            }
        }
    }
}

static int64_t road_ms(const struct city *city, struct place from, struct place to, uint32_t mode)
{
    static uint32_t times[SIDE * SIDE];
    const uint32_t start = roads_nearest_node(city, from, mode);
    const uint32_t target = roads_nearest_node(city, to, mode);
    sweep(city, target, mode, times);
    assert_true(times[start] != UINT32_MAX);
    const struct place a = {city->road_nodes[start].lon, city->road_nodes[start].lat};
    const struct place b = {city->road_nodes[target].lon, city->road_nodes[target].lat};
    return times[start] + city_travel_ms(&city->modes[mode], distance_cm(from, a)) +
           city_travel_ms(&city->modes[mode], distance_cm(to, b));
}

static const struct city_person *officer(const struct town *town, uint32_t number, char id[16])
{
    (void)snprintf(id, 16, "officer.%02u", number);
    for (uint32_t i = 0; i < town->city.person_count; i++) {
        if (hash128_is_equal(town->city.persons[i].id_hash, town_id(id))) {
            return &town->city.persons[i];
        }
    }
    fail();
    return NULL;
}

static void park_at(struct town *town, struct place place)
{
    static uint32_t serial;
    char plate[16];
    (void)snprintf(plate, sizeof plate, "P%u", ++serial);
    const struct town_field fields[] = {{"plate", plate, 0}, {NULL, NULL, 0}};
    assert_int_equal(town_event(town, "cam-1", "camera.vehicle_stationary", NULL, place, fields),
                     CODE_OPENED);
}

static void test_choice_roads_equals_search_of_the_whole_graph(void **state)
{
    struct town *town = *state;
    struct place at[OFFICERS];
    uint32_t not_nearest = 0, longer = 0;
    town_seen(town, "sun", STATUS_OFF, place_none());
    town_seen(town, "qian", STATUS_OFF, place_none());
    for (uint32_t round = 0; round < ROUNDS; round++) {
        char id[16];
        for (uint32_t i = 0; i < OFFICERS; i++) {
            at[i] = draw_place();
            town_pass(town, 11 * 1000);
            (void)officer(town, i, id);
            town_seen(town, id, STATUS_READY, at[i]);
        }
        const struct place place = draw_place();
        park_at(town, place);
        const struct effect_decision *made = town_decision(town);
        assert_true(made->order != 0);
        int64_t best_ms = INT64_MAX, best_cm = INT64_MAX;
        uint32_t best = NONE32, nearest = NONE32;
        int64_t all_ms[OFFICERS];
        for (uint32_t i = 0; i < OFFICERS; i++) {
            const struct city_person *person = officer(town, i, id);
            all_ms[i] = road_ms(&town->city, at[i], place, person->mode);
            const int64_t cm = distance_cm(at[i], place);
            if (all_ms[i] <
                best_ms) { /* equal times are not met: places are drawn to the centimetre */
                best_ms = all_ms[i];
                best = i;
            }
            if (cm < best_cm) {
                best_cm = cm;
                nearest = i;
            }
        }
        const struct effect_candidate *chosen = &made->candidates[0];
        assert_ptr_equal(&town->city.persons[chosen->person], officer(town, best, id));
        assert_int_equal(chosen->travel, TRAVEL_ROAD);
        assert_int_equal(chosen->travel_ms, best_ms);
        for (uint32_t c = 1; c < made->candidate_count; c++) {
            const struct effect_candidate *other = &made->candidates[c];
            if (other->code != CODE_FARTHER) {
                continue; /* the two of the town who are off */
            }
            assert_int_equal(other->travel, TRAVEL_LONGER);
            assert_int_equal(other->travel_ms, -1);
            longer++;
        }
        not_nearest += best != nearest;
        const struct town_deed deed = {.no = town->last.case_no,
                                       .action = ACTION_VOID,
                                       .reason = REASON_FALSE_ALARM,
                                       .text = "x"};
        assert_int_equal(town_do(town, "chief.chu", deed), CODE_DONE);
        town_pass(town, 73 * HOUR_MS);
    }
    assert_true(not_nearest > ROUNDS / 10 && longer > ROUNDS);
}

/* Far from any road everybody is judged by the straight line. */
static void test_choice_roads_without_a_road_near_is_straight(void **state)
{
    struct town *town = *state;
    const struct place far = {1163250000, 398920000}, here = {1163240000, 398925000};
    town_seen(town, "officer.01", STATUS_READY, here);
    park_at(town, far);
    assert_true(town_decision(town)->order != 0);
    assert_int_equal(town_decision(town)->candidates[0].travel, TRAVEL_ROAD); /* within 5 km */
    struct place nowhere = place_none();
    park_at(town, nowhere);
    assert_int_equal(town_decision(town)->candidates[0].travel, TRAVEL_STRAIGHT);
    assert_int_equal(town_decision(town)->candidates[0].travel_ms, -1);
}

#define choice_roads(name)                                                                         \
    cmocka_unit_test_setup_teardown(test_choice_roads_##name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        choice_roads(equals_search_of_the_whole_graph),
        choice_roads(without_a_road_near_is_straight),
    };
    return cmocka_run_group_tests_name("engine/core/choice_roads", tests, NULL, NULL);
}
