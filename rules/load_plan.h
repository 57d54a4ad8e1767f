/* load_plan.h: plans/NAME.yaml beside the rules, and the keys of rules that lead to plans. */
#ifndef RULES_LOAD_PLAN_H
#define RULES_LOAD_PLAN_H

#include "rules/plan.h"
#include "rules/read.h"

/* One file of plans/: one plan. Adds the rules of its inspections to the set. */
void load_plan_file(const struct loader *loader, const struct tree_node *root);

/* activate: and late_report: of a rule. */
void load_activate(const struct loader *loader, const struct tree_node *node, struct rule *rule);
void load_late_report(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* Once all plans are read: plans of activate:, order of plans by id. */
void load_plans_end(const struct loader *loader);

/* ---- shared by load_plan.c and load_plan_task.c ---- */

/* A rule that no event meets: the cases of a plan's inspections, of failed checklists, of late reports. */
struct rule *load_inner_rule(const struct loader *loader, const struct tree_node *node,
                             const char *id, uint32_t department);

/* open: {class, severity, title, title_en} of such a rule; group names what the title may show (NULL: asset). */
bool load_inner_open(const struct loader *loader, const struct tree_node *node,
                     const struct plan_group *group, struct rule *rule);

/* {e.column} as {asset.column}; false after a report. */
bool load_target_text(const struct loader *loader, const struct tree_node *node,
                      const struct plan_group *group, const char *what, const char **out_text);

/* The column of that name, NONE32 after a report with the nearest. */
uint32_t load_column(const struct loader *loader, const struct tree_node *node,
                     const struct plan_group *group, const char *name);

void load_plan_tasks(const struct loader *loader, const struct tree_node *root, struct plan *plan);

#endif
