/* link.h: one raw REQ socket to one of several engines: frames out, checked answers in.
 *
 * Raw, because a plain REQ socket allows one request in flight and forgets a held poll when another request is
 * sent. One endpoint is connected at a time; link_next tries the following one. nanomsg reconnects by itself.
 * Loss is silent: whoever sends must also resend.
 *
 * Owner   one thread; answers borrow from the link until the next link_receive
 * Errors  ERR_INPUT (url), ERR_MEMORY, ERR_UNAVAILABLE (no connection now), ERR_TOO_LARGE */
#ifndef PROTO_CLIENT_LINK_H
#define PROTO_CLIENT_LINK_H

#include "proto/codec.h"

#define LINK_URL_SIZE_MAX 128u
#define LINK_URLS_MAX 8u
/* Room before the inner message for the headers of frame and request. */
#define LINK_HEAD_SIZE 160u

struct link {
    int socket; /* -1 = none */
    int endpoint;
    char urls[LINK_URLS_MAX][LINK_URL_SIZE_MAX];
    uint32_t url_count, url_index;
    char identity[CODEC_KEY_ID_SIZE_MAX + 1];
    uint8_t *buffer; /* LINK_HEAD_SIZE, then the inner message */
    size_t inner_capacity;
    struct codec_arena arena;
    void *arena_block;
    uint64_t next_request_id;
    /* log clock as last heard */
    int64_t log_now_ms;  /* 0 = never */
    int64_t heard_at_ms; /* monotonic */
    uint32_t speed;
    uint64_t refused_answers; /* answers that did not decode */
};

/* Real ms of a clock that never goes back. */
int64_t link_monotonic_ms(void);

enum err link_open(struct link *link, const char *urls, const char *identity,
                   size_t inner_capacity) WARN_UNUSED;
void link_close(struct link *link);
enum err link_next(struct link *link) WARN_UNUSED; /* the next url of several */
const char *link_url(const struct link *link);

/* Where the caller writes the inner message (an EventBatch, Act ...), link->inner_capacity bytes. */
uint8_t *link_inner(struct link *link);

/* Sends the inner message as the request kind with that field number of Request. */
enum err link_send(struct link *link, uint32_t kind, size_t inner_size,
                   uint64_t *out_request_id) WARN_UNUSED;

/* The next answer. false: none, or one that was refused. Never waits. */
bool link_receive(struct link *link, struct codec_answer *out_answer);

/* Until an answer is there to be received or wait_ms is over. */
void link_wait(const struct link *link, uint32_t wait_ms);

int link_fd(const struct link *link);
int64_t link_log_now_ms(const struct link *link); /* 0 = not yet heard */

#endif
