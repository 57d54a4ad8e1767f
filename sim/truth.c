/* truth.c: see truth.h. The rows are sorted twice: by case for precision, by incident for recall. */
#include "sim/truth.h"

#include <stdlib.h>
#include <string.h>

enum truth_kind truth_kind_of(const char *word)
{
    if (word == NULL) {
        return TRUTH_REPORT;
    }
    if (strcmp(word, "clear") == 0) {
        return TRUTH_CLEAR;
    }
    return strcmp(word, "false_alarm") == 0 || strcmp(word, "fault") == 0 ? TRUTH_FALSE
                                                                          : TRUTH_REPORT;
}

uint64_t truth_incident_of(const char *name)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *c = name; *c != '\0'; c++) {
        sum = (sum ^ (uint64_t)(unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    const uint64_t mixed = mix64(sum);
    return mixed == 0 ? 1 : mixed;
}

static int order_of(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_record(const void *a, const void *b)
{
    const struct truth_event *x = a, *y = b;
    int order = order_of(x->record, y->record);
    order = order != 0 ? order : order_of(x->incident, y->incident);
    return order != 0 ? order : order_of(x->event, y->event);
}

static int by_incident(const void *a, const void *b)
{
    const struct truth_event *x = a, *y = b;
    int order = order_of(x->incident, y->incident);
    order = order != 0 ? order : order_of(x->record, y->record);
    return order != 0 ? order : order_of(x->event, y->event);
}

static uint64_t pairs_of(uint64_t count)
{
    return count * (count - 1) / 2;
}

static void group_add(struct truth_group *groups, uint32_t *count, uint32_t group, bool is_false)
{
    uint32_t at = 0;
    while (at < *count && groups[at].group < group) {
        at++;
    }
    if (at == *count || groups[at].group != group) {
        if (*count == TRUTH_GROUPS_MAX) {
            return;
        }
        memmove(groups + at + 1, groups + at, (*count - at) * sizeof *groups);
        groups[at] = (struct truth_group){.group = group};
        (*count)++;
    }
    groups[at].cases++;
    groups[at].false_cases += is_false;
}

/* One case: rows by incident, then by event. Returns the row of its first event. */
static const struct truth_event *measure_case(const struct truth_event *rows, size_t count,
                                              struct truth_result *result)
{
    const struct truth_event *first = &rows[0];
    result->pairs_together += pairs_of(count);
    for (size_t from = 0, i = 0; i < count; i++) {
        first = rows[i].event < first->event ? &rows[i] : first;
        if (i + 1 == count || rows[i + 1].incident != rows[from].incident) {
            const uint64_t own = pairs_of(i + 1 - from);
            const bool is_false = rows[from].kind == TRUTH_FALSE;
            result->pairs_right += is_false ? 0 : own;
            result->pairs_together -= is_false ? own : 0;
            from = i + 1;
        }
    }
    result->cases++;
    result->false_cases += first->kind == TRUTH_FALSE;
    return first;
}

static int by_value(const void *a, const void *b)
{
    return order_of(*(const uint64_t *)a, *(const uint64_t *)b);
}

static void measure_cases(const struct truth_event *rows, size_t count,
                          uint32_t (*rule_of)(const void *context, uint32_t record),
                          const void *context, struct truth_result *result)
{
    uint64_t *owners = malloc((count + 1) * sizeof *owners); /* incidents of the true cases */
    size_t owner_count = 0;
    must(owners != NULL);
    for (size_t from = 0, i = 0; i < count && rows[i].record != NONE32; i++) {
        if (i + 1 < count && rows[i + 1].record == rows[from].record) {
            continue;
        }
        const struct truth_event *first = measure_case(rows + from, i + 1 - from, result);
        const bool is_false = first->kind == TRUTH_FALSE;
        group_add(result->sources, &result->source_count, first->source, is_false);
        group_add(result->rules, &result->rule_count, rule_of(context, first->record), is_false);
        if (!is_false) {
            owners[owner_count++] = first->incident;
        }
        from = i + 1;
    }
    if (owner_count > 1) {
        qsort(owners, owner_count, sizeof *owners, by_value);
    }
    for (size_t i = 1; i < owner_count; i++) {
        result->true_cases_again += owners[i] == owners[i - 1];
    }
    free(owners);
}

/* One incident: rows by case, those without a case last. */
static void measure_incident(const struct truth_event *rows, size_t count,
                             struct truth_result *result)
{
    uint64_t reached = 0, reports = 0, reports_reached = 0, false_events = 0;
    for (size_t i = 0; i < count; i++) {
        const bool has_case = rows[i].record != NONE32;
        reached += has_case;
        reports += rows[i].kind == TRUTH_REPORT;
        reports_reached += rows[i].kind == TRUTH_REPORT && has_case;
        false_events += rows[i].kind == TRUTH_FALSE;
        result->false_events_stopped += rows[i].kind == TRUTH_FALSE && !has_case;
    }
    result->events_without_case += count - reached;
    result->false_events += false_events;
    result->pairs_of_one_incident += false_events == 0 && reached > 0 ? pairs_of(reached) : 0;
    result->incidents += reports > 0;
    result->incidents_missed += reports > 0 && reports_reached == 0;
}

void truth_measure(struct truth_event *rows, size_t count,
                   uint32_t (*rule_of)(const void *context, uint32_t record), const void *context,
                   struct truth_result *out_result)
{
    *out_result = (struct truth_result){.events = count};
    if (count == 0) {
        return;
    }
    qsort(rows, count, sizeof *rows, by_record);
    measure_cases(rows, count, rule_of, context, out_result);
    qsort(rows, count, sizeof *rows, by_incident);
    for (size_t from = 0, i = 0; i < count; i++) {
        if (i + 1 == count || rows[i + 1].incident != rows[from].incident) {
            measure_incident(rows + from, i + 1 - from, out_result);
            from = i + 1;
        }
    }
    must(out_result->pairs_right <= out_result->pairs_together);
    must(out_result->pairs_right <= out_result->pairs_of_one_incident);
}
