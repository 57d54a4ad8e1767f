/* bench_nearest.h: how long it takes to find the nearest eligible worker of few and of very many, beside databases that can. */
#ifndef SIM_BENCH_BENCH_NEAREST_H
#define SIM_BENCH_BENCH_NEAREST_H

#include "sim/bench/bench.h"

/* Rows of the group "nearest". */
enum err bench_nearest(struct bench *bench) WARN_UNUSED;

#endif
