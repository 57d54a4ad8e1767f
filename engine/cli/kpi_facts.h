/* kpi_facts.h: facts of cases out of a CSV table, for those who check a formula by hand.
 *
 * Columns are the names of rules/formulas.h; instants are ISO 8601 with an offset, or milliseconds. `times` says how many cases
 * a row stands for.
 *
 * Owner   open/close
 * Errors  NULL after problems were listed (K001, K002, and those of csv.h) */
#ifndef ENGINE_CLI_KPI_FACTS_H
#define ENGINE_CLI_KPI_FACTS_H

#include "engine/city/problems.h"
#include "rules/formulas.h"

struct csv_facts; /* opaque */

struct csv_facts *kpi_facts_open(struct problems *problems, const char *path);
void kpi_facts_close(struct csv_facts *facts);

/* False after the last; *at starts with 0. */
bool kpi_facts_next(const struct csv_facts *facts, uint32_t *at, struct formula_facts *out,
                    uint32_t *out_times);

#endif
