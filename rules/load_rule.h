/* load_rule.h: one entry of `rules:`, checked key by key. */
#ifndef RULES_LOAD_RULE_H
#define RULES_LOAD_RULE_H

#include "rules/read.h"

/* What defaults say for every rule. */
struct rule_presets {
    uint32_t priority;
    enum rule_status status;
    enum rule_lane lane;
};

/* A rule as far as it could be read; NULL when it is not even a map with an id. Findings were reported. */
struct rule *load_rule(const struct loader *loader, const struct tree_node *node,
                       const struct rule_presets *presets);

/* The event type that node names, or NULL after a report. */
struct rule_type *load_type(const struct loader *loader, const struct tree_node *node);

/* status: active | shadow | disabled | deprecated. */
bool load_status(const struct loader *loader, const struct tree_node *node,
                 enum rule_status *out_status);

/* lane: dispatch | escalate | notify. */
bool load_lane(const struct loader *loader, const struct tree_node *node, enum rule_lane *out_lane);

/* Is it [a-z0-9_.]+, not empty, at most 120 bytes? */
bool load_is_identifier(const char *text);

/* Has an event of that type that field? */
bool load_type_carries(const struct rule_type *type, const struct rule_field *field);

#endif
