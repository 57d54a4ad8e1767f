/* keyring.h: which public key may speak for which identity. To the core a key is 32 bytes: the shell proves that a sender holds it
 * (engine/edge/seals.h), the core keeps who registered it, when, and that it was revoked.
 *
 *   free --KEY_REGISTER--> active --KEY_REVOKE--> revoked      a revoked key is never active again; its row makes way, oldest first,
 *                                                              only when the table is full
 *
 * Who may   an administrator, for every gateway and person of the city; and whoever has an active key, for its own identity, so that
 *           keys can be changed without one
 * Cost      O(1); O(keys of the limit) to register and revoke */
#ifndef ENGINE_CORE_KEYRING_H
#define ENGINE_CORE_KEYRING_H

#include "engine/core/state.h"

#define KEYS_PER_IDENTITY                                                                          \
    4u /* active at once: the one in use, its follower, and two of other machines */

void keyring_init(struct keyring *keys, struct arena *arena, const struct limits *limits);

bool keyring_takes_act(const struct act_body *body);

/* The public key is the act's two digests of evidence. KEY_REGISTER: subject is the identity. KEY_REVOKE: a reason is needed. DONE, also for
 * what is so already; NO_RIGHT, BAD_KEY, UNKNOWN_IDENTITY, KEY_REVOKED, UNKNOWN_KEY, TABLE_FULL, REASON_NEEDED. */
enum code keyring_act(struct core *core, uint32_t worker, const struct command *command);

/* Rebuilds what follows from rows as loaded; false: they cannot be true. */
bool keyring_index(struct keyring *keys) WARN_UNUSED;
void keyring_check(const struct core *core);

#endif
