/* evidence.h: DATA/evidence: photos and files by digest, outside the log.
 *
 *   evidence/ab/cdef...   the bytes as sent; the name is their BLAKE2b-128 in hex and nothing anybody sent
 *   evidence/index        a line per file: digest, owner, size, log time; the quotas are counted from it
 *
 * A file is on disk, under its name and in the index, before it is answered STORED; the same bytes again are answered so
 * at once. Files that the index does not know were never acknowledged and go at the next start.
 *
 * Owner   opened and closed on the engine thread; put and expire on one thread at a time, which may be another
 * Cost    one digest, one write, three syncs a file
 * Errors  codes of the protocol; a disk error is EVIDENCE_FULL with a reason, never a stop of the engine */
#ifndef ENGINE_SHELL_EVIDENCE_H
#define ENGINE_SHELL_EVIDENCE_H

#include "engine/core/code.h"
#include "engine/edge/node.h"
#include "engine/shell/data_directory.h"

#define EVIDENCE_NAME_SIZE 64u /* "evidence/ab/<30 hex>" and its end */
#define EVIDENCE_WHY_SIZE 96u

struct evidence_limits {
    uint64_t total_bytes;
    uint64_t owner_bytes; /* of one identity */
    int64_t keep_ms;      /* by log time; 0 = for ever */
};
static inline struct evidence_limits evidence_limits_default(void)
{
    return (struct evidence_limits){UINT64_C(10) << 30, UINT64_C(1) << 30, 0};
}

struct evidence_store; /* opaque */

enum err evidence_open(const char *data, const struct evidence_limits *limits,
                       struct evidence_store **out_evidence,
                       struct data_fault *out_fault) WARN_UNUSED;
void evidence_close(struct evidence_store *evidence); /* NULL is fine */

/* STORED, BAD_DIGEST or EVIDENCE_FULL; why names the quota or the error. */
enum code evidence_put(struct evidence_store *evidence, const struct node_blob *blob,
                       char why[EVIDENCE_WHY_SIZE]);

/* Removes what is older than keep_ms; how many files went. */
uint32_t evidence_expire(struct evidence_store *evidence, int64_t now_ms);

struct evidence_copied {
    uint32_t files, left_out; /* left out: damaged in `from`, told on standard error */
    uint64_t bytes;
};

/* The store of a data directory into another that has none, also while an engine runs on `from`: files never change once they have
 * their name, so those that the index names now are copied, each with its digest checked; what expires meanwhile is not missed.
 * Taken after the log, it has every file that an act in that log names. ERR_NOT_FOUND: there is no store. */
enum err evidence_copy(const char *from, const char *to, struct evidence_copied *out_copied,
                       struct data_fault *out_fault) WARN_UNUSED;

/* "evidence/ab/cdef..." */
void evidence_name(const uint8_t digest[NODE_DIGEST_SIZE], char out[EVIDENCE_NAME_SIZE]);

#endif
