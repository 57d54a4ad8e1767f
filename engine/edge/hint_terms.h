/* hint_terms.h: which terms of a rule's condition an event fails, and one of them in words.
 *
 * A condition is postfix code (expr.h); what `and` joins at its top are its terms, each a run of words that is evaluated by itself,
 * by the evaluator that decides. */
#ifndef ENGINE_EDGE_HINT_TERMS_H
#define ENGINE_EDGE_HINT_TERMS_H

#include "engine/core/match.h"
#include "engine/edge/text.h"

struct hint_terms {
    struct image_range first; /* of the terms that do not hold, in the order as written */
    uint32_t failed;
};

struct hint_terms hint_terms_find(const struct policy *policy, struct image_range program,
                                  const struct event *event);

/* "fill >= 0.9 does not hold: fill is 0.5". */
void hint_terms_put(struct text *text, const struct policy *policy, struct image_range term,
                    const struct event *event);

#endif
