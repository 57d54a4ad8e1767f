/* image_write.c: the maker of images; see image_write.h, layout in engine/core/image.h. */
#include "engine/city/image_write.h"

#include <stdlib.h>
#include <xxhash.h>

struct pending_section {
    uint32_t id;
    uint32_t row_size;
    uint32_t count;
    void *rows;
};

struct image_writer {
    enum image_kind kind;
    enum err trouble; /* first thing that went wrong */
    char *strings;
    size_t string_size;
    size_t string_capacity;
    struct image_string
        *slots;          /* open addressing; size 0 = free (the empty string is never stored) */
    uint32_t slot_count; /* power of two */
    uint32_t slots_used;
    struct pending_section sections[IMAGE_SECTIONS_MAX];
    uint32_t section_count;
};

#define SLOTS_AT_START 256u
#define STRINGS_AT_START 4096u

struct image_writer *image_writer_new(enum image_kind kind)
{
    struct image_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return NULL;
    }
    writer->kind = kind;
    writer->slot_count = SLOTS_AT_START;
    writer->slots = calloc(writer->slot_count, sizeof *writer->slots);
    writer->string_capacity = STRINGS_AT_START;
    writer->strings = malloc(writer->string_capacity);
    if (writer->slots == NULL || writer->strings == NULL) {
        image_writer_free(writer);
        return NULL;
    }
    return writer;
}

void image_writer_free(struct image_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    for (uint32_t i = 0; i < writer->section_count; i++) {
        free(writer->sections[i].rows);
    }
    free(writer->strings);
    free(writer->slots);
    free(writer);
}

static uint32_t slot_find(const struct image_writer *writer, const char *bytes, size_t size)
{
    uint32_t mask = writer->slot_count - 1;
    uint32_t slot = (uint32_t)XXH3_64bits(bytes, size) & mask;
    for (;;) {
        struct image_string held = writer->slots[slot];
        if (held.size == 0 ||
            (held.size == size && memcmp(writer->strings + held.offset, bytes, size) == 0)) {
            return slot;
        }
        slot = (slot + 1) & mask;
    }
}

static bool slots_grow(struct image_writer *writer)
{
    struct image_string *old = writer->slots;
    uint32_t old_count = writer->slot_count;
    struct image_string *grown = calloc((size_t)old_count * 2, sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    writer->slots = grown;
    writer->slot_count = old_count * 2;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i].size != 0) {
            grown[slot_find(writer, writer->strings + old[i].offset, old[i].size)] = old[i];
        }
    }
    free(old);
    return true;
}

static bool strings_reserve(struct image_writer *writer, size_t size)
{
    size_t needed = writer->string_size + size;
    if (needed > UINT32_MAX) {
        writer->trouble = ERR_TOO_LARGE;
        return false;
    }
    size_t capacity = writer->string_capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    char *grown =
        capacity == writer->string_capacity ? writer->strings : realloc(writer->strings, capacity);
    if (grown == NULL) {
        writer->trouble = ERR_MEMORY;
        return false;
    }
    writer->strings = grown;
    writer->string_capacity = capacity;
    return true;
}

struct image_string image_writer_string(struct image_writer *writer, const char *bytes, size_t size)
{
    struct image_string none = {0, 0};
    if (size == 0 || writer->trouble != ERR_OK) {
        return none;
    }
    if (writer->slots_used * 2 >= writer->slot_count && !slots_grow(writer)) {
        writer->trouble = ERR_MEMORY;
        return none;
    }
    uint32_t slot = slot_find(writer, bytes, size);
    if (writer->slots[slot].size != 0) {
        return writer->slots[slot];
    }
    if (!strings_reserve(writer, size)) {
        return none;
    }
    struct image_string placed = {(uint32_t)writer->string_size, (uint32_t)size};
    memcpy(writer->strings + writer->string_size, bytes, size);
    writer->string_size += size;
    writer->slots[slot] = placed;
    writer->slots_used++;
    return placed;
}

static void section_add(struct image_writer *writer, uint32_t id, uint32_t row_size,
                        const void *rows, uint32_t count)
{
    must(row_size > 0);
    must(writer->section_count < IMAGE_SECTIONS_MAX);
    uint32_t at = writer->section_count;
    while (at > 0 && writer->sections[at - 1].id > id) {
        at--;
    }
    must(at == 0 || writer->sections[at - 1].id != id);
    size_t size = (size_t)row_size * count;
    void *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        writer->trouble = ERR_MEMORY;
        return;
    }
    if (size > 0) {
        memcpy(copy, rows, size);
    }
    memmove(&writer->sections[at + 1], &writer->sections[at],
            (writer->section_count - at) * sizeof writer->sections[0]);
    writer->sections[at] = (struct pending_section){id, row_size, count, copy};
    writer->section_count++;
}

void image_writer_section(struct image_writer *writer, uint32_t id, uint32_t row_size,
                          const void *rows, uint32_t count)
{
    must(id != SECTION_STRINGS);
    if (writer->trouble == ERR_OK) {
        section_add(writer, id, row_size, rows, count);
    }
}

static size_t align_8(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

static size_t image_size(const struct image_writer *writer)
{
    size_t size = IMAGE_HEADER_SIZE + writer->section_count * sizeof(struct image_section);
    for (uint32_t i = 0; i < writer->section_count; i++) {
        size = align_8(size) + (size_t)writer->sections[i].row_size * writer->sections[i].count;
    }
    return align_8(size);
}

static void image_fill(const struct image_writer *writer, uint8_t *bytes, size_t size)
{
    size_t offset =
        align_8(IMAGE_HEADER_SIZE + writer->section_count * sizeof(struct image_section));
    for (uint32_t i = 0; i < writer->section_count; i++) {
        const struct pending_section *pending = &writer->sections[i];
        struct image_section section = {pending->id, pending->row_size, offset, pending->count};
        size_t rows_size = (size_t)pending->row_size * pending->count;
        memcpy(bytes + IMAGE_HEADER_SIZE + i * sizeof section, &section, sizeof section);
        memcpy(bytes + offset, pending->rows, rows_size);
        offset = align_8(offset + rows_size);
    }
    must(offset == size);
    uint32_t kind = (uint32_t)writer->kind;
    uint64_t whole = size;
    memcpy(bytes, IMAGE_MAGIC, 8);
    memcpy(bytes + 8, &kind, sizeof kind);
    memcpy(bytes + 12, &writer->section_count, sizeof writer->section_count);
    memcpy(bytes + 16, &whole, sizeof whole);
    struct hash128 digest = image_digest(bytes, size);
    memcpy(bytes + 24, &digest, sizeof digest);
}

enum err image_writer_finish(struct image_writer *writer, void **out_bytes, size_t *out_size)
{
    if (writer->trouble == ERR_OK) {
        section_add(writer, SECTION_STRINGS, 1, writer->strings, (uint32_t)writer->string_size);
    }
    if (writer->trouble != ERR_OK) {
        return writer->trouble;
    }
    size_t size = image_size(writer);
    uint8_t *bytes = calloc(1, size);
    if (bytes == NULL) {
        return ERR_MEMORY;
    }
    image_fill(writer, bytes, size);
    *out_bytes = bytes;
    *out_size = size;
    return ERR_OK;
}

struct hash128 image_digest(const void *bytes, size_t size)
{
    must(size >= IMAGE_HEADER_SIZE);
    XXH128_hash_t hash =
        XXH3_128bits((const uint8_t *)bytes + IMAGE_HEADER_SIZE, size - IMAGE_HEADER_SIZE);
    return (struct hash128){hash.high64, hash.low64};
}
