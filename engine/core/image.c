/* image.c: opens the container of a lowered city or policy; the layout is drawn in image.h. */
#include "engine/core/image.h"

_Static_assert(sizeof(struct image_section) == 24, "image layout");

#define MAGIC_SIZE 8u
#define MAGIC_VERSION_AT 7u /* the digit in IMAGE_MAGIC */

static uint32_t read_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t read_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static struct image_section section_at(const uint8_t *bytes, uint32_t index)
{
    struct image_section section;
    memcpy(&section, bytes + IMAGE_HEADER_SIZE + (size_t)index * sizeof section, sizeof section);
    return section;
}

static bool section_is_sound(const struct image_section *section, uint64_t table_end, uint64_t size)
{
    if (section->row_size == 0 || section->offset % 8 != 0) {
        return false;
    }
    if (section->offset < table_end || section->offset > size) {
        return false;
    }
    /* NONE32 must never be a row. */
    return section->row_count < NONE32 &&
           section->row_count <= (size - section->offset) / section->row_size;
}

static bool sections_are_sound(const uint8_t *bytes, uint32_t count, uint64_t size)
{
    uint64_t table_end = IMAGE_HEADER_SIZE + (uint64_t)count * sizeof(struct image_section);
    if (table_end > size) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct image_section section = section_at(bytes, i);
        if (!section_is_sound(&section, table_end, size)) {
            return false;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (section_at(bytes, j).id == section.id) {
                return false;
            }
        }
    }
    return true;
}

enum err image_open(const void *bytes, uint64_t size, enum image_kind kind, struct image *out_image)
{
    must(bytes != NULL);
    must((uintptr_t)bytes % 8 == 0);
    const uint8_t *at = bytes;
    if (size < IMAGE_HEADER_SIZE || memcmp(at, IMAGE_MAGIC, MAGIC_VERSION_AT) != 0) {
        return ERR_MALFORMED;
    }
    if (memcmp(at, IMAGE_MAGIC, MAGIC_SIZE) != 0) {
        return ERR_VERSION;
    }
    struct image image = {
        .bytes = at,
        .size = size,
        .kind = read_u32(at + 8),
        .section_count = read_u32(at + 12),
        .digest = {read_u64(at + 24), read_u64(at + 32)},
    };
    if (image.kind != (uint32_t)kind || image.section_count > IMAGE_SECTIONS_MAX ||
        read_u64(at + 16) != size || hash128_is_none(image.digest)) {
        return ERR_MALFORMED;
    }
    if (!sections_are_sound(at, image.section_count, size)) {
        return ERR_MALFORMED;
    }
    *out_image = image;
    return ERR_OK;
}

enum err image_rows(const struct image *image, uint32_t section_id, uint32_t row_size,
                    const void **out_rows, uint32_t *out_count)
{
    must(row_size > 0);
    for (uint32_t i = 0; i < image->section_count; i++) {
        struct image_section section = section_at(image->bytes, i);
        if (section.id != section_id) {
            continue;
        }
        if (section.row_size != row_size) {
            return ERR_MALFORMED;
        }
        *out_rows = image->bytes + section.offset;
        *out_count = (uint32_t)section.row_count;
        return ERR_OK;
    }
    *out_rows = NULL;
    *out_count = 0;
    return ERR_OK;
}
