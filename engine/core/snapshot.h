/* snapshot.h: the whole state of a core as a stream of bytes, and back.
 *
 * What comes back is the core that was saved: core_digest is equal, and the same commands give the same effects from
 * there on. Slots, chains, free lists and the order of the timer heap are kept; hash tables are built anew from the
 * rows. Images are not in the stream, only their digests. The layout is described at the top of snapshot.c.
 *
 * Owner   nothing is allocated and nothing kept; 4 KiB of stack
 * Cost    O(rows in use), one pass and one core_digest each way
 * Errors  of core_load: ERR_MALFORMED for bytes that no core_save has written (bounds, links and the digest are all
 *         checked: hostile bytes do no worse), ERR_CUT, ERR_VERSION, ERR_MISMATCH (other limits or images than
 *         given). After any of them the block holds half a core: the caller runs core_init on it again */
#ifndef ENGINE_CORE_SNAPSHOT_H
#define ENGINE_CORE_SNAPSHOT_H

#include "engine/core/core.h"

#define SNAPSHOT_CORE_VERSION 17u

/* Takes the next bytes; size is at most SNAPSHOT_PIECE_SIZE. What it returns ends the save unless it is ERR_OK. */
#define SNAPSHOT_PIECE_SIZE 4096u
struct snapshot_sink {
    enum err (*write)(void *context, const void *bytes, size_t size);
    void *context;
};

/* Gives the next 1 to size bytes; ERR_CUT when there are none. */
struct snapshot_source {
    enum err (*read)(void *context, void *bytes, size_t size, size_t *out_size);
    void *context;
};

/* Not inside a step. *out_digest: core_digest, which the stream ends with. */
enum err core_save(const struct core *core, const struct snapshot_sink *sink,
                   struct hash128 *out_digest) WARN_UNUSED;

/* Into a core fresh from core_init with the same limits; when the saved core had images, that very pair has been
 * staged. The stream must end where the state does. *out_digest: core_digest, as it was saved. */
enum err core_load(struct core *core, const struct snapshot_source *source,
                   struct hash128 *out_digest) WARN_UNUSED;

#endif
