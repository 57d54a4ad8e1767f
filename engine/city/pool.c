/* pool.c: see pool.h. Blocks of at least 64 KiB, pieces handed out from their front. */
#include "engine/city/pool.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core/base.h"

#define BLOCK_SIZE 65536u
#define ALIGNMENT 16u

struct pool_block {
    struct pool_block *older;
    size_t size;
    _Alignas(16) char bytes[];
};

void pool_init(struct pool *pool)
{
    pool->blocks = NULL;
    pool->left = 0;
}

void pool_fini(struct pool *pool)
{
    while (pool->blocks != NULL) {
        struct pool_block *older = pool->blocks->older;
        free(pool->blocks);
        pool->blocks = older;
    }
    pool->left = 0;
}

void *pool_take(struct pool *pool, size_t size)
{
    must(size < SIZE_MAX / 2);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > pool->left) {
        size_t block_size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct pool_block *block = calloc(1, sizeof *block + block_size);
        must(block != NULL);
        block->older = pool->blocks;
        block->size = block_size;
        pool->blocks = block;
        pool->left = block_size;
    }
    struct pool_block *block = pool->blocks;
    if (block == NULL) { /* size 0 before the first block */
        return NULL;
    }
    void *piece = block->bytes + (block->size - pool->left);
    pool->left -= size;
    return piece;
}

void *pool_take_rows(struct pool *pool, size_t row_size, size_t count)
{
    must(row_size > 0);
    must(count < SIZE_MAX / 2 / row_size);
    return pool_take(pool, row_size * (count == 0 ? 1 : count));
}

char *pool_text(struct pool *pool, const char *bytes, size_t size)
{
    char *copy = pool_take(pool, size + 1);
    memcpy(copy, bytes, size);
    return copy;
}

void *pool_grow_rows(void *rows, size_t row_size, uint32_t count, uint32_t *capacity)
{
    must(count <= *capacity);
    if (count < *capacity) {
        return rows;
    }
    must(count < UINT32_MAX / 2);
    uint32_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = realloc(rows, row_size * wanted);
    must(grown != NULL);
    *capacity = wanted;
    return grown;
}
