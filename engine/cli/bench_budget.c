/* bench_budget.c: see bench_budget.h.
 *
 * The batches of `bench ingest` go through a node in this process, six in a turn, with the log's encoder and writer over a disk
 * in memory and the history's feed and queue. The clock of this thread is read between the node's calls, so a stage costs what it
 * costs inside the whole and nothing is measured twice:
 *
 *   receive   peek, identity, walk of the frame's bytes, lane, copy into the queue
 *   facts     from the bytes to a command: fields, device, hashes, the batch writer and its check
 *   encode    the copy into the log's group
 *   decide    the batch checked again and stepped: ids, match, dedupe, effects, kept results, the answer packed
 *   history   the feed's share of it (a run with and one without the observer: their difference)
 *   output    given out
 *   log       the writer thread: digest, chain, write; no sync */
#include "engine/cli/bench_budget.h"

#include "engine/cli/bench_engine.h"
#include "engine/edge/node.h"
#include "engine/shell/history_queue.h"
#include "proto/wire.h"
#include "sim/virtual_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 60u /* of a run; a window of them in each turn */
#define WINDOW 6u
#define START_MS INT64_C(1772497200000) /* a Tuesday, 08:20 in Shanghai */
#define QUEUE_SIZE (64u << 20)

enum stage { RECEIVE, FACTS, ENCODE, DECIDE, OUTPUT, LOG, STAGES };

static const char *const NAMES[STAGES] = {"receive", "facts", "encode", "decide", "output", "log"};

struct budget {
    struct bench_city *city;
    struct node *node;
    struct virtual_disk *memory;
    struct disk disk;
    struct log *log;
    struct history_queue *queue; /* NULL: no history */
    struct history_feed feed;
    struct bench_gateway gateway;
    uint8_t *frame;
    size_t frame_size;
    int64_t now_ms;
    int64_t spent_ns[STAGES];
    uint64_t outputs;
};

static void put(void *context, const struct history_record *record)
{
    struct budget *budget = context;
    must(history_queue_put(budget->queue, record));
}

static void see(void *context, uint64_t position, const struct effect *effect)
{
    struct budget *budget = context;
    history_feed_see(&budget->feed, position, effect);
}

static void settle(void *context, uint64_t position)
{
    struct budget *budget = context;
    history_feed_settle(&budget->feed, position);
}

static enum err open_budget(struct budget *budget, uint64_t seed, bool has_history)
{
    struct log_options options = log_options_default();
    struct log_fault fault;
    uint64_t cut;
    options.segment_size = UINT64_C(1) << 30; /* so that no segment ends inside a run */
    const struct node_options node_options = node_options_default();
    enum err err = bench_city_new(seed, CITY_MEDIUM, &budget->city);
    budget->memory = virtual_disk_new();
    budget->frame = malloc(CODEC_FRAME_SIZE_MAX);
    if (err == ERR_OK && (budget->memory == NULL || budget->frame == NULL)) {
        err = ERR_MEMORY;
    }
    if (err == ERR_OK) {
        budget->disk = virtual_disk_calls(budget->memory);
        err = log_open(&budget->disk, &options, &budget->log, &cut, &fault);
    }
    if (err == ERR_OK) {
        err = node_open(&node_options, &budget->node);
    }
    if (err == ERR_OK) {
        err = node_activate(budget->node, budget->city->city_bytes, budget->city->city_size,
                            budget->city->policy_bytes, budget->city->policy_size);
    }
    if (err == ERR_OK && has_history) {
        err = history_queue_new(QUEUE_SIZE, &budget->queue);
        if (err == ERR_OK) {
            err = history_feed_init(&budget->feed, node_core(budget->node),
                                    (struct history_sink){put, budget}, 0);
        }
        node_observe(budget->node,
                     (struct node_observer){.see = see, .context = budget, .settle = settle});
    }
    budget->now_ms = START_MS;
    return err;
}

static void free_batches(struct budget *budget)
{
    for (uint32_t i = 0; i < budget->gateway.made; i++) {
        free(budget->gateway.batches[i].bytes);
    }
    free(budget->gateway.batches);
    budget->gateway.batches = NULL;
    budget->gateway.made = 0;
}

static void close_budget(struct budget *budget)
{
    free_batches(budget);
    free(budget->frame);
    node_close(budget->node);
    history_queue_free(budget->queue);
    history_feed_fini(&budget->feed);
    log_close(budget->log);
    virtual_disk_free(budget->memory);
    bench_city_free(budget->city);
}

/* Frame{version, key_id, sealed: Request{request_id, event_batch}} around the bytes of a batch. */
static void wrap(struct budget *budget, uint32_t batch)
{
    static const char KEY[] = "camera-gateway-1";
    const uint8_t *bytes = budget->gateway.batches[batch].bytes;
    const size_t size = budget->gateway.batches[batch].size;
    uint8_t head[16];
    uint8_t *end = head;
    *end++ = 1 << 3; /* request_id */
    end = wire_put_varint(end, batch + 1);
    *end++ = 3 << 3 | 2;
    end = wire_put_varint(end, size);
    uint8_t *at = budget->frame;
    *at++ = 1 << 3;
    *at++ = CODEC_VERSION;
    *at++ = 2 << 3 | 2;
    at = wire_put_varint(at, sizeof KEY - 1);
    memcpy(at, KEY, sizeof KEY - 1);
    at += sizeof KEY - 1;
    *at++ = 5 << 3 | 2;
    at = wire_put_varint(at, (uint64_t)(end - head) + size);
    memcpy(at, head, (size_t)(end - head));
    at += end - head;
    memcpy(at, bytes, size);
    budget->frame_size = (size_t)(at - budget->frame) + size;
}

static int64_t lap(struct budget *budget, enum stage stage, int64_t from_ns)
{
    const int64_t now_ns = bench_cpu_ns();
    budget->spent_ns[stage] += now_ns - from_ns;
    return now_ns;
}

/* Takes what the history would take, outside of the stages. */
static void drain_history(struct budget *budget, uint64_t position)
{
    struct history_record record;
    uint64_t reached;
    if (budget->queue == NULL) {
        return;
    }
    history_queue_durable(budget->queue, position);
    while (history_queue_take(budget->queue, 0, &record, &reached) == HISTORY_TAKE_RECORD) {
    }
}

static void play_turns(struct budget *budget)
{
    struct node_batch batch;
    struct node_output output;
    uint64_t position = 0, durable = 0;
    int64_t from_ns = bench_cpu_ns();
    while (node_turn(budget->node, budget->now_ms, &batch)) {
        from_ns = lap(budget, FACTS, from_ns);
        must(log_encode(budget->log, batch.time_ms, LOG_BATCH, batch.payload, batch.payload_size,
                        batch.places, batch.places_size, &position) == ERR_OK);
        from_ns = lap(budget, ENCODE, from_ns);
        node_appended(budget->node, position, batch.time_ms);
        from_ns = lap(budget, DECIDE, from_ns);
    }
    from_ns = lap(budget, FACTS, from_ns);
    struct log_group *group = log_take_group(budget->log);
    if (group == NULL) {
        return;
    }
    must(log_write_group(budget->log, group, &durable) == ERR_OK);
    from_ns = lap(budget, LOG, from_ns);
    node_durable(budget->node, durable);
    while (node_next_output(budget->node, &output)) {
        budget->outputs++;
    }
    (void)lap(budget, OUTPUT, from_ns);
    drain_history(budget, durable);
}

static enum err play(struct budget *budget)
{
    static const uint8_t ROUTE[16] = {1};
    free_batches(budget);
    const enum err err =
        bench_gateway_make(&budget->gateway, &budget->city->city, FRAMES, BENCH_BATCH_EVENTS);
    if (err != ERR_OK) {
        return err;
    }
    memset(budget->spent_ns, 0, sizeof budget->spent_ns);
    budget->outputs = 0;
    for (uint32_t i = 0; i < FRAMES; i++) {
        wrap(budget, i);
        budget->now_ms += 1;
        const int64_t from_ns = bench_cpu_ns();
        node_receive(budget->node, ROUTE, sizeof ROUTE, budget->frame, budget->frame_size,
                     budget->now_ms);
        (void)lap(budget, RECEIVE, from_ns);
        if (i % WINDOW == WINDOW - 1) {
            play_turns(budget);
        }
    }
    return budget->outputs >= FRAMES ? ERR_OK : ERR_REFUSED;
}

/* Values of every stage into rows[0..STAGES), and their sum into rows[STAGES]. */
static enum err measure(struct bench *bench, bool has_history, struct bench_row *rows)
{
    struct budget budget = {.city = NULL};
    enum err err = open_budget(&budget, bench_seed(bench), has_history);
    if (err == ERR_OK) {
        play_turns(&budget); /* START and ACTIVATE */
    }
    const uint32_t warm = bench_scale(bench, 10, 10, 1); /* the first fill the tables */
    for (uint32_t run = 0; run < bench_runs(bench) + warm && err == ERR_OK; run++) {
        double sum = 0;
        err = play(&budget);
        for (uint32_t i = 0; i < STAGES && run >= warm; i++) {
            const double ns = (double)budget.spent_ns[i] / (FRAMES * (double)BENCH_BATCH_EVENTS);
            bench_value(&rows[i], ns);
            sum += ns;
        }
        if (run >= warm) {
            bench_value(&rows[STAGES], sum);
        }
    }
    close_budget(&budget);
    return err;
}

enum err bench_budget(struct bench *bench)
{
    struct bench_row rows[2][STAGES + 1];
    struct bench_row history = {
        .group = "budget", .unit = "ns", .name = "of decide: the history's feed"};
    enum err err = ERR_OK;
    for (uint32_t with = 0; with < 2 && err == ERR_OK; with++) {
        for (uint32_t i = 0; i <= STAGES; i++) {
            rows[with][i] = (struct bench_row){.group = "budget", .unit = "ns"};
            (void)snprintf(rows[with][i].name, sizeof rows[with][i].name, "an event, %s",
                           i < STAGES ? NAMES[i] : "in all");
        }
        err = measure(bench, with != 0, rows[with]);
    }
    for (uint32_t i = 0; i <= STAGES && err == ERR_OK; i++) {
        bench_add(bench, &rows[1][i]);
    }
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        bench_value(&history, rows[1][DECIDE].values[run] - rows[0][DECIDE].values[run]);
    }
    if (err == ERR_OK) {
        bench_add(bench, &history);
    }
    return err;
}
