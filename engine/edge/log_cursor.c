/* log_cursor.c: walks one segment file entry by entry, checking everything. */
#include "engine/edge/log_cursor.h"

#include <stdlib.h>

#define WINDOW_SIZE (UINT64_C(1) << 20)

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
    for (uint64_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

enum err log_cursor_open(struct log_cursor *cursor, const struct disk *disk, const uint8_t key[32],
                         uint64_t first, struct log_fault *out_fault)
{
    *cursor = (struct log_cursor){.disk = disk, .file = -1};
    memcpy(cursor->key, key, sizeof cursor->key);
    char path[LOG_PATH_SIZE];
    log_segment_path(first, path);
    int file;
    enum err err = disk->open(disk->context, path, DISK_READ, &file);
    if (err != ERR_OK) {
        return err;
    }
    cursor->file = file;
    err = log_segment_read(disk, file, first, &cursor->segment, &cursor->file_size, out_fault);
    if (err != ERR_OK) {
        log_cursor_close(cursor);
        return err;
    }
    cursor->offset = LOG_SEGMENT_HEADER_SIZE;
    cursor->position = first;
    cursor->time_ms = cursor->segment.time_before_ms;
    memcpy(cursor->chain, cursor->segment.chain_before, LOG_CHAIN_SIZE);
    cursor->durable = first - 1; /* a segment is created when all before it is on disk */
    return ERR_OK;
}

void log_cursor_close(struct log_cursor *cursor)
{
    if (cursor->file >= 0) {
        cursor->disk->close(cursor->disk->context, cursor->file);
    }
    free(cursor->window);
    cursor->file = -1;
    cursor->window = NULL;
}

void log_cursor_refresh(struct log_cursor *cursor)
{
    cursor->window_size = 0;
}

/* The bytes at offset, size of which must lie inside the file. */
static enum err peek(struct log_cursor *cursor, uint64_t offset, uint64_t size, uint8_t **out_bytes)
{
    must(offset <= cursor->file_size);
    must(size <= cursor->file_size - offset);
    if (offset < cursor->window_offset ||
        offset + size > cursor->window_offset + cursor->window_size) {
        uint64_t wanted = size > WINDOW_SIZE ? size : WINDOW_SIZE;
        if (wanted > cursor->file_size - offset) {
            wanted = cursor->file_size - offset;
        }
        if (wanted > cursor->window_capacity) {
            uint8_t *grown = realloc(cursor->window, wanted);
            if (grown == NULL) {
                return ERR_MEMORY;
            }
            cursor->window = grown;
            cursor->window_capacity = wanted;
        }
        cursor->window_size = 0;
        enum err err =
            cursor->disk->read(cursor->disk->context, cursor->file, offset, cursor->window, wanted);
        if (err != ERR_OK) {
            return err;
        }
        cursor->window_offset = offset;
        cursor->window_size = wanted;
    }
    *out_bytes = cursor->window + (offset - cursor->window_offset);
    return ERR_OK;
}

static enum err step_bad(struct log_cursor *cursor, enum log_step *out_step, const char *why)
{
    cursor->why = why;
    *out_step = LOG_STEP_BAD;
    return ERR_OK;
}

/* NULL when the header may follow the entry before it, else what is wrong. */
static const char *header_fault(const struct log_cursor *cursor, const struct log_header *header,
                                const uint8_t *bytes)
{
    if (header->position != cursor->position) {
        return "an entry of another position stands here";
    }
    uint8_t chain[LOG_CHAIN_SIZE];
    log_chain_next(bytes, cursor->key, cursor->chain, chain);
    if (memcmp(chain, header->chain, sizeof chain) != 0) {
        return "the chain does not match: altered, or opened with another key";
    }
    if (header->time_ms < cursor->time_ms) {
        return "its time lies before that of the entry before";
    }
    if (header->durable_before >= header->position) {
        return "it claims to be on disk before it was written";
    }
    if (header->payload_size > LOG_PAYLOAD_SIZE_MAX || header->places_size > LOG_PLACES_SIZE_MAX) {
        return "its sizes are past the limit";
    }
    if (header->kind == LOG_SEAL && (header->payload_size > 0 || header->places_size > 0)) {
        return "a seal carries bytes";
    }
    uint64_t room = cursor->file_size - cursor->offset;
    if (log_entry_size(header->payload_size, header->places_size) > room) {
        return "it would end behind the end of the file";
    }
    return NULL;
}

/* Payload, location bytes and padding behind the header at bytes; NULL when intact. */
static const char *body_fault(const struct log_header *header, uint8_t *bytes)
{
    const uint8_t *payload = bytes + LOG_ENTRY_HEADER_SIZE;
    uint64_t payload_end = log_pad8(header->payload_size);
    uint8_t *places = bytes + LOG_ENTRY_HEADER_SIZE + payload_end;
    uint64_t places_end = log_pad8(header->places_size);
    if (!hash128_is_equal(log_digest(payload, header->payload_size), header->payload_digest)) {
        return "its payload does not match its digest";
    }
    if (header->is_redacted) {
        memset(places, 0,
               header->places_size); /* a redaction that was interrupted counts as done */
    } else if (!hash128_is_equal(log_digest(places, header->places_size), header->places_digest)) {
        return "its location bytes do not match their digest";
    }
    if (!is_zero(payload + header->payload_size, payload_end - header->payload_size) ||
        !is_zero(places + header->places_size, places_end - header->places_size)) {
        return "its padding is not zero";
    }
    return NULL;
}

/* Was the entry marked after its header was read? Its location bytes may then be gone already. */
static bool is_marked_now(const struct log_cursor *cursor, const struct log_header *header)
{
    uint64_t mark = 0;
    return cursor->disk->read(cursor->disk->context, cursor->file,
                              cursor->offset + LOG_ENTRY_HEADER_SIZE - sizeof mark, &mark,
                              sizeof mark) == ERR_OK &&
           mark == log_redaction_mark(header->position, cursor->segment.salt);
}

static enum err step_entry(struct log_cursor *cursor, enum log_step *out_step,
                           struct log_entry *out_entry, struct log_fault *out_fault)
{
    uint8_t *bytes;
    enum err err = peek(cursor, cursor->offset, LOG_ENTRY_HEADER_SIZE, &bytes);
    if (err != ERR_OK) {
        return err;
    }
    struct log_header header;
    err = log_header_decode(bytes, cursor->segment.salt, &header);
    if (err == ERR_DAMAGED) {
        return step_bad(cursor, out_step, "the entry's header is damaged");
    }
    if (err == ERR_VERSION || (header.kind != LOG_BATCH && header.kind != LOG_SEAL)) {
        log_fault_set(out_fault, cursor->segment.first, cursor->offset, cursor->position,
                      "the entry was written by another version");
        return ERR_VERSION;
    }
    const char *why = header_fault(cursor, &header, bytes);
    if (why != NULL) {
        return step_bad(cursor, out_step, why);
    }
    uint64_t size = log_entry_size(header.payload_size, header.places_size);
    err = peek(cursor, cursor->offset, size, &bytes);
    if (err != ERR_OK) {
        return err;
    }
    why = body_fault(&header, bytes);
    if (why != NULL && !header.is_redacted && is_marked_now(cursor, &header)) {
        header.is_redacted = true;
        why = body_fault(&header, bytes);
    }
    if (why != NULL) {
        return step_bad(cursor, out_step, why);
    }
    *out_entry = (struct log_entry){
        .position = header.position,
        .time_ms = header.time_ms,
        .kind = header.kind,
        .payload = bytes + LOG_ENTRY_HEADER_SIZE,
        .payload_size = header.payload_size,
        .places = bytes + LOG_ENTRY_HEADER_SIZE + log_pad8(header.payload_size),
        .places_size = header.places_size,
        .is_redacted = header.is_redacted,
    };
    cursor->offset += size;
    cursor->position++;
    cursor->time_ms = header.time_ms;
    cursor->kind = header.kind;
    memcpy(cursor->chain, header.chain, LOG_CHAIN_SIZE);
    if (header.durable_before > cursor->durable) {
        cursor->durable = header.durable_before;
    }
    *out_step = LOG_STEP_ENTRY;
    return ERR_OK;
}

enum err log_cursor_next(struct log_cursor *cursor, enum log_step *out_step,
                         struct log_entry *out_entry, struct log_fault *out_fault)
{
    must(cursor->offset % 8 == 0);
    uint64_t room = cursor->file_size - cursor->offset;
    uint64_t size = room < LOG_ENTRY_HEADER_SIZE ? room : LOG_ENTRY_HEADER_SIZE;
    if (size < LOG_MARK_SIZE) {
        return step_bad(cursor, out_step, "no room was left for the mark");
    }
    uint8_t *bytes;
    enum err err = peek(cursor, cursor->offset, size, &bytes);
    if (err != ERR_OK) {
        return err;
    }
    if (is_zero(bytes, size)) {
        *out_step = LOG_STEP_END;
        return ERR_OK;
    }
    uint64_t next_first;
    err = log_mark_decode(bytes, cursor->offset, cursor->segment.salt, &next_first);
    if (err == ERR_OK) {
        if (next_first != cursor->position) {
            return step_bad(cursor, out_step, "the mark names another position");
        }
        *out_step = LOG_STEP_MARK;
        return ERR_OK;
    }
    if (size < LOG_ENTRY_HEADER_SIZE) {
        return step_bad(cursor, out_step, "the entry's header is damaged");
    }
    return step_entry(cursor, out_step, out_entry, out_fault);
}

/* What the bytes at offset prove, if they are an entry's header or a mark. */
static enum err search_at(struct log_cursor *cursor, uint64_t offset, uint64_t *durable)
{
    uint8_t bytes[LOG_ENTRY_HEADER_SIZE];
    uint64_t room = cursor->file_size - offset;
    uint64_t size = room < sizeof bytes ? room : sizeof bytes;
    memset(bytes, 0, sizeof bytes);
    enum err err = cursor->disk->read(cursor->disk->context, cursor->file, offset, bytes, size);
    if (err != ERR_OK) {
        return err;
    }
    struct log_header header;
    uint64_t next_first;
    if (log_header_decode(bytes, cursor->segment.salt, &header) == ERR_OK) {
        *durable = header.durable_before > *durable ? header.durable_before : *durable;
    } else if (log_mark_decode(bytes, offset, cursor->segment.salt, &next_first) == ERR_OK) {
        *durable = next_first - 1 > *durable ? next_first - 1 : *durable;
    }
    return ERR_OK;
}

enum err log_cursor_search(struct log_cursor *cursor, uint64_t *out_durable, uint64_t *out_end)
{
    uint64_t durable = 0;
    uint64_t end = cursor->offset;
    uint64_t offset = cursor->offset;
    log_cursor_refresh(cursor);
    while (offset < cursor->file_size) {
        uint64_t rest = cursor->file_size - offset;
        uint64_t size = rest < WINDOW_SIZE ? rest : WINDOW_SIZE;
        uint8_t *bytes;
        enum err err = peek(cursor, offset, size, &bytes);
        if (err != ERR_OK) {
            return err;
        }
        for (uint64_t at = 0; at < size; at += 8) {
            uint64_t word = 0;
            memcpy(&word, bytes + at, size - at < 8 ? size - at : 8);
            if (word == 0) {
                continue;
            }
            end = offset + (size - at < 8 ? size : at + 8);
            /* "GLE1" or "GLM1", read as a little-endian number */
            if ((uint32_t)word == UINT32_C(0x31454c47) || (uint32_t)word == UINT32_C(0x314d4c47)) {
                err = search_at(cursor, offset + at, &durable);
                if (err != ERR_OK) {
                    return err;
                }
            }
        }
        offset += size;
    }
    *out_durable = durable;
    *out_end = end;
    return ERR_OK;
}
