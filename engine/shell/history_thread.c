/* history_thread.c: see history_thread.h.
 *
 *   READING BACK --serve--> SERVING --close--> ended          FAILED (reported, the engine goes on) from either
 *
 * A transaction ends when COMMIT_RECORDS were taken or COMMIT_AFTER_MS have passed, always between two entries. */
#include "engine/shell/history_thread.h"

#include "engine/edge/image_store.h"
#include "engine/edge/words.h"
#include "engine/shell/posix_disk.h"
#include "engine/shell/report.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/shell/history_queue.h"

#define QUEUE_SIZE (64u << 20)
#define COMMIT_RECORDS 50000u
#define COMMIT_AFTER_MS 100
#define QUIET_COMMIT_AFTER_MS 1000 /* only the position has moved */
#define EXPIRE_EVERY_MS 10000
#define HISTORY_NICE 10

struct history_thread {
    struct history_queue *queue;
    struct posix_disk disk; /* for the images; its own */
    pthread_t writer;
    bool is_running;
    _Atomic uint64_t position; /* committed */
    /* engine thread */
    struct history_feed feed;
    struct history_sink also; /* put NULL: nowhere */
    bool is_serving;
    uint64_t read_back; /* entry being read back */
    /* history thread */
    struct history *history;
    uint64_t taken_position; /* entry of the record taken last */
    uint32_t taken_count;    /* since the last commit */
    int64_t commit_at_ms;    /* real time of the last commit */
    int64_t expire_at_ms;
    bool is_cut_told;
};

/* ---- engine thread ---- */

static void put(void *context, const struct history_record *record)
{
    struct history_thread *thread = context;
    if (thread->is_serving) {
        (void)history_queue_put(thread->queue, record);
        if (thread->also.put != NULL) {
            thread->also.put(thread->also.context, record);
        }
        return;
    }
    if (record->position != thread->read_back) {
        /* Entries come whole: those before this one are complete, and were read from the disk. */
        thread->read_back = record->position;
        history_queue_durable(thread->queue, record->position - 1);
    }
    history_queue_put_waiting(thread->queue, record);
}

static void see(void *context, uint64_t position, const struct effect *effect)
{
    struct history_thread *thread = context;
    history_feed_see(&thread->feed, position, effect);
}

static void settle(void *context, uint64_t position)
{
    struct history_thread *thread = context;
    history_feed_settle(&thread->feed, position);
}

void history_thread_tee(struct history_thread *thread, struct history_sink also)
{
    thread->also = also;
}

void history_thread_serve(struct history_thread *thread)
{
    thread->is_serving = true;
}

void history_thread_durable(struct history_thread *thread, uint64_t position)
{
    if (thread != NULL) {
        history_queue_durable(thread->queue, position);
    }
}

bool history_thread_is_crowded(const struct history_thread *thread)
{
    return thread != NULL && history_queue_cut_position(thread->queue) == 0 &&
           history_queue_is_crowded(thread->queue);
}

uint64_t history_thread_position(const struct history_thread *thread)
{
    return thread == NULL ? UINT64_MAX
                          : atomic_load_explicit(&thread->position, memory_order_acquire);
}

/* ---- history thread ---- */

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum err commit(struct history_thread *thread, uint64_t position)
{
    enum err err = history_commit(thread->history, position);
    thread->taken_count = 0;
    thread->commit_at_ms = real_ms();
    if (err == ERR_OK) {
        atomic_store_explicit(&thread->position, position, memory_order_release);
    }
    return err;
}

static enum err take(struct history_thread *thread, const struct history_record *record)
{
    enum err err = ERR_OK;
    if (thread->taken_count >= COMMIT_RECORDS && record->position != thread->taken_position) {
        err = commit(thread, thread->taken_position);
    }
    thread->taken_position = record->position;
    thread->taken_count++;
    return err == ERR_OK ? history_take(thread->history, record) : err;
}

/* All there is was taken, and it reaches position. */
static enum err rest(struct history_thread *thread, uint64_t position)
{
    int64_t now_ms = real_ms();
    int64_t after_ms = thread->taken_count > 0 ? COMMIT_AFTER_MS : QUIET_COMMIT_AFTER_MS;
    enum err err = ERR_OK;
    bool has_moved = position > history_position(thread->history);
    if (has_moved && now_ms - thread->commit_at_ms >= after_ms) {
        err = commit(thread, position);
    }
    if (err == ERR_OK && thread->taken_count == 0 && now_ms >= thread->expire_at_ms) {
        bool is_done = true;
        err = history_expire(thread->history, &is_done);
        thread->expire_at_ms = is_done ? now_ms + EXPIRE_EVERY_MS : now_ms;
    }
    uint64_t cut = history_queue_cut_position(thread->queue);
    if (cut != 0 && !thread->is_cut_told) {
        thread->is_cut_told = true;
        report(REPORT_ERROR, "history_behind",
               "from_position=%llu note=\"its queue was full; the next start writes the rest from "
               "the log\"",
               (unsigned long long)cut);
    }
    return err;
}

static void fail(struct history_thread *thread, enum err err)
{
    report(REPORT_ERROR, "history_failed",
           "error=%s position=%llu why=%s note=\"the engine goes on; the next start writes the "
           "rest from the log\"",
           words_err_name(err), (unsigned long long)history_position(thread->history),
           REPORT_TEXT(history_fault_text(thread->history)));
    history_queue_give_up(thread->queue, history_position(thread->history) + 1);
}

/* Who decides goes before who writes it down, where they share a core. */
static void yield_to_others(void)
{
    const id_t self = (id_t)syscall(SYS_gettid);
    if (setpriority(PRIO_PROCESS, self, HISTORY_NICE) != 0) {
        report(REPORT_WARN, "history_not_niced", "error=%d", errno);
    }
}

static void *run(void *context)
{
    yield_to_others();
    struct history_thread *thread = context;
    struct history_record record;
    uint64_t position = 0;
    enum err err = ERR_OK;
    thread->commit_at_ms = thread->expire_at_ms = real_ms();
    while (err == ERR_OK) {
        enum history_take took =
            history_queue_take(thread->queue, COMMIT_AFTER_MS, &record, &position);
        if (took == HISTORY_TAKE_RECORD) {
            err = take(thread, &record);
        } else if (took == HISTORY_TAKE_IDLE) {
            err = rest(thread, position);
        } else {
            err = position > history_position(thread->history) ? commit(thread, position) : ERR_OK;
            break;
        }
    }
    if (err != ERR_OK) {
        fail(thread, err);
    }
    return NULL;
}

/* ---- life ---- */

static enum err load_image(void *context, struct hash128 digest, void **out_bytes,
                           uint64_t *out_size)
{
    struct history_thread *thread = context;
    return image_store_get(&thread->disk.disk, digest, out_bytes, out_size);
}

static enum err open_history(struct history_thread *thread,
                             const struct history_thread_options *options,
                             struct history_fault *fault)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%.500s/" HISTORY_FILE, options->data);
    struct history_options history = {.path = path,
                                      .log_salt = options->log_salt,
                                      .log_position = options->log_position,
                                      .images = {load_image, thread},
                                      .keep = options->keep};
    enum err err = posix_disk_open(&thread->disk, options->data);
    if (err != ERR_OK) {
        (void)snprintf(fault->text, sizeof fault->text, "cannot open %.500s: %s", options->data,
                       words_err(err));
        return err;
    }
    return history_open(&history, &thread->history, fault);
}

static enum err start(struct history_thread *thread, const struct history_thread_options *options,
                      struct history_fault *fault)
{
    struct history_sink sink = {put, thread};
    enum err err = open_history(thread, options, fault);
    if (err != ERR_OK) {
        return err;
    }
    uint64_t position = history_position(thread->history);
    (void)snprintf(fault->text, sizeof fault->text, "not enough memory for the history");
    err = history_queue_new(QUEUE_SIZE, &thread->queue);
    if (err == ERR_OK) {
        err = history_feed_init(&thread->feed, node_core(options->node), sink, position);
    }
    if (err != ERR_OK) {
        return err;
    }
    atomic_init(&thread->position, position);
    if (pthread_create(&thread->writer, NULL, run, thread) != 0) {
        (void)snprintf(fault->text, sizeof fault->text,
                       "the system gives no thread for the history");
        return ERR_UNAVAILABLE;
    }
    thread->is_running = true;
    node_observe(options->node,
                 (struct node_observer){.see = see, .context = thread, .settle = settle});
    return ERR_OK;
}

enum err history_thread_open(const struct history_thread_options *options,
                             struct history_thread **out_thread, struct history_fault *out_fault)
{
    struct history_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) {
        (void)snprintf(out_fault->text, sizeof out_fault->text,
                       "not enough memory for the history");
        return ERR_MEMORY;
    }
    thread->disk.directory = -1;
    enum err err = start(thread, options, out_fault);
    if (err != ERR_OK) {
        history_thread_close(thread);
        return err;
    }
    *out_thread = thread;
    return ERR_OK;
}

void history_thread_finish(struct history_thread *thread)
{
    if (thread != NULL && thread->is_running) {
        history_queue_stop(thread->queue);
        int failed = pthread_join(thread->writer, NULL);
        must(failed == 0);
        thread->is_running = false;
    }
}

void history_thread_close(struct history_thread *thread)
{
    if (thread == NULL) {
        return;
    }
    history_thread_finish(thread);
    history_close(thread->history);
    history_feed_fini(&thread->feed);
    history_queue_free(thread->queue);
    if (thread->disk.directory >= 0) {
        posix_disk_close(&thread->disk);
    }
    free(thread);
}
