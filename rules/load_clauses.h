/* load_clauses.h: the clauses of a rule that have a shape of their own: keys, places, assign, escalate, templates. */
#ifndef RULES_LOAD_CLAUSES_H
#define RULES_LOAD_CLAUSES_H

#include "rules/expr_ast.h"
#include "rules/read.h"

/* A field name or a list of them; `class` where allowed. */
bool load_keys(const struct loader *loader, const struct tree_node *node, const struct rule *rule,
               const char *what, bool class_is_allowed, struct rule_keys *out_keys);

/* A field added once; false when the keys are full. */
bool load_add_key(struct rule_keys *keys, struct rule_field *field);

/* area: {in, not_in}. */
bool load_area(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* A map or a list of maps; rights is enum right. scope names what `if` may use. */
bool load_assigns(const struct loader *loader, const struct tree_node *node,
                  const struct expr_scope *scope, uint32_t rights, struct rule_assign **out_assigns,
                  uint32_t *out_count);

/* reroute, offer, preempt and area_guard of an assign whose other keys have been read. */
bool load_moves(const struct loader *loader, const struct tree_node *node,
                struct rule_assign *assign);

/* reassign: of defaults, over what is in rounds already. */
struct policy_rounds load_rounds_default(void);
bool load_rounds(const struct loader *loader, const struct tree_node *node,
                 struct policy_rounds *rounds);

/* escalate: a step or a list of steps. */
bool load_steps(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* Checks the {field} places of a title and adds their fields to the captures. */
bool load_template(const struct loader *loader, const struct tree_node *node, struct rule *rule,
                   const char **out_text);

/* confirm: of a rule; after its events. */
void load_confirm(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* absent: after an event, which is state: of a rule whose window is there already. */
bool load_is_absence(const struct tree_node *node);
void load_absence(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* absent: {after: assigned}, of a rule; after its escalate. */
void load_absent(const struct loader *loader, const struct tree_node *node, struct rule *rule);

#endif
