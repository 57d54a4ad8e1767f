/* history_print.h: rows of the history on standard output: what `history` and `case` share. */
#ifndef ENGINE_CLI_HISTORY_PRINT_H
#define ENGINE_CLI_HISTORY_PRINT_H

#include "engine/edge/words.h"
#include "engine/shell/history_read.h"

#include <jansson.h>

/* "<data>/history.db". Says on standard error why it cannot; 0 or an exit code. */
int history_print_open(const char *data, const char *database, sqlite3 **out_db);

/* A row with all its columns as they are named; JSON texts become trees. */
json_t *history_row_json(const struct history_rows *rows);

/* The rows of a question: as a table under its head (NULL: none), or as JSON. 0 or an exit code. */
struct history_table {
    const char *head;
    void (*print)(const struct history_rows *rows, enum lang lang);
    enum lang lang;
    bool is_json;
};
int history_print_table(sqlite3 *db, const char *sql, const struct history_table *table);

/* One line about a case. */
void history_print_line(const struct history_rows *rows, enum lang lang);

/* A case: its head, and its story; `is_explained` with the decisions. 0 or an exit code. */
struct history_telling {
    int64_t case_id;
    enum lang lang;
    bool is_explained;
};
int history_print_case(sqlite3 *db, const struct history_telling *telling);
int history_print_case_json(sqlite3 *db, int64_t case_id);

/* The sentence on standard error, and the exit code. */
int history_print_fault(enum err err, const struct history_fault *fault);

#endif
