/* index_access.h: under which fields every rule of an event type is filed. */
#ifndef RULES_INDEX_ACCESS_H
#define RULES_INDEX_ACCESS_H

#include "rules/index_fields.h"

#define INDEX_PAIR_KEYS_MAX                                                                        \
    16u /* entries of one rule under two fields; under one as many as it has texts or cells */

/* One or two fields. */
struct index_access {
    uint32_t left;  /* of index_fields; MATCH_ATTRIBUTE_NONE: this is the access by area */
    uint32_t right; /* the same; MATCH_ATTRIBUTE_NONE: one field */
};

/* Every pair, every field, the areas. */
#define INDEX_ACCESSES_MAX (MATCH_ATTRIBUTES_MAX * (MATCH_ATTRIBUTES_MAX + 1u) / 2u + 1u)

struct index_accesses {
    struct index_access items[INDEX_ACCESSES_MAX];
    uint32_t count;
    uint32_t *
        by_rank; /* access of every rule; count = the rule can never match, count + 1 = it is loose */
};

void index_accesses_choose(struct arena *arena, const struct index_fields *fields,
                           const struct rule *const *rules, uint32_t rule_count,
                           struct index_accesses *out_accesses);

#endif
