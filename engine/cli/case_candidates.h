/* case_candidates.h: everybody whom a decision names: how far, how long, how busy, and what spoke against each.
 *
 * Owner  the caller: free, or a reference */
#ifndef ENGINE_CLI_CASE_CANDIDATES_H
#define ENGINE_CLI_CASE_CANDIDATES_H

#include "engine/core/city.h"
#include "engine/core/effect.h"
#include "engine/edge/words.h"

#include <jansson.h>

/* A line a candidate, the chosen first; NULL without memory. */
char *case_candidates_text(const struct effect_decision *decision, const struct city *city,
                           enum lang lang);
json_t *case_candidates_json(const struct effect_decision *decision, const struct city *city,
                             enum lang lang);

#endif
