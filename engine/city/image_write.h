/* image_write.h: builds an image: sections of rows, one pool of strings without repeats, the digest.
 *
 * Sections are written in ascending id, so the order of calls does not show in the bytes; equal rows and equal
 * strings in equal order give equal images. Format: engine/core/image.h.
 *
 * Owner   the writer copies rows and strings; out_bytes is malloc'ed and freed by the caller
 * Errors  out of memory is kept inside and told once, by image_writer_finish */
#ifndef ENGINE_CITY_IMAGE_WRITE_H
#define ENGINE_CITY_IMAGE_WRITE_H

#include "engine/core/image.h"

struct image_writer; /* opaque */

/* NULL when out of memory. */
struct image_writer *image_writer_new(enum image_kind kind);
void image_writer_free(struct image_writer *writer);

/* The place of these bytes in the strings section; the same bytes always give the same place. */
struct image_string image_writer_string(struct image_writer *writer, const char *bytes,
                                        size_t size);

/* Adds a section; each id once, 0 (the strings) never. rows may be NULL where count is 0. */
void image_writer_section(struct image_writer *writer, uint32_t id, uint32_t row_size,
                          const void *rows, uint32_t count);

/* ERR_MEMORY; ERR_TOO_LARGE when the strings pass 4 GiB. The writer can only be freed afterwards. */
enum err image_writer_finish(struct image_writer *writer, void **out_bytes,
                             size_t *out_size) WARN_UNUSED;

/* The digest an image of these bytes should carry (bytes 40..size). size >= IMAGE_HEADER_SIZE. */
struct hash128 image_digest(const void *bytes, size_t size);

#endif
