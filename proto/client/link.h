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

#include "proto/client/sealing.h"
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
    /* sealed frames; nothing of it while sealing.is_on is false */
    struct sealing sealing;
    uint8_t *sealed; /* a frame as it goes out */
    size_t sealed_capacity;
    uint8_t *opened; /* an answer as it came in */
    size_t opened_capacity;
    uint32_t told_refusal; /* enum code, told to the caller; 0 = none */
    Gridloop__Wire__Answer refusal;
    Gridloop__Wire__Reject reject;
};

/* Which key to speak with; both NULL: what stands behind # in the urls, else none. */
struct link_key {
    const char *path;   /* a key file, or a directory that holds IDENTITY.key */
    const char *engine; /* the engine's public key, 64 hex digits; NULL: as the key file says */
};

/* Real ms of a clock that never goes back. */
int64_t link_monotonic_ms(void);

/* urls: "url,url" and perhaps "#key=PATH&engine=HEX". identity NULL: whoever the key is for, or nobody. ERR_REFUSED: the key cannot be
 * used; link_check_key says why. */
enum err link_open(struct link *link, const char *urls, const char *identity,
                   size_t inner_capacity) WARN_UNUSED;
enum err link_open_with(struct link *link, const char *urls, const char *identity,
                        struct link_key key, size_t inner_capacity) WARN_UNUSED;
/* False with a sentence when the key that the urls name cannot be used. A directory of keys is not looked into. */
bool link_check_key(const char *urls, char *out_why, size_t why_size);
void link_close(struct link *link);
enum err link_next(struct link *link) WARN_UNUSED; /* the next url of several */
const char *link_url(const struct link *link);

/* Where the caller writes the inner message (an EventBatch, Act ...), link->inner_capacity bytes. */
uint8_t *link_inner(struct link *link);

/* Sends the inner message as the request kind with that field number of Request. ERR_UNAVAILABLE also before there is a session:
 * link_receive brings it about, so wait for answers and try again. */
enum err link_send(struct link *link, uint32_t kind, size_t inner_size,
                   uint64_t *out_request_id) WARN_UNUSED;

/* The next answer. false: none, or one that was refused. Never waits. A key that the engine refuses gives a Reject of its code, once. */
bool link_receive(struct link *link, struct codec_answer *out_answer);

/* Until an answer is there to be received or wait_ms is over. */
void link_wait(const struct link *link, uint32_t wait_ms);

int link_fd(const struct link *link);
int64_t link_log_now_ms(const struct link *link); /* 0 = not yet heard */

#endif
