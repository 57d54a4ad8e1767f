/* timers.h: deadlines, soonest first.
 *
 * A deadline is (due_ms, seq). seq counts arms since start, so two deadlines in the same millisecond fire in the
 * order they were armed, on every machine. Each timer has a fixed id owned by a row (three a case, one an order).
 *
 * Shape   binary heap of 16-byte entries, one back-index per timer id
 * Cost    arm and cancel O(log n), next O(1); 20 bytes a timer id
 * Bounds  instants of 48 bits, four thousand years either way of 1970: what lies beyond counts as the last one
 * Owner   caller's arena; never allocates
 * Errors  an id out of range is a bug
 * Source  tie rule as in libuv src/timer.c */
#ifndef ENGINE_CORE_TIMERS_H
#define ENGINE_CORE_TIMERS_H

#include "engine/core/arena.h"

#define TIMER_DUE_MAX ((INT64_C(1) << 47) - 1)
#define TIMER_DUE_MIN (-TIMER_DUE_MAX - 1)
#define TIMER_SEQ_LIMIT (UINT64_C(1) << 48)

/* due_ms, seq and id side by side, so that two numbers tell which entry is before another. */
struct timer_entry {
    uint64_t due_and_seq; /* due_ms - TIMER_DUE_MIN in 48 bits, the upper 16 of seq */
    uint64_t seq_and_id;  /* the lower 32 of seq, id */
};

/* What an entry says. */
struct timer {
    int64_t due_ms;
    uint64_t seq;
    uint32_t id;
};

static inline struct timer timer_of(struct timer_entry entry)
{
    return (struct timer){.due_ms = (int64_t)(entry.due_and_seq >> 16) + TIMER_DUE_MIN,
                          .seq = (entry.due_and_seq & 0xffff) << 32 | entry.seq_and_id >> 32,
                          .id = (uint32_t)entry.seq_and_id};
}

static inline bool timer_is_sound(struct timer timer)
{
    return timer.due_ms >= TIMER_DUE_MIN && timer.due_ms <= TIMER_DUE_MAX &&
           timer.seq < TIMER_SEQ_LIMIT;
}

static inline struct timer_entry timer_entry_of(struct timer timer)
{
    must(timer_is_sound(timer));
    return (struct timer_entry){(uint64_t)(timer.due_ms - TIMER_DUE_MIN) << 16 | timer.seq >> 32,
                                timer.seq << 32 | timer.id};
}

/* The same for one read from a file: what is out of bounds gets an id that no timer has. */
static inline struct timer_entry timer_entry_read(struct timer timer)
{
    return timer_entry_of(timer_is_sound(timer) ? timer : (struct timer){.id = NONE32});
}

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
