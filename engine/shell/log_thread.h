/* log_thread.h: the thread that writes the log, with group commit: what arrived during a sync is the next group.
 *
 * The engine thread encodes entries and calls log_thread_submit; when a group is on disk, on_durable is called on
 * the engine thread, and what was encoded meanwhile goes out as one group.
 *
 * Owner   the log stays the caller's and must outlive the thread
 * Errors  the first error of the log is given to on_failure once, on the engine thread; afterwards nothing is
 *         written. The caller says so and stops the process */
#ifndef ENGINE_SHELL_LOG_THREAD_H
#define ENGINE_SHELL_LOG_THREAD_H

#include "engine/core/err.h"
#include "engine/edge/log.h"

#include <uv.h>

struct log_thread; /* opaque */

struct log_thread_events {
    void (*on_durable)(void *context, uint64_t position); /* everything up to it is on disk */
    void (*on_failure)(void *context, enum err err);
    void *context;
};

/* All of these on the engine thread. ERR_MEMORY, ERR_UNAVAILABLE (no thread to be had). */
enum err log_thread_open(uv_loop_t *loop, struct log *log, const struct log_thread_events *events,
                         struct log_thread **out_thread) WARN_UNUSED;

/* Asks the writer to look how much the disk can still hold. */
void log_thread_look_up_space(struct log_thread *thread);

/* How long groups took to write and sync. Bucket i counts those of less than 2^i microseconds (and no less than the
 * bucket before), the last all others. */
#define LOG_TIMES_BUCKETS 26u
struct log_times {
    uint64_t groups;
    uint64_t total_us;
    uint64_t max_us;
    uint64_t buckets[LOG_TIMES_BUCKETS];
};
struct log_times log_thread_times(struct log_thread *thread);

/* Upper bound of the bucket that holds that share (in thousandths) of the groups; 0 without groups. */
uint64_t log_times_quantile_us(const struct log_times *times, uint32_t thousandths);

/* Something was encoded: starts a group unless one is being written. */
void log_thread_submit(struct log_thread *thread);

/* Calls on_durable now if more is on disk than was told, then as log_thread_submit; the engine thread need not come back to its
 * loop for it. */
void log_thread_settle(struct log_thread *thread);

/* Nothing is being written and nothing is waiting to be. */
bool log_thread_is_idle(const struct log_thread *thread);

/* Writes everything encoded so far, ends the thread, then closes its handle; on_durable (or on_failure) is called for
 * the rest before closed, which may be NULL. Blocks for the length of two syncs. */
void log_thread_close(struct log_thread *thread, void (*closed)(void *context));

#endif
