/* window.h: the part of a rule that remembers: by, for, window, sequence, levels, as they were written. */
#ifndef RULES_WINDOW_H
#define RULES_WINDOW_H

#include "rules/ruleset.h"

/* "d: p90(density)" */
struct rule_result {
    const char *name;
    struct rule_field *target;    /* by which it is known to later conditions */
    struct rule_field *field;     /* what it is over; NULL for count */
    uint32_t op, permille, value; /* as struct policy_result */
    int64_t span_ms;
};

struct rule_level {
    struct ast_node *condition;
    uint32_t severity;
};

/* A field of a step's event, under the name by which later steps and the case know it. */
struct rule_carried {
    struct rule_field *field;
    struct rule_field *target;
};

struct rule_stage {
    struct rule_type *type;
    struct ast_node *condition; /* NULL = always */
    const char *name;           /* as; NULL */
    struct rule_carried carried[POLICY_CARRIED_MAX];
    uint32_t carried_count;
};

/* Numbers as struct policy_window. */
struct rule_window {
    uint32_t kind, flags;
    struct rule_keys by;
    int64_t within_ms, gap_ms, lateness_ms, hold_ms, radius_cm;
    uint32_t at_least, at_most, min_samples, max_keys, of;
    uint32_t registry; /* asset kind of the devices; NONE32 */
    struct rule_field *distinct;
    struct rule_field *count; /* window.count; NULL where it has none */
    struct rule_result results[POLICY_RESULTS_MAX];
    uint32_t result_count;
    struct ast_node *having;
    struct rule_level levels[POLICY_LEVELS_MAX];
    uint32_t level_count;
    struct rule_stage stages[POLICY_STAGES_MAX];
    uint32_t stage_count;
    uint32_t carried_count; /* of all stages */
    const char *was;        /* NULL */
};

/* Does a condition ask for what earlier steps carried? NULL: no. */
bool window_asks_carried(const struct ast_node *node);

#endif
