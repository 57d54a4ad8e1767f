/* history_plans.h: emergency plans as the history tells them: how many targets each had, how many began in time, and how many
 * accidents were reported late. Asked by `gridloop history plans` and by the monthly report.
 *
 * Errors  those of history_read.h */
#ifndef ENGINE_CLI_HISTORY_PLANS_H
#define ENGINE_CLI_HISTORY_PLANS_H

#include "engine/shell/history_read.h"

/* Plans that were told of in [from_ms, until_ms), oldest first; columns are those of table plans. Drills are marked. */
enum err history_plans_read(sqlite3 *db, int64_t from_ms, int64_t until_ms,
                            struct history_rows *out_rows,
                            struct history_fault *out_fault) WARN_UNUSED;

/* Reports that did not come in time (迟报) in that span, oldest first: number (of the case opened for it), at_ms, zh, en. */
enum err history_plans_late(sqlite3 *db, int64_t from_ms, int64_t until_ms,
                            struct history_rows *out_rows,
                            struct history_fault *out_fault) WARN_UNUSED;

/* in_time of total as "46.7 %", "n/a" of none. Returns out. */
const char *history_plans_share(const struct history_rows *rows, char *out, size_t out_size);

int history_plans(int argc, char **argv);

#endif
