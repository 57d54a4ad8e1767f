/* bench_ceiling.h: the ingest path without a core: what the machine allows at most.
 *
 * Receives frames, opens and checks them, appends their bytes to a real log, syncs, acknowledges every event: the same
 * sockets, codec, log format and disk as the engine, and no decision. */
#ifndef ENGINE_CLI_BENCH_CEILING_H
#define ENGINE_CLI_BENCH_CEILING_H

#include "engine/core/err.h"

#include <sys/types.h>

/* Forks a process that listens on url and keeps its log in directory, which exists. */
enum err bench_ceiling_start(const char *url, const char *directory, pid_t *out_pid) WARN_UNUSED;

#endif
