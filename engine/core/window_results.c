/* window_results.c: see window_results.h. */
#include "engine/core/window_results.h"

#include "engine/core/samples.h"

/* ---- order ---- */

static void sift_down(int64_t *values, uint32_t root, uint32_t count)
{
    while (2 * root + 1 < count) {
        uint32_t child = 2 * root + 1;
        if (child + 1 < count && values[child] < values[child + 1]) {
            child++;
        }
        if (values[root] >= values[child]) {
            return;
        }
        const int64_t swapped = values[root];
        values[root] = values[child];
        values[child] = swapped;
        root = child;
    }
}

/* Heap sort: in place, no recursion, no bad order. */
static void sort_values(int64_t *values, uint32_t count)
{
    for (uint32_t i = count / 2; i > 0; i--) {
        sift_down(values, i - 1, count);
    }
    for (uint32_t end = count; end > 1; end--) {
        const int64_t last = values[end - 1];
        values[end - 1] = values[0];
        values[0] = last;
        sift_down(values, 0, end - 1);
    }
}

uint32_t window_results_distinct(const struct core *core, const struct window_row *row)
{
    const struct sample_row *samples = core->windows.samples.rows;
    int64_t *values = core->windows.scratch;
    uint32_t count = 0;
    for (uint32_t slot = row->first; slot != NONE32; slot = samples[slot].next) {
        values[count++] = (int64_t)samples[slot].distinct;
    }
    sort_values(values, count);
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < count; i++) {
        distinct += i == 0 || values[i] != values[i - 1];
    }
    return distinct;
}

/* ---- results ---- */

/* Values of one field, oldest first; returns how many. */
static uint32_t gather(const struct core *core, const struct window_row *row, uint32_t value)
{
    const struct sample_row *samples = core->windows.samples.rows;
    uint32_t count = 0;
    for (uint32_t slot = row->first; slot != NONE32; slot = samples[slot].next) {
        if ((samples[slot].has & (1u << value)) != 0) {
            core->windows.scratch[count++] = samples[slot].values[value];
        }
    }
    return count;
}

static uint32_t bit_count(uint64_t value)
{
    uint32_t bits = 0;
    while (value != 0) {
        bits++;
        value >>= 1;
    }
    return bits;
}

static uint64_t size_of(int64_t value)
{
    return value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
}

/* With x in seconds and y the values less the first: (n Sxy - Sx Sy) / (n Sxx - Sx Sx). The values are shifted right just so
 * far that no sum of n products can leave 62 bits. */
bool window_results_slope(const int64_t *seconds, const int64_t *values, uint32_t count,
                          int64_t *out_slope)
{
    uint64_t widest = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t size = size_of(sub_clamped(values[i], values[0]));
        widest = size > widest ? size : widest;
    }
    if (count < 2 || seconds[count - 1] == seconds[0]) {
        return false;
    }
    const uint32_t span_bits = bit_count((uint64_t)(seconds[count - 1] - seconds[0]));
    const uint32_t used = 2 * bit_count(count) + span_bits + bit_count(widest);
    const uint32_t shift = used > 62 ? used - 62 : 0;
    int64_t sum_x = 0;
    int64_t sum_y = 0;
    int64_t sum_xx = 0;
    int64_t sum_xy = 0;
    for (uint32_t i = 0; i < count; i++) {
        const int64_t x = seconds[i] - seconds[0];
        const int64_t y = sub_clamped(values[i], values[0]) / (INT64_C(1) << shift);
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    const int64_t n = count;
    const int64_t above = n * sum_xy - sum_x * sum_y;
    const int64_t below = n * sum_xx - sum_x * sum_x;
    must(below > 0);
    *out_slope = mul_div(mul_div(above, 60, below), INT64_C(1) << shift, 1);
    if (shift == 0) { /* one rounding where it can be had */
        *out_slope = mul_div(above, 60, below);
    }
    return true;
}

static bool slope_of(const struct core *core, const struct window_row *row,
                     const struct policy_result *result, int64_t *out_value)
{
    const struct sample_row *samples = core->windows.samples.rows;
    int64_t seconds[WINDOW_SAMPLES_MAX];
    uint32_t count = 0;
    const int64_t from_ms =
        result->span_ms == 0 ? INT64_MIN : sub_clamped(row->newest_ms, result->span_ms);
    int64_t first_ms = 0;
    for (uint32_t slot = row->first; slot != NONE32; slot = samples[slot].next) {
        const struct sample_row *sample = &samples[slot];
        if ((sample->has & (1u << result->value)) == 0 || sample->at_ms <= from_ms) {
            continue;
        }
        first_ms = count == 0 ? sample->at_ms : first_ms;
        seconds[count] = (sample->at_ms - first_ms) / SECOND_MS;
        core->windows.scratch[count++] = sample->values[result->value];
    }
    return window_results_slope(seconds, core->windows.scratch, count, out_value);
}

/* False: no result. */
static bool compute(const struct core *core, const struct window_row *row,
                    const struct policy_result *result, int64_t *out_value)
{
    int64_t *values = core->windows.scratch;
    if (result->op == RESULT_COUNT) {
        *out_value = (int64_t)row->count * MICRO;
        return true;
    }
    if (result->op == RESULT_SLOPE) {
        return slope_of(core, row, result, out_value);
    }
    const uint32_t count = gather(core, row, result->value);
    if (count == 0) {
        return false;
    }
    int64_t sum = 0;
    int64_t least = values[0];
    int64_t most = values[0];
    for (uint32_t i = 0; i < count; i++) {
        sum = add_clamped(sum, values[i]);
        least = min_i64(least, values[i]);
        most = max_i64(most, values[i]);
    }
    switch ((enum result_op)result->op) {
    case RESULT_SUM:
        *out_value = sum;
        return true;
    case RESULT_AVG:
        *out_value = sum / (int64_t)count;
        return true;
    case RESULT_MIN:
        *out_value = least;
        return true;
    case RESULT_MAX:
        *out_value = most;
        return true;
    case RESULT_LAST:
        *out_value = values[count - 1];
        return true;
    case RESULT_RANK:
        sort_values(values, count);
        *out_value = values[(result->permille * count + 999u) / 1000u - 1u];
        return true;
    case RESULT_COUNT:
    case RESULT_SLOPE:
    default:
        must(false);
        return false;
    }
}

/* ---- the event that carries them ---- */

struct extra {
    uint32_t field;
    bool is_there;
    int64_t value;
};

/* In the order of their rows, as an event's fields lie. */
static void add_extra(struct extra *extras, uint32_t *count, struct extra added)
{
    uint32_t at = (*count)++;
    while (at > 0 && extras[at - 1].field > added.field) {
        extras[at] = extras[at - 1];
        at--;
    }
    extras[at] = added;
}

static void put_extra(struct correlated *out, uint32_t *count, const struct extra *extra)
{
    if (extra->is_there) {
        out->fields[(*count)++] = (struct event_field){.field = (uint16_t)extra->field,
                                                       .kind = (uint8_t)FIELD_NUMBER,
                                                       .a = (uint64_t)extra->value};
    }
}

void window_results_put(const struct core *core, const struct policy_window *window,
                        const struct window_row *row, uint32_t counted, struct correlated *out)
{
    const struct policy *policy = state_policy(core);
    const struct event *event = &out->event;
    struct extra extras[POLICY_RESULTS_MAX + 1u];
    uint32_t extra_count = 0;
    for (uint32_t i = 0; i < window->results.count; i++) {
        const struct policy_result *result = &policy->results[window->results.first + i];
        struct extra extra = {.field = result->target};
        extra.is_there = compute(core, row, result, &extra.value);
        add_extra(extras, &extra_count, extra);
    }
    if (window->count_field != NONE32) {
        add_extra(extras, &extra_count,
                  (struct extra){window->count_field, true, (int64_t)counted * MICRO});
    }
    if (extra_count == 0) {
        return;
    }
    uint32_t count = 0;
    uint32_t next = 0;
    for (uint32_t i = 0; i < event->head->field_count; i++) {
        const uint32_t field = event->fields[i].field;
        while (next < extra_count && extras[next].field < field) {
            put_extra(out, &count, &extras[next++]);
        }
        if (next < extra_count && extras[next].field == field) {
            continue; /* what the sender says of it does not count */
        }
        out->fields[count++] = event->fields[i];
    }
    while (next < extra_count) {
        put_extra(out, &count, &extras[next++]);
    }
    must(count <= WINDOW_FIELDS_MAX);
    out->head = *event->head;
    out->head.field_count = (uint8_t)count;
    out->event.head = &out->head;
    out->event.fields = out->fields;
}
