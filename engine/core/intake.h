/* intake.h: from an event to a case: the fixed pipeline.
 *
 *   verdict of the edge -> rights -> time -> id dedupe -> clears -> match -> for, window, sequence -> dedupe of the
 *   rule -> merge or open
 *
 * The order is part of the contract. Each event ends in exactly one result code, and in exactly one counter of the
 * ledger: events = opened + merged + deduped + suppressed + no_rule + waiting + reopened + cleared + refused. */
#ifndef ENGINE_CORE_INTAKE_H
#define ENGINE_CORE_INTAKE_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

/* Decides one event; fills code, is_late and case_no of the result. */
void intake_event(struct core *core, struct intake_source source, const struct event *event,
                  struct effect_result *result);

#endif
