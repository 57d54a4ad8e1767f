/* data_directory.h: an engine's data on disk: lock, log, images; opened to run an engine or only to read.
 *
 *   DATA/lock          flock'ed by the engine that runs on it; holds its pid
 *   DATA/log/          segment files (engine/edge/log.h)
 *   DATA/images/       city and policy images by digest (engine/edge/image_store.h)
 *   DATA/snapshots/    states to begin with instead of the first entry (engine/edge/snapshot_file.h)
 *
 * Errors  every failure comes with a sentence for people in struct data_fault */
#ifndef ENGINE_SHELL_DATA_DIRECTORY_H
#define ENGINE_SHELL_DATA_DIRECTORY_H

#include "engine/edge/log.h"
#include "engine/edge/node.h"
#include "engine/shell/posix_disk.h"

struct data_fault {
    char text[512];
};

struct data_directory {
    struct posix_disk disk;
    struct log *log;    /* NULL when opened for reading */
    int lock_fd;        /* -1 when opened for reading */
    uint64_t cut_bytes; /* of a group that was never synced, cut at the end of the log */
};

/* Makes the directory if needed, locks it, opens its log for writing. ERR_BUSY: another engine runs on it. */
enum err data_directory_open(struct data_directory *data, const char *path,
                             struct data_fault *out_fault) WARN_UNUSED;

/* Opens for reading beside a running engine. ERR_NOT_FOUND when there is no log. */
enum err data_directory_read(struct data_directory *data, const char *path,
                             struct data_fault *out_fault) WARN_UNUSED;
void data_directory_close(struct data_directory *data);

/* For struct node_images: the directory's image store; context is the struct data_directory. */
enum err data_directory_load_image(void *context, struct hash128 digest, void **out_bytes,
                                   uint64_t *out_size) WARN_UNUSED;

struct data_recovery {
    uint64_t entries;           /* read and stepped */
    uint64_t snapshot_position; /* begun behind; 0 = with the first entry */
    uint32_t refused;           /* snapshots passed over as damaged or foreign, each reported */
};

/* Brings the node to the end of the log: the newest good snapshot not behind until_position (UINT64_MAX: any), then
 * node_recover for every entry after it. An observer that needs what happened since some position gives that. */
enum err data_directory_recover(struct data_directory *data, struct node *node,
                                uint64_t until_position, struct data_recovery *out_recovery,
                                struct data_fault *out_fault) WARN_UNUSED;

#endif
