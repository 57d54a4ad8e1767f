/* accounts.h: DATA/accounts.db: who may log in, and tokens of machines. What somebody may do stands in the city alone.
 *
 * Passwords as argon2id strings (libsodium), tokens as BLAKE2b digests: neither can be read back. Hashing a password takes
 * 64 MB and a tenth of a second: callers check on a thread of their own choice with accounts_verify, which needs no
 * database. Several processes may use one file: `gridloop account` beside a running engine.
 *
 * Owner   open/close; not for two threads at once
 * Errors  those of history_schema_fail, with a sentence */
#ifndef ENGINE_SHELL_ACCOUNTS_H
#define ENGINE_SHELL_ACCOUNTS_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define ACCOUNTS_FILE "accounts.db"
#define ACCOUNTS_HASH_SIZE 128u
#define ACCOUNTS_ID_SIZE 65u
#define ACCOUNTS_TOKEN_SIZE 48u
#define ACCOUNTS_LABEL_SIZE 64u
#define ACCOUNTS_PASSWORD_MIN 10u
#define ACCOUNTS_PASSWORD_MAX 128u

struct accounts; /* opaque */

struct accounts_fault {
    char text[512];
};

/* Makes the file when it is not there (mode 0600). */
enum err accounts_open(const char *data, struct accounts **out_accounts,
                       struct accounts_fault *out_fault) WARN_UNUSED;
void accounts_close(struct accounts *accounts); /* NULL is fine */
/* A whole copy in another directory, read back there; also while an engine writes. ERR_NOT_FOUND: there are no accounts;
 * ERR_DAMAGED. Afterwards the copy of a failure may be there, of no use. */
enum err accounts_copy(const char *data, const char *directory,
                       struct accounts_fault *out_fault) WARN_UNUSED;

enum err accounts_count(struct accounts *accounts, uint32_t *out_count,
                        struct accounts_fault *out_fault) WARN_UNUSED;

/* Adds a person or gives another password. The hash is accounts_hash's. */
enum err accounts_put(struct accounts *accounts, const char *person, const char *hash,
                      int64_t now_ms, struct accounts_fault *out_fault) WARN_UNUSED;
/* Password and tokens of that identity. ERR_NOT_FOUND. */
enum err accounts_remove(struct accounts *accounts, const char *id,
                         struct accounts_fault *out_fault) WARN_UNUSED;
/* ERR_NOT_FOUND. */
enum err accounts_find(struct accounts *accounts, const char *person,
                       char out_hash[ACCOUNTS_HASH_SIZE],
                       struct accounts_fault *out_fault) WARN_UNUSED;

/* Differs for every password ever given; 0 = no account. */
uint64_t accounts_mark(struct accounts *accounts, const char *person);

/* A token for a machine that speaks as that identity. out_token is shown once. */
enum err accounts_add_token(struct accounts *accounts, const char *id, const char *label,
                            int64_t now_ms, char out_token[ACCOUNTS_TOKEN_SIZE],
                            struct accounts_fault *out_fault) WARN_UNUSED;
/* ERR_NOT_FOUND. */
enum err accounts_find_token(struct accounts *accounts, const char *token,
                             char out_id[ACCOUNTS_ID_SIZE],
                             struct accounts_fault *out_fault) WARN_UNUSED;

/* ---- phones: links that log a person in once, and the sessions that follow, which a restart does not end ---- */

#define ACCOUNTS_CODE_SIZE 44u /* 32 random bytes in base64url, and a zero */

struct accounts_session {
    char person[ACCOUNTS_ID_SIZE];
    char csrf[ACCOUNTS_CODE_SIZE];
    int64_t until_ms; /* real time */
};

enum err accounts_add_link(struct accounts *accounts, const char *person, int64_t now_ms,
                           int64_t until_ms, char out_code[ACCOUNTS_CODE_SIZE],
                           struct accounts_fault *out_fault) WARN_UNUSED;
/* Uses it up. ERR_NOT_FOUND: unknown, used or too old. */
enum err accounts_use_link(struct accounts *accounts, const char *code, int64_t now_ms,
                           char out_person[ACCOUNTS_ID_SIZE],
                           struct accounts_fault *out_fault) WARN_UNUSED;
enum err accounts_keep_session(struct accounts *accounts, const char *token,
                               const struct accounts_session *session,
                               struct accounts_fault *out_fault) WARN_UNUSED;
/* ERR_NOT_FOUND. */
enum err accounts_find_session(struct accounts *accounts, const char *token, int64_t now_ms,
                               struct accounts_session *out_session,
                               struct accounts_fault *out_fault) WARN_UNUSED;
/* Has the person a phone's session now? */
enum err accounts_has_session(struct accounts *accounts, const char *person, int64_t now_ms,
                              bool *out_has, struct accounts_fault *out_fault) WARN_UNUSED;
/* No error when there is none. */
enum err accounts_end_session(struct accounts *accounts, const char *token,
                              struct accounts_fault *out_fault) WARN_UNUSED;

/* Changes whenever another process or this one has changed who may log in. */
int64_t accounts_version(struct accounts *accounts);

struct accounts_row {
    char id[ACCOUNTS_ID_SIZE];
    char label[ACCOUNTS_LABEL_SIZE]; /* of a token; "" for a password */
    bool is_token;
    int64_t at_ms; /* real time */
};
/* Calls see for each, by id. */
enum err accounts_list(struct accounts *accounts,
                       void (*see)(void *context, const struct accounts_row *row), void *context,
                       struct accounts_fault *out_fault) WARN_UNUSED;

/* Any thread. ERR_MEMORY. */
enum err accounts_hash(const char *password, char out_hash[ACCOUNTS_HASH_SIZE]) WARN_UNUSED;
bool accounts_verify(const char *hash, const char *password);
/* A hash of no password, so that an unknown person takes as long as a known one. */
const char *accounts_no_hash(void);

/* 20 characters that can be told apart when read aloud. */
#define ACCOUNTS_RANDOM_SIZE 24u
void accounts_random_password(char out_password[ACCOUNTS_RANDOM_SIZE]);

#endif
