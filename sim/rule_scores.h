/* rule_scores.h: what each rule made of the events of a run, beside what really happened; rules in shadow by what they would have done.
 *
 *   precision  of the cases that the rule opened whose first event has a truth, how many have something behind them
 *   recall     of the true incidents reported by events of the rule's types, how many it opened a case for or joined to one
 *
 * A rule in shadow has no cases of its own: what would have joined one of these is told as opened (docs/rules.md), so its opened are
 * firings past its dedupe window that no open case would have taken.
 *
 * Cost    16 bytes and a code a firing that reached a case; rule_scores_of O(events log events)
 * Owner   init/fini; a lack of memory stops the process */
#ifndef SIM_RULE_SCORES_H
#define SIM_RULE_SCORES_H

#include "engine/core/effect.h"
#include "sim/run_gateways.h"

struct rule_note {
    struct hash128 event_id;
    uint32_t rule;
    uint16_t code; /* OPENED, MERGED or REOPENED */
};

struct rule_counts {
    uint64_t fired; /* past its windows: all that follow */
    uint64_t opened, joined, repeats, held_back, lost_lane, told;
    uint64_t waiting; /* taken, and not enough yet */
};

struct rule_scores {
    struct rule_counts *counts; /* by row of the policy */
    uint32_t rule_count;
    struct rule_note *notes;
    size_t note_count, note_room;
};

struct rule_score {
    struct rule_counts counts;
    uint64_t cases_known, cases_true; /* precision */
    uint64_t incidents, incidents_reached;
};

void rule_scores_init(struct rule_scores *scores, uint32_t rule_count);
void rule_scores_fini(struct rule_scores *scores);

/* A firing of the run; others pass. */
void rule_scores_see(struct rule_scores *scores, const struct effect *effect);

/* Of one rule, once the run is over and has kept its events. */
struct rule_score rule_scores_of(const struct rule_scores *scores, const struct policy *policy,
                                 const struct run_gateways *gateways, uint32_t rule);

#endif
