/* rowmap.h: a fixed-size hash table of row numbers whose keys lie in the rows themselves.
 *
 * Beside table.h, which holds its keys: a third of the memory, eight slots in a line of the cache, and a row is read only where 32
 * bits of its key's hash agree. In return the row a number stands for must hold its key for as long as the number is in here.
 *
 * Shape   open addressing, linear probing, backward-shift deletion: no tombstones, so cost never drifts
 * Cost    O(1); 8 bytes a slot, at least two slots a key
 * Owner   caller's arena
 * Errors  rowmap_put past the limit is a bug: the rows that hold the keys refuse first */
#ifndef ENGINE_CORE_ROWMAP_H
#define ENGINE_CORE_ROWMAP_H

#include "engine/core/arena.h"

struct rowmap_slot {
    uint32_t row_after; /* row + 1, 0 = empty */
    uint32_t hash;
};

/* Where the keys are. */
struct rowmap_keys {
    const void *rows;
    struct hash128 (*key_at)(const void *rows, uint32_t row);
};

struct rowmap {
    struct rowmap_slot *slots;
    struct rowmap_keys keys;
    uint32_t mask; /* slots - 1 */
    uint32_t count;
    uint32_t limit;
    uint32_t reserved;
};

void rowmap_init(struct rowmap *map, struct arena *arena, uint32_t limit, struct rowmap_keys keys);

/* The row that has the key, or NONE32. */
uint32_t rowmap_find(const struct rowmap *map, struct hash128 key);

/* Asks for the memory that a look-up of the key will touch. Changes nothing, and is no use unless other work comes between. */
void rowmap_prefetch(const struct rowmap *map, struct hash128 key);

/* Adds or replaces: afterwards the key leads to this row. */
void rowmap_put(struct rowmap *map, struct hash128 key, uint32_t row);

/* Adds a key that is not there: must(). */
void rowmap_add(struct rowmap *map, struct hash128 key, uint32_t row);

/* The key must be there. */
void rowmap_remove(struct rowmap *map, struct hash128 key);

/* Every row is found by its key and the count is right. */
void rowmap_check(const struct rowmap *map);

#endif
