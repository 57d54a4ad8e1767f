/* web_sessions.c: see web_sessions.h. */
#include "engine/shell/web_sessions.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define HASH_SIZE 16u
#define TRIES_ROWS 4096u     /* a power of two; two that fall on one row share it */
#define TRIES_BURST 10       /* at once */
#define TRIES_REFILL_MS 6000 /* one more after that */

struct row {
    uint8_t hash[HASH_SIZE];
    bool is_used;
    int64_t begun_at_ms, used_at_ms;
    struct web_session session;
};

struct tries {
    int64_t left;
    int64_t at_ms;
};

struct web_sessions {
    struct row rows[WEB_SESSIONS_MAX];
    struct tries tries[TRIES_ROWS];
    uint8_t salt[crypto_shorthash_KEYBYTES];
    uint32_t count;
};

enum err web_sessions_new(struct web_sessions **out_sessions)
{
    if (sodium_init() < 0) {
        return ERR_UNAVAILABLE;
    }
    *out_sessions = calloc(1, sizeof **out_sessions);
    if (*out_sessions == NULL) {
        return ERR_MEMORY;
    }
    randombytes_buf((*out_sessions)->salt, sizeof(*out_sessions)->salt);
    return ERR_OK;
}

void web_sessions_free(struct web_sessions *sessions)
{
    free(sessions);
}

void web_token_make(char out_token[WEB_TOKEN_SIZE])
{
    uint8_t bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2base64(out_token, WEB_TOKEN_SIZE, bytes, sizeof bytes,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void hash_token(const char *token, uint8_t out[HASH_SIZE])
{
    must(crypto_generichash(out, HASH_SIZE, (const uint8_t *)token, strlen(token), NULL, 0) == 0);
}

static bool is_over(const struct row *row, int64_t now_ms)
{
    return now_ms >= row->session.expires_ms || now_ms - row->used_at_ms >= WEB_SESSION_IDLE_MS;
}

static void clear(struct web_sessions *sessions, struct row *row)
{
    must(row->is_used);
    sodium_memzero(row, sizeof *row);
    sessions->count--;
}

static struct row *find(struct web_sessions *sessions, const char *token)
{
    uint8_t hash[HASH_SIZE];
    hash_token(token, hash);
    for (uint32_t i = 0; i < WEB_SESSIONS_MAX; i++) {
        struct row *row = &sessions->rows[i];
        if (row->is_used && sodium_memcmp(row->hash, hash, HASH_SIZE) == 0) {
            return row;
        }
    }
    return NULL;
}

/* A free row, or that of the session used longest ago. */
static struct row *take_row(struct web_sessions *sessions, int64_t now_ms)
{
    struct row *oldest = &sessions->rows[0];
    for (uint32_t i = 0; i < WEB_SESSIONS_MAX; i++) {
        struct row *row = &sessions->rows[i];
        if (row->is_used && is_over(row, now_ms)) {
            clear(sessions, row);
        }
        if (!row->is_used) {
            return row;
        }
        oldest = row->used_at_ms < oldest->used_at_ms ? row : oldest;
    }
    clear(sessions, oldest);
    return oldest;
}

void web_sessions_begin(struct web_sessions *sessions, const char *person, uint64_t mark,
                        int64_t now_ms, char out_token[WEB_TOKEN_SIZE],
                        struct web_session *out_session)
{
    struct row *row = take_row(sessions, now_ms);
    web_token_make(out_token);
    *row = (struct row){.is_used = true, .begun_at_ms = now_ms, .used_at_ms = now_ms};
    hash_token(out_token, row->hash);
    (void)snprintf(row->session.person, sizeof row->session.person, "%s", person);
    web_token_make(row->session.csrf);
    row->session.mark = mark;
    row->session.expires_ms = now_ms + WEB_SESSION_MS;
    sessions->count++;
    *out_session = row->session;
}

void web_sessions_restore(struct web_sessions *sessions, const char *token, int64_t now_ms,
                          const struct web_session *session)
{
    struct row *row = take_row(sessions, now_ms);
    *row = (struct row){
        .is_used = true, .begun_at_ms = now_ms, .used_at_ms = now_ms, .session = *session};
    hash_token(token, row->hash);
    sessions->count++;
}

bool web_sessions_find(struct web_sessions *sessions, const char *token, int64_t now_ms,
                       struct web_session *out_session)
{
    struct row *row = find(sessions, token);
    if (row == NULL) {
        return false;
    }
    if (is_over(row, now_ms)) {
        clear(sessions, row);
        return false;
    }
    row->used_at_ms = now_ms;
    *out_session = row->session;
    return true;
}

void web_sessions_end(struct web_sessions *sessions, const char *token)
{
    struct row *row = find(sessions, token);
    if (row != NULL) {
        clear(sessions, row);
    }
}

void web_sessions_end_changed(struct web_sessions *sessions,
                              uint64_t (*mark_of)(void *context, const char *person), void *context)
{
    for (uint32_t i = 0; i < WEB_SESSIONS_MAX; i++) {
        struct row *row = &sessions->rows[i];
        if (row->is_used && (row->session.mark == 0 ||
                             mark_of(context, row->session.person) != row->session.mark)) {
            clear(sessions, row);
        }
    }
}

uint32_t web_sessions_count(const struct web_sessions *sessions)
{
    return sessions->count;
}

bool web_sessions_may_try(struct web_sessions *sessions, const char *who, int64_t now_ms,
                          int64_t *out_wait_ms)
{
    uint64_t hash = 0;
    must(crypto_shorthash((uint8_t *)&hash, (const uint8_t *)who, strlen(who), sessions->salt) ==
         0);
    struct tries *tries = &sessions->tries[hash & (TRIES_ROWS - 1)];
    const int64_t gained = (now_ms - tries->at_ms) / TRIES_REFILL_MS;
    if (tries->at_ms == 0 || gained >= TRIES_BURST) {
        *tries = (struct tries){TRIES_BURST, now_ms};
    } else if (gained > 0) {
        tries->left = min_i64(TRIES_BURST, tries->left + gained);
        tries->at_ms += gained * TRIES_REFILL_MS;
    }
    if (tries->left == 0) {
        *out_wait_ms = TRIES_REFILL_MS - (now_ms - tries->at_ms);
        return false;
    }
    tries->left--;
    return true;
}
