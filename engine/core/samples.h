/* samples.h: what the windows of all keys have seen: one bounded pool, a chain per key in event-time order.
 *
 * A chain runs from the oldest sample to the newest; samples of one instant stay in the order in which they came.
 *
 * Cost    O(1) to add a sample that is the newest, else O(samples newer than it); 72 bytes a sample
 * Owner   struct windows
 * Errors  a full pool: samples_take gives NONE32 */
#ifndef ENGINE_CORE_SAMPLES_H
#define ENGINE_CORE_SAMPLES_H

#include "engine/core/state.h"

void samples_init(struct samples *samples, struct arena *arena, uint32_t limit);

/* A slot with these values and no neighbours, or NONE32. */
uint32_t samples_take(struct samples *samples, const struct sample_row *values);

/* Puts a taken slot where its time belongs among the samples of the key. */
void samples_link(struct samples *samples, struct window_row *key, uint32_t slot);

/* Gives the oldest sample of the key back. */
void samples_drop_oldest(struct samples *samples, struct window_row *key);

/* Gives all of them back. */
void samples_drop_all(struct samples *samples, struct window_row *key);

void samples_check(const struct samples *samples);

#endif
