/* bench_devices.h: what a city of many devices costs: finding the facts of one event, making the tables. */
#ifndef SIM_BENCH_BENCH_DEVICES_H
#define SIM_BENCH_BENCH_DEVICES_H

#include "sim/bench/bench.h"

/* Rows of the group "devices". */
enum err bench_devices(struct bench *bench) WARN_UNUSED;

#endif
