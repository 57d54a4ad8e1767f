/* log_files.c: what lies in DATA/log: segments in order, their headers' links, the witness. */
#include "engine/edge/log_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void log_fault_set(struct log_fault *fault, uint64_t first, uint64_t offset, uint64_t position,
                   const char *format, ...)
{
    memset(fault, 0, sizeof *fault);
    if (first == 0) {
        (void)snprintf(fault->file, sizeof fault->file, "%s", LOG_DIRECTORY);
    } else {
        char path[LOG_PATH_SIZE];
        log_segment_path(first, path);
        (void)snprintf(fault->file, sizeof fault->file, "%s", path);
    }
    fault->offset = offset;
    fault->position = position;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->what, sizeof fault->what, format, arguments);
    va_end(arguments);
}

struct listing {
    struct log_files files;
    uint32_t capacity;
    bool is_out_of_memory;
};

static bool visit_name(void *visitor, const char *name)
{
    struct listing *listing = visitor;
    uint64_t first;
    if (!log_segment_parse_name(name, &first)) {
        return true; /* the witness, an unfinished segment, or somebody's own file */
    }
    if (listing->files.count == listing->capacity) {
        uint32_t capacity = listing->capacity == 0 ? 64 : listing->capacity * 2;
        uint64_t *grown = realloc(listing->files.firsts, capacity * sizeof *grown);
        if (grown == NULL) {
            listing->is_out_of_memory = true;
            return false;
        }
        listing->files.firsts = grown;
        listing->capacity = capacity;
    }
    listing->files.firsts[listing->files.count++] = first;
    return true;
}

enum err log_files_list(const struct disk *disk, struct log_files *out_files)
{
    struct listing listing = {0};
    enum err err = disk->list(disk->context, LOG_DIRECTORY, visit_name, &listing);
    if (err == ERR_OK && listing.is_out_of_memory) {
        err = ERR_MEMORY;
    }
    if (err == ERR_NOT_FOUND) {
        err = ERR_OK;
    }
    if (err != ERR_OK) {
        log_files_fini(&listing.files);
        return err;
    }
    for (uint32_t i = 1; i < listing.files.count; i++) {
        must(listing.files.firsts[i] > listing.files.firsts[i - 1]); /* names come in byte order */
    }
    *out_files = listing.files;
    return ERR_OK;
}

void log_files_fini(struct log_files *files)
{
    free(files->firsts);
    *files = (struct log_files){0};
}

enum err log_segment_read(const struct disk *disk, int file, uint64_t first,
                          struct log_segment *out_segment, uint64_t *out_size,
                          struct log_fault *out_fault)
{
    uint64_t size;
    enum err err = disk->size(disk->context, file, &size);
    if (err != ERR_OK) {
        return err;
    }
    uint8_t bytes[LOG_SEGMENT_HEADER_SIZE];
    if (size < sizeof bytes) {
        log_fault_set(out_fault, first, size, first, "the file is cut inside its header");
        return ERR_DAMAGED;
    }
    err = disk->read(disk->context, file, 0, bytes, sizeof bytes);
    if (err != ERR_OK) {
        return err;
    }
    struct log_segment segment;
    err = log_segment_decode(bytes, &segment);
    if (err != ERR_OK) {
        log_fault_set(out_fault, first, 0, first,
                      err == ERR_VERSION ? "the segment was written by another version"
                                         : "the segment's header is damaged");
        return err;
    }
    if (segment.first != first) {
        log_fault_set(out_fault, first, 16, first,
                      "the file was renamed: its header says it starts at position %llu",
                      (unsigned long long)segment.first);
        return ERR_DAMAGED;
    }
    if (size < segment.file_size) {
        log_fault_set(out_fault, first, size, first,
                      "the file was cut: it was created with %llu bytes and has %llu",
                      (unsigned long long)segment.file_size, (unsigned long long)size);
        return ERR_DAMAGED;
    }
    *out_segment = segment;
    *out_size = size;
    return ERR_OK;
}

static enum err read_header_at(const struct disk *disk, uint64_t first,
                               struct log_segment *out_segment, struct log_fault *out_fault)
{
    char path[LOG_PATH_SIZE];
    log_segment_path(first, path);
    int file;
    enum err err = disk->open(disk->context, path, DISK_READ, &file);
    if (err != ERR_OK) {
        return err;
    }
    uint64_t size;
    err = log_segment_read(disk, file, first, out_segment, &size, out_fault);
    disk->close(disk->context, file);
    return err;
}

enum err log_files_check(const struct disk *disk, const struct log_files *files,
                         struct log_segment *out_last, struct log_fault *out_fault)
{
    must(files->count > 0);
    struct log_segment segment = {0};
    uint64_t salt = 0;
    uint64_t previous_first = 0;
    for (uint32_t i = 0; i < files->count; i++) {
        uint64_t first = files->firsts[i];
        enum err err = read_header_at(disk, first, &segment, out_fault);
        if (err != ERR_OK) {
            return err;
        }
        if (segment.previous_first != previous_first) {
            log_fault_set(out_fault, first, 24, previous_first,
                          "the segment that starts at position %llu is missing",
                          (unsigned long long)segment.previous_first);
            return ERR_DAMAGED;
        }
        if (i > 0 && segment.salt != salt) {
            log_fault_set(out_fault, first, 48, first, "the segment belongs to another log");
            return ERR_DAMAGED;
        }
        if (i == 0 && first != 1) {
            log_fault_set(out_fault, first, 16, 1, "the first segment must start at position 1");
            return ERR_DAMAGED;
        }
        salt = segment.salt;
        previous_first = first;
    }
    *out_last = segment;
    return ERR_OK;
}

enum err log_files_salt(const struct disk *disk, uint64_t *out_salt)
{
    struct log_files files;
    struct log_segment segment = {0};
    struct log_fault fault;
    enum err err = log_files_list(disk, &files);
    if (err != ERR_OK) {
        return err;
    }
    err =
        files.count == 0 ? ERR_NOT_FOUND : read_header_at(disk, files.firsts[0], &segment, &fault);
    log_files_fini(&files);
    if (err == ERR_OK) {
        *out_salt = segment.salt;
    }
    return err;
}

enum err log_witness_read(const struct disk *disk, uint64_t salt, uint64_t *out_durable)
{
    uint64_t durable = 0;
    int file;
    enum err err = disk->open(disk->context, LOG_WITNESS_PATH, DISK_READ, &file);
    if (err == ERR_NOT_FOUND) {
        *out_durable = 0; /* a copy of the log without it: entries prove each other */
        return ERR_OK;
    }
    if (err != ERR_OK) {
        return err;
    }
    for (uint64_t slot = 0; slot < 2; slot++) {
        uint8_t bytes[LOG_WITNESS_SLOT_SIZE];
        err = disk->read(disk->context, file, slot * LOG_WITNESS_SLOT_STEP, bytes, sizeof bytes);
        if (err != ERR_OK && err != ERR_CUT) {
            break;
        }
        uint64_t position;
        if (err == ERR_OK && log_witness_decode(bytes, salt, &position) == ERR_OK &&
            position > durable) {
            durable = position;
        }
        err = ERR_OK; /* a torn slot says nothing; the other one is older, never wrong */
    }
    disk->close(disk->context, file);
    if (err == ERR_OK) {
        *out_durable = durable;
    }
    return err;
}
