/* web_ring.c: see web_ring.h.
 *
 * A size of 0 fills the end of the ring when the next message would not fit there. Truths: taken <= put <= taken +
 * capacity; a message is handed over by the release store of put, its room by that of taken. */
#include "engine/shell/web_ring.h"

#include <stdlib.h>

static uint64_t pad8(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

enum err web_ring_init(struct web_ring *ring, uint64_t capacity)
{
    must(capacity >= 64 && capacity % 8 == 0);
    ring->bytes = malloc(capacity);
    ring->capacity = capacity;
    atomic_init(&ring->put, 0);
    atomic_init(&ring->taken, 0);
    return ring->bytes == NULL ? ERR_MEMORY : ERR_OK;
}

void web_ring_fini(struct web_ring *ring)
{
    free(ring->bytes);
    ring->bytes = NULL;
}

bool web_ring_put(struct web_ring *ring, const void *head, uint64_t head_size, const void *body,
                  uint64_t body_size)
{
    const uint64_t size = head_size + body_size;
    const uint64_t total = sizeof size + pad8(size);
    uint64_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    const uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    const uint64_t left = ring->capacity - put % ring->capacity;
    const uint64_t gap = left < total ? left : 0;
    must(size > 0);
    if (total > ring->capacity / 2 || put + gap + total - taken > ring->capacity) {
        return false;
    }
    if (gap > 0) {
        memcpy(ring->bytes + put % ring->capacity, &(uint64_t){0}, sizeof(uint64_t));
        put += gap;
    }
    uint8_t *at = ring->bytes + put % ring->capacity;
    memcpy(at, &size, sizeof size);
    memcpy(at + sizeof size, head, head_size);
    if (body_size > 0) {
        memcpy(at + sizeof size + head_size, body, body_size);
    }
    atomic_store_explicit(&ring->put, put + total, memory_order_release);
    return true;
}

const void *web_ring_peek(struct web_ring *ring, uint64_t *out_size)
{
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    const uint64_t put = atomic_load_explicit(&ring->put, memory_order_acquire);
    uint64_t size = 0;
    if (taken == put) {
        return NULL;
    }
    memcpy(&size, ring->bytes + taken % ring->capacity, sizeof size);
    if (size == 0) {
        taken += ring->capacity - taken % ring->capacity;
        atomic_store_explicit(&ring->taken, taken, memory_order_release);
        must(taken != put); /* a gap is put together with what follows it */
        memcpy(&size, ring->bytes, sizeof size);
    }
    *out_size = size;
    return ring->bytes + taken % ring->capacity + sizeof size;
}

void web_ring_drop(struct web_ring *ring)
{
    const uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    uint64_t size = 0;
    memcpy(&size, ring->bytes + taken % ring->capacity, sizeof size);
    must(size > 0);
    atomic_store_explicit(&ring->taken, taken + sizeof size + pad8(size), memory_order_release);
}

uint64_t web_ring_used(const struct web_ring *ring)
{
    const uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    return atomic_load_explicit(&ring->put, memory_order_acquire) - taken;
}
