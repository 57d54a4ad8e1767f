/* policy.h: the plain tables that rules are lowered to; what the core reads instead of YAML.
 *
 * Made by rules/lower.c against one city image (roles, posts, areas, calendars, classes are row numbers of
 * that city), read in place by the core. Rules are sorted by id, event types and fields by name.
 *
 * Programs are postfix code of expr.h. The match index is match.h's; both live in sections owned by those
 * two files and are opaque here. */
#ifndef ENGINE_CORE_POLICY_H
#define ENGINE_CORE_POLICY_H

#include "engine/core/city.h"
#include "engine/core/image.h"

enum policy_section {
    POLICY_INFO = 1,
    POLICY_TYPES = 2,
    POLICY_FIELDS = 3,
    POLICY_RULES = 4,
    POLICY_PROGRAM = 5, /* struct expr_word, see expr.h */
    POLICY_KEYS = 6,    /* u32 field rows, or KEY_CLASS */
    POLICY_RINGS = 7,
    POLICY_ASSIGNS = 8,
    POLICY_STEPS = 9,
    POLICY_ROWS =
        10, /* u32 rows of city tables: areas, calendars, posts; ranges owned by rules and steps */
    POLICY_CLOSERS = 11,    /* u32 rule rows grouped by closing event type; ranges owned by types */
    POLICY_TYPE_RULES = 12, /* u32 rule rows grouped by type, best first; ranges owned by types */
    POLICY_CIRCLES = 13,
    POLICY_CONSTANTS = 14, /* struct image_string: string constants of programs */
    POLICY_PLANS = 15,
    POLICY_PLAN_GROUPS = 16, /* whom a plan fans out over, ranges owned by plans */
    POLICY_PLAN_TASKS = 17,  /* ranges owned by plans */
    POLICY_CHECKS = 18,      /* lines of checklists, ranges owned by plan tasks */
    POLICY_ACTIVATES = 19,   /* rules that activate a plan, by rule */
    POLICY_LATES = 20,       /* rules that wait for a report, by rule */
    POLICY_TARGETS = 21, /* u32 rows of CITY_ASSETS, and people: ranges owned by groups and tasks */
    POLICY_CONFIRMS = 22,  /* rules whose cases several sources must confirm, by rule */
    POLICY_WINDOWS = 26,   /* rules with state, by rule */
    POLICY_RESULTS = 27,   /* named results of windows, ranges owned by them */
    POLICY_LEVELS = 28,    /* ranges owned by windows, as written: the first that holds counts */
    POLICY_STAGES = 29,    /* of sequences, ranges owned by windows */
    POLICY_NEAR = 30,      /* u32 rows of CITY_DEVICES: neighbourhoods, ranges owned by windows */
    POLICY_WATCHES = 31,   /* u32 rule rows with `for` grouped by type; ranges owned by types */
    POLICY_TAGS = 23,      /* struct image_string: words of tags, ranges owned by rules */
    POLICY_INHIBITS = 24,  /* what a rule's open cases hide */
    POLICY_INHIBITED = 25, /* u32 rows of POLICY_INHIBITS, ranges owned by the rules they hide */
    /* 32..63 belong to match.h */
};

/* How often and by what orders that nobody has arrived for are matched anew to workers (assign_round.h). */
struct policy_rounds {
    int64_t every_ms;  /* between rounds; at each release of a worker there is one too */
    int64_t switch_ms; /* what a move counts against itself */
    int64_t ring_ms;   /* what each later ring of a search counts: help from the next district */
    uint32_t
        nearest; /* workers looked at for an order, 1..ROUND_NEAREST_MAX; more if it is left alone */
    uint32_t switch_max;      /* moves of one order, 0..ROUND_SWITCHES_MAX */
    uint32_t ageing_permille; /* of its age, by which a waiting order goes before others */
    uint32_t clock_permille;  /* of what is missing to an hour until its deadline, likewise */
    uint32_t weights[4];      /* by severity 1..4, 1..ROUND_WEIGHT_MAX */
};

#define ROUND_NEAREST_MAX 64u
#define ROUND_SWITCHES_MAX 10u
#define ROUND_WEIGHT_MAX 1000u
#define ROUND_PERMILLE_MAX 10000u
#define ROUND_EVERY_MIN_MS 1000
#define GUARD_PERCENT_MAX 1000u
#define PARALLEL_MAX 8u

/* One row. */
struct policy_info {
    struct hash128 city_digest;  /* the city image these rows number into */
    struct hash128 rules_digest; /* content digest of the rule set: its version */
    int64_t lateness_ms;         /* an event older than now minus this is marked LATE */
    int64_t future_ms;           /* an event newer than now plus this is refused IN_FUTURE */
    struct clock_limit accept;   /* defaults where a rule's sla is silent */
    struct clock_limit dispatch;
    struct clock_limit check;
    struct image_range check_assigns;  /* who checks results: rows of POLICY_ASSIGNS */
    struct image_range verify_assigns; /* who verifies untrusted reports */
    int64_t seek_every_ms;  /* while a desk holds a case nobody took, look again this often */
    int64_t stale_fix_ms;   /* a fix older than this is STALE_FIX (default 30 min) */
    int64_t worker_lost_ms; /* no sign of life for this long: un-arrived orders go to others */
    uint32_t
        verify_below_permille; /* cases of a source less precise than this are verified first; 0 = never */
    uint32_t verify_samples; /* ends of its cases before that is said of a source */
    uint32_t accuracy_field; /* row of the field accuracy_m, or NONE32 = no rule asks for it */
    uint32_t
        lanes_of_one; /* bit per enum rule_lane: only the best rule that fires acts (hit: priority) */
    struct policy_rounds rounds;
};

enum lane {
    LANE_LIFE_SAFETY = 0,
    LANE_DRAIN = 1,
    LANE_REPORT = 2,
    LANE_TELEMETRY = 3,
    LANE_COUNT = 4
};

struct policy_type {
    struct image_string name;  /* "camera.garbage_overflow" */
    struct image_string title; /* words for people */
    struct image_string title_en;
    struct image_range rules;   /* in POLICY_TYPE_RULES: by rank, priority descending, rule row */
    struct image_range closers; /* in POLICY_CLOSERS: rules this type clears */
    struct image_range
        watches;   /* in POLICY_WATCHES: rules whose run an event that they do not take ends */
    uint32_t lane; /* enum lane */
    uint32_t
        meets_many; /* 1: some rule of it has state, is in shadow, or of another lane than dispatch */
};

enum field_kind { FIELD_NUMBER = 1, FIELD_STRING = 2, FIELD_BOOL = 3 };

struct policy_field {
    struct image_string name; /* "confidence", "device", "zone.kind" */
    uint32_t kind;            /* enum field_kind; one kind per name across all types */
    uint32_t reserved;
};

#define KEY_CLASS UINT32_C(0xfffffffe) /* a key part: the class of the case, instead of a field */

/* A rule in shadow is evaluated like an active one, and what it would have done is told; it does nothing. */
enum rule_status { RULE_ACTIVE = 0, RULE_DISABLED = 1, RULE_DEPRECATED = 2, RULE_SHADOW = 3 };

/* Rules of one lane may compete; rules of different lanes all act. In `dispatch` they always compete: one event makes one
 * case. `escalate` acts on the case that the event went to, `notify` only tells posts. */
enum rule_lane {
    RULE_LANE_DISPATCH = 0,
    RULE_LANE_ESCALATE = 1,
    RULE_LANE_NOTIFY = 2,
    RULE_LANE_COUNT = 3
};

struct policy_dedupe {
    struct image_range keys; /* in POLICY_KEYS; count 0 = no dedupe */
    int64_t window_ms;       /* from the first */
};

/* What is told together. */
struct policy_told {
    struct image_range keys;                 /* in POLICY_KEYS; count 0 = all of the rule */
    int64_t wait_ms, interval_ms, repeat_ms; /* all 0 = each is told as it comes */
};

/* Kinds of evidence a rule asks for: shown to workers and checkers, never a condition. */
enum evidence {
    EVIDENCE_SNAPSHOT = 1u << 0,
    EVIDENCE_CLIP = 1u << 1,
    EVIDENCE_PHOTO = 1u << 2,
    EVIDENCE_AUDIO = 1u << 3,
    EVIDENCE_DOCUMENT = 1u << 4
};

enum merge_flag {
    MERGE_ENABLED = 1u << 0,
    MERGE_TAKE_SEVERITY = 1u << 1,
    MERGE_TAKE_PLACE = 1u << 2
};

struct policy_merge {
    struct image_range keys; /* in POLICY_KEYS */
    int64_t radius_cm;       /* to the case's first place; 0 = place does not matter */
    int64_t reopen_ms;       /* a case closed less than this ago is reopened; 0 = never */
    int64_t window_ms;       /* only cases opened less than this ago; 0 = of any age */
    int64_t
        square_cm; /* greatest radius of all rules of the class: the squares in which they find each other */
    uint32_t
        asset_kind; /* key on the nearest asset of this kind within radius_cm; NONE32 = no asset */
    uint32_t flags; /* enum merge_flag */
};

enum close_else { CLOSE_ELSE_CHECK = 0 };

enum rule_flag {
    RULE_DEDUPE_SLIDES = 1u << 0,  /* its window starts again with every repeat */
    RULE_OWNER_OF_ASSET = 1u << 1, /* the case belongs to whoever owns the asset */
    RULE_NEVER_SILENCED = 1u << 2, /* no silence and no maintenance holds it back */
};

struct policy_close {
    struct image_range keys; /* in POLICY_KEYS, compared with the opening event's */
    int64_t within_ms;       /* after HANDLED, how long a device is waited for */
    uint32_t type;           /* closing event type, NONE32 = no close clause */
    uint32_t otherwise;      /* enum close_else */
};

struct policy_sla {
    struct clock_limit accept;    /* value 0: the default of policy_info */
    struct clock_limit arrive;    /* from the offer that was accepted; 0 = no clock */
    struct clock_limit handle;    /* 0: the class's */
    struct clock_limit dispatch;  /* value 0: the default of policy_info */
    struct clock_limit make_safe; /* from the first assignment; 0 = no clock */
};

struct policy_rule {
    struct hash128 id_hash; /* XXH3-128 of id: identity of the rule and of its state */
    struct image_string id;
    struct image_string title;
    struct image_string title_en;
    struct image_string case_title; /* template "{asset.name} ..." */
    struct image_string case_title_en;
    struct image_string file;               /* where it was written, for explain */
    struct image_range program;             /* where, in POLICY_PROGRAM; count 0 = always true */
    struct image_range areas_in, areas_out; /* in POLICY_ROWS, rows of CITY_AREAS */
    struct image_range circles_in, circles_out; /* in POLICY_CIRCLES */
    struct image_range cells_in,
        cells_out; /* in POLICY_ROWS, rows of CITY_CELLS; units are their cells */
    struct image_range calendars_in, calendars_out; /* in POLICY_ROWS, rows of CITY_CALENDARS */
    struct image_range assigns; /* in POLICY_ASSIGNS: first is the lead, the rest assist */
    struct image_range steps;   /* in POLICY_STEPS: escalation, at most POLICY_STEPS_MAX */
    struct image_range
        captures; /* in POLICY_KEYS: at most CASE_FIELDS_MAX fields kept on the case */
    struct policy_dedupe dedupe;
    struct policy_told group; /* of lane notify alone */
    struct policy_merge merge;
    struct policy_close close;
    struct policy_sla sla;
    uint32_t line;       /* in file */
    uint32_t department; /* owner */
    uint32_t
        class_row;     /* of the city's catalogue; NONE32 outside lane dispatch: it opens nothing */
    uint32_t priority; /* 0..1000, higher wins in its lane */
    uint32_t severity; /* 1..4 */
    uint32_t status;   /* enum rule_status */
    uint32_t evidence; /* enum evidence bits the case should carry */
    uint32_t flags;    /* enum rule_flag */
    uint32_t case_department;        /* owner of its cases, or NONE32 = department */
    uint32_t lane;                   /* enum rule_lane */
    uint32_t window;                 /* row of POLICY_WINDOWS, NONE32 = without state */
    struct image_range tags;         /* in POLICY_TAGS */
    struct image_range inhibited_by; /* in POLICY_INHIBITED */
    struct image_range
        breaks;       /* in POLICY_PROGRAM: where it holds, no silence does; count 0 = nowhere */
    uint32_t inhibit; /* row of POLICY_INHIBITS, NONE32 = hides nothing */
};

/* While a case of the rule is open, firings of others are held back that have the same values in those fields. */
struct policy_inhibit {
    struct image_range keys; /* in POLICY_KEYS */
    int64_t radius_cm;       /* to the case's first place; 0 = wherever */
    uint32_t rule;           /* row of POLICY_RULES that hides */
    uint32_t max_severity;   /* only while the case is at least that severe: 1..4 */
};

#define POLICY_STEPS_MAX 16u
#define POLICY_ASSIGNS_MAX 8u    /* per rule, and of check and verify */
#define POLICY_RINGS_MAX 8u      /* per assign */
#define POLICY_KEYS_MAX 8u       /* parts of one key */
#define POLICY_CIRCLES_MAX 64u   /* per side of an area clause */
#define POLICY_CALENDARS_MAX 16u /* per side of a time clause */
#define POLICY_POSTS_MAX 8u      /* told by one step */
#define POLICY_TAGS_MAX 16u      /* per rule */
#define POLICY_INHIBITED_MAX 64u /* rules that hide one */
#define POLICY_PRIORITY_MAX 1000u
#define VERIFY_SAMPLES_MAX 900        /* below what sources.h keeps */
#define POLICY_TYPE_RULES_MAX 200000u /* active rules on one event type */

enum ring_kind { RING_GRID = 0, RING_RADIUS = 1, RING_LEVEL = 2, RING_CITY = 3 };

struct policy_ring {
    int64_t radius_cm; /* RING_RADIUS */
    uint32_t kind;     /* enum ring_kind */
    uint32_t level;    /* RING_LEVEL: unit level above the cell */
};

enum pick { PICK_NEAREST = 0, PICK_LEAST_LOADED = 1, PICK_ETA = 2 };

/* Which of its orders may be given to somebody else before anybody has arrived. */
enum reroute { REROUTE_NEVER = 0, REROUTE_OFFERS = 1, REROUTE_ACCEPTED = 2 };

struct policy_assign {
    uint64_t roles;             /* any of these bits; 0 = any role */
    uint64_t skills;            /* all of these bits */
    struct image_string task;   /* words for the worker, may be empty */
    struct image_range rings;   /* in POLICY_RINGS, searched in order */
    struct image_range program; /* `if`, over the event's fields and severity; count 0 = always */
    uint32_t pick;     /* enum pick; ETA uses straight line / mode speed until roads are given */
    uint32_t count;    /* orders wanted, 1..ASSIGN_COUNT_MAX */
    uint32_t max_load; /* active orders a candidate may carry; 0 = its own capacity */
    uint32_t ignore_shift; /* 1: on_shift: any */
    uint32_t fallback;     /* post, or NONE32 = owner's duty post, else the city's desk */
    uint32_t rights;   /* enum right bits one of which is needed (RIGHT_WORKER, RIGHT_INSPECTOR) */
    uint32_t reroute;  /* enum reroute; cases of severity 1..4 alike */
    uint32_t parallel; /* offers at once for each order wanted, severity 1 only; 1 = one by one */
    uint32_t preempts; /* 1: at severity 1 takes who is on the way to a lesser case */
    uint32_t guard_percent; /* of the way it has: a round moves no order to a longer one; 0 = any */
};

#define ASSIGN_COUNT_MAX 8u

enum step_when {
    STEP_OPENED = 0,
    STEP_UNACCEPTED = 1,
    STEP_NOT_ARRIVED = 2,
    STEP_UNHANDLED = 3,
    STEP_SEVERITY = 4,
    STEP_NO_ARRIVAL = 5, /* after an assignment nobody has been there */
    STEP_NOT_SAFE = 6    /* likewise nobody has made it safe */
};
enum step_flag { STEP_REASSIGN = 1u << 0 };

struct policy_step {
    struct image_range posts;   /* in POLICY_ROWS, rows of CITY_POSTS told, in the rule's order */
    struct image_range program; /* STEP_SEVERITY: an `if` over severity; else count 0 */
    int64_t
        after_ms; /* from filing (OPENED, SEVERITY), the first offer (UNACCEPTED, NOT_ARRIVED), the start of the handle
                     clock (UNHANDLED), or the first assignment (NO_ARRIVAL, NOT_SAFE) */
    uint32_t after_permille; /* of the handle clock; used instead of after_ms where not 0 */
    uint32_t when;           /* enum step_when */
    uint32_t flags;          /* enum step_flag */
    uint32_t severity;       /* raise to this (smaller number wins), 0 = leave */
    uint32_t plan;           /* row of POLICY_PLANS that begins, or NONE32 */
    uint32_t reserved;
};

/* A circle of a rule's area clause. */
struct policy_circle {
    int32_t lon, lat;
    int64_t radius_cm;
};

/* ---- emergency plans (应急预案): see docs/plans.md ---- */

#define POLICY_PLANS_MAX 256u
#define POLICY_GROUPS_MAX 8u      /* per plan */
#define POLICY_PLAN_TASKS_MAX 32u /* per plan: a bit each in `needs` */
#define POLICY_CHECKS_MAX 32u     /* per task: a bit each in what was answered */
#define POLICY_TARGETS_MAX 131072u

enum plan_flag {
    PLAN_WITH_CASE = 1u << 0,        /* stands down when its case is cleared or closed */
    PLAN_CANCEL_UNSTARTED = 1u << 1, /* after the grace nobody is sent any more */
};

struct policy_plan {
    struct hash128 id_hash; /* XXH3-128 of id */
    struct image_string id; /* "plan.air.orange" */
    struct image_string title;
    struct image_string title_en;
    struct image_string file;  /* where it was written */
    struct image_range groups; /* in POLICY_PLAN_GROUPS */
    struct image_range tasks;  /* in POLICY_PLAN_TASKS: first tier, then group by group */
    int64_t progress_ms;       /* tell how far it is this often; 0 = never */
    int64_t
        silent_ms; /* a district that has sent nobody by then is told above its head; 0 = never */
    int64_t grace_ms;       /* from stand-down to the end of what was not started */
    uint32_t line;          /* in file */
    uint32_t department;    /* owner */
    uint32_t progress_post; /* or NONE32 */
    uint32_t silent_post;   /* or NONE32 = the command post */
    uint32_t flags;         /* enum plan_flag */
    uint32_t task_rows;     /* tasks of one activation, all targets counted */
};

/* for_each: the rows of a registry that the plan is about, chosen when the rules were lowered for this city. */
struct policy_group {
    struct image_string name;   /* "e" */
    struct image_range targets; /* in POLICY_TARGETS: rows of CITY_ASSETS, ascending */
    uint32_t kind;              /* row of CITY_ASSET_KINDS */
    uint32_t reserved;
};

enum plan_task_kind {
    PLAN_TASK_ACK = 0,     /* somebody named says that it has begun */
    PLAN_TASK_INSPECT = 1, /* a case of its own, dispatched like any other */
};

#define PLAN_HOLDER_POST                                                                           \
    UINT32_C(0x80000000) /* a holder is a row of CITY_POSTS, else of CITY_PERSONS */

struct policy_plan_task {
    struct image_string id;
    struct image_string text; /* words for whoever does it */
    struct image_string text_en;
    struct image_range
        holders; /* ACK: in POLICY_TARGETS, one per target (one where it has no group) */
    struct image_range checks; /* INSPECT: in POLICY_CHECKS */
    int64_t due_ms;            /* from the moment it begins */
    uint32_t kind;             /* enum plan_task_kind */
    uint32_t group;            /* of the plan, from 0; NONE32 = once: the first tier */
    uint32_t needs; /* bit i: task i of the plan, of the same target, is done or overdue first */
    uint32_t rule;  /* INSPECT: row of POLICY_RULES that its cases follow, else NONE32 */
    uint32_t fail_rule; /* INSPECT: rule of the case opened when the checklist fails, or NONE32 */
    uint32_t reserved;
};

enum check_flag { CHECK_LINE_REQUIRED = 1u << 0, CHECK_LINE_EVIDENCE = 1u << 1 };

/* A line of a checklist. It passes when `value op threshold` holds; value is a whole number. */
struct policy_check {
    struct hash128 id_hash; /* XXH3-128 of id: what an answer names */
    struct image_string id;
    struct image_string text;
    struct image_string text_en;
    int64_t threshold; /* millionths */
    uint32_t op;       /* enum expr_op, EXPR_EQ..EXPR_GE */
    uint32_t column;   /* of the target's registry: its cell is the threshold; NONE32 */
    uint32_t flags;    /* enum check_flag */
    uint32_t reserved;
};

struct policy_activate {
    int64_t confirm_ms;    /* 0 = begins at once */
    uint32_t rule;         /* row of POLICY_RULES */
    uint32_t plan;         /* row of POLICY_PLANS */
    uint32_t confirm_post; /* or NONE32 where it begins at once */
    uint32_t begins_alone; /* 1: not confirmed in time, it begins by itself; 0: told above */
};

#define CONFIRM_SUM_MAX 1000000u /* thousandths */
#define CONFIRM_KINDS 8u         /* kinds of gateways: enum gateway_kind is below */

/* confirm: who must have reported a case of the rule before it is filed. */
struct policy_confirm {
    int64_t within_ms;         /* how long merged reports count */
    struct clock_limit arrive; /* of the order to look; value 0 = no clock */
    struct image_range
        assigns;       /* in POLICY_ASSIGNS: who looks meanwhile; count 0 = whoever verifies */
    uint32_t rule;     /* row of POLICY_RULES */
    uint32_t at_least; /* thousandths */
    uint32_t weights[CONFIRM_KINDS]; /* thousandths, by enum gateway_kind */
};

/* late_report (迟报): a case of this rule at an object of the registry wants a report from the object itself. */
struct policy_late {
    int64_t within_ms;
    uint32_t rule;      /* row of POLICY_RULES that saw the sign */
    uint32_t late_rule; /* row of POLICY_RULES of the 迟报 case */
    uint32_t kind;      /* row of CITY_ASSET_KINDS */
    uint32_t type;      /* event type that is the report */
    uint32_t
        field; /* row of POLICY_FIELDS that names the object in the report, or NONE32 = its asset */
    uint32_t reserved;
};

/* ---- rules with state: see windows.h ---- */

#define POLICY_RESULTS_MAX 8u /* named results of one window */
#define POLICY_LEVELS_MAX 4u
#define POLICY_STAGES_MAX 8u
#define POLICY_CARRIED_MAX 8u    /* fields that the steps of one sequence carry */
#define POLICY_NEAR_MAX 16u      /* devices of one neighbourhood */
#define POLICY_WATCHES_MAX 256u  /* rules with `for` on one event type */
#define WINDOW_VALUES_MAX 4u     /* fields whose values one sample keeps */
#define WINDOW_SAMPLES_MAX 1024u /* samples of one key; the oldest makes room */

enum window_kind {
    WINDOW_FOR = 1,
    WINDOW_COUNT = 2,
    WINDOW_NEAR = 3,
    WINDOW_SEQUENCE = 4,
    WINDOW_KEYED = 5,
    WINDOW_ABSENT = 6
};

enum window_flag {
    WINDOW_CENTROID = 1u << 0, /* geo: centroid */
    WINDOW_DISTINCT = 1u << 1, /* at_least and at_most count distinct values */
    WINDOW_AT_MOST = 1u << 2,
    WINDOW_CARRIES = 1u << 3, /* SEQUENCE: some step keeps fields for later ones */
};

struct policy_window {
    struct hash128
        shape; /* of what is kept and for how long: state outlives an activation that leaves it */
    struct hash128 was_hash;    /* XXH3-128 of the rule's id before, or none */
    struct image_range by;      /* in POLICY_KEYS */
    struct image_range results; /* in POLICY_RESULTS */
    struct image_range levels;  /* in POLICY_LEVELS */
    struct image_range stages;  /* in POLICY_STAGES, SEQUENCE; ABSENT: one, what is expected */
    struct image_range program; /* having: over the event and the results */
    struct image_range
        near; /* NEAR, in POLICY_NEAR: rows of `of` devices: one, ascending, then its neighbours or NONE32 */
    int64_t
        within_ms; /* FOR: how long; else the width of the window, or the time a sequence may take */
    int64_t gap_ms;      /* FOR: longest silence in a run */
    int64_t lateness_ms; /* a sample older than the newest of its key minus this changes nothing */
    int64_t hold_ms;     /* levels: how long a level outlives its condition */
    uint32_t rule;       /* row of POLICY_RULES */
    uint32_t kind;       /* enum window_kind */
    uint32_t at_least,
        at_most;       /* samples, distinct values or devices; at_most counts with WINDOW_AT_MOST */
    uint32_t distinct; /* row of POLICY_FIELDS, or NONE32 */
    uint32_t
        count_field; /* row of POLICY_FIELDS of window.count, or NONE32 = nothing asks for it */
    uint32_t min_samples;
    uint32_t max_keys;
    uint32_t of;    /* NEAR: devices of a neighbourhood, itself included */
    uint32_t flags; /* enum window_flag */
};

enum result_op {
    RESULT_COUNT = 1,
    RESULT_SUM = 2,
    RESULT_AVG = 3,
    RESULT_MIN = 4,
    RESULT_MAX = 5,
    RESULT_LAST = 6,
    RESULT_RANK = 7,  /* pNN: the smallest value that NN percent of the values do not exceed */
    RESULT_SLOPE = 8, /* change per minute of the line nearest to the values */
};

struct policy_result {
    int64_t span_ms;   /* SLOPE: only the samples younger than this; 0 = all */
    uint32_t op;       /* enum result_op */
    uint32_t field;    /* row of POLICY_FIELDS, a number; NONE32 for COUNT */
    uint32_t target;   /* row of POLICY_FIELDS by which the result is known */
    uint32_t permille; /* RANK */
    uint32_t value;    /* which value of a sample holds the field */
    uint32_t reserved;
};

struct policy_level {
    struct image_range program;
    uint32_t severity; /* 1..4 */
    uint32_t reserved;
};

enum stage_flag {
    STAGE_ASKS_CARRIED = 1u << 0, /* its condition is about what earlier steps carry */
};

struct policy_stage {
    struct image_range program;
    struct image_range
        carries;    /* in POLICY_KEYS, pairs: field of its event, field it is carried as */
    uint32_t type;  /* row of POLICY_TYPES */
    uint32_t flags; /* enum stage_flag */
};

_Static_assert(sizeof(struct policy_window) == 152, "image row without padding");
_Static_assert(sizeof(struct policy_result) == 32, "image row without padding");
_Static_assert(sizeof(struct policy_level) == 16, "image row without padding");
_Static_assert(sizeof(struct policy_stage) == 24, "image row without padding");

_Static_assert(sizeof(struct policy_plan) == 112, "image row without padding");
_Static_assert(sizeof(struct policy_group) == 24, "image row without padding");
_Static_assert(sizeof(struct policy_plan_task) == 72, "image row without padding");
_Static_assert(sizeof(struct policy_check) == 64, "image row without padding");
_Static_assert(sizeof(struct policy_activate) == 24, "image row without padding");
_Static_assert(sizeof(struct policy_confirm) == 72, "image row without padding");
_Static_assert(sizeof(struct policy_late) == 32, "image row without padding");

_Static_assert(sizeof(struct policy_info) == 208, "image row without padding");
_Static_assert(sizeof(struct policy_type) == 56, "image row without padding");
_Static_assert(sizeof(struct policy_field) == 16, "image row without padding");
_Static_assert(sizeof(struct policy_inhibit) == 24, "image row without padding");
_Static_assert(sizeof(struct policy_rule) == 432, "image row without padding");
_Static_assert(sizeof(struct policy_ring) == 16, "image row without padding");
_Static_assert(sizeof(struct policy_assign) == 80, "image row without padding");
_Static_assert(sizeof(struct policy_step) == 48, "image row without padding");

static inline bool policy_rule_is_evaluated(const struct policy_rule *rule)
{
    return rule->status == RULE_ACTIVE || rule->status == RULE_SHADOW;
}

/* Where rules of a type stand: those of dispatch first, shadows last, so that a bounded list holds who decides. */
static inline uint32_t policy_rule_rank(uint32_t status, uint32_t lane)
{
    return status == RULE_SHADOW ? (uint32_t)RULE_LANE_COUNT : lane;
}

/* Typed views of one open policy image. Pointers borrow from the image. */
struct policy {
    struct image image;
    const struct policy_info *info;
    const struct policy_type *types;
    uint32_t type_count;
    const struct policy_field *fields;
    uint32_t field_count;
    const struct policy_rule *rules;
    uint32_t rule_count;
    const struct expr_word *program;
    uint32_t program_count;
    const uint32_t *keys;
    uint32_t key_count;
    const struct policy_ring *rings;
    uint32_t ring_count;
    const struct policy_assign *assigns;
    uint32_t assign_count;
    const struct policy_step *steps;
    uint32_t step_count;
    const uint32_t *rows;
    uint32_t row_count;
    const uint32_t *closers;
    uint32_t closer_count;
    const uint32_t *type_rules;
    uint32_t type_rule_count;
    const struct policy_circle *circles;
    uint32_t circle_count;
    const struct image_string *constants;
    uint32_t constant_count;
    const struct match_type *match_types; /* type_count rows: see match.h for these eight */
    const struct match_attribute *match_attributes;
    uint32_t match_attribute_count;
    const uint64_t *match_keys;
    uint32_t match_key_count;
    const struct match_access *match_accesses;
    uint32_t match_access_count;
    const struct match_group *match_groups;
    uint32_t match_group_count;
    const uint32_t *match_entries;
    uint32_t match_entry_count;
    const struct match_record *match_records;
    uint32_t match_record_count;
    const struct match_clause *match_clauses;
    uint32_t match_clause_count;
    const struct policy_plan *plans;
    uint32_t plan_count;
    const struct policy_group *groups;
    uint32_t group_count;
    const struct policy_plan_task *plan_tasks;
    uint32_t plan_task_count;
    const struct policy_check *checks;
    uint32_t check_count;
    const struct policy_activate *activates;
    uint32_t activate_count;
    const struct policy_late *lates;
    uint32_t late_count;
    const struct policy_confirm *confirms;
    uint32_t confirm_count;
    const uint32_t *targets;
    uint32_t target_count;
    const struct policy_window *windows;
    uint32_t window_count;
    const struct policy_result *results;
    uint32_t result_count;
    const struct policy_level *levels;
    uint32_t level_count;
    const struct policy_stage *stages;
    uint32_t stage_count;
    const uint32_t *near;
    uint32_t near_count;
    const uint32_t *watches;
    uint32_t watch_count;
    const struct image_string *tags;
    uint32_t tag_count;
    const struct policy_inhibit *inhibits;
    uint32_t inhibit_count;
    const uint32_t *inhibited;
    uint32_t inhibited_count;
    const char *strings;
    uint32_t string_size;
};

/* Checks every index against the policy and the city once (programs through expr_check, the match index
 * through match_check). ERR_MALFORMED, ERR_VERSION, ERR_MISMATCH (lowered for another city). */
enum err policy_open(const void *bytes, uint64_t size, const struct city *city,
                     struct policy *out_policy) WARN_UNUSED;

static inline const char *policy_text(const struct policy *policy, struct image_string s)
{
    must(s.offset <= policy->string_size && s.size <= policy->string_size - s.offset);
    return policy->strings + s.offset;
}

#endif
