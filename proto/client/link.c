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
#include <sys/stat.h>
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

/* Splits "url,url" up to a '#'; only the transports an engine listens on. */
static bool parse_urls(struct link *link, const char *urls)
{
    while (*urls != '\0' && *urls != '#') {
        size_t size = strcspn(urls, ",#");
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

#define KEY_PATH_SIZE 512u
#define KEY_WHY_SIZE 256u

/* "key=PATH&engine=HEX" behind the '#'. false: something else stands there. */
static bool parse_key(const char *urls, char path[KEY_PATH_SIZE], char engine[KEY_TEXT_HEX_SIZE])
{
    const char *at = strchr(urls, '#');
    path[0] = engine[0] = '\0';
    while (at != NULL && *at != '\0') {
        at++;
        const size_t size = strcspn(at, "&");
        const bool is_path = strncmp(at, "key=", 4) == 0;
        const size_t head = is_path ? 4 : 7;
        if ((!is_path && strncmp(at, "engine=", 7) != 0) ||
            size - head >= (is_path ? KEY_PATH_SIZE : KEY_TEXT_HEX_SIZE)) {
            return false;
        }
        char *to = is_path ? path : engine;
        memcpy(to, at + head, size - head);
        to[size - head] = '\0';
        at += size;
    }
    return engine[0] == '\0' || path[0] != '\0';
}

static bool open_key(struct sealing *sealing, const char *urls, const char *identity,
                     struct link_key key, char *out_why, size_t why_size)
{
    char path[KEY_PATH_SIZE], engine[KEY_TEXT_HEX_SIZE];
    if (!parse_key(urls, path, engine)) {
        (void)snprintf(out_why, why_size, "behind # of a url: key=PATH&engine=64 hex digits");
        return false;
    }
    key.path = key.path != NULL ? key.path : path;
    key.engine = key.engine != NULL ? key.engine : engine;
    if (key.path[0] == '\0') {
        *sealing = (struct sealing){.is_on = false};
        return true;
    }
    return sealing_open(sealing, key.path, key.engine, identity, out_why, why_size);
}

bool link_check_key(const char *urls, char *out_why, size_t why_size)
{
    char path[KEY_PATH_SIZE], engine[KEY_TEXT_HEX_SIZE];
    struct stat status;
    struct sealing sealing;
    if (parse_key(urls, path, engine) && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return true;
    }
    const struct link_key none = {NULL, NULL};
    const bool is_good = open_key(&sealing, urls, NULL, none, out_why, why_size);
    if (is_good) {
        sealing_close(&sealing);
    }
    return is_good;
}

static enum err open_buffers(struct link *link)
{
    size_t arena_size = link->inner_capacity > INNER_SIZE_SMALL ? ARENA_SIZE_MAX : ARENA_SIZE_MIN;
    link->buffer = malloc(LINK_HEAD_SIZE + link->inner_capacity);
    link->arena_block = aligned_alloc(64, arena_size);
    if (link->buffer == NULL || link->arena_block == NULL) {
        return ERR_MEMORY;
    }
    codec_arena_init(&link->arena, link->arena_block, arena_size);
    if (link->sealing.is_on) {
        link->sealed_capacity =
            LINK_HEAD_SIZE + link->inner_capacity + SEAL_HEAD_SIZE_MAX + SEAL_TAG_SIZE;
        link->sealed = malloc(link->sealed_capacity);
    }
    return link->sealing.is_on && link->sealed == NULL ? ERR_MEMORY : ERR_OK;
}

enum err link_open(struct link *link, const char *urls, const char *identity, size_t inner_capacity)
{
    return link_open_with(link, urls, identity, (struct link_key){NULL, NULL}, inner_capacity);
}

enum err link_open_with(struct link *link, const char *urls, const char *identity,
                        struct link_key key, size_t inner_capacity)
{
    char why[KEY_WHY_SIZE];
    *link =
        (struct link){.socket = -1, .endpoint = -1, .speed = 1, .inner_capacity = inner_capacity};
    if (!parse_urls(link, urls) ||
        (identity != NULL && !codec_is_key_id(identity, strlen(identity)))) {
        return ERR_INPUT;
    }
    if (!open_key(&link->sealing, urls, identity, key, why, sizeof why)) {
        return ERR_REFUSED;
    }
    (void)snprintf(link->identity, sizeof link->identity, "%s",
                   identity != NULL      ? identity
                   : link->sealing.is_on ? link->sealing.key.identity
                                         : "nobody");
    struct timespec now;
    must(clock_gettime(CLOCK_REALTIME, &now) == 0);
    /* Ids of an earlier run must not be mistaken for ours. */
    link->next_request_id = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec;
    enum err err = open_buffers(link);
    err = err == ERR_OK ? connect_url(link) : err;
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
    free(link->sealed);
    free(link->opened);
    sealing_close(&link->sealing);
    link->socket = -1;
    link->buffer = link->sealed = link->opened = NULL;
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
    sealing_restart(&link->sealing);
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

/* Writes the head of Request in front of the inner message; returns the first byte. */
static uint8_t *wrap_request(struct link *link, uint32_t kind, size_t inner_size,
                             uint64_t request_id)
{
    uint8_t head[32];
    uint8_t *at = head;
    *at++ = 1 << 3;
    at = wire_put_varint(at, request_id);
    at = wire_put_varint(at, kind << 3 | 2);
    at = wire_put_varint(at, inner_size);
    const size_t head_size = (size_t)(at - head);
    uint8_t *start = link_inner(link) - head_size;
    memcpy(start, head, head_size);
    return start;
}

/* Writes the head of a plain Frame in front of the request; returns the first byte. */
static uint8_t *wrap_frame(const struct link *link, uint8_t *request, size_t request_size)
{
    uint8_t head[LINK_HEAD_SIZE];
    size_t identity_size = strlen(link->identity);
    uint8_t *at = head;
    *at++ = 1 << 3;
    *at++ = CODEC_VERSION;
    *at++ = 2 << 3 | 2;
    at = wire_put_varint(at, identity_size);
    memcpy(at, link->identity, identity_size);
    at += identity_size;
    *at++ = 5 << 3 | 2;
    at = wire_put_varint(at, request_size);
    const size_t head_size = (size_t)(at - head);
    must(head_size <= (size_t)(request - link->buffer));
    memcpy(request - head_size, head, head_size);
    return request - head_size;
}

static enum err send_frame(const struct link *link, uint8_t *frame, size_t size, uint32_t number)
{
    _Alignas(struct nn_cmsghdr) uint8_t control[NN_CMSG_SPACE(sizeof(size_t) + 4)] = {0};
    struct nn_cmsghdr head = {NN_CMSG_LEN(sizeof(size_t) + 4), PROTO_SP, SP_HDR};
    size_t hop_size = 4;
    uint32_t hop = number | UINT32_C(0x80000000);
    uint8_t hop_bytes[4] = {(uint8_t)(hop >> 24), (uint8_t)(hop >> 16), (uint8_t)(hop >> 8),
                            (uint8_t)hop};
    memcpy(control, &head, sizeof(head));
    memcpy(control + sizeof(head), &hop_size, sizeof(hop_size));
    memcpy(control + sizeof(head) + sizeof(hop_size), hop_bytes, sizeof(hop_bytes));
    struct nn_iovec part = {frame, size};
    struct nn_msghdr message = {&part, 1, control, sizeof(control)};
    return nn_sendmsg(link->socket, &message, NN_DONTWAIT) < 0 ? ERR_UNAVAILABLE : ERR_OK;
}

/* Sends what is due of a handshake. */
static void greet(struct link *link)
{
    uint8_t hello[SEAL_HELLO_SIZE_MAX];
    const size_t size =
        link->socket >= 0 ? sealing_next(&link->sealing, link_monotonic_ms(), hello) : 0;
    if (size > 0) {
        (void)send_frame(link, hello, size, (uint32_t)++link->next_request_id);
    }
}

enum err link_send(struct link *link, uint32_t kind, size_t inner_size, uint64_t *out_request_id)
{
    must(inner_size <= link->inner_capacity);
    if (link->socket < 0) {
        return ERR_UNAVAILABLE;
    }
    const bool is_sealed = link->sealing.is_on;
    greet(link);
    if (is_sealed && !sealing_is_ready(&link->sealing)) {
        return ERR_UNAVAILABLE;
    }
    uint64_t request_id = ++link->next_request_id;
    uint8_t *start = wrap_request(link, kind, inner_size, request_id);
    size_t size = (size_t)(link_inner(link) + inner_size - start);
    if (is_sealed) {
        size = sealing_seal(&link->sealing, link_monotonic_ms(), start, size, link->sealed,
                            link->sealed_capacity);
        must(size > 0);
        start = link->sealed;
    } else {
        start = wrap_frame(link, start, size);
        size = (size_t)(link_inner(link) + inner_size - start);
    }
    if (size > CODEC_FRAME_SIZE_MAX) {
        return ERR_TOO_LARGE;
    }
    const enum err err = send_frame(link, start, size, (uint32_t)request_id);
    if (err == ERR_OK) {
        *out_request_id = request_id;
    }
    return err;
}

void link_wait(const struct link *link, uint32_t wait_ms)
{
    int fd = link_fd(link);
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    /* A signal ends the wait early, which is harmless: callers look at the time. */
    (void)poll(&waiting, fd >= 0, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);
}

static void note_clock(struct link *link, const Gridloop__Wire__Answer *answer)
{
    if (answer->has_now_ms && answer->now_ms > 0) {
        link->log_now_ms = answer->now_ms;
        link->heard_at_ms = link_monotonic_ms();
        link->speed = answer->has_speed && answer->speed > 0 ? answer->speed : 1;
    }
}

static bool has_room(struct link *link, size_t size)
{
    if (size > link->opened_capacity) {
        uint8_t *grown = realloc(link->opened, size);
        if (grown == NULL) {
            return false;
        }
        link->opened = grown;
        link->opened_capacity = size;
    }
    return true;
}

/* The key was refused: an answer that says so, once, as if it were to the newest request. */
static bool tell_refusal(struct link *link, struct codec_answer *out_answer)
{
    static const Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    static const Gridloop__Wire__Reject reject = GRIDLOOP__WIRE__REJECT__INIT;
    static char HINT[] =
        "is the key registered, not revoked, and the engine's public key the one that "
        "its first line says? gridloop key list";
    const uint32_t code = link->sealing.is_on ? link->sealing.refused : 0;
    if (code == link->told_refusal || code == 0) {
        link->told_refusal = code;
        return false;
    }
    link->told_refusal = code;
    link->refusal = answer;
    link->reject = reject;
    link->reject.has_code = 1;
    link->reject.code = code;
    link->reject.hint = HINT;
    link->refusal.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_REJECT;
    link->refusal.reject = &link->reject;
    *out_answer =
        (struct codec_answer){.request_id = link->next_request_id, .answer = &link->refusal};
    return true;
}

bool link_receive(struct link *link, struct codec_answer *out_answer)
{
    for (;;) {
        greet(link);
        if (link->socket < 0) {
            return false;
        }
        void *bytes = NULL;
        int got = nn_recv(link->socket, &bytes, NN_MSG, NN_DONTWAIT);
        if (got < 0) {
            return tell_refusal(link, out_answer);
        }
        const void *frame = bytes;
        size_t size = (size_t)got;
        if (link->sealing.is_on) {
            size =
                has_room(link, size + SEAL_HEAD_SIZE_MAX)
                    ? sealing_take(&link->sealing, link_monotonic_ms(), bytes, size, link->opened)
                    : 0;
            frame = link->opened;
        }
        if (size == 0) {
            (void)nn_freemsg(bytes); /* a step of the handshake; perhaps more waits */
            continue;
        }
        enum code code = codec_open_answer(frame, size, &link->arena, out_answer);
        (void)nn_freemsg(bytes);
        if (code != CODE_NOTHING) {
            link->refused_answers++;
            return false;
        }
        note_clock(link, out_answer->answer);
        return true;
    }
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
