/* link.c: nanomsg in raw mode.
 *
 * A raw REQ socket takes and gives the request header as ancillary data: struct nn_cmsghdr{PROTO_SP, SP_HDR}, then
 * size_t 4, then four bytes big-endian with the top bit set (the bottom of the stack of hops). What comes back is not
 * looked at: answers are matched by the request id inside. */
#include "proto/client/link.h"

#include "proto/wire.h"

#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A gateway's answer of 1,000 results with hints decodes into less than the first; a worker's items into the second. */
#define ARENA_SIZE_MAX (8u << 20)
#define ARENA_SIZE_MIN (1u << 20)
#define INNER_SIZE_SMALL (128u << 10)
#define RECONNECT_MS 50
#define RECONNECT_MS_MAX 1000

int64_t link_monotonic_ms(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum err connect_url(struct link *link)
{
    const int no_wait_ms = 0;
    const int size_max = (int)CODEC_FRAME_SIZE_MAX;
    const int reconnect_ms = RECONNECT_MS;
    const int reconnect_ms_max = RECONNECT_MS_MAX;
    const int buffer_size = (int)CODEC_FRAME_SIZE_MAX; /* several batches in flight */
    link->socket = nn_socket(AF_SP_RAW, NN_REQ);
    if (link->socket < 0) {
        return ERR_MEMORY;
    }
    bool is_set = nn_setsockopt(link->socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &size_max,
                                sizeof(size_max)) == 0 &&
                  nn_setsockopt(link->socket, NN_SOL_SOCKET, NN_SNDTIMEO, &no_wait_ms,
                                sizeof(no_wait_ms)) == 0 &&
                  nn_setsockopt(link->socket, NN_SOL_SOCKET, NN_SNDBUF, &buffer_size,
                                sizeof(buffer_size)) == 0 &&
                  nn_setsockopt(link->socket, NN_SOL_SOCKET, NN_RECONNECT_IVL, &reconnect_ms,
                                sizeof(reconnect_ms)) == 0 &&
                  nn_setsockopt(link->socket, NN_SOL_SOCKET, NN_RECONNECT_IVL_MAX,
                                &reconnect_ms_max, sizeof(reconnect_ms_max)) == 0;
    must(is_set);
    link->endpoint = nn_connect(link->socket, link->urls[link->url_index]);
    if (link->endpoint < 0) {
        (void)nn_close(link->socket);
        link->socket = -1;
        return ERR_INPUT;
    }
    return ERR_OK;
}

/* Splits "url,url"; only the transports an engine listens on. */
static bool parse_urls(struct link *link, const char *urls)
{
    while (*urls != '\0') {
        size_t size = strcspn(urls, ",");
        bool is_known = strncmp(urls, "tcp://", 6) == 0 || strncmp(urls, "ipc://", 6) == 0;
        if (!is_known || size >= LINK_URL_SIZE_MAX || link->url_count == LINK_URLS_MAX) {
            return false;
        }
        memcpy(link->urls[link->url_count], urls, size);
        link->urls[link->url_count++][size] = '\0';
        urls += size;
        urls += *urls == ',';
    }
    return link->url_count > 0;
}

enum err link_open(struct link *link, const char *urls, const char *identity, size_t inner_capacity)
{
    *link =
        (struct link){.socket = -1, .endpoint = -1, .speed = 1, .inner_capacity = inner_capacity};
    size_t identity_size = strlen(identity);
    if (!codec_is_key_id(identity, identity_size) || !parse_urls(link, urls)) {
        return ERR_INPUT;
    }
    memcpy(link->identity, identity, identity_size + 1);
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    /* Ids of an earlier run must not be mistaken for ours. */
    link->next_request_id = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec;
    link->buffer = malloc(LINK_HEAD_SIZE + inner_capacity);
    size_t arena_size = inner_capacity > INNER_SIZE_SMALL ? ARENA_SIZE_MAX : ARENA_SIZE_MIN;
    link->arena_block = aligned_alloc(64, arena_size);
    if (link->buffer == NULL || link->arena_block == NULL) {
        link_close(link);
        return ERR_MEMORY;
    }
    codec_arena_init(&link->arena, link->arena_block, arena_size);
    enum err err = connect_url(link);
    if (err != ERR_OK) {
        link_close(link);
    }
    return err;
}

void link_close(struct link *link)
{
    if (link->socket >= 0) {
        (void)nn_close(link->socket);
    }
    free(link->buffer);
    free(link->arena_block);
    link->socket = -1;
    link->buffer = NULL;
    link->arena_block = NULL;
}

enum err link_next(struct link *link)
{
    if (link->url_count == 1) {
        return ERR_OK;
    }
    (void)nn_close(link->socket);
    link->socket = -1;
    link->url_index = (link->url_index + 1) % link->url_count;
    return connect_url(link);
}

const char *link_url(const struct link *link)
{
    return link->urls[link->url_index];
}

uint8_t *link_inner(struct link *link)
{
    return link->buffer + LINK_HEAD_SIZE;
}

/* Writes the headers of Frame and Request in front of the inner message; returns the first byte. */
static uint8_t *wrap(struct link *link, uint32_t kind, size_t inner_size, uint64_t request_id)
{
    uint8_t head[LINK_HEAD_SIZE];
    uint8_t request[32];
    uint8_t *at = request;
    *at++ = 1 << 3;
    at = wire_put_varint(at, request_id);
    at = wire_put_varint(at, kind << 3 | 2);
    at = wire_put_varint(at, inner_size);
    size_t request_size = (size_t)(at - request);
    size_t identity_size = strlen(link->identity);
    at = head;
    *at++ = 1 << 3;
    *at++ = CODEC_VERSION;
    *at++ = 2 << 3 | 2;
    at = wire_put_varint(at, identity_size);
    memcpy(at, link->identity, identity_size);
    at += identity_size;
    *at++ = 5 << 3 | 2;
    at = wire_put_varint(at, request_size + inner_size);
    memcpy(at, request, request_size);
    at += request_size;
    size_t head_size = (size_t)(at - head);
    must(head_size <= LINK_HEAD_SIZE);
    uint8_t *start = link->buffer + LINK_HEAD_SIZE - head_size;
    memcpy(start, head, head_size);
    return start;
}

enum err link_send(struct link *link, uint32_t kind, size_t inner_size, uint64_t *out_request_id)
{
    must(inner_size <= link->inner_capacity);
    if (link->socket < 0) {
        return ERR_UNAVAILABLE;
    }
    uint64_t request_id = ++link->next_request_id;
    uint8_t *start = wrap(link, kind, inner_size, request_id);
    size_t size = (size_t)(link_inner(link) + inner_size - start);
    if (size > CODEC_FRAME_SIZE_MAX) {
        return ERR_TOO_LARGE;
    }
    _Alignas(struct nn_cmsghdr) uint8_t control[NN_CMSG_SPACE(sizeof(size_t) + 4)] = {0};
    struct nn_cmsghdr head = {NN_CMSG_LEN(sizeof(size_t) + 4), PROTO_SP, SP_HDR};
    size_t hop_size = 4;
    uint32_t hop = (uint32_t)request_id | UINT32_C(0x80000000);
    uint8_t hop_bytes[4] = {(uint8_t)(hop >> 24), (uint8_t)(hop >> 16), (uint8_t)(hop >> 8),
                            (uint8_t)hop};
    memcpy(control, &head, sizeof(head));
    memcpy(control + sizeof(head), &hop_size, sizeof(hop_size));
    memcpy(control + sizeof(head) + sizeof(hop_size), hop_bytes, sizeof(hop_bytes));
    struct nn_iovec part = {start, size};
    struct nn_msghdr message = {&part, 1, control, sizeof(control)};
    if (nn_sendmsg(link->socket, &message, NN_DONTWAIT) < 0) {
        return ERR_UNAVAILABLE;
    }
    *out_request_id = request_id;
    return ERR_OK;
}

void link_wait(const struct link *link, uint32_t wait_ms)
{
    int fd = link_fd(link);
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    /* A signal ends the wait early, which is harmless: callers look at the time. */
    (void)poll(&waiting, fd >= 0, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);
}

bool link_receive(struct link *link, struct codec_answer *out_answer)
{
    if (link->socket < 0) {
        return false;
    }
    void *bytes = NULL;
    int size = nn_recv(link->socket, &bytes, NN_MSG, NN_DONTWAIT);
    if (size < 0) {
        return false;
    }
    enum code code = codec_open_answer(bytes, (size_t)size, &link->arena, out_answer);
    (void)nn_freemsg(bytes);
    if (code != CODE_NOTHING) {
        link->refused_answers++;
        return false;
    }
    const Gridloop__Wire__Answer *answer = out_answer->answer;
    if (answer->has_now_ms && answer->now_ms > 0) {
        link->log_now_ms = answer->now_ms;
        link->heard_at_ms = link_monotonic_ms();
        link->speed = answer->has_speed && answer->speed > 0 ? answer->speed : 1;
    }
    return true;
}

int link_fd(const struct link *link)
{
    int fd = -1;
    size_t size = sizeof(fd);
    if (link->socket < 0 || nn_getsockopt(link->socket, NN_SOL_SOCKET, NN_RCVFD, &fd, &size) != 0) {
        return -1;
    }
    return fd;
}

int64_t link_log_now_ms(const struct link *link)
{
    if (link->log_now_ms == 0) {
        return 0;
    }
    int64_t elapsed_ms = link_monotonic_ms() - link->heard_at_ms;
    return add_clamped(link->log_now_ms, mul_div(elapsed_ms, link->speed, 1));
}
