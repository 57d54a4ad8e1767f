/* sealing.h: the client's half of sealed frames (proto/seal.h): greets, seals, opens, renews. Bytes and time in, bytes out.
 *
 *   nothing --HELLO--> asked --COOKIE--> proving --ACCEPT--> nothing, with a session
 *
 * A session is renewed before it is old, and when the engine says it does not know it; the one before opens answers still. What was
 * on its way when the engine forgot a session is lost: `renewals` counts those, and who sends asks again.
 *
 * Owner   the caller's; sealing_close wipes it
 * Time    real ms that never go back */
#ifndef PROTO_CLIENT_SEALING_H
#define PROTO_CLIENT_SEALING_H

#include "proto/key_text.h"

struct sealing_session {
    uint64_t number; /* 0 = none */
    struct seal_keys keys;
    struct seal_window window;
    uint64_t counter;
};

struct sealing {
    bool is_on; /* false: frames go as they are */
    struct key_text key;
    uint32_t step; /* enum seal_step sent last; 0: no handshake runs */
    struct seal_hello hello;
    struct seal_share share;
    struct seal_talk talk;
    int64_t step_at_ms; /* last sent; NEVER_MS: at once */
    uint32_t tries;     /* of this step */
    int64_t rest_until_ms;
    struct sealing_session now, before;
    int64_t since_ms;    /* of the session now */
    int64_t asked_at_ms; /* of the oldest frame since which nothing was heard; NEVER_MS = none */
    bool was_forgotten;  /* the engine does not know the session */
    uint32_t renewals;   /* sessions after one that was forgotten */
    uint32_t refused;    /* enum code the engine gave; 0 = it did not */
};

/* Reads the key. path: a file, or a directory that holds IDENTITY.key. engine: 64 hex digits, NULL: those of the file. identity NULL:
 * whoever the file is for. false with a sentence. */
bool sealing_open(struct sealing *sealing, const char *path, const char *engine,
                  const char *identity, char *out_why, size_t why_size) WARN_UNUSED;
void sealing_close(struct sealing *sealing);

/* Another engine may be at the other end now. */
void sealing_restart(struct sealing *sealing);

bool sealing_is_ready(const struct sealing *sealing);

/* The handshake frame to send now; 0: none. */
size_t sealing_next(struct sealing *sealing, int64_t now_ms, uint8_t out[SEAL_HELLO_SIZE_MAX]);

/* Seals a request; capacity as seal_frame_size says, SEAL_HEAD_SIZE_MAX + size + SEAL_TAG_SIZE is enough. must() be ready. 0: no room. */
size_t sealing_seal(struct sealing *sealing, int64_t now_ms, const uint8_t *plain, size_t size,
                    uint8_t *out, size_t capacity);

/* Takes what came. Returns the size of a plain frame in out (SEAL_HEAD_SIZE_MAX + size bytes) when it was a sealed answer; 0: a step of
 * the handshake, or nothing that can be believed. */
size_t sealing_take(struct sealing *sealing, int64_t now_ms, const void *frame, size_t size,
                    uint8_t *out);

#endif
