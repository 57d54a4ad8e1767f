/* frames.h: memory of the frames that wait in lanes.
 *
 * Frames come in all sizes and leave in any order, and none of it may cost a call to the allocator
 * while the engine runs: a binary buddy system over one region.
 *
 * Shape   blocks of 256 bytes times a power of two, at most FRAMES_BLOCK_MAX; a free list per order
 * Cost    take and give O(orders); a frame takes less than twice its size. Pages are touched only
 *         when first used
 * Owner   the region is taken at init
 * Errors  NULL when no block of that size is free */
#ifndef ENGINE_EDGE_FRAMES_H
#define ENGINE_EDGE_FRAMES_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define FRAMES_BLOCK_MIN 256u
#define FRAMES_ORDERS 15u /* 256 B .. 4 MiB */
#define FRAMES_BLOCK_MAX (FRAMES_BLOCK_MIN << (FRAMES_ORDERS - 1))

struct frames {
    uint8_t *region;
    uint8_t *orders; /* per smallest block: order + 1 where a block begins, FRAMES_FREE set if
                                 it is free; 0 inside a block */
    uint32_t *next, *previous; /* free lists, by smallest block; NONE32 = end */
    uint32_t first[FRAMES_ORDERS];
    uint32_t block_count; /* smallest blocks in the region */
    uint64_t used;        /* bytes of blocks taken */
};

/* size is rounded up to a multiple of FRAMES_BLOCK_MAX. */
enum err frames_init(struct frames *frames, uint64_t size) WARN_UNUSED;
void frames_fini(struct frames *frames);

/* size 1..FRAMES_BLOCK_MAX bytes, aligned to FRAMES_BLOCK_MIN; NULL when there is no room. */
uint8_t *frames_take(struct frames *frames, uint64_t size);

/* bytes as given by frames_take; must() otherwise. NULL is fine. */
void frames_give(struct frames *frames, uint8_t *bytes);

/* O(region): every block is free or taken, no two free buddies stand beside each other, lists and used are
 * right. */
void frames_check(const struct frames *frames);

#endif
