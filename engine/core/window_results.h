/* window_results.h: numbers over the samples of a window, and the event that carries them as fields.
 *
 * All in millionths. Sums clamp, quotients round toward zero, a value that no sample carries gives no result. A slope is that of
 * the line nearest to the values (least squares), per minute; time counts in whole seconds from the oldest sample.
 *
 * Cost    O(samples) a result, O(samples log samples) for ranks and distinct values */
#ifndef ENGINE_CORE_WINDOW_RESULTS_H
#define ENGINE_CORE_WINDOW_RESULTS_H

#include "engine/core/windows.h"

/* Distinct values among the samples of the key. */
uint32_t window_results_distinct(const struct core *core, const struct window_row *row);

/* Gives out->event the results of the key's samples, and `counted` as window.count. */
void window_results_put(const struct core *core, const struct policy_window *window,
                        const struct window_row *row, uint32_t counted, struct correlated *out);

/* The least-squares slope per minute of (seconds, millionths) pairs; false where all lie in one second. */
bool window_results_slope(const int64_t *seconds, const int64_t *values, uint32_t count,
                          int64_t *out_slope);

#endif
