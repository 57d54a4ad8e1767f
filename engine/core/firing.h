/* firing.h: what becomes of a rule that takes an event: a repeat, a merge or a case. */
#ifndef ENGINE_CORE_FIRING_H
#define ENGINE_CORE_FIRING_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

/* Repeats are counted, the rest is merged or opens a case. */
enum code firing_of(struct core *core, uint32_t rule_row, const struct event *event,
                    struct intake_source source, struct case_no *out_no);

void firing_say(struct core *core, const struct event *event, uint32_t rule, enum code code,
                struct case_no no, uint32_t candidates);

/* Which of the case's reports was just taken: the reporter's receipt. A repeat has none of its own. */
uint16_t firing_report(const struct core *core, enum code code, struct case_no no);

#endif
