/* accounts.c: see accounts.h. */
#include "engine/shell/accounts.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUSY_MS 2000
#define TOKEN_HASH_SIZE 32u
#define TOKEN_MARK "glt_" /* so that scanners of leaked secrets know one */

struct accounts {
    sqlite3 *db;
};

static const char SCHEMA[] =
    "CREATE TABLE IF NOT EXISTS passwords(person TEXT PRIMARY KEY, hash TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tokens(hash BLOB PRIMARY KEY, id TEXT NOT NULL, label TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    /* csrf NULL: a link that logs in once; else the session of a phone, which outlives the engine */
    "CREATE TABLE IF NOT EXISTS phones(hash BLOB PRIMARY KEY, person TEXT NOT NULL, csrf TEXT,"
    " until_ms INTEGER NOT NULL) WITHOUT ROWID;";

static enum err fail(struct accounts *accounts, const char *doing, struct accounts_fault *fault)
{
    const int code = accounts->db != NULL ? sqlite3_errcode(accounts->db) & 0xff : SQLITE_NOMEM;
    (void)snprintf(fault->text, sizeof fault->text, ACCOUNTS_FILE ": cannot %s: %s", doing,
                   accounts->db != NULL ? sqlite3_errmsg(accounts->db) : "out of memory");
    return code == SQLITE_FULL                               ? ERR_NO_SPACE
           : code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? ERR_DAMAGED
           : code == SQLITE_BUSY || code == SQLITE_LOCKED    ? ERR_BUSY
           : code == SQLITE_CANTOPEN                         ? ERR_NOT_FOUND
                                                             : ERR_IO;
}

enum err accounts_open(const char *data, struct accounts **out_accounts,
                       struct accounts_fault *out_fault)
{
    char path[600];
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (accounts == NULL || sodium_init() < 0) {
        (void)snprintf(out_fault->text, sizeof out_fault->text, "not enough memory for accounts");
        free(accounts);
        return ERR_MEMORY;
    }
    (void)snprintf(path, sizeof path, "%.500s/" ACCOUNTS_FILE, data);
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
        (void)close(file);
    }
    enum err err = ERR_OK;
    if (sqlite3_open_v2(path, &accounts->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        err = fail(accounts, "open it", out_fault);
    } else {
        (void)sqlite3_busy_timeout(accounts->db, BUSY_MS);
        err = sqlite3_exec(accounts->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK
                  ? fail(accounts, "prepare it", out_fault)
                  : ERR_OK;
    }
    if (err != ERR_OK) {
        accounts_close(accounts);
        return err;
    }
    *out_accounts = accounts;
    return ERR_OK;
}

void accounts_close(struct accounts *accounts)
{
    if (accounts != NULL) {
        (void)sqlite3_close(accounts->db);
        free(accounts);
    }
}

static sqlite3_stmt *prepare(struct accounts *accounts, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    return sqlite3_prepare_v2(accounts->db, sql, -1, &stmt, NULL) == SQLITE_OK ? stmt : NULL;
}

static void bind(sqlite3_stmt *stmt, int at, const char *text)
{
    (void)sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

/* Runs a statement that gives no rows; *out_changes may be NULL. */
static enum err step(struct accounts *accounts, sqlite3_stmt *stmt, int *out_changes,
                     struct accounts_fault *fault)
{
    const bool is_done = stmt != NULL && sqlite3_step(stmt) == SQLITE_DONE;
    const enum err err = is_done ? ERR_OK : fail(accounts, "write it", fault);
    if (is_done && out_changes != NULL) {
        *out_changes += sqlite3_changes(accounts->db);
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

enum err accounts_count(struct accounts *accounts, uint32_t *out_count,
                        struct accounts_fault *out_fault)
{
    sqlite3_stmt *stmt = prepare(accounts, "SELECT count(*) FROM passwords");
    if (stmt == NULL || sqlite3_step(stmt) != SQLITE_ROW) {
        const enum err err = fail(accounts, "read it", out_fault);
        (void)sqlite3_finalize(stmt);
        return err;
    }
    *out_count = (uint32_t)sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return ERR_OK;
}

enum err accounts_put(struct accounts *accounts, const char *person, const char *hash,
                      int64_t now_ms, struct accounts_fault *out_fault)
{
    sqlite3_stmt *stmt =
        prepare(accounts, "INSERT INTO passwords(person, hash, at_ms) VALUES(?1, ?2, ?3)"
                          " ON CONFLICT(person) DO UPDATE SET hash = ?2, at_ms = ?3");
    if (stmt != NULL) {
        bind(stmt, 1, person);
        bind(stmt, 2, hash);
        (void)sqlite3_bind_int64(stmt, 3, now_ms);
    }
    return step(accounts, stmt, NULL, out_fault);
}

enum err accounts_remove(struct accounts *accounts, const char *id,
                         struct accounts_fault *out_fault)
{
    static const char *const SQL[] = {"DELETE FROM passwords WHERE person = ?1",
                                      "DELETE FROM tokens WHERE id = ?1",
                                      "DELETE FROM phones WHERE person = ?1"};
    int changes = 0;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(SQL); i++) {
        sqlite3_stmt *stmt = prepare(accounts, SQL[i]);
        if (stmt != NULL) {
            bind(stmt, 1, id);
        }
        err = step(accounts, stmt, &changes, out_fault);
    }
    if (err == ERR_OK && changes == 0) {
        (void)snprintf(out_fault->text, sizeof out_fault->text,
                       "%.64s has no account; gridloop account list names those who have", id);
        return ERR_NOT_FOUND;
    }
    return err;
}

/* One text of one row. ERR_NOT_FOUND without a sentence. */
static enum err read_text(struct accounts *accounts, sqlite3_stmt *stmt, char *out, size_t out_size,
                          struct accounts_fault *fault)
{
    const int code = stmt != NULL ? sqlite3_step(stmt) : SQLITE_ERROR;
    enum err err = ERR_OK;
    if (code == SQLITE_ROW) {
        (void)snprintf(out, out_size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    } else {
        err = code == SQLITE_DONE ? ERR_NOT_FOUND : fail(accounts, "read it", fault);
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

enum err accounts_find(struct accounts *accounts, const char *person,
                       char out_hash[ACCOUNTS_HASH_SIZE], struct accounts_fault *out_fault)
{
    sqlite3_stmt *stmt = prepare(accounts, "SELECT hash FROM passwords WHERE person = ?1");
    if (stmt != NULL) {
        bind(stmt, 1, person);
    }
    return read_text(accounts, stmt, out_hash, ACCOUNTS_HASH_SIZE, out_fault);
}

uint64_t accounts_mark(struct accounts *accounts, const char *person)
{
    char hash[ACCOUNTS_HASH_SIZE];
    struct accounts_fault fault;
    uint64_t mark = 1;
    if (accounts_find(accounts, person, hash, &fault) != ERR_OK) {
        return 0;
    }
    for (const char *at = hash; *at != '\0'; at++) {
        mark = mix64(mark ^ (uint64_t)(unsigned char)*at);
    }
    return mark | 1;
}

static void hash_token(const char *token, uint8_t out[TOKEN_HASH_SIZE])
{
    must(crypto_generichash(out, TOKEN_HASH_SIZE, (const uint8_t *)token, strlen(token), NULL, 0) ==
         0);
}

enum err accounts_add_token(struct accounts *accounts, const char *id, const char *label,
                            int64_t now_ms, char out_token[ACCOUNTS_TOKEN_SIZE],
                            struct accounts_fault *out_fault)
{
    uint8_t bytes[30], hash[TOKEN_HASH_SIZE];
    char text[44];
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2base64(text, sizeof text, bytes, sizeof bytes,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)snprintf(out_token, ACCOUNTS_TOKEN_SIZE, TOKEN_MARK "%s", text);
    hash_token(out_token, hash);
    sqlite3_stmt *stmt =
        prepare(accounts, "INSERT INTO tokens(hash, id, label, at_ms) VALUES(?1, ?2, ?3, ?4)");
    if (stmt != NULL) {
        (void)sqlite3_bind_blob(stmt, 1, hash, sizeof hash, SQLITE_TRANSIENT);
        bind(stmt, 2, id);
        bind(stmt, 3, label);
        (void)sqlite3_bind_int64(stmt, 4, now_ms);
    }
    return step(accounts, stmt, NULL, out_fault);
}

enum err accounts_find_token(struct accounts *accounts, const char *token,
                             char out_id[ACCOUNTS_ID_SIZE], struct accounts_fault *out_fault)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    hash_token(token, hash);
    sqlite3_stmt *stmt = prepare(accounts, "SELECT id FROM tokens WHERE hash = ?1");
    if (stmt != NULL) {
        (void)sqlite3_bind_blob(stmt, 1, hash, sizeof hash, SQLITE_TRANSIENT);
    }
    return read_text(accounts, stmt, out_id, ACCOUNTS_ID_SIZE, out_fault);
}

/* ---- phones ---- */

static enum err put_phone(struct accounts *accounts, const char *secret, const char *person,
                          const char *csrf, int64_t until_ms, struct accounts_fault *fault)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    hash_token(secret, hash);
    sqlite3_stmt *stmt =
        prepare(accounts, "INSERT OR REPLACE INTO phones(hash, person, csrf, until_ms)"
                          " VALUES(?1, ?2, ?3, ?4)");
    if (stmt != NULL) {
        (void)sqlite3_bind_blob(stmt, 1, hash, sizeof hash, SQLITE_TRANSIENT);
        bind(stmt, 2, person);
        (void)sqlite3_bind_text(stmt, 3, csrf, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int64(stmt, 4, until_ms);
    }
    return step(accounts, stmt, NULL, fault);
}

enum err accounts_add_link(struct accounts *accounts, const char *person, int64_t now_ms,
                           int64_t until_ms, char out_code[ACCOUNTS_CODE_SIZE],
                           struct accounts_fault *out_fault)
{
    uint8_t bytes[32];
    sqlite3_stmt *stmt = prepare(accounts, "DELETE FROM phones WHERE until_ms <= ?1");
    if (stmt != NULL) {
        (void)sqlite3_bind_int64(stmt, 1, now_ms);
    }
    const enum err err = step(accounts, stmt, NULL, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2base64(out_code, ACCOUNTS_CODE_SIZE, bytes, sizeof bytes,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return put_phone(accounts, out_code, person, NULL, until_ms, out_fault);
}

enum err accounts_use_link(struct accounts *accounts, const char *code, int64_t now_ms,
                           char out_person[ACCOUNTS_ID_SIZE], struct accounts_fault *out_fault)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    hash_token(code, hash);
    sqlite3_stmt *stmt =
        prepare(accounts, "DELETE FROM phones WHERE hash = ?1 AND csrf IS NULL AND until_ms > ?2"
                          " RETURNING person");
    if (stmt != NULL) {
        (void)sqlite3_bind_blob(stmt, 1, hash, sizeof hash, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int64(stmt, 2, now_ms);
    }
    return read_text(accounts, stmt, out_person, ACCOUNTS_ID_SIZE, out_fault);
}

enum err accounts_keep_session(struct accounts *accounts, const char *token,
                               const struct accounts_session *session,
                               struct accounts_fault *out_fault)
{
    return put_phone(accounts, token, session->person, session->csrf, session->until_ms, out_fault);
}

enum err accounts_find_session(struct accounts *accounts, const char *token, int64_t now_ms,
                               struct accounts_session *out_session,
                               struct accounts_fault *out_fault)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    hash_token(token, hash);
    sqlite3_stmt *stmt = prepare(
        accounts, "SELECT person, csrf, until_ms FROM phones WHERE hash = ?1 AND csrf IS NOT "
                  "NULL AND until_ms > ?2");
    if (stmt != NULL) {
        (void)sqlite3_bind_blob(stmt, 1, hash, sizeof hash, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int64(stmt, 2, now_ms);
    }
    const int code = stmt != NULL ? sqlite3_step(stmt) : SQLITE_ERROR;
    enum err err = ERR_OK;
    if (code == SQLITE_ROW) {
        (void)snprintf(out_session->person, sizeof out_session->person, "%s",
                       (const char *)sqlite3_column_text(stmt, 0));
        (void)snprintf(out_session->csrf, sizeof out_session->csrf, "%s",
                       (const char *)sqlite3_column_text(stmt, 1));
        out_session->until_ms = sqlite3_column_int64(stmt, 2);
    } else {
        err = code == SQLITE_DONE ? ERR_NOT_FOUND : fail(accounts, "read it", out_fault);
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

enum err accounts_has_session(struct accounts *accounts, const char *person, int64_t now_ms,
                              bool *out_has, struct accounts_fault *out_fault)
{
    char found[ACCOUNTS_ID_SIZE];
    sqlite3_stmt *stmt =
        prepare(accounts, "SELECT person FROM phones WHERE person = ?1 AND csrf IS NOT "
                          "NULL AND until_ms > ?2 LIMIT 1");
    if (stmt != NULL) {
        bind(stmt, 1, person);
        (void)sqlite3_bind_int64(stmt, 2, now_ms);
    }
    const enum err err = read_text(accounts, stmt, found, sizeof found, out_fault);
    *out_has = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err accounts_end_session(struct accounts *accounts, const char *token,
                              struct accounts_fault *out_fault)
{
    uint8_t hash[TOKEN_HASH_SIZE];
    hash_token(token, hash);
    sqlite3_stmt *stmt = prepare(accounts, "DELETE FROM phones WHERE hash = ?1");
    if (stmt != NULL) {
        (void)sqlite3_bind_blob(stmt, 1, hash, sizeof hash, SQLITE_TRANSIENT);
    }
    return step(accounts, stmt, NULL, out_fault);
}

int64_t accounts_version(struct accounts *accounts)
{
    sqlite3_stmt *stmt = prepare(accounts, "PRAGMA data_version");
    int64_t version = -1;
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW) {
        version = sqlite3_column_int64(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    return version;
}

enum err accounts_list(struct accounts *accounts,
                       void (*see)(void *context, const struct accounts_row *row), void *context,
                       struct accounts_fault *out_fault)
{
    sqlite3_stmt *stmt =
        prepare(accounts, "SELECT person, '', 0, at_ms FROM passwords UNION ALL"
                          " SELECT id, label, 1, at_ms FROM tokens ORDER BY 1, 3, 4");
    int code = SQLITE_ERROR;
    while (stmt != NULL && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct accounts_row row = {.is_token = sqlite3_column_int(stmt, 2) != 0,
                                   .at_ms = sqlite3_column_int64(stmt, 3)};
        (void)snprintf(row.id, sizeof row.id, "%s", (const char *)sqlite3_column_text(stmt, 0));
        (void)snprintf(row.label, sizeof row.label, "%s",
                       (const char *)sqlite3_column_text(stmt, 1));
        see(context, &row);
    }
    (void)sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? ERR_OK : fail(accounts, "read it", out_fault);
}

_Static_assert(crypto_pwhash_STRBYTES <= ACCOUNTS_HASH_SIZE, "a hash fits");

enum err accounts_hash(const char *password, char out_hash[ACCOUNTS_HASH_SIZE])
{
    return crypto_pwhash_str(out_hash, password, strlen(password),
                             crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
               ? ERR_OK
               : ERR_MEMORY;
}

bool accounts_verify(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

/* Made of 32 random bytes nobody kept, with the costs of accounts_hash. */
const char *accounts_no_hash(void)
{
    return "$argon2id$v=19$m=65536,t=2,p=1$2iYrPH4d6wzqFQeMMUcNBw$"
           "7Vx0m3mXBUmEgzWcKkbAzv4dY9m8Gv0rQbE6x7bTt2k";
}

void accounts_random_password(char out_password[ACCOUNTS_RANDOM_SIZE])
{
    static const char LETTERS[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* 31 */
    uint32_t used = 0;
    for (uint32_t i = 0; i < 20; i++) {
        if (i > 0 && i % 5 == 0) {
            out_password[used++] = '-';
        }
        out_password[used++] = LETTERS[randombytes_uniform(sizeof LETTERS - 1)];
    }
    out_password[used] = '\0';
    must(used < ACCOUNTS_RANDOM_SIZE);
}
