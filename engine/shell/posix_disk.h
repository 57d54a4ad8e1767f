/* posix_disk.h: struct disk on the files of one directory.
 *
 * Calls block and may come from any thread; a file handle is a descriptor.
 * Errors  ENOSPC and EDQUOT are ERR_NO_SPACE, the rest of the unexpected is ERR_IO */
#ifndef ENGINE_SHELL_POSIX_DISK_H
#define ENGINE_SHELL_POSIX_DISK_H

#include "engine/edge/disk.h"

struct posix_disk {
    struct disk disk; /* hand out &posix->disk; valid until posix_disk_close */
    int directory;
};

/* The directory must exist: ERR_NOT_FOUND. */
enum err posix_disk_open(struct posix_disk *posix, const char *directory) WARN_UNUSED;
void posix_disk_close(struct posix_disk *posix);

#endif
