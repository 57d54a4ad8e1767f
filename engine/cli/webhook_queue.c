/* webhook_queue.c: see webhook_queue.h. */
#include "engine/cli/webhook_queue.h"

#include "engine/core/base.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS 5000
#define FEED_ROWS 500
#define KEEP_MS (7 * DAY_MS)
#define PATH_SIZE 600u

struct webhook_queue {
    sqlite3 *db, *history;
    int lock;
    char log_salt[40], city[128];
};

static const char SCHEMA[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS places(hook TEXT PRIMARY KEY, position INTEGER NOT NULL,"
    " ordinal INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS deliveries(number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " hook TEXT NOT NULL, position INTEGER NOT NULL, ordinal INTEGER NOT NULL, body TEXT NOT NULL,"
    " state INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at_ms INTEGER NOT NULL,"
    " status INTEGER NOT NULL, error TEXT NOT NULL, queued_at_ms INTEGER NOT NULL,"
    " done_at_ms INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries(state, next_at_ms);";

static const char *const STATES[] = {"waiting", "sending", "delivered", "dead"};

static enum err fail(sqlite3 *db, const char *doing, struct history_fault *fault)
{
    (void)snprintf(fault->text, sizeof fault->text, "webhooks.db: cannot %.100s: %.300s", doing,
                   db != NULL ? sqlite3_errmsg(db) : "out of memory");
    return ERR_IO;
}

/* ---- opening ---- */

static enum err take_lock(struct webhook_queue *queue, const char *data,
                          struct history_fault *fault)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%.580s/webhooks.lock", data);
    queue->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (queue->lock < 0 || flock(queue->lock, LOCK_EX | LOCK_NB) != 0) {
        const bool is_busy = queue->lock >= 0 && errno == EWOULDBLOCK;
        (void)snprintf(fault->text, sizeof fault->text, "%.500s: %.60s", path,
                       is_busy ? "another gridloop webhook run is at work" : strerror(errno));
        return is_busy ? ERR_BUSY : ERR_IO;
    }
    return ERR_OK;
}

static void read_meta(struct webhook_queue *queue)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(queue->history, "SELECT key, value FROM meta", -1, &stmt, NULL) !=
        SQLITE_OK) {
        return;
    }
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(stmt, 0);
        const char *value = (const char *)sqlite3_column_text(stmt, 1);
        if (strcmp(key, "log_salt") == 0) {
            (void)snprintf(queue->log_salt, sizeof queue->log_salt, "%s", value);
        } else if (strcmp(key, "city") == 0) {
            (void)snprintf(queue->city, sizeof queue->city, "%s", value);
        }
    }
    (void)sqlite3_finalize(stmt);
}

static enum err open_history(struct webhook_queue *queue, const char *data,
                             struct history_fault *fault)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%.580s/history.db", data);
    const enum err err = history_schema_read(path, &queue->history, fault);
    if (err == ERR_OK) {
        read_meta(queue);
    }
    return err;
}

enum err webhook_queue_open(const char *data, bool is_runner, struct webhook_queue **out_queue,
                            struct history_fault *out_fault)
{
    char path[PATH_SIZE];
    struct webhook_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) {
        return fail(NULL, "open it", out_fault);
    }
    queue->lock = -1;
    (void)snprintf(path, sizeof path, "%.580s/webhooks.db", data);
    enum err err = is_runner ? take_lock(queue, data, out_fault) : ERR_OK;
    if (err == ERR_OK && !is_runner && access(path, F_OK) != 0) {
        (void)snprintf(out_fault->text, sizeof out_fault->text,
                       "%.400s is not there; gridloop webhook run makes it", path);
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK && sqlite3_open(path, &queue->db) != SQLITE_OK) {
        err = fail(queue->db, "open it", out_fault);
    }
    if (err == ERR_OK) {
        (void)chmod(path, 0600); /* bodies tell of cases */
        (void)sqlite3_busy_timeout(queue->db, BUSY_MS);
        if (sqlite3_exec(queue->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
            (is_runner && sqlite3_exec(queue->db, "UPDATE deliveries SET state = 0 WHERE state = 1",
                                       NULL, NULL, NULL) != SQLITE_OK)) {
            err = fail(queue->db, "make its tables", out_fault);
        }
    }
    err = err == ERR_OK && is_runner ? open_history(queue, data, out_fault) : err;
    if (err != ERR_OK) {
        webhook_queue_close(queue);
        return err;
    }
    *out_queue = queue;
    return ERR_OK;
}

void webhook_queue_close(struct webhook_queue *queue)
{
    if (queue != NULL) {
        (void)sqlite3_close(queue->db);
        (void)sqlite3_close(queue->history);
        if (queue->lock >= 0) {
            (void)close(queue->lock);
        }
        free(queue);
    }
}

/* ---- feeding ---- */

/* The columns of FEED, in its order. */
enum {
    F_POSITION,
    F_ORDINAL,
    F_AT,
    F_ACTION,
    F_REASON,
    F_BEFORE,
    F_STATE,
    F_ORDER,
    F_SEVERITY,
    F_ZH,
    F_EN,
    F_NUMBER,
    F_CLASS,
    F_TITLE_ZH,
    F_TITLE_EN,
    F_DEPARTMENT,
    F_DISTRICT,
    F_CELL,
    F_LON,
    F_LAT
};
static const char FEED[] =
    "SELECT t.position, t.ordinal, t.at_ms, t.action, t.reason, t.state_before, t.state, t.order_no,"
    " coalesce(t.severity, c.severity), t.zh, t.en, c.number, c.class, c.title_zh, c.title_en,"
    " c.department, c.district, c.cell, c.lon_e7, c.lat_e7"
    " FROM timeline t JOIN cases c ON c.id = t.case_id"
    " WHERE (t.position, t.ordinal) > (?1, ?2) ORDER BY t.position, t.ordinal LIMIT ?3";

static const char *text_at(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return text != NULL ? text : "";
}

static json_t *number_at(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_NULL
               ? json_null()
               : json_integer((json_int_t)sqlite3_column_int64(stmt, column));
}

/* The line as a CloudEvent; malloc'ed. Remarks and names of persons stay here: who wants them asks the API as somebody. */
static char *make_body(const struct webhook_queue *queue, sqlite3_stmt *row)
{
    char id[WEBHOOK_ID_SIZE], type[80], at[40], source[200];
    const int64_t at_ms = sqlite3_column_int64(row, F_AT);
    const time_t second = (time_t)(at_ms / 1000);
    struct tm parts = {0};
    (void)gmtime_r(&second, &parts);
    (void)strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts);
    (void)snprintf(id, sizeof id, "%.30s-%lld-%lld", queue->log_salt,
                   (long long)sqlite3_column_int64(row, F_POSITION),
                   (long long)sqlite3_column_int64(row, F_ORDINAL));
    (void)snprintf(type, sizeof type, "gridloop.case.%.60s", text_at(row, F_ACTION));
    (void)snprintf(source, sizeof source, "gridloop/%.120s", queue->city);
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s,"
        " s:s, s:s, s:s, s:o, s:o, s:{s:s, s:s}, s:{s:s, s:s}}}",
        "specversion", "1.0", "id", id, "source", source, "type", type, "subject",
        text_at(row, F_NUMBER), "time", at, "datacontenttype", "application/json", "data", "case",
        text_at(row, F_NUMBER), "action", text_at(row, F_ACTION), "reason", text_at(row, F_REASON),
        "state_before", text_at(row, F_BEFORE), "state", text_at(row, F_STATE), "at_ms",
        number_at(row, F_AT), "order", number_at(row, F_ORDER), "severity",
        number_at(row, F_SEVERITY), "position", number_at(row, F_POSITION), "class",
        text_at(row, F_CLASS), "department", text_at(row, F_DEPARTMENT), "district",
        text_at(row, F_DISTRICT), "cell", text_at(row, F_CELL), "lon_e7", number_at(row, F_LON),
        "lat_e7", number_at(row, F_LAT), "title", "zh", text_at(row, F_TITLE_ZH), "en",
        text_at(row, F_TITLE_EN), "story", "zh", text_at(row, F_ZH), "en", text_at(row, F_EN));
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    return text;
}

static bool add_delivery(struct webhook_queue *queue, const struct webhook *hook, sqlite3_stmt *row,
                         int64_t now_ms)
{
    static const char ADD[] = "INSERT INTO deliveries(id, hook, position, ordinal, body, state,"
                              " attempts, next_at_ms, status, error, queued_at_ms, done_at_ms)"
                              " VALUES(?1, ?2, ?3, ?4, ?5, 0, 0, ?6, 0, '', ?6, 0)";
    char id[WEBHOOK_ID_SIZE];
    sqlite3_stmt *stmt = NULL;
    char *body = make_body(queue, row);
    const long long position = (long long)sqlite3_column_int64(row, F_POSITION);
    const long long ordinal = (long long)sqlite3_column_int64(row, F_ORDINAL);
    (void)snprintf(id, sizeof id, "%s-%.8s-%lld-%lld", hook->id, queue->log_salt, position,
                   ordinal);
    bool is_added =
        body != NULL && sqlite3_prepare_v2(queue->db, ADD, -1, &stmt, NULL) == SQLITE_OK;
    if (is_added) {
        (void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_text(stmt, 2, hook->id, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int64(stmt, 3, position);
        (void)sqlite3_bind_int64(stmt, 4, ordinal);
        (void)sqlite3_bind_text(stmt, 5, body, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int64(stmt, 6, now_ms);
        is_added = sqlite3_step(stmt) == SQLITE_DONE;
    }
    (void)sqlite3_finalize(stmt);
    free(body);
    return is_added;
}

struct mark {
    int64_t position, ordinal;
};

/* A place is of a hook in one log: another log in the same directory begins anew. */
static void bind_place(const struct webhook_queue *queue, const struct webhook *hook,
                       sqlite3_stmt *stmt)
{
    char key[WEBHOOK_ID_SIZE];
    (void)snprintf(key, sizeof key, "%s@%s", hook->id, queue->log_salt);
    (void)sqlite3_bind_text(stmt, 1, key, -1, SQLITE_TRANSIENT);
}

/* Where the hook stands; a new one at the end of the history, or before its beginning. */
static struct mark find_place(struct webhook_queue *queue, const struct webhook *hook)
{
    struct mark place = {-1, -1};
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(queue->db, "SELECT position, ordinal FROM places WHERE hook = ?1", -1,
                           &stmt, NULL) == SQLITE_OK) {
        bind_place(queue, hook, stmt);
        if (sqlite3_step(stmt) == SQLITE_ROW) {
            place = (struct mark){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
            (void)sqlite3_finalize(stmt);
            return place;
        }
    }
    (void)sqlite3_finalize(stmt);
    stmt = NULL;
    if (!hook->from_start &&
        sqlite3_prepare_v2(queue->history,
                           "SELECT position, ordinal FROM timeline ORDER BY position DESC, ordinal"
                           " DESC LIMIT 1",
                           -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        place = (struct mark){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
    }
    (void)sqlite3_finalize(stmt);
    return place;
}

static bool set_place(struct webhook_queue *queue, const struct webhook *hook, struct mark place)
{
    sqlite3_stmt *stmt = NULL;
    bool is_set = sqlite3_prepare_v2(queue->db, "INSERT OR REPLACE INTO places VALUES(?1, ?2, ?3)",
                                     -1, &stmt, NULL) == SQLITE_OK;
    if (is_set) {
        bind_place(queue, hook, stmt);
        (void)sqlite3_bind_int64(stmt, 2, place.position);
        (void)sqlite3_bind_int64(stmt, 3, place.ordinal);
        is_set = sqlite3_step(stmt) == SQLITE_DONE;
    }
    (void)sqlite3_finalize(stmt);
    return is_set;
}

/* One piece of the history for one hook: rows and place in one transaction. *out_read: lines looked at. */
static bool feed_piece(struct webhook_queue *queue, const struct webhook *hook, int64_t now_ms,
                       uint64_t *count, uint32_t *out_read)
{
    sqlite3_stmt *row = NULL;
    struct mark place = find_place(queue, hook);
    bool is_good = sqlite3_prepare_v2(queue->history, FEED, -1, &row, NULL) == SQLITE_OK &&
                   sqlite3_exec(queue->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
    *out_read = 0;
    if (is_good) {
        (void)sqlite3_bind_int64(row, 1, place.position);
        (void)sqlite3_bind_int64(row, 2, place.ordinal);
        (void)sqlite3_bind_int(row, 3, FEED_ROWS);
    }
    while (is_good && sqlite3_step(row) == SQLITE_ROW) {
        place = (struct mark){sqlite3_column_int64(row, F_POSITION),
                              sqlite3_column_int64(row, F_ORDINAL)};
        (*out_read)++;
        if (webhook_wants(hook, text_at(row, F_ACTION), text_at(row, F_CLASS),
                          text_at(row, F_DEPARTMENT))) {
            is_good = add_delivery(queue, hook, row, now_ms);
            (*count)++;
        }
    }
    (void)sqlite3_finalize(row);
    is_good = is_good && set_place(queue, hook, place);
    const bool is_kept =
        sqlite3_exec(queue->db, is_good ? "COMMIT" : "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK;
    return is_good && is_kept;
}

enum err webhook_queue_feed(struct webhook_queue *queue, const struct webhook_config *config,
                            int64_t now_ms, uint64_t *out_count, struct history_fault *out_fault)
{
    char sql[128];
    *out_count = 0;
    for (uint32_t i = 0; i < config->count; i++) {
        uint32_t read = FEED_ROWS;
        while (read == FEED_ROWS) {
            if (!feed_piece(queue, &config->hooks[i], now_ms, out_count, &read)) {
                return fail(queue->db, "queue what happened", out_fault);
            }
        }
    }
    (void)snprintf(sql, sizeof sql, "DELETE FROM deliveries WHERE state = 2 AND done_at_ms < %lld",
                   (long long)(now_ms - KEEP_MS));
    return sqlite3_exec(queue->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? ERR_OK
               : fail(queue->db, "forget what was delivered", out_fault);
}

/* ---- sending ---- */

bool webhook_queue_take(struct webhook_queue *queue, int64_t now_ms,
                        struct webhook_delivery *out_delivery)
{
    sqlite3_stmt *stmt = NULL;
    bool is_taken =
        sqlite3_prepare_v2(queue->db,
                           "UPDATE deliveries SET state = 1 WHERE number = (SELECT number"
                           " FROM deliveries WHERE state = 0 AND next_at_ms <= ?1"
                           " ORDER BY next_at_ms, number LIMIT 1)"
                           " RETURNING id, hook, body, attempts",
                           -1, &stmt, NULL) == SQLITE_OK;
    if (is_taken) {
        (void)sqlite3_bind_int64(stmt, 1, now_ms);
        is_taken = sqlite3_step(stmt) == SQLITE_ROW;
    }
    if (is_taken) {
        (void)snprintf(out_delivery->id, sizeof out_delivery->id, "%s", text_at(stmt, 0));
        (void)snprintf(out_delivery->hook, sizeof out_delivery->hook, "%s", text_at(stmt, 1));
        out_delivery->body = strdup(text_at(stmt, 2));
        out_delivery->body_size = strlen(text_at(stmt, 2));
        out_delivery->attempts = (uint32_t)sqlite3_column_int64(stmt, 3);
        is_taken = out_delivery->body != NULL;
        (void)sqlite3_step(stmt);
    }
    (void)sqlite3_finalize(stmt);
    return is_taken;
}

enum err webhook_queue_done(struct webhook_queue *queue, const char *id,
                            const struct webhook_outcome *outcome, struct history_fault *out_fault)
{
    sqlite3_stmt *stmt = NULL;
    bool is_done = sqlite3_prepare_v2(
                       queue->db,
                       "UPDATE deliveries SET state = ?2, attempts = attempts + 1,"
                       " next_at_ms = ?3, status = ?4, error = ?5, done_at_ms = ?6 WHERE id = ?1",
                       -1, &stmt, NULL) == SQLITE_OK;
    if (is_done) {
        (void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int(stmt, 2, (int)outcome->state);
        (void)sqlite3_bind_int64(stmt, 3, outcome->next_at_ms);
        (void)sqlite3_bind_int64(stmt, 4, outcome->status);
        (void)sqlite3_bind_text(stmt, 5, outcome->error, -1, SQLITE_TRANSIENT);
        (void)sqlite3_bind_int64(stmt, 6, outcome->now_ms);
        is_done = sqlite3_step(stmt) == SQLITE_DONE;
    }
    (void)sqlite3_finalize(stmt);
    return is_done ? ERR_OK : fail(queue->db, "note a delivery", out_fault);
}

/* ---- for people ---- */

enum err webhook_queue_replay(struct webhook_queue *queue, const char *id, const char *hook,
                              uint64_t *out_count, struct history_fault *out_fault)
{
    sqlite3_stmt *stmt = NULL;
    bool is_done =
        sqlite3_prepare_v2(queue->db,
                           "UPDATE deliveries SET state = 0, attempts = 0, next_at_ms = 0"
                           " WHERE CASE WHEN ?1 IS NULL THEN state = 3 AND (?2 IS NULL OR"
                           " hook = ?2) ELSE id = ?1 AND state <> 1 END",
                           -1, &stmt, NULL) == SQLITE_OK;
    if (is_done) {
        if (id != NULL) {
            (void)sqlite3_bind_text(stmt, 1, id, -1, SQLITE_TRANSIENT);
        }
        if (hook != NULL) {
            (void)sqlite3_bind_text(stmt, 2, hook, -1, SQLITE_TRANSIENT);
        }
        is_done = sqlite3_step(stmt) == SQLITE_DONE;
    }
    (void)sqlite3_finalize(stmt);
    *out_count = is_done ? (uint64_t)sqlite3_changes(queue->db) : 0;
    return is_done ? ERR_OK : fail(queue->db, "queue it again", out_fault);
}

enum err webhook_queue_list(struct webhook_queue *queue, const char *state, uint32_t limit,
                            void (*see)(void *context, const struct webhook_row *row),
                            void *context, struct history_fault *out_fault)
{
    sqlite3_stmt *stmt = NULL;
    int asked = -1, code = SQLITE_ERROR;
    for (size_t i = 0; state != NULL && i < COUNT_OF(STATES); i++) {
        asked = strcmp(state, STATES[i]) == 0 ? (int)i : asked;
    }
    if (sqlite3_prepare_v2(queue->db,
                           "SELECT id, hook, state, error, attempts, status, queued_at_ms,"
                           " next_at_ms, done_at_ms FROM deliveries WHERE ?1 < 0 OR state = ?1"
                           " ORDER BY number LIMIT ?2",
                           -1, &stmt, NULL) != SQLITE_OK) {
        return fail(queue->db, "read it", out_fault);
    }
    (void)sqlite3_bind_int(stmt, 1, asked);
    (void)sqlite3_bind_int64(stmt, 2, limit);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const int number = sqlite3_column_int(stmt, 2);
        const struct webhook_row row = {.id = text_at(stmt, 0),
                                        .hook = text_at(stmt, 1),
                                        .state = STATES[number >= 0 && number < 4 ? number : 0],
                                        .error = text_at(stmt, 3),
                                        .attempts = (uint32_t)sqlite3_column_int64(stmt, 4),
                                        .status = (long)sqlite3_column_int64(stmt, 5),
                                        .queued_at_ms = sqlite3_column_int64(stmt, 6),
                                        .next_at_ms = sqlite3_column_int64(stmt, 7),
                                        .done_at_ms = sqlite3_column_int64(stmt, 8)};
        see(context, &row);
    }
    (void)sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? ERR_OK : fail(queue->db, "read it", out_fault);
}
