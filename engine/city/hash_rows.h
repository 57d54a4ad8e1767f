/* hash_rows.h: rows of a table by the 128-bit hash of their name.
 *
 * Shape   open addressing, at most half full
 * Owner   init/fini; the hash alone is compared: a caller who fears made-up collisions compares the name as well */
#ifndef ENGINE_CITY_HASH_ROWS_H
#define ENGINE_CITY_HASH_ROWS_H

#include "engine/core/base.h"
#include "engine/core/err.h"

struct hash_entry {
    struct hash128 key; /* none = free */
    uint32_t row;
    uint32_t reserved;
};

struct hash_rows {
    struct hash_entry *entries;
    uint32_t mask;
    uint32_t used;
};

/* Room for count rows. ERR_MEMORY. */
enum err hash_rows_init(struct hash_rows *rows, uint32_t count) WARN_UNUSED;
void hash_rows_fini(struct hash_rows *rows);

/* The first row of a key stays. */
void hash_rows_add(struct hash_rows *rows, struct hash128 key, uint32_t row);

/* Asks for the memory that a look-up of the key will touch. */
void hash_rows_prefetch(const struct hash_rows *rows, struct hash128 key);

/* NONE32 where there is none. */
uint32_t hash_rows_find(const struct hash_rows *rows, struct hash128 key);

#endif
