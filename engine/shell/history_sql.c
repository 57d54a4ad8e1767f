/* history_sql.c: values into rows that wait (history_batch.h) and into statements that are stepped at once. */
#include "engine/shell/history_state.h"

#include <stdio.h>

#define SQL_SIZE 4096u

/* Rows of a batch: more gain little. The full-text index writes a piece of itself after every statement, and the pieces
 * are merged later: as few of them as may be. */
#define ROWS 256u
#define BYTES (384u << 10)
#define TEXT_ROWS 4096u
#define TEXT_BYTES (2u << 20)

/* ---- statements ---- */

static enum err prepare(struct history *history, enum history_statement statement, const char *sql)
{
    if (sqlite3_prepare_v3(history->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &history->statements[statement], NULL) != SQLITE_OK) {
        return history_schema_fail(history->db, "prepare a statement", &history->fault);
    }
    return ERR_OK;
}

struct batch_text {
    uint32_t columns;
    const char *table;
    const char *last;
};

static enum err prepare_batch(struct history *history, enum history_statement statement,
                              const struct batch_text *text)
{
    char sql[SQL_SIZE];
    int used = snprintf(sql, sizeof sql, "INSERT OR FAIL INTO %s SELECT c1", text->table);
    for (uint32_t i = 2; i <= text->columns; i++) {
        used += snprintf(sql + used, sizeof sql - (size_t)used, ", c%u", i);
    }
    used += snprintf(sql + used, sizeof sql - (size_t)used,
                     " FROM " HISTORY_BATCH_TABLE " WHERE true %s", text->last);
    must((size_t)used < sizeof sql);
    const bool is_text = statement == HISTORY_SQL_TEXT;
    enum err err =
        history_batch_init(&history->batches[statement],
                           (struct history_batch_size){text->columns, is_text ? TEXT_ROWS : ROWS,
                                                       is_text ? TEXT_BYTES : BYTES});
    return err == ERR_OK ? prepare(history, statement, sql) : err;
}

enum err history_sql_prepare(struct history *history)
{
#define STATEMENT_TEXT(name, sql) sql,
#define BATCH_TEXT(name, columns, table, last) {columns, table, last},
    static const char *const TEXTS[] = {HISTORY_STATEMENTS(STATEMENT_TEXT)};
    static const struct batch_text BATCHES[] = {HISTORY_BATCHES(BATCH_TEXT)};
#undef STATEMENT_TEXT
#undef BATCH_TEXT
    _Static_assert(COUNT_OF(TEXTS) + COUNT_OF(BATCHES) == HISTORY_SQL_COUNT, "each has its text");
    if (history_batch_register(history->db, &history->shown) != SQLITE_OK) {
        return history_schema_fail(history->db, "prepare a table", &history->fault);
    }
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(TEXTS); i++) {
        err = prepare(history, (enum history_statement)i, TEXTS[i]);
    }
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(BATCHES); i++) {
        err = prepare_batch(history, (enum history_statement)(COUNT_OF(TEXTS) + i), &BATCHES[i]);
    }
    return err;
}

void history_sql_fini(struct history *history)
{
    for (size_t i = 0; i < HISTORY_SQL_COUNT; i++) {
        (void)sqlite3_finalize(history->statements[i]);
        history_batch_fini(&history->batches[i]);
    }
}

/* ---- values ---- */

struct history_binder history_bind(struct history *history, enum history_statement statement)
{
    struct history_batch *batch = &history->batches[statement];
    return (struct history_binder){.history = history,
                                   .stmt = history->statements[statement],
                                   .batch = batch->columns > 0 ? batch : NULL,
                                   .statement = statement};
}

/* Binding fails only for an index out of range or a text above 1 GB: bugs. */
void history_bind_int(struct history_binder *binder, int64_t value)
{
    if (binder->batch != NULL) {
        history_batch_put_int(binder->batch, value);
        return;
    }
    int code = sqlite3_bind_int64(binder->stmt, ++binder->at, value);
    must(code == SQLITE_OK);
}

static void bind_null(struct history_binder *binder)
{
    if (binder->batch != NULL) {
        history_batch_put_null(binder->batch);
        return;
    }
    int code = sqlite3_bind_null(binder->stmt, ++binder->at);
    must(code == SQLITE_OK);
}

void history_bind_count(struct history_binder *binder, uint64_t value)
{
    if (value == 0) {
        bind_null(binder);
    } else {
        history_bind_int(binder, (int64_t)value);
    }
}

void history_bind_instant(struct history_binder *binder, int64_t at_ms)
{
    if (at_ms == 0 || at_ms == NEVER_MS) {
        bind_null(binder);
    } else {
        history_bind_int(binder, at_ms);
    }
}

static void bind_text(struct history_binder *binder, struct history_piece piece,
                      sqlite3_destructor_type lasts)
{
    if (piece.bytes == NULL || piece.size == 0) {
        bind_null(binder);
        return;
    }
    if (binder->batch != NULL) {
        history_batch_put_text(binder->batch, piece.bytes, piece.size);
        return;
    }
    int code = sqlite3_bind_text(binder->stmt, ++binder->at, piece.bytes, (int)piece.size, lasts);
    must(code == SQLITE_OK);
}

void history_bind_piece(struct history_binder *binder, struct history_piece piece)
{
    bind_text(binder, piece, SQLITE_STATIC);
}

void history_bind_copy(struct history_binder *binder, const char *text)
{
    bind_text(binder, (struct history_piece){text, (uint32_t)strlen(text)}, SQLITE_TRANSIENT);
}

void history_bind_word(struct history_binder *binder, const char *word)
{
    size_t size = word != NULL ? strlen(word) : 0;
    history_bind_piece(binder, (struct history_piece){word, (uint32_t)size});
}

/* ---- steps ---- */

static enum err step(struct history *history, sqlite3_stmt *stmt, const char *doing)
{
    int code = sqlite3_step(stmt);
    enum err err =
        code == SQLITE_DONE ? ERR_OK : history_schema_fail(history->db, doing, &history->fault);
    (void)sqlite3_reset(stmt);
    return err;
}

static enum err write_batch(struct history *history, enum history_statement statement,
                            const char *doing)
{
    struct history_batch *batch = &history->batches[statement];
    history->shown = batch;
    enum err err = step(history, history->statements[statement], doing);
    if (err == ERR_OK && statement == HISTORY_SQL_TEXT) {
        err = step(history, history->statements[HISTORY_SQL_SEARCH], "write the search index");
    }
    history->shown = NULL;
    history_batch_clear(batch);
    return err;
}

enum err history_step(struct history *history, struct history_binder *binder, const char *doing)
{
    history->counts.rows++;
    if (binder->batch != NULL) {
        history_batch_end_row(binder->batch);
        return history_batch_is_full(binder->batch) ? write_batch(history, binder->statement, doing)
                                                    : ERR_OK;
    }
    must(binder->at ==
         sqlite3_bind_parameter_count(binder->stmt)); /* nothing bound before is left */
    return step(history, binder->stmt, doing);
}

enum err history_write_waiting(struct history *history)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < HISTORY_SQL_COUNT; i++) {
        if (history->batches[i].rows > 0) {
            err = write_batch(history, (enum history_statement)i, "write rows");
        }
    }
    return err;
}
