/* rule_trial.h: runs one test of rules on a fresh core with a virtual clock, and says which expectation failed.
 *
 * The clock moves only by the test's instants; timers fire on the way. At one instant: timers, events, acts, then
 * expectations. Every event is also put to the naive evaluator, which must name the same rule; the second way of running
 * saves and restores the core in the middle and activates the same images again, which must change nothing.
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
    bool *rules;           /* POLICY_RULES: fired */
    bool *steps;           /* POLICY_STEPS: told somebody */
    bool **terms;          /* per rule: a box of its region held an event that it took */
    struct region *regions; /* per rule */
};

enum trial_way { TRIAL_STRAIGHT, TRIAL_RESTORED, TRIAL_WAY_COUNT };

struct trial_failure {
    const struct tree_node *node; /* the expectation, event or act */
    char text[600];
};

/* False: out_failure says what was expected and what there was. coverage may be NULL. *out_digest: of all effects but the
 * activations, equal for all ways. */
bool trial_run(const struct trial_ground *ground, const struct suite_test *test, enum trial_way way,
               struct trial_coverage *coverage, struct hash128 *out_digest,
               struct trial_failure *out_failure);

#endif
