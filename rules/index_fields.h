/* index_fields.h: what the rules of one event type need of which fields.
 *
 * The first part of making the index: index_access.c chooses by it, index.c files by it. */
#ifndef RULES_INDEX_FIELDS_H
#define RULES_INDEX_FIELDS_H

#include "rules/anchor.h"
#include "rules/ruleset.h"

#define INDEX_CUTS_MAX 32u /* cells of a number */
#define INDEX_ALL 1000000u /* shares are of a million events */

/* A field that some rule has an anchor on. */
struct index_field {
    const struct rule_field *field;
    uint32_t anchored_count;
    const struct anchor **anchors; /* by rank; NULL = the rule needs nothing of the field */
    uint32_t key_count;            /* texts: different ones that rules name */
    int64_t cuts
        [INDEX_CUTS_MAX]; /* numbers: lowest values of the cells, ascending, the first INT64_MIN */
    uint32_t cut_count;
};

struct index_fields {
    struct index_field items[MATCH_ATTRIBUTES_MAX]; /* by row */
    uint32_t count;
    uint32_t area_count; /* different areas that rules ask for */
    bool *
        is_whole; /* by rank: the anchors say all that the condition says, and all are of these fields */
};

/* rules: of one event type, best first. */
void index_fields_find(struct arena *arena, const struct rule *const *rules, uint32_t rule_count,
                       struct index_fields *out_fields);

/* Does the rule ask for an area and nothing instead of it? */
bool index_needs_area(const struct rule *rule);

uint64_t index_text_key(const char *text);

/* The cell of a value. */
uint32_t index_cell_of(const struct index_field *field, int64_t value);

/* How many of INDEX_ALL events pass, were all keys and cells as likely. */
uint32_t index_share(const struct index_field *field, const struct anchor *anchor);

/* Keys that an anchor holds: texts, or cells of a number; and the token of each, as of match_tag. */
uint32_t index_key_count(const struct index_field *field, const struct anchor *anchor);
uint64_t index_token(const struct index_field *field, const struct anchor *anchor, uint32_t key);

#endif
