/* web_ring.h: messages from one thread to one other: bounded, never waited for, no lock.
 *
 * Shape   one ring of bytes; a message lies whole in it behind its size, 8-aligned. One writer, one reader
 * Cost    a copy in; peek gives the place where it lies
 * Bounds  capacity; a message is at most half of it
 * Errors  put is false when there is no room: the writer says what is lost then */
#ifndef ENGINE_SHELL_WEB_RING_H
#define ENGINE_SHELL_WEB_RING_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stdatomic.h>

struct web_ring {
    uint8_t *bytes;
    uint64_t capacity;
    _Atomic uint64_t put;   /* bytes since the start; moved by the writer alone */
    _Atomic uint64_t taken; /* moved by the reader alone */
};

/* capacity a multiple of 8. Pages are touched when first used. ERR_MEMORY. */
enum err web_ring_init(struct web_ring *ring, uint64_t capacity) WARN_UNUSED;
void web_ring_fini(struct web_ring *ring);

/* Writer. Both parts as one message; body_size may be 0. */
bool web_ring_put(struct web_ring *ring, const void *head, uint64_t head_size, const void *body,
                  uint64_t body_size);

/* Reader. The oldest message, 8-aligned, until web_ring_drop; NULL when there is none. */
const void *web_ring_peek(struct web_ring *ring, uint64_t *out_size);
void web_ring_drop(struct web_ring *ring);

/* Either. */
uint64_t web_ring_used(const struct web_ring *ring);

#endif
