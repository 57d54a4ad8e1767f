/* web_live.c: consoles that watch: a snapshot, then what has changed, at most ten times a second.
 *
 *   joined --> hello --> snapshot --> even with the view --tick--> delta --> even ...
 *                 |          ^                                       |
 *                 |          +------ too far behind, or the view was built anew
 *                 +-- came back with what it saw last, and that is known --> even
 *
 * Everybody who is even gets the same bytes, made and deflated once, and written as soon as they are made: of the ways to
 * write of this version of libwebsockets the one without two more turns of epoll. Who has not taken the last message yet
 * gets none: what changed meanwhile comes as one delta when it has. Who takes nothing for SLOW_MS is cut; so is who sends
 * more than a few words.
 *
 * A message's sequence counts changes of the view; with the epoch (this start of the engine and the view's version) it says
 * how much somebody has seen. */
#include "engine/shell/web_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define CLIENTS_MAX 2048u
#define FRAGMENT_SIZE 16384u
#define SLOW_MS 30000u
#define WORDS_PER_S 10u     /* messages a client may send */
#define WORD_SIZE_MAX 4096u /* bytes of one */
#define PIECES_MAX 4u       /* of a message, before others have a turn */
#define PULSE_MS 1000u      /* a delta although nothing has changed */

#define DEFLATE_LEVEL 1
#define EPOCH_VERSIONS 4096u /* of a view within one epoch's start */

/* A message as text, and deflated for those who take it so; made when the first of them gets it. */
enum form { FORM_TEXT, FORM_DEFLATED, FORM_COUNT };

struct message {
    uint32_t holders;
    uint64_t reaches; /* web_view.changed */
    uint64_t version; /* web_view.version */
    uint64_t after;   /* web_view.changed of those it is for; 0 = a snapshot */
    struct web_scope scope;
    struct message *next; /* of those of this tick */
    size_t sizes[FORM_COUNT];
    uint8_t *forms[FORM_COUNT]; /* LWS_PRE bytes, then the message; NULL: not made */
};

struct web_live_client {
    struct web *web;
    struct lws *wsi;
    struct web_scope scope;
    struct web_live_client *next, *previous;
    struct message *sending; /* NULL: nothing to send */
    size_t sent;
    enum form form;
    bool has_hello;
    bool is_broken;            /* to be closed */
    uint64_t reaches, version; /* 0: needs a snapshot */
    uint64_t since_ms;         /* uv_now when `sending` began */
    uint64_t words_from_ms;
    uint32_t words;
    size_t word_size;
};

struct web_live {
    struct web_live_client *clients;
    uint32_t count;
    uint8_t fragment[LWS_PRE + FRAGMENT_SIZE];
    struct message *made; /* of now, shared by those who are even and read the same */
};

enum err web_live_new(struct web *web)
{
    web->live = calloc(1, sizeof *web->live);
    return web->live == NULL ? ERR_MEMORY : ERR_OK;
}

static void let_go(struct message *message)
{
    if (message != NULL && --message->holders == 0) {
        free(message->forms[FORM_TEXT]);
        free(message->forms[FORM_DEFLATED]);
        free(message);
    }
}

static void forget_made(struct web_live *live)
{
    while (live->made != NULL) {
        struct message *message = live->made;
        live->made = message->next;
        let_go(message);
    }
}

void web_live_free(struct web *web)
{
    if (web->live != NULL) {
        must(web->live->clients == NULL);
        forget_made(web->live);
        free(web->live);
        web->live = NULL;
    }
}

uint32_t web_live_count(const struct web *web)
{
    return web->live == NULL ? 0 : web->live->count;
}

/* ---- messages ---- */

/* A text that grows, behind LWS_PRE bytes. */
struct joined {
    uint8_t *bytes;
    size_t size, capacity;
};

static void join(struct joined *joined, const char *text, size_t size)
{
    if (LWS_PRE + joined->size + size > joined->capacity) {
        joined->capacity = (LWS_PRE + joined->size + size) * 2;
        joined->bytes = realloc(joined->bytes, joined->capacity);
        must(joined->bytes != NULL);
    }
    memcpy(joined->bytes + LWS_PRE + joined->size, text, size);
    joined->size += size;
}

static void join_word(struct joined *joined, const char *text)
{
    join(joined, text, strlen(text));
}

static void join_json(struct joined *joined, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    must(text != NULL);
    join_word(joined, text);
    free(text);
}

static struct message *finish(const struct web *web, struct joined *joined)
{
    struct message *message = calloc(1, sizeof *message);
    must(message != NULL);
    *message = (struct message){.holders = 1,
                                .reaches = web->view->changed,
                                .version = web->view->version,
                                .sizes[FORM_TEXT] = joined->size,
                                .forms[FORM_TEXT] = joined->bytes};
    return message;
}

/* Once for all who take it so. */
static void deflate_message(struct message *message)
{
    uLongf size = compressBound(message->sizes[FORM_TEXT]);
    uint8_t *bytes = malloc(LWS_PRE + size);
    must(bytes != NULL);
    const int code = compress2(bytes + LWS_PRE, &size, message->forms[FORM_TEXT] + LWS_PRE,
                               message->sizes[FORM_TEXT], DEFLATE_LEVEL);
    must(code == Z_OK);
    message->forms[FORM_DEFLATED] = bytes;
    message->sizes[FORM_DEFLATED] = size;
}

/* A whole number that JavaScript holds exactly, never given twice. */
static uint64_t epoch_of(const struct web *web)
{
    return (web->started_ms % (UINT64_C(1) << 40)) * EPOCH_VERSIONS +
           web->view->version % EPOCH_VERSIONS;
}

static void join_head(struct joined *joined, const struct web *web, const char *type)
{
    char head[200];
    (void)snprintf(head, sizeof head,
                   "{\"type\":\"%s\",\"position\":%llu,\"sequence\":%llu,\"now_ms\":%lld", type,
                   (unsigned long long)web->view->position, (unsigned long long)web->view->changed,
                   (long long)web->view->now_ms);
    join_word(joined, head);
}

static void join_cases(struct joined *joined, const struct web_view *view, uint64_t after,
                       const struct web_scope *scope)
{
    const bool is_all = web_scope_is_all(scope);
    bool has_one = false;
    join_word(joined, ",\"cases\":[");
    for (uint32_t i = 0; i < view->case_count; i++) {
        const struct web_case *row = &view->cases[i];
        if (row->changed > after && row->row != NULL &&
            (is_all || web_scope_has_case(scope, view, row))) {
            join_word(joined, has_one ? "," : "");
            join(joined, row->row, row->row_size);
            has_one = true;
        }
    }
    join_word(joined, "]");
}

static void join_workers(struct joined *joined, const struct web_view *view, uint64_t after,
                         const struct web_scope *scope)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < view->worker_count; i++) {
        if (view->workers[i].changed > after && web_scope_has_person(scope, view, i)) {
            (void)json_array_append_new(list, web_row_worker(view, &view->workers[i]));
        }
    }
    join_word(joined, ",\"workers\":");
    join_json(joined, list);
}

/* Cases that ended, and those that an office no longer has to do with. */
static void join_gone(struct joined *joined, const struct web_view *view, uint64_t after,
                      const struct web_scope *scope)
{
    char number[WORDS_CASE_NO_SIZE];
    json_t *list = json_array();
    const uint64_t first = view->gone_count > WEB_GONE_MAX ? view->gone_count - WEB_GONE_MAX : 0;
    for (uint64_t i = view->gone_count; i > first; i--) {
        const struct web_gone *gone = &view->gone[(i - 1) % WEB_GONE_MAX];
        if (gone->changed <= after) {
            break;
        }
        if (web_scope_has_gone(scope, view, gone)) {
            (void)json_array_append_new(list, json_string(words_case_no(gone->no, number)));
        }
    }
    for (uint32_t i = 0; scope->department != NONE32 && i < view->case_count; i++) {
        const struct web_case *row = &view->cases[i];
        if (row->changed > after && row->has_moved && !web_scope_has_case(scope, view, row)) {
            (void)json_array_append_new(list, json_string(words_case_no(row->no, number)));
        }
    }
    join_word(joined, ",\"gone\":");
    join_json(joined, list);
}

static struct message *make(const struct web *web, uint64_t after, const struct web_scope *scope)
{
    struct joined joined = {NULL, 0, 0};
    join_head(&joined, web, after == 0 ? "snapshot" : "delta");
    join_cases(&joined, web->view, after, scope);
    if (after != 0) {
        join_gone(&joined, web->view, after, scope);
    }
    join_workers(&joined, web->view, after, scope);
    join_word(&joined, ",\"counters\":");
    join_json(&joined, web_view_counters(web->view, scope));
    join_word(&joined, "}");
    struct message *message = finish(web, &joined);
    message->after = after;
    message->scope = *scope;
    return message;
}

/* Made once for all who read the same and are as far. */
static struct message *made_for(const struct web *web, uint64_t after,
                                const struct web_scope *scope)
{
    struct web_live *live = web->live;
    if (live->made != NULL &&
        (live->made->reaches != web->view->changed || live->made->version != web->view->version)) {
        forget_made(live);
    }
    for (struct message *message = live->made; message != NULL; message = message->next) {
        if (message->after == after && web_scope_is_equal(&message->scope, scope)) {
            return message;
        }
    }
    struct message *message = make(web, after, scope);
    message->next = live->made;
    live->made = message;
    return message;
}

static struct message *make_hello(const struct web *web, const char *resume)
{
    struct joined joined = {NULL, 0, 0};
    char tail[160];
    join_head(&joined, web, "hello");
    (void)snprintf(tail, sizeof tail,
                   ",\"speed\":%u,\"epoch\":%llu,\"is_stale\":%s,\"resume\":\"%s\"}",
                   web->options.speed, (unsigned long long)epoch_of(web),
                   web->view->is_ready ? "false" : "true", resume);
    join_word(&joined, tail);
    return finish(web, &joined);
}

/* ---- clients ---- */

/* The next piece of the message. False: the connection is broken. */
static bool write_piece(struct web_live_client *client)
{
    struct message *message = client->sending;
    const size_t left = message->sizes[client->form] - client->sent;
    const size_t size = left < FRAGMENT_SIZE ? left : FRAGMENT_SIZE;
    const bool is_first = client->sent == 0;
    const int flags = lws_write_ws_flags(
        client->form == FORM_TEXT ? LWS_WRITE_TEXT : LWS_WRITE_BINARY, is_first, size == left);
    uint8_t *at = message->forms[client->form] + LWS_PRE + client->sent;
    if (!is_first) { /* the frame's head would fall into what others are still to get */
        memcpy(client->web->live->fragment + LWS_PRE, at, size);
        at = client->web->live->fragment + LWS_PRE;
    }
    if (lws_write(client->wsi, at, size, (enum lws_write_protocol)flags) < 0) {
        return false;
    }
    client->sent += size;
    client->since_ms = uv_now(&client->web->uv);
    return true;
}

/* The message has left for the kernel. */
static void end_message(struct web_live_client *client)
{
    struct message *message = client->sending;
    if (client->has_hello) {
        client->reaches = message->reaches;
        client->version = message->version;
    }
    client->has_hello = true;
    client->sending = NULL;
    let_go(message);
}

/* As much as the socket takes. What libwebsockets had to keep, or what is left, is written when the socket has room. */
static bool write_all(struct web_live_client *client)
{
    for (uint32_t i = 0; i < PIECES_MAX && client->sending != NULL; i++) {
        if (client->sent < client->sending->sizes[client->form] && !write_piece(client)) {
            return false;
        }
        if (lws_partial_buffered(client->wsi)) {
            break;
        }
        if (client->sent == client->sending->sizes[client->form]) {
            end_message(client);
        }
    }
    if (client->sending != NULL) {
        lws_callback_on_writable(client->wsi);
    }
    return true;
}

static void set_message(struct web_live_client *client, struct message *message)
{
    must(client->sending == NULL);
    if (message->forms[client->form] == NULL) {
        deflate_message(message);
    }
    message->holders++;
    client->sending = message;
    client->sent = 0;
    client->since_ms = uv_now(&client->web->uv);
}

static void send_message(struct web_live_client *client, struct message *message)
{
    set_message(client, message);
    if (!write_all(client)) {
        client->is_broken = true;
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
}

/* Does it need all anew: never had it, the view was rebuilt, or what left meanwhile is forgotten? */
static bool needs_snapshot(const struct web_live_client *client)
{
    const struct web_view *view = client->web->view;
    return client->version != view->version || client->reaches < view->forgot;
}

static void send_snapshot(struct web_live_client *client)
{
    send_message(client, made_for(client->web, 0, &client->scope));
}

/* Is what it saw last known here still? Then it is even with the view as it was. */
static bool resume(struct web_live_client *client, const struct web_live_asked *asked)
{
    const struct web_view *view = client->web->view;
    if (!view->is_ready || asked->epoch != epoch_of(client->web) || asked->since == 0 ||
        asked->since > view->changed || asked->since < view->forgot) {
        return false;
    }
    client->reaches = asked->since;
    client->version = view->version;
    return true;
}

struct web_live_client *web_live_join(struct web *web, struct lws *wsi,
                                      const struct web_live_asked *asked)
{
    if (web->live == NULL || web->live->count >= CLIENTS_MAX) {
        return NULL;
    }
    struct web_live_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    client->web = web;
    client->wsi = wsi;
    client->scope = asked->scope;
    client->form = asked->is_deflated ? FORM_DEFLATED : FORM_TEXT;
    client->next = web->live->clients;
    if (client->next != NULL) {
        client->next->previous = client;
    }
    web->live->clients = client;
    web->live->count++;
    struct message *hello = make_hello(web, !asked->has_since       ? "none"
                                            : resume(client, asked) ? "resumed"
                                                                    : "reload");
    set_message(client, hello); /* the answer to the upgrade may still be on its way */
    let_go(hello);
    lws_callback_on_writable(wsi);
    return client;
}

void web_live_leave(struct web_live_client *client)
{
    struct web_live *live = client->web->live;
    if (client->previous != NULL) {
        client->previous->next = client->next;
    } else {
        live->clients = client->next;
    }
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    live->count--;
    let_go(client->sending);
    free(client);
}

static void next_message(struct web_live_client *client)
{
    if (client->sending == NULL && client->web->view->is_ready && needs_snapshot(client)) {
        send_snapshot(client);
    }
}

int web_live_write(struct web_live_client *client)
{
    if (client->is_broken || !write_all(client)) {
        return -1;
    }
    next_message(client);
    return client->is_broken ? -1 : 0;
}

/* Nothing a client says means anything; it must be short and rare. */
int web_live_receive(struct web_live_client *client, size_t size, bool is_last)
{
    const uint64_t now_ms = uv_now(&client->web->uv);
    if (now_ms - client->words_from_ms >= 1000) {
        client->words_from_ms = now_ms;
        client->words = 0;
    }
    client->word_size += size;
    client->words += is_last;
    if (client->word_size > WORD_SIZE_MAX || client->words > WORDS_PER_S) {
        client->web->counts.live_cut++;
        return -1;
    }
    client->word_size = is_last ? 0 : client->word_size;
    return 0;
}

void web_live_tick(struct web *web)
{
    struct web_live *live = web->live;
    const struct web_view *view = web->view;
    forget_made(live); /* they carry the time they were made */
    for (struct web_live_client *client = live->clients, *next; client != NULL; client = next) {
        next = client->next;
        if (client->is_broken) {
            continue;
        }
        if (client->sending != NULL) {
            if (uv_now(&web->uv) - client->since_ms > SLOW_MS) {
                web->counts.live_cut++;
                client->is_broken = true;
                lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
            }
            continue;
        }
        const bool is_quiet = uv_now(&web->uv) - client->since_ms < PULSE_MS;
        if (!view->is_ready || (client->reaches == view->changed && is_quiet)) {
            continue;
        }
        if (needs_snapshot(client)) {
            send_snapshot(client);
            continue;
        }
        send_message(client, made_for(web, client->reaches, &client->scope));
    }
    if (live->count == 0) {
        forget_made(live);
    }
}
