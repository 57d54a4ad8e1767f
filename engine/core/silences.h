/* silences.h: what people have said shall be held back for a while: silences (操作员静默) and maintenance (设备维护).
 *
 * A row has up to SILENCE_MATCHERS_MAX matchers, all of which must fit a firing. They are kept as the words in which they were given,
 * so that a row means the same under other images, and nothing where its rule or device is gone until it comes back. A department's
 * desk silences its own rules only. A row ends at its instant by itself; its slot is then free.
 *
 * Cost    find: O(rows ever used at once), each a few compares of short texts; nothing while there are none */
#ifndef ENGINE_CORE_SILENCES_H
#define ENGINE_CORE_SILENCES_H

#include "engine/core/state.h"

void silences_init(struct silences *silences, struct arena *arena, const struct limits *limits);

/* Does somebody ask for one, or end one? Then silences_act decides. */
bool silences_takes_act(const struct act_body *body);

/* ACTION_SILENCE: text is "kind=name kind=name; why", until_ms its end, amount the minutes until it begins; reason MAINTENANCE makes it
 * one. ACTION_UNSILENCE: amount is its number. DONE with its number in result.order; BAD_MATCHER, TEXT_NEEDED, BAD_UNTIL, TABLE_FULL,
 * UNKNOWN_SILENCE, NO_RIGHT. */
enum code silences_act(struct core *core, uint32_t worker, const struct act_body *body,
                       const char *text, struct effect_result *result);

/* Every row that holds a firing of the rule on this event back now: writes at most limit slots, returns how many there are. */
uint32_t silences_find(const struct core *core, const struct policy_rule *rule,
                       const struct event *event, uint32_t gateway, uint32_t *out_slots,
                       uint32_t limit);

/* One firing was held back by it. */
void silences_count(struct core *core, uint32_t slot);

/* Rows as loaded: counts, matchers and numbers within bounds. */
bool silences_hold(const struct silences *silences) WARN_UNUSED;
void silences_check(const struct core *core);

#endif
