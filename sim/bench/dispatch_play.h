/* dispatch_play.h: one run of a city under one way of giving out orders, and how long people waited for it.
 *
 * Response is case opened to first arrival; the first tenth of the calls is not counted.
 *
 * Units   ms
 * Errors  ERR_INPUT with problems, ERR_IO, ERR_MEMORY */
#ifndef SIM_BENCH_DISPATCH_PLAY_H
#define SIM_BENCH_DISPATCH_PLAY_H

#include "engine/city/problems.h"
#include "engine/core/base.h"
#include "engine/core/err.h"

#define DISPATCH_POLICIES 5u

/* As a dispatch policy file has it (rules/dispatch_policy.h), laid over the rules of the city. */
struct dispatch_policy {
    const char *name;
    const char *column; /* of a table */
    const char *file;   /* what such a file is called in sim/policies */
    const char *text;
    bool is_moving; /* followed by the city's own reassign */
};

/* What a move costs is the city's: where nothing but a second is lost, orders move for little and often; where a crew that is
 * sent elsewhere pays its turnout and start again, for much. Found on seeds 1 to 3, the same at all loads. */
#define DISPATCH_MOVES_ROADS "reassign: {every: 3s, switch_penalty: 10s, switch_limit: 10}\n"
#define DISPATCH_MOVES_SF                                                                          \
    "reassign: {switch_penalty: 15m, switch_limit: 2, ageing: 0, deadline: 0}\n"

extern const struct dispatch_policy DISPATCH_POLICY[DISPATCH_POLICIES];

struct dispatch_outcome {
    double mean_ms, p50_ms, p95_ms; /* 0 = nobody arrived */
    double worst_ms;       /* the greatest p90 of an area with arrivals enough; 0 = no such area */
    uint32_t calls, never; /* counted; of which nobody reached */
};

struct dispatch_city {
    const char *directory; /* with its sim.yaml and trace.ndjson; the policy is written into it */
    const char *moves;     /* of policies that move orders */
};

enum err dispatch_play(struct dispatch_city city, const struct dispatch_policy *policy,
                       uint64_t seed, struct problems *problems,
                       struct dispatch_outcome *out_outcome) WARN_UNUSED;

/* Every policy as a file of the directory, for `gridloop sim --policy`. */
enum err dispatch_policies_write(struct dispatch_city city) WARN_UNUSED;

#endif
