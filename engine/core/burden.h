/* burden.h: tasks that departments have put on a cell in the last days (上面千条线，下面一根针).
 *
 * A task is an order that somebody of the grid accepted; its department is the one that answers for the case.
 *
 * Shape   one row a pair (cell, department) with a counter a local day; a ring of limits.burdens with an index
 * Cost    O(1)
 * Owner   struct core */
#ifndef ENGINE_CORE_BURDEN_H
#define ENGINE_CORE_BURDEN_H

#include "engine/core/state.h"

void burden_init(struct burdens *burdens, struct arena *arena, const struct limits *limits);

/* An order was accepted: one more task, nothing where the case has no cell or no department. Said (SHORT_NOTICE) when it
 * comes with less notice than its class asks for. */
void burden_note_order(struct core *core, uint32_t case_slot, uint32_t order_slot);

/* Tasks of the row in the BURDEN_DAYS local days that end with the day of at_ms. */
uint32_t burden_count(const struct core *core, const struct burden_row *row, int64_t at_ms);

/* Activation, as in rulings.h. */
void burden_remap_cells(struct burdens *burdens, const uint32_t *map);
void burden_remap_departments(struct burdens *burdens, const uint32_t *map);

void burden_check(const struct core *core);

#endif
