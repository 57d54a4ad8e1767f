/* city_streets.c: roads of a synthetic city: streets along the borders of cells, lanes through them, bridges over the river.
 *
 * Every border has two crossings on the way, so that blocks are a few hundred metres round. Each third line is an avenue.
 * The river takes its row of vertices apart: a quay on either bank, and a bridge at every third column. Cars have times of
 * their own (avenues, streets, one-way lanes); walkers and bicycles go at their usual speed. */
#include "engine/core/distance.h"
#include "sim/city_plan.h"

#include <stdlib.h>

#define BRIDGE_EVERY 3u
#define AVENUE_EVERY 3u
#define QUAY_M 45              /* between the vertices of the river's row and either quay */
#define AVENUE_MM_PER_S 13900u /* 50 km/h */
#define STREET_MM_PER_S 8300u  /* 30 km/h */
#define LANE_MM_PER_S 4200u    /* 15 km/h */
#define ONE_WAY_PERMILLE 300u
#define LANE_PERMILLE 700u

struct streets {
    const struct plan *plan;
    struct city_file nodes, arcs;
    struct random random;
    uint32_t node_count, arc_count;
};

struct crossing {
    uint32_t node;
    struct plan_point at;
};

static struct crossing add_node(struct streets *s, struct plan_point at)
{
    city_file_print(&s->nodes, "n%u,%s,%s\n", s->node_count, city_degrees(at.lon).text,
                    city_degrees(at.lat).text);
    return (struct crossing){s->node_count++, at};
}

static void add_way(struct streets *s, struct crossing from, struct crossing to, uint32_t mm_per_s,
                    bool is_one_way)
{
    const int64_t cm =
        distance_cm((struct place){from.at.lon, from.at.lat}, (struct place){to.at.lon, to.at.lat});
    const int64_t car_ms = cm * 10000 / mm_per_s + random_between(&s->random, 0, 4000); /* lights */
    city_file_print(&s->arcs, "n%u,n%u,%lld,%s,%lld\n", from.node, to.node,
                    (long long)(cm / 100 + 1), is_one_way ? "false" : "true", (long long)car_ms);
    s->arc_count++;
    if (is_one_way) { /* who walks or rides a bicycle goes back as well */
        city_file_print(&s->arcs, "n%u,n%u,%lld,false,-\n", to.node, from.node,
                        (long long)(cm / 100 + 1));
        s->arc_count++;
    }
}

static struct plan_point between(struct plan_point a, struct plan_point b, int64_t permille)
{
    return (struct plan_point){a.lon + (int32_t)(((int64_t)b.lon - a.lon) * permille / 1000),
                               a.lat + (int32_t)(((int64_t)b.lat - a.lat) * permille / 1000)};
}

/* A street between two corners over two crossings; returns the middle ones. */
static void add_street(struct streets *s, struct crossing from, struct crossing to,
                       uint32_t mm_per_s, struct crossing middle[2])
{
    middle[0] = add_node(s, between(from.at, to.at, random_between(&s->random, 280, 380)));
    middle[1] = add_node(s, between(from.at, to.at, random_between(&s->random, 620, 720)));
    add_way(s, from, middle[0], mm_per_s, false);
    add_way(s, middle[0], middle[1], mm_per_s, false);
    add_way(s, middle[1], to, mm_per_s, false);
}

static uint32_t speed_of(uint32_t line)
{
    return line % AVENUE_EVERY == 0 ? AVENUE_MM_PER_S : STREET_MM_PER_S;
}

/* Corners of all cells: one a vertex; two in the river's row, the quays, joined by bridges. */
struct corners {
    struct crossing *south; /* where a street from the south ends */
    struct crossing *north; /* where one to the north begins; the same but at the river */
};

static void add_corners(struct streets *s, struct corners *corners)
{
    const uint32_t width = s->plan->size->columns + 1;
    for (uint32_t i = 0; i < width * (s->plan->size->rows + 1); i++) {
        const struct plan_point at = s->plan->vertices[i];
        if (i / width != s->plan->river_row) {
            corners->south[i] = corners->north[i] = add_node(s, at);
            continue;
        }
        corners->south[i] = add_node(s, plan_move(at, 0, -QUAY_M));
        corners->north[i] = add_node(s, plan_move(at, 0, QUAY_M));
        if (i % width % BRIDGE_EVERY == 1) {
            add_way(s, corners->south[i], corners->north[i], STREET_MM_PER_S, false);
        }
    }
}

/* A lane from the middle of one side of a cell to the middle of the side across it. */
static void add_lane(struct streets *s, struct crossing from, struct crossing to)
{
    if (!random_chance(&s->random, LANE_PERMILLE)) {
        return;
    }
    const struct crossing middle =
        add_node(s, between(from.at, to.at, random_between(&s->random, 400, 600)));
    const bool is_one_way = random_chance(&s->random, ONE_WAY_PERMILLE);
    add_way(s, from, middle, LANE_MM_PER_S, is_one_way);
    add_way(s, middle, to, LANE_MM_PER_S, is_one_way);
}

static void add_streets(struct streets *s, const struct corners *corners)
{
    const uint32_t columns = s->plan->size->columns, rows = s->plan->size->rows;
    const uint32_t width = columns + 1;
    struct crossing(*below)[2] =
        calloc(columns, sizeof *below); /* middles of the row's southern side */
    struct crossing middle[2];
    must(below != NULL);
    for (uint32_t row = 0; row <= rows; row++) {
        for (uint32_t column = 0; column < columns; column++) {
            const uint32_t at = row * width + column;
            add_street(s, corners->south[at], corners->south[at + 1], speed_of(row), middle);
            if (row > 0) {
                add_lane(s, below[column][0], middle[0]);
                add_lane(s, below[column][1], middle[1]);
            }
            if (row == s->plan->river_row) { /* the quay across the water */
                add_street(s, corners->north[at], corners->north[at + 1], speed_of(row), middle);
            }
            below[column][0] = middle[0];
            below[column][1] = middle[1];
        }
        for (uint32_t column = 0; row < rows && column <= columns; column++) {
            const uint32_t at = row * width + column;
            add_street(s, corners->north[at], corners->south[at + width], speed_of(column), middle);
        }
    }
    free(below);
}

enum err city_streets_write(const struct plan *plan, const char *directory,
                            struct city_demo_result *result)
{
    const size_t count = (size_t)(plan->size->columns + 1) * (plan->size->rows + 1);
    struct streets s = {.plan = plan};
    struct corners corners = {calloc(count, sizeof(struct crossing)),
                              calloc(count, sizeof(struct crossing))};
    must(corners.south != NULL && corners.north != NULL);
    random_init(&s.random, plan->seed, "streets");
    enum err err = city_file_open(&s.nodes, directory, "roads/nodes.csv");
    if (err == ERR_OK) {
        err = city_file_open(&s.arcs, directory, "roads/arcs.csv");
        if (err == ERR_OK) {
            city_file_print(&s.nodes, "node,lon,lat\n");
            city_file_print(&s.arcs, "from,to,metres,both_ways,car_ms\n");
            add_corners(&s, &corners);
            add_streets(&s, &corners);
            err = city_file_close(&s.arcs);
        }
        const enum err closed = city_file_close(&s.nodes);
        err = err == ERR_OK ? closed : err;
    }
    free(corners.south);
    free(corners.north);
    result->road_nodes = s.node_count;
    result->road_arcs = s.arc_count;
    return err;
}
