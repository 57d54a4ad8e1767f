/* timers.h: deadlines, soonest first.
 *
 * A deadline is (due_ms, seq). seq counts arms since start, so two deadlines in the same millisecond fire in the
 * order they were armed, on every machine. Each timer has a fixed id owned by a row (three a case, one an order).
 *
 * Shape   binary heap of 24-byte entries, one back-index per timer id
 * Cost    arm and cancel O(log n), next O(1); 28 bytes a timer id
 * Owner   caller's arena; never allocates
 * Errors  an id out of range is a bug
 * Source  tie rule as in libuv src/timer.c */
#ifndef ENGINE_CORE_TIMERS_H
#define ENGINE_CORE_TIMERS_H

#include "engine/core/arena.h"

struct timer_entry {
    int64_t due_ms;
    uint64_t seq;
    uint32_t id;
    uint32_t reserved;
};

struct timers {
    struct timer_entry *heap;
    uint32_t *where; /* heap index + 1 by timer id; 0 = not armed */
    uint32_t count;
    uint32_t limit;
    uint64_t seq;
};

void timers_init(struct timers *timers, struct arena *arena, uint32_t limit);

/* Arms or moves the timer; due_ms NEVER_MS cancels. */
void timers_arm(struct timers *timers, uint32_t id, int64_t due_ms);
void timers_cancel(struct timers *timers, uint32_t id);

bool timers_is_armed(const struct timers *timers, uint32_t id);
int64_t timers_due_ms(const struct timers *timers, uint32_t id); /* NEVER_MS if not armed */
int64_t timers_next_due_ms(const struct timers *timers);

/* Takes the soonest timer due at or before now_ms; NONE32 if none is due. */
uint32_t timers_take_due(struct timers *timers, int64_t now_ms);

void timers_check(const struct timers *timers);

#endif
