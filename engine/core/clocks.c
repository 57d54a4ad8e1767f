/* clocks.c: see clocks.h. */
#include "engine/core/clocks.h"

#include "engine/core/calendar.h"
#include "engine/core/cases.h"
#include "engine/core/confirm.h"
#include "engine/core/flow.h"
#include "engine/core/match.h"
#include "engine/core/offices.h"
#include "engine/core/pause.h"
#include "engine/core/plans.h"
#include "engine/core/safety.h"
#include "engine/core/watch.h"

static uint32_t calendar_of(const struct core *core, uint32_t department)
{
    return department == NONE32 ? NONE32 : state_city(core)->departments[department].calendar;
}

int64_t clocks_plain_ms(struct clock_limit limit)
{
    if (limit.unit == UNIT_WORK_DAY_END || limit.unit == UNIT_NATURAL_DAY) {
        return limit.value > INT64_MAX / DAY_MS ? INT64_MAX : limit.value * DAY_MS;
    }
    return limit.value;
}

struct clock_limit clocks_arrive_limit(const struct core *core, const struct case_row *row,
                                       const struct order_row *order)
{
    const struct policy_rule *rule = state_rule(core, row);
    const struct policy_confirm *confirm = rule == NULL ? NULL : confirm_of(core, row->rule);
    if (order->kind == KIND_VERIFY_REPORT && confirm != NULL) {
        return confirm->arrive;
    }
    return flow_is_service(order) || rule == NULL ? (struct clock_limit){0, 0, 0}
                                                  : rule->sla.arrive;
}

/* What the rule says, else the class, else a week: an accepted case always has a handle clock. */
static struct clock_limit handle_limit_of(const struct core *core, const struct case_row *row)
{
    const struct policy_rule *rule = state_rule(core, row);
    if (rule != NULL && rule->sla.handle.value > 0) {
        return rule->sla.handle;
    }
    if (row->class_row != NONE32 && state_city(core)->classes[row->class_row].handle.value > 0) {
        return state_city(core)->classes[row->class_row].handle;
    }
    return (struct clock_limit){HANDLE_FALLBACK_MS, UNIT_CONTINUOUS, 0};
}

int64_t clocks_handle_deadline(const struct core *core, const struct case_row *row)
{
    if ((row->flags & CASE_HANDLE_RUNS) == 0) {
        return NEVER_MS;
    }
    return calendar_deadline(state_city(core), calendar_of(core, row->department),
                             row->handle_limit, row->handle_used_ms, row->handle_from_ms);
}

/* Eight hours to a day of work, as in the catalogue's `wd`. */
#define WORK_DAY_MS (8 * HOUR_MS)

uint32_t clocks_used_permille(const struct core *core, const struct case_row *row)
{
    const struct clock_limit limit = row->handle_limit;
    int64_t used = row->handle_used_ms;
    if (limit.value <= 0) {
        return 0;
    }
    if ((row->flags & CASE_HANDLE_RUNS) != 0) {
        used = add_clamped(used, calendar_used(state_city(core), calendar_of(core, row->department),
                                               limit, row->handle_from_ms, core->now_ms));
    }
    int64_t whole = limit.value;
    if (limit.unit == UNIT_WORK_DAY_END) {
        whole = limit.value * WORK_DAY_MS;
    } else if (limit.unit == UNIT_NATURAL_DAY) {
        whole = limit.value * DAY_MS;
    }
    return (uint32_t)min_i64(mul_div(used, 1000, whole), UINT16_MAX);
}

static void pause_handle(struct core *core, struct case_row *row)
{
    if ((row->flags & CASE_HANDLE_RUNS) == 0) {
        return;
    }
    row->handle_used_ms = add_clamped(
        row->handle_used_ms, calendar_used(state_city(core), calendar_of(core, row->department),
                                           row->handle_limit, row->handle_from_ms, core->now_ms));
    row->flags &= ~(uint32_t)CASE_HANDLE_RUNS;
}

int64_t clocks_set_ms(const struct core *core, const struct case_row *row, int64_t deadline_ms)
{
    if (row->clock == CLOCK_HANDLE && (row->flags & CASE_HANDLE_RUNS) != 0) {
        return row->handle_from_ms;
    }
    if (row->clock == CLOCK_NONE || deadline_ms == NEVER_MS) {
        return 0;
    }
    const int64_t set_ms = add_clamped(deadline_ms, -row->clock_limit_ms);
    return max_i64(row->opened_at_ms, min_i64(set_ms, core->now_ms));
}

/* A deadline that lies past its calendar's end still needs an alarm: the plain length then. */
static void arm_clock(struct core *core, uint32_t slot, enum case_clock clock, int64_t due_ms,
                      int64_t limit_ms)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->clock = (uint8_t)clock;
    row->clock_limit_ms = limit_ms;
    row->flags &= ~(uint32_t)CASE_IS_MISSED;
    if (due_ms == NEVER_MS) {
        due_ms = add_clamped(core->now_ms, max_i64(limit_ms, REMIND_MIN_MS));
    }
    timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK), due_ms);
}

void clocks_bind(struct core *core, uint32_t slot, enum case_clock clock)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const struct policy_info *info = state_policy(core)->info;
    const struct policy_rule *rule = state_rule(core, row);
    struct clock_limit limit = {0, UNIT_CONTINUOUS, 0};
    must(clock != CLOCK_HANDLE);
    pause_handle(core, row);
    if (clock == CLOCK_DISPATCH) {
        limit = rule != NULL && rule->sla.dispatch.value > 0 ? rule->sla.dispatch : info->dispatch;
    } else if (clock == CLOCK_CONFIRM) {
        limit.value = confirm_of(core, row->rule)->within_ms;
    } else if (clock == CLOCK_CHECK || clock == CLOCK_VERIFY) {
        limit = info->check;
    } else if (clock == CLOCK_CLEARED) {
        limit.value = rule != NULL ? rule->close.within_ms : 0;
    } else if (row->class_row != NONE32) {
        limit.value = (int64_t)state_city(core)->classes[row->class_row].reopen_ms;
    }
    const int64_t due =
        limit.value <= 0 ? core->now_ms
                         : calendar_deadline(state_city(core), calendar_of(core, row->department),
                                             limit, 0, core->now_ms);
    arm_clock(core, slot, clock, due, clocks_plain_ms(limit));
}

void clocks_bind_until(struct core *core, uint32_t slot, enum case_clock clock, int64_t until_ms)
{
    must(clock == CLOCK_SUSPENDED || clock == CLOCK_CONTROL);
    pause_handle(core, cases_at(&core->cases, slot));
    arm_clock(core, slot, clock, until_ms, sub_clamped(until_ms, core->now_ms));
}

void clocks_extend_handle(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    must((row->flags & CASE_HANDLE_RUNS) != 0 && (row->flags & CASE_HANDLE_MISSED) == 0);
    row->handle_limit.value = add_clamped(row->handle_limit.value, row->handle_base);
    arm_clock(core, slot, CLOCK_HANDLE, clocks_handle_deadline(core, row),
              clocks_plain_ms(row->handle_limit));
}

void clocks_bind_handle(struct core *core, uint32_t slot, uint32_t department)
{
    struct case_row *row = cases_at(&core->cases, slot);
    pause_handle(core, row);
    if (row->handle_limit.value == 0 || row->department != department) {
        row->handle_limit = handle_limit_of(core, row);
        row->handle_base = row->handle_limit.value;
        row->handle_used_ms = 0;
        row->department = department;
        row->flags &= ~(uint32_t)CASE_HANDLE_MISSED; /* the clock of another department */
    }
    row->assigned_at_ms = row->assigned_at_ms == 0 ? core->now_ms : row->assigned_at_ms;
    row->handle_from_ms = core->now_ms;
    row->flags |= CASE_HANDLE_RUNS;
    const int64_t limit_ms = clocks_plain_ms(row->handle_limit);
    if ((row->flags & CASE_HANDLE_MISSED) != 0) { /* said once; only reminders from here on */
        arm_clock(core, slot, CLOCK_HANDLE, NEVER_MS, limit_ms);
        row->flags |= CASE_IS_MISSED;
    } else {
        arm_clock(core, slot, CLOCK_HANDLE, clocks_handle_deadline(core, row), limit_ms);
    }
}

void clocks_reset_handle(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    row->flags &= ~(uint32_t)(CASE_HANDLE_RUNS | CASE_HANDLE_MISSED | CASE_IS_MISSED |
                              CASE_IS_SAFE | CASE_SAFE_MISSED | CASE_WAS_REACHED);
    row->assigned_at_ms = 0;
    row->handle_used_ms = 0;
    row->handle_limit = (struct clock_limit){0, 0, 0};
    row->handle_base = 0;
    row->extensions = 0;
    row->extend_stage = EXTEND_NONE;
    row->steps_fired = 0;
}

void clocks_stop(struct core *core, uint32_t slot)
{
    struct case_row *row = cases_at(&core->cases, slot);
    pause_handle(core, row);
    row->clock = CLOCK_NONE;
    for (uint32_t t = 0; t < CASE_TIMER_COUNT; t++) {
        timers_cancel(&core->timers, case_timer_id(slot, (enum case_timer)t));
    }
}

/* Who stands above the present holder: the department's lead, else the command post. */
static uint32_t post_above(const struct core *core, const struct case_row *row)
{
    const struct city *city = state_city(core);
    if (row->department != NONE32 && city->departments[row->department].lead_post != NONE32) {
        return city->departments[row->department].lead_post;
    }
    return city->info->command_post;
}

/* What a post is told: of a step, of a missed clock. */
struct telling {
    uint32_t step; /* row of POLICY_STEPS, NONE32 */
    uint32_t rule; /* of lane escalate that tells, NONE32 = the case's own */
    enum code code;
};

static void tell_post(struct core *core, const struct case_row *row, uint32_t post,
                      struct telling telling)
{
    if (post == NONE32) {
        return;
    }
    const struct effect effect = {.kind = EFFECT_NOTICE,
                                  .at_ms = core->now_ms,
                                  .of.notice = {.case_no = row->no,
                                                .post = post,
                                                .step = telling.step,
                                                .rule = telling.rule,
                                                .code = (uint16_t)telling.code,
                                                .severity = row->severity}};
    state_emit(core, &effect);
}

void clocks_miss(struct core *core, uint32_t slot, int64_t due_ms)
{
    struct case_row *row = cases_at(&core->cases, slot);
    const bool is_first = (row->flags & CASE_IS_MISSED) == 0;
    const uint32_t post = post_above(core, row);
    row->flags |= CASE_IS_MISSED;
    const bool is_handle = row->clock == CLOCK_HANDLE;
    if (is_handle) {
        row->flags |= CASE_HANDLE_MISSED | CASE_EVER_MISSED;
    }
    const int64_t again = add_clamped(core->now_ms, max_i64(row->clock_limit_ms, REMIND_MIN_MS));
    timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK), again);
    if (is_first) {
        core->counts.clocks_missed++;
    }
    flow_say(core, slot,
             &(struct flow_note){.action = is_first ? ACTION_MISS : ACTION_ESCALATE,
                                 .clock = row->clock,
                                 .deadline_ms = due_ms,
                                 .post = post + 1});
    tell_post(core, row, post, (struct telling){NONE32, NONE32, CODE_EXPIRED});
    if (is_handle && is_first) {
        pause_extend_lapse(core, slot);
    } else if (is_handle) {
        watch_supervise_missed(core, slot);
    }
    if (row->state == CASE_ASSIGNED && row->holder.kind == HOLDER_POST &&
        offices_find_staffed(core, row->holder.index) != row->holder.index) {
        flow_to_desk(core, slot, row->holder.index, CODE_OFF_SHIFT,
                     (row->flags & CASE_IS_SEEKING) != 0);
    }
}

/* When the step is due under what is known now; NEVER_MS while its condition does not hold. */
static int64_t step_due_ms(const struct core *core, const struct case_row *row,
                           const struct policy_step *step)
{
    const bool is_waiting = row->state == CASE_DISPATCHING || row->state == CASE_ASSIGNED;
    switch ((enum step_when)step->when) {
    case STEP_OPENED:
        return add_clamped(row->filed_at_ms, step->after_ms);
    case STEP_SEVERITY:
        return match_condition(state_policy(core), step->program, NULL, row->severity)
                   ? add_clamped(row->filed_at_ms, step->after_ms)
                   : NEVER_MS;
    case STEP_UNACCEPTED:
        return row->state == CASE_DISPATCHING && row->first_offer_at_ms != 0
                   ? add_clamped(row->first_offer_at_ms, step->after_ms)
                   : NEVER_MS;
    case STEP_NOT_ARRIVED:
        return is_waiting && row->first_offer_at_ms != 0
                   ? add_clamped(row->first_offer_at_ms, step->after_ms)
                   : NEVER_MS;
    case STEP_NO_ARRIVAL:
    case STEP_NOT_SAFE:
        return safety_step_due_ms(row, step);
    case STEP_UNHANDLED:
        break;
    default:
        must(false);
    }
    if ((row->flags & CASE_HANDLE_RUNS) == 0) {
        return NEVER_MS;
    }
    if (step->after_permille == 0) {
        return add_clamped(row->handle_from_ms, max_i64(0, step->after_ms - row->handle_used_ms));
    }
    struct clock_limit part = row->handle_limit;
    if (part.unit == UNIT_CONTINUOUS || part.unit == UNIT_WORK_TIME) {
        part.value = mul_div(part.value, step->after_permille, 1000);
        if (row->handle_used_ms >= part.value) {
            return row->handle_from_ms;
        }
        return calendar_deadline(state_city(core), calendar_of(core, row->department), part,
                                 row->handle_used_ms, row->handle_from_ms);
    }
    const int64_t deadline = clocks_handle_deadline(core, row);
    if (deadline == NEVER_MS) {
        return NEVER_MS;
    }
    return add_clamped(row->handle_from_ms,
                       mul_div(deadline - row->handle_from_ms, step->after_permille, 1000));
}

/* Nothing escalates while a case is suspended, or over. */
static bool ladder_runs(const struct case_row *row)
{
    return !case_state_is_terminal((enum case_state)row->state) && row->state != CASE_SUSPENDED;
}

void clocks_arm_step(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    int64_t due = NEVER_MS;
    if (rule != NULL && row->filed_at_ms != 0 && ladder_runs(row)) {
        due = safety_due_ms(core, row);
        for (uint32_t i = 0; i < rule->steps.count; i++) {
            if ((row->steps_fired & (1u << i)) == 0) {
                due = min_i64(
                    due, step_due_ms(core, row, &state_policy(core)->steps[rule->steps.first + i]));
            }
        }
    }
    timers_arm(&core->timers, case_timer_id(slot, CASE_TIMER_STEP), due);
}

static void fire_step(struct core *core, uint32_t slot, uint32_t step_row, uint32_t by_rule)
{
    const struct telling telling = {step_row, by_rule, CODE_NOTHING};
    const struct policy *policy = state_policy(core);
    const struct policy_step *step = &policy->steps[step_row];
    struct case_row *row = cases_at(&core->cases, slot);
    const uint32_t first = step->posts.count > 0 ? policy->rows[step->posts.first] : NONE32;
    core->counts.escalations++;
    if (step->severity != 0 && step->severity < row->severity) {
        row->severity = (uint8_t)step->severity;
    }
    flow_say(core, slot, &(struct flow_note){.action = ACTION_ESCALATE, .post = first + 1});
    for (uint32_t i = 0; i < step->posts.count; i++) {
        tell_post(core, row, policy->rows[step->posts.first + i], telling);
    }
    if (step->plan != NONE32) {
        plans_escalated(core, slot, step->plan);
    }
    if ((step->flags & STEP_REASSIGN) != 0) {
        flow_take_back(core, slot);
    }
}

void clocks_fire_steps(struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const struct policy_rule *rule = state_rule(core, row);
    const uint32_t count = rule == NULL ? 0 : rule->steps.count;
    if (ladder_runs(row) && safety_due_ms(core, row) <= core->now_ms) {
        safety_miss(core, slot, post_above(core, row));
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t step_row = rule->steps.first + i;
        if (!ladder_runs(row) || (row->steps_fired & (1u << i)) != 0 ||
            step_due_ms(core, row, &state_policy(core)->steps[step_row]) > core->now_ms) {
            continue;
        }
        cases_at(&core->cases, slot)->steps_fired |= 1u << i;
        fire_step(core, slot, step_row, NONE32);
    }
    clocks_arm_step(core, slot);
}

bool clocks_ladder_runs(const struct core *core, uint32_t slot)
{
    return ladder_runs(cases_peek(&core->cases, slot));
}

bool clocks_step_holds(const struct core *core, uint32_t slot, uint32_t step_row)
{
    const struct policy *policy = state_policy(core);
    const struct policy_step *step = &policy->steps[step_row];
    return step->when != STEP_SEVERITY ||
           match_condition(policy, step->program, NULL, cases_peek(&core->cases, slot)->severity);
}

void clocks_do_step(struct core *core, uint32_t slot, uint32_t step_row, uint32_t rule)
{
    fire_step(core, slot, step_row, rule);
    clocks_arm_step(core, slot);
}
