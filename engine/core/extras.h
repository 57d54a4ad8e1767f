/* extras.h: a shared room for what only some cases have, or have more of than others.
 *
 * A text of bytes lies in blocks that hang in a chain from a head in its owner's row: block + 1, 0 = nothing. It has as many
 * blocks as its size needs, so how many are in use follows from what is kept. Which ones does not count: block numbers
 * are neither hashed nor saved.
 *
 * Cost    O(size); 64 bytes a block, of which 60 are the owner's
 * Owner   struct core
 * Errors  extras_put false when no block is left: what was kept before stays */
#ifndef ENGINE_CORE_EXTRAS_H
#define ENGINE_CORE_EXTRAS_H

#include "engine/core/arena.h"

#define EXTRA_BYTES 60u

struct extra_block {
    uint32_t next; /* of the text, or free: block + 1, 0 = last */
    uint8_t bytes[EXTRA_BYTES];
};

struct extras {
    struct extra_block *blocks;
    uint32_t limit, used, free_first, high; /* blocks >= high were never used */
};

void extras_init(struct extras *extras, struct arena *arena, uint32_t limit);

/* Keeps these bytes instead of what hung from *first; size 0 gives all back. */
bool extras_put(struct extras *extras, uint32_t *first, const void *bytes,
                uint32_t size) WARN_UNUSED;

/* What was put there, of the same size. */
void extras_get(const struct extras *extras, uint32_t first, void *out, uint32_t size);

/* Blocks that a text of this size takes. */
uint32_t extras_blocks(uint32_t size);

/* Does a chain of exactly that many blocks hang there? */
bool extras_is_chain(const struct extras *extras, uint32_t first, uint32_t blocks);

/* So many are in use, all others free: owners add up what they have. */
void extras_check(const struct extras *extras, uint32_t used);

#endif
