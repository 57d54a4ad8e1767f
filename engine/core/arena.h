/* arena.h: carves the core's one block into arrays, or only measures it.
 *
 * The same layout function runs twice: once with base NULL to learn the size, once to place the arrays.
 * Owner   the caller's block; nothing is ever given back */
#ifndef ENGINE_CORE_ARENA_H
#define ENGINE_CORE_ARENA_H

#include "engine/core/base.h"

#define ARENA_ALIGN 64u

struct arena {
    uint8_t *base; /* NULL = measuring */
    size_t size;   /* of the block; ignored while measuring */
    size_t used;
};

/* count rows of row_size bytes, 64-aligned, zeroed by the caller of core_init; NULL while measuring. */
static inline void *arena_take(struct arena *arena, size_t row_size, size_t count)
{
    const size_t bytes = (row_size * count + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    void *at = arena->base == NULL ? NULL : arena->base + arena->used;
    arena->used += bytes;
    must(arena->base == NULL || arena->used <= arena->size);
    return at;
}

#endif
