/* bench_rounds.h: what it costs to match many orders anew. */
#ifndef SIM_BENCH_BENCH_ROUNDS_H
#define SIM_BENCH_BENCH_ROUNDS_H

#include "sim/bench/bench.h"

/* Rows of the group "rounds". */
enum err bench_rounds(struct bench *bench) WARN_UNUSED;

#endif
