/* outbox.c: the rings of an outbox, changed only by records. The file is outbox_file.h's.
 *
 * Each call writes its record first and then applies it with the very function the replay uses.
 *
 * Ring of items, oldest first; the first of them are in batches:
 *
 *   head                                                     head + used
 *    | batch 0 (span) | batch 1 (span) | loose ...             |
 *
 * Truths checked by outbox_check:
 *   (1) Spans of the batches add up to `batched`, which is at most `used`.
 *   (2) Sequence numbers of batches follow each other and the last is next_seq - 1.
 *   (3) live_count and live_bytes count the items that are not dropped. */
#include "proto/client/outbox.h"

#include "proto/client/outbox_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Rewriting is worth it once this much of the file is dead. */
#define DEAD_SIZE_MIN (1u << 20)

struct outbox {
    int file;
    char *path;
    struct outbox_options options;
    uint64_t epoch, next_seq, mark, next_number;
    uint64_t file_size;
    bool is_dirty;             /* written since the last sync */
    bool was_cut;              /* a batch was cut in this epoch */
    struct outbox_item *items; /* ring; numbers ascend */
    uint32_t capacity;   /* twice items_max: dropped entries keep their place until a rewrite */
    uint32_t head, used; /* entries */
    uint32_t batched;    /* of them in batches */
    uint64_t drop_from;  /* no loose item with a smaller number is droppable and not dropped */
    uint64_t live_count, live_bytes;
    struct outbox_batch batches[OUTBOX_BATCHES_MAX];
    uint32_t batch_count;
};

static struct outbox_item *item_at(const struct outbox *outbox, uint32_t index)
{
    must(index < outbox->used);
    return &outbox->items[(outbox->head + index) % outbox->capacity];
}

static enum err write_record(struct outbox *outbox, struct outbox_record record,
                             const void *payload)
{
    enum err err = outbox_file_append(outbox->file, &outbox->file_size, record, payload);
    outbox->is_dirty = true;
    return err;
}

enum err outbox_sync(struct outbox *outbox)
{
    if (!outbox->is_dirty || outbox->options.sync == OUTBOX_SYNC_NONE) {
        return ERR_OK;
    }
    enum err err = outbox_file_sync(outbox->file);
    outbox->is_dirty = err != ERR_OK;
    return err;
}

/* ---- what each record does to the rings; used by the calls and by the replay alike ---- */

static bool apply_item(struct outbox *outbox, const struct outbox_record *record,
                       uint64_t payload_offset)
{
    if (outbox->used == outbox->capacity || record->number < outbox->next_number) {
        return false;
    }
    outbox->used++;
    *item_at(outbox, outbox->used - 1) = (struct outbox_item){
        .offset = payload_offset,
        .number = record->number,
        .size = record->size,
        .tag = record->tag,
        .is_droppable = record->is_droppable != 0,
    };
    outbox->next_number = record->number + 1;
    outbox->live_count++;
    outbox->live_bytes += record->size;
    return true;
}

static bool apply_cut(struct outbox *outbox, uint64_t seq, uint32_t span)
{
    if (seq != outbox->next_seq || span == 0 || span > outbox->used - outbox->batched ||
        outbox->batch_count == OUTBOX_BATCHES_MAX) {
        return false;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < span; i++) {
        count += !item_at(outbox, outbox->batched + i)->is_dropped;
    }
    outbox->batches[outbox->batch_count++] = (struct outbox_batch){seq, span, count};
    outbox->batched += span;
    outbox->next_seq++;
    outbox->was_cut = true;
    return count > 0;
}

static void forget_front(struct outbox *outbox)
{
    const struct outbox_item *item = item_at(outbox, 0);
    if (!item->is_dropped) {
        outbox->live_count--;
        outbox->live_bytes -= item->size;
    }
    outbox->head = (outbox->head + 1) % outbox->capacity;
    outbox->used--;
}

/* Dropped items at the front of the ring need no place any more, unless a batch counts them. */
static void trim_front(struct outbox *outbox)
{
    while (outbox->batch_count == 0 && outbox->used > 0 && item_at(outbox, 0)->is_dropped) {
        forget_front(outbox);
    }
}

static bool apply_ack(struct outbox *outbox, uint64_t seq)
{
    if (outbox->batch_count == 0 || outbox->batches[0].seq != seq) {
        return false;
    }
    uint32_t span = outbox->batches[0].span;
    for (uint32_t i = 0; i < span; i++) {
        forget_front(outbox);
    }
    outbox->batched -= span;
    outbox->batch_count--;
    memmove(&outbox->batches[0], &outbox->batches[1],
            outbox->batch_count * sizeof(outbox->batches[0]));
    trim_front(outbox);
    return true;
}

static void drop_item(struct outbox *outbox, uint32_t index)
{
    struct outbox_item *item = item_at(outbox, index);
    item->is_dropped = true;
    outbox->live_count--;
    outbox->live_bytes -= item->size;
}

/* First loose entry whose number is not less than `number`; outbox->used if none. */
static uint32_t find_loose(const struct outbox *outbox, uint64_t number)
{
    uint32_t low = outbox->batched;
    uint32_t high = outbox->used;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (item_at(outbox, middle)->number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool apply_drop(struct outbox *outbox, uint64_t number)
{
    uint32_t index = find_loose(outbox, number);
    if (index == outbox->used || item_at(outbox, index)->number != number ||
        item_at(outbox, index)->is_dropped) {
        return false;
    }
    drop_item(outbox, index);
    trim_front(outbox);
    return true;
}

static bool apply_dissolve(struct outbox *outbox, uint64_t seq)
{
    uint32_t index = 0;
    while (index < outbox->batch_count && outbox->batches[index].seq != seq) {
        index++;
    }
    if (index == outbox->batch_count) {
        return false;
    }
    for (uint32_t i = index; i < outbox->batch_count; i++) {
        outbox->batched -= outbox->batches[i].span;
    }
    outbox->batch_count = index;
    outbox->next_seq = seq;
    outbox->drop_from = 0;
    trim_front(outbox);
    return true;
}

static bool apply_discard(struct outbox *outbox, uint64_t seq)
{
    if (outbox->batch_count == 0 || outbox->batches[outbox->batch_count - 1].seq != seq) {
        return false;
    }
    uint32_t span = outbox->batches[outbox->batch_count - 1].span;
    for (uint32_t i = outbox->batched - span; i < outbox->batched; i++) {
        if (!item_at(outbox, i)->is_dropped) {
            drop_item(outbox, i);
        }
    }
    return apply_dissolve(outbox, seq);
}

static bool apply_renew(struct outbox *outbox, uint64_t epoch)
{
    if (epoch <= outbox->epoch) {
        return false;
    }
    outbox->batch_count = 0;
    outbox->batched = 0;
    outbox->drop_from = 0;
    outbox->epoch = epoch;
    outbox->next_seq = 1;
    outbox->was_cut = false;
    trim_front(outbox);
    return true;
}

static bool apply(struct outbox *outbox, const struct outbox_record *record, const void *payload,
                  uint64_t offset)
{
    uint32_t span = 0;
    switch ((enum record_kind)record->kind) {
    case RECORD_ITEM:
        return apply_item(outbox, record, offset + OUTBOX_RECORD_SIZE);
    case RECORD_CUT:
        if (record->size != 8) {
            return false;
        }
        memcpy(&span, payload, sizeof(span));
        return apply_cut(outbox, record->number, span);
    case RECORD_ACK:
        return apply_ack(outbox, record->number);
    case RECORD_DROP:
        return apply_drop(outbox, record->number);
    case RECORD_MARK:
        outbox->mark = record->number;
        return true;
    case RECORD_DISSOLVE:
        return apply_dissolve(outbox, record->number);
    case RECORD_DISCARD:
        return apply_discard(outbox, record->number);
    case RECORD_RENEW:
        return apply_renew(outbox, record->number);
    case RECORD_KIND_LIMIT:
    default:
        return false;
    }
}

/* ---- reading a file back ---- */

/* A file may hold more than today's items_max: limits change between runs. Ring entries stand from 0 on then. */
static enum err make_room(struct outbox *outbox)
{
    if (outbox->used < outbox->capacity) {
        return ERR_OK;
    }
    uint32_t capacity = outbox->capacity * 2;
    struct outbox_item *items = calloc(capacity, sizeof(*items));
    if (items == NULL) {
        return ERR_MEMORY;
    }
    for (uint32_t i = 0; i < outbox->used; i++) {
        items[i] = *item_at(outbox, i);
    }
    free(outbox->items);
    outbox->items = items;
    outbox->capacity = capacity;
    outbox->head = 0;
    return ERR_OK;
}

static enum err replay(struct outbox *outbox, const uint8_t *bytes, uint64_t size,
                       uint64_t *out_cut_size)
{
    struct outbox_header header;
    enum err err = outbox_file_check_header(bytes, size, &header);
    if (err != ERR_OK) {
        return err;
    }
    outbox->epoch = header.epoch;
    outbox->next_seq = header.next_seq;
    outbox->was_cut = header.next_seq > 1;
    outbox->mark = header.mark;
    outbox->next_number = header.first_number;
    uint64_t offset = OUTBOX_HEADER_SIZE;
    struct outbox_record record;
    while (offset < size && outbox_file_record_at(bytes, size, offset, &record)) {
        err = make_room(outbox);
        if (err != ERR_OK) {
            return err;
        }
        if (!apply(outbox, &record, bytes + offset + OUTBOX_RECORD_SIZE, offset)) {
            return ERR_DAMAGED;
        }
        offset += OUTBOX_RECORD_SIZE + outbox_padded(record.size);
    }
    for (uint64_t later = offset + 8; later < size; later += 8) {
        if (outbox_file_record_at(bytes, size, later, &record)) {
            return ERR_DAMAGED;
        }
    }
    *out_cut_size = size - offset;
    outbox->file_size = offset;
    return ERR_OK;
}

static enum err load(struct outbox *outbox, uint64_t size, uint64_t *out_cut_size)
{
    uint8_t *bytes = malloc(size);
    if (bytes == NULL) {
        return ERR_MEMORY;
    }
    enum err err = outbox_file_read(outbox->file, bytes, size, 0);
    if (err == ERR_OK) {
        err = replay(outbox, bytes, size, out_cut_size);
    }
    free(bytes);
    if (err == ERR_OK && *out_cut_size > 0 &&
        ftruncate(outbox->file, (off_t)outbox->file_size) != 0) {
        err = ERR_IO;
    }
    return err;
}

/* ---- rewriting ---- */

/* Copies the waiting items and the borders of their batches, without what was dropped. New offsets go to
 * `offsets`, by ring index. */
static enum err copy_live(const struct outbox *outbox, int file, uint64_t *out_size,
                          uint64_t *offsets)
{
    uint8_t bytes[OUTBOX_ITEM_SIZE_MAX];
    for (uint32_t i = 0; i < outbox->used; i++) {
        const struct outbox_item *item = item_at(outbox, i);
        if (item->is_dropped) {
            continue;
        }
        offsets[i] = *out_size + OUTBOX_RECORD_SIZE;
        enum err err = outbox_file_read(outbox->file, bytes, item->size, item->offset);
        struct outbox_record record = {.size = item->size,
                                       .kind = RECORD_ITEM,
                                       .tag = item->tag,
                                       .is_droppable = item->is_droppable,
                                       .number = item->number};
        err = err != ERR_OK ? err : outbox_file_append(file, out_size, record, bytes);
        if (err != ERR_OK) {
            return err;
        }
    }
    for (uint32_t i = 0; i < outbox->batch_count; i++) {
        uint32_t payload[2] = {outbox->batches[i].count, 0};
        struct outbox_record record = {
            .size = 8, .kind = RECORD_CUT, .number = outbox->batches[i].seq};
        enum err err = outbox_file_append(file, out_size, record, payload);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* The rings as a replay of the rewritten file would make them. */
static void squeeze(struct outbox *outbox, const uint64_t *offsets)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < outbox->used; i++) {
        if (!item_at(outbox, i)->is_dropped) {
            *item_at(outbox, kept) = *item_at(outbox, i);
            item_at(outbox, kept)->offset = offsets[i];
            kept++;
        }
    }
    outbox->used = kept;
    outbox->batched = 0;
    for (uint32_t i = 0; i < outbox->batch_count; i++) {
        outbox->batches[i].span = outbox->batches[i].count;
        outbox->batched += outbox->batches[i].count;
    }
}

/* Number of the first item in the rewritten file; numbers are never given twice. */
static uint64_t first_number(const struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->used; i++) {
        if (!item_at(outbox, i)->is_dropped) {
            return item_at(outbox, i)->number;
        }
    }
    return outbox->next_number;
}

/* Writes path.new, syncs, locks and renames it over the old. On failure the old file stays in use. */
static enum err rewrite(struct outbox *outbox)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s.new", outbox->path) >= (int)sizeof(path)) {
        return ERR_TOO_LARGE;
    }
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return ERR_IO;
    }
    uint64_t size = OUTBOX_HEADER_SIZE;
    uint64_t *offsets = calloc((size_t)outbox->used + 1, sizeof(*offsets));
    struct outbox_header header = {
        .epoch = outbox->epoch,
        .next_seq = outbox->batch_count > 0 ? outbox->batches[0].seq : outbox->next_seq,
        .mark = outbox->mark,
        .first_number = first_number(outbox),
    };
    enum err err = offsets == NULL ? ERR_MEMORY : outbox_file_put_header(file, header);
    err = err != ERR_OK ? err : copy_live(outbox, file, &size, offsets);
    err = err != ERR_OK ? err : outbox_file_replace(file, path, outbox->path);
    if (err == ERR_OK) {
        squeeze(outbox, offsets);
        (void)close(outbox->file);
        outbox->file = file;
        outbox->file_size = size;
        outbox->is_dirty = false;
    } else {
        (void)close(file);
        (void)unlink(path);
    }
    free(offsets);
    return err;
}

static enum err rewrite_if_worth(struct outbox *outbox)
{
    uint64_t live_size = outbox->live_bytes + outbox->live_count * OUTBOX_RECORD_SIZE;
    if (outbox->file_size < live_size * 2 + DEAD_SIZE_MIN) {
        return ERR_OK;
    }
    return rewrite(outbox);
}

/* ---- life ---- */

enum err outbox_open(const char *path, const struct outbox_options *options,
                     struct outbox **out_outbox, uint64_t *out_cut_size)
{
    must(options->items_max > 0);
    must(options->items_max <= UINT32_MAX / 4);
    must(options->bytes_max > 0);
    struct outbox *outbox = calloc(1, sizeof(*outbox));
    if (outbox == NULL) {
        return ERR_MEMORY;
    }
    *outbox = (struct outbox){
        .file = -1, .options = *options, .epoch = options->epoch, .next_seq = 1, .next_number = 1};
    outbox->path = strdup(path);
    outbox->capacity = options->items_max * 2;
    outbox->items = calloc(outbox->capacity, sizeof(*outbox->items));
    uint64_t size = 0;
    uint64_t cut_size = 0;
    enum err err = outbox->path == NULL || outbox->items == NULL
                       ? ERR_MEMORY
                       : outbox_file_open(path, &outbox->file, &size);
    if (err == ERR_OK && size == 0) {
        /* A new file appears whole, by rename; an empty one is what a crash before that leaves. */
        err = rewrite(outbox);
    } else if (err == ERR_OK) {
        err = load(outbox, size, &cut_size);
    }
    if (err != ERR_OK) {
        outbox_close(outbox);
        return err;
    }
    outbox_check(outbox);
    *out_cut_size = cut_size;
    *out_outbox = outbox;
    return ERR_OK;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    if (outbox->file >= 0) {
        (void)close(outbox->file);
    }
    free(outbox->items);
    free(outbox->path);
    free(outbox);
}

/* ---- change ---- */

enum err outbox_put(struct outbox *outbox, uint8_t tag, bool is_droppable, const void *bytes,
                    uint32_t size, uint64_t *out_number)
{
    if (size > OUTBOX_ITEM_SIZE_MAX) {
        return ERR_TOO_LARGE;
    }
    if (outbox->live_count >= outbox->options.items_max || size > outbox->options.bytes_max ||
        outbox->live_bytes > outbox->options.bytes_max - size) {
        return ERR_FULL;
    }
    if (outbox->used == outbox->capacity) {
        enum err squeezed = rewrite(outbox);
        if (squeezed != ERR_OK) {
            return squeezed;
        }
    }
    struct outbox_record record = {.size = size,
                                   .kind = RECORD_ITEM,
                                   .tag = tag,
                                   .is_droppable = is_droppable,
                                   .number = outbox->next_number};
    uint64_t offset = outbox->file_size;
    enum err err = write_record(outbox, record, bytes);
    if (err != ERR_OK) {
        return err;
    }
    must(apply_item(outbox, &record, offset + OUTBOX_RECORD_SIZE));
    *out_number = record.number;
    return outbox->options.sync == OUTBOX_SYNC_EACH ? outbox_sync(outbox) : ERR_OK;
}

enum err outbox_drop_oldest(struct outbox *outbox, struct outbox_item *out_item)
{
    for (uint32_t i = find_loose(outbox, outbox->drop_from); i < outbox->used; i++) {
        struct outbox_item item = *item_at(outbox, i);
        if (item.is_dropped || !item.is_droppable) {
            continue;
        }
        enum err err = write_record(
            outbox, (struct outbox_record){.kind = RECORD_DROP, .number = item.number}, NULL);
        if (err != ERR_OK) {
            return err;
        }
        must(apply_drop(outbox, item.number));
        outbox->drop_from = item.number + 1;
        *out_item = item;
        return ERR_OK;
    }
    outbox->drop_from = outbox->next_number;
    return ERR_NOT_FOUND;
}

enum err outbox_cut(struct outbox *outbox, uint32_t item_limit, uint32_t size_limit,
                    uint32_t overhead)
{
    if (outbox->batch_count == OUTBOX_BATCHES_MAX) {
        return ERR_FULL;
    }
    uint32_t span = 0, count = 0;
    uint64_t size = 0;
    for (uint32_t i = outbox->batched; i < outbox->used && count < item_limit; i++) {
        const struct outbox_item *item = item_at(outbox, i);
        uint64_t item_size = item->is_dropped ? 0 : (uint64_t)item->size + overhead;
        if (count > 0 && size + item_size > size_limit) {
            break;
        }
        size += item_size;
        count += !item->is_dropped;
        span++;
    }
    if (count == 0) {
        return ERR_NOT_FOUND;
    }
    uint32_t payload[2] = {span, 0};
    struct outbox_record record = {
        .size = sizeof(payload), .kind = RECORD_CUT, .number = outbox->next_seq};
    enum err err = write_record(outbox, record, payload);
    if (err != ERR_OK) {
        return err;
    }
    must(apply_cut(outbox, record.number, span));
    return outbox_sync(outbox);
}

enum err outbox_ack(struct outbox *outbox)
{
    must(outbox->batch_count > 0);
    struct outbox_record record = {.kind = RECORD_ACK, .number = outbox->batches[0].seq};
    enum err err = write_record(outbox, record, NULL);
    if (err != ERR_OK) {
        return err;
    }
    must(apply_ack(outbox, record.number));
    return rewrite_if_worth(outbox);
}

enum err outbox_dissolve(struct outbox *outbox, uint32_t batch_index)
{
    must(batch_index < outbox->batch_count);
    struct outbox_record record = {.kind = RECORD_DISSOLVE,
                                   .number = outbox->batches[batch_index].seq};
    enum err err = write_record(outbox, record, NULL);
    if (err == ERR_OK) {
        must(apply_dissolve(outbox, record.number));
    }
    return err;
}

enum err outbox_discard_last(struct outbox *outbox)
{
    must(outbox->batch_count > 0);
    struct outbox_record record = {.kind = RECORD_DISCARD,
                                   .number = outbox->batches[outbox->batch_count - 1].seq};
    enum err err = write_record(outbox, record, NULL);
    if (err == ERR_OK) {
        must(apply_discard(outbox, record.number));
    }
    return err;
}

enum err outbox_renew(struct outbox *outbox, uint64_t epoch)
{
    must(epoch > outbox->epoch);
    struct outbox_record record = {.kind = RECORD_RENEW, .number = epoch};
    enum err err = write_record(outbox, record, NULL);
    if (err == ERR_OK) {
        must(apply_renew(outbox, epoch));
    }
    return err;
}

enum err outbox_set_mark(struct outbox *outbox, uint64_t mark)
{
    if (mark == outbox->mark) {
        return ERR_OK;
    }
    enum err err =
        write_record(outbox, (struct outbox_record){.kind = RECORD_MARK, .number = mark}, NULL);
    if (err != ERR_OK) {
        return err;
    }
    outbox->mark = mark;
    err = outbox_sync(outbox);
    return err != ERR_OK ? err : rewrite_if_worth(outbox);
}

/* ---- read ---- */

uint64_t outbox_epoch(const struct outbox *outbox)
{
    return outbox->epoch;
}

uint64_t outbox_next_seq(const struct outbox *outbox)
{
    return outbox->next_seq;
}

uint64_t outbox_next_number(const struct outbox *outbox)
{
    return outbox->next_number;
}

uint64_t outbox_mark(const struct outbox *outbox)
{
    return outbox->mark;
}

uint32_t outbox_batch_count(const struct outbox *outbox)
{
    return outbox->batch_count;
}

struct outbox_batch outbox_batch_at(const struct outbox *outbox, uint32_t batch_index)
{
    must(batch_index < outbox->batch_count);
    return outbox->batches[batch_index];
}

uint64_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->live_count;
}

bool outbox_has_loose(const struct outbox *outbox)
{
    uint64_t batched = 0;
    for (uint32_t i = 0; i < outbox->batch_count; i++) {
        batched += outbox->batches[i].count;
    }
    return outbox->live_count > batched;
}

bool outbox_is_fresh(const struct outbox *outbox)
{
    return !outbox->was_cut;
}

enum err outbox_read(const struct outbox *outbox, uint32_t batch_index, uint32_t item_index,
                     void *bytes, uint32_t capacity, struct outbox_item *out_item)
{
    must(batch_index < outbox->batch_count);
    must(item_index < outbox->batches[batch_index].count);
    uint32_t ring = 0;
    for (uint32_t i = 0; i < batch_index; i++) {
        ring += outbox->batches[i].span;
    }
    if (outbox->batches[batch_index].span == outbox->batches[batch_index].count) {
        ring += item_index;
        item_index = 0;
    }
    for (; item_at(outbox, ring)->is_dropped || item_index > 0; ring++) {
        item_index -= !item_at(outbox, ring)->is_dropped;
    }
    const struct outbox_item *item = item_at(outbox, ring);
    if (item->size > capacity) {
        return ERR_TOO_LARGE;
    }
    struct outbox_record record;
    enum err err =
        outbox_file_read(outbox->file, &record, sizeof(record), item->offset - OUTBOX_RECORD_SIZE);
    err = err != ERR_OK ? err : outbox_file_read(outbox->file, bytes, item->size, item->offset);
    if (err != ERR_OK) {
        return err;
    }
    if (record.size != item->size ||
        outbox_record_digest(&record, bytes, item->offset - OUTBOX_RECORD_SIZE) != record.digest) {
        return ERR_DAMAGED;
    }
    *out_item = *item;
    return ERR_OK;
}

void outbox_check(const struct outbox *outbox)
{
    uint32_t batched = 0;
    for (uint32_t i = 0; i < outbox->batch_count; i++) {
        batched += outbox->batches[i].span;
        must(outbox->batches[i].seq == outbox->next_seq - outbox->batch_count + i);
        must(outbox->batches[i].count > 0);
    }
    must(batched == outbox->batched);
    must(outbox->batched <= outbox->used);
    must(outbox->used <= outbox->capacity);
    uint64_t count = 0, bytes = 0;
    for (uint32_t i = 0; i < outbox->used; i++) {
        const struct outbox_item *item = item_at(outbox, i);
        must(item->number < outbox->next_number);
        count += !item->is_dropped;
        bytes += item->is_dropped ? 0 : item->size;
    }
    must(count == outbox->live_count);
    must(bytes == outbox->live_bytes);
}
