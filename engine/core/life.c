/* life.c: the life of a case and of a work order, as tables.
 *
 *  REPORTED -> VERIFYING --yes--> FILED -> DISPATCHING --accept--> ASSIGNED --arrive--> ON_SITE
 *      |           \--no--> VOID             ^   |  nobody: a desk     |                   |
 *      \--trusted--> FILED                   |   v  holds it           |        done       v
 *                                            | ASSIGNED (desk) --done--+---------------> HANDLED
 *                                            |                                             |
 *                                            +--returned, lost, check failed-- CHECKING <--+
 *                                                                                 | passed
 *   FORCED_CLOSED, VOID from any open state            reopened <--in its window-- CLOSED
 *
 * What people may do is these two tables: code, documentation (docs/life-cycle.md) and oracle alike. Everything outside them
 * is refused with a code and the list of what is possible now. What the engine does by itself (offers, expiry, escalation,
 * clearing, resuming) is in dispatch.c, clocks.c, intake.c and pause.c. */
#include "engine/core/life.h"

#include "engine/core/city.h"

#define IN(state) (1u << CASE_##state)

#define INTAKE RIGHT_INTAKE
#define CHIEF RIGHT_SHIFT_CHIEF
#define DISPATCHER RIGHT_DISPATCHER
#define DESK RIGHT_DEPARTMENT_DESK
#define INSPECTOR RIGHT_INSPECTOR
#define OVERSEER RIGHT_OVERSEER

#define UNFILED (IN(REPORTED) | IN(VERIFYING))
#define COMMANDED (IN(FILED) | IN(DISPATCHING) | IN(ASSIGNED) | IN(ON_SITE))
#define HELD (IN(ASSIGNED) | IN(ON_SITE))
#define DISPUTED (IN(DISPATCHING) | HELD | CHECKED | IN(SUSPENDED))
#define CHECKED (IN(HANDLED) | IN(CHECKING))
#define OPEN (UNFILED | COMMANDED | CHECKED | IN(SUSPENDED))
#define CLOSED (IN(CLOSED) | IN(FORCED_CLOSED))
#define ANY (OPEN | CLOSED | IN(VOID) | IN(MERGED))

/* {states, action, state after, rights, needs} */
static const struct life_case_rule case_rules[] = {
    {ANY, ACTION_COMMENT, CASE_NONE, 0, 0},
    /* the supervision centre files, verifies, checks, closes */
    {UNFILED, ACTION_FILE, CASE_DISPATCHING, INTAKE | CHIEF, 0},
    {IN(VERIFYING), ACTION_VERIFY_YES, CASE_DISPATCHING, INSPECTOR | CHIEF, 0},
    {IN(VERIFYING), ACTION_VERIFY_NO, CASE_VOID, INSPECTOR | CHIEF, NEED_REASON},
    {CHECKED, ACTION_CHECK_PASS, CASE_CLOSED, INSPECTOR | CHIEF, NEED_NO_PART},
    {CHECKED, ACTION_CHECK_FAIL, CASE_DISPATCHING, INSPECTOR | CHIEF, NEED_REASON | NEED_NO_PART},
    {CHECKED, ACTION_CLOSE, CASE_CLOSED, CHIEF, NEED_NO_PART},
    {OPEN, ACTION_VOID, CASE_VOID, CHIEF, NEED_REASON},
    {OPEN, ACTION_FORCE_CLOSE, CASE_FORCED_CLOSED, CHIEF, NEED_REASON},
    {CLOSED | IN(VOID), ACTION_REOPEN, CASE_DISPATCHING, CHIEF | INTAKE | OVERSEER, NEED_REASON},
    /* the command centre dispatches and coordinates */
    {COMMANDED, ACTION_REASSIGN, CASE_DISPATCHING, DISPATCHER,
     NEED_REASON | NEED_SUBJECT | NEED_NO_VIEW},
    {COMMANDED, ACTION_SEND_TO_DESK, CASE_ASSIGNED, DISPATCHER,
     NEED_REASON | NEED_SUBJECT | NEED_NO_VIEW},
    {COMMANDED, ACTION_DISPATCH, CASE_DISPATCHING, DISPATCHER | DESK, NEED_NO_VIEW},
    {IN(DISPATCHING), ACTION_RETURN, CASE_VERIFYING, DISPATCHER, NEED_REASON | NEED_NO_VIEW},
    /* a department's desk handles or gives back what its post holds */
    {IN(ASSIGNED), ACTION_DONE, CASE_CHECKING, DESK, NEED_HOLDER},
    {IN(ASSIGNED), ACTION_RETURN, CASE_DISPATCHING, DESK, NEED_REASON | NEED_HOLDER},
    {IN(ASSIGNED), ACTION_MAKE_SAFE, CASE_NONE, DESK, NEED_HOLDER},
    {IN(ASSIGNED), ACTION_HAND_OVER, CASE_ASSIGNED, DESK, NEED_REASON | NEED_HOLDER | NEED_SUBJECT},
    /* 裁定: what parties and the adjudicating post say while a case is in dispute */
    {DISPUTED, ACTION_POSITION, CASE_NONE, 0, NEED_REASON | NEED_TEXT},
    {DISPUTED, ACTION_RULE, CASE_NONE, 0, NEED_REASON | NEED_SUBJECT},
    /* time: 延期, 挂账, 管控 */
    {HELD, ACTION_EXTEND, CASE_NONE, DESK | RIGHT_WORKER, NEED_REASON | NEED_SIDE},
    {HELD, ACTION_EXTEND_YES, CASE_NONE, DESK | DISPATCHER | CHIEF, 0},
    {HELD, ACTION_EXTEND_NO, CASE_NONE, DESK | DISPATCHER | CHIEF, NEED_REASON},
    {HELD, ACTION_SUSPEND, CASE_SUSPENDED, DISPATCHER | CHIEF, NEED_REASON | NEED_UNTIL},
    {IN(VERIFYING) | COMMANDED, ACTION_CONTROL, CASE_SUSPENDED, CHIEF, NEED_REASON | NEED_UNTIL},
    {IN(SUSPENDED), ACTION_RESUME, CASE_NONE, DISPATCHER | CHIEF, 0},
    /* 督办 and 超时申诉 */
    {OPEN, ACTION_SUPERVISE, CASE_NONE, OVERSEER | CHIEF, NEED_REASON},
    {OPEN, ACTION_ANSWER, CASE_NONE, 0, NEED_TEXT | NEED_SIDE},
    {CLOSED, ACTION_APPEAL, CASE_NONE, DESK, NEED_REASON | NEED_SIDE},
    {CLOSED, ACTION_APPEAL_YES, CASE_NONE, CHIEF | OVERSEER, 0},
    {CLOSED, ACTION_APPEAL_NO, CASE_NONE, CHIEF | OVERSEER, NEED_REASON},
    /* other cases */
    {OPEN, ACTION_MERGE_INTO, CASE_MERGED, INTAKE | DISPATCHER | CHIEF, NEED_REASON | NEED_OTHER},
    {OPEN, ACTION_REPLACE, CASE_MERGED, DISPATCHER | CHIEF, NEED_REASON | NEED_OTHER},
    {COMMANDED | CHECKED, ACTION_SPLIT, CASE_NONE, INTAKE | DISPATCHER | CHIEF,
     NEED_REASON | NEED_TEXT},
    {OPEN, ACTION_LINK_CHILD, CASE_NONE, INTAKE | DISPATCHER | CHIEF, NEED_OTHER},
    {OPEN, ACTION_UNLINK_CHILD, CASE_NONE, INTAKE | DISPATCHER | CHIEF, NEED_REASON | NEED_OTHER},
    /* what reporters say of a closed case, through whoever took the call */
    {CLOSED, ACTION_RATE, CASE_NONE, INTAKE, 0},
    {CLOSED, ACTION_SOLVED, CASE_NONE, INTAKE, 0},
    {CLOSED, ACTION_NOT_SOLVED, CASE_DISPATCHING, INTAKE, 0},
    {ANY, ACTION_RELATE, CASE_NONE, INTAKE | DISPATCHER | CHIEF | DESK, NEED_OTHER},
    /* what is on record of the reporter, and the evidence */
    {ANY, ACTION_REVEAL, CASE_NONE, INTAKE | CHIEF | DISPATCHER, NEED_REASON},
    {ANY, ACTION_ERASE, CASE_NONE, INTAKE | CHIEF, NEED_REASON},
    {ANY, ACTION_READ_EVIDENCE, CASE_NONE,
     INTAKE | CHIEF | DISPATCHER | DESK | INSPECTOR | OVERSEER | RIGHT_AUDITOR, 0},
    /* 数据协查 */
    {IN(VERIFYING) | COMMANDED | CHECKED, ACTION_INFORM, CASE_NONE, DISPATCHER | DESK | CHIEF,
     NEED_TEXT | NEED_SUBJECT},
};

#undef IN
#define IN(state) (1u << ORDER_##state)
#define OF(kind) (1u << KIND_##kind)
#define HANDLING (OF(HANDLE) | OF(ASSIST))
#define VISIT (HANDLING | OF(CHECK_RESULT) | OF(VERIFY_REPORT))
#define UNDER_WAY (IN(ACCEPTED) | IN(ARRIVED))

/* {kinds, states, action, state after, needs} */
static const struct life_order_rule order_rules[] = {
    {VISIT, IN(OFFERED), ACTION_ACCEPT, ORDER_ACCEPTED, 0},
    {VISIT, IN(OFFERED), ACTION_DECLINE, ORDER_DECLINED, NEED_REASON},
    {VISIT, IN(ACCEPTED), ACTION_ARRIVE, ORDER_ARRIVED, 0},
    {VISIT, UNDER_WAY, ACTION_RETURN, ORDER_RETURNED, NEED_REASON},
    {VISIT, UNDER_WAY, ACTION_COMMENT, ORDER_NONE, 0},
    {HANDLING, IN(ARRIVED), ACTION_DONE, ORDER_DONE, 0},
    {OF(HANDLE), IN(ARRIVED), ACTION_REQUEST_HELP, ORDER_NONE, NEED_REASON},
    {HANDLING, IN(ARRIVED), ACTION_MAKE_SAFE, ORDER_NONE, 0},
    {OF(CHECK_RESULT), UNDER_WAY, ACTION_CHECK_PASS, ORDER_DONE, 0},
    {OF(CHECK_RESULT), UNDER_WAY, ACTION_CHECK_FAIL, ORDER_DONE, NEED_REASON},
    {OF(VERIFY_REPORT), IN(ARRIVED), ACTION_VERIFY_YES, ORDER_DONE, 0},
    {OF(VERIFY_REPORT), IN(ARRIVED), ACTION_VERIFY_NO, ORDER_DONE, NEED_REASON},
    /* to a post: a refusal needs the clause that allows it */
    {OF(INFORM), IN(OFFERED), ACTION_ACCEPT, ORDER_ACCEPTED, 0},
    {OF(INFORM), IN(OFFERED) | IN(ACCEPTED), ACTION_DONE, ORDER_DONE, NEED_TEXT},
    {OF(INFORM), IN(OFFERED) | IN(ACCEPTED), ACTION_DECLINE, ORDER_DECLINED,
     NEED_REASON | NEED_TEXT},
    {OF(INFORM), IN(OFFERED) | IN(ACCEPTED), ACTION_COMMENT, ORDER_NONE, 0},
    {OF(ADJUDICATE), IN(OFFERED), ACTION_RULE, ORDER_DONE, NEED_REASON | NEED_SUBJECT},
    {OF(ADJUDICATE), IN(OFFERED), ACTION_COMMENT, ORDER_NONE, 0},
};

/* Actions of the rows above that need a reason: asked of every act, so not looked for in the tables (tests/unit/core/test_life.c
 * holds both equal). */
#define ACT(action) (UINT64_C(1) << ACTION_##action)
#define WITH_REASON                                                                                \
    (ACT(VERIFY_NO) | ACT(CHECK_FAIL) | ACT(VOID) | ACT(FORCE_CLOSE) | ACT(REOPEN) |               \
     ACT(REASSIGN) | ACT(SEND_TO_DESK) | ACT(RETURN) | ACT(HAND_OVER) | ACT(POSITION) |            \
     ACT(RULE) | ACT(EXTEND) | ACT(EXTEND_NO) | ACT(SUSPEND) | ACT(CONTROL) | ACT(SUPERVISE) |     \
     ACT(APPEAL) | ACT(APPEAL_NO) | ACT(MERGE_INTO) | ACT(REPLACE) | ACT(SPLIT) |                  \
     ACT(UNLINK_CHILD) | ACT(REVEAL) | ACT(ERASE) | ACT(DECLINE) | ACT(REQUEST_HELP))

bool life_needs_reason(enum action action)
{
    return action < ACTION_OUTSIDE_LIMIT && (WITH_REASON >> action & 1) != 0;
}

uint64_t life_act_reasons(enum action action)
{
#define REASON_BIT(reason) (UINT64_C(1) << REASON_##reason)
#define ROW_OF_ACT(name, reasons) {ACTION_##name, reasons},
    static const struct {
        enum action action;
        uint64_t reasons;
    } ROWS[] = {ACT_REASON_LIST(ROW_OF_ACT, REASON_BIT)};
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (ROWS[i].action == action) {
            return ROWS[i].reasons;
        }
    }
    return 0;
}

const struct life_case_rule *life_case_rules(uint32_t *out_count)
{
    *out_count = COUNT_OF(case_rules);
    return case_rules;
}

const struct life_order_rule *life_order_rules(uint32_t *out_count)
{
    *out_count = COUNT_OF(order_rules);
    return order_rules;
}

const struct life_case_rule *life_find_case_rule(enum case_state state, enum action action)
{
    must(state < CASE_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(case_rules); i++) {
        if (case_rules[i].action == action && (case_rules[i].states & (1u << state)) != 0) {
            return &case_rules[i];
        }
    }
    return NULL;
}

const struct life_order_rule *life_find_order_rule(enum order_kind kind, enum order_state state,
                                                   enum action action)
{
    must(kind < KIND_LIMIT && state < ORDER_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(order_rules); i++) {
        if (order_rules[i].action == action && (order_rules[i].kinds & (1u << kind)) != 0 &&
            (order_rules[i].states & (1u << state)) != 0) {
            return &order_rules[i];
        }
    }
    return NULL;
}

uint64_t life_case_actions(enum case_state state)
{
    uint64_t actions = 0;
    must(state < CASE_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(case_rules); i++) {
        if ((case_rules[i].states & (1u << state)) != 0) {
            actions |= action_bit((enum action)case_rules[i].action);
        }
    }
    return actions;
}

uint64_t life_order_actions(enum order_kind kind, enum order_state state)
{
    uint64_t actions = 0;
    must(kind < KIND_LIMIT && state < ORDER_STATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(order_rules); i++) {
        if ((order_rules[i].kinds & (1u << kind)) != 0 &&
            (order_rules[i].states & (1u << state)) != 0) {
            actions |= action_bit((enum action)order_rules[i].action);
        }
    }
    return actions;
}
