/* load_lanes.h: what a rule may say in its lane, and what holds it back. */
#ifndef RULES_LOAD_LANES_H
#define RULES_LOAD_LANES_H

#include "rules/read.h"

/* "lanes: {escalate: {hit: priority}}" of a file. */
void load_lanes_file(const struct loader *loader, const struct tree_node *root);

/* "camera.*": adds all types below it to a rule of lane notify, or reports. False where the text is no such pattern. */
bool load_types_below(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* Adds one type, or reports that there are too many. */
void load_add_type(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                   struct rule_type *type);

/* Reports the keys that a rule of this lane must have, and those it cannot have. */
void load_lane_keys(const struct loader *loader, const struct tree_node *node,
                    const struct rule *rule);

/* Reports steps that a rule of this lane cannot take. */
void load_lane_steps(const struct loader *loader, const struct tree_node *node,
                     const struct rule *rule);

/* "group: {by: [zone], wait: 30s, interval: 5m, repeat: 4h}" */
void load_group(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* tags; inhibits and suppress of a rule. */
void load_tags(const struct loader *loader, const struct tree_node *node, struct rule *rule);
void load_held_back(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* After all rules are in order: which rule hides which. */
void load_inhibits_end(const struct loader *loader);

#endif
