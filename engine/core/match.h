/* match.h: which rules take this event: an index of bitsets, survivors verified exactly.
 *
 * The index is built by rules/index.c into policy sections 32..63. */
#ifndef ENGINE_CORE_MATCH_H
#define ENGINE_CORE_MATCH_H

#include "engine/core/command.h"
#include "engine/core/policy.h"

/* Rules whose type, where, area and time take the event, best first (priority descending, then rule row).
 * Status other than ACTIVE never matches. event_at_ms of the head decides the calendars. Writes at most limit
 * rows; returns how many matched in all. No allocation; stack bounded by POLICY_TYPE_RULES_MAX / 8 bytes. */
uint32_t match_event(const struct policy *policy, const struct city *city, const struct event *event,
                     uint32_t *out_rules, uint32_t limit);

/* Evaluates one condition program (`if` of an assign, `when` of a step) against an event (may be NULL: every field
 * missing) and a severity. True for an empty range. */
bool match_condition(const struct policy *policy, struct image_range program,
                     const struct event *event, uint32_t severity);

#endif
