/* history_schema.h: the tables of the history database and how it is opened.
 *
 * The tables are described column by column at the top of history_schema.c.
 *
 * Errors  with a sentence in struct history_fault: ERR_VERSION (another version wrote it), ERR_DAMAGED (not a database,
 *         or corrupt), ERR_NOT_FOUND (reading what is not there), ERR_BUSY, ERR_NO_SPACE, ERR_IO */
#ifndef ENGINE_SHELL_HISTORY_SCHEMA_H
#define ENGINE_SHELL_HISTORY_SCHEMA_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <sqlite3.h>

#define HISTORY_FILE "history.db"
#define HISTORY_VERSION 9
#define HISTORY_ORDINAL_BITS 22 /* of an id of the log's order; the rest is the position */

/* Where a vocabulary's words begin in the table "words". */
#define HISTORY_WORDS_ACTION 0
#define HISTORY_WORDS_STATE 256
#define HISTORY_WORDS_KIND 512
#define HISTORY_WORDS_CLOCK 768
#define HISTORY_WORDS_CODE 1024
#define HISTORY_WORDS_TRAVEL 1280

struct history_fault {
    char text[640];
};

/* Makes it if it is not there; WAL, one writer. */
enum err history_schema_create(const char *path, sqlite3 **out_db,
                               struct history_fault *out_fault) WARN_UNUSED;

/* For readers, beside a running engine too. */
enum err history_schema_read(const char *path, sqlite3 **out_db,
                             struct history_fault *out_fault) WARN_UNUSED;

/* What the database said last, as an error and a sentence. Returns the error. */
enum err history_schema_fail(sqlite3 *db, const char *doing, struct history_fault *out_fault);

#endif
