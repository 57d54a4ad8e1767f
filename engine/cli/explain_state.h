/* explain_state.h: what each rule that remembers had seen when an event would have come, out of an engine's log replayed to that instant.
 *
 * The log knows what was counted by the rules of its time. Where these are not the rules at hand, or the log does not reach back, that
 * is said instead.
 *
 * Owner   explain_state_fini frees */
#ifndef ENGINE_CLI_EXPLAIN_STATE_H
#define ENGINE_CLI_EXPLAIN_STATE_H

#include "engine/core/window_look.h"
#include "rules/ruleset.h"

#include <jansson.h>

#define EXPLAIN_STATE_TEXT_SIZE 320u

struct explain_state {
    bool is_known;
    char en[EXPLAIN_STATE_TEXT_SIZE], zh[EXPLAIN_STATE_TEXT_SIZE]; /* why not */
    uint64_t position;         /* of the last entry before the instant */
    int32_t offset_minutes;    /* of the city, for times */
    struct window_look *looks; /* by row of the rule */
};

/* Nothing is known: no log was named. */
struct explain_state explain_state_none(void);

/* event is of the set's rows. An exit code, after saying why. */
int explain_state_read(const char *data, const struct ruleset *set, const struct event *event,
                       struct explain_state *out_state);
void explain_state_fini(struct explain_state *state);

/* What is said of one rule with state, into texts of EXPLAIN_STATE_TEXT_SIZE; and as JSON. */
void explain_state_words(const struct explain_state *state, const struct rule *rule, char *en,
                         char *zh);
json_t *explain_state_json(const struct explain_state *state, const struct rule *rule);

#endif
