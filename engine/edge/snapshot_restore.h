/* snapshot_restore.h: which snapshot to begin with: the newest that is whole, of this very log, and of this machine's
 * limits; a damaged one gives way to the one before, and none at all to the log's first entry. Nobody falls back in
 * silence: every snapshot passed over is told with its reason.
 *
 * Owner   the caller: of the state that restore() makes, and of the reader
 * Errors  those of the log itself (never of a snapshot, which are told and passed over); ERR_MEMORY */
#ifndef ENGINE_EDGE_SNAPSHOT_RESTORE_H
#define ENGINE_EDGE_SNAPSHOT_RESTORE_H

#include "engine/edge/snapshot_file.h"

struct snapshot_search {
    const struct disk *disk;
    const struct log_options *log;
    const struct limits *limits; /* those the log is run with */
    uint64_t
        until_position; /* newer snapshots are not looked at: somebody needs to see what came after */
    /* Makes the state of that snapshot from nothing; after an error the state is as before the call. */
    enum err (*restore)(void *context, const struct snapshot_info *info,
                        struct log_fault *out_fault);
    /* A snapshot was passed over; may be NULL. */
    void (*refused)(void *context, uint64_t position, enum err err, const struct log_fault *fault);
    void *context;
};

/* ERR_OK: *out_info says which, *out_reader gives the entries behind it. ERR_NOT_FOUND: there is none to begin with,
 * and nothing was made. *out_refused: how many were passed over as damaged or foreign. */
enum err snapshot_restore(const struct snapshot_search *search, struct snapshot_info *out_info,
                          struct log_reader **out_reader, uint32_t *out_refused,
                          struct log_fault *out_fault) WARN_UNUSED;

#endif
