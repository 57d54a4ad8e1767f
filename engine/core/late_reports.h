/* late_reports.h: 迟报: a place where something was sensed must report it itself, in time.
 *
 * A rule with late_report opens a case from a sign (a sensor) at an object of a registry. Unless an event of the named type
 * about the same object comes within the limit, or came no longer than that before, a case of its own is opened.
 *
 * Cost    events of a reporting type: one pass over the rows; others: nothing
 * Owner   struct core; one timer a row
 * Errors  a full table opens the 迟报 case's watch for nobody, and tells the command post */
#ifndef ENGINE_CORE_LATE_REPORTS_H
#define ENGINE_CORE_LATE_REPORTS_H

#include "engine/core/flow.h"

/* A case was opened: its rule may want a report. */
void lates_case_opened(struct core *core, uint32_t case_slot);

/* An event was taken: it may be the report. */
void lates_event(struct core *core, const struct event *event);

void lates_timer(struct core *core, uint32_t slot);

#endif
