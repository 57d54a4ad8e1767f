/* log.c: the writing side of the command log: entries, groups, failure.
 *
 * The bytes are described in log_format.c. Group commit: log_encode collects entries (engine thread),
 * log_write_group seals their headers, writes them in one piece and syncs once (writer thread). A group never
 * spans two segments, so every segment but the last is on disk as a whole.
 *
 * Opening and recovery are in log_open.c, files in log_segments.c.
 *
 * Truths
 *   (1) next_position - 1 is the last encoded position; durable <= it; positions in a group ascend without holes.
 *   (2) Between two log_write_group calls everything before `offset` in the open segment is on disk.
 *   (3) After the first error nothing is written again: a failed sync may have dropped pages, and a second one
 *       would report success (fsyncgate, PostgreSQL 2018). */
#include "engine/edge/log.h"

#include "engine/edge/log_state.h"

#include <stdlib.h>

#define SEGMENT_SIZE_DEFAULT (UINT64_C(64) << 20)
#define GROUP_CAPACITY_MIN (UINT64_C(256) << 10)

struct log_options log_options_default(void)
{
    return (struct log_options){.segment_size = SEGMENT_SIZE_DEFAULT};
}

/* ---- groups ---- */

static void log_group_free(struct log_group *group)
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
    log_group_free(atomic_exchange(&log->spare, group));
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

/* ---- writing (writer thread) ---- */

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
        err = log_rotate(log, group->size);
    } else if (--log->groups_until_lookup == 0) {
        log_look_up_space(log);
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
    atomic_store(&log->used, log->offset);
    log->written += group->count;
    log->written_time_ms = time_ms;
    return log_witness_write(log, log->written);
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

/* ---- closing and questions ---- */

void log_close(struct log *log)
{
    if (log == NULL) {
        return;
    }
    log_next_close(log);
    if (log->file >= 0) {
        log->disk->close(log->disk->context, log->file);
    }
    if (log->witness_file >= 0) {
        log->disk->close(log->disk->context, log->witness_file);
    }
    log_group_free(log->pending);
    log_group_free(atomic_load(&log->spare));
    free(log);
}

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

void log_identify(const struct log *log, struct log_identity *out_identity)
{
    must(log_durable_position(log) + 1 == log->next_position); /* so the writer thread is at rest */
    out_identity->salt = log->options.salt;
    memcpy(out_identity->chain, log->chain, sizeof out_identity->chain);
}

uint64_t log_pending_size(const struct log *log)
{
    return log->pending != NULL ? log->pending->size : 0;
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
