/* hint_acts.h: one sentence for whoever did something with a case or an order: which child, line, limit or position a refusal means.
 *
 * Says what neither the code nor the list of what is possible does; worked out from the act as sent and from how things stand. Where it
 * is for people, in English and Chinese at once.
 *
 * Errors  "" where there is nothing to add */
#ifndef ENGINE_EDGE_HINT_ACTS_H
#define ENGINE_EDGE_HINT_ACTS_H

#include "engine/core/core.h"
#include "engine/edge/hints.h"
#include "proto/codec.h"

struct hint_act {
    const struct core *core;
    const Gridloop__Wire__Act *act; /* as sent; NULL: not known any more, or no act */
    uint32_t code;                  /* its result */
    struct case_no no;              /* the case it was about, or none */
};

/* Returns out, of HINT_SIZE. */
const char *hint_act_put(const struct hint_act *ask, char *out);

/* Does the hint of an answer say more than its code's sentence and its list of what is possible? */
bool hint_act_says_more(uint32_t code, uint64_t possible, const char *hint);

#endif
