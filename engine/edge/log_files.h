/* log_files.h: what lies in DATA/log: segments in order, their headers' links, the witness.
 *
 * Owner   struct log_files holds one heap array; fini frees it */
#ifndef ENGINE_EDGE_LOG_FILES_H
#define ENGINE_EDGE_LOG_FILES_H

#include "engine/edge/log_format.h"

struct log_files {
    uint64_t *firsts; /* first position of each segment, ascending */
    uint32_t count;
};

/* ERR_OK with count 0 where there is no log directory. */
enum err log_files_list(const struct disk *disk, struct log_files *out_files) WARN_UNUSED;
void log_files_fini(struct log_files *files);

/* Every segment names the one before it, the first is there, all bear one salt. Gives the header of the last. */
enum err log_files_check(const struct disk *disk, const struct log_files *files,
                         struct log_segment *out_last, struct log_fault *out_fault) WARN_UNUSED;

/* The salt of the log in this data directory, which tells it from every other log. ERR_NOT_FOUND where there is none. */
enum err log_files_salt(const struct disk *disk, uint64_t *out_salt) WARN_UNUSED;

/* Header of an open segment file and the file's size; ERR_DAMAGED with out_fault. */
enum err log_segment_read(const struct disk *disk, int file, uint64_t first,
                          struct log_segment *out_segment, uint64_t *out_size,
                          struct log_fault *out_fault) WARN_UNUSED;

/* The greater of the witness's slots, 0 where it says nothing. */
enum err log_witness_read(const struct disk *disk, uint64_t salt,
                          uint64_t *out_durable) WARN_UNUSED;

/* offset, position and words; path of the segment that starts at first. */
__attribute__((format(printf, 5, 6))) void log_fault_set(struct log_fault *fault, uint64_t first,
                                                         uint64_t offset, uint64_t position,
                                                         const char *format, ...);

#endif
