/* window_rows.h: the memory of rules with state: one row per rule and key, its samples, who makes room for whom.
 *
 * A row is stale when its newest sample lies a whole window, the lateness and the hold of its levels behind the log's clock: what
 * comes in time cannot make use of it. Only stale rows make room, and only when room is short. Of one rule the key that was
 * touched longest ago is looked at when the rule has max_keys; of all rules a hand goes round. Where nothing is stale the
 * newcomer is refused: evidence that counts is never pushed out by a flood of new keys.
 *
 * Rows belong to the rule by a serial of its own, so they outlive an activation in which the rule keeps its shape, or is
 * renamed with `was`.
 *
 * Cost    O(1) a look-up, O(WINDOW_SWEEP) a new key; 88 bytes a row, and its index
 * Owner   struct core
 * Errors  window_rows_take gives NONE32 when there is no room */
#ifndef ENGINE_CORE_WINDOW_ROWS_H
#define ENGINE_CORE_WINDOW_ROWS_H

#include "engine/core/state.h"

#define WINDOW_SWEEP 64u /* rows looked at for one newcomer */

void windows_init(struct windows *windows, struct arena *arena, const struct limits *limits);

/* Base of the keys of a rule with state; window is a row of POLICY_WINDOWS. */
struct hash128 window_rows_base(const struct core *core, uint32_t window);

/* Slot of a key, or NONE32. */
uint32_t window_rows_find(const struct core *core, struct hash128 key);

/* Its slot, a new one when it has none: touched now. NONE32: no room. */
uint32_t window_rows_take(struct core *core, uint32_t window, struct hash128 key);

/* Keeps a sample in the key's chain; the oldest one leaves where it has WINDOW_SAMPLES_MAX. False: no room. */
bool window_rows_keep(struct core *core, uint32_t slot, const struct sample_row *values);

/* A row of waits.h for the key, which has none yet: stale keys make room as for a new key. NONE32: no room. */
uint32_t window_rows_wait(struct core *core, uint32_t slot);

/* Forgets a key. */
void window_rows_drop(struct core *core, uint32_t slot);

/* Is there room for the rules with state of that policy? */
bool windows_fit(const struct core *core, const struct policy *policy);

/* Takes over the rules of the active policy; old NULL: there were none before. */
void windows_adopt(struct core *core, const struct policy *old);

/* Builds the index from the rows of a snapshot; false where a key occurs twice. */
bool windows_index(struct windows *windows) WARN_UNUSED;

/* Do rows, samples and chains of a snapshot hang together? */
bool windows_hold(const struct core *core);

void windows_check(const struct core *core);

#endif
