/* codec.c: walks, checks, then unpacks; packs.
 *
 * A frame on the wire (proto/gridloop.proto; protobuf varints):
 *
 *   tag 0x08  version    varint, 1
 *   tag 0x12  key_id     length, bytes
 *   tag 0x18  session    varint, absent when 0
 *   tag 0x20  counter    varint, absent when 0
 *   tag 0x2a  sealed     length, bytes: a Request or an Answer
 *
 * The frame is read by hand so that its largest part is not copied. Everything inside is walked with
 * protobuf-c's descriptors as the schema. The walk is stricter than protobuf asks for: a field that is not
 * repeated may stand once, and one member of a oneof: no encoder writes it otherwise, and merging is the part
 * of a decoder where surprises live. */
#include "proto/codec.h"

#include "proto/batch_ack.h"
#include "proto/event_batch.h"
#include "proto/wire.h"

#include <stdarg.h>
#include <stdio.h>
#define XXH_STATIC_LINKING_ONLY /* the state of a digest on the stack */
#include <xxhash.h>

#define ARENA_ALIGN 16u
#define DEPTH_MAX 6u /* Frame, Request, EventBatch, Event, Field are 5 */

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Caps that differ from the defaults of their type. */
struct cap {
    const ProtobufCMessageDescriptor *message;
    uint32_t field;
    uint32_t size_max;  /* of one value, in bytes; 0 = default */
    uint32_t count_max; /* of a repeated field; 0 = default */
};

static const struct cap caps[] = {
    {&gridloop__wire__event_batch__descriptor, 3, CODEC_EVENT_SIZE_MAX, CODEC_EVENTS_MAX},
    {&gridloop__wire__report__descriptor, 3, CODEC_EVENT_SIZE_MAX, 0},
    {&gridloop__wire__event__descriptor, 6, 0, CODEC_FIELDS_MAX},
    {&gridloop__wire__batch_ack__descriptor, 4, 0, CODEC_EVENTS_MAX},
    {&gridloop__wire__tasks__descriptor, 2, 0, CODEC_ITEMS_MAX},
    {&gridloop__wire__act__descriptor, 9, 16, CODEC_EVIDENCE_MAX},
    {&gridloop__wire__contact__descriptor, 1, CODEC_CONTACT_NAME_MAX, 0},
    {&gridloop__wire__contact__descriptor, 2, CODEC_CONTACT_PHONE_MAX, 0},
    {&gridloop__wire__contact__descriptor, 3, CODEC_CONTACT_NOTE_MAX, 0},
    {&gridloop__wire__act_result__descriptor, 7, 0, CODEC_CONTACTS_MAX},
    {&gridloop__wire__blob_put__descriptor, 2, CODEC_BLOB_SIZE_MAX, 0},
};

/* State of one walk over one frame. */
struct walk {
    enum code code;
    uint32_t unknown_fields;
    const uint8_t *kind_bytes; /* the oneof member of the outermost message */
    size_t kind_size;
    uint32_t kind;          /* its field number, 0 = none seen */
    uint32_t unknown_outer; /* unknown fields of the outermost message */
    uint64_t request_id;
    const uint8_t
        *digested; /* contacts were seen: the digest holds everything up to here but them */
    char *hint;
    size_t hint_size;
    XXH3_state_t digest; /* last: not set before it is needed */
};

static void walk_init(struct walk *walk, char *hint, size_t hint_size)
{
    memset(walk, 0, offsetof(struct walk, digest));
    walk->hint = hint;
    walk->hint_size = hint_size;
}

void codec_arena_init(struct codec_arena *arena, void *bytes, size_t size)
{
    must(((uintptr_t)bytes & (ARENA_ALIGN - 1)) == 0);
    *arena = (struct codec_arena){.bytes = bytes, .size = size};
}

void codec_arena_reset(struct codec_arena *arena)
{
    arena->used = 0;
    arena->is_exhausted = false;
}

void *codec_arena_take(struct codec_arena *arena, size_t size)
{
    if (size > arena->size - arena->used) {
        arena->is_exhausted = true;
        return NULL;
    }
    size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    void *block = arena->bytes + arena->used;
    arena->used = rounded > arena->size - arena->used ? arena->size : arena->used + rounded;
    return block;
}

static void *arena_alloc(void *context, size_t size)
{
    return codec_arena_take(context, size);
}

static void arena_free(void *context, void *block)
{
    (void)context;
    (void)block; /* the next reset frees everything */
}

bool codec_is_key_id(const char *text, size_t size)
{
    if (size == 0 || size > CODEC_KEY_ID_SIZE_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
        if (!is_good) {
            return false;
        }
    }
    return true;
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct walk *walk, enum code code,
                                                         const char *format, ...)
{
    walk->code = code;
    va_list list;
    va_start(list, format);
    (void)vsnprintf(walk->hint, walk->hint_size, format, list);
    va_end(list);
    return false;
}

static enum wire_type wire_type_of(ProtobufCType type)
{
    if (type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES ||
        type == PROTOBUF_C_TYPE_MESSAGE) {
        return WIRE_BYTES;
    }
    if (type == PROTOBUF_C_TYPE_DOUBLE || type == PROTOBUF_C_TYPE_FIXED64 ||
        type == PROTOBUF_C_TYPE_SFIXED64) {
        return WIRE_FIXED64;
    }
    if (type == PROTOBUF_C_TYPE_FLOAT || type == PROTOBUF_C_TYPE_FIXED32 ||
        type == PROTOBUF_C_TYPE_SFIXED32) {
        return WIRE_FIXED32;
    }
    return WIRE_VARINT;
}

/* protobuf-c would cut a number that is too large for its field to its low bits. */
static bool number_fits(ProtobufCType type, uint64_t number)
{
    if (type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_SINT32) {
        return number <= UINT32_MAX;
    }
    return type != PROTOBUF_C_TYPE_BOOL || number <= 1;
}

static const struct cap *find_cap(const ProtobufCMessageDescriptor *message, uint32_t field)
{
    for (size_t i = 0; i < COUNT_OF(caps); i++) {
        if (caps[i].message == message && caps[i].field == field) {
            return &caps[i];
        }
    }
    return NULL;
}

/* One value of a known field with a length: its size cap, and UTF-8 where it is text. */
static bool check_value(struct walk *walk, const ProtobufCMessageDescriptor *message,
                        const ProtobufCFieldDescriptor *field, const struct wire_value *value)
{
    const struct cap *cap = find_cap(message, field->id);
    uint64_t size_max = CODEC_FRAME_SIZE_MAX;
    if (cap != NULL && cap->size_max != 0) {
        size_max = cap->size_max;
    } else if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        size_max =
            field->type == PROTOBUF_C_TYPE_STRING ? CODEC_STRING_SIZE_MAX : CODEC_KEY_ID_SIZE_MAX;
    }
    if (value->size > size_max) {
        return refuse(walk, CODE_TOO_LARGE, "%s.%s: %zu bytes, at most %llu", message->short_name,
                      field->name, value->size, (unsigned long long)size_max);
    }
    if (field->type == PROTOBUF_C_TYPE_STRING && !wire_is_text(value->bytes, value->size)) {
        return refuse(walk, CODE_MALFORMED, "%s.%s: not UTF-8 text", message->short_name,
                      field->name);
    }
    return true;
}

/* What one message held so far. No message of the schema has two repeated fields or two oneofs. */
struct repeats {
    uint64_t seen; /* bit per index of a field that may stand once */
    uint32_t oneof_count;
    uint32_t repeated_count;
};

static bool check_repeat(struct walk *walk, const ProtobufCMessageDescriptor *message,
                         const ProtobufCFieldDescriptor *field, struct repeats *repeats)
{
    unsigned index = (unsigned)(field - message->fields);
    must(index < 64);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        const struct cap *cap = find_cap(message, field->id);
        uint32_t count_max = cap != NULL && cap->count_max != 0 ? cap->count_max : CODEC_EVENTS_MAX;
        if (++repeats->repeated_count > count_max) {
            return refuse(walk, CODE_TOO_LARGE, "%s.%s: more than %u", message->short_name,
                          field->name, count_max);
        }
        return true;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && ++repeats->oneof_count > 1) {
        return refuse(walk, CODE_MALFORMED, "%s.%s: a second choice of one", message->short_name,
                      field->name);
    }
    if ((repeats->seen >> index & 1) != 0) {
        return refuse(walk, CODE_MALFORMED, "%s.%s: given twice", message->short_name, field->name);
    }
    repeats->seen |= UINT64_C(1) << index;
    return true;
}

/* The digest of a request stands in the log for ever: a telephone number in it could be found by trying them all. */
static void leave_out(struct walk *walk, const struct wire_value *value)
{
    if (walk->digested == NULL) {
        (void)XXH3_64bits_reset_withSeed(&walk->digest, walk->kind);
        walk->digested = walk->kind_bytes;
    }
    (void)XXH3_64bits_update(&walk->digest, walk->digested,
                             (size_t)(value->bytes - walk->digested));
    walk->digested = value->bytes + value->size;
}

/* The kind is the seed, so that two kinds with equal bytes do not look alike. */
static uint64_t content_digest(struct walk *walk)
{
    if (walk->digested == NULL) {
        return XXH3_64bits_withSeed(walk->kind_bytes, walk->kind_size, walk->kind);
    }
    const uint8_t *end = walk->kind_bytes + walk->kind_size;
    (void)XXH3_64bits_update(&walk->digest, walk->digested, (size_t)(end - walk->digested));
    return XXH3_64bits_digest(&walk->digest);
}

static bool walk_message(struct walk *walk, const ProtobufCMessageDescriptor *message,
                         const uint8_t *bytes, size_t size, uint32_t depth);

/* One field of one message. The recursion ends with the schema, which has no cycle; DEPTH_MAX guards that. */
static bool walk_field(struct walk *walk, const ProtobufCMessageDescriptor *message,
                       const struct wire_value *value, struct repeats *repeats, uint32_t depth)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(message, value->field);
    if (field == NULL) {
        walk->unknown_outer += depth == 0;
        if (++walk->unknown_fields > CODEC_UNKNOWN_FIELDS_MAX) {
            return refuse(walk, CODE_TOO_LARGE, "%s: more than %u unknown fields",
                          message->short_name, CODEC_UNKNOWN_FIELDS_MAX);
        }
        return true;
    }
    if (wire_type_of(field->type) != (enum wire_type)value->type) {
        return refuse(walk, CODE_MALFORMED, "%s.%s: wire type %u is not its type",
                      message->short_name, field->name, value->type);
    }
    if (!number_fits(field->type, value->number)) {
        return refuse(walk, CODE_MALFORMED, "%s.%s: %llu is too large for its type",
                      message->short_name, field->name, (unsigned long long)value->number);
    }
    if (!check_repeat(walk, message, field, repeats)) {
        return false;
    }
    if (depth == 0 && field->id == 1) {
        walk->request_id = value->number;
    }
    if (value->type != WIRE_BYTES) {
        return true;
    }
    if (depth == 0 && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        walk->kind = field->id;
        walk->kind_bytes = value->bytes;
        walk->kind_size = value->size;
    }
    if (!check_value(walk, message, field, value)) {
        return false;
    }
    if (field->descriptor == &gridloop__wire__contact__descriptor && walk->kind_bytes != NULL) {
        leave_out(walk, value);
    }
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return true;
    }
    return walk_message(walk, field->descriptor, value->bytes, value->size, depth + 1);
}

static bool walk_message(struct walk *walk, const ProtobufCMessageDescriptor *message,
                         const uint8_t *bytes, size_t size, uint32_t depth)
{
    must(depth < DEPTH_MAX);
    struct repeats repeats = {0};
    struct wire_reader reader = {bytes, size, 0};
    struct wire_value value;
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return refuse(walk, CODE_MALFORMED, "%s: not a protobuf field at byte %zu",
                          message->short_name, reader.offset);
        }
        if (!walk_field(walk, message, &value, &repeats, depth)) {
            return false;
        }
    }
    return true;
}

/* The frame's own five fields. sealed borrows from bytes. */
struct frame {
    uint64_t session, counter;
    const uint8_t *sealed;
    size_t sealed_size;
};

static bool frame_field(struct walk *walk, const struct wire_value *value, char *key_id,
                        struct frame *frame)
{
    uint32_t type = value->field == 2 || value->field == 5 ? WIRE_BYTES : WIRE_VARINT;
    if (value->field > 5) {
        walk->unknown_fields++;
        return true;
    }
    if (value->type != type) {
        return refuse(walk, CODE_MALFORMED, "Frame field %u: wire type %u is not its type",
                      value->field, value->type);
    }
    switch (value->field) {
    case 1:
        if (value->number != CODEC_VERSION) {
            return refuse(walk, CODE_UNKNOWN_COMMAND, "frame version %llu; this side speaks %u",
                          (unsigned long long)value->number, CODEC_VERSION);
        }
        return true;
    case 2:
        if (!codec_is_key_id((const char *)value->bytes, value->size)) {
            return refuse(walk, CODE_UNKNOWN_IDENTITY,
                          "Frame.key_id: 1 to 64 of A-Z a-z 0-9 . _ - expected");
        }
        memcpy(key_id, value->bytes, value->size);
        key_id[value->size] = '\0';
        return true;
    case 3:
        frame->session = value->number;
        return true;
    case 4:
        frame->counter = value->number;
        return true;
    default:
        frame->sealed = value->bytes;
        frame->sealed_size = value->size;
        return true;
    }
}

static bool open_frame(struct walk *walk, const uint8_t *bytes, size_t size, char *key_id,
                       struct frame *frame)
{
    if (size > CODEC_FRAME_SIZE_MAX) {
        return refuse(walk, CODE_TOO_LARGE, "frame of %zu bytes, at most %u", size,
                      CODEC_FRAME_SIZE_MAX);
    }
    struct wire_reader reader = {bytes, size, 0};
    struct wire_value value;
    uint32_t seen = 0;
    while (reader.offset < reader.size) {
        if (!wire_next(&reader, &value)) {
            return refuse(walk, CODE_MALFORMED, "Frame: not a protobuf field at byte %zu",
                          reader.offset);
        }
        uint32_t bit = value.field <= 5 ? 1u << value.field : 0;
        if ((seen & bit) != 0) {
            return refuse(walk, CODE_MALFORMED, "Frame field %u: given twice", value.field);
        }
        seen |= bit;
        if (!frame_field(walk, &value, key_id, frame)) {
            return false;
        }
    }
    if (frame->sealed == NULL) {
        return refuse(walk, CODE_MALFORMED, "Frame.sealed: missing");
    }
    if (frame->session != 0) {
        return refuse(walk, CODE_UNKNOWN_IDENTITY,
                      "Frame.session: sealed sessions are not known here");
    }
    return true;
}

static bool check_batch(struct walk *walk, const Gridloop__Wire__Request *request)
{
    if (request->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH &&
        request->event_batch->n_events == 0) {
        return refuse(walk, CODE_MALFORMED, "EventBatch.events: 1 to %u expected",
                      CODEC_EVENTS_MAX);
    }
    if (request->kind_case == GRIDLOOP__WIRE__REQUEST__KIND_REPORT &&
        request->report->event == NULL) {
        return refuse(walk, CODE_MALFORMED, "Report.event: missing");
    }
    return true;
}

/* What a request carries when it is a batch of events without anything unusual. NULL: find out. */
static const ProtobufCMessage *open_events(struct walk *walk, const uint8_t *bytes, size_t size,
                                           struct codec_arena *arena)
{
    struct event_batch_span span;
    const Gridloop__Wire__Request *request = event_batch_read(bytes, size, arena, &span);
    if (request == NULL) {
        codec_arena_reset(arena);
        return NULL;
    }
    walk->request_id = request->request_id;
    walk->kind = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    walk->kind_bytes = span.bytes;
    walk->kind_size = span.size;
    return &request->base;
}

/* Walks and unpacks what a frame carries. NULL after a refusal. */
static ProtobufCMessage *open_inner(struct walk *walk, const ProtobufCMessageDescriptor *message,
                                    const uint8_t *bytes, size_t size, struct codec_arena *arena)
{
    if (!walk_message(walk, message, bytes, size, 0)) {
        return NULL;
    }
    if (walk->kind == 0 && walk->unknown_outer > 0) {
        (void)refuse(walk, CODE_UNKNOWN_COMMAND, "%s: a kind this version does not know",
                     message->short_name);
        return NULL;
    }
    if (walk->kind == 0) {
        (void)refuse(walk, CODE_MALFORMED, "%s: says nothing", message->short_name);
        return NULL;
    }
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    ProtobufCMessage *unpacked = protobuf_c_message_unpack(message, &allocator, size, bytes);
    if (unpacked == NULL && arena->is_exhausted) {
        (void)refuse(walk, CODE_TOO_LARGE, "%s: needs more than %zu bytes once decoded",
                     message->short_name, arena->size);
    } else if (unpacked == NULL) {
        (void)refuse(walk, CODE_MALFORMED, "%s: cannot be decoded", message->short_name);
    }
    return unpacked;
}

enum code codec_open_frame(const void *bytes, size_t size, struct codec_arena *arena,
                           struct codec_request *out_request)
{
    codec_arena_reset(arena);
    *out_request = (struct codec_request){0};
    struct walk walk;
    walk_init(&walk, out_request->hint, sizeof(out_request->hint));
    struct frame frame = {0};
    if (!open_frame(&walk, bytes, size, out_request->key_id, &frame)) {
        return walk.code;
    }
    if (out_request->key_id[0] == '\0') {
        (void)refuse(&walk, CODE_UNKNOWN_IDENTITY, "Frame.key_id: missing");
        return walk.code;
    }
    out_request->session = frame.session;
    out_request->counter = frame.counter;
    const ProtobufCMessage *unpacked = open_events(&walk, frame.sealed, frame.sealed_size, arena);
    if (unpacked == NULL) {
        unpacked = open_inner(&walk, &gridloop__wire__request__descriptor, frame.sealed,
                              frame.sealed_size, arena);
    }
    out_request->request_id = walk.request_id;
    out_request->unknown_fields = walk.unknown_fields;
    if (unpacked == NULL) {
        must(walk.code != CODE_NOTHING);
        return walk.code;
    }
    const Gridloop__Wire__Request *request = (const void *)unpacked;
    if (!check_batch(&walk, request)) {
        return walk.code;
    }
    out_request->content_digest = content_digest(&walk);
    out_request->request = request;
    return CODE_NOTHING;
}

enum code codec_open_answer(const void *bytes, size_t size, struct codec_arena *arena,
                            struct codec_answer *out_answer)
{
    codec_arena_reset(arena);
    *out_answer = (struct codec_answer){0};
    struct walk walk;
    walk_init(&walk, out_answer->hint, sizeof(out_answer->hint));
    struct frame frame = {0};
    char key_id[CODEC_KEY_ID_SIZE_MAX + 1] = "";
    if (!open_frame(&walk, bytes, size, key_id, &frame)) {
        return walk.code;
    }
    ProtobufCMessage *unpacked = open_inner(&walk, &gridloop__wire__answer__descriptor,
                                            frame.sealed, frame.sealed_size, arena);
    out_answer->request_id = walk.request_id;
    out_answer->unknown_fields = walk.unknown_fields;
    out_answer->answer = (const void *)unpacked;
    return walk.code;
}

enum code codec_check_event(const void *bytes, size_t size)
{
    char hint[128];
    struct walk walk;
    walk_init(&walk, hint, sizeof(hint));
    if (size > CODEC_EVENT_SIZE_MAX) {
        return CODE_TOO_LARGE;
    }
    (void)walk_message(&walk, &gridloop__wire__event__descriptor, bytes, size, 1);
    return walk.code;
}

/* ---- sealing ---- */

static size_t frame_head_size(const struct codec_seal *seal, size_t inner_size)
{
    size_t size = 2; /* version */
    if (seal->key_id != NULL && seal->key_id[0] != '\0') {
        size_t key_size = strlen(seal->key_id);
        size += 1 + wire_varint_size(key_size) + key_size;
    }
    size += seal->session != 0 ? 1 + wire_varint_size(seal->session) : 0;
    size += seal->counter != 0 ? 1 + wire_varint_size(seal->counter) : 0;
    return size + 1 + wire_varint_size(inner_size);
}

/* The answer that is written without descriptors, or NULL. */
static const Gridloop__Wire__Answer *as_batch_ack(const ProtobufCMessage *message)
{
    const Gridloop__Wire__Answer *answer = (const void *)message;
    return message->descriptor == &gridloop__wire__answer__descriptor && batch_ack_is_it(answer)
               ? answer
               : NULL;
}

static size_t packed_size(const ProtobufCMessage *message)
{
    const Gridloop__Wire__Answer *ack = as_batch_ack(message);
    return ack != NULL ? batch_ack_size(ack) : protobuf_c_message_get_packed_size(message);
}

static size_t pack(const ProtobufCMessage *message, uint8_t *out_bytes)
{
    const Gridloop__Wire__Answer *ack = as_batch_ack(message);
    return ack != NULL ? batch_ack_pack(ack, out_bytes)
                       : protobuf_c_message_pack(message, out_bytes);
}

static enum err seal_message(const struct codec_seal *seal, const ProtobufCMessage *message,
                             uint8_t *buffer, size_t capacity, size_t *out_size)
{
    size_t inner_size = packed_size(message);
    size_t head_size = frame_head_size(seal, inner_size);
    if (inner_size > CODEC_FRAME_SIZE_MAX - head_size || head_size + inner_size > capacity) {
        return ERR_TOO_LARGE;
    }
    uint8_t *at = buffer;
    *at++ = 1 << 3 | WIRE_VARINT;
    *at++ = CODEC_VERSION;
    if (seal->key_id != NULL && seal->key_id[0] != '\0') {
        size_t key_size = strlen(seal->key_id);
        must(codec_is_key_id(seal->key_id, key_size));
        *at++ = 2 << 3 | WIRE_BYTES;
        at = wire_put_varint(at, key_size);
        memcpy(at, seal->key_id, key_size);
        at += key_size;
    }
    if (seal->session != 0) {
        *at++ = 3 << 3 | WIRE_VARINT;
        at = wire_put_varint(at, seal->session);
    }
    if (seal->counter != 0) {
        *at++ = 4 << 3 | WIRE_VARINT;
        at = wire_put_varint(at, seal->counter);
    }
    *at++ = 5 << 3 | WIRE_BYTES;
    at = wire_put_varint(at, inner_size);
    must((size_t)(at - buffer) == head_size);
    must(pack(message, at) == inner_size);
    *out_size = head_size + inner_size;
    return ERR_OK;
}

static size_t sealed_size(const struct codec_seal *seal, const ProtobufCMessage *message)
{
    size_t inner_size = packed_size(message);
    return frame_head_size(seal, inner_size) + inner_size;
}

size_t codec_answer_size(const struct codec_seal *seal, const Gridloop__Wire__Answer *answer)
{
    return sealed_size(seal, &answer->base);
}

size_t codec_request_size(const struct codec_seal *seal, const Gridloop__Wire__Request *request)
{
    return sealed_size(seal, &request->base);
}

enum err codec_seal_answer(const struct codec_seal *seal, const Gridloop__Wire__Answer *answer,
                           void *buffer, size_t capacity, size_t *out_size)
{
    return seal_message(seal, &answer->base, buffer, capacity, out_size);
}

enum err codec_seal_request(const struct codec_seal *seal, const Gridloop__Wire__Request *request,
                            void *buffer, size_t capacity, size_t *out_size)
{
    return seal_message(seal, &request->base, buffer, capacity, out_size);
}
