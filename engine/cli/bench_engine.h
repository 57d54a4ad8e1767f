/* bench_engine.h: an engine of a synthetic city, started for a measurement, and the gateways that feed it.
 *
 * Owner   bench_engine_open / bench_engine_close; close ends the engine by its process id and removes its directory */
#ifndef ENGINE_CLI_BENCH_ENGINE_H
#define ENGINE_CLI_BENCH_ENGINE_H

#include "engine/cli/demo_child.h"
#include "engine/shell/accounts.h"
#include "proto/client/link.h"
#include "sim/bench/bench_city.h"

#define BENCH_BATCH_EVENTS 1000u
#define BENCH_ENGINE_START_MS                                                                      \
    INT64_C(1772497200000) /* its clock starts there: 2026-03-03 08:20 in Shanghai */
#define BENCH_WINDOW 6u    /* batches of a gateway in flight; the engine's credit is 8 */

struct bench_engine {
    struct bench_city *city;
    struct demo_child child;
    char url[320];
    char urgent_url[320]; /* "" = none */
    char data[320];
    char log[320];
    const char *snapshots;
    bool has_keys;                   /* started with --auth keys */
    char http[32];                   /* "127.0.0.1:PORT"; "none" */
    uint16_t port;                   /* of http */
    char token[ACCOUNTS_TOKEN_SIZE]; /* of somebody who may read all, with http */
};

struct bench_engine_options {
    const char *snapshots; /* as `serve --snapshots` takes it; NULL = its default */
    bool has_http;         /* on a free port of 127.0.0.1 */
    uint32_t gateways;     /* of cameras, the city's own included */
    bool has_urgent;       /* a second address: urgent_url */
};

enum err bench_engine_open(uint64_t seed, const struct bench_engine_options *options,
                           struct bench_engine *out_engine) WARN_UNUSED;
/* Starts the process on the data that is there; out_ns = until it listens. */
enum err bench_engine_start(struct bench_engine *engine, int64_t *out_ns) WARN_UNUSED;
void bench_engine_close(struct bench_engine *engine);

/* A gateway: sends batches made beforehand and counts what is acknowledged. */
struct bench_gateway {
    struct link link;
    uint32_t number;
    uint32_t
        calls_every; /* 0 = none; else one of so many events is a call that opens a case of its own */
    uint64_t epoch;             /* 1, until somebody says otherwise */
    uint64_t seq;               /* last made */
    uint64_t held;              /* answers that asked for a pause */
    int64_t again_at_ns;        /* the pause ends */
    uint32_t made, sent, acked; /* batches; made: those that may be sent by now */
    uint32_t made_in_all;
    uint64_t results[64]; /* by code */
    struct {
        uint8_t *bytes;
        size_t size;
    } * batches;
};

enum err bench_gateway_open(struct bench_gateway *gateway, const char *url,
                            uint32_t number) WARN_UNUSED;
void bench_gateway_close(struct bench_gateway *gateway);
/* Packs `count` batches of `events` events each, of the city's cameras in turn. */
enum err bench_gateway_make(struct bench_gateway *gateway, const struct city *city, uint32_t count,
                            uint32_t events) WARN_UNUSED;
/* Or: room for so many batches, made one at a time when there is something to say. */
enum err bench_gateway_prepare(struct bench_gateway *gateway, uint32_t count) WARN_UNUSED;
enum err bench_gateway_pack(struct bench_gateway *gateway, uint64_t first_event,
                            uint32_t events) WARN_UNUSED;
/* Writes the events of so many gateways and batches to DIRECTORY/events-<gateway>.tsv for others: id, type, device, confidence,
 * fill. ERR_IO. */
enum err bench_gateway_write(uint32_t gateways, uint32_t batches,
                             const char *directory) WARN_UNUSED;
bool bench_gateway_has_room(const struct bench_gateway *gateway);
/* Takes one answer. A batch held back (the engine sheds load) is sent again after the pause it asks for. False: refused for
 * good. */
bool bench_gateway_hear(struct bench_gateway *gateway, const Gridloop__Wire__Answer *answer);
/* Sends what the window allows. */
enum err bench_gateway_send(struct bench_gateway *gateway) WARN_UNUSED;

#endif
