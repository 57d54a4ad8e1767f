/* outputs.c: a byte ring of answers.
 *
 *   record: struct record_head, route bytes, answer bytes, padded to 8
 *
 * When the end of the ring is too short for a record, a skip record (route_size NONE32) fills it
 * and the record starts at 0. Truths checked by outputs_check(): (1) Walking count records and
 * their skips from head arrives at tail and passes used bytes. (2) Positions never decrease. */
#include "engine/edge/outputs.h"

#include <stdlib.h>

struct record_head {
    uint64_t total; /* bytes of the record, a multiple of 8 */
    uint64_t position;
    uint64_t size;       /* of the answer */
    uint32_t route_size; /* NONE32: a skipped end */
    uint32_t reserved;
};

enum err outputs_init(struct outputs *outputs, uint64_t capacity, uint32_t limit)
{
    must(capacity >= 4096);
    must(limit > 0);
    *outputs = (struct outputs){.capacity = capacity & ~UINT64_C(7), .limit = limit};
    outputs->ring = malloc(outputs->capacity);
    return outputs->ring == NULL ? ERR_MEMORY : ERR_OK;
}

void outputs_fini(struct outputs *outputs)
{
    free(outputs->ring);
    outputs->ring = NULL;
}

static struct record_head head_at(const struct outputs *outputs, uint64_t offset)
{
    struct record_head head;
    must(offset + 8 <= outputs->capacity);
    /* A skipped end may be shorter than a head: only `total` and the mark are then needed, and an
     * end shorter than that is told by its length alone. */
    if (outputs->capacity - offset < sizeof head) {
        return (struct record_head){.total = outputs->capacity - offset, .route_size = NONE32};
    }
    memcpy(&head, outputs->ring + offset, sizeof head);
    return head;
}

/* Where a record of that many bytes may start; false when there is no room. */
static bool make_room(struct outputs *outputs, uint64_t total)
{
    if (outputs->count == 0) {
        outputs->head = outputs->tail = outputs->used = 0;
    }
    uint64_t to_end = outputs->capacity - outputs->tail;
    if (total <= to_end) {
        return total <= outputs->capacity - outputs->used;
    }
    if (to_end + total > outputs->capacity - outputs->used) {
        return false;
    }
    if (to_end >= sizeof(struct record_head)) {
        struct record_head skip = {.total = to_end, .route_size = NONE32};
        memcpy(outputs->ring + outputs->tail, &skip, sizeof skip);
    }
    outputs->used += to_end;
    outputs->tail = 0;
    return true;
}

uint8_t *outputs_put(struct outputs *outputs, uint64_t position, const void *route,
                     uint32_t route_size, uint64_t size)
{
    must(route_size != NONE32);
    must(outputs->count == 0 || position >= outputs->last_position);
    uint64_t total = (sizeof(struct record_head) + route_size + size + 7) & ~UINT64_C(7);
    if (outputs->count == outputs->limit || total > outputs->capacity ||
        !make_room(outputs, total)) {
        return NULL;
    }
    struct record_head head = {
        .total = total, .position = position, .size = size, .route_size = route_size};
    uint8_t *at = outputs->ring + outputs->tail;
    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, route, route_size);
    outputs->tail += total;
    if (outputs->tail == outputs->capacity) {
        outputs->tail = 0;
    }
    outputs->used += total;
    outputs->count++;
    outputs->last_position = position;
    return at + sizeof head + route_size;
}

/* Steps over a skipped end. */
static uint64_t skip_end(const struct outputs *outputs, uint64_t offset)
{
    return head_at(outputs, offset).route_size == NONE32 ? 0 : offset;
}

bool outputs_peek(const struct outputs *outputs, uint64_t durable, struct output *out_output)
{
    if (outputs->count == 0) {
        return false;
    }
    uint64_t offset = skip_end(outputs, outputs->head);
    struct record_head head = head_at(outputs, offset);
    if (head.position > durable) {
        return false;
    }
    const uint8_t *route = outputs->ring + offset + sizeof head;
    *out_output = (struct output){.position = head.position,
                                  .route = route,
                                  .route_size = head.route_size,
                                  .bytes = route + head.route_size,
                                  .size = head.size};
    return true;
}

void outputs_drop(struct outputs *outputs)
{
    must(outputs->count > 0);
    uint64_t offset = skip_end(outputs, outputs->head);
    if (offset != outputs->head) {
        outputs->used -= outputs->capacity - outputs->head;
    }
    struct record_head head = head_at(outputs, offset);
    must(outputs->used >= head.total);
    outputs->used -= head.total;
    outputs->head = offset + head.total == outputs->capacity ? 0 : offset + head.total;
    outputs->count--;
}

void outputs_check(const struct outputs *outputs)
{
    uint64_t offset = outputs->head, passed = 0, position = 0;
    must(outputs->count <= outputs->limit);
    must(outputs->used <= outputs->capacity);
    for (uint32_t i = 0; i < outputs->count; i++) {
        uint64_t start = skip_end(outputs, offset);
        if (start != offset) {
            passed += outputs->capacity - offset;
        }
        struct record_head head = head_at(outputs, start);
        must(head.position >= position);
        position = head.position;
        passed += head.total;
        offset = start + head.total == outputs->capacity ? 0 : start + head.total;
    }
    must(outputs->count == 0 || offset == outputs->tail);
    must(outputs->count == 0 || passed == outputs->used);
}
