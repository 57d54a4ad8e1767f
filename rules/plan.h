/* plan.h: emergency plans as they were written: names resolved against one city, targets chosen, nothing lowered yet. */
#ifndef RULES_PLAN_H
#define RULES_PLAN_H

#include "rules/ruleset.h"

/* for_each: objects of a registry. */
struct plan_group {
    const char *name; /* "e" */
    uint32_t kind;    /* row of CITY_ASSET_KINDS */
    const struct city_registry *registry;
    struct rule_rows targets; /* rows of CITY_ASSETS */
    const struct tree_node *node;
};

struct plan_check {
    const char *id, *text, *text_en;
    uint32_t op;       /* enum expr_op */
    int64_t threshold; /* millionths */
    uint32_t column;   /* of the registry, NONE32 */
    uint32_t flags;    /* enum check_flag */
};

struct plan_task {
    const char *id, *text, *text_en;
    enum plan_task_kind kind;
    uint32_t group; /* of the plan, NONE32 = once */
    uint32_t needs; /* bit per earlier task */
    int64_t due_ms, service_ms;
    struct rule_rows holders; /* ACK */
    struct plan_check *checks;
    uint32_t check_count;
    struct rule *rule, *fail_rule; /* INSPECT; fail_rule may be NULL */
    const struct tree_node *node;
};

struct plan {
    const char *id, *title, *title_en, *file;
    uint32_t row; /* of POLICY_PLANS */
    uint32_t department;
    struct plan_group groups[POLICY_GROUPS_MAX];
    uint32_t group_count;
    struct plan_task tasks[POLICY_PLAN_TASKS_MAX];
    uint32_t task_count;
    int64_t progress_ms, silent_ms, grace_ms;
    uint32_t progress_post, silent_post, flags;
    const struct tree_node *node;
};

/* activate: of a rule. */
struct rule_activate {
    const struct tree_node *name; /* of the plan */
    struct plan *plan;
    uint32_t confirm_post;
    int64_t confirm_ms;
    uint32_t begins_alone;
};

/* late_report: of a rule. */
struct rule_late {
    uint32_t kind;
    int64_t within_ms;
    struct rule_type *type;
    struct rule_field *field; /* NULL = the event's asset */
    struct rule *rule;        /* of the 迟报 case */
};

#endif
