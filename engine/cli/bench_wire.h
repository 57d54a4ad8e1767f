/* bench_wire.h: figures that need an engine in a process of its own, sockets and a disk. */
#ifndef ENGINE_CLI_BENCH_WIRE_H
#define ENGINE_CLI_BENCH_WIRE_H

#include "sim/bench/bench.h"

/* Durable ingest over nanomsg, beside the same path without a core, and the restart that follows. */
enum err bench_ingest(struct bench *bench) WARN_UNUSED;

/* From the instant an event is due to the offer at a worker's app. */
enum err bench_latency(struct bench *bench) WARN_UNUSED;

#endif
