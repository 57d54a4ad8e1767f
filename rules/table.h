/* table.h: rows of one section of an image while it is being made. */
#ifndef RULES_TABLE_H
#define RULES_TABLE_H

#include "engine/core/base.h"
#include "engine/core/image.h"
#include "rules/arena.h"

struct table {
    struct arena *arena;
    uint8_t *rows;
    size_t row_size;
    uint32_t count;
    uint32_t capacity;
};

static inline struct table table_of(struct arena *arena, size_t row_size)
{
    return (struct table){arena, NULL, row_size, 0, 0};
}

/* Room for `count` zeroed rows at the end; returns the first. */
static inline uint32_t table_extend(struct table *table, uint32_t count)
{
    uint32_t first = table->count;
    must(count < UINT32_MAX / 2 - first);
    if (first + count > table->capacity) {
        uint32_t capacity = table->capacity < 32 ? 64 : table->capacity * 2;
        capacity = capacity < first + count ? first + count : capacity;
        table->rows = arena_grow(table->arena, table->rows, first * table->row_size,
                                 capacity * table->row_size);
        table->capacity = capacity;
    }
    table->count += count;
    return first;
}

/* Copies `count` rows to the end. */
static inline struct image_range table_add(struct table *table, const void *rows, uint32_t count)
{
    struct image_range range = {table_extend(table, count), count};
    if (count > 0) {
        memcpy(table->rows + range.first * table->row_size, rows, count * table->row_size);
    }
    return range;
}

#endif
