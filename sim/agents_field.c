/* agents_field.c: what somebody in the street does with an offer: agents_state.h draws the stages of a task.
 *
 * Tasks are begun most severe first, then in the order of acceptance. Somebody on the way is not turned around by
 * a new task. Stations (has_base) drive back when nothing is left to do and can be sent out again on the way. */
#include "engine/core/distance.h"
#include "engine/core/life.h"
#include "sim/agents_state.h"

#include <stdio.h>
#include <string.h>

#define HOME_MIN_CM 20000 /* nearer to the base than this nobody drives back */
#define TRAVEL_MAX_MS (12 * HOUR_MS)

static const enum reason DECLINE_REASONS[] = {REASON_BUSY, REASON_TOO_FAR, REASON_NOT_MINE,
                                              REASON_UNWELL};
static const enum reason RETURN_REASONS[] = {REASON_NOT_MINE, REASON_PRIVATE_LAND, REASON_NOT_FOUND,
                                             REASON_NO_EQUIPMENT, REASON_UNSAFE};

static struct task *task_find(struct agent *agent, uint64_t order)
{
    for (uint32_t i = 0; i < AGENT_TASKS_MAX; i++) {
        if (agent->tasks[i].stage != TASK_FREE && agent->tasks[i].order == order) {
            return &agent->tasks[i];
        }
    }
    return NULL;
}

static void act_on_order(struct agents *agents, uint32_t who, uint64_t order, enum action action,
                         enum reason reason, int64_t now_ms)
{
    struct run_act act = {.order = order, .action = (uint32_t)action, .reason = (uint32_t)reason};
    if (reason == REASON_OTHER) {
        (void)snprintf(act.text, sizeof act.text, "shift ended");
    }
    agent_act(agents, who, &act, now_ms);
}

/* ---- travel ---- */

/* The time from place to place; leaves the way in the agent. task NULL: back to the base. */
static int64_t plan_way(struct agents *agents, uint32_t who, struct place from, struct place to,
                        const struct task *task)
{
    struct way *way = &agents->rows[who].way;
    way->count = 0;
    if (!place_is_known(from) || !place_is_known(to)) {
        return 0;
    }
    const struct city *city = agents->options.city;
    const uint32_t row = city->persons[who].mode < city->mode_count ? city->persons[who].mode
                                                                    : city->info->mode_default;
    const struct city_mode *mode = &city->modes[row];
    int64_t speed = mode->speed_mm_per_s, detour = mode->detour_permille, start_ms = 0;
    const struct rate_curve *spread = agent_rates_curve(agents->options.rates, RATE_SPREAD,
                                                        task == NULL ? NULL : task->class_code);
    const struct rate_mode *fitted =
        agent_rates_mode(agents->options.rates, city_text(city, mode->name), mode->name.size);
    if (fitted != NULL) {
        speed = fitted->speed_mm_per_s;
        detour = fitted->detour_permille;
        start_ms = fitted->start_ms;
        if (fitted->spread.count > 0 && spread == &agents->options.rates->curves[RATE_SPREAD]) {
            spread = &fitted->spread;
        }
    }
    /* cm to mm is 10, s to ms is 1000, permille is 1000 */
    const int64_t straight =
        start_ms + mul_div(distance_cm(from, to) * 10, detour, max_i64(speed, 1));
    const int64_t by_road = fitted == NULL ? way_find(&agents->roads, from, to, row, way) : -1;
    const int64_t drawn = agent_draw_from(agents, &agents->rows[who], spread, RATE_SPREAD, task);
    return min_i64(mul_div(by_road >= 0 ? by_road : straight, drawn, 1000), TRAVEL_MAX_MS);
}

static void stop_here(struct agent *agent, int64_t now_ms)
{
    agent->to = agent_position(agent, now_ms);
    agent->from = agent->to;
    agent->reach_ms = now_ms;
}

/* On the way from where he is now; gives the time it takes. */
static int64_t set_out(struct agents *agents, uint32_t who, struct place to,
                       const struct task *task, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    stop_here(agent, now_ms); /* before another way takes the place of the old one */
    const int64_t took_ms = plan_way(agents, who, agent->from, to, task);
    agent->to = place_is_known(to) ? to : agent->from;
    agent->depart_ms = now_ms;
    agent->reach_ms = now_ms + took_ms;
    if (took_ms > agents->options.rates->fix_every_ms) {
        agents_plan(agents, PLAN_FIX, who, (uint64_t)agent->reach_ms,
                    now_ms + agents->options.rates->fix_every_ms);
    }
    return took_ms;
}

/* ---- one task after the other ---- */

static struct task *task_next(struct agent *agent)
{
    struct task *best = NULL;
    for (uint32_t i = 0; i < AGENT_TASKS_MAX; i++) {
        struct task *task = &agent->tasks[i];
        if (task->stage != TASK_WAITING) {
            continue;
        }
        if (best == NULL || task->severity < best->severity ||
            (task->severity == best->severity && task->order < best->order)) {
            best = task;
        }
    }
    return best;
}

static void go_home(struct agents *agents, uint32_t who, int64_t now_ms)
{
    const struct city_person *person = &agents->options.city->persons[who];
    const struct place base = {person->lon, person->lat};
    const struct place here = agent_position(&agents->rows[who], now_ms);
    if (person->has_base == 0 || !place_is_known(here) || distance_cm(here, base) < HOME_MIN_CM) {
        return;
    }
    (void)set_out(agents, who, base, NULL, now_ms);
}

static void begin_next(struct agents *agents, uint32_t who, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    if (agent->current != 0) {
        return;
    }
    struct task *task = task_next(agent);
    if (task != NULL) {
        agent->current = task->order;
        task->stage = TASK_TURNOUT;
        agents_plan(agents, PLAN_DEPART, who, task->order,
                    now_ms + 1 + agent_draw(agents, agent, RATE_TURNOUT, task));
    } else if (!agent->is_on_shift) {
        agent->is_signed_on = false;
        agent_poll(agents, who, now_ms);
    } else {
        go_home(agents, who, now_ms);
    }
}

static void task_end(struct agents *agents, uint32_t who, struct task *task, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    const bool was_current = agent->current == task->order;
    if (was_current) {
        agent->current = 0;
        if (task->stage == TASK_TRAVEL) {
            stop_here(agent, now_ms);
        }
    }
    *task = (struct task){0};
    if (was_current) {
        begin_next(agents, who, now_ms);
    }
}

/* ---- news ---- */

/* What he is to do there: a helper who comes to lead gets the leader's checklist with the change. */
static void read_role(struct task *task, const Gridloop__Wire__Item *item)
{
    task->kind = (uint8_t)item->order_kind;
    task->check_count = 0;
    for (size_t i = 0; i < item->n_checklist && i < AGENT_CHECKS_MAX; i++) {
        const Gridloop__Wire__ChecklistLine *line = item->checklist[i];
        struct task_check *check = &task->checks[task->check_count++];
        (void)snprintf(check->id, sizeof check->id, "%s", line->id != NULL ? line->id : "");
        check->has_photo = line->photo;
        check->is_number = line->number;
    }
}

static void offer_seen(struct agents *agents, uint32_t who, const Gridloop__Wire__Item *item,
                       int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    struct task *task = NULL;
    for (uint32_t i = 0; i < AGENT_TASKS_MAX && task == NULL; i++) {
        task = agent->tasks[i].stage == TASK_FREE ? &agent->tasks[i] : NULL;
    }
    if (task == NULL || task_find(agent, item->order) != NULL || item->order == 0 ||
        item->order_state != ORDER_OFFERED) {
        return; /* no hands free, or over before it was read: the engine's accept clock settles it */
    }
    *task = (struct task){.order = item->order,
                          .stage = TASK_DECIDING,
                          .severity = (uint8_t)item->severity,
                          .place = place_none()};
    if (item->place != NULL) {
        task->place = (struct place){item->place->lon_e7, item->place->lat_e7};
    }
    task->case_mix = agents->options.seed;
    for (const char *at = item->case_no; at != NULL && *at != '\0'; at++) {
        task->case_mix = mix64(task->case_mix + (uint64_t)(unsigned char)*at);
    }
    read_role(task, item);
    if (item->class_code != NULL) {
        (void)snprintf(task->class_code, sizeof task->class_code, "%s", item->class_code);
    }
    if (agent->is_on_shift && agent->beat_ms > now_ms + agents->options.rates->heartbeat_ms) {
        agent_plan_beat(agents, who, true, now_ms);
    }
    agents_plan(agents, PLAN_DECIDE, who, task->order,
                now_ms + 1 + agent_draw(agents, agent, RATE_ACCEPT, task));
}

void field_item(struct agents *agents, uint32_t who, const Gridloop__Wire__Item *item,
                int64_t now_ms)
{
    if (!agents->rows[who].takes_orders) {
        return;
    }
    if (item->kind == ITEM_OFFER) {
        offer_seen(agents, who, item, now_ms);
        return;
    }
    struct task *task = task_find(&agents->rows[who], item->order);
    if (task == NULL) {
        return;
    }
    if (item->kind == ITEM_RECALL) {
        task_end(agents, who, task, now_ms);
        return;
    }
    if (item->kind == ITEM_CHANGE && item->has_order_kind) {
        read_role(task, item);
    }
    if (item->place != NULL && task->stage < TASK_TRAVEL) {
        task->place = (struct place){item->place->lon_e7, item->place->lat_e7};
    }
}

/* ---- plans ---- */

static void decide(struct agents *agents, uint32_t who, struct task *task, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    const uint64_t order = task->order;
    if (!agent->is_on_shift || agent_chance(agents, &agent->random, SHARE_IGNORE)) {
        *task = (struct task){0};
    } else if (task->kind != KIND_PLAN_TASK &&
               agent_chance(agents, &agent->random, SHARE_DECLINE)) {
        *task = (struct task){0};
        act_on_order(agents, who, order, ACTION_DECLINE,
                     DECLINE_REASONS[random_below(&agent->random, COUNT_OF(DECLINE_REASONS))],
                     now_ms);
    } else {
        task->stage = TASK_ACCEPTING;
        act_on_order(agents, who, order, ACTION_ACCEPT, REASON_NONE, now_ms);
    }
}

static void depart(struct agents *agents, uint32_t who, struct task *task, int64_t now_ms)
{
    const int64_t took_ms = set_out(agents, who, task->place, task, now_ms);
    task->stage = TASK_TRAVEL;
    agents_plan(agents, PLAN_REACH, who, task->order, now_ms + took_ms);
}

static void reach(struct agents *agents, uint32_t who, struct task *task, int64_t now_ms)
{
    task->stage = TASK_ARRIVING;
    act_on_order(agents, who, task->order, ACTION_ARRIVE, REASON_NONE, now_ms);
}

#define CHECK_VALUE_GOOD 100u /* above any share that a plan asks for */

/* Fills in the checklist. As often as a check fails in this city, one line does. */
static void fill_in(struct agents *agents, uint32_t who, const struct task *task, int64_t now_ms)
{
    struct random *random = &agents->rows[who].random;
    const bool has_failed = task->check_count > 0 && agent_chance(agents, random, SHARE_CHECK_FAIL);
    for (uint32_t i = 0; i < task->check_count; i++) {
        const bool is_bad = has_failed && i + 1 == task->check_count;
        struct run_act act = {.order = task->order,
                              .action = ACTION_PLAN_ANSWER,
                              .amount = is_bad                      ? 0
                                        : task->checks[i].is_number ? CHECK_VALUE_GOOD
                                                                    : 1,
                              .has_photo = task->checks[i].has_photo};
        (void)snprintf(act.subject, sizeof act.subject, "%s", task->checks[i].id);
        agent_act(agents, who, &act, now_ms);
    }
}

/* The last act on an order: what becomes of it. */
static void finish(struct agents *agents, uint32_t who, struct task *task, int64_t now_ms)
{
    struct random *random = &agents->rows[who].random;
    enum action action = ACTION_DONE;
    enum reason reason = REASON_NONE;
    if (task->kind == KIND_CHECK_RESULT) {
        action =
            agent_chance(agents, random, SHARE_CHECK_FAIL) ? ACTION_CHECK_FAIL : ACTION_CHECK_PASS;
        reason = action == ACTION_CHECK_FAIL ? REASON_NOT_DONE : REASON_NONE;
    } else if (task->kind == KIND_VERIFY_REPORT) {
        action =
            agent_chance(agents, random, SHARE_VERIFY_NO) ? ACTION_VERIFY_NO : ACTION_VERIFY_YES;
        reason = action == ACTION_VERIFY_NO ? REASON_FALSE_ALARM : REASON_NONE;
    } else if (agent_chance(agents, random, SHARE_RETURN)) {
        action = ACTION_RETURN;
        reason = RETURN_REASONS[random_below(random, COUNT_OF(RETURN_REASONS))];
    }
    if (action == ACTION_DONE) {
        fill_in(agents, who, task, now_ms);
    }
    task->stage = TASK_FINISHING;
    act_on_order(agents, who, task->order, action, reason, now_ms);
}

static void fix_on_the_way(struct agents *agents, const struct plan_entry *plan, int64_t now_ms)
{
    const struct agent *agent = &agents->rows[plan->who];
    if ((int64_t)plan->what != agent->reach_ms || now_ms >= agent->reach_ms) {
        return; /* that trip is over */
    }
    agent_poll(agents, plan->who, now_ms);
    const int64_t next_ms = now_ms + agents->options.rates->fix_every_ms;
    if (next_ms < agent->reach_ms) {
        agents_plan(agents, PLAN_FIX, plan->who, plan->what, next_ms);
    }
}

void field_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms)
{
    if (plan->kind == PLAN_FIX) {
        fix_on_the_way(agents, plan, now_ms);
        return;
    }
    struct task *task = task_find(&agents->rows[plan->who], plan->what);
    if (task == NULL) {
        return; /* recalled meanwhile */
    }
    if (plan->kind == PLAN_DECIDE && task->stage == TASK_DECIDING) {
        decide(agents, plan->who, task, now_ms);
    } else if (plan->kind == PLAN_DEPART && task->stage == TASK_TURNOUT) {
        depart(agents, plan->who, task, now_ms);
    } else if (plan->kind == PLAN_REACH && task->stage == TASK_TRAVEL) {
        reach(agents, plan->who, task, now_ms);
    } else if (plan->kind == PLAN_FINISH && task->stage == TASK_WORKING) {
        finish(agents, plan->who, task, now_ms);
    }
}

void field_result(struct agents *agents, uint32_t who, const struct run_act *act, uint32_t code,
                  int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    struct task *task = task_find(agent, act->order);
    if (task == NULL) {
        return;
    }
    if (act->action == ACTION_REQUEST_HELP || act->action == ACTION_COMMENT ||
        act->action == ACTION_MAKE_SAFE) {
        return; /* the work goes on either way */
    }
    if (code == CODE_CHILD_OPEN) {
        task->stage = TASK_WORKING;
        agents_plan(agents, PLAN_FINISH, who, task->order, now_ms + HOUR_MS);
    } else if (code != CODE_DONE) {
        task_end(agents, who, task, now_ms);
    } else if (act->action == ACTION_PLAN_ANSWER) {
        return; /* the last act ends it */
    } else if (act->action == ACTION_ACCEPT && task->kind == KIND_PLAN_TASK) {
        task_end(agents, who, task, now_ms); /* he has acknowledged: nobody goes anywhere */
    } else if (act->action == ACTION_ACCEPT && task->stage == TASK_ACCEPTING) {
        task->stage = TASK_WAITING;
        begin_next(agents, who, now_ms);
    } else if (act->action == ACTION_ARRIVE && task->stage == TASK_ARRIVING) {
        const bool is_visit = task->kind == KIND_CHECK_RESULT || task->kind == KIND_VERIFY_REPORT;
        const enum rate_curve_kind curve = is_visit ? RATE_CHECK : RATE_WORK;
        task->stage = TASK_WORKING;
        agents_plan(agents, PLAN_FINISH, who, task->order,
                    now_ms + 1 + agent_draw(agents, agent, curve, task));
    } else if (task->stage == TASK_FINISHING || act->action == ACTION_RETURN) {
        task_end(agents, who, task, now_ms);
    }
}

void field_end_shift(struct agents *agents, uint32_t who, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    for (uint32_t i = 0; i < AGENT_TASKS_MAX; i++) {
        struct task *task = &agent->tasks[i];
        if (task->stage == TASK_WAITING) {
            act_on_order(agents, who, task->order, ACTION_RETURN, REASON_OTHER, now_ms);
            *task = (struct task){0};
        }
    }
    begin_next(agents, who, now_ms); /* nothing in hand: signs off; else when that is done */
}
