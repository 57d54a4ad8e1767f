/* samples.c: see samples.h. */
#include "engine/core/samples.h"

void samples_init(struct samples *samples, struct arena *arena, uint32_t limit)
{
    samples->rows = arena_take(arena, sizeof(struct sample_row), limit);
    samples->limit = limit;
    samples->used = samples->high = 0;
    samples->free_first = NONE32;
}

uint32_t samples_take(struct samples *samples, const struct sample_row *values)
{
    uint32_t slot = samples->free_first;
    if (slot != NONE32) {
        samples->free_first = samples->rows[slot].next;
    } else if (samples->high < samples->limit) {
        slot = samples->high++;
    } else {
        return NONE32;
    }
    samples->used++;
    samples->rows[slot] = *values;
    samples->rows[slot].is_used = 1;
    samples->rows[slot].next = samples->rows[slot].prev = NONE32;
    return slot;
}

static void give(struct samples *samples, uint32_t slot)
{
    must(samples->rows[slot].is_used != 0);
    samples->rows[slot] = (struct sample_row){.next = samples->free_first};
    samples->free_first = slot;
    samples->used--;
}

void samples_link(struct samples *samples, struct window_row *key, uint32_t slot)
{
    struct sample_row *row = &samples->rows[slot];
    uint32_t before = key->last;
    while (before != NONE32 && samples->rows[before].at_ms > row->at_ms) {
        before = samples->rows[before].prev;
    }
    row->prev = before;
    row->next = before == NONE32 ? key->first : samples->rows[before].next;
    if (before == NONE32) {
        key->first = slot;
    } else {
        samples->rows[before].next = slot;
    }
    if (row->next == NONE32) {
        key->last = slot;
    } else {
        samples->rows[row->next].prev = slot;
    }
    key->count++;
}

void samples_drop_oldest(struct samples *samples, struct window_row *key)
{
    const uint32_t slot = key->first;
    must(slot != NONE32 && key->count > 0);
    key->first = samples->rows[slot].next;
    if (key->first == NONE32) {
        key->last = NONE32;
    } else {
        samples->rows[key->first].prev = NONE32;
    }
    key->count--;
    give(samples, slot);
}

void samples_drop_all(struct samples *samples, struct window_row *key)
{
    while (key->first != NONE32) {
        samples_drop_oldest(samples, key);
    }
}

void samples_check(const struct samples *samples)
{
    uint32_t free_count = 0;
    for (uint32_t slot = samples->free_first; slot != NONE32; slot = samples->rows[slot].next) {
        must(slot < samples->high && samples->rows[slot].is_used == 0);
        must(++free_count <= samples->high);
    }
    must(free_count + samples->used == samples->high);
    must(samples->high <= samples->limit);
}
