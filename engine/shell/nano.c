/* nano.c: raw REP sockets.
 *
 *   route   u32 listener, then the bytes of the message's control data (SP header inside a cmsg)
 *
 * The control block is kept whole and handed back as it came, so its inside stays nanomsg's business. */
#include "engine/shell/nano.h"

#include "engine/edge/node.h"

#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/reqrep.h>
#include <stdio.h>
#include <sys/stat.h>

#define BUFFER_BYTES (8 * 1024 * 1024)

void nano_init(struct nano *nano)
{
    *nano = (struct nano){.count = 0};
}

void nano_close(struct nano *nano)
{
    for (uint32_t i = 0; i < nano->count; i++) {
        (void)nn_close(nano->listeners[i].socket);
    }
    nano->count = 0;
}

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

bool nano_is_local(const char *url, char *out_why, size_t why_size)
{
    if (starts_with(url, "ipc://") || starts_with(url, "tcp://127.") ||
        starts_with(url, "tcp://[::1]:") || starts_with(url, "tcp://localhost:")) {
        return true;
    }
    (void)snprintf(
        out_why, why_size,
        "%s can be reached from other machines, and without keys anybody there could act as "
        "anybody: register keys and start with --auth keys (gridloop key --help), or listen on "
        "ipc:// or tcp://127.0.0.1:PORT and put WireGuard or stunnel in front",
        url);
    return false;
}

/* A socket with the engine's options, or -1 with errno. */
static int open_socket(void)
{
    int receive_max = (int)NODE_FRAME_MAX, buffer = BUFFER_BYTES;
    int socket = nn_socket(AF_SP_RAW, NN_REP);
    if (socket < 0) {
        return -1;
    }
    if (nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, &receive_max, sizeof receive_max) < 0 ||
        nn_setsockopt(socket, NN_SOL_SOCKET, NN_RCVBUF, &buffer, sizeof buffer) < 0 ||
        nn_setsockopt(socket, NN_SOL_SOCKET, NN_SNDBUF, &buffer, sizeof buffer) < 0) {
        (void)nn_close(socket);
        return -1;
    }
    return socket;
}

static enum err refuse_listen(const char *url, char *out_why, size_t why_size)
{
    int error = nn_errno();
    if (error == EADDRINUSE) {
        (void)snprintf(out_why, why_size, "%s is in use by another program", url);
        return ERR_BUSY;
    }
    (void)snprintf(out_why, why_size, "cannot listen on %s: %s", url, nn_strerror(error));
    return error == EINVAL || error == ENAMETOOLONG || error == EPROTONOSUPPORT || error == ENODEV
               ? ERR_INPUT
               : ERR_IO;
}

enum err nano_listen(struct nano *nano, const char *url, char *out_why, size_t why_size)
{
    if (nano->count == NANO_LISTENERS_MAX) {
        (void)snprintf(out_why, why_size, "at most %u addresses can be listened on",
                       NANO_LISTENERS_MAX);
        return ERR_FULL;
    }
    if (!starts_with(url, "ipc://") && !starts_with(url, "tcp://")) {
        (void)snprintf(out_why, why_size, "an address begins with ipc:// or tcp://, not \"%s\"",
                       url);
        return ERR_INPUT;
    }
    if (strlen(url) >= sizeof nano->listeners[0].url) {
        (void)snprintf(out_why, why_size, "the address is longer than %zu bytes",
                       sizeof nano->listeners[0].url - 1);
        return ERR_INPUT;
    }
    int socket = open_socket();
    if (socket < 0) {
        return refuse_listen(url, out_why, why_size);
    }
    int fd = -1;
    size_t fd_size = sizeof fd;
    if (nn_bind(socket, url) < 0 ||
        nn_getsockopt(socket, NN_SOL_SOCKET, NN_RCVFD, &fd, &fd_size) < 0) {
        enum err err = refuse_listen(url, out_why, why_size);
        (void)nn_close(socket);
        return err;
    }
    if (starts_with(url, "ipc://")) {
        /* Whoever may write to the socket may act as anybody while auth is none. */
        (void)chmod(url + strlen("ipc://"), 0660);
    }
    uint32_t at = nano->count++;
    nano->listeners[at].socket = socket;
    nano->listeners[at].fd = fd;
    (void)snprintf(nano->listeners[at].url, sizeof nano->listeners[at].url, "%s", url);
    return ERR_OK;
}

/* Receives one frame; false when none waits. */
static bool receive_one(struct nano *nano, uint32_t listener, nano_take_fn *take, void *context,
                        uint64_t *io_bytes)
{
    void *body = NULL;
    void *control = NULL;
    struct nn_iovec vector = {.iov_base = &body, .iov_len = NN_MSG};
    struct nn_msghdr header = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = NN_MSG};
    int size = nn_recvmsg(nano->listeners[listener].socket, &header, NN_DONTWAIT);
    if (size < 0) {
        return false;
    }
    *io_bytes += (uint64_t)size;
    /* The control block's size stands in its cmsg headers. */
    uint8_t route[NODE_ROUTE_MAX];
    size_t used = sizeof listener;
    memcpy(route, &listener, sizeof listener);
    struct nn_msghdr view = {.msg_control = &control, .msg_controllen = NN_MSG};
    struct nn_cmsghdr *part = NN_CMSG_FIRSTHDR(&view);
    while (part != NULL && (part->cmsg_level != PROTO_SP || part->cmsg_type != SP_HDR)) {
        part = NN_CMSG_NXTHDR(&view, part);
    }
    if (part != NULL && part->cmsg_len <= sizeof route - used) {
        memcpy(route + used, part, part->cmsg_len);
        used += part->cmsg_len;
        take(context, route, (uint32_t)used, body, (uint64_t)size);
    }
    (void)nn_freemsg(body);
    if (control != NULL) {
        (void)nn_freemsg(control);
    }
    return true;
}

bool nano_receive(struct nano *nano, uint32_t listener, nano_take_fn *take, void *context)
{
    must(listener < nano->count);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < NANO_FRAMES_PER_CALL && bytes < NANO_BYTES_PER_CALL; i++) {
        if (!receive_one(nano, listener, take, context, &bytes)) {
            return false;
        }
    }
    return true;
}

bool nano_send(struct nano *nano, const void *route, uint32_t route_size, const void *bytes,
               uint64_t size)
{
    uint32_t listener;
    must(route_size > sizeof listener);
    memcpy(&listener, route, sizeof listener);
    must(listener < nano->count);
    /* NN_CMSG_SPACE rounds a cmsg up to its alignment; the copy is aligned for nanomsg to read in place. */
    _Alignas(16) uint8_t control[NODE_ROUTE_MAX + 32] = {0};
    size_t control_size = route_size - sizeof listener;
    memcpy(control, (const uint8_t *)route + sizeof listener, control_size);
    union {
        const void *from;
        void *to;
    } body = {.from = bytes};
    struct nn_iovec vector = {.iov_base = body.to, .iov_len = size};
    struct nn_msghdr header = {.msg_iov = &vector,
                               .msg_iovlen = 1,
                               .msg_control = control,
                               .msg_controllen = (control_size + 7) & ~(size_t)7};
    return nn_sendmsg(nano->listeners[listener].socket, &header, NN_DONTWAIT) >= 0;
}
