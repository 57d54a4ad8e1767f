/* rules_explain.h: `gridloop rules explain`: which rules take an event, and which clause of the others says no. */
#ifndef ENGINE_CLI_RULES_EXPLAIN_H
#define ENGINE_CLI_RULES_EXPLAIN_H

int rules_explain(int argc, char **argv);

#endif
