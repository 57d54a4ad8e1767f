/* turn.c: see turn.h. */
#include "engine/edge/turn.h"

bool turn_is_disk_behind(const struct turn_disk *disk)
{
    return disk->awaits_segment || disk->pending_bytes >= TURN_PENDING_MAX;
}

static bool may_append(const struct turn_host *host, bool is_urgent)
{
    const struct turn_disk disk = host->disk(host->context);
    return !turn_is_disk_behind(&disk) ||
           (is_urgent && disk.pending_bytes < TURN_PENDING_URGENT_MAX);
}

enum turn_end turn_run(struct node *node, int64_t now_ms, const struct turn_host *host,
                       struct turn_done *out_done)
{
    const uint64_t began_ns = host->clock_ns(host->context);
    struct node_batch batch;
    *out_done = (struct turn_done){.batches = 0};
    for (;;) {
        const bool is_urgent = node_has_life_safety(node);
        if (!may_append(host, is_urgent) || !node_turn(node, now_ms, &batch)) {
            return TURN_EMPTY;
        }
        if (!host->append(host->context, &batch)) {
            return TURN_STOPPED;
        }
        out_done->batches++;
        out_done->is_urgent = is_urgent;
        host->settle(host->context);
        if (is_urgent || out_done->batches == TURN_BATCHES_MAX ||
            host->clock_ns(host->context) - began_ns >= TURN_NS_MAX) {
            return TURN_ENDED;
        }
    }
}
