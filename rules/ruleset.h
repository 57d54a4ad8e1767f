/* ruleset.h: a rule set as it was written: names resolved against one city, expressions typed, nothing lowered yet.
 *
 * Made by rules/load.c, read by lint, lower, index and by the naive evaluator.
 *
 * Shape   arrays in one arena; field, type and rule rows are final (sorted) once ruleset_load returns
 * Owner   ruleset_free ends everything, texts included; the city must outlive the rule set */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include "engine/city/problems.h"
#include "engine/core/match.h"
#include "rules/arena.h"
#include "rules/tree.h"

struct ast_node;    /* expr_ast.h */
struct rule_window; /* window.h */
struct plan;        /* plan.h, as are these two */
struct rule_activate;
struct rule_late;

struct rule_assign;

/* confirm: of a rule. */
struct rule_confirm {
    int64_t within_ms;
    struct clock_limit arrive;
    struct rule_assign *assigns; /* of the order to look; count 0 = whoever verifies */
    uint32_t assign_count;
    uint32_t at_least;               /* thousandths */
    uint32_t weights[CONFIRM_KINDS]; /* thousandths, by enum gateway_kind */
};

#define RULES_MAX 200000u
#define RULE_TYPES_MAX 4096u
#define RULE_FIELDS_MAX 4096u
#define RULE_EVENTS_MAX 64u /* event types of one rule */
#define RULE_PARAMS_MAX 64u

/* A field of events: declared by the schema or built in. */
struct rule_field {
    const char *name;
    enum field_kind kind;
    bool is_builtin;
    bool is_used;                 /* a built-in that no rule uses is not lowered */
    bool is_carried;              /* by a sequence, from a step to later ones: no event has it */
    uint32_t row;                 /* of POLICY_FIELDS; NONE32 = not lowered */
    const struct tree_node *node; /* first declaration; NULL for a built-in */
};

struct rule_type {
    const char *name;
    const char *title;
    const char *title_en;
    enum lane lane;
    uint32_t row; /* of POLICY_TYPES */
    struct rule_field **fields;
    uint32_t field_count;
    const struct tree_node *node;
};

/* Rows of a city table, ascending, without repeats. */
struct rule_rows {
    uint32_t *items;
    uint32_t count;
};

/* A part of a key: the class of the case where field is NULL. */
struct rule_keys {
    struct rule_field *fields[POLICY_KEYS_MAX];
    uint32_t count;
};

/* One side of an area clause. */
struct rule_places {
    struct rule_rows areas;
    struct rule_rows cells;    /* those of units included */
    const char **ground_names; /* codes of cells and units, as written */
    uint32_t ground_count;
    struct policy_circle circles[POLICY_CIRCLES_MAX];
    uint32_t circle_count;
};

struct rule_assign {
    uint64_t roles;
    uint64_t skills;
    const char *task;
    struct policy_ring rings[POLICY_RINGS_MAX];
    uint32_t ring_count;
    struct ast_node *condition;                                     /* NULL = always */
    uint32_t pick, count, max_load, ignore_shift, fallback, rights; /* as struct policy_assign */
    uint32_t reroute, parallel, preempts, guard_percent;
};

struct rule_step {
    struct rule_rows posts;
    struct ast_node *condition; /* of STEP_SEVERITY */
    int64_t after_ms;
    uint32_t after_permille, when, flags, severity; /* as struct policy_step */
    const struct tree_node *plan_name;              /* NULL = begins no plan */
    struct plan *plan;                              /* once all plans are read */
};

struct rule_param {
    const char *name;
    enum field_kind kind;
    int64_t number;   /* NUMBER: millionths; BOOL: 0 or 1 */
    const char *text; /* STRING */
};

/* A legal or policy clause that rules stand on. Days are local, since 1970-01-01. */
struct rule_basis {
    const char *id;
    const char *title;
    int32_t from_day;                 /* first in force */
    int32_t until_day;                /* first no longer in force */
    const struct tree_node *replaces; /* list of ids, or NULL */
    const struct tree_node *node;
};

/* "lint_ignore: [{L204: reason}]" */
struct rule_waiver {
    const char *code;
    const char *reason;
};

#define RULE_WAIVERS_MAX 16u
#define RULE_BASES_MAX 4096u /* of a rule set */

struct rule {
    const char *id;
    const char *title;
    const char *title_en;
    const char *file; /* base name */
    const struct tree_node *node;
    uint32_t row; /* of POLICY_RULES */
    uint32_t department;
    struct rule_rows owners; /* more than one: not settled, and the rule is out of force */
    enum rule_status status;
    enum rule_lane lane;
    uint32_t priority;
    struct rule_type **types;
    uint32_t type_count;
    struct rule_param *params;
    uint32_t param_count;
    struct ast_node *where; /* NULL = always true */
    const struct tree_node *where_node;
    struct rule_places *in, *out; /* NULL = not given */
    struct rule_rows calendars_in, calendars_out;
    struct rule_keys dedupe_keys;
    int64_t dedupe_window_ms;
    struct rule_keys group_keys;
    int64_t group_wait_ms, group_interval_ms, group_repeat_ms; /* 0 = each notice as it comes */
    struct rule_keys merge_keys;
    int64_t merge_radius_cm, merge_reopen_ms, merge_window_ms;
    uint32_t merge_asset_kind, merge_flags;
    uint32_t class_row, severity, evidence;
    uint32_t flags;           /* enum rule_flag */
    uint32_t case_department; /* as struct policy_rule */
    const char *case_title;
    const char *case_title_en;
    struct rule_keys captures; /* never the class */
    struct rule_assign *assigns;
    uint32_t assign_count;
    struct rule_step *steps;
    uint32_t step_count;
    struct policy_sla sla;
    struct rule_type *close_type; /* NULL = no close clause */
    struct rule_keys close_keys;
    int64_t close_within_ms;
    const struct tree_node *basis; /* texts, or ids of bases where the set declares some; NULL */
    const struct tree_node *supersedes; /* ids of rules, or NULL */
    int32_t valid_from_day, valid_until_day;
    struct rule_waiver waivers[RULE_WAIVERS_MAX];
    uint32_t waiver_count;
    struct rule_window *window;     /* NULL = no state */
    struct rule_activate *activate; /* NULL = no plan */
    struct rule_late *late;         /* NULL = no report is owed */
    struct rule_confirm *confirm;   /* NULL = filed by trust in its source */
    bool is_inner;                  /* of a plan or a late report: no event meets it */
    const char **tags;
    uint32_t tag_count;
    struct ast_node *breaks;          /* suppress.break_through; NULL = never */
    const struct tree_node *inhibits; /* NULL = hides nothing */
    struct rule_keys inhibit_keys;
    int64_t inhibit_radius_cm;
    uint32_t inhibit_severity;
    uint32_t *inhibited_by; /* rows of rules that hide it, ascending */
    uint32_t inhibited_count;
    struct rule *next_inner;
};

struct rule_defaults {
    uint32_t priority;
    int64_t lateness_ms, future_ms, seek_every_ms, stale_fix_ms, worker_lost_ms;
    struct clock_limit accept, dispatch, check;
    struct rule_assign *check_assigns, *verify_assigns;
    uint32_t check_count, verify_count;
    uint32_t verify_below_percent, verify_samples; /* verify_first; 0 percent = never */
    uint32_t lanes_of_one;                         /* bit per enum rule_lane */
    struct policy_rounds rounds;
};

struct ruleset {
    struct arena *arena;
    const struct city *city;
    struct hash128 digest; /* of the files' names and bytes */
    struct rule_defaults defaults;
    struct rule_field **fields; /* sorted by name */
    uint32_t field_count;
    struct rule_type **types; /* sorted by name */
    uint32_t type_count;
    struct rule **rules; /* sorted by id */
    uint32_t rule_count;
    struct rule *inner_first; /* in a chain until all files are read, then among rules */
    uint32_t inner_count;
    struct plan **plans; /* sorted by id */
    uint32_t plan_count;
    struct rule_basis *bases; /* in the order of files */
    uint32_t base_count;
};

/* Reads every *.yaml of directory in byte order of names. ERR_INPUT when problems holds an error then. out_set is given in
 * both cases, so that what could be read can be linted; only a clean set may be lowered. */
enum err ruleset_load(const char *directory, const struct city *city, struct problems *problems,
                      struct ruleset **out_set) WARN_UNUSED;
void ruleset_free(struct ruleset *set);

/* By binary search in the sorted arrays; NULL if none. */
struct rule_field *ruleset_find_field(const struct ruleset *set, const char *name);
struct rule_type *ruleset_find_type(const struct ruleset *set, const char *name);
struct rule *ruleset_find_rule(const struct ruleset *set, const char *id);

/* By a walk over the few there are; NULL if none. */
const struct rule_basis *ruleset_find_basis(const struct ruleset *set, const char *id);

#endif
