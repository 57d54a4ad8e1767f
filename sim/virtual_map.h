/* virtual_map.h: a growing hash map from a 128-bit key to a row number, for onlookers of a run.
 *
 * The core's table.h has a fixed size; what a run may see does not.
 *
 * Shape   open addressing, linear probing, at most two thirds full; taking out shifts back
 * Owner   init/fini
 * Errors  ERR_MEMORY */
#ifndef SIM_VIRTUAL_MAP_H
#define SIM_VIRTUAL_MAP_H

#include "engine/core/base.h"
#include "engine/core/err.h"

struct virtual_map_slot {
    struct hash128 key;
    uint32_t value;
    uint32_t is_used;
};

struct virtual_map {
    struct virtual_map_slot *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

void virtual_map_init(struct virtual_map *map);
void virtual_map_fini(struct virtual_map *map);

/* The value, or NONE32. */
uint32_t virtual_map_find(const struct virtual_map *map, struct hash128 key);

/* Adds or replaces. */
enum err virtual_map_put(struct virtual_map *map, struct hash128 key, uint32_t value) WARN_UNUSED;

/* The key must be there. */
void virtual_map_remove(struct virtual_map *map, struct hash128 key);

#endif
