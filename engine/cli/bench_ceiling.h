/* bench_ceiling.h: the ingest path with less in it, to see what a part of it takes.
 *
 *   NO_CORE   the engine's own loop, gate, node, lanes, facts, command encoding, log and answers; only the core's step is another one:
 *             it takes a batch into the outbox of its gateway and answers each event the same. No history, snapshots, keys or HTTP
 *   SOCKETS   bench_sockets.h */
#ifndef ENGINE_CLI_BENCH_CEILING_H
#define ENGINE_CLI_BENCH_CEILING_H

#include "engine/core/err.h"

#include <sys/types.h>

enum bench_ceiling { BENCH_NO_CORE, BENCH_SOCKETS };

/* Forks a process that listens on url, serves the city and keeps its data in directory, which exists. */
enum err bench_ceiling_start(enum bench_ceiling kind, const char *url, const char *directory,
                             const char *city, pid_t *out_pid) WARN_UNUSED;

#endif
