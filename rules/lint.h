/* lint.h: what a rule set must not contain although every single rule reads well.
 *
 * In this version: L018 too many rules on one type, L101 a rule that can never match, L201 two rules of equal priority that
 * certainly match the same event. */
#ifndef RULES_LINT_H
#define RULES_LINT_H

#include "rules/ruleset.h"

void ruleset_lint(const struct ruleset *set, struct problems *problems);

#endif
