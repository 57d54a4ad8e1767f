/* naive.h: the oracle: rules tried in order on one event, straight from the trees, without index and without program.
 *
 * Shares no code with engine/core/match.c and expr.c but the calendar and the distance; a fuzz test holds
 * the two equal. */
#ifndef RULES_NAIVE_H
#define RULES_NAIVE_H

#include "rules/ruleset.h"

/* Rows of all rules that take the event, best first; at most limit are written, all are counted. The event's field and
 * type rows are those of the rule set (after ruleset_load). */
uint32_t naive_match(const struct ruleset *set, const struct event *event, uint32_t *out_rules,
                     uint32_t limit);

/* Does the active rule take the event, of one of its types? */
bool naive_takes(const struct ruleset *set, const struct rule *rule, const struct event *event);

/* Is the event about one of the steps, where the rule is a sequence? True for other rules. */
bool naive_is_of_sequence(const struct rule *rule, const struct event *event);

/* Does the event lie in one of the areas or circles? */
bool naive_is_inside(const struct rule_places *places, const struct event *event);

/* One condition tree; NULL is true. event may be NULL. */
bool naive_is_true(const struct ast_node *root, const struct event *event, uint32_t severity);

#endif
