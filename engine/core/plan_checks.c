/* plan_checks.c: finding plans, renumbering them for new images, and what must be true of their rows. */
#include "engine/core/cases.h"
#include "engine/core/plans.h"

static struct hash128 number_key(uint32_t number)
{
    return (struct hash128){number, ~(uint64_t)number};
}

static struct hash128 case_key(struct case_no no)
{
    return (struct hash128){((uint64_t)no.district << 32) | no.day, (uint64_t)no.serial + 1};
}

uint32_t plans_duty_of_case(const struct core *core, struct case_no no)
{
    return core->plans.by_case.count == 0 ? NONE32 : table_find(&core->plans.by_case, case_key(no));
}

uint32_t plans_find_running(const struct core *core, struct hash128 id_hash, bool is_drill)
{
    for (uint32_t i = 0; i < core->plans.high; i++) {
        const struct plan_row *row = &core->plans.rows[i];
        if (row->is_used != 0 && row->state != PLAN_ENDED &&
            ((row->flags & PLAN_IS_DRILL) != 0) == is_drill &&
            hash128_is_equal(row->id_hash, id_hash)) {
            return i;
        }
    }
    return NONE32;
}

static bool has_alert(const struct plan_row *row, struct hash128 alert)
{
    for (uint32_t i = 0; i < row->alert_count; i++) {
        if (hash128_is_equal(row->alerts[i], alert)) {
            return true;
        }
    }
    return false;
}

enum code plans_find_alert(const struct core *core, const struct event *event, uint32_t *out_slot)
{
    const struct event_field *field = core->plans.field_refers == NONE32
                                          ? NULL
                                          : event_find_field(event, core->plans.field_refers);
    *out_slot = NONE32;
    if (field == NULL || field->size == 0) {
        return CODE_NOTHING;
    }
    bool is_over = false;
    for (uint32_t i = 0; i < core->plans.high; i++) {
        const struct plan_row *row = &core->plans.rows[i];
        if (row->is_used == 0 || !has_alert(row, (struct hash128){field->a, field->b})) {
            continue;
        }
        const bool is_running = (row->state == PLAN_PENDING || row->state == PLAN_ACTIVE) &&
                                (row->flags & PLAN_ENDS_SOON) == 0;
        const uint32_t owner = cases_find(&core->cases, row->no);
        if (is_running && owner != NONE32 &&
            !case_state_is_terminal((enum case_state)cases_peek(&core->cases, owner)->state)) {
            *out_slot = i;
            return CODE_NOTHING;
        }
        is_over = true;
    }
    return is_over ? CODE_ALERT_OVER : CODE_UNKNOWN_ALERT;
}

/* ---- new images ---- */

static uint32_t find_by_id(const struct policy *policy, struct hash128 id_hash)
{
    for (uint32_t i = 0; i < policy->plan_count; i++) {
        if (hash128_is_equal(policy->plans[i].id_hash, id_hash)) {
            return i;
        }
    }
    return NONE32;
}

void plans_remap(struct core *core, const struct policy *policy)
{
    struct plans *plans = &core->plans;
    plans_adopt(core);
    for (uint32_t i = 0; i < plans->high; i++) {
        struct plan_row *row = &plans->rows[i];
        if (row->is_used == 0) {
            continue;
        }
        row->plan = find_by_id(policy, row->id_hash);
        if (row->state == PLAN_PENDING && row->confirm_post == NONE32 && row->limit_ms > 0) {
            row->confirm_post =
                state_city(core)->info->command_post; /* whoever was asked is gone */
        }
        if (row->plan == NONE32 && (row->state == PLAN_PENDING || row->state == PLAN_ACTIVE)) {
            plans_replace(core, i); /* no longer among the rules */
        }
    }
    for (uint32_t d = 0; d < plans->duty_high;
         d++) { /* who left is asked at the command post instead */
        struct duty_row *duty = &plans->duties[d];
        const bool is_ack = duty->is_used != 0 && case_no_is_none(duty->no) &&
                            duty->state == DUTY_OPEN && duty->worker == NONE32;
        if (is_ack && duty->post == NONE32) {
            duty->post = state_city(core)->info->command_post;
        }
    }
}

/* ---- tables and truths ---- */

bool plans_index(struct core *core)
{
    struct plans *plans = &core->plans;
    for (uint32_t d = 0; d < plans->duty_high; d++) {
        const struct duty_row *duty = &plans->duties[d];
        if (duty->is_used == 0) {
            continue;
        }
        if (table_find(&plans->by_number, number_key(duty->number)) != NONE32) {
            return false;
        }
        table_put(&plans->by_number, number_key(duty->number), d);
        if (!case_no_is_none(duty->no)) {
            if (table_find(&plans->by_case, case_key(duty->no)) != NONE32) {
                return false;
            }
            table_put(&plans->by_case, case_key(duty->no), d);
        }
    }
    return true;
}

static bool row_or_none(uint32_t row, uint32_t count)
{
    return row == NONE32 || row < count;
}

static bool duty_holds(const struct core *core, const struct duty_row *duty, uint32_t plan,
                       uint32_t prev)
{
    return duty->is_used != 0 && duty->plan == plan && duty->prev == prev &&
           duty->state > DUTY_NONE && duty->state < DUTY_STATE_COUNT &&
           duty->def < POLICY_PLAN_TASKS_MAX &&
           row_or_none(duty->asset, state_city(core)->asset_count) &&
           row_or_none(duty->worker, core->workers.count) &&
           row_or_none(duty->post, state_city(core)->post_count) &&
           row_or_none(duty->done_by, core->workers.count) &&
           row_or_none(duty->next, core->plans.duty_high) &&
           duty->number <= core->plans.last_number;
}

static bool plan_holds(const struct core *core, uint32_t slot, uint32_t *met)
{
    const struct plan_row *row = &core->plans.rows[slot];
    const bool is_running = row->state != PLAN_ENDED;
    if (row->state == PLAN_NONE || row->state >= PLAN_STATE_COUNT ||
        row->alert_count > PLAN_ALERTS_MAX ||
        !row_or_none(row->plan, state_policy(core)->plan_count) ||
        !row_or_none(row->confirm_post, state_city(core)->post_count) ||
        timers_is_armed(&core->timers, plan_timer_id(core, slot)) != is_running) {
        return false;
    }
    uint32_t count = 0;
    uint32_t prev = NONE32;
    bool has_cursor = row->cursor == NONE32;
    for (uint32_t d = row->task_first; d != NONE32; d = core->plans.duties[d].next) {
        if (d >= core->plans.duty_high || count == row->task_count ||
            !duty_holds(core, &core->plans.duties[d], slot, prev)) {
            return false;
        }
        has_cursor = has_cursor || d == row->cursor;
        prev = d;
        count++;
    }
    *met += count;
    return count == row->task_count && prev == row->task_last && has_cursor;
}

static bool free_duties_hold(const struct plans *plans)
{
    uint32_t free = 0;
    for (uint32_t d = plans->duty_free; d != NONE32; d = plans->duties[d].free_next) {
        if (d >= plans->duty_high || plans->duties[d].is_used != 0 || free == plans->duty_high) {
            return false;
        }
        free++;
    }
    return plans->duty_used <= plans->duty_high && free == plans->duty_high - plans->duty_used;
}

bool plans_hold(const struct core *core)
{
    const struct plans *plans = &core->plans;
    uint32_t met = 0;
    for (uint32_t i = 0; i < plans->high; i++) {
        if (plans->rows[i].is_used != 0 && !plan_holds(core, i, &met)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < plans->late_high; i++) {
        const struct late_row *row = &plans->lates[i];
        const bool is_sound =
            row->is_used == 0 || (row_or_none(row->asset, state_city(core)->asset_count) &&
                                  row_or_none(row->rule, state_policy(core)->rule_count) &&
                                  timers_is_armed(&core->timers, late_timer_id(core, i)));
        if (!is_sound) {
            return false;
        }
    }
    return met == plans->duty_used && free_duties_hold(plans);
}

void plans_check(const struct core *core)
{
    must(plans_hold(core));
    table_check(&core->plans.by_number);
    table_check(&core->plans.by_case);
    for (uint32_t d = 0; d < core->plans.duty_high; d++) {
        const struct duty_row *duty = &core->plans.duties[d];
        if (duty->is_used == 0) {
            continue;
        }
        const struct policy_plan_task *def = plans_def(core, duty);
        const bool is_ack = case_no_is_none(duty->no);
        if (duty->state == DUTY_OPEN && is_ack) {
            must(timers_is_armed(&core->timers, duty_timer_id(core, d)));
        }
        if (def != NULL && def->kind == PLAN_TASK_INSPECT) {
            must(duty->state == DUTY_WAITING || duty->state == DUTY_CANCELLED || !is_ack);
        }
    }
}
