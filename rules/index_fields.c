/* index_fields.c: see index_fields.h.
 *
 * Numbers are cut at the ends of the rules' ranges; where there are more than INDEX_CUTS_MAX ends, only every n-th is kept, which
 * costs a few more verifications and no match. */
#include "rules/index_fields.h"

#include <stdlib.h>
#include <xxhash.h>

/* A field while they are counted. */
struct field_count {
    const struct rule_field *field;
    uint32_t anchored_count;
};

uint64_t index_text_key(const char *text)
{
    return XXH3_128bits(text, strlen(text)).high64;
}

bool index_needs_area(const struct rule *rule)
{
    return rule->in != NULL && rule->in->circle_count == 0 && rule->in->cells.count == 0 &&
           rule->in->areas.count > 0;
}

static int key_compare(const void *left, const void *right)
{
    const uint64_t *a = left;
    const uint64_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Sorts the keys; how many different ones there are. */
static uint32_t count_keys(uint64_t *keys, uint32_t count)
{
    if (count > 0) {
        qsort(keys, count, sizeof keys[0], key_compare);
    }
    uint32_t different = 0;
    for (uint32_t i = 0; i < count; i++) {
        different += i == 0 || keys[i] != keys[i - 1];
    }
    return different;
}

static int number_compare(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Most anchored first. */
static int count_compare(const void *left, const void *right)
{
    const struct field_count *a = left;
    const struct field_count *b = right;
    if (a->anchored_count != b->anchored_count) {
        return a->anchored_count > b->anchored_count ? -1 : 1;
    }
    return a->field->row < b->field->row ? -1 : a->field->row > b->field->row;
}

/* The order of match_attribute. */
static int field_compare(const void *left, const void *right)
{
    const struct index_field *a = left;
    const struct index_field *b = right;
    return a->field->row < b->field->row ? -1 : a->field->row > b->field->row;
}

static void find_keys(struct arena *arena, struct index_field *field, uint32_t rule_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        count += field->anchors[i] == NULL ? 0 : field->anchors[i]->text_count;
    }
    uint64_t *keys = arena_take(arena, count * sizeof keys[0]);
    count = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        const struct anchor *anchor = field->anchors[i];
        for (uint32_t k = 0; anchor != NULL && k < anchor->text_count; k++) {
            keys[count++] = index_text_key(anchor->texts[k]);
        }
    }
    field->key_count = count_keys(keys, count);
}

static void find_cuts(struct arena *arena, struct index_field *field, uint32_t rule_count)
{
    int64_t *ends = arena_take(arena, (2 * (size_t)rule_count + 1) * sizeof ends[0]);
    uint32_t end_count = 0;
    ends[end_count++] = INT64_MIN;
    for (uint32_t i = 0; i < rule_count; i++) {
        const struct anchor *anchor = field->anchors[i];
        if (anchor == NULL) {
            continue;
        }
        ends[end_count++] = anchor->low;
        if (anchor->high < INT64_MAX) {
            ends[end_count++] = anchor->high + 1;
        }
    }
    qsort(ends, end_count, sizeof ends[0], number_compare);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < end_count; i++) {
        if (ends[i] != ends[kept - 1]) {
            ends[kept++] = ends[i];
        }
    }
    field->cut_count = kept < INDEX_CUTS_MAX ? kept : INDEX_CUTS_MAX;
    for (uint32_t i = 0; i < field->cut_count; i++) {
        field->cuts[i] = ends[(uint64_t)i * kept / field->cut_count];
    }
}

uint32_t index_cell_of(const struct index_field *field, int64_t value)
{
    uint32_t cell = 0;
    uint32_t count = field->cut_count;
    while (count > 1) {
        const uint32_t half = count / 2;
        if (field->cuts[cell + half] <= value) {
            cell += half;
            count -= half;
        } else {
            count = half;
        }
    }
    return cell;
}

static void find_areas(struct arena *arena, const struct rule *const *rules, uint32_t rule_count,
                       struct index_fields *fields)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        count += index_needs_area(rules[i]) ? rules[i]->in->areas.count : 0;
    }
    uint64_t *keys = arena_take(arena, count * sizeof keys[0]);
    count = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        for (uint32_t k = 0; index_needs_area(rules[i]) && k < rules[i]->in->areas.count; k++) {
            keys[count++] = rules[i]->in->areas.items[k];
        }
    }
    fields->area_count = count_keys(keys, count);
}

/* The fields with most anchors, as many as the index takes. */
static void choose_fields(struct arena *arena, const struct anchors *anchors, uint32_t rule_count,
                          struct index_fields *fields)
{
    struct field_count *counts = arena_take(arena, (size_t)RULE_FIELDS_MAX * sizeof counts[0]);
    uint32_t *place = arena_take(arena, (size_t)RULE_FIELDS_MAX * sizeof place[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        for (uint32_t k = 0; k < anchors[i].count; k++) {
            const struct rule_field *field = anchors[i].items[k].field;
            must(field->row < RULE_FIELDS_MAX);
            if (place[field->row] == 0) {
                counts[count].field = field;
                place[field->row] = ++count;
            }
            counts[place[field->row] - 1].anchored_count++;
        }
    }
    if (count > 0) {
        qsort(counts, count, sizeof counts[0], count_compare);
    }
    fields->count = count < COUNT_OF(fields->items) ? count : (uint32_t)COUNT_OF(fields->items);
    for (uint32_t f = 0; f < fields->count; f++) {
        struct index_field *item = &fields->items[f];
        item->field = counts[f].field;
        item->anchored_count = counts[f].anchored_count;
    }
    if (fields->count > 0) {
        qsort(fields->items, fields->count, sizeof fields->items[0], field_compare);
    }
}

void index_fields_find(struct arena *arena, const struct rule *const *rules, uint32_t rule_count,
                       struct index_fields *out_fields)
{
    memset(out_fields, 0, sizeof *out_fields);
    struct anchors *anchors = arena_take(arena, rule_count * sizeof anchors[0]);
    for (uint32_t i = 0; i < rule_count; i++) {
        anchors_find(arena, rules[i]->where, &anchors[i]);
    }
    choose_fields(arena, anchors, rule_count, out_fields);
    for (uint32_t f = 0; f < out_fields->count; f++) {
        struct index_field *item = &out_fields->items[f];
        item->anchors = arena_take(arena, rule_count * sizeof item->anchors[0]);
        for (uint32_t i = 0; i < rule_count; i++) {
            item->anchors[i] = anchors_at(&anchors[i], item->field);
        }
        if (item->field->kind == FIELD_STRING) {
            find_keys(arena, item, rule_count);
        } else {
            find_cuts(arena, item, rule_count);
        }
    }
    find_areas(arena, rules, rule_count, out_fields);
    out_fields->is_whole = arena_take(arena, rule_count * sizeof out_fields->is_whole[0]);
    for (uint32_t i = 0; i < rule_count; i++) {
        uint32_t kept = 0;
        for (uint32_t f = 0; f < out_fields->count; f++) {
            kept += out_fields->items[f].anchors[i] != NULL;
        }
        out_fields->is_whole[i] = anchors[i].is_whole && kept == anchors[i].count;
    }
}

/* The event may carry a value that no rule names: one more than the keys. */
uint32_t index_share(const struct index_field *field, const struct anchor *anchor)
{
    if (field->field->kind == FIELD_STRING) {
        return (uint32_t)((uint64_t)anchor->text_count * INDEX_ALL / (field->key_count + 1));
    }
    return (uint32_t)((uint64_t)index_key_count(field, anchor) * INDEX_ALL / field->cut_count);
}

uint32_t index_key_count(const struct index_field *field, const struct anchor *anchor)
{
    if (field->field->kind == FIELD_STRING) {
        return anchor->text_count;
    }
    if (anchor->low > anchor->high) {
        return 0;
    }
    return index_cell_of(field, anchor->high) - index_cell_of(field, anchor->low) + 1;
}

uint64_t index_token(const struct index_field *field, const struct anchor *anchor, uint32_t key)
{
    return field->field->kind == FIELD_STRING ? index_text_key(anchor->texts[key])
                                              : 1 + index_cell_of(field, anchor->low) + key;
}
