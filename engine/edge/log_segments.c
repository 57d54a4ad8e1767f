/* log_segments.c: making the log's files: segments, marks, the witness, the reserve. Writer thread.
 *
 * New segment: new.tmp (or next.tmp, made ahead by log_next.c) is reserved, headed, synced, renamed; directory synced; then the mark goes behind the last
 * entry of the old segment and is synced; only then are entries written to the new one. So a missing last
 * segment is noticed by the mark, a missing middle one by the links, a missing first one by its position, and a log
 * that is missing as a whole by the images that are still there. */
#include "engine/edge/log_state.h"

#define SPACE_LOOKUP_GROUPS 64u

void log_look_up_space(struct log *log)
{
    uint64_t free_bytes;
    log->groups_until_lookup = SPACE_LOOKUP_GROUPS;
    if (log->disk->space(log->disk->context, &free_bytes) != ERR_OK) {
        return;
    }
    uint64_t enough = 2 * log->options.segment_size;
    if (log->is_reserve_gone && free_bytes >= enough + LOG_RESERVE_SIZE_DEFAULT &&
        log_reserve_make(log->disk, LOG_RESERVE_SIZE_DEFAULT) == ERR_OK) {
        log->is_reserve_gone = false;
    }
    atomic_store(&log->is_low, log->is_reserve_gone || free_bytes < enough);
}

void log_note_no_reserve(struct log *log)
{
    log->is_reserve_gone = true;
    atomic_store(&log->is_low, true);
}

/* Makes new.tmp of that size with the header, on disk. The file stays open for writing. */
static enum err write_temporary(struct log *log, const struct log_segment *segment, int *out_file)
{
    const struct disk *disk = log->disk;
    enum err err = disk->remove(disk->context, LOG_TEMPORARY_PATH);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int file;
    err = disk->open(disk->context, LOG_TEMPORARY_PATH, DISK_CREATE, &file);
    if (err != ERR_OK) {
        return err;
    }
    uint8_t header[LOG_SEGMENT_HEADER_SIZE];
    log_segment_encode(segment, header);
    err = disk->allocate(disk->context, file, segment->file_size);
    if (err == ERR_OK) {
        err = disk->write(disk->context, file, 0, header, sizeof header);
    }
    if (err == ERR_OK) {
        err = disk->sync(disk->context, file);
    }
    if (err != ERR_OK) {
        disk->close(disk->context, file);
        return err;
    }
    *out_file = file;
    return ERR_OK;
}

/* A full disk first costs the reserve, then segments get smaller; only then does it stop the engine. */
static enum err make_temporary(struct log *log, struct log_segment *segment, uint64_t size_min,
                               int *out_file)
{
    enum err err = write_temporary(log, segment, out_file);
    if (err != ERR_NO_SPACE) {
        return err;
    }
    log_note_no_reserve(log);
    err = log_reserve_release(log->disk);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    uint64_t small = log->options.segment_size / 8;
    segment->file_size = small > size_min ? small : size_min;
    err = write_temporary(log, segment, out_file);
    if (err == ERR_NO_SPACE && segment->file_size > size_min) {
        segment->file_size = size_min;
        err = write_temporary(log, segment, out_file);
    }
    return err;
}

/* The file made ahead, if it is there and fits: only its header is missing. */
static enum err take_next(struct log *log, const struct log_segment *segment, int *out_file)
{
    const struct disk *disk = log->disk;
    if (segment->file_size != log->options.segment_size) {
        return ERR_NOT_FOUND;
    }
    int file = log_next_take(log);
    if (file < 0) {
        return ERR_NOT_FOUND;
    }
    uint8_t header[LOG_SEGMENT_HEADER_SIZE];
    log_segment_encode(segment, header);
    enum err err = disk->write(disk->context, file, 0, header, sizeof header);
    if (err == ERR_OK) {
        err = disk->sync(disk->context, file);
    }
    if (err != ERR_OK) {
        disk->close(disk->context, file);
        return err == ERR_NOT_FOUND ? ERR_IO : err;
    }
    *out_file = file;
    return ERR_OK;
}

enum err log_segment_create(struct log *log, uint64_t previous_first, uint64_t entries_size)
{
    const struct disk *disk = log->disk;
    uint64_t size_min = log_pad8(LOG_SEGMENT_HEADER_SIZE + entries_size + LOG_MARK_SIZE);
    struct log_segment segment = {
        .first = log->written + 1,
        .previous_first = previous_first,
        .file_size = size_min > log->options.segment_size ? size_min : log->options.segment_size,
        .time_before_ms = log->written_time_ms,
        .salt = log->options.salt,
    };
    memcpy(segment.chain_before, log->chain, LOG_CHAIN_SIZE);
    int file;
    const char *made = LOG_NEXT_PATH;
    enum err err = take_next(log, &segment, &file);
    if (err == ERR_NOT_FOUND) {
        made = LOG_TEMPORARY_PATH;
        err = make_temporary(log, &segment, size_min, &file);
    }
    if (err != ERR_OK) {
        return err;
    }
    char path[LOG_PATH_SIZE];
    log_segment_path(segment.first, path);
    err = disk->rename(disk->context, made, path);
    if (err == ERR_OK) {
        err = disk->sync_directory(disk->context, LOG_DIRECTORY);
    }
    if (err != ERR_OK) {
        disk->close(disk->context, file);
        return err;
    }
    if (log->file >= 0) {
        disk->close(disk->context, log->file);
    }
    log->file = file;
    log->segment = segment;
    log->file_size = segment.file_size;
    log->offset = LOG_SEGMENT_HEADER_SIZE;
    atomic_store(&log->used, log->offset);
    return ERR_OK;
}

enum err log_mark_write(const struct disk *disk, int file, uint64_t next_first, uint64_t offset,
                        uint64_t salt)
{
    uint8_t mark[LOG_MARK_SIZE];
    log_mark_encode(next_first, offset, salt, mark);
    enum err err = disk->write(disk->context, file, offset, mark, sizeof mark);
    return err == ERR_OK ? disk->sync(disk->context, file) : err;
}

enum err log_rotate(struct log *log, uint64_t size)
{
    if (log->offset == LOG_SEGMENT_HEADER_SIZE) {
        /* Still empty, and too small for this group: a larger one takes its name. */
        return log_segment_create(log, log->segment.previous_first, size);
    }
    int old_file = log->file;
    uint64_t old_offset = log->offset;
    log->file = -1;
    enum err err = log_segment_create(log, log->segment.first, size);
    if (err == ERR_OK) {
        err =
            log_mark_write(log->disk, old_file, log->segment.first, old_offset, log->options.salt);
    }
    log->disk->close(log->disk->context, old_file);
    atomic_store(&log->has_rotated, true);
    log_look_up_space(log);
    return err;
}

/* ---- witness and reserve ---- */

enum err log_witness_write(struct log *log, uint64_t durable)
{
    uint8_t slot[LOG_WITNESS_SLOT_SIZE];
    log_witness_encode(durable, log->options.salt, slot);
    log->witness_slot ^= 1u;
    return log->disk->write(log->disk->context, log->witness_file,
                            log->witness_slot * (uint64_t)LOG_WITNESS_SLOT_STEP, slot, sizeof slot);
}

enum err log_reserve_make(const struct disk *disk, uint64_t size)
{
    int file;
    enum err err = disk->open(disk->context, LOG_RESERVE_PATH, DISK_CREATE, &file);
    if (err == ERR_EXISTS) {
        return ERR_OK;
    }
    if (err != ERR_OK) {
        return err;
    }
    err = disk->allocate(disk->context, file, size);
    disk->close(disk->context, file);
    if (err != ERR_OK) {
        enum err removed = disk->remove(disk->context, LOG_RESERVE_PATH);
        return removed == ERR_OK || removed == ERR_NOT_FOUND ? err : removed;
    }
    return ERR_OK;
}

enum err log_reserve_release(const struct disk *disk)
{
    return disk->remove(disk->context, LOG_RESERVE_PATH);
}
