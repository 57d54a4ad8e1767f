/* compare_truth.h: cases of a run beside the true incidents of an invented trace: `gridloop sim --compare truth`.
 *
 * Formulas in truth.h and docs/simulation.md.
 *
 * Owner   make allocates nothing that outlives it */
#ifndef SIM_COMPARE_TRUTH_H
#define SIM_COMPARE_TRUTH_H

#include "engine/edge/words.h"
#include "sim/run.h"

#include <jansson.h>
#include <stdio.h>

void compare_truth_make(struct truth_result *result, const struct run *run);
void compare_truth_print(const struct truth_result *result, const struct run *run, enum lang lang,
                         FILE *out);
json_t *compare_truth_to_json(const struct truth_result *result, const struct run *run);

#endif
