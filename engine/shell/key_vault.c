/* key_vault.c: see key_vault.h.
 *
 *   meta    log_salt
 *   keys    id BLOB (16 bytes: hi, lo), key BLOB (32 bytes)
 *
 * A WAL, so that somebody who reads (a backup, a shell) never holds up a write. It holds copies of keys: after each transaction it is
 * written back and cut. A reader can put that off, and nothing else: it is tried again until it is done. */
#include "engine/shell/key_vault.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APPLICATION_ID 1196116555 /* "GKEY" as a number */
#define VAULT_VERSION 1
#define POOL_SIZE 64u
#define DUE_TIDY 256u /* drops that wait before they are worth a transaction of their own */
#define BUSY_MS 5000

struct due {
    struct hash128 id;
    uint64_t position;
    bool is_urgent; /* somebody asked for it */
};

struct pooled {
    struct hash128 id;
    uint8_t key[CONTACT_KEY_SIZE];
};

struct key_vault {
    sqlite3 *db;
    sqlite3_stmt *put;
    sqlite3_stmt *get;
    sqlite3_stmt *drop;
    struct pooled pool[POOL_SIZE];
    uint32_t pool_count;
    struct due *
        dues; /* in order of position; as many as contacts can come before the disk has said durable */
    uint32_t due_count, due_capacity;
    bool is_reader;
    bool is_uncut; /* somebody reads: what was deleted still stands in the file or its WAL */
    enum err failure;
    char why[256];
};

static enum err fail(struct key_vault *vault, const char *doing)
{
    if (vault->failure == ERR_OK) {
        const int code = sqlite3_errcode(vault->db) & 0xff;
        vault->failure = code == SQLITE_FULL                               ? ERR_NO_SPACE
                         : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DAMAGED
                                                                           : ERR_IO;
        (void)snprintf(vault->why, sizeof vault->why, "keys.db: cannot %.80s: %.140s", doing,
                       sqlite3_errmsg(vault->db));
    }
    return vault->failure;
}

static enum err run(struct key_vault *vault, const char *sql, const char *doing)
{
    return sqlite3_exec(vault->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK
                                                                       : fail(vault, doing);
}

static bool read_number(struct key_vault *vault, const char *sql, int64_t *out_number)
{
    sqlite3_stmt *stmt = NULL;
    bool is_read = sqlite3_prepare_v2(vault->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                   sqlite3_step(stmt) == SQLITE_ROW;
    if (is_read) {
        *out_number = sqlite3_column_int64(stmt, 0);
    }
    (void)sqlite3_finalize(stmt);
    return is_read;
}

/* ---- opening ---- */

static enum err refuse(struct key_vault *vault, enum err err, const char *what)
{
    vault->failure = err;
    (void)snprintf(vault->why, sizeof vault->why, "%s", what);
    return err;
}

static enum err create(struct key_vault *vault, uint64_t log_salt)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "BEGIN IMMEDIATE; PRAGMA application_id=%d; PRAGMA user_version=%d;"
                   "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
                   "CREATE TABLE keys(id BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID;"
                   "INSERT INTO meta VALUES('log_salt', %lld); COMMIT;",
                   APPLICATION_ID, VAULT_VERSION, (long long)(int64_t)log_salt);
    return run(vault, sql, "make its tables");
}

static enum err check(struct key_vault *vault, uint64_t log_salt)
{
    int64_t application, version, tables, salt;
    if (!read_number(vault, "PRAGMA application_id", &application) ||
        !read_number(vault, "PRAGMA user_version", &version) ||
        !read_number(vault, "SELECT count(*) FROM sqlite_schema", &tables)) {
        return fail(vault, "read it");
    }
    if (application == 0 && version == 0 && tables == 0 && !vault->is_reader) {
        return create(vault, log_salt);
    }
    if (application != APPLICATION_ID || version != VAULT_VERSION) {
        return refuse(vault, ERR_VERSION,
                      "keys.db is not a key database of this version; restore it from its backup, "
                      "or move it away: "
                      "then no contact of the log can be read any more");
    }
    if (vault->is_reader) {
        return ERR_OK;
    }
    if (!read_number(vault, "SELECT value FROM meta WHERE key = 'log_salt'", &salt)) {
        return fail(vault, "read whose it is");
    }
    if ((uint64_t)salt != log_salt) {
        return refuse(vault, ERR_MISMATCH,
                      "keys.db belongs to another log: opening it here would delete keys that are "
                      "needed there. Put the "
                      "right one into the data directory, or move it away");
    }
    sqlite3_stmt *stmt = NULL;
    bool is_whole =
        sqlite3_prepare_v2(vault->db, "PRAGMA quick_check", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    (void)sqlite3_finalize(stmt);
    return is_whole ? ERR_OK
                    : refuse(vault, ERR_DAMAGED, "keys.db is damaged; restore it from its backup");
}

static enum err prepare(struct key_vault *vault)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } rows[] = {{&vault->put, "INSERT INTO keys(id, key) VALUES(?1, ?2)"},
                {&vault->get, "SELECT key FROM keys WHERE id = ?1"},
                {&vault->drop, "DELETE FROM keys WHERE id = ?1"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (sqlite3_prepare_v2(vault->db, rows[i].sql, -1, rows[i].stmt, NULL) != SQLITE_OK) {
            return fail(vault, "prepare it");
        }
    }
    return ERR_OK;
}

static void finish(struct key_vault *vault)
{
    (void)sqlite3_finalize(vault->put);
    (void)sqlite3_finalize(vault->get);
    (void)sqlite3_finalize(vault->drop);
    (void)sqlite3_close(vault->db);
    free(vault->dues);
    sodium_memzero(vault, sizeof *vault);
    free(vault);
}

static enum err open_file(struct key_vault *vault, const char *data)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/keys.db", data);
    int flags =
        SQLITE_OPEN_NOMUTEX | (vault->is_reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (!vault->is_reader) { /* SQLite would make it readable for all */
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file >= 0) {
            (void)close(file);
        }
    }
    if (sqlite3_open_v2(path, &vault->db, flags, NULL) != SQLITE_OK) {
        return fail(vault, "open it");
    }
    (void)sqlite3_busy_timeout(vault->db, BUSY_MS);
    return vault->is_reader ? ERR_OK
                            : run(vault,
                                  "PRAGMA journal_mode=WAL; PRAGMA synchronous=EXTRA;"
                                  "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;",
                                  "prepare it");
}

enum err key_vault_open(const char *data, uint64_t log_salt, struct key_vault **out_vault,
                        struct data_fault *out_fault)
{
    struct key_vault *vault = calloc(1, sizeof *vault);
    if (vault == NULL || sodium_init() < 0) {
        free(vault);
        (void)snprintf(out_fault->text, sizeof out_fault->text, "no memory for the keys");
        return ERR_MEMORY;
    }
    enum err err = open_file(vault, data);
    if (err == ERR_OK) {
        err = check(vault, log_salt);
    }
    if (err == ERR_OK) {
        err = prepare(vault);
    }
    if (err != ERR_OK) {
        (void)snprintf(out_fault->text, sizeof out_fault->text, "%s", vault->why);
        finish(vault);
        return err;
    }
    *out_vault = vault;
    return ERR_OK;
}

enum err key_vault_read(const char *data, struct key_vault **out_vault)
{
    struct key_vault *vault = calloc(1, sizeof *vault);
    if (vault == NULL || sodium_init() < 0) {
        free(vault);
        return ERR_MEMORY;
    }
    vault->is_reader = true;
    if (open_file(vault, data) != ERR_OK || check(vault, 0) != ERR_OK || prepare(vault) != ERR_OK) {
        finish(vault);
        return ERR_NOT_FOUND;
    }
    *out_vault = vault;
    return ERR_OK;
}

/* Writes the WAL back over what was deleted, syncs that and cuts the WAL to nothing. Waits for nobody: a turn must not stand still. */
static enum err cut(struct key_vault *vault)
{
    (void)sqlite3_busy_timeout(vault->db, 0);
    const int code =
        sqlite3_wal_checkpoint_v2(vault->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(vault->db, BUSY_MS);
    vault->is_uncut = (code & 0xff) == SQLITE_BUSY;
    return code == SQLITE_OK || vault->is_uncut ? ERR_OK : fail(vault, "write it back");
}

static enum err commit(struct key_vault *vault, const char *doing)
{
    const enum err err = run(vault, "COMMIT", doing);
    return err == ERR_OK ? cut(vault) : err;
}

/* ---- keys ---- */

static enum err fill_pool(struct key_vault *vault)
{
    enum err err = run(vault, "BEGIN IMMEDIATE", "write a key");
    for (uint32_t i = 0; i < POOL_SIZE && err == ERR_OK; i++) {
        struct pooled *pooled = &vault->pool[i];
        randombytes_buf(pooled, sizeof *pooled);
        (void)sqlite3_bind_blob(vault->put, 1, &pooled->id, sizeof pooled->id, SQLITE_STATIC);
        (void)sqlite3_bind_blob(vault->put, 2, pooled->key, sizeof pooled->key, SQLITE_STATIC);
        err = sqlite3_step(vault->put) == SQLITE_DONE ? ERR_OK : fail(vault, "write a key");
        (void)sqlite3_reset(vault->put);
    }
    if (err == ERR_OK) {
        err = commit(vault, "write a key");
    }
    vault->pool_count = err == ERR_OK ? POOL_SIZE : 0;
    return err;
}

static bool take(void *context, struct hash128 *out_id, uint8_t out_key[CONTACT_KEY_SIZE])
{
    struct key_vault *vault = context;
    must(!vault->is_reader);
    if (vault->failure != ERR_OK || (vault->pool_count == 0 && fill_pool(vault) != ERR_OK)) {
        return false;
    }
    struct pooled *pooled = &vault->pool[--vault->pool_count];
    *out_id = pooled->id;
    memcpy(out_key, pooled->key, CONTACT_KEY_SIZE);
    sodium_memzero(pooled->key, sizeof pooled->key);
    return true;
}

static bool find(void *context, struct hash128 id, uint8_t out_key[CONTACT_KEY_SIZE])
{
    struct key_vault *vault = context;
    (void)sqlite3_bind_blob(vault->get, 1, &id, sizeof id, SQLITE_STATIC);
    bool is_found = sqlite3_step(vault->get) == SQLITE_ROW &&
                    sqlite3_column_bytes(vault->get, 0) == (int)CONTACT_KEY_SIZE;
    if (is_found) {
        memcpy(out_key, sqlite3_column_blob(vault->get, 0), CONTACT_KEY_SIZE);
    }
    (void)sqlite3_reset(vault->get);
    return is_found;
}

struct contact_keys key_vault_keys(struct key_vault *vault)
{
    return (struct contact_keys){
        .take = vault->is_reader ? NULL : take, .find = find, .context = vault};
}

/* ---- deleting ---- */

void key_vault_see(void *context, uint64_t position, const struct effect *effect)
{
    struct key_vault *vault = context;
    if (effect->kind != EFFECT_CONTACT || effect->of.contact.code == CODE_DONE) {
        return;
    }
    if (vault->due_count == vault->due_capacity) {
        const uint32_t capacity = vault->due_capacity == 0 ? 64 : vault->due_capacity * 2;
        struct due *dues = realloc(vault->dues, capacity * sizeof *dues);
        if (dues == NULL) { /* forgetting to erase is not an option */
            (void)refuse(vault, ERR_MEMORY, "no memory to remember which keys to delete");
            return;
        }
        vault->dues = dues;
        vault->due_capacity = capacity;
    }
    vault->dues[vault->due_count++] = (struct due){effect->of.contact.id, position,
                                                   effect->of.contact.code == CODE_CONTACT_ERASED};
}

static enum err drop_key(struct key_vault *vault, struct hash128 id)
{
    (void)sqlite3_bind_blob(vault->drop, 1, &id, sizeof id, SQLITE_STATIC);
    enum err err = sqlite3_step(vault->drop) == SQLITE_DONE ? ERR_OK : fail(vault, "delete a key");
    (void)sqlite3_reset(vault->drop);
    return err;
}

/* Deletes the first count that are due. */
static enum err drop_due(struct key_vault *vault, uint32_t count)
{
    if (count == 0) {
        return vault->failure;
    }
    enum err err = run(vault, "BEGIN IMMEDIATE", "delete a key");
    for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
        err = drop_key(vault, vault->dues[i].id);
    }
    if (err == ERR_OK) {
        err = commit(vault, "delete a key");
    }
    if (err == ERR_OK) {
        vault->due_count -= count;
        memmove(vault->dues, vault->dues + count, vault->due_count * sizeof *vault->dues);
    }
    return err;
}

/* How many are due at that position, and whether one of them cannot wait. */
static uint32_t count_due(const struct key_vault *vault, uint64_t position, bool *out_is_urgent)
{
    uint32_t count = 0;
    *out_is_urgent = false;
    for (; count < vault->due_count && vault->dues[count].position <= position; count++) {
        *out_is_urgent = *out_is_urgent || vault->dues[count].is_urgent;
    }
    return count;
}

enum err key_vault_durable(struct key_vault *vault, uint64_t position)
{
    bool is_urgent;
    const uint32_t count = count_due(vault, position, &is_urgent);
    return is_urgent || count >= DUE_TIDY ? drop_due(vault, count) : vault->failure;
}

enum err key_vault_tidy(struct key_vault *vault, uint64_t position)
{
    bool is_urgent;
    const enum err err = drop_due(vault, count_due(vault, position, &is_urgent));
    return err == ERR_OK && vault->is_uncut ? cut(vault) : err;
}

/* The ids that a core needs, so that all others can go. */
static enum err list_needed(struct key_vault *vault, const struct core *core, uint32_t *out_missing)
{
    struct hash128 id;
    uint32_t slot = 0;
    uint8_t key[CONTACT_KEY_SIZE];
    sqlite3_stmt *stmt = NULL;
    enum err err =
        run(vault, "CREATE TEMP TABLE needed(id BLOB PRIMARY KEY) WITHOUT ROWID", "sort its keys");
    if (err == ERR_OK &&
        sqlite3_prepare_v2(vault->db, "INSERT OR IGNORE INTO needed(id) VALUES(?1)", -1, &stmt,
                           NULL) != SQLITE_OK) {
        err = fail(vault, "sort its keys");
    }
    *out_missing = 0;
    while (err == ERR_OK && core_next_contact(core, &slot, &id)) {
        *out_missing += !find(vault, id, key);
        (void)sqlite3_bind_blob(stmt, 1, &id, sizeof id, SQLITE_STATIC);
        err = sqlite3_step(stmt) == SQLITE_DONE ? ERR_OK : fail(vault, "sort its keys");
        (void)sqlite3_reset(stmt);
    }
    sodium_memzero(key, sizeof key);
    (void)sqlite3_finalize(stmt);
    return err;
}

enum err key_vault_settle(struct key_vault *vault, const struct core *core, uint32_t *out_missing,
                          struct data_fault *out_fault)
{
    vault->due_count = 0; /* what they name is not in the core, so it goes below */
    enum err err = vault->failure;
    if (err == ERR_OK) {
        err = list_needed(vault, core, out_missing);
    }
    if (err == ERR_OK) {
        err = run(vault,
                  "DELETE FROM keys WHERE id NOT IN (SELECT id FROM needed); DROP TABLE needed",
                  "delete keys that nobody needs");
    }
    if (err == ERR_OK) {
        err = cut(vault);
    }
    if (err != ERR_OK) {
        (void)snprintf(out_fault->text, sizeof out_fault->text, "%s", vault->why);
    }
    return err;
}

void key_vault_close(struct key_vault *vault)
{
    if (vault == NULL) {
        return;
    }
    finish(vault);
}

bool key_vault_is_cut(const struct key_vault *vault)
{
    return !vault->is_uncut;
}

enum err key_vault_failure(const struct key_vault *vault)
{
    return vault->failure;
}

const char *key_vault_why(const struct key_vault *vault)
{
    return vault->why;
}
