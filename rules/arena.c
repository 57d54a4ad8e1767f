/* arena.c: a chain of blocks, each filled from its start. */
#include "rules/arena.h"

#include "engine/core/base.h"

#include <stdlib.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    size_t padding; /* keeps the bytes behind it 16-aligned */
};

struct arena {
    struct arena_block *first;
};

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof *arena);
    must(arena != NULL);
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

void *arena_take(struct arena *arena, size_t size)
{
    must(size <= SIZE_MAX / 4);
    size_t rounded = (size + 15u) & ~(size_t)15u;
    struct arena_block *block = arena->first;
    if (block == NULL || block->size - block->used < rounded) {
        size_t block_size = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        block = calloc(1, sizeof *block + block_size);
        must(block != NULL);
        block->size = block_size;
        block->next = arena->first;
        arena->first = block;
    }
    char *bytes = (char *)(block + 1) + block->used;
    block->used += rounded;
    return bytes;
}

char *arena_text(struct arena *arena, const char *bytes, size_t size)
{
    char *text = arena_take(arena, size + 1);
    if (size > 0) {
        memcpy(text, bytes, size);
    }
    return text;
}

void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size)
{
    must(new_size >= old_size);
    void *bytes = arena_take(arena, new_size);
    if (old_size > 0) {
        memcpy(bytes, old, old_size);
    }
    return bytes;
}
