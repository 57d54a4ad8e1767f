/* door_loop.c: see door_loop.h. */
#include "engine/cli/door_loop.h"

#include "engine/core/base.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#define TURN_MS 100u /* how often answers of the engine are fetched while some are due */

static void sync_now(struct door_loop *loop)
{
    if (loop->is_failed) {
        return;
    }
    loop->is_failed = !door_way_sync(&loop->way);
    loop->is_dirty = false;
    if (loop->is_failed) {
        door_loop_stop(loop);
    } else if (loop->on_safe != NULL) {
        loop->on_safe(loop->context);
    }
}

static void on_turn(uv_check_t *handle)
{
    struct door_loop *loop = handle->data;
    if (loop->is_dirty) {
        sync_now(loop);
    }
}

static void on_timer(uv_timer_t *handle)
{
    struct door_loop *loop = handle->data;
    if (loop->way.gateway != NULL && gridloop_gateway_waiting(loop->way.gateway) > 0) {
        sync_now(loop);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    door_loop_stop(handle->data);
}

bool door_loop_init(struct door_loop *loop, const struct door_way_options *options)
{
    if (!door_way_open(&loop->way, options)) {
        return false;
    }
    if (uv_loop_init(&loop->uv) != 0) {
        door_way_note_exit(&loop->way, EX_OSERR);
        return false;
    }
    int failed = uv_timer_init(&loop->uv, &loop->timer);
    failed |= uv_check_init(&loop->uv, &loop->turn);
    failed |= uv_signal_init(&loop->uv, &loop->term);
    failed |= uv_signal_init(&loop->uv, &loop->intr);
    must(failed == 0);
    loop->timer.data = loop->turn.data = loop->term.data = loop->intr.data = loop;
    failed |= uv_timer_start(&loop->timer, on_timer, TURN_MS, TURN_MS);
    failed |= uv_check_start(&loop->turn, on_turn);
    failed |= uv_signal_start(&loop->term, on_signal, SIGTERM);
    failed |= uv_signal_start(&loop->intr, on_signal, SIGINT);
    must(failed == 0);
    return true;
}

bool door_loop_take(struct door_loop *loop, const char *from, const json_t *record)
{
    struct door_events events;
    struct problems *problems = problems_new();
    bool is_taken = !loop->is_failed;
    door_events_init(&events);
    if (!door_events_map(&events, loop->way.map, problems, (struct door_origin){from, 0}, record)) {
        loop->way.bad++;
    }
    problems_print(problems, stderr);
    for (uint32_t i = 0; is_taken && i < events.count; i++) {
        struct gridloop_event *event = &events.rows[i].event;
        is_taken = door_way_put(&loop->way, event, NULL);
    }
    loop->is_dirty = true;
    door_events_fini(&events);
    problems_free(problems);
    return is_taken;
}

void door_loop_run(struct door_loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void door_loop_stop(struct door_loop *loop)
{
    if (uv_is_closing((uv_handle_t *)&loop->timer)) {
        return;
    }
    if (loop->is_dirty && !loop->is_failed) {
        sync_now(loop);
    }
    close_handle((uv_handle_t *)&loop->timer);
    close_handle((uv_handle_t *)&loop->turn);
    close_handle((uv_handle_t *)&loop->term);
    close_handle((uv_handle_t *)&loop->intr);
    if (loop->on_stop != NULL) {
        loop->on_stop(loop->context);
    }
}

int door_loop_fini(struct door_loop *loop)
{
    if (loop->timer.data == NULL) {
        return door_way_close(&loop->way); /* never began */
    }
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    const int status = uv_loop_close(&loop->uv);
    must(status == 0);
    (void)fprintf(stderr, "%s: %llu events, %llu answered, %llu refused, %llu records unreadable\n",
                  loop->way.options.command, (unsigned long long)loop->way.sent,
                  (unsigned long long)loop->way.answered, (unsigned long long)loop->way.refused,
                  (unsigned long long)loop->way.bad);
    return door_way_close(&loop->way);
}
