/* web_history.h: questions to the history database, and its rows as JSON.
 *
 * A question is a struct of a handler's own that begins with a web_question and holds copies of all it needs: it is asked on
 * a thread of the pool, where nothing of the web thread may be touched, and answered on the web thread. */
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
/* The words of a text, a blank between, as a list. */
json_t *web_words(const char *text);
/* The column's text is JSON. */
json_t *web_column_json(const struct history_rows *rows, const char *column);
/* A row of cases as lists give it. */
json_t *web_history_case(const struct history_rows *rows);

/* ---- on the web thread ---- */

struct web_question {
    /* Pool: fills the struct. With an error it leaves nothing behind, and fault says what was wrong. */
    enum err (*ask)(struct web_question *question);
    /* Web thread: answers the exchange; not called after an error, which is answered as a problem. */
    void (*answer)(struct web_exchange *exchange, struct web_question *question);
    sqlite3 *db; /* for ask */
    enum err err;
    struct history_fault fault;
};

/* Asks it. Takes the malloc'ed question over, and frees it after the answer. */
void web_history_question(struct web_exchange *exchange, struct web_question *question);

/* ---- within ask ---- */

/* A statement with the texts bound to ?1, ?2 ... (NULL is null). */
enum err web_question_rows(struct web_question *question, const char *sql, const char *const *texts,
                           uint32_t count, struct history_rows *out_rows) WARN_UNUSED;
/* The next row; at the end, or after an error, false and the rows ended. */
bool web_question_next(struct web_question *question, struct history_rows *rows, enum err *out_err);
/* All rows as a list; they are ended. */
enum err web_question_list(struct web_question *question, struct history_rows *rows,
                           json_t *(*row_of)(const struct history_rows *rows),
                           json_t **out_list) WARN_UNUSED;

/* ---- on the web thread ---- */

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
