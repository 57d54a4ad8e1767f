/* table.c: see table.h. */
#include "engine/core/table.h"

static uint32_t slot_count_for(uint32_t limit)
{
    uint32_t slots = 16;
    must(limit < UINT32_MAX / 4);
    while (slots < limit * 2) {
        slots *= 2;
    }
    return slots;
}

static uint32_t home_of(const struct table *table, struct hash128 key)
{
    return (uint32_t)mix64(key.lo ^ (key.hi * UINT64_C(0x9e3779b97f4a7c15))) & table->mask;
}

/* The slot of the key, or the free slot where it would go. */
static uint32_t slot_of(const struct table *table, struct hash128 key)
{
    uint32_t slot = home_of(table, key);
    while (table->slots[slot].is_used != 0 && !hash128_is_equal(table->slots[slot].key, key)) {
        slot = (slot + 1) & table->mask;
    }
    return slot;
}

void table_init(struct table *table, struct arena *arena, uint32_t limit)
{
    const uint32_t slots = slot_count_for(limit);
    table->slots = arena_take(arena, sizeof(struct table_slot), slots);
    table->mask = slots - 1;
    table->count = 0;
    table->limit = limit;
}

uint32_t table_find(const struct table *table, struct hash128 key)
{
    const struct table_slot *slot = &table->slots[slot_of(table, key)];
    return slot->is_used != 0 ? slot->value : NONE32;
}

void table_add(struct table *table, struct hash128 key, uint32_t value)
{
    struct table_slot *slot = &table->slots[slot_of(table, key)];
    must(slot->is_used == 0 && table->count < table->limit);
    table->count++;
    *slot = (struct table_slot){.key = key, .value = value, .is_used = 1};
}

void table_put(struct table *table, struct hash128 key, uint32_t value)
{
    struct table_slot *slot = &table->slots[slot_of(table, key)];
    if (slot->is_used == 0) {
        must(table->count < table->limit);
        table->count++;
    }
    *slot = (struct table_slot){.key = key, .value = value, .is_used = 1};
}

void table_remove(struct table *table, struct hash128 key)
{
    uint32_t hole = slot_of(table, key);
    must(table->slots[hole].is_used != 0);
    table->count--;
    /* Pull every later entry of the run back over the hole unless it would pass its home. */
    for (uint32_t slot = (hole + 1) & table->mask; table->slots[slot].is_used != 0;
         slot = (slot + 1) & table->mask) {
        const uint32_t home = home_of(table, table->slots[slot].key);
        if (((slot - home) & table->mask) >= ((slot - hole) & table->mask)) {
            table->slots[hole] = table->slots[slot];
            hole = slot;
        }
    }
    table->slots[hole] = (struct table_slot){.is_used = 0};
}

void table_check(const struct table *table)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot <= table->mask; slot++) {
        if (table->slots[slot].is_used == 0) {
            continue;
        }
        count++;
        must(slot_of(table, table->slots[slot].key) == slot);
    }
    must(count == table->count);
    must(count <= table->limit);
}
