/* load_schema.h: `events:` (types, fields) and `defaults:` of all files of a rule set. */
#ifndef RULES_LOAD_SCHEMA_H
#define RULES_LOAD_SCHEMA_H

#include "rules/load_rule.h"

/* begin, then every file, then end (sorts types and fields), then rules, then number (rows; built-ins that no rule uses
 * get none). */
void load_schema_begin(const struct loader *loader);
void load_schema_file(const struct loader *loader, const struct tree_node *root);
void load_schema_end(const struct loader *loader);
void load_schema_number(const struct loader *loader);

/* node NULL: the values of this version. */
void load_defaults(const struct loader *loader, const struct tree_node *node,
                   struct rule_presets *presets);

#endif
