/* core.h: the deterministic core: one step function from commands to state and effects.
 *
 * Same images, same commands, same times: same state digest and same effects, on any compiler.
 * The core holds one block, reads no clock, allocates nothing and fails for nothing but a bug.
 *
 *   core_init -> core_stage_image x2 -> ACTIVATE -> core_step ... ; TICK when core_next_due_ms is reached
 *   or core_has_backlog.
 *
 * Rows of cases, orders and workers may be read through the accessors; they are borrowed until the next
 * core_step. */
#ifndef ENGINE_CORE_CORE_H
#define ENGINE_CORE_CORE_H

#include "engine/core/city.h"
#include "engine/core/command.h"
#include "engine/core/effect.h"
#include "engine/core/limits.h"
#include "engine/core/policy.h"

struct core;

/* What does not fit together, as a sentence; NULL: these limits may be used. None of them is 0. */
const char *core_limits_fault(const struct limits *limits);

/* The first limit that is too small for a city and its rules, what it is and what it must be at least; NULL: they fit into a new core. */
const char *core_limits_lack(const struct limits *limits, const struct city *city,
                             const struct policy *policy, uint32_t *out_value,
                             uint32_t *out_needed);

/* Bytes of the block for these limits; a multiple of 64. */
size_t core_size(const struct limits *limits);

/* block 64-aligned, core_size bytes. Consumes nothing; the block is the core. */
struct core *core_init(void *block, size_t size, const struct limits *limits);

/* The same on a block that is all zero already, as the system hands out fresh memory: pages that nobody needs yet are not
 * touched, so the memory in use follows the work and not the limits. */
struct core *core_init_zeroed(void *block, size_t size, const struct limits *limits);

/* Hands the core an image that a later ACTIVATE will name. The bytes stay the caller's and must outlive their
 * use: until two activations later. The caller has checked the digest. At most one city and one policy wait: the city
 * first, then a policy lowered for it. Everything that could be wrong with a pair is refused here, so that ACTIVATE cannot
 * fail. ERR_FULL: more persons or gateways than the limits allow beside those who left; ERR_TOO_LARGE: a table past
 * limits.image_rows; ERR_NOT_FOUND: a policy without its city; else as city_open and policy_open say. */
enum err core_stage_city(struct core *core, const void *bytes, uint64_t size) WARN_UNUSED;
enum err core_stage_policy(struct core *core, const void *bytes, uint64_t size) WARN_UNUSED;

/* Decides one command at now_ms (never less than before; must()). Emits effects in order. */
void core_step(struct core *core, int64_t now_ms, const struct command *command,
               const struct effect_sink *sink);

/* When the next timer is due, NEVER_MS if none. */
int64_t core_next_due_ms(const struct core *core);

/* Timers due but not fired because a step is bounded: append TICK at once. */
bool core_has_backlog(const struct core *core);

/* Digest of the whole state, field by field. O(state). */
struct hash128 core_digest(const struct core *core);

/* Walks every structure and every truth; must() fails on the first that does not hold. O(state). */
void core_check(const struct core *core);

int64_t core_now_ms(const struct core *core);
const struct limits *core_limits(const struct core *core);

/* Active images; NULL before the first ACTIVATE. */
const struct city *core_city(const struct core *core);
const struct policy *core_policy(const struct core *core);

/* command_facts_digest of the active pair; none before ACTIVATE. */
struct hash128 core_facts_digest(const struct core *core);

/* ---- after the borders moved: see rehome.h ---- */
struct rehome_view {
    struct case_no no;
    struct place place; /* where the case is */
    uint32_t cell;      /* it stands in, or NONE32 */
};

/* The slot from which on open cases are to be located anew, or NONE32: none. */
uint32_t core_rehome_from(const struct core *core);

/* From *slot on the next open case that has a place; *slot is then behind it. false: no more. */
bool core_rehome_next(const struct core *core, uint32_t *slot, struct rehome_view *out_view);

/* ---- numbers for metrics and for the ledger ---- */
struct core_counts {
    uint64_t
        events; /* events evaluated or refused with a result; no_rule: no rule of lane dispatch fired for them */
    uint64_t opened, merged, deduped, no_rule, refused, reopened, cleared, suppressed;
    uint64_t waiting;      /* counted by a rule that has not seen enough yet */
    uint64_t cases_opened; /* new cases: opened by an event, or split off */
    uint64_t closed, voided, forced_closed, merged_away; /* transitions into a terminal state */
    uint64_t reopenings; /* transitions back: cases_opened = open_now + the four - reopenings */
    uint64_t open_now;   /* cases not terminal */
    uint64_t offers, accepted, declined, expired, returned, done, checks_passed, checks_failed;
    uint64_t nobody; /* offers that found nobody eligible */
    uint64_t clocks_missed;
    uint64_t escalations;
    uint64_t retired; /* closed cases that left */
};
const struct core_counts *core_counts_now(const struct core *core);

/* How much more fits now, and what one case or identity may have at most: for the words of a refusal. */
struct core_room {
    uint32_t cases, orders, keys, window_keys, window_samples, waits;
    uint32_t case_persons_max, case_informs_max, identity_keys_max;
};
struct core_room core_room_now(const struct core *core);

/* Keys that the window of a rule (row of POLICY_WINDOWS) watches. */
uint32_t core_window_keys(const struct core *core, uint32_t window);

/* ---- views for the edge and for read-only tools ---- */

#define KEY_PUBLIC_SIZE 32u

/* A public key and whose it is. No padding: saved and hashed as words. */
struct key_row {
    uint8_t public[KEY_PUBLIC_SIZE];
    struct hash128 principal; /* it may speak for */
    struct hash128 by;        /* who registered it */
    int64_t registered_at_ms;
    int64_t revoked_at_ms; /* NEVER_MS = it is good */
    uint32_t is_used;
    uint32_t reserved;
};

/* false: never registered, or its row was needed by another. */
bool core_find_key(const struct core *core, const uint8_t public[KEY_PUBLIC_SIZE],
                   struct key_row *out_row);
/* All keys, revoked ones too, from *slot on (0 first). false: no more. */
bool core_next_key(const struct core *core, uint32_t *slot, struct key_row *out_row);

/* Silences and maintenance windows that are not over, from *slot on (0 first). false: no more. */
bool core_next_silence(const struct core *core, uint32_t *slot, struct silence_row *out_row);

/* "rule", "device" ...: of enum silence_match. */
const char *silence_match_name(uint32_t kind);

#define CASE_CHILDREN_SHOWN 8u

/* Who may do what with a case as it stands: see possible.h. */
#define CASE_PARTS_MAX 16u
#define CASE_PARTIES_MAX 4u
enum case_part_flag { PART_MAY_NOT_CHECK = 1u << 0, PART_MAY_NOT_COMMAND = 1u << 1 };
struct case_part {
    uint32_t person : 24; /* row of CITY_PERSONS */
    uint32_t flags : 8;   /* enum case_part_flag */
};
struct case_doors {
    uint64_t refused; /* bit per action that nobody may do now, though the state admits it */
    struct holder holder;
    uint32_t department;                 /* that runs the handle clock, or NONE32 */
    uint32_t extend_asker, extend_first; /* rows of CITY_PERSONS, NONE32: may not decide */
    uint32_t ruling_post;                /* of the dispute, or NONE32 */
    uint32_t parties[CASE_PARTIES_MAX];  /* posts */
    uint8_t state;                       /* enum case_state */
    uint8_t party_count, part_count;
    bool is_extension_asked; /* nobody has approved it yet */
    struct case_part parts[CASE_PARTS_MAX];
};

struct case_view {
    struct case_no no;
    enum case_state state;
    struct holder holder;
    uint32_t rule, class_row, cell, asset, device;
    uint8_t severity;
    struct place place;                  /* first place, PLACE_NONE */
    int64_t opened_at_ms;                /* log time */
    int64_t onset_at_ms;                 /* event time of the first event */
    int64_t handled_at_ms, closed_at_ms; /* 0 = not yet */
    uint32_t event_count;
    uint8_t clock; /* enum case_clock that binds the holder */
    int64_t deadline_ms;
    int64_t
        clock_set_ms; /* about when that deadline was set: exact where the clock runs day and night */
    uint32_t gateway;           /* row of CITY_GATEWAYS of the first event, NONE32 = a person */
    uint32_t sources_seen;      /* bit per enum gateway_kind that reported it */
    int64_t handle_deadline_ms; /* NEVER_MS: no clock or paused */
    bool is_overdue;            /* a clock that binds now was missed */
    bool was_missed;            /* a handle clock of it was missed, ever */
    uint8_t extensions;         /* granted */
    uint8_t appeal;             /* 0 none, 1 open, 2 upheld, 3 refused */
    uint8_t child_count;        /* open children, at most CASE_CHILDREN_SHOWN of them in children */
    struct case_no survivor, parent, children[CASE_CHILDREN_SHOWN]; /* none */
    int64_t supervise_deadline_ms; /* NEVER_MS: no answer is owed */
    uint8_t field_count;
    struct {
        uint32_t field; /* row of POLICY_FIELDS */
        uint8_t kind;   /* enum field_kind */
        uint8_t size;
        int64_t number;
        char text[CASE_FIELD_SIZE_MAX];
    } fields[CASE_FIELDS_MAX];
    uint64_t orders[8]; /* active orders, lead first; 0 = none */
    struct case_doors doors;
};

struct order_view {
    uint64_t number;
    struct case_no case_no;
    enum order_kind kind;
    enum order_state state;
    uint32_t person; /* row of CITY_PERSONS, or NONE32: */
    uint32_t post;   /* row of CITY_POSTS, of an order to a post */
    uint32_t assign; /* row of POLICY_ASSIGNS */
    bool is_lead;
    int64_t offered_at_ms, accepted_at_ms, arrived_at_ms, ended_at_ms; /* 0 = not yet */
    int64_t
        deadline_ms; /* accept clock while OFFERED, arrive clock while ACCEPTED, else NEVER_MS */
    uint8_t clock;
};

struct worker_view {
    uint32_t person; /* row of CITY_PERSONS */
    bool is_on_shift;
    bool is_in_hours; /* the calendar's word alone: a position is taken */
    enum worker_status status;
    struct place fix; /* last fix or PLACE_NONE */
    int64_t fix_at_ms, seen_at_ms;
    uint32_t load, capacity;
    uint64_t item_seq_last;  /* newest item */
    uint64_t item_seq_taken; /* acknowledged by the app */
};

/* An activated plan. */
struct plan_view {
    struct case_no case_no; /* that it was activated for */
    uint32_t plan;          /* row of POLICY_PLANS, NONE32 = no longer among the rules */
    enum plan_state state;
    bool is_drill;
    uint32_t confirm_post;                         /* row of CITY_POSTS, NONE32 */
    int64_t asked_at_ms, begun_at_ms, ended_at_ms; /* 0 = not yet */
    int64_t deadline_ms;                           /* to confirm, or end of the grace; NEVER_MS */
    int64_t silent_from_ms; /* from then on who has sent nobody is silent; NEVER_MS */
    struct plan_counts counts;
};

/* One of its tasks. */
struct duty_view {
    uint64_t order;        /* number to act on while it asks for an acknowledgement */
    uint32_t task;         /* row of POLICY_PLAN_TASKS, NONE32 */
    uint32_t asset;        /* row of CITY_ASSETS, NONE32 */
    uint32_t unit;         /* district, row of CITY_UNITS, NONE32 */
    uint32_t person, post; /* who is named: rows of CITY_PERSONS, CITY_POSTS; NONE32 */
    uint32_t done_by;      /* row of CITY_PERSONS, NONE32 */
    enum duty_state state;
    bool is_overdue, has_failed;
    uint32_t failed;                          /* bit per line of its checklist that did not pass */
    struct case_no case_no;                   /* of an inspection, or none */
    int64_t due_ms, begun_at_ms, ended_at_ms; /* due: of an acknowledgement, NEVER_MS else */
};

struct item_view {
    uint64_t seq;
    uint8_t kind; /* enum item_kind */
    uint64_t order;
    uint16_t code;
};

/* Walk cases by slot: start with *slot = 0; false after the last. Ascending slot, not case number. */
bool core_next_case(const struct core *core, uint32_t *slot, struct case_view *out_view);
bool core_find_case(const struct core *core, struct case_no no, struct case_view *out_view);
bool core_find_order(const struct core *core, uint64_t number, struct order_view *out_view);

/* Bit per act on the case that would be taken from that person (row of CITY_PERSONS) as it stands. Reads nothing but what it is given. */
uint64_t core_possible(const struct case_doors *doors, const struct city *city, uint32_t person);
bool core_find_worker(const struct core *core, struct hash128 id_hash,
                      struct worker_view *out_view);

/* Cases in the engine whose number ends in the given part: serial, and day and district where not 0. Returns how
 * many match; out_no is the newest of them. */
uint32_t core_find_case_suffix(const struct core *core, struct case_no part,
                               struct case_no *out_no);

/* Was a case number given that ends in that part (district and day 0: any), or is it one? What earlier days gave is not remembered: true is
 * then "may have been". */
bool core_case_was_given(const struct core *core, struct case_no part);

/* Walk activated plans: start with *slot = 0; false after the last. */
bool core_next_plan(const struct core *core, uint32_t *slot, struct plan_view *out_view);

/* Numbers of one district of the plan of that case; false when it has none there. unit NONE32 = all. */
bool core_plan_counts(const struct core *core, struct case_no no, uint32_t unit,
                      struct plan_counts *out_counts);

/* Has the district inspections of that plan to do, and has nobody been sent to one? */
bool core_plan_is_silent(const struct core *core, struct case_no no, uint32_t unit);

/* Walk its tasks in the plan's order: start with *number = 0. */
bool core_next_duty(const struct core *core, struct case_no no, uint32_t *number,
                    struct duty_view *out_view);

/* The task that an order number from PLAN_ORDER_FIRST on names. */
bool core_find_duty(const struct core *core, uint64_t order, struct duty_view *out_view);

/* The checklist of the case: its range in POLICY_CHECKS (count 0 = none), and which lines were answered. */
struct image_range core_case_checks(const struct core *core, struct case_no no,
                                    uint32_t *out_answered);

/* Items of a worker after after_seq, oldest first; returns how many were written. */
uint32_t core_worker_items(const struct core *core, struct hash128 id_hash, uint64_t after_seq,
                           struct item_view *out_items, uint32_t limit);

/* How reporters of a case can be reached: ciphertext and the name of its key. */
struct contact_view {
    struct hash128 id;
    int64_t at_ms;
    const uint8_t *sealed; /* CONTACT_SEALED_SIZE bytes, borrowed */
};

/* Contacts of a case, oldest first; how many were written. *out_is_erased: somebody erased them. */
uint32_t core_case_contacts(const struct core *core, struct case_no no,
                            struct contact_view *out_views, uint32_t limit, bool *out_is_erased);

/* Walks the keys that are still needed: start with *slot = 0; false after the last. */
bool core_next_contact(const struct core *core, uint32_t *slot, struct hash128 *out_id);

/* Once-only: what became of (principal, epoch, seq).
 * ERR_NOT_FOUND: never seen, append it if seq is last_seq + 1 or epoch is newer. ERR_OK: results given in out,
 * *out_count of them (code FORGOTTEN when too old). content_digest differs: one result SEQ_REUSED. */
struct outbox_mark {
    uint64_t epoch;
    uint64_t last_seq;
};
struct outbox_mark core_outbox_mark(const struct core *core, struct hash128 principal);
enum err core_find_results(const struct core *core, struct hash128 principal, uint64_t epoch,
                           uint64_t seq, uint64_t content_digest, struct effect_result *out_results,
                           uint32_t limit, uint32_t *out_count) WARN_UNUSED;

#endif
