/* ratings.h: what reporters say of a closed case: stars, solved, not solved.
 *
 * A receipt is one report of a case: the case's number and which of its reports it is. Each receipt gives stars once and
 * says once whether it is solved, while the engine holds the case: its reopen window, longer while an appeal is open; afterwards
 * the case is GONE. Whoever took the call acts for the reporter. "Not solved" opens the case again, and supervises it (督办) when
 * it was reopened before or its window is over.
 *
 * What was said is remembered among the dedupe windows. Where these have made room for newer ones, a rating whose own entry
 * could have gone with them is FORGOTTEN, never counted twice. A reopened case may be rated again: it was closed again. */
#ifndef ENGINE_CORE_RATINGS_H
#define ENGINE_CORE_RATINGS_H

#include "engine/core/flow.h"

#define STARS_MAX 5u

static inline bool ratings_is_one(enum action action)
{
    return action == ACTION_RATE || action == ACTION_SOLVED || action == ACTION_NOT_SOLVED;
}

/* CODE_NOTHING, or why it is not taken: UNKNOWN_RECEIPT, BAD_STARS, ALREADY_RATED, FORGOTTEN. */
enum code ratings_refuse(const struct core *core, uint32_t case_slot, const struct act_body *body);

/* Remembers and tells; not solved reopens. */
void ratings_take(struct core *core, uint32_t case_slot, const struct flow_note *note);

#endif
