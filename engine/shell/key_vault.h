/* key_vault.h: DATA/keys.db: one key per reporter's contact. Who deletes a key erases the contact, wherever its ciphertext lies.
 *
 *   at start   open -> recover the log with the vault looking on -> key_vault_settle: keys that no contact of the core
 *              needs are deleted (erased, refused, left behind by a crash)
 *   running    keys are made ahead, POOL_SIZE in one synced transaction, and given out one by one: a key is on disk
 *              before anything sealed with it can be logged
 *   erasing    EFFECT_CONTACT -> durable -> deleted and synced before the answer leaves
 *
 * The database belongs to one log and is refused with another. Pages that held a key are overwritten (secure_delete), the
 * WAL is written back and cut; what the file system or the drive keeps of old blocks is out of reach. Who reads the database stops
 * nothing; as long as he does, bytes of deleted keys may stand in it, and the vault tries again at each write and tidying.
 *
 * Owner   engine thread; a reader in another process opens it read-only
 * Errors  with a sentence in struct data_fault; after the first failed write every call fails and the engine must stop */
#ifndef ENGINE_SHELL_KEY_VAULT_H
#define ENGINE_SHELL_KEY_VAULT_H

#include "engine/core/core.h"
#include "engine/edge/contact.h"
#include "engine/shell/data_directory.h"

struct key_vault; /* opaque */

enum err key_vault_open(const char *data, uint64_t log_salt, struct key_vault **out_vault,
                        struct data_fault *out_fault) WARN_UNUSED;
/* For looking on only. ERR_NOT_FOUND: no keys.db, or not readable for this user. */
enum err key_vault_read(const char *data, struct key_vault **out_vault) WARN_UNUSED;
void key_vault_close(
    struct key_vault *vault); /* NULL is fine. What is still due goes at the next start */

/* take is NULL of a vault opened for reading. */
struct contact_keys key_vault_keys(struct key_vault *vault);

/* An observer's word (node_observe): what must be deleted once that position is durable. */
void key_vault_see(void *context, uint64_t position, const struct effect *effect);
enum err key_vault_durable(struct key_vault *vault, uint64_t position) WARN_UNUSED;

/* Deletes what was refused or left with its case up to that durable position; now and then, for it may wait. */
enum err key_vault_tidy(struct key_vault *vault, uint64_t position) WARN_UNUSED;

/* After recovery. *out_missing: contacts whose key is gone, as if erased. */
enum err key_vault_settle(struct key_vault *vault, const struct core *core, uint32_t *out_missing,
                          struct data_fault *out_fault) WARN_UNUSED;

/* Are the bytes of all deleted keys gone? Not while another process reads the database. */
bool key_vault_is_cut(const struct key_vault *vault);

/* The first error, with its sentence. */
enum err key_vault_failure(const struct key_vault *vault);
const char *key_vault_why(const struct key_vault *vault);

#endif
