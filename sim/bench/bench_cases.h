/* bench_cases.h: how cost grows with open cases: an event, a deadline, many at one instant, the snapshot, the state read back. */
#ifndef SIM_BENCH_BENCH_CASES_H
#define SIM_BENCH_BENCH_CASES_H

#include "sim/bench/bench.h"

/* Rows of the group "cases". */
enum err bench_cases(struct bench *bench) WARN_UNUSED;

#endif
