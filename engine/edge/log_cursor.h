/* log_cursor.h: walks one segment file entry by entry, checking everything; shared by recovery and readers.
 *
 * Shape   a window of the file on the heap; entries are handed out inside it, 8-aligned
 * Cost    one read per MiB; per entry XXH3 of its bytes and one keyed BLAKE2b block
 * Errors  damage is a step, not an error: whether it matters depends on what is known to be on disk */
#ifndef ENGINE_EDGE_LOG_CURSOR_H
#define ENGINE_EDGE_LOG_CURSOR_H

#include "engine/edge/log_files.h"

enum log_step {
    LOG_STEP_ENTRY, /* an intact entry; the cursor stands behind it */
    LOG_STEP_END,   /* zeros where the next entry would start */
    LOG_STEP_MARK,  /* the mark: the next segment starts with the next position */
    LOG_STEP_BAD,   /* anything else; cursor->why says what */
};

struct log_cursor {
    const struct disk *disk;
    uint8_t key[32];
    struct log_segment segment;
    int file;
    uint64_t file_size;
    uint8_t *window;
    uint64_t window_offset; /* in the file */
    uint64_t window_size;
    uint64_t window_capacity;
    uint64_t offset;   /* of the next entry */
    uint64_t position; /* of the next entry */
    int64_t time_ms;   /* of the entry before */
    uint8_t chain[LOG_CHAIN_SIZE];
    uint64_t durable; /* greatest durable_before seen */
    uint32_t kind;    /* of the last entry, 0 = none yet */
    const char *why;  /* of LOG_STEP_BAD */
};

/* ERR_NOT_FOUND: no such segment. ERR_DAMAGED, ERR_VERSION with out_fault. */
enum err log_cursor_open(struct log_cursor *cursor, const struct disk *disk, const uint8_t key[32],
                         uint64_t first, struct log_fault *out_fault) WARN_UNUSED;
void log_cursor_close(struct log_cursor *cursor);

/* out_entry is set for LOG_STEP_ENTRY and borrows the window until the next call. Only disk errors, ERR_MEMORY
 * and ERR_VERSION (with out_fault) are errors. */
enum err log_cursor_next(struct log_cursor *cursor, enum log_step *out_step,
                         struct log_entry *out_entry, struct log_fault *out_fault) WARN_UNUSED;

/* Forgets the window, so that the next call sees what a writer has written since. */
void log_cursor_refresh(struct log_cursor *cursor);

/* Looks through everything behind the cursor: what entries there say is on disk (0 = nothing), and where the last
 * byte that is not zero ends (the cursor's offset when all are). */
enum err log_cursor_search(struct log_cursor *cursor, uint64_t *out_durable,
                           uint64_t *out_end) WARN_UNUSED;

#endif
