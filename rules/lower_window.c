/* lower_window.c: see lower_window.h. Neighbourhoods are found here, once a city, so that the core only counts. */
#include "rules/lower_window.h"

#include "engine/core/distance.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

struct window_tables window_tables_of(struct arena *arena)
{
    return (struct window_tables){.windows = table_of(arena, sizeof(struct policy_window)),
                                  .results = table_of(arena, sizeof(struct policy_result)),
                                  .levels = table_of(arena, sizeof(struct policy_level)),
                                  .stages = table_of(arena, sizeof(struct policy_stage)),
                                  .near = table_of(arena, sizeof(uint32_t)),
                                  .watches = table_of(arena, sizeof(uint32_t))};
}

/* ---- shape ---- */

static void shape_text(XXH3_state_t *state, const char *text)
{
    (void)XXH3_128bits_update(state, text, strlen(text) + 1);
}

static void shape_number(XXH3_state_t *state, int64_t number)
{
    (void)XXH3_128bits_update(state, &number, sizeof number);
}

/* What is kept, of which events, under which key, for how long. Thresholds, conditions and levels are not of it: what is
 * kept means the same under new ones. Names, never rows. */
static struct hash128 shape_of(const struct ruleset *set, const struct rule *rule)
{
    const struct rule_window *window = rule->window;
    XXH3_state_t *state = XXH3_createState();
    must(state != NULL);
    (void)XXH3_128bits_reset(state);
    shape_number(state, window->kind);
    for (uint32_t i = 0; i < rule->type_count; i++) {
        shape_text(state, rule->types[i]->name);
    }
    shape_number(state, window->by.count);
    for (uint32_t i = 0; i < window->by.count; i++) {
        shape_text(state, window->by.fields[i]->name);
    }
    shape_number(state, window->within_ms);
    shape_number(state, window->gap_ms);
    shape_text(state, window->distinct == NULL ? "" : window->distinct->name);
    for (uint32_t i = 0; i < window->result_count; i++) {
        shape_text(state, window->results[i].field == NULL ? "" : window->results[i].field->name);
    }
    for (uint32_t i = 0; i < window->stage_count; i++) {
        const struct rule_stage *stage = &window->stages[i];
        shape_text(state, stage->type->name);
        for (uint32_t k = 0; k < stage->carried_count; k++) {
            shape_text(state, stage->carried[k].target->name);
        }
    }
    if (window->registry != NONE32) {
        const struct image_string name = set->city->asset_kinds[window->registry];
        (void)XXH3_128bits_update(state, city_text(set->city, name), name.size);
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(state);
    (void)XXH3_freeState(state);
    return (struct hash128){hash.high64, hash.low64};
}

/* ---- neighbourhoods ---- */

struct sited {
    int32_t lat;
    uint32_t device;
};

static int compare_lat(const void *left, const void *right)
{
    const struct sited *a = left;
    const struct sited *b = right;
    if (a->lat != b->lat) {
        return a->lat < b->lat ? -1 : 1;
    }
    return a->device < b->device ? -1 : a->device > b->device;
}

struct neighbour {
    int64_t cm;
    uint32_t device;
};

static int compare_ids(const struct city *city, uint32_t a, uint32_t b)
{
    const struct image_string x = city->devices[a].id;
    const struct image_string y = city->devices[b].id;
    const int order =
        memcmp(city_text(city, x), city_text(city, y), x.size < y.size ? x.size : y.size);
    return order != 0 ? order : (x.size > y.size) - (x.size < y.size);
}

static void add_neighbour(const struct city *city, struct neighbour *found, uint32_t *count,
                          uint32_t limit, struct neighbour added)
{
    uint32_t at = *count;
    while (at > 0 && (found[at - 1].cm > added.cm ||
                      (found[at - 1].cm == added.cm &&
                       compare_ids(city, found[at - 1].device, added.device) > 0))) {
        at--;
    }
    if (at == limit) {
        return;
    }
    *count += *count < limit;
    memmove(found + at + 1, found + at, (*count - at - 1) * sizeof found[0]);
    found[at] = added;
}

static void put_group(struct window_tables *tables, const struct city *city,
                      const struct rule_window *window, const struct sited *sited, uint32_t count,
                      uint32_t middle)
{
    const struct city_device *device = &city->devices[sited[middle].device];
    const struct place place = {device->lon, device->lat};
    const int64_t span = distance_lat_span(window->radius_cm) + 1;
    struct neighbour found[POLICY_NEAR_MAX];
    uint32_t rows[POLICY_NEAR_MAX];
    uint32_t found_count = 0;
    uint32_t from = middle;
    while (from > 0 && sited[middle].lat - (int64_t)sited[from - 1].lat <= span) {
        from--;
    }
    for (uint32_t i = from; i < count && sited[i].lat - (int64_t)sited[middle].lat <= span; i++) {
        const struct city_device *other = &city->devices[sited[i].device];
        const int64_t cm = distance_cm(place, (struct place){other->lon, other->lat});
        if (i != middle && cm <= window->radius_cm && window->of > 1) {
            add_neighbour(city, found, &found_count, window->of - 1,
                          (struct neighbour){cm, sited[i].device});
        }
    }
    rows[0] = sited[middle].device;
    for (uint32_t i = 1; i < window->of; i++) {
        rows[i] = i <= found_count ? found[i - 1].device : NONE32;
    }
    (void)table_add(&tables->near, rows, window->of);
}

static struct image_range put_near(struct window_tables *tables, const struct ruleset *set,
                                   const struct rule_window *window)
{
    const struct city *city = set->city;
    struct image_range range = {tables->near.count, 0};
    struct sited *sited = arena_take(set->arena, (city->device_count + 1) * sizeof sited[0]);
    uint32_t *where = arena_take(set->arena, (city->device_count + 1) * sizeof where[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < city->device_count; i++) {
        const struct place place = {city->devices[i].lon, city->devices[i].lat};
        where[i] = NONE32;
        if (city->devices[i].kind == window->registry && place_is_known(place)) {
            sited[count++] = (struct sited){place.lat, i};
        }
    }
    if (count > 0) {
        qsort(sited, count, sizeof sited[0], compare_lat);
    }
    for (uint32_t i = 0; i < count; i++) {
        where[sited[i].device] = i;
    }
    for (uint32_t i = 0; i < city->device_count; i++) {
        if (where[i] != NONE32) {
            put_group(tables, city, window, sited, count, where[i]);
        }
    }
    range.count = tables->near.count - range.first;
    return range;
}

/* ---- rows ---- */

static void put_results(struct window_tables *tables, const struct rule_window *window,
                        struct policy_window *row)
{
    struct policy_result rows[POLICY_RESULTS_MAX];
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < window->result_count; i++) {
        const struct rule_result *result = &window->results[i];
        rows[i].span_ms = result->span_ms;
        rows[i].op = result->op;
        rows[i].field = result->field == NULL ? NONE32 : result->field->row;
        rows[i].target = result->target->row;
        rows[i].permille = result->permille;
        rows[i].value = result->value;
    }
    row->results = table_add(&tables->results, rows, window->result_count);
}

/* Pairs: the field of the step's event, the field it is carried as. */
static struct image_range put_carried(struct table *keys, const struct rule_stage *stage)
{
    uint32_t pairs[2 * POLICY_CARRIED_MAX];
    for (uint32_t i = 0; i < stage->carried_count; i++) {
        pairs[2 * i] = stage->carried[i].field->row;
        pairs[2 * i + 1] = stage->carried[i].target->row;
    }
    return table_add(keys, pairs, 2 * stage->carried_count);
}

static void put_conditions(struct window_tables *tables, struct program_writer *programs,
                           struct table *keys, const struct rule_window *window,
                           struct policy_window *row)
{
    struct policy_level levels[POLICY_LEVELS_MAX];
    struct policy_stage stages[POLICY_STAGES_MAX];
    memset(levels, 0, sizeof levels);
    memset(stages, 0, sizeof stages);
    for (uint32_t i = 0; i < window->level_count; i++) {
        levels[i].program = expr_lower(programs, window->levels[i].condition);
        levels[i].severity = window->levels[i].severity;
    }
    for (uint32_t i = 0; i < window->stage_count; i++) {
        stages[i].program = expr_lower(programs, window->stages[i].condition);
        stages[i].type = window->stages[i].type->row;
        stages[i].carries = put_carried(keys, &window->stages[i]);
        stages[i].flags =
            window_asks_carried(window->stages[i].condition) ? (uint32_t)STAGE_ASKS_CARRIED : 0;
    }
    row->program = expr_lower(programs, window->having);
    row->levels = table_add(&tables->levels, levels, window->level_count);
    row->stages = table_add(&tables->stages, stages, window->stage_count);
}

uint32_t lower_window(struct window_tables *tables, struct program_writer *programs,
                      struct table *keys, const struct ruleset *set, const struct rule *rule)
{
    const struct rule_window *window = rule->window;
    if (window == NULL) {
        return NONE32;
    }
    struct policy_window row;
    uint32_t by[POLICY_KEYS_MAX];
    memset(&row, 0, sizeof row);
    for (uint32_t i = 0; i < window->by.count; i++) {
        by[i] = window->by.fields[i]->row;
    }
    row.by = table_add(keys, by, window->by.count);
    row.shape = shape_of(set, rule);
    if (window->was != NULL) {
        const XXH128_hash_t hash = XXH3_128bits(window->was, strlen(window->was));
        row.was_hash = (struct hash128){hash.high64, hash.low64};
    }
    put_results(tables, window, &row);
    put_conditions(tables, programs, keys, window, &row);
    if (window->kind == WINDOW_NEAR) {
        row.near = put_near(tables, set, window);
    }
    row.within_ms = window->within_ms;
    row.gap_ms = window->gap_ms;
    row.lateness_ms = window->lateness_ms;
    row.hold_ms = window->hold_ms;
    row.rule = rule->row;
    row.kind = window->kind;
    row.at_least = window->at_least;
    row.at_most = window->at_most;
    row.distinct = window->distinct == NULL ? NONE32 : window->distinct->row;
    row.count_field =
        window->count == NULL || !window->count->is_used ? NONE32 : window->count->row;
    row.min_samples = window->min_samples;
    row.max_keys = window->max_keys;
    row.of = window->of;
    row.flags = window->flags;
    return table_add(&tables->windows, &row, 1).first;
}

struct image_range lower_watches(struct window_tables *tables, const struct ruleset *set,
                                 const struct rule_type *type, const struct rule *const *rules,
                                 uint32_t count)
{
    struct image_range range = {tables->watches.count, 0};
    for (uint32_t i = 0; i < count; i++) {
        if (rules[i]->window != NULL && rules[i]->window->kind == WINDOW_FOR) {
            (void)table_add(&tables->watches, &rules[i]->row, 1);
            range.count++;
        }
    }
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct rule *rule = set->rules[i];
        const bool is_evaluated = rule->status == RULE_ACTIVE || rule->status == RULE_SHADOW;
        if (is_evaluated && rule->window != NULL && rule->window->kind == WINDOW_ABSENT &&
            rule->window->stages[0].type == type) {
            (void)table_add(&tables->watches, &rule->row, 1);
            range.count++;
        }
    }
    return range;
}

void put_window_tables(const struct window_tables *tables, struct image_writer *image)
{
    const struct {
        uint32_t id;
        const struct table *table;
    } SECTIONS[] = {{POLICY_WINDOWS, &tables->windows}, {POLICY_RESULTS, &tables->results},
                    {POLICY_LEVELS, &tables->levels},   {POLICY_STAGES, &tables->stages},
                    {POLICY_NEAR, &tables->near},       {POLICY_WATCHES, &tables->watches}};
    for (size_t i = 0; i < COUNT_OF(SECTIONS); i++) {
        image_writer_section(image, SECTIONS[i].id, (uint32_t)SECTIONS[i].table->row_size,
                             SECTIONS[i].table->rows, SECTIONS[i].table->count);
    }
}
