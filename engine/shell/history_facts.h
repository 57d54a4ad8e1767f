/* history_facts.h: every case of a history as the facts that index files speak of (rules/formulas.h).
 *
 * Facts are computed when they are asked for, from the rows of the case, its story and its orders, not counted while
 * they are written: an appeal upheld in April changes March, and a new version of a formula is wanted for old months too.
 *
 *   history_facts_open -> history_facts_next { history_facts_next_order ... } ... -> history_facts_close
 *
 * Owner   open/close; texts are borrowed until the next case, or order
 * Cost    some 20 microseconds a case
 * Errors  those of history_schema_fail, with a sentence */
#ifndef ENGINE_SHELL_HISTORY_FACTS_H
#define ENGINE_SHELL_HISTORY_FACTS_H

#include "engine/shell/history_schema.h"
#include "rules/formulas.h"

struct history_facts; /* opaque */

/* Cases that may have an instant in the period [from_ms, until_ms). */
struct history_period {
    int64_t from_ms;
    int64_t until_ms;
};

enum err history_facts_open(sqlite3 *db, struct history_period period,
                            struct history_facts **out_facts,
                            struct history_fault *out_fault) WARN_UNUSED;
void history_facts_close(struct history_facts *facts);

/* False after the last; *out_err is not ERR_OK when it ended too early. */
bool history_facts_next(struct history_facts *facts, struct formula_facts *out, enum err *out_err,
                        struct history_fault *out_fault);

/* The orders of the case told last: its facts with those of the order. */
bool history_facts_next_order(struct history_facts *facts, struct formula_facts *out,
                              enum err *out_err, struct history_fault *out_fault);

#endif
