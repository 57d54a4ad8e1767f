/* gridloop.h: libgridloop, the C client of the Gridloop engine: gateways, worker apps, operators.
 *
 * A gateway and a worker each own an outbox: one file in which every event and act lies until the engine has
 * acknowledged it durably. Kill the process, cut the network, restart the engine: what was sent is delivered,
 * and takes effect once. See docs/protocol.md and the examples hello_gateway.c and hello_worker.c.
 *
 * Threads  a handle belongs to one thread at a time; there is no global state
 * Memory   bounded when opened: an index of items_max entries, one frame, one arena
 * Strings  UTF-8, terminated, copied; NULL means "none"
 * Times    ms since 1970 UTC on the engine's log clock, 0 = unknown or now
 * Blocking only functions with wait_ms; 0 returns at once */
#ifndef GRIDLOOP_H
#define GRIDLOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum gridloop_status {
    GRIDLOOP_OK = 0,
    GRIDLOOP_TIMEOUT =
        1, /* not everything was answered in time; it is kept and will be sent again */
    GRIDLOOP_UNAVAILABLE = 2, /* no engine answers there; everything is kept */
    GRIDLOOP_HELD =
        3, /* the engine refuses this sender for now (why says the reason); everything is kept */
    GRIDLOOP_FULL = 4,    /* the outbox is full and holds no telemetry to drop */
    GRIDLOOP_INVALID = 5, /* an argument; why says which */
    GRIDLOOP_IO = 6,      /* the outbox file could not be written */
    GRIDLOOP_DAMAGED = 7, /* the outbox file was changed in the middle; nothing was sent from it */
    GRIDLOOP_BUSY = 8,    /* the outbox file is in use by another process */
    GRIDLOOP_NO_MEMORY = 9,
    GRIDLOOP_BAD_KEY = 10, /* the key file cannot be used */
};

/* Results and refusals by number; the whole list is in docs/errors.md. Names: gridloop_code_name. */
enum gridloop_code {
    GRIDLOOP_OPENED = 1,
    GRIDLOOP_MERGED = 2,
    GRIDLOOP_DEDUPED = 3,
    GRIDLOOP_SUPPRESSED = 4,
    GRIDLOOP_NO_RULE = 5,
    GRIDLOOP_LATE = 6,
    GRIDLOOP_REOPENED = 7,
    GRIDLOOP_CLEARED = 8,
    GRIDLOOP_DONE = 9,
    GRIDLOOP_MALFORMED = 20,
    GRIDLOOP_NO_RIGHT = 30,
    GRIDLOOP_UNKNOWN_IDENTITY = 31,
    GRIDLOOP_EPOCH_OLD = 34, /* another outbox of this identity is newer */
    GRIDLOOP_OVERLOADED = 37,
    GRIDLOOP_FORGOTTEN = 39, /* taken long ago; its result is no longer kept */
    GRIDLOOP_WRONG_STATE = 60,
    GRIDLOOP_DROPPED = 200, /* never on the wire: telemetry dropped from a full outbox */
};

const char *gridloop_status_text(int status);
/* "MERGED"; "CODE_77" for a code of a newer engine, in a buffer of the calling thread. */
const char *gridloop_code_name(int code);
/* A sentence; language "zh" or "en". */
const char *gridloop_code_text(int code, const char *language);

/* Can the key that the urls name be used? Else false, with a sentence of at most why_size bytes. True where they name none. */
bool gridloop_key_check(const char *urls, char *out_why, size_t why_size);

/* When is what the caller was told safe? Kill -9 loses nothing under any of them. */
enum gridloop_sync {
    GRIDLOOP_SYNC_BATCH = 0, /* synced before a batch leaves, and by flush */
    GRIDLOOP_SYNC_EACH = 1,  /* every send returns after a sync: safe from power loss at once */
    GRIDLOOP_SYNC_NONE = 2,  /* left to the operating system */
};

/* ---- events ---- */

enum gridloop_field_kind { GRIDLOOP_NUMBER = 1, GRIDLOOP_TEXT = 2, GRIDLOOP_FLAG = 3 };

struct gridloop_field {
    const char *name;
    enum gridloop_field_kind kind;
    double number;
    const char *text; /* <= 64 bytes */
    bool flag;
};

enum gridloop_event_flag {
    GRIDLOOP_BY_PERSON = 1u << 0,    /* seen by a person, not a device */
    GRIDLOOP_SELF_HANDLED = 1u << 1, /* and put right on the spot */
    GRIDLOOP_DRILL = 1u << 7,        /* whatever it opens is marked, and never meets the real */
    GRIDLOOP_TELEMETRY =
        1u << 30, /* may be dropped, oldest first, when the outbox is full; stays here */
};

/* How whoever reported can be reached. The engine seals it under a key of its own before it writes anything; the sender's
 * outbox file holds it as it is until it is acknowledged. */
struct gridloop_contact {
    const char *name;  /* <= 64 bytes */
    const char *phone; /* <= 32 bytes */
    const char *note;  /* <= 156 bytes */
};

struct gridloop_event {
    const char *id;     /* unique inside the source; NULL: the library makes one */
    const char *type;   /* "camera.garbage_overflow" */
    const char *device; /* id in the city's registry; or a place */
    int64_t at_ms;      /* when it happened */
    bool has_place;
    double lon, lat; /* degrees */
    uint32_t accuracy_cm;
    const struct gridloop_field *fields;
    size_t field_count;                     /* <= 64 */
    const char *text;                       /* <= 4000 bytes */
    uint32_t flags;                         /* enum gridloop_event_flag */
    const struct gridloop_contact *contact; /* NULL: none */
};

/* What became of one event. Strings live until the callback returns. */
struct gridloop_result {
    uint64_t number; /* as given by send */
    const char *event_id;
    int code;            /* enum gridloop_code */
    const char *case_no; /* "110108-20260303-0001" or "" */
    bool is_late;
    const char *hint; /* "" or what was expected */
    uint32_t
        report; /* which of the case's reports it is, from 1; 0 = none. "CASE.REPORT" is the reporter's receipt */
};

/* ---- gateway ---- */

struct gridloop_gateway;

typedef void gridloop_result_fn(void *context, const struct gridloop_result *result);

struct gridloop_gateway_options {
    gridloop_result_fn *on_result; /* once per event; after a crash it may come again */
    void *context;
    enum gridloop_sync sync;
    uint64_t outbox_bytes_max; /* 0: 64 MiB */
    uint32_t items_max;        /* 0: 100,000 events waiting */
    uint32_t batch_events_max; /* 0: 1,000 */
    uint32_t resend_ms;        /* 0: 1,000; doubles up to 30 s while nobody answers */
    const char *key_path;      /* see urls; NULL: what they say */
    const char *engine_key;
};

/* urls: one or several with commas, tcp://host:port or ipc:///path; the next is tried when one is silent. Behind them may stand
 * "#key=PATH&engine=HEX": frames are then sealed with the key of that file (made by `gridloop key new`; a directory: IDENTITY.key in
 * it), and only the engine with that public key is believed; without engine= the one the file names. So everywhere in this header.
 * options may be NULL. GRIDLOOP_BAD_KEY: gridloop_key_check says why. */
int gridloop_gateway_open(const char *urls, const char *identity, const char *outbox_path,
                          const struct gridloop_gateway_options *options,
                          struct gridloop_gateway **out_gateway);
/* Waiting events stay in the file. NULL is fine. */
void gridloop_gateway_close(struct gridloop_gateway *gateway);

/* Puts the event into the outbox: from here on it is the library's to deliver. number may be NULL. */
int gridloop_gateway_send(struct gridloop_gateway *gateway, const struct gridloop_event *event,
                          uint64_t *out_number);
/* Sends and listens until all is answered or wait_ms is over. Results come by callback. */
int gridloop_gateway_flush(struct gridloop_gateway *gateway, uint32_t wait_ms);

uint64_t
gridloop_gateway_waiting(const struct gridloop_gateway *gateway); /* events not yet answered */
uint64_t
gridloop_gateway_dropped(const struct gridloop_gateway *gateway); /* telemetry dropped since open */
int64_t gridloop_gateway_now_ms(
    const struct gridloop_gateway *gateway); /* engine's clock now, 0 = not yet known */
const char *gridloop_gateway_why(
    const struct gridloop_gateway *gateway); /* of the last status that was not OK */
int gridloop_gateway_held(
    const struct gridloop_gateway *gateway); /* after HELD: the engine's code, else 0 */
int gridloop_gateway_fd(const struct gridloop_gateway *gateway); /* readable: call flush(0) */

/* ---- worker ---- */

struct gridloop_worker;

enum gridloop_item_kind {
    GRIDLOOP_OFFER = 1,
    GRIDLOOP_RECALL = 2,
    GRIDLOOP_CHANGE = 3,
    GRIDLOOP_NOTICE = 4
};
enum gridloop_order_kind {
    GRIDLOOP_HANDLE = 1,
    GRIDLOOP_ASSIST = 2,
    GRIDLOOP_VERIFY_REPORT = 3,
    GRIDLOOP_CHECK_RESULT = 4,
    GRIDLOOP_INFORM = 5,
    GRIDLOOP_PLAN_TASK = 6,
    GRIDLOOP_ADJUDICATE = 7,
};
enum gridloop_order_state {
    GRIDLOOP_ORDER_OFFERED = 1,
    GRIDLOOP_ORDER_ACCEPTED = 2,
    GRIDLOOP_ORDER_ARRIVED = 3,
    GRIDLOOP_ORDER_DONE = 4,
    GRIDLOOP_ORDER_DECLINED = 5,
    GRIDLOOP_ORDER_EXPIRED = 6,
    GRIDLOOP_ORDER_RETURNED = 7,
    GRIDLOOP_ORDER_RECALLED = 8,
};
/* Acts of people, named as in docs/life-cycle.md; FINISH is done, ASK_DATA is inform. other_case, until_ms and amount of struct
 * gridloop_act go with those that need them. */
enum gridloop_action {
    GRIDLOOP_ACCEPT = 1,
    GRIDLOOP_DECLINE = 2,
    GRIDLOOP_ARRIVE = 3,
    GRIDLOOP_FINISH = 4,
    GRIDLOOP_RETURN = 5,
    GRIDLOOP_CHECK_PASS = 6,
    GRIDLOOP_CHECK_FAIL = 7,
    GRIDLOOP_VERIFY_YES = 8,
    GRIDLOOP_VERIFY_NO = 9,
    GRIDLOOP_REASSIGN = 10,
    GRIDLOOP_DISPATCH = 11,
    GRIDLOOP_VOID = 12,
    GRIDLOOP_FORCE_CLOSE = 13,
    GRIDLOOP_REOPEN = 14,
    GRIDLOOP_COMMENT = 15,
    GRIDLOOP_FILE = 16,
    GRIDLOOP_CLOSE = 17,
    GRIDLOOP_SEND_TO_DESK = 18,
    GRIDLOOP_SUSPEND = 19,
    GRIDLOOP_RESUME = 20,
    GRIDLOOP_EXTEND = 21,
    GRIDLOOP_EXTEND_YES = 22,
    GRIDLOOP_EXTEND_NO = 23,
    GRIDLOOP_APPEAL = 24,
    GRIDLOOP_APPEAL_YES = 25,
    GRIDLOOP_APPEAL_NO = 26,
    GRIDLOOP_SUPERVISE = 27,
    GRIDLOOP_ANSWER = 28,
    GRIDLOOP_MERGE_INTO = 29,
    GRIDLOOP_SPLIT = 30,
    GRIDLOOP_LINK_CHILD = 31,
    GRIDLOOP_UNLINK_CHILD = 32,
    GRIDLOOP_RELATE = 33,
    GRIDLOOP_REPLACE = 34,
    GRIDLOOP_CONTROL = 35,
    GRIDLOOP_REQUEST_HELP = 36,
    GRIDLOOP_ASK_DATA = 37,
    GRIDLOOP_HAND_OVER = 39,
    GRIDLOOP_POSITION = 40,
    GRIDLOOP_RULE = 41,
    GRIDLOOP_PLAN_CONFIRM = 45,
    GRIDLOOP_PLAN_STAND_DOWN = 46,
    GRIDLOOP_PLAN_ACK = 47,
    GRIDLOOP_PLAN_ANSWER = 48,
    GRIDLOOP_PLAN_START = 49,
    GRIDLOOP_REVEAL = 50,
    GRIDLOOP_ERASE = 51,
    GRIDLOOP_READ_EVIDENCE = 52,
    GRIDLOOP_RATE = 55,
    GRIDLOOP_SOLVED = 56,
    GRIDLOOP_NOT_SOLVED = 57,
    GRIDLOOP_KEY_REGISTER = 53, /* evidence: the two halves of a public key; subject: whose */
    GRIDLOOP_KEY_REVOKE = 54,
    GRIDLOOP_SILENCE = 60,
    GRIDLOOP_UNSILENCE = 61,
    GRIDLOOP_MAKE_SAFE = 62,
};
enum gridloop_reason {
    GRIDLOOP_NO_REASON = 0,
    GRIDLOOP_NOT_MINE = 1,
    GRIDLOOP_PRIVATE_LAND = 2,
    GRIDLOOP_NOT_FOUND = 3,
    GRIDLOOP_NO_EQUIPMENT = 4,
    GRIDLOOP_UNSAFE = 5,
    GRIDLOOP_IS_BUSY = 6,
    GRIDLOOP_TOO_FAR = 7,
    GRIDLOOP_UNWELL = 8,
    GRIDLOOP_FALSE_ALARM = 9,
    GRIDLOOP_DUPLICATE = 10,
    GRIDLOOP_OUTSIDE_DUTY = 11,
    GRIDLOOP_NOT_DONE = 12,
    GRIDLOOP_CAME_BACK = 13,
    GRIDLOOP_BETTER_PLACED = 14,
    GRIDLOOP_INSTRUCTED = 15,
    GRIDLOOP_OTHER = 16,
    GRIDLOOP_NEEDS_PARTS = 17,
    GRIDLOOP_WEATHER = 18,
    GRIDLOOP_NEEDS_FUNDS = 19,
    GRIDLOOP_LEGAL_STEPS = 20,
    GRIDLOOP_PERMITTED = 21,
    GRIDLOOP_SAME_MATTER = 22,
    GRIDLOOP_OTHER_MATTER = 23,
    GRIDLOOP_NEEDS_OTHERS = 24,
    GRIDLOOP_IMPORTANT = 25,
    GRIDLOOP_UNFORESEEN = 26,
    GRIDLOOP_CIRCLED = 27,
    GRIDLOOP_BACK_AND_FORTH = 28,
    GRIDLOOP_SAME_REASON = 29,
    GRIDLOOP_NEAR_DEADLINE = 30,
    GRIDLOOP_PUSHED_UP = 31,
    GRIDLOOP_PUSHED_DOWN = 32,
    GRIDLOOP_PERMIT_CONFLICT = 33,
    GRIDLOOP_BY_CLAUSE = 34,
    GRIDLOOP_BECAUSE_DRILL = 35,
    GRIDLOOP_PLAN_OVER = 36,
    GRIDLOOP_SUPERSEDED = 37,
    GRIDLOOP_CALL_BACK = 39,
    GRIDLOOP_REPORTER_ASKED = 40,
    GRIDLOOP_BECAUSE_NOT_SOLVED = 41,
};
enum gridloop_presence { GRIDLOOP_READY = 1, GRIDLOOP_PAUSED = 2, GRIDLOOP_OFF = 3 };

/* Where somebody is. */
struct gridloop_fix {
    bool is_known;
    double lon, lat;
    uint32_t accuracy_cm;
    int64_t at_ms;
};

/* A line to fill in before "done": an act PLAN_ANSWER with subject = id, amount = the value (yes 1, no 0), evidence where a
 * photo is asked. */
struct gridloop_checklist_line {
    const char *id, *text;
    bool is_required, needs_photo, is_number;
};

/* Something a worker is told. Strings live until the callback returns. */
struct gridloop_item {
    uint64_t seq;
    int kind; /* enum gridloop_item_kind */
    uint64_t order;
    int code; /* why */
    const char *case_no;
    int order_kind, order_state;
    const char *title, *class_code, *place_name, *task;
    int severity; /* 1 gravest .. 4 */
    bool has_place;
    double lon, lat;
    int64_t deadline_ms; /* 0 = none */
    const struct gridloop_checklist_line *checklist;
    size_t checklist_count; /* <= 32 */
};

/* What somebody does with an order, or with a case. */
struct gridloop_act {
    uint64_t order;      /* or */
    const char *case_no; /* whole or a unique tail: "1"; of a rating a receipt: "1.3" */
    int action;          /* enum gridloop_action */
    int reason;          /* enum gridloop_reason */
    const char *text;    /* <= 1000 bytes */
    struct gridloop_fix fix;
    const uint8_t (*evidence)[16]; /* digests of photos */
    size_t evidence_count;         /* <= 16 */
    const char *subject;           /* person or post */
    const char *other_case;        /* of a merge, link or split; whole or a unique tail */
    int64_t until_ms;              /* suspended until, promised for; 0 = none */
    uint32_t amount;               /* hours, stars 1..5, a checklist's value; 0 = none */
};

struct gridloop_act_result {
    uint64_t number; /* as given by act or report */
    int code;        /* DONE, or a refusal; of a report: the event's result */
    const char *case_no;
    uint64_t order;
    int state;         /* of the order, or of the case */
    uint64_t possible; /* bit per action possible now */
    const char *hint;
    uint32_t report; /* of a report, as in gridloop_result */
};

/* Return true once the item is safe with the app (stored, or shown): it is not told again. */
typedef bool gridloop_item_fn(void *context, const struct gridloop_item *item);
typedef void gridloop_act_result_fn(void *context, const struct gridloop_act_result *result);

struct gridloop_worker_options {
    gridloop_item_fn *on_item;
    gridloop_act_result_fn *on_result;
    void *context;
    enum gridloop_sync sync;
    uint32_t hold_ms;     /* how long the engine may hold a poll; 0: 20,000, at most 25,000 */
    uint32_t resend_ms;   /* 0: 1,000 */
    uint32_t items_max;   /* 0: 1,000 acts waiting */
    const char *key_path; /* see urls; NULL: what they say */
    const char *engine_key;
};

/* state_path: this worker's outbox and how far it has been told. */
int gridloop_worker_open(const char *urls, const char *identity, const char *state_path,
                         const struct gridloop_worker_options *options,
                         struct gridloop_worker **out_worker);
void gridloop_worker_close(struct gridloop_worker *worker);

/* Sends what waits, asks for items, calls back, until something came or wait_ms is over. GRIDLOOP_OK: something
 * came. presence: enum gridloop_presence; fix may be NULL. */
int gridloop_worker_poll(struct gridloop_worker *worker, uint32_t wait_ms, int presence,
                         const struct gridloop_fix *fix);
/* Both return when the act is in the outbox; the answer comes by callback from poll or flush. May be called from
 * a callback. */
int gridloop_worker_act(struct gridloop_worker *worker, const struct gridloop_act *act,
                        uint64_t *out_number);
int gridloop_worker_report(struct gridloop_worker *worker, const struct gridloop_event *event,
                           uint64_t *out_number);
/* Until every act is answered. */
int gridloop_worker_flush(struct gridloop_worker *worker, uint32_t wait_ms);

uint64_t gridloop_worker_waiting(const struct gridloop_worker *worker);
int64_t gridloop_worker_now_ms(
    const struct gridloop_worker *worker); /* engine's clock, 0 = not yet known */
uint32_t gridloop_worker_speed(
    const struct gridloop_worker *worker); /* its ms per real ms; 1 unless scaled */
const char *gridloop_worker_why(const struct gridloop_worker *worker);
/* index 0: items, 1: acts. Readable: call poll(0). */
int gridloop_worker_fd(const struct gridloop_worker *worker, int index);

/* ---- operator ---- */

/* One act on a case or order, answered within wait_ms; repeated under one key until then. Strings of out_result
 * lie in it. */
struct gridloop_operator_result {
    int code;
    char case_no[40];
    uint64_t order;
    int state;
    uint64_t possible;
    char hint[256];
    struct { /* of a reveal that was granted, oldest first */
        char name[65];
        char phone[33];
        char note[157];
    } contacts[8];
    uint32_t contact_count;
    uint32_t report; /* of a rating: the one rated */
};
int gridloop_operator_act(const char *urls, const char *identity, const struct gridloop_act *act,
                          uint32_t wait_ms, struct gridloop_operator_result *out_result);

/* Puts a photo or file of 1 byte to 2 MiB into the engine's evidence store; out_digest (16 bytes, BLAKE2b-128 of the bytes) is what
 * an act then names. Again and again under the same digest until answered, so it is once-only. out_result->code: GRIDLOOP_CODE's
 * STORED, or why not. Needs no outbox: put it before or after the act, an act may name what is still on its way. */
int gridloop_operator_put(const char *urls, const char *identity, const void *bytes, size_t size,
                          uint32_t wait_ms, unsigned char out_digest[16],
                          struct gridloop_operator_result *out_result);

/* Which rules run (activate false: identity may be anybody the engine knows), or, by a person with the right, the rule files of
 * the engine's city read again and used. */
struct gridloop_rules_request {
    int activate;
    const char *reason; /* why, to activate: at most 119 bytes */
    const unsigned char
        *expected; /* 16 bytes: digest of the files as they were checked; NULL: whatever they are */
};
struct gridloop_rules_result {
    int code; /* DONE, or GRIDLOOP_CODE's reason why not */
    unsigned char
        rules[16]; /* digest of the rule files that run now; zeros after a refusal without one */
    unsigned char policy[16]; /* of the image they were compiled to */
    uint32_t kept, reset, added, removed;
    char hint[2200]; /* what is wrong */
};
int gridloop_operator_rules(const char *urls, const char *identity,
                            const struct gridloop_rules_request *request, uint32_t wait_ms,
                            struct gridloop_rules_result *out_result);

#ifdef __cplusplus
}
#endif

#endif
