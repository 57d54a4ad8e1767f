/* bench_latency.c: see bench_latency.h.
 *
 * 5,000 events a second fall due one by one; a gateway sends what is due and not yet sent as one batch whenever its window
 * has room, as an outbox does, so a slow sync makes larger batches and not an endless queue. 200 of them a second are calls that
 * open a case each, evenly over the whole run; every one becomes an offer to somebody whose app holds a poll. Time counts
 * from the instant the event was due.
 *
 * One run of rows is quiet. In the other the engine takes a snapshot every second or so, and its log is filled before, so that it
 * goes to a new segment in the middle: how much fits into a segment is learned from a first one. */
#include "engine/cli/bench_latency.h"

#include "engine/cli/bench_apps.h"
#include "engine/cli/bench_disk.h"
#include "engine/cli/bench_engine.h"
#include "engine/core/code.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_S 5000u
#define EVENT_NS (1000000000 / EVENTS_PER_S)
#define CALLS_EVERY 25u
#define SEND_EVERY_NS 550000 /* a gateway may send 2,000 frames a second */
#define SECONDS_MAX 10u
#define EVENTS_MAX (EVENTS_PER_S * SECONDS_MAX)
_Static_assert(EVENTS_MAX / CALLS_EVERY + 4096 <= BENCH_TOLD_MAX,
               "cameras open their first case, too");
#define SILENCE_NS INT64_C(30000000000)
#define FILL_STEP 10u
#define FILL_BATCHES_MAX 2000u
#define SNAPSHOT_ENTRIES "1000:0"

struct latency {
    const struct bench_engine *engine;
    const struct bench_latency_beside *beside; /* NULL */
    struct bench_gateway gateway, filler;
    struct bench_apps apps;
    const struct city *city;
    uint64_t first_events[EVENTS_MAX]; /* of each batch packed */
    struct bench_told_list opened;     /* at_ns: when the event was due */
    uint32_t events;                   /* of the run */
    int64_t packed_at_ns;              /* the last batch */
    uint64_t seq_base;
};

/* What the engine says that it did on the side. */
struct aside {
    uint32_t snapshots, rolls;
    uint64_t held;           /* batches that the engine asked to be sent again later */
    double fork_ms, held_ms; /* longest */
};

/* ---- the gateway ---- */

static enum err hear_gateway(struct latency *latency, int64_t from_ns)
{
    struct codec_answer answer;
    struct bench_gateway *gateway = &latency->gateway;
    while (link_receive(&gateway->link, &answer)) {
        const uint32_t before = gateway->acked;
        if (!bench_gateway_hear(gateway, answer.answer)) {
            return ERR_REFUSED;
        }
        if (gateway->acked == before) {
            continue; /* held back, or known already */
        }
        const Gridloop__Wire__BatchAck *ack = answer.answer->batch_ack;
        const uint64_t first = latency->first_events[before];
        for (size_t i = 0; i < ack->n_results; i++) {
            if ((first + i) % CALLS_EVERY == 0 && ack->results[i]->code == CODE_OPENED) {
                bench_told_note(&latency->opened, ack->results[i]->case_no,
                                from_ns + (int64_t)(first + i) * EVENT_NS);
            }
        }
    }
    return ERR_OK;
}

/* What is due and not yet packed, when there is room. */
static enum err send_due(struct latency *latency, uint32_t *packed, int64_t from_ns, int64_t now_ns)
{
    struct bench_gateway *gateway = &latency->gateway;
    const int64_t due = now_ns < from_ns ? 0 : (now_ns - from_ns) / EVENT_NS + 1;
    uint32_t waiting = due > (int64_t)latency->events ? latency->events : (uint32_t)due;
    waiting -= *packed;
    if (waiting > 0 && bench_gateway_has_room(gateway) &&
        now_ns - latency->packed_at_ns >= SEND_EVERY_NS) {
        const uint32_t count = waiting < BENCH_BATCH_EVENTS ? waiting : BENCH_BATCH_EVENTS;
        latency->first_events[gateway->made] = *packed;
        const enum err err = bench_gateway_pack(gateway, *packed, count);
        if (err != ERR_OK) {
            return err;
        }
        *packed += count;
        latency->packed_at_ns = now_ns;
    }
    return bench_gateway_send(gateway);
}

static enum err play(struct latency *latency)
{
    struct bench_gateway *gateway = &latency->gateway;
    uint32_t packed = 0;
    const int64_t from_ns = bench_now_ns() + 1000000;
    const int64_t until_ns = from_ns + (int64_t)latency->events * EVENT_NS + SILENCE_NS;
    while (packed < latency->events || gateway->acked < gateway->made) {
        const int64_t now_ns = bench_now_ns();
        enum err err = send_due(latency, &packed, from_ns, now_ns);
        if (err == ERR_OK) {
            err = hear_gateway(latency, from_ns);
        }
        if (err == ERR_OK) {
            err = bench_apps_hear(&latency->apps);
        }
        if (err != ERR_OK || now_ns > until_ns) {
            return err == ERR_OK ? ERR_UNAVAILABLE : err;
        }
        const struct timespec pause = {0, EVENT_NS};
        struct pollfd ready[2] = {{link_fd(&gateway->link), POLLIN, 0},
                                  {link_fd(&latency->apps.link), POLLIN, 0}};
        (void)ppoll(ready, 2, &pause, NULL);
    }
    for (uint32_t i = 0; i < 20; i++) { /* the last offers */
        (void)usleep(10000);
        const enum err err = bench_apps_hear(&latency->apps);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* ---- a segment nearly full ---- */

static uint32_t count_segments(const struct bench_engine *engine)
{
    char path[340];
    uint32_t count = 0;
    (void)snprintf(path, sizeof path, "%s/log", engine->data);
    DIR *directory = opendir(path);
    for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        count += dot != NULL && strcmp(dot, ".seg") == 0;
    }
    if (directory != NULL) {
        (void)closedir(directory);
    }
    return count;
}

static enum err fill(struct latency *latency, uint32_t batches)
{
    struct bench_gateway *filler = &latency->filler;
    struct codec_answer answer;
    enum err err = bench_gateway_make(filler, latency->city, batches, BENCH_BATCH_EVENTS);
    int64_t heard_ns = bench_now_ns();
    while (err == ERR_OK && filler->acked < filler->made) {
        err = bench_gateway_send(filler);
        while (err == ERR_OK && link_receive(&filler->link, &answer)) {
            heard_ns = bench_now_ns();
            err = bench_gateway_hear(filler, answer.answer) ? ERR_OK : ERR_REFUSED;
        }
        if (err == ERR_OK && bench_now_ns() - heard_ns > SILENCE_NS) {
            err = ERR_UNAVAILABLE;
        }
        link_wait(&filler->link, 1);
    }
    return err == ERR_OK ? bench_apps_hear(&latency->apps) : err;
}

/* Fills one segment to learn what fits, then all but what half of the run needs of the next one. */
static enum err fill_segment(struct latency *latency)
{
    const uint32_t before = count_segments(latency->engine);
    const uint32_t half = latency->events / 2 / BENCH_BATCH_EVENTS;
    uint32_t batches = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK && count_segments(latency->engine) == before &&
           batches < FILL_BATCHES_MAX) {
        err = fill(latency, FILL_STEP);
        batches += FILL_STEP;
    }
    for (uint32_t left = batches > half ? batches - half : 0; err == ERR_OK && left >= FILL_STEP;
         left -= FILL_STEP) {
        err = fill(latency, FILL_STEP);
    }
    if (err == ERR_OK) {
        (void)usleep(300000); /* its cases have been told */
        err = bench_apps_hear(&latency->apps);
    }
    latency->apps.told.count = latency->opened.count = 0;
    return err;
}

static double value_behind(const char *line, const char *word)
{
    const char *at = strstr(line, word);
    return at == NULL ? 0 : strtod(at + strlen(word), NULL);
}

/* From what the engine has reported. */
static uint32_t read_snapshots(const struct bench_engine *engine, struct aside *aside)
{
    char line[1024];
    uint32_t count = 0;
    FILE *file = fopen(engine->log, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strstr(line, "event=snapshot ") != NULL) {
            const double fork_ms = value_behind(line, "fork_us=") / 1000;
            const double held_ms = value_behind(line, "held_us=") / 1000;
            count++;
            aside->fork_ms = fork_ms > aside->fork_ms ? fork_ms : aside->fork_ms;
            aside->held_ms = held_ms > aside->held_ms ? held_ms : aside->held_ms;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}

/* ---- a run ---- */

static enum err run(struct latency *latency, bool is_disturbed, struct aside *aside)
{
    enum err err = bench_gateway_open(&latency->gateway, latency->engine->url, 0);
    if (err == ERR_OK) {
        err = bench_gateway_open(&latency->filler, latency->engine->url, 1);
    }
    if (err == ERR_OK) {
        err = bench_gateway_prepare(&latency->gateway, latency->events);
    }
    if (err == ERR_OK) {
        latency->gateway.calls_every = CALLS_EVERY;
        err = bench_apps_open(&latency->apps, latency->engine->url, latency->city);
    }
    if (err == ERR_OK && is_disturbed) {
        err = fill_segment(latency);
    }
    struct aside before = {0};
    const uint32_t segments = count_segments(latency->engine);
    const uint32_t snapshots = read_snapshots(latency->engine, &before);
    const struct bench_latency_beside *beside = latency->beside;
    if (err == ERR_OK && beside != NULL) {
        err = beside->begin(beside->context, latency->engine);
    }
    if (err == ERR_OK) {
        err = play(latency);
    }
    if (beside != NULL) {
        beside->end(beside->context, latency->engine);
    }
    *aside = (struct aside){0};
    aside->snapshots = read_snapshots(latency->engine, aside) - snapshots;
    aside->rolls = count_segments(latency->engine) - segments;
    aside->held = latency->gateway.held;
    return err;
}

/* One engine, one run: quantiles of the offers that were made. */
static enum err measure(struct bench *bench, bool is_disturbed,
                        const struct bench_latency_beside *beside, double out_ms[3],
                        uint32_t *out_count, struct aside *aside)
{
    static double values[BENCH_TOLD_MAX];
    struct bench_engine engine;
    struct latency *latency = calloc(1, sizeof *latency);
    const struct bench_engine_options options = {
        .snapshots = is_disturbed ? SNAPSHOT_ENTRIES : "0:0", .has_http = beside != NULL};
    enum err err =
        latency == NULL ? ERR_MEMORY : bench_engine_open(bench_seed(bench), &options, &engine);
    if (err != ERR_OK) {
        free(latency);
        return err;
    }
    latency->engine = &engine;
    latency->beside = beside;
    latency->city = &engine.city->city;
    latency->events = EVENTS_PER_S * bench_scale(bench, SECONDS_MAX, SECONDS_MAX / 2, 1);
    latency->apps.link.socket = latency->gateway.link.socket = latency->filler.link.socket = -1;
    err = run(latency, is_disturbed, aside);
    *out_count = err == ERR_OK ? bench_told_join(&latency->opened, &latency->apps.told, values) : 0;
    if (*out_count > 0) {
        out_ms[0] = bench_quantile(values, *out_count, 500);
        out_ms[1] = bench_quantile(values, *out_count, 990);
        out_ms[2] = bench_quantile(values, *out_count, 999);
    }
    bench_gateway_close(&latency->gateway);
    bench_gateway_close(&latency->filler);
    bench_apps_close(&latency->apps);
    free(latency);
    bench_engine_close(&engine);
    return err;
}

enum err bench_latency_beside(struct bench *bench, const struct bench_latency_beside *beside,
                              double out_ms[3], uint32_t *out_count)
{
    struct aside aside = {0};
    return measure(bench, false, beside, out_ms, out_count, &aside);
}

static enum err add_rows(struct bench *bench, bool is_disturbed)
{
    static const char *const NAMES[] = {"p50", "p99", "p99.9"};
    static const double BARS[] = {2, 8, 30};
    struct bench_row rows[3];
    struct aside aside = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < 3; i++) {
        rows[i] = (struct bench_row){.group = "latency",
                                     .unit = "ms",
                                     .bar_kind = is_disturbed ? BENCH_AT_MOST : BENCH_NO_BAR,
                                     .bar = BARS[i]};
        (void)snprintf(rows[i].name, sizeof rows[i].name, "event to task, durable, 5,000/s, %s, %s",
                       is_disturbed ? "snapshots and segment roll" : "nothing else", NAMES[i]);
    }
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        double ms[3];
        const enum err err = measure(bench, is_disturbed, NULL, ms, &count, &aside);
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
        (void)snprintf(rows[i].note, sizeof rows[i].note,
                       "%u offers a run; last run: %u snapshots (fork %.1f ms, held %.1f ms), %u "
                       "segment rolls, %llu batches put off",
                       count, aside.snapshots, aside.fork_ms, aside.held_ms, aside.rolls,
                       (unsigned long long)aside.held);
        bench_add(bench, &rows[i]);
    }
    return ERR_OK;
}

enum err bench_latency(struct bench *bench)
{
    enum err err = add_rows(bench, true);
    if (err == ERR_OK) {
        err = add_rows(bench, false);
    }
    return err == ERR_OK ? bench_disk(bench) : err;
}
