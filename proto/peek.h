/* peek.h: what a frame says on its outside, read without unpacking it.
 *
 * A flood must cost less to refuse than to serve: sender, kind and number of a request are enough to
 * refuse it. What is not refused by these is opened and checked in full (codec.h); nothing here is
 * believed beyond a refusal.
 *
 * Cost    one pass over the outer fields: the parts inside are stepped over by their length */
#ifndef PROTO_PEEK_H
#define PROTO_PEEK_H

#include "engine/core/base.h"
#include "proto/codec.h"

#define PEEK_COUNTERS 8u /* kind of a Counters request */

struct peek {
    char key_id[CODEC_KEY_ID_SIZE_MAX + 1];
    uint64_t request_id;
    uint32_t kind;  /* field number of the request's kind in the schema, 0 = none */
    uint64_t epoch; /* of an EventBatch, Act or Report; 0 = none */
    uint64_t seq;
};

/* false: not even the outside can be read; codec_open_frame will say what is wrong. */
bool peek_frame(const void *bytes, size_t size, struct peek *out_peek);

#endif
