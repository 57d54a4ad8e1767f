/* extras.c: see extras.h. */
#include "engine/core/extras.h"

void extras_init(struct extras *extras, struct arena *arena, uint32_t limit)
{
    *extras = (struct extras){.blocks = arena_take(arena, sizeof(struct extra_block), limit),
                              .limit = limit};
}

uint32_t extras_blocks(uint32_t size)
{
    return (size + EXTRA_BYTES - 1) / EXTRA_BYTES;
}

static struct extra_block *block_at(const struct extras *extras, uint32_t after)
{
    must(after > 0 && after <= extras->high);
    return &extras->blocks[after - 1];
}

static void give_all(struct extras *extras, uint32_t first)
{
    while (first != 0) {
        struct extra_block *block = block_at(extras, first);
        const uint32_t next = block->next;
        block->next = extras->free_first;
        extras->free_first = first;
        extras->used--;
        first = next;
    }
}

static uint32_t take(struct extras *extras)
{
    uint32_t at = extras->free_first;
    if (at != 0) {
        extras->free_first = block_at(extras, at)->next;
    } else {
        must(extras->high < extras->limit);
        at = ++extras->high;
    }
    extras->used++;
    block_at(extras, at)->next = 0;
    return at;
}

static uint32_t chain_length(const struct extras *extras, uint32_t first)
{
    uint32_t count = 0;
    for (uint32_t at = first; at != 0 && count <= extras->limit; at = block_at(extras, at)->next) {
        count++;
    }
    return count;
}

bool extras_put(struct extras *extras, uint32_t *first, const void *bytes, uint32_t size)
{
    const uint32_t before = chain_length(extras, *first);
    if (extras_blocks(size) > extras->limit - extras->used + before) {
        return false;
    }
    give_all(extras, *first);
    *first = 0;
    uint32_t *link = first;
    const uint8_t *from = bytes;
    while (size > 0) {
        const uint32_t part = size < EXTRA_BYTES ? size : EXTRA_BYTES;
        *link = take(extras);
        struct extra_block *block = block_at(extras, *link);
        memcpy(block->bytes, from, part);
        from += part;
        size -= part;
        link = &block->next;
    }
    return true;
}

void extras_get(const struct extras *extras, uint32_t first, void *out, uint32_t size)
{
    uint8_t *to = out;
    while (size > 0) {
        const struct extra_block *block = block_at(extras, first);
        const uint32_t part = size < EXTRA_BYTES ? size : EXTRA_BYTES;
        memcpy(to, block->bytes, part);
        to += part;
        size -= part;
        first = block->next;
    }
}

bool extras_is_chain(const struct extras *extras, uint32_t first, uint32_t blocks)
{
    return chain_length(extras, first) == blocks;
}

void extras_check(const struct extras *extras, uint32_t used)
{
    must(extras->used == used && extras->high <= extras->limit);
    must(chain_length(extras, extras->free_first) == extras->high - extras->used);
}
