/* waits.h: the events that wait for another (absences.h), and what sequences carry (carried.h): one bounded table, each row belongs
 * to a key of window_rows.h.
 *
 * Cost    O(1)
 * Owner   struct core; one timer a row that waits for another event
 * Errors  a full table: waits_take gives NONE32 */
#ifndef ENGINE_CORE_WAITS_H
#define ENGINE_CORE_WAITS_H

#include "engine/core/state.h"

void waits_init(struct waits *waits, struct arena *arena, const struct limits *limits);

/* A zeroed row that is used, or NONE32. */
uint32_t waits_take(struct waits *waits);

/* Gives it back, and its timer. */
void waits_give(struct core *core, uint32_t slot);

/* Do the rows of a snapshot hang together with the keys they belong to, and lie inside the images? */
bool waits_hold(const struct core *core);

#endif
