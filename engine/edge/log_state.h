/* log_state.h: the writing side of the log from inside: shared by log.c, log_open.c and log_segments.c only. */
#ifndef ENGINE_EDGE_LOG_STATE_H
#define ENGINE_EDGE_LOG_STATE_H

#include "engine/edge/log_format.h"

#include <stdatomic.h>

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
    bool is_reserve_gone; /* it gave way, or could not be made */

    /* the thread that prepares the next segment */
    int next_file; /* being made, -1 = none */
    uint64_t next_size;

    /* all */
    _Atomic int next_ready;      /* file of the size of a segment, zeroed and synced; -1 = none */
    atomic_bool is_next_refused; /* it could not be made */
    _Atomic uint64_t used;       /* bytes of the open segment */
    atomic_bool has_rotated;     /* since the log was opened */
    _Atomic(struct log_group *) spare; /* an empty group, so that steady state allocates nothing */
    _Atomic uint64_t durable;
    _Atomic int failure; /* enum err */
    atomic_bool is_low;
};

/* Creates the segment that starts behind `written` with room for entries_size bytes of entries, and makes it
 * the open one. */
enum err log_segment_create(struct log *log, uint64_t previous_first,
                            uint64_t entries_size) WARN_UNUSED;

/* Goes to a new segment with room for size bytes of entries, and marks the old one. */
enum err log_rotate(struct log *log, uint64_t size) WARN_UNUSED;

/* Writes and syncs the mark behind the last entry of a segment. */
enum err log_mark_write(const struct disk *disk, int file, uint64_t next_first, uint64_t offset,
                        uint64_t salt) WARN_UNUSED;

/* ---- log_next.c ---- */
/* Writer thread: a file of options.segment_size that is zeros on disk at LOG_NEXT_PATH, now the caller's; -1 = none. */
int log_next_take(struct log *log);
/* Removes what is being made or ready. Nobody may prepare any more. */
void log_next_close(struct log *log);

/* Everything up to durable is on disk: says so in the other slot of the witness. */
enum err log_witness_write(struct log *log, uint64_t durable) WARN_UNUSED;

#endif
