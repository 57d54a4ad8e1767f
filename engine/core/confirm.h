/* confirm.h: cases that several kinds of sources must have reported before anybody is sent to handle them.
 *
 * Each kind of gateway has a weight in its rule; a person's own report counts as a patrol's. Below the sum asked for the case is
 * VERIFYING with an order to look, and its clock is CONFIRM. A merged report that brings the sum up files it at once and the
 * order is recalled; when the clock runs out only the order decides. A gateway with too many false alarms (sources.h) adds
 * nothing.
 *
 * Owner   bits on the case row; no table of its own
 * Cost    O(log rules with `confirm`) */
#ifndef ENGINE_CORE_CONFIRM_H
#define ENGINE_CORE_CONFIRM_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

/* What the rule asks for, or NULL. */
const struct policy_confirm *confirm_of(const struct core *core, uint32_t rule);

/* A case was opened under a rule with `confirm`: filed at once, or it waits for more. */
void confirm_open(struct core *core, uint32_t case_slot, struct intake_source source);

/* A report was merged into a case, whatever it waits for. */
void confirm_report(struct core *core, uint32_t case_slot, struct intake_source source);

/* The clock CONFIRM of the case ran out. */
void confirm_due(struct core *core, uint32_t case_slot);

#endif
