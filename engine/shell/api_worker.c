/* api_worker.c: the phone page's side: polls, the orders a person has, links that log in. */
#include "engine/edge/labels.h"
#include "engine/edge/title.h"
#include "engine/shell/api.h"
#include "engine/shell/api_answer.h"
#include "engine/shell/qr.h"
#include "engine/shell/web_state.h"
#include "engine/shell/web_writing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINK_MS (10 * MINUTE_MS)
#define POLL_SPARE_MS 5000u /* past the longest hold: what comes later came too late */
#define NAME_SIZE 256u

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- polls ---- */

static void on_tasks(struct web_exchange *exchange, const Gridloop__Wire__Answer *answer)
{
    struct api_reply reply;
    if (web_refused(exchange, answer)) {
        return;
    }
    api_answer_read(answer, true, &reply);
    web_answer_json(exchange, reply.status, reply.body);
}

/* Held by the engine, not here: the newest poll of a person lets the one before go. */
void api_worker_poll(struct web_exchange *exchange)
{
    static const struct web_write NO_KEY = {.row = NONE32};
    struct api_request request;
    struct json_fault fault;
    size_t size = 0;
    const void *bytes = web_body(exchange, &size);
    json_t *body = json_read_body(bytes, size, &fault);
    if (body == NULL || !api_request_poll(body, &request, &fault)) {
        web_write_refuse(exchange, &NO_KEY, &fault);
    } else {
        web_ask_within(exchange, web_who(exchange)->id, &request.wire,
                       API_WAIT_MS_MAX + POLL_SPARE_MS, on_tasks);
    }
    json_decref(body);
}

/* ---- what somebody has on hand, for a phone that has lost what it kept ---- */

/* What a case's row says in words. */
static void put_case(json_t *out, const struct web_view *view, struct case_no no)
{
    const struct web_case *known = web_view_find(view, no);
    json_t *row = known != NULL && known->row != NULL
                      ? json_loadb(known->row, known->row_size, 0, NULL)
                      : NULL;
    static const char *const SAME[] = {"severity", "lon_e7", "lat_e7", "class", "title", "place"};
    for (size_t i = 0; row != NULL && i < COUNT_OF(SAME); i++) {
        json_t *value = json_object_get(row, SAME[i]);
        if (value != NULL && !json_is_null(value)) {
            (void)json_object_set(out, SAME[i], value);
        }
    }
    json_t *limit = json_object_get(row, "handle_deadline_ms");
    if (json_is_integer(limit)) {
        (void)json_object_set(out, "deadline_ms", limit);
    }
    json_decref(row);
}

static json_t *order_row(const struct web_view *view, const struct order_view *order)
{
    char number[WORDS_CASE_NO_SIZE];
    json_t *out = json_object();
    (void)json_object_set_new(out, "seq", json_integer(0));
    (void)json_object_set_new(out, "kind", json_string("CHANGE"));
    (void)json_object_set_new(out, "order", json_integer((json_int_t)order->number));
    (void)json_object_set_new(out, "case", json_string(words_case_no(order->case_no, number)));
    (void)json_object_set_new(out, "order_kind",
                              json_string(words_order_kind_name((uint32_t)order->kind)));
    (void)json_object_set_new(out, "order_state",
                              json_string(words_order_state_name((uint32_t)order->state)));
    (void)json_object_set_new(out, "severity", json_integer(0));
    put_case(out, view, order->case_no);
    if (order->deadline_ms != NEVER_MS) { /* else the case's own, put there by put_case */
        (void)json_object_set_new(out, "deadline_ms", json_integer(order->deadline_ms));
    }
    return out;
}

void api_worker_orders(struct web_exchange *exchange)
{
    const struct web_view *view = web_view_of(exchange);
    const uint32_t person = web_who(exchange)->person;
    json_t *items = json_array();
    if (!view->is_ready) {
        json_decref(items);
        web_set_header(exchange, "Retry-After", "1");
        web_problem(exchange, 503, "OVERLOADED", "the view is being built; ask again in a second");
        return;
    }
    for (uint32_t i = 0; person != NONE32 && i < view->order_capacity; i++) {
        const struct web_order *order = &view->orders[i];
        if (order->is_used && order->view.person == person &&
            order_state_is_active(order->view.state)) {
            (void)json_array_append_new(items, order_row(view, &order->view));
        }
    }
    web_answer_json(exchange, 200,
                    json_pack("{s:o, s:n, s:I}", "items", items, "next", "now_ms",
                              (json_int_t)web_now_ms(exchange)));
}

/* ---- links that log in ---- */

static const struct city_person *find_person(struct web_exchange *exchange, const char *id)
{
    const struct history_names *names = &web_view_of(exchange)->names;
    const size_t size = strlen(id);
    for (uint32_t i = 0; names->is_open && i < names->city.person_count; i++) {
        const struct city_person *person = &names->city.persons[i];
        if (person->id.size == size && memcmp(city_text(&names->city, person->id), id, size) == 0) {
            return person;
        }
    }
    return NULL;
}

/* The address a phone needs: that by which whoever asks has reached us, by what the browser says, for a proxy in front
 * may speak TLS where we do not. */
static void full_url(const struct web_exchange *exchange, const char *code, char *out, size_t size)
{
    char host[200];
    char origin[256];
    if (web_header(exchange, "origin", origin, sizeof origin) && strncmp(origin, "http", 4) == 0) {
        (void)snprintf(out, size, "%s/w/#%s", origin, code);
        return;
    }
    const bool has_host = web_header(exchange, "host", host, sizeof host);
    (void)snprintf(out, size, "%s://%s/w/#%s", web_of(exchange)->is_tls ? "https" : "http",
                   has_host ? host : "localhost", code);
}

/* NULL: a problem was answered. */
static json_t *link_of(struct web_exchange *exchange, const struct city_person *person)
{
    const struct history_names *names = &web_view_of(exchange)->names;
    char id[ACCOUNTS_ID_SIZE], code[ACCOUNTS_CODE_SIZE], path[ACCOUNTS_CODE_SIZE + 8], url[320];
    struct accounts_fault fault;
    const int64_t ends_ms = real_ms() + LINK_MS;
    (void)snprintf(id, sizeof id, "%.*s", (int)person->id.size,
                   city_text(&names->city, person->id));
    if (accounts_add_link(web_of(exchange)->accounts, id, real_ms(), ends_ms, code, &fault) !=
        ERR_OK) {
        web_problem(exchange, 503, "UNAVAILABLE", "%s", fault.text);
        return NULL;
    }
    (void)snprintf(path, sizeof path, "/w/#%s", code);
    full_url(exchange, code, url, sizeof url);
    json_t *out = json_pack("{s:s, s:s, s:s, s:I}", "url", path, "full_url", url, "person", id,
                            "expires_ms", (json_int_t)ends_ms);
    json_t *picture = qr_as_svg_path(url);
    (void)json_object_set_new(out, "qr", picture != NULL ? picture : json_null());
    return out;
}

/* Only for somebody who takes orders: a link is no way round the password of anybody else. */
void api_worker_links_add(struct web_exchange *exchange)
{
    const char *id = NULL;
    bool is_wrong = false;
    json_t *body = web_body_object(exchange);
    if (body == NULL) {
        return;
    }
    (void)web_field_text(exchange, body, "person", ACCOUNTS_ID_SIZE - 1, &id, &is_wrong);
    const struct city_person *person = !is_wrong && id != NULL ? find_person(exchange, id) : NULL;
    const uint32_t others = (uint32_t)RIGHT_INTAKE | RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER |
                            RIGHT_DEPARTMENT_DESK | RIGHT_OVERSEER | RIGHT_AUDITOR |
                            RIGHT_ADMINISTRATOR;
    if (is_wrong) {
        json_decref(body);
        return;
    }
    if (id == NULL) {
        web_problem(exchange, 400, "MALFORMED", "\"person\" is expected");
    } else if (person == NULL) {
        web_problem(exchange, 404, "UNKNOWN_WORKER", "no such person in this city: \"%.64s\"", id);
    } else if ((person->rights & others) != 0 || (person->rights & (uint32_t)RIGHT_WORKER) == 0) {
        web_problem(
            exchange, 403, "NO_RIGHT",
            "%.64s is no worker or has other rights too: such people log in with a password", id);
    } else {
        json_t *made = link_of(exchange, person);
        if (made != NULL) {
            web_answer_json(exchange, 201, made);
        }
    }
    json_decref(body);
}

void api_worker_session(struct web_exchange *exchange)
{
    struct accounts_fault fault;
    char person[ACCOUNTS_ID_SIZE];
    const char *code = NULL;
    bool is_wrong = false;
    json_t *body = web_body_object(exchange);
    if (body == NULL) {
        return;
    }
    (void)web_field_text(exchange, body, "code", ACCOUNTS_CODE_SIZE, &code, &is_wrong);
    if (!is_wrong && code == NULL) {
        web_problem(exchange, 400, "MALFORMED", "\"code\" is expected");
    } else if (!is_wrong && accounts_use_link(web_of(exchange)->accounts, code, real_ms(), person,
                                              &fault) != ERR_OK) {
        web_problem(exchange, 401, "CODE_OVER",
                    "this link was used already or is too old; ask for another");
    } else if (!is_wrong) {
        (void)api_session_begin(exchange, person, true);
    }
    json_decref(body);
}
