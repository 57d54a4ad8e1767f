/* event_batch.h: the request that comes most, decoded by hand: a batch of events.
 *
 * Takes the bytes of a Request that holds a request id and an EventBatch, each part as an encoder writes it, checks what codec.c
 * checks and fills protobuf-c's structs in the arena, in one pass over one copy of the bytes: strings stay where they are and are
 * terminated in place. Whatever is not exactly so (another kind, an unknown field, anything over a cap, anything malformed) is
 * not decided here: codec.c walks it by the schema and says what is wrong with it.
 *
 * Owner   the caller's arena; nothing is kept
 * Cost    a copy of the bytes, some instructions a field; a quarter of walking and unpacking
 * Errors  NULL: let codec.c do it; the arena is to be reset */
#ifndef PROTO_EVENT_BATCH_H
#define PROTO_EVENT_BATCH_H

#include "proto/codec.h"

/* Where the batch's own bytes are, for the digest of the content. */
struct event_batch_span {
    const uint8_t *bytes;
    size_t size;
};

const Gridloop__Wire__Request *event_batch_read(const uint8_t *bytes, size_t size,
                                                struct codec_arena *arena,
                                                struct event_batch_span *out_span);

#endif
