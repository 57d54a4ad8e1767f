/* index.c: slots and entries of one event type after another.
 *
 * Rules get their slots in the order of what they are filed under; entries are written tag by tag, so that the slots of one list lie
 * close together. */
#include "rules/index.h"

#include "rules/index_access.h"
#include "rules/index_record.h"

#include <stdlib.h>

/* Groups are kept at most three eighths full, so that hardly one overflows. */
#define FULL_OF_EIGHT 3u

/* A rule under one key of its access. */
struct filing {
    uint32_t access;
    uint32_t tag;
    uint32_t slot;
};

/* Where a rule goes: by its access, then by its first key, then best first. */
struct placing {
    uint32_t access;
    uint64_t left, right; /* tokens */
    uint32_t rank;
};

struct index_builder {
    struct index_tables *tables;
    struct arena *arena; /* for the while */
    struct match_type type;
    const struct rule *const *rules; /* by rank */
    uint32_t rule_count;
    struct index_fields *fields;
    struct index_accesses *accesses;
    struct placing *placings; /* by slot */
    struct filing *filings;
    uint32_t filing_count, filing_capacity;
};

struct index_tables index_tables_of(struct arena *arena, struct image_writer *image)
{
    return (struct index_tables){image,
                                 table_of(arena, sizeof(struct match_type)),
                                 table_of(arena, sizeof(struct match_attribute)),
                                 table_of(arena, sizeof(uint64_t)),
                                 table_of(arena, sizeof(struct match_access)),
                                 table_of(arena, sizeof(struct match_group)),
                                 table_of(arena, sizeof(uint32_t)),
                                 table_of(arena, sizeof(struct match_record)),
                                 table_of(arena, sizeof(struct match_clause))};
}

/* ---- slots ---- */

static int placing_compare(const void *left, const void *right)
{
    const struct placing *a = left;
    const struct placing *b = right;
    if (a->access != b->access) {
        return a->access < b->access ? -1 : 1;
    }
    if (a->left != b->left) {
        return a->left < b->left ? -1 : 1;
    }
    if (a->right != b->right) {
        return a->right < b->right ? -1 : 1;
    }
    return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static uint64_t first_token(const struct index_builder *builder, uint32_t field, uint32_t rank)
{
    if (field == MATCH_ATTRIBUTE_NONE) {
        return 0;
    }
    const struct index_field *item = &builder->fields->items[field];
    return index_token(item, item->anchors[rank], 0);
}

static void place_rules(struct index_builder *builder)
{
    const struct index_accesses *accesses = builder->accesses;
    builder->placings =
        arena_take(builder->arena, builder->rule_count * sizeof builder->placings[0]);
    builder->type.loose = 0;
    for (uint32_t i = 0; i < builder->rule_count; i++) {
        struct placing placing = {accesses->by_rank[i], 0, 0, i};
        if (placing.access < accesses->count) {
            const struct index_access *access = &accesses->items[placing.access];
            placing.left = access->left == MATCH_ATTRIBUTE_NONE
                               ? builder->rules[i]->in->areas.items[0]
                               : first_token(builder, access->left, i);
            placing.right = first_token(builder, access->right, i);
        }
        builder->type.loose += placing.access <= accesses->count;
        builder->placings[i] = placing;
    }
    qsort(builder->placings, builder->rule_count, sizeof builder->placings[0], placing_compare);
}

/* ---- filing ---- */

static void add_filing(struct index_builder *builder, uint32_t access, uint32_t tag, uint32_t slot)
{
    if (builder->filing_count == builder->filing_capacity) {
        const uint32_t capacity =
            builder->filing_capacity == 0 ? 256 : builder->filing_capacity * 2;
        builder->filings = arena_grow(builder->arena, builder->filings,
                                      builder->filing_count * sizeof builder->filings[0],
                                      capacity * sizeof builder->filings[0]);
        builder->filing_capacity = capacity;
    }
    builder->filings[builder->filing_count++] = (struct filing){access, tag, slot};
}

static void file_by_area(struct index_builder *builder, uint32_t slot)
{
    const struct placing *placing = &builder->placings[slot];
    const struct rule_rows *areas = &builder->rules[placing->rank]->in->areas;
    for (uint32_t i = 0; i < areas->count; i++) {
        add_filing(builder, placing->access, match_area_tag(areas->items[i]), slot);
    }
}

static void file_by_fields(struct index_builder *builder, uint32_t slot)
{
    const struct placing *placing = &builder->placings[slot];
    const struct index_access *access = &builder->accesses->items[placing->access];
    const struct index_field *left = &builder->fields->items[access->left];
    const struct anchor *left_anchor = left->anchors[placing->rank];
    const uint32_t left_count = index_key_count(left, left_anchor);
    if (access->right == MATCH_ATTRIBUTE_NONE) {
        for (uint32_t i = 0; i < left_count; i++) {
            add_filing(builder, placing->access, match_tag(index_token(left, left_anchor, i), 0),
                       slot);
        }
        return;
    }
    const struct index_field *right = &builder->fields->items[access->right];
    const struct anchor *right_anchor = right->anchors[placing->rank];
    const uint32_t right_count = index_key_count(right, right_anchor);
    for (uint32_t i = 0; i < left_count * right_count; i++) {
        const uint64_t left_token = index_token(left, left_anchor, i / right_count);
        const uint64_t right_token = index_token(right, right_anchor, i % right_count);
        add_filing(builder, placing->access, match_tag(left_token, right_token), slot);
    }
}

static int filing_compare(const void *left, const void *right)
{
    const struct filing *a = left;
    const struct filing *b = right;
    if (a->access != b->access) {
        return a->access < b->access ? -1 : 1;
    }
    if (a->tag != b->tag) {
        return a->tag < b->tag ? -1 : 1;
    }
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* In order, each once: two keys of a rule may share a tag. */
static void sort_filings(struct index_builder *builder)
{
    if (builder->filing_count == 0) {
        return;
    }
    struct filing *filings = builder->filings;
    qsort(filings, builder->filing_count, sizeof filings[0], filing_compare);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < builder->filing_count; i++) {
        if (filing_compare(&filings[i], &filings[kept - 1]) != 0) {
            filings[kept++] = filings[i];
        }
    }
    builder->filing_count = kept;
}

/* ---- tables ---- */

static void put_tag(struct match_group *groups, uint32_t bits, uint32_t tag, uint32_t list)
{
    const uint32_t mask = (UINT32_C(1) << bits) - 1;
    for (uint32_t at = match_home(tag, bits);; at = (at + 1) & mask) {
        for (uint32_t i = 0; i < MATCH_GROUP_TAGS; i++) {
            if (groups[at].tags[i] == 0) {
                groups[at].tags[i] = tag;
                groups[at].lists[i] = list;
                return;
            }
        }
    }
}

/* One access with the filings from `first` on; returns where those of the next begin. */
static uint32_t add_access(struct index_builder *builder, uint32_t number, uint32_t first)
{
    const struct index_access *from = &builder->accesses->items[number];
    const struct filing *filings = builder->filings;
    uint32_t end = first;
    uint64_t tags = 0;
    for (; end < builder->filing_count && filings[end].access == number; end++) {
        tags += end == first || filings[end].tag != filings[end - 1].tag;
    }
    const bool is_area = from->left == MATCH_ATTRIBUTE_NONE;
    struct match_access access = {.needs = is_area ? 0 : match_needs(from->left, from->right),
                                  .left = (uint8_t)from->left,
                                  .right = (uint8_t)from->right};
    while (((uint64_t)MATCH_GROUP_TAGS << access.bits) * FULL_OF_EIGHT <= tags * 8) {
        access.bits++;
    }
    must(access.bits <= MATCH_GROUP_BITS_MAX);
    access.groups = table_extend(&builder->tables->groups, UINT32_C(1) << access.bits);
    struct match_group *groups =
        (struct match_group *)(void *)builder->tables->groups.rows + access.groups;
    for (uint32_t i = first; i < end; i++) {
        const uint32_t entry_at = builder->tables->entries.count - builder->type.entries.first;
        if (i == first || filings[i].tag != filings[i - 1].tag) {
            put_tag(groups, access.bits, filings[i].tag, entry_at);
        }
        const bool is_last = i + 1 == end || filings[i].tag != filings[i + 1].tag;
        const uint32_t entry = filings[i].slot | (is_last ? MATCH_ENTRY_LAST : 0);
        (void)table_add(&builder->tables->entries, &entry, 1);
    }
    if (is_area) {
        builder->type.areas = access;
    } else {
        (void)table_add(&builder->tables->accesses, &access, 1);
    }
    return end;
}

static void add_accesses(struct index_builder *builder)
{
    const struct index_accesses *accesses = builder->accesses;
    for (uint32_t slot = 0; slot < builder->rule_count; slot++) {
        const uint32_t access = builder->placings[slot].access;
        if (access >= accesses->count) {
            break;
        }
        if (accesses->items[access].left == MATCH_ATTRIBUTE_NONE) {
            file_by_area(builder, slot);
        } else {
            file_by_fields(builder, slot);
        }
    }
    sort_filings(builder);
    builder->type.accesses.first = builder->tables->accesses.count;
    const uint32_t no_list = MATCH_ENTRY_LAST;
    builder->type.entries = table_add(&builder->tables->entries, &no_list, 1);
    uint32_t first = 0;
    for (uint32_t i = 0; i < accesses->count; i++) {
        first = add_access(builder, i, first);
    }
    must(first == builder->filing_count);
    builder->type.accesses.count = builder->tables->accesses.count - builder->type.accesses.first;
    builder->type.entries.count = builder->tables->entries.count - builder->type.entries.first;
}

/* Fields with cells for the events to find; only those that an access asks for. */
static void add_attributes(struct index_builder *builder)
{
    const struct index_fields *fields = builder->fields;
    builder->type.attributes =
        (struct image_range){builder->tables->attributes.count, fields->count};
    for (uint32_t f = 0; f < fields->count; f++) {
        const struct index_field *field = &fields->items[f];
        struct match_attribute attribute = {
            .flip = field->field->kind == FIELD_STRING ? 0 : match_number_key(0),
            .field = field->field->row,
            .kind = field->field->kind,
            .keys = {builder->tables->keys.count, 0}};
        bool is_asked = false;
        for (uint32_t i = 0; i < builder->accesses->count; i++) {
            const struct index_access *access = &builder->accesses->items[i];
            is_asked = is_asked || access->left == f || access->right == f;
        }
        for (uint32_t c = 0; is_asked && c < field->cut_count; c++) {
            const uint64_t key = match_number_key(field->cuts[c]);
            (void)table_add(&builder->tables->keys, &key, 1);
            attribute.keys.count++;
        }
        (void)table_add(&builder->tables->attributes, &attribute, 1);
    }
}

static void add_records(struct index_builder *builder)
{
    const struct index_accesses *accesses = builder->accesses;
    builder->type.records = builder->tables->records.count;
    for (uint32_t slot = 0; slot < builder->rule_count; slot++) {
        const struct placing *placing = &builder->placings[slot];
        const bool is_filed = placing->access < accesses->count;
        index_record_add(builder->tables, builder->fields,
                         is_filed ? &accesses->items[placing->access] : NULL,
                         builder->rules[placing->rank], placing->rank);
    }
}

void index_add_type(struct index_tables *tables, const struct rule *const *rules,
                    uint32_t rule_count)
{
    struct index_builder builder = {.tables = tables,
                                    .type = {.areas = {.groups = NONE32}},
                                    .rules = rules,
                                    .rule_count = rule_count};
    if (rule_count > 0) {
        builder.arena = arena_new();
        builder.fields = arena_take(builder.arena, sizeof *builder.fields);
        builder.accesses = arena_take(builder.arena, sizeof *builder.accesses);
        index_fields_find(builder.arena, rules, rule_count, builder.fields);
        index_accesses_choose(builder.arena, builder.fields, rules, rule_count, builder.accesses);
        place_rules(&builder);
        add_accesses(&builder);
        add_attributes(&builder);
        add_records(&builder);
        arena_free(builder.arena);
    }
    (void)table_add(&tables->types, &builder.type, 1);
}
