/* log_reader.c: reads the log from a position on, segment by segment, while a writer may append.
 *
 * What does not read as an entry at the end of the log may be a group that is being written at this moment. So
 * before anything is called damage, evidence that the position is on disk is looked up first and the bytes are read
 * again afterwards: a writer proves a group only after it wrote it. */
#include "engine/edge/log.h"

#include "engine/edge/log_cursor.h"

#include <stdio.h>
#include <stdlib.h>

struct log_reader {
    const struct disk *disk;
    struct log_options options;
    struct log_cursor cursor;
    bool has_cursor;
    uint64_t from_position;
    uint64_t durable; /* greatest position known to be on disk */
    uint64_t
        searched_position; /* where the rest of the segment was looked through last; 0 = never */
};

static enum err learn_from_witness(struct log_reader *reader)
{
    uint64_t witness;
    enum err err = log_witness_read(reader->disk, reader->cursor.segment.salt, &witness);
    if (err == ERR_OK && witness > reader->durable) {
        reader->durable = witness;
    }
    return err;
}

/* Once for a position: the whole rest of the segment is read. */
static enum err learn_from_rest(struct log_reader *reader)
{
    if (reader->searched_position == reader->cursor.position) {
        return ERR_OK;
    }
    uint64_t found;
    uint64_t end;
    enum err err = log_cursor_search(&reader->cursor, &found, &end);
    if (err != ERR_OK) {
        return err;
    }
    reader->searched_position = reader->cursor.position;
    reader->durable = found > reader->durable ? found : reader->durable;
    return ERR_OK;
}

/* Some segment starts behind this position: then the position is on disk or lost. */
static enum err learn_from_segments(struct log_reader *reader)
{
    struct log_files files;
    enum err err = log_files_list(reader->disk, &files);
    if (err != ERR_OK) {
        return err;
    }
    if (files.count > 0) {
        uint64_t proven = files.firsts[files.count - 1] - 1;
        reader->durable = proven > reader->durable ? proven : reader->durable;
    }
    log_files_fini(&files);
    return ERR_OK;
}

/* ERR_NOT_FOUND: there is no next segment. */
static enum err open_next_segment(struct log_reader *reader, struct log_fault *out_fault)
{
    struct log_cursor *old = &reader->cursor;
    struct log_cursor next;
    if (old->position == old->segment.first) {
        return ERR_NOT_FOUND; /* nothing was read from this one yet */
    }
    enum err err = log_cursor_open(&next, reader->disk, old->key, old->position, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    if (next.segment.previous_first != old->segment.first ||
        next.segment.salt != old->segment.salt || next.segment.time_before_ms != old->time_ms ||
        memcmp(next.segment.chain_before, old->chain, LOG_CHAIN_SIZE) != 0) {
        log_fault_set(out_fault, next.segment.first, 0, next.segment.first,
                      "the segment does not continue the one before");
        log_cursor_close(&next);
        return ERR_DAMAGED;
    }
    log_cursor_close(old);
    reader->cursor = next;
    reader->searched_position = 0;
    return ERR_OK;
}

static enum err find_first_segment(const struct log_files *files, uint64_t from_position,
                                   uint64_t *out_first, struct log_fault *out_fault)
{
    if (files->count == 0) {
        log_fault_set(out_fault, 0, 0, 1, "there is no log here");
        return ERR_NOT_FOUND;
    }
    uint64_t first = files->firsts[0];
    for (uint32_t i = 0; i < files->count && files->firsts[i] <= from_position; i++) {
        first = files->firsts[i];
    }
    *out_first = first;
    return ERR_OK;
}

enum err log_reader_open(const struct disk *disk, const struct log_options *options,
                         uint64_t from_position, struct log_reader **out_reader,
                         struct log_fault *out_fault)
{
    must(from_position > 0);
    memset(out_fault, 0, sizeof *out_fault);
    struct log_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return ERR_MEMORY;
    }
    reader->disk = disk;
    reader->options = *options;
    reader->from_position = from_position;
    struct log_files files;
    enum err err = log_files_list(disk, &files);
    if (err != ERR_OK) {
        free(reader);
        return err;
    }
    uint64_t first = 0;
    struct log_segment last;
    err = find_first_segment(&files, from_position, &first, out_fault);
    if (err == ERR_OK) {
        err = log_files_check(disk, &files, &last, out_fault);
    }
    if (err == ERR_OK) {
        reader->durable = last.first - 1;
        err = log_cursor_open(&reader->cursor, disk, options->chain_key, first, out_fault);
        reader->has_cursor = err == ERR_OK;
    }
    log_files_fini(&files);
    if (err == ERR_OK) {
        err = learn_from_witness(reader);
    }
    if (err != ERR_OK) {
        log_reader_close(reader);
        return err;
    }
    *out_reader = reader;
    return ERR_OK;
}

/* An empty segment that is too small for the first group is replaced by a larger one of the same name. */
static enum err reopen_if_empty(struct log_reader *reader, struct log_fault *out_fault)
{
    struct log_cursor *cursor = &reader->cursor;
    if (cursor->position != cursor->segment.first) {
        return ERR_OK;
    }
    struct log_cursor again;
    enum err err =
        log_cursor_open(&again, reader->disk, cursor->key, cursor->segment.first, out_fault);
    if (err != ERR_OK) {
        return err == ERR_NOT_FOUND ? ERR_DAMAGED : err;
    }
    if (memcmp(again.chain, cursor->chain, LOG_CHAIN_SIZE) != 0) {
        log_fault_set(out_fault, again.segment.first, 56, again.segment.first,
                      "the segment does not continue the one before");
        log_cursor_close(&again);
        return ERR_DAMAGED;
    }
    log_cursor_close(cursor);
    *cursor = again;
    return ERR_OK;
}

/* The cursor stands at something that is no entry. ERR_OK: it has changed meanwhile, step again. */
static enum err judge_end(struct log_reader *reader, enum log_step *step,
                          struct log_entry *out_entry, struct log_fault *out_fault)
{
    struct log_cursor *cursor = &reader->cursor;
    enum err err = learn_from_witness(reader);
    if (err == ERR_OK) {
        err = learn_from_segments(reader);
    }
    if (err == ERR_OK) {
        err = learn_from_rest(reader);
    }
    if (err != ERR_OK) {
        return err;
    }
    log_cursor_refresh(cursor);
    err = reopen_if_empty(reader, out_fault);
    if (err != ERR_OK) {
        return err;
    }
    err = log_cursor_next(cursor, step, out_entry, out_fault);
    if (err != ERR_OK || *step == LOG_STEP_ENTRY || *step == LOG_STEP_MARK) {
        return err;
    }
    const char *why = *step == LOG_STEP_BAD ? cursor->why : "zeros where an entry was";
    if (reader->durable >= cursor->position) {
        log_fault_set(out_fault, cursor->segment.first, cursor->offset, cursor->position, "%s",
                      why);
        return ERR_DAMAGED;
    }
    log_fault_set(out_fault, cursor->segment.first, cursor->offset, cursor->position, "%s",
                  *step == LOG_STEP_BAD ? why : "");
    return ERR_NOT_FOUND;
}

static enum err next_entry(struct log_reader *reader, struct log_entry *out_entry,
                           struct log_fault *out_fault)
{
    for (;;) {
        enum log_step step;
        enum err err = log_cursor_next(&reader->cursor, &step, out_entry, out_fault);
        if (err != ERR_OK || step == LOG_STEP_ENTRY) {
            return err;
        }
        bool is_marked = step == LOG_STEP_MARK;
        err = step == LOG_STEP_BAD ? ERR_NOT_FOUND : open_next_segment(reader, out_fault);
        if (err == ERR_OK) {
            continue;
        }
        if (err != ERR_NOT_FOUND) {
            return err;
        }
        if (!is_marked) {
            err = judge_end(reader, &step, out_entry, out_fault);
            if (err != ERR_OK || step == LOG_STEP_ENTRY) {
                return err;
            }
            /* a mark appeared: the next segment was there before it */
            err = open_next_segment(reader, out_fault);
            if (err == ERR_OK) {
                continue;
            }
        }
        if (err == ERR_NOT_FOUND) {
            log_fault_set(out_fault, reader->cursor.position, 0, reader->cursor.position,
                          "this segment is missing: the one before says that it was written");
            return ERR_DAMAGED;
        }
        return err;
    }
}

enum err log_reader_ask_durable(struct log_reader *reader, uint64_t position, bool *out_is_durable)
{
    if (reader->cursor.durable > reader->durable) {
        reader->durable = reader->cursor.durable;
    }
    enum err err = position > reader->durable ? learn_from_witness(reader) : ERR_OK;
    if (err == ERR_OK) {
        *out_is_durable = position <= reader->durable;
    }
    return err;
}

enum err log_reader_next(struct log_reader *reader, struct log_entry *out_entry,
                         struct log_fault *out_fault)
{
    memset(out_fault, 0, sizeof *out_fault);
    struct log_entry entry;
    do {
        enum err step_err = next_entry(reader, &entry, out_fault);
        if (step_err != ERR_OK) {
            return step_err;
        }
    } while (entry.position < reader->from_position);
    enum err err = log_reader_ask_durable(reader, entry.position, &entry.is_durable);
    if (err == ERR_OK) {
        *out_entry = entry;
    }
    return err;
}

void log_reader_identify(const struct log_reader *reader, struct log_identity *out_identity)
{
    out_identity->salt = reader->cursor.segment.salt;
    memcpy(out_identity->chain, reader->cursor.chain, sizeof out_identity->chain);
}

void log_reader_close(struct log_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->has_cursor) {
        log_cursor_close(&reader->cursor);
    }
    free(reader);
}
