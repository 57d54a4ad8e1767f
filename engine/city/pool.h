/* pool.h: memory of one load: many small pieces, freed together.
 *
 * Owner   init/fini by the loader
 * Errors  out of memory stops the process: a loader that cannot hold its input cannot list its problems either */
#ifndef ENGINE_CITY_POOL_H
#define ENGINE_CITY_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool_block;

struct pool {
    struct pool_block *blocks; /* newest first */
    size_t left;               /* bytes free in the newest */
};

void pool_init(struct pool *pool);
void pool_fini(struct pool *pool);

/* Zeroed, 16-aligned. */
void *pool_take(struct pool *pool, size_t size);
void *pool_take_rows(struct pool *pool, size_t row_size, size_t count);

/* A terminated copy. */
char *pool_text(struct pool *pool, const char *bytes, size_t size);

/* A malloc'ed array with room for one row more; *capacity follows. Free with free(). */
void *pool_grow_rows(void *rows, size_t row_size, uint32_t count, uint32_t *capacity);

#endif
