/* turn.h: what a turn puts into the log before sockets are looked at again.
 *
 * Batches follow each other until nothing waits, the disk is behind or the turn has lasted long enough. A batch with
 * life-safety requests is the last of its turn, goes where others wait for the disk, and is handed to the disk at once (law 9).
 * After each batch the host may let go what has become durable, so that an answer need not wait for decisions it does not rest on. */
#ifndef ENGINE_EDGE_TURN_H
#define ENGINE_EDGE_TURN_H

#include "engine/edge/node.h"

#define TURN_BATCHES_MAX 16u /* then sockets are looked at again */
#define TURN_NS_MAX                                                                                \
    UINT64_C(                                                                                      \
        1000000) /* ... or after that time: what just came may be more urgent than what waits */
/* Encoded and not yet with the disk; then requests wait in their lanes, where the urgent overtake. A group is written in one
 * piece, and what is urgent waits for the one being written and then for its own. */
#define TURN_PENDING_MAX (UINT64_C(1) << 20)
#define TURN_PENDING_URGENT_MAX                                                                    \
    (UINT64_C(4) << 20) /* with life-safety requests: they need not wait for one group more */

/* How the disk stands. */
struct turn_disk {
    uint64_t pending_bytes; /* encoded, not yet on their way */
    bool
        awaits_segment; /* the next segment is not made yet and this one nearly full: log_awaits_segment */
};

struct turn_host {
    struct turn_disk (*disk)(void *context);
    /* To the log, then node_appended. False: the engine stops. */
    bool (*append)(void *context, const struct node_batch *batch);
    /* After each batch: what waits may go to the disk if that is idle, what is durable may leave. */
    void (*settle)(void *context);
    uint64_t (*clock_ns)(void *context); /* never back */
    void *context;
};

enum turn_end {
    TURN_EMPTY,   /* nothing more waits, or it waits for the disk */
    TURN_ENDED,   /* there may be more: run again at once */
    TURN_STOPPED, /* append failed */
};

/* Is that much waiting for the disk that reports and telemetry wait too? */
bool turn_is_disk_behind(const struct turn_disk *disk);

struct turn_done {
    uint32_t batches; /* appended */
    bool is_urgent;   /* the last of them held life-safety requests */
};

enum turn_end turn_run(struct node *node, int64_t now_ms, const struct turn_host *host,
                       struct turn_done *out_done);

#endif
