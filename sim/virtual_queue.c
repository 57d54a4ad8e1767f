/* virtual_queue.c: a binary heap on (instant, order of putting). */
#include "sim/virtual_queue.h"

#include <stdlib.h>

static bool entry_is_sooner(const struct plan_entry *a, const struct plan_entry *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

static void heap_raise(struct virtual_queue *queue, size_t at)
{
    const struct plan_entry entry = queue->heap[at];
    while (at > 0) {
        const size_t parent = (at - 1) / 2;
        if (!entry_is_sooner(&entry, &queue->heap[parent])) {
            break;
        }
        queue->heap[at] = queue->heap[parent];
        at = parent;
    }
    queue->heap[at] = entry;
}

static void heap_sink(struct virtual_queue *queue, size_t at)
{
    const struct plan_entry entry = queue->heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= queue->count) {
            break;
        }
        if (child + 1 < queue->count &&
            entry_is_sooner(&queue->heap[child + 1], &queue->heap[child])) {
            child++;
        }
        if (!entry_is_sooner(&queue->heap[child], &entry)) {
            break;
        }
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    queue->heap[at] = entry;
}

void virtual_queue_init(struct virtual_queue *queue)
{
    *queue = (struct virtual_queue){0};
}

void virtual_queue_fini(struct virtual_queue *queue)
{
    free(queue->heap);
    *queue = (struct virtual_queue){0};
}

enum err virtual_queue_put(struct virtual_queue *queue, struct plan_entry entry)
{
    must(entry.at_ms != NEVER_MS);
    if (queue->count == queue->room) {
        const size_t room = queue->room == 0 ? 256 : queue->room * 2;
        struct plan_entry *heap = realloc(queue->heap, room * sizeof *heap);
        if (heap == NULL) {
            return ERR_MEMORY;
        }
        queue->heap = heap;
        queue->room = room;
    }
    entry.seq = ++queue->seq;
    queue->heap[queue->count++] = entry;
    heap_raise(queue, queue->count - 1);
    return ERR_OK;
}

bool virtual_queue_take(struct virtual_queue *queue, int64_t until_ms, struct plan_entry *out_entry)
{
    if (queue->count == 0 || queue->heap[0].at_ms > until_ms) {
        return false;
    }
    *out_entry = queue->heap[0];
    queue->heap[0] = queue->heap[--queue->count];
    if (queue->count > 0) {
        heap_sink(queue, 0);
    }
    return true;
}

int64_t virtual_queue_next_ms(const struct virtual_queue *queue)
{
    return queue->count == 0 ? NEVER_MS : queue->heap[0].at_ms;
}

void virtual_queue_check(const struct virtual_queue *queue)
{
    must(queue->count <= queue->room);
    for (size_t i = 1; i < queue->count; i++) {
        must(!entry_is_sooner(&queue->heap[i], &queue->heap[(i - 1) / 2]));
    }
}
