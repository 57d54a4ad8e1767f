/* absences.h: something happened, and what must follow it does not come in time.
 *
 * A rule with `absent` takes an event and waits for one of the expected type with the same values of `match`. When none comes within
 * the limit, the rule fires as if its event came now: in its lane, at the place of that event, with its fields.
 *
 *   event that the rule takes --> waits --expected event--> forgotten
 *                                   \--limit--> the rule fires
 *
 * Time is the log's: the limit runs from the arrival of the first event, and a second one of the same key changes nothing. What
 * happened before the first event is not what was expected after it. An event of a drill waits for one of the drill.
 *
 * Kept of the event: its head and its fields; of the texts those that the case captures come first, and what is beyond
 * WAIT_TEXT_SIZE bytes is left out. Not kept: what the reporter wrote, and his contact.
 *
 * Cost    O(1) an event; 1.4 KB and a timer for each that waits
 * Owner   struct core; its key is a row of window_rows.h, so it outlives an activation that leaves the rule's shape
 * Errors  no room is an outcome: WINDOW_FULL, nothing waits */
#ifndef ENGINE_CORE_ABSENCES_H
#define ENGINE_CORE_ABSENCES_H

#include "engine/core/intake_source.h"
#include "engine/core/windows.h"

/* The rule takes the event: it waits, or waited already. have is seconds waited, need the limit. */
void absences_take(struct core *core, uint32_t rule_row, const struct event *event,
                   struct intake_source source, struct correlated *out);

void absences_timer(struct core *core, uint32_t slot);

#endif
