/* index.h: builds the match index of engine/core/match.h. */
#ifndef RULES_INDEX_H
#define RULES_INDEX_H

#include "engine/city/image_write.h"
#include "rules/ruleset.h"
#include "rules/table.h"

/* The eight sections while they grow. */
struct index_tables {
    struct image_writer *image; /* takes the strings */
    struct table types;         /* struct match_type */
    struct table attributes;    /* struct match_attribute */
    struct table keys;          /* u64 */
    struct table accesses;      /* struct match_access */
    struct table groups;        /* struct match_group */
    struct table entries;       /* u32 */
    struct table records;       /* struct match_record */
    struct table clauses;       /* struct match_clause */
};

struct index_tables index_tables_of(struct arena *arena, struct image_writer *image);

/* One row of match_type and what hangs on it: rules are those of one event type, active only, best first. Called once
 * per type, in row order. */
void index_add_type(struct index_tables *tables, const struct rule *const *rules,
                    uint32_t rule_count);

#endif
