/* backup.h: a copy of a data directory that could be restarted from, taken while an engine runs on it or not.
 *
 * What was durable when the copy began is in it: snapshots first, then the witness, then the segments up to the position
 * that this witness names, then the images, which are always durable before an entry names one. The last segment is
 * zeros behind that position, as if the engine had stopped there. With no engine running nothing changes, and the whole
 * tail is copied: what a stopped engine could not prove may have been acknowledged all the same.
 *
 * Owner   nothing is kept
 * Errors  those of either disk; ERR_DAMAGED with its place when the source is damaged */
#ifndef ENGINE_EDGE_BACKUP_H
#define ENGINE_EDGE_BACKUP_H

#include "engine/edge/log.h"

struct backup_job {
    const struct disk *from;
    const struct disk *to; /* an empty directory */
    const struct log_options *log;
    bool is_at_rest; /* no engine runs on `from` */
};

struct backup_counts {
    uint32_t segments, images, snapshots;
    uint64_t bytes;    /* that are not zero, roughly: what a copy takes on disk */
    uint64_t position; /* the last entry known to be on disk when the copy began */
};

enum err backup_copy(const struct backup_job *job, struct backup_counts *out_counts,
                     struct log_fault *out_fault) WARN_UNUSED;

#endif
