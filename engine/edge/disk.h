/* disk.h: the few words the log speaks to a disk, so that the fault simulation runs the very same code.
 *
 * Paths are relative to the data directory, at most DISK_PATH_MAX bytes. All calls block. Implemented by
 * engine/shell/posix_disk.c on files and by sim/fault/ on memory that loses, tears and refuses.
 *
 * Errors  ERR_NOT_FOUND, ERR_NO_SPACE, ERR_IO; after any of them from write or sync the caller stops for good */
#ifndef ENGINE_EDGE_DISK_H
#define ENGINE_EDGE_DISK_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define DISK_PATH_MAX 255u

enum disk_open_mode {
    DISK_READ,
    DISK_WRITE /* must exist */,
    DISK_CREATE /* must not exist: ERR_EXISTS */
};

struct disk {
    void *context;
    /* file handles are small non-negative ints */
    enum err (*open)(void *context, const char *path, enum disk_open_mode mode, int *out_file);
    void (*close)(void *context, int file);
    enum err (*size)(void *context, int file, uint64_t *out_size);
    /* reads exactly size bytes or fails with ERR_CUT */
    enum err (*read)(void *context, int file, uint64_t offset, void *bytes, uint64_t size);
    enum err (*write)(void *context, int file, uint64_t offset, const void *bytes, uint64_t size);
    enum err (*allocate)(void *context, int file, uint64_t size); /* reserves and zeroes */
    enum err (*truncate)(void *context, int file, uint64_t size);
    enum err (*sync)(void *context, int file);
    enum err (*sync_directory)(void *context, const char *path);
    enum err (*make_directory)(void *context, const char *path); /* ERR_OK if it exists */
    enum err (*rename)(void *context, const char *from, const char *to);
    enum err (*remove)(void *context, const char *path);
    /* names in a directory in byte order; visit returns false to stop */
    enum err (*list)(void *context, const char *path,
                     bool (*visit)(void *visitor, const char *name), void *visitor);
    enum err (*space)(void *context, uint64_t *out_free_bytes);
};

#endif
