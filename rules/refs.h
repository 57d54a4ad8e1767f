/* refs.h: finds the rows of a city by the names that rules use, and the nearest name for a wrong one.
 *
 * Cost    one sort per table when made; O(log rows) to find; O(rows) for the nearest
 * Owner   lives in the arena; borrows from the city */
#ifndef RULES_REFS_H
#define RULES_REFS_H

#include "engine/core/city.h"
#include "rules/arena.h"

enum ref_kind {
    REF_DEPARTMENT,
    REF_POST,
    REF_CALENDAR,
    REF_AREA,
    REF_CLASS,
    REF_ASSET_KIND,
    REF_ROLE,
    REF_SKILL,
    REF_KIND_COUNT
};

struct refs;

struct refs *refs_new(struct arena *arena, const struct city *city);

/* Rows of that name, ascending (an area's name may be shared); returns how many, *out_rows borrowed. */
uint32_t refs_find(const struct refs *refs, enum ref_kind kind, const char *name,
                   const uint32_t **out_rows);

/* The nearest name of that kind, or NULL. */
const char *refs_nearest(const struct refs *refs, enum ref_kind kind, const char *name);

#endif
