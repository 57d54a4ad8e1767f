/* codec.h: frames of the wire, checked before they are believed.
 *
 * Opening walks the raw bytes once with the schema in hand and applies every cap (frame, events, event,
 * strings, repeats, unknown fields, UTF-8, each field once) before protobuf-c sees them; what passes is unpacked
 * into the caller's arena. Nothing is allocated elsewhere. Sealing packs into the caller's buffer.
 *
 * Owner   arena and buffers are the caller's; an opened message borrows from the arena until it is reset
 * Cost    two passes over the bytes
 * Errors  a refusal is an enum code for the sender: MALFORMED, TOO_LARGE, UNKNOWN_COMMAND, UNKNOWN_IDENTITY */
#ifndef PROTO_CODEC_H
#define PROTO_CODEC_H

#include "engine/core/base.h"
#include "engine/core/code.h"
#include "engine/core/err.h"
#include "proto/gridloop.pb-c.h"

#define CODEC_FRAME_SIZE_MAX (4u << 20)
#define CODEC_EVENT_SIZE_MAX (64u << 10)
#define CODEC_EVENTS_MAX 1000u
#define CODEC_CONTACTS_MAX 8u /* of one ActResult */
#define CODEC_CONTACT_NAME_MAX 64u
#define CODEC_CONTACT_PHONE_MAX 32u
#define CODEC_CONTACT_NOTE_MAX 156u
#define CODEC_FIELDS_MAX 64u /* of one event; more than the rules can name */
#define CODEC_ITEMS_MAX 256u /* of one Tasks */
#define CODEC_EVIDENCE_MAX 16u
#define CODEC_STRING_SIZE_MAX 8192u
#define CODEC_BLOB_SIZE_MAX (2u << 20)
#define CODEC_KEY_ID_SIZE_MAX 64u
#define CODEC_UNKNOWN_FIELDS_MAX 16384u
#define CODEC_VERSION 1u

/* Enough for every message within the caps: strings of a full frame, 1,000 events of 64 fields. Only the pages
 * that a message needs are touched. */
#define CODEC_ARENA_SIZE (24u << 20)

/* Bump allocator over the caller's block. */
struct codec_arena {
    uint8_t *bytes; /* 16-aligned */
    size_t size;
    size_t used;
    bool is_exhausted; /* an allocation did not fit since the last reset */
};

void codec_arena_init(struct codec_arena *arena, void *bytes, size_t size);
void codec_arena_reset(struct codec_arena *arena);
/* 16-aligned; NULL when there is no room left. */
void *codec_arena_take(struct codec_arena *arena, size_t size);

/* Is it a sender's name: 1..64 bytes of A-Z a-z 0-9 . _ - ? */
bool codec_is_key_id(const char *text, size_t size);

/* What came in. After a refusal key_id and request_id hold what could be read before it (or "" and 0), so that
 * the refusal can be addressed, and hint says what was wrong and where. */
struct codec_request {
    char key_id[CODEC_KEY_ID_SIZE_MAX + 1];
    uint64_t session;
    uint64_t counter;
    uint64_t request_id;
    uint64_t
        content_digest; /* XXH3-64 over the bytes of the inner message but for contacts: equal content, equal digest */
    uint32_t unknown_fields; /* ignored, for the metric */
    const Gridloop__Wire__Request
        *request; /* in the arena; its kind is a known one. NULL after a refusal */
    char hint[128];
};

/* CODE_NOTHING when the request is good. Resets the arena. */
enum code codec_open_frame(const void *bytes, size_t size, struct codec_arena *arena,
                           struct codec_request *out_request) WARN_UNUSED;

/* The same for the other direction; a server is trusted as little as a client. */
struct codec_answer {
    uint64_t request_id;
    uint32_t unknown_fields;
    const Gridloop__Wire__Answer *answer; /* in the arena; NULL after a refusal */
    char hint[128];
};
enum code codec_open_answer(const void *bytes, size_t size, struct codec_arena *arena,
                            struct codec_answer *out_answer) WARN_UNUSED;

/* An inner message by itself, as a client's outbox keeps it. Same checks. */
enum code codec_check_event(const void *bytes, size_t size) WARN_UNUSED;

/* Who a frame is from (requests) or for (answers). Session and counter are 0 while auth is none. */
struct codec_seal {
    const char *key_id; /* may be NULL in answers */
    uint64_t session;
    uint64_t counter;
};

/* Bytes that a frame around this message needs. */
size_t codec_answer_size(const struct codec_seal *seal, const Gridloop__Wire__Answer *answer);
size_t codec_request_size(const struct codec_seal *seal, const Gridloop__Wire__Request *request);

/* ERR_TOO_LARGE when the frame does not fit in capacity or in CODEC_FRAME_SIZE_MAX. */
enum err codec_seal_answer(const struct codec_seal *seal, const Gridloop__Wire__Answer *answer,
                           void *buffer, size_t capacity, size_t *out_size) WARN_UNUSED;
enum err codec_seal_request(const struct codec_seal *seal, const Gridloop__Wire__Request *request,
                            void *buffer, size_t capacity, size_t *out_size) WARN_UNUSED;

#endif
