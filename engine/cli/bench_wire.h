/* bench_wire.h: what an engine in a process of its own takes in, over sockets and with a disk. */
#ifndef ENGINE_CLI_BENCH_WIRE_H
#define ENGINE_CLI_BENCH_WIRE_H

#include "sim/bench/bench.h"

/* Durable ingest over nanomsg, beside the same path without a core, and the restart that follows. */
enum err bench_ingest(struct bench *bench) WARN_UNUSED;

#endif
