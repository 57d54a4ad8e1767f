/* web_exchange.c: one HTTP request, from its head to the last byte of its answer.
 *
 *   begin --no body--> run --handler--> answered --written--> detached, freed
 *     |                 ^        \--ask--> pending --callback--/
 *     +--body---> full -+
 *
 * An exchange is freed when its connection is done with it and no ask or work holds it: a client that goes away early
 * leaves its answer to nobody.
 *
 * The head of an answer is written here and not by libwebsockets: HTTP/1.1 only, and every answer bears the same
 * security headers. */
#include "engine/edge/words.h"
#include "engine/shell/web_assets.h"
#include "engine/shell/web_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#define COOKIE "gridloop_session"
#define INFLATED_MAX (4u << 20)

/* Pages may load what came with the program, talk to it, and show map tiles and photos; nothing else. */
static const char SECURITY[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: https:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'\r\n"
    "X-Frame-Options: DENY\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: geolocation=(self), camera=(self), microphone=()\r\n";

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- who asks ---- */

static void fill_person(struct web *web, struct web_who *who)
{
    const struct city *city = &web->view->names.city;
    const struct history_names *names = &web->view->names;
    who->person = NONE32;
    for (uint32_t i = 0; names->is_open && i < city->person_count; i++) {
        const struct city_person *row = &city->persons[i];
        if (row->id.size == strlen(who->id) &&
            memcmp(city_text(city, row->id), who->id, row->id.size) == 0) {
            who->person = i;
            who->rights = row->rights;
            who->is_known = true;
            return;
        }
    }
    for (uint32_t i = 0; who->is_machine && names->is_open && i < city->gateway_count; i++) {
        const struct city_gateway *row = &city->gateways[i];
        who->is_known =
            who->is_known || (row->id.size == strlen(who->id) &&
                              memcmp(city_text(city, row->id), who->id, row->id.size) == 0);
    }
}

/* The value of our cookie among others. */
static bool find_cookie(const char *cookies, char *out, size_t out_size)
{
    const size_t name_size = strlen(COOKIE "=");
    const char *at = cookies;
    while (at != NULL) {
        at += strspn(at, " ;");
        if (strncmp(at, COOKIE "=", name_size) == 0) {
            const size_t size = strcspn(at + name_size, "; ");
            if (size == 0 || size >= out_size) {
                return false;
            }
            memcpy(out, at + name_size, size);
            out[size] = '\0';
            return true;
        }
        at = strchr(at, ';');
    }
    return false;
}

struct web_who web_find_who(struct web *web, struct lws *wsi)
{
    struct web_who who = {.person = NONE32};
    char text[1024];
    struct accounts_fault fault;
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_AUTHORIZATION) > 0) {
        if (strncmp(text, "Bearer ", 7) == 0 &&
            accounts_find_token(web->accounts, text + 7, who.id, &fault) == ERR_OK) {
            who.is_machine = true;
            fill_person(web, &who);
        }
        return who;
    }
    struct web_session session;
    char token[65];
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_COOKIE) > 0 &&
        find_cookie(text, token, sizeof token) &&
        web_sessions_find(web->sessions, token, real_ms(), &session)) {
        (void)snprintf(who.id, sizeof who.id, "%s", session.person);
        (void)snprintf(who.session, sizeof who.session, "%s", token);
        fill_person(web, &who);
    }
    return who;
}

bool web_is_same_origin(struct lws *wsi)
{
    char origin[256], host[256];
    if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) <= 0) {
        return lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) == 0; /* not a browser */
    }
    const char *after = strstr(origin, "://");
    return after != NULL && lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) > 0 &&
           strcmp(after + 3, host) == 0;
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

static const struct web_asset *find_asset(const char *path)
{
    for (uint32_t i = 0; i < WEB_ASSET_COUNT; i++) {
        if (strcmp(WEB_ASSETS[i].path, path) == 0) {
            return &WEB_ASSETS[i];
        }
    }
    return NULL;
}

/* For the few clients that take no gzip. */
static void answer_inflated(struct web_exchange *exchange, const struct web_asset *asset)
{
    z_stream stream = {.avail_in = asset->size};
    union {
        const uint8_t *from;
        uint8_t *to;
    } in = {.from = asset->bytes};
    uint8_t *out = malloc(INFLATED_MAX);
    stream.next_in = in.to;
    stream.next_out = out;
    stream.avail_out = INFLATED_MAX;
    if (out != NULL && inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK) {
        const bool is_whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
        (void)inflateEnd(&stream);
        if (is_whole) {
            web_answer_bytes(exchange, 200, asset->type, out, stream.total_out);
            free(out);
            return;
        }
    }
    free(out);
    web_problem(exchange, 406, "ENCODING", "this file is sent with Accept-Encoding: gzip only");
}

static void answer_asset(struct web_exchange *exchange, const struct web_asset *asset)
{
    char seen[256];
    web_set_header(exchange, "Cache-Control", "no-cache");
    web_set_header(exchange, "ETag", asset->etag);
    web_set_header(exchange, "Vary", "Accept-Encoding");
    if (web_header(exchange, "if-none-match", seen, sizeof seen) &&
        strcmp(seen, asset->etag) == 0) {
        web_answer_bytes(exchange, 304, asset->type, "", 0);
    } else if (!asset->is_gzip) {
        web_answer_bytes(exchange, 200, asset->type, asset->bytes, asset->size);
    } else if (web_header(exchange, "accept-encoding", seen, sizeof seen) &&
               strstr(seen, "gzip") != NULL) {
        web_set_header(exchange, "Content-Encoding", "gzip");
        web_answer_bytes(exchange, 200, asset->type, asset->bytes, asset->size);
    } else {
        answer_inflated(exchange, asset);
    }
}

static bool check_route(struct web_exchange *exchange)
{
    const struct web_asset *asset = exchange->method == WEB_GET ? find_asset(exchange->path) : NULL;
    if (asset != NULL) {
        answer_asset(exchange, asset);
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

/* ---- answering ---- */

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } TEXTS[] = {{200, "OK"},
                 {201, "Created"},
                 {202, "Accepted"},
                 {204, "No Content"},
                 {304, "Not Modified"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {406, "Not Acceptable"},
                 {409, "Conflict"},
                 {410, "Gone"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {414, "URI Too Long"},
                 {415, "Unsupported Media Type"},
                 {422, "Unprocessable Content"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"},
                 {504, "Gateway Timeout"}};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (TEXTS[i].status == status) {
            return TEXTS[i].text;
        }
    }
    return "Answer";
}

void web_set_header(struct web_exchange *exchange, const char *name, const char *value)
{
    const size_t used = strlen(exchange->extra);
    must(strpbrk(value, "\r\n") == NULL);
    const int size =
        snprintf(exchange->extra + used, WEB_EXTRA_SIZE - used, "%s: %s\r\n", name, value);
    must(size > 0 && used + (size_t)size < WEB_EXTRA_SIZE);
}

void web_answer_bytes(struct web_exchange *exchange, int status, const char *type,
                      const void *bytes, size_t size)
{
    char head[4096];
    must(!exchange->is_answered);
    exchange->is_answered = true;
    exchange->web->counts.requests[status / 100 < 6 ? status / 100 : 5]++;
    if (exchange->wsi == NULL) {
        return;
    }
    const char *cache =
        strstr(exchange->extra, "Cache-Control:") == NULL ? "Cache-Control: no-store\r\n" : "";
    const int head_size =
        snprintf(head, sizeof head,
                 "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s%s%s%s\r\n",
                 status, status_text(status), type, size, cache, exchange->extra, SECURITY,
                 exchange->web->is_tls ? "Strict-Transport-Security: max-age=31536000\r\n" : "",
                 exchange->is_closing ? "Connection: close\r\n" : "");
    must(head_size > 0 && (size_t)head_size < sizeof head);
    const size_t body_size = exchange->is_head || status == 304 || status == 204 ? 0 : size;
    exchange->out = malloc(LWS_PRE + (size_t)head_size + body_size);
    if (exchange->out == NULL) {
        exchange->is_closing = true;
        return;
    }
    memcpy(exchange->out + LWS_PRE, head, (size_t)head_size);
    if (body_size > 0) {
        memcpy(exchange->out + LWS_PRE + head_size, bytes, body_size);
    }
    exchange->out_size = (size_t)head_size + body_size;
    if (!exchange->is_refused_body) {
        lws_callback_on_writable(exchange->wsi);
    }
}

void web_answer_json(struct web_exchange *exchange, int status, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    must(text != NULL);
    web_answer_bytes(exchange, status, "application/json", text, strlen(text));
    free(text);
}

void web_problem_with(struct web_exchange *exchange, int status, const char *code,
                      const char *detail, json_t *possible)
{
    json_t *problem =
        json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", status_text(status),
                  "status", status, "detail", detail, "code", code);
    must(problem != NULL);
    if (possible != NULL) {
        (void)json_object_set_new(problem, "possible", possible);
    }
    if (status == 401 && strstr(exchange->extra, "WWW-Authenticate") == NULL) {
        web_set_header(exchange, "WWW-Authenticate", "Bearer");
    }
    char *text = json_dumps(problem, JSON_COMPACT);
    json_decref(problem);
    web_answer_bytes(exchange, status, "application/problem+json", text, strlen(text));
    free(text);
}

void web_problem(struct web_exchange *exchange, int status, const char *code, const char *format,
                 ...)
{
    char detail[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    /* Cut inside a character, or a path that is none: JSON takes UTF-8 only. */
    json_t *probe = json_string(detail);
    web_problem_with(exchange, status, code,
                     probe != NULL ? detail : "the request holds bytes that are no UTF-8", NULL);
    json_decref(probe);
}

int web_exchange_write(struct web_exchange *exchange)
{
    if (!exchange->is_answered || exchange->is_refused_body) {
        return 0;
    }
    if (exchange->out == NULL) {
        return -1;
    }
    while (exchange->out_sent < exchange->out_size) {
        const size_t left = exchange->out_size - exchange->out_sent;
        const size_t size = left < WEB_CHUNK_SIZE ? left : WEB_CHUNK_SIZE;
        const bool is_last = size == left;
        const int sent = lws_write(exchange->wsi, exchange->out + LWS_PRE + exchange->out_sent,
                                   size, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
        if (sent < (int)size) {
            return -1;
        }
        exchange->out_sent += size;
        if (!is_last) {
            lws_callback_on_writable(exchange->wsi);
            return 0;
        }
    }
    return exchange->is_closing ? -1 : 1;
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

bool web_field_int(struct web_exchange *exchange, const json_t *object, const char *name,
                   int64_t low, int64_t high, int64_t *out_value, bool *out_wrong)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL || json_is_null(value) || *out_wrong) {
        return false;
    }
    if (!json_is_integer(value) || json_integer_value(value) < low ||
        json_integer_value(value) > high) {
        *out_wrong = true;
        web_problem(exchange, 400, "MALFORMED", "\"%s\" takes a whole number from %lld to %lld",
                    name, (long long)low, (long long)high);
        return false;
    }
    *out_value = json_integer_value(value);
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
