/* seal.c: see seal.h for who sends what. Fields as in proto/gridloop.proto, written and read by hand: what a stranger sends meets
 * nothing larger. */
#include "proto/seal.h"

#include "proto/wire.h"

#include <sodium.h>

_Static_assert(SEAL_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "libsodium's size");
_Static_assert(SEAL_SEED_SIZE == crypto_sign_SEEDBYTES, "libsodium's size");
_Static_assert(SEAL_SIGNATURE_SIZE == crypto_sign_BYTES, "libsodium's size");
_Static_assert(SEAL_SHARE_SIZE == crypto_kx_PUBLICKEYBYTES, "libsodium's size");
_Static_assert(SEAL_KEY_SIZE == crypto_kx_SESSIONKEYBYTES, "libsodium's size");
_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "libsodium's size");
_Static_assert(SEAL_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "libsodium's size");

#define VARINT 0u
#define BYTES 2u
#define FRAME_FIELDS 6u
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define HEADER_SIZE_MAX (18u + CODEC_KEY_ID_SIZE_MAX)

bool seal_init(void)
{
    return sodium_init() >= 0;
}

void seal_identity_from_seed(struct seal_identity *identity, const uint8_t seed[SEAL_SEED_SIZE])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    memcpy(identity->seed, seed, SEAL_SEED_SIZE);
    must(crypto_sign_seed_keypair(identity->public, secret, seed) == 0);
    sodium_memzero(secret, sizeof secret);
}

void seal_identity_wipe(struct seal_identity *identity)
{
    sodium_memzero(identity, sizeof *identity);
}

/* ---- frames ---- */

static bool frame_field(const struct wire_value *value, struct seal_frame *frame)
{
    switch (value->field) {
    case 1:
        frame->has_version = true;
        return value->type == VARINT && value->number == CODEC_VERSION;
    case 2:
        if (value->type != BYTES || !codec_is_key_id((const char *)value->bytes, value->size)) {
            return false;
        }
        memcpy(frame->key_id, value->bytes, value->size);
        frame->key_id[value->size] = '\0';
        return true;
    case 3:
        frame->session = value->number;
        return value->type == VARINT;
    case 4:
        frame->counter = value->number;
        return value->type == VARINT;
    case 5:
        frame->sealed = value->bytes;
        frame->sealed_size = value->size;
        return value->type == BYTES;
    case FRAME_FIELDS:
        frame->hello = value->bytes;
        frame->hello_size = value->size;
        return value->type == BYTES;
    default:
        return true;
    }
}

bool seal_read_frame(const void *bytes, size_t size, struct seal_frame *out_frame)
{
    struct wire_reader reader = {bytes, size, 0};
    struct wire_value value;
    struct seal_frame frame = {.key_id = ""};
    uint32_t seen = 0;
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return false;
        }
        const uint32_t bit = value.field <= FRAME_FIELDS ? 1u << value.field : 0;
        if ((seen & bit) != 0 || !frame_field(&value, &frame)) {
            return false;
        }
        seen |= bit;
    }
    *out_frame = frame;
    return true;
}

static uint8_t *put_bytes(uint8_t *at, uint32_t field, const void *bytes, size_t size)
{
    at = wire_put_varint(at, (uint64_t)field << 3 | BYTES);
    at = wire_put_varint(at, size);
    memcpy(at, bytes, size);
    return at + size;
}

static uint8_t *put_number(uint8_t *at, uint32_t field, uint64_t number)
{
    at = wire_put_varint(at, (uint64_t)field << 3 | VARINT);
    return wire_put_varint(at, number);
}

static uint8_t *put_head(uint8_t *at, const char *key_id)
{
    at = put_number(at, 1, CODEC_VERSION);
    const size_t size = strlen(key_id);
    must(size <= CODEC_KEY_ID_SIZE_MAX);
    return size > 0 ? put_bytes(at, 2, key_id, size) : at;
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    for (uint32_t i = 0; i < 8; i++) {
        *at++ = (uint8_t)(value >> (8 * i));
    }
    return at;
}

/* Associated data. */
static size_t put_header(uint8_t out[HEADER_SIZE_MAX], enum seal_direction direction,
                         const char *key_id, uint64_t session, uint64_t counter)
{
    const size_t size = strlen(key_id);
    out[0] = (uint8_t)CODEC_VERSION;
    out[1] = (uint8_t)direction;
    memcpy(put_u64(put_u64(out + 2, session), counter), key_id, size);
    return 18 + size;
}

static void put_nonce(uint8_t out[NONCE_SIZE], enum seal_direction direction, uint64_t counter)
{
    memset(out, 0, NONCE_SIZE);
    out[0] = (uint8_t)direction;
    (void)put_u64(out + 8, counter);
}

static size_t head_size(const char *key_id, uint64_t session, uint64_t counter)
{
    const size_t id_size = strlen(key_id);
    const size_t name_size = id_size > 0 ? 1 + wire_varint_size(id_size) + id_size : 0;
    return 2 + name_size + 2 + wire_varint_size(session) + wire_varint_size(counter);
}

size_t seal_frame_size(const char *key_id, uint64_t session, uint64_t counter, size_t plain_size)
{
    const size_t sealed_size = plain_size + SEAL_TAG_SIZE;
    return head_size(key_id, session, counter) + 1 + wire_varint_size(sealed_size) + sealed_size;
}

size_t seal_write_frame(uint8_t *out, size_t capacity, const uint8_t key[SEAL_KEY_SIZE],
                        enum seal_direction direction, const char *key_id, uint64_t session,
                        uint64_t counter, const uint8_t *plain, size_t plain_size)
{
    if (seal_frame_size(key_id, session, counter, plain_size) > capacity) {
        return 0;
    }
    uint8_t header[HEADER_SIZE_MAX], nonce[NONCE_SIZE];
    unsigned long long sealed_size = 0;
    const size_t header_size = put_header(header, direction, key_id, session, counter);
    put_nonce(nonce, direction, counter);
    uint8_t *at = put_head(out, key_id);
    at = put_number(put_number(at, 3, session), 4, counter);
    at = wire_put_varint(at, 5u << 3 | BYTES);
    at = wire_put_varint(at, plain_size + SEAL_TAG_SIZE);
    must(crypto_aead_xchacha20poly1305_ietf_encrypt(at, &sealed_size, plain, plain_size, header,
                                                    header_size, NULL, nonce, key) == 0);
    return (size_t)(at - out) + (size_t)sealed_size;
}

bool seal_open_frame(const struct seal_frame *frame, const uint8_t key[SEAL_KEY_SIZE],
                     enum seal_direction direction, uint8_t *out)
{
    if (!frame->has_version || frame->sealed == NULL || frame->sealed_size < SEAL_TAG_SIZE) {
        return false;
    }
    uint8_t header[HEADER_SIZE_MAX], nonce[NONCE_SIZE];
    const size_t header_size =
        put_header(header, direction, frame->key_id, frame->session, frame->counter);
    put_nonce(nonce, direction, frame->counter);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, frame->sealed,
                                                      frame->sealed_size, header, header_size,
                                                      nonce, key) == 0;
}

bool seal_window_admits(const struct seal_window *window, uint64_t counter)
{
    if (counter == 0 || counter > SEAL_COUNTER_MAX) {
        return false;
    }
    if (counter > window->newest) {
        return true;
    }
    const uint64_t behind = window->newest - counter;
    return behind < SEAL_WINDOW && (window->seen >> behind & 1u) == 0;
}

void seal_window_take(struct seal_window *window, uint64_t counter)
{
    must(seal_window_admits(window, counter));
    if (counter <= window->newest) {
        window->seen |= UINT64_C(1) << (window->newest - counter);
        return;
    }
    const uint64_t step = counter - window->newest;
    window->seen = (step < SEAL_WINDOW ? window->seen << step : 0) | 1u;
    window->newest = counter;
}

/* ---- handshake ---- */

/* Where the bytes of a field lie in struct seal_hello, and in which steps it stands. */
static const struct {
    size_t offset;
    size_t size;
    uint32_t steps;
} PARTS[] = {
    [2] = {offsetof(struct seal_hello, public), SEAL_PUBLIC_SIZE,
           1u << SEAL_HELLO | 1u << SEAL_PROOF},
    [3] = {offsetof(struct seal_hello, nonce), SEAL_NONCE_SIZE,
           1u << SEAL_HELLO | 1u << SEAL_COOKIE | 1u << SEAL_PROOF | 1u << SEAL_ACCEPT |
               1u << SEAL_REFUSED},
    [4] = {offsetof(struct seal_hello, share), SEAL_SHARE_SIZE,
           1u << SEAL_HELLO | 1u << SEAL_PROOF | 1u << SEAL_ACCEPT},
    [5] = {offsetof(struct seal_hello, server_nonce), SEAL_NONCE_SIZE,
           1u << SEAL_COOKIE | 1u << SEAL_PROOF},
    [6] = {offsetof(struct seal_hello, cookie), SEAL_COOKIE_SIZE,
           1u << SEAL_COOKIE | 1u << SEAL_PROOF},
    [7] = {offsetof(struct seal_hello, signature), SEAL_SIGNATURE_SIZE,
           1u << SEAL_PROOF | 1u << SEAL_ACCEPT},
};
#define FIELD_STEP 1u
#define FIELD_SESSION 8u
#define FIELD_CODE 9u

/* Bit per field that a message of the step has. */
static uint32_t fields_of(uint32_t step)
{
    uint32_t fields = 1u << FIELD_STEP;
    for (uint32_t i = 2; i < COUNT_OF(PARTS); i++) {
        fields |= (PARTS[i].steps >> step & 1u) << i;
    }
    fields |= step == SEAL_ACCEPT || step == SEAL_UNKNOWN_SESSION ? 1u << FIELD_SESSION : 0;
    return fields | (step == SEAL_REFUSED ? 1u << FIELD_CODE : 0);
}

static bool hello_field(const struct wire_value *value, struct seal_hello *hello)
{
    if (value->field >= 2 && value->field < COUNT_OF(PARTS)) {
        if (value->type != BYTES || value->size != PARTS[value->field].size) {
            return false;
        }
        memcpy((uint8_t *)hello + PARTS[value->field].offset, value->bytes, value->size);
        return true;
    }
    if (value->field > FIELD_CODE) {
        return true;
    }
    if (value->type != VARINT || (value->field != FIELD_SESSION && value->number > UINT32_MAX)) {
        return false;
    }
    if (value->field == FIELD_SESSION) {
        hello->session = value->number;
    } else {
        *(value->field == FIELD_STEP ? &hello->step : &hello->code) = (uint32_t)value->number;
    }
    return true;
}

bool seal_read_hello(const struct seal_frame *frame, struct seal_hello *out_hello)
{
    if (frame->hello == NULL || frame->sealed != NULL || !frame->has_version) {
        return false;
    }
    struct wire_reader reader = {frame->hello, frame->hello_size, 0};
    struct wire_value value;
    struct seal_hello hello = {0};
    uint32_t seen = 0;
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return false;
        }
        const uint32_t bit = value.field <= FIELD_CODE ? 1u << value.field : 0;
        if ((seen & bit) != 0 || !hello_field(&value, &hello)) {
            return false;
        }
        seen |= bit;
    }
    if (hello.step < SEAL_HELLO || hello.step > SEAL_REFUSED ||
        (seen & fields_of(hello.step)) != fields_of(hello.step)) {
        return false;
    }
    *out_hello = hello;
    return true;
}

size_t seal_write_hello(uint8_t out[SEAL_HELLO_SIZE_MAX], const char *key_id,
                        const struct seal_hello *hello)
{
    uint8_t message[SEAL_HELLO_SIZE_MAX];
    uint8_t *at = put_number(message, FIELD_STEP, hello->step);
    const uint32_t fields = fields_of(hello->step);
    for (uint32_t i = 2; i < COUNT_OF(PARTS); i++) {
        if ((fields >> i & 1u) != 0) {
            at = put_bytes(at, i, (const uint8_t *)hello + PARTS[i].offset, PARTS[i].size);
        }
    }
    at = (fields >> FIELD_SESSION & 1u) != 0 ? put_number(at, FIELD_SESSION, hello->session) : at;
    at = (fields >> FIELD_CODE & 1u) != 0 ? put_number(at, FIELD_CODE, hello->code) : at;
    const size_t message_size = (size_t)(at - message);
    at = put_bytes(put_head(out, key_id), FRAME_FIELDS, message, message_size);
    const size_t size = (size_t)(at - out);
    must(size <= SEAL_HELLO_SIZE_MAX);
    return size;
}

static void add(crypto_generichash_state *hash, const void *bytes, size_t size)
{
    must(crypto_generichash_update(hash, bytes, size) == 0);
}

static void begin(crypto_generichash_state *hash, const char *label)
{
    must(crypto_generichash_init(hash, NULL, 0, SEAL_DIGEST_SIZE) == 0);
    add(hash, label, strlen(label) + 1);
}

void seal_talk_client(struct seal_talk *talk, const uint8_t engine_public[SEAL_PUBLIC_SIZE],
                      const char *key_id, const struct seal_hello *proof)
{
    crypto_generichash_state hash;
    begin(&hash, "gridloop sealed frames 1: client");
    add(&hash, engine_public, SEAL_PUBLIC_SIZE);
    add(&hash, key_id, strlen(key_id) + 1);
    add(&hash, proof->public, SEAL_PUBLIC_SIZE);
    add(&hash, proof->nonce, SEAL_NONCE_SIZE);
    add(&hash, proof->share, SEAL_SHARE_SIZE);
    add(&hash, proof->server_nonce, SEAL_NONCE_SIZE);
    add(&hash, proof->cookie, SEAL_COOKIE_SIZE);
    must(crypto_generichash_final(&hash, talk->client, SEAL_DIGEST_SIZE) == 0);
}

void seal_talk_engine(struct seal_talk *talk, const uint8_t client_signature[SEAL_SIGNATURE_SIZE],
                      const uint8_t share[SEAL_SHARE_SIZE], uint64_t session)
{
    crypto_generichash_state hash;
    uint8_t number[8];
    (void)put_u64(number, session);
    begin(&hash, "gridloop sealed frames 1: engine");
    add(&hash, talk->client, SEAL_DIGEST_SIZE);
    add(&hash, client_signature, SEAL_SIGNATURE_SIZE);
    add(&hash, share, SEAL_SHARE_SIZE);
    add(&hash, number, sizeof number);
    must(crypto_generichash_final(&hash, talk->engine, SEAL_DIGEST_SIZE) == 0);
}

void seal_sign(const struct seal_identity *identity, const uint8_t digest[SEAL_DIGEST_SIZE],
               uint8_t out_signature[SEAL_SIGNATURE_SIZE])
{
    uint8_t public[SEAL_PUBLIC_SIZE], secret[crypto_sign_SECRETKEYBYTES];
    must(crypto_sign_seed_keypair(public, secret, identity->seed) == 0);
    must(crypto_sign_detached(out_signature, NULL, digest, SEAL_DIGEST_SIZE, secret) == 0);
    sodium_memzero(secret, sizeof secret);
}

bool seal_is_public(const uint8_t public[SEAL_PUBLIC_SIZE])
{
    return crypto_core_ed25519_is_valid_point(public) == 1;
}

bool seal_is_signed(const uint8_t public[SEAL_PUBLIC_SIZE], const uint8_t digest[SEAL_DIGEST_SIZE],
                    const uint8_t signature[SEAL_SIGNATURE_SIZE])
{
    return crypto_sign_verify_detached(signature, digest, SEAL_DIGEST_SIZE, public) == 0;
}

void seal_share_from_seed(struct seal_share *share, const uint8_t seed[32])
{
    must(crypto_kx_seed_keypair(share->public, share->secret, seed) == 0);
}

bool seal_derive_keys(const struct seal_talk *talk, const struct seal_share *own,
                      const uint8_t other[SEAL_SHARE_SIZE], bool is_engine,
                      struct seal_keys *out_keys)
{
    uint8_t receive[SEAL_KEY_SIZE], send[SEAL_KEY_SIZE];
    const int result =
        is_engine ? crypto_kx_server_session_keys(receive, send, own->public, own->secret, other)
                  : crypto_kx_client_session_keys(receive, send, own->public, own->secret, other);
    if (result == 0) {
        must(crypto_generichash(out_keys->receive, SEAL_KEY_SIZE, talk->engine, SEAL_DIGEST_SIZE,
                                receive, sizeof receive) == 0);
        must(crypto_generichash(out_keys->send, SEAL_KEY_SIZE, talk->engine, SEAL_DIGEST_SIZE, send,
                                sizeof send) == 0);
    }
    sodium_memzero(receive, sizeof receive);
    sodium_memzero(send, sizeof send);
    return result == 0;
}
