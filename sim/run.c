/* run.c: the loop around one node: time, log, delivery.
 *
 * A turn at one instant:
 *   events and plans that are due send frames -> node_turn gives batches -> each is logged and stepped ->
 *   all of it is durable -> answers are delivered, which sends more frames -> ... until nothing moves.
 *
 * Truths checked by run_check():
 *   (1) what core, edge, agents and queue say of themselves
 *   (2) every answered event is in the ledger of results */
#include "sim/run.h"

#include "engine/edge/image_store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNS_MAX 10000000u /* at one instant: more means that two parts wake each other for ever */
#define START_LEAD_MS (2 * MINUTE_MS) /* people report for duty before the first event */

struct run {
    struct run_options options;
    struct node *node;
    struct log *log;
    struct city city;
    struct policy policy;
    struct run_wire wire;
    struct virtual_queue queue;
    struct report_cases cases;
    struct report_series series;
    struct rule_scores scores;
    struct run_gateways gateways;
    struct agents *agents;
    struct trace_event next_event;
    bool has_event;
    int64_t now_ms;
    int64_t latest_close_ms; /* that the truth of any event recorded */
    uint64_t position;
    int64_t from_us; /* real, of run_play */
    bool is_over;
    struct run_numbers numbers; /* what is not told by the rest */
};

struct run_options run_options_default(void)
{
    return (struct run_options){
        .seed = 1, .until_ms = NEVER_MS, .drain_ms = DAY_MS, .keep_records = true};
}

/* ---- callbacks ---- */

static void send_frame(void *context, uint32_t client, const void *frame, size_t size)
{
    struct run *run = context;
    node_receive(run->node, &client, sizeof client, frame, size, run->now_ms);
}

static void see_effect(void *context, uint64_t position, const struct effect *effect)
{
    struct run *run = context;
    must(position > 0);
    run->numbers.effects++;
    run->numbers.effects_digest = effect_digest(run->numbers.effects_digest, effect);
    const uint32_t record = report_cases_see(&run->cases, effect);
    report_series_see(&run->series, &run->cases, effect);
    if (run->options.keep_records) {
        rule_scores_see(&run->scores, effect);
    }
    if (record != NONE32) {
        agents_case(run->agents, record, run->now_ms);
    }
    if (effect->kind == EFFECT_TIMELINE) {
        agents_line(run->agents, &effect->of.timeline, run->now_ms);
    }
    if (effect->kind == EFFECT_ITEM && effect->of.item.person != NONE32) {
        agents_told(run->agents, effect->of.item.person, run->now_ms);
    }
}

static bool wants_safety(void *context, uint32_t rule)
{
    const struct run *run = context;
    return rule != NONE32 && run->policy.rules[rule].sla.make_safe.value > 0;
}

static int64_t recorded_close(void *context, uint32_t truth)
{
    const struct run *run = context;
    must(truth < run->gateways.event_count);
    const struct event_record *event = &run->gateways.events[truth];
    const json_t *closed = json_object_get(event->truth, "closed_ms");
    return json_is_integer(closed) ? event->at_ms + json_integer_value(closed) : NEVER_MS;
}

/* ---- the log ---- */

static enum err append(struct run *run, const struct node_batch *batch)
{
    uint64_t position = run->position + 1;
    if (run->log != NULL) {
        const enum err err =
            log_encode(run->log, batch->time_ms, LOG_BATCH, batch->payload, batch->payload_size,
                       batch->places, batch->places_size, &position);
        if (err != ERR_OK) {
            return err;
        }
        must(position == run->position + 1);
    }
    run->position = position;
    run->numbers.log_bytes += batch->payload_size + batch->places_size;
    node_appended(run->node, position, batch->time_ms);
    return ERR_OK;
}

static enum err make_durable(struct run *run)
{
    uint64_t durable = run->position;
    if (run->log != NULL) {
        struct log_group *group = log_take_group(run->log);
        if (group == NULL) {
            return ERR_OK;
        }
        const enum err err = log_write_group(run->log, group, &durable);
        if (err != ERR_OK) {
            return err;
        }
    }
    node_durable(run->node, durable);
    return ERR_OK;
}

/* ---- a turn ---- */

static void check_all(struct run *run)
{
    core_check(node_core(run->node));
    node_check(run->node);
    agents_check(run->agents);
    virtual_queue_check(&run->queue);
    uint64_t answered = 0;
    for (size_t i = 0; i < COUNT_OF(run->gateways.by_code); i++) {
        answered += run->gateways.by_code[i];
    }
    must(answered == run->gateways.answered);
    must(answered <= run->gateways.seen);
    run->numbers.checks++;
}

static bool deliver(struct run *run)
{
    struct node_output output;
    if (!node_next_output(run->node, &output)) {
        return false;
    }
    uint32_t client;
    must(output.route_size == sizeof client);
    must(output.position <= node_durable_position(run->node));
    memcpy(&client, output.route, sizeof client);
    const Gridloop__Wire__Answer *answer = run_wire_open(&run->wire, output.bytes, output.size);
    if (client < run->gateways.client_first) {
        agents_answer(run->agents, client, answer, run->now_ms);
    } else {
        run_gateways_answer(&run->gateways, client, answer, run->now_ms);
    }
    return true;
}

/* Appends, steps and answers until nothing moves at this instant. */
static enum err settle(struct run *run)
{
    for (uint32_t turn = 0;; turn++) {
        struct node_batch batch;
        bool has_moved = false;
        must(turn < TURNS_MAX);
        while (node_turn(run->node, run->now_ms, &batch)) {
            const uint64_t before = run->position;
            const enum err err = append(run, &batch);
            if (err != ERR_OK) {
                return err;
            }
            has_moved = true;
            const uint32_t every = run->options.check_every;
            if (every > 0 && before / every != run->position / every) {
                check_all(run);
            }
        }
        const enum err err = make_durable(run);
        if (err != ERR_OK) {
            return err;
        }
        while (deliver(run)) {
            has_moved = true;
        }
        if (!has_moved) {
            return ERR_OK;
        }
    }
}

static enum err read_event(struct run *run)
{
    if (run->options.trace == NULL) {
        run->has_event = trace_generator_next(run->options.generator, &run->next_event);
        return ERR_OK;
    }
    const enum err err = trace_reader_next(run->options.trace, &run->next_event);
    run->has_event = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Desks that close as recorded need the run to last that long. */
static void note_close(struct run *run)
{
    if (run->options.rates->close_as_recorded) {
        const int64_t closed_ms = recorded_close(run, run->gateways.event_count - 1);
        run->latest_close_ms =
            closed_ms == NEVER_MS ? run->latest_close_ms : max_i64(run->latest_close_ms, closed_ms);
    }
}

static enum err feed_events(struct run *run)
{
    while (run->has_event && run->next_event.at_ms <= run->now_ms) {
        enum err err = run_gateways_add(&run->gateways, &run->next_event);
        if (err != ERR_OK) {
            return err;
        }
        run->numbers.last_event_ms = run->now_ms;
        note_close(run);
        err = read_event(run);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

static void run_plans(struct run *run)
{
    struct plan_entry plan;
    while (virtual_queue_take(&run->queue, run->now_ms, &plan)) {
        if (plan.kind < AGENTS_PLAN_LIMIT) {
            agents_run(run->agents, &plan, run->now_ms);
        } else {
            must(plan.kind == GATEWAYS_PLAN_RESEND);
            run_gateways_resend(&run->gateways, plan.who);
        }
    }
}

/* The instant of the next turn; NEVER_MS when the run is over. */
static int64_t next_instant(const struct run *run)
{
    int64_t next_ms = min_i64(virtual_queue_next_ms(&run->queue), node_next_wake_ms(run->node));
    if (run->has_event) {
        next_ms = min_i64(next_ms, run->next_event.at_ms);
    } else if (core_counts_now(node_core(run->node))->open_now == 0 &&
               run->gateways.answered == run->gateways.seen) {
        return NEVER_MS;
    } else if (next_ms > add_clamped(max_i64(run->numbers.last_event_ms, run->latest_close_ms),
                                     run->options.drain_ms)) {
        return NEVER_MS;
    }
    return next_ms > run->options.until_ms ? NEVER_MS : next_ms;
}

static enum err play(struct run *run)
{
    enum err err = settle(run);
    int64_t hour = div_floor(run->now_ms, HOUR_MS);
    for (;;) {
        const int64_t next_ms = next_instant(run);
        if (err != ERR_OK || next_ms == NEVER_MS) {
            return err;
        }
        run->now_ms = max_i64(run->now_ms, next_ms);
        err = feed_events(run);
        if (err != ERR_OK) {
            return err;
        }
        run_plans(run);
        err = settle(run);
        if (div_floor(run->now_ms, HOUR_MS) != hour && run->options.progress != NULL) {
            hour = div_floor(run->now_ms, HOUR_MS);
            run->options.progress(run->options.context, run->now_ms, run->gateways.seen);
        }
    }
}

static int64_t real_us(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

enum err run_play(struct run *run)
{
    run->from_us = real_us();
    const enum err err = play(run);
    run->numbers.real_us = real_us() - run->from_us;
    run->is_over = true;
    run->numbers.state_digest = core_digest(node_core(run->node));
    if (err == ERR_OK && run->options.check_every > 0) {
        check_all(run);
    }
    return err;
}

/* ---- life ---- */

/* Limits that hold this city, whatever its size. */
static struct limits limits_of(const struct city *city, const struct policy *policy)
{
    struct limits limits = limits_default();
    limits.workers = limits.workers < city->person_count ? city->person_count : limits.workers;
    limits.gateways = limits.gateways < city->gateway_count ? city->gateway_count : limits.gateways;
    limits.districts =
        limits.districts <= city->unit_count ? city->unit_count + 1 : limits.districts;
    const uint32_t rows[] = {city->device_count, city->asset_count, city->cell_count,
                             policy->rule_count};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        limits.image_rows = limits.image_rows < rows[i] ? rows[i] : limits.image_rows;
    }
    return limits;
}

/* The log names its images by digest: without them beside it, nobody could replay it. They come second: images
 * without a log are taken for a log that was lost. */
static enum err open_log(struct run *run)
{
    const struct run_options *options = &run->options;
    const struct log_options log_options = log_options_default();
    struct log_fault fault;
    uint64_t cut_bytes;
    enum err err = log_open(options->disk, &log_options, &run->log, &cut_bytes, &fault);
    if (err == ERR_OK) {
        err = image_store_put(options->disk, options->city_bytes, options->city_size,
                              run->city.image.digest);
    }
    if (err == ERR_OK) {
        err = image_store_put(options->disk, options->policy_bytes, options->policy_size,
                              run->policy.image.digest);
    }
    return err;
}

static enum err open_node(struct run *run)
{
    struct node_options options = node_options_default();
    options.limits = limits_of(&run->city, &run->policy);
    run->numbers.core_bytes = core_size(&options.limits);
    enum err err = node_open(&options, &run->node);
    if (err != ERR_OK) {
        return err;
    }
    node_observe(run->node, (struct node_observer){.see = see_effect, .context = run});
    err = node_activate(run->node, run->options.city_bytes, run->options.city_size,
                        run->options.policy_bytes, run->options.policy_size);
    return err == ERR_OK && run->options.disk != NULL ? open_log(run) : err;
}

#define LINE_GOOD 100u /* more than any share that a plan asks for, and not "no" */

static uint32_t read_checklist(void *context, struct case_no no, struct run_act *out_acts,
                               uint32_t limit)
{
    const struct run *run = context;
    uint32_t answered = 0;
    const struct image_range checks = core_case_checks(node_core(run->node), no, &answered);
    const uint32_t count = checks.count < limit ? checks.count : limit;
    for (uint32_t i = 0; i < count; i++) {
        const struct policy_check *check = &run->policy.checks[checks.first + i];
        out_acts[i] = (struct run_act){.action = ACTION_PLAN_ANSWER,
                                       .amount = LINE_GOOD,
                                       .has_photo = (check->flags & CHECK_LINE_EVIDENCE) != 0};
        (void)snprintf(out_acts[i].subject, sizeof out_acts[i].subject, "%.*s", (int)check->id.size,
                       policy_text(&run->policy, check->id));
    }
    return count;
}

static enum err open_people(struct run *run)
{
    const struct agents_options options = {.city = &run->city,
                                           .rates = run->options.rates,
                                           .cases = &run->cases,
                                           .wire = &run->wire,
                                           .queue = &run->queue,
                                           .recorded_close = recorded_close,
                                           .wants_safety = wants_safety,
                                           .checklist = read_checklist,
                                           .context = run,
                                           .seed = run->options.seed,
                                           .stale_fix_ms = run->policy.info->stale_fix_ms,
                                           .start_ms = run->now_ms};
    return agents_new(&options, &run->agents);
}

static enum err open_all(struct run *run)
{
    enum err err = city_open(run->options.city_bytes, run->options.city_size, &run->city);
    if (err == ERR_OK) {
        err = policy_open(run->options.policy_bytes, run->options.policy_size, &run->city,
                          &run->policy);
    }
    if (err == ERR_OK) {
        err = read_event(run);
    }
    if (err == ERR_OK) {
        err = run_wire_init(&run->wire, send_frame, run);
    }
    if (err != ERR_OK) {
        return err;
    }
    run->now_ms = run->has_event ? run->next_event.at_ms - START_LEAD_MS : 0;
    run->numbers.first_ms = run->now_ms;
    if (run->options.until_is_span) {
        run->options.until_ms = add_clamped(run->now_ms + START_LEAD_MS, run->options.until_ms);
    }
    run->numbers.last_event_ms = run->now_ms;
    run->latest_close_ms = run->now_ms;
    report_series_init(&run->series, run->city.cell_count);
    rule_scores_init(&run->scores, run->policy.rule_count);
    run_gateways_init(&run->gateways, &run->wire, &run->queue, &run->cases, run->city.person_count);
    run->gateways.keep_truth = run->options.keep_truth || run->options.rates->close_as_recorded;
    err = open_node(run);
    return err == ERR_OK ? open_people(run) : err;
}

enum err run_new(const struct run_options *options, struct run **out_run)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return ERR_MEMORY;
    }
    run->options = *options;
    virtual_queue_init(&run->queue);
    const bool needs_records =
        options->keep_records || options->keep_truth || options->rates->close_as_recorded;
    report_cases_init(&run->cases, !needs_records);
    const enum err err = open_all(run);
    if (err != ERR_OK) {
        run_free(run);
        return err;
    }
    *out_run = run;
    return ERR_OK;
}

void run_free(struct run *run)
{
    if (run == NULL) {
        return;
    }
    agents_free(run->agents);
    node_close(run->node);
    if (run->log != NULL) {
        log_close(run->log);
    }
    run_gateways_fini(&run->gateways);
    report_cases_fini(&run->cases);
    report_series_fini(&run->series);
    rule_scores_fini(&run->scores);
    virtual_queue_fini(&run->queue);
    run_wire_fini(&run->wire);
    free(run);
}

/* ---- afterwards ---- */

struct run_numbers run_numbers_now(const struct run *run)
{
    struct run_numbers numbers = run->numbers;
    numbers.real_us = run->is_over ? numbers.real_us : real_us() - run->from_us;
    numbers.end_ms = run->now_ms;
    numbers.entries = run->position;
    numbers.frames = run->wire.sent;
    return numbers;
}

const struct node *run_node(const struct run *run)
{
    return run->node;
}

const struct report_cases *run_cases(const struct run *run)
{
    return &run->cases;
}

const struct rule_scores *run_scores(const struct run *run)
{
    return &run->scores;
}

const struct report_series *run_series(const struct run *run)
{
    return &run->series;
}

const struct run_gateways *run_gateways_of(const struct run *run)
{
    return &run->gateways;
}

const struct agents *run_agents(const struct run *run)
{
    return run->agents;
}

const struct city *run_city(const struct run *run)
{
    return &run->city;
}

const struct policy *run_policy(const struct run *run)
{
    return &run->policy;
}
