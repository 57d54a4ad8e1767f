/* snapshot_file.h: snapshots of the core in DATA/snapshots/<position, 20 digits>.snap.
 *
 * A snapshot is the state behind one entry of one log. It is written under a temporary name, synced and renamed, so a
 * file of that name is whole or was damaged later; every bit of it is under a checksum. Byte layout at the top of
 * snapshot_file.c.
 *
 * Owner   nothing is kept between calls
 * Cost    writing: one pass over the state, 64 KiB of stack, no heap: a forked child may do it
 * Errors  those of the disk; ERR_DAMAGED, ERR_MALFORMED, ERR_VERSION, ERR_MISMATCH with file, byte and words */
#ifndef ENGINE_EDGE_SNAPSHOT_FILE_H
#define ENGINE_EDGE_SNAPSHOT_FILE_H

#include "engine/core/core.h"
#include "engine/edge/disk.h"
#include "engine/edge/log.h"

#define SNAPSHOT_DIRECTORY "snapshots"
#define SNAPSHOT_VERSION 1u
#define SNAPSHOT_PATH_SIZE 64u
#define SNAPSHOTS_KEPT 2u

/* What the header says. */
struct snapshot_info {
    uint64_t position; /* of the last entry it holds */
    int64_t time_ms;   /* of that entry */
    struct log_identity log;
    bool has_images;
    struct hash128 city, policy; /* images in use */
    bool has_clock;              /* the log's first entry said which */
    uint32_t clock_mode, clock_speed;
    struct limits limits;
    struct hash128 state; /* core_digest; set by snapshot_write */
    uint64_t state_size;  /* bytes of the core's stream; set by snapshot_write */
    uint64_t file_size;   /* set by snapshot_write and the readers */
};

/* "snapshots/<position>.snap" and the name it has until it is whole. */
struct snapshot_paths {
    char temporary[SNAPSHOT_PATH_SIZE];
    char final[SNAPSHOT_PATH_SIZE];
};
void snapshot_paths_make(uint64_t position, int64_t pid, struct snapshot_paths *out_paths);

/* Makes DATA/snapshots and removes unfinished files of engines that are gone. Only with DATA/lock held. */
enum err snapshot_directory_make(const struct disk *disk) WARN_UNUSED;

/* Writes, syncs, renames, syncs the directory. No heap, no locks. info: all but the three fields set here. Leaves no
 * unfinished file behind after an error. */
enum err snapshot_write(const struct disk *disk, const struct snapshot_paths *paths,
                        const struct core *core, struct snapshot_info *info) WARN_UNUSED;

/* Positions of the snapshots that lie there, newest first; whole or not. */
#define SNAPSHOTS_LISTED_MAX 64u
struct snapshot_list {
    uint64_t positions[SNAPSHOTS_LISTED_MAX];
    uint32_t count;
};
enum err snapshot_list(const struct disk *disk, struct snapshot_list *out_list) WARN_UNUSED;

/* The header alone. */
enum err snapshot_read_info(const struct disk *disk, uint64_t position,
                            struct snapshot_info *out_info,
                            struct log_fault *out_fault) WARN_UNUSED;

/* Every byte against its checksum, without a core. */
enum err snapshot_verify(const struct disk *disk, uint64_t position, struct snapshot_info *out_info,
                         struct log_fault *out_fault) WARN_UNUSED;

/* Into a core fresh from core_init, its images staged. After an error the core is to be made anew. */
enum err snapshot_load(const struct disk *disk, uint64_t position, struct core *core,
                       struct log_fault *out_fault) WARN_UNUSED;

/* Removes all but the newest, and the newest not behind until_position: whoever is fed by the log from there on needs it. */
enum err snapshot_keep_newest(const struct disk *disk, uint32_t count,
                              uint64_t until_position) WARN_UNUSED;

#endif
