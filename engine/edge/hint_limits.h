/* hint_limits.h: which limit stands behind TABLE_FULL, WINDOW_FULL and TOO_MANY_EVENTS, its value, and what raises it.
 *
 * A code says only that something is full. What it is follows from what was asked and from what is full now; where that has made room
 * in the meantime, nothing is said. In English and Chinese at once: the engine does not know who reads an answer.
 *
 * Cost    O(keys) for a key, else O(1)
 * Errors  nothing is added where there is nothing to say */
#ifndef ENGINE_EDGE_HINT_LIMITS_H
#define ENGINE_EDGE_HINT_LIMITS_H

#include "engine/core/core.h"
#include "engine/edge/text.h"

struct hint_limit {
    const struct core *core;
    uint32_t code;   /* enum code */
    uint32_t action; /* enum action; ACTION_NONE: an event */
    uint32_t rule;   /* row of POLICY_RULES that a full window belongs to, NONE32 = not known */
};

void hint_limits_put(struct text *text, const struct hint_limit *ask);

#endif
