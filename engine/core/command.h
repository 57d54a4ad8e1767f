/* command.h: what the world says, as fixed little-endian bytes: the payload of a log entry.
 *
 * A batch is the payload of one log entry. It is stamped with one time. Positions of people (worker fixes,
 * places of acts) are kept apart in the entry's location bytes, so that they can be zeroed after their
 * retention without touching the payload; commands name them by row.
 *
 *   payload:   {u32 BATCH_VERSION, u32 command_count} commands...
 *   locations: {i32 lon, i32 lat} rows
 *   command:   struct command_head (72 bytes), body by kind, padded to a multiple of 8
 *   events:    struct events_body, then event_count x record:
 *              struct event_head (80 bytes), field_count x struct event_field (24 bytes),
 *              text bytes (string fields, then free text), padded to 8,
 *              with EVENT_HAS_CONTACT: struct event_contact (288 bytes)
 *   rehome:    struct rehome_body, count x struct rehome_row (16 bytes)
 *   act:       struct act_body, evidence_count x hash128, text bytes, padded to 8
 *
 * Facts (cell, areas, device, zone, field rows) are resolved under the images named by facts_digest; the core
 * answers RESOLVE_AGAIN when that is no longer the active pair.
 *
 * Owner   the caller's buffers; a reader borrows from the payload, which must be 8-aligned
 * Errors  batch_next checks every size and index before handing a command out: ERR_MALFORMED, ERR_VERSION */
#ifndef ENGINE_CORE_COMMAND_H
#define ENGINE_CORE_COMMAND_H

#include "engine/core/base.h"
#include "engine/core/distance.h"
#include "engine/core/err.h"

#define BATCH_VERSION 3u
#define EVENT_TEXT_MAX 4000u /* bytes of free text in one event */
#define EVENT_FIELDS_MAX 32u
#define EVENT_AGE_MS (7 * DAY_MS) /* older events are refused TOO_OLD whatever the door */
#define EVENT_AREAS_MAX 8u
#define EVENT_STRING_MAX 64u /* bytes of a string field the core sees */
#define EVENTS_PER_COMMAND_MAX 1000u
#define EVIDENCE_MAX 16u
#define ACT_TEXT_MAX 1000u
#define ACTIVATE_REASON_SIZE 120u /* why rules were changed: bytes, the rest zeros */
#define COMMAND_REHOME_MAX 64u    /* cases in one REHOME */
#define CONTACT_SEALED_SIZE 272u  /* 256 bytes under XChaCha20-Poly1305, and its tag */

enum command_kind {
    COMMAND_START = 1,       /* engine opened the log: clock mode */
    COMMAND_ACTIVATE = 2,    /* use these images from now on */
    COMMAND_TICK = 3,        /* time passed, or work is left over */
    COMMAND_EVENTS = 4,      /* a gateway's batch, or a worker's or operator's report */
    COMMAND_ACT = 5,         /* somebody does something with an order or a case */
    COMMAND_SEEN = 6,        /* a worker is there, perhaps with a fix */
    COMMAND_ITEMS_TAKEN = 7, /* a worker app has stored all items up to a sequence number */
    COMMAND_CHECKPOINT = 8,  /* the state digest before this entry; a replay must agree */
    COMMAND_REHOME = 9,      /* the borders moved: open cases that lie in another cell now */
};

struct command_head {
    uint32_t size; /* of the whole command, a multiple of 8 */
    uint16_t kind; /* enum command_kind */
    uint16_t flags;
    struct hash128 principal; /* proven identity: XXH3-128 of its id; none for the engine itself */
    uint64_t epoch;           /* of the sender's outbox; 0 where once-only does not apply */
    uint64_t seq;             /* 1, 2, 3 ... inside an epoch */
    uint64_t
        content_digest; /* XXH3-64 of the request as sent: same seq, other digest = SEQ_REUSED */
    int64_t received_at_ms; /* log clock when the frame arrived */
    struct hash128
        facts_digest; /* command_facts_digest() of the active pair; none where no facts */
};

struct start_body {
    uint32_t clock_mode; /* 0 wall, 1 scaled */
    uint32_t speed;      /* log ms per real ms, 1 for wall */
    int64_t base_ms;     /* log time at the start */
};

/* The head's principal is who wanted it; none: the engine at its start, or a signal. */
struct activate_body {
    struct hash128 city;
    struct hash128 policy;
    char reason[ACTIVATE_REASON_SIZE]; /* in the words of who wanted it, UTF-8 */
};

struct checkpoint_body {
    struct hash128 digest; /* core_digest() */
};

struct seen_body {
    uint32_t place;       /* row of the entry's locations, or NONE32 */
    uint32_t accuracy_cm; /* 0 = unknown */
    int64_t fix_at_ms;    /* log time of the fix */
    uint32_t status;      /* enum worker_status of life.h */
    uint32_t reserved;
};

struct items_taken_body {
    uint64_t item_seq;
};

/* Case number <district>-<yyyymmdd>-<serial>; unique for ever, a function of the log alone. */
struct case_no {
    uint32_t district;
    uint32_t day;
    uint32_t serial;
};

static inline bool case_no_is_none(struct case_no no)
{
    return no.serial == 0;
}

static inline bool case_no_is_equal(struct case_no a, struct case_no b)
{
    return a.district == b.district && a.day == b.day && a.serial == b.serial;
}

struct act_body {
    uint64_t order;         /* order number, or 0 for an act on a case */
    struct case_no case_no; /* or none for an act on an order */
    uint32_t place;         /* row of the entry's locations, or NONE32 */
    struct hash128 key;     /* idempotency key of the client, kept for the history */
    struct hash128 subject; /* the other person (reassign to ...) or post; none */
    int64_t at_ms;          /* when it happened by the client's corrected clock; 0 = now */
    uint16_t action;        /* enum action of life.h */
    uint16_t reason;        /* enum reason of life.h */
    uint16_t text_size;
    uint16_t evidence_count;
    struct case_no
        other; /* the other case of a merge, link or split; of a rating: serial is the report; none */
    uint32_t amount;  /* a count the action asks for: hours, stars, a checklist's value; 0 = none */
    int64_t until_ms; /* the instant the action is about: suspended until, promised for; 0 = none */
};

/* Cases of the slots from_slot .. until_slot - 1 were located; those whose cell differs follow. */
struct rehome_body {
    uint32_t from_slot;
    uint32_t until_slot; /* NONE32: that were all */
    uint32_t count;      /* 0..COMMAND_REHOME_MAX */
    uint32_t reserved;
};

struct rehome_row {
    struct case_no no;
    uint32_t cell; /* row of CITY_CELLS or NONE32 */
};

struct events_body {
    uint32_t event_count;
    uint32_t reserved;
};

/* Of command_head.flags. */
enum command_flag {
    COMMAND_HAS_CONTACT = 1u << 0, /* some event of it bears a contact */
};

enum event_flag {
    EVENT_BY_PERSON = 1u << 0, /* patrol or intake: filed on the reporter's word */
    EVENT_SELF_HANDLED =
        1u << 1, /* 自处置: reporter handled it on the spot; opens HANDLED, checked by sample */
    EVENT_HAS_CONTACT = 1u << 2, /* set by batch_add_contact only */
    EVENT_IS_DRILL = 1u << 7,    /* 演练: whatever it opens is marked, and never meets the real */
};

struct event_head {
    uint32_t size; /* of the record, a multiple of 8 */
    uint16_t type; /* row of POLICY_TYPES, NONE16 = unknown to the rules */
    uint16_t
        verdict; /* enum code: CODE_NOTHING = evaluate; else the edge refused it, record and answer so */
    struct hash128 id;   /* of (source, id): once-only for doors without outbox */
    int64_t event_at_ms; /* log clock */
    struct place place;  /* WGS-84; PLACE_NONE = no place */
    uint32_t device;     /* row of CITY_DEVICES or NONE32 */
    uint32_t cell;       /* row of CITY_CELLS or NONE32 */
    uint32_t asset;      /* row of CITY_ASSETS the device watches, or NONE32 */
    uint32_t zone;       /* row of CITY_AREAS, or NONE32 */
    uint8_t area_count;
    uint8_t field_count;
    uint16_t flags;                  /* enum event_flag */
    uint32_t text_size;              /* free text after the string fields' bytes */
    uint16_t areas[EVENT_AREAS_MAX]; /* rows of CITY_AREAS that contain the place, ascending */
};

/* One field, sorted by row of POLICY_FIELDS. Number and bool: a holds the value (int64 millionths; 0 or 1).
 * String: a, b hold XXH3-128 (hi, lo) of its bytes, which lie at text_offset of the record's text. */
struct event_field {
    uint16_t field;
    uint8_t kind; /* enum field_kind */
    uint8_t size; /* string bytes, <= EVENT_STRING_MAX */
    uint32_t text_offset;
    uint64_t a;
    uint64_t b;
};

/* How the reporter can be reached, under a key of its own: the log never holds it in clear. */
struct event_contact {
    struct hash128 id; /* of the key, random */
    uint8_t sealed[CONTACT_SEALED_SIZE];
};

_Static_assert(sizeof(struct command_head) == 72, "log layout");
_Static_assert(sizeof(struct event_contact) == 288, "log layout");
_Static_assert(sizeof(struct act_body) == 96, "log layout");
_Static_assert(sizeof(struct rehome_body) == 16, "log layout");
_Static_assert(sizeof(struct rehome_row) == 16, "log layout");
_Static_assert(sizeof(struct activate_body) == 152, "log layout");
_Static_assert(sizeof(struct event_head) == 80, "log layout");
_Static_assert(sizeof(struct event_field) == 24, "log layout");
_Static_assert(sizeof(struct seen_body) == 24, "log layout");

struct event_ahead; /* engine/core/firing.h */

/* A decoded event: borrowed views into the payload. */
struct event {
    const struct event_head *head;
    const struct event_field *fields;
    const char *text;                    /* string fields' bytes */
    const char *free_text;               /* head->text_size bytes, UTF-8 */
    const struct event_contact *contact; /* NULL: none */
    const struct event_ahead *ahead;     /* NULL: nothing was made beforehand. Never in the log */
    uint32_t
        severity; /* that a rule's levels give it, 1..4; 0 = the rule's own. Never in the log */
};

/* A decoded command. Only the body of its kind is set. */
struct command {
    const struct command_head *head;
    struct place place; /* of seen and act, resolved from the locations; PLACE_NONE */
    union {
        const struct start_body *start;
        const struct activate_body *activate;
        const struct checkpoint_body *checkpoint;
        const struct seen_body *seen;
        const struct items_taken_body *items_taken;
        struct {
            const struct act_body *head;
            const struct hash128 *evidence;
            const char *text;
        } act;
        struct {
            const struct rehome_body *head;
            const struct rehome_row *rows;
        } rehome;
        struct {
            uint32_t event_count;
            const uint8_t *records; /* walk with event_next */
            uint64_t size;
        } events;
    } body;
};

static inline struct hash128 command_facts_digest(struct hash128 city, struct hash128 policy)
{
    return hash128_join(hash128_join((struct hash128){0, 0}, city), policy);
}

/* ---- reading ---- */
struct batch_reader {
    const uint8_t *payload;
    uint64_t size;
    const struct place *places;
    uint32_t place_count;
    uint64_t offset;
    uint32_t left;
};

enum err batch_open(struct batch_reader *reader, const void *payload, uint64_t size,
                    const void *places, uint64_t places_size) WARN_UNUSED;

/* ERR_NOT_FOUND after the last. Every event inside has been checked when ERR_OK is returned. */
enum err batch_next(struct batch_reader *reader, struct command *out_command) WARN_UNUSED;

/* Walks the records of a checked EVENTS command: start with *offset = 0; false after the last. */
bool event_next(const struct command *command, uint64_t *offset, struct event *out_event);

/* The field of that row, or NULL. O(log fields). */
const struct event_field *event_find_field(const struct event *event, uint32_t field);

/* ---- writing: append-only into caller's buffers; a failure leaves the batch as it was.
 * ERR_TOO_LARGE: past a limit or no room. ERR_MALFORMED: a reader would refuse it (a place not on earth, a reason
 * or status out of range, fields or areas out of order), so that nothing unreadable can enter the log ---- */
struct batch_writer {
    uint8_t *payload;
    uint64_t size;
    uint64_t capacity;
    struct place *places;
    uint32_t place_count;
    uint32_t place_capacity;
    uint64_t command_start; /* offset of the command being written, 0 = none */
    uint64_t event_start;   /* offset of the event added last */
};

/* payload 8-aligned, capacity >= 8. */
void batch_begin(struct batch_writer *writer, void *payload, uint64_t capacity,
                 struct place *places, uint32_t place_capacity);
uint32_t batch_command_count(const struct batch_writer *writer);

/* A command whose body is one fixed struct (START .. CHECKPOINT, SEEN, ITEMS_TAKEN, TICK with body NULL). head->size is
 * filled in. place: PLACE_NONE or the fix; the body's place row is set by the writer for SEEN. */
enum err batch_put(struct batch_writer *writer, const struct command_head *head, const void *body,
                   uint32_t body_size, struct place place) WARN_UNUSED;
enum err batch_put_act(struct batch_writer *writer, const struct command_head *head,
                       const struct act_body *body, struct place place,
                       const struct hash128 *evidence, const char *text) WARN_UNUSED;

/* REHOME: body->count rows follow. */
enum err batch_put_rehome(struct batch_writer *writer, const struct command_head *head,
                          const struct rehome_body *body,
                          const struct rehome_row *rows) WARN_UNUSED;

/* EVENTS: open, add 1..EVENTS_PER_COMMAND_MAX, close. An event's fields must be sorted by row; text holds
 * the string fields' bytes (at least up to the end of the last, the rest is not kept), free_text has
 * head->text_size bytes. */
enum err batch_open_events(struct batch_writer *writer,
                           const struct command_head *head) WARN_UNUSED;
enum err batch_add_event(struct batch_writer *writer, const struct event_head *head,
                         const struct event_field *fields, const char *text, uint32_t text_bytes,
                         const char *free_text) WARN_UNUSED;
/* Gives the event added last a sealed contact. ERR_TOO_LARGE: no room; the event stays as it was. */
enum err batch_add_contact(struct batch_writer *writer,
                           const struct event_contact *contact) WARN_UNUSED;
void batch_close_events(struct batch_writer *writer);
/* Drops the command being written, as if batch_open_events had not been called. */
void batch_drop_events(struct batch_writer *writer);

#endif
