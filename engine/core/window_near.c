/* window_near.c: see window_near.h. */
#include "engine/core/window_near.h"

#include "engine/core/keys.h"
#include "engine/core/window_rows.h"

/* The row of a device among the neighbourhoods, or NULL. */
static const uint32_t *find_group(const struct policy *policy, const struct policy_window *window,
                                  uint32_t device)
{
    const uint32_t *rows = policy->near + window->near.first;
    uint32_t low = 0;
    uint32_t high = window->near.count / window->of;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const uint32_t found = rows[middle * window->of];
        if (found == device) {
            return &rows[middle * window->of];
        }
        if (found < device) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

bool window_near_has(const struct policy *policy, const struct policy_window *window,
                     uint32_t device)
{
    return device != NONE32 && find_group(policy, window, device) != NULL;
}

struct hash128 window_near_key(const struct core *core, struct hash128 base, uint32_t device,
                               bool is_drill)
{
    struct hash128 key = is_drill ? hash128_add(base, SALT_DRILL) : base;
    return device == NONE32 ? key : hash128_join(key, state_city(core)->devices[device].id_hash);
}

/* Does the key have a sample in (to - within, to]? *out_next: its first sample after `to`, NEVER_MS if none. */
static bool has_sample(const struct window_near *near, uint32_t slot, int64_t to_ms,
                       int64_t *out_next)
{
    const struct sample_row *samples = near->core->windows.samples.rows;
    *out_next = NEVER_MS;
    uint32_t at = slot == NONE32 ? NONE32 : near->core->windows.rows[slot].last;
    while (at != NONE32 && samples[at].at_ms > to_ms) {
        *out_next = samples[at].at_ms;
        at = samples[at].prev;
    }
    return at != NONE32 && samples[at].at_ms > sub_clamped(to_ms, near->window->within_ms);
}

/* Counts at one end of the window; the centre is that of the devices counted. */
static void count_at(struct window_near *near, const uint32_t *group, const uint32_t *slots,
                     int64_t to_ms)
{
    const struct city *city = state_city(near->core);
    int64_t next_ms = 0;
    int64_t lon = 0;
    int64_t lat = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < near->window->of; i++) {
        if (has_sample(near, slots[i], to_ms, &next_ms)) {
            lon += city->devices[group[i]].lon;
            lat += city->devices[group[i]].lat;
            count++;
        }
    }
    if (count > near->counted) {
        near->counted = count;
        near->centre =
            (struct place){(int32_t)div_floor(lon, count), (int32_t)div_floor(lat, count)};
    }
}

uint32_t window_near_count(struct window_near *near)
{
    const struct core *core = near->core;
    const uint32_t *group = find_group(state_policy(core), near->window, near->device);
    const struct hash128 base = window_rows_base(core, near->window_row);
    const int64_t last_ms = add_clamped(near->clock_ms, near->window->lateness_ms);
    uint32_t slots[POLICY_NEAR_MAX];
    must(group != NULL && near->window->of <= POLICY_NEAR_MAX);
    for (uint32_t i = 0; i < near->window->of; i++) {
        slots[i] =
            group[i] == NONE32
                ? NONE32
                : window_rows_find(core, window_near_key(core, base, group[i], near->is_drill));
    }
    near->counted = 0;
    near->centre = place_none();
    count_at(near, group, slots, near->clock_ms);
    for (uint32_t i = 1; i < near->window->of; i++) {
        int64_t next_ms = NEVER_MS;
        (void)has_sample(near, slots[i], near->clock_ms, &next_ms);
        if (next_ms <= last_ms && has_sample(near, slots[0], next_ms, &(int64_t){0})) {
            count_at(near, group, slots, next_ms);
        }
    }
    return near->counted;
}
