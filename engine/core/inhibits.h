/* inhibits.h: open cases that hide smaller ones: `inhibits` of a rule.
 *
 * A case of such a rule is filed under the fields that must be equal, from its opening until it leaves the engine; it hides while it is
 * open. A firing that a silence held back hides as well, as long as the silence lasts: the silence is about telling, not about
 * what is there. What is hidden opens no case, so it hides nothing itself.
 *
 * Shape   rows chained by key, one index; a full table files no more (the small cases are then opened)
 * Cost    file and find O(1) plus the chain, of which INHIBIT_WALK_MAX rows are looked at */
#ifndef ENGINE_CORE_INHIBITS_H
#define ENGINE_CORE_INHIBITS_H

#include "engine/core/state.h"

void inhibits_init(struct inhibits *inhibits, struct arena *arena, const struct limits *limits);

/* A case of the rule was opened by the event. */
void inhibits_file(struct core *core, uint32_t case_slot, const struct event *event);

/* The case leaves the engine. */
void inhibits_drop(struct core *core, uint32_t case_slot);

/* A firing of the rule was held back by silences until that instant. */
void inhibits_file_silenced(struct core *core, uint32_t rule_row, const struct event *event,
                            int64_t until_ms);

/* What hides a firing of the rule on this event. */
struct inhibit_found {
    uint32_t rule;      /* row of the rule that hides */
    uint32_t case_slot; /* NONE32: a silenced firing */
    uint32_t row;
};

/* Writes at most limit; returns how many of those looked at. */
uint32_t inhibits_find(const struct core *core, const struct policy_rule *rule,
                       const struct event *event, struct inhibit_found *out, uint32_t limit);

/* One firing was held back by it; how many that makes. */
uint32_t inhibits_count(struct core *core, struct inhibit_found found);

/* After loading: chains and index from the rows. False where a row names no used case. */
bool inhibits_index(struct core *core) WARN_UNUSED;
void inhibits_check(const struct core *core);

#endif
