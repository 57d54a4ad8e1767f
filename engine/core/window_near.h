/* window_near.h: how many devices of a neighbourhood have a sample in one window.
 *
 * The neighbourhood of a device is itself and the nearest of its registry within the radius, found when the rules were lowered
 * for the city. The window ends at the device's clock, or at the first later sample of a neighbour (at most `lateness` later: a
 * sample that comes late finds those that came before it); the fullest of these counts, as long as the device itself is in it.
 *
 * Cost    O(devices of the neighbourhood squared) and the samples that are passed over */
#ifndef ENGINE_CORE_WINDOW_NEAR_H
#define ENGINE_CORE_WINDOW_NEAR_H

#include "engine/core/state.h"

struct window_near {
    const struct core *core;
    const struct policy_window *window;
    uint32_t window_row;
    uint32_t device; /* row of CITY_DEVICES */
    bool is_drill;
    int64_t clock_ms;    /* of the device */
    uint32_t counted;    /* out: devices of the fullest window */
    struct place centre; /* out: mean of their places */
};

/* Is the device of the registry? */
bool window_near_has(const struct policy *policy, const struct policy_window *window,
                     uint32_t device);

struct hash128 window_near_key(const struct core *core, struct hash128 base, uint32_t device,
                               bool is_drill);

uint32_t window_near_count(struct window_near *near);

#endif
