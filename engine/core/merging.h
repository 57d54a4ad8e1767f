/* merging.h: which open case an event belongs to, and joining it.
 *
 * Cases are found by the rule's merge key: by asset, by square, or by fields alone. Squares are as large as the greatest merge
 * radius of all rules of the class, so that rules with different radii find each other's cases. Nearest wins, then an open case
 * over a closed one, then the oldest. */
#ifndef ENGINE_CORE_MERGING_H
#define ENGINE_CORE_MERGING_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

/* The asset the event is about, if the rule keys on one. */
uint32_t merging_asset(const struct core *core, const struct policy_rule *rule,
                       const struct event *event);

/* How well the place of an event is known, in centimetres; 0 = nobody said. */
uint32_t merging_accuracy_cm(const struct core *core, const struct event *event);

/* A new case can be found from now on: by asset, by square, or by the fields alone. */
void merging_link(struct core *core, uint32_t slot, const struct policy_rule *rule,
                  const struct event *event, uint32_t asset);

/* Other rules are active: squares are laid anew where the greatest radius of a class is another. */
void merging_adopt(struct core *core);

/* Slot of the case that the event joins, or NONE32. */
uint32_t merging_find(const struct core *core, const struct policy_rule *rule,
                      const struct event *event, uint32_t asset);

/* MERGED, REOPENED, SUPPRESSED (a control window), TOO_MANY_EVENTS. */
enum code merging_join(struct core *core, uint32_t slot, const struct policy_rule *rule,
                       const struct event *event, struct intake_source source);

#endif
