/* windows.c: see windows.h.
 *
 * A window is true when its count is within at_least and at_most, it has min_samples, and `having` and some level hold. It
 * fires when it turns true. "Was true" means: it fired, and its condition still held at the moment before this sample came,
 * so samples that left in the silence between re-arm it although nobody looked. */
#include "engine/core/windows.h"

#include "engine/core/carried.h"
#include "engine/core/expr.h"
#include "engine/core/keys.h"
#include "engine/core/links.h"
#include "engine/core/match.h"
#include "engine/core/samples.h"
#include "engine/core/window_near.h"
#include "engine/core/window_results.h"
#include "engine/core/window_rows.h"

/* What one event means to one rule. */
struct taking {
    struct core *core;
    const struct policy_window *window;
    uint32_t window_row;
    const struct event *event;
    int64_t at_ms;
    struct hash128 key;
    struct correlated *out;
};

static struct window_row *row_of(const struct taking *taking)
{
    return &taking->core->windows.rows[taking->out->slot];
}

static void say(const struct taking *taking, enum correlation outcome, uint64_t have, uint64_t need)
{
    taking->out->outcome = outcome;
    taking->out->have = have < UINT32_MAX ? (uint32_t)have : UINT32_MAX;
    taking->out->need = need < UINT32_MAX ? (uint32_t)need : UINT32_MAX;
    if (taking->out->slot != NONE32) {
        taking->out->case_no = links_follow_no(taking->core, row_of(taking)->case_no);
    }
}

/* The row of the key as it is now; late: the event is too old to change it. */
static bool find_row(const struct taking *taking, bool *out_is_late)
{
    taking->out->slot = window_rows_find(taking->core, taking->key);
    *out_is_late =
        taking->out->slot != NONE32 &&
        taking->at_ms < sub_clamped(row_of(taking)->newest_ms, taking->window->lateness_ms);
    return taking->out->slot != NONE32;
}

static bool take_row(const struct taking *taking)
{
    taking->out->slot = window_rows_take(taking->core, taking->window_row, taking->key);
    if (taking->out->slot == NONE32) {
        say(taking, CORRELATION_FULL, 0, 0);
    }
    return taking->out->slot != NONE32;
}

/* ---- for ---- */

static void judge_run(const struct taking *taking)
{
    struct window_row *row = row_of(taking);
    const struct policy_window *window = taking->window;
    const bool is_running = row->since_ms != NEVER_MS;
    const int64_t lasted_ms = is_running ? row->newest_ms - row->since_ms : 0;
    const bool is_true = is_running && row->count >= 2 && lasted_ms >= window->within_ms;
    const bool was_true = (row->flags & WINDOW_IS_TRUE) != 0;
    row->flags |= is_true ? (uint32_t)WINDOW_IS_TRUE : 0;
    say(taking,
        was_true  ? CORRELATION_HOLDS
        : is_true ? CORRELATION_FIRES
                  : CORRELATION_WAITING,
        (uint64_t)(lasted_ms / SECOND_MS),
        (uint64_t)((window->within_ms + SECOND_MS - 1) / SECOND_MS));
}

static void take_for(const struct taking *taking)
{
    bool is_late = false;
    const bool is_known = find_row(taking, &is_late);
    if (is_late) {
        judge_run(taking);
        return;
    }
    if (!is_known && !take_row(taking)) {
        return;
    }
    (void)take_row(taking);
    struct window_row *row = row_of(taking);
    if (taking->at_ms < row->newest_ms) { /* it may have begun earlier than we knew */
        if (row->since_ms != NEVER_MS &&
            taking->at_ms >= sub_clamped(row->since_ms, taking->window->gap_ms)) {
            row->since_ms = min_i64(row->since_ms, taking->at_ms);
            row->count += row->count < UINT32_MAX;
        }
        judge_run(taking);
        return;
    }
    if (row->since_ms == NEVER_MS ||
        sub_clamped(taking->at_ms, row->newest_ms) > taking->window->gap_ms) {
        row->since_ms = taking->at_ms;
        row->count = 0;
        row->flags &= ~(uint32_t)WINDOW_IS_TRUE;
    }
    row->newest_ms = taking->at_ms;
    row->count += row->count < UINT32_MAX;
    judge_run(taking);
}

/* ---- sliding windows ---- */

static struct sample_row sample_of(const struct taking *taking)
{
    const struct policy *policy = state_policy(taking->core);
    const struct policy_window *window = taking->window;
    struct sample_row sample = {.at_ms = taking->at_ms, .place = taking->event->head->place};
    if (window->distinct != NONE32) {
        const struct event_field *field = event_find_field(taking->event, window->distinct);
        struct hash128 value = {0, 0};
        if (field != NULL) {
            value =
                hash128_join(hash128_add(value, field->kind), (struct hash128){field->a, field->b});
        }
        sample.distinct = value.lo;
    }
    for (uint32_t i = 0; i < window->results.count; i++) {
        const struct policy_result *result = &policy->results[window->results.first + i];
        const struct event_field *field =
            result->field == NONE32 ? NULL : event_find_field(taking->event, result->field);
        if (field != NULL && field->kind == (uint8_t)FIELD_NUMBER) {
            sample.values[result->value] = (int64_t)field->a;
            sample.has |= 1u << result->value;
        }
    }
    return sample;
}

/* How the samples of the key stand at its clock. */
struct standing {
    uint32_t have, need;
    uint32_t level; /* index + 1 of the first that holds, 0 = none */
    bool is_true;
};

static uint32_t count_samples(const struct taking *taking)
{
    const struct window_row *row = row_of(taking);
    return (taking->window->flags & WINDOW_DISTINCT) != 0
               ? window_results_distinct(taking->core, row)
               : row->count;
}

static struct standing stand(const struct taking *taking)
{
    const struct policy *policy = state_policy(taking->core);
    const struct policy_window *window = taking->window;
    const struct window_row *row = row_of(taking);
    struct standing standing = {.have = count_samples(taking), .need = window->at_least};
    taking->out->event = *taking->event;
    window_results_put(taking->core, window, row, standing.have, taking->out);
    if (row->count < window->min_samples) {
        standing.have = row->count;
        standing.need = window->min_samples;
        return standing;
    }
    const bool is_counted =
        standing.have >= window->at_least &&
        ((window->flags & WINDOW_AT_MOST) == 0 || standing.have <= window->at_most);
    standing.is_true = is_counted && row->count > 0 &&
                       expr_is_true(policy, window->program, &taking->out->event, 0);
    for (uint32_t i = 0; standing.is_true && i < window->levels.count; i++) {
        const struct policy_level *level = &policy->levels[window->levels.first + i];
        if (expr_is_true(policy, level->program, &taking->out->event, 0)) {
            standing.level = i + 1;
            break;
        }
    }
    standing.is_true = standing.is_true && (window->levels.count == 0 || standing.level != 0);
    return standing;
}

static void prune(const struct taking *taking, int64_t clock_ms)
{
    struct samples *samples = &taking->core->windows.samples;
    struct window_row *row = row_of(taking);
    const int64_t from_ms = sub_clamped(clock_ms, taking->window->within_ms);
    while (row->first != NONE32 && samples->rows[row->first].at_ms <= from_ms) {
        samples_drop_oldest(samples, row);
    }
}

/* A lower index is worse; 0 is no level at all. */
static bool is_worse(uint32_t level, uint32_t than)
{
    return level != 0 && (than == 0 || level < than);
}

/* True: the level is another one now, and is one. */
static bool move_level(const struct taking *taking, uint32_t level)
{
    struct window_row *row = row_of(taking);
    if (level == row->level || is_worse(level, row->level)) {
        const bool is_new = level != row->level;
        row->level = level;
        row->since_ms = NEVER_MS;
        return is_new;
    }
    if (row->since_ms == NEVER_MS) {
        row->since_ms = row->newest_ms;
        row->held = level;
    } else if (is_worse(level, row->held)) {
        row->held = level;
    }
    if (row->newest_ms - row->since_ms < taking->window->hold_ms) {
        return false;
    }
    row->level = row->held;
    row->since_ms = row->level == level ? NEVER_MS : row->newest_ms;
    row->held = level;
    return row->level != 0;
}

/* With levels a silence counts as no level from the moment at which the last sample left. */
static void forget_level(const struct taking *taking)
{
    struct window_row *row = row_of(taking);
    if (row->level == 0 || row->newest_ms == INT64_MIN) {
        return;
    }
    const int64_t empty_ms = add_clamped(row->newest_ms, taking->window->within_ms);
    if (sub_clamped(taking->at_ms, empty_ms) >= taking->window->hold_ms &&
        taking->at_ms > empty_ms) {
        row->level = 0;
        row->since_ms = NEVER_MS;
    }
}

static void judge_levels(const struct taking *taking, const struct standing *standing)
{
    const struct policy *policy = state_policy(taking->core);
    const bool is_new = move_level(taking, standing->level);
    const uint32_t level = row_of(taking)->level;
    if (level == 0) {
        say(taking, CORRELATION_WAITING, standing->have, standing->need);
        return;
    }
    taking->out->severity = policy->levels[taking->window->levels.first + level - 1].severity;
    say(taking, is_new ? CORRELATION_FIRES : CORRELATION_HOLDS, standing->have, standing->need);
}

static void judge_truth(const struct taking *taking, bool was_true, struct standing standing)
{
    struct window_row *row = row_of(taking);
    row->flags = standing.is_true ? row->flags | (uint32_t)WINDOW_IS_TRUE
                                  : row->flags & ~(uint32_t)WINDOW_IS_TRUE;
    say(taking,
        !standing.is_true ? CORRELATION_WAITING
        : was_true        ? CORRELATION_HOLDS
                          : CORRELATION_FIRES,
        standing.have, standing.need);
}

/* The mean place of the samples that have one. */
static void put_centroid(const struct taking *taking)
{
    const struct sample_row *samples = taking->core->windows.samples.rows;
    int64_t lon = 0;
    int64_t lat = 0;
    int64_t count = 0;
    for (uint32_t slot = row_of(taking)->first; slot != NONE32; slot = samples[slot].next) {
        if (place_is_known(samples[slot].place)) {
            lon += samples[slot].place.lon;
            lat += samples[slot].place.lat;
            count++;
        }
    }
    if (count > 0) {
        struct correlated *out = taking->out;
        out->head = *out->event.head;
        out->head.place =
            (struct place){(int32_t)div_floor(lon, count), (int32_t)div_floor(lat, count)};
        out->event.head = &out->head;
    }
}

static void take_count(const struct taking *taking)
{
    const bool has_levels = taking->window->levels.count > 0;
    bool is_late = false;
    const bool is_known = find_row(taking, &is_late);
    if (!is_known && !take_row(taking)) {
        return;
    }
    if (!is_late) {
        (void)take_row(taking);
        struct window_row *row = row_of(taking);
        const int64_t clock_ms = max_i64(row->newest_ms, taking->at_ms);
        const struct sample_row sample = sample_of(taking);
        forget_level(taking);
        prune(taking, clock_ms);
        if (!has_levels && (row->flags & WINDOW_IS_TRUE) != 0 && !stand(taking).is_true) {
            row->flags &= ~(uint32_t)WINDOW_IS_TRUE;
        }
        row->newest_ms = clock_ms;
        if (taking->at_ms > sub_clamped(clock_ms, taking->window->within_ms) &&
            !window_rows_keep(taking->core, taking->out->slot, &sample)) {
            say(taking, CORRELATION_FULL, 0, 0);
            return;
        }
    }
    const bool was_true = (row_of(taking)->flags & WINDOW_IS_TRUE) != 0;
    const struct standing standing = stand(taking);
    if (has_levels) {
        judge_levels(taking, &standing);
    } else {
        judge_truth(taking, was_true, standing);
    }
    if ((taking->window->flags & WINDOW_CENTROID) != 0) {
        put_centroid(taking);
    }
}

/* ---- the devices around ---- */

static void take_near(const struct taking *taking)
{
    const struct policy_window *window = taking->window;
    bool is_late = false;
    const bool is_known = find_row(taking, &is_late);
    if (!is_known && !take_row(taking)) {
        return;
    }
    struct window_near near = {.core = taking->core,
                               .window = window,
                               .window_row = taking->window_row,
                               .device = taking->event->head->device,
                               .is_drill = (taking->event->head->flags & EVENT_IS_DRILL) != 0};
    if (!is_late) {
        (void)take_row(taking);
        struct window_row *row = row_of(taking);
        const int64_t clock_ms = max_i64(row->newest_ms, taking->at_ms);
        near.clock_ms = clock_ms;
        if ((row->flags & WINDOW_IS_TRUE) != 0 && window_near_count(&near) < window->at_least) {
            row->flags &= ~(uint32_t)WINDOW_IS_TRUE;
        }
        row->newest_ms = clock_ms;
        prune(taking, sub_clamped(clock_ms, window->lateness_ms));
        const struct sample_row sample = sample_of(taking);
        if (!window_rows_keep(taking->core, taking->out->slot, &sample)) {
            say(taking, CORRELATION_FULL, 0, 0);
            return;
        }
    }
    near.clock_ms = row_of(taking)->newest_ms;
    const uint32_t have = window_near_count(&near);
    const bool was_true = (row_of(taking)->flags & WINDOW_IS_TRUE) != 0;
    window_results_put(taking->core, window, row_of(taking), have, taking->out);
    judge_truth(taking, was_true,
                (struct standing){have, window->at_least, 0, have >= window->at_least});
    if ((window->flags & WINDOW_CENTROID) != 0 && near.counted > 0) {
        struct correlated *out = taking->out;
        out->head = *out->event.head;
        out->head.place = near.centre;
        out->event.head = &out->head;
    }
}

/* ---- sequences ---- */

static const struct policy_stage *stage_of(const struct taking *taking, uint32_t index)
{
    return &state_policy(taking->core)->stages[taking->window->stages.first + index];
}

/* With what the run carries. */
static bool fits_stage(const struct taking *taking, uint32_t index)
{
    const struct policy_stage *stage = stage_of(taking, index);
    return stage->type == taking->event->head->type &&
           expr_is_true(state_policy(taking->core), stage->program, &taking->out->event, 0);
}

/* Can it be a step of any run? Where a step asks for what earlier ones carried, its type decides. */
static bool is_of_sequence(const struct taking *taking)
{
    for (uint32_t i = 0; i < taking->window->stages.count; i++) {
        const struct policy_stage *stage = stage_of(taking, i);
        if (stage->type == taking->event->head->type &&
            ((stage->flags & STAGE_ASKS_CARRIED) != 0 || fits_stage(taking, i))) {
            return true;
        }
    }
    return false;
}

/* The run goes on with the event, or begins with it. False: there is no room for what it carries. */
static bool take_step(const struct taking *taking, uint32_t passed, bool is_next)
{
    struct window_row *row = row_of(taking);
    if (!is_next) {
        carried_drop(taking->core, taking->out->slot);
    }
    if (!carried_keep(taking->core, taking->out->slot, stage_of(taking, is_next ? passed : 0),
                      taking->event)) {
        carried_drop(taking->core, taking->out->slot);
        row->count = 0;
        return false;
    }
    row->newest_ms = taking->at_ms;
    row->since_ms = is_next ? row->since_ms : taking->at_ms;
    row->count = is_next ? passed + 1 : 1;
    return true;
}

static void take_sequence(const struct taking *taking)
{
    const uint32_t need = taking->window->stages.count;
    bool is_late = false;
    if (!is_of_sequence(taking)) {
        taking->out->outcome = CORRELATION_NONE;
        return;
    }
    uint32_t passed = 0;
    if (find_row(taking, &is_late)) {
        const struct window_row *row = row_of(taking);
        if (taking->at_ms < row->newest_ms) { /* its place among the steps has passed */
            say(taking, CORRELATION_WAITING, row->count, need);
            return;
        }
        passed = row->count;
        if (passed > 0 && taking->at_ms - row->since_ms > taking->window->within_ms) {
            passed = 0;
        }
    }
    carried_join(taking->core, taking->window, passed > 0 ? taking->out->slot : NONE32,
                 taking->out);
    const bool is_first = passed <= 1 && fits_stage(taking, 0);
    const bool is_next = passed > 0 && fits_stage(taking, passed);
    if (!is_first && !is_next) {
        if (taking->out->slot != NONE32) {
            row_of(taking)->count = passed;
        }
        say(taking, CORRELATION_WAITING, passed, need);
        return;
    }
    if (!take_row(taking)) {
        return;
    }
    if (!take_step(taking, passed, is_next)) {
        say(taking, CORRELATION_FULL, 0, 0);
        return;
    }
    struct window_row *row = row_of(taking);
    const bool is_done = row->count == need;
    say(taking, is_done ? CORRELATION_FIRES : CORRELATION_WAITING, row->count, need);
    if (is_done) {
        taking->out->event = *taking->event;
        carried_join(taking->core, taking->window, taking->out->slot, taking->out);
        carried_drop(taking->core, taking->out->slot);
        row->count = 0;
    }
}

/* ---- public ---- */

static bool find_key(struct taking *taking)
{
    const struct policy *policy = state_policy(taking->core);
    const struct hash128 base = window_rows_base(taking->core, taking->window_row);
    if (taking->window->kind == WINDOW_NEAR) {
        const struct event_head *head = taking->event->head;
        taking->key =
            window_near_key(taking->core, base, head->device, (head->flags & EVENT_IS_DRILL) != 0);
        return window_near_has(policy, taking->window, head->device);
    }
    taking->key = keys_of(taking->core, base, taking->window->by, NONE32, taking->event);
    return keys_are_in(policy, taking->window->by, taking->event);
}

void windows_take(struct core *core, uint32_t rule_row, const struct event *event,
                  struct correlated *out)
{
    const struct policy *policy = state_policy(core);
    const uint32_t window = policy->rules[rule_row].window;
    out->outcome = CORRELATION_FIRES;
    out->have = out->need = out->severity = 0;
    out->slot = NONE32;
    out->case_no = (struct case_no){0, 0, 0};
    out->event = *event;
    if (window == NONE32) {
        return;
    }
    struct taking taking = {.core = core,
                            .window = &policy->windows[window],
                            .window_row = window,
                            .event = event,
                            .at_ms = event->head->event_at_ms,
                            .out = out};
    if (!find_key(&taking)) {
        out->outcome = CORRELATION_BY_MISSING;
        return;
    }
    switch ((enum window_kind)taking.window->kind) {
    case WINDOW_FOR:
        take_for(&taking);
        break;
    case WINDOW_COUNT:
        take_count(&taking);
        break;
    case WINDOW_NEAR:
        take_near(&taking);
        break;
    case WINDOW_SEQUENCE:
        take_sequence(&taking);
        break;
    case WINDOW_KEYED:
        break;
    case WINDOW_ABSENT: /* absences_take */
    default:
        must(false);
    }
    out->event.severity = out->severity;
    out->key = taking.key;
}

void windows_fired(struct core *core, const struct correlated *taken, enum code code,
                   struct case_no no)
{
    if (taken->slot == NONE32) {
        return;
    }
    struct window_row *row = &core->windows.rows[taken->slot];
    if (row->is_used == 0 || !hash128_is_equal(row->key, taken->key)) {
        return; /* an old key, gone by now to make room for another rule's */
    }
    const bool is_held_back = code == CODE_SUPPRESSED && case_no_is_none(no);
    if (code == CODE_TABLE_FULL || code == CODE_LOST_LANE || is_held_back) {
        row->flags &= ~(uint32_t)WINDOW_IS_TRUE;
        row->level = 0;
    } else if (!case_no_is_none(no)) {
        row->case_no = no;
    }
}

void windows_watch(struct core *core, const struct event *event)
{
    const struct policy *policy = state_policy(core);
    const struct image_range watches = policy->types[event->head->type].watches;
    for (uint32_t i = 0; i < watches.count; i++) {
        const uint32_t rule = policy->watches[watches.first + i];
        const uint32_t window = policy->rules[rule].window;
        if (!keys_are_in(policy, policy->windows[window].by, event)) {
            continue;
        }
        const struct hash128 key = keys_of(core, window_rows_base(core, window),
                                           policy->windows[window].by, NONE32, event);
        const uint32_t slot = window_rows_find(core, key);
        if (slot == NONE32 || event->head->event_at_ms < core->windows.rows[slot].newest_ms) {
            continue;
        }
        if (policy->windows[window].kind == WINDOW_ABSENT) {
            window_rows_drop(core, slot); /* it came */
            continue;
        }
        if (match_rule(policy, state_city(core), rule, event)) {
            continue;
        }
        struct window_row *row = &core->windows.rows[slot];
        row->newest_ms = event->head->event_at_ms;
        row->since_ms = NEVER_MS;
        row->count = 0;
        row->flags &= ~(uint32_t)WINDOW_IS_TRUE;
    }
}
