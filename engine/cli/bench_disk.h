/* bench_disk.h: what the disk alone takes to sync a little, so that the engine's own part of a latency can be told from it. */
#ifndef ENGINE_CLI_BENCH_DISK_H
#define ENGINE_CLI_BENCH_DISK_H

#include "sim/bench/bench.h"

/* Three rows of the group "latency". */
enum err bench_disk(struct bench *bench) WARN_UNUSED;

#endif
