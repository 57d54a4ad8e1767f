/* virtual_map.c: linear probing; doubled before it is two thirds full. */
#include "sim/virtual_map.h"

#include <stdlib.h>

static size_t map_home(size_t room, struct hash128 key)
{
    return (size_t)mix64(key.hi ^ mix64(key.lo)) & (room - 1);
}

/* The key's slot, or the free slot where it belongs. room > 0 and not full. */
static size_t map_locate(const struct virtual_map_slot *slots, size_t room, struct hash128 key)
{
    size_t at = map_home(room, key);
    while (slots[at].is_used != 0 && !hash128_is_equal(slots[at].key, key)) {
        at = (at + 1) & (room - 1);
    }
    return at;
}

static enum err map_grow(struct virtual_map *map)
{
    const size_t room = map->room == 0 ? 256 : map->room * 2;
    struct virtual_map_slot *slots = calloc(room, sizeof *slots);
    if (slots == NULL) {
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].is_used != 0) {
            slots[map_locate(slots, room, map->slots[i].key)] = map->slots[i];
        }
    }
    free(map->slots);
    map->slots = slots;
    map->room = room;
    return ERR_OK;
}

void virtual_map_init(struct virtual_map *map)
{
    *map = (struct virtual_map){0};
}

void virtual_map_fini(struct virtual_map *map)
{
    free(map->slots);
    *map = (struct virtual_map){0};
}

uint32_t virtual_map_find(const struct virtual_map *map, struct hash128 key)
{
    if (map->room == 0) {
        return NONE32;
    }
    const struct virtual_map_slot *slot = &map->slots[map_locate(map->slots, map->room, key)];
    return slot->is_used != 0 ? slot->value : NONE32;
}

enum err virtual_map_put(struct virtual_map *map, struct hash128 key, uint32_t value)
{
    must(value != NONE32);
    if (map->count + 1 > map->room / 3 * 2) {
        const enum err err = map_grow(map);
        if (err != ERR_OK) {
            return err;
        }
    }
    struct virtual_map_slot *slot = &map->slots[map_locate(map->slots, map->room, key)];
    map->count += slot->is_used == 0;
    *slot = (struct virtual_map_slot){key, value, 1};
    return ERR_OK;
}

void virtual_map_remove(struct virtual_map *map, struct hash128 key)
{
    must(map->room > 0);
    const size_t mask = map->room - 1;
    size_t hole = map_locate(map->slots, map->room, key);
    must(map->slots[hole].is_used != 0);
    map->count--;
    /* Pull every later entry of the run back over the hole unless it would pass its home. */
    for (size_t at = (hole + 1) & mask; map->slots[at].is_used != 0; at = (at + 1) & mask) {
        const size_t home = map_home(map->room, map->slots[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].is_used = 0;
}
