/* index.c: which attributes are worth an index, their cells, and the bitset of every cell.
 *
 * For each attribute: `other` holds the rules that need nothing of it; every cell holds these and the rules
 * whose need meets the cell. Numbers are cut at the ends of the rules' ranges; where there are more than
 * NUMBER_CELLS_MAX ends, only every n-th is kept, which costs a few more verifications and no match. */
#include "rules/index.h"

#include "rules/anchor.h"

#include <stdlib.h>
#include <xxhash.h>

#define NUMBER_CELLS_MAX 128u

/* A field and how many rules of the type have an anchor on it. */
struct index_field {
    const struct rule_field *field;
    uint32_t anchored_count;
};

struct index_builder {
    struct index_tables *tables;
    struct arena *arena;
    const struct rule *const *rules;
    uint32_t rule_count;
    uint32_t word_count;     /* of one bitset */
    struct anchors *anchors; /* rule_count */
};

struct index_tables index_tables_of(struct arena *arena)
{
    return (struct index_tables){
        table_of(arena, sizeof(struct match_type)), table_of(arena, sizeof(struct match_attribute)),
        table_of(arena, sizeof(struct match_cell)), table_of(arena, sizeof(uint64_t))};
}

static void set_bit(struct index_builder *builder, uint32_t first_word, uint32_t rule)
{
    uint64_t *words = (uint64_t *)(void *)builder->tables->bits.rows;
    words[first_word + rule / 64] |= UINT64_C(1) << (rule % 64);
}

static uint32_t new_bits(struct index_builder *builder)
{
    return table_extend(&builder->tables->bits, builder->word_count);
}

static void add_cell(struct index_builder *builder, struct match_attribute *attribute,
                     struct match_cell cell)
{
    (void)table_add(&builder->tables->cells, &cell, 1);
    attribute->cells.count++;
}

/* The bitset of rules without an anchor on the field. */
static uint32_t make_other(struct index_builder *builder, const struct rule_field *field)
{
    uint32_t bits = new_bits(builder);
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        if (anchors_at(&builder->anchors[i], field) == NULL) {
            set_bit(builder, bits, i);
        }
    }
    return bits;
}

/* ---- texts ---- */

/* (hash of a text, rule that needs it) */
struct text_need {
    uint64_t a, b;
    uint32_t rule;
};

static int need_compare(const void *left, const void *right)
{
    const struct text_need *x = left;
    const struct text_need *y = right;
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    if (x->b != y->b) {
        return x->b < y->b ? -1 : 1;
    }
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* One cell per distinct (a, b); needs are sorted. */
static void add_need_cells(struct index_builder *builder, struct match_attribute *attribute,
                           const struct text_need *needs, uint32_t need_count)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < need_count; i++) {
        bool is_new = i == 0 || needs[i].a != needs[i - 1].a || needs[i].b != needs[i - 1].b;
        if (is_new) {
            bits = new_bits(builder);
            uint64_t *words = (uint64_t *)(void *)builder->tables->bits.rows;
            memcpy(words + bits, words + attribute->other, builder->word_count * sizeof words[0]);
            add_cell(builder, attribute, (struct match_cell){needs[i].a, needs[i].b, bits, 0});
        }
        set_bit(builder, bits, needs[i].rule);
    }
}

static void add_text_cells(struct index_builder *builder, const struct rule_field *field,
                           struct match_attribute *attribute)
{
    uint32_t need_count = 0;
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        const struct anchor *anchor = anchors_at(&builder->anchors[i], field);
        need_count += anchor == NULL ? 0 : anchor->text_count;
    }
    struct text_need *needs = arena_take(builder->arena, need_count * sizeof needs[0]);
    uint32_t at = 0;
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        const struct anchor *anchor = anchors_at(&builder->anchors[i], field);
        for (uint32_t k = 0; anchor != NULL && k < anchor->text_count; k++) {
            XXH128_hash_t hash = XXH3_128bits(anchor->texts[k], strlen(anchor->texts[k]));
            needs[at++] = (struct text_need){hash.high64, hash.low64, i};
        }
    }
    if (need_count > 0) {
        qsort(needs, need_count, sizeof needs[0], need_compare);
    }
    add_need_cells(builder, attribute, needs, need_count);
}

/* ---- numbers ---- */

static int number_compare(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Starts of the cells, the first at INT64_MIN; returns how many. */
static uint32_t cut_numbers(struct index_builder *builder, const struct rule_field *field,
                            int64_t cuts[NUMBER_CELLS_MAX])
{
    int64_t *ends =
        arena_take(builder->arena, (2 * (size_t)builder->rule_count + 1) * sizeof ends[0]);
    uint32_t end_count = 0;
    ends[end_count++] = INT64_MIN;
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        const struct anchor *anchor = anchors_at(&builder->anchors[i], field);
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
    uint32_t cut_count = kept < NUMBER_CELLS_MAX ? kept : NUMBER_CELLS_MAX;
    for (uint32_t i = 0; i < cut_count; i++) {
        cuts[i] = ends[(uint64_t)i * kept / cut_count];
    }
    return cut_count;
}

static void add_number_cells(struct index_builder *builder, const struct rule_field *field,
                             struct match_attribute *attribute)
{
    int64_t cuts[NUMBER_CELLS_MAX];
    uint32_t cut_count = cut_numbers(builder, field, cuts);
    for (uint32_t c = 0; c < cut_count; c++) {
        int64_t low = cuts[c];
        int64_t high = c + 1 < cut_count ? cuts[c + 1] - 1 : INT64_MAX;
        uint32_t bits = new_bits(builder);
        for (uint32_t i = 0; i < builder->rule_count; i++) {
            const struct anchor *anchor = anchors_at(&builder->anchors[i], field);
            if (anchor == NULL || (anchor->low <= high && anchor->high >= low)) {
                set_bit(builder, bits, i);
            }
        }
        add_cell(builder, attribute, (struct match_cell){match_number_key(low), 0, bits, 0});
    }
}

/* ---- areas ---- */

static bool needs_area(const struct rule *rule)
{
    return rule->in != NULL && rule->in->circle_count == 0;
}

static void add_area_attribute(struct index_builder *builder)
{
    uint32_t need_count = 0;
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        need_count += needs_area(builder->rules[i]) ? builder->rules[i]->in->areas.count : 0;
    }
    if (need_count == 0) {
        return;
    }
    struct text_need *needs = arena_take(builder->arena, need_count * sizeof needs[0]);
    uint32_t at = 0;
    struct match_attribute attribute = {
        MATCH_AREA, NONE32, {builder->tables->cells.count, 0}, new_bits(builder), 0};
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        const struct rule *rule = builder->rules[i];
        if (!needs_area(rule)) {
            set_bit(builder, attribute.other, i);
            continue;
        }
        for (uint32_t k = 0; k < rule->in->areas.count; k++) {
            needs[at++] = (struct text_need){rule->in->areas.items[k], 0, i};
        }
    }
    qsort(needs, need_count, sizeof needs[0], need_compare);
    add_need_cells(builder, &attribute, needs, need_count);
    (void)table_add(&builder->tables->attributes, &attribute, 1);
}

/* ---- choice ---- */

static int field_compare(const void *left, const void *right)
{
    const struct index_field *a = left;
    const struct index_field *b = right;
    if (a->anchored_count != b->anchored_count) {
        return a->anchored_count > b->anchored_count ? -1 : 1;
    }
    return a->field->row < b->field->row ? -1 : a->field->row > b->field->row;
}

/* Fields with anchors, most anchored first. */
static uint32_t choose_fields(struct index_builder *builder, struct index_field **out_fields)
{
    struct index_field *fields =
        arena_take(builder->arena, (size_t)RULE_FIELDS_MAX * sizeof fields[0]);
    uint32_t *place = arena_take(builder->arena, (size_t)RULE_FIELDS_MAX * sizeof place[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        for (uint32_t k = 0; k < builder->anchors[i].count; k++) {
            const struct rule_field *field = builder->anchors[i].items[k].field;
            must(field->row < RULE_FIELDS_MAX);
            if (place[field->row] == 0) {
                fields[count].field = field;
                place[field->row] = ++count;
            }
            fields[place[field->row] - 1].anchored_count++;
        }
    }
    if (count > 0) {
        qsort(fields, count, sizeof fields[0], field_compare);
    }
    *out_fields = fields;
    return count < MATCH_ATTRIBUTES_MAX - 1 ? count : MATCH_ATTRIBUTES_MAX - 1;
}

void index_add_type(struct index_tables *tables, const struct rule *const *rules,
                    uint32_t rule_count)
{
    struct match_type type = {{tables->attributes.count, 0}};
    if (rule_count > 0) {
        struct arena *scratch = arena_new();
        struct index_builder builder = {tables, scratch, rules, rule_count, (rule_count + 63) / 64,
                                        NULL};
        builder.anchors = arena_take(scratch, rule_count * sizeof builder.anchors[0]);
        for (uint32_t i = 0; i < rule_count; i++) {
            anchors_find(scratch, rules[i]->where, &builder.anchors[i]);
        }
        struct index_field *fields = NULL;
        uint32_t field_count = choose_fields(&builder, &fields);
        for (uint32_t i = 0; i < field_count; i++) {
            const struct rule_field *field = fields[i].field;
            bool is_text = field->kind == FIELD_STRING;
            struct match_attribute attribute = {is_text ? MATCH_TEXT : MATCH_NUMBER,
                                                field->row,
                                                {tables->cells.count, 0},
                                                make_other(&builder, field),
                                                0};
            if (is_text) {
                add_text_cells(&builder, field, &attribute);
            } else {
                add_number_cells(&builder, field, &attribute);
            }
            (void)table_add(&tables->attributes, &attribute, 1);
        }
        add_area_attribute(&builder);
        arena_free(scratch);
    }
    type.attributes.count = tables->attributes.count - type.attributes.first;
    (void)table_add(&tables->types, &type, 1);
}
