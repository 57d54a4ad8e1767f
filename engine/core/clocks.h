/* clocks.h: the clocks of a case: which one binds its holder, when it is missed, whom the ladder tells.
 *
 * Exactly one clock binds an open case at any time: VERIFY or CONFIRM, DISPATCH, HANDLE, CLEARED (waiting for the device), CHECK, or
 * SUSPENDED and CONTROL, which pause the rest; a closed case runs RETIRE, its reopen window. A missed clock keeps a reminder armed, so no open case is ever
 * without a deadline.
 *
 * The handle clock (处置时限) starts when the case first has a holder outside the command centre, pauses while
 * it is dispatched again, resumes for the same department and starts anew for another. */
#ifndef ENGINE_CORE_CLOCKS_H
#define ENGINE_CORE_CLOCKS_H

#include "engine/core/state.h"

/* Makes the clock bind, from now. DISPATCH, CHECK and VERIFY take the policy's limits; RETIRE the class's reopen window;
 * CLEARED the rule's close.within. Pauses the handle clock. */
void clocks_bind(struct core *core, uint32_t case_slot, enum case_clock clock);

/* SUSPENDED or CONTROL binds until that instant; the handle clock pauses. */
void clocks_bind_until(struct core *core, uint32_t case_slot, enum case_clock clock,
                       int64_t until_ms);

/* The handle clock, which runs, gets one more of its original limit. */
void clocks_extend_handle(struct core *core, uint32_t case_slot);

/* Starts or resumes the handle clock under a department (NONE32 = continuous time) and makes it bind. */
void clocks_bind_handle(struct core *core, uint32_t case_slot, uint32_t department);

/* Forgets what the handle clock has used (reopening starts a new one). */
void clocks_reset_handle(struct core *core, uint32_t case_slot);

/* The case leaves: no clock at all. */
void clocks_stop(struct core *core, uint32_t case_slot);

/* CASE_TIMER_CLOCK was due at due_ms, perhaps while the engine was down: the binding clock was missed, or its reminder. Not for
 * RETIRE and CLEARED. */
void clocks_miss(struct core *core, uint32_t case_slot, int64_t due_ms);

/* Arms the next escalation step. Call after every transition. */
void clocks_arm_step(struct core *core, uint32_t case_slot);

/* CASE_TIMER_STEP is due: fires every step whose time has come. */
void clocks_fire_steps(struct core *core, uint32_t case_slot);

/* Is the case open, and not suspended? Nothing escalates otherwise. */
bool clocks_ladder_runs(const struct core *core, uint32_t case_slot);

/* Does the severity that the step asks for hold now? */
bool clocks_step_holds(const struct core *core, uint32_t case_slot, uint32_t step_row);

/* Fires one step of another rule (lane escalate) on an open case, now. */
void clocks_do_step(struct core *core, uint32_t case_slot, uint32_t step_row, uint32_t rule);

/* When the handle clock runs out; NEVER_MS while paused. */
int64_t clocks_handle_deadline(const struct core *core, const struct case_row *row);

/* How long an accepted order may take to arrive, from its offer; value 0 = no clock. The rule's, or of an order to look that
 * its `confirm` describes. */
struct clock_limit clocks_arrive_limit(const struct core *core, const struct case_row *row,
                                       const struct order_row *order);

/* A clock_limit in ms for offers: continuous time, days as 24 h. */
int64_t clocks_plain_ms(struct clock_limit limit);

/* How much of the handle clock is used, in permille; a day of work counts as eight hours. 0 where none was started. */
uint32_t clocks_used_permille(const struct core *core, const struct case_row *row);

/* About when the deadline that binds now was set. */
int64_t clocks_set_ms(const struct core *core, const struct case_row *row, int64_t deadline_ms);

#endif
