/* groups.h: what rules of lane notify tell posts: at once, or several firings together (`group`).
 *
 * A group is a rule and the values of its `group.by`. Its first firing waits `wait` for others; what comes afterwards is told together,
 * at most every `interval`. While nothing comes and its newest case is open, it is told again every `repeat`, looked at with the
 * interval; else the group is forgotten. The words of Prometheus Alertmanager: group_wait, group_interval, repeat_interval. Cases know
 * nothing of groups. A full table tells at once.
 *
 * Cost    O(1) a firing; one timer a group */
#ifndef ENGINE_CORE_GROUPS_H
#define ENGINE_CORE_GROUPS_H

#include "engine/core/state.h"

void groups_init(struct groups *groups, struct arena *arena, const struct limits *limits);

/* The rule of lane notify fired; no: the case that the event went to, or none. */
void groups_notify(struct core *core, uint32_t rule_row, const struct event *event,
                   struct case_no no);

/* The timer of a group is due. */
void groups_timer(struct core *core, uint32_t slot);

/* After an activation, rules renumbered: groups whose rule is gone go with it; what waits under one that no longer groups is told. */
void groups_adopt(struct core *core);

/* Rows as loaded: the index made, bounds and timers held. */
bool groups_index(struct core *core) WARN_UNUSED;
void groups_check(const struct core *core);

#endif
