/* rules_plan.h: `gridloop rules plan` and `gridloop rules activate`: what a change of rules would keep, and the change. */
#ifndef ENGINE_CLI_RULES_PLAN_H
#define ENGINE_CLI_RULES_PLAN_H

int rules_plan(int argc, char **argv);
int rules_activate(int argc, char **argv);

#endif
