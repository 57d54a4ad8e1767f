/* memory.c: see memory.h. */
#include "engine/core/memory.h"

static struct hash128 key_at(const void *rows, uint32_t slot)
{
    return ((const struct memory_row *)rows)[slot].key;
}

void memory_init(struct memory *memory, struct arena *arena, uint32_t limit)
{
    memory->rows = arena_take(arena, sizeof(struct memory_row), limit);
    memory->limit = limit;
    memory->next = 0;
    memory->high = 0;
    memory->horizon_ms = INT64_MIN;
    rowmap_init(&memory->index, arena, limit, (struct rowmap_keys){memory->rows, key_at});
}

const struct memory_row *memory_find(const struct memory *memory, struct hash128 key)
{
    const uint32_t slot = rowmap_find(&memory->index, key);
    return slot == NONE32 ? NULL : &memory->rows[slot];
}

void memory_prefetch(const struct memory *memory, struct hash128 key, uint32_t before)
{
    /* The rows follow one another and are read ahead by the machine itself; the index is hit at random. */
    const struct memory_row *oldest = &memory->rows[(memory->next + before) % memory->limit];
    rowmap_prefetch(&memory->index, key);
    if (oldest->is_used != 0) {
        rowmap_prefetch(&memory->index, oldest->key);
    }
}

void memory_add(struct memory *memory, struct hash128 key, int64_t until_ms, struct case_no case_no)
{
    const uint32_t slot = memory->next;
    memory->next = slot + 1 < memory->limit ? slot + 1 : 0;
    memory->high = memory->high > slot ? memory->high : slot + 1;
    if (memory->rows[slot].is_used != 0) {
        memory->horizon_ms = max_i64(memory->horizon_ms, memory->rows[slot].until_ms);
        rowmap_remove(&memory->index, memory->rows[slot].key);
    }
    rowmap_add(&memory->index, key, slot);
    memory->rows[slot] =
        (struct memory_row){.key = key, .until_ms = until_ms, .case_no = case_no, .is_used = 1};
}

void memory_put(struct memory *memory, struct hash128 key, int64_t until_ms, struct case_no case_no)
{
    const uint32_t known = rowmap_find(&memory->index, key);
    if (known != NONE32) { /* a new window: its place among the oldest goes with the old one */
        rowmap_remove(&memory->index, key);
        memory->rows[known] = (struct memory_row){.is_used = 0};
    }
    memory_add(memory, key, until_ms, case_no);
}

void memory_check(const struct memory *memory)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < memory->limit; i++) {
        used += memory->rows[i].is_used != 0;
        must(memory->rows[i].is_used == 0 || i < memory->high);
        must(memory->rows[i].is_used == 0 || rowmap_find(&memory->index, memory->rows[i].key) == i);
    }
    must(used == memory->index.count);
    rowmap_check(&memory->index);
}

bool memory_index(struct memory *memory)
{
    for (uint32_t i = 0; i < memory->high; i++) {
        if (memory->rows[i].is_used == 0) {
            continue;
        }
        if (rowmap_find(&memory->index, memory->rows[i].key) != NONE32) {
            return false;
        }
        rowmap_put(&memory->index, memory->rows[i].key, i);
    }
    return true;
}
