/* assign_round.h: orders that nobody has arrived for, matched anew to workers.
 *
 * A round takes the orders of rules that allow it (assign: reroute) - offered, accepted where the rule says so, waiting - with
 * the nearest workers who could take each, and finds the cheapest way to give everybody one (assign_solve.h). It runs every
 * so often, and soon after a worker is released; it goes on in slices counted in operations, at the next TICK, on a frozen list.
 * Each pair is looked at again when it is applied (assign_apply.c).
 *
 * Cost of a pair   weight of the severity x (way + penalties: a move, a later ring, beyond the guard of the area)
 * Cost of waiting  weight x (more than any way + a part of its age + a part of what is missing to an hour until its deadline):
 *                  as many orders as possible get a worker, the closest pair goes first, and who is old goes before who is near
 * Never            an order that has a worker goes back to the queue; one that a free worker could take waits for a round; with an
 *                  area_guard of so many percent, an order is moved to a way longer than so many percent of the one it has
 *
 * Owner   struct core; limits.round_orders orders a round, the others begin the next
 * Off     where no rule moves orders nothing of this runs */
#ifndef ENGINE_CORE_ASSIGN_ROUND_H
#define ENGINE_CORE_ASSIGN_ROUND_H

#include "engine/core/state.h"

void rounds_init(struct rounds *rounds, struct arena *arena, const struct limits *limits);

/* New images: a round that runs is given up, which costs nothing but its work. */
void rounds_adopt(struct core *core);

/* The case looks for somebody: it takes part from now on, if its rule lets it. */
void rounds_note(struct core *core, uint32_t case_slot);

/* Somebody can take an order who could not before. */
void rounds_release(struct core *core);

/* round_timer_id fell due: the next slice. */
void rounds_run(struct core *core);

/* ---- shared with assign_apply.c ---- */

/* May this order be given to somebody else now? assign: its own. */
bool rounds_may_move(const struct core *core, const struct order_row *order);

/* Does a case wait for one more order of that assign? */
bool rounds_is_waiting(const struct core *core, uint32_t case_slot, uint32_t assign_index);

/* Does the area_guard of that assign let an order go from a way of from_ms to one of way_ms? -1: nobody knows the way. */
bool rounds_guard_allows(const struct core *core, uint32_t assign, int64_t from_ms, int64_t way_ms);

/* What a round asks about its row. */
struct choice_question;
struct choice_question rounds_question(const struct core *core, const struct round_row *row);

/* Takes what moves from who has it; returns how many rows are to be given. */
uint32_t rounds_apply(struct core *core);

/* Gives one of them, if it is; true: its case lacks still more. */
bool rounds_give(struct core *core, uint32_t index);

/* ---- snapshot ---- */

/* Builds what follows from rows that were read back; false where they cannot be. */
bool rounds_index(struct core *core) WARN_UNUSED;
void rounds_check(const struct core *core);

#endif
