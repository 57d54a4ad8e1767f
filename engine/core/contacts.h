/* contacts.h: how reporters can be reached, sealed: the core holds ciphertext and the name of its key, never the words.
 *
 * A contact comes with an event, is kept with the case that the event opened or joined, and goes when somebody erases it
 * or the case leaves the engine. Whenever one is not kept an EFFECT_CONTACT says so: the holder of the keys then deletes
 * its key, and what the log and the snapshots still hold can be read by nobody.
 *
 * Shape   rows with a free list; one head per case slot: 0 = none, row + 1, CONTACTS_ERASED
 * Cost    O(contacts of the case), at most CASE_CONTACTS_MAX
 * Owner   struct core */
#ifndef ENGINE_CORE_CONTACTS_H
#define ENGINE_CORE_CONTACTS_H

#include "engine/core/state.h"

void contacts_init(struct contacts *contacts, struct arena *arena, const struct limits *limits);

/* The event was decided with that code, about that case (or none): keeps its contact with the case or lets it go. */
void contacts_settle(struct core *core, const struct event *event, enum code code,
                     struct case_no no);

/* An EVENTS command refused as a whole: its contacts are let go. */
void contacts_refuse(struct core *core, const struct command *command, enum code code);

/* Somebody wants to see or erase the contacts of that case: CODE_DONE, NO_CONTACT or CONTACT_ERASED. */
enum code contacts_ask(const struct core *core, uint32_t case_slot);

/* Lets go of all of a case: erased by somebody (ERASED, remembered) or because the case leaves (GONE). */
void contacts_drop_all(struct core *core, uint32_t case_slot, enum code code);

void contacts_check(const struct core *core);

/* The same of a snapshot just read, without must(). */
bool contacts_hold(const struct core *core);

#endif
