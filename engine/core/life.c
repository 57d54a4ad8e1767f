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
 * What people may do is these tables: code, documentation and oracle alike. Everything outside them is refused with
 * a code and the list of what is possible now. What the engine does by itself (offers, expiry, escalation,
 * clearing) is in dispatch.c, clocks.c and intake.c. */
#include "engine/core/life.h"

#include "engine/core/city.h"

#define BIT(action) (UINT64_C(1) << ACTION_##action)

/* Open to everyone who may see the case, in every state. */
#define ALWAYS BIT(COMMENT)
/* What the command centre may do to a case that is not done yet. */
#define COMMAND (BIT(REASSIGN) | BIT(DISPATCH) | BIT(SEND_TO_DESK))
/* What the shift chief may do to any open case. */
#define CHIEF (BIT(VOID) | BIT(FORCE_CLOSE))

static const uint64_t case_actions[CASE_STATE_COUNT] = {
    [CASE_REPORTED] = ALWAYS | CHIEF | BIT(FILE),
    [CASE_VERIFYING] = ALWAYS | CHIEF | BIT(FILE) | BIT(VERIFY_YES) | BIT(VERIFY_NO),
    [CASE_FILED] = ALWAYS | CHIEF | COMMAND,
    [CASE_DISPATCHING] = ALWAYS | CHIEF | COMMAND,
    [CASE_ASSIGNED] = ALWAYS | CHIEF | COMMAND | BIT(DONE) | BIT(RETURN),
    [CASE_ON_SITE] = ALWAYS | CHIEF | COMMAND,
    [CASE_HANDLED] = ALWAYS | CHIEF | BIT(CHECK_PASS) | BIT(CHECK_FAIL) | BIT(CLOSE),
    [CASE_CHECKING] = ALWAYS | CHIEF | BIT(CHECK_PASS) | BIT(CHECK_FAIL) | BIT(CLOSE),
    [CASE_CLOSED] = ALWAYS | BIT(REOPEN),
    [CASE_VOID] = ALWAYS | BIT(REOPEN),
    [CASE_MERGED] = ALWAYS,
    [CASE_SUSPENDED] = ALWAYS | CHIEF,
    [CASE_FORCED_CLOSED] = ALWAYS | BIT(REOPEN),
};

static const uint64_t handle_actions[ORDER_STATE_COUNT] = {
    [ORDER_OFFERED] = BIT(ACCEPT) | BIT(DECLINE),
    [ORDER_ACCEPTED] = BIT(ARRIVE) | BIT(RETURN) | BIT(COMMENT),
    [ORDER_ARRIVED] = BIT(DONE) | BIT(RETURN) | BIT(COMMENT),
};

static const uint64_t check_actions[ORDER_STATE_COUNT] = {
    [ORDER_OFFERED] = BIT(ACCEPT) | BIT(DECLINE),
    [ORDER_ACCEPTED] = BIT(ARRIVE) | BIT(CHECK_PASS) | BIT(CHECK_FAIL) | BIT(RETURN) | BIT(COMMENT),
    [ORDER_ARRIVED] = BIT(CHECK_PASS) | BIT(CHECK_FAIL) | BIT(RETURN) | BIT(COMMENT),
};

static const uint64_t verify_actions[ORDER_STATE_COUNT] = {
    [ORDER_OFFERED] = BIT(ACCEPT) | BIT(DECLINE),
    [ORDER_ACCEPTED] = BIT(ARRIVE) | BIT(RETURN) | BIT(COMMENT),
    [ORDER_ARRIVED] = BIT(VERIFY_YES) | BIT(VERIFY_NO) | BIT(RETURN) | BIT(COMMENT),
};

static const uint32_t case_rights[ACTION_OUTSIDE_LIMIT] = {
    [ACTION_DONE] = RIGHT_DEPARTMENT_DESK,
    [ACTION_RETURN] = RIGHT_DEPARTMENT_DESK,
    [ACTION_CHECK_PASS] = RIGHT_INSPECTOR | RIGHT_SHIFT_CHIEF,
    [ACTION_CHECK_FAIL] = RIGHT_INSPECTOR | RIGHT_SHIFT_CHIEF,
    [ACTION_CLOSE] = RIGHT_SHIFT_CHIEF,
    [ACTION_VERIFY_YES] = RIGHT_INSPECTOR | RIGHT_SHIFT_CHIEF,
    [ACTION_VERIFY_NO] = RIGHT_INSPECTOR | RIGHT_SHIFT_CHIEF,
    [ACTION_FILE] = RIGHT_INTAKE | RIGHT_SHIFT_CHIEF,
    [ACTION_REASSIGN] = RIGHT_DISPATCHER,
    [ACTION_DISPATCH] = RIGHT_DISPATCHER | RIGHT_DEPARTMENT_DESK,
    [ACTION_SEND_TO_DESK] = RIGHT_DISPATCHER,
    [ACTION_VOID] = RIGHT_SHIFT_CHIEF,
    [ACTION_FORCE_CLOSE] = RIGHT_SHIFT_CHIEF,
    [ACTION_REOPEN] = RIGHT_SHIFT_CHIEF | RIGHT_INTAKE | RIGHT_OVERSEER,
    [ACTION_COMMENT] = 0,
};

uint64_t life_case_actions(enum case_state state)
{
    must(state < CASE_STATE_COUNT);
    return case_actions[state];
}

uint64_t life_order_actions(enum order_kind kind, enum order_state state)
{
    must(state < ORDER_STATE_COUNT);
    if (kind == KIND_CHECK_RESULT) {
        return check_actions[state];
    }
    return kind == KIND_VERIFY_REPORT ? verify_actions[state] : handle_actions[state];
}

uint32_t life_case_rights(enum action action)
{
    must(action < ACTION_OUTSIDE_LIMIT);
    return case_rights[action];
}

bool life_needs_reason(enum action action)
{
    const uint64_t reasoned = BIT(DECLINE) | BIT(RETURN) | BIT(CHECK_FAIL) | BIT(VERIFY_NO) |
                              BIT(REASSIGN) | BIT(SEND_TO_DESK) | BIT(VOID) | BIT(FORCE_CLOSE) |
                              BIT(REOPEN);
    return action < ACTION_OUTSIDE_LIMIT && (reasoned & action_bit(action)) != 0;
}
