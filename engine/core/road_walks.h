/* road_walks.h: walks over the roads that are kept between searches, and the crossings of places asked for lately.
 *
 * A round asks for the ways to the same cases again and again, and a walk to a target is always the same walk: it is driven on from
 * where the last search left it. What a search finds follows from the graph, never from what was kept (choice_roads.c).
 *
 * Shape   room for ROAD_WALKS_ROOM walks over the largest graph; a smaller one has as many more; the one asked for
 *         longest ago makes way. Another city image forgets all
 * Units   milliseconds; places 1e-7 degrees
 * Owner   struct core; no state: neither saved nor hashed
 * Cost    find: O(walks kept); crossing: a comparison when the place was asked for lately */
#ifndef ENGINE_CORE_ROAD_WALKS_H
#define ENGINE_CORE_ROAD_WALKS_H

#include "engine/core/arena.h"
#include "engine/core/roads.h"

#define ROAD_WALKS_ROOM 16u
#define ROAD_WALKS_MAX 256u
#define ROAD_CROSSINGS 4096u /* a power of two */

/* A search goes along one walk a mode at once. */
_Static_assert(ROAD_WALKS_ROOM >= ROAD_MODES_MAX, "none of them makes way for another");

struct road_kept {
    struct road_walk walk;
    struct road_scratch scratch;
    uint32_t target, mode;
    uint64_t asked; /* number of the question that asked for it last */
};

struct road_crossing {
    struct place at;
    uint32_t mode; /* + 1; 0: empty */
    uint32_t node; /* NONE32: no road is near */
};

struct road_index {
    struct hash128 city; /* the image all of it is about */
    uint32_t limit;      /* walks of its graph that there is room for */
    uint32_t count;
    uint64_t asked;
};

/* A search may change what these point to: it is no state. */
struct road_walks {
    uint8_t *room;
    uint64_t room_size;
    struct road_kept *rows;
    struct road_crossing *crossings;
    struct road_index *index;
};

void road_walks_init(struct road_walks *walks, struct arena *arena, uint32_t node_limit);

/* The walk to the target, begun or as far as it was driven; good until ROAD_MODES_MAX others have been asked for. */
struct road_walk *road_walks_find(const struct road_walks *walks, const struct city *city,
                                  uint32_t target, uint32_t mode);

/* As roads_nearest_node. */
uint32_t road_walks_crossing(const struct road_walks *walks, const struct city *city,
                             struct place place, uint32_t mode);

#endif
