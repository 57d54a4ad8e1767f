/* bench_overload.c: see bench_overload.h.
 *
 * Engine, flood (bench_flood.h) and this process share the machine. One gateway of its own says that a camera sees fire, one event at a
 * time, each of another camera; the next follows when the one before is answered and PAUSE_MS have passed. Time counts from
 * before the event is sent, until its answer and until the first offer of its case at an app. */
#include "engine/cli/bench_overload.h"

#include "engine/cli/bench_apps.h"
#include "engine/cli/bench_flood.h"
#include "engine/core/code.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMES 10.0 /* what is offered, of what is sustained */
#define CALM_SECONDS 2u
#define FLOOD_FIRST_MS 500 /* queues are full before the first alarm */
#define PAUSE_MS 10
#define AGAIN_MS 1000 /* an answer that is not there: the batch is sent again */
#define SILENCE_NS INT64_C(20000000000)
#define ALARMS_MAX 1000u
#define EVENT_BATCH_KIND 3u /* field of Request */
#define CAMERAS 1200u

struct overload {
    struct bench_engine engine;
    struct bench_flood flood;
    struct bench_apps apps;
    struct link gateway;
    struct bench_told_list opened;
    double answered_ms[ALARMS_MAX];
    uint32_t answered, refused;
};

/* The frame of alarm `number`, packed where the link wants it. */
static size_t pack_alarm(struct link *link, uint32_t number)
{
    static char TYPE[] = "camera.fire", CONFIDENCE[] = "confidence";
    char id[32], device[16];
    Gridloop__Wire__Field field = GRIDLOOP__WIRE__FIELD__INIT;
    Gridloop__Wire__Event event = GRIDLOOP__WIRE__EVENT__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    Gridloop__Wire__Field *fields[] = {&field};
    Gridloop__Wire__Event *events[] = {&event};
    (void)snprintf(id, sizeof id, "fire-%u", number);
    (void)snprintf(device, sizeof device, "C-%03u", 1 + number * 7 % CAMERAS);
    field.name = CONFIDENCE;
    field.value_case = GRIDLOOP__WIRE__FIELD__VALUE_MICRO;
    field.micro = 990000;
    event.id = id;
    event.type = TYPE;
    event.device = device;
    event.n_fields = COUNT_OF(fields);
    event.fields = fields;
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = 1;
    batch.seq = number;
    batch.n_events = COUNT_OF(events);
    batch.events = events;
    return gridloop__wire__event_batch__pack(&batch, link_inner(link));
}

/* True: the alarm has its answer. */
static bool hear_answer(struct overload *overload, uint32_t number, int64_t sent_ns)
{
    struct codec_answer answer;
    while (link_receive(&overload->gateway, &answer)) {
        const Gridloop__Wire__BatchAck *ack = answer.answer->batch_ack;
        if (answer.answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
            overload->refused++;
        } else if (answer.answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK &&
                   ack->seq == number) {
            overload->answered_ms[overload->answered++] = (double)(bench_now_ns() - sent_ns) / 1e6;
            if (ack->results[0]->code == CODE_OPENED) {
                bench_told_note(&overload->opened, ack->results[0]->case_no, sent_ns);
            }
            return true;
        }
    }
    return false;
}

static enum err wait_a_little(void *context)
{
    struct overload *overload = context;
    struct pollfd ready[2] = {{link_fd(&overload->gateway), POLLIN, 0},
                              {link_fd(&overload->apps.link), POLLIN, 0}};
    (void)poll(ready, 2, 1);
    return bench_apps_hear(&overload->apps);
}

static enum err wait_for(struct overload *overload, int64_t ms)
{
    const int64_t until_ns = bench_now_ns() + ms * 1000000;
    enum err err = ERR_OK;
    while (err == ERR_OK && bench_now_ns() < until_ns) {
        err = wait_a_little(overload);
    }
    return err;
}

static enum err sound(struct overload *overload, uint32_t number)
{
    uint64_t request_id;
    enum err err = ERR_OK;
    const int64_t sent_ns = bench_now_ns();
    int64_t said_ns = 0;
    bool is_answered = false;
    while (err == ERR_OK && !is_answered) {
        const int64_t now_ns = bench_now_ns();
        if (now_ns - sent_ns > SILENCE_NS) {
            return ERR_UNAVAILABLE;
        }
        if (said_ns == 0 || now_ns - said_ns > AGAIN_MS * INT64_C(1000000)) {
            const size_t size = pack_alarm(&overload->gateway, number);
            err = link_send(&overload->gateway, EVENT_BATCH_KIND, size, &request_id);
            said_ns = err == ERR_OK ? now_ns : said_ns;
            err = err == ERR_UNAVAILABLE ? ERR_OK : err;
        }
        err = err == ERR_OK ? wait_a_little(overload) : err;
        is_answered = hear_answer(overload, number, sent_ns);
    }
    return err == ERR_OK ? wait_for(overload, PAUSE_MS) : err;
}

static enum err sound_all(struct overload *overload, uint32_t alarms)
{
    enum err err = ERR_OK;
    for (uint32_t i = 1; i <= alarms && err == ERR_OK; i++) {
        err = sound(overload, i);
    }
    for (uint32_t i = 0; i < 100 && err == ERR_OK; i++) { /* the last offers */
        err = wait_a_little(overload);
    }
    return err;
}

static enum err run(struct bench *bench, struct overload *overload, struct bench_flood_told *calm,
                    struct bench_flood_told *flood)
{
    const struct bench_engine_options options = {
        .snapshots = "0:0", .gateways = BENCH_FLOOD_GATEWAYS + 1, .has_urgent = true};
    const uint32_t alarms = bench_scale(bench, 500, 200, 3);
    enum err err = bench_engine_open(bench_seed(bench), &options, &overload->engine);
    if (err != ERR_OK) {
        return err;
    }
    err = bench_flood_start(&overload->flood, overload->engine.url);
    if (err == ERR_OK) {
        char name[32];
        (void)snprintf(name, sizeof name, "camera-gateway-%u", BENCH_FLOOD_GATEWAYS + 1);
        err = link_open(&overload->gateway, overload->engine.urgent_url, name, 4096);
    }
    if (err == ERR_OK) {
        err = bench_apps_open(&overload->apps, overload->engine.urgent_url,
                              &overload->engine.city->city);
    }
    if (err == ERR_OK) {
        /* The apps answer meanwhile: polls that pile up would stand before those of the first alarms. */
        const struct bench_flood_meanwhile meanwhile = {wait_a_little, overload};
        err = bench_flood_calm(&overload->flood, bench_scale(bench, CALM_SECONDS, CALM_SECONDS, 1),
                               &meanwhile, calm);
    }
    const double sustained = err == ERR_OK ? (double)calm->answered / calm->seconds : 0;
    if (err == ERR_OK) {
        err = bench_flood_begin(&overload->flood, TIMES * sustained);
    }
    if (err == ERR_OK) {
        err = wait_for(overload, FLOOD_FIRST_MS);
    }
    if (err == ERR_OK) {
        err = sound_all(overload, alarms);
    }
    return err == ERR_OK ? bench_flood_end(&overload->flood, flood) : err;
}

static uint64_t sum_of(const uint64_t *values, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum;
}

enum { TASK_P50, TASK_P99, ANSWER_P50, ANSWER_P99, SUSTAINED, OFFERED, ROW_COUNT };

static struct bench_row ROWS[ROW_COUNT] = {
    [TASK_P50] = {.name = "life-safety event to task under the flood, p50", .unit = "ms"},
    [TASK_P99] = {.name = "life-safety event to task under the flood, p99",
                  .unit = "ms",
                  .bar_kind = BENCH_AT_MOST,
                  .bar = 20},
    [ANSWER_P50] = {.name = "... to its answer, p50", .unit = "ms"},
    [ANSWER_P99] = {.name = "... to its answer, p99", .unit = "ms"},
    [SUSTAINED] = {.name = "sustained by four gateways within their credit", .unit = "events/s"},
    [OFFERED] = {.name = "offered by the flood, of what is sustained", .unit = "times"},
};

static void keep_values(struct bench_row *rows, struct overload *overload,
                        const struct bench_flood_told *calm, const struct bench_flood_told *flood)
{
    static double values[BENCH_TOLD_MAX];
    const uint32_t tasks = bench_told_join(&overload->opened, &overload->apps.told, values);
    const double sustained = (double)calm->answered / calm->seconds;
    if (tasks > 0) {
        bench_value(&rows[TASK_P50], bench_quantile(values, tasks, 500));
        bench_value(&rows[TASK_P99], bench_quantile(values, tasks, 990));
    }
    bench_value(&rows[ANSWER_P50], bench_quantile(overload->answered_ms, overload->answered, 500));
    bench_value(&rows[ANSWER_P99], bench_quantile(overload->answered_ms, overload->answered, 990));
    bench_value(&rows[SUSTAINED], sustained);
    bench_value(&rows[OFFERED], (double)flood->offered / flood->seconds / sustained);
    (void)snprintf(rows[TASK_P50].note, sizeof rows[TASK_P50].note,
                   "last run: %u alarms answered, %u opened a case that somebody was offered, %u "
                   "refused",
                   overload->answered, tasks, overload->refused);
    (void)snprintf(
        rows[OFFERED].note, sizeof rows[OFFERED].note,
        "last run: %.0f events/s answered, %llu refusals (%llu OVERLOADED, %llu RATE, %llu SEQ_GAP), "
        "%llu batches no socket took; the flood had %.0f %% of a core",
        (double)flood->answered / flood->seconds,
        (unsigned long long)sum_of(flood->rejects, COUNT_OF(flood->rejects)),
        (unsigned long long)flood->rejects[CODE_OVERLOADED],
        (unsigned long long)flood->rejects[CODE_RATE],
        (unsigned long long)flood->rejects[CODE_SEQ_GAP], (unsigned long long)flood->full,
        100 * flood->cpu_seconds / flood->seconds);
}

static enum err measure(struct bench *bench, struct bench_row *rows)
{
    struct bench_flood_told calm, flood;
    struct overload *overload = calloc(1, sizeof *overload);
    if (overload == NULL) {
        return ERR_MEMORY;
    }
    overload->gateway.socket = overload->apps.link.socket = -1;
    overload->flood.pid = -1;
    const enum err err = run(bench, overload, &calm, &flood);
    if (err == ERR_OK) {
        keep_values(rows, overload, &calm, &flood);
    }
    bench_flood_stop(&overload->flood);
    bench_apps_close(&overload->apps);
    link_close(&overload->gateway);
    bench_engine_close(&overload->engine);
    free(overload);
    return err;
}

enum err bench_overload(struct bench *bench)
{
    struct bench_row rows[ROW_COUNT];
    enum err err = ERR_OK;
    memcpy(rows, ROWS, sizeof rows);
    for (uint32_t i = 0; i < bench_runs(bench) && err == ERR_OK; i++) {
        err = measure(bench, rows);
    }
    if (err == ERR_OK && rows[TASK_P50].count == 0) {
        bench_skip(bench, "overload", "no alarm became a task");
        return ERR_OK;
    }
    for (uint32_t i = 0; i < ROW_COUNT && err == ERR_OK; i++) {
        rows[i].group = "overload";
        bench_add(bench, &rows[i]);
    }
    return err;
}
