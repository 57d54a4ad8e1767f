/* outbox_file.h: bytes of the outbox file: a header, then checked records.
 *
 *   header   offset size
 *                 0    8  magic "GRIDBOX1"
 *                 8    8  epoch
 *                16    8  next_seq: number of the first batch cut in this file
 *                24    8  mark
 *                32    8  first_number: of the next item that follows
 *                40    8  XXH3-64 of bytes 0..40
 *
 *   record        0    4  payload size
 *                 4    1  kind (enum record_kind)
 *                 5    1  tag of an ITEM
 *                 6    1  1 = ITEM may be dropped
 *                 7    1  0
 *                 8    8  number: ITEM its number, CUT seq, DROP number, MARK value, DISSOLVE seq, RENEW epoch
 *                16    8  XXH3-64 of bytes 0..16 and the payload, seeded with the record's offset
 *                24    .  payload, zeroed up to a multiple of 8; of CUT: {u32 span, u32 0}
 *
 * Little-endian. The seed ties a record to its place, so that bytes left by an older file never pass for a record.
 *
 * The end: a record that does not check is a torn tail if no good record follows it anywhere; then it is cut. Else the
 * file is damaged and refused. (A flipped bit in the very last record cannot be told from a torn write; it is
 * reported as cut.)
 *
 * Errors  ERR_IO, ERR_NO_SPACE, ERR_CUT, ERR_BUSY, ERR_DAMAGED, ERR_VERSION */
#ifndef PROTO_CLIENT_OUTBOX_FILE_H
#define PROTO_CLIENT_OUTBOX_FILE_H

#include "engine/core/base.h"
#include "engine/core/err.h"

#define OUTBOX_HEADER_SIZE 48u
#define OUTBOX_RECORD_SIZE 24u
#define OUTBOX_ITEM_SIZE_MAX (64u << 10)

enum record_kind {
    RECORD_ITEM = 1,
    RECORD_CUT,
    RECORD_ACK,
    RECORD_DROP,
    RECORD_MARK,
    RECORD_DISSOLVE,
    RECORD_DISCARD,
    RECORD_RENEW,
    RECORD_KIND_LIMIT,
};

struct outbox_header {
    char magic[8];
    uint64_t epoch;
    uint64_t next_seq;
    uint64_t mark;
    uint64_t first_number;
    uint64_t digest;
};

struct outbox_record {
    uint32_t size;
    uint8_t kind;
    uint8_t tag;
    uint8_t is_droppable;
    uint8_t zero;
    uint64_t number;
    uint64_t digest;
};

_Static_assert(sizeof(struct outbox_header) == OUTBOX_HEADER_SIZE, "file layout");
_Static_assert(sizeof(struct outbox_record) == OUTBOX_RECORD_SIZE, "file layout");

/* Size of a payload on disk. */
static inline uint64_t outbox_padded(uint64_t size)
{
    return (size + 7) & ~UINT64_C(7);
}

/* Opens or creates, and locks. ERR_BUSY: another process has it. */
enum err outbox_file_open(const char *path, int *out_file, uint64_t *out_size) WARN_UNUSED;
enum err outbox_file_read(int file, void *bytes, uint64_t size, uint64_t offset) WARN_UNUSED;
enum err outbox_file_sync(int file) WARN_UNUSED;

/* Fills in magic and digest. */
enum err outbox_file_put_header(int file, struct outbox_header header) WARN_UNUSED;

/* Appends at *size, filling in the digest. After a failure the file is as long as before. */
enum err outbox_file_append(int file, uint64_t *size, struct outbox_record record,
                            const void *payload) WARN_UNUSED;

/* Syncs `file` (written as path.new), locks it and renames it over path. */
enum err outbox_file_replace(int file, const char *path_new, const char *path) WARN_UNUSED;

enum err outbox_file_check_header(const uint8_t *bytes, uint64_t size,
                                  struct outbox_header *out_header) WARN_UNUSED;

/* Is there a whole, checked record at offset? */
bool outbox_file_record_at(const uint8_t *bytes, uint64_t size, uint64_t offset,
                           struct outbox_record *out_record);

uint64_t outbox_record_digest(const struct outbox_record *record, const void *payload,
                              uint64_t offset);

#endif
