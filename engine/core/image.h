/* image.h: the container of a lowered city or policy: one flat, little-endian, offset-only blob.
 *
 *   offset size
 *        0    8  magic "GRIDIMG3"
 *        8    4  kind (enum image_kind)
 *       12    4  section_count
 *       16    8  size of the whole image in bytes
 *       24   16  digest: XXH3-128 (seed 0) over bytes 40..size, stored hi then lo
 *       40    .  section_count x {u32 id, u32 row_size, u64 offset, u64 row_count}
 *        .    .  sections, each at an offset that is a multiple of 8
 *
 * Rows are C structs of fixed-width members without padding (sizes asserted where they are declared),
 * read in place. A string is {u32 offset, u32 size} into the section SECTION_STRINGS (id 0, row_size 1).
 * The maker (engine/city/image_write.h) computes the digest; the core compares digests, never makes them.
 *
 * Owner   the caller keeps the bytes alive, 8-aligned, while any view is in use
 * Errors  image_open checks every bound once; readers then only must() their indices */
#ifndef ENGINE_CORE_IMAGE_H
#define ENGINE_CORE_IMAGE_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define IMAGE_MAGIC "GRIDIMG2"
#define IMAGE_HEADER_SIZE 40u
#define IMAGE_SECTIONS_MAX 64u

enum image_kind { IMAGE_CITY = 1, IMAGE_POLICY = 2 };

enum { SECTION_STRINGS = 0 };

struct image_section {
    uint32_t id;       /* unique inside an image */
    uint32_t row_size; /* bytes */
    uint64_t offset;   /* from the image's first byte */
    uint64_t row_count;
};

/* A string inside an image. Not terminated; size may be 0. */
struct image_string {
    uint32_t offset; /* into SECTION_STRINGS */
    uint32_t size;   /* bytes */
};

/* A run of rows in another section. */
struct image_range {
    uint32_t first;
    uint32_t count;
};

struct image {
    const uint8_t *bytes;
    uint64_t size;
    uint32_t kind;
    uint32_t section_count;
    struct hash128 digest;
};

/* Checks header, section table, row sizes' arithmetic. ERR_MALFORMED, ERR_VERSION. */
enum err image_open(const void *bytes, uint64_t size, enum image_kind kind,
                    struct image *out_image) WARN_UNUSED;

/* Rows of a section and their number; NULL and 0 where the section is absent. ERR_MALFORMED when the
 * stored row_size is not row_size. */
enum err image_rows(const struct image *image, uint32_t section_id, uint32_t row_size,
                    const void **out_rows, uint32_t *out_count) WARN_UNUSED;

#endif
