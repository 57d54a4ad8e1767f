/* history_expire.c: what is older than its retention goes, a slice at a time.
 *
 * Age is measured against the log's time, so a replayed week expires what the live week did. A case goes with its
 * orders, story, decisions, notices and texts, once it has left the engine and was closed long enough ago. */
#include "engine/shell/history_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_PER_SLICE 2000
#define CASES_PER_SLICE 200

/* ---- what is asked for ---- */

#define KEEP_WORD(name, word, what) word,
static const char *const KEEP_WORDS[] = {HISTORY_KEEP_LIST(KEEP_WORD)};
#undef KEEP_WORD

/* "400d" in ms. */
static bool parse_days(const char *text, int64_t *out_ms)
{
    char *end = NULL;
    errno = 0;
    long long days = strtoll(text, &end, 10);
    if (errno != 0 || end == text || strcmp(end, "d") != 0 || days < 1 || days > 36500) {
        return false;
    }
    *out_ms = days * DAY_MS;
    return true;
}

static bool set_one(struct history_keep *keep, const char *text, char *out_why, size_t why_size)
{
    const char *equals = strchr(text, '=');
    int64_t ms = 0;
    if (!parse_days(equals != NULL ? equals + 1 : text, &ms)) {
        (void)snprintf(out_why, why_size,
                       "\"400d\" or \"receipts=30d\" is expected, 1 to 36500 days, not \"%s\"",
                       text);
        return false;
    }
    if (equals == NULL) {
        for (size_t i = 0; i < HISTORY_KEEP_COUNT; i++) {
            keep->keep_ms[i] = ms;
        }
        return true;
    }
    size_t size = (size_t)(equals - text);
    for (size_t i = 0; i < HISTORY_KEEP_COUNT; i++) {
        if (strlen(KEEP_WORDS[i]) == size && memcmp(KEEP_WORDS[i], text, size) == 0) {
            keep->keep_ms[i] = ms;
            return true;
        }
    }
    (void)snprintf(out_why, why_size,
                   "nothing kept is called \"%.*s\"; there are %s, %s, %s and %s", (int)size, text,
                   KEEP_WORDS[0], KEEP_WORDS[1], KEEP_WORDS[2], KEEP_WORDS[3]);
    return false;
}

bool history_keep_set(struct history_keep *keep, const char *text, char *out_why, size_t why_size)
{
    char part[64];
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, ",");
        (void)snprintf(part, sizeof part, "%.*s", (int)(size < sizeof part ? size : sizeof part),
                       at);
        if (!set_one(keep, part, out_why, why_size)) {
            return false;
        }
        at += size;
        if (*at == '\0') {
            return true;
        }
    }
}

/* ---- deleting ---- */

struct expiry {
    enum history_keep_kind kind;
    const char *sql; /* ?1 before this instant, ?2 at most so many */
};

/* Rows lie in the order of the log, so the oldest come first and no slice looks at more than it may delete. */
static const struct expiry ROWS[] = {
    {HISTORY_KEEP_RECEIPTS,
     "DELETE FROM receipts WHERE id IN (SELECT id FROM (SELECT id, at_ms FROM receipts ORDER BY id"
     " LIMIT ?2) WHERE at_ms < ?1)"},
    {HISTORY_KEEP_DECISIONS,
     "DELETE FROM choices WHERE id IN (SELECT id FROM (SELECT id, at_ms FROM choices ORDER BY id"
     " LIMIT ?2) WHERE at_ms < ?1)"},
    {HISTORY_KEEP_NOTICES,
     "DELETE FROM notices WHERE id IN (SELECT id FROM (SELECT id, at_ms FROM notices ORDER BY id"
     " LIMIT ?2) WHERE at_ms < ?1)"},
};

/* Cases that go now are listed first; each statement then deletes what hangs on them, the cases last. */
static const char *const CASES[] = {
    "CREATE TEMP TABLE IF NOT EXISTS leaving(id INTEGER PRIMARY KEY)",
    "DELETE FROM leaving",
    ("INSERT INTO leaving SELECT id FROM cases WHERE retired_at_ms IS NOT NULL AND"
     " retired_at_ms < ?1 ORDER BY retired_at_ms LIMIT ?2"),
    ("INSERT INTO search(search, rowid, body) SELECT 'delete', texts.id, texts.body FROM leaving"
     " JOIN texts ON texts.case_id = leaving.id"),
    "DELETE FROM texts WHERE case_id IN (SELECT id FROM leaving)",
    "DELETE FROM remarks WHERE id IN (SELECT id FROM lines WHERE case_id IN (SELECT id FROM "
    "leaving))",
    "DELETE FROM lines WHERE case_id IN (SELECT id FROM leaving)",
    "DELETE FROM choices WHERE case_id IN (SELECT id FROM leaving)",
    "DELETE FROM notices WHERE case_id IN (SELECT id FROM leaving)",
    "DELETE FROM plans WHERE number IN (SELECT number FROM cases WHERE id IN (SELECT id FROM "
    "leaving))",
    "DELETE FROM orders WHERE case_id IN (SELECT id FROM leaving)",
    "DELETE FROM cases WHERE id IN (SELECT id FROM leaving)",
};

/* Runs one statement; *out_rows it changed. */
static enum err run(struct history *history, const char *sql, int64_t before_ms, int limit,
                    int *out_rows)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(history->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        return history_schema_fail(history->db, "expire old rows", &history->fault);
    }
    struct history_binder binder = {.history = history, .stmt = stmt};
    if (sqlite3_bind_parameter_count(stmt) > 0) {
        history_bind_int(&binder, before_ms);
        history_bind_int(&binder, limit);
    }
    enum err err = history_step(history, &binder, "expire old rows");
    *out_rows = sqlite3_changes(history->db);
    (void)sqlite3_finalize(stmt);
    return err;
}

static enum err expire_cases(struct history *history, int64_t before_ms, bool *out_is_done)
{
    int rows = 0;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(CASES); i++) {
        err = run(history, CASES[i], before_ms, CASES_PER_SLICE, &rows);
        history->counts.expired += i > 3 && err == ERR_OK ? (uint64_t)rows : 0;
    }
    *out_is_done = rows < CASES_PER_SLICE;
    return err;
}

static enum err expire_all(struct history *history, bool *out_is_done)
{
    const struct history_keep *keep = &history->options.keep;
    bool is_done = true;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(ROWS); i++) {
        int rows = 0;
        int64_t keep_ms = keep->keep_ms[ROWS[i].kind];
        if (keep_ms > 0) {
            err = run(history, ROWS[i].sql, sub_clamped(history->at_ms, keep_ms), ROWS_PER_SLICE,
                      &rows);
            history->counts.expired += (uint64_t)rows;
            is_done = is_done && rows < ROWS_PER_SLICE;
        }
    }
    int64_t keep_ms = keep->keep_ms[HISTORY_KEEP_CASES];
    if (err == ERR_OK && keep_ms > 0) {
        bool has_no_more = true;
        err = expire_cases(history, sub_clamped(history->at_ms, keep_ms), &has_no_more);
        is_done = is_done && has_no_more;
    }
    *out_is_done = is_done;
    return err;
}

enum err history_expire(struct history *history, bool *out_is_done)
{
    must(!history->is_begun);
    struct history_binder binder = history_bind(history, HISTORY_SQL_BEGIN);
    enum err err = history_step(history, &binder, "begin");
    if (err == ERR_OK) {
        err = expire_all(history, out_is_done);
    }
    if (err == ERR_OK) {
        binder = history_bind(history, HISTORY_SQL_COMMIT);
        err = history_step(history, &binder, "commit");
    }
    return err;
}
