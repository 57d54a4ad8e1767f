/* bench_consoles.c: see bench_consoles.h. */
#include "engine/cli/bench_consoles.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define WAIT_US 20000
#define WAITS_MAX 1500 /* half a minute */
#define DISCARD_MAX (1u << 20)

struct console {
    int fd;
    bool is_upgraded, has_heard;
    uint32_t end_seen;  /* of "\r\n\r\n" behind the answer's head */
    uint8_t head[10];   /* of a frame */
    uint32_t head_size; /* so much of it is there */
    uint64_t left;      /* of its body */
};

int bench_consoles_connect(uint16_t port, const char *head)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        write(fd, head, strlen(head)) != (ssize_t)strlen(head)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

/* ---- in the process of the consoles ---- */

/* The answer's head, byte by byte: there is one a connection. 1: it has ended, 0: wait, -1: lost. */
static int read_answer(struct console *console)
{
    static const char END[] = "\r\n\r\n";
    char byte;
    for (;;) {
        const ssize_t got = recv(console->fd, &byte, 1, MSG_DONTWAIT);
        if (got != 1) {
            return got < 0 && errno == EAGAIN ? 0 : -1;
        }
        console->end_seen = byte == END[console->end_seen] ? console->end_seen + 1 : byte == '\r';
        if (console->end_seen == 4) {
            console->is_upgraded = true;
            return 1;
        }
    }
}

/* How long is the head of a frame whose second byte says so? Servers do not mask. */
static uint32_t head_needs(const struct console *console)
{
    const uint32_t word = console->head_size < 2 ? 0 : console->head[1] & 0x7fu;
    return word == 127 ? 10 : word == 126 ? 4 : 2;
}

static int read_head(struct console *console)
{
    while (console->head_size < head_needs(console)) {
        const ssize_t got = recv(console->fd, console->head + console->head_size,
                                 head_needs(console) - console->head_size, MSG_DONTWAIT);
        if (got <= 0) {
            return got < 0 && errno == EAGAIN ? 0 : -1;
        }
        console->head_size += (uint32_t)got;
    }
    console->left = console->head[1] & 0x7fu;
    if (console->left > 125) {
        console->left = 0;
        for (uint32_t i = 2; i < console->head_size; i++) {
            console->left = console->left << 8 | console->head[i];
        }
    }
    return 1;
}

/* All that is there. False: the connection has ended. */
static bool read_frames(struct console *console, struct bench_consoles_counts *counts)
{
    for (;;) {
        if (console->left == 0) {
            const int got = read_head(console);
            if (got <= 0) {
                return got == 0;
            }
        }
        while (console->left > 0) {
            const size_t size = console->left < DISCARD_MAX ? console->left : DISCARD_MAX;
            const ssize_t got = recv(console->fd, NULL, size, MSG_DONTWAIT | MSG_TRUNC);
            if (got <= 0) {
                return got < 0 && errno == EAGAIN;
            }
            console->left -= (uint64_t)got;
            counts->bytes += (uint64_t)got;
        }
        const bool is_last = (console->head[0] & 0x80u) != 0;
        const bool is_word = (console->head[0] & 0x0fu) <= 2;
        console->head_size = 0;
        if (is_last && is_word) {
            counts->messages++;
            counts->watching += !console->has_heard;
            console->has_heard = true;
        }
    }
}

_Noreturn static void watch(uint16_t port, const char *token, uint32_t count,
                            struct bench_consoles_counts *counts)
{
    char head[512];
    struct epoll_event ready[EVENTS_MAX];
    const struct rlimit files = {count + 64, count + 64};
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct console *consoles = calloc(count, sizeof *consoles);
    (void)setrlimit(RLIMIT_NOFILE, &files);
    (void)snprintf(
        head, sizeof head,
        "GET /api/v1/live?deflate=1 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\nAuthorization: Bearer %s\r\n\r\n",
        port, token);
    for (uint32_t i = 0; consoles != NULL && i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &consoles[i]};
        consoles[i].fd = bench_consoles_connect(port, head);
        if (consoles[i].fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, consoles[i].fd, &event) != 0) {
            _exit(1);
        }
    }
    for (;;) {
        const int got = epoll_wait(epoll, ready, EVENTS_MAX, -1);
        for (int i = 0; i < got; i++) {
            struct console *console = ready[i].data.ptr;
            const int is_up = console->is_upgraded ? 1 : read_answer(console);
            if (is_up < 0 || (is_up > 0 && !read_frames(console, counts))) {
                (void)close(console->fd);
                counts->lost++;
            }
        }
    }
}

/* ---- in the bench ---- */

enum err bench_consoles_open(uint16_t port, const char *token, uint32_t count,
                             struct bench_consoles *out_consoles)
{
    *out_consoles = (struct bench_consoles){0};
    void *shared = mmap(NULL, sizeof *out_consoles->counts, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return ERR_MEMORY;
    }
    out_consoles->counts = shared;
    out_consoles->pid = fork();
    if (out_consoles->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        watch(port, token, count, shared);
    }
    for (uint32_t i = 0; out_consoles->pid > 0 && i < WAITS_MAX; i++) {
        if (out_consoles->counts->watching == count) {
            return ERR_OK;
        }
        (void)usleep(WAIT_US);
    }
    bench_consoles_close(out_consoles);
    return ERR_UNAVAILABLE;
}

void bench_consoles_close(struct bench_consoles *consoles)
{
    if (consoles->pid > 0) {
        (void)kill(consoles->pid, SIGKILL);
        while (waitpid(consoles->pid, NULL, 0) < 0 && errno == EINTR) {
            /* again */
        }
    }
    if (consoles->counts != NULL) {
        (void)munmap(consoles->counts, sizeof *consoles->counts);
    }
    *consoles = (struct bench_consoles){0};
}
