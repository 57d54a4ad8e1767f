/* agents.c: apps of all persons: duty, polls, outbox, answers. What they decide is in agents_field.c and agents_desk.c. */
#include "sim/agents.h"

#include <stdlib.h>
#include <string.h>

#include "engine/core/calendar.h"
#include "engine/core/life.h"
#include "sim/agents_state.h"

#define WAKE_DELAY_MS 200      /* from the engine's decision to the app's poll being answered */
#define RETRY_MIN_MS SECOND_MS /* when the engine names no time */

/* ---- common to field and desk ---- */

void agents_plan(struct agents *agents, enum plan_kind kind, uint32_t who, uint64_t what,
                 int64_t at_ms)
{
    if (at_ms == NEVER_MS) {
        return;
    }
    const struct plan_entry entry = {.at_ms = at_ms, .kind = kind, .who = who, .what = what};
    must(virtual_queue_put(agents->options.queue, entry) == ERR_OK);
}

struct place agent_position(const struct agent *agent, int64_t now_ms)
{
    if (!place_is_known(agent->to) || now_ms >= agent->reach_ms || !place_is_known(agent->from)) {
        return agent->to;
    }
    if (now_ms <= agent->depart_ms) {
        return agent->from;
    }
    const int64_t gone = now_ms - agent->depart_ms;
    const int64_t whole = agent->reach_ms - agent->depart_ms;
    if (agent->way.count > 0) {
        return way_at(&agent->way, gone, whole);
    }
    return (struct place){
        (int32_t)(agent->from.lon + mul_div((int64_t)agent->to.lon - agent->from.lon, gone, whole)),
        (int32_t)(agent->from.lat +
                  mul_div((int64_t)agent->to.lat - agent->from.lat, gone, whole))};
}

int64_t agent_draw_from(struct agents *agents, struct agent *agent, const struct rate_curve *curve,
                        enum rate_curve_kind kind, const struct task *task)
{
    const bool is_shared = task != NULL && (agents->options.rates->by_case >> kind & 1u) != 0;
    if (!is_shared) {
        return rate_curve_draw(curve, &agent->random);
    }
    return rate_curve_pick(curve, (uint32_t)(mix64(task->case_mix + (uint64_t)kind) % 1000000));
}

int64_t agent_draw(struct agents *agents, struct agent *agent, enum rate_curve_kind kind,
                   const struct task *task)
{
    const char *class_code = task == NULL ? NULL : task->class_code;
    return agent_draw_from(agents, agent,
                           agent_rates_curve(agents->options.rates, kind, class_code), kind, task);
}

bool agent_chance(struct agents *agents, struct random *random, enum rate_share_kind share)
{
    return random_chance(random, agents->options.rates->shares[share]);
}

static struct run_speaker agent_speaker(const struct agents *agents, uint32_t who)
{
    return (struct run_speaker){.client = who, .key_id = agents->rows[who].key_id};
}

void agent_poll(struct agents *agents, uint32_t who, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    if (!agent->has_signal) {
        agent->has_news = true;
        return;
    }
    const struct run_fix fix = {agent_position(agent, now_ms), now_ms};
    agents->counts.polls++;
    run_wire_poll(agents->options.wire, agent_speaker(agents, who), agent->item_seq,
                  agent->is_signed_on ? STATUS_READY : STATUS_OFF, fix);
}

/* Without a task an app need only speak up before its position counts as stale. */
void agent_plan_beat(struct agents *agents, uint32_t who, bool has_task, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    const int64_t often_ms = agents->options.rates->heartbeat_ms;
    const int64_t seldom_ms = max_i64(often_ms, agents->options.stale_fix_ms / 6 * 5);
    agent->beat_ms = now_ms + (has_task ? often_ms : seldom_ms);
    agents_plan(agents, PLAN_HEARTBEAT, who, ++agent->beat, agent->beat_ms);
}

/* ---- outbox ---- */

static void outbox_send(struct agents *agents, uint32_t who)
{
    struct agent *agent = &agents->rows[who];
    if (agent->outbox_count == 0 || agent->is_in_flight || !agent->has_signal) {
        return;
    }
    agent->is_in_flight = true;
    run_wire_act(agents->options.wire, agent_speaker(agents, who),
                 &agent->outbox[agent->outbox_first]);
}

/* Acts that were answered leave their room at the front; it is used again before more is taken. */
static void outbox_make_room(struct agent *agent)
{
    if (agent->outbox_first + agent->outbox_count < agent->outbox_room) {
        return;
    }
    if (agent->outbox_first > 0) {
        memmove(agent->outbox, agent->outbox + agent->outbox_first,
                agent->outbox_count * sizeof *agent->outbox);
        agent->outbox_first = 0;
        return;
    }
    agent->outbox_room = agent->outbox_room == 0 ? 4 : agent->outbox_room * 2;
    agent->outbox = realloc(agent->outbox, agent->outbox_room * sizeof *agent->outbox);
    must(agent->outbox != NULL);
}

void agent_act(struct agents *agents, uint32_t who, const struct run_act *act, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    outbox_make_room(agent);
    struct run_act *put = &agent->outbox[agent->outbox_first + agent->outbox_count++];
    *put = *act;
    put->epoch = 1;
    put->seq = ++agent->last_seq;
    put->fix = (struct run_fix){agent_position(agent, now_ms), now_ms};
    agents->counts.acts++;
    outbox_send(agents, who);
}

/* The oldest act is answered for good. */
static struct run_act outbox_take(struct agent *agent)
{
    must(agent->outbox_count > 0);
    must(agent->is_in_flight);
    const struct run_act act = agent->outbox[agent->outbox_first];
    agent->outbox_first++;
    agent->outbox_count--;
    agent->is_in_flight = false;
    return act;
}

static void count_result(struct agents *agents, uint32_t code)
{
    if (code < COUNT_OF(agents->counts.by_code)) {
        agents->counts.by_code[code]++;
    }
    if (code == CODE_DONE) {
        agents->counts.acts_done++;
    } else if (code == CODE_RECALLED || code == CODE_EXPIRED || code == CODE_WRONG_STATE ||
               code == CODE_GONE || code == CODE_NOT_YOURS || code == CODE_UNKNOWN_ORDER) {
        agents->counts.acts_late++;
    } else {
        agents->counts.acts_refused++;
    }
}

static void act_answered(struct agents *agents, uint32_t who, uint32_t code, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    const struct run_act act = outbox_take(agent);
    count_result(agents, code);
    if (act.order != 0) {
        field_result(agents, who, &act, code, now_ms);
    }
    outbox_send(agents, who);
}

/* A refused frame. Of polls only the next one is needed; an act is sent again with its old number. */
static void frame_rejected(struct agents *agents, uint32_t who,
                           const Gridloop__Wire__Reject *reject, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    const bool is_busy = reject->code == CODE_RATE || reject->code == CODE_OVERLOADED;
    agents->counts.resends += is_busy;
    agents->counts.rejects += !is_busy;
    if (!agent->is_in_flight) {
        return;
    }
    if (!is_busy) {
        act_answered(agents, who, reject->code, now_ms);
        return;
    }
    agent->is_in_flight = false;
    agents_plan(agents, PLAN_RESEND, who, 0,
                now_ms + max_i64(RETRY_MIN_MS, (int64_t)reject->retry_after_ms));
}

void agents_answer(struct agents *agents, uint32_t person, const Gridloop__Wire__Answer *answer,
                   int64_t now_ms)
{
    must(person < agents->count);
    struct agent *agent = &agents->rows[person];
    switch (answer->kind_case) {
    case GRIDLOOP__WIRE__ANSWER__KIND_TASKS:
        for (size_t i = 0; i < answer->tasks->n_items; i++) {
            const Gridloop__Wire__Item *item = answer->tasks->items[i];
            if (item->seq > agent->item_seq) {
                agent->item_seq = item->seq;
                field_item(agents, person, item, now_ms);
            }
        }
        return;
    case GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT:
        act_answered(agents, person, answer->act_result->code, now_ms);
        return;
    case GRIDLOOP__WIRE__ANSWER__KIND_REJECT:
        frame_rejected(agents, person, answer->reject, now_ms);
        return;
    case GRIDLOOP__WIRE__ANSWER__KIND__NOT_SET:
    case GRIDLOOP__WIRE__ANSWER__KIND_WELCOME:
    case GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK:
    case GRIDLOOP__WIRE__ANSWER__KIND_COUNTER_LIST:
    case GRIDLOOP__WIRE__ANSWER__KIND_SILENCE_LIST:
    case GRIDLOOP__WIRE__ANSWER__KIND_PLAN_LIST:
    case GRIDLOOP__WIRE__ANSWER__KIND_PLAN_TASKS:
    case GRIDLOOP__WIRE__ANSWER__KIND_RULES_RESULT:
#ifdef PROTOBUF_C__FORCE_ENUM_TO_BE_INT_SIZE
    case _GRIDLOOP__WIRE__ANSWER__KIND__CASE_IS_INT_SIZE:
#endif
    default:
        agents->counts.rejects++;
        return;
    }
}

/* ---- duty ---- */

static void duty_change(struct agents *agents, uint32_t who, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    const struct city *city = agents->options.city;
    const uint32_t shift = city->persons[who].shift;
    const bool is_on_shift = calendar_contains(city, shift, now_ms);
    if (is_on_shift && !agent->is_on_shift) {
        agent_plan_beat(agents, who, false, now_ms);
    }
    agent->is_on_shift = is_on_shift;
    if (is_on_shift) {
        agent->is_signed_on = true;
        agent_poll(agents, who, now_ms);
    } else {
        field_end_shift(agents, who, now_ms);
    }
    if (shift != NONE32) {
        agents_plan(agents, PLAN_DUTY, who, 0, calendar_next_change(city, shift, now_ms));
    }
}

static bool holds_task(const struct agent *agent)
{
    for (uint32_t i = 0; i < AGENT_TASKS_MAX; i++) {
        if (agent->tasks[i].stage != TASK_FREE) {
            return true;
        }
    }
    return false;
}

static void heartbeat(struct agents *agents, uint32_t who, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    if (!agent->is_on_shift) {
        return;
    }
    agent_plan_beat(agents, who, holds_task(agent), now_ms);
    if (agent->has_signal && agent_chance(agents, &agent->random, SHARE_SIGNAL_LOSS)) {
        agent->has_signal = false;
        agents_plan(agents, PLAN_SIGNAL, who, 0,
                    now_ms + 1 + agent_draw(agents, agent, RATE_SIGNAL_LOST, NULL));
    }
    if (agent->has_signal) {
        agent_poll(agents, who, now_ms);
    }
}

static void signal_back(struct agents *agents, uint32_t who, int64_t now_ms)
{
    struct agent *agent = &agents->rows[who];
    agent->has_signal = true;
    agent->has_news = false;
    agent_poll(agents, who, now_ms);
    outbox_send(agents, who);
}

void agents_told(struct agents *agents, uint32_t person, int64_t now_ms)
{
    must(person < agents->count);
    struct agent *agent = &agents->rows[person];
    if (!agent->has_signal) {
        agent->has_news = true;
    } else if (!agent->has_wake) {
        agent->has_wake = true;
        agents_plan(agents, PLAN_WAKE, person, 0, now_ms + WAKE_DELAY_MS);
    }
}

void agents_case(struct agents *agents, uint32_t record, int64_t now_ms)
{
    desk_case(agents, record, now_ms);
}

void agents_line(struct agents *agents, const struct effect_timeline *line, int64_t now_ms)
{
    const uint32_t record = report_cases_find(agents->options.cases, line->case_no);
    if (record == NONE32) {
        return; /* of a case that has just left */
    }
    flows_seen(agents, line, record, now_ms);
    if (line->action == ACTION_PLAN_ASK && line->code == CODE_NOTHING && line->post != NONE32) {
        desk_called(agents, line->post, record, now_ms);
    }
    if (line->action == ACTION_PLAN_STAND_DOWN) {
        desk_plan_over(agents, record, now_ms);
    }
    if (line->action == ACTION_UNLINK_CHILD) {
        desk_again(agents, record, now_ms); /* it could not close before */
    }
}

void agents_run(struct agents *agents, const struct plan_entry *plan, int64_t now_ms)
{
    must(plan->who < agents->count);
    switch ((enum plan_kind)plan->kind) {
    case PLAN_DUTY:
        duty_change(agents, plan->who, now_ms);
        return;
    case PLAN_WAKE:
        agents->rows[plan->who].has_wake = false;
        agent_poll(agents, plan->who, now_ms);
        return;
    case PLAN_HEARTBEAT:
        if (plan->what == agents->rows[plan->who].beat) {
            heartbeat(agents, plan->who, now_ms);
        }
        return;
    case PLAN_SIGNAL:
        signal_back(agents, plan->who, now_ms);
        return;
    case PLAN_RESEND:
        outbox_send(agents, plan->who);
        return;
    case PLAN_FIX:
    case PLAN_DECIDE:
    case PLAN_DEPART:
    case PLAN_REACH:
    case PLAN_FINISH:
        field_run(agents, plan, now_ms);
        return;
    case PLAN_DESK:
    case PLAN_DESK_DONE:
    case PLAN_REOPEN:
    case PLAN_CALLED:
        desk_run(agents, plan, now_ms);
        return;
    case PLAN_FLOW:
        flows_run(agents, plan, now_ms);
        return;
    }
    must(plan->kind == 0); /* a plan that is not the agents' */
}

/* ---- life ---- */

static void agent_init(struct agents *agents, uint32_t who)
{
    const struct agents_options *options = &agents->options;
    const struct city_person *person = &options->city->persons[who];
    struct agent *agent = &agents->rows[who];
    must(person->id.size <= CODEC_KEY_ID_SIZE_MAX);
    memcpy(agent->key_id, city_text(options->city, person->id), person->id.size);
    char stream[CODEC_KEY_ID_SIZE_MAX + 16] = "agent.";
    memcpy(stream + 6, agent->key_id, person->id.size + 1);
    random_init(&agent->random, options->seed, stream);
    agent->has_signal = true;
    agent->to = (struct place){person->lon, person->lat};
    if (person->lon == 0 && person->lat == 0) {
        agent->to = place_none();
    }
    agent->from = agent->to;
    agent->takes_orders =
        person->capacity > 0 && (person->rights & (RIGHT_WORKER | RIGHT_INSPECTOR)) != 0;
    if (!agent->takes_orders) {
        return;
    }
    agents->counts.people++;
    agents_plan(agents, PLAN_DUTY, who, 0,
                options->start_ms + random_between(&agent->random, 0, MINUTE_MS - 1));
}

enum err agents_new(const struct agents_options *options, struct agents **out_agents)
{
    struct agents *agents = calloc(1, sizeof *agents);
    const uint32_t count = options->city->person_count;
    if (agents == NULL ||
        (agents->rows = calloc(count == 0 ? 1 : count, sizeof *agents->rows)) == NULL) {
        free(agents);
        return ERR_MEMORY;
    }
    if (way_map_init(&agents->roads, options->city) != ERR_OK) {
        agents_free(agents);
        return ERR_MEMORY;
    }
    agents->options = *options;
    agents->count = count;
    random_init(&agents->desk_random, options->seed, "agents.desks");
    random_init(&agents->flow_random, options->seed, "agents.flows");
    agents->last_child = NONE32;
    for (uint32_t i = 0; i < count; i++) {
        agent_init(agents, i);
    }
    *out_agents = agents;
    return ERR_OK;
}

void agents_free(struct agents *agents)
{
    if (agents == NULL) {
        return;
    }
    for (uint32_t i = 0; i < agents->count; i++) {
        free(agents->rows[i].outbox);
        way_fini(&agents->rows[i].way);
    }
    free(agents->rows);
    way_map_fini(&agents->roads);
    free(agents);
}

struct agents_counts agents_counts_now(const struct agents *agents)
{
    return agents->counts;
}

void agents_check(const struct agents *agents)
{
    for (uint32_t i = 0; i < agents->count; i++) {
        const struct agent *agent = &agents->rows[i];
        must(agent->outbox_first + agent->outbox_count <= agent->outbox_room);
        must(!agent->is_in_flight || agent->outbox_count > 0);
        uint32_t begun = 0;
        for (uint32_t t = 0; t < AGENT_TASKS_MAX; t++) {
            const struct task *task = &agent->tasks[t];
            must(task->stage == TASK_FREE || task->order != 0);
            begun += task->stage >= TASK_TURNOUT;
            must(task->stage < TASK_TURNOUT || task->order == agent->current);
        }
        must(begun == (agent->current != 0));
    }
}
