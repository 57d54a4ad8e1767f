/* ring.c: see ring.h. */
#include "engine/core/ring.h"

static struct hash128 key_at(const void *keys, uint32_t slot)
{
    return ((const struct hash128 *)keys)[slot];
}

void ring_init(struct ring *ring, struct arena *arena, uint32_t limit)
{
    ring->keys = arena_take(arena, sizeof(struct hash128), limit);
    ring->limit = limit;
    ring->next = 0;
    ring->high = 0;
    rowmap_init(&ring->index, arena, limit, (struct rowmap_keys){ring->keys, key_at});
}

uint32_t ring_find(const struct ring *ring, struct hash128 key)
{
    return rowmap_find(&ring->index, key);
}

uint32_t ring_take(struct ring *ring, struct hash128 key, bool *out_is_new)
{
    must(!hash128_is_none(key));
    const uint32_t known = rowmap_find(&ring->index, key);
    *out_is_new = known == NONE32;
    if (known != NONE32) {
        return known;
    }
    const uint32_t slot = ring->next;
    ring->next = (ring->next + 1) % ring->limit;
    ring->high = ring->high > slot ? ring->high : slot + 1;
    ring_drop(ring, slot);
    ring->keys[slot] = key;
    rowmap_put(&ring->index, key, slot);
    return slot;
}

void ring_drop(struct ring *ring, uint32_t slot)
{
    must(slot < ring->high);
    if (ring_has(ring, slot)) {
        rowmap_remove(&ring->index, ring->keys[slot]);
        ring->keys[slot] = (struct hash128){0, 0};
    }
}

bool ring_has(const struct ring *ring, uint32_t slot)
{
    return slot < ring->high && !hash128_is_none(ring->keys[slot]);
}

bool ring_index(struct ring *ring)
{
    for (uint32_t slot = 0; slot < ring->high; slot++) {
        if (!ring_has(ring, slot)) {
            continue;
        }
        if (rowmap_find(&ring->index, ring->keys[slot]) != NONE32) {
            return false;
        }
        rowmap_put(&ring->index, ring->keys[slot], slot);
    }
    return true;
}

void ring_check(const struct ring *ring)
{
    uint32_t used = 0;
    must(ring->next < ring->limit && ring->high <= ring->limit);
    for (uint32_t slot = 0; slot < ring->high; slot++) {
        used += ring_has(ring, slot);
        must(!ring_has(ring, slot) || rowmap_find(&ring->index, ring->keys[slot]) == slot);
    }
    must(used == ring->index.count);
    rowmap_check(&ring->index);
}
