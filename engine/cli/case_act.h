/* case_act.h: `gridloop case act CASE ACTION` and `gridloop case ACTION CASE`: a logged command with actor and reason. */
#ifndef ENGINE_CLI_CASE_ACT_H
#define ENGINE_CLI_CASE_ACT_H

#include <stdbool.h>

/* argv[0] names the program, for help. */
int case_act_run(int argc, char **argv);

/* Is the word after `case` an action of the life cycle? */
bool case_act_is_action(int argc, char **argv);
int case_act_run_action(int argc, char **argv);

#endif
