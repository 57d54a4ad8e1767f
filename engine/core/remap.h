/* remap.h: renumbers the core's rows when a new city and policy become active.
 *
 * Image rows are matched by what people call them: codes and ids. What is gone becomes NONE32, and the case goes on with
 * a desk: a case whose post vanished moves to the city's desk, an order whose worker left is lost and dispatched again. */
#ifndef ENGINE_CORE_REMAP_H
#define ENGINE_CORE_REMAP_H

#include "engine/core/state.h"

#define REMAP_ROWS_MIN 4096u

/* Rows of the scratch under these limits: a power of two. */
uint32_t remap_rows_for(const struct limits *limits);

/* Called by ACTIVATE after core->slot points at the new pair; the old pair is in the other slot. */
void remap_rows(struct core *core);

/* Largest table that must fit the scratch of these limits is checked here: false = refuse the images. */
bool remap_fits(const struct core *core, const struct city *city, const struct policy *policy);

#endif
