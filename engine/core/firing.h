/* firing.h: what becomes of the rules that take an event, each in its lane.
 *
 *   per rule: for, window, sequence (windows.h) -> dedupe -> held back (silences, inhibits) -> lane -> merge or open (dispatch), act on
 *   the case (escalate), tell posts (notify)
 *
 * In lane dispatch the best rule that fires decides, and its outcome is the event's, even where that is a repeat: a lower rule does not
 * step in its place (docs/decisions/0014). In the other lanes all act. A rule in shadow goes the same way and does nothing. */
#ifndef ENGINE_CORE_FIRING_H
#define ENGINE_CORE_FIRING_H

#include "engine/core/intake_source.h"
#include "engine/core/state.h"

#define FIRING_RULES_MAX 16u /* of one event that are looked at; what is beyond is counted */

/* The rules that take one event, best first. */
struct firing_list {
    uint32_t rules[FIRING_RULES_MAX];
    uint32_t count;   /* of them */
    uint32_t matched; /* in all */
};

/* The dedupe key of the rule that the event will probably meet, made before its turn. */
struct event_ahead {
    const struct policy_rule *rule; /* NULL: no guess */
    struct hash128 key;
};

/* What the event will look for in the dedupe windows is asked for from memory, and some events later the case that is found there.
 * Changes nothing. */
void firing_look_ahead(const struct core *core, const struct event *event,
                       struct event_ahead *out_ahead);
void firing_look_closer(const struct core *core, const struct event_ahead *ahead);

/* One rule where the type has rules of dispatch alone. */
void firing_match(const struct core *core, const struct event *event, struct firing_list *out_list);

/* The rule that lane dispatch would look at first, or NONE32. */
uint32_t firing_first(const struct core *core, const struct firing_list *list);

/* Fires them, and tells of each. code and case are what the event has come to so far (NO_RULE, CLEARED and its case); the result is
 * what it comes to. */
enum code firing_all(struct core *core, const struct firing_list *list, const struct event *event,
                     struct intake_source source, enum code code, struct case_no *case_no);

/* One rule fires by itself, on an event that it had kept: told as any, and what it comes to. */
enum code firing_alone(struct core *core, uint32_t rule_row, const struct event *event,
                       struct intake_source source, struct case_no *out_no);

/* Tells of an event that fires nothing, whichever rule takes it. */
void firing_say(struct core *core, const struct event *event, uint32_t rule, enum code code,
                struct case_no no, uint32_t candidates);

/* Which of the case's reports was just taken: the reporter's receipt. A repeat has none of its own. */
uint16_t firing_report(const struct core *core, enum code code, struct case_no no);

#endif
