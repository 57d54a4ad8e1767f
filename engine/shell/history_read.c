/* history_read.c: see history_read.h. */
#include "engine/shell/history_read.h"

#include "proto/case_text.h"

#include <stdio.h>
#include <stdlib.h>

#define TRIGRAM_CHARACTERS 3u
#define QUERY_SIZE 1024u

static enum err prepare(sqlite3 *db, const char *sql, struct history_rows *out_rows,
                        struct history_fault *fault)
{
    if (sqlite3_prepare_v2(db, sql, -1, &out_rows->stmt, NULL) != SQLITE_OK) {
        return history_schema_fail(db, "ask", fault);
    }
    return ERR_OK;
}

static void bind_int(struct history_rows *rows, int at, int64_t value)
{
    int code = sqlite3_bind_int64(rows->stmt, at, value);
    must(code == SQLITE_OK);
}

static void bind_text(struct history_rows *rows, int at, const char *text)
{
    int code = sqlite3_bind_text(rows->stmt, at, text, -1, SQLITE_TRANSIENT);
    must(code == SQLITE_OK);
}

enum err history_read_cases(sqlite3 *db, struct history_days days, uint32_t limit,
                            struct history_rows *out_rows, struct history_fault *out_fault)
{
    enum err err =
        prepare(db, "SELECT * FROM cases WHERE day BETWEEN ?1 AND ?2 ORDER BY day, id LIMIT ?3",
                out_rows, out_fault);
    if (err == ERR_OK) {
        bind_int(out_rows, 1, days.from);
        bind_int(out_rows, 2, days.to);
        bind_int(out_rows, 3, limit);
    }
    return err;
}

/* ---- search ---- */

static uint32_t count_characters(const char *word)
{
    uint32_t count = 0;
    for (; *word != '\0'; word++) {
        count += ((unsigned char)*word & 0xC0u) != 0x80u;
    }
    return count;
}

/* "a" AND "b": each word as it stands, so that nothing in it is an operator. */
static bool write_match(const struct history_words *words, char out[QUERY_SIZE])
{
    size_t used = 0;
    for (uint32_t i = 0; i < words->count; i++) {
        used += (size_t)snprintf(out + used, QUERY_SIZE - used, "%s\"", i > 0 ? " AND " : "");
        for (const char *at = words->words[i]; *at != '\0'; at++) {
            if (used + 8 > QUERY_SIZE) {
                return false;
            }
            out[used++] = *at;
            if (*at == '"') {
                out[used++] = '"';
            }
        }
        out[used++] = '"';
        out[used] = '\0';
    }
    return true;
}

/* %word% with the pattern's own signs escaped. */
static bool write_pattern(const char *word, char out[QUERY_SIZE])
{
    size_t used = 0;
    out[used++] = '%';
    for (; *word != '\0'; word++) {
        if (used + 4 > QUERY_SIZE) {
            return false;
        }
        if (*word == '%' || *word == '_' || *word == '\\') {
            out[used++] = '\\';
        }
        out[used++] = *word;
    }
    out[used++] = '%';
    out[used] = '\0';
    return true;
}

static enum err refuse_long(struct history_fault *fault)
{
    (void)snprintf(fault->text, sizeof fault->text, "these words are too long to search for");
    return ERR_INPUT;
}

/* The index knows three characters and more; shorter words are looked for in every text. */
static enum err search_texts(sqlite3 *db, const struct history_words *words, uint32_t limit,
                             struct history_rows *out_rows, struct history_fault *fault)
{
    static const char SQL[] =
        "SELECT * FROM cases WHERE id IN (SELECT case_id FROM texts WHERE body LIKE ?2 ESCAPE '\\'"
        " AND body LIKE ?3 ESCAPE '\\' AND body LIKE ?4 ESCAPE '\\' AND body LIKE ?5 ESCAPE '\\'"
        " AND body LIKE ?6 ESCAPE '\\' AND body LIKE ?7 ESCAPE '\\' AND body LIKE ?8 ESCAPE '\\'"
        " AND body LIKE ?9 ESCAPE '\\') ORDER BY id DESC LIMIT ?1";
    char pattern[QUERY_SIZE];
    enum err err = prepare(db, SQL, out_rows, fault);
    if (err != ERR_OK) {
        return err;
    }
    bind_int(out_rows, 1, limit);
    for (uint32_t i = 0; i < HISTORY_WORDS_MAX; i++) {
        if (!write_pattern(i < words->count ? words->words[i] : "", pattern)) {
            history_rows_end(out_rows);
            return refuse_long(fault);
        }
        bind_text(out_rows, (int)i + 2, pattern);
    }
    return ERR_OK;
}

enum err history_read_search(sqlite3 *db, const struct history_words *words, uint32_t limit,
                             struct history_rows *out_rows, struct history_fault *out_fault)
{
    static const char SQL[] =
        "SELECT * FROM cases WHERE id IN (SELECT texts.case_id FROM search JOIN texts"
        " ON texts.id = search.rowid WHERE search MATCH ?2) ORDER BY id DESC LIMIT ?1";
    char match[QUERY_SIZE];
    must(words->count > 0 && words->count <= HISTORY_WORDS_MAX);
    for (uint32_t i = 0; i < words->count; i++) {
        if (count_characters(words->words[i]) < TRIGRAM_CHARACTERS) {
            return search_texts(db, words, limit, out_rows, out_fault);
        }
    }
    if (!write_match(words, match)) {
        return refuse_long(out_fault);
    }
    enum err err = prepare(db, SQL, out_rows, out_fault);
    if (err == ERR_OK) {
        bind_int(out_rows, 1, limit);
        bind_text(out_rows, 2, match);
    }
    return err;
}

/* ---- one case ---- */

enum err history_read_find(sqlite3 *db, struct case_no part, int64_t *out_id, uint32_t *out_count,
                           struct history_fault *out_fault)
{
    struct history_rows rows;
    enum err err = prepare(
        db, "SELECT id, number FROM cases WHERE serial = ?1 AND (?2 = 0 OR day = ?2) ORDER BY id",
        &rows, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    bind_int(&rows, 1, part.serial);
    bind_int(&rows, 2, part.day);
    *out_count = 0;
    while (history_rows_next(&rows, &err, out_fault)) {
        struct case_no no;
        if (case_text_parse(history_rows_text(&rows, "number"), &no) == ERR_OK &&
            (part.district == 0 || part.district == no.district)) {
            *out_id = history_rows_int(&rows, "id");
            ++*out_count;
        }
    }
    history_rows_end(&rows);
    if (err != ERR_OK) {
        return err;
    }
    return *out_count == 1 ? ERR_OK : *out_count == 0 ? ERR_NOT_FOUND : ERR_INPUT;
}

enum err history_read_part(sqlite3 *db, enum history_part part, int64_t case_id,
                           struct history_rows *out_rows, struct history_fault *out_fault)
{
    static const char *const SQL[] = {
        [HISTORY_PART_CASE] = "SELECT * FROM cases WHERE id = ?1",
        [HISTORY_PART_ORDERS] = "SELECT * FROM orders WHERE case_id = ?1 ORDER BY number",
        [HISTORY_PART_TIMELINE] = "SELECT * FROM timeline WHERE case_id = ?1 ORDER BY id",
        [HISTORY_PART_DECISIONS] = "SELECT * FROM decisions WHERE case_id = ?1 ORDER BY id",
        [HISTORY_PART_STORY] =
            "SELECT position, ordinal, at_ms, 'timeline' AS kind, action, state, code, zh, en"
            " FROM timeline WHERE case_id = ?1"
            " UNION ALL SELECT position, ordinal, at_ms, 'decision', NULL, NULL, binding, zh, en"
            " FROM decisions WHERE case_id = ?1"
            " UNION ALL SELECT position, ordinal, at_ms, 'notice', NULL, NULL, code, zh, en"
            " FROM notices WHERE case_id = ?1 ORDER BY 1, 2",
    };
    must((size_t)part < COUNT_OF(SQL));
    enum err err = prepare(db, SQL[part], out_rows, out_fault);
    if (err == ERR_OK) {
        bind_int(out_rows, 1, case_id);
    }
    return err;
}

/* ---- rows ---- */

bool history_rows_next(struct history_rows *rows, enum err *out_err,
                       struct history_fault *out_fault)
{
    int code = sqlite3_step(rows->stmt);
    if (code == SQLITE_ROW) {
        return true;
    }
    *out_err = code == SQLITE_DONE
                   ? ERR_OK
                   : history_schema_fail(sqlite3_db_handle(rows->stmt), "read", out_fault);
    return false;
}

static int find_column(const struct history_rows *rows, const char *column)
{
    int count = sqlite3_column_count(rows->stmt);
    for (int i = 0; i < count; i++) {
        if (strcmp(sqlite3_column_name(rows->stmt, i), column) == 0) {
            return i;
        }
    }
    must(false); /* no such column: history_schema.c lists them */
    return 0;
}

const char *history_rows_text(const struct history_rows *rows, const char *column)
{
    const unsigned char *text = sqlite3_column_text(rows->stmt, find_column(rows, column));
    return text != NULL ? (const char *)text : "";
}

int64_t history_rows_int(const struct history_rows *rows, const char *column)
{
    return sqlite3_column_int64(rows->stmt, find_column(rows, column));
}

void history_rows_end(struct history_rows *rows)
{
    (void)sqlite3_finalize(rows->stmt);
    rows->stmt = NULL;
}
