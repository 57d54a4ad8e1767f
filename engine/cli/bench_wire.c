/* bench_wire.c: ingest and restart of an engine in a process of its own, over nanomsg on ipc, synced to disk.
 *
 * Engine, its log thread and the clients share the cores of this machine: on two cores they take time from each other, as
 * the figures say. */
#include "engine/cli/bench_wire.h"

#include "engine/cli/bench_ceiling.h"
#include "engine/cli/bench_engine.h"
#include "engine/core/code.h"
#include "engine/core/life.h"
#include "engine/shell/engine_key.h"
#include "proto/client/gridloop.h"
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

/* The gateways of one side. */
struct side {
    struct bench_gateway gateways[GATEWAYS];
    uint32_t opened;
};

/* epoch: another one for each side of the same engine. */
static enum err open_side(struct side *side, const char *url, uint64_t epoch)
{
    enum err err = ERR_OK;
    side->opened = 0;
    for (; side->opened < GATEWAYS && err == ERR_OK; side->opened++) {
        err = bench_gateway_open(&side->gateways[side->opened], url, side->opened);
        side->gateways[side->opened].epoch = epoch;
    }
    return err;
}

static void close_side(struct side *side, uint64_t results[64])
{
    memset(results, 0, 64 * sizeof results[0]);
    for (uint32_t g = 0; g < side->opened; g++) {
        for (uint32_t i = 0; i < 64; i++) {
            results[i] += side->gateways[g].results[i];
        }
        bench_gateway_close(&side->gateways[g]);
    }
}

/* One run; row NULL: it only warms and opens the cases. */
static enum err run_side(struct bench *bench, struct side *side, const struct city *city,
                         struct bench_row *row)
{
    enum err err = ERR_OK;
    int64_t ns = 0;
    for (uint32_t g = 0; g < GATEWAYS && err == ERR_OK; g++) {
        err = bench_gateway_make(&side->gateways[g], city, batches_of(bench), BENCH_BATCH_EVENTS);
    }
    if (err == ERR_OK) {
        err = pump(side->gateways, &ns);
    }
    if (err == ERR_OK && row != NULL) {
        bench_value(row,
                    GATEWAYS * batches_of(bench) * (double)BENCH_BATCH_EVENTS * 1e9 / (double)ns);
    }
    return err;
}

/* One of what is measured in turns: the engine, or less of its path in a process of its own. */
struct measured {
    struct side side;
    struct bench_row row;
    uint64_t results[64];
    char url[340];
    pid_t pid; /* 0: the engine */
};

static enum err start_ceiling(const struct bench_engine *engine, enum bench_ceiling kind,
                              const char *name, struct measured *measured)
{
    char directory[320];
    (void)snprintf(measured->url, sizeof measured->url, "%s.%s", engine->url, name);
    (void)snprintf(directory, sizeof directory, "%s/%s", engine->city->directory.path, name);
    return mkdir(directory, 0700) != 0 ? ERR_IO
                                       : bench_ceiling_start(kind, measured->url, directory,
                                                             engine->city->path, &measured->pid);
}

static void close_measured(struct measured *measured)
{
    close_side(&measured->side, measured->results);
    if (measured->pid > 0) {
        (void)kill(measured->pid, SIGKILL);
        while (waitpid(measured->pid, NULL, 0) < 0 && errno == EINTR) {
            /* again */
        }
    }
}

enum { OURS, CEILING, SOCKETS, SIDES };

/* Run by run in turns, so that all of them meet the same machine. Processes are forked before the first socket is opened: a fork of a
 * process that has some cannot open its own. */
static enum err measure_path(struct bench *bench, const struct bench_engine *engine,
                             struct measured sides[SIDES])
{
    (void)snprintf(sides[OURS].url, sizeof sides[OURS].url, "%s", engine->url);
    enum err err = start_ceiling(engine, BENCH_NO_CORE, "no-core", &sides[CEILING]);
    err = err != ERR_OK ? err : start_ceiling(engine, BENCH_SOCKETS, "sockets", &sides[SOCKETS]);
    for (uint32_t i = 0; i < SIDES && err == ERR_OK; i++) {
        err = open_side(&sides[i].side, sides[i].url, 1);
    }
    for (uint32_t run = 0; run <= bench_runs(bench) && err == ERR_OK; run++) {
        for (uint32_t i = 0; i < SIDES && err == ERR_OK; i++) {
            err = run_side(bench, &sides[i].side, &engine->city->city,
                           run > 0 ? &sides[i].row : NULL);
        }
    }
    for (uint32_t i = 0; i < SIDES; i++) {
        close_measured(&sides[i]);
    }
    return err;
}

/* The row of one that is measured beside the engine, and how much of it the engine reaches. */
static void add_ceiling(struct bench *bench, const struct bench_row *ours, struct bench_row *row,
                        struct bench_row *share)
{
    bench_add(bench, row);
    bench_value(share, 100 * bench_median(ours) / bench_median(row));
    bench_add(bench, share);
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
    struct scratch directory;
    enum err err = bench_peer_directory(&directory);
    if (err == ERR_OK) {
        err = bench_gateway_write(GATEWAYS, batches_of(bench), directory.path);
    }
    for (size_t i = 0; i < COUNT_OF(PEERS) && err == ERR_OK; i++) {
        struct bench_row row = {.group = "ingest",
                                .unit = "events/s",
                                .ours = bench_median(ours),
                                .is_more_better = true};
        (void)snprintf(row.name, sizeof row.name, "%s", PEERS[i].name);
        bench_peer_run(bench, PEERS[i].program, PEERS[i].work, directory.path, &row, 1);
    }
    scratch_remove(&directory);
    return err;
}

/* ---- sealed ---- */

/* Makes a key for a gateway and has it registered; the engine still runs without keys. */
static enum err give_key(const struct bench_engine *engine, const char *keys, uint32_t gateway,
                         const uint8_t public[SEAL_PUBLIC_SIZE])
{
    const struct city *city = &engine->city->city;
    char id[32], path[384], admin[CODEC_KEY_ID_SIZE_MAX + 1] = "", why[ENGINE_KEY_WHY_SIZE];
    uint8_t halves[2][16];
    struct key_text key;
    struct gridloop_operator_result result = {.code = 0};
    for (uint32_t i = 0; i < city->person_count; i++) {
        if ((city->persons[i].rights & RIGHT_ADMINISTRATOR) != 0) {
            (void)snprintf(admin, sizeof admin, "%.*s", (int)city->persons[i].id.size,
                           city_text(city, city->persons[i].id));
        }
    }
    (void)snprintf(id, sizeof id, "camera-gateway-%u", gateway + 1);
    (void)snprintf(path, sizeof path, "%s/%s.key", keys, id);
    const enum err err = engine_key_make(path, id, public, &key, why);
    if (err != ERR_OK) {
        return err;
    }
    memcpy(halves, key.key.public, sizeof halves);
    key_text_wipe(&key);
    const struct gridloop_act act = {.action = ACTION_KEY_REGISTER,
                                     .subject = id,
                                     .evidence = (const uint8_t(*)[16])halves,
                                     .evidence_count = COUNT_OF(halves)};
    const int status = gridloop_operator_act(engine->url, admin, &act, 10000, &result);
    return status == GRIDLOOP_OK && result.code == CODE_DONE ? ERR_OK : ERR_REFUSED;
}

/* Registers keys with an engine and starts it again so that it takes nothing else. url gets them behind it. */
static enum err start_sealed(struct bench_engine *engine, char url[720])
{
    char keys[340], why[ENGINE_KEY_WHY_SIZE];
    struct key_text own;
    int64_t ns;
    (void)snprintf(keys, sizeof keys, "%s/keys", engine->city->directory.path);
    (void)snprintf(url, 720, "%s#key=%s", engine->url, keys);
    if (mkdir(keys, 0700) != 0) {
        return ERR_IO;
    }
    enum err err = engine_key_open(engine->data, &own, why);
    for (uint32_t g = 0; g < GATEWAYS && err == ERR_OK; g++) {
        err = give_key(engine, keys, g, own.key.public);
    }
    key_text_wipe(&own);
    if (err != ERR_OK) {
        return err;
    }
    (void)demo_child_stop(&engine->child, SIGTERM);
    engine->has_keys = true;
    return bench_engine_start(engine, &ns);
}

/* Two engines, one in clear and one sealed, in turns: what sealing takes of the rate, whatever else the machine does. */
static enum err measure_sealed(struct bench *bench, const struct bench_engine *plain)
{
    struct bench_row row = {
        .group = "ingest", .name = "durable, frames sealed both ways", .unit = "events/s"};
    struct bench_row beside = {.group = "ingest", .name = "in clear", .unit = "events/s"};
    struct bench_row cost = {.group = "ingest",
                             .name = "what sealing takes, run by run in turns",
                             .unit = "percent",
                             .bar_kind = BENCH_AT_MOST,
                             .bar = 15};
    const struct bench_engine_options options = {0};
    struct bench_engine sealed;
    struct side sides[2] = {{.opened = 0}, {.opened = 0}};
    char url[720];
    uint64_t results[64];
    enum err err = bench_engine_open(bench_seed(bench), &options, &sealed);
    if (err != ERR_OK) {
        return err;
    }
    err = start_sealed(&sealed, url);
    err = err == ERR_OK ? open_side(&sides[0], plain->url, 2) : err;
    err = err == ERR_OK ? open_side(&sides[1], url, 2) : err;
    for (uint32_t run = 0; run <= bench_runs(bench) && err == ERR_OK; run++) {
        err = run_side(bench, &sides[0], &plain->city->city, run > 0 ? &beside : NULL);
        err = err == ERR_OK ? run_side(bench, &sides[1], &sealed.city->city, run > 0 ? &row : NULL)
                            : err;
    }
    close_side(&sides[0], results);
    close_side(&sides[1], results);
    bench_engine_close(&sealed);
    if (err == ERR_OK) {
        bench_add(bench, &row);
        bench_value(&cost, 100 - 100 * bench_median(&row) / bench_median(&beside));
        bench_add(bench, &cost);
    }
    return err;
}

enum err bench_ingest(struct bench *bench)
{
    static struct measured sides[SIDES]; /* zeros */
    struct bench_engine engine;
    const struct bench_engine_options options = {0};
    struct bench_row *ours = &sides[OURS].row;
    struct bench_row share = {.group = "ingest",
                              .name = "share of the ceiling",
                              .unit = "percent",
                              .bar_kind = BENCH_AT_LEAST,
                              .bar = 55};
    struct bench_row share_alone = {
        .group = "ingest", .name = "share of sockets, codec and disk", .unit = "percent"};
    *ours =
        (struct bench_row){.group = "ingest",
                           .name = "durable, batches of 1,000, matched, deduped, acked after sync",
                           .unit = "events/s",
                           .bar_kind = BENCH_AT_LEAST,
                           .bar = 300000};
    sides[CEILING].row = (struct bench_row){
        .group = "ingest", .name = "same path without a core (ceiling)", .unit = "events/s"};
    sides[SOCKETS].row = (struct bench_row){
        .group = "ingest", .name = "sockets, codec and disk alone", .unit = "events/s"};
    enum err err = bench_engine_open(bench_seed(bench), &options, &engine);
    if (err != ERR_OK) {
        return err;
    }
    err = measure_path(bench, &engine, sides);
    if (err == ERR_OK) {
        const uint64_t *results = sides[OURS].results;
        (void)snprintf(ours->note, sizeof ours->note, "opened %llu, merged %llu, deduped %llu",
                       (unsigned long long)results[CODE_OPENED],
                       (unsigned long long)results[CODE_MERGED],
                       (unsigned long long)results[CODE_DEDUPED]);
        bench_add(bench, ours);
        add_ceiling(bench, ours, &sides[CEILING].row, &share);
        add_ceiling(bench, ours, &sides[SOCKETS].row, &share_alone);
        err = bench_peers(bench) == NULL ? ERR_OK : measure_peers(bench, ours);
    }
    if (err == ERR_OK) {
        err = measure_restart(bench, &engine,
                              (uint64_t)GATEWAYS * batches_of(bench) * BENCH_BATCH_EVENTS *
                                  (bench_runs(bench) + 1));
    }
    if (err == ERR_OK) {
        err = measure_sealed(bench, &engine);
    }
    bench_engine_close(&engine);
    return err;
}
