/* api_open311.c: Open311 GeoReport v2 in front of reports: services, requests, one request.
 *
 *   service_code          class of the catalogue that a call may report ("E.01.02")
 *   service_request_id    the receipt ("110108-20260303-0001.1")
 *   api_key               a token of `gridloop account token`, of a person with the right intake; or as a Bearer token
 *
 * What the standard shows to everybody and we do not: words and place of a request stand only where an api_key was given, contacts
 * nowhere. */
#include "engine/core/life.h"
#include "engine/edge/text.h"
#include "engine/shell/api.h"
#include "engine/shell/api_answer.h"
#include "engine/shell/open311_text.h"
#include "engine/shell/report_types.h"
#include "engine/shell/web_history.h"
#include "engine/shell/web_state.h"
#include "engine/shell/web_writing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIST_MAX 200
#define INSTANT_SIZE 32u

enum notation { NOTATION_JSON = 1, NOTATION_XML };

struct open311 {
    enum notation notation;
};

/* ---- answers ---- */

/* Consumes rows. */
static void answer_rows(struct web_exchange *exchange, enum notation notation, int status,
                        json_t *rows, const char *list, const char *item)
{
    char *text =
        notation == NOTATION_XML ? open311_xml(rows, list, item) : json_dumps(rows, JSON_COMPACT);
    json_decref(rows);
    must(text != NULL);
    web_answer_bytes(exchange, status,
                     notation == NOTATION_XML ? "text/xml; charset=utf-8" : "application/json",
                     text, strlen(text));
    free(text);
}

static void answer_error(struct web_exchange *exchange, enum notation notation, int status,
                         const char *description)
{
    json_t *rows = json_pack("[{s:i, s:s}]", "code", status, "description", description);
    answer_rows(exchange, notation, status, rows != NULL ? rows : json_array(), "errors", "error");
}

static enum notation notation_of(const char *ending)
{
    return strcmp(ending, "json") == 0  ? NOTATION_JSON
           : strcmp(ending, "xml") == 0 ? NOTATION_XML
                                        : (enum notation)0;
}

/* The notation that the path ends in; 0 after a problem. */
static enum notation read_notation(struct web_exchange *exchange)
{
    const enum notation notation = notation_of(web_param(exchange, "format"));
    if (notation == 0) {
        web_problem(exchange, 404, "UNKNOWN_PATH", "the path ends in .json or .xml");
    }
    return notation;
}

static const struct history_names *names_of(struct web_exchange *exchange, enum notation notation)
{
    const struct history_names *names = &web_view_of(exchange)->names;
    if (!names->is_open) {
        answer_error(exchange, notation, 503, "no city and rules are active yet");
        return NULL;
    }
    return names;
}

/* ---- services ---- */

void api_open311_services(struct web_exchange *exchange)
{
    const enum notation notation = read_notation(exchange);
    const struct history_names *names = notation != 0 ? names_of(exchange, notation) : NULL;
    if (names == NULL) {
        return;
    }
    json_t *types = report_types_list(&names->city, &names->policy);
    json_t *seen = json_object(), *rows = json_array();
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *type = json_array_get(types, i);
        const char *code = json_string_value(json_object_get(type, "class"));
        const char *by = json_string_value(json_object_get(type, "by"));
        const json_t *title = json_object_get(type, "class_title");
        if (strcmp(by, "hotline") != 0 || json_object_get(seen, code) != NULL) {
            continue;
        }
        (void)json_object_set_new(seen, code, json_true());
        (void)json_array_append_new(
            rows,
            json_pack("{s:s, s:O, s:O, s:s, s:s, s:s, s:s}", "service_code", code, "service_name",
                      json_object_get(title, "zh"), "description", json_object_get(title, "en"),
                      "metadata", "false", "type", "realtime", "keywords", "", "group", ""));
    }
    json_decref(seen);
    json_decref(types);
    answer_rows(exchange, notation, 200, rows, "services", "service");
}

/* ---- a new request ---- */

static const char *text_at(const json_t *form, const char *name)
{
    const char *text = json_string_value(json_object_get(form, name));
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* Degrees as 1e-7 of them. */
static bool read_degrees(const json_t *form, const char *name, double limit, json_int_t *out_e7)
{
    const char *text = text_at(form, name);
    char *end = NULL;
    const double degrees = text != NULL ? strtod(text, &end) : limit + 1;
    if (text == NULL || *end != '\0' || !(degrees >= -limit && degrees <= limit)) {
        return false;
    }
    *out_e7 = (json_int_t)(degrees * 1e7 + (degrees < 0 ? -0.5 : 0.5));
    return true;
}

static void put_contact(json_t *body, const json_t *form)
{
    const char *first = text_at(form, "first_name"), *last = text_at(form, "last_name");
    const char *phone = text_at(form, "phone"), *mail = text_at(form, "email");
    if (first == NULL && last == NULL && phone == NULL && mail == NULL) {
        return;
    }
    json_t *contact = json_object();
    if (first != NULL ||
        last != NULL) { /* what is too long is refused with the body's other faults */
        (void)json_object_set_new(contact, "name",
                                  json_sprintf("%s%s%s", first != NULL ? first : "",
                                               first != NULL && last != NULL ? " " : "",
                                               last != NULL ? last : ""));
    }
    if (phone != NULL) {
        (void)json_object_set_new(contact, "phone", json_string(phone));
    }
    if (mail != NULL) {
        (void)json_object_set_new(contact, "note", json_string(mail));
    }
    (void)json_object_set_new(body, "on_behalf_of", json_true());
    (void)json_object_set_new(body, "contact", contact);
}

#define TEXT_TOO_LONG                                                                              \
    "description and address_string: together at most 4000 bytes of UTF-8 are expected"
_Static_assert(EVENT_TEXT_MAX == 4000, "as the sentence says");

/* The form as the body of POST /api/v1/reports; NULL and *out_why: what is missing or too long. */
static json_t *report_of(const json_t *form, const char *type, const char **out_why)
{
    json_int_t lon = 0, lat = 0;
    char text[EVENT_TEXT_MAX + 1];
    if (!read_degrees(form, "long", 180, &lon) || !read_degrees(form, "lat", 90, &lat)) {
        *out_why = "lat and long are needed, in degrees";
        return NULL;
    }
    const char *description = text_at(form, "description"),
               *address = text_at(form, "address_string");
    json_t *body = json_pack("{s:s, s:I, s:I}", "type", type, "lon_e7", lon, "lat_e7", lat);
    struct text whole;
    text_init(&whole, text, sizeof text);
    text_put(&whole, address != NULL ? address : "");
    text_put(&whole, description != NULL && address != NULL ? "\n" : "");
    text_put(&whole, description != NULL ? description : "");
    if (whole.is_cut) {
        *out_why = TEXT_TOO_LONG;
        json_decref(body);
        return NULL;
    }
    json_t *words = text[0] != '\0' ? json_string(text) : NULL;
    if (words != NULL) {
        (void)json_object_set_new(body, "text", words);
    }
    put_contact(body, form);
    return body;
}

static void on_taken(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer)
{
    const struct open311 *open311 = web_context(exchange);
    struct api_reply reply;
    api_answer_read(answer, false, &reply);
    const char *receipt = json_string_value(json_object_get(reply.body, "receipt"));
    const char *number = json_string_value(json_object_get(reply.body, "case"));
    if (reply.is_problem) {
        answer_error(exchange, open311->notation, reply.status, reply.detail);
    } else {
        const char *id = receipt != NULL ? receipt : number != NULL ? number : "";
        answer_rows(exchange, open311->notation, 201,
                    json_pack("[{s:s, s:s, s:s}]", "service_request_id", id, "service_notice",
                              words_code(CODE_OPENED, LANG_EN), "account_id", ""),
                    "service_requests", "request");
    }
    json_decref(reply.body);
}

/* Whose key it is: the header's, else the form's. */
static bool find_identity(struct web_exchange *exchange, const json_t *form,
                          char out_id[ACCOUNTS_ID_SIZE])
{
    const struct web_who *who = web_who(exchange);
    const char *key = text_at(form, "api_key");
    struct accounts_fault fault;
    if (who->is_known &&
        who->is_machine) { /* a cookie is no key: forms can be sent from anywhere */
        (void)snprintf(out_id, ACCOUNTS_ID_SIZE, "%s", who->id);
        return true;
    }
    return key != NULL &&
           accounts_find_token(web_of(exchange)->accounts, key, out_id, &fault) == ERR_OK;
}

static void take_form(struct web_exchange *exchange, enum notation notation,
                      const struct history_names *names, const json_t *form)
{
    char id[ACCOUNTS_ID_SIZE], type[REPORT_TYPE_SIZE], key[API_KEY_MAX + 1] = "";
    const char *code = text_at(form, "service_code"), *why = "";
    struct api_request request;
    struct json_fault fault;
    if (!find_identity(exchange, form, id)) {
        answer_error(exchange, notation, 403, "api_key is missing or unknown");
        return;
    }
    if (code == NULL ||
        !report_types_find(&names->city, &names->policy, code, (uint32_t)RIGHT_INTAKE, type)) {
        answer_error(exchange, notation, 400, "service_code is none of services.json");
        return;
    }
    json_t *body = report_of(form, type, &why);
    struct open311 *open311 = malloc(sizeof *open311);
    if (web_header(exchange, "idempotency-key", key, sizeof key) && !api_is_key(key)) {
        key[0] = '\0';
    }
    if (body == NULL || open311 == NULL) {
        answer_error(exchange, notation, body == NULL ? 400 : 503,
                     body == NULL ? why : "no memory");
        free(open311);
    } else if (!api_request_report(body, key, NULL, &request, &fault)) {
        char detail[sizeof fault.pointer + sizeof fault.detail + 2];
        (void)snprintf(detail, sizeof detail, "%s: %s", fault.pointer, fault.detail);
        answer_error(exchange, notation, 400, detail);
        free(open311);
    } else {
        open311->notation = notation;
        web_set_context(exchange, open311);
        web_ask(exchange, id, &request.wire, on_taken);
    }
    json_decref(body);
}

void api_open311_requests_add(struct web_exchange *exchange)
{
    size_t size = 0;
    const char *bytes = web_body(exchange, &size);
    const enum notation notation = read_notation(exchange);
    const struct history_names *names = notation != 0 ? names_of(exchange, notation) : NULL;
    json_t *form = names != NULL ? open311_form(bytes, size) : NULL;
    if (form != NULL) {
        take_form(exchange, notation, names, form);
    } else if (names != NULL) {
        answer_error(exchange, notation, 400,
                     "a form is expected: application/x-www-form-urlencoded in UTF-8");
    }
    json_decref(form);
}

/* ---- requests that are there ---- */

static const char ROWS_SQL[] =
    "SELECT c.number, c.state, c.class, c.class_zh, c.opened_at_ms, c.closed_at_ms, c.due_at_ms, c.lon_e7, c.lat_e7,"
    " c.place_zh, n.zh AS department FROM cases c"
    " LEFT JOIN names n ON n.kind = 'department' AND n.code = c.department";

static bool is_over(const char *state)
{
    static const char *const OVER[] = {"CLOSED", "VOID", "MERGED", "FORCED_CLOSED"};
    for (size_t i = 0; i < COUNT_OF(OVER); i++) {
        if (strcmp(OVER[i], state) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *instant_of(int64_t at_ms)
{
    char text[INSTANT_SIZE] = "";
    const time_t seconds = (time_t)(at_ms / 1000);
    struct tm parts;
    if (at_ms != 0 && gmtime_r(&seconds, &parts) != NULL) {
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return json_string(text);
}

static json_t *request_of(const struct history_rows *rows, const char *id, bool is_trusted)
{
    const char *state = history_rows_text(rows, "state");
    uint32_t number = 0;
    const int64_t closed_ms = history_rows_int(rows, "closed_at_ms");
    const int64_t opened_ms = history_rows_int(rows, "opened_at_ms");
    json_t *out = json_object();
    (void)words_parse_case_state(state, &number);
    (void)json_object_set_new(out, "service_request_id", json_string(id));
    (void)json_object_set_new(out, "status", json_string(is_over(state) ? "closed" : "open"));
    (void)json_object_set_new(out, "status_notes", json_string(words_case_state(number, LANG_ZH)));
    (void)json_object_set_new(out, "service_name",
                              json_string(history_rows_text(rows, "class_zh")));
    (void)json_object_set_new(out, "service_code", json_string(history_rows_text(rows, "class")));
    (void)json_object_set_new(out, "description", json_string(""));
    (void)json_object_set_new(out, "agency_responsible",
                              json_string(history_rows_text(rows, "department")));
    (void)json_object_set_new(out, "requested_datetime", instant_of(opened_ms));
    (void)json_object_set_new(out, "updated_datetime",
                              instant_of(closed_ms != 0 ? closed_ms : opened_ms));
    (void)json_object_set_new(out, "expected_datetime",
                              instant_of(history_rows_int(rows, "due_at_ms")));
    if (is_trusted) {
        (void)json_object_set_new(out, "address", json_string(history_rows_text(rows, "place_zh")));
        (void)json_object_set_new(out, "lat",
                                  json_real((double)history_rows_int(rows, "lat_e7") / 1e7));
        (void)json_object_set_new(out, "long",
                                  json_real((double)history_rows_int(rows, "lon_e7") / 1e7));
    }
    return out;
}

/* What the filter leaves. */
static const char *filter_of(const char *status)
{
    return status == NULL ? "1"
           : strcmp(status, "open") == 0
               ? "c.state NOT IN ('CLOSED', 'VOID', 'MERGED', 'FORCED_CLOSED')"
               : "c.state IN ('CLOSED', 'VOID', 'MERGED', 'FORCED_CLOSED')";
}

struct requests_question {
    struct web_question question;
    enum notation notation;
    char sql[1400];
    char number[CASE_TEXT_SIZE], report[16], receipt[RECEIPT_TEXT_SIZE + 8]; /* "": all */
    bool is_known;                                                           /* whoever asks */
    struct web_scope scope;
    json_t *list;
};

static enum err ask_requests(struct web_question *asked)
{
    struct requests_question *question = (struct requests_question *)asked;
    const bool is_one = question->receipt[0] != '\0';
    const char *const texts[] = {question->number, question->report};
    struct history_rows rows;
    enum err err = web_question_rows(asked, question->sql, texts, is_one ? 2 : 0, &rows);
    if (err != ERR_OK) {
        return err;
    }
    if (!is_one) {
        web_scope_bind(&rows, &question->scope);
    }
    question->list = json_array();
    while (web_question_next(asked, &rows, &err)) {
        const char *number = is_one ? question->receipt : history_rows_text(&rows, "number");
        (void)json_array_append_new(question->list, request_of(&rows, number, question->is_known));
    }
    if (err != ERR_OK) {
        json_decref(question->list);
    }
    return err;
}

static void tell_requests(struct web_exchange *exchange, struct web_question *asked)
{
    const struct requests_question *question = (const struct requests_question *)asked;
    if (question->receipt[0] != '\0' && json_array_size(question->list) == 0) {
        json_decref(question->list);
        answer_error(exchange, question->notation, 404, "service_request_id is not known");
        return;
    }
    answer_rows(exchange, question->notation, 200, question->list, "service_requests", "request");
}

static struct requests_question *new_question(struct web_exchange *exchange, enum notation notation)
{
    struct requests_question *question = calloc(1, sizeof *question);
    must(question != NULL);
    question->question = (struct web_question){.ask = ask_requests, .answer = tell_requests};
    question->notation = notation;
    question->is_known = web_who(exchange)->is_known;
    question->scope = web_scope_of(exchange);
    return question;
}

void api_open311_requests(struct web_exchange *exchange)
{
    const enum notation notation = read_notation(exchange);
    if (notation == 0) {
        return;
    }
    struct requests_question *question = new_question(exchange, notation);
    (void)snprintf(question->sql, sizeof question->sql,
                   "%s WHERE %s" WEB_SCOPE_SQL " ORDER BY c.id DESC LIMIT %d", ROWS_SQL,
                   filter_of(web_query(exchange, "status")), LIST_MAX);
    web_history_question(exchange, &question->question);
}

/* {file}: "110108-20260303-0001.1.json". */
void api_open311_request(struct web_exchange *exchange)
{
    char receipt[RECEIPT_TEXT_SIZE + 8], number[CASE_TEXT_SIZE];
    uint32_t report = 0;
    (void)snprintf(receipt, sizeof receipt, "%.50s", web_param(exchange, "file"));
    char *dot = strrchr(receipt, '.');
    const enum notation notation = dot != NULL ? notation_of(dot + 1) : (enum notation)0;
    if (notation == 0) {
        web_problem(exchange, 404, "UNKNOWN_PATH", "the path ends in .json or .xml");
        return;
    }
    *dot = '\0';
    if (!web_write_may_ask(exchange, &web_writing_of(exchange)->public_gate, "receipts")) {
        return;
    }
    if (!receipt_text_split(receipt, number, &report)) {
        answer_error(exchange, notation, 404, "service_request_id is not known");
        return;
    }
    struct requests_question *question = new_question(exchange, notation);
    (void)snprintf(question->sql, sizeof question->sql,
                   "%s WHERE c.number = ?1 AND EXISTS (SELECT 1 FROM timeline t WHERE t.case_id = "
                   "c.id AND t.report = CAST(?2 AS INTEGER))",
                   ROWS_SQL);
    (void)snprintf(question->number, sizeof question->number, "%s", number);
    (void)snprintf(question->report, sizeof question->report, "%u", report);
    (void)snprintf(question->receipt, sizeof question->receipt, "%s", receipt);
    web_history_question(exchange, &question->question);
}
