/* window_look.h: what a rule with state has seen of an event's key, without changing it: for explanations.
 *
 * Cost    O(samples of the key squared) with distinct values, else O(samples); NEAR as window_near.h */
#ifndef ENGINE_CORE_WINDOW_LOOK_H
#define ENGINE_CORE_WINDOW_LOOK_H

#include "engine/core/core.h"

struct window_look {
    bool has_key;   /* the event carries what the rule counts by */
    bool is_seen;   /* the key has something that counts at the event's time */
    bool has_fired; /* its condition has held since it fired */
    uint32_t have,
        need; /* before this event: samples, distinct values, devices, seconds or steps, as struct correlated */
    int64_t first_ms, newest_ms; /* event times of what counts; NEVER_MS where none is kept */
};

/* The rule must have state. */
struct window_look window_look_at(const struct core *core, uint32_t rule_row,
                                  const struct event *event);

#endif
