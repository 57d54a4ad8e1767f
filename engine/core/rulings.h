/* rulings.h: adjudication memory (确权): who answers for a class in a cell, or on an object, because it was ruled once.
 *
 * Shape   a ring of limits.rulings with an index; the oldest gives way to the newest
 * Cost    O(1)
 * Owner   struct core */
#ifndef ENGINE_CORE_RULINGS_H
#define ENGINE_CORE_RULINGS_H

#include "engine/core/state.h"

void rulings_init(struct rulings *rulings, struct arena *arena, const struct limits *limits);

/* The slot of the ruling that governs a case: on its object first, then on its cell; NONE32 if none. */
uint32_t rulings_find(const struct core *core, const struct case_row *row);

/* Remembers; is_about_object: for the object alone, else for the cell. False where the case has neither. */
bool rulings_put(struct core *core, const struct case_row *row, bool is_about_object,
                 const struct ruling_row *ruling);

/* Activation: row numbers follow the new image, those whose names are gone are forgotten. map: old row -> new. */
enum ruling_field { RULING_CELL, RULING_ASSET, RULING_CLASS, RULING_DEPARTMENT, RULING_POST };
void rulings_remap(struct rulings *rulings, enum ruling_field field, const uint32_t *map);

void rulings_check(const struct core *core);

#endif
