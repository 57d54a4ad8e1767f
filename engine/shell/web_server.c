/* web_server.c: libwebsockets on the web thread's own libuv loop.
 *
 * What this version (4.1.6) needs: pt_serv_buf_size of 16384, or large answers stall; its libuv glue is a plugin loaded at
 * run time; a listen socket that fails leaves handles on the loop, so the port is tried first; ALPN names HTTP/1.1 alone,
 * since answers are written as such. */
#include "engine/shell/report.h"
#include "engine/shell/web_state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_BUFFER 16384u
#define KEEPALIVE_S 30
#define REQUEST_S 20 /* to send a request, and to take an answer */

/* Per connection. */
struct connection {
    struct web_exchange *exchange;
    struct web_live_client *live;
    bool is_counted;
};

static struct web *web_of_wsi(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

static void drop(struct connection *connection)
{
    if (connection->exchange != NULL) {
        struct web_exchange *exchange = connection->exchange;
        connection->exchange = NULL;
        web_exchange_detach(exchange);
    }
}

static int begin(struct web *web, struct lws *wsi, struct connection *connection)
{
    drop(connection);
    connection->exchange = web_exchange_begin(web, wsi);
    return connection->exchange == NULL ? -1 : 0;
}

static int write_some(struct lws *wsi, struct connection *connection)
{
    if (connection->exchange == NULL) {
        return 0;
    }
    const int done = web_exchange_write(connection->exchange);
    if (done <= 0) {
        return done;
    }
    drop(connection);
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* A WebSocket may only be opened at one path, by somebody logged in, from our own pages. */
static int confirm_upgrade(struct web *web, struct lws *wsi)
{
    char path[64];
    int status = 0;
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0 ||
        strcmp(path, "/api/v1/live") != 0) {
        status = 404;
    } else if (!web_is_same_origin(wsi)) {
        status = 403;
    } else {
        const struct web_who who = web_find_who(web, wsi);
        const struct web_scope scope = web_scope_of_who(web->view, &who);
        const bool is_early = who.id[0] != '\0' && !web->view->names.is_open;
        status = !who.is_known                               ? is_early ? 503 : 401
                 : scope.is_nobody || scope.person != NONE32 ? 403
                                                             : 0;
    }
    if (status == 0) {
        return 0;
    }
    (void)lws_return_http_status(wsi, (unsigned)status, NULL);
    return 1;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, struct connection *connection,
                   void *in, size_t size)
{
    struct web *web = web_of_wsi(wsi);
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP:
        return begin(web, wsi, connection);
    case LWS_CALLBACK_HTTP_BODY:
        if (connection->exchange != NULL) {
            web_exchange_body(connection->exchange, in, size);
        }
        return 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (connection->exchange != NULL) {
            web_exchange_run(connection->exchange);
        }
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return write_some(wsi, connection);
    default: /* closed, dropped */
        drop(connection);
        return 0;
    }
}

static bool read_number(struct lws *wsi, const char *name, uint64_t *out_value)
{
    char text[32];
    char *end = NULL;
    const char *at = lws_get_urlarg_by_name(wsi, name, text, sizeof text);
    *out_value = at != NULL ? strtoull(at, &end, 10) : 0;
    return at != NULL && end != at && *end == '\0';
}

static struct web_live_client *join(struct web *web, struct lws *wsi)
{
    const struct web_who who = web_find_who(web, wsi);
    struct web_live_asked asked = {.scope = web_scope_of_who(web->view, &who)};
    uint64_t is_deflated = 0;
    asked.has_since = read_number(wsi, "since=", &asked.since);
    (void)read_number(wsi, "epoch=", &asked.epoch);
    asked.is_deflated = read_number(wsi, "deflate=", &is_deflated) && is_deflated == 1;
    return web_live_join(web, wsi, &asked);
}

static int on_live(struct lws *wsi, enum lws_callback_reasons reason, struct connection *connection,
                   size_t size)
{
    struct web *web = web_of_wsi(wsi);
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        connection->live = join(web, wsi);
        return connection->live == NULL ? -1 : 0;
    case LWS_CALLBACK_RECEIVE:
        return connection->live == NULL
                   ? -1
                   : web_live_receive(connection->live, size, lws_is_final_fragment(wsi) != 0);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return connection->live == NULL ? -1 : web_live_write(connection->live);
    default: /* closed */
        if (connection->live != NULL) {
            web_live_leave(connection->live);
            connection->live = NULL;
        }
        return 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    struct connection *connection = user;
    struct web *web;
    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        web = web_of_wsi(wsi);
        if (web->connections >= WEB_CONNECTIONS_MAX) {
            web->counts.connections_refused++;
            return 1;
        }
        return 0;
    case LWS_CALLBACK_WSI_CREATE:
        web_of_wsi(wsi)->connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        web_of_wsi(wsi)->connections--;
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return confirm_upgrade(web_of_wsi(wsi), wsi);
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_HTTP_BODY:
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    case LWS_CALLBACK_HTTP_WRITEABLE:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        return connection == NULL ? 0 : on_http(wsi, reason, connection, in, size);
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
        return connection == NULL ? 0 : on_live(wsi, reason, connection, size);
    default:
        return 0;
    }
}

static void on_log(int level, const char *line)
{
    report(level == LLL_ERR ? REPORT_ERROR : REPORT_WARN, "web", "said=%s", REPORT_TEXT(line));
}

/* Is the port free? Binding it twice within libwebsockets would leave handles behind. */
static enum err try_port(struct web *web, char *why)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)web->port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)web->port)};
    const int family = web->is_ipv6 ? AF_INET6 : AF_INET;
    const void *address = web->is_ipv6 ? (const void *)&six : (const void *)&four;
    const socklen_t size = web->is_ipv6 ? sizeof six : sizeof four;
    const int known = web->is_ipv6 ? inet_pton(AF_INET6, web->host, &six.sin6_addr)
                                   : inet_pton(AF_INET, web->host, &four.sin_addr);
    const int yes = 1;
    const int fd = known == 1 ? socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    enum err err = ERR_OK;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, address, size) != 0 || listen(fd, 1) != 0) {
        err = errno == EADDRINUSE ? ERR_BUSY : ERR_INPUT;
        (void)snprintf(why, WEB_WHY_SIZE,
                       "cannot listen on http %s%s%s:%d: %s; give another with --http HOST:PORT, "
                       "or --http none",
                       web->is_ipv6 ? "[" : "", web->host, web->is_ipv6 ? "]" : "", web->port,
                       strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

enum err web_server_open(struct web *web, char out_why[WEB_WHY_SIZE])
{
    static const struct lws_protocols PROTOCOLS[] = {
        {.name = "http",
         .callback = on_event,
         .per_session_data_size = sizeof(struct connection),
         .rx_buffer_size = SERVER_BUFFER},
        {.name = NULL}};
    static const lws_retry_bo_t IDLE = {.secs_since_valid_ping = 30, .secs_since_valid_hangup = 45};
    void *loops[1] = {&web->uv};
    const enum err err = try_port(web, out_why);
    if (err != ERR_OK) {
        return err;
    }
    lws_set_log_level(LLL_ERR, on_log);
    struct lws_context_creation_info info = {
        .port = web->port,
        .iface = web->host,
        .protocols = PROTOCOLS,
        .foreign_loops = loops,
        .user = web,
        .gid = -1,
        .uid = -1,
        .pt_serv_buf_size = SERVER_BUFFER,
        .max_http_header_data = WEB_HEADERS_MAX,
        .keepalive_timeout = KEEPALIVE_S,
        .timeout_secs = REQUEST_S,
        .retry_and_idle_policy = &IDLE,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8 |
                   (web->is_ipv6 ? 0u : (uint64_t)LWS_SERVER_OPTION_DISABLE_IPV6)};
    if (web->is_tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = web->tls_cert;
        info.ssl_private_key_filepath = web->tls_key;
        info.alpn = "http/1.1";
    }
    web->lws = lws_create_context(&info);
    web->vhost = web->lws != NULL ? lws_get_vhost_by_name(web->lws, "default") : NULL;
    if (web->vhost == NULL) {
        (void)snprintf(out_why, WEB_WHY_SIZE,
                       "the web server does not start%s; is libwebsockets-evlib-uv installed?",
                       web->is_tls ? ": certificate or key are no good" : "");
        return ERR_UNAVAILABLE;
    }
    web->port = lws_get_vhost_listen_port(web->vhost);
    lws_set_log_level(0, NULL); /* from now on what it has to say is about what clients send */
    return ERR_OK;
}

void web_server_close(struct web *web)
{
    if (web->lws != NULL) {
        lws_context_destroy(web->lws);
        web->lws = NULL;
    }
}
