/* timers.c: see timers.h. */
#include "engine/core/timers.h"

static bool is_before(const struct timer_entry *a, const struct timer_entry *b)
{
    return a->due_and_seq != b->due_and_seq ? a->due_and_seq < b->due_and_seq
                                            : a->seq_and_id < b->seq_and_id;
}

static void place_at(struct timers *timers, uint32_t index, struct timer_entry entry)
{
    timers->heap[index] = entry;
    timers->where[(uint32_t)entry.seq_and_id] = index + 1;
}

static void sift_up(struct timers *timers, uint32_t index, struct timer_entry entry)
{
    while (index > 0) {
        const uint32_t parent = (index - 1) / 2;
        if (!is_before(&entry, &timers->heap[parent])) {
            break;
        }
        place_at(timers, index, timers->heap[parent]);
        index = parent;
    }
    place_at(timers, index, entry);
}

static void sift_down(struct timers *timers, uint32_t index, struct timer_entry entry)
{
    for (;;) {
        uint32_t child = index * 2 + 1;
        if (child >= timers->count) {
            break;
        }
        if (child + 1 < timers->count &&
            is_before(&timers->heap[child + 1], &timers->heap[child])) {
            child++;
        }
        if (!is_before(&timers->heap[child], &entry)) {
            break;
        }
        place_at(timers, index, timers->heap[child]);
        index = child;
    }
    place_at(timers, index, entry);
}

void timers_init(struct timers *timers, struct arena *arena, uint32_t limit)
{
    timers->heap = arena_take(arena, sizeof(struct timer_entry), limit);
    timers->where = arena_take(arena, sizeof(uint32_t), limit);
    timers->count = 0;
    timers->limit = limit;
    timers->seq = 0;
}

void timers_cancel(struct timers *timers, uint32_t id)
{
    must(id < timers->limit);
    if (timers->where[id] == 0) {
        return;
    }
    const uint32_t hole = timers->where[id] - 1;
    timers->where[id] = 0;
    timers->count--;
    if (hole == timers->count) {
        return;
    }
    const struct timer_entry last = timers->heap[timers->count];
    if (hole > 0 && is_before(&last, &timers->heap[(hole - 1) / 2])) {
        sift_up(timers, hole, last);
    } else {
        sift_down(timers, hole, last);
    }
}

void timers_arm(struct timers *timers, uint32_t id, int64_t due_ms)
{
    timers_cancel(timers, id);
    if (due_ms == NEVER_MS) {
        return;
    }
    must(timers->count < timers->limit);
    timers->count++;
    sift_up(timers, timers->count - 1,
            timer_entry_of(
                (struct timer){.due_ms = min_i64(max_i64(due_ms, TIMER_DUE_MIN), TIMER_DUE_MAX),
                               .seq = timers->seq++,
                               .id = id}));
}

bool timers_is_armed(const struct timers *timers, uint32_t id)
{
    must(id < timers->limit);
    return timers->where[id] != 0;
}

int64_t timers_due_ms(const struct timers *timers, uint32_t id)
{
    return timers_is_armed(timers, id) ? timer_of(timers->heap[timers->where[id] - 1]).due_ms
                                       : NEVER_MS;
}

int64_t timers_next_due_ms(const struct timers *timers)
{
    return timers->count == 0 ? NEVER_MS : timer_of(timers->heap[0]).due_ms;
}

uint32_t timers_take_due(struct timers *timers, int64_t now_ms)
{
    if (timers->count == 0 || timer_of(timers->heap[0]).due_ms > now_ms) {
        return NONE32;
    }
    const uint32_t id = timer_of(timers->heap[0]).id;
    timers_cancel(timers, id);
    return id;
}

void timers_check(const struct timers *timers)
{
    must(timers->count <= timers->limit);
    for (uint32_t i = 0; i < timers->count; i++) {
        const uint32_t id = timer_of(timers->heap[i]).id;
        must(id < timers->limit);
        must(timers->where[id] == i + 1);
        must(i == 0 || !is_before(&timers->heap[i], &timers->heap[(i - 1) / 2]));
    }
    uint32_t armed = 0;
    for (uint32_t id = 0; id < timers->limit; id++) {
        armed += timers->where[id] != 0;
    }
    must(armed == timers->count);
}
