/* road_walks.c: see road_walks.h. */
#include "engine/core/road_walks.h"

void road_walks_init(struct road_walks *walks, struct arena *arena, uint32_t node_limit)
{
    walks->room_size = ROAD_WALKS_ROOM * road_scratch_size(node_limit);
    walks->room = arena_take(arena, 1, walks->room_size);
    walks->rows = arena_take(arena, sizeof(struct road_kept), ROAD_WALKS_MAX);
    walks->crossings = arena_take(arena, sizeof(struct road_crossing), ROAD_CROSSINGS);
    walks->index = arena_take(arena, sizeof(struct road_index), 1);
}

static void turn_to(const struct road_walks *walks, const struct city *city)
{
    if (hash128_is_equal(walks->index->city, city->image.digest)) {
        return;
    }
    const uint64_t fit = walks->room_size / road_scratch_size(city->road_node_count);
    walks->index->city = city->image.digest;
    walks->index->limit = fit < ROAD_WALKS_MAX ? (uint32_t)fit : ROAD_WALKS_MAX;
    walks->index->count = 0;
    memset(walks->crossings, 0, ROAD_CROSSINGS * sizeof walks->crossings[0]);
    must(walks->index->limit >= ROAD_MODES_MAX);
}

struct road_walk *road_walks_find(const struct road_walks *walks, const struct city *city,
                                  uint32_t target, uint32_t mode)
{
    turn_to(walks, city);
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < walks->index->count; i++) {
        struct road_kept *row = &walks->rows[i];
        if (row->target == target && row->mode == mode) {
            row->asked = ++walks->index->asked;
            /* the same image may have been opened anew */
            row->walk.city = city;
            row->walk.times = city->road_times + (size_t)mode * city->road_arc_count;
            return &row->walk;
        }
        oldest = row->asked < walks->rows[oldest].asked ? i : oldest;
    }
    const uint32_t at = walks->index->count < walks->index->limit ? walks->index->count++ : oldest;
    struct road_kept *row = &walks->rows[at];
    row->target = target;
    row->mode = mode;
    row->asked = ++walks->index->asked;
    road_scratch_init(&row->scratch, walks->room + at * road_scratch_size(city->road_node_count),
                      city->road_node_count);
    road_walk_begin(&row->walk, city, &row->scratch, target, mode);
    return &row->walk;
}

uint32_t road_walks_crossing(const struct road_walks *walks, const struct city *city,
                             struct place place, uint32_t mode)
{
    turn_to(walks, city);
    const uint64_t mixed =
        ((uint64_t)(uint32_t)place.lon << 32 | (uint32_t)place.lat) * UINT64_C(0x9e3779b97f4a7c15);
    struct road_crossing *row = &walks->crossings[(mixed >> 40 ^ mode) % ROAD_CROSSINGS];
    if (row->mode != mode + 1 || row->at.lon != place.lon || row->at.lat != place.lat) {
        *row = (struct road_crossing){
            .at = place, .mode = mode + 1, .node = roads_nearest_node(city, place, mode)};
    }
    return row->node;
}
