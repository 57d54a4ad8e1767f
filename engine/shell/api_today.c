/* api_today.c: figures of the local day, over all its cases: filed, closed, in time, found by ourselves, the slowest cell.
 *
 * One statement over the day's cases (index cases_day); the 90th percentile of each cell is the row at that place of its spans. */
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_scope.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

struct today_question {
    struct web_question question;
    struct web_scope scope;
    char day[16], now[24];
    json_t *figures;
};

static const char SUMS_SQL[] =
    "SELECT count(*) AS filed,"
    " coalesce(sum(state = 'CLOSED' AND due_at_ms IS NOT NULL), 0) AS closed,"
    " coalesce(sum(state = 'CLOSED' AND coalesce(handled_at_ms, closed_at_ms) <= due_at_ms), 0)"
    " AS handled_in_time, count(source) AS sourced,"
    " coalesce(sum(source IN ('SENSOR', 'CAMERA', 'PATROL', 'INSPECTION')), 0) AS proactive"
    " FROM cases c WHERE day = CAST(?1 AS INTEGER)" WEB_SCOPE_SQL;

static const char SLOWEST_SQL[] =
    "SELECT cell, span AS p90_ms FROM (SELECT cell, span,"
    " row_number() OVER (PARTITION BY cell ORDER BY span) AS place,"
    " count(*) OVER (PARTITION BY cell) AS whole FROM (SELECT cell,"
    " coalesce(closed_at_ms, CAST(?2 AS INTEGER)) - opened_at_ms AS span FROM cases c"
    " WHERE day = CAST(?1 AS INTEGER) AND cell IS NOT NULL" WEB_SCOPE_SQL "))"
    " WHERE place = (9 * whole + 9) / 10 ORDER BY span DESC, cell LIMIT 1";

static enum err ask_one(struct today_question *question, const char *sql, const char *columns)
{
    const char *const texts[] = {question->day, question->now};
    const uint32_t count = sql == SUMS_SQL ? 1 : 2;
    struct history_rows rows;
    enum err err = web_question_rows(&question->question, sql, texts, count, &rows);
    if (err != ERR_OK) {
        return err;
    }
    web_scope_bind(&rows, &question->scope);
    while (web_question_next(&question->question, &rows, &err)) {
        web_columns(question->figures, &rows, columns);
    }
    return err;
}

static enum err ask_today(struct web_question *asked)
{
    struct today_question *question = (struct today_question *)asked;
    question->figures = json_object();
    enum err err = ask_one(question, SUMS_SQL, "filed,closed,handled_in_time,sourced,proactive");
    err = err != ERR_OK ? err : ask_one(question, SLOWEST_SQL, "cell,p90_ms");
    if (err != ERR_OK) {
        json_decref(question->figures);
    }
    return err;
}

static void tell_today(struct web_exchange *exchange, struct web_question *asked)
{
    json_t *figures = ((const struct today_question *)asked)->figures;
    (void)json_object_set_new(figures, "now_ms", json_integer(web_now_ms(exchange)));
    web_answer_json(exchange, 200, figures);
}

void api_today(struct web_exchange *exchange)
{
    if (!api_is_known(exchange)) {
        return;
    }
    struct today_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    const int64_t now_ms = web_now_ms(exchange);
    question->question = (struct web_question){.ask = ask_today, .answer = tell_today};
    question->scope = web_scope_of(exchange);
    (void)snprintf(question->day, sizeof question->day, "%u",
                   city_local_date(&web_view_of(exchange)->names.city, now_ms));
    (void)snprintf(question->now, sizeof question->now, "%lld", (long long)now_ms);
    web_history_question(exchange, &question->question);
}
