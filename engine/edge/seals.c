/* seals.c: see seals.h. A session's number is random above and its row below, so it is found without a table.
 *
 * Truths checked by seals_check():
 *   (1) Every row is in one list: free, half open (oldest first) or open (idle longest first); counts are those of the lists.
 *   (2) A used row's number names the row; a free row holds no key. */
#include "engine/edge/seals.h"

#include "engine/edge/node.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdlib.h>

#define ROW_BITS 20u
#define PLAIN_HEAD_MAX 96u /* of a plain frame before what it holds */

enum list { LIST_FREE, LIST_HALF, LIST_OPEN, LIST_COUNT };

struct row {
    uint64_t session; /* 0 = free */
    uint8_t public[SEAL_PUBLIC_SIZE];
    char key_id[CODEC_KEY_ID_SIZE_MAX + 1];
    uint8_t list; /* enum list */
    struct seal_keys keys;
    struct seal_window window;
    uint64_t counter; /* of the last frame sealed */
    int64_t since_ms;
    uint32_t next, previous; /* in its list; NONE32 = end */
};

struct seals {
    struct seals_options options;
    uint8_t secret[32]; /* of cookies; lives as long as the process */
    struct row *rows;
    uint32_t row_count;
    uint32_t first[LIST_COUNT], last[LIST_COUNT], count[LIST_COUNT];
    int64_t tokens; /* thousandths of a proof */
    int64_t tokens_at_ms;
    struct seals_counts counts;
    uint8_t reply[SEAL_HELLO_SIZE_MAX];
    uint8_t *scratch;
    size_t scratch_size;
};

struct seals_limits seals_limits_default(void)
{
    return (struct seals_limits){.sessions = 16384,
                                 .half_open = 1024,
                                 .per_identity = 16,
                                 .proofs_per_s = 500,
                                 .age_ms = 2 * HOUR_MS,
                                 .cookie_ms = 30 * SECOND_MS};
}

/* ---- lists ---- */

static void unlink_row(struct seals *seals, uint32_t at)
{
    struct row *row = &seals->rows[at];
    uint32_t *before =
        row->previous == NONE32 ? &seals->first[row->list] : &seals->rows[row->previous].next;
    uint32_t *behind =
        row->next == NONE32 ? &seals->last[row->list] : &seals->rows[row->next].previous;
    *before = row->next;
    *behind = row->previous;
    seals->count[row->list]--;
}

static void link_last(struct seals *seals, uint32_t at, enum list list)
{
    struct row *row = &seals->rows[at];
    row->list = (uint8_t)list;
    row->next = NONE32;
    row->previous = seals->last[list];
    *(row->previous == NONE32 ? &seals->first[list] : &seals->rows[row->previous].next) = at;
    seals->last[list] = at;
    seals->count[list]++;
}

static void move_row(struct seals *seals, uint32_t at, enum list list)
{
    unlink_row(seals, at);
    link_last(seals, at, list);
}

static void drop_row(struct seals *seals, uint32_t at)
{
    struct row *row = &seals->rows[at];
    move_row(seals, at, LIST_FREE);
    row->session = 0;
    sodium_memzero(&row->keys, sizeof row->keys);
}

/* The session's row; NONE32: gone. */
static uint32_t find_row(const struct seals *seals, uint64_t session)
{
    const uint32_t at = (uint32_t)(session & ((1u << ROW_BITS) - 1));
    return session != 0 && at < seals->row_count && seals->rows[at].session == session ? at
                                                                                       : NONE32;
}

/* ---- life ---- */

enum err seals_open(const struct seals_options *options, struct seals **out_seals)
{
    const struct seals_limits *limits = &options->limits;
    must(limits->sessions > 0 && limits->half_open > 0 && limits->per_identity > 0 &&
         limits->proofs_per_s > 0 && limits->sessions + limits->half_open < 1u << ROW_BITS);
    struct seals *seals = calloc(1, sizeof *seals);
    if (seals == NULL || !seal_init()) {
        free(seals);
        return ERR_MEMORY;
    }
    seals->options = *options;
    seals->row_count = limits->sessions + limits->half_open;
    seals->rows = calloc(seals->row_count, sizeof *seals->rows);
    seals->scratch_size = NODE_FRAME_MAX + SEAL_HEAD_SIZE_MAX + SEAL_TAG_SIZE;
    seals->scratch = malloc(seals->scratch_size);
    if (seals->rows == NULL || seals->scratch == NULL) {
        seals_close(seals);
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < LIST_COUNT; i++) {
        seals->first[i] = seals->last[i] = NONE32;
    }
    for (uint32_t i = 0; i < seals->row_count; i++) {
        link_last(seals, i, LIST_FREE);
    }
    options->random(options->context, seals->secret, sizeof seals->secret);
    seals->tokens_at_ms = INT64_MIN / 2;
    *out_seals = seals;
    return ERR_OK;
}

void seals_close(struct seals *seals)
{
    if (seals == NULL) {
        return;
    }
    if (seals->rows != NULL) {
        sodium_memzero(seals->rows, seals->row_count * sizeof *seals->rows);
    }
    free(seals->rows);
    free(seals->scratch);
    seal_identity_wipe(&seals->options.identity);
    sodium_memzero(seals->secret, sizeof seals->secret);
    free(seals);
}

/* ---- handshake ---- */

static enum seals_verdict reply(struct seals *seals, const struct seal_hello *hello,
                                struct seals_taken *out_taken)
{
    *out_taken = (struct seals_taken){seals->reply, seal_write_hello(seals->reply, "", hello), 0};
    return SEALS_REPLY;
}

static enum seals_verdict drop(struct seals *seals)
{
    seals->counts.dropped++;
    return SEALS_DROPPED;
}

static enum seals_verdict refuse(struct seals *seals, const struct seal_hello *hello,
                                 enum code code, struct seals_taken *out_taken)
{
    struct seal_hello answer = {.step = SEAL_REFUSED, .code = (uint32_t)code};
    memcpy(answer.nonce, hello->nonce, sizeof answer.nonce);
    seals->counts.refused++;
    return reply(seals, &answer, out_taken);
}

/* {ms, little-endian; BLAKE2b-256 under this process's secret} */
static void make_cookie(const struct seals *seals, const char *key_id,
                        const struct seal_hello *hello, const uint8_t time[8],
                        uint8_t out[SEAL_COOKIE_SIZE])
{
    crypto_generichash_state hash;
    memcpy(out, time, 8);
    must(crypto_generichash_init(&hash, seals->secret, sizeof seals->secret, 32) == 0 &&
         crypto_generichash_update(&hash, time, 8) == 0 &&
         crypto_generichash_update(&hash, (const uint8_t *)key_id, strlen(key_id) + 1) == 0 &&
         crypto_generichash_update(&hash, hello->public, sizeof hello->public) == 0 &&
         crypto_generichash_update(&hash, hello->nonce, sizeof hello->nonce) == 0 &&
         crypto_generichash_update(&hash, hello->share, sizeof hello->share) == 0 &&
         crypto_generichash_update(&hash, hello->server_nonce, sizeof hello->server_nonce) == 0 &&
         crypto_generichash_final(&hash, out + 8, 32) == 0);
}

static bool is_own_cookie(const struct seals *seals, const char *key_id,
                          const struct seal_hello *hello, int64_t now_ms)
{
    uint8_t expected[SEAL_COOKIE_SIZE];
    make_cookie(seals, key_id, hello, hello->cookie, expected);
    if (sodium_memcmp(expected, hello->cookie, sizeof expected) != 0) {
        return false;
    }
    uint64_t made = 0;
    for (uint32_t i = 8; i > 0; i--) {
        made = made << 8 | hello->cookie[i - 1];
    }
    return now_ms - (int64_t)made <= seals->options.limits.cookie_ms;
}

static enum seals_verdict take_hello(struct seals *seals, const struct seal_frame *frame,
                                     struct seal_hello *hello, int64_t now_ms,
                                     struct seals_taken *out_taken)
{
    const enum code code =
        seals->options.judge(seals->options.context, hello->public, frame->key_id);
    if (code != CODE_NOTHING) {
        return refuse(seals, hello, code, out_taken);
    }
    uint8_t time[8];
    for (uint32_t i = 0; i < sizeof time; i++) {
        time[i] = (uint8_t)((uint64_t)now_ms >> (8 * i));
    }
    hello->step = SEAL_COOKIE;
    seals->options.random(seals->options.context, hello->server_nonce, sizeof hello->server_nonce);
    make_cookie(seals, frame->key_id, hello, time, hello->cookie);
    seals->counts.hellos++;
    return reply(seals, hello, out_taken);
}

/* What a proof costs is had only so often. */
static bool take_token(struct seals *seals, int64_t now_ms)
{
    const int64_t per_s = seals->options.limits.proofs_per_s;
    const int64_t passed_ms =
        min_i64(max_i64(sub_clamped(now_ms, seals->tokens_at_ms), 0), SECOND_MS);
    seals->tokens = min_i64(seals->tokens + passed_ms * per_s, per_s * 1000);
    seals->tokens_at_ms = now_ms;
    if (seals->tokens < 1000) {
        return false;
    }
    seals->tokens -= 1000;
    return true;
}

/* A free row; the oldest half-open one makes way. */
static uint32_t take_row(struct seals *seals)
{
    if (seals->count[LIST_HALF] == seals->options.limits.half_open) {
        drop_row(seals, seals->first[LIST_HALF]);
    }
    must(seals->first[LIST_FREE] != NONE32); /* open ones never have the half-open ones' rows */
    return seals->first[LIST_FREE];
}

static enum seals_verdict take_proof(struct seals *seals, const struct seal_frame *frame,
                                     const struct seal_hello *hello, int64_t now_ms,
                                     struct seals_taken *out_taken)
{
    const struct seals_options *options = &seals->options;
    if (!is_own_cookie(seals, frame->key_id, hello, now_ms) || !take_token(seals, now_ms)) {
        return drop(seals);
    }
    const enum code code = options->judge(options->context, hello->public, frame->key_id);
    if (code != CODE_NOTHING) {
        return refuse(seals, hello, code, out_taken);
    }
    struct seal_talk talk;
    seals->counts.proofs++;
    seal_talk_client(&talk, options->identity.public, frame->key_id, hello);
    if (!seal_is_signed(hello->public, talk.client, hello->signature)) {
        return refuse(seals, hello, CODE_UNKNOWN_IDENTITY, out_taken);
    }
    struct seal_share share;
    uint8_t seed[32];
    uint64_t number = 0;
    options->random(options->context, seed, sizeof seed);
    seal_share_from_seed(&share, seed);
    sodium_memzero(seed, sizeof seed);
    options->random(options->context, &number, sizeof number);
    const uint32_t at = take_row(seals);
    struct row *row = &seals->rows[at];
    const uint64_t session = (number | UINT64_C(1) << ROW_BITS) >> ROW_BITS << ROW_BITS | at;
    seal_talk_engine(&talk, hello->signature, share.public, session);
    const bool is_good = seal_derive_keys(&talk, &share, hello->share, true, &row->keys);
    struct seal_hello answer = {.step = SEAL_ACCEPT, .session = session};
    memcpy(answer.nonce, hello->nonce, sizeof answer.nonce);
    memcpy(answer.share, share.public, sizeof answer.share);
    sodium_memzero(&share, sizeof share);
    if (!is_good) {
        return drop(seals);
    }
    seal_sign(&options->identity, talk.engine, answer.signature);
    row->session = session;
    memcpy(row->public, hello->public, sizeof row->public);
    memcpy(row->key_id, frame->key_id, sizeof row->key_id);
    row->window = (struct seal_window){0};
    row->counter = 0;
    row->since_ms = now_ms;
    move_row(seals, at, LIST_HALF);
    return reply(seals, &answer, out_taken);
}

static enum seals_verdict take_handshake(struct seals *seals, const struct seal_frame *frame,
                                         int64_t now_ms, struct seals_taken *out_taken)
{
    struct seal_hello hello;
    if (frame->key_id[0] == '\0' || !seal_read_hello(frame, &hello)) {
        return drop(seals);
    }
    if (hello.step == SEAL_HELLO) {
        return take_hello(seals, frame, &hello, now_ms, out_taken);
    }
    return hello.step == SEAL_PROOF ? take_proof(seals, frame, &hello, now_ms, out_taken)
                                    : drop(seals);
}

/* ---- frames ---- */

/* It has proven that the client holds the key: open, and perhaps somebody makes way. */
static void confirm(struct seals *seals, uint32_t at)
{
    const struct seals_limits *limits = &seals->options.limits;
    uint32_t own = 0, oldest = NONE32;
    for (uint32_t i = seals->first[LIST_OPEN]; i != NONE32; i = seals->rows[i].next) {
        if (memcmp(seals->rows[i].public, seals->rows[at].public, SEAL_PUBLIC_SIZE) == 0) {
            own++;
            oldest = oldest == NONE32 ? i : oldest;
        }
    }
    if (own >= limits->per_identity) {
        drop_row(seals, oldest);
        seals->counts.evicted++;
    } else if (seals->count[LIST_OPEN] >= limits->sessions) {
        drop_row(seals, seals->first[LIST_OPEN]);
        seals->counts.evicted++;
    }
    move_row(seals, at, LIST_OPEN);
    seals->counts.opened++;
}

static bool is_over(const struct seals *seals, const struct row *row, int64_t now_ms)
{
    return now_ms - row->since_ms > seals->options.limits.age_ms ||
           row->counter >= SEAL_COUNTER_MAX ||
           seals->options.judge(seals->options.context, row->public, row->key_id) != CODE_NOTHING;
}

static enum seals_verdict say_unknown(struct seals *seals, uint64_t session,
                                      struct seals_taken *out_taken)
{
    const struct seal_hello answer = {.step = SEAL_UNKNOWN_SESSION, .session = session};
    seals->counts.unknown++;
    return reply(seals, &answer, out_taken);
}

static size_t put_plain_head(uint8_t *out, const char *key_id, size_t size)
{
    const size_t id_size = strlen(key_id);
    uint8_t *at = out;
    *at++ = 1u << 3;
    *at++ = CODEC_VERSION;
    *at++ = 2u << 3 | 2u;
    at = wire_put_varint(at, id_size);
    memcpy(at, key_id, id_size);
    at += id_size;
    *at++ = 5u << 3 | 2u;
    return (size_t)(wire_put_varint(at, size) - out);
}

static enum seals_verdict take_sealed(struct seals *seals, const struct seal_frame *frame,
                                      int64_t now_ms, struct seals_taken *out_taken)
{
    const uint32_t at = find_row(seals, frame->session);
    if (at == NONE32) {
        return say_unknown(seals, frame->session, out_taken);
    }
    struct row *row = &seals->rows[at];
    if (is_over(seals, row, now_ms)) {
        drop_row(seals, at);
        return say_unknown(seals, frame->session, out_taken);
    }
    if (strcmp(frame->key_id, row->key_id) != 0 || frame->sealed_size < SEAL_TAG_SIZE ||
        frame->sealed_size - SEAL_TAG_SIZE > NODE_FRAME_MAX ||
        !seal_window_admits(&row->window, frame->counter)) {
        return drop(seals);
    }
    const size_t plain_size = frame->sealed_size - SEAL_TAG_SIZE;
    const size_t head_size = put_plain_head(seals->scratch, row->key_id, plain_size);
    must(head_size <= PLAIN_HEAD_MAX && head_size + plain_size <= seals->scratch_size);
    if (!seal_open_frame(frame, row->keys.receive, SEAL_TO_ENGINE, seals->scratch + head_size)) {
        return drop(seals);
    }
    seal_window_take(&row->window, frame->counter);
    if (row->list == LIST_HALF) {
        confirm(seals, at);
    } else {
        move_row(seals, at, LIST_OPEN);
    }
    *out_taken = (struct seals_taken){seals->scratch, head_size + plain_size, frame->session};
    return SEALS_OPENED;
}

enum seals_verdict seals_take(struct seals *seals, const void *frame, size_t size, int64_t now_ms,
                              struct seals_taken *out_taken)
{
    struct seal_frame outside;
    *out_taken = (struct seals_taken){NULL, 0, 0};
    if (!seal_read_frame(frame, size, &outside)) {
        return drop(seals);
    }
    if (outside.hello != NULL) {
        return take_handshake(seals, &outside, now_ms, out_taken);
    }
    return outside.session == 0 ? SEALS_PLAIN : take_sealed(seals, &outside, now_ms, out_taken);
}

bool seals_seal(struct seals *seals, uint64_t session, const void *frame, size_t size,
                int64_t now_ms, const uint8_t **out_bytes, size_t *out_size)
{
    const uint32_t at = find_row(seals, session);
    struct seal_frame plain;
    if (at == NONE32) {
        return false;
    }
    struct row *row = &seals->rows[at];
    if (is_over(seals, row, now_ms)) {
        drop_row(seals, at);
        return false;
    }
    must(seal_read_frame(frame, size, &plain) && plain.sealed != NULL);
    const size_t sealed_size =
        seal_write_frame(seals->scratch, seals->scratch_size, row->keys.send, SEAL_TO_CLIENT,
                         row->key_id, session, row->counter + 1, plain.sealed, plain.sealed_size);
    if (sealed_size == 0) {
        return false;
    }
    row->counter++;
    *out_bytes = seals->scratch;
    *out_size = sealed_size;
    return true;
}

/* ---- looking on ---- */

struct seals_counts seals_counts_now(const struct seals *seals)
{
    struct seals_counts counts = seals->counts;
    counts.sessions = seals->count[LIST_OPEN];
    counts.half_open = seals->count[LIST_HALF];
    return counts;
}

void seals_check(const struct seals *seals)
{
    uint32_t all = 0;
    for (uint32_t list = 0; list < LIST_COUNT; list++) {
        uint32_t count = 0, previous = NONE32;
        for (uint32_t i = seals->first[list]; i != NONE32; i = seals->rows[i].next) {
            const struct row *row = &seals->rows[i];
            must(row->list == list && row->previous == previous && count < seals->row_count);
            must(list == LIST_FREE ? row->session == 0 : find_row(seals, row->session) == i);
            previous = i;
            count++;
        }
        must(seals->last[list] == previous && seals->count[list] == count);
        all += count;
    }
    must(all == seals->row_count);
    must(seals->count[LIST_OPEN] <= seals->options.limits.sessions);
    must(seals->count[LIST_HALF] <= seals->options.limits.half_open);
}
