/* acts.h: what people do to orders and cases. */
#ifndef ENGINE_CORE_ACTS_H
#define ENGINE_CORE_ACTS_H

#include "engine/core/state.h"

/* Carries out a checked ACT command of a known worker row, or refuses it. Fills code, case_no, order, state and
 * possible of the result; the caller keeps and emits it. */
void acts_take(struct core *core, uint32_t worker, const struct command *command,
               struct effect_result *result);

#endif
