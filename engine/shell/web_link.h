/* web_link.h: the engine thread's side of the web thread: what it is told, what it asks, what it is answered.
 *
 *   engine thread                                      web thread
 *   changed rows, positions of workers --- records --> view
 *   lanes <------------------------------- mails ----- web_ask
 *   answers whose entry is durable ------- answers --> callbacks
 *
 * Nothing here waits: a ring that is full loses records, and the view is built anew from the core, in slices of at most
 * WEB_LINK_SLICE_US; a lost answer is asked for again by whoever waits. What a record rests on may not be on disk yet:
 * the reader takes a record when its position is durable.
 *
 * Owner   web_link_new before the loop runs, web_link_free when both threads have ended; borrows the node */
#ifndef ENGINE_SHELL_WEB_LINK_H
#define ENGINE_SHELL_WEB_LINK_H

#include "engine/edge/node.h"
#include "engine/shell/history_feed.h"

#include <uv.h>

#define WEB_LINK_SLICE_US 500u
#define WEB_LINK_TICK_MS 100u

struct web_link; /* opaque */

enum web_record_kind {
    WEB_RECORD_RESET = 1, /* forget everything; images: names of what follows */
    WEB_RECORD_CASE,
    WEB_RECORD_ORDER,
    WEB_RECORD_WORKER,
    WEB_RECORD_READY, /* all that was there at the reset has been told */
    WEB_RECORD_PULSE, /* nothing but position and time */
};

struct web_record {
    uint64_t position; /* of the entry it rests on */
    int64_t at_ms;     /* log time */
    uint32_t kind;     /* enum web_record_kind */
    uint32_t reserved;
    union {
        struct effect_activated images;
        struct case_view view;
        struct order_view order;
        struct worker_view worker;
    } of;
};

enum err web_link_new(struct node *node, struct web_link **out_link) WARN_UNUSED;
void web_link_free(struct web_link *link); /* NULL is fine */

/* ---- engine thread; all of them take NULL for "no web thread" ---- */

/* A mail came in: node_receive it. */
typedef void web_mail_fn(void *context, const void *route, uint32_t route_size, const void *frame,
                         uint64_t frame_size);
void web_link_start(struct web_link *link, uv_loop_t *uv, web_mail_fn *take, void *context);
/* Nobody reads any more: mails stay where they are. */
void web_link_stop(struct web_link *link);
/* Where the history's records go besides (history_thread_tee). */
struct history_sink web_link_sink(struct web_link *link);
void web_link_durable(struct web_link *link, uint64_t position);
/* False: the answer is not for the web thread. */
bool web_link_send(struct web_link *link, const struct node_output *output);

/* ---- web thread ---- */

/* Called on the engine thread when an answer is there; must only wake. */
void web_link_attach(struct web_link *link, uv_async_t *wake);
/* False: no room, or the engine is stopping. */
bool web_link_ask(struct web_link *link, uint64_t ask, const void *frame, uint64_t frame_size);
/* The next answer, borrowed until web_link_answer_done; NULL when there is none. */
const void *web_link_answer(struct web_link *link, uint64_t *out_ask, uint64_t *out_size);
void web_link_answer_done(struct web_link *link);
/* The next record that is durable, borrowed until web_link_record_done; NULL when there is none. */
const struct web_record *web_link_record(struct web_link *link);
void web_link_record_done(struct web_link *link);
uint64_t web_link_durable_position(const struct web_link *link);
/* Records that found no room since the start: each led to a view built anew. */
uint64_t web_link_lost(const struct web_link *link);

#endif
