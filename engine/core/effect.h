/* effect.h: what a step of the core tells the world. Released only when its command is durable.
 *
 * Effects are plain values handed to a sink during core_step; they hold row numbers of the active images
 * and numbers that are functions of the log alone. The same log gives the same effects in the same order.
 *
 * One EFFECT_RESULT per event of an EVENTS command (in order) and per ACT. One EFFECT_FIRING per rule that took
 * the event, the deciding one first; one without a rule where none did. EFFECT_TIMELINE is the case's story. EFFECT_DECISION precedes every offer and every
 * "nobody". EFFECT_PLAN says how far an emergency plan is, in all and by district. EFFECT_ITEM is something a worker app must be told. EFFECT_NOTICE tells a post. */
#ifndef ENGINE_CORE_EFFECT_H
#define ENGINE_CORE_EFFECT_H

#include "engine/core/command.h"
#include "engine/core/life.h"

#define DECISION_CANDIDATES_MAX 8u

enum effect_kind {
    EFFECT_RESULT = 1,
    EFFECT_FIRING,
    EFFECT_TIMELINE,
    EFFECT_DECISION,
    EFFECT_ITEM,
    EFFECT_NOTICE,
    EFFECT_ACTIVATED,
    EFFECT_PLAN = 11,
    EFFECT_SILENCE = 18,
    EFFECT_CONTACT = 14,
};

/* The answer to one event or one act of a command with an outbox (principal, epoch, seq). */
struct effect_result {
    struct hash128 principal;
    uint64_t epoch;
    uint64_t seq;
    uint32_t index; /* of the event inside its batch; 0 for an act */
    uint16_t code;  /* enum code */
    bool is_late;   /* event used, but marked LATE */
    uint16_t
        report; /* of OPENED, MERGED, REOPENED: which of the case's reports it is, from 1; of a rating: the
                              one rated; 0 = none. With the case number it is the reporter's receipt */
    struct case_no case_no; /* of OPENED, MERGED, DEDUPED, REOPENED, CLEARED, and of acts */
    uint64_t order;         /* of acts on orders */
    uint64_t possible;      /* refused by how it stands: bit per action possible now */
    uint16_t state;         /* of acts: enum case_state (act on a case) or enum order_state */
};

#define SUPPRESS_REASONS_MAX 4u

/* Why a firing was held back. */
struct suppress_reason {
    uint64_t silence;       /* its number, 0 = a case or a silenced firing of `rule` */
    struct case_no case_no; /* of the case that hides it; none */
    uint32_t rule;          /* row of POLICY_RULES that hides it; NONE32 = a silence */
};

struct effect_firing {
    uint32_t rule;          /* row of POLICY_RULES, NONE32 = no rule */
    uint16_t code;          /* OPENED, MERGED, DEDUPED, NO_RULE, LOST_LANE, SHADOW, TOLD ... */
    uint16_t would;         /* of SHADOW: what an active rule would have come to; else NOTHING */
    struct case_no case_no; /* SHADOW: that it would have joined */
    struct hash128 event_id;
    uint32_t candidates; /* rules that matched, those beyond the list included */
    uint32_t winner;     /* of LOST_LANE: row of POLICY_RULES that decided; else NONE32 */
    uint32_t have,
        need; /* of a rule with state: samples, distinct values, devices, seconds or steps; else 0 */
    uint32_t
        reason_count; /* what holds a SUPPRESSED firing (or one in shadow) back: all there are */
    struct suppress_reason
        reasons[SUPPRESS_REASONS_MAX]; /* the first of them, silences before cases */
};

struct holder {
    uint8_t kind;   /* enum holder_kind */
    uint32_t index; /* row of CITY_PERSONS or CITY_POSTS */
};

struct effect_timeline {
    struct case_no case_no;
    uint64_t order;  /* 0 = about the case */
    uint16_t action; /* enum action: what happened */
    uint16_t reason; /* enum reason */
    uint16_t code;   /* enum code where one explains more (NOBODY: the binding filter) */
    uint8_t state_before, state; /* enum case_state */
    uint8_t order_kind;          /* enum order_kind, 0 */
    uint8_t severity;            /* 1..4 after it */
    uint8_t clock;    /* enum case_clock of deadline_ms, or of the clock that was missed */
    uint32_t actor;   /* row of CITY_PERSONS, NONE32 = engine or device */
    uint32_t gateway; /* row of CITY_GATEWAYS, NONE32 */
    uint32_t subject; /* row of CITY_PERSONS the action is about (offer to, reassign to), NONE32 */
    uint32_t post;    /* row of CITY_POSTS the action is about (desk, escalation), NONE32 */
    struct holder holder; /* accountable from now on */
    uint32_t rule;        /* row of POLICY_RULES */
    uint32_t class_row;   /* row of CITY_CLASSES */
    uint32_t cell;        /* row of CITY_CELLS or NONE32 */
    uint32_t asset;       /* row of CITY_ASSETS or NONE32 */
    uint32_t device;      /* row of CITY_DEVICES or NONE32 */
    struct place place;   /* of the case (OPEN) or of the act; PLACE_NONE */
    int64_t deadline_ms; /* the armed deadline that binds the holder now; for MISS the one missed */
    int64_t distance_cm; /* offer: straight line; -1 unknown */
    struct case_no other; /* the other case of a merge, split or link; none */
    int64_t until_ms;     /* suspended or controlled until; 0 */
    uint32_t
        amount; /* helpers asked, hours given, stars, positions cited (bits), the other order of a visit; 0 */
    uint32_t event_count; /* events merged into the case so far */
    uint32_t report; /* RATE, SOLVED, NOT_SOLVED: which of the case's reports, from 1; else 0 */
    const struct event *event; /* OPEN, MERGE: the event, borrowed for the call; else NULL */
    const char *
        text; /* act's free text, of REHOME the code of the cell before, borrowed for the call; NULL */
    uint32_t text_size;
    uint32_t evidence_count;
    const struct hash128 *evidence; /* digests an act names, borrowed for the call; NULL */
    bool is_drill;                  /* 演练: the case is no real one */
};

/* What a candidate's travel_ms is. */
enum travel {
    TRAVEL_STRAIGHT = 0, /* straight line x detour at the mode's speed; -1 = no place */
    TRAVEL_ROAD = 1,     /* by road, with the straight way to and from it */
    TRAVEL_LONGER = 2,   /* by road, longer than the chosen's: not looked for, -1 */
    TRAVEL_NO_WAY = 3,   /* no way by road: as straight, but after everybody who has one */
};

struct effect_candidate {
    uint32_t person; /* row of CITY_PERSONS */
    uint16_t
        code; /* CODE_ELIGIBLE = chosen; FARTHER, BUSIER = eligible, not chosen; else the filter */
    uint16_t load; /* active orders */
    uint16_t capacity;
    uint8_t ring;          /* index of the ring in which it was looked at */
    bool is_home_cell;     /* responsible for the case's cell */
    bool is_home_position; /* placed at base or home cell because no fresh fix exists */
    int64_t distance_cm;   /* straight line, -1 unknown */
    uint8_t travel;        /* enum travel */
    int64_t travel_ms;     /* to the case, -1 unknown */
};

/* Why somebody is asked now. */
enum decision_why {
    WHY_CHOSEN = 0,   /* the best when it was looked for */
    WHY_WAITED = 1,   /* a round gave a waiting order to him */
    WHY_MOVED = 2,    /* a round moved the order from `from` to him */
    WHY_PREEMPTS = 3, /* severity 1: he had the order `taken`, which goes back to the queue */
    WHY_BY_HAND =
        4 /* a dispatcher asked `from`; the candidates are the engine's own choice beside it */
};

struct effect_decision {
    struct case_no case_no;
    uint64_t order; /* the order offered, 0 = nobody */
    uint32_t rule;
    uint32_t assign; /* row of POLICY_ASSIGNS */
    uint8_t order_kind;
    uint16_t binding; /* nobody: the filter that removed the most (enum code) */
    uint32_t ruled;   /* row of CITY_DEPARTMENTS that an earlier ruling names, NONE32 = none */
    uint32_t
        considered; /* workers looked at: in the ring of the chosen; nobody: all of the last ring */
    /* how many, by code - CODE_ELIGIBLE: of the candidates below; nobody: of those considered */
    uint32_t removed[CODE_LIMIT - CODE_ELIGIBLE];
    uint8_t why;           /* enum decision_why */
    uint8_t reason;        /* BY_HAND: the dispatcher's, enum reason */
    uint32_t from;         /* MOVED, BY_HAND: row of CITY_PERSONS, NONE32 */
    int64_t from_ms;       /* MOVED, BY_HAND: his way, as travel_ms of a candidate */
    uint64_t taken;        /* PREEMPTS: order number, 0 */
    uint32_t round_orders; /* WAITED, MOVED: orders that were matched together */
    uint32_t round_moved;  /* of which so many were given or moved */
    uint32_t candidate_count;
    struct effect_candidate
        candidates[DECISION_CANDIDATES_MAX]; /* chosen first, then by distance */
};

enum item_kind { ITEM_OFFER = 1, ITEM_RECALL = 2, ITEM_CHANGE = 3, ITEM_NOTICE = 4 };

struct effect_item {
    uint32_t person;   /* row of CITY_PERSONS */
    uint64_t item_seq; /* of this worker, 1, 2, 3 ... */
    uint8_t kind;      /* enum item_kind */
    uint64_t order;
    uint16_t code; /* why (RECALLED, EXPIRED ...) */
};

struct effect_notice {
    struct case_no case_no; /* none: about an event that no case was opened for */
    uint32_t post;          /* row of CITY_POSTS */
    uint32_t step;          /* row of POLICY_STEPS, NONE32 = nobody eligible */
    uint32_t rule; /* row of POLICY_RULES of lane escalate or notify; NONE32 = the case's own */
    uint32_t
        count; /* firings that are told together, the newest being about case_no; 0 = one, told as it came */
    uint16_t code;
    uint8_t severity;
    bool is_again; /* nothing new: count is all of the group so far */
};

/* How many of a plan's tasks are where. */
struct plan_counts {
    uint32_t total, waiting, open, started, done, cancelled; /* by enum duty_state */
    uint32_t overdue, failed; /* among them: were late; whose checklist did not pass */
    uint32_t in_time;         /* started or done, and never late */
};

struct effect_plan {
    struct case_no case_no; /* that it was activated for */
    struct hash128 id_hash; /* of the plan */
    uint32_t plan;          /* row of POLICY_PLANS, NONE32 */
    uint16_t what;          /* enum action: PLAN_BEGIN, PLAN_PROGRESS, PLAN_SILENT ... */
    uint8_t state;          /* enum plan_state */
    bool is_drill;
    uint32_t unit; /* row of CITY_UNITS: of that district alone; NONE32 = the whole plan */
    uint32_t post; /* told, or NONE32 */
    struct plan_counts counts;
};

#define SILENCE_MATCHERS_MAX 4u

enum silence_kind { SILENCED_BY_OPERATOR = 1, SILENCED_FOR_MAINTENANCE = 2 };

enum silence_match {
    SILENCE_RULE = 1,
    SILENCE_TAG,
    SILENCE_CLASS,
    SILENCE_DEPARTMENT, /* owner of the rule */
    SILENCE_AREA,
    SILENCE_DEVICE,
    SILENCE_SOURCE, /* gateway */
    SILENCE_MATCH_COUNT
};

struct silence_matcher {
    uint8_t kind; /* enum silence_match */
    uint8_t size; /* of text */
    char text[62];
};

/* No padding: saved and hashed as words. */
struct silence_row {
    uint64_t number; /* from 1 */
    int64_t from_ms, until_ms;
    struct hash128 actor; /* of the person's id */
    uint64_t held;        /* firings held back */
    uint32_t is_used;
    uint32_t kind; /* enum silence_kind */
    uint32_t matcher_count;
    uint32_t why_size;
    struct silence_matcher department; /* size 0, or whose desk said so: its own rules alone */
    struct silence_matcher matchers[SILENCE_MATCHERS_MAX];
    char why[160]; /* as far as it fits; the log has the rest */
};

/* A silence or maintenance window: begun, or ended early. At its end it ends without a word. */
struct effect_silence {
    struct silence_row row;
    uint32_t actor; /* row of CITY_PERSONS */
    uint32_t what;  /* ACTION_SILENCE, ACTION_UNSILENCE */
};

struct effect_activated {
    struct hash128 city;
    struct hash128 policy;
    struct hash128 by; /* who wanted it; none */
};

/* What became of a reporter's sealed contact. The key of one that is not kept is to be deleted. */
struct effect_contact {
    struct hash128 id;      /* of its key */
    struct case_no case_no; /* it is or was kept with; none */
    uint16_t code; /* DONE: kept; CONTACT_ERASED, GONE: no longer; else why it was not kept */
};

struct effect {
    enum effect_kind kind;
    int64_t at_ms; /* log time */
    union {
        struct effect_result result;
        struct effect_firing firing;
        struct effect_timeline timeline;
        struct effect_decision decision;
        struct effect_item item;
        struct effect_notice notice;
        struct effect_activated activated;
        struct effect_plan plan;
        struct effect_contact contact;
        struct effect_silence silence;
    } of;
};

/* Called for each effect in order. Must not call back into the core. */
struct effect_sink {
    void (*emit)(void *context, const struct effect *effect);
    void *context;
};

/* Folds an effect, field by field, into a running digest (same effects = same digest). */
struct hash128 effect_digest(struct hash128 running, const struct effect *effect);

#endif
