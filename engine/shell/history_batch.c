/* history_batch.c: see history_batch.h. The virtual table is the smallest SQLite allows: one way through it, forwards. */
#include "engine/shell/history_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_GUESSED 256 /* for the planner */

enum err history_batch_init(struct history_batch *batch, struct history_batch_size size)
{
    must(size.columns >= 1 && size.columns <= HISTORY_BATCH_COLUMNS_MAX);
    must(size.rows >= 1 && size.bytes >= HISTORY_BATCH_ROW_TEXT_MAX);
    *batch = (struct history_batch){
        .columns = size.columns, .row_limit = size.rows, .text_limit = size.bytes};
    batch->values = calloc((size_t)size.rows * size.columns, sizeof *batch->values);
    batch->text = malloc(size.bytes);
    return batch->values != NULL && batch->text != NULL ? ERR_OK : ERR_MEMORY;
}

void history_batch_fini(struct history_batch *batch)
{
    free(batch->values);
    free(batch->text);
    *batch = (struct history_batch){.columns = 0};
}

bool history_batch_is_full(const struct history_batch *batch)
{
    return batch->rows == batch->row_limit ||
           batch->text_limit - batch->text_size < HISTORY_BATCH_ROW_TEXT_MAX;
}

static struct history_value *next_value(struct history_batch *batch)
{
    must(batch->rows < batch->row_limit);
    must(batch->at < batch->columns);
    return &batch->values[batch->rows * batch->columns + batch->at++];
}

void history_batch_put_null(struct history_batch *batch)
{
    struct history_value *value = next_value(batch);
    value->kind = SQLITE_NULL;
}

void history_batch_put_int(struct history_batch *batch, int64_t number)
{
    struct history_value *value = next_value(batch);
    value->kind = SQLITE_INTEGER;
    value->of.number = number;
}

void history_batch_put_text(struct history_batch *batch, const char *bytes, uint32_t size)
{
    struct history_value *value = next_value(batch);
    must(size <= batch->text_limit - batch->text_size);
    char *copy = batch->text + batch->text_size;
    memcpy(copy, bytes, size);
    batch->text_size += size;
    value->kind = SQLITE_TEXT;
    value->size = size;
    value->of.bytes = copy;
}

void history_batch_end_row(struct history_batch *batch)
{
    must(batch->at == batch->columns); /* nothing of the row before is left */
    batch->at = 0;
    batch->rows++;
}

void history_batch_clear(struct history_batch *batch)
{
    must(batch->at == 0);
    batch->rows = 0;
    batch->text_size = 0;
}

/* ---- the table "waiting" ---- */

struct waiting {
    sqlite3_vtab base; /* first: SQLite knows only this */
    const struct history_batch **shown;
};

struct waiting_cursor {
    sqlite3_vtab_cursor base; /* first */
    const struct history_batch *batch;
    uint32_t row;
};

static int waiting_connect(sqlite3 *db, void *context, int argument_count,
                           const char *const *arguments, sqlite3_vtab **out_table, char **out_why)
{
    (void)argument_count, (void)arguments, (void)out_why;
    char sql[1024];
    size_t used = (size_t)snprintf(sql, sizeof sql, "CREATE TABLE t(c1");
    for (uint32_t i = 2; i <= HISTORY_BATCH_COLUMNS_MAX; i++) {
        used += (size_t)snprintf(sql + used, sizeof sql - used, ",c%u", i);
    }
    (void)snprintf(sql + used, sizeof sql - used, ")");
    int code = sqlite3_declare_vtab(db, sql);
    if (code != SQLITE_OK) {
        return code;
    }
    struct waiting *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return SQLITE_NOMEM;
    }
    table->shown = context;
    *out_table = &table->base;
    return SQLITE_OK;
}

static int waiting_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int waiting_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedRows = ROWS_GUESSED;
    info->estimatedCost = ROWS_GUESSED;
    return SQLITE_OK;
}

static int waiting_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out_cursor)
{
    (void)table;
    struct waiting_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL) {
        return SQLITE_NOMEM;
    }
    *out_cursor = &cursor->base;
    return SQLITE_OK;
}

static int waiting_close(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int waiting_filter(sqlite3_vtab_cursor *base, int number, const char *name, int count,
                          sqlite3_value **values)
{
    (void)number, (void)name, (void)count, (void)values;
    struct waiting_cursor *cursor = (struct waiting_cursor *)base;
    cursor->batch = *((const struct waiting *)base->pVtab)->shown;
    cursor->row = 0;
    return SQLITE_OK;
}

static int waiting_next(sqlite3_vtab_cursor *base)
{
    ((struct waiting_cursor *)base)->row++;
    return SQLITE_OK;
}

static int waiting_eof(sqlite3_vtab_cursor *base)
{
    const struct waiting_cursor *cursor = (const struct waiting_cursor *)base;
    return cursor->batch == NULL || cursor->row >= cursor->batch->rows;
}

static int waiting_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct waiting_cursor *cursor = (const struct waiting_cursor *)base;
    const struct history_batch *batch = cursor->batch;
    if (column < 0 || (uint32_t)column >= batch->columns) {
        return SQLITE_OK; /* NULL */
    }
    const struct history_value *value =
        &batch->values[cursor->row * batch->columns + (uint32_t)column];
    if (value->kind == SQLITE_INTEGER) {
        sqlite3_result_int64(context, value->of.number);
    } else if (value->kind == SQLITE_TEXT) {
        sqlite3_result_text(context, value->of.bytes, (int)value->size, SQLITE_STATIC);
    }
    return SQLITE_OK;
}

static int waiting_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out_rowid)
{
    *out_rowid = ((const struct waiting_cursor *)base)->row;
    return SQLITE_OK;
}

int history_batch_register(sqlite3 *db, const struct history_batch **shown)
{
    static const sqlite3_module MODULE = {.xConnect = waiting_connect, /* no xCreate: it is there */
                                          .xBestIndex = waiting_best_index,
                                          .xDisconnect = waiting_disconnect,
                                          .xOpen = waiting_open,
                                          .xClose = waiting_close,
                                          .xFilter = waiting_filter,
                                          .xNext = waiting_next,
                                          .xEof = waiting_eof,
                                          .xColumn = waiting_column,
                                          .xRowid = waiting_rowid};
    return sqlite3_create_module(db, HISTORY_BATCH_TABLE, &MODULE, shown);
}
