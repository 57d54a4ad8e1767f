/* snapshot_child.h: when a snapshot is due, a forked child writes it while the engine goes on.
 *
 *   IDLE --due, everything durable: fork--> WRITING --SIGCHLD: reap--> IDLE
 *
 * Due: so many entries since the last one was begun, or so many minutes of real time with at least one entry. The
 * caller lets what it has appended become durable before it calls start, so a snapshot is never ahead of the log.
 * The child sees the state as it was at the fork, writes with the pages of its parent, and is killed with it: a dead
 * engine leaves nobody who holds its sockets. It takes no lock and no heap.
 *
 * Owner   the caller: struct, node, log, disk; engine thread only
 * Errors  a snapshot that fails is reported and tried again when the next one is due: the log is what counts */
#ifndef ENGINE_SHELL_SNAPSHOT_CHILD_H
#define ENGINE_SHELL_SNAPSHOT_CHILD_H

#include "engine/edge/node.h"
#include "engine/edge/snapshot_file.h"
#include "engine/shell/history_thread.h"
#include "engine/shell/posix_disk.h"

#include <sys/types.h>

#define SNAPSHOT_ENTRIES_DEFAULT 200000u
#define SNAPSHOT_MINUTES_DEFAULT 10u

struct snapshot_rhythm {
    uint64_t entries; /* 0 = entries do not count */
    uint32_t minutes; /* 0 = time does not count; both 0 = only at a clean stop */
};

struct snapshot_child {
    const struct posix_disk *disk;
    const struct node *node;
    const struct log *log;
    struct snapshot_rhythm rhythm;
    const struct history_thread *history; /* may still need an older one; NULL */
    pid_t pid;                            /* of the child that writes, 0 = none */
    struct snapshot_info info;            /* of what it writes */
    uint64_t begun_position; /* of the last one begun, or the one this engine began with */
    int64_t begun_at_ms;     /* real, monotonic */
    int64_t held_at_us; /* since when the engine waits for the disk to begin, 0 = it does not */
    int64_t held_us, fork_us; /* of the child that writes */
};

/* position: of the snapshot that the engine began with, 0 = none. */
void snapshot_child_init(struct snapshot_child *child, const struct posix_disk *disk,
                         const struct node *node, const struct log *log,
                         struct snapshot_rhythm rhythm, uint64_t position);

/* Should one be begun now? True until it is begun: append nothing more, and call start when everything is durable. */
bool snapshot_child_is_due(struct snapshot_child *child, bool has_room);

/* Forks. Everything appended is durable (must()). */
void snapshot_child_start(struct snapshot_child *child);

/* After SIGCHLD: reports how it went and removes older snapshots. */
void snapshot_child_reap(struct snapshot_child *child);

/* At a clean stop: ends a child that still writes, and writes a last snapshot in this process if anything is new. */
void snapshot_child_finish(struct snapshot_child *child, bool has_room);

#endif
