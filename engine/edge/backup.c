/* backup.c: see backup.h. */
#include "engine/edge/backup.h"

#include "engine/edge/image_store.h"
#include "engine/edge/log_cursor.h"
#include "engine/edge/snapshot_file.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCK_SIZE 65536u

struct backup {
    struct backup_job job;
    struct backup_counts counts;
    struct log_fault *fault;
    uint8_t *block;
};

static enum err refuse(struct backup *backup, const char *path, uint64_t offset, enum err err,
                       const char *what)
{
    memset(backup->fault, 0, sizeof *backup->fault);
    (void)snprintf(backup->fault->file, sizeof backup->fault->file, "%.63s", path);
    (void)snprintf(backup->fault->what, sizeof backup->fault->what, "%s", what);
    backup->fault->offset = offset;
    return err;
}

/* Segments are mostly zeros at first, and a file that was allocated is zeros. */
static bool is_zero(const uint8_t *bytes, uint64_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static enum err copy_bytes(struct backup *backup, int from_file, int to_file, uint64_t end)
{
    const struct disk *from = backup->job.from;
    const struct disk *to = backup->job.to;
    enum err err = ERR_OK;
    for (uint64_t offset = 0; err == ERR_OK && offset < end; offset += BLOCK_SIZE) {
        const uint64_t size = end - offset < BLOCK_SIZE ? end - offset : BLOCK_SIZE;
        err = from->read(from->context, from_file, offset, backup->block, size);
        if (err == ERR_OK && !is_zero(backup->block, size)) {
            err = to->write(to->context, to_file, offset, backup->block, size);
            backup->counts.bytes += size;
        }
    }
    return err;
}

/* The first `end` bytes of a file of the same size, on disk. UINT64_MAX: all of it. ERR_NOT_FOUND: it has gone. */
static enum err copy_file(struct backup *backup, const char *path, uint64_t end)
{
    const struct disk *from = backup->job.from;
    const struct disk *to = backup->job.to;
    int from_file;
    int to_file;
    uint64_t size = 0;
    enum err err = from->open(from->context, path, DISK_READ, &from_file);
    if (err != ERR_OK) {
        return err;
    }
    err = to->open(to->context, path, DISK_CREATE, &to_file);
    if (err != ERR_OK) {
        from->close(from->context, from_file);
        return err == ERR_NOT_FOUND ? ERR_IO : err;
    }
    err = from->size(from->context, from_file, &size);
    if (err == ERR_OK) {
        err = to->allocate(to->context, to_file, size);
    }
    if (err == ERR_OK) {
        err = copy_bytes(backup, from_file, to_file, end < size ? end : size);
    }
    if (err == ERR_OK) {
        err = to->sync(to->context, to_file);
    }
    to->close(to->context, to_file);
    from->close(from->context, from_file);
    return err == ERR_NOT_FOUND ? ERR_IO : err;
}

static enum err make_directory(struct backup *backup, const char *path)
{
    return backup->job.to->make_directory(backup->job.to->context, path);
}

/* ---- snapshots ---- */

static enum err copy_snapshots(struct backup *backup)
{
    struct snapshot_list list;
    enum err err = snapshot_list(backup->job.from, &list);
    if (err == ERR_OK) {
        err = make_directory(backup, SNAPSHOT_DIRECTORY);
    }
    for (uint32_t i = 0;
         err == ERR_OK && i < list.count && backup->counts.snapshots < SNAPSHOTS_KEPT; i++) {
        struct snapshot_info info;
        struct snapshot_paths paths;
        snapshot_paths_make(list.positions[i], 0, &paths);
        err = snapshot_verify(backup->job.from, list.positions[i], &info, backup->fault);
        if (err == ERR_OK) {
            err = copy_file(backup, paths.final, UINT64_MAX);
            backup->counts.snapshots += err == ERR_OK;
        }
        /* Gone meanwhile, or damaged: the copy is whole without it. */
        if (err != ERR_IO && err != ERR_NO_SPACE && err != ERR_MEMORY) {
            err = ERR_OK;
        }
    }
    memset(backup->fault, 0, sizeof *backup->fault);
    return err;
}

/* ---- the log ---- */

/* Where the entries up to `position` end in the segment that starts at `first`. */
static enum err find_end(struct backup *backup, uint64_t first, uint64_t position,
                         uint64_t *out_end)
{
    struct log_cursor cursor;
    enum err err = log_cursor_open(&cursor, backup->job.from, backup->job.log->chain_key, first,
                                   backup->fault);
    if (err != ERR_OK) {
        return err;
    }
    while (err == ERR_OK && cursor.position <= position) {
        struct log_entry entry;
        enum log_step step;
        err = log_cursor_next(&cursor, &step, &entry, backup->fault);
        if (err == ERR_OK && step != LOG_STEP_ENTRY) {
            log_fault_set(backup->fault, first, cursor.offset, cursor.position, "%s",
                          step == LOG_STEP_BAD ? cursor.why : "entries are missing");
            err = ERR_DAMAGED;
        }
    }
    *out_end = cursor.offset;
    log_cursor_close(&cursor);
    return err;
}

static enum err copy_segments(struct backup *backup, const struct log_files *files)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; err == ERR_OK && i < files->count; i++) {
        char path[LOG_PATH_SIZE];
        uint64_t end = UINT64_MAX;
        if (i + 1 == files->count && !backup->job.is_at_rest) {
            err = find_end(backup, files->firsts[i], backup->counts.position, &end);
        }
        if (err == ERR_OK) {
            log_segment_path(files->firsts[i], path);
            err = copy_file(backup, path, end);
            backup->counts.segments++;
            if (err != ERR_OK) {
                err = refuse(backup, path, 0, err, "the segment could not be copied");
            }
        }
    }
    return err;
}

static enum err copy_log(struct backup *backup)
{
    struct log_files files;
    struct log_segment last;
    enum err err = make_directory(backup, LOG_DIRECTORY);
    if (err == ERR_OK) { /* before the segments: it names only what is in them */
        err = copy_file(backup, LOG_WITNESS_PATH, UINT64_MAX);
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    if (err == ERR_OK) {
        err = log_files_list(backup->job.from, &files);
    }
    if (err != ERR_OK) {
        return refuse(backup, LOG_DIRECTORY, 0, err, "the log could not be copied");
    }
    if (files.count == 0) {
        err = refuse(backup, LOG_DIRECTORY, 0, ERR_NOT_FOUND, "there is no log here");
    } else {
        err = log_files_check(backup->job.from, &files, &last, backup->fault);
    }
    if (err == ERR_OK) {
        err = log_witness_read(backup->job.to, last.salt, &backup->counts.position);
        if (backup->counts.position < last.first) {
            backup->counts.position = last.first - 1; /* the segment was made after a sync */
        }
    }
    if (err == ERR_OK) {
        err = copy_segments(backup, &files);
    }
    log_files_fini(&files);
    return err;
}

/* ---- images ---- */

struct image_visit {
    struct backup *backup;
    enum err err;
};

static bool visit_image(void *visitor, const char *name)
{
    struct image_visit *visit = visitor;
    char path[DISK_PATH_MAX + 1];
    const size_t size = strlen(name);
    const int length = snprintf(path, sizeof path, IMAGE_STORE_DIRECTORY "/%s", name);
    if (length < 0 || (size_t)length >= sizeof path || size < 4 ||
        strcmp(name + size - 4, ".img") != 0) {
        return true;
    }
    visit->err = copy_file(visit->backup, path, UINT64_MAX);
    visit->backup->counts.images++;
    if (visit->err != ERR_OK) {
        visit->err = refuse(visit->backup, path, 0, visit->err, "the image could not be copied");
    }
    return visit->err == ERR_OK;
}

static enum err copy_images(struct backup *backup)
{
    const struct disk *from = backup->job.from;
    struct image_visit visit = {backup, ERR_OK};
    enum err err = make_directory(backup, IMAGE_STORE_DIRECTORY);
    if (err == ERR_OK) {
        err = from->list(from->context, IMAGE_STORE_DIRECTORY, visit_image, &visit);
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    return err == ERR_OK ? visit.err : err;
}

static enum err sync_directories(struct backup *backup)
{
    static const char *const PATHS[] = {SNAPSHOT_DIRECTORY, LOG_DIRECTORY, IMAGE_STORE_DIRECTORY,
                                        "."};
    const struct disk *to = backup->job.to;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(PATHS); i++) {
        err = to->sync_directory(to->context, PATHS[i]);
    }
    return err;
}

enum err backup_copy(const struct backup_job *job, struct backup_counts *out_counts,
                     struct log_fault *out_fault)
{
    memset(out_fault, 0, sizeof *out_fault);
    struct backup backup = {.job = *job, .fault = out_fault, .block = malloc(BLOCK_SIZE)};
    if (backup.block == NULL) {
        return ERR_MEMORY;
    }
    enum err (*const steps[])(struct backup *) = {copy_snapshots, copy_log, copy_images,
                                                  sync_directories};
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(steps); i++) {
        err = steps[i](&backup);
    }
    free(backup.block);
    if (err == ERR_OK) {
        *out_counts = backup.counts;
    }
    return err;
}
