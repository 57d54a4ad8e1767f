/* agents_way.c: see agents_way.h. */
#include "sim/agents_way.h"

#include <stdlib.h>
#include <string.h>

enum err way_map_init(struct way_map *map, const struct city *city)
{
    memset(map, 0, sizeof *map);
    map->city = city;
    if (!roads_are_known(city)) {
        return ERR_OK;
    }
    const uint32_t nodes = city->road_node_count;
    map->scratch_rows = malloc(road_scratch_size(nodes));
    map->first = calloc((size_t)nodes + 2, sizeof *map->first);
    map->heads = calloc((size_t)city->road_arc_count + 1, sizeof *map->heads);
    map->arcs = calloc((size_t)city->road_arc_count + 1, sizeof *map->arcs);
    if (map->scratch_rows == NULL || map->first == NULL || map->heads == NULL ||
        map->arcs == NULL) {
        way_map_fini(map);
        return ERR_MEMORY;
    }
    road_scratch_init(&map->scratch, map->scratch_rows, nodes);
    /* the image groups arcs by the node they lead to; here they are sorted by where they begin */
    for (uint32_t i = 0; i < city->road_arc_count; i++) {
        map->first[city->road_arcs[i] + 2]++;
    }
    for (uint32_t i = 2; i <= nodes + 1; i++) {
        map->first[i] += map->first[i - 1];
    }
    for (uint32_t node = 0; node < nodes; node++) {
        const struct image_range in = city->road_nodes[node].arcs;
        for (uint32_t arc = in.first; arc < in.first + in.count; arc++) {
            const uint32_t at = map->first[city->road_arcs[arc] + 1]++;
            map->heads[at] = node;
            map->arcs[at] = arc;
        }
    }
    return ERR_OK;
}

void way_map_fini(struct way_map *map)
{
    free(map->scratch_rows);
    free(map->first);
    free(map->heads);
    free(map->arcs);
    memset(map, 0, sizeof *map);
}

static bool add(struct way *way, struct place at, int64_t ms)
{
    if (way->count == way->room) {
        const uint32_t room = way->room == 0 ? 64 : way->room * 2;
        struct way_point *points = realloc(way->points, room * sizeof *points);
        if (points == NULL) {
            return false;
        }
        way->points = points;
        way->room = room;
    }
    way->points[way->count++] = (struct way_point){at, ms};
    return true;
}

static int64_t leg_ms(const struct city *city, struct place place, uint32_t node, uint32_t mode)
{
    const struct place at = {city->road_nodes[node].lon, city->road_nodes[node].lat};
    return city_travel_ms(&city->modes[mode], distance_cm(place, at));
}

/* The arc out of the node that lies on a quickest way: its time and the rest's are the node's. */
static uint32_t next_node(const struct way_map *map, const struct road_walk *walk, uint32_t node,
                          uint32_t ms)
{
    for (uint32_t i = map->first[node]; i < map->first[node + 1]; i++) {
        const uint32_t time = walk->times[map->arcs[i]];
        uint32_t rest;
        if (time != ROAD_CLOSED && road_walk_knows(walk, map->heads[i], &rest) && rest < ms &&
            rest + time == ms) {
            return map->heads[i];
        }
    }
    return NONE32; /* only arcs that take no time lead on: straight to the end */
}

int64_t way_find(struct way_map *map, struct place from, struct place to, uint32_t mode,
                 struct way *way)
{
    const struct city *city = map->city;
    struct road_walk walk;
    uint32_t node = NONE32, ms = 0;
    way->count = 0;
    if (map->scratch_rows == NULL) {
        return -1;
    }
    const uint32_t start = roads_nearest_node(city, from, mode);
    const uint32_t target = roads_nearest_node(city, to, mode);
    if (start == NONE32 || target == NONE32) {
        return -1;
    }
    road_walk_begin(&walk, city, &map->scratch, target, mode);
    while (node != start) {
        if (!road_walk_next(&walk, &node, &ms)) {
            return -1;
        }
    }
    const int64_t begin_ms = leg_ms(city, from, start, mode), road_ms = ms;
    const int64_t whole_ms = begin_ms + road_ms + leg_ms(city, to, target, mode);
    bool is_kept = add(way, from, 0);
    while (is_kept && node != NONE32) {
        const struct city_road_node *row = &city->road_nodes[node];
        is_kept = road_walk_knows(&walk, node, &ms) &&
                  add(way, (struct place){row->lon, row->lat}, begin_ms + road_ms - ms);
        node = node == target ? NONE32 : next_node(map, &walk, node, ms);
    }
    if (!is_kept || !add(way, to, whole_ms)) {
        way->count = 0; /* without memory for it: the straight line */
    }
    return whole_ms;
}

struct place way_at(const struct way *way, int64_t gone_ms, int64_t whole_ms)
{
    const struct way_point *points = way->points;
    const int64_t at_ms = mul_div(points[way->count - 1].ms, gone_ms, max_i64(whole_ms, 1));
    uint32_t low = 0, high = way->count - 1; /* points[low] is passed, points[high] is not */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        *(points[middle].ms <= at_ms ? &low : &high) = middle;
    }
    const struct place a = points[low].at, b = points[high].at;
    const int64_t gone = at_ms - points[low].ms;
    const int64_t whole = max_i64(points[high].ms - points[low].ms, 1);
    return (struct place){(int32_t)(a.lon + mul_div((int64_t)b.lon - a.lon, gone, whole)),
                          (int32_t)(a.lat + mul_div((int64_t)b.lat - a.lat, gone, whole))};
}

void way_fini(struct way *way)
{
    free(way->points);
    memset(way, 0, sizeof *way);
}
