/* history_batch.h: rows that wait to be written, many to a statement.
 *
 * A statement of SQLite costs as much to begin and to end as the row it writes: cursors opened and closed, the place for
 * the row looked for from the root. So the rows of a table wait here, and "INSERT INTO t SELECT c1, ... FROM waiting"
 * writes them together, with its cursors where the last row was put. "waiting" is a virtual table over the batch that is
 * being written: values go from here into the record, without being bound one by one.
 *
 *   history_batch_put_* ... history_batch_end_row -> ... -> the statement is stepped -> history_batch_clear
 *
 * Owner   init/fini; texts are copied
 * Cost    a row is HISTORY_BATCH_COLUMNS_MAX values of 16 bytes at most; nothing is allocated after init
 * Bounds  rows and bytes of text; history_batch_is_full says before a row is begun that it may not fit */
#ifndef ENGINE_SHELL_HISTORY_BATCH_H
#define ENGINE_SHELL_HISTORY_BATCH_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <sqlite3.h>

#define HISTORY_BATCH_COLUMNS_MAX 64u
#define HISTORY_BATCH_ROW_TEXT_MAX (128u << 10) /* all texts of one row */
#define HISTORY_BATCH_TABLE "waiting"

/* NULL: no bytes and size NONE32. A number: no bytes. */
struct history_value {
    union {
        int64_t number;
        const char *bytes;
    } of;
    uint32_t size; /* of a text */
    uint32_t kind; /* SQLITE_NULL, SQLITE_INTEGER, SQLITE_TEXT */
};

struct history_batch_size {
    uint32_t columns; /* 1..HISTORY_BATCH_COLUMNS_MAX */
    uint32_t rows;    /* at least 1 */
    uint32_t bytes;   /* of text, at least HISTORY_BATCH_ROW_TEXT_MAX */
};

struct history_batch {
    uint32_t columns; /* of a row; 0 = the statement takes no batch */
    uint32_t row_limit;
    uint32_t text_limit;
    uint32_t rows;                /* complete */
    uint32_t at;                  /* values of the row being put */
    uint32_t text_size;           /* used */
    struct history_value *values; /* row_limit * columns */
    char *text;                   /* text_limit */
};

/* ERR_MEMORY. */
enum err history_batch_init(struct history_batch *batch,
                            struct history_batch_size size) WARN_UNUSED;
void history_batch_fini(struct history_batch *batch);

bool history_batch_is_full(const struct history_batch *batch);

void history_batch_put_null(struct history_batch *batch);
void history_batch_put_int(struct history_batch *batch, int64_t value);
void history_batch_put_text(struct history_batch *batch, const char *bytes, uint32_t size);
void history_batch_end_row(struct history_batch *batch);
void history_batch_clear(struct history_batch *batch);

/* Makes the table "waiting" known to a connection; it shows the rows of *shown, which must outlive it. */
int history_batch_register(sqlite3 *db, const struct history_batch **shown) WARN_UNUSED;

#endif
