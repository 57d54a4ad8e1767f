/* load_window.h: reads by, for, gap, window, sequence, levels, hold, was and open.geo of a rule. */
#ifndef RULES_LOAD_WINDOW_H
#define RULES_LOAD_WINDOW_H

#include "rules/expr_ast.h"
#include "rules/window.h"

/* The event types of a sequence, which are those of the rule. Before anything that names fields. */
void load_sequence_types(const struct loader *loader, const struct tree_node *node,
                         struct rule *rule);

/* After where, area and time, which do not see the results, and before all that does. */
void load_window(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* geo of open. */
void load_geo(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* Types with more rules with `for` than the core watches. After all rules. */
void load_windows_end(const struct loader *loader);

#endif
