/* outbox.h: what has been promised and not yet acknowledged, in one append-only file.
 *
 * Items (packed events, acts) get numbers 1, 2, 3 ... A batch is a run of the oldest items under the next sequence
 * number; its borders are written before it is sent, so that a resend has the same number and the same bytes.
 * Everything the module holds is rebuilt from the file; a torn tail is cut and reported, damage anywhere else is
 * ERR_DAMAGED. Once acknowledged records outweigh the rest the file is rewritten beside and renamed.
 *
 * Shape   ring of 24-byte entries, one per waiting item; ring of batches; payloads stay in the file
 * Owner   one process (flock), one thread
 * Errors  ERR_FULL, ERR_IO, ERR_NO_SPACE, ERR_BUSY, ERR_DAMAGED, ERR_VERSION, ERR_MEMORY */
#ifndef PROTO_CLIENT_OUTBOX_H
#define PROTO_CLIENT_OUTBOX_H

#include "engine/core/base.h"
#include "engine/core/err.h"
#include "proto/client/outbox_file.h"

#define OUTBOX_BATCHES_MAX 64u

enum outbox_sync { OUTBOX_SYNC_BATCH = 0, OUTBOX_SYNC_EACH = 1, OUTBOX_SYNC_NONE = 2 };

struct outbox_options {
    uint64_t bytes_max; /* of waiting payload */
    uint32_t items_max;
    enum outbox_sync sync;
    uint64_t epoch; /* of a new file: its creation time in ms */
};

struct outbox_item {
    uint64_t offset; /* of the payload in the file */
    uint64_t number;
    uint32_t size;
    uint8_t tag;     /* the caller's: what kind of payload */
    bool is_dropped; /* keeps its place in the ring until the items before it are gone */
    bool is_droppable;
};

struct outbox_batch {
    uint64_t seq;
    uint32_t span;  /* ring entries, dropped ones included */
    uint32_t count; /* items in it */
};

struct outbox;

/* out_cut_size: bytes of a torn tail that were cut. */
enum err outbox_open(const char *path, const struct outbox_options *options,
                     struct outbox **out_outbox, uint64_t *out_cut_size) WARN_UNUSED;
void outbox_close(struct outbox *outbox);

/* ERR_FULL when items_max or bytes_max is reached: outbox_drop_oldest may make room. */
enum err outbox_put(struct outbox *outbox, uint8_t tag, bool is_droppable, const void *bytes,
                    uint32_t size, uint64_t *out_number) WARN_UNUSED;
/* Drops the oldest droppable item that is in no batch. ERR_NOT_FOUND. */
enum err outbox_drop_oldest(struct outbox *outbox, struct outbox_item *out_item) WARN_UNUSED;

/* Cuts the next batch: at most item_limit items and size_limit bytes (each item counted with overhead), at least one
 * item. Durable on return unless sync is NONE. ERR_NOT_FOUND: nothing waits; ERR_FULL: OUTBOX_BATCHES_MAX. */
enum err outbox_cut(struct outbox *outbox, uint32_t item_limit, uint32_t size_limit,
                    uint32_t overhead) WARN_UNUSED;
/* The oldest batch is done: its items are gone. */
enum err outbox_ack(struct outbox *outbox) WARN_UNUSED;
/* Forgets the borders of all batches from index on; their items wait again, their numbers are free. Only right when
 * the engine cannot have taken them. */
enum err outbox_dissolve(struct outbox *outbox, uint32_t batch_index) WARN_UNUSED;
/* Forgets the items of the batch as well (they were refused for good). Only the last batch. */
enum err outbox_discard_last(struct outbox *outbox) WARN_UNUSED;
/* All batches dissolve; numbering starts at 1 under a new, greater epoch. */
enum err outbox_renew(struct outbox *outbox, uint64_t epoch) WARN_UNUSED;
/* A number the caller wants back after a restart. */
enum err outbox_set_mark(struct outbox *outbox, uint64_t mark) WARN_UNUSED;
enum err outbox_sync(struct outbox *outbox) WARN_UNUSED;

uint64_t outbox_epoch(const struct outbox *outbox);
uint64_t outbox_next_seq(const struct outbox *outbox);
uint64_t outbox_next_number(const struct outbox *outbox);
uint64_t outbox_mark(const struct outbox *outbox);
uint32_t outbox_batch_count(const struct outbox *outbox);
struct outbox_batch outbox_batch_at(const struct outbox *outbox, uint32_t batch_index);
uint64_t outbox_waiting(const struct outbox *outbox); /* items not acknowledged, batched or not */
bool outbox_has_loose(const struct outbox *outbox);   /* items in no batch */
bool outbox_is_fresh(const struct outbox *outbox);    /* no batch was ever cut in this epoch */

/* The k-th item (0 ..< count) of a batch and its bytes. ERR_DAMAGED when they changed on disk. */
enum err outbox_read(const struct outbox *outbox, uint32_t batch_index, uint32_t item_index,
                     void *bytes, uint32_t capacity, struct outbox_item *out_item) WARN_UNUSED;

/* Walks the rings; must() fails on the first truth that does not hold. */
void outbox_check(const struct outbox *outbox);

#endif
