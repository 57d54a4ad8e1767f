/* virtual_queue.h: what will happen at which virtual instant, soonest first.
 *
 * Ties keep the order in which they were put, so that a run is a function of its seed alone.
 *
 * Shape   binary heap that grows
 * Cost    put and take O(log n); 32 bytes a plan
 * Owner   init/fini
 * Errors  ERR_MEMORY */
#ifndef SIM_VIRTUAL_QUEUE_H
#define SIM_VIRTUAL_QUEUE_H

#include "engine/core/base.h"
#include "engine/core/err.h"

/* One thing to do. The queue does not look at kind, who and what. */
struct plan_entry {
    int64_t at_ms;
    uint64_t seq; /* order of putting, set by the queue */
    uint32_t kind;
    uint32_t who;
    uint64_t what;
};

struct virtual_queue {
    struct plan_entry *heap;
    size_t count;
    size_t room;
    uint64_t seq;
};

void virtual_queue_init(struct virtual_queue *queue);
void virtual_queue_fini(struct virtual_queue *queue);

enum err virtual_queue_put(struct virtual_queue *queue, struct plan_entry entry) WARN_UNUSED;

/* Takes the soonest entry at or before until_ms; false when there is none. */
bool virtual_queue_take(struct virtual_queue *queue, int64_t until_ms,
                        struct plan_entry *out_entry);

/* Instant of the soonest entry, or NEVER_MS. */
int64_t virtual_queue_next_ms(const struct virtual_queue *queue);

/* Every parent is not later than its children. */
void virtual_queue_check(const struct virtual_queue *queue);

#endif
