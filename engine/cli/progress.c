/* progress.c: the line "verifying  1200000 entries  14 s". */
#include "engine/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void *tell(void *context)
{
    struct progress *progress = context;
    struct timespec until;
    int seconds = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    (void)pthread_mutex_lock(&progress->mutex);
    while (!progress->is_over) {
        until.tv_sec++;
        while (!progress->is_over &&
               pthread_cond_timedwait(&progress->cond, &progress->mutex, &until) == 0) {
        }
        if (progress->is_over || ++seconds < 2) {
            continue;
        }
        (void)fprintf(stderr, "\r%s", progress->what);
        if (progress->unit != NULL) {
            (void)fprintf(stderr, "  %" PRIu64 " %s", (uint64_t)atomic_load(&progress->done),
                          progress->unit);
        }
        (void)fprintf(stderr, "  %d s ", seconds);
    }
    if (seconds >= 2) {
        (void)fprintf(stderr, "\r%78s\r", "");
    }
    (void)pthread_mutex_unlock(&progress->mutex);
    return NULL;
}

void progress_begin(struct progress *progress, const char *what, const char *unit)
{
    pthread_condattr_t attributes;
    progress->what = what;
    progress->unit = unit;
    progress->is_over = false;
    progress->is_on = false;
    atomic_init(&progress->done, 0);
    if (isatty(STDERR_FILENO) == 0 || pthread_condattr_init(&attributes) != 0) {
        return;
    }
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&progress->mutex, NULL);
    (void)pthread_cond_init(&progress->cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    progress->is_on = pthread_create(&progress->thread, NULL, tell, progress) == 0;
}

void progress_count(struct progress *progress, uint64_t done)
{
    atomic_store(&progress->done, done);
}

void progress_end(struct progress *progress)
{
    if (!progress->is_on) {
        return;
    }
    (void)pthread_mutex_lock(&progress->mutex);
    progress->is_over = true;
    (void)pthread_cond_signal(&progress->cond);
    (void)pthread_mutex_unlock(&progress->mutex);
    (void)pthread_join(progress->thread, NULL);
    (void)pthread_cond_destroy(&progress->cond);
    (void)pthread_mutex_destroy(&progress->mutex);
    progress->is_on = false;
}
