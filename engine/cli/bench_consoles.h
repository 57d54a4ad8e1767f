/* bench_consoles.h: many consoles that watch an engine, in one process that costs little.
 *
 * They log in with a token, upgrade to WebSockets, and read what comes without looking at it: heads of frames are counted,
 * bodies are thrown away by the kernel. A process of its own, so that neither its time nor its pauses are the measurement's.
 *
 * Owner   bench_consoles_open / bench_consoles_close; close ends the process by its id */
#ifndef ENGINE_CLI_BENCH_CONSOLES_H
#define ENGINE_CLI_BENCH_CONSOLES_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#include <stdatomic.h>
#include <sys/types.h>

struct bench_consoles_counts {
    _Atomic uint32_t watching; /* have had a first message */
    _Atomic uint32_t lost;     /* connections that the engine has closed */
    _Atomic uint64_t messages; /* whole ones, of all consoles */
    _Atomic uint64_t bytes;
};

struct bench_consoles {
    pid_t pid;
    struct bench_consoles_counts *counts; /* shared with the process */
};

/* Until all are connected and have had their first message, at most half a minute. ERR_UNAVAILABLE. */
enum err bench_consoles_open(uint16_t port, const char *token, uint32_t count,
                             struct bench_consoles *out_consoles) WARN_UNUSED;
void bench_consoles_close(struct bench_consoles *consoles);

/* Connects and asks for the upgrade, or for anything: the whole head is `head`. -1: no. */
int bench_consoles_connect(uint16_t port, const char *head);

#endif
