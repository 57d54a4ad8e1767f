/* web_exchange.c: one HTTP request, from its head to the last byte of its answer.
 *
 *   begin --no body--> run --handler--> answered --written--> detached, freed
 *     |                 ^        \--ask--> pending --callback--/
 *     +--body---> full -+
 *
 * An exchange is freed when its connection is done with it and no ask or work holds it: a client that goes away early
 * leaves its answer to nobody.
 *
 * Answers are written by web_answer.c. */
#include "engine/edge/words.h"
#include "engine/shell/api.h"
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- life ---- */

static void release(struct web_exchange *exchange)
{
    struct web *web = exchange->web;
    if (exchange->wsi != NULL || exchange->pending > 0) {
        return;
    }
    if (exchange->previous != NULL) {
        exchange->previous->next = exchange->next;
    } else {
        web->exchanges = exchange->next;
    }
    if (exchange->next != NULL) {
        exchange->next->previous = exchange->previous;
    }
    free(exchange->body);
    free(exchange->out);
    free(exchange->context);
    free(exchange);
}

void web_exchange_detach(struct web_exchange *exchange)
{
    exchange->wsi = NULL;
    release(exchange);
}

void web_exchange_hold(struct web_exchange *exchange)
{
    exchange->pending++;
}

void web_exchange_let_go(struct web_exchange *exchange)
{
    must(exchange->pending > 0);
    exchange->pending--;
    release(exchange);
}

/* ---- reading the request ---- */

static void read_query(struct web_exchange *exchange)
{
    size_t used = 0;
    for (int i = 0; exchange->query_count < WEB_QUERY_MAX; i++) {
        const int size =
            lws_hdr_copy_fragment(exchange->wsi, exchange->query + used,
                                  (int)(WEB_QUERY_SIZE - used), WSI_TOKEN_HTTP_URI_ARGS, i);
        if (size <= 0 || used + (size_t)size + 1 >= WEB_QUERY_SIZE) {
            return;
        }
        exchange->query[used + (size_t)size] = '\0';
        exchange->query_at[exchange->query_count++] = (uint32_t)used;
        used += (size_t)size + 1;
    }
}

static bool read_line(struct web_exchange *exchange)
{
    static const enum web_method METHODS[] = {[LWSHUMETH_GET] = WEB_GET,
                                              [LWSHUMETH_POST] = WEB_POST,
                                              [LWSHUMETH_PUT] = WEB_PUT,
                                              [LWSHUMETH_DELETE] = WEB_DELETE,
                                              [LWSHUMETH_HEAD] = WEB_GET};
    char *uri = NULL;
    int size = 0;
    const int method = lws_http_get_uri_and_method(exchange->wsi, &uri, &size);
    if (method < 0 || size <= 0 || (size_t)size >= WEB_PATH_SIZE) {
        (void)snprintf(exchange->path, sizeof exchange->path, "/");
        return false;
    }
    memcpy(exchange->path, uri, (size_t)size);
    exchange->path[size] = '\0';
    exchange->is_head = method == LWSHUMETH_HEAD;
    exchange->method = (size_t)method < COUNT_OF(METHODS) ? METHODS[method] : (enum web_method)0;
    return true;
}

static int64_t read_length(struct web_exchange *exchange)
{
    char text[24];
    char *end = NULL;
    if (lws_hdr_total_length(exchange->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        return -1;
    }
    if (lws_hdr_copy(exchange->wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0) {
        return 0;
    }
    const long long length = strtoll(text, &end, 10);
    return end == text || *end != '\0' || length < 0 ? -1 : length;
}

/* ---- what every request has to pass ---- */

static bool check_session(struct web_exchange *exchange)
{
    const struct web_route *route = exchange->route;
    struct web_session session;
    char csrf[WEB_TOKEN_SIZE];
    /* Valid, but of a city that is not here yet: nobody may be told that they are logged out. */
    if (exchange->who.id[0] != '\0' && (route->flags & WEB_OPEN) == 0 && !api_is_known(exchange)) {
        return false;
    }
    if (!exchange->who.is_known && (route->flags & WEB_OPEN) == 0) {
        web_problem(exchange, 401, "NOT_LOGGED_IN",
                    "log in with POST /api/v1/session, or give a token: Authorization: Bearer ...");
        return false;
    }
    if (route->rights != 0 && (exchange->who.rights & route->rights) == 0) {
        web_problem(exchange, 403, "NO_RIGHT", "%s may not do that; it takes another right",
                    exchange->who.id);
        return false;
    }
    if (exchange->method == WEB_GET && exchange->who.is_known && exchange->who.person == NONE32 &&
        (route->flags & (WEB_OPEN | WEB_GATEWAY)) == 0) {
        web_problem(exchange, 403, "NO_RIGHT", "%s is a gateway: it sends, it does not read",
                    exchange->who.id);
        return false;
    }
    if (exchange->method == WEB_GET || exchange->who.is_machine ||
        (route->flags & WEB_NO_CSRF) != 0 || !exchange->who.is_known) {
        return true;
    }
    if (!web_is_same_origin(exchange->wsi) ||
        !web_header(exchange, "x-csrf-token", csrf, sizeof csrf) ||
        !web_sessions_find(exchange->web->sessions, exchange->who.session, real_ms(), &session) ||
        strcmp(csrf, session.csrf) != 0) {
        web_problem(
            exchange, 403, "CSRF",
            "the header X-CSRF-Token with the value that the login gave is missing or wrong");
        return false;
    }
    return true;
}

static bool check_route(struct web_exchange *exchange)
{
    if (exchange->method == WEB_GET && web_answer_page(exchange)) {
        return false;
    }
    const struct web_match match = web_routes_find(exchange->method, exchange->path);
    if (match.route == NULL) {
        if (match.is_other_method) {
            web_problem(exchange, 405, "METHOD", "%s takes another method", exchange->path);
        } else {
            web_problem(exchange, 404, "UNKNOWN_PATH",
                        "nothing is at %s; GET /api/v1/openapi.json lists what is", exchange->path);
        }
        return false;
    }
    exchange->route = match.route;
    for (uint32_t i = 0; i < WEB_PARAMS_MAX; i++) {
        if (match.sizes[i] >= sizeof exchange->params[0]) {
            web_problem(exchange, 404, "UNKNOWN_PATH", "a piece of the path is too long");
            return false;
        }
        if (match.sizes[i] > 0) {
            memcpy(exchange->params[i], match.params[i], match.sizes[i]);
        }
    }
    return true;
}

static void check_body(struct web_exchange *exchange, int64_t length)
{
    const struct web_route *route = exchange->route;
    const int64_t max = route != NULL && route->body_max > 0 ? route->body_max : WEB_BODY_MAX;
    if (length < 0) {
        exchange->is_closing = true;
        web_problem(exchange, 411, "LENGTH", "send the body in one piece with Content-Length");
    } else if (length > 0 && !exchange->is_answered &&
               lws_hdr_total_length(exchange->wsi, WSI_TOKEN_HTTP_CONTENT_ENCODING) > 0) {
        web_problem(exchange, 415, "ENCODING", "send the body as it is, without Content-Encoding");
    } else if (length > max && !exchange->is_answered) {
        web_problem(exchange, 413, "TOO_LARGE", "the body has %lld bytes, at most %lld are taken",
                    (long long)length, (long long)max);
    }
    exchange->is_closing = exchange->is_closing || length > (int64_t)WEB_DISCARD_MAX;
    exchange->is_refused_body = exchange->is_answered && length > 0 && !exchange->is_closing;
    exchange->body_expected = length > 0 ? (size_t)length : 0;
    if (!exchange->is_answered && length > 0) {
        exchange->body = malloc((size_t)length + 1);
        if (exchange->body == NULL) {
            exchange->is_closing = true;
            web_problem(exchange, 503, "OVERLOADED", "no memory for the body");
        }
    }
}

struct web_exchange *web_exchange_begin(struct web *web, struct lws *wsi)
{
    struct web_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return NULL;
    }
    exchange->web = web;
    exchange->wsi = wsi;
    exchange->next = web->exchanges;
    if (web->exchanges != NULL) {
        web->exchanges->previous = exchange;
    }
    web->exchanges = exchange;
    if (!read_line(exchange)) {
        exchange->is_closing = true;
        web_problem(exchange, 414, "TOO_LARGE", "a path has at most %u bytes", WEB_PATH_SIZE - 1);
        return exchange;
    }
    read_query(exchange);
    exchange->who = web_find_who(web, wsi);
    if (check_route(exchange)) {
        (void)check_session(exchange);
    }
    check_body(exchange, read_length(exchange));
    if (exchange->body_expected == 0) {
        web_exchange_run(exchange);
    }
    return exchange;
}

void web_exchange_body(struct web_exchange *exchange, const void *bytes, size_t size)
{
    if (exchange->body != NULL && size <= exchange->body_expected - exchange->body_size) {
        memcpy(exchange->body + exchange->body_size, bytes, size);
        exchange->body_size += size;
    }
}

void web_exchange_run(struct web_exchange *exchange)
{
    exchange->is_refused_body = false;
    if (exchange->body != NULL) {
        exchange->body[exchange->body_size] = '\0';
    }
    if (exchange->is_answered) {
        lws_callback_on_writable(exchange->wsi);
    } else {
        exchange->route->handle(exchange);
    }
}

enum web_method web_method(const struct web_exchange *exchange)
{
    return exchange->method;
}

const char *web_path(const struct web_exchange *exchange)
{
    return exchange->path;
}

const char *web_param(const struct web_exchange *exchange, const char *name)
{
    const char *at = exchange->route->pattern;
    const size_t size = strlen(name);
    for (uint32_t i = 0; i < WEB_PARAMS_MAX && (at = strchr(at, '{')) != NULL; i++) {
        at++;
        if (strncmp(at, name, size) == 0 && at[size] == '}') {
            return exchange->params[i];
        }
    }
    must(false);
    return NULL;
}

const char *web_query(const struct web_exchange *exchange, const char *name)
{
    const size_t size = strlen(name);
    for (uint32_t i = 0; i < exchange->query_count; i++) {
        const char *at = exchange->query + exchange->query_at[i];
        if (strncmp(at, name, size) == 0 && at[size] == '=') {
            return at + size + 1;
        }
    }
    return NULL;
}

static bool known_header(struct web_exchange *exchange, const char *name, char *out, size_t size)
{
    static const struct {
        const char *name;
        enum lws_token_indexes token;
    } KNOWN[] = {{"content-type", WSI_TOKEN_HTTP_CONTENT_TYPE},
                 {"if-none-match", WSI_TOKEN_HTTP_IF_NONE_MATCH},
                 {"accept-encoding", WSI_TOKEN_HTTP_ACCEPT_ENCODING},
                 {"accept", WSI_TOKEN_HTTP_ACCEPT},
                 {"authorization", WSI_TOKEN_HTTP_AUTHORIZATION},
                 {"user-agent", WSI_TOKEN_HTTP_USER_AGENT},
                 {"date", WSI_TOKEN_HTTP_DATE},
                 {"host", WSI_TOKEN_HOST},
                 {"origin", WSI_TOKEN_ORIGIN}};
    for (size_t i = 0; i < COUNT_OF(KNOWN); i++) {
        if (strcmp(KNOWN[i].name, name) == 0) {
            return lws_hdr_copy(exchange->wsi, out, (int)size, KNOWN[i].token) > 0;
        }
    }
    return false;
}

bool web_header(const struct web_exchange *exchange, const char *name, char *out, size_t out_size)
{
    char with_colon[64];
    union {
        const struct web_exchange *from;
        struct web_exchange *to;
    } both = {.from = exchange};
    if (exchange->wsi == NULL) {
        return false;
    }
    if (known_header(both.to, name, out, out_size)) {
        return true;
    }
    const int size = snprintf(with_colon, sizeof with_colon, "%s:", name);
    return lws_hdr_custom_copy(exchange->wsi, out, (int)out_size, with_colon, size) > 0;
}

const struct web_who *web_who(const struct web_exchange *exchange)
{
    return &exchange->who;
}

const void *web_body(const struct web_exchange *exchange, size_t *out_size)
{
    *out_size = exchange->body_size;
    return exchange->body != NULL ? exchange->body : "";
}

/* ---- the body as JSON ---- */

json_t *web_body_object(struct web_exchange *exchange)
{
    char type[128];
    json_error_t error;
    if (!web_header(exchange, "content-type", type, sizeof type) ||
        strncmp(type, "application/json", 16) != 0) {
        web_problem(exchange, 415, "MEDIA_TYPE", "send JSON with Content-Type: application/json");
        return NULL;
    }
    json_t *object = json_loadb(exchange->body != NULL ? exchange->body : "", exchange->body_size,
                                JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        web_problem(exchange, 400, "MALFORMED", "no good JSON: line %d, column %d: %s", error.line,
                    error.column, error.text);
        return NULL;
    }
    if (!json_is_object(object)) {
        json_decref(object);
        web_problem(exchange, 400, "MALFORMED", "a JSON object is expected: {...}");
        return NULL;
    }
    return object;
}

bool web_field_text(struct web_exchange *exchange, const json_t *object, const char *name,
                    size_t size_max, const char **out_text, bool *out_wrong)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL || json_is_null(value) || *out_wrong) {
        return false;
    }
    if (!json_is_string(value) || json_string_length(value) > size_max ||
        strlen(json_string_value(value)) != json_string_length(value)) {
        *out_wrong = true;
        web_problem(exchange, 400, "MALFORMED", "\"%s\" takes a text of at most %zu bytes", name,
                    size_max);
        return false;
    }
    *out_text = json_string_value(value);
    return true;
}

/* ---- the world ---- */

struct web *web_of(const struct web_exchange *exchange)
{
    return exchange->web;
}

struct web_view *web_view_of(const struct web_exchange *exchange)
{
    return exchange->web->view;
}

int64_t web_now_ms(const struct web_exchange *exchange)
{
    const struct web *web = exchange->web;
    const int64_t since_ms = (int64_t)((uv_hrtime() - web->view->heard_ns) / 1000000);
    return web->view->heard_ns == 0
               ? 0
               : add_clamped(web->view->now_ms, since_ms * (int64_t)web->options.speed);
}

void web_set_context(struct web_exchange *exchange, void *context)
{
    must(exchange->context == NULL);
    exchange->context = context;
}

void *web_context(const struct web_exchange *exchange)
{
    return exchange->context;
}
