/* window_rows.c: see window_rows.h. */
#include "engine/core/window_rows.h"

#include "engine/core/keys.h"
#include "engine/core/samples.h"
#include "engine/core/waits.h"

void windows_init(struct windows *windows, struct arena *arena, const struct limits *limits)
{
    windows->rows = arena_take(arena, sizeof(struct window_row), limits->window_keys);
    windows->rules = arena_take(arena, sizeof(struct window_rule), limits->window_rules);
    windows->rules_before = arena_take(arena, sizeof(struct window_rule), limits->window_rules);
    windows->scratch = arena_take(arena, sizeof(int64_t), WINDOW_SAMPLES_MAX);
    windows->limit = limits->window_keys;
    windows->rule_limit = limits->window_rules;
    windows->free_first = NONE32;
    table_init(&windows->by_key, arena, limits->window_keys);
    samples_init(&windows->samples, arena, limits->window_samples);
}

struct hash128 window_rows_base(const struct core *core, uint32_t window)
{
    return (struct hash128){SALT_WINDOW, core->windows.rules[window].serial};
}

uint32_t window_rows_find(const struct core *core, struct hash128 key)
{
    return table_find(&core->windows.by_key, key);
}

/* ---- the order in which the keys of one rule were touched ---- */

static void unlink_key(struct windows *windows, uint32_t slot)
{
    const struct window_row *row = &windows->rows[slot];
    struct window_rule *rule = &windows->rules[row->window];
    if (row->older == NONE32) {
        rule->oldest = row->newer;
    } else {
        windows->rows[row->older].newer = row->newer;
    }
    if (row->newer == NONE32) {
        rule->newest = row->older;
    } else {
        windows->rows[row->newer].older = row->older;
    }
}

static void link_newest(struct windows *windows, uint32_t slot)
{
    struct window_row *row = &windows->rows[slot];
    struct window_rule *rule = &windows->rules[row->window];
    row->older = rule->newest;
    row->newer = NONE32;
    if (rule->newest == NONE32) {
        rule->oldest = slot;
    } else {
        windows->rows[rule->newest].newer = slot;
    }
    rule->newest = slot;
}

/* ---- room ---- */

static bool is_stale(const struct core *core, const struct window_row *row)
{
    const struct policy_window *window = &state_policy(core)->windows[row->window];
    const int64_t span = add_clamped(add_clamped(window->within_ms, window->gap_ms),
                                     add_clamped(window->lateness_ms, window->hold_ms));
    return window->kind != WINDOW_ABSENT && add_clamped(row->newest_ms, span) < core->now_ms;
}

void window_rows_drop(struct core *core, uint32_t slot)
{
    struct windows *windows = &core->windows;
    struct window_row *row = &windows->rows[slot];
    must(row->is_used != 0);
    unlink_key(windows, slot);
    samples_drop_all(&windows->samples, row);
    if (row->wait != 0) {
        waits_give(core, row->wait - 1);
    }
    table_remove(&windows->by_key, row->key);
    must(windows->rules[row->window].key_count > 0);
    windows->rules[row->window].key_count--;
    *row = (struct window_row){.older = windows->free_first};
    windows->free_first = slot;
    windows->used--;
}

/* The hand looks at some rows and drops those that are stale, but `kept`. */
static void sweep(struct core *core, uint32_t kept)
{
    struct windows *windows = &core->windows;
    for (uint32_t i = 0; i < WINDOW_SWEEP && windows->high > 0; i++) {
        windows->hand = windows->hand + 1 < windows->high ? windows->hand + 1 : 0;
        const struct window_row *row = &windows->rows[windows->hand];
        if (row->is_used != 0 && windows->hand != kept && is_stale(core, row)) {
            window_rows_drop(core, windows->hand);
        }
    }
}

static bool make_room(struct core *core, uint32_t window)
{
    struct windows *windows = &core->windows;
    const struct window_rule *rule = &windows->rules[window];
    if (rule->key_count >= state_policy(core)->windows[window].max_keys) {
        if (!is_stale(core, &windows->rows[rule->oldest])) {
            return false;
        }
        window_rows_drop(core, rule->oldest);
    }
    if (windows->used == windows->limit) {
        sweep(core, NONE32);
    }
    return windows->used < windows->limit;
}

uint32_t window_rows_take(struct core *core, uint32_t window, struct hash128 key)
{
    struct windows *windows = &core->windows;
    const uint32_t known = table_find(&windows->by_key, key);
    if (known != NONE32) {
        must(windows->rows[known].window == window);
        unlink_key(windows, known);
        link_newest(windows, known);
        return known;
    }
    if (!make_room(core, window)) {
        return NONE32;
    }
    uint32_t slot = windows->free_first;
    if (slot != NONE32) {
        windows->free_first = windows->rows[slot].older;
    } else {
        slot = windows->high++;
    }
    windows->used++;
    windows->rows[slot] = (struct window_row){.key = key,
                                              .is_used = 1,
                                              .window = window,
                                              .newest_ms = INT64_MIN,
                                              .since_ms = NEVER_MS,
                                              .first = NONE32,
                                              .last = NONE32};
    table_add(&windows->by_key, key, slot);
    windows->rules[window].key_count++;
    link_newest(windows, slot);
    return slot;
}

bool window_rows_keep(struct core *core, uint32_t slot, const struct sample_row *values)
{
    struct windows *windows = &core->windows;
    struct window_row *row = &windows->rows[slot];
    if (row->count == WINDOW_SAMPLES_MAX) {
        samples_drop_oldest(&windows->samples, row);
    }
    uint32_t sample = samples_take(&windows->samples, values);
    if (sample == NONE32) {
        sweep(core, slot);
        sample = samples_take(&windows->samples, values);
    }
    if (sample == NONE32) {
        return false;
    }
    samples_link(&windows->samples, row, sample);
    return true;
}

uint32_t window_rows_wait(struct core *core, uint32_t slot)
{
    must(core->windows.rows[slot].is_used != 0 && core->windows.rows[slot].wait == 0);
    uint32_t wait = waits_take(&core->waits);
    if (wait == NONE32) {
        sweep(core, slot);
        wait = waits_take(&core->waits);
    }
    if (wait != NONE32) {
        core->waits.rows[wait].key_slot = slot;
        core->windows.rows[slot].wait = wait + 1;
    }
    return wait;
}

/* ---- activation ---- */

bool windows_fit(const struct core *core, const struct policy *policy)
{
    return policy->window_count <= core->windows.rule_limit;
}

/* Where the state of a rule goes: by its id, else to the rule that says it was this one. NONE32 = it is dropped. */
static uint32_t heir_of(const struct policy *old, const struct policy *new, uint32_t window)
{
    const struct policy_window *from = &old->windows[window];
    const struct hash128 id = old->rules[from->rule].id_hash;
    uint32_t heir = NONE32;
    for (uint32_t i = 0; i < new->window_count; i++) {
        const struct policy_window *to = &new->windows[i];
        if (hash128_is_equal(new->rules[to->rule].id_hash, id)) {
            return hash128_is_equal(from->shape, to->shape) ? i : NONE32;
        }
        if (heir == NONE32 && hash128_is_equal(to->was_hash, id) &&
            hash128_is_equal(from->shape, to->shape)) {
            heir = i;
        }
    }
    return heir;
}

/* Finds the heirs; core->remap holds them by old row. Two rules that say they were one: the first has it. */
static void find_heirs(struct core *core, const struct policy *old, const struct policy *new)
{
    uint32_t *taken = core->remap + core->remap_limit;
    for (uint32_t i = 0; i < new->window_count; i++) {
        taken[i] = 0;
    }
    for (uint32_t i = 0; i < old->window_count; i++) {
        const uint32_t heir = heir_of(old, new, i);
        core->remap[i] = heir != NONE32 && taken[heir] == 0 ? heir : NONE32;
        if (heir != NONE32) {
            taken[heir] = 1;
        }
    }
}

/* Drops the keys of a rule that is gone, while the old rows are still in place. */
static void drop_keys(struct core *core, uint32_t window)
{
    while (core->windows.rules[window].oldest != NONE32) {
        window_rows_drop(core, core->windows.rules[window].oldest);
    }
}

void windows_adopt(struct core *core, const struct policy *old)
{
    struct windows *windows = &core->windows;
    const struct policy *new = state_policy(core);
    const uint32_t before = old == NULL ? 0 : old->window_count;
    must(windows_fit(core, new));
    must(before == windows->rule_count);
    if (old != NULL) {
        find_heirs(core, old, new);
    }
    for (uint32_t i = 0; i < before; i++) {
        if (core->remap[i] == NONE32) {
            drop_keys(core, i);
        }
        windows->rules_before[i] = windows->rules[i];
    }
    for (uint32_t i = 0; i < windows->rule_limit; i++) {
        windows->rules[i] = (struct window_rule){.oldest = NONE32, .newest = NONE32};
    }
    for (uint32_t i = 0; i < before; i++) {
        if (core->remap[i] != NONE32) {
            windows->rules[core->remap[i]] = windows->rules_before[i];
        }
    }
    for (uint32_t i = 0; i < windows->high; i++) {
        if (windows->rows[i].is_used != 0) {
            windows->rows[i].window = core->remap[windows->rows[i].window];
        }
    }
    for (uint32_t i = 0; i < new->window_count; i++) {
        if (windows->rules[i].serial == 0) {
            windows->rules[i].serial = ++windows->last_serial;
        }
    }
    windows->rule_count = new->window_count;
}

/* ---- checks ---- */

bool windows_index(struct windows *windows)
{
    for (uint32_t i = 0; i < windows->high; i++) {
        if (windows->rows[i].is_used == 0) {
            continue;
        }
        if (table_find(&windows->by_key, windows->rows[i].key) != NONE32) {
            return false;
        }
        table_put(&windows->by_key, windows->rows[i].key, i);
    }
    return true;
}

/* The samples of a key lie in the order of their times, each known by its neighbours. */
static bool chain_holds(const struct windows *windows, const struct window_row *row,
                        uint32_t *in_chains)
{
    const struct samples *samples = &windows->samples;
    uint32_t count = 0;
    uint32_t before = NONE32;
    for (uint32_t slot = row->first; slot != NONE32; slot = samples->rows[slot].next) {
        if (slot >= samples->high || samples->rows[slot].is_used == 0 ||
            samples->rows[slot].prev != before || ++count > WINDOW_SAMPLES_MAX) {
            return false;
        }
        if (before != NONE32 && samples->rows[before].at_ms > samples->rows[slot].at_ms) {
            return false;
        }
        before = slot;
    }
    *in_chains += count;
    return before == row->last && (row->first == NONE32 || count == row->count);
}

static bool rule_holds(const struct windows *windows, uint32_t rule, uint32_t *in_rules)
{
    const struct window_rule *row = &windows->rules[rule];
    uint32_t count = 0;
    uint32_t before = NONE32;
    for (uint32_t slot = row->oldest; slot != NONE32; slot = windows->rows[slot].newer) {
        if (slot >= windows->high || windows->rows[slot].is_used == 0 ||
            windows->rows[slot].window != rule || windows->rows[slot].older != before ||
            ++count > windows->high) {
            return false;
        }
        before = slot;
    }
    *in_rules += count;
    return before == row->newest && count == row->key_count && row->serial != 0 &&
           row->serial <= windows->last_serial;
}

static bool free_rows_hold(const struct windows *windows)
{
    const struct samples *samples = &windows->samples;
    uint32_t count = 0;
    for (uint32_t slot = windows->free_first; slot != NONE32; slot = windows->rows[slot].older) {
        if (slot >= windows->high || windows->rows[slot].is_used != 0 || ++count > windows->high) {
            return false;
        }
    }
    if (count + windows->used != windows->high) {
        return false;
    }
    count = 0;
    for (uint32_t slot = samples->free_first; slot != NONE32; slot = samples->rows[slot].next) {
        if (slot >= samples->high || samples->rows[slot].is_used != 0 || ++count > samples->high) {
            return false;
        }
    }
    return count + samples->used == samples->high;
}

bool windows_hold(const struct core *core)
{
    const struct windows *windows = &core->windows;
    uint32_t in_rules = 0;
    uint32_t in_chains = 0;
    if (!core->has_images) {
        return windows->high == 0 && windows->rule_count == 0 && windows->samples.high == 0;
    }
    if (windows->rule_count != state_policy(core)->window_count || !free_rows_hold(windows) ||
        (windows->hand != 0 && windows->hand >= windows->high)) {
        return false;
    }
    for (uint32_t i = 0; i < windows->rule_count; i++) {
        if (!rule_holds(windows, i, &in_rules)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < windows->high; i++) {
        if (windows->rows[i].is_used != 0 && !chain_holds(windows, &windows->rows[i], &in_chains)) {
            return false;
        }
    }
    return in_rules == windows->used && in_chains == windows->samples.used;
}

void windows_check(const struct core *core)
{
    samples_check(&core->windows.samples);
    must(windows_hold(core));
    must(core->windows.by_key.count == core->windows.used);
    table_check(&core->windows.by_key);
}
