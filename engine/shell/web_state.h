/* web_state.h: what the files of the web thread share: web.c (thread), web_server.c (libwebsockets), web_exchange.c (one
 * request), web_answer.c, web_who.c, web_ask.c, web_live.c (WebSocket). Nobody else includes it. */
#ifndef ENGINE_SHELL_WEB_STATE_H
#define ENGINE_SHELL_WEB_STATE_H

#include "engine/doors/door_maps.h"
#include "engine/shell/accounts.h"
#include "engine/shell/web.h"
#include "engine/shell/web_routes.h"
#include "engine/shell/web_scope.h"
#include "engine/shell/web_sessions.h"
#include "engine/shell/web_view.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#define WEB_CONNECTIONS_MAX 4096u
#define WEB_ASKS_MAX 1024u     /* a power of two */
#define WEB_ASK_MS 10000u      /* unless web_ask_within says otherwise */
#define WEB_HEADERS_MAX 16384u /* bytes of a request's headers */
#define WEB_DISCARD_MAX                                                                            \
    (64u << 20) /* of a body that is too large is read away; above, the connection is cut */
#define WEB_PATH_SIZE 512u
#define WEB_QUERY_SIZE 2048u
#define WEB_QUERY_MAX 16u
#define WEB_EXTRA_SIZE 1024u
#define WEB_CHUNK_SIZE 16384u /* of an answer, per write */
#define WEB_WORKS_MAX 2u      /* on the pool at once, of its four threads */
#define WEB_READERS 2u        /* as many ask the history */

/* A connection to the history; used by one thread of the pool at a time. */
struct web_reader {
    sqlite3 *db;       /* NULL: not opened yet */
    uint64_t until_ns; /* uv_hrtime; then the question is given up */
    bool is_busy;
};

struct web_exchange {
    struct web *web;
    struct lws *wsi; /* NULL: the client has gone */
    struct web_exchange *next, *previous;
    const struct web_route *route;
    enum web_method method;
    bool is_head;
    char path[WEB_PATH_SIZE];
    char params[WEB_PARAMS_MAX][128];
    char query[WEB_QUERY_SIZE]; /* name=value, each terminated */
    uint32_t query_at[WEB_QUERY_MAX];
    uint32_t query_count;
    struct web_who who;
    char *body; /* malloc'ed, with a zero behind */
    size_t body_size, body_expected;
    bool is_refused_body;       /* answered already; the rest of the body is read away */
    char extra[WEB_EXTRA_SIZE]; /* header lines */
    uint8_t *out;               /* LWS_PRE bytes, then head and body */
    size_t out_size, out_sent;
    bool is_answered;
    bool is_closing;  /* after the answer */
    uint32_t pending; /* asks and works that still hold it */
    void *context;
    uv_work_t work;
    void (*work_run)(void *context);
    void (*work_done)(struct web_exchange *exchange);
    struct web_question *question; /* to the history, waiting or asked; NULL */
    struct web_reader *reader;     /* that asks it */
    struct web_exchange *waiting_next;
};

struct web_ask {
    uint64_t id; /* 0 = free */
    struct web_exchange *exchange;
    web_answered_fn *answered;
    uint64_t until_ms; /* uv_now */
};

struct web_counts {
    uint64_t connections_refused;
    uint64_t requests[6]; /* by first digit of the status */
    uint64_t asks_late;
    uint64_t live_cut;
    uint64_t logins_failed;
};

struct web {
    struct web_options options;
    struct web_link *link;
    char url[300];
    bool is_loopback, is_tls, is_ipv6;
    char first_password[64], first_person[CODEC_KEY_ID_SIZE_MAX + 1];
    char tile_origin[160]; /* " https://host" of the street map, or "" */
    char data[512], city[512], rules[600], host[256], tls_cert[512], tls_key[512];
    int port;
    uint64_t started_ms; /* real time */
    pthread_t thread;
    bool is_running;
    /* web thread */
    uv_loop_t uv;
    uv_async_t wake; /* an answer is there, or is_stopping */
    uv_timer_t tick;
    atomic_bool is_stopping;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    uint32_t connections;
    struct web_exchange *exchanges; /* list */
    struct web_ask asks[WEB_ASKS_MAX];
    uint64_t ask_last;
    uint32_t works;
    struct codec_arena arena;
    struct web_view *view;
    struct web_sessions *sessions;
    struct accounts *accounts;
    int64_t accounts_version; /* seen last */
    uint64_t accounts_at_ms;  /* uv_now then */
    struct web_writing *writing;
    struct door_maps *doors;
    struct web_reader readers[WEB_READERS];
    struct web_exchange *waiting; /* for a reader, first come first */
    uint32_t waiting_count;
    struct web_live *live;
    struct web_counts counts;
    json_t *openapi;
    char *city_json; /* of GET /city, made when asked for the first time after other images */
    uint64_t city_version;
    json_t *lint;          /* findings; NULL: not known */
    uint64_t lint_version; /* of the view then */
    bool is_tool_busy;
    char *metrics;
    int64_t metrics_at_ms;
};

/* ---- web_server.c ---- */
enum err web_server_open(struct web *web, char out_why[WEB_WHY_SIZE]) WARN_UNUSED;
void web_server_close(struct web *web);

/* ---- web_exchange.c ---- */
/* The request's head is here: answers it, or waits for its body. */
struct web_exchange *web_exchange_begin(struct web *web, struct lws *wsi);
void web_exchange_body(struct web_exchange *exchange, const void *bytes, size_t size);
void web_exchange_run(struct web_exchange *exchange);    /* the body is complete */
void web_exchange_detach(struct web_exchange *exchange); /* the connection is done with it */
/* Somebody will come back to it: an ask, a work. */
void web_exchange_hold(struct web_exchange *exchange);
void web_exchange_let_go(struct web_exchange *exchange);

/* ---- web_answer.c ---- */
/* The page of that path, if there is one. */
bool web_answer_page(struct web_exchange *exchange);
/* 0: go on; 1: all is written; -1: close. */
int web_exchange_write(struct web_exchange *exchange);

/* ---- web_who.c ---- */
/* Whose cookie or token does the request bear? */
struct web_who web_find_who(struct web *web, struct lws *wsi);
bool web_is_same_origin(struct lws *wsi);

/* ---- web_ask.c ---- */
void web_take_answers(struct web *web);
void web_expire_asks(struct web *web, bool is_all);

/* ---- web_reader.c ---- */
/* Those that wait are told that there will be no answer; those being asked come to their end. */
void web_readers_stop(struct web *web);
void web_readers_close(struct web *web);

/* ---- web_live.c ---- */
struct web_live_client;
enum err web_live_new(struct web *web) WARN_UNUSED;
void web_live_free(struct web *web);
void web_live_tick(struct web *web);
/* What somebody who opens a WebSocket says about itself. */
struct web_live_asked {
    bool has_since;         /* it was here before: */
    uint64_t since;         /* the last sequence it saw */
    uint64_t epoch;         /* of the hello it saw then */
    bool is_deflated;       /* it takes messages deflated */
    struct web_scope scope; /* what it may read */
};
struct web_live_client *web_live_join(struct web *web, struct lws *wsi,
                                      const struct web_live_asked *asked);
void web_live_leave(struct web_live_client *client);
int web_live_write(struct web_live_client *client);
int web_live_receive(struct web_live_client *client, size_t size, bool is_last);
uint32_t web_live_count(const struct web *web);

#endif
