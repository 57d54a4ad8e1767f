/* window_look.c: see window_look.h. */
#include "engine/core/window_look.h"

#include "engine/core/keys.h"
#include "engine/core/state.h"
#include "engine/core/window_near.h"
#include "engine/core/window_rows.h"

static uint32_t seconds(int64_t ms)
{
    return (uint32_t)(max_i64(ms, 0) / SECOND_MS);
}

/* Is there an earlier sample of that value that counts? */
static bool is_repeat(const struct sample_row *rows, uint32_t first, uint32_t slot, int64_t from_ms)
{
    for (uint32_t at = first; at != slot; at = rows[at].next) {
        if (rows[at].at_ms > from_ms && rows[at].distinct == rows[slot].distinct) {
            return true;
        }
    }
    return false;
}

static void look_count(const struct core *core, const struct policy_window *window,
                       const struct window_row *row, int64_t at_ms, struct window_look *out)
{
    const struct sample_row *rows = core->windows.samples.rows;
    const int64_t from_ms = sub_clamped(max_i64(row->newest_ms, at_ms), window->within_ms);
    const bool is_distinct = (window->flags & WINDOW_DISTINCT) != 0;
    for (uint32_t slot = row->first; slot != NONE32; slot = rows[slot].next) {
        if (rows[slot].at_ms <= from_ms) {
            continue;
        }
        out->first_ms = out->first_ms == NEVER_MS ? rows[slot].at_ms : out->first_ms;
        out->newest_ms = rows[slot].at_ms;
        out->have += !is_distinct || !is_repeat(rows, row->first, slot, from_ms);
    }
    out->is_seen = out->first_ms != NEVER_MS;
    out->has_fired = out->is_seen && ((row->flags & WINDOW_IS_TRUE) != 0 || row->level != 0);
}

static void look_for(const struct policy_window *window, const struct window_row *row,
                     int64_t at_ms, struct window_look *out)
{
    if (row->since_ms == NEVER_MS ||
        sub_clamped(at_ms, row->newest_ms) > window->gap_ms) { /* the run has ended */
        return;
    }
    out->is_seen = true;
    out->have = seconds(row->newest_ms - row->since_ms);
    out->first_ms = row->since_ms;
    out->newest_ms = row->newest_ms;
    out->has_fired = (row->flags & WINDOW_IS_TRUE) != 0;
}

static void look_sequence(const struct policy_window *window, const struct window_row *row,
                          int64_t at_ms, struct window_look *out)
{
    if (row->count == 0 || at_ms - row->since_ms > window->within_ms) {
        return;
    }
    out->is_seen = true;
    out->have = row->count;
    out->first_ms = row->since_ms;
    out->newest_ms = row->newest_ms;
}

static void look_near(const struct core *core, uint32_t window_row, const struct event *event,
                      struct window_look *out)
{
    const struct policy_window *window = &state_policy(core)->windows[window_row];
    const int64_t at_ms = event->head->event_at_ms;
    struct window_near near = {.core = core,
                               .window = window,
                               .window_row = window_row,
                               .device = event->head->device,
                               .is_drill = (event->head->flags & EVENT_IS_DRILL) != 0,
                               .clock_ms = at_ms};
    const uint32_t slot =
        window_rows_find(core, window_near_key(core, window_rows_base(core, window_row),
                                               near.device, near.is_drill));
    if (slot != NONE32) {
        const struct window_row *row = &core->windows.rows[slot];
        near.clock_ms = max_i64(row->newest_ms, at_ms);
        out->has_fired = (row->flags & WINDOW_IS_TRUE) != 0;
    }
    out->have = window_near_count(&near);
    out->is_seen = out->have > 0;
}

static void look_absent(const struct core *core, const struct window_row *row,
                        struct window_look *out)
{
    must(row->wait != 0);
    out->is_seen = true;
    out->first_ms = out->newest_ms = row->newest_ms;
    out->have = seconds(core->now_ms - core->waits.rows[row->wait - 1].since_ms);
}

struct window_look window_look_at(const struct core *core, uint32_t rule_row,
                                  const struct event *event)
{
    const struct policy *policy = state_policy(core);
    const uint32_t window_row = policy->rules[rule_row].window;
    must(window_row != NONE32);
    const struct policy_window *window = &policy->windows[window_row];
    const int64_t at_ms = event->head->event_at_ms;
    const bool is_near = window->kind == WINDOW_NEAR;
    const bool is_timed = window->kind == WINDOW_FOR || window->kind == WINDOW_ABSENT;
    struct window_look out = {
        .has_key = is_near ? window_near_has(policy, window, event->head->device)
                           : keys_are_in(policy, window->by, event),
        .need = window->kind == WINDOW_SEQUENCE ? window->stages.count
                : is_timed                      ? seconds(window->within_ms + SECOND_MS - 1)
                           : (window->at_least > window->min_samples ? window->at_least
                                                                     : window->min_samples),
        .first_ms = NEVER_MS,
        .newest_ms = NEVER_MS};
    if (is_near && out.has_key) {
        look_near(core, window_row, event, &out);
    }
    if (is_near || !out.has_key || window->kind == WINDOW_KEYED) {
        return out;
    }
    const uint32_t slot = window_rows_find(
        core, keys_of(core, window_rows_base(core, window_row), window->by, NONE32, event));
    if (slot == NONE32) {
        return out;
    }
    const struct window_row *row = &core->windows.rows[slot];
    if (window->kind == WINDOW_COUNT) {
        look_count(core, window, row, at_ms, &out);
    } else if (window->kind == WINDOW_FOR) {
        look_for(window, row, at_ms, &out);
    } else if (window->kind == WINDOW_SEQUENCE) {
        look_sequence(window, row, at_ms, &out);
    } else {
        look_absent(core, row, &out);
    }
    return out;
}
