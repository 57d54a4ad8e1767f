/* api_reports.c: reports by people: what may be reported, taking one, what became of it, what its reporter says. */
#include "engine/shell/api.h"
#include "engine/shell/report_types.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_view.h"
#include "engine/shell/web_writing.h"

#include <stdio.h>
#include <string.h>

static const struct history_names *names_of(struct web_exchange *exchange)
{
    const struct history_names *names = &web_view_of(exchange)->names;
    if (!names->is_open) {
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 503, "NO_CITY", "no city and rules are active yet");
        return NULL;
    }
    return names;
}

void api_report_types(struct web_exchange *exchange)
{
    const struct history_names *names = names_of(exchange);
    if (names != NULL) {
        web_answer_json(exchange, 200,
                        json_pack("{s:o, s:n}", "items",
                                  report_types_list(&names->city, &names->policy), "next"));
    }
}

void api_reports_add(struct web_exchange *exchange)
{
    struct web_write write;
    struct api_request request;
    struct json_fault fault;
    char type[REPORT_TYPE_SIZE];
    const struct history_names *names = names_of(exchange);
    json_t *body = names != NULL ? web_write_begin(exchange, &write) : NULL;
    if (body == NULL) {
        return;
    }
    const char *class_code = api_request_report_class(body);
    const bool is_found =
        class_code != NULL && report_types_find(&names->city, &names->policy, class_code,
                                                web_who(exchange)->rights, type);
    write.is_report = true;
    write.is_created = true;
    if (api_request_report(body, write.key, is_found ? type : NULL, &request, &fault)) {
        web_write_ask(exchange, web_who(exchange)->id, &write, &request);
    } else {
        web_write_refuse(exchange, &write, &fault);
    }
    json_decref(body);
}

/* ---- what became of a report: for whoever knows its number, so nothing of persons and no free words ---- */

static const char RECEIPT_SQL[] =
    "SELECT c.number, c.state, c.class_zh, c.class_en, c.opened_at_ms, c.closed_at_ms, c.due_at_ms, c.survivor,"
    " n.zh AS department_zh, n.en AS department_en, s.state AS survivor_state, s.closed_at_ms AS survivor_closed_at_ms,"
    " s.due_at_ms AS survivor_due_at_ms"
    " FROM cases c LEFT JOIN names n ON n.kind = 'department' AND n.code = c.department"
    " LEFT JOIN cases s ON s.number = c.survivor"
    " WHERE c.number = ?1 AND EXISTS (SELECT 1 FROM timeline t WHERE t.case_id = c.id AND t.report = CAST(?2 AS INTEGER))";

/* "110108-20260303-0001.1" in full; false after a problem. */
static bool read_receipt(struct web_exchange *exchange, char out_number[CASE_TEXT_SIZE],
                         uint32_t *out_report, char out_receipt[RECEIPT_TEXT_SIZE])
{
    const char *text = web_param(exchange, "number");
    struct case_no no = {0, 0, 0};
    if (strlen(text) >= RECEIPT_TEXT_SIZE || !receipt_text_split(text, out_number, out_report) ||
        case_text_parse(out_number, &no) != ERR_OK || no.district == 0 || no.day == 0) {
        web_problem(exchange, 404, "UNKNOWN_RECEIPT",
                    "a receipt in full is expected: case, dot, report: 110108-20260303-0001.1");
        return false;
    }
    (void)case_text_print(no, out_number);
    (void)receipt_text_print(no, *out_report, out_receipt);
    return true;
}

static json_t *column_text(const struct history_rows *rows, const char *name)
{
    const char *text = history_rows_text(rows, name);
    return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *column_instant(const struct history_rows *rows, const char *name)
{
    return web_instant(history_rows_int(rows, name));
}

/* A case that went on as another stands as that one does. */
static json_t *status_of(const struct history_rows *rows, const char *receipt,
                         int32_t offset_minutes)
{
    const bool is_merged = history_rows_text(rows, "survivor_state")[0] != '\0';
    const bool has_department = history_rows_text(rows, "department_zh")[0] != '\0';
    json_t *out = json_object();
    (void)json_object_set_new(out, "receipt", json_string(receipt));
    (void)json_object_set_new(out, "case", column_text(rows, "number"));
    (void)json_object_set_new(out, "followed", column_text(rows, "survivor"));
    (void)json_object_set_new(out, "title",
                              json_pack("{s:o, s:o}", "zh", column_text(rows, "class_zh"), "en",
                                        column_text(rows, "class_en")));
    (void)json_object_set_new(out, "state",
                              column_text(rows, is_merged ? "survivor_state" : "state"));
    (void)json_object_set_new(out, "department",
                              has_department ? json_pack("{s:o, s:o}", "zh",
                                                         column_text(rows, "department_zh"), "en",
                                                         column_text(rows, "department_en"))
                                             : json_null());
    (void)json_object_set_new(out, "opened_at_ms", column_instant(rows, "opened_at_ms"));
    (void)json_object_set_new(
        out, "closed_at_ms",
        column_instant(rows, is_merged ? "survivor_closed_at_ms" : "closed_at_ms"));
    (void)json_object_set_new(out, "deadline_ms",
                              column_instant(rows, is_merged ? "survivor_due_at_ms" : "due_at_ms"));
    (void)json_object_set_new(out, "offset_minutes", json_integer(offset_minutes));
    return out;
}

/* Of the city's clock from UTC, now; 0 without a city. */
static int32_t offset_now(const struct web_exchange *exchange)
{
    const struct history_names *names = &web_view_of(exchange)->names;
    const int64_t now_ms = web_now_ms(exchange);
    return names->is_open ? (int32_t)((city_local_ms(&names->city, now_ms) - now_ms) / MINUTE_MS)
                          : 0;
}

struct receipt_question {
    struct web_question question;
    char number[CASE_TEXT_SIZE], receipt[RECEIPT_TEXT_SIZE];
    uint32_t report;
    int32_t offset_minutes;
    json_t *status; /* NULL: no such receipt */
};

static enum err ask_receipt(struct web_question *asked)
{
    struct receipt_question *question = (struct receipt_question *)asked;
    char report[16];
    const char *const texts[] = {question->number, report};
    struct history_rows rows;
    (void)snprintf(report, sizeof report, "%u", question->report);
    enum err err = web_question_rows(asked, RECEIPT_SQL, texts, COUNT_OF(texts), &rows);
    if (err == ERR_OK && web_question_next(asked, &rows, &err)) {
        question->status = status_of(&rows, question->receipt, question->offset_minutes);
        history_rows_end(&rows);
    }
    return err;
}

static void tell_receipt(struct web_exchange *exchange, struct web_question *asked)
{
    const struct receipt_question *question = (const struct receipt_question *)asked;
    if (question->status != NULL) {
        web_answer_json(exchange, 200, question->status);
    } else {
        web_problem(exchange, 404, "UNKNOWN_RECEIPT",
                    "no such receipt; a new one shows within seconds");
    }
}

void api_receipts_get(struct web_exchange *exchange)
{
    struct receipt_question asked = {.question = {.ask = ask_receipt, .answer = tell_receipt},
                                     .offset_minutes = offset_now(exchange)};
    if (!web_write_may_ask(exchange, &web_writing_of(exchange)->public_gate, "receipts") ||
        !read_receipt(exchange, asked.number, &asked.report, asked.receipt)) {
        return;
    }
    struct receipt_question *question = malloc(sizeof *question);
    must(question != NULL);
    *question = asked;
    web_history_question(exchange, &question->question);
}

/* Whoever knows the receipt's secret speaks through the person that the engine was started with for that. */
void api_receipts_rate(struct web_exchange *exchange)
{
    struct web_writing *writing = web_writing_of(exchange);
    char number[CASE_TEXT_SIZE], receipt[RECEIPT_TEXT_SIZE];
    struct web_write write;
    struct api_rating rating;
    struct api_request request;
    struct json_fault fault;
    uint32_t report = 0;
    if (!read_receipt(exchange, number, &report, receipt) ||
        !web_write_may_ask(exchange, &writing->secret_gate, receipt)) {
        return;
    }
    json_t *body = web_write_begin(exchange, &write);
    if (body == NULL) {
        return;
    }
    if (!api_request_read_rating(body, &rating, &fault)) {
        web_write_refuse(exchange, &write, &fault);
    } else if (!receipt_secret_fits(writing->receipt_key, receipt, rating.secret)) {
        web_write_drop(exchange, &write);
        web_problem(exchange, 403, "WRONG_SECRET", "the secret does not belong to that receipt");
    } else if (writing->public_person[0] == '\0') {
        web_write_drop(exchange, &write);
        web_problem(exchange, 503, "NOT_ENABLED",
                    "nobody takes ratings over this page; start with --public-intake PERSON");
    } else {
        api_request_rating(&rating, receipt, write.key, &request);
        web_write_ask(exchange, writing->public_person, &write, &request);
    }
    json_decref(body);
}
