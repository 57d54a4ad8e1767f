/* bench_core.h: what the core alone does in a second on one core of the machine, and how long it takes to find a worker. */
#ifndef SIM_BENCH_BENCH_CORE_H
#define SIM_BENCH_BENCH_CORE_H

#include "sim/bench/bench.h"

/* Closed loops: an event opens a case, somebody is offered it, accepts, arrives, is done; an inspector checks and passes it. */
enum err bench_core(struct bench *bench) WARN_UNUSED;

/* The nearest eligible worker, with the decision record of who was passed over and why. */
enum err bench_nearest(struct bench *bench) WARN_UNUSED;

#endif
