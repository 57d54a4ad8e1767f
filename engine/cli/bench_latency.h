/* bench_latency.h: from the instant an event is due to the offer at a worker's app, through a whole engine. */
#ifndef ENGINE_CLI_BENCH_LATENCY_H
#define ENGINE_CLI_BENCH_LATENCY_H

#include "engine/cli/bench_engine.h"
#include "sim/bench/bench.h"

/* Rows of the group "latency". */
enum err bench_latency(struct bench *bench) WARN_UNUSED;

/* Something that runs beside the events of a run. */
struct bench_latency_beside {
    /* The apps are there, the first event is not. */
    enum err (*begin)(void *context, const struct bench_engine *engine);
    void (*end)(void *context,
                const struct bench_engine *engine); /* the last event is acknowledged */
    void *context;
};

/* One run of the quiet rows with an engine that serves HTTP: p50, p99, p99.9 and how many offers they are of. */
enum err bench_latency_beside(struct bench *bench, const struct bench_latency_beside *beside,
                              double out_ms[3], uint32_t *out_count) WARN_UNUSED;

#endif
