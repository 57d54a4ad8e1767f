/* ring.h: which slot of a bounded table a key has; the oldest key makes room for the newest.
 *
 * The rows belong to the module that owns the ring: one a slot, meaningful while the slot has a key.
 *
 * Cost    O(1)
 * Owner   caller's arena
 * Errors  none: a full ring forgets */
#ifndef ENGINE_CORE_RING_H
#define ENGINE_CORE_RING_H

#include "engine/core/rowmap.h"

struct ring {
    struct hash128 *keys; /* none = free */
    uint32_t limit, next;
    uint32_t high; /* slots >= high were never used */
    struct rowmap index;
};

void ring_init(struct ring *ring, struct arena *arena, uint32_t limit);

/* Slot of the key, or NONE32. */
uint32_t ring_find(const struct ring *ring, struct hash128 key);

/* Its slot, a new one when it has none; *out_is_new: the row of the slot is to be written anew. */
uint32_t ring_take(struct ring *ring, struct hash128 key, bool *out_is_new);

/* Forgets what the slot has. */
void ring_drop(struct ring *ring, uint32_t slot);

bool ring_has(const struct ring *ring, uint32_t slot);

/* Builds the index from the keys of a snapshot; false where a key occurs twice. */
bool ring_index(struct ring *ring) WARN_UNUSED;

void ring_check(const struct ring *ring);

#endif
