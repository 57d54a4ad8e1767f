/* run.h: replays a trace through core and edge on a virtual clock, with agents for all people.
 *
 *   events of the trace --+                            +--> log (memory, or a struct disk)
 *   plans of the agents --+--> frames --> node --batch-+--> node_appended, node_durable
 *                         +<--------- answers ---------+
 *
 * The clock jumps to the soonest of: the next event, the next plan, node_next_wake_ms. Everything is a function of images,
 * trace, rates and seed: equal inputs give equal digests of state and of effects.
 *
 * Owner   new/free; images, trace, rates and disk are the caller's and outlive the run
 * Errors  ERR_INPUT (the trace; told in its problems), ERR_FULL (the city is larger than the limits), those of log.h */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "engine/edge/log.h"
#include "engine/edge/node.h"
#include "sim/agents.h"
#include "sim/report_series.h"
#include "sim/rule_scores.h"
#include "sim/run_gateways.h"
#include "sim/trace_file.h"
#include "sim/trace_generate.h"

struct run; /* opaque */

struct run_options {
    const void *city_bytes;
    uint64_t city_size;
    const void *policy_bytes;
    uint64_t policy_size;
    struct trace_reader *trace;        /* NULL: the generator's */
    struct trace_generator *generator; /* invents the events when there is no trace */
    const struct agent_rates *rates;
    const struct disk *disk; /* keeps the log; NULL = only its numbering */
    uint64_t seed;
    int64_t until_ms;     /* stop at this instant; NEVER_MS = when all is done */
    bool until_is_span;   /* until_ms counts from the first event */
    int64_t drain_ms;     /* after the last event, at most this long for open cases */
    uint32_t check_every; /* entries between two walks over all structures; 0 = never */
    bool keep_truth;      /* for comparing */
    bool keep_records;    /* of all cases, orders and events; else of those the engine still has */
    void (*progress)(void *context, int64_t now_ms,
                     uint64_t events); /* once a virtual hour; NULL */
    void *context;
};
struct run_options run_options_default(void);

enum err run_new(const struct run_options *options, struct run **out_run) WARN_UNUSED;
void run_free(struct run *run); /* NULL is fine */

/* Runs to the end. */
enum err run_play(struct run *run) WARN_UNUSED;

/* ---- afterwards; in progress() too, where state_digest is not told yet ---- */

struct run_numbers {
    struct hash128 state_digest;
    struct hash128 effects_digest;
    uint64_t effects;
    uint64_t entries;   /* log positions */
    uint64_t log_bytes; /* payload and places */
    uint64_t checks;    /* walks over all structures */
    int64_t first_ms, last_event_ms, end_ms;
    int64_t real_us;     /* of run_play */
    uint64_t core_bytes; /* the core's block */
    uint64_t frames;     /* sent by all clients */
};

struct run_numbers run_numbers_now(const struct run *run);
const struct node *run_node(const struct run *run);
const struct report_cases *run_cases(const struct run *run);
const struct report_series *run_series(const struct run *run);
const struct run_gateways *run_gateways_of(const struct run *run);
const struct agents *run_agents(const struct run *run);
const struct rule_scores *run_scores(const struct run *run); /* of rules, with keep_records */
const struct city *run_city(const struct run *run);
const struct policy *run_policy(const struct run *run);

#endif
