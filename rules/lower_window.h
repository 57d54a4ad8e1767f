/* lower_window.h: tables of rules with state of engine/core/policy.h from rules/window.h. */
#ifndef RULES_LOWER_WINDOW_H
#define RULES_LOWER_WINDOW_H

#include "rules/expr_lower.h"
#include "rules/table.h"
#include "rules/window.h"

struct window_tables {
    struct table windows, results, levels, stages, near, watches;
};

struct window_tables window_tables_of(struct arena *arena);

/* Row of POLICY_WINDOWS, or NONE32; keys is the table of POLICY_KEYS. Fields, types and rules have their rows. */
uint32_t lower_window(struct window_tables *tables, struct program_writer *programs,
                      struct table *keys, const struct ruleset *set, const struct rule *rule);

/* The active rules of a type that have to hear of events they do not take. */
struct image_range lower_watches(struct window_tables *tables, const struct ruleset *set,
                                 const struct rule_type *type, const struct rule *const *rules,
                                 uint32_t count);

void put_window_tables(const struct window_tables *tables, struct image_writer *image);

#endif
