/* bench_match.h: how long the match of one event takes, beside other ways to find the same rules. */
#ifndef SIM_BENCH_BENCH_MATCH_H
#define SIM_BENCH_BENCH_MATCH_H

#include "sim/bench/bench.h"

/* Rows of the group "match". ERR_MISMATCH: two ways found different rules. */
enum err bench_match(struct bench *bench) WARN_UNUSED;

#endif
