/* snapshot_offices.h: the part of a snapshot that holds disputes, rulings, files of objects and burdens.
 *
 * The layout is written at the top of snapshot.c. Internal to engine/core/. */
#ifndef ENGINE_CORE_SNAPSHOT_OFFICES_H
#define ENGINE_CORE_SNAPSHOT_OFFICES_H

#include "engine/core/snapshot_walk.h"
#include "engine/core/state.h"

void walk_disputes(struct walk *walk, struct core *core);
/* Rulings, objects, burdens. */
void walk_rings(struct walk *walk, struct core *core);

#endif
