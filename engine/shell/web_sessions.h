/* web_sessions.h: who is logged in: opaque tokens in a bounded table in memory.
 *
 * A restart ends them: people log in again, but for phones (accounts_keep_session). The table keeps the hash of a token only, so a dump of memory or a log line
 * gives none away.
 *
 * Bounds  WEB_SESSIONS_MAX; the one used longest ago makes way. Ends after WEB_SESSION_IDLE_MS without a request and
 *         WEB_SESSION_MS in any case
 * Owner   web thread */
#ifndef ENGINE_SHELL_WEB_SESSIONS_H
#define ENGINE_SHELL_WEB_SESSIONS_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define WEB_SESSIONS_MAX 4096u
#define WEB_SESSION_MS (12 * HOUR_MS)
#define WEB_SESSION_IDLE_MS (2 * HOUR_MS)
#define WEB_TOKEN_SIZE 44u /* 32 random bytes in base64url, and a zero */
#define WEB_PERSON_SIZE 65u

struct web_sessions; /* opaque */

struct web_session {
    char person[WEB_PERSON_SIZE];
    char csrf[WEB_TOKEN_SIZE];
    uint64_t mark;      /* of the account it rests on, 0 = none */
    int64_t expires_ms; /* real time since 1970 */
};

enum err web_sessions_new(struct web_sessions **out_sessions) WARN_UNUSED;
void web_sessions_free(struct web_sessions *sessions);

/* now_ms is real time. mark: of the person's account now. out_token goes into the cookie. */
void web_sessions_begin(struct web_sessions *sessions, const char *person, uint64_t mark,
                        int64_t now_ms, char out_token[WEB_TOKEN_SIZE],
                        struct web_session *out_session);
/* Marks it used. */
bool web_sessions_find(struct web_sessions *sessions, const char *token, int64_t now_ms,
                       struct web_session *out_session);
void web_sessions_end(struct web_sessions *sessions, const char *token);
/* Ends those whose person's account has another mark than then: removed, or another password. Those without a mark are
 * forgotten: a phone's is kept in accounts.h, if it still may go on, and comes back at its next request. */
void web_sessions_end_changed(struct web_sessions *sessions,
                              uint64_t (*mark_of)(void *context, const char *person),
                              void *context);
uint32_t web_sessions_count(const struct web_sessions *sessions);

/* A session that was kept elsewhere (accounts.h) goes on under its token. */
void web_sessions_restore(struct web_sessions *sessions, const char *token, int64_t now_ms,
                          const struct web_session *session);

/* Logins: tokens of one address and of one person, refilled; false: too many, wait. */
bool web_sessions_may_try(struct web_sessions *sessions, const char *who, int64_t now_ms,
                          int64_t *out_wait_ms);

/* 32 random bytes as text. */
void web_token_make(char out_token[WEB_TOKEN_SIZE]);

#endif
