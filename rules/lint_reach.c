/* lint_reach.c: rules that no event of this city can reach, repeats that are remembered for longer than the thing lasts, and events that
 * are alike because they lack the same. */
#include "rules/lint_parts.h"

#include <stdio.h>

/* ---- L103 ---- */

/* Persons report too, but what a rule waits for from a machine does not come by hand. */
static bool has_sender(const struct city *city, const char *type)
{
    bool is_found = city->gateway_count == 0; /* nothing is known of who sends */
    for (uint32_t i = 0; !is_found && i < city->gateway_count; i++) {
        is_found = city_gateway_may_send(city, &city->gateways[i], type, strlen(type));
    }
    return is_found;
}

static bool type_has(const struct rule_type *type, const struct rule_field *field)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i] == field) {
            return true;
        }
    }
    return field->is_builtin;
}

static bool limit_takes_text(const struct region_limit *limit, const char *text)
{
    bool is_in = !limit->has_texts;
    for (uint32_t i = 0; i < limit->text_count && limit->has_texts; i++) {
        is_in = is_in || strcmp(limit->texts[i], text) == 0;
    }
    for (uint32_t i = 0; i < limit->not_text_count; i++) {
        is_in = is_in && strcmp(limit->not_texts[i], text) != 0;
    }
    return is_in;
}

/* A field that keeps events of the type out of the box, or NULL: they may lie in it. */
static const struct rule_field *obstacle(const struct rule_type *type, const struct region_box *box)
{
    for (uint32_t i = 0; i < box->count; i++) {
        const struct region_limit *limit = &box->limits[i];
        if (limit->field->is_builtin && strcmp(limit->field->name, "type") == 0) {
            if (!limit->is_absent && !limit_takes_text(limit, type->name)) {
                return limit->field;
            }
        } else if (!limit->is_absent && !type_has(type, limit->field)) {
            return limit->field;
        }
    }
    return NULL;
}

static void lint_type(struct lint_run *run, const struct rule_extent *extent,
                      const struct rule_type *type)
{
    const struct rule *rule = extent->rule;
    if (!has_sender(run->set->city, type->name)) {
        (void)lint_add(run, LINT_L103, rule, NULL, rule->node, NULL,
                       "rule %s waits for %s, which no gateway of the city may send; add its "
                       "prefix to types in "
                       "gateways.csv, or disable the rule",
                       rule->id, type->name);
        return;
    }
    const struct rule_field *field = NULL;
    for (uint32_t i = 0; i < extent->region.count; i++) {
        field = obstacle(type, extent->region.boxes[i]);
        if (field == NULL) {
            return;
        }
    }
    if (field != NULL) {
        (void)lint_add(run, LINT_L103, rule, NULL, rule->where_node, NULL,
                       "rule %s can never take %s: its condition needs %s%s; declare the field "
                       "there, ask with has(), or "
                       "take the type out",
                       rule->id, type->name, strcmp(field->name, "type") == 0 ? "another " : "",
                       strcmp(field->name, "type") == 0 ? "type" : field->name);
    }
}

/* ---- L306 ---- */

/* From the begin of one span of the rule's time clause to that of the next, at least; 0 = it has no two. */
static int64_t shortest_round_ms(const struct week *week)
{
    int64_t first = -1, last = -1, shortest = 0;
    for (uint32_t minute = 0; minute < WEEK_MINUTES; minute++) {
        const uint32_t before = minute == 0 ? WEEK_MINUTES - 1 : minute - 1;
        const bool is_in = (week->words[minute / 64] >> (minute % 64) & 1) != 0;
        const bool was_in = (week->words[before / 64] >> (before % 64) & 1) != 0;
        if (!is_in || was_in) {
            continue;
        }
        if (last >= 0 && (shortest == 0 || minute - last < shortest)) {
            shortest = minute - last;
        }
        first = first < 0 ? minute : first;
        last = minute;
    }
    if (first >= 0) {
        const int64_t around = first + WEEK_MINUTES - last;
        shortest = shortest == 0 || around < shortest ? around : shortest;
    }
    return shortest * MINUTE_MS;
}

static struct clock_limit handle_limit(const struct lint_run *run, const struct rule *rule)
{
    const struct city *city = run->set->city;
    return rule->sla.handle.value > 0            ? rule->sla.handle
           : rule->class_row < city->class_count ? city->classes[rule->class_row].handle
                                                 : (struct clock_limit){0};
}

static const char *duration_words(const struct lint_run *run, int64_t ms)
{
    char text[32];
    if (ms % HOUR_MS == 0) {
        (void)snprintf(text, sizeof text, "%lld h", (long long)(ms / HOUR_MS));
    } else {
        (void)snprintf(text, sizeof text, "%lld min", (long long)(ms / MINUTE_MS));
    }
    return arena_text(run->set->arena, text, strlen(text));
}

static void lint_period(struct lint_run *run, const struct rule_extent *extent)
{
    const struct rule *rule = extent->rule;
    if (rule->dedupe_keys.count == 0) {
        return;
    }
    const bool is_timed = rule->calendars_in.count > 0 || rule->calendars_out.count > 0;
    const int64_t round_ms = is_timed ? shortest_round_ms(extent->week) : 0;
    const struct clock_limit handle = handle_limit(run, rule);
    if (round_ms > 0 && rule->dedupe_window_ms > round_ms) {
        (void)lint_add(run, LINT_L306, rule, NULL, rule->node, NULL,
                       "rule %s: dedupe remembers %s, but its time begins anew every %s: what "
                       "comes back the next time "
                       "counts as a repeat and opens nothing",
                       rule->id, duration_words(run, rule->dedupe_window_ms),
                       duration_words(run, round_ms));
    } else if (handle.unit == UNIT_CONTINUOUS && handle.value > 0 &&
               rule->dedupe_window_ms > handle.value) {
        (void)lint_add(run, LINT_L306, rule, NULL, rule->node, NULL,
                       "rule %s: dedupe remembers %s, but the case is to be handled within %s: "
                       "what comes back after that "
                       "counts as a repeat and opens nothing",
                       rule->id, duration_words(run, rule->dedupe_window_ms),
                       duration_words(run, handle.value));
    }
}

/* ---- L308 ---- */

/* Is a device behind every event of the type? A hotline, a department or a patrol names a place, or nothing. */
static bool is_of_machines(const struct city *city, const char *type)
{
    bool is_so = true;
    for (uint32_t i = 0; i < city->gateway_count; i++) {
        const struct city_gateway *gateway = &city->gateways[i];
        is_so = is_so && (gateway->kind == GATEWAY_SENSOR || gateway->kind == GATEWAY_CAMERA ||
                          !city_gateway_may_send(city, gateway, type, strlen(type)));
    }
    return is_so;
}

static bool is_word_of(const char *name, const char *const *words)
{
    bool is_found = false;
    for (; *words != NULL; words++) {
        is_found = is_found || strcmp(*words, name) == 0;
    }
    return is_found;
}

static bool witness_has(const struct witness *witness, const struct rule_field *field)
{
    bool is_found = false;
    for (uint32_t i = 0; i < witness->head.field_count; i++) {
        is_found = is_found || witness->names[i] == field;
    }
    return is_found;
}

/* Who lies in an area has a zone: the first area, if nothing else. */
static bool has_zone(const struct witness *witness, const struct rule_field *field)
{
    return witness->head.area_count > 0 &&
           (strcmp(field->name, "zone") == 0 || strncmp(field->name, "zone.", 5) == 0);
}

/* Does some part of the key tell this event from another of the type? *out_lacks: the first part that it may be without. */
static bool key_tells(const struct lint_run *run, const struct rule_keys *keys,
                      const struct rule_type *type, const struct witness *witness,
                      const struct rule_field **out_lacks)
{
    static const char *const ALIKE[] = {"source", "type", NULL};
    static const char *const OF_DEVICE[] = {"device",     "health",     "zone",
                                            "zone.name",  "zone.kind",  "asset.code",
                                            "asset.name", "asset.kind", NULL};
    *out_lacks = NULL;
    for (uint32_t i = 0; i < keys->count; i++) {
        const struct rule_field *field = keys->fields[i];
        if (field == NULL || is_word_of(field->name, ALIKE)) {
            continue; /* the class, the sender */
        }
        const bool is_there =
            field->is_carried || strcmp(field->name, "cell") == 0 || witness_has(witness, field) ||
            has_zone(witness, field) ||
            (is_word_of(field->name, OF_DEVICE) && is_of_machines(run->set->city, type->name));
        if (is_there) {
            return true;
        }
        *out_lacks = *out_lacks != NULL ? *out_lacks : field;
    }
    return false;
}

static void lint_absent_keys(struct lint_run *run, const struct rule_extent *extent,
                             const struct rule_keys *keys, const char *key_name)
{
    const struct rule *rule = extent->rule;
    struct witness witness;
    char words[512];
    for (uint32_t t = 0; t < rule->type_count && keys->count > 0; t++) {
        const struct rule_field *lacks = NULL;
        if (lint_is_full(run, LINT_L308) ||
            !witness_find(run->set, run->weeks, rule->types[t], extent, extent, &witness) ||
            key_tells(run, keys, rule->types[t], &witness, &lacks) || lacks == NULL) {
            continue;
        }
        (void)witness_print(run->set, &witness, words, sizeof words);
        (void)lint_add(
            run, LINT_L308, rule, NULL, rule->node, words,
            "rule %s: the %s key has nothing that every %s brings (not %s): all that lack "
            "it are %s; add cell or device, or ask for it in where: has(%s)",
            rule->id, key_name, rule->types[t]->name, lacks->name,
            strcmp(key_name, "dedupe") == 0 ? "repeats of each other" : "one case", lacks->name);
        return; /* one type shows it */
    }
}

void lint_reach(struct lint_run *run)
{
    for (uint32_t i = 0; i < run->set->rule_count; i++) {
        const struct rule *rule = run->extents[i].rule;
        if (rule->status != RULE_ACTIVE || rule->is_inner) {
            continue;
        }
        for (uint32_t k = 0; k < rule->type_count; k++) {
            lint_type(run, &run->extents[i], rule->types[k]);
        }
        lint_period(run, &run->extents[i]);
        if (!run->options.errors_only) {
            lint_absent_keys(run, &run->extents[i], &rule->dedupe_keys, "dedupe");
        }
        if (!run->options.errors_only && rule->merge_radius_cm == 0 &&
            rule->merge_asset_kind == NONE32) {
            lint_absent_keys(run, &run->extents[i], &rule->merge_keys, "merge");
        }
    }
}
