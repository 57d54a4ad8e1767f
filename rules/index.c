/* index.c: the set of every cell, block by block; a block is shared until a set differs in it.
 *
 * For each attribute: its first set holds the rules that need nothing of it; every cell holds these and the rules whose need meets
 * the cell. A new set starts as the table of the attribute's first set, and a block is copied when the first bit of it changes. */
#include "rules/index.h"

#include "rules/index_fields.h"

#define EMPTY_BLOCK 0u /* MATCH_WORDS begins with one block without a bit */

struct index_builder {
    struct index_tables *tables;
    struct match_type type;
    struct match_shape shape;
    const uint32_t *slots; /* by rank */
    uint32_t rule_count;
    uint32_t first_set; /* of the attribute being made */
};

struct index_tables index_tables_of(struct arena *arena)
{
    return (struct index_tables){
        table_of(arena, sizeof(struct match_type)), table_of(arena, sizeof(struct match_attribute)),
        table_of(arena, sizeof(uint64_t)),          table_of(arena, sizeof(uint64_t)),
        table_of(arena, sizeof(uint32_t)),          table_of(arena, sizeof(uint64_t)),
        table_of(arena, sizeof(uint32_t))};
}

static uint64_t *words_at(const struct index_builder *builder, uint32_t first)
{
    return (uint64_t *)(void *)builder->tables->words.rows + first;
}

static uint32_t *table_at(const struct index_builder *builder, uint32_t set)
{
    return (uint32_t *)(void *)builder->tables->tables.rows + builder->type.tables +
           (size_t)set * builder->shape.block_count;
}

/* A new set: empty for an attribute's first, else with the same blocks as that. */
static uint32_t new_set(struct index_builder *builder, bool is_first)
{
    const uint32_t set = builder->type.set_count++;
    (void)table_extend(&builder->tables->tables, builder->shape.block_count);
    builder->first_set = is_first ? set : builder->first_set;
    uint32_t *table = table_at(builder, set);
    const uint32_t *first = table_at(builder, builder->first_set);
    for (uint32_t b = 0; b < builder->shape.block_count; b++) {
        table[b] = is_first ? EMPTY_BLOCK : first[b];
    }
    return set;
}

static void set_bit(struct index_builder *builder, uint32_t set, uint32_t rank)
{
    const uint32_t slot = builder->slots[rank];
    const uint32_t block = slot / 64 / builder->shape.block_words;
    const uint32_t shared =
        set == builder->first_set ? EMPTY_BLOCK : table_at(builder, builder->first_set)[block];
    uint32_t *entry = &table_at(builder, set)[block];
    if (*entry == shared) {
        *entry = table_extend(&builder->tables->words, builder->shape.block_words);
        memcpy(words_at(builder, *entry), words_at(builder, shared),
               builder->shape.block_words * sizeof(uint64_t));
    }
    words_at(builder, *entry)[slot / 64 % builder->shape.block_words] |= UINT64_C(1) << (slot % 64);
}

static void add_key(struct index_builder *builder, struct match_attribute *attribute, uint64_t key)
{
    (void)table_add(&builder->tables->keys, &key, 1);
    attribute->keys.count++;
}

/* One set per distinct key; needs are sorted. */
static void add_need_sets(struct index_builder *builder, struct match_attribute *attribute,
                          const struct index_need *needs, uint32_t need_count)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < need_count; i++) {
        if (i == 0 || needs[i].key != needs[i - 1].key) {
            set = new_set(builder, false);
            add_key(builder, attribute, needs[i].key);
        }
        set_bit(builder, set, needs[i].rule);
    }
}

static void add_cut_sets(struct index_builder *builder, struct match_attribute *attribute,
                         const struct index_field *field)
{
    for (uint32_t c = 0; c < field->cut_count; c++) {
        (void)new_set(builder, false);
        add_key(builder, attribute, match_number_key(field->cuts[c]));
    }
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        const struct anchor *anchor = field->anchors[i];
        if (anchor == NULL || anchor->low > anchor->high) {
            continue;
        }
        const uint32_t last = index_cell_of(field, anchor->high);
        for (uint32_t c = index_cell_of(field, anchor->low); c <= last; c++) {
            set_bit(builder, attribute->sets + 1 + c, i);
        }
    }
}

static struct match_attribute new_attribute(struct index_builder *builder, enum match_kind kind,
                                            uint32_t field)
{
    return (struct match_attribute){
        kind, field, {builder->tables->keys.count, 0}, new_set(builder, true), 0};
}

static void add_field(struct index_builder *builder, const struct index_field *field)
{
    const bool is_text = field->field->kind == FIELD_STRING;
    struct match_attribute attribute =
        new_attribute(builder, is_text ? MATCH_TEXT : MATCH_NUMBER, field->field->row);
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        if (field->anchors[i] == NULL) {
            set_bit(builder, attribute.sets, i);
        }
    }
    if (is_text) {
        add_need_sets(builder, &attribute, field->needs, field->need_count);
    } else {
        add_cut_sets(builder, &attribute, field);
    }
    (void)table_add(&builder->tables->attributes, &attribute, 1);
}

static void add_areas(struct index_builder *builder, const struct index_fields *fields,
                      const struct rule *const *rules)
{
    if (fields->area_count == 0) {
        return;
    }
    struct match_attribute attribute = new_attribute(builder, MATCH_AREA, NONE32);
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        if (!index_needs_area(rules[i])) {
            set_bit(builder, attribute.sets, i);
        }
    }
    add_need_sets(builder, &attribute, fields->areas, fields->area_count);
    (void)table_add(&builder->tables->attributes, &attribute, 1);
}

static void add_summaries(struct index_builder *builder)
{
    const struct match_shape shape = builder->shape;
    for (uint32_t set = 0; shape.summary_words > 0 && set < builder->type.set_count; set++) {
        const uint32_t first = table_extend(&builder->tables->summaries, shape.summary_words);
        uint64_t *summary = (uint64_t *)(void *)builder->tables->summaries.rows + first;
        for (uint32_t b = 0; b < shape.block_count; b++) {
            const uint64_t *words = words_at(builder, table_at(builder, set)[b]);
            uint64_t any = 0;
            for (uint32_t w = 0; w < shape.block_words; w++) {
                any |= words[w];
            }
            summary[b / 64] |= (uint64_t)(any != 0) << (b % 64);
        }
    }
}

/* Slots by rank for the builder; both directions into the image. */
static void add_slots(struct index_builder *builder, struct arena *scratch,
                      const struct index_fields *fields, const struct rule *const *rules)
{
    uint32_t *ranks = arena_take(scratch, builder->rule_count * sizeof ranks[0]);
    uint32_t *slots = arena_take(scratch, builder->rule_count * sizeof slots[0]);
    index_order(scratch, fields, rules, builder->rule_count, ranks);
    for (uint32_t slot = 0; slot < builder->rule_count; slot++) {
        slots[ranks[slot]] = slot;
    }
    builder->slots = slots;
    builder->type.slots = table_add(&builder->tables->slots, ranks, builder->rule_count).first;
    (void)table_add(&builder->tables->slots, slots, builder->rule_count);
}

void index_add_type(struct index_tables *tables, const struct rule *const *rules,
                    uint32_t rule_count)
{
    struct index_builder builder = {.tables = tables,
                                    .type = {.attributes = {tables->attributes.count, 0},
                                             .slots = tables->slots.count,
                                             .tables = tables->tables.count,
                                             .summaries = tables->summaries.count},
                                    .shape = match_shape_of(rule_count),
                                    .rule_count = rule_count};
    if (tables->words.count == 0) {
        must(table_extend(&tables->words, MATCH_BLOCK_WORDS_MAX) == EMPTY_BLOCK);
    }
    if (rule_count > 0) {
        struct arena *scratch = arena_new();
        struct index_fields *fields = arena_take(scratch, sizeof *fields);
        index_fields_find(scratch, rules, rule_count, fields);
        add_slots(&builder, scratch, fields, rules);
        for (uint32_t f = 0; f < fields->count; f++) {
            add_field(&builder, &fields->items[f]);
        }
        add_areas(&builder, fields, rules);
        add_summaries(&builder);
        arena_free(scratch);
    }
    builder.type.attributes.count = tables->attributes.count - builder.type.attributes.first;
    (void)table_add(&tables->types, &builder.type, 1);
}
