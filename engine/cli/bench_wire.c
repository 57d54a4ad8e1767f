/* bench_wire.c: ingest and restart of an engine in a process of its own, over nanomsg on ipc, synced to disk.
 *
 * Engine, its log thread and the clients share the cores of this machine: on two cores they take time from each other, as
 * the figures say. */
#include "engine/cli/bench_wire.h"

#include "engine/cli/bench_ceiling.h"
#include "engine/cli/bench_engine.h"
#include "engine/core/code.h"
#include "sim/bench/bench_peer.h"

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
#define BATCHES_MAX 100u /* of a gateway in one run */
#define SILENCE_NS INT64_C(30000000000)

static uint32_t batches_of(const struct bench *bench)
{
    return bench_scale(bench, BATCHES_MAX, BATCHES_MAX / 2, 2);
}

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
            err = bench_gateway_make(&gateways[g], city, batches_of(bench), BENCH_BATCH_EVENTS);
        }
        if (err == ERR_OK) {
            err = pump(gateways, &ns);
        }
        if (err == ERR_OK && run > 0) {
            bench_value(row, GATEWAYS * batches_of(bench) * (double)BENCH_BATCH_EVENTS * 1e9 /
                                 (double)ns);
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

/* The same events in the same batches from as many connections; what each of them promises differs and is said in its note. */
static enum err measure_peers(struct bench *bench, const struct bench_row *ours)
{
    static const struct {
        const char *program, *work, *name;
    } PEERS[] = {
        {"bench-redis", "ingest", "Redis XADD, pipelined, appendfsync always"},
        {"bench-postgres", "copy", "PostgreSQL COPY, a transaction a batch, synchronous"},
        {"bench-postgres", "insert", "PostgreSQL INSERT, once only by id, synchronous"},
        {"bench-mosquitto", "ingest", "Mosquitto QoS 1 with persistence"},
    };
    char directory[256];
    enum err err = bench_peer_directory(directory, sizeof directory);
    if (err == ERR_OK) {
        err = bench_gateway_write(GATEWAYS, batches_of(bench), directory);
    }
    for (size_t i = 0; i < COUNT_OF(PEERS) && err == ERR_OK; i++) {
        struct bench_row row = {.group = "ingest",
                                .unit = "events/s",
                                .ours = bench_median(ours),
                                .is_more_better = true};
        (void)snprintf(row.name, sizeof row.name, "%s", PEERS[i].name);
        bench_peer_run(bench, PEERS[i].program, PEERS[i].work, directory, &row, 1);
    }
    bench_directory_remove(directory);
    return err;
}

enum err bench_ingest(struct bench *bench)
{
    struct bench_engine engine;
    uint64_t results[64];
    const struct bench_engine_options options = {0};
    enum err err = bench_engine_open(bench_seed(bench), &options, &engine);
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
        bench_value(&share, 100 * bench_median(&ours) / bench_median(&ceiling));
        bench_add(bench, &share);
        err = bench_peers(bench) == NULL ? ERR_OK : measure_peers(bench, &ours);
    }
    if (err == ERR_OK) {
        err = measure_restart(bench, &engine,
                              (uint64_t)GATEWAYS * batches_of(bench) * BENCH_BATCH_EVENTS *
                                  (bench_runs(bench) + 1));
    }
    bench_engine_close(&engine);
    return err;
}
