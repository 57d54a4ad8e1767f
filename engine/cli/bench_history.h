/* bench_history.h: how many cases, opened, handled, checked and closed, the history writes in a second. */
#ifndef ENGINE_CLI_BENCH_HISTORY_H
#define ENGINE_CLI_BENCH_HISTORY_H

#include "sim/bench/bench.h"

/* Rows of the group "history". */
enum err bench_history(struct bench *bench) WARN_UNUSED;

#endif
