/* bench_driver.c: see bench_driver.h. */
#include "sim/bench/bench_driver.h"

#include "rules/compile.h"
#include "sim/bench/bench.h"
#include "sim/city_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_SIZE 65536u

static const char EVENTS[] =
    "ruleset: 1\n"
    "defaults:\n"
    "  check: {role: inspector, search: [grid, street, district, city], pick: nearest}\n"
    "events:\n"
    "  camera.bench_call: {title: t, lane: report}\n"
    "  camera.bench_desk: {title: t, lane: report}\n"
    "  camera.bench_gas: {title: t, lane: report}\n";
static const char RULES[] =
    "rules:\n"
    "- id: bench.call\n"
    "  title: t\n"
    "  owner: dept.sanitation\n"
    "  event: camera.bench_call\n"
    "  open: {class: \"E.01.02\", severity: 3, title: t}\n"
    "  assign: {role: grid_worker, search: [city], pick: nearest}\n"
    "- id: bench.desk\n"
    "  title: t\n"
    "  owner: dept.sanitation\n"
    "  event: camera.bench_desk\n"
    "  open: {class: \"E.01.02\", severity: 3, title: t}\n"
    "  assign: {role: gas_crew, search: [grid], pick: nearest}\n"
    "- id: bench.gas\n"
    "  title: t\n"
    "  owner: dept.gas\n"
    "  event: camera.bench_gas\n"
    "  open: {class: \"E.05.01\", severity: 1, title: t}\n"
    "  assign: {role: gas_crew, skills: [gas_emergency], search: [city], pick: nearest}\n";

/* A type and a rule more, at the end of each list. */
static const char MOVES_TYPE[] = "  camera.bench_move: {title: t, lane: report}\n";
static const char MOVES_RULE[] =
    "- id: bench.move\n"
    "  title: t\n"
    "  owner: dept.sanitation\n"
    "  event: camera.bench_move\n"
    "  open: {class: \"E.01.02\", severity: 3, title: t}\n"
    "  assign: {role: grid_worker, search: [city], pick: nearest, max_load: 1, reroute: true}\n";

/* ---- effects ---- */

static void take_offer(struct bench_driver *driver, const struct effect_item *item)
{
    if (item->kind == ITEM_OFFER && driver->offer_count < BENCH_OFFERS_MAX) {
        driver->offers[driver->offer_count++] = (struct bench_offer){
            .person = item->person, .order = item->order, .item_seq = item->item_seq};
    }
}

static void see(void *context, const struct effect *effect)
{
    struct bench_driver *driver = context;
    if (effect->kind == EFFECT_ITEM) {
        take_offer(driver, &effect->of.item);
    } else if (effect->kind == EFFECT_TIMELINE && effect->of.timeline.action == ACTION_MISS) {
        const uint64_t serial = effect->of.timeline.case_no.serial;
        driver->is_out_of_order = driver->is_out_of_order || serial < driver->last_miss;
        driver->last_miss = serial;
    }
}

/* ---- batches ---- */

static void begin(struct bench_driver *driver)
{
    batch_begin(&driver->writer, driver->payload, PAYLOAD_SIZE, driver->places, BENCH_WIDE);
}

void bench_driver_flush(struct bench_driver *driver)
{
    struct batch_reader reader;
    struct command command;
    const struct effect_sink sink = {see, driver};
    const struct batch_writer *writer = &driver->writer;
    if (batch_command_count(writer) == 0) {
        return;
    }
    if (driver->tee != NULL) {
        driver->tee(driver->tee_context, driver->now_ms, writer);
    }
    must(batch_open(&reader, writer->payload, writer->size, writer->places,
                    writer->place_count * sizeof(struct place)) == ERR_OK);
    while (batch_next(&reader, &command) == ERR_OK) {
        core_step(driver->core, driver->now_ms, &command, &sink);
        driver->commands++;
    }
    begin(driver);
}

static void flush_when_full(struct bench_driver *driver)
{
    if (batch_command_count(&driver->writer) == BENCH_WIDE) {
        bench_driver_flush(driver);
    }
}

static struct command_head head_of(const struct bench_driver *driver, enum command_kind kind,
                                   struct hash128 principal)
{
    return (struct command_head){.kind = (uint16_t)kind,
                                 .principal = principal,
                                 .epoch = 1,
                                 .received_at_ms = driver->now_ms,
                                 .facts_digest = core_facts_digest(driver->core)};
}

void bench_driver_event(struct bench_driver *driver, enum bench_type type, struct place place,
                        uint32_t cell)
{
    struct command_head head = head_of(driver, COMMAND_EVENTS, driver->city.gateways[0].id_hash);
    const struct event_head event = {.type = (uint16_t)type,
                                     .event_at_ms = driver->now_ms,
                                     .id = {mix64(++driver->event_number), 1},
                                     .place = place,
                                     .cell = cell,
                                     .device = NONE32,
                                     .asset = NONE32,
                                     .zone = NONE32};
    head.seq = ++driver->gateway_seq;
    must(batch_open_events(&driver->writer, &head) == ERR_OK);
    must(batch_add_event(&driver->writer, &event, NULL, "", 0, "") == ERR_OK);
    batch_close_events(&driver->writer);
    flush_when_full(driver);
}

void bench_driver_seen(struct bench_driver *driver, uint32_t person, struct place fix,
                       enum worker_status status)
{
    const struct command_head head =
        head_of(driver, COMMAND_SEEN, driver->city.persons[person].id_hash);
    const struct seen_body body = {.fix_at_ms = driver->now_ms, .status = (uint32_t)status};
    must(batch_put(&driver->writer, &head, &body, sizeof body, fix) == ERR_OK);
    flush_when_full(driver);
}

void bench_driver_tick(struct bench_driver *driver)
{
    const struct command_head head = {.kind = COMMAND_TICK};
    must(batch_put(&driver->writer, &head, NULL, 0, place_none()) == ERR_OK);
    bench_driver_flush(driver);
}

static void put_act(struct bench_driver *driver, const struct bench_offer *offer,
                    enum action action)
{
    struct command_head head =
        head_of(driver, COMMAND_ACT, driver->city.persons[offer->person].id_hash);
    const struct hash128 evidence[1] = {{1, 2}};
    const struct act_body body = {
        .order = offer->order, .action = (uint16_t)action, .place = NONE32, .evidence_count = 1};
    head.seq = ++driver->seqs[offer->person];
    must(batch_put_act(&driver->writer, &head, &body, offer->place, evidence, "") == ERR_OK);
    flush_when_full(driver);
}

/* The app has stored what it was told. */
static void put_taken(struct bench_driver *driver, const struct bench_offer *offer)
{
    const struct command_head head =
        head_of(driver, COMMAND_ITEMS_TAKEN, driver->city.persons[offer->person].id_hash);
    const struct items_taken_body body = {offer->item_seq};
    must(batch_put(&driver->writer, &head, &body, sizeof body, place_none()) == ERR_OK);
    flush_when_full(driver);
}

static void look_up(const struct bench_driver *driver, struct bench_offer *offer)
{
    struct order_view order;
    struct case_view row;
    must(core_find_order(driver->core, offer->order, &order));
    must(core_find_case(driver->core, order.case_no, &row));
    offer->place = row.place;
    offer->is_check = order.kind == KIND_CHECK_RESULT;
}

void bench_driver_see_through(struct bench_driver *driver)
{
    bench_driver_flush(driver);
    while (driver->offer_count > 0) {
        struct bench_offer offers[BENCH_WIDE];
        const uint32_t count = driver->offer_count < BENCH_WIDE ? driver->offer_count : BENCH_WIDE;
        driver->offer_count -= count;
        memcpy(offers, driver->offers + driver->offer_count, count * sizeof offers[0]);
        for (uint32_t i = 0; i < count; i++) {
            look_up(driver, &offers[i]);
            put_taken(driver, &offers[i]);
        }
        static const enum action HANDLE[] = {ACTION_ACCEPT, ACTION_ARRIVE, ACTION_DONE};
        for (uint32_t step = 0; step < COUNT_OF(HANDLE); step++) {
            for (uint32_t i = 0; i < count; i++) {
                const bool is_last = step + 1 == COUNT_OF(HANDLE);
                put_act(driver, &offers[i],
                        is_last && offers[i].is_check ? ACTION_CHECK_PASS : HANDLE[step]);
            }
            bench_driver_flush(driver);
        }
    }
}

struct place bench_driver_place(struct bench_driver *driver)
{
    const struct city_info *info = driver->city.info;
    const int64_t width = ((int64_t)info->lon_max - info->lon_min) / 20;
    const int64_t height = ((int64_t)info->lat_max - info->lat_min) / 20;
    return (struct place){
        (int32_t)random_between(&driver->random, info->lon_min + width, info->lon_max - width),
        (int32_t)random_between(&driver->random, info->lat_min + height, info->lat_max - height)};
}

/* ---- life ---- */

static enum err compile_rules(struct bench_driver *driver)
{
    char directory[320];
    struct city_file file;
    struct problems *problems = problems_new();
    if (problems == NULL) {
        return ERR_MEMORY;
    }
    (void)snprintf(directory, sizeof directory, "%s/driver", driver->options.city->directory.path);
    enum err err = city_make_directory(directory);
    if (err == ERR_OK) {
        err = city_file_open(&file, directory, "bench.yaml");
    }
    if (err == ERR_OK) {
        const bool moves = driver->options.moves_orders;
        city_file_print(&file, "%s%s%s%s", EVENTS, moves ? MOVES_TYPE : "", RULES,
                        moves ? MOVES_RULE : "");
        err = city_file_close(&file);
    }
    if (err == ERR_OK) {
        err = rules_compile(directory, &driver->city, problems, &driver->policy_bytes,
                            &driver->policy_size);
    }
    if (err != ERR_OK) {
        problems_print(problems, stderr);
    } else {
        err =
            policy_open(driver->policy_bytes, driver->policy_size, &driver->city, &driver->policy);
    }
    problems_free(problems);
    return err;
}

/* Everybody with a place of rest has just been seen there. */
static void see_everybody(struct bench_driver *driver)
{
    for (uint32_t p = 0; p < driver->city.person_count; p++) {
        const struct city_person *person = &driver->city.persons[p];
        const struct place at = {person->lon, person->lat};
        if (person->capacity > 0 && place_is_known(at)) {
            bench_driver_seen(driver, p, at, STATUS_READY);
        }
    }
    bench_driver_flush(driver);
}

static uint32_t at_least(uint32_t value, uint32_t least)
{
    return value < least ? least : value;
}

enum err bench_driver_restart(struct bench_driver *driver)
{
    struct limits *limits = &driver->options.limits;
    limits->workers = at_least(limits->workers, driver->city.person_count);
    limits->image_rows = at_least(limits->image_rows, driver->city.person_count);
    limits->image_rows = at_least(limits->image_rows, driver->city.device_count);
    const size_t size = core_size(limits);
    block_free(&driver->block);
    if (block_new(size, &driver->block) != ERR_OK) {
        return ERR_MEMORY;
    }
    driver->core = core_init_zeroed(driver->block.bytes, size, limits);
    enum err err = core_stage_city(driver->core, driver->city_bytes, driver->city_size);
    if (err == ERR_OK) {
        err = core_stage_policy(driver->core, driver->policy_bytes, driver->policy_size);
    }
    if (err != ERR_OK) {
        return err;
    }
    const struct activate_body body = {.city = driver->city.image.digest,
                                       .policy = driver->policy.image.digest};
    const struct command_head head = {.kind = COMMAND_ACTIVATE};
    driver->now_ms = BENCH_START_MS;
    driver->gateway_seq = driver->offer_count = 0;
    driver->commands = driver->last_miss = 0;
    memset(driver->seqs, 0, driver->city.person_count * sizeof driver->seqs[0]);
    begin(driver);
    must(batch_put(&driver->writer, &head, &body, sizeof body, place_none()) == ERR_OK);
    bench_driver_flush(driver);
    see_everybody(driver);
    return ERR_OK;
}

void bench_driver_free(struct bench_driver *driver)
{
    if (driver != NULL) {
        free(driver->city_bytes);
        free(driver->policy_bytes);
        block_free(&driver->block);
        free(driver->seqs);
        free(driver->payload);
    }
    free(driver);
}

enum err bench_driver_new(const struct bench_driver_options *options,
                          struct bench_driver **out_driver)
{
    struct bench_driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL) {
        return ERR_MEMORY;
    }
    driver->options = *options;
    enum err err = bench_image_new(&options->city->city, &options->image, &driver->city_bytes,
                                   &driver->city_size);
    if (err == ERR_OK) {
        err = city_open(driver->city_bytes, driver->city_size, &driver->city);
    }
    if (err == ERR_OK) {
        err = compile_rules(driver);
    }
    if (err == ERR_OK) {
        driver->seqs = calloc(driver->city.person_count, sizeof driver->seqs[0]);
        driver->payload = aligned_alloc(64, PAYLOAD_SIZE);
        err = driver->seqs == NULL || driver->payload == NULL ? ERR_MEMORY : ERR_OK;
    }
    if (err == ERR_OK) {
        random_init(&driver->random, options->seed, "bench.driver");
        err = bench_driver_restart(driver);
    }
    if (err != ERR_OK) {
        bench_driver_free(driver);
        driver = NULL;
    }
    *out_driver = driver;
    return err;
}
