/* log_expiry.c: see log_expiry.h. log/expired has the bytes of a witness slot (log_format.c). */
#include "engine/edge/log_expiry.h"

#include "engine/edge/log_cursor.h"

#define EXPIRED_TEMPORARY "log/expired.tmp"

enum pass { PASS_MARK, PASS_ZERO };

static const uint8_t ZEROS[4096];

enum err log_expired_read(const struct disk *disk, uint64_t *out_position)
{
    uint8_t bytes[LOG_WITNESS_SLOT_SIZE];
    uint64_t salt;
    int file;
    *out_position = 0;
    enum err err = disk->open(disk->context, LOG_EXPIRED_PATH, DISK_READ, &file);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    if (err != ERR_OK) {
        return err;
    }
    err = disk->read(disk->context, file, 0, bytes, sizeof bytes);
    disk->close(disk->context, file);
    if (err == ERR_OK) {
        err = log_files_salt(disk, &salt);
    }
    if (err == ERR_OK) {
        err = log_witness_decode(bytes, salt, out_position);
    }
    return err == ERR_OK ? ERR_OK : err == ERR_IO ? ERR_IO : ERR_DAMAGED;
}

/* Before any mark: readers must know not to begin there. */
static enum err write_expired(const struct disk *disk, uint64_t position)
{
    uint8_t bytes[LOG_WITNESS_SLOT_SIZE];
    uint64_t salt;
    int file;
    enum err err = log_files_salt(disk, &salt);
    if (err != ERR_OK) {
        return err;
    }
    log_witness_encode(position, salt, bytes);
    (void)disk->remove(disk->context, EXPIRED_TEMPORARY);
    err = disk->open(disk->context, EXPIRED_TEMPORARY, DISK_CREATE, &file);
    if (err != ERR_OK) {
        return err;
    }
    err = disk->write(disk->context, file, 0, bytes, sizeof bytes);
    if (err == ERR_OK) {
        err = disk->sync(disk->context, file);
    }
    disk->close(disk->context, file);
    if (err == ERR_OK) {
        err = disk->rename(disk->context, EXPIRED_TEMPORARY, LOG_EXPIRED_PATH);
    }
    return err == ERR_OK ? disk->sync_directory(disk->context, LOG_DIRECTORY) : err;
}

static enum err write_zeros(const struct disk *disk, int file, uint64_t offset, uint64_t size)
{
    enum err err = ERR_OK;
    while (size > 0 && err == ERR_OK) {
        const uint64_t part = size < sizeof ZEROS ? size : sizeof ZEROS;
        err = disk->write(disk->context, file, offset, ZEROS, part);
        offset += part;
        size -= part;
    }
    return err;
}

/* One entry that starts at offset. */
static enum err redact(const struct log_cursor *cursor, int file, enum pass pass, uint64_t offset,
                       const struct log_entry *entry)
{
    if (pass == PASS_ZERO) {
        return write_zeros(cursor->disk, file,
                           offset + LOG_ENTRY_HEADER_SIZE + log_pad8(entry->payload_size),
                           entry->places_size);
    }
    const uint64_t mark = log_redaction_mark(entry->position, cursor->segment.salt);
    return entry->is_redacted ? ERR_OK
                              : cursor->disk->write(cursor->disk->context, file,
                                                    offset + LOG_ENTRY_HEADER_SIZE - sizeof mark,
                                                    &mark, sizeof mark);
}

/* One pass over one segment. *out_is_over: an entry was met that stays as it is. Entries that this process did before are
 * passed by. */
static enum err pass_over(const struct disk *disk, const uint8_t key[32], uint64_t first,
                          enum pass pass, struct log_expiry *expiry, bool *out_is_over,
                          struct log_fault *fault)
{
    struct log_cursor cursor;
    char path[LOG_PATH_SIZE];
    int file;
    uint64_t count = 0;
    log_segment_path(first, path);
    enum err err = log_cursor_open(&cursor, disk, key, first, fault);
    if (err != ERR_OK) {
        return err;
    }
    err = disk->open(disk->context, path, DISK_WRITE, &file);
    if (err != ERR_OK) {
        log_cursor_close(&cursor);
        return err;
    }
    *out_is_over = false;
    while (err == ERR_OK && !*out_is_over) {
        struct log_entry entry;
        enum log_step step;
        const uint64_t offset = cursor.offset;
        err = log_cursor_next(&cursor, &step, &entry, fault);
        if (err != ERR_OK || step != LOG_STEP_ENTRY) {
            *out_is_over = step != LOG_STEP_MARK;
            break;
        }
        *out_is_over =
            entry.position > expiry->until_position || entry.time_ms >= expiry->before_ms;
        if (*out_is_over || entry.position <= expiry->after_position) {
            continue;
        }
        expiry->position = entry.position;
        if (entry.places_size > 0) {
            err = redact(&cursor, file, pass, offset, &entry);
            count++;
        }
    }
    if (err == ERR_OK && count > 0) {
        err = disk->sync(disk->context, file);
    }
    expiry->entries += pass == PASS_ZERO ? count : 0;
    disk->close(disk->context, file);
    log_cursor_close(&cursor);
    return err;
}

/* The last entry that is old enough, without changing anything: what log/expired must say first. */
static enum err find_last(const struct disk *disk, const struct log_options *options,
                          const struct log_expiry *expiry, uint64_t *out_position,
                          struct log_fault *fault)
{
    struct log_reader *reader = NULL;
    struct log_entry entry;
    enum err err = log_reader_open(disk, options, expiry->after_position + 1, &reader, fault);
    *out_position = expiry->after_position;
    while (err == ERR_OK) {
        err = log_reader_next(reader, &entry, fault);
        if (err == ERR_OK &&
            (entry.position > expiry->until_position || entry.time_ms >= expiry->before_ms)) {
            break;
        }
        *out_position = err == ERR_OK ? entry.position : *out_position;
    }
    log_reader_close(reader);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err log_expire(const struct disk *disk, const struct log_options *options,
                    struct log_expiry *expiry, struct log_fault *out_fault)
{
    struct log_files files = {NULL, 0};
    uint64_t last, before;
    expiry->entries = 0;
    expiry->position = expiry->after_position;
    enum err err = find_last(disk, options, expiry, &last, out_fault);
    if (err == ERR_OK) {
        err = log_expired_read(disk, &before);
    }
    if (err != ERR_OK || last <= expiry->after_position) {
        return err;
    }
    if (last > before) {
        err = write_expired(disk, last);
    }
    if (err == ERR_OK) {
        err = log_files_list(disk, &files);
    }
    bool is_over = false;
    for (uint32_t i = 0; i < files.count && err == ERR_OK && !is_over; i++) {
        if (i + 1 < files.count && files.firsts[i + 1] <= expiry->after_position) {
            continue; /* all of it was done before */
        }
        err = pass_over(disk, options->chain_key, files.firsts[i], PASS_MARK, expiry, &is_over,
                        out_fault);
        if (err == ERR_OK) {
            err = pass_over(disk, options->chain_key, files.firsts[i], PASS_ZERO, expiry, &is_over,
                            out_fault);
        }
    }
    log_files_fini(&files);
    return err;
}
