/* possible.h: which acts on a case the engine would take from a person now, before anybody tries: what pages offer.
 *
 * The table of life.c, less what the acts refuse for how the case stands (nothing asked, used up, in dispute, a child
 * open) or for who it is (right, side, part). What only the act itself can show (another case, a worker, a number) is not
 * looked at. tests/unit/core/test_life.c holds both equal.
 *
 * Cost    possible_fill: a few fields of the row; core_possible: one walk over the table */
#ifndef ENGINE_CORE_POSSIBLE_H
#define ENGINE_CORE_POSSIBLE_H

#include "engine/core/core.h"
#include "engine/core/state.h"

/* Acts that the state allows and the case refuses from anybody, for how it stands now. */
uint64_t possible_refused(const struct core *core, uint32_t slot);

/* Fills view->doors of the case in that slot; the rest of the view is there. */
void possible_fill(const struct core *core, uint32_t slot, struct case_view *view);

#endif
