/* sources.h: how far each source can be trusted: confirmed cases and false alarms by rule and gateway.
 *
 * A case counts once, with its first end: closed is confirmed, voided as a false alarm or as not found is false. Cases
 * ended otherwise, and cases that a person reported, count for nobody. When both together reach SOURCE_WINDOW they are
 * halved, so that a repaired camera is believed again and a long good past does not hide a bad week.
 *
 * The key is of ids, not of image rows: counters survive a new city and new rules. When the table is full, sources that
 * are not in it are believed.
 *
 * Owner   struct core
 * Cost    O(1); 24 bytes a pair and its index */
#ifndef ENGINE_CORE_SOURCES_H
#define ENGINE_CORE_SOURCES_H

#include "engine/core/state.h"

#define SOURCE_WINDOW 1000u /* ends */

void sources_init(struct sources *sources, struct arena *arena, uint32_t limit);

/* Counts the end of the case, in the state it has now. */
void sources_count_end(struct core *core, uint32_t case_slot, enum action action,
                       enum reason reason);

/* Is the gateway's precision under this rule below the policy's threshold, with enough ends to say so? */
bool sources_is_doubtful(const struct core *core, uint32_t rule, uint32_t gateway);

/* Builds the index from the rows of a snapshot; false where a key occurs twice. */
bool sources_index(struct sources *sources) WARN_UNUSED;

void sources_check(const struct sources *sources);

#endif
