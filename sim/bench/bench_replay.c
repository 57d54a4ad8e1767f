/* bench_replay.c: see bench_replay.h.
 *
 * Closed loops are written to a log on a disk in memory: entries of up to 64 commands, as a busy turn makes them, or of one,
 * as on a quiet day. Then the log is read, every checksum and the chain included, and stepped from its first entry; what a real
 * disk would add is left out. */
#include "sim/bench/bench_replay.h"

#include "engine/edge/image_store.h"
#include "engine/edge/replay.h"
#include "sim/bench/bench_driver.h"
#include "sim/virtual_disk.h"

#include <stdio.h>

#define CASES_LIMIT 16384u

struct recorder {
    struct virtual_disk *files;
    struct disk disk;
    struct log *log;
    enum err err;
    bool is_single; /* one command an entry */
};

static enum err write_pending(struct recorder *recorder)
{
    uint64_t durable;
    struct log_group *group = log_take_group(recorder->log);
    return group == NULL ? ERR_OK : log_write_group(recorder->log, group, &durable);
}

/* An entry for each command of the batch. Only those of the bench: at most one place each, in order. */
static enum err put_single(struct recorder *recorder, int64_t now_ms,
                           const struct batch_writer *batch)
{
    const uint64_t head_size = 2 * sizeof(uint32_t);
    uint32_t place = 0;
    enum err err = ERR_OK;
    for (uint64_t at = head_size; at < batch->size && err == ERR_OK;) {
        static _Alignas(64) uint8_t payload[4096];
        static const uint32_t head[2] = {BATCH_VERSION, 1};
        struct command_head command;
        uint64_t position;
        memcpy(&command, batch->payload + at, sizeof command);
        must(command.size <= sizeof payload - sizeof head);
        memcpy(payload, head, sizeof head);
        memcpy(payload + sizeof head, batch->payload + at, command.size);
        const bool has_place = command.kind == COMMAND_SEEN || command.kind == COMMAND_ACT;
        if (has_place) { /* its row is now the first */
            const uint64_t body = sizeof head + sizeof command;
            const uint64_t row =
                body + (command.kind == COMMAND_SEEN ? offsetof(struct seen_body, place)
                                                     : offsetof(struct act_body, place));
            memset(payload + row, 0, sizeof(uint32_t));
        }
        err = log_encode(recorder->log, now_ms, LOG_BATCH, payload, sizeof head + command.size,
                         batch->places + place, has_place ? sizeof(struct place) : 0, &position);
        place += has_place;
        at += command.size;
    }
    must(err != ERR_OK || place == batch->place_count);
    return err;
}

static void record(void *context, int64_t now_ms, const struct batch_writer *batch)
{
    struct recorder *recorder = context;
    uint64_t position;
    if (recorder->err != ERR_OK) {
        return;
    }
    recorder->err =
        recorder->is_single
            ? put_single(recorder, now_ms, batch)
            : log_encode(recorder->log, now_ms, LOG_BATCH, batch->payload, batch->size,
                         batch->places, batch->place_count * sizeof(struct place), &position);
    if (recorder->err == ERR_OK && log_pending_size(recorder->log) > (1u << 20)) {
        recorder->err = write_pending(recorder);
    }
}

static void play(struct bench_driver *driver, uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++) {
        driver->now_ms += BENCH_WIDE;
        for (uint32_t k = 0; k < BENCH_WIDE; k++) {
            bench_driver_event(driver, BENCH_CALL, bench_driver_place(driver), 0);
        }
        bench_driver_see_through(driver);
    }
    driver->now_ms++;
    bench_driver_tick(driver);
}

static enum err make_log(struct recorder *recorder, struct bench_driver *driver, uint32_t rounds)
{
    struct log_options options = log_options_default();
    struct log_fault fault;
    uint64_t cut;
    options.salt = 1;
    enum err err = log_open(&recorder->disk, &options, &recorder->log, &cut, &fault);
    if (err == ERR_OK) {
        err = image_store_put(&recorder->disk, driver->city_bytes, driver->city_size,
                              driver->city.image.digest);
    }
    if (err == ERR_OK) {
        err = image_store_put(&recorder->disk, driver->policy_bytes, driver->policy_size,
                              driver->policy.image.digest);
    }
    if (err == ERR_OK) {
        driver->tee = record;
        driver->tee_context = recorder;
        err = bench_driver_restart(driver);
    }
    if (err == ERR_OK) {
        play(driver, rounds);
        err = recorder->err == ERR_OK ? write_pending(recorder) : recorder->err;
    }
    driver->tee = NULL;
    return err;
}

/* Replays once: commands a second. ERR_MISMATCH: it ended in another state than the live core. */
static enum err replay_once(const struct recorder *recorder, const struct bench_driver *driver,
                            double *out_commands_per_s)
{
    const struct replay_options options = {
        .disk = &recorder->disk, .log = log_options_default(), .limits = driver->options.limits};
    struct replay *replay = NULL;
    struct log_fault fault;
    const int64_t from_ns = bench_now_ns();
    enum err err = replay_open(&options, &replay, &fault);
    if (err == ERR_OK) {
        err = replay_follow(replay, UINT64_MAX, &fault);
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, "bench: replay: %s\n", fault.what);
    } else {
        *out_commands_per_s =
            (double)replay_counts_now(replay)->commands * 1e9 / (double)(bench_now_ns() - from_ns);
        err = hash128_is_equal(core_digest(replay_core(replay)), core_digest(driver->core))
                  ? ERR_OK
                  : ERR_MISMATCH;
    }
    replay_close(replay);
    return err;
}

static enum err measure(struct bench *bench, struct bench_driver *driver, bool is_single)
{
    struct recorder recorder = {.is_single = is_single, .files = virtual_disk_new()};
    struct bench_row row = {.group = "replay",
                            .unit = "/s",
                            .bar_kind = is_single ? BENCH_NO_BAR : BENCH_AT_LEAST,
                            .bar = 500000};
    const uint32_t rounds = bench_scale(bench, is_single ? 250 : 1000, 50, 2);
    if (recorder.files == NULL) {
        return ERR_MEMORY;
    }
    recorder.disk = virtual_disk_calls(recorder.files);
    enum err err = make_log(&recorder, driver, rounds);
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        double value = 0;
        err = replay_once(&recorder, driver, &value);
        bench_value(&row, value);
    }
    if (err == ERR_OK) {
        (void)snprintf(row.name, sizeof row.name, "commands of a log, %s",
                       is_single ? "one an entry" : "up to 64 an entry");
        (void)snprintf(
            row.note, sizeof row.note, "%llu commands, %.0f MB of files; same state as live",
            (unsigned long long)driver->commands, (double)virtual_disk_bytes(recorder.files) / 1e6);
        bench_add(bench, &row);
    }
    log_close(recorder.log);
    virtual_disk_free(recorder.files);
    return err;
}

enum err bench_replay(struct bench *bench)
{
    struct bench_city *city;
    struct bench_driver *driver = NULL;
    enum err err = bench_city_new(bench_seed(bench), CITY_MEDIUM, &city);
    if (err != ERR_OK) {
        return err;
    }
    struct bench_driver_options options = {.city = city,
                                           .image = {.forgets_at_once = true},
                                           .limits = limits_default(),
                                           .seed = bench_seed(bench)};
    options.limits.cases = CASES_LIMIT;
    options.limits.orders = 2 * CASES_LIMIT;
    options.limits.case_extras = 2 * CASES_LIMIT;
    err = bench_driver_new(&options, &driver);
    if (err == ERR_OK) {
        err = measure(bench, driver, false);
    }
    if (err == ERR_OK) {
        err = measure(bench, driver, true);
    }
    bench_driver_free(driver);
    bench_city_free(city);
    return err;
}
