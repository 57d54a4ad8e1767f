/* web_history.h: rows of the history database as JSON.
 *
 * A question that takes longer than WEB_QUERY_MS is given up: it would hold up everybody else on the web thread. */
#ifndef ENGINE_SHELL_WEB_HISTORY_H
#define ENGINE_SHELL_WEB_HISTORY_H

#include "engine/shell/history_read.h"
#include "engine/shell/web_api.h"

#define WEB_QUERY_MS 2000u
#define WEB_LIMIT_DEFAULT 100
#define WEB_LIMIT_MAX 500

/* A column as it is: a number, a text, or null. */
json_t *web_column(const struct history_rows *rows, const char *column);
/* Adds the columns "a,b,c" to the object under their own names. */
void web_columns(json_t *object, const struct history_rows *rows, const char *columns);
/* {"zh": column + "_zh", "en": column + "_en"} */
json_t *web_column_both(const struct history_rows *rows, const char *zh, const char *en);
/* The column's text is JSON. */
json_t *web_column_json(const struct history_rows *rows, const char *column);
/* A row of cases as lists give it. */
json_t *web_history_case(const struct history_rows *rows);

/* A statement with the texts bound to ?1, ?2 ... (NULL is null). False: a problem was answered. */
bool web_history_ask(struct web_exchange *exchange, const char *sql, const char *const *texts,
                     uint32_t count, struct history_rows *out_rows);
/* The next row; at the end, or after an error (then *out_is_bad, and a problem was answered), false and the rows ended. */
bool web_history_next(struct web_exchange *exchange, struct history_rows *rows, bool *out_is_bad);
/* What history_read_* has reported, as a problem. */
void web_history_fault(struct web_exchange *exchange, enum err err,
                       const struct history_fault *fault);

/* ?limit=; false: a problem was answered. */
bool web_limit(struct web_exchange *exchange, int64_t *out_limit);
/* ?name= as a number >= 0; otherwise as web_limit. Absent: untouched. */
bool web_query_int(struct web_exchange *exchange, const char *name, int64_t *out_value);
/* Since the engine was heard from. */
int64_t web_age_ms(const struct web_exchange *exchange);
/* {"items", "next", "position", "now_ms", "age_ms"}; next NULL: no more. Consumes items. */
void web_answer_list(struct web_exchange *exchange, json_t *items, const char *next);

#endif
