/* rule_suite.h: tests of rules as their departments write them: files *.test.yaml, read strictly.
 *
 *   suite: gas
 *   start: 2026-03-02T08:00:00+08:00
 *   tests:
 *   - name: a first reading opens one case
 *     events: [{at: 0s, type: sensor.gas, device: g1, lel_pct: 12}]
 *     acts:   [{at: 2m, who: wang.fang, do: accept}]
 *     expect: [{at: 3m, case: {rule: gas.single, state: assigned, count: 1}}]
 *     never:  [{rule: gas.other, outcome: opened}]
 *
 * Owner   everything lives in the arena of the rule set; rows are those of its city
 * Errors  every finding of every file is reported; codes as in read.h */
#ifndef SIM_RULE_SUITE_H
#define SIM_RULE_SUITE_H

#include "engine/city/facts.h"
#include "engine/core/effect.h"
#include "rules/read.h"

#define SUITE_EVENT_FIELDS_MAX 24u

struct suite_event {
    int64_t at_ms; /* from the start */
    const struct tree_node *node;
    struct fact_event fact; /* at_ms not set */
    struct fact_field fields[SUITE_EVENT_FIELDS_MAX];
};

struct suite_act {
    int64_t at_ms;
    const struct tree_node *node;
    uint32_t person;
    enum action action;
    enum reason reason;
    struct hash128 line; /* of a checklist, with the answer */
    uint32_t amount;
    bool has_photo;
};

enum expect_kind {
    EXPECT_CASE,
    EXPECT_CASES,
    EXPECT_ASSIGNED,
    EXPECT_ESCALATED,
    EXPECT_WHY,
    EXPECT_SAID
};

struct suite_expect {
    enum expect_kind kind;
    int64_t at_ms;
    const struct tree_node *node;
    uint32_t rule, person, post; /* rows or NONE32 */
    uint64_t roles;
    uint32_t severity, state, class_row; /* 0, 0, NONE32 = any */
    struct holder holder;                /* HOLDER_NONE = any */
    uint32_t action, clock;              /* of EXPECT_SAID; clock 0 = any */
    int64_t have, need;                  /* of a window; -1 = any */
    int64_t events, count;               /* -1 = any, at least one */
    const char *outcome;
};

/* One test; lists in the order of their instants. */
struct suite_test {
    const char *suite, *name;
    const struct tree_node *node;
    int64_t start_ms;
    struct suite_event *events;
    struct suite_act *acts;
    struct suite_expect *expects;
    struct suite_expect *nevers; /* rule and outcome */
    uint32_t event_count, act_count, expect_count, never_count;
};

struct suite {
    struct suite_test *tests;
    uint32_t count;
};

/* Reads every *.test.yaml of the directory, and `tests:` of its rule files, in byte order of names. ERR_INPUT when problems
 * holds an error then, ERR_NOT_FOUND: no test. */
enum err suite_load(struct ruleset *set, const char *directory, struct problems *problems,
                    struct suite *out_suite) WARN_UNUSED;

/* "opened", "merged" ... of a result; "not_taken", "lost_lane" where no firing is the rule's. */
#define OUTCOME_NOT_TAKEN "not_taken"
#define OUTCOME_LOST_LANE "lost_lane"
const char *suite_outcome_name(uint32_t code);

#endif
