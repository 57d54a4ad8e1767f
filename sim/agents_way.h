/* agents_way.h: the way of somebody in a simulated city along its roads, and where on it he is.
 *
 * A walk against the arcs from the target gives every node's time; the way goes down those times, arc by arc. Half way
 * along an arc means half way on the straight line between its ends.
 *
 * Units   ms; places 1e-7 degrees
 * Owner   init/fini; a way keeps its memory for the next one
 * Cost    one walk a way, and an outgoing arc list of the city made once */
#ifndef SIM_AGENTS_WAY_H
#define SIM_AGENTS_WAY_H

#include "engine/core/roads.h"

struct way_map {
    const struct city *city;
    struct road_scratch scratch;
    void *scratch_rows;
    uint32_t *first; /* of a node's outgoing arcs; node_count + 1 */
    uint32_t *heads; /* the node each leads to */
    uint32_t *arcs;  /* its row in the city's arcs */
};

struct way_point {
    struct place at;
    int64_t ms; /* since setting out */
};

struct way {
    struct way_point *points;
    uint32_t count, room; /* count 0: there is no way */
};

/* Of a city without roads: an empty map that knows no way. */
enum err way_map_init(struct way_map *map, const struct city *city) WARN_UNUSED;
void way_map_fini(struct way_map *map);

/* As roads_travel_ms, -1 = no way by road; writes the way down. */
int64_t way_find(struct way_map *map, struct place from, struct place to, uint32_t mode,
                 struct way *way);

/* Where somebody is after gone of whole ms, at the same share of the way's own time. way->count > 0. */
struct place way_at(const struct way *way, int64_t gone_ms, int64_t whole_ms);

void way_fini(struct way *way);

#endif
