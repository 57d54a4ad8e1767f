/* bench_core.h: how many cases the core alone opens, hands out, checks and closes in a second on one core of the machine. */
#ifndef SIM_BENCH_BENCH_CORE_H
#define SIM_BENCH_BENCH_CORE_H

#include "sim/bench/bench.h"

/* Rows of the group "core". */
enum err bench_core(struct bench *bench) WARN_UNUSED;

#endif
