/* dispute.h: adjudication (裁定): who is responsible, when hand-overs or permits say different things.
 *
 *   opened --every party has filed, or the position clock ran out--> heard --ruling--> gone, remembered (rulings.h)
 *
 * While it lasts the first receiver coordinates (首接负责) and nobody hands the case on. Every party is asked for a
 * position on one snapshot; silence is recorded when the clock runs out. The ruling cites positions and names who leads
 * from then on. Timers: CASE_TIMER_DISPUTE, armed exactly while the case is in dispute.
 *
 * Owner   struct core
 * Errors  past limits.disputes the finding is told and nothing opened */
#ifndef ENGINE_CORE_DISPUTE_H
#define ENGINE_CORE_DISPUTE_H

#include "engine/core/flow.h"
#include "engine/core/state.h"

void disputes_init(struct disputes *disputes, struct arena *arena, const struct limits *limits);

/* The case's dispute, or NULL. */
const struct dispute_row *dispute_peek(const struct core *core, const struct case_row *row);

/* Looks at the newest hand-over and opens a dispute when it shows buck-passing. */
void dispute_judge(struct core *core, uint32_t case_slot);

/* One about a permit; the case has just been filed and nobody was asked. */
void dispute_open_permit(struct core *core, uint32_t case_slot, uint32_t permit);

/* No order may leave: a permit and this case contradict each other. */
bool dispute_blocks(const struct core *core, const struct case_row *row);

/* CASE_TIMER_DISPUTE. */
void dispute_due(struct core *core, uint32_t case_slot, int64_t due_ms);

/* The case ended, or was ruled on. */
void dispute_drop(struct core *core, uint32_t case_slot);

/* A party speaks; the result's code. */
enum code dispute_take_position(struct core *core, uint32_t case_slot, uint32_t worker,
                                const struct flow_note *note);

/* The ruling. order: slot of the adjudicate order, or NONE32; lead: post that leads from now on. */
enum code dispute_rule(struct core *core, uint32_t case_slot, uint32_t worker, uint32_t lead,
                       const struct flow_note *note);

/* Builds the free list's count; false where a snapshot's disputes and cases disagree. */
bool disputes_hold(const struct core *core);

void disputes_check(const struct core *core);

#endif
