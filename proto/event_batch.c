/* event_batch.c: see event_batch.h.
 *
 * A string's terminator takes the place of the first byte behind it, which is the next tag: so it is written once that tag has
 * been read. One terminator at most is owed at any time, and the copy has one byte more than the original. */
#include "proto/event_batch.h"

#include "proto/wire.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

#define TAG(field, type) ((uint32_t)(field) << 3 | (uint32_t)(type))

struct cursor {
    uint8_t *at;
    uint8_t *owed; /* the place of a terminator, NULL = none */
    struct codec_arena *arena;
};

/* One field may stand once; bit per field number. */
static bool is_first(uint32_t *seen, uint32_t field)
{
    const uint32_t bit = 1u << field;
    const bool was_there = (*seen & bit) != 0;
    *seen |= bit;
    return !was_there;
}

static bool read_long_varint(struct cursor *cursor, const uint8_t *end, uint64_t *out_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && cursor->at < end; shift += 7) {
        const uint8_t byte = *cursor->at++;
        if (shift == 63 && byte > 1) {
            return false;
        }
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out_number = number;
            return true;
        }
    }
    return false;
}

/* Most are of one byte. */
static inline bool read_varint(struct cursor *cursor, const uint8_t *end, uint64_t *out_number)
{
    if (cursor->at < end && *cursor->at < 0x80) {
        *out_number = *cursor->at++;
        return true;
    }
    return read_long_varint(cursor, end, out_number);
}

/* Tags of everything here fit one byte. */
static inline bool read_tag(struct cursor *cursor, uint32_t *out_tag)
{
    *out_tag = *cursor->at++;
    if (cursor->owed != NULL) {
        *cursor->owed = '\0';
        cursor->owed = NULL;
    }
    return *out_tag < 0x80;
}

/* The bytes of a field with a length; NULL when they reach past the end or over the cap. */
static inline uint8_t *read_bytes(struct cursor *cursor, const uint8_t *end, size_t size_max,
                                  size_t *out_size)
{
    uint64_t size;
    if (!read_varint(cursor, end, &size) || size > (uint64_t)(end - cursor->at) ||
        size > size_max) {
        return NULL;
    }
    uint8_t *bytes = cursor->at;
    cursor->at += size;
    *out_size = (size_t)size;
    return bytes;
}

static inline char *read_text(struct cursor *cursor, const uint8_t *end)
{
    size_t size;
    uint8_t *bytes = read_bytes(cursor, end, CODEC_STRING_SIZE_MAX, &size);
    if (bytes == NULL || !wire_is_text(bytes, size)) {
        return NULL;
    }
    cursor->owed = cursor->at;
    return (char *)bytes;
}

static inline int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

/* Its value, of a oneof of numbers, texts and flags. */
static bool read_value(struct cursor *cursor, const uint8_t *end, uint32_t tag,
                       Gridloop__Wire__Field *field)
{
    uint64_t number;
    switch (tag) {
    case TAG(2, WIRE_VARINT):
        field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_MICRO;
        if (!read_varint(cursor, end, &number)) {
            return false;
        }
        field->micro = unzigzag(number);
        return true;
    case TAG(3, WIRE_FIXED64):
        field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_NUMBER;
        if (end - cursor->at < 8) {
            return false;
        }
        memcpy(&field->number, cursor->at, 8);
        cursor->at += 8;
        return true;
    case TAG(4, WIRE_BYTES):
        field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_TEXT;
        field->text = read_text(cursor, end);
        return field->text != NULL;
    case TAG(5, WIRE_VARINT):
        field->value_case = GRIDLOOP__WIRE__FIELD__VALUE_FLAG;
        if (!read_varint(cursor, end, &number) || number > 1) {
            return false;
        }
        field->flag = number != 0;
        return true;
    default:
        return false;
    }
}

static Gridloop__Wire__Field *read_field(struct cursor *cursor, const uint8_t *end)
{
    static const Gridloop__Wire__Field blank = GRIDLOOP__WIRE__FIELD__INIT;
    Gridloop__Wire__Field *field = codec_arena_take(cursor->arena, sizeof *field);
    if (field == NULL) {
        return NULL;
    }
    *field = blank;
    while (cursor->at < end) {
        uint32_t tag;
        if (!read_tag(cursor, &tag)) {
            return NULL;
        }
        if (tag == TAG(1, WIRE_BYTES)) {
            if (field->name != NULL || (field->name = read_text(cursor, end)) == NULL) {
                return NULL;
            }
        } else if (field->value_case != GRIDLOOP__WIRE__FIELD__VALUE__NOT_SET ||
                   !read_value(cursor, end, tag, field)) {
            return NULL;
        }
    }
    return field;
}

static Gridloop__Wire__Place *read_place(struct cursor *cursor, const uint8_t *end)
{
    static const Gridloop__Wire__Place blank = GRIDLOOP__WIRE__PLACE__INIT;
    Gridloop__Wire__Place *place = codec_arena_take(cursor->arena, sizeof *place);
    if (place == NULL) {
        return NULL;
    }
    *place = blank;
    uint32_t seen = 0;
    while (cursor->at < end) {
        uint32_t tag;
        uint64_t number;
        if (!read_tag(cursor, &tag) || (tag & 7) != WIRE_VARINT || tag >> 3 < 1 || tag >> 3 > 3 ||
            !is_first(&seen, tag >> 3) || !read_varint(cursor, end, &number) ||
            number > UINT32_MAX) {
            return NULL;
        }
        if (tag >> 3 == 1) {
            place->has_lon_e7 = 1;
            place->lon_e7 = (int32_t)unzigzag(number);
        } else if (tag >> 3 == 2) {
            place->has_lat_e7 = 1;
            place->lat_e7 = (int32_t)unzigzag(number);
        } else {
            place->has_accuracy_cm = 1;
            place->accuracy_cm = (uint32_t)number;
        }
    }
    return place;
}

/* One field of an event but its own fields. */
static bool read_event_part(struct cursor *cursor, const uint8_t *end, uint32_t tag,
                            Gridloop__Wire__Event *event)
{
    uint64_t number;
    size_t size;
    switch (tag) {
    case TAG(1, WIRE_BYTES):
        return (event->id = read_text(cursor, end)) != NULL;
    case TAG(2, WIRE_BYTES):
        return (event->type = read_text(cursor, end)) != NULL;
    case TAG(3, WIRE_VARINT):
        event->has_at_ms = 1;
        if (!read_varint(cursor, end, &number)) {
            return false;
        }
        event->at_ms = (int64_t)number;
        return true;
    case TAG(4, WIRE_BYTES):
        return (event->device = read_text(cursor, end)) != NULL;
    case TAG(5, WIRE_BYTES): {
        uint8_t *bytes = read_bytes(cursor, end, CODEC_FRAME_SIZE_MAX, &size);
        if (bytes == NULL) {
            return false;
        }
        cursor->at = bytes;
        return (event->place = read_place(cursor, bytes + size)) != NULL;
    }
    case TAG(7, WIRE_BYTES):
        return (event->text = read_text(cursor, end)) != NULL;
    case TAG(8, WIRE_VARINT):
        event->has_flags = 1;
        if (!read_varint(cursor, end, &number) || number > UINT32_MAX) {
            return false;
        }
        event->flags = (uint32_t)number;
        return true;
    default:
        return false;
    }
}

static Gridloop__Wire__Event *read_event(struct cursor *cursor, const uint8_t *end)
{
    static const Gridloop__Wire__Event blank = GRIDLOOP__WIRE__EVENT__INIT;
    Gridloop__Wire__Field *fields[CODEC_FIELDS_MAX];
    Gridloop__Wire__Event *event = codec_arena_take(cursor->arena, sizeof *event);
    if (event == NULL) {
        return NULL;
    }
    *event = blank;
    uint32_t seen = 0;
    while (cursor->at < end) {
        uint32_t tag;
        size_t size;
        if (!read_tag(cursor, &tag)) {
            return NULL;
        }
        if (tag != TAG(6, WIRE_BYTES)) {
            if (!is_first(&seen, tag >> 3) || !read_event_part(cursor, end, tag, event)) {
                return NULL;
            }
            continue;
        }
        uint8_t *bytes = read_bytes(cursor, end, CODEC_FRAME_SIZE_MAX, &size);
        if (bytes == NULL || event->n_fields == CODEC_FIELDS_MAX) {
            return NULL;
        }
        cursor->at = bytes;
        fields[event->n_fields] = read_field(cursor, bytes + size);
        if (fields[event->n_fields] == NULL) {
            return NULL;
        }
        event->n_fields++;
    }
    if (event->n_fields > 0) {
        event->fields = codec_arena_take(cursor->arena, event->n_fields * sizeof fields[0]);
        if (event->fields == NULL) {
            return NULL;
        }
        memcpy(event->fields, fields, event->n_fields * sizeof fields[0]);
    }
    return event;
}

static bool read_batch(struct cursor *cursor, const uint8_t *end, Gridloop__Wire__EventBatch *batch)
{
    batch->events = codec_arena_take(cursor->arena, CODEC_EVENTS_MAX * sizeof batch->events[0]);
    uint32_t seen = 0;
    if (batch->events == NULL) {
        return false;
    }
    while (cursor->at < end) {
        uint32_t tag;
        size_t size;
        if (!read_tag(cursor, &tag)) {
            return false;
        }
        if (tag == TAG(3, WIRE_BYTES)) {
            uint8_t *bytes = read_bytes(cursor, end, CODEC_EVENT_SIZE_MAX, &size);
            if (bytes == NULL || batch->n_events == CODEC_EVENTS_MAX) {
                return false;
            }
            cursor->at = bytes;
            batch->events[batch->n_events] = read_event(cursor, bytes + size);
            if (batch->events[batch->n_events++] == NULL) {
                return false;
            }
        } else if (tag == TAG(1, WIRE_VARINT) && is_first(&seen, 1)) {
            batch->has_epoch = 1;
            if (!read_varint(cursor, end, &batch->epoch)) {
                return false;
            }
        } else if (tag == TAG(2, WIRE_VARINT) && is_first(&seen, 2)) {
            batch->has_seq = 1;
            if (!read_varint(cursor, end, &batch->seq)) {
                return false;
            }
        } else {
            return false;
        }
    }
    return true;
}

/* The request around the batch. */
static bool read_request(struct cursor *cursor, const uint8_t *end,
                         Gridloop__Wire__Request *request, size_t *out_batch_size)
{
    static const Gridloop__Wire__EventBatch blank = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    while (cursor->at < end) {
        uint32_t tag;
        if (!read_tag(cursor, &tag)) {
            return false;
        }
        if (tag == TAG(1, WIRE_VARINT) && !request->has_request_id) {
            request->has_request_id = 1;
            if (!read_varint(cursor, end, &request->request_id)) {
                return false;
            }
            continue;
        }
        if (tag != TAG(3, WIRE_BYTES) || request->event_batch != NULL) {
            return false;
        }
        uint8_t *bytes = read_bytes(cursor, end, CODEC_FRAME_SIZE_MAX, out_batch_size);
        if (bytes == NULL || bytes + *out_batch_size != end) {
            return false; /* encoders write it last */
        }
        cursor->at = bytes;
        request->event_batch = codec_arena_take(cursor->arena, sizeof *request->event_batch);
        if (request->event_batch == NULL) {
            return false;
        }
        *request->event_batch = blank;
        request->kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
        if (!read_batch(cursor, end, request->event_batch)) {
            return false;
        }
    }
    return request->event_batch != NULL;
}

const Gridloop__Wire__Request *event_batch_read(const uint8_t *bytes, size_t size,
                                                struct codec_arena *arena,
                                                struct event_batch_span *out_span)
{
    static const Gridloop__Wire__Request blank = GRIDLOOP__WIRE__REQUEST__INIT;
    struct cursor cursor = {.arena = arena};
    size_t batch_size = 0;
    Gridloop__Wire__Request *request = codec_arena_take(arena, sizeof *request);
    uint8_t *copy = codec_arena_take(arena, size + 1);
    if (request == NULL || copy == NULL) {
        return NULL;
    }
    *request = blank;
    memcpy(copy, bytes, size);
    cursor.at = copy;
    if (!read_request(&cursor, copy + size, request, &batch_size)) {
        return NULL;
    }
    if (cursor.owed != NULL) {
        *cursor.owed = '\0';
    }
    *out_span = (struct event_batch_span){bytes + size - batch_size, batch_size};
    return request;
}
