/* log_next.c: the next segment's file, made before it is needed.
 *
 *   log_next_prepare: next.tmp grows step by step, zeroed and synced --> ready --> log_next_take at the rotation
 *
 * Written zeros, not only reserved blocks: a file system notes in its journal that a reserved block was written first, so each
 * sync of such a segment waits for the journal, and with it for whatever other files wrote. On ext4 under other writers one sync in
 * a thousand took 300 ms; over zeros none took more than one (docs/benchmarks.md).
 *
 * A step is small, so that its sync does not stand before that of a group for long. Steps keep pace with the open segment
 * (log_next_is_late), and where they cannot, its last part is kept for what is urgent (log_awaits_segment): the rotation that had to
 * write the 64 MB itself kept an alarm waiting for 450 ms. Any error gives the file up until the segment
 * after: the rotation makes one itself then, as it does when this is late. */
#include "engine/edge/log_state.h"

#define STEP_SIZE (UINT64_C(1) << 20)
#define WANTED_PART                                                                                \
    4 /* made once so great a part of the first segment is used: what stops soon after a start needs none */
#define URGENT_PART 8 /* the last of the segment is kept for what cannot wait for the next */

static bool can_be_made(const struct log *log)
{
    return !atomic_load(&log->is_next_refused) && atomic_load(&log->next_ready) < 0 &&
           !atomic_load(&log->is_low) && atomic_load(&log->failure) == 0;
}

bool log_next_is_wanted(const struct log *log)
{
    return can_be_made(log) && (atomic_load(&log->has_rotated) ||
                                atomic_load(&log->used) >= log->options.segment_size / WANTED_PART);
}

bool log_awaits_segment(const struct log *log)
{
    return can_be_made(log) &&
           atomic_load(&log->used) >=
               log->options.segment_size - log->options.segment_size / URGENT_PART;
}

/* It shall be there when half of the open one is used. */
bool log_next_is_late(const struct log *log)
{
    const uint64_t size = log->options.segment_size, used = atomic_load(&log->used);
    const uint64_t from = atomic_load(&log->has_rotated) ? 0 : size / WANTED_PART;
    return log->next_size < size && used > from &&
           log->next_size * (size / 2 - from) < (used - from) * size;
}

static void give_up(struct log *log)
{
    if (log->next_file >= 0) {
        log->disk->close(log->disk->context, log->next_file);
        enum err err = log->disk->remove(log->disk->context, LOG_NEXT_PATH);
        (void)err; /* the next one begins by removing it too */
    }
    log->next_file = -1;
    atomic_store(&log->is_next_refused, true);
}

static enum err step(struct log *log)
{
    const struct disk *disk = log->disk;
    if (log->next_file < 0) {
        enum err err = disk->remove(disk->context, LOG_NEXT_PATH);
        if (err != ERR_OK && err != ERR_NOT_FOUND) {
            return err;
        }
        int file;
        err = disk->open(disk->context, LOG_NEXT_PATH, DISK_CREATE, &file);
        if (err != ERR_OK) {
            return err;
        }
        log->next_file = file;
        log->next_size = 0;
    }
    const uint64_t left = log->options.segment_size - log->next_size;
    log->next_size += left < STEP_SIZE ? left : STEP_SIZE;
    enum err err = disk->allocate(disk->context, log->next_file, log->next_size);
    return err == ERR_OK ? disk->sync(disk->context, log->next_file) : err;
}

bool log_next_prepare(struct log *log)
{
    if (!log_next_is_wanted(log)) {
        return false;
    }
    if (step(log) != ERR_OK) {
        give_up(log);
        return false;
    }
    if (log->next_size < log->options.segment_size) {
        return true;
    }
    atomic_store(&log->next_ready, log->next_file);
    log->next_file = -1;
    return false;
}

int log_next_take(struct log *log)
{
    atomic_store(&log->is_next_refused, false);
    return atomic_exchange(&log->next_ready, -1);
}

void log_next_close(struct log *log)
{
    int ready = log_next_take(log);
    log->next_file = ready >= 0 ? ready : log->next_file;
    give_up(log);
}
