/* bench_core.c: see bench_core.h.
 *
 * A case is nine commands: the event; for the worker and again for the inspector: item stored, accept, arrive, done or passed.
 * Closed cases leave at once (reopen window 0); effects are looked at for the next act and thrown away. */
#include "sim/bench/bench_core.h"

#include "sim/bench/bench_driver.h"

#include <stdio.h>

#define CASES_LIMIT 16384u

static void add_memory(struct bench *bench)
{
    struct bench_row row = {.group = "core",
                            .name = "memory of a case with two orders and its timers",
                            .unit = "bytes",
                            .bar_kind = BENCH_AT_MOST,
                            .bar = 1024};
    struct limits limits = limits_default();
    limits.cases = 1u << 20;
    limits.orders = 2u << 20;
    limits.case_extras = 2u << 20;
    struct limits twice = limits;
    twice.cases *= 2;
    twice.orders *= 2;
    twice.case_extras *= 2;
    bench_value(&row, (double)(core_size(&twice) - core_size(&limits)) / limits.cases);
    (void)snprintf(row.note, sizeof row.note, "taken at start, whether used or not");
    bench_add(bench, &row);
}

/* One run: closed cases a second of processor time. */
static double close_cases(struct bench_driver *driver, uint32_t rounds)
{
    const uint64_t before = core_counts_now(driver->core)->closed;
    const int64_t from_ns = bench_cpu_ns();
    for (uint32_t i = 0; i < rounds; i++) {
        driver->now_ms += BENCH_WIDE;
        for (uint32_t k = 0; k < BENCH_WIDE; k++) {
            const uint32_t cell = (uint32_t)random_below(&driver->random, driver->city.cell_count);
            bench_driver_event(
                driver, BENCH_CALL,
                (struct place){driver->city.cells[cell].lon, driver->city.cells[cell].lat}, cell);
        }
        bench_driver_see_through(driver);
    }
    const uint64_t closed = core_counts_now(driver->core)->closed - before;
    return (double)closed * 1e9 / (double)(bench_cpu_ns() - from_ns);
}

enum err bench_core(struct bench *bench)
{
    struct bench_city *city;
    struct bench_driver *driver = NULL;
    struct bench_row row = {.group = "core",
                            .name = "closed loops in process, one core",
                            .unit = "cases/s",
                            .bar_kind = BENCH_AT_LEAST,
                            .bar = 200000};
    const uint32_t rounds = bench_scale(bench, 300, 60, 2);
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
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        err = bench_driver_restart(driver);
        if (err == ERR_OK) {
            (void)close_cases(driver, rounds / 10 + 1); /* warm */
            bench_value(&row, close_cases(driver, rounds));
        }
    }
    if (err == ERR_OK) {
        const struct core_counts *counts = core_counts_now(driver->core);
        (void)snprintf(row.note, sizeof row.note,
                       "9 commands each, processor time; %u calls a run, %llu of %llu cases closed",
                       rounds * BENCH_WIDE, (unsigned long long)counts->closed,
                       (unsigned long long)counts->opened);
        bench_add(bench, &row);
        add_memory(bench);
    }
    bench_driver_free(driver);
    bench_city_free(city);
    return err;
}
