/* bench_dispatch.h: response times of dispatch policies beside each other on one road graph. */
#ifndef SIM_BENCH_BENCH_DISPATCH_H
#define SIM_BENCH_BENCH_DISPATCH_H

#include "sim/bench/bench.h"

/* Rows of the group "dispatch": a run is a seed of its own for people, calls and times on the spot. */
enum err bench_dispatch(struct bench *bench) WARN_UNUSED;

#endif
