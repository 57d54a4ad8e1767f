/* plan_duties.c: the tasks of activated plans, one row for every step and target.
 *
 *   WAITING --its needs are done or overdue--> OPEN --acknowledged--> DONE                        (ACK)
 *                                                 \--accepted--> STARTED --done--> DONE           (INSPECT, a case)
 *   WAITING, OPEN --the plan has stood down--> CANCELLED
 *
 * An overdue acknowledgement is told above the head of whoever owes it, and again, until it comes. */
#include "engine/core/cases.h"
#include "engine/core/opening.h"
#include "engine/core/orders.h"
#include "engine/core/plans.h"
#include "engine/core/workers.h"

static struct hash128 number_key(uint32_t number)
{
    return (struct hash128){number, ~(uint64_t)number};
}

static struct hash128 case_key(struct case_no no)
{
    return (struct hash128){((uint64_t)no.district << 32) | no.day, (uint64_t)no.serial + 1};
}

const struct policy_plan_task *plans_def(const struct core *core, const struct duty_row *duty)
{
    const struct policy_plan *plan = plans_policy(core, &core->plans.rows[duty->plan]);
    return plan == NULL || duty->def >= plan->tasks.count
               ? NULL
               : &state_policy(core)->plan_tasks[plan->tasks.first + duty->def];
}

uint32_t duties_find(const struct core *core, uint64_t order)
{
    return order < PLAN_ORDER_FIRST || order - PLAN_ORDER_FIRST > UINT32_MAX
               ? NONE32
               : table_find(&core->plans.by_number,
                            number_key((uint32_t)(order - PLAN_ORDER_FIRST)));
}

/* ---- rows ---- */

static void add(struct core *core, uint32_t plan_slot, uint32_t def, uint32_t asset,
                uint32_t holder)
{
    struct plans *plans = &core->plans;
    struct plan_row *plan = &plans->rows[plan_slot];
    uint32_t slot = plans->duty_free;
    if (slot != NONE32) {
        plans->duty_free = plans->duties[slot].free_next;
    } else {
        slot = plans->duty_high++;
    }
    must(slot < plans->duty_limit && plans->duties[slot].is_used == 0);
    plans->duty_used++;
    const bool is_post = holder != NONE32 && (holder & PLAN_HOLDER_POST) != 0;
    plans->duties[slot] = (struct duty_row){
        .is_used = 1,
        .number = ++plans->last_number,
        .plan = plan_slot,
        .def = def,
        .asset = asset,
        .worker = holder == NONE32 || is_post ? NONE32 : core->workers.person_slots[holder],
        .post = is_post ? holder & ~PLAN_HOLDER_POST : NONE32,
        .state = DUTY_WAITING,
        .done_by = NONE32,
        .next = NONE32,
        .prev = plan->task_last,
        .due_ms = NEVER_MS,
        .free_next = NONE32};
    if (plan->task_last == NONE32) {
        plan->task_first = slot;
    } else {
        plans->duties[plan->task_last].next = slot;
    }
    plan->task_last = slot;
    plan->task_count++;
    table_put(&plans->by_number, number_key(plans->last_number), slot);
}

static void add_group(struct core *core, uint32_t plan_slot, const struct policy_plan *plan,
                      uint32_t group)
{
    const struct policy *policy = state_policy(core);
    const struct image_range targets = policy->groups[plan->groups.first + group].targets;
    for (uint32_t t = 0; t < targets.count; t++) { /* target by target: what it needs lies beside */
        for (uint32_t i = 0; i < plan->tasks.count; i++) {
            const struct policy_plan_task *task = &policy->plan_tasks[plan->tasks.first + i];
            if (task->group == group) {
                add(core, plan_slot, i, policy->targets[targets.first + t],
                    task->kind == PLAN_TASK_ACK ? policy->targets[task->holders.first + t]
                                                : NONE32);
            }
        }
    }
}

bool duties_take(struct core *core, uint32_t plan_slot)
{
    const struct policy *policy = state_policy(core);
    const struct policy_plan *plan = plans_policy(core, &core->plans.rows[plan_slot]);
    if (core->plans.duty_limit - core->plans.duty_used < plan->task_rows) {
        return false;
    }
    for (uint32_t i = 0; i < plan->tasks.count; i++) {
        const struct policy_plan_task *task = &policy->plan_tasks[plan->tasks.first + i];
        if (task->group == NONE32) {
            add(core, plan_slot, i, NONE32, policy->targets[task->holders.first]);
        }
    }
    for (uint32_t g = 0; g < plan->groups.count; g++) {
        add_group(core, plan_slot, plan, g);
    }
    return true;
}

void duties_give(struct core *core, uint32_t plan_slot)
{
    struct plans *plans = &core->plans;
    struct plan_row *plan = &plans->rows[plan_slot];
    for (uint32_t slot = plan->task_first; slot != NONE32;) {
        struct duty_row *duty = &plans->duties[slot];
        const uint32_t next = duty->next;
        table_remove(&plans->by_number, number_key(duty->number));
        if (!case_no_is_none(duty->no)) {
            table_remove(&plans->by_case, case_key(duty->no));
        }
        timers_cancel(&core->timers, duty_timer_id(core, slot));
        memset(duty, 0, sizeof *duty);
        duty->free_next = plans->duty_free;
        plans->duty_free = slot;
        plans->duty_used--;
        slot = next;
    }
    plan->task_first = plan->task_last = plan->cursor = NONE32;
    plan->task_count = 0;
}

/* ---- beginning ---- */

/* Is everything this task needs, of the same target, done or overdue? */
static bool needs_are_met(const struct core *core, const struct duty_row *duty, uint32_t needs)
{
    uint32_t met = 0;
    /* A task's earlier steps for the same target stand right before it. */
    for (uint32_t d = duty->prev; d != NONE32; d = core->plans.duties[d].prev) {
        const struct duty_row *other = &core->plans.duties[d];
        if (other->asset != duty->asset || other->def >= duty->def) {
            break;
        }
        if (other->state >= DUTY_DONE || (other->flags & DUTY_IS_OVERDUE) != 0) {
            met |= UINT32_C(1) << other->def;
        }
    }
    return (needs & ~met) == 0;
}

static void open_ack(struct core *core, uint32_t slot, const struct policy_plan_task *def)
{
    struct duty_row *duty = &core->plans.duties[slot];
    duty->state = DUTY_OPEN;
    duty->due_ms = add_clamped(core->now_ms, def->due_ms);
    timers_arm(&core->timers, duty_timer_id(core, slot), duty->due_ms);
    if (duty->worker != NONE32) {
        worker_tell(core, duty->worker, ITEM_OFFER, PLAN_ORDER_FIRST + duty->number, CODE_NOTHING);
    } else if (duty->post != NONE32) {
        plans_tell_post(core, duty->plan, duty->post, CODE_PLAN_WAITS);
    }
}

static void open_inspection(struct core *core, uint32_t slot, uint32_t rule)
{
    struct duty_row *duty = &core->plans.duties[slot];
    const bool is_drill = (core->plans.rows[duty->plan].flags & PLAN_IS_DRILL) != 0;
    struct case_no no = {0, 0, 0};
    /* The row first: the case tells its story while it is opened. */
    duty->state = DUTY_OPEN;
    if (opening_alone(core, rule, duty->asset, NONE32, is_drill, &no) != CODE_OPENED) {
        duty->state = DUTY_WAITING; /* no room for a case: tried again, not dropped */
        timers_arm(&core->timers, duty_timer_id(core, slot),
                   add_clamped(core->now_ms, SEEK_FALLBACK_MS));
        return;
    }
    duty->no = no;
    table_put(&core->plans.by_case, case_key(no), slot);
}

void duties_release(struct core *core, uint32_t slot)
{
    const struct duty_row *duty = &core->plans.duties[slot];
    const struct policy_plan_task *def = plans_def(core, duty);
    if (duty->state != DUTY_WAITING || def == NULL ||
        core->plans.rows[duty->plan].state != PLAN_ACTIVE ||
        !needs_are_met(core, duty, def->needs)) {
        return;
    }
    if (def->kind == PLAN_TASK_ACK) {
        open_ack(core, slot, def);
    } else {
        open_inspection(core, slot, def->rule);
    }
}

/* Those of the same target that waited for this one. */
static void release_next(struct core *core, uint32_t slot)
{
    const struct duty_row *duty = &core->plans.duties[slot];
    const uint32_t bit = UINT32_C(1) << duty->def;
    const uint32_t asset = duty->asset;
    uint32_t def = duty->def;
    for (uint32_t d = duty->next;
         d != NONE32 && core->plans.duties[d].asset == asset && core->plans.duties[d].def > def;) {
        const uint32_t next = core->plans.duties[d].next;
        const struct policy_plan_task *waiting = plans_def(core, &core->plans.duties[d]);
        if (waiting != NULL && (waiting->needs & bit) != 0) {
            duties_release(core, d);
        }
        def = core->plans.duties[d].def;
        d = next;
    }
}

/* ---- ending ---- */

void duties_acknowledge(struct core *core, uint32_t slot, uint32_t worker, enum action action)
{
    struct duty_row *duty = &core->plans.duties[slot];
    must(duty->state == DUTY_OPEN);
    duty->state = DUTY_DONE;
    duty->done_by = worker;
    duty->begun_at_ms = duty->ended_at_ms = core->now_ms;
    timers_cancel(&core->timers, duty_timer_id(core, slot));
    if (duty->worker != NONE32 && duty->worker != worker) { /* somebody answered for him */
        worker_tell(core, duty->worker, ITEM_RECALL, PLAN_ORDER_FIRST + duty->number,
                    CODE_RECALLED);
    }
    plans_say(core, duty->plan,
              &(struct flow_note){.action = action, .actor = worker + 1, .post = duty->post + 1},
              NONE32);
    release_next(core, slot);
}

void duties_cancel(struct core *core, uint32_t slot)
{
    struct duty_row *duty = &core->plans.duties[slot];
    if (duty->state != DUTY_WAITING && duty->state != DUTY_OPEN) {
        return;
    }
    const uint32_t owner = case_no_is_none(duty->no) ? NONE32 : cases_find(&core->cases, duty->no);
    timers_cancel(&core->timers, duty_timer_id(core, slot));
    if (duty->state == DUTY_OPEN && duty->worker != NONE32) {
        worker_tell(core, duty->worker, ITEM_RECALL, PLAN_ORDER_FIRST + duty->number,
                    CODE_RECALLED);
    }
    duty->state = DUTY_CANCELLED;
    duty->ended_at_ms = core->now_ms;
    if (owner != NONE32 &&
        !case_state_is_terminal((enum case_state)cases_peek(&core->cases, owner)->state)) {
        flow_close(core, owner, CASE_FORCED_CLOSED,
                   &(struct flow_note){.action = ACTION_PLAN_CANCEL, .reason = REASON_PLAN_OVER});
    }
}

static void ack_due(struct core *core, uint32_t slot, const struct policy_plan_task *def)
{
    struct duty_row *duty = &core->plans.duties[slot];
    const struct city *city = state_city(core);
    const struct city_person *person =
        duty->worker == NONE32 ? NULL : worker_person(core, duty->worker);
    const uint32_t department = duty->post != NONE32 ? city->posts[duty->post].department
                                : person != NULL     ? person->department
                                                     : NONE32;
    const uint32_t above = plans_post_above(core, department, duty->post);
    const int64_t missed_at_ms = duty->due_ms;
    const bool is_first = (duty->flags & DUTY_IS_OVERDUE) == 0;
    duty->flags |= DUTY_IS_OVERDUE;
    duty->due_ms = add_clamped(core->now_ms,
                               max_i64(def == NULL ? REMIND_MIN_MS : def->due_ms, REMIND_MIN_MS));
    timers_arm(&core->timers, duty_timer_id(core, slot), duty->due_ms);
    core->counts.clocks_missed += is_first;
    plans_say(core, duty->plan,
              &(struct flow_note){.action = ACTION_PLAN_TASK_LATE,
                                  .subject = duty->worker + 1,
                                  .post = above + 1,
                                  .clock = CLOCK_PLAN_ACK,
                                  .deadline_ms = missed_at_ms},
              NONE32);
    plans_tell_post(core, duty->plan, above, CODE_EXPIRED);
    release_next(core, slot); /* an inspection does not wait for those who say nothing */
}

/* The case that a failed checklist opens. */
static void open_failed(struct core *core, uint32_t slot, const struct policy_plan_task *def)
{
    struct duty_row *duty = &core->plans.duties[slot];
    const bool is_drill = (core->plans.rows[duty->plan].flags & PLAN_IS_DRILL) != 0;
    struct case_no no;
    if (def != NULL && def->fail_rule != NONE32 &&
        opening_alone(core, def->fail_rule, duty->asset, NONE32, is_drill, &no) != CODE_OPENED) {
        timers_arm(&core->timers, duty_timer_id(core, slot),
                   add_clamped(core->now_ms, SEEK_FALLBACK_MS));
        return;
    }
    duty->flags &= ~(uint32_t)DUTY_FAIL_OWED;
}

void plans_duty_timer(struct core *core, uint32_t slot)
{
    const struct duty_row *duty = &core->plans.duties[slot];
    const struct policy_plan_task *def = plans_def(core, duty);
    must(duty->is_used != 0);
    if ((duty->flags & DUTY_FAIL_OWED) != 0) {
        open_failed(core, slot, def);
    } else if (duty->state == DUTY_WAITING) {
        duties_release(core, slot);
    } else if (duty->state == DUTY_OPEN && case_no_is_none(duty->no)) {
        ack_due(core, slot, def);
    }
}

/* ---- what its case tells ---- */

static void follow(struct core *core, uint32_t slot, const struct case_row *row,
                   const struct flow_note *note)
{
    const enum action action = note->action;
    struct duty_row *duty = &core->plans.duties[slot];
    const bool is_handled =
        row->state == CASE_HANDLED || row->state == CASE_CHECKING || row->state == CASE_CLOSED;
    if (action == ACTION_ACCEPT && row->holder.kind == HOLDER_PERSON) {
        duty->begun_at_ms = duty->begun_at_ms == 0 ? core->now_ms : duty->begun_at_ms;
        duty->state = DUTY_STARTED;
    } else if (action == ACTION_MISS &&
               note->clock == CLOCK_HANDLE) { /* not an order's own clock */
        duty->flags |= DUTY_IS_OVERDUE;
    } else if (is_handled && duty->state != DUTY_DONE) {
        duty->state = DUTY_DONE;
        duty->begun_at_ms = duty->begun_at_ms == 0 ? core->now_ms : duty->begun_at_ms;
        duty->ended_at_ms = core->now_ms;
        if (duty->failed != 0) {
            duty->flags |= DUTY_HAS_FAILED | DUTY_FAIL_OWED;
            timers_arm(&core->timers, duty_timer_id(core, slot), core->now_ms);
        }
    } else if (case_state_is_terminal((enum case_state)row->state) && duty->state != DUTY_DONE) {
        duty->state = DUTY_CANCELLED;
        duty->ended_at_ms = core->now_ms;
    } else if (!is_handled && (action == ACTION_CHECK_FAIL || action == ACTION_REOPEN)) {
        duty->state = DUTY_OPEN; /* to be looked at again, line by line */
        duty->answered = duty->failed = 0;
        duty->flags &= ~(uint32_t)(DUTY_HAS_FAILED | DUTY_FAIL_OWED);
    } else if (duty->state == DUTY_STARTED && row->state == CASE_DISPATCHING) {
        duty->state = DUTY_OPEN; /* whoever was on the way is lost */
    }
}

void plans_case_told(struct core *core, uint32_t case_slot, const struct flow_note *note)
{
    struct plans *plans = &core->plans;
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const bool is_over =
        note->action == ACTION_CLEAR || case_state_is_terminal((enum case_state)row->state);
    if (plans->by_case.count > 0) {
        const uint32_t duty = table_find(&plans->by_case, case_key(row->no));
        if (duty != NONE32) {
            follow(core, duty, row, note);
            return;
        }
    }
    for (uint32_t i = 0; is_over && i < plans->high; i++) {
        struct plan_row *plan = &plans->rows[i];
        const struct policy_plan *policy = plan->is_used == 0 ? NULL : plans_policy(core, plan);
        if (policy != NULL && case_no_is_equal(plan->no, row->no) &&
            (policy->flags & PLAN_WITH_CASE) != 0 &&
            (plan->state == PLAN_PENDING || plan->state == PLAN_ACTIVE)) {
            plan->flags |= PLAN_ENDS_SOON;
            timers_arm(&core->timers, plan_timer_id(core, i), core->now_ms);
        }
    }
}

enum code plans_may_finish(const struct core *core, uint32_t case_slot)
{
    const struct case_row *row = cases_peek(&core->cases, case_slot);
    const uint32_t slot = core->plans.by_case.count == 0
                              ? NONE32
                              : table_find(&core->plans.by_case, case_key(row->no));
    if (slot == NONE32) {
        return CODE_NOTHING;
    }
    const struct duty_row *duty = &core->plans.duties[slot];
    const struct policy_plan_task *def = plans_def(core, duty);
    for (uint32_t i = 0; def != NULL && i < def->checks.count; i++) {
        const struct policy_check *check = &state_policy(core)->checks[def->checks.first + i];
        if ((check->flags & CHECK_LINE_REQUIRED) != 0 &&
            (duty->answered & (UINT32_C(1) << i)) == 0) {
            return CODE_CHECKLIST_OPEN;
        }
    }
    return CODE_NOTHING;
}
