/* seal.h: sealed frames and the handshake before them, as both sides need them: bytes in, bytes out.
 *
 *   client                                        engine
 *     HELLO   public, nonce, share          ->
 *                                           <-      COOKIE  nonce, server_nonce, cookie        nothing is kept
 *     PROOF   the same, cookie, signature   ->
 *                                           <-      ACCEPT  nonce, share, session, signature   half open
 *     Frame{session, counter, sealed}       <->     the first that opens makes it open
 *                                           <-      UNKNOWN_SESSION   in clear: says no more than "greet again"
 *                                           <-      REFUSED code      in clear: a hint for people
 *
 *   client's signature   Ed25519 over C = BLAKE2b-512(label, engine's public key, key_id, public, nonce, share, server_nonce, cookie)
 *   engine's signature   Ed25519 over S = BLAKE2b-512(label, C, client's signature, engine's share, session)
 *   keys                 crypto_kx of the two shares (X25519), each hashed with S: one for each direction
 *   sealed               XChaCha20-Poly1305; nonce = direction and counter, never used twice under a key;
 *                        associated data = version, direction, session, counter, key_id
 *
 * The composition is our own and unreviewed (docs/threat-model.md).
 *
 * Owner   the caller's buffers; what is read borrows from the bytes
 * Cost    a pass over the bytes; a handshake is a few curve operations a side */
#ifndef PROTO_SEAL_H
#define PROTO_SEAL_H

#include "engine/core/base.h"
#include "engine/core/err.h"
#include "proto/codec.h"

#define SEAL_PUBLIC_SIZE 32u
#define SEAL_SEED_SIZE 32u
#define SEAL_NONCE_SIZE 32u
#define SEAL_SHARE_SIZE 32u
#define SEAL_COOKIE_SIZE 40u
#define SEAL_SIGNATURE_SIZE 64u
#define SEAL_KEY_SIZE 32u
#define SEAL_TAG_SIZE 16u
#define SEAL_DIGEST_SIZE 64u
#define SEAL_HELLO_SIZE_MAX 512u /* of a frame with a handshake message */
#define SEAL_HEAD_SIZE_MAX 128u  /* of a sealed frame before the sealed bytes */
#define SEAL_COUNTER_MAX (UINT64_C(1) << 48)

/* false: libsodium finds no random numbers on this system. Call once before anything else; again is harmless. */
bool seal_init(void);

/* ---- identity keys ---- */

struct seal_identity {
    uint8_t seed[SEAL_SEED_SIZE]; /* secret */
    uint8_t public[SEAL_PUBLIC_SIZE];
};
void seal_identity_from_seed(struct seal_identity *identity, const uint8_t seed[SEAL_SEED_SIZE]);
void seal_identity_wipe(struct seal_identity *identity);

/* ---- frames ---- */

enum seal_direction { SEAL_TO_ENGINE = 1, SEAL_TO_CLIENT = 2 };

/* The outside of a frame. */
struct seal_frame {
    char key_id[CODEC_KEY_ID_SIZE_MAX + 1]; /* "" = none */
    uint64_t session;
    uint64_t counter;
    const uint8_t *sealed; /* NULL: none */
    size_t sealed_size;
    const uint8_t *hello; /* a handshake message; NULL: none */
    size_t hello_size;
    bool has_version; /* what is sealed or shakes hands says so; plain frames may leave it out */
};

/* Strict: a field given twice, of another type, another version: false. Unknown fields are stepped over. */
bool seal_read_frame(const void *bytes, size_t size, struct seal_frame *out_frame) WARN_UNUSED;

/* Bytes of the sealed frame around so many plain ones. */
size_t seal_frame_size(const char *key_id, uint64_t session, uint64_t counter, size_t plain_size);

/* Writes the sealed frame; plain must not lie in out. Returns its size, 0 when capacity is too small. */
size_t seal_write_frame(uint8_t *out, size_t capacity, const uint8_t key[SEAL_KEY_SIZE],
                        enum seal_direction direction, const char *key_id, uint64_t session,
                        uint64_t counter, const uint8_t *plain, size_t plain_size) WARN_UNUSED;

/* Opens frame->sealed into out (frame->sealed_size - SEAL_TAG_SIZE bytes). false: not sealed under this key with this header. */
bool seal_open_frame(const struct seal_frame *frame, const uint8_t key[SEAL_KEY_SIZE],
                     enum seal_direction direction, uint8_t *out) WARN_UNUSED;

/* Which counters were seen: each once, and none SEAL_WINDOW or more behind the newest. Counters begin at 1. */
#define SEAL_WINDOW 64u
struct seal_window {
    uint64_t newest;
    uint64_t seen; /* bit i: newest - i */
};
bool seal_window_admits(const struct seal_window *window, uint64_t counter);
/* After the frame was opened. must() admit it. */
void seal_window_take(struct seal_window *window, uint64_t counter);

/* ---- handshake ---- */

enum seal_step {
    SEAL_HELLO = 1,
    SEAL_COOKIE = 2,
    SEAL_PROOF = 3,
    SEAL_ACCEPT = 4,
    SEAL_UNKNOWN_SESSION = 5,
    SEAL_REFUSED = 6,
};

/* A message; only what its step has is set. */
struct seal_hello {
    uint32_t step; /* enum seal_step */
    uint32_t code; /* enum code, of REFUSED */
    uint64_t session;
    uint8_t public[SEAL_PUBLIC_SIZE];
    uint8_t nonce[SEAL_NONCE_SIZE];
    uint8_t share[SEAL_SHARE_SIZE]; /* of whoever sends it */
    uint8_t server_nonce[SEAL_NONCE_SIZE];
    uint8_t cookie[SEAL_COOKIE_SIZE];
    uint8_t signature[SEAL_SIGNATURE_SIZE];
};

/* false: not such a message, or not all that its step needs. */
bool seal_read_hello(const struct seal_frame *frame, struct seal_hello *out_hello) WARN_UNUSED;
/* A whole frame, at most SEAL_HELLO_SIZE_MAX bytes; key_id may be "". */
size_t seal_write_hello(uint8_t out[SEAL_HELLO_SIZE_MAX], const char *key_id,
                        const struct seal_hello *hello);

/* What both sides know of a handshake. */
struct seal_talk {
    uint8_t client[SEAL_DIGEST_SIZE]; /* C of above */
    uint8_t engine[SEAL_DIGEST_SIZE]; /* S of above */
};
void seal_talk_client(struct seal_talk *talk, const uint8_t engine_public[SEAL_PUBLIC_SIZE],
                      const char *key_id, const struct seal_hello *proof);
void seal_talk_engine(struct seal_talk *talk, const uint8_t client_signature[SEAL_SIGNATURE_SIZE],
                      const uint8_t share[SEAL_SHARE_SIZE], uint64_t session);

void seal_sign(const struct seal_identity *identity, const uint8_t digest[SEAL_DIGEST_SIZE],
               uint8_t out_signature[SEAL_SIGNATURE_SIZE]);
/* Is it a key at all: a point of the curve as written by the book, of the prime group, and so not of small order? */
bool seal_is_public(const uint8_t public[SEAL_PUBLIC_SIZE]) WARN_UNUSED;
bool seal_is_signed(const uint8_t public[SEAL_PUBLIC_SIZE], const uint8_t digest[SEAL_DIGEST_SIZE],
                    const uint8_t signature[SEAL_SIGNATURE_SIZE]) WARN_UNUSED;

/* An ephemeral pair of X25519. */
struct seal_share {
    uint8_t secret[32];
    uint8_t public[SEAL_SHARE_SIZE];
};
void seal_share_from_seed(struct seal_share *share, const uint8_t seed[32]);

struct seal_keys {
    uint8_t receive[SEAL_KEY_SIZE];
    uint8_t send[SEAL_KEY_SIZE];
};
/* false: the other's share is no good one. */
bool seal_derive_keys(const struct seal_talk *talk, const struct seal_share *own,
                      const uint8_t other[SEAL_SHARE_SIZE], bool is_engine,
                      struct seal_keys *out_keys) WARN_UNUSED;

#endif
