/* merging.h: which open case an event belongs to, and joining it.
 *
 * Cases are found by the rule's merge key: by asset, by square of the merge radius, or by fields alone. Nearest wins, then an open
 * case over a closed one, then the oldest. */
#ifndef ENGINE_CORE_MERGING_H
#define ENGINE_CORE_MERGING_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

/* The asset the event is about, if the rule keys on one. */
uint32_t merging_asset(const struct core *core, const struct policy_rule *rule,
                       const struct event *event);

/* The key under which a case of this event is found: by asset, by square, or by the fields alone. */
struct hash128 merging_key(const struct core *core, const struct policy_rule *rule,
                           const struct event *event, uint32_t asset);

/* Slot of the case that the event joins, or NONE32. */
uint32_t merging_find(const struct core *core, const struct policy_rule *rule,
                      const struct event *event, uint32_t asset);

/* MERGED, REOPENED, SUPPRESSED (a control window), TOO_MANY_EVENTS. */
enum code merging_join(struct core *core, uint32_t slot, const struct policy_rule *rule,
                       const struct event *event, struct intake_source source);

#endif
