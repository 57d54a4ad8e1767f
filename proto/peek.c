/* peek.c: the outer fields of a frame; field numbers as in proto/gridloop.proto, layout as in codec.c. */
#include "proto/peek.h"

#include "proto/wire.h"

#define WIRE_VARINT 0u
#define WIRE_BYTES 2u
#define REQUEST_ID 1u
#define KIND_EVENT_BATCH 3u
#define KIND_ACT 5u
#define KIND_REPORT 6u

/* Epoch and seq are fields 1 and 2 of everything that is numbered. They come first from every encoder, so the
 * events behind them are not even stepped over. */
static bool peek_numbers(const struct wire_value *body, struct peek *peek)
{
    struct wire_reader reader = {body->bytes, body->size, 0};
    struct wire_value value;
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return false;
        }
        if (value.type != WIRE_VARINT || value.field > 2) {
            return true;
        }
        if (value.field == 1) {
            peek->epoch = value.number;
        } else {
            peek->seq = value.number;
        }
    }
    return true;
}

static bool peek_request(const struct wire_value *sealed, struct peek *peek)
{
    struct wire_reader reader = {sealed->bytes, sealed->size, 0};
    struct wire_value value;
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return false;
        }
        if (value.field == REQUEST_ID && value.type == WIRE_VARINT) {
            peek->request_id = value.number;
        } else if (value.type == WIRE_BYTES) {
            peek->kind = value.field;
            bool is_numbered = value.field == KIND_EVENT_BATCH || value.field == KIND_ACT ||
                               value.field == KIND_REPORT;
            if (is_numbered && !peek_numbers(&value, peek)) {
                return false;
            }
        }
    }
    return true;
}

bool peek_frame(const void *bytes, size_t size, struct peek *out_peek)
{
    struct wire_reader reader = {bytes, size, 0};
    struct wire_value value;
    struct peek peek = {.key_id = ""};
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return false;
        }
        if (value.field == 2 && value.type == WIRE_BYTES) {
            if (!codec_is_key_id((const char *)value.bytes, value.size)) {
                return false;
            }
            memcpy(peek.key_id, value.bytes, value.size);
            peek.key_id[value.size] = '\0';
        } else if (value.field == 5 && value.type == WIRE_BYTES && !peek_request(&value, &peek)) {
            return false;
        }
    }
    *out_peek = peek;
    return peek.key_id[0] != '\0' && peek.kind != 0;
}
