/* bench_replay.h: how fast a log is stepped again, as a restart or `gridloop log replay` does it. */
#ifndef SIM_BENCH_BENCH_REPLAY_H
#define SIM_BENCH_BENCH_REPLAY_H

#include "sim/bench/bench.h"

/* Rows of the group "replay". */
enum err bench_replay(struct bench *bench) WARN_UNUSED;

#endif
