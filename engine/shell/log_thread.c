/* log_thread.c: the thread that writes the log.
 *
 *   engine thread                         writer thread
 *   submit: group := log_take_group  -->  waits for a group
 *                                         log_write_group (write, sync)
 *   on_wake: tells durable, submits  <--  done := position or error; uv_async_send
 *
 * A third thread makes the next segment ahead of need, in small steps with pauses, whenever the writer sees it wanted.
 *
 * Truths, under the mutex: at most one of `group` (handed over) and `is_writing` is set; the writer never touches
 * the pending group, the engine never the one that was handed over. */
#include "engine/shell/log_thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define PREPARE_PAUSE_NS 1000000 /* between two steps of the next segment */

struct log_thread {
    struct log *log;
    struct log_thread_events events;
    uv_async_t wake;
    pthread_t writer;
    pthread_t preparer;
    pthread_mutex_t mutex;
    pthread_cond_t changed;   /* what the writer waits for, and who waits for the writer */
    pthread_cond_t preparing; /* what the preparer waits for */
    /* under the mutex */
    struct log_group *group;
    bool is_writing;
    bool is_stopping;
    bool wants_look; /* at the free space */
    bool wants_next; /* a segment made ahead */
    struct log_times times;
    uint64_t durable;
    enum err failure;
    /* engine thread */
    uint64_t durable_told;
    bool is_failure_told;
    void (*closed)(void *context);
};

static void lock(struct log_thread *thread)
{
    int failed = pthread_mutex_lock(&thread->mutex);
    must(failed == 0);
}

static void unlock(struct log_thread *thread)
{
    int failed = pthread_mutex_unlock(&thread->mutex);
    must(failed == 0);
}

static uint64_t monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void note_time(struct log_times *times, uint64_t us)
{
    uint32_t bucket = 0;
    while (bucket + 1 < LOG_TIMES_BUCKETS && us >> bucket != 0) {
        bucket++;
    }
    times->buckets[bucket]++;
    times->groups++;
    times->total_us += us;
    times->max_us = us > times->max_us ? us : times->max_us;
}

/* One step at a time, so that a stop need not wait for the whole. */
static void *preparer_run(void *context)
{
    struct log_thread *thread = context;
    lock(thread);
    while (!thread->is_stopping) {
        if (!thread->wants_next) {
            (void)pthread_cond_wait(&thread->preparing, &thread->mutex);
            continue;
        }
        unlock(thread);
        bool has_more = log_next_prepare(thread->log);
        if (!has_more) {
            (void)uv_async_send(&thread->wake); /* somebody may wait for it */
        } else if (!log_next_is_late(thread->log)) {
            (void)nanosleep(&(struct timespec){.tv_nsec = PREPARE_PAUSE_NS}, NULL);
        }
        lock(thread);
        thread->wants_next = has_more;
    }
    unlock(thread);
    return NULL;
}

/* Under the mutex: whenever it may have become so, for reports wait for it near the end of a segment (log_awaits_segment). */
static void want_next(struct log_thread *thread)
{
    if (!thread->wants_next && log_next_is_wanted(thread->log)) {
        thread->wants_next = true;
        (void)pthread_cond_signal(&thread->preparing);
    }
}

static void *writer_run(void *context)
{
    struct log_thread *thread = context;
    lock(thread);
    for (;;) {
        while (thread->group == NULL && !thread->is_stopping && !thread->wants_look) {
            (void)pthread_cond_wait(&thread->changed, &thread->mutex);
        }
        if (thread->wants_look) {
            thread->wants_look = false;
            unlock(thread);
            log_look_up_space(thread->log);
            lock(thread);
            want_next(thread); /* there may be room again */
            continue;
        }
        if (thread->group == NULL) {
            break;
        }
        struct log_group *group = thread->group;
        thread->group = NULL;
        thread->is_writing = true;
        unlock(thread);
        uint64_t durable = 0, began_us = monotonic_us();
        enum err err = log_write_group(thread->log, group, &durable);
        uint64_t took_us = monotonic_us() - began_us;
        lock(thread);
        note_time(&thread->times, took_us);
        want_next(thread);
        thread->is_writing = false;
        if (err == ERR_OK) {
            thread->durable = durable;
        } else if (thread->failure == ERR_OK) {
            thread->failure = err;
        }
        (void)pthread_cond_broadcast(&thread->changed);
        (void)uv_async_send(&thread->wake);
    }
    unlock(thread);
    return NULL;
}

/* Tells the caller what has become known. */
static void tell(struct log_thread *thread)
{
    lock(thread);
    uint64_t durable = thread->durable;
    enum err failure = thread->failure;
    unlock(thread);
    if (durable > thread->durable_told) {
        thread->durable_told = durable;
        thread->events.on_durable(thread->events.context, durable);
    }
    if (failure != ERR_OK && !thread->is_failure_told) {
        thread->is_failure_told = true;
        thread->events.on_failure(thread->events.context, failure);
    }
}

static void on_wake(uv_async_t *wake)
{
    struct log_thread *thread = wake->data;
    log_thread_settle(thread);
}

static void on_closed(uv_handle_t *handle)
{
    struct log_thread *thread = handle->data;
    if (thread->closed != NULL) {
        thread->closed(thread->events.context);
    }
    (void)pthread_cond_destroy(&thread->changed);
    (void)pthread_cond_destroy(&thread->preparing);
    (void)pthread_mutex_destroy(&thread->mutex);
    free(thread);
}

static void stop_writer(struct log_thread *thread)
{
    lock(thread);
    thread->is_stopping = true;
    (void)pthread_cond_broadcast(&thread->changed);
    (void)pthread_cond_signal(&thread->preparing);
    unlock(thread);
    int failed = pthread_join(thread->writer, NULL);
    must(failed == 0);
}

enum err log_thread_open(uv_loop_t *loop, struct log *log, const struct log_thread_events *events,
                         struct log_thread **out_thread)
{
    struct log_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) {
        return ERR_MEMORY;
    }
    thread->log = log;
    thread->events = *events;
    thread->durable = log_durable_position(log);
    thread->durable_told = thread->durable;
    if (uv_async_init(loop, &thread->wake, on_wake) != 0) {
        free(thread);
        return ERR_UNAVAILABLE;
    }
    thread->wake.data = thread;
    (void)pthread_mutex_init(&thread->mutex, NULL);
    (void)pthread_cond_init(&thread->changed, NULL);
    (void)pthread_cond_init(&thread->preparing, NULL);
    if (pthread_create(&thread->writer, NULL, writer_run, thread) != 0) {
        uv_close((uv_handle_t *)&thread->wake, on_closed);
        return ERR_UNAVAILABLE;
    }
    (void)pthread_setname_np(thread->writer, "gridloop-log");
    if (pthread_create(&thread->preparer, NULL, preparer_run, thread) != 0) {
        stop_writer(thread);
        uv_close((uv_handle_t *)&thread->wake, on_closed);
        return ERR_UNAVAILABLE;
    }
    (void)pthread_setname_np(thread->preparer, "gridloop-next");
    *out_thread = thread;
    return ERR_OK;
}

void log_thread_submit(struct log_thread *thread)
{
    lock(thread);
    if (thread->group == NULL && !thread->is_writing) {
        thread->group = log_take_group(thread->log);
        if (thread->group != NULL) {
            (void)pthread_cond_broadcast(&thread->changed);
        }
    }
    unlock(thread);
}

void log_thread_settle(struct log_thread *thread)
{
    tell(thread);
    log_thread_submit(thread);
}

void log_thread_look_up_space(struct log_thread *thread)
{
    lock(thread);
    thread->wants_look = true;
    (void)pthread_cond_broadcast(&thread->changed);
    unlock(thread);
}

struct log_times log_thread_times(struct log_thread *thread)
{
    lock(thread);
    struct log_times times = thread->times;
    unlock(thread);
    return times;
}

uint64_t log_times_quantile_us(const struct log_times *times, uint32_t thousandths)
{
    uint64_t wanted = (times->groups * thousandths + 999) / 1000, passed = 0;
    for (uint32_t i = 0; times->groups > 0 && i < LOG_TIMES_BUCKETS; i++) {
        passed += times->buckets[i];
        if (passed >= wanted) {
            uint64_t bound = UINT64_C(1) << i;
            return bound < times->max_us ? bound : times->max_us;
        }
    }
    return 0;
}

bool log_thread_is_idle(const struct log_thread *thread)
{
    return thread->durable_told == log_last_position(thread->log);
}

/* Until the writer has nothing in hand. */
static void wait_written(struct log_thread *thread)
{
    lock(thread);
    while (thread->group != NULL || thread->is_writing) {
        (void)pthread_cond_wait(&thread->changed, &thread->mutex);
    }
    unlock(thread);
}

void log_thread_close(struct log_thread *thread, void (*closed)(void *context))
{
    wait_written(thread);
    log_thread_submit(thread);
    wait_written(thread);
    stop_writer(thread);
    int failed = pthread_join(thread->preparer, NULL);
    must(failed == 0);
    tell(thread);
    thread->closed = closed;
    uv_close((uv_handle_t *)&thread->wake, on_closed);
}
