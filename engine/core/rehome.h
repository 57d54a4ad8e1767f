/* rehome.h: open cases after the borders of the city moved: where each belongs now, and what follows.
 *
 * The core has no polygons. An ACTIVATE of another city starts a walk over the cases; who has the polygons locates those
 * it is shown (core_rehome_next in core.h) and says in a REHOME command, slice by slice, which of them lie in another cell
 * now. How far the walk has come is state: it goes on after a restart, and a replay needs no polygons.
 *
 *   the case      has the new cell from then on; said as REHOME, with the cell before
 *   offered       and not accepted, to somebody whom the rings give for the old cell: taken back, and sought anew
 *   accepted      stays with its worker; his handle clock goes to the department that answers now
 *   at a desk     because the old cell says so (a ruling): goes to the desk that the new one names; where people sent
 *                 it, it stays
 *   closed        stays where it was closed; looked at again when it is reopened
 *
 * Cost    a slice: COMMAND_REHOME_MAX cases at most; searches for somebody are left to the timers, which are counted */
#ifndef ENGINE_CORE_REHOME_H
#define ENGINE_CORE_REHOME_H

#include "engine/core/state.h"

/* Another city is active: look at every case. */
void rehome_begin(struct core *core);

/* That case may stand in a cell of before: it is looked at, too. */
void rehome_ask(struct core *core, uint32_t case_slot);

/* Was that known before the borders moved last? */
bool rehome_is_older(const struct core *core, int64_t at_ms);

/* COMMAND_REHOME. Rows that no longer fit are passed over. */
void rehome_take(struct core *core, const struct command *command);

#endif
