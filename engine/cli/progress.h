/* progress.h: tells a person at a terminal that long work goes on, and how far it is. Silent where standard error is no terminal.
 *
 * A thread of its own writes one line a second, from the second second on; the work only counts. */
#ifndef ENGINE_CLI_PROGRESS_H
#define ENGINE_CLI_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "verifying" */
    const char *unit; /* "entries", or NULL: nothing is counted */
    atomic_uint_fast64_t done;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool is_on, is_over; /* is_over under the mutex */
};

/* The strings are borrowed until progress_end. */
void progress_begin(struct progress *progress, const char *what, const char *unit);
void progress_count(struct progress *progress, uint64_t done);
/* Wipes the line. */
void progress_end(struct progress *progress);

#endif
