/* bench_wire.c: ingest, restart and latency of an engine in a process of its own, over nanomsg on ipc, synced to disk.
 *
 * Engine, its log thread and the clients share the cores of this machine: on two cores they take time from each other, as
 * the figures say. */
#include "engine/cli/bench_wire.h"

#include "engine/cli/bench_ceiling.h"
#include "engine/cli/bench_engine.h"
#include "engine/core/code.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GATEWAYS 2u
#define BATCHES 100u /* of a gateway in one run */
#define SILENCE_NS INT64_C(30000000000)
#define POLL_KIND 4u /* field of Request */

/* ---- ingest ---- */

/* Until everything is acknowledged. ERR_UNAVAILABLE: nothing came for long. */
static enum err pump(struct bench_gateway *gateways, int64_t *out_ns)
{
    struct codec_answer answer;
    const int64_t from_ns = bench_now_ns();
    int64_t heard_ns = from_ns;
    for (;;) {
        uint32_t left = 0;
        struct pollfd ready[GATEWAYS];
        for (uint32_t g = 0; g < GATEWAYS; g++) {
            while (link_receive(&gateways[g].link, &answer)) {
                heard_ns = bench_now_ns();
                if (!bench_gateway_hear(&gateways[g], answer.answer)) {
                    return ERR_REFUSED;
                }
            }
            const enum err err = bench_gateway_send(&gateways[g]);
            if (err != ERR_OK) {
                return err;
            }
            left += gateways[g].made - gateways[g].acked;
            ready[g] = (struct pollfd){link_fd(&gateways[g].link), POLLIN, 0};
        }
        if (left == 0) {
            *out_ns = bench_now_ns() - from_ns;
            return ERR_OK;
        }
        if (bench_now_ns() - heard_ns > SILENCE_NS) {
            return ERR_UNAVAILABLE;
        }
        (void)poll(ready, GATEWAYS, 10);
    }
}

/* Runs of one side; the first only warms and opens the cases. */
static enum err measure_side(struct bench *bench, const char *url, const struct city *city,
                             struct bench_row *row, uint64_t results[64])
{
    struct bench_gateway gateways[GATEWAYS];
    enum err err = ERR_OK;
    uint32_t opened = 0;
    for (; opened < GATEWAYS && err == ERR_OK; opened++) {
        err = bench_gateway_open(&gateways[opened], url, opened);
    }
    for (uint32_t run = 0; run <= bench_runs(bench) && err == ERR_OK; run++) {
        int64_t ns = 0;
        for (uint32_t g = 0; g < GATEWAYS && err == ERR_OK; g++) {
            err = bench_gateway_make(&gateways[g], city, BATCHES, BENCH_BATCH_EVENTS);
        }
        if (err == ERR_OK) {
            err = pump(gateways, &ns);
        }
        if (err == ERR_OK && run > 0) {
            bench_value(row, GATEWAYS * BATCHES * (double)BENCH_BATCH_EVENTS * 1e9 / (double)ns);
        }
    }
    memset(results, 0, 64 * sizeof results[0]);
    for (uint32_t g = 0; g < opened; g++) {
        for (uint32_t i = 0; i < 64; i++) {
            results[i] += gateways[g].results[i];
        }
        bench_gateway_close(&gateways[g]);
    }
    return err;
}

static double median_of(const struct bench_row *row)
{
    double values[BENCH_RUNS_MAX];
    memcpy(values, row->values, row->count * sizeof values[0]);
    return bench_quantile(values, row->count, 500);
}

static enum err measure_ceiling(struct bench *bench, const struct bench_engine *engine,
                                struct bench_row *row)
{
    char url[340];
    char directory[320];
    uint64_t results[64];
    pid_t pid;
    (void)snprintf(url, sizeof url, "%s.ceiling", engine->url);
    (void)snprintf(directory, sizeof directory, "%s/ceiling", engine->city->directory);
    if (mkdir(directory, 0700) != 0) {
        return ERR_IO;
    }
    enum err err = bench_ceiling_start(url, directory, &pid);
    if (err != ERR_OK) {
        return err;
    }
    err = measure_side(bench, url, &engine->city->city, row, results);
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        /* again */
    }
    return err;
}

/* The engine is killed and started on the log that the runs left. */
static enum err measure_restart(struct bench *bench, struct bench_engine *engine, uint64_t events)
{
    struct bench_row row = {.group = "ingest", .unit = "s"};
    enum err err = ERR_OK;
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        int64_t ns;
        (void)demo_child_stop(&engine->child, SIGKILL);
        err = bench_engine_start(engine, &ns);
        bench_value(&row, (double)ns / 1e9);
    }
    (void)snprintf(row.name, sizeof row.name, "restart after kill -9, %.1f M events in the log",
                   (double)events / 1e6);
    if (err == ERR_OK) {
        bench_add(bench, &row);
    }
    return err;
}

enum err bench_ingest(struct bench *bench)
{
    struct bench_engine engine;
    uint64_t results[64];
    enum err err = bench_engine_open(bench_seed(bench), &engine);
    if (err != ERR_OK) {
        return err;
    }
    struct bench_row ours = {.group = "ingest",
                             .name =
                                 "durable, batches of 1,000, matched, deduped, acked after sync",
                             .unit = "events/s",
                             .bar_kind = BENCH_AT_LEAST,
                             .bar = 300000};
    struct bench_row ceiling = {
        .group = "ingest", .name = "same path without a core (ceiling)", .unit = "events/s"};
    struct bench_row share = {.group = "ingest",
                              .name = "share of the ceiling",
                              .unit = "percent",
                              .bar_kind = BENCH_AT_LEAST,
                              .bar = 55};
    err = measure_side(bench, engine.url, &engine.city->city, &ours, results);
    if (err == ERR_OK) {
        (void)snprintf(ours.note, sizeof ours.note, "opened %llu, merged %llu, deduped %llu",
                       (unsigned long long)results[CODE_OPENED],
                       (unsigned long long)results[CODE_MERGED],
                       (unsigned long long)results[CODE_DEDUPED]);
        bench_add(bench, &ours);
        err = measure_ceiling(bench, &engine, &ceiling);
    }
    if (err == ERR_OK) {
        bench_add(bench, &ceiling);
        bench_value(&share, 100 * median_of(&ours) / median_of(&ceiling));
        bench_add(bench, &share);
        err = measure_restart(bench, &engine,
                              (uint64_t)GATEWAYS * BATCHES * BENCH_BATCH_EVENTS *
                                  (bench_runs(bench) + 1));
    }
    bench_engine_close(&engine);
    return err;
}

/* ---- latency ---- */

#define EVENTS_PER_S 5000u
#define LATENCY_S 10u
#define EVENTS (EVENTS_PER_S * LATENCY_S)
#define CASES_MAX 4096u

struct told {
    char case_no[40];
    int64_t at_ns;
};

struct latency {
    struct link workers; /* one socket for all apps: an identity is a word in the frame */
    const struct city *city;
    uint64_t *polls; /* request id -> person: ring by id % poll_count */
    uint32_t *persons;
    uint32_t poll_count;           /* power of two */
    struct told opened[CASES_MAX]; /* at_ns: when the event was due */
    struct told told[CASES_MAX];
    uint32_t opened_count, told_count;
};

static enum err send_poll(struct latency *latency, uint32_t person, uint64_t ack_seq)
{
    const struct city_person *row = &latency->city->persons[person];
    Gridloop__Wire__Poll poll = GRIDLOOP__WIRE__POLL__INIT;
    uint64_t request_id;
    poll.has_ack_seq = poll.has_wait_ms = poll.has_status = 1;
    poll.ack_seq = ack_seq;
    poll.wait_ms = 25000;
    poll.status = 1;
    must(row->id.size < sizeof latency->workers.identity);
    memcpy(latency->workers.identity, city_text(latency->city, row->id), row->id.size);
    latency->workers.identity[row->id.size] = '\0';
    const size_t size = gridloop__wire__poll__pack(&poll, link_inner(&latency->workers));
    enum err err = ERR_UNAVAILABLE;
    for (uint32_t i = 0; i < 1000 && err == ERR_UNAVAILABLE; i++) { /* the socket is full for now */
        err = link_send(&latency->workers, POLL_KIND, size, &request_id);
        if (err == ERR_UNAVAILABLE) {
            (void)usleep(1000);
        }
    }
    if (err == ERR_OK) {
        latency->polls[request_id & (latency->poll_count - 1)] = request_id;
        latency->persons[request_id & (latency->poll_count - 1)] = person;
    }
    return err;
}

static void note_told(struct told *list, uint32_t *count, const char *case_no, int64_t at_ns)
{
    if (*count < CASES_MAX && case_no != NULL) {
        (void)snprintf(list[*count].case_no, sizeof list[*count].case_no, "%s", case_no);
        list[(*count)++].at_ns = at_ns;
    }
}

/* Takes what workers are told; their apps say at once that they have it and ask again. */
static enum err hear_workers(struct latency *latency)
{
    struct codec_answer answer;
    while (link_receive(&latency->workers, &answer)) {
        const int64_t at_ns = bench_now_ns();
        const uint32_t slot = (uint32_t)(answer.request_id & (latency->poll_count - 1));
        if (answer.answer->kind_case != GRIDLOOP__WIRE__ANSWER__KIND_TASKS ||
            latency->polls[slot] != answer.request_id) {
            continue;
        }
        const Gridloop__Wire__Tasks *tasks = answer.answer->tasks;
        for (size_t i = 0; i < tasks->n_items; i++) {
            if (tasks->items[i]->kind == 1) {
                note_told(latency->told, &latency->told_count, tasks->items[i]->case_no, at_ns);
            }
        }
        const enum err err = send_poll(latency, latency->persons[slot], tasks->seq);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* A batch of one event per due instant; batches wait while the window is full, and the wait counts. */
static enum err hear_gateway(struct latency *latency, struct bench_gateway *gateway,
                             int64_t from_ns)
{
    struct codec_answer answer;
    while (link_receive(&gateway->link, &answer)) {
        const uint32_t before = gateway->acked;
        if (!bench_gateway_hear(gateway, answer.answer)) {
            return ERR_REFUSED;
        }
        if (gateway->acked == before) {
            continue; /* held back, or known already */
        }
        const Gridloop__Wire__BatchAck *ack = answer.answer->batch_ack;
        const int64_t due_ns = from_ns + (int64_t)(ack->seq - 1) * 1000000;
        for (size_t i = 0; i < ack->n_results; i++) {
            if (ack->results[i]->code == CODE_OPENED) {
                note_told(latency->opened, &latency->opened_count, ack->results[i]->case_no,
                          due_ns);
            }
        }
    }
    return ERR_OK;
}

static enum err play_latency(struct latency *latency, struct bench_gateway *gateway)
{
    const uint32_t made = gateway->made;
    const int64_t from_ns = bench_now_ns() + 1000000;
    while (gateway->acked < made) {
        const int64_t now_ns = bench_now_ns();
        const int64_t due = (now_ns - from_ns) / 1000000 + 1;
        gateway->made = due < 0 ? 0 : due < (int64_t)made ? (uint32_t)due : made;
        enum err err = bench_gateway_send(gateway);
        if (err == ERR_OK) {
            err = hear_gateway(latency, gateway, from_ns);
        }
        if (err == ERR_OK) {
            err = hear_workers(latency);
        }
        if (err != ERR_OK || now_ns - from_ns > SILENCE_NS + LATENCY_S * 1000000000ll) {
            gateway->made = made;
            return err == ERR_OK ? ERR_UNAVAILABLE : err;
        }
        const struct timespec pause = {0, 50000};
        struct pollfd ready[2] = {{link_fd(&gateway->link), POLLIN, 0},
                                  {link_fd(&latency->workers), POLLIN, 0}};
        (void)ppoll(ready, 2, &pause, NULL);
    }
    gateway->made = made;
    return ERR_OK;
}

static uint32_t join_times(const struct latency *latency, double *out_ms)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < latency->opened_count; i++) {
        for (uint32_t k = 0; k < latency->told_count; k++) {
            if (strcmp(latency->told[k].case_no, latency->opened[i].case_no) == 0) {
                out_ms[count++] = (double)(latency->told[k].at_ns - latency->opened[i].at_ns) / 1e6;
                break;
            }
        }
    }
    return count;
}

static enum err open_latency(struct latency *latency, const struct bench_engine *engine)
{
    latency->city = &engine->city->city;
    latency->poll_count = 65536;
    latency->polls = calloc(latency->poll_count, sizeof latency->polls[0]);
    latency->persons = calloc(latency->poll_count, sizeof latency->persons[0]);
    if (latency->polls == NULL || latency->persons == NULL) {
        return ERR_MEMORY;
    }
    enum err err = link_open(&latency->workers, engine->url, "nobody", 4096);
    for (uint32_t p = 0; p < latency->city->person_count && err == ERR_OK; p++) {
        if (latency->city->persons[p].capacity > 0) {
            err = send_poll(latency, p, 0);
        }
    }
    return err;
}

/* One start of an engine, ten seconds of events: quantiles of the offers that were made. */
static enum err measure_latency(struct bench *bench, double out_ms[3], uint32_t *out_count)
{
    static double values[CASES_MAX];
    struct bench_engine engine;
    struct bench_gateway gateway;
    struct latency *latency = calloc(1, sizeof *latency);
    enum err err = latency == NULL ? ERR_MEMORY : bench_engine_open(bench_seed(bench), &engine);
    if (err != ERR_OK) {
        free(latency);
        return err;
    }
    latency->workers.socket = -1;
    err = bench_gateway_open(&gateway, engine.url, 0);
    if (err == ERR_OK) {
        err = bench_gateway_make(&gateway, &engine.city->city, EVENTS / 5, 5);
    }
    if (err == ERR_OK) {
        err = open_latency(latency, &engine);
    }
    if (err == ERR_OK) {
        (void)usleep(1000000); /* all polls are held before the first event */
        err = play_latency(latency, &gateway);
    }
    for (uint32_t i = 0; i < 20 && err == ERR_OK; i++) { /* the last offers */
        (void)usleep(10000);
        err = hear_workers(latency);
    }
    *out_count = err == ERR_OK ? join_times(latency, values) : 0;
    if (*out_count > 0) {
        out_ms[0] = bench_quantile(values, *out_count, 500);
        out_ms[1] = bench_quantile(values, *out_count, 990);
        out_ms[2] = bench_quantile(values, *out_count, 999);
    }
    bench_gateway_close(&gateway);
    link_close(&latency->workers);
    free(latency->polls);
    free(latency->persons);
    free(latency);
    bench_engine_close(&engine);
    return err;
}

enum err bench_latency(struct bench *bench)
{
    static const char *const NAMES[] = {"p50", "p99", "p99.9"};
    static const double BARS[] = {2, 8, 30};
    struct bench_row rows[3];
    uint32_t count = 0;
    for (uint32_t i = 0; i < 3; i++) {
        rows[i] = (struct bench_row){
            .group = "latency", .unit = "ms", .bar_kind = BENCH_AT_MOST, .bar = BARS[i]};
        (void)snprintf(rows[i].name, sizeof rows[i].name,
                       "event to task at the worker, durable, 5,000 events/s, %s", NAMES[i]);
    }
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        double ms[3];
        const enum err err = measure_latency(bench, ms, &count);
        if (err != ERR_OK) {
            return err;
        }
        if (count == 0) {
            bench_skip(bench, "latency", "no offer came");
            return ERR_OK;
        }
        for (uint32_t i = 0; i < 3; i++) {
            bench_value(&rows[i], ms[i]);
        }
    }
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(rows[i].note, sizeof rows[i].note, "of %u offers a run", count);
        bench_add(bench, &rows[i]);
    }
    return ERR_OK;
}
