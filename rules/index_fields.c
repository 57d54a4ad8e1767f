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
    return rule->in != NULL && rule->in->circle_count == 0;
}

static int need_compare(const void *left, const void *right)
{
    const struct index_need *x = left;
    const struct index_need *y = right;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->rule < y->rule ? -1 : x->rule > y->rule;
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
    const bool a_is_text = a->field->kind == FIELD_STRING;
    const bool b_is_text = b->field->kind == FIELD_STRING;
    if (a_is_text != b_is_text) {
        return a_is_text ? -1 : 1;
    }
    return a->field->row < b->field->row ? -1 : a->field->row > b->field->row;
}

static void find_needs(struct arena *arena, struct index_field *field, uint32_t rule_count)
{
    for (uint32_t i = 0; i < rule_count; i++) {
        field->need_count += field->anchors[i] == NULL ? 0 : field->anchors[i]->text_count;
    }
    field->needs = arena_take(arena, field->need_count * sizeof field->needs[0]);
    uint32_t at = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        const struct anchor *anchor = field->anchors[i];
        for (uint32_t k = 0; anchor != NULL && k < anchor->text_count; k++) {
            field->needs[at++] = (struct index_need){index_text_key(anchor->texts[k]), i};
        }
    }
    if (at > 0) {
        qsort(field->needs, at, sizeof field->needs[0], need_compare);
    }
    for (uint32_t i = 0; i < at; i++) {
        field->key_count += i == 0 || field->needs[i].key != field->needs[i - 1].key;
    }
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
    for (uint32_t i = 0; i < rule_count; i++) {
        fields->area_count += index_needs_area(rules[i]) ? rules[i]->in->areas.count : 0;
    }
    fields->areas = arena_take(arena, fields->area_count * sizeof fields->areas[0]);
    uint32_t at = 0;
    for (uint32_t i = 0; i < rule_count; i++) {
        for (uint32_t k = 0; index_needs_area(rules[i]) && k < rules[i]->in->areas.count; k++) {
            fields->areas[at++] = (struct index_need){rules[i]->in->areas.items[k], i};
        }
    }
    if (at > 0) {
        qsort(fields->areas, at, sizeof fields->areas[0], need_compare);
    }
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
            find_needs(arena, item, rule_count);
        } else {
            find_cuts(arena, item, rule_count);
        }
    }
    find_areas(arena, rules, rule_count, out_fields);
}

/* ---- order ---- */

/* Where a rule goes: by the field that lets the fewest events through, then by what it needs of it. */
struct placing {
    uint32_t field; /* of index_fields; count = its areas, count + 1 = nothing */
    uint64_t key;
    uint32_t rank;
};

static int placing_compare(const void *left, const void *right)
{
    const struct placing *a = left;
    const struct placing *b = right;
    if (a->field != b->field) {
        return a->field < b->field ? -1 : 1;
    }
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* How many of a million events pass, were all keys and cells as likely. */
static uint64_t share_of(const struct index_field *field, const struct anchor *anchor)
{
    if (field->field->kind == FIELD_STRING) {
        return (uint64_t)anchor->text_count * 1000000 / field->key_count;
    }
    const uint32_t low = index_cell_of(field, anchor->low);
    const uint32_t high = index_cell_of(field, anchor->high);
    return (high >= low ? (uint64_t)high - low + 1 : 0) * 1000000 / field->cut_count;
}

static struct placing place_rule(const struct index_fields *fields, const struct rule *rule,
                                 uint32_t rank)
{
    struct placing placing = {fields->count + 1, 0, rank};
    uint64_t best = UINT64_MAX;
    if (index_needs_area(rule) && rule->in->areas.count > 0) {
        placing.field = fields->count;
        placing.key = rule->in->areas.items[0];
    }
    for (uint32_t f = 0; f < fields->count; f++) {
        const struct index_field *field = &fields->items[f];
        const struct anchor *anchor = field->anchors[rank];
        const bool is_text = field->field->kind == FIELD_STRING;
        if (anchor == NULL || (is_text && anchor->text_count == 0)) {
            continue;
        }
        const uint64_t share = share_of(field, anchor);
        if (share < best) {
            best = share;
            placing.field = f;
            placing.key =
                is_text ? index_text_key(anchor->texts[0]) : match_number_key(anchor->low);
        }
    }
    return placing;
}

void index_order(struct arena *arena, const struct index_fields *fields,
                 const struct rule *const *rules, uint32_t rule_count, uint32_t *out_ranks)
{
    struct placing *placings = arena_take(arena, rule_count * sizeof placings[0]);
    for (uint32_t i = 0; i < rule_count; i++) {
        placings[i] = place_rule(fields, rules[i], i);
    }
    if (rule_count > 0) {
        qsort(placings, rule_count, sizeof placings[0], placing_compare);
    }
    for (uint32_t slot = 0; slot < rule_count; slot++) {
        out_ranks[slot] = placings[slot].rank;
    }
}
