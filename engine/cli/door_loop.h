/* door_loop.h: a door that serves: one libuv loop, the way to the engine, TERM and INT.
 *
 * Events are put while callbacks run; once per turn of the loop the outbox is synced, and only then on_safe is called: what was put
 * before is on disk, and the other side may be told so. One sync serves all that came in one turn.
 *
 * Owner   init/fini; the context's handles are the caller's to close in on_stop */
#ifndef ENGINE_CLI_DOOR_LOOP_H
#define ENGINE_CLI_DOOR_LOOP_H

#include "engine/cli/door_way.h"

#include <uv.h>

struct door_loop {
    uv_loop_t uv;
    struct door_way way;
    uv_timer_t timer;
    uv_check_t turn;
    uv_signal_t term, intr;
    bool is_dirty;  /* put since the last sync */
    bool is_failed; /* the outbox cannot be written: nothing more is acknowledged */
    void (*on_safe)(void *context);
    void (*on_stop)(void *context); /* close what the caller opened on the loop */
    void *context;
};

/* False after saying why. */
bool door_loop_init(struct door_loop *loop, const struct door_way_options *options);

/* Maps a record and puts its events; problems are printed. False: the outbox is full or fails, nothing may be acknowledged and
 * the sender should try again. */
bool door_loop_take(struct door_loop *loop, const char *from, const json_t *record);

/* Until TERM, INT or a failing outbox. */
void door_loop_run(struct door_loop *loop);
void door_loop_stop(struct door_loop *loop);

/* Returns the exit code. */
int door_loop_fini(struct door_loop *loop);

#endif
