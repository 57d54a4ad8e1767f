/* bench_overload.h: a life-safety event's way to a worker's app while ten times what the engine sustains comes in. */
#ifndef ENGINE_CLI_BENCH_OVERLOAD_H
#define ENGINE_CLI_BENCH_OVERLOAD_H

#include "sim/bench/bench.h"

/* Rows of the group "overload". */
enum err bench_overload(struct bench *bench) WARN_UNUSED;

#endif
