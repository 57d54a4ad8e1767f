/* lint_parts.h: the parts of the lint and what they share. Internal to rules/lint*.c. */
#ifndef RULES_LINT_PARTS_H
#define RULES_LINT_PARTS_H

#include "rules/lint.h"
#include "rules/witness.h"

/* One run. */
struct lint_run {
    const struct ruleset *set;
    struct lint_options options;
    struct lint lint;
    struct weeks *weeks;
    struct rule_extent *extents; /* by row of the rule */
};

/* Adds a finding; the sentence is formatted. False where the code has its fill, so that costly looks can stop. */
__attribute__((format(printf, 7, 8))) bool lint_add(struct lint_run *run, enum lint_code code,
                                                    const struct rule *rule,
                                                    const struct rule *other,
                                                    const struct tree_node *node,
                                                    const char *witness, const char *format, ...);
bool lint_is_full(const struct lint_run *run, enum lint_code code);

/* May that person take orders of this assign, shift and place aside? */
bool lint_can_serve(const struct rule_assign *assign, const struct city_person *person);

/* What a department is called in its table. */
const char *lint_department(const struct lint_run *run, uint32_t department);

void lint_rules(struct lint_run *run);  /* lint_rules.c: rules one by one */
void lint_pairs(struct lint_run *run);  /* lint_pairs.c: rules beside each other */
void lint_basis(struct lint_run *run);  /* lint_basis.c: the clauses behind them */
void lint_reach(struct lint_run *run);  /* lint_reach.c: what can come, and come again */
void lint_demand(struct lint_run *run); /* lint_demand.c: work against people, and care */
void lint_state(struct lint_run *run);  /* lint_state.c: windows and inhibits */
void lint_posts(struct lint_run *run);  /* lint_posts.c: who answers for escalation addresses */
void lint_roster(struct lint_run *run); /* lint_roster.c: against people, assets, catalogue */

#endif
