/* load_basis.h: the clauses behind rules: `basis:` of a file, and `basis valid supersedes lint_ignore` of a rule. */
#ifndef RULES_LOAD_BASIS_H
#define RULES_LOAD_BASIS_H

#include "rules/read.h"

/* The clauses one file declares. */
void load_basis_file(const struct loader *loader, const struct tree_node *root);

/* The four keys of one rule. */
void load_basis_rule(const struct loader *loader, const struct tree_node *node, struct rule *rule);

/* Names that stand for clauses and rules, once all of both are known. */
void load_basis_check(const struct loader *loader);

#endif
