/* policy_windows.c: see policy_windows.h. */
#include "engine/core/policy_windows.h"

#include "engine/core/expr.h"

#define WINDOW_MS_MAX (INT64_C(366) * DAY_MS)
#define SLOPE_MS_MAX (7 * DAY_MS) /* so that sums of squares fit */

static bool range_is_sound(struct image_range range, uint32_t row_count, uint32_t count_max)
{
    return range.first <= row_count && range.count <= row_count - range.first &&
           range.count <= count_max;
}

static bool is_number(const struct policy *policy, uint32_t field)
{
    return field < policy->field_count && policy->fields[field].kind == FIELD_NUMBER;
}

static bool span_is_sound(int64_t ms)
{
    return ms >= 0 && ms <= WINDOW_MS_MAX;
}

static bool results_are_sound(const struct policy *policy, const struct policy_window *window)
{
    if (!range_is_sound(window->results, policy->result_count, POLICY_RESULTS_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < window->results.count; i++) {
        const struct policy_result *result = &policy->results[window->results.first + i];
        const int64_t span_ms = result->span_ms == 0 ? window->within_ms : result->span_ms;
        const bool is_sound =
            result->op >= RESULT_COUNT && result->op <= RESULT_SLOPE &&
            is_number(policy, result->target) && result->value < WINDOW_VALUES_MAX &&
            (result->op == RESULT_COUNT ? result->field == NONE32
                                        : is_number(policy, result->field)) &&
            result->permille <= 1000 && (result->op != RESULT_RANK || result->permille > 0) &&
            span_is_sound(result->span_ms) &&
            (result->op != RESULT_SLOPE || span_ms <= SLOPE_MS_MAX);
        if (!is_sound) {
            return false;
        }
    }
    return true;
}

static bool levels_are_sound(const struct policy *policy, const struct policy_window *window)
{
    if (!range_is_sound(window->levels, policy->level_count, POLICY_LEVELS_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < window->levels.count; i++) {
        const struct policy_level *level = &policy->levels[window->levels.first + i];
        if (level->severity < 1 || level->severity > 4 ||
            (i > 0 && level[-1].severity >= level->severity) ||
            expr_check(policy, level->program, false) != ERR_OK) {
            return false;
        }
    }
    return window->levels.count == 0 || window->kind == WINDOW_COUNT;
}

/* Pairs of fields of one kind; no name is given twice in a rule, so that a run keeps each once. */
static bool carries_are_sound(const struct policy *policy, const struct policy_window *window,
                              const struct policy_stage *stage)
{
    if (!range_is_sound(stage->carries, policy->key_count, 2 * POLICY_CARRIED_MAX) ||
        stage->carries.count % 2 != 0 ||
        (stage->carries.count > 0 && (window->flags & WINDOW_CARRIES) == 0)) {
        return false;
    }
    for (uint32_t i = 0; i < stage->carries.count; i++) {
        const uint32_t *key = &policy->keys[stage->carries.first + i];
        if (*key >= policy->field_count ||
            (i % 2 == 1 && policy->fields[key[0]].kind != policy->fields[key[-1]].kind)) {
            return false;
        }
    }
    return true;
}

/* All names that the steps of one rule give are different ones, and not too many. */
static bool carried_is_sound(const struct policy *policy, const struct policy_window *window)
{
    uint32_t seen[POLICY_CARRIED_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < window->stages.count; i++) {
        const struct policy_stage *stage = &policy->stages[window->stages.first + i];
        for (uint32_t k = 1; k < stage->carries.count; k += 2) {
            const uint32_t target = policy->keys[stage->carries.first + k];
            for (uint32_t j = 0; j < count; j++) {
                if (seen[j] == target) {
                    return false;
                }
            }
            if (count == POLICY_CARRIED_MAX) {
                return false;
            }
            seen[count++] = target;
        }
    }
    return true;
}

static bool stages_are_sound(const struct policy *policy, const struct policy_window *window)
{
    if (!range_is_sound(window->stages, policy->stage_count, POLICY_STAGES_MAX) ||
        (window->kind == WINDOW_SEQUENCE) != (window->stages.count >= 2) ||
        (window->kind == WINDOW_ABSENT) != (window->stages.count == 1)) {
        return false;
    }
    for (uint32_t i = 0; i < window->stages.count; i++) {
        const struct policy_stage *stage = &policy->stages[window->stages.first + i];
        if (stage->type >= policy->type_count || !carries_are_sound(policy, window, stage) ||
            (stage->flags & ~(uint32_t)STAGE_ASKS_CARRIED) != 0 ||
            expr_check(policy, stage->program, false) != ERR_OK) {
            return false;
        }
    }
    return carried_is_sound(policy, window);
}

/* One device of each row, ascending; its neighbours are devices or none. */
static bool near_is_sound(const struct policy *policy, const struct city *city,
                          const struct policy_window *window)
{
    if (window->kind != WINDOW_NEAR) {
        return window->near.count == 0;
    }
    if (!range_is_sound(window->near, policy->near_count, policy->near_count) || window->of < 1 ||
        window->of > POLICY_NEAR_MAX || window->near.count % window->of != 0 ||
        window->lateness_ms > window->within_ms) {
        return false;
    }
    for (uint32_t i = 0; i < window->near.count; i++) {
        const uint32_t *row = &policy->near[window->near.first + i];
        const bool is_first = i % window->of == 0;
        if (is_first ? *row >= city->device_count
                     : (*row >= city->device_count && *row != NONE32)) {
            return false;
        }
        if (is_first && i > 0 && *(row - window->of) >= *row) {
            return false;
        }
    }
    return true;
}

static bool by_is_sound(const struct policy *policy, struct image_range by)
{
    if (!range_is_sound(by, policy->key_count, POLICY_KEYS_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < by.count; i++) {
        if (policy->keys[by.first + i] >= policy->field_count) {
            return false;
        }
    }
    return true;
}

static bool window_is_sound(const struct policy *policy, const struct city *city, uint32_t row)
{
    const struct policy_window *window = &policy->windows[row];
    const uint32_t flags_known =
        WINDOW_CENTROID | WINDOW_DISTINCT | WINDOW_AT_MOST | WINDOW_CARRIES;
    return window->rule < policy->rule_count && policy->rules[window->rule].window == row &&
           window->kind >= WINDOW_FOR && window->kind <= WINDOW_ABSENT &&
           by_is_sound(policy, window->by) && results_are_sound(policy, window) &&
           levels_are_sound(policy, window) && stages_are_sound(policy, window) &&
           expr_check(policy, window->program, false) == ERR_OK &&
           near_is_sound(policy, city, window) && window->within_ms > 0 &&
           span_is_sound(window->within_ms) && span_is_sound(window->gap_ms) &&
           span_is_sound(window->lateness_ms) && span_is_sound(window->hold_ms) &&
           window->at_least <= WINDOW_SAMPLES_MAX && window->min_samples <= WINDOW_SAMPLES_MAX &&
           (window->distinct == NONE32 || window->distinct < policy->field_count) &&
           ((window->flags & WINDOW_DISTINCT) == 0 || window->distinct != NONE32) &&
           (window->count_field == NONE32 || is_number(policy, window->count_field)) &&
           window->max_keys > 0 && (window->flags & ~flags_known) == 0;
}

static bool watches_are_sound(const struct policy *policy, const struct policy_type *type)
{
    if (!range_is_sound(type->watches, policy->watch_count, POLICY_WATCHES_MAX)) {
        return false;
    }
    for (uint32_t i = 0; i < type->watches.count; i++) {
        const uint32_t rule = policy->watches[type->watches.first + i];
        if (rule >= policy->rule_count || policy->rules[rule].window == NONE32) {
            return false;
        }
        const struct policy_window *window = &policy->windows[policy->rules[rule].window];
        const bool is_expected = window->kind == WINDOW_ABSENT &&
                                 &policy->types[policy->stages[window->stages.first].type] == type;
        if (window->kind != WINDOW_FOR && !is_expected) {
            return false;
        }
    }
    return true;
}

bool policy_windows_hold(const struct policy *policy, const struct city *city)
{
    for (uint32_t i = 0; i < policy->window_count; i++) {
        if (!window_is_sound(policy, city, i)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const uint32_t window = policy->rules[i].window;
        if (window != NONE32 &&
            (window >= policy->window_count || policy->windows[window].rule != i)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < policy->type_count; i++) {
        const struct policy_type *type = &policy->types[i];
        if (!watches_are_sound(policy, type)) {
            return false;
        }
    }
    return true;
}
