/* opening.h: a case comes to be. */
#ifndef ENGINE_CORE_OPENING_H
#define ENGINE_CORE_OPENING_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

/* Bit i: assign i of the rule is wanted for this event at this severity. */
uint32_t opening_assigns(const struct core *core, const struct policy_rule *rule,
                         const struct event *event, uint32_t severity);

/* OPENED or TABLE_FULL. */
enum code opening_case(struct core *core, uint32_t rule_row, const struct event *event,
                       struct intake_source source, uint32_t asset, struct case_no *out_no);

/* A case that no event opens: a plan's inspection, what failed it, a report that did not come, a plan begun by hand. It lies
 * at the asset; worker is who wants it, NONE32 = the engine. OPENED or TABLE_FULL. */
enum code opening_alone(struct core *core, uint32_t rule, uint32_t asset, uint32_t worker,
                        bool is_drill, struct case_no *out_no);

#endif
