/* bench_cases.c: see bench_cases.h.
 *
 * All cases are opened in one instant, in one district, by calls that nobody near takes: each waits at a desk with its
 * dispatch clock, and all clocks run out in the same millisecond. That storm is stepped by TICKs as the engine's loop
 * would: a turn ends after 16 batches or 3 ms. Deadlines must come in the order in which they were armed, which here is
 * the order of the cases' numbers. */
#include "sim/bench/bench_cases.h"

#include "engine/core/snapshot.h"
#include "engine/edge/block.h"
#include "sim/bench/bench_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* As in engine/shell/loop.c. */
#define BATCHES_PER_TURN 16u
#define TURN_NS_MAX INT64_C(3000000)

struct storm {
    double ns_per_deadline;
    double longest_turn_ms;
    uint64_t deadlines;
};

static double resident_gb(void)
{
    unsigned long long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%llu %llu", &all, &resident) != 2) {
            resident = 0;
        }
        (void)fclose(file);
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e9;
}

/* Opens them; nanoseconds each. */
static double open_cases(struct bench_driver *driver, uint32_t count)
{
    const int64_t from_ns = bench_now_ns();
    for (uint32_t i = 0; i < count; i++) {
        bench_driver_event(driver, BENCH_DESK, bench_driver_place(driver), 0);
    }
    bench_driver_flush(driver);
    return (double)(bench_now_ns() - from_ns) / count;
}

/* Until nothing is due; the longest turn. */
static int64_t step_backlog(struct bench_driver *driver)
{
    int64_t longest_ns = 0;
    do {
        const int64_t from_ns = bench_now_ns();
        for (uint32_t i = 0; i < BATCHES_PER_TURN && bench_now_ns() - from_ns < TURN_NS_MAX; i++) {
            bench_driver_tick(driver);
            if (!core_has_backlog(driver->core)) {
                break;
            }
        }
        longest_ns = max_i64(longest_ns, bench_now_ns() - from_ns);
    } while (core_has_backlog(driver->core));
    return longest_ns;
}

static void let_run_out(struct bench_driver *driver, struct storm *storm)
{
    struct case_view view;
    uint32_t slot = 0;
    must(core_next_case(driver->core, &slot, &view));
    driver->now_ms = view.deadline_ms - 1; /* those who were to be looked for again, once */
    (void)step_backlog(driver);
    const uint64_t before = core_counts_now(driver->core)->clocks_missed;
    driver->now_ms = view.deadline_ms;
    const int64_t from_ns = bench_now_ns();
    const int64_t longest_ns = step_backlog(driver);
    const int64_t took_ns = bench_now_ns() - from_ns;
    storm->deadlines = core_counts_now(driver->core)->clocks_missed - before;
    storm->ns_per_deadline = (double)took_ns / (double)max_i64(1, (int64_t)storm->deadlines);
    storm->longest_turn_ms = (double)longest_ns / 1e6;
}

/* ---- snapshot ---- */

struct stream {
    uint8_t *bytes; /* NULL: only counted */
    size_t size, capacity, at;
};

static enum err put_bytes(void *context, const void *bytes, size_t size)
{
    struct stream *stream = context;
    if (stream->bytes != NULL) {
        if (stream->size + size > stream->capacity) {
            return ERR_FULL;
        }
        memcpy(stream->bytes + stream->size, bytes, size);
    }
    stream->size += size;
    return ERR_OK;
}

static enum err get_bytes(void *context, void *bytes, size_t size, size_t *out_size)
{
    struct stream *stream = context;
    const size_t left = stream->size - stream->at;
    const size_t count = left < size ? left : size;
    if (count == 0) {
        return ERR_CUT;
    }
    memcpy(bytes, stream->bytes + stream->at, count);
    stream->at += count;
    *out_size = count;
    return ERR_OK;
}

/* Forks as the engine does; the child walks the whole state and ends. ms until the parent goes on. */
static double pause_for_snapshot(const struct bench_driver *driver)
{
    struct stream stream = {.bytes = NULL};
    const struct snapshot_sink sink = {put_bytes, &stream};
    struct hash128 digest;
    const int64_t from_ns = bench_now_ns();
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(core_save(driver->core, &sink, &digest) == ERR_OK ? 0 : 1);
    }
    const int64_t took_ns = bench_now_ns() - from_ns;
    int status = 1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return -1;
    }
    return (double)took_ns / 1e6;
}

static enum err load_back(const struct bench_driver *driver, struct stream *stream, double *out_s)
{
    const struct snapshot_source source = {get_bytes, stream};
    const size_t size = core_size(&driver->options.limits);
    struct hash128 digest;
    struct block block;
    if (block_new(size, &block) != ERR_OK) {
        return ERR_MEMORY;
    }
    stream->at = 0;
    const int64_t from_ns = bench_now_ns();
    struct core *core = core_init_zeroed(block.bytes, size, &driver->options.limits);
    enum err err = core_stage_city(core, driver->city_bytes, driver->city_size);
    if (err == ERR_OK) {
        err = core_stage_policy(core, driver->policy_bytes, driver->policy_size);
    }
    if (err == ERR_OK) {
        err = core_load(core, &source, &digest);
    }
    *out_s = (double)(bench_now_ns() - from_ns) / 1e9;
    block_free(&block);
    return err;
}

static enum err add_snapshot(struct bench *bench, const struct bench_driver *driver, uint32_t count)
{
    struct bench_row pause = {
        .group = "cases", .unit = "ms/GB", .bar_kind = BENCH_AT_MOST, .bar = 30};
    struct bench_row load = {.group = "cases", .unit = "s"};
    struct stream stream = {.capacity = core_size(&driver->options.limits)};
    const struct snapshot_sink sink = {put_bytes, &stream};
    struct hash128 digest;
    const double gb = resident_gb();
    enum err err = ERR_OK;
    (void)snprintf(pause.name, sizeof pause.name, "snapshot pause, %u open", count);
    (void)snprintf(load.name, sizeof load.name, "state read back from a snapshot, %u open", count);
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        const double ms = pause_for_snapshot(driver);
        if (ms < 0) {
            bench_absent(bench, &pause, "the child failed");
            return ERR_OK;
        }
        bench_value(&pause, ms / gb);
    }
    (void)snprintf(pause.note, sizeof pause.note, "forced; %.2f GB resident", gb);
    bench_add(bench, &pause);
    stream.bytes = malloc(stream.capacity);
    err = stream.bytes == NULL ? ERR_MEMORY : core_save(driver->core, &sink, &digest);
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        double seconds = 0;
        err = load_back(driver, &stream, &seconds);
        bench_value(&load, seconds);
    }
    if (err == ERR_OK) {
        (void)snprintf(load.note, sizeof load.note, "%.0f MB, checked; from memory",
                       (double)stream.size / 1e6);
        bench_add(bench, &load);
    }
    free(stream.bytes);
    return err;
}

/* ---- rows ---- */

static enum err add_growth(struct bench *bench, struct bench_driver *driver, uint32_t count,
                           bool is_largest)
{
    struct bench_row event = {.group = "cases", .unit = "ns"};
    struct bench_row deadline = {.group = "cases", .unit = "ns"};
    struct bench_row turn = {.group = "cases", .unit = "ms", .bar_kind = BENCH_AT_MOST, .bar = 20};
    struct storm storm = {0};
    /* The largest is run once: its storm takes a while, and a snapshot of it is wanted before. */
    const uint32_t runs = is_largest ? 1 : bench_runs(bench);
    for (uint32_t run = 0; run < runs; run++) {
        enum err err = bench_driver_restart(driver);
        if (err != ERR_OK) {
            return err;
        }
        bench_value(&event, open_cases(driver, count));
        must(core_counts_now(driver->core)->open_now == count);
        if (is_largest) {
            err = add_snapshot(bench, driver, count);
        }
        if (err != ERR_OK) {
            return err;
        }
        let_run_out(driver, &storm);
        bench_value(&deadline, storm.ns_per_deadline);
        bench_value(&turn, storm.longest_turn_ms);
    }
    (void)snprintf(event.name, sizeof event.name, "event that opens a case, up to %u open", count);
    (void)snprintf(event.note, sizeof event.note, "core of %.1f MB, other tables included",
                   (double)core_size(&driver->options.limits) / 1e6);
    (void)snprintf(deadline.name, sizeof deadline.name, "deadline, %u open, all at one instant",
                   count);
    (void)snprintf(deadline.note, sizeof deadline.note, "%llu missed, %s",
                   (unsigned long long)storm.deadlines,
                   driver->is_out_of_order ? "NOT IN ORDER" : "in the order they were armed");
    (void)snprintf(turn.name, sizeof turn.name, "longest turn in that storm, %u open", count);
    bench_add(bench, &event);
    bench_add(bench, &deadline);
    bench_add(bench, &turn);
    return driver->is_out_of_order ? ERR_MISMATCH : ERR_OK;
}

enum err bench_cases(struct bench *bench)
{
    static const uint32_t CASES[][3] = {
        {1000, 1000, 100}, {10000, 10000, 1000}, {100000, 100000, 2000}, {1000000, 300000, 4000}};
    struct bench_city *city;
    enum err err = bench_city_new(bench_seed(bench), CITY_SMALL, &city);
    for (size_t i = 0; i < COUNT_OF(CASES) && err == ERR_OK; i++) {
        const uint32_t count = bench_scale(bench, CASES[i][0], CASES[i][1], CASES[i][2]);
        struct bench_driver *driver = NULL;
        struct bench_driver_options options = {
            .city = city, .limits = limits_default(), .seed = bench_seed(bench)};
        options.limits.cases = count + 1024;
        options.limits.orders = 2 * options.limits.cases;
        options.limits.case_extras = 2 * options.limits.cases;
        err = bench_driver_new(&options, &driver);
        if (err == ERR_OK) {
            err = add_growth(bench, driver, count, i + 1 == COUNT_OF(CASES));
        }
        bench_driver_free(driver);
    }
    bench_city_free(city);
    return err;
}
