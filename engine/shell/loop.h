/* loop.h: the engine thread: one libuv loop that feeds a node and a log.
 *
 *   sockets --frames--> node_receive            (callbacks only enqueue)
 *   one place per turn: stamp the time, node_turn, log_encode, node_appended, hand the group to the log thread
 *   log thread --durable position--> node_durable, answers leave
 *
 * A write or sync error stops everything at once: nothing more is acknowledged (exit 74). TERM or INT drains: no new
 * work, what was accepted is made durable and answered, the log is sealed, a snapshot is written, exit 0; a second one stops now. HUP calls
 * on_reload.
 *
 * Owner   borrows node, log, clock, gate and nano; they outlive it */
#ifndef ENGINE_SHELL_LOOP_H
#define ENGINE_SHELL_LOOP_H

#include "engine/edge/log.h"
#include "engine/edge/node.h"
#include "engine/shell/evidence.h"
#include "engine/shell/frame_gate.h"
#include "engine/shell/history_thread.h"
#include "engine/shell/key_vault.h"
#include "engine/shell/log_clock.h"
#include "engine/shell/nano.h"
#include "engine/shell/service_notify.h"
#include "engine/shell/snapshot_child.h"
#include "engine/shell/web.h"

#include <uv.h>

struct loop_options {
    struct node *node;
    struct log *log;
    const struct service_notify *notify; /* NULL: nobody to tell */
    struct log_clock *clock;
    struct nano *nano;
    struct frame_gate *gate;        /* of nano's frames */
    struct history_thread *history; /* NULL: none is written */
    struct web *web;                /* NULL: no HTTP */
    const struct disk *disk;        /* of the data directory */
    int64_t
        positions_keep_ms; /* positions of people leave the log after that much log time; 0 = never */
    struct evidence_store *evidence;  /* NULL: files are refused */
    struct key_vault *keys;           /* NULL: no contacts are taken */
    struct snapshot_child *snapshots; /* NULL: none are made */
    /* HUP. May queue work on the loop; what it activates is appended in the next turn. NULL: HUP is ignored */
    void (*on_reload)(void *context, uv_loop_t *uv);
    /* Somebody asked for other rules: compile them off this thread, then node_activate_rules and node_rules_done. NULL: refused */
    void (*on_rules)(void *context, uv_loop_t *uv, const struct node_rules *asked);
    void *context;
};

/* Runs until a signal or an error; returns the exit code: 0, 74 (log), 71 (the system gives no loop). */
int loop_run(const struct loop_options *options);

#endif
