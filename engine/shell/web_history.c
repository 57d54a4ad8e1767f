/* web_history.c: see web_history.h. */
#include "engine/shell/web_history.h"

#include "engine/edge/words.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

void web_history_fault(struct web_exchange *exchange, enum err err,
                       const struct history_fault *fault)
{
    if (err == ERR_NOT_FOUND) {
        web_problem(exchange, 404, "NOT_FOUND", "%s", fault->text);
    } else if (err == ERR_INPUT) {
        web_problem(exchange, 400, "MALFORMED", "%s", fault->text);
    } else {
        web_problem(exchange, 503, "HISTORY", "%s", fault->text);
    }
}

json_t *web_column(const struct history_rows *rows, const char *column)
{
    const int count = sqlite3_column_count(rows->stmt);
    for (int i = 0; i < count; i++) {
        if (strcmp(sqlite3_column_name(rows->stmt, i), column) != 0) {
            continue;
        }
        json_t *value = NULL;
        if (sqlite3_column_type(rows->stmt, i) == SQLITE_INTEGER) {
            value = json_integer(sqlite3_column_int64(rows->stmt, i));
        } else if (sqlite3_column_type(rows->stmt, i) == SQLITE_TEXT) {
            const char *text = (const char *)sqlite3_column_text(rows->stmt, i);
            value = json_stringn(text, (size_t)sqlite3_column_bytes(rows->stmt, i));
        }
        return value != NULL ? value : json_null();
    }
    must(false);
    return json_null();
}

void web_columns(json_t *object, const struct history_rows *rows, const char *columns)
{
    char name[64];
    while (*columns != '\0') {
        const size_t size = strcspn(columns, ",");
        must(size > 0 && size < sizeof name);
        memcpy(name, columns, size);
        name[size] = '\0';
        (void)json_object_set_new(object, name, web_column(rows, name));
        columns += size;
        columns += *columns == ',';
    }
}

json_t *web_column_both(const struct history_rows *rows, const char *zh, const char *en)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "zh", web_column(rows, zh));
    (void)json_object_set_new(out, "en", web_column(rows, en));
    return out;
}

json_t *web_words(const char *text)
{
    json_t *out = json_array();
    while (*text != '\0') {
        const size_t size = strcspn(text, " ");
        (void)json_array_append_new(out, json_stringn(text, size));
        text += size;
        text += *text == ' ';
    }
    return out;
}

json_t *web_column_json(const struct history_rows *rows, const char *column)
{
    json_t *value = json_loads(history_rows_text(rows, column), 0, NULL);
    return value != NULL ? value : json_null();
}

static bool is_terminal(const char *state)
{
    return strcmp(state, "CLOSED") == 0 || strcmp(state, "VOID") == 0 ||
           strcmp(state, "MERGED") == 0 || strcmp(state, "FORCED_CLOSED") == 0;
}

json_t *web_history_case(const struct history_rows *rows)
{
    json_t *out = json_object();
    const bool is_closed = is_terminal(history_rows_text(rows, "state"));
    const char *kind = history_rows_text(rows, "holder_kind");
    json_t *holder = json_null();
    (void)json_object_set_new(out, "id", web_column(rows, "number"));
    web_columns(out, rows, "number,class,rule,severity,state,lon_e7,lat_e7,cell,department");
    (void)json_object_set_new(out, "title", web_column_both(rows, "title_zh", "title_en"));
    (void)json_object_set_new(out, "place", web_column_both(rows, "place_zh", "place_en"));
    if (kind[0] != '\0' && strcmp(kind, "NONE") != 0) {
        holder = json_object();
        (void)json_object_set_new(holder, "kind", web_column(rows, "holder_kind"));
        (void)json_object_set_new(holder, "id", web_column(rows, "holder"));
        (void)json_object_set_new(holder, "name", web_column_both(rows, "holder_zh", "holder_en"));
    }
    (void)json_object_set_new(out, "holder", holder);
    web_columns(
        out, rows,
        "source,clock,deadline_ms,opened_at_ms,closed_at_ms,handled_at_ms,events,clocks_missed,"
        "reopenings,survivor");
    (void)json_object_set_new(out, "handle_deadline_ms", web_column(rows, "due_at_ms"));
    (void)json_object_set_new(out, "clock_set_ms", json_null());
    (void)json_object_set_new(out, "need", json_array());
    (void)json_object_set_new(out, "order", json_null());
    (void)json_object_set_new(
        out, "is_overdue", json_boolean(!is_closed && history_rows_int(rows, "clocks_missed") > 0));
    return out;
}

enum err web_question_rows(struct web_question *question, const char *sql, const char *const *texts,
                           uint32_t count, struct history_rows *out_rows)
{
    if (sqlite3_prepare_v2(question->db, sql, -1, &out_rows->stmt, NULL) != SQLITE_OK) {
        return history_schema_fail(question->db, "ask", &question->fault);
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)sqlite3_bind_text(out_rows->stmt, (int)i + 1, texts[i], -1, SQLITE_TRANSIENT);
    }
    return ERR_OK;
}

bool web_question_next(struct web_question *question, struct history_rows *rows, enum err *out_err)
{
    *out_err = ERR_OK;
    if (history_rows_next(rows, out_err, &question->fault)) {
        return true;
    }
    history_rows_end(rows);
    return false;
}

enum err web_question_list(struct web_question *question, struct history_rows *rows,
                           json_t *(*row_of)(const struct history_rows *rows), json_t **out_list)
{
    enum err err;
    json_t *list = json_array();
    while (web_question_next(question, rows, &err)) {
        (void)json_array_append_new(list, row_of(rows));
    }
    if (err != ERR_OK) {
        json_decref(list);
        list = NULL;
    }
    *out_list = list;
    return err;
}

bool web_query_int(struct web_exchange *exchange, const char *name, int64_t *out_value)
{
    char *end = NULL;
    const char *text = web_query(exchange, name);
    if (text == NULL) {
        return true;
    }
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < 0 || value == INT64_MAX) {
        web_problem(exchange, 400, "MALFORMED", "%s takes a whole number, not \"%.40s\"", name,
                    text);
        return false;
    }
    *out_value = value;
    return true;
}

bool web_limit(struct web_exchange *exchange, int64_t *out_limit)
{
    *out_limit = WEB_LIMIT_DEFAULT;
    if (!web_query_int(exchange, "limit", out_limit)) {
        return false;
    }
    if (*out_limit < 1 || *out_limit > WEB_LIMIT_MAX) {
        web_problem(exchange, 400, "MALFORMED", "limit takes 1 to %d", WEB_LIMIT_MAX);
        return false;
    }
    return true;
}

int64_t web_age_ms(const struct web_exchange *exchange)
{
    return (int64_t)((uv_hrtime() - web_view_of(exchange)->heard_ns) / 1000000);
}

void web_answer_list(struct web_exchange *exchange, json_t *items, const char *next)
{
    const struct web_view *view = web_view_of(exchange);
    json_t *out = json_object();
    (void)json_object_set_new(out, "items", items);
    (void)json_object_set_new(out, "next", next != NULL ? json_string(next) : json_null());
    (void)json_object_set_new(out, "position", json_integer((json_int_t)view->position));
    (void)json_object_set_new(out, "now_ms", json_integer(web_now_ms(exchange)));
    (void)json_object_set_new(out, "age_ms", json_integer(web_age_ms(exchange)));
    web_answer_json(exchange, 200, out);
}
