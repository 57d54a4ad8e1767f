/* core.c: the step: due timers first, then the command, each decided wholly or not at all.
 *
 * Truths checked by core_check():
 *   (1) Every open case has exactly one holder and its CLOCK timer armed (law 6).
 *   (2) A case held by a person has an active order of that person, or a check or verify order of theirs; whoever
 *       accepted the lead order holds the case.
 *   (3) The clock that binds an open case is the one of its state.
 *   (4) Ledgers add up: events by result, cases by state.
 *   (5) What each module's own check says. */
#include "engine/core/core.h"

#include "engine/core/absences.h"
#include "engine/core/acts.h"
#include "engine/core/assign_round.h"
#include "engine/core/burden.h"
#include "engine/core/case_extras.h"
#include "engine/core/cases.h"
#include "engine/core/clocks.h"
#include "engine/core/confirm.h"
#include "engine/core/contacts.h"
#include "engine/core/dispute.h"
#include "engine/core/firing.h"
#include "engine/core/flow.h"
#include "engine/core/groups.h"
#include "engine/core/inhibits.h"
#include "engine/core/intake.h"
#include "engine/core/keyring.h"
#include "engine/core/late_reports.h"
#include "engine/core/ledger.h"
#include "engine/core/links.h"
#include "engine/core/marks.h"
#include "engine/core/memory.h"
#include "engine/core/orders.h"
#include "engine/core/pause.h"
#include "engine/core/plans.h"
#include "engine/core/rehome.h"
#include "engine/core/remap.h"
#include "engine/core/rulings.h"
#include "engine/core/silences.h"
#include "engine/core/sources.h"
#include "engine/core/waits.h"
#include "engine/core/watch.h"
#include "engine/core/window_rows.h"
#include "engine/core/workers.h"

static void lay_out(struct core *core, struct arena *arena, const struct limits *limits)
{
    cases_init(&core->cases, arena, limits);
    extras_init(&core->extras, arena, limits->case_extras);
    orders_init(&core->orders, arena, limits);
    workers_init(&core->workers, arena, limits);
    marks_init(&core->marks, arena, limits);
    contacts_init(&core->contacts, arena, limits);
    memory_init(&core->event_ids, arena, limits->event_ids);
    memory_init(&core->dedupe, arena, limits->dedupe_keys);
    windows_init(&core->windows, arena, limits);
    waits_init(&core->waits, arena, limits);
    sources_init(&core->sources, arena, limits->sources);
    disputes_init(&core->disputes, arena, limits);
    rulings_init(&core->rulings, arena, limits);
    ledger_init(&core->objects, arena, limits);
    burden_init(&core->burdens, arena, limits);
    timers_init(&core->timers, arena,
                limits->cases * CASE_TIMER_COUNT + limits->orders + limits->plans +
                    limits->plan_tasks + limits->late_reports + limits->waits + limits->groups +
                    1); /* of the rounds */
    plans_init(&core->plans, arena, limits);
    road_walks_init(&core->road_walks, arena, limits->road_nodes);
    silences_init(&core->silences, arena, limits);
    keyring_init(&core->keyring, arena, limits);
    inhibits_init(&core->inhibits, arena, limits);
    groups_init(&core->groups, arena, limits);
    rounds_init(&core->rounds, arena, limits);
    core->remap_limit = remap_rows_for(limits);
    core->remap = arena_take(arena, sizeof(uint32_t) * 3, core->remap_limit);
}

size_t core_size(const struct limits *limits)
{
    struct arena arena = {.base = NULL};
    struct core measured;
    memset(&measured, 0, sizeof measured);
    (void)arena_take(&arena, sizeof(struct core), 1);
    lay_out(&measured, &arena, limits);
    return arena.used;
}

_Static_assert(PERSON_WORKER_MAX == 16777215 && REMAP_ROWS_MIN == 4096 &&
                   EVENTS_PER_COMMAND_MAX == 1000,
               "the sentences say these");

const char *core_limits_fault(const struct limits *limits)
{
    if (limits->workers > PERSON_WORKER_MAX) { /* a case keeps them in so many bits */
        return "workers must be 16777215 at most";
    }
    if (limits->window_rules > REMAP_ROWS_MIN) { /* activation maps them in the scratch of rows */
        return "window_rules must be 4096 at most";
    }
    if (limits->case_events > UINT16_MAX) { /* results keep a report's number in 16 bits */
        return "case_events must be 65535 at most";
    }
    if (limits->batch_events > EVENTS_PER_COMMAND_MAX) {
        return "batch_events must be 1000 at most";
    }
    if (limits->round_pairs / 2 < limits->round_orders) {
        return "round_pairs must be at least twice round_orders";
    }
    return NULL;
}

struct core *core_init_zeroed(void *block, size_t size, const struct limits *limits)
{
    must(((uintptr_t)block & (ARENA_ALIGN - 1)) == 0);
    must(size >= core_size(limits));
    must(limits->cases > 0 && limits->orders > 0 && limits->workers > 0);
    must(limits->gateways > 0 && limits->districts > 0 && limits->tick_operations > 0);
    must(limits->event_ids > 0 && limits->dedupe_keys > 0 && limits->contacts > 0);
    must(limits->sources > 0);
    must(limits->window_keys > 0 && limits->window_samples > 0 && limits->waits > 0);
    must(limits->disputes > 0 && limits->rulings > 0);
    must(limits->objects > 0 && limits->burdens > 0);
    must(limits->keys > 0 && limits->silences > 0 && limits->inhibits > 0 && limits->groups > 0);
    must(limits->plans > 0 && limits->plan_tasks > 0 && limits->late_reports > 0);
    must(limits->round_orders > 0 && limits->batches_kept > 0);
    must(core_limits_fault(limits) == NULL);
    struct arena arena = {.base = block, .size = size};
    struct core *core = arena_take(&arena, sizeof(struct core), 1);
    core->limits = *limits;
    core->now_ms = INT64_MIN;
    lay_out(core, &arena, limits);
    core->event_ids.horizon_ms = INT64_MIN;
    core->dedupe.horizon_ms = INT64_MIN;
    return core;
}

struct core *core_init(void *block, size_t size, const struct limits *limits)
{
    must((uintptr_t)block % 64 == 0); /* before the first byte is written */
    memset(block, 0, size);
    return core_init_zeroed(block, size, limits);
}

enum err core_stage_city(struct core *core, const void *bytes, uint64_t size)
{
    struct city city;
    core->has_staged_city = core->has_staged_policy = false; /* a policy belongs to one city */
    enum err err = city_open(bytes, size, &city);
    if (err == ERR_OK && (!workers_fit(core, &city) || !marks_fit(core, &city))) {
        err = ERR_FULL;
    }
    if (err == ERR_OK && city.road_node_count > core->limits.road_nodes) {
        err = ERR_TOO_LARGE;
    }
    if (err == ERR_OK) {
        core->staged_city = city;
        core->has_staged_city = true;
    }
    return err;
}

enum err core_stage_policy(struct core *core, const void *bytes, uint64_t size)
{
    struct policy policy;
    core->has_staged_policy = false;
    if (!core->has_staged_city) {
        return ERR_NOT_FOUND;
    }
    enum err err = policy_open(bytes, size, &core->staged_city, &policy);
    if (err == ERR_OK && (!remap_fits(core, &core->staged_city, &policy) ||
                          !plans_fit(core, &policy) || !windows_fit(core, &policy))) {
        err = ERR_TOO_LARGE;
    }
    if (err == ERR_OK) {
        core->staged_policy = policy;
        core->has_staged_policy = true;
    }
    return err;
}

/* ---- commands ---- */

static void find_fastest(struct core *core)
{
    const struct city *city = state_city(core);
    core->fastest_mm_per_s = 1;
    for (uint32_t i = 0; i < city->mode_count; i++) {
        const struct city_mode *mode = &city->modes[i];
        core->fastest_mm_per_s =
            max_i64(core->fastest_mm_per_s,
                    mul_div(mode->speed_mm_per_s, 1000, max_i64(1, mode->detour_permille)) + 1);
    }
    if (roads_are_known(city)) {
        core->fastest_mm_per_s = max_i64(core->fastest_mm_per_s, city->road_grid->fastest_mm_per_s);
    }
}

/* A pair that the log names but that was not staged is a bug or a damaged store; whatever else could be wrong with a
 * pair was refused when it was staged. */
static void activate(struct core *core, const struct command *command)
{
    const struct activate_body *body = command->body.activate;
    must(core->has_staged_city && hash128_is_equal(core->staged_city.image.digest, body->city));
    must(core->has_staged_policy &&
         hash128_is_equal(core->staged_policy.image.digest, body->policy));
    const uint32_t slot = core->has_images ? 1 - core->slot : 0;
    core->cities[slot] = core->staged_city;
    core->policies[slot] = core->staged_policy;
    const bool is_first = !core->has_images;
    core->slot = slot;
    core->has_images = true;
    core->has_staged_city = core->has_staged_policy = false;
    core->facts_digest = command_facts_digest(body->city, body->policy);
    find_fastest(core);
    workers_adopt(core);
    marks_adopt(core);
    plans_adopt(core);
    windows_adopt(core, is_first ? NULL : &core->policies[1 - slot]);
    if (!is_first) {
        remap_rows(core);
        if (!hash128_is_equal(core->cities[1 - slot].image.digest, body->city)) {
            rehome_begin(core);
        }
    }
    rounds_adopt(core);
    const struct effect effect = {.kind = EFFECT_ACTIVATED,
                                  .at_ms = core->now_ms,
                                  .of.activated = {.city = body->city,
                                                   .policy = body->policy,
                                                   .by = command->head->principal}};
    state_emit(core, &effect);
}

static void emit_result(struct core *core, const struct effect_result *result)
{
    struct effect effect; /* not cleared: larger effects share its room */
    effect.kind = EFFECT_RESULT;
    effect.at_ms = core->now_ms;
    effect.of.result = *result;
    state_emit(core, &effect);
}

static struct effect_result result_for(const struct command_head *head)
{
    return (struct effect_result){
        .principal = head->principal, .epoch = head->epoch, .seq = head->seq};
}

static void refuse(struct core *core, const struct command_head *head, enum code code)
{
    struct effect_result result = result_for(head);
    result.code = (uint16_t)code;
    emit_result(core, &result);
}

/* The tables of event ids, dedupe windows and cases are larger than any cache: what an event will look up is asked for while others
 * before it are decided. */
#define LOOK_AHEAD 12u
#define LOOK_CLOSER 6u
#define AHEAD_EVENTS 16u /* more than LOOK_AHEAD */

/* An event that will be decided soon. */
struct soon {
    struct event event;
    struct event_ahead ahead;
};

static void look_ahead(const struct core *core, struct soon *soon, uint32_t before)
{
    memory_prefetch(&core->event_ids, soon->event.head->id, before);
    firing_look_ahead(core, &soon->event, &soon->ahead);
    soon->event.ahead = &soon->ahead;
}

static void take_gateway_events(struct core *core, uint32_t mark, const struct command *command)
{
    struct marks *marks = &core->marks;
    const struct command_head *head = command->head;
    const bool is_kept = head->epoch != 0;
    const struct intake_source source = {
        .gateway = marks->rows[mark].gateway, .worker = NONE32, .has_outbox = is_kept};
    const uint32_t count = command->body.events.event_count;
    struct soon soon[AHEAD_EVENTS];
    uint64_t offset = 0;
    uint32_t seen = 0;
    if (is_kept) {
        mark_open_batch(marks, mark, head, count);
    }
    for (uint32_t index = 0; index < count; index++) {
        for (; seen < count && seen <= index + LOOK_AHEAD; seen++) {
            must(event_next(command, &offset, &soon[seen % AHEAD_EVENTS].event));
            look_ahead(core, &soon[seen % AHEAD_EVENTS], seen - index);
        }
        if (index + LOOK_CLOSER < seen) {
            firing_look_closer(core, &soon[(index + LOOK_CLOSER) % AHEAD_EVENTS].ahead);
        }
        struct effect_result result = result_for(head);
        result.index = index;
        intake_event(core, source, &soon[index % AHEAD_EVENTS].event, &result);
        if (is_kept) {
            mark_keep(marks, mark, head->seq, index, &result);
        }
        emit_result(core, &result);
    }
}

static void take_report(struct core *core, uint32_t worker, const struct command *command)
{
    const struct intake_source source = {
        .gateway = NONE32, .worker = worker, .has_outbox = command->head->epoch != 0};
    struct effect_result result = result_for(command->head);
    struct event event;
    uint64_t offset = 0;
    must(event_next(command, &offset, &event));
    core->workers.rows[worker].seen_at_ms = core->now_ms;
    intake_event(core, source, &event, &result);
    mark_keep_act(&core->workers.rows[worker], command->head->content_digest, &result);
    emit_result(core, &result);
}

/* Gives the kept results of a batch again: a resend may cross its own answer on the way. */
static void give_again(struct core *core, uint32_t mark, const struct command_head *head)
{
    struct effect_result result;
    for (uint32_t i = 0; mark_find_one(core, mark, head, i, &result); i++) {
        emit_result(core, &result);
    }
}

/* Why the whole command was not taken, answered already; CODE_NOTHING: its events were decided one by one. */
static enum code take_events(struct core *core, const struct command *command)
{
    const struct command_head *head = command->head;
    const uint32_t mark = marks_find(&core->marks, head->principal);
    const uint32_t worker = workers_find(&core->workers, head->principal);
    if (mark != NONE32 && core->marks.rows[mark].gateway != NONE32) {
        const struct mark_row *row = &core->marks.rows[mark];
        const enum code admit = mark_admit(row->epoch, row->last_seq, head->epoch, head->seq);
        if (admit == CODE_DONE) {
            give_again(core, mark, head);
            return CODE_DEDUPED;
        }
        const bool fits = command->body.events.event_count <= core->marks.batch_events;
        const enum code code = admit != CODE_NOTHING ? admit : fits ? CODE_NOTHING : CODE_TOO_LARGE;
        if (code == CODE_NOTHING) {
            take_gateway_events(core, mark, command);
        } else {
            refuse(core, head, code);
        }
        return code;
    }
    if (worker == NONE32 || worker_person(core, worker) == NULL) {
        refuse(core, head, CODE_UNKNOWN_IDENTITY);
        return CODE_UNKNOWN_IDENTITY;
    }
    const uint32_t may_report = RIGHT_WORKER | RIGHT_INSPECTOR | RIGHT_INTAKE |
                                RIGHT_DEPARTMENT_DESK | RIGHT_SHIFT_CHIEF | RIGHT_DISPATCHER;
    if ((worker_person(core, worker)->rights & may_report) == 0 ||
        command->body.events.event_count != 1) {
        refuse(core, head, CODE_NO_RIGHT);
        return CODE_NO_RIGHT;
    }
    const struct worker_row *row = &core->workers.rows[worker];
    const enum code admit = mark_admit(row->epoch, row->last_seq, head->epoch, head->seq);
    if (admit == CODE_NOTHING) {
        take_report(core, worker, command);
        return CODE_NOTHING;
    }
    struct effect_result result = result_for(head);
    if (admit != CODE_DONE ||
        mark_find_act(row, head->epoch, head->seq, head->content_digest, &result) != ERR_OK) {
        result.code = (uint16_t)admit;
    }
    emit_result(core, &result);
    return admit == CODE_DONE ? CODE_DEDUPED : admit;
}

static void take_act(struct core *core, const struct command *command)
{
    const struct command_head *head = command->head;
    const uint32_t worker = workers_find(&core->workers, head->principal);
    struct effect_result result = result_for(head);
    if (worker == NONE32 || worker_person(core, worker) == NULL) {
        refuse(core, head, CODE_UNKNOWN_IDENTITY);
        return;
    }
    struct worker_row *row = &core->workers.rows[worker];
    const enum code admit = mark_admit(row->epoch, row->last_seq, head->epoch, head->seq);
    if (admit == CODE_NOTHING) {
        row->seen_at_ms = core->now_ms;
        acts_take(core, worker, command, &result);
        mark_keep_act(row, head->content_digest, &result);
    } else if (admit != CODE_DONE || mark_find_act(row, head->epoch, head->seq,
                                                   head->content_digest, &result) != ERR_OK) {
        result.code = (uint16_t)admit;
    }
    emit_result(core, &result);
}

static void take_seen(struct core *core, const struct command *command)
{
    const uint32_t worker = workers_find(&core->workers, command->head->principal);
    if (worker != NONE32) {
        worker_seen(core, worker, command->body.seen->status, command->place,
                    command->body.seen->fix_at_ms);
    }
}

static void take_items_taken(struct core *core, const struct command *command)
{
    const uint32_t worker = workers_find(&core->workers, command->head->principal);
    if (worker == NONE32) {
        return;
    }
    struct worker_row *row = &core->workers.rows[worker];
    const uint64_t seq = command->body.items_taken->item_seq;
    if (seq > row->item_seq_taken && seq <= row->item_seq_last) {
        row->item_seq_taken = seq;
    }
}

/* Facts of events and acts must have been resolved under the pair that is active now. */
static bool needs_facts(const struct command_head *head)
{
    return head->kind == COMMAND_EVENTS || head->kind == COMMAND_ACT;
}

static void take_command(struct core *core, const struct command *command)
{
    const struct command_head *head = command->head;
    enum code refusal = CODE_NOTHING;
    if (needs_facts(head)) {
        if (!core->has_images) {
            refusal = CODE_NO_CITY;
        } else if (!hash128_is_equal(head->facts_digest, core->facts_digest)) {
            refusal = CODE_RESOLVE_AGAIN;
        }
    }
    if (refusal != CODE_NOTHING) {
        refuse(core, head, refusal);
        contacts_refuse(core, command, refusal);
        return;
    }
    switch (head->kind) {
    case COMMAND_ACTIVATE:
        activate(core, command);
        break;
    case COMMAND_EVENTS:
        refusal = take_events(core, command);
        if (refusal != CODE_NOTHING) {
            contacts_refuse(core, command, refusal);
        }
        break;
    case COMMAND_ACT:
        take_act(core, command);
        break;
    case COMMAND_SEEN:
        take_seen(core, command);
        break;
    case COMMAND_ITEMS_TAKEN:
        take_items_taken(core, command);
        break;
    case COMMAND_REHOME:
        rehome_take(core, command);
        break;
    default: /* START, TICK, CHECKPOINT: nothing to decide */
        must(head->kind == COMMAND_START || head->kind == COMMAND_TICK ||
             head->kind == COMMAND_CHECKPOINT);
        break;
    }
}

/* ---- timers ---- */

static void fire_case_timer(struct core *core, uint32_t slot, enum case_timer timer, int64_t due_ms)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    if (timer == CASE_TIMER_STEP) {
        clocks_fire_steps(core, slot);
    } else if (timer == CASE_TIMER_SEEK) {
        flow_seek(core, slot);
    } else if (timer == CASE_TIMER_SUPERVISE) {
        watch_supervise_due(core, slot, due_ms);
    } else if (timer == CASE_TIMER_DISPUTE) {
        dispute_due(core, slot, due_ms);
    } else if (row->clock == CLOCK_RETIRE) {
        if (!watch_keeps(core, slot, due_ms)) {
            flow_retire(core, slot);
        }
    } else if (row->clock == CLOCK_SUSPENDED || row->clock == CLOCK_CONTROL) {
        pause_due(core, slot, due_ms);
    } else if (row->clock == CLOCK_CONFIRM) {
        confirm_due(core, slot);
    } else if (row->clock == CLOCK_CLEARED) {
        flow_cleared_due(core, slot);
    } else {
        clocks_miss(core, slot, due_ms);
    }
}

static void fire_plan_timer(struct core *core, uint32_t id)
{
    if (id == round_timer_id(core)) {
        rounds_run(core);
    } else if (id >= group_timer_id(core, 0)) {
        groups_timer(core, id - group_timer_id(core, 0));
    } else if (id >= wait_timer_id(core, 0)) {
        absences_timer(core, id - wait_timer_id(core, 0));
    } else if (id >= late_timer_id(core, 0)) {
        lates_timer(core, id - late_timer_id(core, 0));
    } else if (id >= duty_timer_id(core, 0)) {
        plans_duty_timer(core, id - duty_timer_id(core, 0));
    } else {
        plans_timer(core, id - plan_timer_id(core, 0));
    }
}

static void fire_due_timers(struct core *core)
{
    const uint32_t first_order = core->limits.cases * CASE_TIMER_COUNT;
    /* A timer is one operation, and so is each worker that dispatching looks at because of it. */
    while (core->operations < core->limits.tick_operations) {
        const int64_t due_ms = timers_next_due_ms(&core->timers);
        const uint32_t id = timers_take_due(&core->timers, core->now_ms);
        if (id == NONE32) {
            return;
        }
        core->operations++;
        if (id >= plan_timer_id(core, 0)) {
            fire_plan_timer(core, id);
        } else if (id >= first_order) {
            flow_order_due(core, id - first_order);
        } else {
            fire_case_timer(core, id / CASE_TIMER_COUNT, (enum case_timer)(id % CASE_TIMER_COUNT),
                            due_ms);
        }
    }
}

void core_step(struct core *core, int64_t now_ms, const struct command *command,
               const struct effect_sink *sink)
{
    must(now_ms >= core->now_ms);
    must(sink != NULL && sink->emit != NULL);
    /* A batch of many commands at one instant fires no more than one TICK would. */
    if (now_ms > core->now_ms || command->head->kind == COMMAND_TICK) {
        core->operations = 0;
    }
    core->now_ms = now_ms;
    core->sink = sink;
    if (core->has_images) {
        grid_turn_shifts(&core->workers.grid, state_city(core), now_ms);
        fire_due_timers(core);
    }
    const uint32_t operations = core->operations;
    take_command(core, command);
    core->operations = operations; /* what a command looks at is no timer's */
    core->sink = NULL;
}

int64_t core_next_due_ms(const struct core *core)
{
    return timers_next_due_ms(&core->timers);
}

bool core_has_backlog(const struct core *core)
{
    return timers_next_due_ms(&core->timers) <= core->now_ms;
}

/* ---- checks ---- */

/* The clock that binds in each open state. */
static bool clock_fits(enum case_state state, enum case_clock clock)
{
    static const uint8_t clocks[CASE_STATE_COUNT] = {
        [CASE_VERIFYING] = CLOCK_VERIFY, [CASE_DISPATCHING] = CLOCK_DISPATCH,
        [CASE_ASSIGNED] = CLOCK_HANDLE,  [CASE_ON_SITE] = CLOCK_HANDLE,
        [CASE_HANDLED] = CLOCK_CLEARED,  [CASE_CHECKING] = CLOCK_CHECK};
    if (state == CASE_SUSPENDED) {
        return clock == CLOCK_SUSPENDED || clock == CLOCK_CONTROL;
    }
    return clocks[state] == clock || (state == CASE_VERIFYING && clock == CLOCK_CONFIRM);
}

static void check_case(const struct core *core, uint32_t slot)
{
    const struct case_row *row = cases_peek(&core->cases, slot);
    const bool is_terminal = case_state_is_terminal((enum case_state)row->state);
    must(timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_CLOCK)));
    must((row->holder.kind == HOLDER_NONE) == is_terminal);
    must((row->clock == CLOCK_RETIRE) == is_terminal);
    if (row->holder.kind == HOLDER_PERSON) {
        must(orders_has_worker(core, row, row->holder.index));
    } else if (row->holder.kind == HOLDER_POST) {
        must(row->holder.index < state_city(core)->post_count);
    }
    must(timers_is_armed(&core->timers, case_timer_id(slot, CASE_TIMER_SUPERVISE)) ==
         ((row->flags & CASE_IS_SUPERVISED) != 0));
    must(row->extensions <= EXTENSIONS_MAX && row->help_wanted <= HELPERS_MAX);
    must(row->state != CASE_REPORTED && row->state != CASE_FILED);
    must(is_terminal || clock_fits((enum case_state)row->state, (enum case_clock)row->clock));
    must((row->clock == CLOCK_HANDLE) == ((row->flags & CASE_HANDLE_RUNS) != 0));
    const uint32_t lead = orders_find_lead(core, row);
    const bool is_led = lead != NONE32 && orders_peek(&core->orders, lead)->state != ORDER_OFFERED;
    must(row->state != CASE_ON_SITE || is_led);
    if (is_led) {
        must(row->holder.kind == HOLDER_PERSON);
        must(row->holder.index == orders_peek(&core->orders, lead)->worker);
    }
    must(row->state != CASE_DISPATCHING || row->holder.kind == HOLDER_POST);
    must((row->state == CASE_MERGED) == !case_no_is_none(row->survivor));
    if (is_terminal || row->state == CASE_SUSPENDED) { /* a dispute goes on while its case rests */
        must(orders_count_active(core, row, is_terminal ? UINT32_MAX : ~(1u << KIND_ADJUDICATE)) ==
             0);
    }
}

void core_check(const struct core *core)
{
    uint64_t open = 0;
    timers_check(&core->timers);
    cases_check(&core->cases);
    case_extras_check(core);
    memory_check(&core->event_ids);
    memory_check(&core->dedupe);
    contacts_check(core);
    sources_check(&core->sources);
    windows_check(core);
    must(!core->has_images || waits_hold(core));
    if (!core->has_images) {
        return;
    }
    orders_check(core);
    workers_check(core);
    marks_check(core);
    disputes_check(core);
    rulings_check(core);
    ledger_check(core);
    burden_check(core);
    plans_check(core);
    silences_check(core);
    keyring_check(core);
    inhibits_check(core);
    rounds_check(core);
    groups_check(core);
    for (uint32_t slot = 0; slot < core->cases.high; slot++) {
        if (core->cases.rows[slot].is_used != 0) {
            check_case(core, slot);
            open += !case_state_is_terminal((enum case_state)core->cases.rows[slot].state);
        }
    }
    const struct core_counts *counts = &core->counts;
    must(open == counts->open_now);
    must(core->rehome_next <= core->cases.high);
    must(counts->events == counts->opened + counts->merged + counts->deduped + counts->suppressed +
                               counts->no_rule + counts->waiting + counts->reopened +
                               counts->cleared + counts->refused);
    must(counts->cases_opened + counts->reopenings == counts->open_now + counts->closed +
                                                          counts->voided + counts->forced_closed +
                                                          counts->merged_away);
    must(links_hold(core));
}
