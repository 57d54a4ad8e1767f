/* hash_rows.c: see hash_rows.h. */
#include "engine/city/hash_rows.h"

#include <stdlib.h>

#define SLOTS_MIN 16u

enum err hash_rows_init(struct hash_rows *rows, uint32_t count)
{
    must(count < UINT32_MAX / 4);
    uint32_t slots = SLOTS_MIN;
    while (slots < count * 2) {
        slots *= 2;
    }
    rows->entries = calloc(slots, sizeof *rows->entries);
    rows->mask = slots - 1;
    rows->used = 0;
    return rows->entries == NULL ? ERR_MEMORY : ERR_OK;
}

void hash_rows_fini(struct hash_rows *rows)
{
    free(rows->entries);
    *rows = (struct hash_rows){.entries = NULL};
}

static uint32_t slot_of(const struct hash_rows *rows, struct hash128 key)
{
    must(!hash128_is_none(key));
    uint32_t slot = (uint32_t)key.lo & rows->mask;
    while (!hash128_is_none(rows->entries[slot].key) &&
           !hash128_is_equal(rows->entries[slot].key, key)) {
        slot = (slot + 1) & rows->mask;
    }
    return slot;
}

void hash_rows_add(struct hash_rows *rows, struct hash128 key, uint32_t row)
{
    uint32_t slot = slot_of(rows, key);
    if (hash128_is_none(rows->entries[slot].key)) {
        must(rows->used <= rows->mask / 2);
        rows->entries[slot] = (struct hash_entry){key, row, 0};
        rows->used++;
    }
}

void hash_rows_prefetch(const struct hash_rows *rows, struct hash128 key)
{
    __builtin_prefetch(&rows->entries[(uint32_t)key.lo & rows->mask]);
}

uint32_t hash_rows_find(const struct hash_rows *rows, struct hash128 key)
{
    const struct hash_entry *entry = &rows->entries[slot_of(rows, key)];
    return hash128_is_none(entry->key) ? NONE32 : entry->row;
}
