/* safety.h: the danger is to be gone before the work is done: the clock MAKE_SAFE, and arrivals that do not come.
 *
 * Both run from the first moment at which a person or a desk has the case, and a second dispatch does not buy time. They live
 * on the case's ladder (CASE_TIMER_STEP), beside the clock that binds its holder. */
#ifndef ENGINE_CORE_SAFETY_H
#define ENGINE_CORE_SAFETY_H

#include "engine/core/acts.h"

/* When the clock runs out; NEVER_MS where the rule has none, it is stopped, or it was missed and said so. */
int64_t safety_due_ms(const struct core *core, const struct case_row *row);

/* When a step about no arrival, or about no safety, is due. */
int64_t safety_step_due_ms(const struct case_row *row, const struct policy_step *step);

/* Somebody there says that it is safe now: ONCE_ONLY where it was said before. */
enum code safety_made(const struct act *act, uint32_t case_slot, uint32_t order_slot);

/* The clock ran out: said, and the post above is told. */
void safety_miss(struct core *core, uint32_t case_slot, uint32_t post);

#endif
