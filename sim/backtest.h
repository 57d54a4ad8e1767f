/* backtest.h: the same events under two rule sets, and what differs: cases, owners, who handled them, missed clocks.
 *
 * Both runs have the same city, trace, agents and seed, so a difference is the rules' doing; agents are invented people, and what
 * real people decided otherwise cannot be rebuilt. Cases are matched by the event that opened them.
 *
 * Owner   make allocates, fini frees; runs are borrowed and must keep their records
 * Cost    O(events + cases) */
#ifndef SIM_BACKTEST_H
#define SIM_BACKTEST_H

#include "engine/edge/words.h"
#include "sim/run.h"
#include "sim/truth.h"

#include <jansson.h>
#include <stdio.h>

#define BACKTEST_SAMPLES 20u

/* X(NAME, json, english, chinese) */
#define BACKTEST_LIST(X)                                                                           \
    X(NEW, "new_cases", "new cases: opened now, not before", "新增案件")                           \
    X(LOST, "lost_cases", "lost cases: opened before, not now", "减少案件")                        \
    X(OWNER, "moved_owner", "cases whose owner changed", "责任部门变化")                           \
    X(SEVERITY, "other_severity", "cases of another severity at the end", "等级变化")              \
    X(HANDLER, "other_handler", "cases that somebody else handled", "处置人变化")                  \
    X(CLOCKS, "other_clocks", "cases whose missed clocks changed", "超时情况变化")

#define BACKTEST_ENUM(name, json, en, zh) BACKTEST_##name,
enum backtest_kind { BACKTEST_LIST(BACKTEST_ENUM) BACKTEST_KIND_COUNT };
#undef BACKTEST_ENUM

struct backtest_sample {
    uint32_t event; /* row of run_gateways.events, the same in both runs */
};

/* A rule or a department under one rule set. */
struct backtest_load {
    uint64_t cases, events, missed, handled;
    uint64_t by_hour[24]; /* of opening, the city's local time */
};

struct backtest_side {
    const struct run *run;
    struct backtest_load *rules;       /* by row of its own policy */
    struct backtest_load *departments; /* by row of the city */
    uint64_t events, opened, merged, deduped, no_rule;
};

struct backtest {
    struct backtest_side before, after;
    uint64_t counts[BACKTEST_KIND_COUNT];
    struct backtest_sample samples[BACKTEST_KIND_COUNT][BACKTEST_SAMPLES];
};

void backtest_make(struct backtest *backtest, const struct run *before, const struct run *after);
void backtest_fini(struct backtest *backtest);

void backtest_print(const struct backtest *backtest, enum lang lang, FILE *out);
json_t *backtest_to_json(const struct backtest *backtest); /* caller's reference */

/* Of a rule by id under the new rules, active or in shadow; zeros where there is none. A shadow's load is what it would have opened
 * and joined; nobody handled it. */
struct rule_score backtest_score(const struct backtest *backtest, const char *id);
bool backtest_is_shadow(const struct backtest *backtest, const char *id);

/* Of a rule by id under the new rules; zeros where there is none. */
struct backtest_load backtest_rule(const struct backtest *backtest, const char *id);
struct backtest_load backtest_department(const struct backtest *backtest, uint32_t department);

#endif
