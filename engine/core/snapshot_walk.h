/* snapshot_walk.h: bytes of a snapshot, both ways: the same call writes a value or reads it.
 *
 * Owner   a walk borrows its sink or source; one of the two is set
 * Errors  the first one stays in err; afterwards values read are zero */
#ifndef ENGINE_CORE_SNAPSHOT_WALK_H
#define ENGINE_CORE_SNAPSHOT_WALK_H

#include "engine/core/command.h"
#include "engine/core/snapshot.h"

struct walk {
    const struct snapshot_sink *sink;     /* saving */
    const struct snapshot_source *source; /* loading */
    enum err err;                         /* the first; afterwards values read are zero */
    size_t used;                          /* saving: bytes waiting; loading: bytes taken */
    size_t size;                          /* loading: bytes in the buffer */
    uint8_t buffer[SNAPSHOT_PIECE_SIZE];
};

bool walk_is_loading(const struct walk *walk);
void walk_fail(struct walk *walk, enum err err);
void walk_flush(struct walk *walk);
void walk_refill(struct walk *walk);
void walk_bytes(struct walk *walk, void *bytes, size_t size);

/* Little-endian hosts only (base.h), so the bytes of a number are its encoding. */
void walk_u8(struct walk *walk, uint8_t *value);
void walk_u16(struct walk *walk, uint16_t *value);
void walk_u32(struct walk *walk, uint32_t *value);
void walk_u64(struct walk *walk, uint64_t *value);
void walk_i64(struct walk *walk, int64_t *value);
void walk_hash(struct walk *walk, struct hash128 *value);
void walk_no(struct walk *walk, struct case_no *no);
void walk_place(struct walk *walk, struct place *place);

/* A number of things, at most limit; nothing is walked after one that is larger. */
void walk_count(struct walk *walk, uint32_t *count, uint32_t limit);

/* snapshot_rounds.c */
struct rounds;
void walk_rounds(struct walk *walk, struct rounds *rounds);

/* A number that must be what the reader knows it to be. */
void walk_known(struct walk *walk, uint32_t known, enum err err);
/* {u8 is_used} of a slot; anything but 0 and 1 is malformed. */
void walk_is_used(struct walk *walk, uint32_t *is_used);

#endif
