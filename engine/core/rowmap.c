/* rowmap.c: see rowmap.h. */
#include "engine/core/rowmap.h"

static uint32_t slot_count_for(uint32_t limit)
{
    uint32_t slots = 16;
    must(limit < UINT32_MAX / 4);
    while (slots < limit * 2) {
        slots *= 2;
    }
    return slots;
}

static uint32_t hash_of(struct hash128 key)
{
    return (uint32_t)mix64(key.lo ^ (key.hi * UINT64_C(0x9e3779b97f4a7c15)));
}

/* The slot of the key, or the empty slot where it would go. */
static uint32_t slot_of(const struct rowmap *map, struct hash128 key, uint32_t hash)
{
    uint32_t at = hash & map->mask;
    for (;;) {
        const struct rowmap_slot slot = map->slots[at];
        if (slot.row_after == 0 ||
            (slot.hash == hash &&
             hash128_is_equal(map->keys.key_at(map->keys.rows, slot.row_after - 1), key))) {
            return at;
        }
        at = (at + 1) & map->mask;
    }
}

void rowmap_init(struct rowmap *map, struct arena *arena, uint32_t limit, struct rowmap_keys keys)
{
    const uint32_t slots = slot_count_for(limit);
    *map = (struct rowmap){.slots = arena_take(arena, sizeof(struct rowmap_slot), slots),
                           .keys = keys,
                           .mask = slots - 1,
                           .limit = limit};
}

uint32_t rowmap_find(const struct rowmap *map, struct hash128 key)
{
    return map->slots[slot_of(map, key, hash_of(key))].row_after - 1; /* NONE32 where empty */
}

void rowmap_prefetch(const struct rowmap *map, struct hash128 key)
{
    __builtin_prefetch(&map->slots[hash_of(key) & map->mask]);
}

void rowmap_add(struct rowmap *map, struct hash128 key, uint32_t row)
{
    const uint32_t hash = hash_of(key);
    struct rowmap_slot *slot = &map->slots[slot_of(map, key, hash)];
    must(slot->row_after == 0 && map->count < map->limit && row < NONE32 - 1);
    map->count++;
    *slot = (struct rowmap_slot){row + 1, hash};
}

void rowmap_put(struct rowmap *map, struct hash128 key, uint32_t row)
{
    const uint32_t hash = hash_of(key);
    struct rowmap_slot *slot = &map->slots[slot_of(map, key, hash)];
    must(row < NONE32 - 1);
    if (slot->row_after == 0) {
        must(map->count < map->limit);
        map->count++;
    }
    *slot = (struct rowmap_slot){row + 1, hash};
}

void rowmap_remove(struct rowmap *map, struct hash128 key)
{
    uint32_t hole = slot_of(map, key, hash_of(key));
    must(map->slots[hole].row_after != 0);
    map->count--;
    /* Pull every later entry of the run back over the hole unless it would pass its home. */
    for (uint32_t at = (hole + 1) & map->mask; map->slots[at].row_after != 0;
         at = (at + 1) & map->mask) {
        const uint32_t home = map->slots[at].hash & map->mask;
        if (((at - home) & map->mask) >= ((at - hole) & map->mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct rowmap_slot){0, 0};
}

void rowmap_check(const struct rowmap *map)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at <= map->mask; at++) {
        const struct rowmap_slot slot = map->slots[at];
        if (slot.row_after == 0) {
            continue;
        }
        const struct hash128 key = map->keys.key_at(map->keys.rows, slot.row_after - 1);
        count++;
        must(slot.hash == hash_of(key));
        must(slot_of(map, key, slot.hash) == at);
    }
    must(count == map->count);
    must(count <= map->limit);
}
