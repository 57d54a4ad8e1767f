/* names.c: see names.h. */
#include "engine/city/names.h"

#include <stdlib.h>

#include "engine/city/pool.h"
#include "engine/city/problems.h"

void names_init(struct names *names)
{
    *names = (struct names){.is_sorted = false};
}

void names_fini(struct names *names)
{
    free(names->entries);
    free(names->texts);
    names_init(names);
}

void names_add(struct names *names, const char *text, uint32_t source)
{
    must(!names->is_sorted);
    names->entries =
        pool_grow_rows(names->entries, sizeof *names->entries, names->count, &names->capacity);
    names->entries[names->count++] = (struct name_entry){text, source};
}

static int entry_compare(const void *a, const void *b)
{
    const struct name_entry *left = a;
    const struct name_entry *right = b;
    int order = strcmp(left->text, right->text);
    if (order != 0) {
        return order;
    }
    return left->source < right->source ? -1 : left->source > right->source;
}

void names_sort(struct names *names,
                void (*on_twice)(void *context, uint32_t source, uint32_t first_source),
                void *context)
{
    must(!names->is_sorted);
    if (names->count > 1) {
        qsort(names->entries, names->count, sizeof *names->entries, entry_compare);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < names->count; i++) {
        if (kept > 0 && strcmp(names->entries[kept - 1].text, names->entries[i].text) == 0) {
            if (on_twice != NULL) {
                on_twice(context, names->entries[i].source, names->entries[kept - 1].source);
            }
            continue;
        }
        names->entries[kept++] = names->entries[i];
    }
    names->count = kept;
    names->texts = calloc(kept == 0 ? 1 : kept, sizeof *names->texts);
    must(names->texts != NULL);
    for (uint32_t i = 0; i < kept; i++) {
        names->texts[i] = names->entries[i].text;
    }
    names->is_sorted = true;
}

uint32_t names_find(const struct names *names, const char *text)
{
    must(names->is_sorted);
    uint32_t low = 0;
    uint32_t high = names->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(names->texts[middle], text);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NONE32;
}

const char *names_nearest(const struct names *names, const char *text)
{
    must(names->is_sorted);
    return problems_nearest(text, names->texts, names->count);
}
