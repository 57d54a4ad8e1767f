/* rulings.c: see rulings.h. Keys are made of codes, so that they outlive a change of the city. */
#include "engine/core/rulings.h"

enum key_salt { SALT_CELL = 11, SALT_OBJECT = 12 };

void rulings_init(struct rulings *rulings, struct arena *arena, const struct limits *limits)
{
    rulings->rows = arena_take(arena, sizeof(struct ruling_row), limits->rulings);
    ring_init(&rulings->ring, arena, limits->rulings);
}

static struct hash128 add_text(struct hash128 hash, const struct city *city, struct image_string s)
{
    return hash128_join(hash, state_hash_text(city_text(city, s), s.size));
}

/* None where the case lacks what the key is made of. */
static struct hash128 key_of(const struct city *city, const struct case_row *row, bool is_object)
{
    const uint32_t at = is_object ? row->asset : row->cell;
    if (at == NONE32 || row->class_row == NONE32) {
        return (struct hash128){0, 0};
    }
    const struct image_string code = is_object ? city->assets[at].code : city->cells[at].code;
    const struct hash128 base = {is_object ? SALT_OBJECT : SALT_CELL, 0};
    return add_text(add_text(base, city, code), city, city->classes[row->class_row].code);
}

uint32_t rulings_find(const struct core *core, const struct case_row *row)
{
    const struct ring *ring = &core->rulings.ring;
    const struct city *city = state_city(core);
    if (ring->index.count == 0) {
        return NONE32; /* before the first ruling no key need be made */
    }
    const struct hash128 object = key_of(city, row, true);
    const struct hash128 cell = key_of(city, row, false);
    const uint32_t slot = hash128_is_none(object) ? NONE32 : ring_find(ring, object);
    if (slot != NONE32) {
        return slot;
    }
    return hash128_is_none(cell) ? NONE32 : ring_find(ring, cell);
}

bool rulings_put(struct core *core, const struct case_row *row, bool is_about_object,
                 const struct ruling_row *ruling)
{
    const struct hash128 key = key_of(state_city(core), row, is_about_object);
    if (hash128_is_none(key)) {
        return false;
    }
    bool is_new;
    const uint32_t slot = ring_take(&core->rulings.ring, key, &is_new);
    struct ruling_row *put = &core->rulings.rows[slot];
    *put = *ruling;
    put->cell = is_about_object ? NONE32 : row->cell;
    put->asset = is_about_object ? row->asset : NONE32;
    put->class_row = row->class_row;
    put->used_count = 0;
    return true;
}

static uint32_t *field_of(struct ruling_row *row, enum ruling_field field)
{
    switch (field) {
    case RULING_CELL:
        return &row->cell;
    case RULING_ASSET:
        return &row->asset;
    case RULING_CLASS:
        return &row->class_row;
    case RULING_DEPARTMENT:
        return &row->department;
    case RULING_POST:
        return &row->post;
    default:
        must(false);
        return NULL;
    }
}

void rulings_remap(struct rulings *rulings, enum ruling_field field, const uint32_t *map)
{
    for (uint32_t slot = 0; slot < rulings->ring.high; slot++) {
        uint32_t *value = field_of(&rulings->rows[slot], field);
        if (!ring_has(&rulings->ring, slot) || *value == NONE32) {
            continue;
        }
        *value = map[*value];
        if (*value == NONE32) {
            ring_drop(&rulings->ring, slot);
        }
    }
}

void rulings_check(const struct core *core)
{
    const struct city *city = state_city(core);
    ring_check(&core->rulings.ring);
    for (uint32_t slot = 0; slot < core->rulings.ring.high; slot++) {
        const struct ruling_row *row = &core->rulings.rows[slot];
        if (ring_has(&core->rulings.ring, slot)) {
            must((row->cell == NONE32) != (row->asset == NONE32));
            must(row->cell == NONE32 || row->cell < city->cell_count);
            must(row->asset == NONE32 || row->asset < city->asset_count);
            must(row->class_row < city->class_count && row->post < city->post_count);
            must(row->department < city->department_count);
        }
    }
}
