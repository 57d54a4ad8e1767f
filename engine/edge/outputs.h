/* outputs.h: answers waiting for the disk, in one ring of bytes.
 *
 * An answer rests on a log position. Positions never decrease along the queue, so "everything up to
 * the durable position may leave" is a prefix of it (law 4).
 *
 * Shape   ring buffer of records {size, position, route, bytes}, 8-aligned; a record never wraps
 * Cost    put and take O(bytes copied); no allocation after init
 * Errors  outputs_put gives NULL when the ring or its count limit is full */
#ifndef ENGINE_EDGE_OUTPUTS_H
#define ENGINE_EDGE_OUTPUTS_H

#include "engine/core/base.h"
#include "engine/core/err.h"

struct outputs {
    uint8_t *ring;
    uint64_t capacity;      /* bytes, a multiple of 8 */
    uint64_t head;          /* offset of the oldest record */
    uint64_t tail;          /* offset where the next record goes */
    uint64_t used;          /* bytes held, skipped ends included */
    uint64_t last_position; /* of the newest record */
    uint32_t count;         /* records held */
    uint32_t limit;         /* records at most */
};

struct output {
    uint64_t position;
    const uint8_t *route;
    uint32_t route_size;
    const uint8_t *bytes;
    uint64_t size;
};

enum err outputs_init(struct outputs *outputs, uint64_t capacity, uint32_t limit) WARN_UNUSED;
void outputs_fini(struct outputs *outputs);

/* Room for size bytes to be filled in by the caller before any other call; NULL when full. position
 * is not less than that of any earlier put: must(). */
uint8_t *outputs_put(struct outputs *outputs, uint64_t position, const void *route,
                     uint32_t route_size, uint64_t size);

/* The oldest answer, if its position is <= durable; borrowed until the next outputs_drop or
 * outputs_put. */
bool outputs_peek(const struct outputs *outputs, uint64_t durable, struct output *out_output);

/* Forgets the oldest. */
void outputs_drop(struct outputs *outputs);

/* Is there room for refusals too, which give way to answers of accepted work? */
static inline bool outputs_is_tight(const struct outputs *outputs)
{
    return outputs->count >= outputs->limit - outputs->limit / 4 ||
           outputs->used >= outputs->capacity - outputs->capacity / 4;
}

void outputs_check(const struct outputs *outputs);

#endif
