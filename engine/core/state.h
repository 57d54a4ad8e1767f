/* state.h: the core's rows: cases, orders, workers, outbox marks, and the block that holds them.
 *
 * Internal to engine/core/: everyone else reads through core.h. Rows are addressed by slot; NONE32 is "none".
 * Rows that name image rows (rule, cell, post ...) are renumbered by remap.c when new images are activated.
 *
 * Who owns what
 *   cases.c    case rows, their numbers, merge and close chains, persons on a case
 *   case_extras.c  captured fields and hand-overs of cases, in extras.c
 *   orders.c   order rows, one chain a case
 *   workers.c  worker rows, items;  grid.c  their places and kinds, which follow from the rows
 *   marks.c    outbox marks and kept results
 *   contacts.c sealed contacts of reporters, one chain a case
 *   memory.c   remembered event ids and dedupe windows
 *   window_rows.c  keys of rules with state;  samples.c  what their windows hold;  windows.c  what they make of an event
 *   sources.c  confirmed cases and false alarms by source
 *   ratings.c  what the public says of a closed case
 *   silences.c what is held back for a while;  inhibits.c  open cases that hide smaller ones
 *   groups.c   notices told together
 *   keyring.c  public keys of identities
 *   assign_round.c  orders matched anew to workers;  assign_apply.c  what follows from it;  assign_solve.c  the cheapest way
 *   plans.c    activated emergency plans and their tasks;  late_reports.c  places that owe a report
 *   confirm.c  several sources;  safety.c  made safe, nobody there
 *   intake.c   events -> cases;  choice.c  who;  dispatch.c  cases -> offers;  flow.c  acts -> transitions
 *   clocks.c   clocks, reminders, escalation
 *   pause.c    挂账, 管控, 延期;  watch.c  督办, 申诉;  links.c  merge, split, children;  joint.c  吹哨, 协查
 *   rehome.c   cells of open cases after the borders moved
 *   offices.c  which office has a case, its hand-overs;  dispute.c  adjudication of them;  rulings.c  what was ruled
 *   ledger.c   the file of an object;  burden.c  tasks of a cell */
#ifndef ENGINE_CORE_STATE_H
#define ENGINE_CORE_STATE_H

#include "engine/core/assign_rows.h"
#include "engine/core/core.h"
#include "engine/core/extras.h"
#include "engine/core/grid.h"
#include "engine/core/handover.h"
#include "engine/core/ring.h"
#include "engine/core/road_walks.h"
#include "engine/core/rowmap.h"
#include "engine/core/state_windows.h"
#include "engine/core/table.h"
#include "engine/core/timers.h"

#define CASE_WORKERS_MAX 16u /* persons a case remembers */
#define CASE_OFFERED_MAX                                                                           \
    12u                     /* persons offered to; the rest of the list is for desks and checkers */
#define CASE_ORDERS_MAX 24u /* orders a case keeps, ended ones included; oldest ended leave first */
#define CASE_OFFERS_MAX 12u /* offers without an acceptance before a desk takes over */
#define WORKER_ITEMS_MAX 64u
#define ACT_RESULTS_KEPT 4u
#define ARRIVE_RADIUS_CM 100000 /* an arrival farther from the case than 1 km is not believed */
#define HANDLE_FALLBACK_MS (7 * DAY_MS) /* where neither rule nor class gives a handle limit */
#define REMIND_MIN_MS                                                                              \
    HOUR_MS /* after a missed clock, remind again after its limit, but not sooner */
#define SEEK_FALLBACK_MS (2 * MINUTE_MS)
#define EXTENSIONS_MAX 2u               /* 延期 of one case */
#define PAUSE_MAX_MS (366 * DAY_MS)     /* 挂账 and 管控 */
#define SUPERVISE_FALLBACK_HOURS 24u    /* to answer a supervision, where none is given */
#define INFORM_FALLBACK_HOURS 24u       /* to give the data asked for */
#define HOURS_MAX 720u                  /* of both */
#define INFORMS_MAX 4u                  /* posts that one case waits for at a time */
#define HELPERS_MAX 7u                  /* asked for by one case at a time */
#define HELP_ARRIVE_MS (30 * MINUTE_MS) /* of a helper, where the rule has no arrive clock */
#define SELF_CHECK_EVERY 5u             /* one of so many self-handled cases is checked */
#define RECHECK_EVERY 20u               /* one of so many passed checks is looked at again */
#define FOLLOW_MAX 8u                   /* merges of merges that are followed */
#define SILENCE_MAX_MS (31 * DAY_MS)    /* a longer one is a rule that should be changed */
#define INHIBIT_WALK_MAX 64u            /* cases of one key that are looked at */
#define CASE_CONTACTS_MAX 8u            /* reporters of one case whose contact is kept */

/* ---- cases ---- */

enum case_timer {
    CASE_TIMER_CLOCK,
    CASE_TIMER_STEP,
    CASE_TIMER_SEEK,
    CASE_TIMER_SUPERVISE,
    CASE_TIMER_DISPUTE,
    CASE_TIMER_COUNT
};

enum case_person_flag {
    PERSON_DECLINED = 1u << 0,  /* declined, let expire, returned: not offered again */
    PERSON_HANDLED = 1u << 1,   /* accepted a handling order: may not check */
    PERSON_COMMANDED = 1u << 2, /* dispatched it by hand: may not check either */
    PERSON_FILED = 1u << 3,   /* filed or verified it at the supervision centre: may not command */
    PERSON_CHECKED = 1u << 4, /* passed it before the second check: may not do that one */
};

#define PERSON_WORKER_BITS 24u
#define PERSON_WORKER_MAX ((1u << PERSON_WORKER_BITS) - 1)
#define PERSON_FLAGS_MAX ((1u << (32 - PERSON_WORKER_BITS)) - 1)

struct case_person {
    uint32_t worker : PERSON_WORKER_BITS;     /* slot */
    uint32_t flags : 32 - PERSON_WORKER_BITS; /* enum case_person_flag */
};

static inline struct case_person case_person_of(uint32_t worker, uint32_t flags)
{
    must(worker <= PERSON_WORKER_MAX && flags <= PERSON_FLAGS_MAX);
    return (struct case_person){worker & PERSON_WORKER_MAX, flags & PERSON_FLAGS_MAX};
}

enum case_flag {
    CASE_IS_SEEKING = 1u << 0, /* a desk holds it, the engine still looks for a worker */
    CASE_IS_MISSED = 1u << 1,  /* the clock that binds now was missed */
    CASE_HANDLE_MISSED = 1u << 2,
    CASE_IS_CLEARED = 1u << 3, /* the source said it is over */
    CASE_HAS_MERGE = 1u << 4,  /* linked in the merge chain */
    CASE_HAS_CLOSE = 1u << 5,  /* linked in the close chain */
    CASE_WAS_REOPENED = 1u << 6,
    CASE_NOBODY_TOLD = 1u << 7, /* the desk was told that nobody is eligible */
    CASE_HANDLE_RUNS = 1u << 8, /* handle clock started and not paused */
    CASE_EVER_MISSED = 1u << 9, /* a handle clock of it was missed, whatever came later */
    CASE_WAS_SUSPENDED = 1u << 10,
    CASE_WAS_AT_DESK = 1u << 11,   /* suspended or controlled while a desk held it */
    CASE_IS_SUPERVISED = 1u << 12, /* 督办 not answered yet */
    CASE_SUPERVISE_MISSED = 1u << 13,
    CASE_AUTO_SUPERVISED = 1u << 14, /* by its missed clock, once */
    CASE_IS_JOINT = 1u << 15,        /* help was requested: handled only when all are done */
    CASE_IS_RECHECK = 1u << 16,      /* passed once, a second checker looks */
    CASE_IS_SAFE = 1u << 17,         /* somebody made it safe */
    CASE_SAFE_MISSED = 1u << 18,     /* that came too late, and was said */
    CASE_WAS_REACHED = 1u << 19,     /* somebody was there since it was filed */
    CASE_IS_WEIGHED = 1u << 30,      /* its end was counted for or against its source */
    CASE_OFFICE_ACTED = 1u << 24, /* somebody of the office that has it was there or did a part */
    CASE_IS_SENT_BACK = 1u << 25, /* its newest hand-over has no receiver yet */
    CASE_LOST_ROWS = 1u << 26,    /* activation only: its cell or department is gone */
    CASE_IS_DRILL = 1u << 29,     /* opened by a drill */
};

enum extend_stage { EXTEND_NONE = 0, EXTEND_ASKED = 1, EXTEND_APPROVED_ONCE = 2 };
enum appeal_state { APPEAL_NONE = 0, APPEAL_OPEN = 1, APPEAL_UPHELD = 2, APPEAL_REFUSED = 3 };

struct case_row {
    struct case_no no;
    uint32_t is_used;
    uint8_t state;        /* enum case_state */
    uint8_t severity;     /* 1..4 */
    uint8_t clock;        /* enum case_clock that CASE_TIMER_CLOCK stands for */
    uint8_t assign_mask;  /* bit i: assign i of the rule is wanted */
    struct holder holder; /* index: worker slot for PERSON, post row for POST */
    uint32_t flags;       /* enum case_flag */
    uint32_t rule, class_row, cell, asset, device, gateway; /* image rows or NONE32 */
    uint32_t department; /* that runs the handle clock, or NONE32 */
    uint32_t owner;      /* department that its rule or its asset names, or NONE32 */
    struct place
        place; /* where it is believed to be: of the first event, or of a more accurate one */
    struct place
        first_place; /* of the first event: what distances to it are measured to when events are merged */
    uint32_t accuracy_cm;  /* of place, 0 = not known */
    uint32_t sources_seen; /* bit per enum gateway_kind that reported it, for `confirm` */
    int64_t opened_at_ms, onset_at_ms, filed_at_ms;
    int64_t first_offer_at_ms; /* of this round of dispatching, 0 = not yet */
    int64_t assigned_at_ms; /* a person or a desk first took it since it was filed, 0 = not yet */
    int64_t handled_at_ms, closed_at_ms;
    struct clock_limit handle_limit; /* extensions included */
    int64_t handle_base;             /* its value without extensions */
    int64_t handle_used_ms;          /* before handle_from_ms, in the limit's unit */
    int64_t handle_from_ms;          /* running since; meaningful while CASE_HANDLE_RUNS */
    int64_t clock_limit_ms;          /* of the binding clock, for reminders */
    int64_t supervise_limit_ms;
    uint8_t extensions;                  /* granted */
    uint8_t extend_stage;                /* enum extend_stage */
    uint8_t appeal;                      /* enum appeal_state */
    uint8_t help_wanted;                 /* helpers beyond the rule's first assign */
    uint32_t extend_asker, extend_first; /* worker slots: who asked, who approved first */
    struct case_no survivor;             /* of a MERGED case: the case it went into */
    uint32_t parent, child_first, child_next, child_prev; /* slots */
    uint32_t event_count;
    uint32_t offer_count; /* offers of handling orders since dispatch (re)started */
    uint32_t steps_fired; /* bit per escalation step */
    uint32_t
        round; /* how often dispatching started, modulo 256: orders done earlier do not count */
    uint32_t person_count;
    struct case_person persons[CASE_WORKERS_MAX];
    uint32_t order_first; /* newest order, chain by order_row.next */
    uint32_t order_count;
    struct hash128 merge_key, close_key;
    struct hash128
        merge_base; /* of the key fields alone: under other rules its squares are laid anew */
    uint32_t merge_square_cm; /* of the squares in merge_key; 0 = it has none */
    uint32_t merge_next, merge_prev, close_next, close_prev; /* slots */
    uint32_t capture_first, handover_first;                  /* in extras: see case_extras.h */
    uint16_t capture_size;                                   /* bytes there */
    uint8_t capture_count, handover_count;
    uint32_t office, first_office; /* posts: that has it as an office, that had it first; NONE32 */
    uint32_t ruled_office;         /* post that a ruling named for this case, or NONE32 */
    uint32_t dispute;              /* slot, or NONE32 */
    uint32_t office_permille;      /* of the handle clock when the office received it */
    uint32_t free_next;
};

struct district_counter {
    uint32_t district;
    uint32_t day;
    uint32_t serial;
};

struct cases {
    struct case_row *rows;
    struct district_counter *districts;
    uint32_t limit, used, free_first, high; /* slots >= high were never used */
    uint32_t district_count, district_limit;
    struct rowmap by_no;
    struct rowmap by_merge; /* merge key -> first slot of the chain */
    struct rowmap by_close;
};

/* ---- orders ---- */

#define ORDER_MOVES_MASK 0x7fu
enum order_mark { ORDER_IS_PARALLEL = 0x80 /* offered to several at once */ };

struct order_row {
    uint64_t number;
    uint32_t case_slot;
    uint32_t worker; /* slot, or NONE32: an order to a post, which everyone there may answer */
    uint32_t post;   /* row of CITY_POSTS, or NONE32 */
    uint32_t assign; /* row of POLICY_ASSIGNS, NONE32 */
    uint8_t kind, state, is_lead, clock;
    uint8_t assign_index; /* of the rule's assigns; 0xff for check and verify */
    uint8_t round;        /* of the case when it was offered */
    uint8_t is_used;
    uint8_t marks; /* enum order_mark, and how often it was moved */
    int64_t offered_at_ms, accepted_at_ms, arrived_at_ms, ended_at_ms;
    int64_t deadline_ms;               /* accept or arrive clock, NEVER_MS */
    uint64_t visit;                    /* order of the same worker for the same object, 0 = none */
    uint32_t next;                     /* older order of the case */
    uint32_t worker_next, worker_prev; /* chain of the worker's active orders */
    union {
        uint32_t way_ms;    /* in use: the way when it was offered, NONE32 = not known */
        uint32_t free_next; /* not in use */
    };
};

struct orders {
    struct order_row *rows;
    uint32_t limit, used, free_first, high;
    uint64_t last_number;
    struct rowmap by_number;
};

/* ---- workers ---- */

struct item_row {
    uint64_t seq;
    uint64_t order;
    uint16_t code;
    uint8_t kind;
    uint8_t reserved[5];
};

struct act_result {
    uint64_t epoch, seq, content_digest, order, possible;
    struct case_no case_no;
    uint16_t code, state;
    uint16_t is_late;
    uint16_t report; /* of the case, from 1; 0 = none */
};

/* What a search for somebody reads lies in the first line of the cache. */
struct worker_row {
    _Alignas(64) uint32_t person; /* row of CITY_PERSONS, NONE32 = left the city */
    uint32_t status;              /* enum worker_status */
    uint32_t load;                /* active orders */
    uint32_t order_first;         /* active orders, newest first */
    struct place fix;
    int64_t fix_at_ms, seen_at_ms;
    uint64_t item_seq_last, item_seq_taken;
    struct hash128 id_hash;
    uint64_t epoch, last_seq;
    struct act_result results[ACT_RESULTS_KEPT]; /* ring by seq % ACT_RESULTS_KEPT */
};

struct workers {
    struct worker_row *rows;
    struct item_row
        *items; /* a ring of WORKER_ITEMS_MAX a worker, apart: a search reads rows only */
    uint32_t *person_slots; /* worker slot by person row */
    uint32_t limit, count;
    struct table by_id;
    struct grid grid; /* where they are: fix, base or home cell */
};

/* The room of an item in its worker's ring. */
static inline struct item_row *worker_item(const struct workers *workers, uint32_t slot,
                                           uint64_t seq)
{
    return &workers->items[(size_t)slot * WORKER_ITEMS_MAX + seq % WORKER_ITEMS_MAX];
}

/* ---- outbox marks of gateways ---- */

struct kept_result {
    struct case_no case_no;
    uint8_t code;
    uint8_t is_late;
    uint16_t report; /* of the case, from 1; 0 = none */
};

_Static_assert(CODE_LIMIT <= 256, "a kept code is one byte");

struct kept_batch {
    uint64_t seq, content_digest;
    uint32_t count;
    uint32_t reserved;
};

struct mark_row {
    struct hash128 id_hash;
    uint32_t gateway; /* row of CITY_GATEWAYS, NONE32 = left */
    uint64_t epoch, last_seq;
};

struct marks {
    struct mark_row *rows;
    struct kept_batch *batches;  /* limit x batches_kept */
    struct kept_result *results; /* limit x batches_kept x batch_events */
    uint32_t limit, count, batches_kept, batch_events;
    struct table by_id;
};

/* ---- remembered ids and windows ---- */

struct memory_row {
    struct hash128 key;
    int64_t until_ms; /* dedupe: end of the window; ids: when it arrived or happened, the later */
    struct case_no case_no;
    uint32_t is_used; /* 0 below high: its key was put again and has a newer row */
};

/* A ring with an index: the oldest entry makes room for the newest. */
struct memory {
    struct memory_row *rows;
    uint32_t limit, next;
    uint32_t high;      /* rows >= high were never used */
    int64_t horizon_ms; /* newest until_ms pushed out; INT64_MIN = none forgotten */
    struct rowmap index;
};

/* ---- contacts of reporters ---- */

#define CONTACTS_ERASED NONE32 /* head of a case whose contacts somebody erased */

struct contact_row {
    struct hash128 id; /* of its key */
    int64_t at_ms;     /* when it came */
    uint32_t case_slot;
    uint32_t next; /* newer one of the case, or the next free row */
    uint32_t is_used;
    uint8_t reserved[4];
    uint8_t sealed[CONTACT_SEALED_SIZE];
};

struct contacts {
    struct contact_row *rows;
    uint32_t *heads; /* by case slot: 0, row + 1, CONTACTS_ERASED */
    uint32_t limit, used, free_first, high;
};

/* ---- how far sources can be trusted ---- */

struct source_row {
    struct hash128 key;               /* of the ids of rule and gateway */
    uint32_t confirmed, false_alarms; /* ends of cases; halved together */
};

struct sources {
    struct source_row *rows;
    uint32_t limit, count;
    struct table by_key;
};

/* ---- adjudication ---- */

#define DISPUTE_PARTIES_MAX 4u

enum party_state { PARTY_ASKED = 0, PARTY_FILED = 1, PARTY_SILENT = 2 };

struct dispute_party {
    uint32_t post;
    uint32_t worker;     /* slot of who spoke for it, or NONE32 */
    uint32_t state;      /* enum party_state */
    uint32_t reason;     /* enum reason */
    int64_t at_ms;       /* of the position, or of the silence */
    struct hash128 text; /* digest of its words */
};

struct dispute_row {
    uint32_t is_used;
    uint32_t case_slot;
    uint32_t reason; /* enum reason: what the hand-overs show */
    uint32_t post;   /* that rules */
    uint64_t order;  /* of the person of it who was given it, 0 = the post as such */
    int64_t opened_at_ms;
    int64_t due_ms;          /* of the clock that runs: positions, then the ruling */
    struct hash128 snapshot; /* of what all positions are about: the case and its hand-overs then */
    uint32_t is_heard;       /* positions are closed */
    uint32_t party_count;
    struct dispute_party parties[DISPUTE_PARTIES_MAX];
    uint32_t free_next;
    uint32_t reserved;
};

struct disputes {
    struct dispute_row *rows;
    uint32_t limit, used, free_first, high;
};

/* What was ruled once holds for the same class in the same cell, or on the same object. */
struct ruling_row {
    struct case_no no; /* the case it was ruled on */
    uint32_t cell;     /* or NONE32: about an object */
    uint32_t asset;    /* or NONE32: about a cell */
    uint32_t class_row, department, post;
    uint32_t cited, silent; /* bit per party of the dispute */
    uint32_t used_count;    /* cases routed by it since */
    uint32_t reserved;
    int64_t at_ms;
};

struct rulings {
    struct ring ring;
    struct ruling_row *rows;
};

/* ---- the file of an object, tasks of a cell ---- */

#define OBJECT_CASES_MAX 8u

struct object_case {
    struct case_no no;
    uint32_t class_row;
    uint32_t state; /* enum case_state, as of opening or of its end */
    uint32_t reserved;
    int64_t at_ms; /* of opening or of its end */
};

struct object_row {
    uint32_t asset;
    uint32_t
        case_count; /* ever; the newest OBJECT_CASES_MAX are kept, at index % OBJECT_CASES_MAX */
    struct object_case cases[OBJECT_CASES_MAX];
};

struct objects {
    struct ring ring;
    struct object_row *rows;
};

#define BURDEN_DAYS 7u

struct burden_row {
    uint32_t cell, department;
    int32_t day; /* local day of counts[day % BURDEN_DAYS], the newest */
    uint32_t
        short_count; /* of them with less notice than their class asks for, in the window's life */
    uint32_t counts[BURDEN_DAYS];
    uint32_t reserved;
};

struct burdens {
    struct ring ring;
    struct burden_row *rows;
};

/* ---- emergency plans ---- */

#define PLAN_ALERTS_MAX                                                                            \
    4u /* messages of one alert that a plan remembers: the first and the newest */
#define PLAN_ORDER_FIRST                                                                           \
    UINT64_C(1000000000000) /* tasks are numbered from here, beside the orders */

enum plan_row_flag {
    PLAN_IS_DRILL = 1u << 0,
    PLAN_ENDS_SOON = 1u << 1,     /* its case is over: stands down at its next turn */
    PLAN_IS_ASKED_LATE = 1u << 2, /* the confirmation was missed once */
    PLAN_IS_REPLACED = 1u << 3,   /* ends without grace: a real alert took over, or another level */
};

/* No padding: saved and hashed as words. */
struct plan_row {
    struct case_no no; /* of the case it was activated for */
    uint32_t is_used;
    uint32_t plan;                  /* row of POLICY_PLANS, NONE32 = no longer among the rules */
    uint32_t state;                 /* enum plan_state */
    uint32_t flags;                 /* enum plan_row_flag */
    uint32_t confirm_post;          /* row of CITY_POSTS or NONE32 */
    uint32_t task_first, task_last; /* slots, in the order of the plan */
    uint32_t cursor;                /* next task to begin, or to cancel; NONE32 = all were */
    uint32_t task_count;
    uint32_t alert_count;
    uint32_t begins_alone;
    int64_t asked_at_ms, begun_at_ms, ended_at_ms; /* ended: when it stood down; 0 = not yet */
    int64_t deadline_ms; /* confirmation while PENDING, end of the grace while STANDING_DOWN */
    int64_t limit_ms;    /* of the confirmation, for reminders */
    int64_t progress_at_ms, silent_at_ms;
    struct hash128 alerts[PLAN_ALERTS_MAX];
    struct hash128 id_hash; /* of the plan */
};

enum duty_flag {
    DUTY_IS_OVERDUE = 1u << 0,
    DUTY_HAS_FAILED = 1u << 1, /* a line of its checklist did not pass */
    DUTY_FAIL_OWED = 1u << 2,  /* the case for that is still to be opened */
};

/* A task of an activated plan about one target. No padding. */
struct duty_row {
    uint32_t is_used;
    uint32_t number;           /* PLAN_ORDER_FIRST + number names it outside */
    uint32_t plan;             /* slot */
    uint32_t def;              /* of the plan's tasks, from 0 */
    uint32_t asset;            /* the target, or NONE32 */
    uint32_t worker;           /* ACK: slot of who is named, or NONE32 */
    uint32_t post;             /* ACK: row of CITY_POSTS, or NONE32 */
    uint32_t state;            /* enum duty_state */
    uint32_t flags;            /* enum duty_flag */
    uint32_t answered, failed; /* bit per line of the checklist */
    uint32_t done_by;          /* slot of who acknowledged, NONE32 */
    struct case_no no;         /* INSPECT: its case */
    uint32_t next;             /* of the plan */
    int64_t due_ms, begun_at_ms, ended_at_ms;
    uint32_t free_next;
    uint32_t prev; /* of the plan */
};

enum late_state { LATE_WAITING = 1, LATE_REPORTED = 2 };

/* A place whose report is waited for after a sign, or that reported before any. No padding. */
struct late_row {
    uint32_t is_used;
    uint32_t asset;
    uint32_t rule;     /* row of POLICY_RULES whose late_report it is */
    uint32_t state;    /* enum late_state */
    struct case_no no; /* WAITING: of the sign */
    uint32_t reserved;
    int64_t due_ms;
};

struct plans {
    struct plan_row *rows;
    struct duty_row *duties;
    struct late_row *lates;
    uint32_t limit, duty_limit, late_limit;
    uint32_t high, duty_high, late_high; /* rows >= these were never used */
    uint32_t duty_used, duty_free;
    uint32_t last_number;
    uint32_t field_alert, field_refers; /* rows of POLICY_FIELDS, NONE32; follow from the policy */
    struct table by_number;             /* duties */
    struct table by_case;               /* duties with a case */
};

/* ---- what is held back ---- */

struct silences {
    struct silence_row *rows;
    uint64_t last_number;
    uint32_t limit, high; /* rows >= high were never used */
};

/* ---- who may speak for whom ---- */

struct keyring {
    struct key_row *rows;
    uint32_t limit, high;   /* rows >= high were never used */
    struct table by_public; /* by the first half; follows from the rows */
};

/* A case that hides smaller ones, or a silenced firing that does. No padding. */
struct inhibit_row {
    struct hash128 key; /* rule and equal fields */
    int64_t until_ms;   /* of a silenced firing; a case: NEVER_MS */
    struct place place;
    uint32_t is_used;
    uint32_t case_slot;  /* NONE32 = a silenced firing */
    uint32_t severity;   /* of a silenced firing */
    uint32_t next, prev; /* of the key; next also of the free list */
    uint32_t held;       /* firings held back */
};

struct inhibits {
    struct inhibit_row *rows;
    uint32_t *by_case; /* by case slot: row + 1, 0; follows from the rows */
    uint32_t limit, high, free_first;
    uint32_t reserved;
    struct table by_key; /* key -> first row of the chain */
};

/* ---- notices told together ---- */

/* Firings of a rule of lane notify with the same values. No padding. */
struct group_row {
    struct hash128 key; /* rule and values of group.by */
    int64_t told_ms;    /* last; NEVER_MS = not yet */
    struct case_no no;  /* newest, or none */
    uint32_t is_used;
    uint32_t rule;    /* row of POLICY_RULES */
    uint32_t waiting; /* firings that are not told yet */
    uint32_t total;   /* firings in all */
    uint32_t next;    /* of the free ones */
};

struct groups {
    struct group_row *rows;
    uint32_t limit, high, free_first; /* rows >= high were never used */
    uint32_t reserved;
    struct table by_key;
};

/* ---- the core ---- */

struct core {
    struct limits limits;
    int64_t now_ms;
    bool has_images;
    uint32_t slot; /* which of the two image slots is active */
    struct city cities[2];
    struct policy policies[2];
    struct city staged_city;
    struct policy staged_policy;
    bool has_staged_city, has_staged_policy;
    struct hash128 facts_digest;
    struct core_counts counts;
    struct cases cases;
    struct extras extras;
    struct orders orders;
    struct workers workers;
    struct marks marks;
    struct contacts contacts;
    struct memory event_ids;
    struct memory dedupe;
    struct windows windows;
    struct waits waits;
    struct sources sources;
    struct disputes disputes;
    struct rulings rulings;
    struct objects objects;
    struct burdens burdens;
    struct plans plans;
    struct silences silences;
    struct keyring keyring;
    struct inhibits inhibits;
    struct groups groups;
    struct rounds rounds;
    struct timers timers;
    struct road_walks road_walks; /* work space of searches: no state */
    int64_t fastest_mm_per_s; /* of all modes, detour included: bounds a search by travel time */
    int64_t borders_at_ms;    /* another city was activated last; 0 = never */
    uint32_t *remap;          /* scratch for activation, one u32 a row of the largest table */
    uint32_t remap_limit;
    uint32_t rehome_next; /* slot + 1 of the case to be located next; 0 = none: see rehome.h */
    uint32_t deduped_rule, deduped_type; /* that looked for a repeat last: a guess, no state */
    uint32_t operations;            /* of timers at this instant, against limits.tick_operations */
    const struct effect_sink *sink; /* only during core_step */
};

static inline const struct city *state_city(const struct core *core)
{
    return &core->cities[core->slot];
}

static inline const struct policy *state_policy(const struct core *core)
{
    return &core->policies[core->slot];
}

static inline const struct policy_rule *state_rule(const struct core *core,
                                                   const struct case_row *row)
{
    return row->rule == NONE32 ? NULL : &state_policy(core)->rules[row->rule];
}

static inline uint32_t case_timer_id(uint32_t slot, enum case_timer timer)
{
    return slot * CASE_TIMER_COUNT + (uint32_t)timer;
}

static inline uint32_t order_timer_id(const struct core *core, uint32_t slot)
{
    return core->limits.cases * CASE_TIMER_COUNT + slot;
}

static inline uint32_t plan_timer_id(const struct core *core, uint32_t slot)
{
    return core->limits.cases * CASE_TIMER_COUNT + core->limits.orders + slot;
}

static inline uint32_t duty_timer_id(const struct core *core, uint32_t slot)
{
    return plan_timer_id(core, core->limits.plans) + slot;
}

static inline uint32_t late_timer_id(const struct core *core, uint32_t slot)
{
    return duty_timer_id(core, core->limits.plan_tasks) + slot;
}

static inline uint32_t wait_timer_id(const struct core *core, uint32_t slot)
{
    return late_timer_id(core, core->limits.late_reports) + slot;
}

static inline uint32_t group_timer_id(const struct core *core, uint32_t slot)
{
    return wait_timer_id(core, core->limits.waits) + slot;
}

static inline uint32_t round_timer_id(const struct core *core)
{
    return group_timer_id(core, core->limits.groups);
}

static inline void state_emit(struct core *core, const struct effect *effect)
{
    core->sink->emit(core->sink->context, effect);
}

/* Digest of short text that must not depend on image row numbers. */
struct hash128 state_hash_text(const char *text, uint32_t size);

#endif
