/* history_read.h: questions to a history database, beside a running engine or without one.
 *
 * Rows are walked one by one; values are asked for by the column's name, as history_schema.c lists them.
 *
 * Owner   the database is history_schema_read's; rows are ended by history_rows_end
 * Errors  those of history_schema_fail, with a sentence */
#ifndef ENGINE_SHELL_HISTORY_READ_H
#define ENGINE_SHELL_HISTORY_READ_H

#include "engine/core/command.h"
#include "engine/shell/history_schema.h"

struct history_rows {
    sqlite3_stmt *stmt;
};

/* Cases opened on local days from..to (yyyymmdd, both included), oldest first. */
struct history_days {
    uint32_t from;
    uint32_t to;
};
enum err history_read_cases(sqlite3 *db, struct history_days days, uint32_t limit,
                            struct history_rows *out_rows,
                            struct history_fault *out_fault) WARN_UNUSED;

/* Cases one of whose texts holds all the words, newest first. At most HISTORY_WORDS_MAX words. */
#define HISTORY_WORDS_MAX 8u
struct history_words {
    const char *words[HISTORY_WORDS_MAX];
    uint32_t count;
};
enum err history_read_search(sqlite3 *db, const struct history_words *words, uint32_t limit,
                             struct history_rows *out_rows,
                             struct history_fault *out_fault) WARN_UNUSED;

/* The case of that number or suffix. ERR_NOT_FOUND; ERR_INPUT: several, *out_count of them. */
enum err history_read_find(sqlite3 *db, struct case_no part, int64_t *out_id, uint32_t *out_count,
                           struct history_fault *out_fault) WARN_UNUSED;

/* Rows that hang on a case, in the order of the log. STORY: sentences of timeline, decisions and notices together, with
 * columns position, ordinal, at_ms, kind, action, state, code, zh, en. */
enum history_part {
    HISTORY_PART_CASE,
    HISTORY_PART_ORDERS,
    HISTORY_PART_TIMELINE,
    HISTORY_PART_DECISIONS,
    HISTORY_PART_STORY,
};
enum err history_read_part(sqlite3 *db, enum history_part part, int64_t case_id,
                           struct history_rows *out_rows,
                           struct history_fault *out_fault) WARN_UNUSED;

/* False after the last; *out_err is not ERR_OK when it ended too early. */
bool history_rows_next(struct history_rows *rows, enum err *out_err,
                       struct history_fault *out_fault);
const char *history_rows_text(const struct history_rows *rows,
                              const char *column);                             /* "" for NULL */
int64_t history_rows_int(const struct history_rows *rows, const char *column); /* 0 for NULL */
void history_rows_end(struct history_rows *rows);

#endif
