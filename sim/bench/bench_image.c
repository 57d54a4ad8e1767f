/* bench_image.c: see bench_image.h.
 *
 * Sections are copied as they lie, with added rows behind them, and the digest is made anew. */
#include "sim/bench/bench_image.h"

#include "engine/city/facts.h"
#include "engine/city/image_write.h"
#include "engine/city/shapes.h"
#include "engine/edge/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_SIZE 10u /* "zw0000001", "zd0000001": above every id of a synthetic city */

struct maker {
    const struct city *base;
    const struct bench_image_options *options;
    uint8_t *bytes;
    struct image_section *sections; /* of the new image */
    uint64_t grid_role, gas_role, other_role, gas_skill;
    uint32_t added_strings; /* bytes written behind those of the base */
};

static uint64_t bit_of(const struct city *city, const struct image_string *names, uint32_t count,
                       const char *wanted)
{
    for (uint32_t i = 0; i < count; i++) {
        if (names[i].size == strlen(wanted) &&
            memcmp(city_text(city, names[i]), wanted, names[i].size) == 0) {
            return UINT64_C(1) << i;
        }
    }
    return 0;
}

static uint32_t added_rows(const struct bench_image_options *options, uint32_t section)
{
    switch (section) {
    case CITY_PERSONS:
        return options->workers;
    case CITY_DEVICES:
    case CITY_DEVICE_HEALTH:
        return options->devices;
    case SECTION_STRINGS:
        return (options->workers + options->devices) * ID_SIZE;
    default:
        return 0;
    }
}

static struct image_section *find_section(const struct maker *maker, uint32_t id)
{
    for (uint32_t i = 0; i < maker->base->image.section_count; i++) {
        if (maker->sections[i].id == id) {
            return &maker->sections[i];
        }
    }
    must(false);
    return NULL;
}

static struct image_string add_id(struct maker *maker, char kind, uint32_t number)
{
    char text[16];
    const struct image_section *section = find_section(maker, SECTION_STRINGS);
    const struct image_string id = {maker->base->string_size + maker->added_strings, ID_SIZE - 1};
    must(snprintf(text, sizeof text, "z%c%07u", kind, number) == (int)ID_SIZE - 1);
    memcpy(maker->bytes + section->offset + id.offset, text, ID_SIZE);
    maker->added_strings += ID_SIZE;
    return id;
}

static struct hash128 hash_of(const struct maker *maker, struct image_string id)
{
    return facts_hash(maker->bytes + find_section(maker, SECTION_STRINGS)->offset + id.offset,
                      id.size);
}

static void add_workers(struct maker *maker)
{
    struct city_person *rows = (void *)(maker->bytes + find_section(maker, CITY_PERSONS)->offset);
    for (uint32_t i = 0; i < maker->base->person_count && maker->options->workers > 0; i++) {
        rows[i].capacity = 0;
    }
    for (uint32_t i = 0; i < maker->options->workers; i++) {
        const bool is_rare = i % BENCH_RARE_EVERY == BENCH_RARE_AT;
        const struct image_string id = add_id(maker, 'w', i);
        rows[maker->base->person_count + i] =
            (struct city_person){.id_hash = hash_of(maker, id),
                                 .roles = is_rare      ? maker->gas_role
                                          : i % 5 == 4 ? maker->other_role
                                                       : maker->grid_role,
                                 .skills = is_rare ? maker->gas_skill : 0,
                                 .id = id,
                                 .name = id,
                                 .name_en = id,
                                 .rights = RIGHT_WORKER,
                                 .department = NONE32,
                                 .shift = NONE32,
                                 .capacity = 4,
                                 .home_cell = NONE32,
                                 .lon = PLACE_NONE,
                                 .lat = PLACE_NONE,
                                 .mode = maker->base->info->mode_default};
    }
}

static void add_devices(struct maker *maker)
{
    struct city_device *rows = (void *)(maker->bytes + find_section(maker, CITY_DEVICES)->offset);
    struct image_string *health =
        (void *)(maker->bytes + find_section(maker, CITY_DEVICE_HEALTH)->offset);
    for (uint32_t i = 0; i < maker->options->devices; i++) {
        struct city_device row = rows[i % maker->base->device_count];
        row.id = add_id(maker, 'd', i);
        row.id_hash = hash_of(maker, row.id);
        rows[maker->base->device_count + i] = row;
        health[maker->base->device_count + i] = health[i % maker->base->device_count];
    }
}

static uint64_t lay_out(struct maker *maker)
{
    const struct image *image = &maker->base->image;
    uint64_t offset = IMAGE_HEADER_SIZE + image->section_count * sizeof(struct image_section);
    memcpy(maker->sections, image->bytes + IMAGE_HEADER_SIZE,
           image->section_count * sizeof(struct image_section));
    for (uint32_t i = 0; i < image->section_count; i++) {
        struct image_section *section = &maker->sections[i];
        section->row_count += added_rows(maker->options, section->id);
        section->offset = (offset + 7) & ~UINT64_C(7);
        offset = section->offset + section->row_count * section->row_size;
    }
    return (offset + 7) & ~UINT64_C(7);
}

static void fill(struct maker *maker, uint64_t size)
{
    const struct image *image = &maker->base->image;
    memcpy(maker->bytes, image->bytes, IMAGE_HEADER_SIZE);
    memcpy(maker->bytes + 16, &size, sizeof size);
    memcpy(maker->bytes + IMAGE_HEADER_SIZE, maker->sections,
           image->section_count * sizeof(struct image_section));
    for (uint32_t i = 0; i < image->section_count; i++) {
        struct image_section old;
        memcpy(&old, image->bytes + IMAGE_HEADER_SIZE + i * sizeof old, sizeof old);
        memcpy(maker->bytes + maker->sections[i].offset, image->bytes + old.offset,
               old.row_count * old.row_size);
    }
    add_workers(maker);
    add_devices(maker);
    if (maker->options->forgets_at_once) {
        struct city_class *classes =
            (void *)(maker->bytes + find_section(maker, CITY_CLASSES)->offset);
        for (uint32_t i = 0; i < maker->base->class_count; i++) {
            classes[i].reopen_ms = 0;
        }
    }
    const struct hash128 digest = image_digest(maker->bytes, size);
    memcpy(maker->bytes + 24, &digest, sizeof digest);
}

enum err bench_image_new(const struct city *base, const struct bench_image_options *options,
                         void **out_bytes, size_t *out_size)
{
    struct maker maker = {
        .base = base,
        .options = options,
        .grid_role = bit_of(base, base->roles, base->role_count, "grid_worker"),
        .gas_role = bit_of(base, base->roles, base->role_count, "gas_crew"),
        .other_role = bit_of(base, base->roles, base->role_count, "traffic_officer"),
        .gas_skill = bit_of(base, base->skills, base->skill_count, "gas_emergency")};
    if (maker.grid_role == 0 || maker.gas_role == 0 || maker.other_role == 0 ||
        maker.gas_skill == 0) {
        return ERR_NOT_FOUND;
    }
    maker.sections = calloc(base->image.section_count, sizeof maker.sections[0]);
    const uint64_t size = maker.sections == NULL ? 0 : lay_out(&maker);
    maker.bytes = size == 0 ? NULL : aligned_alloc(64, (size + 63) & ~UINT64_C(63));
    block_enlarge(maker.bytes, size);
    if (maker.bytes == NULL) {
        free(maker.sections);
        return ERR_MEMORY;
    }
    memset(maker.bytes, 0, size);
    fill(&maker, size);
    free(maker.sections);
    *out_bytes = maker.bytes;
    *out_size = size;
    return ERR_OK;
}
