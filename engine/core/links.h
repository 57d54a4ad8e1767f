/* links.h: cases and other cases: merging by hand, replacing, splitting, children, relations.
 *
 * A MERGED case names its survivor, and whoever asks for the one is shown the other. A child hangs in its parent's chain; a parent
 * with an open child does not close. Children have no children. Relations are told in both stories and bind nothing. */
#ifndef ENGINE_CORE_LINKS_H
#define ENGINE_CORE_LINKS_H

#include "engine/core/acts.h"

/* MERGE_INTO and REPLACE, SPLIT, LINK_CHILD, UNLINK_CHILD, RELATE. The other case is in the engine and not this one. */
enum code links_merge(const struct act *act, uint32_t case_slot, uint32_t other);
enum code links_split(const struct act *act, uint32_t case_slot);
enum code links_take_child(const struct act *act, uint32_t case_slot, uint32_t other);
enum code links_let_child_go(const struct act *act, uint32_t case_slot, uint32_t other);
enum code links_relate(const struct act *act, uint32_t case_slot, uint32_t other);

/* Is a child of the case still open? */
bool links_has_open_child(const struct core *core, const struct case_row *row);

/* The case leaves the engine: no chain names its slot any more. */
void links_forget(struct core *core, uint32_t case_slot);

/* The case that a merged one went into, as far as the engine still holds them; the case itself otherwise. */
uint32_t links_follow(const struct core *core, uint32_t case_slot);
struct case_no links_follow_no(const struct core *core, struct case_no no);

/* Chains of children: every link answered, one level deep. Walked by core_check and by snapshots. */
bool links_hold(const struct core *core);

#endif
