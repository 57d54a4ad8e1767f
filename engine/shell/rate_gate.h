/* rate_gate.h: how often one address may ask what needs no login.
 *
 * Token buckets in a fixed table, placed by the hash of the address. Two addresses of one place share a bucket: the wrong one may wait, nobody
 * gets more.
 *
 * Time    real ms of a clock that never goes back
 * Owner   one thread */
#ifndef ENGINE_SHELL_RATE_GATE_H
#define ENGINE_SHELL_RATE_GATE_H

#include "engine/core/base.h"

#include <stdbool.h>

#define RATE_GATE_SLOTS 1024u

struct rate_slot {
    int64_t at_ms;
    int64_t spent; /* thousandths of a token */
};

struct rate_gate {
    uint32_t burst;      /* tokens */
    uint32_t per_minute; /* that come back */
    struct rate_slot slots[RATE_GATE_SLOTS];
};

/* Takes a token; false: none is left, and *out_wait_ms says when one will be. */
bool rate_gate_pass(struct rate_gate *gate, struct hash128 who, int64_t now_ms,
                    int64_t *out_wait_ms);

#endif
