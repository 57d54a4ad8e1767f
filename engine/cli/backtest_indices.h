/* backtest_indices.h: the indices of both runs of a backtest, computed as `gridloop index` does from a history.
 *
 * Each run's log is stepped into a history of its own in a temporary directory. The period is whole months, from that of
 * the first event to that in which the later run ends, the same for both.
 *
 *   backtest_indices_make -> print, to_json, find -> backtest_indices_fini
 *
 * Owner   make/fini, fini also after a make that failed; a zeroed one is empty
 * Cost    about that of the two runs again, and their histories on disk until fini
 * Errors  exit codes, after a sentence on standard error; those of kpi.h */
#ifndef ENGINE_CLI_BACKTEST_INDICES_H
#define ENGINE_CLI_BACKTEST_INDICES_H

#include "engine/cli/kpi.h"
#include "sim/run.h"
#include "sim/scratch.h"

#include <jansson.h>

enum { BACKTEST_BEFORE, BACKTEST_NOW, BACKTEST_SIDES };

/* A run that is over, and the disk with its log. */
struct backtest_log {
    const struct run *run;
    const struct disk *disk;
};

struct backtest_indices {
    struct scratch histories; /* directory */
    struct kpi kpi[BACKTEST_SIDES];
    struct tally *tally[BACKTEST_SIDES]; /* NULL: not made */
};

int backtest_indices_make(const char *city, const struct backtest_log logs[BACKTEST_SIDES],
                          struct backtest_indices *indices);
void backtest_indices_fini(struct backtest_indices *indices);

/* Those that differ, each with its counter-indices. */
void backtest_indices_print(const struct backtest_indices *indices, enum lang lang);

/* All of them, and the names of those that differ; caller's reference. */
json_t *backtest_indices_to_json(const struct backtest_indices *indices);

/* Of all cases under the new rules; false where there is no index of that name, with the nearest name or NULL. */
bool backtest_indices_find(const struct backtest_indices *indices, const char *name,
                           struct formula_value *out_value, const char **out_nearest);

#endif
