/* refusals.h: which refusals of an act on a case are about how the case stands. Their answer says what is possible now. */
#ifndef ENGINE_CORE_REFUSALS_H
#define ENGINE_CORE_REFUSALS_H

#include "engine/core/code.h"

#include <stdbool.h>

bool refusal_is_of_state(enum code code);

#endif
