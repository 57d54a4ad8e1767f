/* frames.c: a binary buddy system.
 *
 *   region   |blocks of FRAMES_BLOCK_MAX ...|, each split in halves as far as needed
 *
 * A block of order n begins at a multiple of 2^n smallest blocks, so its buddy is found by one bit.
 * Source: Knuth, The Art of Computer Programming 1, 2.5. */
#include "engine/edge/frames.h"

#include <stdlib.h>

#define FRAMES_FREE 0x80u
#define TOP_ORDER (FRAMES_ORDERS - 1)

_Static_assert(FRAMES_ORDERS < FRAMES_FREE, "an order and the mark share a byte");

static void push_free(struct frames *frames, uint32_t block, uint32_t order)
{
    frames->orders[block] = (uint8_t)((order + 1) | FRAMES_FREE);
    frames->next[block] = frames->first[order];
    frames->previous[block] = NONE32;
    if (frames->first[order] != NONE32) {
        frames->previous[frames->first[order]] = block;
    }
    frames->first[order] = block;
}

static void unlink_free(struct frames *frames, uint32_t block, uint32_t order)
{
    if (frames->previous[block] == NONE32) {
        must(frames->first[order] == block);
        frames->first[order] = frames->next[block];
    } else {
        frames->next[frames->previous[block]] = frames->next[block];
    }
    if (frames->next[block] != NONE32) {
        frames->previous[frames->next[block]] = frames->previous[block];
    }
    frames->orders[block] = 0;
}

enum err frames_init(struct frames *frames, uint64_t size)
{
    uint64_t tops = (size + FRAMES_BLOCK_MAX - 1) / FRAMES_BLOCK_MAX;
    must(tops > 0);
    must(tops << TOP_ORDER < NONE32);
    *frames = (struct frames){.block_count = (uint32_t)(tops << TOP_ORDER)};
    frames->region = aligned_alloc(FRAMES_BLOCK_MIN, tops * FRAMES_BLOCK_MAX);
    frames->orders = calloc(frames->block_count, sizeof *frames->orders);
    frames->next = calloc(frames->block_count, sizeof *frames->next);
    frames->previous = calloc(frames->block_count, sizeof *frames->previous);
    if (frames->region == NULL || frames->orders == NULL || frames->next == NULL ||
        frames->previous == NULL) {
        frames_fini(frames);
        return ERR_MEMORY;
    }
    for (uint32_t order = 0; order < FRAMES_ORDERS; order++) {
        frames->first[order] = NONE32;
    }
    for (uint64_t top = tops; top > 0; top--) {
        push_free(frames, (uint32_t)((top - 1) << TOP_ORDER), TOP_ORDER);
    }
    return ERR_OK;
}

void frames_fini(struct frames *frames)
{
    free(frames->region);
    free(frames->orders);
    free(frames->next);
    free(frames->previous);
    *frames = (struct frames){0};
}

static uint32_t order_of(uint64_t size)
{
    uint32_t order = 0;
    while ((uint64_t)FRAMES_BLOCK_MIN << order < size) {
        order++;
    }
    return order;
}

uint8_t *frames_take(struct frames *frames, uint64_t size)
{
    must(size > 0);
    must(size <= FRAMES_BLOCK_MAX);
    uint32_t order = order_of(size), found = order;
    while (found < FRAMES_ORDERS && frames->first[found] == NONE32) {
        found++;
    }
    if (found == FRAMES_ORDERS) {
        return NULL;
    }
    uint32_t block = frames->first[found];
    unlink_free(frames, block, found);
    while (found > order) {
        found--;
        push_free(frames, block + (1u << found), found);
    }
    frames->orders[block] = (uint8_t)(order + 1);
    frames->used += (uint64_t)FRAMES_BLOCK_MIN << order;
    return frames->region + (uint64_t)block * FRAMES_BLOCK_MIN;
}

void frames_give(struct frames *frames, uint8_t *bytes)
{
    if (bytes == NULL) {
        return;
    }
    uint64_t offset = (uint64_t)(bytes - frames->region);
    must(offset % FRAMES_BLOCK_MIN == 0);
    must(offset / FRAMES_BLOCK_MIN < frames->block_count);
    uint32_t block = (uint32_t)(offset / FRAMES_BLOCK_MIN);
    must(frames->orders[block] != 0 && (frames->orders[block] & FRAMES_FREE) == 0);
    uint32_t order = frames->orders[block] - 1u;
    frames->used -= (uint64_t)FRAMES_BLOCK_MIN << order;
    frames->orders[block] = 0;
    while (order < TOP_ORDER) {
        uint32_t buddy = block ^ (1u << order);
        if (frames->orders[buddy] != ((order + 1) | FRAMES_FREE)) {
            break;
        }
        unlink_free(frames, buddy, order);
        block = buddy < block ? buddy : block;
        order++;
    }
    push_free(frames, block, order);
}

static uint32_t count_free(const struct frames *frames, uint32_t order)
{
    uint32_t count = 0, previous = NONE32;
    for (uint32_t block = frames->first[order]; block != NONE32; block = frames->next[block]) {
        must(frames->orders[block] == ((order + 1) | FRAMES_FREE));
        must(frames->previous[block] == previous);
        previous = block;
        count++;
    }
    return count;
}

void frames_check(const struct frames *frames)
{
    uint32_t free_counts[FRAMES_ORDERS] = {0};
    uint64_t used = 0;
    uint32_t block = 0;
    while (block < frames->block_count) {
        must(frames->orders[block] != 0);
        bool is_free = (frames->orders[block] & FRAMES_FREE) != 0;
        uint32_t order = (frames->orders[block] & ~FRAMES_FREE) - 1u;
        must(order < FRAMES_ORDERS);
        must(block % (1u << order) == 0);
        if (is_free) {
            free_counts[order]++;
            must(order == TOP_ORDER ||
                 frames->orders[block ^ (1u << order)] != frames->orders[block]);
        } else {
            used += (uint64_t)FRAMES_BLOCK_MIN << order;
        }
        block += 1u << order;
    }
    must(block == frames->block_count);
    must(used == frames->used);
    for (uint32_t order = 0; order < FRAMES_ORDERS; order++) {
        must(count_free(frames, order) == free_counts[order]);
    }
}
