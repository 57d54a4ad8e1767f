/* snapshot_check.h: does a core that was just read from bytes keep every truth that the rest of the core relies on?
 *
 * The same truths as core_check(), told instead of must(): bytes from a disk are no bug. Internal to engine/core/. */
#ifndef ENGINE_CORE_SNAPSHOT_CHECK_H
#define ENGINE_CORE_SNAPSHOT_CHECK_H

#include "engine/core/state.h"

/* Every row number lies inside its table, chains are whole and without rings. Ledgers are left to the digest. Of what is built
 * from the rows only timers.where is there. */
bool snapshot_rows_hold(const struct core *core);

#endif
