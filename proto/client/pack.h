/* pack.h: what a caller hands in, checked and packed as the wire wants it.
 *
 * Everything the engine would refuse a whole frame for is refused here, at the call that brought it.
 * Errors  ERR_INPUT with a sentence in why; ERR_TOO_LARGE */
#ifndef PROTO_CLIENT_PACK_H
#define PROTO_CLIENT_PACK_H

#include "engine/core/base.h"
#include "engine/core/err.h"
#include "proto/client/gridloop.h"

#define PACK_WHY_SIZE 192u

struct pack_why {
    char text[PACK_WHY_SIZE];
};

/* id: used when the event has none. Output: bytes of an Event message. */
enum err pack_event(const struct gridloop_event *event, const char *id, uint8_t *buffer,
                    uint32_t capacity, uint32_t *out_size, struct pack_why *out_why) WARN_UNUSED;

/* Output: bytes of an Act message without epoch and seq, or with a key where there is no outbox (NULL: none). */
enum err pack_act(const struct gridloop_act *act, const char *key, uint8_t *buffer,
                  uint32_t capacity, uint32_t *out_size, struct pack_why *out_why) WARN_UNUSED;

/* A Report around a packed event. */
enum err pack_report(const uint8_t *event, uint32_t event_size, uint8_t *buffer, uint32_t capacity,
                     uint32_t *out_size) WARN_UNUSED;

/* Bytes of a Poll. */
uint32_t pack_poll(uint64_t ack_seq, uint32_t wait_ms, int status, const struct gridloop_fix *fix,
                   uint8_t *buffer, uint32_t capacity);

#endif
