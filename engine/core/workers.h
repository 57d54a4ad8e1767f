/* workers.h: everyone who may take orders or act: presence, position, load, items for their app.
 *
 * Whoever takes orders is in the grid (grid.h) at the last fix, else at the base, else in the home cell.
 *
 * Owner   struct core */
#ifndef ENGINE_CORE_WORKERS_H
#define ENGINE_CORE_WORKERS_H

#include "engine/core/state.h"

void workers_init(struct workers *workers, struct arena *arena, const struct limits *limits);

/* Is there room for the city's persons beside those who left? */
bool workers_fit(const struct core *core, const struct city *city);

/* Takes over the persons of the active city, which fit: keeps rows of those known by id, adds the rest, marks who left,
 * rebuilds the grid. */
void workers_adopt(struct core *core);

/* Rebuilds what follows from the rows and the active city, which both have just been read back: index and grid. False
 * when two rows are of one identity or of one person. */
bool workers_index(struct core *core);

/* Slot of an identity, or NONE32. */
uint32_t workers_find(const struct workers *workers, struct hash128 id_hash);

/* The image row, or NULL when the person left the city. */
static inline const struct city_person *worker_person(const struct core *core, uint32_t slot)
{
    must(slot < core->workers.count);
    const uint32_t person = core->workers.rows[slot].person;
    return person == NONE32 ? NULL : &state_city(core)->persons[person];
}

/* Presence and perhaps a fix. A fix is kept on shift only; the first sign of life off shift forgets the last one. */
void worker_seen(struct core *core, uint32_t slot, uint32_t status, struct place fix,
                 int64_t fix_at_ms);

/* Is the fix fresh enough to be believed? */
static inline bool worker_has_fresh_fix(const struct core *core, const struct worker_row *row)
{
    return place_is_known(row->fix) &&
           sub_clamped(core->now_ms, row->fix_at_ms) <= state_policy(core)->info->stale_fix_ms;
}

/* On shift by calendar, whatever the person says. */
bool worker_is_in_hours(const struct core *core, uint32_t slot);

/* On shift by calendar and not signed off. */
bool worker_is_on_shift(const struct core *core, uint32_t slot);

/* Appends an item for the app and emits it. A full ring forgets its oldest. */
void worker_tell(struct core *core, uint32_t slot, enum item_kind kind, uint64_t order,
                 enum code code);

/* Unacknowledged items. */
static inline uint32_t worker_item_count(const struct worker_row *row)
{
    return (uint32_t)min_i64((int64_t)(row->item_seq_last - row->item_seq_taken), WORKER_ITEMS_MAX);
}

void workers_check(const struct core *core);

#endif
