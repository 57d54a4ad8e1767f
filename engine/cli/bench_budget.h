/* bench_budget.h: where the time of one event goes: nanoseconds by stage of the engine thread, without sockets and disk. */
#ifndef ENGINE_CLI_BENCH_BUDGET_H
#define ENGINE_CLI_BENCH_BUDGET_H

#include "sim/bench/bench.h"

enum err bench_budget(struct bench *bench) WARN_UNUSED;

#endif
