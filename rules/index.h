/* index.h: builds the match index of engine/core/match.h. */
#ifndef RULES_INDEX_H
#define RULES_INDEX_H

#include "rules/ruleset.h"
#include "rules/table.h"

/* The seven sections while they grow. */
struct index_tables {
    struct table types;      /* struct match_type */
    struct table attributes; /* struct match_attribute */
    struct table keys;       /* u64 */
    struct table accesses;   /* struct match_access */
    struct table groups;     /* struct match_group */
    struct table entries;    /* u32 */
    struct table records;    /* struct match_record */
};

struct index_tables index_tables_of(struct arena *arena);

/* One row of match_type and what hangs on it: rules are those of one event type, active only, best first. Called once
 * per type, in row order. */
void index_add_type(struct index_tables *tables, const struct rule *const *rules,
                    uint32_t rule_count);

#endif
