/* api_lists.c: orders, hand-overs, what each cell carries, and rules, from the history. */
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_view.h"

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

static void answer_page(struct web_exchange *exchange, const struct page *page)
{
    char before[24], limit_text[24], next[24] = "";
    const char *texts[5] = {before, limit_text, NULL, NULL, NULL};
    int64_t at = INT64_MAX, limit = 0;
    struct history_rows rows;
    bool is_bad = false, has_more = false;
    if (!web_limit(exchange, &limit) || !web_query_int(exchange, "cursor", &at)) {
        return;
    }
    (void)snprintf(before, sizeof before, "%lld", (long long)at);
    (void)snprintf(limit_text, sizeof limit_text, "%lld", (long long)limit + 1);
    for (uint32_t i = 0; i < COUNT_OF(page->filters); i++) {
        const char *value = page->filters[i] != NULL ? web_query(exchange, page->filters[i]) : NULL;
        texts[2 + i] = value != NULL && value[0] != '\0' ? value : NULL;
    }
    if (!web_history_ask(exchange, page->sql, texts, COUNT_OF(texts), &rows)) {
        return;
    }
    json_t *items = json_array();
    while (!has_more && web_history_next(exchange, &rows, &is_bad)) {
        has_more = json_array_size(items) == (size_t)limit;
        if (has_more) {
            history_rows_end(&rows);
        } else {
            (void)json_array_append_new(items, page->row_of(&rows));
            (void)snprintf(next, sizeof next, "%lld",
                           (long long)history_rows_int(&rows, page->cursor));
        }
    }
    if (is_bad) {
        json_decref(items);
    } else {
        web_answer_list(exchange, items, has_more ? next : NULL);
    }
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
        " AND (?4 IS NULL OR o.person = ?4) AND (?5 IS NULL OR o.department = ?5)"
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
        " AND (?4 IS NULL OR c.number = ?4) AND (?5 IS NULL OR c.cell = ?5)"
        " ORDER BY t.position DESC, t.ordinal DESC LIMIT CAST(?2 AS INTEGER)",
        {"department", "case", "cell"},
        "position",
        hand_over_row};
    answer_page(exchange, &PAGE);
}

/* Cases of each cell by department over the last seven days of log time, most first. */
void api_burden(struct web_exchange *exchange)
{
    static const char SQL[] =
        "SELECT cell, department, count(*) AS cases, sum(closed_at_ms IS NULL) AS open,"
        " sum(clocks_missed > 0) AS missed FROM cases WHERE opened_at_ms >= CAST(?1 AS INTEGER)"
        " AND cell IS NOT NULL AND (?2 IS NULL OR cell = ?2) GROUP BY cell, department"
        " ORDER BY cases DESC, cell, department LIMIT 5000";
    char from[24];
    const char *const texts[] = {from, web_query(exchange, "cell")};
    struct history_rows rows;
    bool is_bad = false;
    (void)snprintf(from, sizeof from, "%lld",
                   (long long)(web_now_ms(exchange) - BURDEN_DAYS * DAY_MS));
    if (!web_history_ask(exchange, SQL, texts, COUNT_OF(texts), &rows)) {
        return;
    }
    json_t *items = json_array();
    while (web_history_next(exchange, &rows, &is_bad)) {
        json_t *item = json_object();
        web_columns(item, &rows, "cell,department,cases,open,missed");
        (void)json_array_append_new(items, item);
    }
    if (is_bad) {
        json_decref(items);
    } else {
        web_answer_list(exchange, items, NULL);
    }
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

static json_t *count_by_rule(struct web_exchange *exchange)
{
    struct history_rows rows;
    bool is_bad = false;
    if (!web_history_ask(exchange, RULES_SQL, NULL, 0, &rows)) {
        return NULL;
    }
    json_t *out = json_object();
    while (web_history_next(exchange, &rows, &is_bad)) {
        json_t *item = json_object();
        web_columns(item, &rows, "cases,confirmed,false_alarms,overridden");
        (void)json_object_set_new(out, history_rows_text(&rows, "rule"), item);
    }
    if (is_bad) {
        json_decref(out);
        return NULL;
    }
    return out;
}

/* What rules in shadow would have come to: {"rule.id": {"OPENED": 3, "MERGED": 1}}. */
static json_t *count_shadows(struct web_exchange *exchange)
{
    static const char SQL[] = "SELECT name, sum(count) AS count FROM counters"
                              " WHERE kind = 'shadow' GROUP BY name";
    struct history_rows rows;
    bool is_bad = false;
    if (!web_history_ask(exchange, SQL, NULL, 0, &rows)) {
        return NULL;
    }
    json_t *out = json_object();
    while (web_history_next(exchange, &rows, &is_bad)) {
        const char *name = history_rows_text(&rows, "name");
        const char *code = name != NULL ? strrchr(name, ' ') : NULL;
        if (code == NULL) {
            continue;
        }
        char rule[256];
        (void)snprintf(rule, sizeof rule, "%.*s", (int)(code - name), name);
        json_t *item = json_object_get(out, rule);
        if (item == NULL) {
            item = json_object();
            (void)json_object_set_new(out, rule, item);
        }
        (void)json_object_set_new(item, code + 1, json_integer(history_rows_int(&rows, "count")));
    }
    if (is_bad) {
        json_decref(out);
        return NULL;
    }
    return out;
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

void api_rules_answer(struct web_exchange *exchange, const json_t *findings)
{
    const struct web_view *view = web_view_of(exchange);
    json_t *counts = count_by_rule(exchange);
    json_t *shadows = counts != NULL ? count_shadows(exchange) : NULL;
    if (shadows == NULL) {
        json_decref(counts);
        return;
    }
    json_t *items = json_array();
    for (uint32_t i = 0; i < view->names.policy.rule_count; i++) {
        (void)json_array_append_new(
            items, rule_row(view, &view->names.policy.rules[i], counts, shadows, findings));
    }
    json_decref(shadows);
    json_decref(counts);
    web_answer_list(exchange, items, NULL);
}
