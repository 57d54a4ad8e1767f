/* image_store.h: images by their digest, durable before anything names them.
 *
 * A log is only as good as the images its ACTIVATE commands name: they are put here first, and kept as long as the
 * log is.
 *
 * Errors  those of the disk; ERR_DAMAGED when the stored bytes are not what was put */
#ifndef ENGINE_EDGE_IMAGE_STORE_H
#define ENGINE_EDGE_IMAGE_STORE_H

#include "engine/core/base.h"
#include "engine/core/err.h"
#include "engine/edge/disk.h"

#define IMAGE_STORE_DIRECTORY "images"
#define IMAGE_STORE_PATH_SIZE 64u

/* On ERR_OK the image is on disk under its digest (image_digest of its bytes; must() otherwise). Putting it again
 * changes nothing; a damaged copy is replaced. */
enum err image_store_put(const struct disk *disk, const void *bytes, uint64_t size,
                         struct hash128 digest) WARN_UNUSED;

/* *out_bytes is malloc'ed, 8-aligned, freed by the caller. ERR_NOT_FOUND, ERR_DAMAGED, ERR_MEMORY. */
enum err image_store_get(const struct disk *disk, struct hash128 digest, void **out_bytes,
                         uint64_t *out_size) WARN_UNUSED;

/* "images/<32 hex digits>.img", for messages. */
const char *image_store_path(struct hash128 digest, char out[IMAGE_STORE_PATH_SIZE]);

/* How many files the store holds, and their bytes. */
enum err image_store_measure(const struct disk *disk, uint32_t *out_count,
                             uint64_t *out_bytes) WARN_UNUSED;

#endif
