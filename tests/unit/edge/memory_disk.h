/* memory_disk.h: a struct disk in memory for tests: files can be copied, cut, flipped, and calls made to fail.
 *
 * Keeps no difference between written and synced; counts syncs. */
#ifndef TESTS_UNIT_EDGE_MEMORY_DISK_H
#define TESTS_UNIT_EDGE_MEMORY_DISK_H

#include "engine/edge/disk.h"

#define MEMORY_FILES_MAX 64

struct memory_file {
    char path[DISK_PATH_MAX + 1];
    uint8_t *bytes;
    uint64_t size;
    bool exists;
};

struct memory_disk {
    struct disk disk; /* hand out &memory->disk */
    struct memory_file files[MEMORY_FILES_MAX];
    uint64_t free_bytes;        /* what allocate may still take */
    uint32_t fail_writes_after; /* that many writes succeed, then ERR_IO; UINT32_MAX = never */
    uint32_t fail_syncs_after;
    uint32_t sync_count;
};

void memory_disk_init(struct memory_disk *memory);
void memory_disk_fini(struct memory_disk *memory);
void memory_disk_copy(struct memory_disk *to, const struct memory_disk *from); /* to: after init */
struct memory_file *memory_disk_find(struct memory_disk *memory, const char *path); /* or NULL */

#endif
