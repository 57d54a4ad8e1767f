/* lint_roster.c: rules against the city: is somebody on shift who can serve them, does a class go without, are merge radii
 * wider than the things they tell apart. Slow looks, for people who ask; a load does not need them. */
#include "engine/core/distance.h"
#include "rules/lint_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define FALLBACK_PERCENT_MAX 20u /* of the hours of a rule, before it is worth a word */
#define HOURS (WEEK_MINUTES / 60u)

static const char *const DAY_NAMES[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* A bit per hour of the week whose every minute is in the mask. */
struct hours {
    bool items[HOURS];
    uint32_t count;
};

static struct hours hours_of(const struct week *week)
{
    struct hours hours = {.count = 0};
    for (uint32_t hour = 0; hour < HOURS; hour++) {
        bool is_whole = true;
        for (uint32_t minute = hour * 60; minute < (hour + 1) * 60; minute++) {
            is_whole = is_whole && (week->words[minute / 64] >> (minute % 64) & 1) != 0;
        }
        hours.items[hour] = is_whole;
        hours.count += is_whole ? 1 : 0;
    }
    return hours;
}

/* Spans of hours of one day, into text; the length grows. */
static void put_spans(const bool hours[24], const char *day, char *text, size_t size, int *length)
{
    bool is_first = true;
    for (uint32_t hour = 0; hour < 24; hour++) {
        if (!hours[hour] || (hour > 0 && hours[hour - 1])) {
            continue;
        }
        uint32_t end = hour;
        while (end < 24 && hours[end]) {
            end++;
        }
        if ((size_t)*length < size) {
            *length += snprintf(text + *length, size - (size_t)*length, "%s%s%s%02u:00-%02u:00",
                                *length == 0 ? "" : ", ", is_first ? day : "", is_first ? " " : "",
                                hour, end);
        }
        is_first = false;
    }
}

/* "daily 00:00-07:00, 23:00-24:00", or the same by days. */
static const char *holes_words(const struct lint_run *run, const bool is_missing[HOURS])
{
    char text[400];
    int length = 0;
    bool is_daily = true;
    for (uint32_t hour = 24; hour < HOURS; hour++) {
        is_daily = is_daily && is_missing[hour] == is_missing[hour - 24];
    }
    for (uint32_t day = 0; day < (is_daily ? 1 : 7); day++) {
        put_spans(is_missing + (size_t)24 * day, is_daily ? "daily" : DAY_NAMES[day], text,
                  sizeof text, &length);
    }
    return arena_text(run->set->arena, text, strlen(text));
}

bool lint_can_serve(const struct rule_assign *assign, const struct city_person *person)
{
    return person->capacity > 0 && (assign->roles == 0 || (person->roles & assign->roles) != 0) &&
           (person->skills & assign->skills) == assign->skills &&
           (assign->rights == 0 || (person->rights & assign->rights) != 0);
}

/* Adds the minutes of a person's shift. */
static void add_shift(struct lint_run *run, const struct city_person *person, struct week *served)
{
    uint32_t shift = person->shift;
    const struct rule pretended = {.calendars_in = {&shift, shift == NONE32 ? 0 : 1}};
    const struct week *week = NULL;
    if (shift == NONE32) {
        memset(served->words, 0xff, sizeof served->words);
        return;
    }
    struct rule *kept = arena_take(run->set->arena, sizeof *kept); /* weeks keep a pointer to it */
    *kept = pretended;
    kept->calendars_in.items = arena_take(run->set->arena, sizeof shift);
    kept->calendars_in.items[0] = shift;
    week = weeks_of(run->weeks, kept);
    for (uint32_t i = 0; i < WEEK_WORDS; i++) {
        served->words[i] |= week->words[i];
    }
}

/* Who could serve an assign, hour by hour; remembered by what the assign asks for. */
struct service {
    uint64_t roles, skills;
    uint32_t rights, ignore_shift, persons;
    struct hours hours;
};

struct services {
    struct service *items;
    uint32_t count, capacity;
};

static const struct service *service_of(struct lint_run *run, struct services *services,
                                        const struct rule_assign *assign)
{
    for (uint32_t i = 0; i < services->count; i++) {
        const struct service *item = &services->items[i];
        if (item->roles == assign->roles && item->skills == assign->skills &&
            item->rights == assign->rights && item->ignore_shift == assign->ignore_shift) {
            return item;
        }
    }
    if (services->count == services->capacity) {
        const uint32_t capacity = services->capacity == 0 ? 32 : 2 * services->capacity;
        services->items = arena_grow(run->set->arena, services->items,
                                     services->count * sizeof services->items[0],
                                     capacity * sizeof services->items[0]);
        services->capacity = capacity;
    }
    struct service *service = &services->items[services->count++];
    *service = (struct service){.roles = assign->roles,
                                .skills = assign->skills,
                                .rights = assign->rights,
                                .ignore_shift = assign->ignore_shift};
    struct week served = {.is_plain = true};
    const struct city *city = run->set->city;
    for (uint32_t i = 0; i < city->person_count; i++) {
        if (lint_can_serve(assign, &city->persons[i])) {
            service->persons++;
            add_shift(run, &city->persons[i], &served);
        }
    }
    if (assign->ignore_shift != 0 && service->persons > 0) {
        memset(served.words, 0xff, sizeof served.words);
    }
    service->hours = hours_of(&served);
    return service;
}

static void lint_service(struct lint_run *run, struct services *services, const struct rule *rule,
                         const struct hours *wanted)
{
    for (uint32_t i = 0; i < rule->assign_count; i++) {
        const struct rule_assign *assign = &rule->assigns[i];
        const struct service *service = service_of(run, services, assign);
        bool is_missing[HOURS];
        uint32_t missing = 0;
        for (uint32_t hour = 0; hour < HOURS; hour++) {
            is_missing[hour] = wanted->items[hour] && !service->hours.items[hour];
            missing += is_missing[hour] ? 1 : 0;
        }
        const uint32_t percent = wanted->count == 0 ? 0 : missing * 100 / wanted->count;
        if (service->persons == 0) {
            (void)lint_add(
                run, LINT_L401, rule, NULL, rule->node, NULL,
                "rule %s: nobody in the city has the role and skills that assign %u asks "
                "for",
                rule->id, i + 1);
        } else if (missing == wanted->count && missing > 0) {
            (void)lint_add(
                run, LINT_L401, rule, NULL, rule->node, NULL,
                "rule %s: whenever its time clause holds, nobody who fits assign %u is on "
                "shift (%s)",
                rule->id, i + 1, holes_words(run, is_missing));
        } else if (percent > FALLBACK_PERCENT_MAX) {
            (void)lint_add(run, LINT_L402, rule, NULL, rule->node, NULL,
                           "rule %s: in %u %% of its hours nobody who fits assign %u is on shift, "
                           "and a desk has it: %s",
                           rule->id, percent, i + 1, holes_words(run, is_missing));
        }
    }
}

/* ---- the catalogue ---- */

static void lint_classes(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    const struct city *city = set->city;
    struct week *covered = arena_take(set->arena, city->class_count * sizeof covered[0]);
    bool *has_rule = arena_take(set->arena, city->class_count * sizeof has_rule[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (rule->status != RULE_ACTIVE || rule->class_row >= city->class_count) {
            continue;
        }
        has_rule[rule->class_row] = true;
        for (uint32_t k = 0; k < WEEK_WORDS; k++) {
            covered[rule->class_row].words[k] |= run->extents[i].week->words[k];
        }
    }
    for (uint32_t i = 0; i < city->class_count; i++) {
        const struct image_string code = city->classes[i].code;
        const char *name = arena_text(set->arena, city_text(city, code), code.size);
        const struct hours hours = hours_of(&covered[i]);
        if (!has_rule[i]) {
            (void)lint_add(run, LINT_L205, NULL, NULL, NULL, NULL,
                           "class %s of the catalogue has no active rule", name);
        } else if (hours.count < HOURS) {
            bool is_missing[HOURS];
            for (uint32_t hour = 0; hour < HOURS; hour++) {
                is_missing[hour] = !hours.items[hour];
            }
            (void)lint_add(run, LINT_L205, NULL, NULL, NULL, NULL,
                           "class %s has no rule in %u of 168 hours of the week: %s", name,
                           HOURS - hours.count, holes_words(run, is_missing));
        }
    }
}

/* ---- assets ---- */

static int distance_compare(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left;
    const int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Half of all assets of a kind have a neighbour at most this far away; -1 with fewer than two of them. */
static int64_t neighbour_median_cm(struct lint_run *run, uint32_t kind)
{
    const struct city *city = run->set->city;
    int64_t *nearest = arena_take(run->set->arena, city->asset_count * sizeof nearest[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < city->asset_count; i++) {
        if (city->assets[i].kind != kind) {
            continue;
        }
        const struct place here = {city->assets[i].lon, city->assets[i].lat};
        int64_t best_cm = INT64_MAX;
        for (int direction = -1; direction <= 1;
             direction += 2) { /* sorted by latitude inside a kind */
            for (uint32_t k = i + (uint32_t)direction;
                 k < city->asset_count && city->assets[k].kind == kind; k += (uint32_t)direction) {
                const int64_t span = (int64_t)city->assets[k].lat - here.lat;
                if (best_cm < INT64_MAX && (span < 0 ? -span : span) > distance_lat_span(best_cm)) {
                    break;
                }
                best_cm = min_i64(best_cm, distance_cm(here, (struct place){city->assets[k].lon,
                                                                            city->assets[k].lat}));
            }
        }
        if (best_cm < INT64_MAX) {
            nearest[count++] = best_cm;
        }
    }
    if (count == 0) {
        return -1;
    }
    qsort(nearest, count, sizeof nearest[0], distance_compare);
    return nearest[count / 2];
}

static void lint_radius(struct lint_run *run, const struct rule *rule, int64_t *medians_cm)
{
    const uint32_t kind = rule->merge_asset_kind;
    if (kind >= run->set->city->asset_kind_count || rule->merge_radius_cm == 0) {
        return;
    }
    if (medians_cm[kind] == 0) {
        medians_cm[kind] = neighbour_median_cm(run, kind);
    }
    if (medians_cm[kind] >= 0 && 2 * rule->merge_radius_cm >= medians_cm[kind]) {
        (void)lint_add(run, LINT_L305, rule, NULL, rule->node, NULL,
                       "rule %s: merge radius %lld m, but half of these assets have a neighbour "
                       "within %lld m; reports of two of them may become one case",
                       rule->id, (long long)(rule->merge_radius_cm / 100),
                       (long long)(medians_cm[kind] / 100));
    }
}

void lint_roster(struct lint_run *run)
{
    const struct ruleset *set = run->set;
    struct services services = {NULL, 0, 0};
    int64_t *medians_cm =
        arena_take(set->arena, set->city->asset_kind_count * sizeof medians_cm[0]);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        if (rule->status != RULE_ACTIVE) {
            continue;
        }
        const struct hours wanted = hours_of(run->extents[i].week);
        lint_service(run, &services, rule, &wanted);
        lint_radius(run, rule, medians_cm);
    }
    lint_classes(run);
}
