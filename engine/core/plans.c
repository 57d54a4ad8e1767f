/* plans.c: the life of an activated plan.
 *
 *   (case opened by a rule with `activate`)
 *        |                       confirmed, or nobody needs to
 *        v                       |
 *     PENDING -------------------+--> ACTIVE --case cleared or closed, by hand--> STANDING_DOWN --grace--> ENDED
 *        |  not confirmed in time: told above, again and again       nobody new is sent; then what was not
 *        +--case over--> ENDED                                        begun is cancelled, task by task
 *
 *   While ACTIVE the plan's timer begins one task a turn (cursor), then tells progress and which districts are silent.
 *
 * Truths checked by plans_check():
 *   (1) A plan that has not ended has its timer armed and, PENDING, a post that must answer or nothing to wait for.
 *   (2) Its tasks are in its chain, task_count of them; an ended or pending plan's timer begins nothing.
 *   (3) An open ACK task has its clock armed; an INSPECT task beyond WAITING names a case. */
#include "engine/core/plans.h"

#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/orders.h"
#include "engine/core/workers.h"

#define PLAN_LOOK_MS (10 * MINUTE_MS) /* standing down: look again whether the last task is done */

void plans_init(struct plans *plans, struct arena *arena, const struct limits *limits)
{
    plans->rows = arena_take(arena, sizeof(struct plan_row), limits->plans);
    plans->duties = arena_take(arena, sizeof(struct duty_row), limits->plan_tasks);
    plans->lates = arena_take(arena, sizeof(struct late_row), limits->late_reports);
    plans->limit = limits->plans;
    plans->duty_limit = limits->plan_tasks;
    plans->late_limit = limits->late_reports;
    plans->duty_free = NONE32;
    plans->field_alert = plans->field_refers = NONE32;
    table_init(&plans->by_number, arena, limits->plan_tasks);
    table_init(&plans->by_case, arena, limits->plan_tasks);
}

static uint32_t find_field(const struct policy *policy, const char *name, uint32_t size)
{
    for (uint32_t i = 0; i < policy->field_count; i++) {
        const struct policy_field *field = &policy->fields[i];
        if (field->kind == FIELD_STRING && field->name.size == size &&
            memcmp(policy_text(policy, field->name), name, size) == 0) {
            return i;
        }
    }
    return NONE32;
}

void plans_adopt(struct core *core)
{
    core->plans.field_alert = find_field(state_policy(core), "alert", 5);
    core->plans.field_refers = find_field(state_policy(core), "refers", 6);
}

bool plans_fit(const struct core *core, const struct policy *policy)
{
    for (uint32_t i = 0; i < policy->plan_count; i++) {
        if (policy->plans[i].task_rows > core->limits.plan_tasks) {
            return false;
        }
    }
    return true;
}

const struct policy_plan *plans_policy(const struct core *core, const struct plan_row *row)
{
    return row->plan == NONE32 ? NULL : &state_policy(core)->plans[row->plan];
}

uint32_t plans_post_above(const struct core *core, uint32_t department, uint32_t post)
{
    const struct city *city = state_city(core);
    if (department != NONE32 && city->departments[department].lead_post != NONE32 &&
        city->departments[department].lead_post != post) {
        return city->departments[department].lead_post;
    }
    return city->info->command_post;
}

/* ---- what is said ---- */

uint32_t plans_unit_of(const struct core *core, const struct duty_row *duty)
{
    const struct city *city = state_city(core);
    if (duty->asset == NONE32 || city->assets[duty->asset].cell == NONE32) {
        return NONE32;
    }
    return city_unit_of_cell(city, city->assets[duty->asset].cell, city->info->district_level);
}

/* False where the district has no task of the plan. */
bool plans_count(const struct core *core, uint32_t slot, uint32_t unit, struct plan_counts *out)
{
    struct plan_counts counts = {0};
    const struct plans *plans = &core->plans;
    for (uint32_t d = plans->rows[slot].task_first; d != NONE32; d = plans->duties[d].next) {
        const struct duty_row *duty = &plans->duties[d];
        if (unit != NONE32 && plans_unit_of(core, duty) != unit) {
            continue;
        }
        counts.total++;
        counts.waiting += duty->state == DUTY_WAITING;
        counts.open += duty->state == DUTY_OPEN;
        counts.started += duty->state == DUTY_STARTED;
        counts.done += duty->state == DUTY_DONE;
        counts.cancelled += duty->state == DUTY_CANCELLED;
        counts.overdue += (duty->flags & DUTY_IS_OVERDUE) != 0;
        counts.in_time += (duty->state == DUTY_STARTED || duty->state == DUTY_DONE) &&
                          (duty->flags & DUTY_IS_OVERDUE) == 0;
        counts.failed += (duty->flags & DUTY_HAS_FAILED) != 0;
    }
    *out = counts;
    return counts.total > 0;
}

/* Counting a large plan for each of its tasks that is late is most of the work of such a timer. */
#define DUTIES_PER_OPERATION 64u

static void emit_plan(struct core *core, uint32_t slot, enum action what, uint32_t unit,
                      uint32_t post)
{
    const struct plan_row *row = &core->plans.rows[slot];
    struct effect effect = {.kind = EFFECT_PLAN, .at_ms = core->now_ms};
    effect.of.plan = (struct effect_plan){.case_no = row->no,
                                          .id_hash = row->id_hash,
                                          .plan = row->plan,
                                          .what = (uint16_t)what,
                                          .state = (uint8_t)row->state,
                                          .is_drill = (row->flags & PLAN_IS_DRILL) != 0,
                                          .unit = unit,
                                          .post = post};
    (void)plans_count(core, slot, unit, &effect.of.plan.counts);
    core->operations += core->plans.rows[slot].task_count / DUTIES_PER_OPERATION;
    state_emit(core, &effect);
}

void plans_say(struct core *core, uint32_t slot, const struct flow_note *note, uint32_t unit)
{
    const uint32_t owner = cases_find(&core->cases, core->plans.rows[slot].no);
    emit_plan(core, slot, note->action, unit, note->post - 1);
    if (owner != NONE32) { /* a closed case may have left before its plan's last task is done */
        flow_say(core, owner, note);
    }
}

void plans_tell_post(struct core *core, uint32_t slot, uint32_t post, enum code code)
{
    const struct plan_row *row = &core->plans.rows[slot];
    const uint32_t owner = cases_find(&core->cases, row->no);
    const struct effect effect = {
        .kind = EFFECT_NOTICE,
        .at_ms = core->now_ms,
        .of.notice = {.case_no = row->no,
                      .post = post,
                      .step = NONE32,
                      .rule = NONE32,
                      .code = (uint16_t)code,
                      .severity = owner == NONE32 ? 1 : cases_peek(&core->cases, owner)->severity}};
    state_emit(core, &effect);
}

/* ---- taking and giving rows ---- */

static void give(struct core *core, uint32_t slot)
{
    duties_give(core, slot);
    memset(&core->plans.rows[slot], 0, sizeof core->plans.rows[slot]);
}

/* A free row, or the plan that ended first; NONE32 when all are running. */
static uint32_t take(struct core *core)
{
    struct plans *plans = &core->plans;
    uint32_t oldest = NONE32;
    for (uint32_t i = 0; i < plans->high; i++) {
        const struct plan_row *row = &plans->rows[i];
        if (row->is_used == 0) {
            return i;
        }
        if (row->state == PLAN_ENDED &&
            (oldest == NONE32 || row->ended_at_ms < plans->rows[oldest].ended_at_ms)) {
            oldest = i;
        }
    }
    if (plans->high < plans->limit) {
        return plans->high++;
    }
    if (oldest != NONE32) {
        give(core, oldest);
    }
    return oldest;
}

/* Ended plans give their tasks back, the first ended first, until so many are free. */
static bool make_room(struct core *core, uint32_t wanted)
{
    struct plans *plans = &core->plans;
    while (plans->duty_limit - plans->duty_used < wanted) {
        uint32_t oldest = NONE32;
        for (uint32_t i = 0; i < plans->high; i++) {
            const struct plan_row *row = &plans->rows[i];
            if (row->is_used != 0 && row->state == PLAN_ENDED && row->task_count > 0 &&
                (oldest == NONE32 || row->ended_at_ms < plans->rows[oldest].ended_at_ms)) {
                oldest = i;
            }
        }
        if (oldest == NONE32) {
            return false;
        }
        duties_give(core, oldest);
    }
    return true;
}

/* ---- activation ---- */

static const struct policy_activate *find_activate(const struct core *core, uint32_t rule)
{
    const struct policy *policy = state_policy(core);
    for (uint32_t i = 0; i < policy->activate_count && policy->activates[i].rule <= rule; i++) {
        if (policy->activates[i].rule == rule) {
            return &policy->activates[i];
        }
    }
    return NULL;
}

static void arm(struct core *core, uint32_t slot, int64_t due_ms)
{
    timers_arm(&core->timers, plan_timer_id(core, slot), due_ms);
}

void plans_add_alert(struct core *core, uint32_t slot, const struct event *event)
{
    struct plan_row *row = &core->plans.rows[slot];
    const struct event_field *field =
        core->plans.field_alert == NONE32 ? NULL : event_find_field(event, core->plans.field_alert);
    if (field == NULL) {
        return;
    }
    if (row->alert_count == PLAN_ALERTS_MAX) { /* the first stays: everything may refer to it */
        for (uint32_t i = 1; i + 1 < PLAN_ALERTS_MAX; i++) {
            row->alerts[i] = row->alerts[i + 1];
        }
        row->alert_count--;
    }
    row->alerts[row->alert_count++] = (struct hash128){field->a, field->b};
}

static void say_full(struct core *core, uint32_t case_slot)
{
    const uint32_t post = state_city(core)->info->command_post;
    flow_say(
        core, case_slot,
        &(struct flow_note){.action = ACTION_PLAN_ASK, .code = CODE_TABLE_FULL, .post = post + 1});
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const struct effect effect = {.kind = EFFECT_NOTICE,
                                  .at_ms = core->now_ms,
                                  .of.notice = {.case_no = row->no,
                                                .post = post,
                                                .step = NONE32,
                                                .rule = NONE32,
                                                .code = CODE_TABLE_FULL,
                                                .severity = row->severity}};
    state_emit(core, &effect);
}

static void ask(struct core *core, uint32_t slot)
{
    struct plan_row *row = &core->plans.rows[slot];
    arm(core, slot, row->deadline_ms);
    plans_say(core, slot,
              &(struct flow_note){.action = ACTION_PLAN_ASK,
                                  .post = row->confirm_post + 1,
                                  .clock = CLOCK_PLAN_CONFIRM,
                                  .deadline_ms = row->deadline_ms},
              NONE32);
    plans_tell_post(core, slot, row->confirm_post, CODE_PLAN_WAITS);
}

/* Asks for the confirmation, or begins. */
static void activate_plan(struct core *core, uint32_t case_slot, const struct event *event,
                          const struct policy_activate *activate)
{
    const struct case_row *owner = cases_peek(&core->cases, case_slot);
    const struct policy_plan *plan = &state_policy(core)->plans[activate->plan];
    const bool is_drill = (owner->flags & CASE_IS_DRILL) != 0;
    if (plans_find_running(core, plan->id_hash, is_drill) != NONE32) {
        flow_say(core, case_slot,
                 &(struct flow_note){.action = ACTION_PLAN_ASK, .code = CODE_PLAN_RUNNING});
        return;
    }
    const uint32_t drill = is_drill ? NONE32 : plans_find_running(core, plan->id_hash, true);
    if (drill != NONE32) {
        plans_replace(core, drill); /* the real thing ends the drill */
    }
    const uint32_t slot = take(core);
    if (slot == NONE32) {
        say_full(core, case_slot);
        return;
    }
    core->plans.rows[slot] =
        (struct plan_row){.no = owner->no,
                          .is_used = 1,
                          .plan = activate->plan,
                          .state = PLAN_PENDING,
                          .flags = is_drill ? (uint32_t)PLAN_IS_DRILL : 0,
                          .confirm_post = activate->confirm_post,
                          .task_first = NONE32,
                          .task_last = NONE32,
                          .cursor = NONE32,
                          .begins_alone = activate->begins_alone,
                          .asked_at_ms = core->now_ms,
                          .deadline_ms = add_clamped(core->now_ms, activate->confirm_ms),
                          .limit_ms = activate->confirm_ms,
                          .progress_at_ms = NEVER_MS,
                          .silent_at_ms = NEVER_MS,
                          .id_hash = plan->id_hash};
    if (event != NULL) {
        plans_add_alert(core, slot, event);
    }
    if (activate->confirm_ms > 0) {
        ask(core, slot);
    } else {
        plans_begin(core, slot, NONE32);
    }
}

void plans_case_opened(struct core *core, uint32_t case_slot, const struct event *event)
{
    const uint32_t rule = cases_peek(&core->cases, case_slot)->rule;
    const struct policy_activate *activate = rule == NONE32 ? NULL : find_activate(core, rule);
    if (activate != NULL) {
        activate_plan(core, case_slot, event, activate);
    }
}

void plans_escalated(struct core *core, uint32_t case_slot, uint32_t plan)
{
    const struct policy_activate activate = {.rule = NONE32, .plan = plan, .confirm_post = NONE32};
    activate_plan(core, case_slot, NULL, &activate);
}

static int64_t later(int64_t from_ms, int64_t every_ms)
{
    return every_ms > 0 ? add_clamped(from_ms, every_ms) : NEVER_MS;
}

/* The targets are written down now: what the registry says later does not change them. */
void plans_begin(struct core *core, uint32_t slot, uint32_t worker)
{
    struct plan_row *row = &core->plans.rows[slot];
    const struct policy_plan *plan = plans_policy(core, row);
    must(row->state == PLAN_PENDING && plan != NULL);
    if (!make_room(core, plan->task_rows)) {
        const uint32_t post = state_city(core)->info->command_post;
        row->limit_ms = max_i64(row->limit_ms, REMIND_MIN_MS);
        row->deadline_ms = add_clamped(core->now_ms, row->limit_ms);
        row->begins_alone = 1; /* it was confirmed: tried again when asked again */
        arm(core, slot, row->deadline_ms);
        plans_say(core, slot,
                  &(struct flow_note){
                      .action = ACTION_PLAN_ASK, .code = CODE_TABLE_FULL, .post = post + 1},
                  NONE32);
        plans_tell_post(core, slot, post, CODE_TABLE_FULL);
        return;
    }
    must(duties_take(core, slot));
    row->state = PLAN_ACTIVE;
    row->begun_at_ms = core->now_ms;
    row->deadline_ms = NEVER_MS;
    row->cursor = row->task_first;
    row->progress_at_ms = later(core->now_ms, plan->progress_ms);
    row->silent_at_ms = later(core->now_ms, plan->silent_ms);
    arm(core, slot, core->now_ms);
    plans_say(core, slot, &(struct flow_note){.action = ACTION_PLAN_BEGIN, .actor = worker + 1},
              NONE32);
}

/* ---- the end ---- */

static void end(struct core *core, uint32_t slot)
{
    struct plan_row *row = &core->plans.rows[slot];
    row->state = PLAN_ENDED;
    row->ended_at_ms = row->ended_at_ms == 0 ? core->now_ms : row->ended_at_ms;
    row->cursor = NONE32;
    row->deadline_ms = NEVER_MS;
    timers_cancel(&core->timers, plan_timer_id(core, slot));
    plans_say(core, slot, &(struct flow_note){.action = ACTION_PLAN_END}, NONE32);
}

void plans_stand_down(struct core *core, uint32_t slot, const struct flow_note *said,
                      bool has_grace)
{
    struct plan_row *row = &core->plans.rows[slot];
    const struct policy_plan *plan = plans_policy(core, row);
    row->flags &= ~(uint32_t)PLAN_ENDS_SOON;
    row->ended_at_ms = core->now_ms;
    if (row->state == PLAN_PENDING) { /* nothing was begun */
        end(core, slot);
        return;
    }
    must(row->state == PLAN_ACTIVE);
    row->state = PLAN_STANDING_DOWN;
    row->deadline_ms = add_clamped(core->now_ms, has_grace && plan != NULL ? plan->grace_ms : 0);
    row->cursor = plan == NULL || (plan->flags & PLAN_CANCEL_UNSTARTED) != 0 || !has_grace
                      ? row->task_first
                      : NONE32;
    arm(core, slot, row->deadline_ms);
    struct flow_note note =
        said != NULL ? *said : (struct flow_note){.action = ACTION_PLAN_STAND_DOWN};
    note.reason = (row->flags & PLAN_IS_REPLACED) != 0 ? REASON_SUPERSEDED : note.reason;
    plans_say(core, slot, &note, NONE32);
}

void plans_replace(struct core *core, uint32_t slot)
{
    struct plan_row *row = &core->plans.rows[slot];
    row->flags |= PLAN_IS_REPLACED | PLAN_ENDS_SOON;
    arm(core, slot, core->now_ms);
}

/* ---- its turn ---- */

static void confirmation_due(struct core *core, uint32_t slot)
{
    struct plan_row *row = &core->plans.rows[slot];
    const struct policy_plan *plan = plans_policy(core, row);
    const bool is_first = (row->flags & PLAN_IS_ASKED_LATE) == 0;
    const uint32_t above = plans_post_above(core, plan->department, row->confirm_post);
    const int64_t missed_at_ms = row->deadline_ms;
    row->flags |= PLAN_IS_ASKED_LATE;
    core->counts.clocks_missed += is_first;
    plans_say(core, slot,
              &(struct flow_note){.action = is_first ? ACTION_MISS : ACTION_ESCALATE,
                                  .clock = CLOCK_PLAN_CONFIRM,
                                  .deadline_ms = missed_at_ms,
                                  .post = above + 1},
              NONE32);
    plans_tell_post(core, slot, above, CODE_EXPIRED);
    if (row->begins_alone != 0) {
        plans_begin(core, slot, NONE32);
        return;
    }
    row->deadline_ms = add_clamped(core->now_ms, row->limit_ms);
    arm(core, slot, row->deadline_ms);
}

bool plans_is_silent(const struct core *core, uint32_t slot, uint32_t unit)
{
    bool has_any = false;
    for (uint32_t d = core->plans.rows[slot].task_first; d != NONE32;) {
        const struct duty_row *duty = &core->plans.duties[d];
        const struct policy_plan_task *def = plans_def(core, duty);
        d = duty->next;
        if (def == NULL || def->kind != PLAN_TASK_INSPECT || duty->state == DUTY_CANCELLED ||
            plans_unit_of(core, duty) != unit) {
            continue;
        }
        if (duty->begun_at_ms != 0) {
            return false;
        }
        has_any = true;
    }
    return has_any;
}

static void tell_silent(struct core *core, uint32_t slot, const struct policy_plan *plan)
{
    const struct city *city = state_city(core);
    const uint32_t post =
        plan->silent_post != NONE32 ? plan->silent_post : city->info->command_post;
    for (uint32_t unit = 0; unit < city->unit_count; unit++) {
        if (city->units[unit].level != city->info->district_level ||
            !plans_is_silent(core, slot, unit)) {
            continue;
        }
        const struct image_string name = city->units[unit].name;
        core->counts.escalations++;
        plans_say(core, slot,
                  &(struct flow_note){.action = ACTION_PLAN_SILENT,
                                      .post = post + 1,
                                      .text = city_text(city, name),
                                      .text_size = name.size},
                  unit);
        plans_tell_post(core, slot, post, CODE_EXPIRED);
    }
}

static void tell_progress(struct core *core, uint32_t slot, const struct policy_plan *plan)
{
    const struct city *city = state_city(core);
    struct plan_counts counts;
    emit_plan(core, slot, ACTION_PLAN_PROGRESS, NONE32, plan->progress_post);
    for (uint32_t unit = 0; unit < city->unit_count; unit++) {
        if (city->units[unit].level == city->info->district_level &&
            plans_count(core, slot, unit, &counts)) {
            emit_plan(core, slot, ACTION_PLAN_PROGRESS, unit, plan->progress_post);
        }
    }
    if (plan->progress_post != NONE32) {
        plans_tell_post(core, slot, plan->progress_post, CODE_PLAN_TOLD);
    }
}

static void active_turn(struct core *core, uint32_t slot)
{
    struct plan_row *row = &core->plans.rows[slot];
    const struct policy_plan *plan = plans_policy(core, row);
    if (row->cursor != NONE32) { /* one task a turn: whoever is due meanwhile comes first */
        const uint32_t duty = row->cursor;
        row->cursor = core->plans.duties[duty].next;
        duties_release(core, duty);
        arm(core, slot, core->now_ms);
        return;
    }
    if (core->now_ms >= row->silent_at_ms) {
        row->silent_at_ms = later(core->now_ms, plan->silent_ms);
        tell_silent(core, slot, plan);
    }
    if (core->now_ms >= row->progress_at_ms) {
        row->progress_at_ms = later(core->now_ms, plan->progress_ms);
        tell_progress(core, slot, plan);
    }
    const int64_t look_ms =
        add_clamped(core->now_ms, DAY_MS); /* an active plan is never forgotten */
    arm(core, slot, min_i64(look_ms, min_i64(row->silent_at_ms, row->progress_at_ms)));
}

static bool is_all_over(const struct core *core, const struct plan_row *row)
{
    for (uint32_t d = row->task_first; d != NONE32; d = core->plans.duties[d].next) {
        const uint32_t state = core->plans.duties[d].state;
        if (state != DUTY_DONE && state != DUTY_CANCELLED) {
            return false;
        }
    }
    return true;
}

static void standing_down_turn(struct core *core, uint32_t slot)
{
    struct plan_row *row = &core->plans.rows[slot];
    if (core->now_ms < row->deadline_ms) {
        arm(core, slot, row->deadline_ms);
        return;
    }
    if (row->cursor != NONE32) {
        const uint32_t duty = row->cursor;
        row->cursor = core->plans.duties[duty].next;
        duties_cancel(core, duty);
        arm(core, slot, core->now_ms);
        return;
    }
    if (is_all_over(core, row)) {
        end(core, slot);
        return;
    }
    arm(core, slot, add_clamped(core->now_ms, PLAN_LOOK_MS));
}

void plans_timer(struct core *core, uint32_t slot)
{
    const struct plan_row *row = &core->plans.rows[slot];
    must(row->is_used != 0 && row->state != PLAN_ENDED);
    if ((row->flags & PLAN_ENDS_SOON) != 0 && row->state != PLAN_STANDING_DOWN) {
        plans_stand_down(core, slot, NULL, (row->flags & PLAN_IS_REPLACED) == 0);
    } else if (row->state == PLAN_PENDING) {
        confirmation_due(core, slot);
    } else if (row->state == PLAN_ACTIVE) {
        active_turn(core, slot);
    } else {
        standing_down_turn(core, slot);
    }
}
