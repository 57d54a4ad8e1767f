/* hints.h: one sentence for the sender of an event: which field, which limit, which rule and which of its conditions.
 *
 * Says what the code does not: worked out from the event as sent, its resolved facts and the rules in force, so that a resend
 * gets it too. Nothing is kept. English: the codes have their words in both languages, a hint is for whoever writes the client.
 *
 * Cost    one event resolved again and at most HINT_RULES_MAX rules of its type tried term by term; asked for the first few
 *         events of an answer alone
 * Errors  "" where there is nothing to add */
#ifndef ENGINE_EDGE_HINTS_H
#define ENGINE_EDGE_HINTS_H

#include "engine/city/facts.h"
#include "engine/core/code.h"

#define HINT_SIZE 256u
#define HINT_RULES_MAX 64u

struct hint_ask {
    const struct city *city;
    const struct policy *policy;
    struct facts *facts;              /* of these two */
    const struct fact_event *event;   /* as sent */
    const struct fact_record *record; /* as facts_resolve gave it */
    int64_t now_ms;                   /* log clock, of the answer */
    uint32_t gateway;                 /* row of CITY_GATEWAYS that sent it; NONE32 = a person */
    enum code code;                   /* its result */
};

/* Returns out, of HINT_SIZE. */
const char *hints_put(const struct hint_ask *ask, char *out);

#endif
