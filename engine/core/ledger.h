/* ledger.h: the file of an object (一物一档): the newest cases about an asset or registry row, and who goes there anyway.
 *
 * Permits are in the city image (CITY_PERMITS); the full story of a case is in the history. What is kept here is what
 * deciding needs: whether somebody is on his way to the same object already.
 *
 * Shape   a ring of limits.objects with an index
 * Cost    O(1), O(OBJECT_CASES_MAX x orders of a case) for visitors
 * Owner   struct core */
#ifndef ENGINE_CORE_LEDGER_H
#define ENGINE_CORE_LEDGER_H

#include "engine/core/state.h"

void ledger_init(struct objects *objects, struct arena *arena, const struct limits *limits);

/* The case is about its asset: opened, or as its end. Nothing where it has none. */
void ledger_note(struct core *core, const struct case_row *row);

/* Slot of the object's file, or NONE32. */
uint32_t ledger_find(const struct core *core, uint32_t asset);

/* Who has an active handling order on another open case about the same object. */
struct visitor {
    uint32_t worker; /* slot */
    uint64_t order;  /* number */
};
uint32_t ledger_visitors(const struct core *core, const struct case_row *row,
                         struct visitor out[OBJECT_CASES_MAX]);

/* The order by which that worker goes to the same object anyway, 0 = none. */
uint64_t ledger_visit(const struct core *core, const struct case_row *row, uint32_t worker);

/* The permit that what this case asks for would end, granted by another department and not ruled on yet; NONE32. */
uint32_t ledger_find_conflict(const struct core *core, const struct case_row *row);

/* Activation, as in rulings.h. */
void ledger_remap_assets(struct objects *objects, const uint32_t *map);
void ledger_remap_classes(struct objects *objects, const uint32_t *map);

void ledger_check(const struct core *core);

#endif
