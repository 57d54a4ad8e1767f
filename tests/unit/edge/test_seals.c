/* test_seals.c: both halves of sealed frames against each other, without a socket or a clock: who gets a session, what opens, what a
 * stranger, a thief and a bad line can do. Breaking any byte of a frame must leave both sides as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/core/code.h"
#include "engine/edge/seals.h"
#include "proto/client/sealing.h"
#include "sim/scratch.h"

#define FUZZ_ROUNDS 60000u
#define NAME "camera-gateway-1"

/* An engine that knows one key, and a client with that key. */
struct pair {
    struct seals *seals;
    struct sealing client;
    struct seal_identity engine;
    uint8_t known[SEAL_PUBLIC_SIZE];
    enum code code; /* what the engine says of that key */
    uint64_t random;
    int64_t now_ms;
    struct scratch key;                /* its file */
    uint8_t last[SEAL_HELLO_SIZE_MAX]; /* the client's newest handshake frame */
    size_t last_size;
};

static enum code judge(void *context, const uint8_t public[SEAL_PUBLIC_SIZE], const char *key_id)
{
    const struct pair *pair = context;
    return memcmp(public, pair->known, SEAL_PUBLIC_SIZE) == 0 && strcmp(key_id, NAME) == 0
               ? pair->code
               : CODE_UNKNOWN_IDENTITY;
}

static void fill(void *context, void *out, size_t size)
{
    struct pair *pair = context;
    for (size_t i = 0; i < size; i++) {
        pair->random += UINT64_C(0x9e3779b97f4a7c15);
        ((uint8_t *)out)[i] = (uint8_t)(mix64(pair->random) >> 32);
    }
}

static void start_engine(struct pair *pair, struct seals_limits limits)
{
    const struct seals_options options = {.limits = limits,
                                          .identity = pair->engine,
                                          .judge = judge,
                                          .random = fill,
                                          .context = pair};
    seals_close(pair->seals);
    assert_int_equal(seals_open(&options, &pair->seals), ERR_OK);
}

static void write_key(const char *path, const struct key_text *key)
{
    char text[KEY_TEXT_SIZE_MAX];
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    const size_t size = key_text_write(key, text);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void identity_of(struct pair *pair, struct seal_identity *out)
{
    uint8_t seed[SEAL_SEED_SIZE];
    fill(pair, seed, sizeof seed);
    seal_identity_from_seed(out, seed);
}

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    char why[256];
    assert_true(seal_init());
    *pair = (struct pair){.random = 1, .now_ms = 1000000, .code = CODE_NOTHING};
    assert_int_equal(scratch_make_file(&pair->key, "seal"), ERR_OK);
    struct key_text key = {.identity = NAME, .has_engine = true};
    identity_of(pair, &pair->engine);
    identity_of(pair, &key.key);
    memcpy(key.engine, pair->engine.public, sizeof key.engine);
    memcpy(pair->known, key.key.public, sizeof pair->known);
    write_key(pair->key.path, &key);
    assert_true(sealing_open(&pair->client, pair->key.path, NULL, NAME, why, sizeof why));
    start_engine(pair, seals_limits_default());
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;
    seals_check(pair->seals);
    seals_close(pair->seals);
    sealing_close(&pair->client);
    scratch_remove(&pair->key);
    free(pair);
    return 0;
}

/* The client's handshake goes on as far as it can. True: there is a session. */
static bool shake(struct pair *pair)
{
    static uint8_t opened[4096];
    struct seals_taken taken;
    for (int i = 0; i < 8; i++) {
        uint8_t frame[SEAL_HELLO_SIZE_MAX];
        const size_t size = sealing_next(&pair->client, pair->now_ms, frame);
        if (size == 0) {
            break;
        }
        memcpy(pair->last, frame, size);
        pair->last_size = size;
        if (seals_take(pair->seals, pair->last, pair->last_size, pair->now_ms, &taken) ==
            SEALS_REPLY) {
            assert_int_equal(
                sealing_take(&pair->client, pair->now_ms, taken.bytes, taken.size, opened), 0);
        }
    }
    return sealing_is_ready(&pair->client);
}

/* A request as a frame sealed by the client. */
static size_t seal_request(struct pair *pair, const char *text, uint8_t out[1024])
{
    return sealing_seal(&pair->client, pair->now_ms, (const uint8_t *)text, strlen(text), out,
                        1024);
}

/* What the engine makes of a frame; the plain request it holds is `text`. */
static enum seals_verdict give(struct pair *pair, const uint8_t *frame, size_t size,
                               const char *text, uint64_t *out_session)
{
    struct seals_taken taken;
    struct seal_frame plain;
    const enum seals_verdict verdict = seals_take(pair->seals, frame, size, pair->now_ms, &taken);
    if (verdict == SEALS_OPENED) {
        assert_true(seal_read_frame(taken.bytes, taken.size, &plain));
        assert_string_equal(plain.key_id, NAME);
        assert_int_equal(plain.session, 0);
        assert_int_equal(plain.sealed_size, strlen(text));
        assert_memory_equal(plain.sealed, text, strlen(text));
    }
    if (out_session != NULL) {
        *out_session = taken.session;
    }
    return verdict;
}

static enum seals_verdict say(struct pair *pair, const char *text, uint64_t *out_session)
{
    uint8_t frame[1024];
    return give(pair, frame, seal_request(pair, text, frame), text, out_session);
}

/* The engine answers; true: the client opened it and it says so. */
static bool hear(struct pair *pair, uint64_t session, const char *text, uint8_t out[1024],
                 size_t *out_size)
{
    uint8_t plain[256], opened[1024];
    const uint8_t *bytes;
    size_t size;
    plain[0] = 1u << 3;
    plain[1] = CODEC_VERSION;
    plain[2] = 5u << 3 | 2u;
    plain[3] = (uint8_t)strlen(text);
    memcpy(plain + 4, text, strlen(text));
    if (!seals_seal(pair->seals, session, plain, 4 + strlen(text), pair->now_ms, &bytes, &size)) {
        return false;
    }
    if (out != NULL) {
        memcpy(out, bytes, size);
        *out_size = size;
    }
    struct seal_frame got;
    const size_t used = sealing_take(&pair->client, pair->now_ms, bytes, size, opened);
    return used > 0 && seal_read_frame(opened, used, &got) && got.sealed_size == strlen(text) &&
           memcmp(got.sealed, text, strlen(text)) == 0;
}

static void test_seals_a_session_carries_requests_and_answers(void **state)
{
    struct pair *pair = *state;
    uint64_t session = 0;
    assert_true(shake(pair));
    assert_int_equal(seals_counts_now(pair->seals).half_open, 1);
    assert_int_equal(say(pair, "how late is it", &session), SEALS_OPENED);
    assert_int_equal(seals_counts_now(pair->seals).half_open, 0);
    assert_int_equal(seals_counts_now(pair->seals).sessions, 1);
    assert_true(hear(pair, session, "late", NULL, NULL));
    assert_true(hear(pair, session, "later", NULL, NULL));
    assert_int_equal(say(pair, "so late", NULL), SEALS_OPENED);
}

static void test_seals_nothing_of_the_words_is_in_the_frame(void **state)
{
    struct pair *pair = *state;
    uint8_t frame[1024], again[1024];
    assert_true(shake(pair));
    const size_t size = seal_request(pair, "a secret of some length", frame);
    const size_t again_size = seal_request(pair, "a secret of some length", again);
    assert_null(memmem(frame, size, "secret", 6));
    assert_int_equal(size, again_size); /* a resend is sealed anew */
    assert_memory_not_equal(frame + size - 39, again + size - 39, 39);
}

static void test_seals_a_client_believes_its_own_engine_only(void **state)
{
    struct pair *pair = *state;
    struct seal_identity other;
    identity_of(pair, &other);
    const struct seal_identity engine = pair->engine;
    pair->engine = other;
    start_engine(pair, seals_limits_default());
    assert_false(
        shake(pair)); /* the client signed for its own engine: another can do nothing with that */
    assert_int_equal(seals_counts_now(pair->seals).refused, 1);
    /* even one that lets everybody in */
    struct sealing *client = &pair->client;
    memcpy(client->key.engine, other.public, sizeof other.public);
    sealing_restart(client);
    pair->last_size = sealing_next(client, pair->now_ms, pair->last);
    struct seals_taken taken;
    uint8_t opened[1024];
    assert_int_equal(seals_take(pair->seals, pair->last, pair->last_size, pair->now_ms, &taken),
                     SEALS_REPLY);
    assert_int_equal(sealing_take(client, pair->now_ms, taken.bytes, taken.size, opened), 0);
    pair->last_size = sealing_next(client, pair->now_ms, pair->last);
    assert_int_equal(seals_take(pair->seals, pair->last, pair->last_size, pair->now_ms, &taken),
                     SEALS_REPLY);
    memcpy(client->key.engine, engine.public, sizeof engine.public); /* pinned after all */
    assert_int_equal(sealing_take(client, pair->now_ms, taken.bytes, taken.size, opened), 0);
    assert_false(sealing_is_ready(client));
}

static void test_seals_an_unknown_key_gets_no_cookie(void **state)
{
    struct pair *pair = *state;
    pair->known[0] ^= 1;
    assert_false(shake(pair));
    assert_int_equal(pair->client.refused, CODE_UNKNOWN_IDENTITY);
    assert_int_equal(seals_counts_now(pair->seals).hellos, 0);
    assert_int_equal(sealing_next(&pair->client, pair->now_ms + 100, pair->last), 0); /* it rests */
    pair->now_ms += 60 * SECOND_MS;
    pair->known[0] ^= 1; /* registered meanwhile */
    assert_true(shake(pair));
    assert_int_equal(pair->client.refused, 0);
}

/* HELLO was answered; the proof lies in pair->last. */
static void prove(struct pair *pair)
{
    struct seals_taken taken;
    uint8_t opened[1024];
    pair->last_size = sealing_next(&pair->client, pair->now_ms, pair->last);
    assert_int_equal(seals_take(pair->seals, pair->last, pair->last_size, pair->now_ms, &taken),
                     SEALS_REPLY);
    assert_int_equal(sealing_take(&pair->client, pair->now_ms, taken.bytes, taken.size, opened), 0);
    pair->last_size = sealing_next(&pair->client, pair->now_ms, pair->last);
    struct seal_frame frame;
    struct seal_hello hello;
    assert_true(seal_read_frame(pair->last, pair->last_size, &frame) &&
                seal_read_hello(&frame, &hello));
    assert_int_equal(hello.step, SEAL_PROOF);
}

/* Sends the proof with one part changed by f; what comes of it. */
static enum seals_verdict prove_with(struct pair *pair, size_t offset, uint8_t flip,
                                     const char *key_id)
{
    struct seal_frame frame;
    struct seal_hello hello;
    struct seals_taken taken;
    uint8_t out[SEAL_HELLO_SIZE_MAX];
    assert_true(seal_read_frame(pair->last, pair->last_size, &frame) &&
                seal_read_hello(&frame, &hello));
    ((uint8_t *)&hello)[offset] ^= flip;
    const size_t size = seal_write_hello(out, key_id, &hello);
    const enum seals_verdict verdict = seals_take(pair->seals, out, size, pair->now_ms, &taken);
    if (verdict == SEALS_REPLY) {
        assert_true(seal_read_frame(taken.bytes, taken.size, &frame) &&
                    seal_read_hello(&frame, &hello));
        assert_int_equal(hello.step, flip == 0 ? SEAL_ACCEPT : SEAL_REFUSED);
    }
    return verdict;
}

static void test_seals_a_forged_proof_is_refused_whatever_was_changed(void **state)
{
    struct pair *pair = *state;
    prove(pair);
    static const size_t parts[] = {
        offsetof(struct seal_hello, public), offsetof(struct seal_hello, nonce),
        offsetof(struct seal_hello, share), offsetof(struct seal_hello, server_nonce),
        offsetof(struct seal_hello, cookie)};
    for (size_t i = 0; i < COUNT_OF(parts); i++) { /* no cookie of ours: not even looked at */
        for (size_t byte = 0; byte < 32; byte += 31) {
            assert_int_equal(prove_with(pair, parts[i] + byte, 0x10, NAME), SEALS_DROPPED);
        }
    }
    assert_int_equal(prove_with(pair, 0, 0, "camera-gateway-2"), SEALS_DROPPED);
    assert_int_equal(seals_counts_now(pair->seals).proofs, 0);
    for (size_t byte = 0; byte < SEAL_SIGNATURE_SIZE; byte += 21) {
        assert_int_equal(
            prove_with(pair, offsetof(struct seal_hello, signature) + byte, 0x10, NAME),
            SEALS_REPLY); /* REFUSED */
    }
    assert_int_equal(seals_counts_now(pair->seals).half_open, 0);
    assert_int_equal(prove_with(pair, 0, 0, NAME), SEALS_REPLY); /* ACCEPT */
    assert_int_equal(seals_counts_now(pair->seals).half_open, 1);
}

static void test_seals_a_cookie_is_good_for_a_while_and_here_only(void **state)
{
    struct pair *pair = *state;
    prove(pair);
    pair->now_ms += seals_limits_default().cookie_ms + 1;
    assert_int_equal(prove_with(pair, 0, 0, NAME), SEALS_DROPPED);
    pair->now_ms -= 1;
    assert_int_equal(prove_with(pair, 0, 0, NAME), SEALS_REPLY);
    start_engine(pair, seals_limits_default()); /* another process: another secret */
    assert_int_equal(prove_with(pair, 0, 0, NAME), SEALS_DROPPED);
}

static void test_seals_a_key_that_is_revoked_between_the_steps_gets_nothing(void **state)
{
    struct pair *pair = *state;
    prove(pair);
    pair->code = CODE_KEY_REVOKED;
    struct seals_taken taken;
    uint8_t opened[1024];
    assert_int_equal(seals_take(pair->seals, pair->last, pair->last_size, pair->now_ms, &taken),
                     SEALS_REPLY);
    (void)sealing_take(&pair->client, pair->now_ms, taken.bytes, taken.size, opened);
    assert_false(sealing_is_ready(&pair->client));
    assert_int_equal(pair->client.refused, CODE_KEY_REVOKED);
}

static void test_seals_a_flood_of_hellos_and_proofs_is_bounded(void **state)
{
    struct pair *pair = *state;
    struct seals_limits limits = seals_limits_default();
    limits.half_open = 8;
    limits.proofs_per_s = 20;
    start_engine(pair, limits);
    assert_true(shake(pair));
    assert_int_equal(say(pair, "x", NULL), SEALS_OPENED);
    struct sealing flood = pair->client;
    uint32_t accepted = 0;
    for (uint32_t i = 0; i < 2000; i++) { /* in one instant */
        struct seals_taken taken;
        uint8_t opened[1024], hello[SEAL_HELLO_SIZE_MAX];
        sealing_restart(&flood);
        size_t size = sealing_next(&flood, pair->now_ms, hello);
        assert_int_equal(seals_take(pair->seals, hello, size, pair->now_ms, &taken), SEALS_REPLY);
        (void)sealing_take(&flood, pair->now_ms, taken.bytes, taken.size, opened);
        size = sealing_next(&flood, pair->now_ms, hello);
        accepted += seals_take(pair->seals, hello, size, pair->now_ms, &taken) == SEALS_REPLY;
        assert_true(seals_counts_now(pair->seals).half_open <= 8);
    }
    assert_int_equal(accepted, 19); /* the first session took one */
    assert_int_equal(seals_counts_now(pair->seals).half_open, 8);
    assert_int_equal(say(pair, "still here", NULL), SEALS_OPENED);
    seals_check(pair->seals);
}

static void test_seals_sessions_are_bounded_and_the_idle_make_way(void **state)
{
    struct pair *pair = *state;
    struct seals_limits limits = seals_limits_default();
    struct sealing clients[5];
    uint64_t session = 0;
    limits.sessions = limits.per_identity = 3;
    for (int round = 0; round < 2; round++, limits.sessions = 4) {
        start_engine(pair, limits);
        for (uint32_t i = 0; i < COUNT_OF(clients); i++) {
            clients[i] = pair->client;
            sealing_restart(&clients[i]);
            struct sealing own = pair->client;
            pair->client = clients[i];
            assert_true(shake(pair));
            assert_int_equal(say(pair, "x", &session), SEALS_OPENED);
            clients[i] = pair->client;
            pair->client = own;
            assert_int_equal(seals_counts_now(pair->seals).sessions, i < 3 ? i + 1 : 3);
            seals_check(pair->seals);
        }
        assert_int_equal(seals_counts_now(pair->seals).evicted, 2);
        pair->client = clients[0];
        assert_int_equal(say(pair, "x", NULL), SEALS_REPLY); /* UNKNOWN_SESSION */
        pair->client = clients[4];
        assert_int_equal(say(pair, "x", NULL), SEALS_OPENED);
        sealing_restart(&pair->client);
    }
}

static void test_seals_a_frame_counts_once_and_in_any_order(void **state)
{
    struct pair *pair = *state;
    static uint8_t frames[100][1024];
    size_t sizes[100];
    assert_true(shake(pair));
    for (uint32_t i = 0; i < 100; i++) {
        sizes[i] = seal_request(pair, "x", frames[i]);
    }
    assert_int_equal(give(pair, frames[70], sizes[70], "x", NULL), SEALS_OPENED);
    assert_int_equal(give(pair, frames[70], sizes[70], "x", NULL), SEALS_DROPPED); /* replayed */
    assert_int_equal(give(pair, frames[8], sizes[8], "x", NULL), SEALS_OPENED);
    assert_int_equal(give(pair, frames[69], sizes[69], "x", NULL), SEALS_OPENED);
    assert_int_equal(give(pair, frames[8], sizes[8], "x", NULL), SEALS_DROPPED);
    assert_int_equal(give(pair, frames[7], sizes[7], "x", NULL), SEALS_OPENED);
    assert_int_equal(give(pair, frames[6], sizes[6], "x", NULL),
                     SEALS_DROPPED); /* too far behind */
    assert_int_equal(give(pair, frames[99], sizes[99], "x", NULL), SEALS_OPENED);
    assert_int_equal(give(pair, frames[9], sizes[9], "x", NULL), SEALS_DROPPED);
    uint32_t taken = 0;
    for (uint32_t i = 0; i < 100; i++) {
        taken += give(pair, frames[i], sizes[i], "x", NULL) == SEALS_OPENED;
    }
    assert_int_equal(taken, 100 - 36 - 3); /* 36 .. 99 but 69, 70, 99 */
    /* a counter used twice: by somebody with the key, with other words */
    pair->client.now.counter = 50;
    assert_int_equal(say(pair, "y", NULL), SEALS_DROPPED);
}

static void test_seals_answers_count_once_too(void **state)
{
    struct pair *pair = *state;
    uint8_t frame[1024], opened[1024];
    uint64_t session = 0;
    size_t size = 0;
    assert_true(shake(pair));
    assert_int_equal(say(pair, "x", &session), SEALS_OPENED);
    assert_true(hear(pair, session, "answer", frame, &size));
    assert_int_equal(sealing_take(&pair->client, pair->now_ms, frame, size, opened), 0);
    for (size_t bit = 0; bit < size * 8; bit++) {
        uint8_t bent[1024];
        assert_true(hear(pair, session, "next", frame, &size));
        memcpy(bent, frame, size);
        bent[bit % (size * 8) / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sealing_take(&pair->client, pair->now_ms, bent, size, opened), 0);
    }
}

/* Every bit of a frame, every length of it: nothing opens, and the unbent frame still does. */
static void test_seals_a_bent_or_cut_frame_never_opens(void **state)
{
    struct pair *pair = *state;
    uint8_t frame[1024], bent[1024];
    assert_true(shake(pair));
    assert_int_equal(say(pair, "first", NULL), SEALS_OPENED);
    const size_t size = seal_request(pair, "thirty bytes or so of a request", frame);
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(bent, frame, size);
        bent[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(give(pair, bent, size, "", NULL), SEALS_OPENED);
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_not_equal(give(pair, frame, cut, "", NULL), SEALS_OPENED);
    }
    assert_int_equal(give(pair, frame, size, "thirty bytes or so of a request", NULL),
                     SEALS_OPENED);
}

/* Somebody sends one session's bytes under another's header. */
static void test_seals_a_frame_opens_under_its_own_header_only(void **state)
{
    struct pair *pair = *state;
    uint8_t frame[1024], moved[1024];
    struct seal_frame outside;
    assert_true(shake(pair));
    const struct sealing first = pair->client;
    assert_int_equal(say(pair, "x", NULL), SEALS_OPENED);
    sealing_restart(&pair->client);
    assert_true(shake(pair));
    assert_int_equal(say(pair, "x", NULL), SEALS_OPENED);
    const size_t size = seal_request(pair, "y", frame);
    assert_true(seal_read_frame(frame, size, &outside));
    struct seals_taken taken;
    static const struct {
        uint64_t counter;
        bool is_other_session;
        const char *key_id;
    } headers[] = {{3, false, NAME}, {2, true, NAME}, {2, false, "camera-gateway-2"}};
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        const uint64_t session =
            headers[i].is_other_session ? first.now.number : pair->client.now.number;
        const size_t moved_size = seal_write_frame(
            moved, sizeof moved, pair->client.now.keys.receive, SEAL_TO_ENGINE, headers[i].key_id,
            session, headers[i].counter, (const uint8_t *)"y", 1);
        assert_true(moved_size > outside.sealed_size);
        memcpy(moved + moved_size - outside.sealed_size, outside.sealed, outside.sealed_size);
        assert_int_equal(seals_take(pair->seals, moved, moved_size, pair->now_ms, &taken),
                         SEALS_DROPPED);
    }
    /* what the engine sealed cannot be sent back to it */
    const size_t back =
        seal_write_frame(moved, sizeof moved, pair->client.now.keys.receive, SEAL_TO_CLIENT, NAME,
                         pair->client.now.number, 9, (const uint8_t *)"y", 1);
    assert_int_equal(seals_take(pair->seals, moved, back, pair->now_ms, &taken), SEALS_DROPPED);
}

static void test_seals_an_engine_that_forgot_is_greeted_again(void **state)
{
    struct pair *pair = *state;
    uint8_t frame[1024], opened[1024];
    struct seals_taken taken;
    assert_true(shake(pair));
    assert_int_equal(say(pair, "x", NULL), SEALS_OPENED);
    const uint64_t before = pair->client.now.number;
    start_engine(pair, seals_limits_default());
    const size_t size = seal_request(pair, "y", frame);
    assert_int_equal(seals_take(pair->seals, frame, size, pair->now_ms, &taken), SEALS_REPLY);
    assert_int_equal(sealing_take(&pair->client, pair->now_ms, taken.bytes, taken.size, opened), 0);
    assert_true(
        sealing_is_ready(&pair->client)); /* whoever said so: the session stays until a new one */
    assert_int_equal(pair->client.renewals, 0);
    assert_true(shake(pair));
    assert_int_not_equal(pair->client.now.number, before);
    assert_int_equal(pair->client.renewals, 1);
    assert_int_equal(say(pair, "y", NULL), SEALS_OPENED);
    /* of another session: nobody listens */
    const struct seal_hello lie = {.step = SEAL_UNKNOWN_SESSION, .session = before};
    (void)sealing_take(&pair->client, pair->now_ms, frame, seal_write_hello(frame, "", &lie),
                       opened);
    assert_int_equal(sealing_next(&pair->client, pair->now_ms, frame), 0);
}

static void test_seals_a_revoked_key_is_cut_in_the_middle(void **state)
{
    struct pair *pair = *state;
    uint64_t session = 0;
    assert_true(shake(pair));
    assert_int_equal(say(pair, "x", &session), SEALS_OPENED);
    pair->code = CODE_KEY_REVOKED;
    assert_false(hear(pair, session, "not any more", NULL, NULL));
    assert_int_equal(say(pair, "x", NULL), SEALS_REPLY); /* UNKNOWN_SESSION */
    assert_int_equal(seals_counts_now(pair->seals).sessions, 0);
    pair->code = CODE_NOTHING;
    assert_int_equal(say(pair, "x", NULL), SEALS_REPLY); /* a cut session does not come back */
}

static void test_seals_sessions_are_renewed_in_mid_stream(void **state)
{
    struct pair *pair = *state;
    uint64_t session = 0, old = 0;
    assert_true(shake(pair));
    assert_int_equal(say(pair, "x", &old), SEALS_OPENED);
    for (int hour = 0; hour < 5; hour++) {
        const uint64_t before = pair->client.now.number;
        pair->now_ms += HOUR_MS;
        assert_int_equal(say(pair, "under the old one", &old), SEALS_OPENED);
        assert_true(shake(pair));
        assert_int_not_equal(pair->client.now.number, before);
        assert_int_equal(say(pair, "under the new one", &session), SEALS_OPENED);
        assert_true(hear(pair, old, "to what was asked before", NULL, NULL));
        assert_true(hear(pair, session, "to what was asked now", NULL, NULL));
    }
    pair->now_ms += 2 * HOUR_MS + 1; /* a client that slept: the engine has let it go */
    assert_int_equal(say(pair, "x", NULL), SEALS_REPLY);
    pair->client.since_ms = pair->now_ms;
    pair->client.was_forgotten = false;
    assert_true(shake(pair));
    pair->client.now.counter = UINT64_C(1) << 32; /* ... or by count */
    const uint64_t before = pair->client.now.number;
    assert_true(shake(pair));
    assert_int_not_equal(pair->client.now.number, before);
}

static void test_seals_a_line_that_loses_everything_once_gets_there(void **state)
{
    struct pair *pair = *state;
    struct seals_taken taken;
    uint8_t frame[SEAL_HELLO_SIZE_MAX], opened[1024];
    for (uint32_t i = 0; i < 60 && !sealing_is_ready(&pair->client); i++, pair->now_ms += 250) {
        const size_t size = sealing_next(&pair->client, pair->now_ms, frame);
        if (size > 0 && i % 3 != 0 &&
            seals_take(pair->seals, frame, size, pair->now_ms, &taken) == SEALS_REPLY &&
            i % 4 != 1) {
            (void)sealing_take(&pair->client, pair->now_ms, taken.bytes, taken.size, opened);
        }
    }
    assert_true(sealing_is_ready(&pair->client));
    assert_int_equal(say(pair, "x", NULL), SEALS_OPENED);
}

static void test_seals_plain_frames_are_told_from_sealed_ones(void **state)
{
    struct pair *pair = *state;
    struct seals_taken taken;
    static const uint8_t plain[] = {1u << 3, CODEC_VERSION, 2u << 3 | 2u, 1, 'x', 5u << 3 | 2u, 0};
    assert_int_equal(seals_take(pair->seals, plain, sizeof plain, 0, &taken), SEALS_PLAIN);
    assert_int_equal(seals_take(pair->seals, plain, sizeof plain - 1, 0, &taken), SEALS_DROPPED);
}

static void test_seals_key_files_are_checked(void **state)
{
    struct pair *pair = *state;
    struct sealing other;
    char why[256], text[KEY_TEXT_SIZE_MAX];
    assert_false(sealing_open(&other, pair->key.path, NULL, "li.qiang", why, sizeof why));
    assert_non_null(strstr(why, "is the key of " NAME));
    assert_false(sealing_open(&other, "/nowhere/at-all", NULL, NULL, why, sizeof why));
    assert_non_null(strstr(why, "gridloop key new"));
    assert_int_equal(chmod(pair->key.path, 0640), 0);
    assert_false(sealing_open(&other, pair->key.path, NULL, NULL, why, sizeof why));
    assert_non_null(strstr(why, "chmod 600"));
    assert_false(sealing_open(&other, "/", NULL, NULL, why, sizeof why));
    const size_t size = key_text_write(&pair->client.key, text);
    struct key_text key;
    assert_true(key_text_read(text, size, &key, why, sizeof why));
    for (size_t i = 0; i < size;
         i++) { /* whatever is changed is seen, but for the pinned key and the name */
        const char was = text[i];
        const bool is_free = i >= (size_t)(strstr(text, "engine ") - text) ||
                             (i > 15 && i < (size_t)(strstr(text, "public ") - text));
        text[i] = was == '0' ? '1' : '0';
        assert_true(is_free || !key_text_read(text, size, &key, why, sizeof why));
        text[i] = was;
    }
    assert_false(key_text_read(text, 40, &key, why, sizeof why));
}

/* Whatever comes is dropped or answered, never believed; sanitizers look on in `make asan`. */
static void test_seals_no_bytes_do_harm(void **state)
{
    struct pair *pair = *state;
    uint8_t base[3][1024], bytes[1200], opened[2048];
    size_t sizes[3];
    struct seals_taken taken;
    uint32_t replies = 0;
    assert_true(shake(pair));
    sizes[0] = seal_request(pair, "something of a request", base[0]);
    struct sealing other = pair->client;
    sealing_restart(&other);
    sizes[1] = sealing_next(&other, pair->now_ms, base[1]);
    sizes[2] = pair->last_size;
    memcpy(base[2], pair->last, pair->last_size);
    for (uint32_t round = 0; round < FUZZ_ROUNDS; round++) {
        const uint32_t which = round % 3;
        size_t size = sizes[which];
        uint8_t dice[8];
        memcpy(bytes, base[which], size);
        fill(pair, dice, sizeof dice);
        for (uint32_t i = 0; i < 1u + dice[0] % 3u; i++) {
            bytes[(dice[1 + i] * 256u + dice[4 + i]) % size] ^= (uint8_t)(1u << dice[7] % 8);
        }
        size = dice[0] > 200 ? size * dice[1] / 256 : size;
        if (size == sizes[which] && memcmp(bytes, base[which], size) == 0) {
            continue; /* bent back */
        }
        const enum seals_verdict verdict =
            seals_take(pair->seals, bytes, size, pair->now_ms, &taken);
        assert_int_not_equal(verdict, SEALS_OPENED);
        replies += verdict == SEALS_REPLY;
        assert_int_equal(sealing_take(&other, pair->now_ms, bytes, size, opened), 0);
    }
    seals_check(pair->seals);
    print_message("%u frames, %u answered\n", FUZZ_ROUNDS, replies);
    assert_int_equal(say(pair, "still here", NULL), SEALS_OPENED);
}

/* Zeros, the neutral element, -1 of order 2, no point, beyond the field; then one that was made. */
static void test_seals_only_points_of_the_prime_group_are_keys(void **state)
{
    (void)state;
    uint8_t keys[5][SEAL_PUBLIC_SIZE] = {{0}, {1}, {0}, {2}, {0}};
    struct seal_identity good;
    const uint8_t seed[SEAL_SEED_SIZE] = {7};
    memset(keys[2], 0xff, sizeof keys[2]);
    keys[2][0] = 0xec;
    keys[2][31] = 0x7f;
    memset(keys[4], 0xff, sizeof keys[4]);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_false(seal_is_public(keys[i]));
    }
    seal_identity_from_seed(&good, seed);
    assert_true(seal_is_public(good.public));
}

#define test(name) cmocka_unit_test_setup_teardown(test_seals_##name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_session_carries_requests_and_answers),
        test(only_points_of_the_prime_group_are_keys),
        test(nothing_of_the_words_is_in_the_frame),
        test(a_client_believes_its_own_engine_only),
        test(an_unknown_key_gets_no_cookie),
        test(a_forged_proof_is_refused_whatever_was_changed),
        test(a_cookie_is_good_for_a_while_and_here_only),
        test(a_key_that_is_revoked_between_the_steps_gets_nothing),
        test(a_flood_of_hellos_and_proofs_is_bounded),
        test(sessions_are_bounded_and_the_idle_make_way),
        test(a_frame_counts_once_and_in_any_order),
        test(answers_count_once_too),
        test(a_bent_or_cut_frame_never_opens),
        test(a_frame_opens_under_its_own_header_only),
        test(an_engine_that_forgot_is_greeted_again),
        test(a_revoked_key_is_cut_in_the_middle),
        test(sessions_are_renewed_in_mid_stream),
        test(a_line_that_loses_everything_once_gets_there),
        test(plain_frames_are_told_from_sealed_ones),
        test(key_files_are_checked),
        test(no_bytes_do_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
