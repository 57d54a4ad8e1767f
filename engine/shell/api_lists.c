/* api_lists.c: orders, hand-overs, what each cell carries, and rules, from the history. */
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_scope.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>

#define BURDEN_DAYS 7

/* One page of a question: ?1 the cursor, ?2 one row more than asked for, then filters. */
struct page {
    const char *sql;
    const char *filters[3]; /* names of query parameters */
    const char *cursor;     /* column */
    json_t *(*row_of)(const struct history_rows *rows);
};

#define FILTER_SIZE 128u

struct page_question {
    struct web_question question;
    const struct page *page;
    struct web_scope scope;
    char before[24], limit_text[24];
    char filters[COUNT_OF(((struct page *)0)->filters)][FILTER_SIZE]; /* "" = none */
    size_t limit;
    json_t *items;
    bool has_more;
    char next[24];
};

static enum err ask_page(struct web_question *asked)
{
    struct page_question *question = (struct page_question *)asked;
    const char *texts[2 + COUNT_OF(question->filters)] = {question->before, question->limit_text};
    struct history_rows rows;
    enum err err;
    for (size_t i = 0; i < COUNT_OF(question->filters); i++) {
        texts[2 + i] = question->filters[i][0] != '\0' ? question->filters[i] : NULL;
    }
    err = web_question_rows(asked, question->page->sql, texts, COUNT_OF(texts), &rows);
    if (err != ERR_OK) {
        return err;
    }
    web_scope_bind(&rows, &question->scope);
    question->items = json_array();
    while (!question->has_more && web_question_next(asked, &rows, &err)) {
        question->has_more = json_array_size(question->items) == question->limit;
        if (question->has_more) {
            history_rows_end(&rows);
        } else {
            (void)json_array_append_new(question->items, question->page->row_of(&rows));
            (void)snprintf(question->next, sizeof question->next, "%lld",
                           (long long)history_rows_int(&rows, question->page->cursor));
        }
    }
    if (err != ERR_OK) {
        json_decref(question->items);
    }
    return err;
}

static void tell_page(struct web_exchange *exchange, struct web_question *asked)
{
    const struct page_question *question = (const struct page_question *)asked;
    web_answer_list(exchange, question->items, question->has_more ? question->next : NULL);
}

static void answer_page(struct web_exchange *exchange, const struct page *page)
{
    int64_t at = INT64_MAX, limit = 0;
    if (!web_limit(exchange, &limit) || !web_query_int(exchange, "cursor", &at)) {
        return;
    }
    struct page_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_page, .answer = tell_page};
    question->page = page;
    question->scope = web_scope_of(exchange);
    question->limit = (size_t)limit;
    (void)snprintf(question->before, sizeof question->before, "%lld", (long long)at);
    (void)snprintf(question->limit_text, sizeof question->limit_text, "%lld", (long long)limit + 1);
    for (uint32_t i = 0; i < COUNT_OF(page->filters); i++) {
        const char *value = page->filters[i] != NULL ? web_query(exchange, page->filters[i]) : NULL;
        (void)snprintf(question->filters[i], FILTER_SIZE, "%s", value != NULL ? value : "");
    }
    web_history_question(exchange, &question->question);
}

static json_t *order_row(const struct history_rows *rows)
{
    json_t *out = json_object();
    web_columns(out, rows,
                "number,case,kind,state,person,is_lead,offered_at_ms,accepted_at_ms,arrived_at_ms,"
                "ended_at_ms,clock,deadline_ms,department");
    return out;
}

void api_orders(struct web_exchange *exchange)
{
    static const struct page PAGE = {
        "SELECT o.*, c.number AS \"case\" FROM orders o JOIN cases c ON c.id = o.case_id"
        " WHERE o.number < CAST(?1 AS INTEGER) AND (?3 IS NULL OR o.state = upper(?3))"
        " AND (?4 IS NULL OR o.person = ?4) AND (?5 IS NULL OR o.department = ?5)" WEB_SCOPE_SQL
        " ORDER BY o.number DESC LIMIT CAST(?2 AS INTEGER)",
        {"state", "person", "department"},
        "number",
        order_row};
    answer_page(exchange, &PAGE);
}

static json_t *hand_over_row(const struct history_rows *rows)
{
    json_t *out = json_object();
    web_columns(out, rows,
                "case,position,at_ms,action,reason,actor,subject,post,holder,holder_department,"
                "actor_department,text,zh,en");
    return out;
}

/* What went from one office to another, and what became of it. */
void api_handovers(struct web_exchange *exchange)
{
    static const struct page PAGE = {
        "SELECT t.*, c.number AS \"case\" FROM timeline t JOIN cases c ON c.id = t.case_id"
        " WHERE t.position < CAST(?1 AS INTEGER) AND t.action IN ('HAND_OVER', 'SEND_TO_DESK',"
        " 'POSITION', 'ADJUDICATE', 'RULE', 'SILENT', 'RULED_BEFORE', 'STUCK')"
        " AND (?3 IS NULL OR t.holder_department = ?3 OR t.actor_department = ?3)"
        " AND (?4 IS NULL OR c.number = ?4) AND (?5 IS NULL OR c.cell = ?5)" WEB_SCOPE_SQL
        " ORDER BY t.position DESC, t.ordinal DESC LIMIT CAST(?2 AS INTEGER)",
        {"department", "case", "cell"},
        "position",
        hand_over_row};
    answer_page(exchange, &PAGE);
}

/* Cases of each cell by department over the last seven days of log time, most first. */
static json_t *burden_row(const struct history_rows *rows)
{
    json_t *out = json_object();
    web_columns(out, rows, "cell,department,cases,open,missed");
    return out;
}

struct burden_question {
    struct web_question question;
    struct web_scope scope;
    char from[24], cell[FILTER_SIZE];
    json_t *items;
};

static enum err ask_burden(struct web_question *asked)
{
    static const char SQL[] =
        "SELECT cell, department, count(*) AS cases, sum(closed_at_ms IS NULL) AS open,"
        " sum(clocks_missed > 0) AS missed FROM cases c WHERE opened_at_ms >= CAST(?1 AS INTEGER)"
        " AND cell IS NOT NULL AND (?2 IS NULL OR cell = ?2)" WEB_SCOPE_SQL
        " GROUP BY cell, department ORDER BY cases DESC, cell, department LIMIT 5000";
    struct burden_question *question = (struct burden_question *)asked;
    const char *const texts[] = {question->from, question->cell[0] != '\0' ? question->cell : NULL};
    struct history_rows rows;
    const enum err err = web_question_rows(asked, SQL, texts, COUNT_OF(texts), &rows);
    if (err != ERR_OK) {
        return err;
    }
    web_scope_bind(&rows, &question->scope);
    return web_question_list(asked, &rows, burden_row, &question->items);
}

static void tell_burden(struct web_exchange *exchange, struct web_question *asked)
{
    web_answer_list(exchange, ((const struct burden_question *)asked)->items, NULL);
}

void api_burden(struct web_exchange *exchange)
{
    const char *cell = web_query(exchange, "cell");
    struct burden_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_burden, .answer = tell_burden};
    question->scope = web_scope_of(exchange);
    (void)snprintf(question->from, sizeof question->from, "%lld",
                   (long long)(web_now_ms(exchange) - BURDEN_DAYS * DAY_MS));
    (void)snprintf(question->cell, sizeof question->cell, "%s", cell != NULL ? cell : "");
    web_history_question(exchange, &question->question);
}

/* ---- rules ---- */

/* What became of the cases of each rule: false alarms as `gridloop history precision` counts them; an override is a case
 * that people reassigned by hand. */
static const char RULES_SQL[] =
    "SELECT rule, count(*) AS cases, sum(state = 'CLOSED') AS confirmed, sum(is_false) AS "
    "false_alarms, sum(is_override) AS overridden FROM (SELECT c.rule, c.state,"
    " c.state = 'VOID' AND EXISTS(SELECT 1 FROM timeline t WHERE t.case_id = c.id AND"
    " (t.action = 'VERIFY_NO' OR (t.action = 'VOID' AND t.reason IN ('FALSE_ALARM', 'NOT_FOUND'))))"
    " AS is_false, EXISTS(SELECT 1 FROM timeline t WHERE t.case_id = c.id AND t.action ="
    " 'REASSIGN') AS is_override FROM cases c ORDER BY c.id DESC LIMIT 20000) GROUP BY rule";

struct rules_question {
    struct web_question question;
    json_t *counts; /* by rule */
    json_t *
        shadows; /* what rules in shadow would have come to: {"rule.id": {"OPENED": 3, "MERGED": 1}} */
};

static enum err count_by_rule(struct rules_question *question)
{
    struct history_rows rows;
    enum err err = web_question_rows(&question->question, RULES_SQL, NULL, 0, &rows);
    while (err == ERR_OK && web_question_next(&question->question, &rows, &err)) {
        json_t *item = json_object();
        web_columns(item, &rows, "cases,confirmed,false_alarms,overridden");
        (void)json_object_set_new(question->counts, history_rows_text(&rows, "rule"), item);
    }
    return err;
}

static void take_shadow(json_t *shadows, const struct history_rows *rows)
{
    const char *name = history_rows_text(rows, "name");
    const char *code = strrchr(name, ' ');
    char rule[256];
    if (code == NULL) {
        return;
    }
    (void)snprintf(rule, sizeof rule, "%.*s", (int)(code - name), name);
    json_t *item = json_object_get(shadows, rule);
    if (item == NULL) {
        item = json_object();
        (void)json_object_set_new(shadows, rule, item);
    }
    (void)json_object_set_new(item, code + 1, json_integer(history_rows_int(rows, "count")));
}

static enum err count_shadows(struct rules_question *question)
{
    static const char SQL[] = "SELECT name, sum(count) AS count FROM counters"
                              " WHERE kind = 'shadow' GROUP BY name";
    struct history_rows rows;
    enum err err = web_question_rows(&question->question, SQL, NULL, 0, &rows);
    while (err == ERR_OK && web_question_next(&question->question, &rows, &err)) {
        take_shadow(question->shadows, &rows);
    }
    return err;
}

static enum err ask_rules(struct web_question *asked)
{
    struct rules_question *question = (struct rules_question *)asked;
    question->counts = json_object();
    question->shadows = json_object();
    enum err err = count_by_rule(question);
    err = err != ERR_OK ? err : count_shadows(question);
    if (err != ERR_OK) {
        json_decref(question->counts);
        json_decref(question->shadows);
    }
    return err;
}

/* A share of counts, null where nothing was counted. */
static json_t *share(int64_t part, int64_t whole)
{
    return whole > 0 ? json_real((double)part / (double)whole) : json_null();
}

static int64_t count_of(const json_t *counts, const char *name)
{
    return json_integer_value(json_object_get(counts, name));
}

static void add_counts(json_t *out, const json_t *counts)
{
    const int64_t confirmed = count_of(counts, "confirmed");
    const int64_t cases = count_of(counts, "cases");
    const int64_t false_alarms = count_of(counts, "false_alarms");
    (void)json_object_set_new(out, "cases", json_integer(cases));
    (void)json_object_set_new(out, "confirmed", json_integer(confirmed));
    (void)json_object_set_new(out, "false_alarms", json_integer(false_alarms));
    (void)json_object_set_new(out, "precision", share(confirmed, confirmed + false_alarms));
    (void)json_object_set_new(out, "override_rate", share(count_of(counts, "overridden"), cases));
}

/* The findings about this rule. */
static json_t *findings_of(const json_t *findings, const char *id)
{
    size_t index;
    json_t *finding;
    if (findings == NULL) {
        return json_null();
    }
    json_t *out = json_array();
    json_array_foreach(findings, index, finding)
    {
        const json_t *rule = json_object_get(json_object_get(finding, "rule"), "id");
        if (json_is_string(rule) && strcmp(json_string_value(rule), id) == 0) {
            json_t *item = json_pack(
                "{s:O, s:O, s:O, s:O?}", "code", json_object_get(finding, "code"), "level",
                json_object_get(finding, "level"), "text", json_object_get(finding, "text"),
                "waived", json_object_get(finding, "waived"));
            (void)json_array_append_new(out, item != NULL ? item : json_null());
        }
    }
    return out;
}

static json_t *code_of(struct history_piece piece)
{
    return piece.bytes == NULL ? json_null() : json_stringn(piece.bytes, piece.size);
}

static json_t *rule_row(const struct web_view *view, const struct policy_rule *row,
                        const json_t *counts, const json_t *shadows, const json_t *findings)
{
    const struct policy *policy = &view->names.policy;
    const struct image_string en = row->title_en.size > 0 ? row->title_en : row->title;
    json_t *out = json_object();
    json_t *title = json_object();
    json_t *id = api_policy_text(policy, row->id);
    (void)json_object_set_new(title, "zh", api_policy_text(policy, row->title));
    (void)json_object_set_new(title, "en", api_policy_text(policy, en));
    (void)json_object_set_new(out, "id", id);
    (void)json_object_set_new(out, "title", title);
    (void)json_object_set_new(out, "lane", json_string(words_lane_name(row->lane)));
    (void)json_object_set_new(out, "status", json_string(words_rule_status_name(row->status)));
    (void)json_object_set_new(out, "file", api_policy_text(policy, row->file));
    (void)json_object_set_new(out, "line", json_integer(row->line));
    (void)json_object_set_new(out, "priority", json_integer(row->priority));
    (void)json_object_set_new(out, "severity", json_integer(row->severity));
    (void)json_object_set_new(out, "department",
                              code_of(history_department(&view->names, row->department)));
    (void)json_object_set_new(out, "class", code_of(history_class(&view->names, row->class_row)));
    add_counts(out, json_object_get(counts, json_string_value(id)));
    json_t *would = json_object_get(shadows, json_string_value(id));
    (void)json_object_set_new(out, "would", would != NULL ? json_incref(would) : json_null());
    (void)json_object_set_new(out, "findings", findings_of(findings, json_string_value(id)));
    return out;
}

static void tell_rules(struct web_exchange *exchange, struct web_question *asked)
{
    const struct rules_question *question = (const struct rules_question *)asked;
    const struct web_view *view = web_view_of(exchange);
    json_t *items = json_array();
    for (uint32_t i = 0; i < view->names.policy.rule_count; i++) {
        (void)json_array_append_new(items,
                                    rule_row(view, &view->names.policy.rules[i], question->counts,
                                             question->shadows, web_of(exchange)->lint));
    }
    json_decref(question->shadows);
    json_decref(question->counts);
    web_answer_list(exchange, items, NULL);
}

void api_rules_answer(struct web_exchange *exchange)
{
    struct rules_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_rules, .answer = tell_rules};
    web_history_question(exchange, &question->question);
}
