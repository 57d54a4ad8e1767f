/* bench_core.c: a core in this process, fed through the batch writer and reader as the log feeds it; effects are read for the next
 * act and thrown away.
 *
 * The rules are two: a call anywhere opens a case of its own, for whoever is nearest; another for the gas crews, who are few.
 * The tables are those of a core of a quarter of a million cases, and nothing leaves them during a run: closed cases stay for the
 * reopen window of their class. */
#include "sim/bench/bench_core.h"

#include "engine/city/facts.h"
#include "engine/core/core.h"
#include "engine/core/choice.h"
#include "rules/compile.h"
#include "sim/bench/bench_city.h"
#include "sim/city_file.h"
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_LIMIT 262144u
#define LOOPS 2000u /* cases in one run */
#define SEARCHES 2048u
#define START_MS INT64_C(1772497200000) /* a Tuesday, 08:20 in Shanghai */
#define OFFERS_MAX 64u

struct driver {
    struct bench_city *city;
    struct policy policy;
    void *policy_bytes;
    size_t policy_size;
    void *block;
    struct core *core;
    struct random random;
    int64_t now_ms;
    uint64_t gateway_seq;
    uint64_t *seqs; /* acts, by person */
    uint64_t event_number;
    uint16_t type_call, type_gas;
    uint8_t *payload;
    /* offers heard of and not yet acted on */
    struct {
        uint32_t person;
        uint64_t order;
        uint64_t item_seq;
    } offers[OFFERS_MAX];
    uint32_t offer_count;
    uint16_t last_code;
};

static const char RULES[] =
    "ruleset: 1\n"
    "defaults:\n"
    "  check: {role: inspector, search: [grid, street, district, city], pick: nearest}\n"
    "events:\n"
    "  camera.bench_call: {title: t, lane: report}\n"
    "  camera.bench_gas: {title: t, lane: report}\n"
    "rules:\n"
    "- id: bench.call\n"
    "  title: t\n"
    "  owner: dept.sanitation\n"
    "  event: camera.bench_call\n"
    "  open: {class: \"E.01.02\", severity: 3, title: t}\n"
    "  assign: {role: [grid_worker, city_officer, community_worker], search: [city], pick: "
    "nearest}\n"
    "- id: bench.gas\n"
    "  title: t\n"
    "  owner: dept.gas\n"
    "  event: camera.bench_gas\n"
    "  open: {class: \"E.05.01\", severity: 1, title: t}\n"
    "  assign: {role: gas_crew, skills: [gas_emergency], search: [city], pick: nearest}\n";

static void see(void *context, const struct effect *effect)
{
    struct driver *driver = context;
    if (effect->kind == EFFECT_RESULT) {
        driver->last_code = effect->of.result.code;
    } else if (effect->kind == EFFECT_ITEM && effect->of.item.kind == ITEM_OFFER &&
               driver->offer_count < OFFERS_MAX) {
        driver->offers[driver->offer_count].person = effect->of.item.person;
        driver->offers[driver->offer_count].item_seq = effect->of.item.item_seq;
        driver->offers[driver->offer_count++].order = effect->of.item.order;
    }
}

/* Everybody with a place of rest has just been seen there. */
static enum err see_everybody(struct driver *driver);

static void tell_taken(struct driver *driver, uint32_t person, uint64_t item_seq);

/* Reads the batch back and steps it. */
static void step(struct driver *driver, const struct batch_writer *writer)
{
    struct batch_reader reader;
    struct command command;
    const struct effect_sink sink = {see, driver};
    must(batch_open(&reader, writer->payload, writer->size, writer->places,
                    writer->place_count * sizeof(struct place)) == ERR_OK);
    while (batch_next(&reader, &command) == ERR_OK) {
        core_step(driver->core, driver->now_ms, &command, &sink);
    }
}

static struct command_head head_of(const struct driver *driver, enum command_kind kind,
                                   struct hash128 principal)
{
    return (struct command_head){.kind = (uint16_t)kind,
                                 .principal = principal,
                                 .epoch = 1,
                                 .received_at_ms = driver->now_ms,
                                 .facts_digest = core_facts_digest(driver->core)};
}

static void send_event(struct driver *driver, uint16_t type)
{
    const struct city *city = &driver->city->city;
    const uint32_t cell = (uint32_t)random_below(&driver->random, city->cell_count);
    struct batch_writer writer;
    struct place places[1];
    struct command_head head = head_of(driver, COMMAND_EVENTS, city->gateways[0].id_hash);
    struct event_head event = {.type = type,
                               .event_at_ms = driver->now_ms,
                               .id = {mix64(++driver->event_number), 1},
                               .place = {city->cells[cell].lon, city->cells[cell].lat},
                               .cell = cell,
                               .device = NONE32,
                               .asset = NONE32,
                               .zone = NONE32};
    head.seq = ++driver->gateway_seq;
    batch_begin(&writer, driver->payload, 65536, places, 1);
    must(batch_open_events(&writer, &head) == ERR_OK);
    must(batch_add_event(&writer, &event, NULL, "", 0, "") == ERR_OK);
    batch_close_events(&writer);
    step(driver, &writer);
}

static void send_act(struct driver *driver, uint32_t person, uint64_t order, enum action action)
{
    const struct city *city = &driver->city->city;
    struct order_view view;
    struct case_view row;
    struct batch_writer writer;
    struct place places[1];
    struct command_head head = head_of(driver, COMMAND_ACT, city->persons[person].id_hash);
    const struct hash128 evidence[1] = {{1, 2}};
    const struct act_body body = {
        .order = order, .action = (uint16_t)action, .place = NONE32, .evidence_count = 1};
    must(core_find_order(driver->core, order, &view));
    must(core_find_case(driver->core, view.case_no, &row));
    head.seq = ++driver->seqs[person];
    batch_begin(&writer, driver->payload, 65536, places, 1);
    must(batch_put_act(&writer, &head, &body, row.place, evidence, "") == ERR_OK);
    step(driver, &writer);
}

/* Whoever is offered an order sees it through. */
static void see_through(struct driver *driver)
{
    while (driver->offer_count > 0) {
        const uint32_t person = driver->offers[--driver->offer_count].person;
        const uint64_t order = driver->offers[driver->offer_count].order;
        tell_taken(driver, person, driver->offers[driver->offer_count].item_seq);
        struct order_view view;
        must(core_find_order(driver->core, order, &view));
        send_act(driver, person, order, ACTION_ACCEPT);
        send_act(driver, person, order, ACTION_ARRIVE);
        send_act(driver, person, order,
                 view.kind == KIND_CHECK_RESULT ? ACTION_CHECK_PASS : ACTION_DONE);
    }
}

/* The app has stored what it was told. */
static void tell_taken(struct driver *driver, uint32_t person, uint64_t item_seq)
{
    struct batch_writer writer;
    const struct command_head head =
        head_of(driver, COMMAND_ITEMS_TAKEN, driver->city->city.persons[person].id_hash);
    const struct items_taken_body body = {item_seq};
    batch_begin(&writer, driver->payload, 65536, NULL, 0);
    must(batch_put(&writer, &head, &body, sizeof body, place_none()) == ERR_OK);
    step(driver, &writer);
}

static enum err see_everybody(struct driver *driver)
{
    const struct city *city = &driver->city->city;
    for (uint32_t p = 0; p < city->person_count; p++) {
        const struct city_person *person = &city->persons[p];
        const struct place at = {person->lon, person->lat};
        struct batch_writer writer;
        struct place places[1];
        const struct command_head head = head_of(driver, COMMAND_SEEN, person->id_hash);
        const struct seen_body body = {.fix_at_ms = driver->now_ms, .status = STATUS_READY};
        if (person->capacity == 0 || !place_is_known(at)) {
            continue;
        }
        batch_begin(&writer, driver->payload, 65536, places, 1);
        const enum err err = batch_put(&writer, &head, &body, sizeof body, at);
        if (err != ERR_OK) {
            return err;
        }
        step(driver, &writer);
    }
    return ERR_OK;
}

/* ---- life ---- */

static enum err compile_rules(struct driver *driver)
{
    char directory[320];
    struct city_file file;
    struct problems *problems = problems_new();
    (void)snprintf(directory, sizeof directory, "%s/core", driver->city->directory);
    enum err err = city_make_directory(directory);
    if (err == ERR_OK) {
        err = city_file_open(&file, directory, "bench.yaml");
    }
    if (err == ERR_OK) {
        city_file_print(&file, "%s", RULES);
        err = city_file_close(&file);
    }
    if (err == ERR_OK) {
        err = rules_compile(directory, &driver->city->city, problems, &driver->policy_bytes,
                            &driver->policy_size);
    }
    if (err != ERR_OK) {
        problems_print(problems, stderr);
    } else {
        err = policy_open(driver->policy_bytes, driver->policy_size, &driver->city->city,
                          &driver->policy);
    }
    problems_free(problems);
    return err;
}

/* A core on the city's images, empty. */
static enum err start_core(struct driver *driver)
{
    const struct city *city = &driver->city->city;
    struct limits limits = limits_default();
    limits.cases = CASES_LIMIT;
    limits.orders = 2 * CASES_LIMIT;
    limits.workers = city->person_count > limits.workers ? city->person_count : limits.workers;
    const size_t size = core_size(&limits);
    free(driver->block);
    driver->block = aligned_alloc(64, size);
    if (driver->block == NULL) {
        return ERR_MEMORY;
    }
    driver->core = core_init(driver->block, size, &limits);
    enum err err = core_stage_city(driver->core, driver->city->city_bytes, driver->city->city_size);
    if (err == ERR_OK) {
        err = core_stage_policy(driver->core, driver->policy_bytes, driver->policy_size);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct batch_writer writer;
    const struct activate_body body = {city->image.digest, driver->policy.image.digest};
    const struct command_head head = {.kind = COMMAND_ACTIVATE};
    driver->now_ms = START_MS;
    driver->gateway_seq = driver->offer_count = 0;
    memset(driver->seqs, 0, city->person_count * sizeof driver->seqs[0]);
    batch_begin(&writer, driver->payload, 65536, NULL, 0);
    err = batch_put(&writer, &head, &body, sizeof body, place_none());
    if (err == ERR_OK) {
        step(driver, &writer);
        err = see_everybody(driver);
    }
    return err;
}

static void driver_free(struct driver *driver)
{
    if (driver != NULL) {
        bench_city_free(driver->city);
        free(driver->policy_bytes);
        free(driver->block);
        free(driver->seqs);
        free(driver->payload);
    }
    free(driver);
}

static enum err driver_new(uint64_t seed, enum city_size size, struct driver **out_driver)
{
    struct driver *driver = calloc(1, sizeof *driver);
    enum err err = driver == NULL ? ERR_MEMORY : bench_city_new(seed, size, &driver->city);
    if (err == ERR_OK) {
        err = compile_rules(driver);
    }
    if (err == ERR_OK) {
        driver->seqs = calloc(driver->city->city.person_count, sizeof driver->seqs[0]);
        driver->payload = aligned_alloc(64, 65536);
        err = driver->seqs == NULL || driver->payload == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (err == ERR_OK) {
        random_init(&driver->random, seed, "bench.core");
        driver->type_call = 0; /* sorted by name: call, gas */
        driver->type_gas = 1;
        err = start_core(driver);
    }
    if (err != ERR_OK) {
        driver_free(driver);
        driver = NULL;
    }
    *out_driver = driver;
    return err;
}

/* ---- rows ---- */

static enum err add_memory(struct bench *bench)
{
    struct bench_row row = {.group = "core",
                            .name = "memory of a case with two orders and its timers",
                            .unit = "bytes",
                            .bar_kind = BENCH_AT_MOST,
                            .bar = 1024};
    struct limits limits = limits_default();
    limits.cases = 1u << 20;
    limits.orders = 2u << 20;
    struct limits twice = limits;
    twice.cases *= 2;
    twice.orders *= 2;
    bench_value(&row, (double)(core_size(&twice) - core_size(&limits)) / limits.cases);
    (void)snprintf(row.note, sizeof row.note, "taken at start, whether used or not");
    bench_add(bench, &row);
    return ERR_OK;
}

enum err bench_core(struct bench *bench)
{
    struct driver *driver;
    enum err err = driver_new(bench_seed(bench), CITY_MEDIUM, &driver);
    if (err != ERR_OK) {
        return err;
    }
    struct bench_row row = {.group = "core",
                            .name = "closed loops in process, one core",
                            .unit = "cases/s",
                            .bar_kind = BENCH_AT_LEAST,
                            .bar = 200000};
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        err = start_core(driver);
        const int64_t from_ns = bench_cpu_ns();
        for (uint32_t i = 0; i < LOOPS && err == ERR_OK; i++) {
            driver->now_ms += 1;
            send_event(driver, driver->type_call);
            see_through(driver);
        }
        const uint64_t closed = core_counts_now(driver->core)->closed;
        bench_value(&row, (double)closed * 1e9 / (double)(bench_cpu_ns() - from_ns));
        (void)snprintf(row.note, sizeof row.note,
                       "9 commands each, processor time; %u events, %llu closed a run", LOOPS,
                       (unsigned long long)closed);
    }
    if (err == ERR_OK) {
        bench_add(bench, &row);
        err = add_memory(bench);
    }
    driver_free(driver);
    return err;
}

/* One rule's search for each of the open cases. */
static void time_searches(struct bench *bench, struct driver *driver, uint16_t type,
                          const char *who)
{
    struct bench_row row = {.group = "nearest", .unit = "us p50"};
    static double values[SEARCHES / 16];
    uint64_t considered = 0;
    uint64_t found = 0;
    const struct image_range rules = driver->policy.types[type].rules;
    const uint32_t rule = driver->policy.type_rules[rules.first];
    const uint32_t assign = driver->policy.rules[rule].assigns.first;
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        uint32_t groups = 0;
        considered = found = 0;
        for (uint32_t slot = 0; slot + 16 <= SEARCHES; slot += 16) {
            const int64_t from_ns = bench_now_ns();
            for (uint32_t k = 0; k < 16; k++) {
                struct effect_decision decision;
                const struct choice_question question = {slot + k, assign, KIND_HANDLE, false};
                found += choice_find(driver->core, question, &decision) != NONE32;
                considered += decision.considered;
            }
            values[groups++] = (double)(bench_now_ns() - from_ns) / 16000;
        }
        bench_value(&row, bench_quantile(values, groups, 500));
    }
    (void)snprintf(row.name, sizeof row.name, "of %u persons, %s", driver->city->city.person_count,
                   who);
    (void)snprintf(row.note, sizeof row.note, "%.0f looked at, %.0f %% found",
                   (double)considered / SEARCHES, 100.0 * (double)found / SEARCHES);
    bench_add(bench, &row);
}

enum err bench_nearest(struct bench *bench)
{
    static const enum city_size SIZES[] = {CITY_SMALL, CITY_MEDIUM, CITY_LARGE};
    enum err err = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(SIZES) && err == ERR_OK; i++) {
        struct driver *driver;
        err = driver_new(bench_seed(bench), SIZES[i], &driver);
        if (err != ERR_OK) {
            break;
        }
        for (uint32_t k = 0; k < SEARCHES;
             k++) { /* cases that wait: their offers are seen through */
            send_event(driver, k % 2 == 0 ? driver->type_call : driver->type_gas);
            see_through(driver);
        }
        time_searches(bench, driver, driver->type_call, "any of three common roles");
        time_searches(bench, driver, driver->type_gas, "a rare role with a skill");
        driver_free(driver);
    }
    return err;
}
