/* index_record.h: the record of one rule: by what it is decided once it has been found. */
#ifndef RULES_INDEX_RECORD_H
#define RULES_INDEX_RECORD_H

#include "rules/index.h"
#include "rules/index_access.h"

/* Adds the rule of that rank, and its clauses. access NULL: the rule is loose. */
void index_record_add(struct index_tables *tables, const struct index_fields *fields,
                      const struct index_access *access, const struct rule *rule, uint32_t rank);

#endif
