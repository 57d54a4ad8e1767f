/* log_open.c: opening the log for writing, and recovery.
 *
 * What is known to be on disk when the log is opened is the greatest of
 *   - durable_before of every intact entry header in the last segment, wherever it lies,
 *   - the position before the segment's first (a segment is created after a sync),
 *   - the witness (written, not synced, after each sync: never ahead of the truth).
 * Recovery walks the last segment. At the first place that is neither an intact entry nor zeros:
 *   - the position is known to be on disk: ERR_DAMAGED, nothing is changed;
 *   - else it can only belong to the group that was being written: everything from there on is overwritten with
 *     zeros and counted in out_cut_bytes. Nobody was told of those commands.
 * Then the last segment is synced (after kill -9 its pages may live in memory only) and all of it counts as on disk. */
#include "engine/edge/log.h"

#include "engine/edge/log_cursor.h"
#include "engine/edge/log_state.h"

#include <stdlib.h>

static bool visit_image(void *visitor, const char *name)
{
    bool *has_image = visitor;
    *has_image = *has_image || name[0] != '.';
    return !*has_image;
}

/* Images are put after the log was opened, so images without a log mean that the log was lost. */
static enum err refuse_lost_log(const struct disk *disk, struct log_fault *out_fault)
{
    bool has_image = false;
    enum err err = disk->list(disk->context, "images", visit_image, &has_image);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    int file;
    bool has_witness = false;
    err = disk->open(disk->context, LOG_WITNESS_PATH, DISK_READ, &file);
    if (err == ERR_OK) {
        has_witness = true; /* made after the first segment */
        disk->close(disk->context, file);
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (has_image || has_witness) {
        log_fault_set(
            out_fault, 0, 0, 1,
            "there is no segment, but the data directory was in use: the log was removed. "
            "Restore it, or start with an empty directory");
        return ERR_DAMAGED;
    }
    return ERR_OK;
}

static enum err witness_open(struct log *log)
{
    const struct disk *disk = log->disk;
    enum err err = disk->open(disk->context, LOG_WITNESS_PATH, DISK_WRITE, &log->witness_file);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    err = disk->open(disk->context, LOG_WITNESS_PATH, DISK_CREATE, &log->witness_file);
    if (err == ERR_OK) {
        err = disk->allocate(disk->context, log->witness_file, LOG_WITNESS_SIZE);
    }
    if (err == ERR_OK) {
        err = disk->sync(disk->context, log->witness_file);
    }
    return err == ERR_OK ? disk->sync_directory(disk->context, LOG_DIRECTORY) : err;
}

static enum err write_zeros(const struct disk *disk, int file, uint64_t offset, uint64_t end)
{
    static const uint8_t ZEROS[4096];
    while (offset < end) {
        uint64_t size = end - offset < sizeof ZEROS ? end - offset : sizeof ZEROS;
        enum err err = disk->write(disk->context, file, offset, ZEROS, size);
        if (err != ERR_OK) {
            return err;
        }
        offset += size;
    }
    return ERR_OK;
}

/* The cursor stands where entries end. Refuses, or cuts what was being written when the engine stopped. */
static enum err cut_tail(struct log *log, struct log_cursor *cursor, enum log_step step,
                         uint64_t *out_cut_bytes, struct log_fault *out_fault)
{
    uint64_t witness;
    uint64_t found;
    uint64_t end;
    enum err err = log_witness_read(log->disk, log->options.salt, &witness);
    if (err == ERR_OK) {
        err = log_cursor_search(cursor, &found, &end);
    }
    if (err != ERR_OK) {
        return err;
    }
    uint64_t durable = found > witness ? found : witness;
    if (durable >= cursor->position) {
        log_fault_set(out_fault, cursor->segment.first, cursor->offset, cursor->position, "%s",
                      step == LOG_STEP_BAD ? cursor->why : "zeros where an entry was");
        return ERR_DAMAGED;
    }
    must(cursor->durable < cursor->position);
    *out_cut_bytes = end - cursor->offset;
    return write_zeros(log->disk, log->file, cursor->offset, end);
}

/* Walks the last segment to its end; log->file is open for writing. */
static enum err recover_segment(struct log *log, struct log_cursor *cursor, uint64_t *out_cut_bytes,
                                struct log_fault *out_fault)
{
    enum log_step step;
    struct log_entry entry;
    enum err err;
    do {
        err = log_cursor_next(cursor, &step, &entry, out_fault);
    } while (err == ERR_OK && step == LOG_STEP_ENTRY);
    if (err != ERR_OK) {
        return err;
    }
    if (step == LOG_STEP_MARK) {
        log_fault_set(out_fault, cursor->position, 0, cursor->position,
                      "this segment is missing: the one before says that it was written");
        return ERR_DAMAGED;
    }
    err = cut_tail(log, cursor, step, out_cut_bytes, out_fault);
    if (err == ERR_OK) {
        err = log->disk->sync(log->disk->context, log->file);
    }
    if (err != ERR_OK) {
        return err;
    }
    log->segment = cursor->segment;
    log->file_size = cursor->file_size;
    log->offset = cursor->offset;
    log->written = cursor->position - 1;
    log->written_time_ms = cursor->time_ms;
    memcpy(log->chain, cursor->chain, LOG_CHAIN_SIZE);
    log->last_kind = cursor->kind;
    return ERR_OK;
}

/* The engine stopped between creating the last segment and marking the one before: marks it now. */
static enum err finish_rotation(struct log *log, uint64_t previous_first,
                                struct log_fault *out_fault)
{
    struct log_cursor cursor;
    enum err err =
        log_cursor_open(&cursor, log->disk, log->options.chain_key, previous_first, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    enum log_step step;
    struct log_entry entry;
    do {
        err = log_cursor_next(&cursor, &step, &entry, out_fault);
    } while (err == ERR_OK && step == LOG_STEP_ENTRY);
    bool is_whole = cursor.position == log->segment.first &&
                    memcmp(cursor.chain, log->segment.chain_before, LOG_CHAIN_SIZE) == 0;
    /* A torn mark is not an entry that was lost: all positions before the next segment are there. */
    if (err == ERR_OK && !is_whole) {
        log_fault_set(out_fault, previous_first, cursor.offset, cursor.position, "%s",
                      step == LOG_STEP_BAD ? cursor.why : "entries are missing at the end");
        err = ERR_DAMAGED;
    }
    if (err == ERR_OK && step != LOG_STEP_MARK) {
        char path[LOG_PATH_SIZE];
        log_segment_path(previous_first, path);
        int file;
        err = log->disk->open(log->disk->context, path, DISK_WRITE, &file);
        if (err == ERR_OK) {
            err = log_mark_write(log->disk, file, log->segment.first, cursor.offset,
                                 log->options.salt);
            log->disk->close(log->disk->context, file);
        }
    }
    log->last_kind = cursor.kind;
    log_cursor_close(&cursor);
    return err;
}

static enum err open_existing(struct log *log, const struct log_files *files,
                              uint64_t *out_cut_bytes, struct log_fault *out_fault)
{
    struct log_segment last;
    enum err err = log_files_check(log->disk, files, &last, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    log->options.salt = last.salt;
    char path[LOG_PATH_SIZE];
    log_segment_path(last.first, path);
    err = log->disk->open(log->disk->context, path, DISK_WRITE, &log->file);
    if (err != ERR_OK) {
        return err;
    }
    struct log_cursor cursor;
    err = log_cursor_open(&cursor, log->disk, log->options.chain_key, last.first, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    err = recover_segment(log, &cursor, out_cut_bytes, out_fault);
    log_cursor_close(&cursor);
    if (err == ERR_OK && log->offset == LOG_SEGMENT_HEADER_SIZE && last.previous_first != 0) {
        err = finish_rotation(log, last.previous_first, out_fault);
    }
    return err;
}

static enum err open_files(struct log *log, uint64_t *out_cut_bytes, struct log_fault *out_fault)
{
    const struct disk *disk = log->disk;
    struct log_files files;
    enum err err = log_files_list(disk, &files);
    if (err != ERR_OK) {
        return err;
    }
    if (files.count > 0) {
        err = open_existing(log, &files, out_cut_bytes, out_fault);
    } else {
        err = refuse_lost_log(disk, out_fault);
        if (err == ERR_OK) {
            err = disk->make_directory(disk->context, LOG_DIRECTORY);
        }
        if (err == ERR_OK) {
            err = disk->sync_directory(disk->context, ".");
        }
        if (err == ERR_OK) {
            err = log_segment_create(log, 0, 0);
        }
    }
    log_files_fini(&files);
    if (err == ERR_OK) {
        err = witness_open(log);
    }
    return err == ERR_OK ? log_witness_write(log, log->written) : err;
}

enum err log_open(const struct disk *disk, const struct log_options *options, struct log **out_log,
                  uint64_t *out_cut_bytes, struct log_fault *out_fault)
{
    must(options->segment_size >= LOG_SEGMENT_HEADER_SIZE + LOG_ENTRY_HEADER_SIZE + LOG_MARK_SIZE);
    must(options->segment_size % 8 == 0);
    memset(out_fault, 0, sizeof *out_fault);
    struct log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return ERR_MEMORY;
    }
    log->disk = disk;
    log->options = *options;
    log->file = -1;
    log->witness_file = -1;
    log->next_file = -1;
    atomic_store(&log->next_ready, -1);
    log->written_time_ms = INT64_MIN;
    uint64_t cut_bytes = 0;
    enum err err = open_files(log, &cut_bytes, out_fault);
    if (err != ERR_OK) {
        log_close(log);
        return err;
    }
    log->next_position = log->written + 1;
    log->last_time_ms = log->written_time_ms;
    atomic_store(&log->durable, log->written);
    log_look_up_space(log);
    *out_cut_bytes = cut_bytes;
    *out_log = log;
    return ERR_OK;
}
