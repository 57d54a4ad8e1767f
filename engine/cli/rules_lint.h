/* rules_lint.h: `gridloop rules lint`: what is wrong between the rules of a city, for people and for programs. */
#ifndef ENGINE_CLI_RULES_LINT_H
#define ENGINE_CLI_RULES_LINT_H

int rules_lint(int argc, char **argv);

#endif
