/* explain.h: why a rule takes an event, or why not: every clause with its value, nothing cut short.
 *
 * Works on the trees, by the naive evaluator's own values, so the verdict is the one matching gives; a property test holds
 * the two equal. "Not" is always a clause, never "the index returned nothing".
 *
 * Owner   lines live in the arena of the rule set
 * Cost    one walk over the rule's trees */
#ifndef RULES_EXPLAIN_H
#define RULES_EXPLAIN_H

#include "rules/ruleset.h"

/* One clause or part of one, in both languages; depth 0 is the rule itself. */
struct explain_line {
    uint32_t depth;
    bool holds;
    const char *en, *zh;
};

struct explanation {
    const struct rule *rule;
    bool takes;
    struct explain_line *lines;
    uint32_t count;
};

/* The event's rows are those of the set (facts_resolve against the policy lowered from it). */
struct explanation explain_rule(const struct ruleset *set, const struct rule *rule,
                                const struct event *event);

#endif
