/* plan_acts.c: what people do to plans: confirm, start, stand down, acknowledge, answer a checklist.
 *
 * A plan is named by the case it was activated for, a task by its number from PLAN_ORDER_FIRST on, a line of a checklist by
 * the digest of its id in `subject`. A refusal changes nothing. */
#include "engine/core/acts.h"
#include "engine/core/cases.h"
#include "engine/core/expr.h"
#include "engine/core/opening.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/workers.h"

struct plan_act {
    struct core *core;
    uint32_t worker;
    const struct act_body *body;
    const char *text; /* of the act, text_size bytes */
    struct effect_result *result;
};

bool plans_takes_act(const struct act_body *body)
{
    return body->order >= PLAN_ORDER_FIRST ||
           (body->action >= ACTION_PLAN_CONFIRM && body->action <= ACTION_PLAN_START);
}

static bool has_right(const struct plan_act *act, uint32_t rights)
{
    const struct city_person *person = worker_person(act->core, act->worker);
    return person != NULL && (person->rights & rights) != 0;
}

static bool is_of_post(const struct plan_act *act, uint32_t post)
{
    return post != NONE32 && act_is_of_post(act->core, act->worker, post);
}

static enum code acknowledge(const struct plan_act *act)
{
    struct core *core = act->core;
    const uint32_t slot = duties_find(core, act->body->order);
    if (slot == NONE32) {
        const uint64_t number = act->body->order - PLAN_ORDER_FIRST;
        return number <= core->plans.last_number ? CODE_GONE : CODE_UNKNOWN_ORDER;
    }
    const struct duty_row *duty = &core->plans.duties[slot];
    act->result->case_no = core->plans.rows[duty->plan].no;
    if (duty->worker != act->worker && !is_of_post(act, duty->post) &&
        !has_right(act, RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER)) {
        return CODE_NOT_YOURS;
    }
    const bool is_ack = act->body->action == ACTION_ACCEPT || act->body->action == ACTION_PLAN_ACK;
    if (!is_ack || duty->state != DUTY_OPEN) {
        act->result->possible =
            duty->state == DUTY_OPEN ? action_bit(ACTION_ACCEPT) | action_bit(ACTION_PLAN_ACK) : 0;
        act->result->state = duty->state == DUTY_DONE        ? ORDER_DONE
                             : duty->state == DUTY_CANCELLED ? ORDER_RECALLED
                                                             : ORDER_OFFERED;
        return duty->state == DUTY_CANCELLED ? CODE_RECALLED : CODE_WRONG_STATE;
    }
    duties_acknowledge(core, slot, act->worker, ACTION_PLAN_ACK);
    act->result->state = ORDER_DONE;
    return CODE_DONE;
}

/* Who said it, and why. */
static struct flow_note note_of(const struct plan_act *act, enum action action)
{
    return (struct flow_note){.action = action,
                              .reason = (enum reason)act->body->reason,
                              .actor = act->worker + 1,
                              .text = act->text,
                              .text_size = act->body->text_size};
}

/* ---- checklists ---- */

static bool passes(uint32_t op, int64_t value, int64_t threshold)
{
    switch (op) {
    case EXPR_EQ:
        return value == threshold;
    case EXPR_NE:
        return value != threshold;
    case EXPR_LT:
        return value < threshold;
    case EXPR_LE:
        return value <= threshold;
    case EXPR_GT:
        return value > threshold;
    default:
        must(op == EXPR_GE);
        return value >= threshold;
    }
}

/* The line's own threshold, or the cell of the target's register. */
static int64_t threshold_of(const struct core *core, const struct policy_check *check,
                            uint32_t asset)
{
    const struct city *city = state_city(core);
    const struct city_registry *registry =
        asset == NONE32 ? NULL : city_registry_of(city, city->assets[asset].kind);
    if (check->column == NONE32 || registry == NULL || check->column >= registry->columns.count) {
        return check->threshold;
    }
    return city_value_at(city, registry, asset, check->column)->number;
}

static enum code answer_line(const struct plan_act *act, struct duty_row *duty,
                             const struct policy_plan_task *def)
{
    const struct core *core = act->core;
    for (uint32_t i = 0; def != NULL && i < def->checks.count; i++) {
        const struct policy_check *check = &state_policy(core)->checks[def->checks.first + i];
        if (!hash128_is_equal(check->id_hash, act->body->subject)) {
            continue;
        }
        if ((check->flags & CHECK_LINE_EVIDENCE) != 0 && act->body->evidence_count == 0) {
            return CODE_CHECKLIST_OPEN;
        }
        const bool has_passed = passes(check->op, (int64_t)act->body->amount * MICRO,
                                       threshold_of(core, check, duty->asset));
        duty->answered |= UINT32_C(1) << i;
        duty->failed &= ~(UINT32_C(1) << i);
        duty->failed |= has_passed ? 0 : UINT32_C(1) << i;
        return CODE_DONE;
    }
    return CODE_UNKNOWN_PLAN;
}

/* An inspection that a desk holds itself: whoever may say there that it is done fills in its lines. */
static enum code answer_at_desk(const struct plan_act *act)
{
    struct core *core = act->core;
    const uint32_t case_slot = cases_find(&core->cases, act->body->case_no);
    const uint32_t slot = plans_duty_of_case(core, act->body->case_no);
    if (case_slot == NONE32 || slot == NONE32) {
        return CODE_UNKNOWN_PLAN;
    }
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    act->result->case_no = row->no;
    act->result->state = row->state;
    if (!act_is_of_side(core, act->worker, row)) {
        return CODE_NOT_YOURS;
    }
    if (row->state != CASE_ASSIGNED || row->holder.kind != HOLDER_POST) {
        return CODE_WRONG_STATE;
    }
    struct duty_row *duty = &core->plans.duties[slot];
    const enum code code = answer_line(act, duty, plans_def(core, duty));
    if (code == CODE_DONE) {
        const struct flow_note note = note_of(act, ACTION_PLAN_ANSWER);
        flow_say(core, case_slot, &note);
    }
    return code;
}

static enum code answer(const struct plan_act *act, const struct command *command)
{
    struct core *core = act->core;
    if (act->body->order == 0) {
        return answer_at_desk(act);
    }
    const uint32_t order_slot = orders_find(&core->orders, act->body->order);
    if (order_slot == NONE32) {
        return act->body->order != 0 && act->body->order <= core->orders.last_number
                   ? CODE_GONE
                   : CODE_UNKNOWN_ORDER;
    }
    const struct order_row *order = orders_peek(&core->orders, order_slot);
    const struct case_row *row = cases_peek(&core->cases, order->case_slot);
    act->result->case_no = row->no;
    act->result->state = order->state;
    if (order->worker != act->worker) {
        return CODE_NOT_YOURS;
    }
    const uint32_t slot = plans_duty_of_case(core, row->no);
    if (slot == NONE32) {
        return CODE_UNKNOWN_PLAN;
    }
    if (order->state != ORDER_ARRIVED) {
        act->result->possible =
            life_order_actions((enum order_kind)order->kind, (enum order_state)order->state);
        return CODE_WRONG_STATE;
    }
    struct duty_row *duty = &core->plans.duties[slot];
    const enum code code = answer_line(act, duty, plans_def(core, duty));
    if (code == CODE_DONE) {
        flow_say(core, order->case_slot,
                 &(struct flow_note){.action = ACTION_PLAN_ANSWER,
                                     .order = order_slot + 1,
                                     .actor = act->worker + 1,
                                     .text = command->body.act.text,
                                     .text_size = act->body->text_size});
    }
    return code;
}

/* ---- plans ---- */

static uint32_t find_plan(const struct core *core, struct case_no no)
{
    for (uint32_t i = 0; i < core->plans.high; i++) {
        if (core->plans.rows[i].is_used != 0 && case_no_is_equal(core->plans.rows[i].no, no)) {
            return i;
        }
    }
    return NONE32;
}

/* Of a plan in that state, by whoever has the right. */
static uint64_t possible_now(const struct core *core, const struct plan_row *row)
{
    const bool is_known = plans_policy(core, row) != NULL;
    return (row->state == PLAN_PENDING && is_known ? action_bit(ACTION_PLAN_CONFIRM) : 0) |
           (row->state == PLAN_PENDING || row->state == PLAN_ACTIVE
                ? action_bit(ACTION_PLAN_STAND_DOWN)
                : 0);
}

/* Confirming and standing down: the post that was asked, the owner's lead, or the shift chief. */
static enum code steer(const struct plan_act *act)
{
    struct core *core = act->core;
    const uint32_t slot = find_plan(core, act->body->case_no);
    if (slot == NONE32) {
        return CODE_UNKNOWN_PLAN;
    }
    struct plan_row *row = &core->plans.rows[slot];
    const struct policy_plan *plan = plans_policy(core, row);
    const uint32_t lead =
        plan == NULL ? NONE32 : state_city(core)->departments[plan->department].lead_post;
    act->result->case_no = row->no;
    act->result->possible = possible_now(core, row);
    if (!is_of_post(act, row->confirm_post) && !is_of_post(act, lead) &&
        !has_right(act, RIGHT_SHIFT_CHIEF)) {
        return CODE_NO_RIGHT;
    }
    if ((act->result->possible & action_bit((enum action)act->body->action)) == 0) {
        return CODE_WRONG_STATE;
    }
    act->result->possible = 0;
    const struct flow_note note = note_of(act, (enum action)act->body->action);
    if (act->body->action == ACTION_PLAN_STAND_DOWN) {
        plans_stand_down(core, slot, &note, true);
        return CODE_DONE;
    }
    plans_say(core, slot, &note, NONE32);
    plans_begin(core, slot, act->worker);
    return CODE_DONE;
}

static enum code begin_case(const struct plan_act *act, uint32_t rule, bool is_drill)
{
    struct case_no *no = &act->result->case_no;
    const enum code code = opening_alone(act->core, rule, NONE32, act->worker, is_drill, no);
    if (code != CODE_OPENED) {
        return code;
    }
    const uint32_t slot = cases_find(&act->core->cases, *no);
    if (slot != NONE32) {
        const struct flow_note note = note_of(act, ACTION_PLAN_START);
        flow_say(act->core, slot, &note);
    }
    return CODE_DONE;
}

/* By hand: the shift chief, or the people of the owner's lead post. With reason DRILL it is one. */
static enum code start(const struct plan_act *act)
{
    struct core *core = act->core;
    const struct policy *policy = state_policy(core);
    const bool is_drill = act->body->reason == REASON_DRILL;
    for (uint32_t i = 0; i < policy->activate_count; i++) {
        const struct policy_activate *activate = &policy->activates[i];
        const struct policy_plan *plan = &policy->plans[activate->plan];
        if (!hash128_is_equal(plan->id_hash, act->body->subject)) {
            continue;
        }
        const uint32_t lead = state_city(core)->departments[plan->department].lead_post;
        if (!has_right(act, RIGHT_SHIFT_CHIEF) && !is_of_post(act, lead)) {
            return CODE_NO_RIGHT;
        }
        const uint32_t running = plans_find_running(core, plan->id_hash, is_drill);
        if (running != NONE32) {
            act->result->case_no = core->plans.rows[running].no;
            act->result->possible = possible_now(core, &core->plans.rows[running]);
            return CODE_PLAN_RUNNING;
        }
        return begin_case(act, activate->rule, is_drill);
    }
    return CODE_UNKNOWN_PLAN;
}

enum code plans_act(struct core *core, uint32_t worker, const struct command *command,
                    struct effect_result *result)
{
    const struct plan_act act = {.core = core,
                                 .worker = worker,
                                 .body = command->body.act.head,
                                 .text = command->body.act.text,
                                 .result = result};
    if (act.body->order >= PLAN_ORDER_FIRST) {
        return acknowledge(&act);
    }
    switch (act.body->action) {
    case ACTION_PLAN_CONFIRM:
    case ACTION_PLAN_STAND_DOWN:
        return steer(&act);
    case ACTION_PLAN_ANSWER:
        return answer(&act, command);
    case ACTION_PLAN_START:
        return start(&act);
    default:
        must(act.body->action == ACTION_PLAN_ACK);
        return CODE_UNKNOWN_ORDER;
    }
}
