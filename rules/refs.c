/* refs.c: one sorted array of (name, row) per kind. */
#include "rules/refs.h"

#include "engine/city/problems.h"

#include <stdlib.h>

struct ref_entry {
    const char *name;
    uint32_t row;
};

struct ref_table {
    const char **sorted; /* names, ascending; equal names by row */
    uint32_t *rows;      /* beside sorted */
    uint32_t count;
};

struct refs {
    struct ref_table tables[REF_KIND_COUNT];
};

static int entry_compare(const void *left, const void *right)
{
    const struct ref_entry *a = left;
    const struct ref_entry *b = right;
    int order = strcmp(a->name, b->name);
    if (order != 0) {
        return order;
    }
    return a->row < b->row ? -1 : a->row > b->row;
}

static uint32_t table_size(const struct city *city, enum ref_kind kind)
{
    switch (kind) {
    case REF_DEPARTMENT:
        return city->department_count;
    case REF_POST:
        return city->post_count;
    case REF_CALENDAR:
        return city->calendar_count;
    case REF_AREA:
        return city->area_count;
    case REF_CLASS:
        return city->class_count;
    case REF_ASSET_KIND:
        return city->asset_kind_count;
    case REF_ROLE:
        return city->role_count;
    case REF_SKILL:
        return city->skill_count;
    case REF_KIND_COUNT:
    default:
        must(false);
        return 0;
    }
}

static struct image_string table_name(const struct city *city, enum ref_kind kind, uint32_t row)
{
    switch (kind) {
    case REF_DEPARTMENT:
        return city->departments[row].code;
    case REF_POST:
        return city->posts[row].code;
    case REF_CALENDAR:
        return city->calendars[row].name;
    case REF_AREA:
        return city->areas[row].name;
    case REF_CLASS:
        return city->classes[row].code;
    case REF_ASSET_KIND:
        return city->asset_kinds[row];
    case REF_ROLE:
        return city->roles[row];
    case REF_SKILL:
        return city->skills[row];
    case REF_KIND_COUNT:
    default:
        must(false);
        return (struct image_string){0, 0};
    }
}

struct refs *refs_new(struct arena *arena, const struct city *city)
{
    struct refs *refs = arena_take(arena, sizeof *refs);
    for (int kind = 0; kind < REF_KIND_COUNT; kind++) {
        struct ref_table *table = &refs->tables[kind];
        table->count = table_size(city, (enum ref_kind)kind);
        struct ref_entry *entries = arena_take(arena, table->count * sizeof entries[0]);
        for (uint32_t row = 0; row < table->count; row++) {
            struct image_string name = table_name(city, (enum ref_kind)kind, row);
            entries[row].name = arena_text(arena, city_text(city, name), name.size);
            entries[row].row = row;
        }
        if (table->count > 0) {
            qsort(entries, table->count, sizeof entries[0], entry_compare);
        }
        table->sorted = arena_take(arena, table->count * sizeof table->sorted[0]);
        table->rows = arena_take(arena, table->count * sizeof table->rows[0]);
        for (uint32_t i = 0; i < table->count; i++) {
            table->sorted[i] = entries[i].name;
            table->rows[i] = entries[i].row;
        }
    }
    return refs;
}

uint32_t refs_find(const struct refs *refs, enum ref_kind kind, const char *name,
                   const uint32_t **out_rows)
{
    const struct ref_table *table = &refs->tables[kind];
    uint32_t low = 0;
    uint32_t high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(table->sorted[middle], name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t count = 0;
    while (low + count < table->count && strcmp(table->sorted[low + count], name) == 0) {
        count++;
    }
    if (count > 0) {
        *out_rows = table->rows + low;
    }
    return count;
}

const char *refs_nearest(const struct refs *refs, enum ref_kind kind, const char *name)
{
    const struct ref_table *table = &refs->tables[kind];
    return problems_nearest(name, table->sorted, table->count);
}
