/* plan_print.h: how emergency plans stand, as tables for people. What is printed is the JSON of plan_ask.h. */
#ifndef ENGINE_CLI_PLAN_PRINT_H
#define ENGINE_CLI_PLAN_PRINT_H

#include "engine/cli/plan_ask.h"

void plan_print_list(const struct plan_asker *asker, const json_t *plans);

/* tasks: "all", "open", "overdue", "failed", "done"; NULL = the first tier, and the first of what is overdue or failed. */
void plan_print_show(const struct plan_asker *asker, const json_t *plan, const json_t *districts,
                     const json_t *tasks, const char *which);

/* One plan in a line: "110108-20260303-0001  active  since 03-03 08:31  plan.air.orange ...". */
void plan_print_line(const struct plan_asker *asker, const json_t *plan);

/* One task in a line, with who acknowledged it and when. */
void plan_print_task(const struct plan_asker *asker, const json_t *task);

#endif
