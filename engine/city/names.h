/* names.h: a sorted list of names with the place each came from; a name's rank is its row.
 *
 * Cost    add O(1), sort once O(n log n), find O(log n)
 * Owner   init/fini; texts are borrowed and must outlive the list */
#ifndef ENGINE_CITY_NAMES_H
#define ENGINE_CITY_NAMES_H

#include <stdint.h>

#include "engine/core/base.h"

struct name_entry {
    const char *text;
    uint32_t source; /* what the caller gave with it */
};

struct names {
    struct name_entry *entries;
    const char **texts; /* the same, for problems_nearest */
    uint32_t count;
    uint32_t capacity;
    bool is_sorted;
    bool is_incomplete; /* its file had problems: a name that is not here may well exist */
};

void names_init(struct names *names);
void names_fini(struct names *names);

void names_add(struct names *names, const char *text, uint32_t source);

/* Sorts by bytes, then source. Of equal names the first source stays; on_twice is told of each other one. */
void names_sort(struct names *names,
                void (*on_twice)(void *context, uint32_t source, uint32_t first_source),
                void *context);

/* Rank, or NONE32. The list is sorted. */
uint32_t names_find(const struct names *names, const char *text);

/* The known name nearest to a wrong one, or NULL. */
const char *names_nearest(const struct names *names, const char *text);

#endif
