/* web_answer.c: answers: their head, problems, pages, and how they leave.
 *
 * The head is written here and not by libwebsockets: HTTP/1.1 only, and every answer bears the same security headers. */
#include "engine/shell/web_assets.h"
#include "engine/shell/web_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define INFLATED_MAX (4u << 20)

/* Pages may load what came with the program, talk to it, and show photos and the tiles of CITY/map.json; nothing else. */
#define SECURITY_BEFORE_TILES                                                                      \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "           \
    "img-src 'self' data: blob:"
static const char SECURITY_AFTER_TILES[] =
    "; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'\r\n"
    "X-Frame-Options: DENY\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: geolocation=(self), camera=(self), microphone=()\r\n";

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
    const int head_size = snprintf(
        head, sizeof head,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s%s" SECURITY_BEFORE_TILES
        "%s%s%s%s\r\n",
        status, status_text(status), type, size, cache, exchange->extra, exchange->web->tile_origin,
        SECURITY_AFTER_TILES,
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

/* ---- pages ---- */

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

bool web_answer_page(struct web_exchange *exchange)
{
    char seen[256];
    const struct web_asset *asset = find_asset(exchange->path);
    if (asset == NULL) {
        return false;
    }
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
    return true;
}
