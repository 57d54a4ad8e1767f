/* carried.h: what a sequence carries from a step to the later ones: `as` of a step.
 *
 * A step with a name gives fields of its event, under names of their own ("door.badge"), to the conditions of later steps and to
 * everything that is said of the case. They lie in a row of waits.h that belongs to the key of the run, which has no timer: it is
 * given back when the run ends, begins anew, or its key makes room for another.
 *
 * Cost    O(fields of the event + fields carried) an event that a step is about; nothing for other rules
 * Errors  no row: carried_keep is false */
#ifndef ENGINE_CORE_CARRIED_H
#define ENGINE_CORE_CARRIED_H

#include "engine/core/windows.h"

/* Gives out->event the fields that the run in slot carries; NONE32: none. What the sender says under their names is left out. */
void carried_join(const struct core *core, const struct policy_window *window, uint32_t slot,
                  struct correlated *out);

/* Keeps what the stage takes of its event. */
bool carried_keep(struct core *core, uint32_t slot, const struct policy_stage *stage,
                  const struct event *event);

/* The run carries nothing any more. */
void carried_drop(struct core *core, uint32_t slot);

#endif
