/* table.h: a fixed-size hash table from a 128-bit key to a row number.
 *
 * Shape   open addressing, linear probing, backward-shift deletion: no tombstones, so cost never drifts
 * Cost    O(1); 24 bytes a slot, at least two slots a key
 * Owner   caller's arena
 * Errors  table_put past the limit is a bug: the row table that owns the keys refuses first */
#ifndef ENGINE_CORE_TABLE_H
#define ENGINE_CORE_TABLE_H

#include "engine/core/arena.h"

struct table_slot {
    struct hash128 key;
    uint32_t value;
    uint32_t is_used;
};

struct table {
    struct table_slot *slots;
    uint32_t mask; /* slots - 1 */
    uint32_t count;
    uint32_t limit;
};

void table_init(struct table *table, struct arena *arena, uint32_t limit);

/* The value, or NONE32. */
uint32_t table_find(const struct table *table, struct hash128 key);

/* Adds or replaces. */
void table_put(struct table *table, struct hash128 key, uint32_t value);

/* Adds a key that is not there: must(). */
void table_add(struct table *table, struct hash128 key, uint32_t value);

/* The key must be there. */
void table_remove(struct table *table, struct hash128 key);

/* Every key is found from its own slot and the count is right. */
void table_check(const struct table *table);

#endif
