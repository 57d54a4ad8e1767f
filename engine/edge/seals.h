/* seals.h: the engine's half of sealed frames (proto/seal.h): who is greeted, which sessions there are, what a frame holds.
 *
 *   nothing --HELLO--> nothing (a cookie is no state) --PROOF--> half open --a frame that opens--> open
 *   half open: at most `half_open`, the oldest makes way           open: at most `sessions`, the one idle longest makes way,
 *                                                                  at most `per_identity` of one key, likewise
 *   any -> gone: older than age_ms, counter used up, key revoked; a frame of it is then answered UNKNOWN_SESSION
 *
 * A stranger costs one hash a HELLO; curves are touched only behind a cookie of this engine, by a key that is registered, and at
 * most proofs_per_s times a second. What does not open is dropped and counted, never answered.
 *
 * Owner   rows and one scratch frame, taken at open; what is given out is borrowed until the next call
 * Time    real ms that never go back
 * Cost    a frame: one pass over its bytes. A handshake: two curve operations, one check, one signature */
#ifndef ENGINE_EDGE_SEALS_H
#define ENGINE_EDGE_SEALS_H

#include "engine/core/base.h"
#include "engine/core/err.h"
#include "proto/seal.h"

struct seals; /* opaque */

struct seals_limits {
    uint32_t sessions;
    uint32_t half_open;
    uint32_t per_identity;
    uint32_t proofs_per_s; /* and at once */
    int64_t age_ms;        /* of a session, from its beginning */
    int64_t cookie_ms;     /* a cookie is good for */
};
struct seals_limits seals_limits_default(void);

struct seals_options {
    struct seals_limits limits;
    struct seal_identity identity; /* the engine's */
    /* May this key speak for that identity now? CODE_NOTHING, else why not. Asked at every handshake and every frame. */
    enum code (*judge)(void *context, const uint8_t public[SEAL_PUBLIC_SIZE], const char *key_id);
    void (*random)(void *context, void *out, size_t size);
    void *context;
};

/* ERR_MEMORY. */
enum err seals_open(const struct seals_options *options, struct seals **out_seals) WARN_UNUSED;
void seals_close(struct seals *seals); /* NULL is fine */

enum seals_verdict {
    SEALS_DROPPED, /* nothing to do */
    SEALS_REPLY,   /* bytes go back to the sender */
    SEALS_OPENED,  /* bytes are a plain frame of a proven identity, for the node */
    SEALS_PLAIN,   /* it is not sealed and no handshake: nobody is proven */
};
struct seals_taken {
    const uint8_t *bytes;
    size_t size;
    uint64_t session; /* of OPENED */
};
enum seals_verdict seals_take(struct seals *seals, const void *frame, size_t size, int64_t now_ms,
                              struct seals_taken *out_taken);

/* Seals a plain frame of the node for that session. false: the session is gone; the client will greet and ask again. */
bool seals_seal(struct seals *seals, uint64_t session, const void *frame, size_t size,
                int64_t now_ms, const uint8_t **out_bytes, size_t *out_size) WARN_UNUSED;

struct seals_counts {
    uint64_t hellos;  /* cookies given out */
    uint64_t proofs;  /* checked */
    uint64_t refused; /* key not known, revoked, or signature wrong */
    uint64_t dropped; /* malformed, cookies of others, replays, what does not open, over the rate */
    uint64_t unknown; /* frames of sessions that are gone */
    uint64_t opened;  /* sessions, ever */
    uint64_t evicted; /* sessions that made way */
    uint32_t sessions, half_open; /* now */
};
struct seals_counts seals_counts_now(const struct seals *seals);

/* Walks the rows; must() fails on the first truth that does not hold. */
void seals_check(const struct seals *seals);

#endif
