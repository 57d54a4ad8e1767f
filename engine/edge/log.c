/* log.c: the writing side of the command log: opening and recovery, groups, segments, failure.
 *
 * The bytes are described in log_format.c. Group commit: log_encode collects entries (engine thread),
 * log_write_group seals their headers, writes them in one piece and syncs once (writer thread). A group never
 * spans two segments, so every segment but the last is on disk as a whole.
 *
 * What is known to be on disk when the log is opened is the greatest of
 *   - durable_before of every intact entry header in the last segment, wherever it lies,
 *   - the position before the segment's first (a segment is created after a sync),
 *   - the witness (written, not synced, after each sync: never ahead of the truth).
 * Recovery walks the last segment. At the first place that is neither an intact entry nor zeros:
 *   - the position is known to be on disk: ERR_DAMAGED, nothing is changed;
 *   - else it can only belong to the group that was being written: everything from there on is overwritten with
 *     zeros and counted in out_cut_bytes. Nobody was told of those commands.
 * Then the last segment is synced (after kill -9 its pages may live in memory only) and all of it counts as on disk.
 *
 * New segment: new.tmp is reserved, headed, synced, renamed; directory synced; then the mark goes behind the last
 * entry of the old segment and is synced; only then are entries written to the new one. So a missing last
 * segment is noticed by the mark, a missing middle one by the links, a missing first one by its position, and a log
 * that is missing as a whole by the images that are still there.
 *
 * Truths
 *   (1) next_position - 1 is the last encoded position; durable <= it; positions in a group ascend without holes.
 *   (2) Between two log_write_group calls everything before `offset` in the open segment is on disk.
 *   (3) After the first error nothing is written again: a failed sync may have dropped pages, and a second one
 *       would report success (fsyncgate, PostgreSQL 2018). */
#include "engine/edge/log_files.h"

#include "engine/edge/log_cursor.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SEGMENT_SIZE_DEFAULT (UINT64_C(64) << 20)
#define GROUP_CAPACITY_MIN (UINT64_C(256) << 10)
#define SPACE_LOOKUP_GROUPS 256u

/* Entries with their final layout; until log_write_group the header's place holds a struct log_header. */
struct log_group {
    uint8_t *bytes;
    uint64_t size;
    uint64_t capacity;
    uint64_t first; /* position */
    uint32_t count;
};
_Static_assert(sizeof(struct log_header) <= LOG_ENTRY_HEADER_SIZE, "kept in the header's place");

struct log {
    const struct disk *disk;
    struct log_options options;

    /* engine thread */
    uint64_t next_position;
    int64_t last_time_ms;
    uint32_t last_kind;
    struct log_group *pending;

    /* writer thread */
    struct log_segment segment;
    int file; /* the last segment */
    uint64_t file_size;
    uint64_t offset;  /* where the next group goes */
    uint64_t written; /* last position written */
    int64_t written_time_ms;
    uint8_t chain[LOG_CHAIN_SIZE];
    int witness_file;
    uint32_t witness_slot;
    uint32_t groups_until_lookup;

    /* both */
    _Atomic(struct log_group *) spare; /* an empty group, so that steady state allocates nothing */
    _Atomic uint64_t durable;
    _Atomic int failure; /* enum err */
    atomic_bool is_low;
};

struct log_options log_options_default(void)
{
    return (struct log_options){.segment_size = SEGMENT_SIZE_DEFAULT};
}

/* ---- groups ---- */

static void group_free(struct log_group *group)
{
    if (group != NULL) {
        free(group->bytes);
        free(group);
    }
}

static bool group_reserve(struct log_group *group, uint64_t size)
{
    if (size <= group->capacity - group->size) {
        return true;
    }
    uint64_t capacity = group->capacity < GROUP_CAPACITY_MIN ? GROUP_CAPACITY_MIN : group->capacity;
    while (capacity - group->size < size) {
        capacity *= 2;
    }
    uint8_t *grown = realloc(group->bytes, capacity);
    if (grown == NULL) {
        return false;
    }
    group->bytes = grown;
    group->capacity = capacity;
    return true;
}

static struct log_group *group_take(struct log *log)
{
    struct log_group *group = atomic_exchange(&log->spare, NULL);
    if (group == NULL) {
        group = calloc(1, sizeof *group);
    }
    return group;
}

static void group_give(struct log *log, struct log_group *group)
{
    group->size = 0;
    group->count = 0;
    group_free(atomic_exchange(&log->spare, group));
}

static void put_padded(uint8_t *at, const void *bytes, uint64_t size)
{
    if (size > 0) {
        memcpy(at, bytes, size);
    }
    memset(at + size, 0, log_pad8(size) - size);
}

enum err log_encode(struct log *log, int64_t time_ms, enum log_entry_kind kind, const void *payload,
                    uint64_t payload_size, const void *places, uint64_t places_size,
                    uint64_t *out_position)
{
    must(time_ms >= log->last_time_ms);
    must(kind == LOG_BATCH || (payload_size == 0 && places_size == 0));
    if (payload_size > LOG_PAYLOAD_SIZE_MAX || places_size > LOG_PLACES_SIZE_MAX) {
        return ERR_TOO_LARGE;
    }
    if (log->pending == NULL) {
        log->pending = group_take(log);
        if (log->pending == NULL) {
            return ERR_MEMORY;
        }
        log->pending->first = log->next_position;
    }
    struct log_group *group = log->pending;
    uint64_t size = log_entry_size(payload_size, places_size);
    if (!group_reserve(group, size)) {
        return ERR_MEMORY;
    }
    struct log_header header = {
        .kind = kind,
        .position = log->next_position,
        .time_ms = time_ms,
        .payload_size = (uint32_t)payload_size,
        .places_size = (uint32_t)places_size,
    };
    uint8_t *at = group->bytes + group->size;
    memcpy(at, &header, sizeof header);
    put_padded(at + LOG_ENTRY_HEADER_SIZE, payload, payload_size);
    put_padded(at + LOG_ENTRY_HEADER_SIZE + log_pad8(payload_size), places, places_size);
    group->size += size;
    group->count++;
    *out_position = log->next_position;
    log->next_position++;
    log->last_time_ms = time_ms;
    log->last_kind = kind;
    return ERR_OK;
}

struct log_group *log_take_group(struct log *log)
{
    struct log_group *group = log->pending;
    if (group == NULL || group->count == 0) {
        return NULL;
    }
    log->pending = NULL;
    return group;
}

/* ---- segments (writer thread) ---- */

static void look_up_space(struct log *log)
{
    uint64_t free_bytes;
    log->groups_until_lookup = SPACE_LOOKUP_GROUPS;
    if (log->disk->space(log->disk->context, &free_bytes) == ERR_OK) {
        bool is_reserve_used = log->segment.file_size < log->options.segment_size;
        atomic_store(&log->is_low, is_reserve_used || free_bytes < 2 * log->options.segment_size);
    }
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
    atomic_store(&log->is_low, true);
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

/* Creates the segment that starts behind `written` with room for entries_size bytes of entries, and makes it
 * the open one. */
static enum err create_segment(struct log *log, uint64_t previous_first, uint64_t entries_size)
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
    enum err err = make_temporary(log, &segment, size_min, &file);
    if (err != ERR_OK) {
        return err;
    }
    char path[LOG_PATH_SIZE];
    log_segment_path(segment.first, path);
    err = disk->rename(disk->context, LOG_TEMPORARY_PATH, path);
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
    return ERR_OK;
}

static enum err write_mark(const struct disk *disk, int file, uint64_t next_first, uint64_t offset,
                           uint64_t salt)
{
    uint8_t mark[LOG_MARK_SIZE];
    log_mark_encode(next_first, offset, salt, mark);
    enum err err = disk->write(disk->context, file, offset, mark, sizeof mark);
    return err == ERR_OK ? disk->sync(disk->context, file) : err;
}

/* Goes to a new segment with room for size bytes. */
static enum err rotate(struct log *log, uint64_t size)
{
    if (log->offset == LOG_SEGMENT_HEADER_SIZE) {
        /* Still empty, and too small for this group: a larger one takes its name. */
        return create_segment(log, log->segment.previous_first, size);
    }
    int old_file = log->file;
    uint64_t old_offset = log->offset;
    log->file = -1;
    enum err err = create_segment(log, log->segment.first, size);
    if (err == ERR_OK) {
        err = write_mark(log->disk, old_file, log->segment.first, old_offset, log->options.salt);
    }
    log->disk->close(log->disk->context, old_file);
    look_up_space(log);
    return err;
}

/* ---- writing (writer thread) ---- */

static enum err witness_write(struct log *log, uint64_t durable)
{
    uint8_t slot[LOG_WITNESS_SLOT_SIZE];
    log_witness_encode(durable, log->options.salt, slot);
    log->witness_slot ^= 1u;
    return log->disk->write(log->disk->context, log->witness_file,
                            log->witness_slot * (uint64_t)LOG_WITNESS_SLOT_STEP, slot, sizeof slot);
}

/* Headers can be finished only now: durable_before and the chain depend on what was written before. */
static void group_finish(struct log *log, struct log_group *group, uint8_t chain[LOG_CHAIN_SIZE],
                         int64_t *out_time_ms)
{
    uint64_t offset = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        uint8_t *at = group->bytes + offset;
        struct log_header header;
        memcpy(&header, at, sizeof header);
        must(header.position == group->first + i);
        const uint8_t *payload = at + LOG_ENTRY_HEADER_SIZE;
        header.durable_before = group->first - 1;
        header.payload_digest = log_digest(payload, header.payload_size);
        header.places_digest =
            log_digest(payload + log_pad8(header.payload_size), header.places_size);
        log_header_encode(&header, log->options.salt, log->options.chain_key, chain, at);
        *out_time_ms = header.time_ms;
        offset += log_entry_size(header.payload_size, header.places_size);
    }
    must(offset == group->size);
}

static enum err write_group(struct log *log, struct log_group *group)
{
    must(group->first == log->written + 1);
    enum err err = ERR_OK;
    if (group->size + LOG_MARK_SIZE > log->file_size - log->offset) {
        err = rotate(log, group->size);
    } else if (--log->groups_until_lookup == 0) {
        look_up_space(log);
    }
    if (err != ERR_OK) {
        return err;
    }
    int64_t time_ms = log->written_time_ms;
    group_finish(log, group, log->chain, &time_ms);
    err = log->disk->write(log->disk->context, log->file, log->offset, group->bytes, group->size);
    if (err == ERR_OK) {
        err = log->disk->sync(log->disk->context, log->file);
    }
    if (err != ERR_OK) {
        return err;
    }
    log->offset += group->size;
    log->written += group->count;
    log->written_time_ms = time_ms;
    return witness_write(log, log->written);
}

enum err log_write_group(struct log *log, struct log_group *group, uint64_t *out_durable)
{
    enum err err = log_failure(log);
    if (err == ERR_OK) {
        err = write_group(log, group);
    }
    group_give(log, group);
    if (err != ERR_OK) {
        atomic_store(&log->failure, (int)err);
        return err;
    }
    atomic_store(&log->durable, log->written);
    *out_durable = log->written;
    return ERR_OK;
}

/* ---- opening ---- */

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
            err = write_mark(log->disk, file, log->segment.first, cursor.offset, log->options.salt);
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
            err = create_segment(log, 0, 0);
        }
    }
    log_files_fini(&files);
    if (err == ERR_OK) {
        err = witness_open(log);
    }
    return err == ERR_OK ? witness_write(log, log->written) : err;
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
    look_up_space(log);
    *out_cut_bytes = cut_bytes;
    *out_log = log;
    return ERR_OK;
}

void log_close(struct log *log)
{
    if (log == NULL) {
        return;
    }
    if (log->file >= 0) {
        log->disk->close(log->disk->context, log->file);
    }
    if (log->witness_file >= 0) {
        log->disk->close(log->disk->context, log->witness_file);
    }
    group_free(log->pending);
    group_free(atomic_load(&log->spare));
    free(log);
}

/* ---- questions ---- */

uint64_t log_last_position(const struct log *log)
{
    return log->next_position - 1;
}

int64_t log_last_time_ms(const struct log *log)
{
    return log->last_time_ms;
}

bool log_needs_seal(const struct log *log)
{
    return log->last_kind == LOG_BATCH && (log->pending == NULL || log->pending->count == 0);
}

enum err log_failure(const struct log *log)
{
    return (enum err)atomic_load(&log->failure);
}

uint64_t log_durable_position(const struct log *log)
{
    return atomic_load(&log->durable);
}

bool log_space_is_low(const struct log *log)
{
    return atomic_load(&log->is_low);
}

/* ---- reserve ---- */

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
