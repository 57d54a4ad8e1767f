/* virtual_disk.h: a disk in memory for struct disk: everything written is there at once and nothing fails but for space.
 *
 * Lets a run keep its command log at memory speed; virtual_disk_dump writes it out as files when the run is over.
 *
 * Owner   new/free
 * Errors  those of engine/edge/disk.h */
#ifndef SIM_VIRTUAL_DISK_H
#define SIM_VIRTUAL_DISK_H

#include "engine/edge/disk.h"

struct virtual_disk; /* opaque */

/* NULL when out of memory. */
struct virtual_disk *virtual_disk_new(void);
void virtual_disk_free(struct virtual_disk *disk);

/* The calls of the log; valid until virtual_disk_free. */
struct disk virtual_disk_calls(struct virtual_disk *disk);

/* Writes every file below directory, which is made. ERR_IO, ERR_TOO_LARGE (path); errno says why. */
enum err virtual_disk_dump(const struct virtual_disk *disk, const char *directory) WARN_UNUSED;

/* Bytes in all files. */
uint64_t virtual_disk_bytes(const struct virtual_disk *disk);

#endif
