/* bench_roads.h: what a way by road costs: the nearest of many people, and the crossing nearest to a place. */
#ifndef SIM_BENCH_BENCH_ROADS_H
#define SIM_BENCH_BENCH_ROADS_H

#include "sim/bench/bench.h"

/* Rows of the group "roads". */
enum err bench_roads(struct bench *bench) WARN_UNUSED;

#endif
