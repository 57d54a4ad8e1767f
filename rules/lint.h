/* lint.h: what a rule set must not contain although every single rule reads well.
 *
 *   L018 E too many rules on one event type          L101 E can never match
 *   L102 W a condition that is always true           L103 E no gateway sends its events, or they lack a field
 *   L201 E same event, same priority, different action
 *   L202 W hidden by a rule of higher priority       L203 W says the same as another rule
 *   L204 W two departments on the same events        L205 N a class, or hours of it, without a rule
 *   L207 E a legal basis that is not in force        L208 W old and new basis govern one class
 *   L209 W several owners, one to be chosen
 *   L301 W cannot be indexed                         L303 W dedupe by a measured value
 *   L305 W merge radius against neighbouring assets  L306 W repeats remembered longer than the thing lasts
 *   L206 W hides in a circle, or something graver    L302 W state under keys without number
 *   L304 E, L307 W too few devices around, everywhere or in places
 *   L308 N events that lack every field of a key are alike
 *   L401 E, L402 W nobody on shift can serve it      L403 E limits that contradict each other
 *   L404 W a plan asks for more work than people can do in time
 *   L405 W an escalation step that comes too late, or twice
 *   L406 W an hour of the coming week at which nobody answers for an escalation address
 *   L501 N no one to ask, no test, silent, or far too often
 *
 * Every finding names file, line, both rules and their departments; L201 to L204 come with an event that both rules take,
 * made from their regions (region.h) and tried on the naive evaluator: what cannot be shown is not reported.
 *
 * Owner   findings live in the arena of the rule set */
#ifndef RULES_LINT_H
#define RULES_LINT_H

#include "rules/ruleset.h"

#define LINT_PER_CODE_MAX 200u       /* findings of one code; more are counted */
#define LINT_PAIRS_MAX 400000000ull  /* pairs looked at on all types; more are counted */
#define LINT_OVERLAPS_MAX 3000000ull /* pairs whose regions are intersected */

/* X(code, level, english, chinese) */
#define LINT_LIST(X)                                                                               \
    X(L018, ERROR, "too many rules on one event type", "同类事件规则过多")                         \
    X(L101, ERROR, "can never match", "永不成立")                                                  \
    X(L102, WARNING, "condition is always true", "条件恒真")                                       \
    X(L103, ERROR, "no event can reach it", "无事件可达")                                          \
    X(L201, ERROR, "conflict", "规则冲突")                                                         \
    X(L202, WARNING, "shadowed", "被高优先级规则遮蔽")                                             \
    X(L203, WARNING, "duplicate", "规则重复")                                                      \
    X(L204, WARNING, "two departments on the same events", "职责交叉")                             \
    X(L205, NOTE, "gap", "责任空白")                                                               \
    X(L206, WARNING, "hides in a circle, or something graver", "抑制成环或抑制更高等级")           \
    X(L207, ERROR, "basis not in force", "依据失效")                                               \
    X(L208, WARNING, "old and new basis on one class", "新旧政策打架")                             \
    X(L209, WARNING, "owner not settled", "责任部门未定")                                          \
    X(L301, WARNING, "cannot be indexed", "无法建索引")                                            \
    X(L302, WARNING, "remembers without bound", "状态无界")                                        \
    X(L303, WARNING, "dedupe by a measured value", "去重键含测量值")                               \
    X(L304, ERROR, "never enough devices", "设备数永不足")                                         \
    X(L305, WARNING, "merge radius too wide", "合并半径过大")                                      \
    X(L306, WARNING, "repeats remembered too long", "去重时窗过长")                                \
    X(L307, WARNING, "too few devices in places", "部分位置设备不足")                              \
    X(L308, NOTE, "alike by what they lack", "键字段均缺失时视为相同")                             \
    X(L401, ERROR, "nobody can serve it", "无人可派")                                              \
    X(L402, WARNING, "often served by the fallback only", "常由兜底岗位承接")                      \
    X(L403, ERROR, "limits contradict each other", "时限矛盾")                                     \
    X(L404, WARNING, "more work than people", "任务量超过人力")                                    \
    X(L405, WARNING, "escalation too late or twice", "升级步骤过晚或重复")                         \
    X(L406, WARNING, "nobody answers an escalation", "升级对象无人值守")                           \
    X(L501, NOTE, "nobody looks after it", "规则缺少维护")

enum lint_code {
#define LINT_ENUM(code, level, en, zh) LINT_##code,
    LINT_LIST(LINT_ENUM)
#undef LINT_ENUM
        LINT_CODE_COUNT
};

struct lint_finding {
    enum lint_code code;
    const struct rule *rule;      /* the one to change; NULL for a finding about the city */
    const struct rule *other;     /* or NULL */
    const struct tree_node *node; /* where; NULL = nowhere in a rule file */
    const char *text;
    const char *witness; /* an event of a test file that shows it, or NULL */
    const char *reason;  /* of lint_ignore: the finding was waived; NULL = it stands */
};

struct lint {
    struct lint_finding *items;
    uint32_t count, capacity;
    uint32_t found[LINT_CODE_COUNT]; /* all, those not kept included */
    uint64_t pairs_skipped;          /* for lack of time: the analysis is not complete */
};

/* What is known of how rules are used; arrays by row of the rule, NULL: not known. */
struct lint_usage {
    const bool *is_tested; /* some test names it */
    const uint64_t *fires; /* recorded events that it takes */
    uint32_t days;         /* that were recorded */
    uint32_t silent_days;  /* without an event of its own, before that is worth a word */
    uint32_t busy_per_day; /* events, before that is */
};

struct lint_options {
    bool errors_only;               /* what a load needs */
    bool with_roster;               /* look at persons and shifts, assets and the catalogue too */
    int32_t as_of_day;              /* local days since 1970-01-01: which bases are in force */
    const struct lint_usage *usage; /* with the roster; may be NULL */
};

/* Findings in the order of rules. */
struct lint lint_ruleset(const struct ruleset *set, const struct lint_options *options);

/* What stands, as problems with their places. */
void lint_report(const struct ruleset *set, const struct lint *lint, struct problems *problems);

const char *lint_code_name(enum lint_code code);
enum problem_level lint_code_level(enum lint_code code);
const char *lint_code_words(enum lint_code code, bool is_chinese);

#endif
