/* bench_history.c: see bench_history.h.
 *
 * The records of one ordinary case: a report opens it; an offer with six candidates; accepted, arrived, done; a check
 * offered, accepted and passed; it leaves the engine. Rows number into a synthetic city. What the core and the log cost is left out:
 * the history has a thread of its own. Log positions go up with every command, as they do for an engine with little
 * group commit, and a transaction holds 50,000 records, as in history_thread.c. */
#include "engine/cli/bench_history.h"

#include "engine/shell/history.h"
#include "sim/bench/bench_city.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COMMIT_RECORDS 50000u
#define CANDIDATES 6u
#define BAR_CASES_PER_S 20000.0
#define START_MS INT64_C(1772497200000) /* 2026-03-03 08:20 in Shanghai */

struct player {
    const struct bench_city *city;
    struct history *history;
    uint64_t position;
    int64_t at_ms;
    uint32_t taken;
    enum err err;
    struct case_view view;
    uint32_t handler, checker;
};

static enum err load_image(void *context, struct hash128 digest, void **out_bytes,
                           uint64_t *out_size)
{
    const struct bench_city *city = context;
    bool is_city = hash128_is_equal(digest, city->city.image.digest);
    const void *bytes = is_city ? city->city_bytes : city->policy_bytes;
    *out_size = is_city ? city->city_size : city->policy_size;
    *out_bytes = aligned_alloc(64, (*out_size + 63) & ~UINT64_C(63));
    if (*out_bytes == NULL) {
        return ERR_MEMORY;
    }
    memcpy(*out_bytes, bytes, *out_size);
    return ERR_OK;
}

static void put(struct player *player, struct history_record record)
{
    record.position = player->position;
    record.at_ms = player->at_ms;
    player->taken++;
    player->err = player->err == ERR_OK ? history_take(player->history, &record) : player->err;
}

/* The next log entry, some seconds later. */
static void next_entry(struct player *player)
{
    if (player->taken >= COMMIT_RECORDS && player->err == ERR_OK) {
        player->err = history_commit(player->history, player->position);
        player->taken = 0;
    }
    player->position++;
    player->at_ms += 7 * SECOND_MS;
}

static struct effect effect_of(const struct player *player, enum effect_kind kind)
{
    struct effect effect;
    memset(&effect, 0, sizeof effect);
    effect.kind = kind;
    effect.at_ms = player->at_ms;
    return effect;
}

struct act {
    enum action action;
    enum case_state state;
    uint32_t actor;
    uint64_t order;
    enum order_kind order_kind;
};

static void say(struct player *player, const struct act *act)
{
    const struct case_view *view = &player->view;
    struct effect effect = effect_of(player, EFFECT_TIMELINE);
    bool is_offer = act->action == ACTION_OFFER;
    effect.of.timeline =
        (struct effect_timeline){.case_no = view->no,
                                 .order = act->order,
                                 .action = (uint16_t)act->action,
                                 .state_before = (uint8_t)view->state,
                                 .state = (uint8_t)act->state,
                                 .order_kind = (uint8_t)act->order_kind,
                                 .severity = view->severity,
                                 .clock = CLOCK_HANDLE,
                                 .actor = is_offer ? NONE32 : act->actor,
                                 .gateway = act->action == ACTION_OPEN ? 0 : NONE32,
                                 .subject = is_offer ? act->actor : NONE32,
                                 .post = NONE32,
                                 .holder = {HOLDER_PERSON, player->handler},
                                 .rule = view->rule,
                                 .class_row = view->class_row,
                                 .cell = view->cell,
                                 .asset = view->asset,
                                 .device = view->device,
                                 .place = view->place,
                                 .deadline_ms = player->at_ms + HOUR_MS,
                                 .distance_cm = is_offer ? 42000 : -1,
                                 .event_count = 1};
    put(player, (struct history_record){.kind = HISTORY_EFFECT, .effect = &effect});
    player->view.state = act->state;
}

static void decide(struct player *player, uint64_t order, enum order_kind kind)
{
    struct effect effect = effect_of(player, EFFECT_DECISION);
    struct effect_decision *decision = &effect.of.decision;
    decision->case_no = player->view.no;
    decision->order = order;
    decision->rule = player->view.rule;
    decision->order_kind = (uint8_t)kind;
    decision->considered = decision->candidate_count = CANDIDATES;
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        decision->candidates[i] = (struct effect_candidate){
            .person = (player->handler + i) % player->city->city.person_count,
            .code = (uint16_t)(i == 0 ? CODE_ELIGIBLE : CODE_AT_CAPACITY),
            .load = 1,
            .capacity = 3,
            .distance_cm = 42000 + i * 1000,
            .travel_ms = 300000};
    }
    put(player, (struct history_record){.kind = HISTORY_EFFECT, .effect = &effect});
}

static void answer(struct player *player, enum code code)
{
    struct effect effect = effect_of(player, EFFECT_RESULT);
    effect.of.result = (struct effect_result){.principal = player->city->city.gateways[0].id_hash,
                                              .epoch = 1,
                                              .seq = player->position,
                                              .code = (uint16_t)code,
                                              .case_no = player->view.no};
    put(player, (struct history_record){.kind = HISTORY_EFFECT, .effect = &effect});
}

static void settle(struct player *player, const struct act *act)
{
    struct order_view order = {.number = act->order,
                               .case_no = player->view.no,
                               .kind = act->order_kind,
                               .state = ORDER_ACCEPTED,
                               .person = act->actor,
                               .is_lead = true,
                               .offered_at_ms = player->at_ms,
                               .deadline_ms = NEVER_MS};
    put(player, (struct history_record){.kind = HISTORY_CASE, .view = &player->view});
    if (act->order != 0) {
        put(player, (struct history_record){.kind = HISTORY_ORDER, .order = &order});
    }
}

static void act_and_settle(struct player *player, const struct act *act)
{
    next_entry(player);
    say(player, act);
    answer(player, act->action == ACTION_OPEN ? CODE_OPENED : CODE_DONE);
    settle(player, act);
}

static void open_case(struct player *player, uint32_t serial)
{
    const struct city *city = &player->city->city;
    uint32_t asset = serial % city->asset_count;
    player->handler = serial % city->person_count;
    player->checker = (serial + 1) % city->person_count;
    player->view = (struct case_view){.no = {110108, 20260303, serial},
                                      .state = CASE_REPORTED,
                                      .holder = {HOLDER_PERSON, player->handler},
                                      .rule = serial % player->city->policy.rule_count,
                                      .class_row = serial % city->class_count,
                                      .cell = city->assets[asset].cell,
                                      .asset = asset,
                                      .device = serial % city->device_count,
                                      .severity = 3,
                                      .place = {city->assets[asset].lon, city->assets[asset].lat},
                                      .opened_at_ms = player->at_ms,
                                      .onset_at_ms = player->at_ms,
                                      .event_count = 1,
                                      .clock = CLOCK_HANDLE,
                                      .deadline_ms = player->at_ms + HOUR_MS};
}

/* A life in ten commands. */
static void play_case(struct player *player, uint32_t serial)
{
    open_case(player, serial);
    const uint64_t handle = serial * 2u, check = serial * 2u + 1;
    const uint32_t handler = player->handler, checker = player->checker;
    const struct act open = {ACTION_OPEN, CASE_DISPATCHING, NONE32, 0, 0};
    const struct act offer = {ACTION_OFFER, CASE_DISPATCHING, handler, handle, KIND_HANDLE};
    const struct act ask = {ACTION_OFFER, CASE_CHECKING, checker, check, KIND_CHECK_RESULT};
    const struct act acts[] = {{ACTION_ACCEPT, CASE_ASSIGNED, handler, handle, KIND_HANDLE},
                               {ACTION_ARRIVE, CASE_ON_SITE, handler, handle, KIND_HANDLE},
                               {ACTION_DONE, CASE_CHECKING, handler, handle, KIND_HANDLE}};
    const struct act last[] = {{ACTION_ACCEPT, CASE_CHECKING, checker, check, KIND_CHECK_RESULT},
                               {ACTION_ARRIVE, CASE_CHECKING, checker, check, KIND_CHECK_RESULT},
                               {ACTION_CHECK_PASS, CASE_CLOSED, checker, check, KIND_CHECK_RESULT}};
    act_and_settle(player, &open);
    decide(player, handle, KIND_HANDLE);
    say(player, &offer);
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        act_and_settle(player, &acts[i]);
    }
    decide(player, check, KIND_CHECK_RESULT);
    say(player, &ask);
    player->view.handled_at_ms = player->at_ms;
    for (size_t i = 0; i < COUNT_OF(last); i++) {
        player->view.closed_at_ms = i + 1 == COUNT_OF(last) ? player->at_ms : 0;
        act_and_settle(player, &last[i]);
    }
    next_entry(player);
    say(player, &(struct act){ACTION_RETIRE, CASE_CLOSED, NONE32, 0, 0});
}

static enum err measure(const struct bench_city *city, const char *path, uint32_t cases,
                        double *out_cases_per_s)
{
    struct player player = {.city = city, .at_ms = START_MS};
    struct history_fault fault;
    struct bench_city *images = NULL;
    memcpy(&images, &city, sizeof city); /* the loader's context is not const */
    struct history_options options = {
        .path = path, .log_salt = 1, .log_position = INT64_MAX, .images = {load_image, images}};
    player.err = history_open(&options, &player.history, &fault);
    if (player.err != ERR_OK) {
        return player.err;
    }
    next_entry(&player);
    put(&player, (struct history_record){.kind = HISTORY_IMAGES,
                                         .images = {.city = city->city.image.digest,
                                                    .policy = city->policy.image.digest}});
    const int64_t start_ns = bench_now_ns();
    for (uint32_t i = 1; player.err == ERR_OK && i <= cases; i++) {
        play_case(&player, i);
    }
    if (player.err == ERR_OK) {
        player.err = history_commit(player.history, player.position);
    }
    *out_cases_per_s = cases / ((double)(bench_now_ns() - start_ns) / 1e9);
    history_close(player.history);
    return player.err;
}

enum err bench_history(struct bench *bench)
{
    struct bench_city *city = NULL;
    struct bench_row row = {.group = "history",
                            .name = "closed cases written",
                            .unit = "/s",
                            .bar_kind = BENCH_AT_LEAST,
                            .bar = BAR_CASES_PER_S};
    char path[400], other[416];
    const uint32_t cases = bench_scale(bench, 20000, 5000, 100);
    (void)snprintf(row.note, sizeof row.note, "%u cases, 8 acts, 2 decisions of %u candidates each",
                   cases, CANDIDATES);
    enum err err = bench_city_new(bench_seed(bench), CITY_SMALL, &city);
    for (uint32_t i = 0; err == ERR_OK && i < bench_runs(bench); i++) {
        double cases_per_s = 0;
        (void)snprintf(path, sizeof path, "%s/history.db", city->directory.path);
        err = measure(city, path, cases, &cases_per_s);
        bench_value(&row, cases_per_s);
        (void)unlink(path);
        (void)snprintf(other, sizeof other, "%s-wal", path);
        (void)unlink(other);
        (void)snprintf(other, sizeof other, "%s-shm", path);
        (void)unlink(other);
    }
    if (err == ERR_OK) {
        bench_add(bench, &row);
    }
    bench_city_free(city);
    return err;
}
