/* bench_latency.h: from the instant an event is due to the offer at a worker's app, through a whole engine. */
#ifndef ENGINE_CLI_BENCH_LATENCY_H
#define ENGINE_CLI_BENCH_LATENCY_H

#include "sim/bench/bench.h"

/* Rows of the group "latency". */
enum err bench_latency(struct bench *bench) WARN_UNUSED;

#endif
