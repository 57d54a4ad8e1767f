/* rule_trial.h: runs one test of rules on a fresh core with a virtual clock, and says which expectation failed.
 *
 * The clock moves only by the test's instants; timers fire on the way. At one instant: timers, events, acts, then
 * expectations. Every event is also put to the naive evaluator, which must name the same rule. A test may be run with the core
 * saved, restored and activated again in the middle, which must change nothing; and with other rules taking over there, which
 * must from then on decide as if they had been there all along.
 *
 * Owner   a trial owns its core; images and set are borrowed */
#ifndef SIM_RULE_TRIAL_H
#define SIM_RULE_TRIAL_H

#include "rules/region.h"
#include "sim/rule_suite.h"

/* What tests run on: one compiled city and rule set. */
struct trial_ground {
    struct ruleset *set;
    const void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    const struct city *city;
    const struct policy *policy;
    struct facts *facts;
};

/* What was reached by some test; arrays by row, made by the caller. */
struct trial_coverage {
    bool *rules;            /* POLICY_RULES: fired */
    bool *steps;            /* POLICY_STEPS: told somebody */
    bool *levels;           /* POLICY_LEVELS: a case of its rule had its severity */
    bool **terms;           /* per rule: a box of its region held an event that it took */
    struct region *regions; /* per rule */
};

enum trial_way { TRIAL_STRAIGHT, TRIAL_RESTORED, TRIAL_RELOADED, TRIAL_WAY_COUNT };

/* The same test as other rules name it, which take over in the middle of RELOADED. */
struct trial_next {
    const struct trial_ground *ground;
    const struct suite_test *test;
};

/* Of all effects but the activations, until the middle event and after it. */
struct trial_digest {
    struct hash128 before, after;
};

struct trial_failure {
    const struct tree_node *node; /* the expectation, event or act */
    char text[600];
};

/* False: out_failure says what was expected and what there was. coverage may be NULL; next only where the way is RELOADED. */
bool trial_run(const struct trial_ground *ground, const struct suite_test *test, enum trial_way way,
               const struct trial_next *next, struct trial_coverage *coverage,
               struct trial_digest *out_digest, struct trial_failure *out_failure);

#endif
