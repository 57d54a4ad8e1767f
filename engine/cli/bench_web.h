/* bench_web.h: what a thousand consoles cost an engine, and how long a list takes beside full ingest. */
#ifndef ENGINE_CLI_BENCH_WEB_H
#define ENGINE_CLI_BENCH_WEB_H

#include "sim/bench/bench.h"

/* Rows of the group "web". */
enum err bench_web(struct bench *bench) WARN_UNUSED;

#endif
