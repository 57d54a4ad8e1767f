/* index_fields.h: what the rules of one event type need of which fields, and in which order they are best kept.
 *
 * The first half of making the index: index.c turns this into sets. */
#ifndef RULES_INDEX_FIELDS_H
#define RULES_INDEX_FIELDS_H

#include "rules/anchor.h"
#include "rules/ruleset.h"

#define INDEX_CUTS_MAX 128u /* cells of a number */

/* (key, rule that needs it) */
struct index_need {
    uint64_t key;
    uint32_t rule; /* rank */
};

/* A field that some rule has an anchor on. */
struct index_field {
    const struct rule_field *field;
    uint32_t anchored_count;
    const struct anchor **anchors; /* by rank; NULL = the rule needs nothing of the field */
    struct index_need *needs;      /* texts: sorted by (key, rank) */
    uint32_t need_count;
    uint32_t key_count; /* different keys among them */
    int64_t cuts
        [INDEX_CUTS_MAX]; /* numbers: lowest values of the cells, ascending, the first INT64_MIN */
    uint32_t cut_count;
};

struct index_fields {
    struct index_field items[MATCH_ATTRIBUTES_MAX - 1]; /* texts first, then by row */
    uint32_t count;
    struct index_need *areas; /* (area, rank), sorted */
    uint32_t area_count;
};

/* rules: of one event type, best first. */
void index_fields_find(struct arena *arena, const struct rule *const *rules, uint32_t rule_count,
                       struct index_fields *out_fields);

/* Does the rule ask for an area and nothing instead of it? */
bool index_needs_area(const struct rule *rule);

uint64_t index_text_key(const char *text);

/* The cell of a value. */
uint32_t index_cell_of(const struct index_field *field, int64_t value);

/* The rank of every slot: rules that need the same of the same field side by side. */
void index_order(struct arena *arena, const struct index_fields *fields,
                 const struct rule *const *rules, uint32_t rule_count, uint32_t *out_ranks);

#endif
