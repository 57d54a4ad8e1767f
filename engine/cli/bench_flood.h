/* bench_flood.h: a process of its own that sends an engine more than it can take.
 *
 * First within the engine's credit, as fast as answers come: that is what the engine sustains. Then, beside that, gateways that
 * care for no answer send batches at a given rate. It gives way to the engine where they share a core.
 *
 *   bench_flood_start -> bench_flood_calm -> bench_flood_begin ... bench_flood_end -> bench_flood_stop
 *
 * Owner   start/stop; start before this process opens sockets of its own */
#ifndef ENGINE_CLI_BENCH_FLOOD_H
#define ENGINE_CLI_BENCH_FLOOD_H

#include "engine/cli/bench_engine.h"

#include <sys/types.h>

#define BENCH_FLOOD_OBEDIENT 4u /* gateways within their credit, from number 0 */
#define BENCH_FLOOD_UNRULY 4u
#define BENCH_FLOOD_GATEWAYS (BENCH_FLOOD_OBEDIENT + BENCH_FLOOD_UNRULY)

struct bench_flood {
    pid_t pid;
    int words, told; /* ends of two pipes; -1 = none */
};

/* Of one stretch. */
struct bench_flood_told {
    double seconds, cpu_seconds; /* cpu: of the flood */
    uint64_t offered;            /* events handed to the sockets */
    uint64_t answered;           /* events with a result */
    uint64_t full;               /* batches that a socket did not take */
    uint64_t rejects[128];       /* by code */
};

enum err bench_flood_start(struct bench_flood *flood, const char *url) WARN_UNUSED;
void bench_flood_stop(struct bench_flood *flood);

/* What this process does until the flood has something to tell; wait returns within milliseconds. */
struct bench_flood_meanwhile {
    enum err (*wait)(void *context);
    void *context;
};

/* So many seconds within credit. ERR_UNAVAILABLE: no word from it. */
enum err bench_flood_calm(struct bench_flood *flood, uint32_t seconds,
                          const struct bench_flood_meanwhile *meanwhile,
                          struct bench_flood_told *out_told) WARN_UNUSED;
/* Until bench_flood_end: events_per_s in all, what is within credit included. */
enum err bench_flood_begin(struct bench_flood *flood, double events_per_s) WARN_UNUSED;
enum err bench_flood_end(struct bench_flood *flood, struct bench_flood_told *out_told) WARN_UNUSED;

#endif
