/* sealing.c: see sealing.h. */
#include "proto/client/sealing.h"

#include "engine/core/code.h"
#include "proto/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESEND_MS 500
#define TRIES_MAX 6u                   /* of one step; then from the beginning */
#define REST_MS 3000                   /* after a refusal */
#define AGE_MS HOUR_MS                 /* renewed then; the engine forgets it later */
#define FRAMES_MAX (UINT64_C(1) << 32) /* ... or after so many */
#define QUIET_MS (40 * SECOND_MS) /* a poll is held 25 s; longer silence may be a lost session */
#define NOT_ASKED INT64_MIN

/* ---- opening ---- */

static bool read_file(const char *path, char text[KEY_TEXT_SIZE_MAX + 1], size_t *out_size,
                      char *out_why, size_t why_size)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        (void)snprintf(out_why, why_size, "%s: %s; make a key: gridloop key new", path,
                       strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    if ((status.st_mode & 077) != 0) {
        (void)snprintf(out_why, why_size, "%s can be read by others: chmod 600 it", path);
        (void)close(fd);
        return false;
    }
    const ssize_t size = read(fd, text, KEY_TEXT_SIZE_MAX + 1);
    (void)close(fd);
    *out_size = size > 0 ? (size_t)size : 0;
    return true;
}

static bool find_file(const char *path, const char *identity, char out[PATH_MAX], char *out_why,
                      size_t why_size)
{
    struct stat status;
    const bool is_directory = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (is_directory && identity == NULL) {
        (void)snprintf(out_why, why_size, "%s is a directory: name the file of one key", path);
        return false;
    }
    const int size = is_directory ? snprintf(out, PATH_MAX, "%s/%s.key", path, identity)
                                  : snprintf(out, PATH_MAX, "%s", path);
    return size > 0 && size < PATH_MAX;
}

static bool choose_engine(struct key_text *key, const char *engine, const char *path, char *out_why,
                          size_t why_size)
{
    if (engine != NULL && engine[0] != '\0') {
        key->has_engine = key_text_parse_public(engine, key->engine);
        if (!key->has_engine) {
            (void)snprintf(out_why, why_size,
                           "the engine's public key is 64 hex digits, as its first line says them");
        }
        return key->has_engine;
    }
    if (!key->has_engine) {
        (void)snprintf(
            out_why, why_size,
            "%s names no engine: give the engine's public key, as its first line says it", path);
    }
    return key->has_engine;
}

bool sealing_open(struct sealing *sealing, const char *path, const char *engine,
                  const char *identity, char *out_why, size_t why_size)
{
    char file[PATH_MAX], text[KEY_TEXT_SIZE_MAX + 1], why[160];
    size_t size = 0;
    *sealing = (struct sealing){.step_at_ms = NOT_ASKED, .asked_at_ms = NEVER_MS};
    if (!seal_init() || !find_file(path, identity, file, out_why, why_size) ||
        !read_file(file, text, &size, out_why, why_size)) {
        return false;
    }
    bool is_good = key_text_read(text, size, &sealing->key, why, sizeof why);
    sodium_memzero(text, sizeof text);
    if (!is_good) {
        (void)snprintf(out_why, why_size, "%s: %s", file, why);
    } else if (identity != NULL && strcmp(identity, sealing->key.identity) != 0) {
        (void)snprintf(out_why, why_size, "%s is the key of %s, not of %s", file,
                       sealing->key.identity, identity);
        is_good = false;
    } else {
        is_good = choose_engine(&sealing->key, engine, file, out_why, why_size);
    }
    if (!is_good) {
        sealing_close(sealing);
        return false;
    }
    sealing->is_on = true;
    return true;
}

void sealing_close(struct sealing *sealing)
{
    sodium_memzero(sealing, sizeof *sealing);
}

void sealing_restart(struct sealing *sealing)
{
    sealing->step = 0;
    sealing->step_at_ms = NOT_ASKED;
    sealing->rest_until_ms = 0;
    sealing->asked_at_ms = NEVER_MS;
    sealing->was_forgotten = false;
    sodium_memzero(&sealing->now, sizeof sealing->now);
    sodium_memzero(&sealing->before, sizeof sealing->before);
}

bool sealing_is_ready(const struct sealing *sealing)
{
    return sealing->now.number != 0;
}

/* ---- handshake ---- */

static bool wants_session(const struct sealing *sealing, int64_t now_ms)
{
    return sealing->now.number == 0 || sealing->was_forgotten ||
           now_ms - sealing->since_ms >= AGE_MS || sealing->now.counter >= FRAMES_MAX ||
           now_ms - sealing->asked_at_ms >= QUIET_MS;
}

static void begin(struct sealing *sealing)
{
    uint8_t seed[32];
    sealing->hello = (struct seal_hello){.step = SEAL_HELLO};
    memcpy(sealing->hello.public, sealing->key.key.public, SEAL_PUBLIC_SIZE);
    randombytes_buf(sealing->hello.nonce, sizeof sealing->hello.nonce);
    randombytes_buf(seed, sizeof seed);
    seal_share_from_seed(&sealing->share, seed);
    sodium_memzero(seed, sizeof seed);
    memcpy(sealing->hello.share, sealing->share.public, SEAL_SHARE_SIZE);
    sealing->step = SEAL_HELLO;
    sealing->step_at_ms = NOT_ASKED;
    sealing->tries = 0;
}

size_t sealing_next(struct sealing *sealing, int64_t now_ms, uint8_t out[SEAL_HELLO_SIZE_MAX])
{
    if (!sealing->is_on || now_ms < sealing->rest_until_ms) {
        return 0;
    }
    if (sealing->step == 0) {
        if (!wants_session(sealing, now_ms)) {
            return 0;
        }
        begin(sealing);
    }
    if (sealing->step_at_ms != NOT_ASKED && now_ms - sealing->step_at_ms < RESEND_MS) {
        return 0;
    }
    if (sealing->tries == TRIES_MAX) {
        begin(sealing);
    }
    sealing->tries++;
    sealing->step_at_ms = now_ms;
    sealing->hello.step = sealing->step;
    return seal_write_hello(out, sealing->key.identity, &sealing->hello);
}

static void take_cookie(struct sealing *sealing, const struct seal_hello *got)
{
    memcpy(sealing->hello.server_nonce, got->server_nonce, sizeof got->server_nonce);
    memcpy(sealing->hello.cookie, got->cookie, sizeof got->cookie);
    seal_talk_client(&sealing->talk, sealing->key.engine, sealing->key.identity, &sealing->hello);
    seal_sign(&sealing->key.key, sealing->talk.client, sealing->hello.signature);
    sealing->step = SEAL_PROOF;
    sealing->step_at_ms = NOT_ASKED;
    sealing->tries = 0;
}

/* Only what the pinned engine signed is believed. */
static void take_accept(struct sealing *sealing, const struct seal_hello *got, int64_t now_ms)
{
    struct sealing_session session = {.number = got->session};
    seal_talk_engine(&sealing->talk, sealing->hello.signature, got->share, got->session);
    if (got->session == 0 ||
        !seal_is_signed(sealing->key.engine, sealing->talk.engine, got->signature) ||
        !seal_derive_keys(&sealing->talk, &sealing->share, got->share, false, &session.keys)) {
        return;
    }
    sealing->before = sealing->now;
    sealing->now = session;
    sodium_memzero(&session, sizeof session);
    sodium_memzero(&sealing->share, sizeof sealing->share);
    sealing->step = 0;
    sealing->since_ms = now_ms;
    sealing->asked_at_ms = NEVER_MS;
    sealing->refused = 0;
    sealing->renewals += sealing->was_forgotten;
    sealing->was_forgotten = false;
}

static void take_hello(struct sealing *sealing, const struct seal_hello *got, int64_t now_ms)
{
    if (got->step == SEAL_UNKNOWN_SESSION) {
        sealing->was_forgotten =
            sealing->was_forgotten || (got->session == sealing->now.number && got->session != 0);
        return;
    }
    if (memcmp(got->nonce, sealing->hello.nonce, sizeof got->nonce) != 0) {
        return;
    }
    if (got->step == SEAL_COOKIE && sealing->step == SEAL_HELLO) {
        take_cookie(sealing, got);
    } else if (got->step == SEAL_ACCEPT && sealing->step == SEAL_PROOF) {
        take_accept(sealing, got, now_ms);
    } else if (got->step == SEAL_REFUSED && sealing->step != 0) {
        sealing->refused = got->code;
        sealing->step = 0;
        sealing->rest_until_ms = now_ms + REST_MS;
    }
}

/* ---- frames ---- */

size_t sealing_seal(struct sealing *sealing, int64_t now_ms, const uint8_t *plain, size_t size,
                    uint8_t *out, size_t capacity)
{
    struct sealing_session *session = &sealing->now;
    must(session->number != 0 && session->counter < SEAL_COUNTER_MAX);
    session->counter++;
    sealing->asked_at_ms = min_i64(sealing->asked_at_ms, now_ms);
    return seal_write_frame(out, capacity, session->keys.send, SEAL_TO_ENGINE,
                            sealing->key.identity, session->number, session->counter, plain, size);
}

size_t sealing_take(struct sealing *sealing, int64_t now_ms, const void *frame, size_t size,
                    uint8_t *out)
{
    struct seal_frame outside;
    struct seal_hello hello;
    if (!seal_read_frame(frame, size, &outside)) {
        return 0;
    }
    if (outside.hello != NULL) {
        if (seal_read_hello(&outside, &hello)) {
            take_hello(sealing, &hello, now_ms);
        }
        return 0;
    }
    struct sealing_session *session =
        outside.session == sealing->now.number ? &sealing->now : &sealing->before;
    if (outside.session == 0 || outside.session != session->number ||
        strcmp(outside.key_id, sealing->key.identity) != 0 || outside.sealed_size < SEAL_TAG_SIZE ||
        !seal_window_admits(&session->window, outside.counter)) {
        return 0;
    }
    const size_t plain_size = outside.sealed_size - SEAL_TAG_SIZE;
    uint8_t *at = out;
    *at++ = 1u << 3;
    *at++ = CODEC_VERSION;
    *at++ = 5u << 3 | 2u;
    at = wire_put_varint(at, plain_size);
    if (!seal_open_frame(&outside, session->keys.receive, SEAL_TO_CLIENT, at)) {
        return 0;
    }
    seal_window_take(&session->window, outside.counter);
    sealing->asked_at_ms = NEVER_MS;
    return (size_t)(at - out) + plain_size;
}
