/* wire.h: protobuf's encoding, one field at a time, bounds first. https://protobuf.dev/programming-guides/encoding/ */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "engine/core/base.h"

struct wire_reader {
    const uint8_t *bytes;
    size_t size;
    size_t offset;
};

/* One field. Borrows from the reader's bytes. */
struct wire_value {
    uint32_t field; /* number, 1 .. 2^29 - 1 */
    uint32_t
        type; /* 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes; groups are refused */
    uint64_t number;      /* of types 0, 1, 5 */
    const uint8_t *bytes; /* of type 2 */
    size_t size;
};

/* Reads the next field. false: what stands at reader->offset is not a whole field; offset stays. */
bool wire_next(struct wire_reader *reader, struct wire_value *out_value);

/* Valid UTF-8 (RFC 3629: no surrogates, nothing overlong) without a zero byte. */
bool wire_is_text(const uint8_t *bytes, size_t size);

size_t wire_varint_size(uint64_t number);

/* Writes 1..10 bytes and returns the place after them. */
uint8_t *wire_put_varint(uint8_t *at, uint64_t number);

#endif
