/* key_text.h: the file of an identity key, as text:
 *
 *   gridloop key 1
 *   identity camera-gateway-1
 *   public   64 hex digits: Ed25519
 *   secret   64 hex digits: its seed. Whoever has it is the identity
 *   engine   64 hex digits: the engine's public key, which this client believes and no other; may be missing
 *
 * Owner   the caller's; wipe with key_text_wipe
 * Errors  false with a sentence */
#ifndef PROTO_KEY_TEXT_H
#define PROTO_KEY_TEXT_H

#include "proto/seal.h"

#define KEY_TEXT_SIZE_MAX 512u
#define KEY_TEXT_HEX_SIZE (2 * SEAL_PUBLIC_SIZE + 1)

struct key_text {
    char identity[CODEC_KEY_ID_SIZE_MAX + 1];
    struct seal_identity key;
    bool has_engine;
    uint8_t engine[SEAL_PUBLIC_SIZE];
};

/* Checks that public and secret belong together. */
bool key_text_read(const char *text, size_t size, struct key_text *out_key, char *out_why,
                   size_t why_size) WARN_UNUSED;
/* Returns the size, without a zero at the end. */
size_t key_text_write(const struct key_text *key, char out[KEY_TEXT_SIZE_MAX]);
void key_text_wipe(struct key_text *key);

/* Exactly 64 digits, either case. */
bool key_text_parse_public(const char *text, uint8_t out_public[SEAL_PUBLIC_SIZE]) WARN_UNUSED;
void key_text_put_public(const uint8_t public[SEAL_PUBLIC_SIZE], char out[KEY_TEXT_HEX_SIZE]);

#endif
