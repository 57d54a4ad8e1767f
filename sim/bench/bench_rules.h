/* bench_rules.h: rule sets of any size for measuring the match, and events for them.
 *
 * Every event type has twenty attributes: ten texts of a hundred values, ten numbers of 0 to 1,000. An anchored rule asks two
 * texts and two ranges of numbers; a rule without an anchor asks four ranges of numbers and no equality. A tenth of all rules
 * asks for an area. Half of the events are made so that some rule takes them, the others at random. Invented from a seed, written as the YAML that the loader reads.
 *
 * Owner   bench_rules_new / bench_rules_free; the city must outlive the rules */
#ifndef SIM_BENCH_BENCH_RULES_H
#define SIM_BENCH_BENCH_RULES_H

#include "rules/ruleset.h"
#include "sim/bench/bench_city.h"

#define BENCH_EVENT_FIELDS 20u

struct bench_rules_options {
    uint32_t rules;
    uint32_t types;
    uint32_t unanchored_permille; /* of the rules: no equality beside the type */
    uint64_t seed;
};

struct bench_rules {
    struct ruleset *set;
    void *bytes;
    size_t size;
    struct policy policy;
    int64_t load_ns; /* reading, typing */
    int64_t lint_ns;
    int64_t lower_ns; /* tables and index */
};

/* An event as the edge encodes it. */
struct bench_event {
    struct event_head head;
    struct event_field fields[BENCH_EVENT_FIELDS];
    char text[BENCH_EVENT_FIELDS * 8];
    struct event event;
};

enum err bench_rules_new(const struct bench_city *city, const struct bench_rules_options *options,
                         struct bench_rules **out_rules) WARN_UNUSED;
void bench_rules_free(struct bench_rules *rules);

/* count events with all attributes. NULL: no memory. Freed by the caller. */
struct bench_event *bench_events_new(const struct bench_rules *rules, const struct city *city,
                                     uint64_t seed, uint32_t count);

#endif
