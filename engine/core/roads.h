/* roads.h: travel time by road: the nearest node of a place, and everybody's way to one place, nearest first.
 *
 * A road graph is part of the city image: nodes sorted by squares of a grid, arcs grouped by the node they lead to (the way to
 * an incident is searched backwards from it), and a travel time per arc and mode. A walk is Dijkstra's algorithm from the
 * target against the arcs; it settles one node a call, so the caller stops when nothing better is possible.
 *
 * Units   milliseconds; places 1e-7 degrees
 * Owner   the caller lends the scratch: road_scratch_size() bytes, one walk at a time
 * Order   equal times settle in the order of node rows, so that a walk is a function of the image alone
 * Cost    next: O(arcs into the node x log frontier); nearest_node: squares outward, about nodes of nine squares */
#ifndef ENGINE_CORE_ROADS_H
#define ENGINE_CORE_ROADS_H

#include "engine/core/city.h"
#include "engine/core/distance.h"

#define ROAD_SNAP_CM 500000 /* a place farther than 5 km from any road is on none */

/* Work space of a walk over graphs of up to node_limit nodes. Rows of other walks are told by their number. */
struct road_scratch {
    uint32_t *ms;    /* best known time from a node to the target */
    uint32_t *at;    /* its place in the heap, ROAD_SETTLED */
    uint32_t *walks; /* number of the walk that wrote the two */
    uint32_t *heap;  /* nodes, soonest first */
    uint32_t *walk;  /* number of the last walk */
    uint32_t node_limit;
};

struct road_walk {
    const struct city *city;
    const struct road_scratch *scratch;
    const uint32_t *times; /* of the mode, by arc */
    uint32_t heap_count;
    uint32_t last_ms; /* of the node settled last */
};

static inline bool roads_are_known(const struct city *city)
{
    return city->road_node_count > 0;
}

/* Bytes for node_limit nodes, a multiple of 8. */
uint64_t road_scratch_size(uint32_t node_limit);
void road_scratch_init(struct road_scratch *scratch, void *bytes, uint32_t node_limit);

/* The node nearest to the place in a straight line from which the mode gets anywhere, ties by row; NONE32 beyond ROAD_SNAP_CM or
 * without roads. mode: row of CITY_MODES. */
uint32_t roads_nearest_node(const struct city *city, struct place place, uint32_t mode);

/* Starts at the target. mode: row of CITY_MODES. The graph must not have more nodes than the scratch. */
void road_walk_begin(struct road_walk *walk, const struct city *city,
                     const struct road_scratch *scratch, uint32_t target, uint32_t mode);

/* From place to place by road, the straight way to and from it included; -1 = no way. */
int64_t roads_travel_ms(const struct city *city, const struct road_scratch *scratch,
                        struct place from, struct place to, uint32_t mode);

/* The time of a node that the walk has settled; false: not yet. */
bool road_walk_knows(const struct road_walk *walk, uint32_t node, uint32_t *out_ms);

/* No node that is not settled is nearer than this; UINT32_MAX: there is none left. */
uint32_t road_walk_frontier(const struct road_walk *walk);

/* Is every node that can reach the target settled, by somebody who drives it on for driven_ms and no farther? */
bool road_walk_is_over(const struct road_walk *walk, int64_t driven_ms);

/* The next nearest node and its time to the target; false when no other node can reach it. */
bool road_walk_next(struct road_walk *walk, uint32_t *out_node, uint32_t *out_ms);

#endif
