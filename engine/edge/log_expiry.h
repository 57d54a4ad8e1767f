/* log_expiry.h: positions of people leave the log: the location bytes of old entries are zeroed in place.
 *
 * What they were is still bound by digest, checksum and chain, so the log verifies as before; but a core that steps such an
 * entry would decide otherwise. Therefore only entries at or before a kept snapshot lose theirs, and whoever replays begins
 * behind them:
 *
 *   log/expired says how far (synced)  ->  marks of a segment (synced)  ->  its zeros (synced)
 *
 * A crash in between leaves marks without zeros, which count as done and are done again by the first run of the next engine.
 *
 * Owner   one thread at a time, also beside the log's writer: it touches entries that are on disk only
 * Cost    reads what it redacts; a write and its share of three syncs an entry with positions
 * Errors  ERR_DAMAGED with out_fault; nothing is changed behind the damage */
#ifndef ENGINE_EDGE_LOG_EXPIRY_H
#define ENGINE_EDGE_LOG_EXPIRY_H

#include "engine/edge/log.h"

#define LOG_EXPIRED_PATH "log/expired"

struct log_expiry {
    uint64_t after_position; /* done before by this process; 0 = begin at the first entry */
    uint64_t until_position; /* of a kept snapshot, and of what the history has */
    int64_t before_ms;       /* log time */
    uint64_t entries;        /* zeroed by this run */
    uint64_t position; /* of the last entry looked at that was old enough; becomes after_position */
};

enum err log_expire(const struct disk *disk, const struct log_options *options,
                    struct log_expiry *expiry, struct log_fault *out_fault) WARN_UNUSED;

/* Entries up to there may have lost their positions; 0 = none. ERR_DAMAGED: the file is, and nothing is known. */
enum err log_expired_read(const struct disk *disk, uint64_t *out_position) WARN_UNUSED;

#endif
