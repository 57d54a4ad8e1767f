/* offices.h: which office has a case, and the hand-overs between offices as they happen.
 *
 * An office is a post that answers for a case: a desk that holds it, or the desk of the worker who took it. The first
 * office is remembered: it coordinates while others dispute (首接负责). */
#ifndef ENGINE_CORE_OFFICES_H
#define ENGINE_CORE_OFFICES_H

#include "engine/core/acts.h"

/* The case is with this office now: by its own hand-over, sent by the command post, or taken from the one before. After
 * the handle clock was bound. */
void offices_receive(struct core *core, uint32_t case_slot, uint32_t post);

/* The same, with the office of the worker who leads from now on. */
void offices_receive_worker(struct core *core, uint32_t case_slot, uint32_t worker);

/* ACTION_HAND_OVER: a desk gives a case to another office without the command post. */
enum code offices_hand_over(const struct act *act, uint32_t case_slot);

/* The office lets it go by its own will. to: the receiving post, NONE32 = the command post, which sends it on. flags:
 * enum handover_flag beside what the case knows. Before the handle clock is bound anew. */
void offices_leave(struct core *core, uint32_t case_slot, enum reason reason, uint32_t to,
                   uint32_t flags);

/* Somebody of the office was there, did a part, asked for help. */
void offices_act(struct case_row *row);

/* The post at which this worker's department is reached, or NONE32. */
uint32_t offices_of_worker(const struct core *core, uint32_t worker);

/* Whether a duty roster is there and nobody of it on shift. */
bool offices_is_empty(const struct core *core, uint32_t post);

/* The post itself, or who stands in for an empty one: its department's lead, the city's desk, the command post; the
 * post itself where all are empty. */
uint32_t offices_find_staffed(const struct core *core, uint32_t post);

#endif
