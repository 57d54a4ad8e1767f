/* bench_rounds.c: see bench_rounds.h.
 *
 * As many orders as workers, one each in the order they came, all offered. Then everybody has moved somewhere else, ten
 * seconds pass, and one round matches them anew: TICK by TICK until nothing is due, as the engine's loop would step it.
 * A slice is one TICK. Straight lines; what a way by road costs is another group's. */
#include "sim/bench/bench_rounds.h"

#include "engine/core/state.h"
#include "sim/bench/bench_driver.h"

#include <stdio.h>

struct round_cost {
    double ms, longest_ms;
    uint64_t moved;
};

static void scatter(struct bench_driver *driver, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct place at = bench_driver_place(driver);
        bench_driver_seen(driver, first + i, at, STATUS_READY);
    }
    bench_driver_flush(driver);
}

static struct round_cost run_round(struct bench_driver *driver)
{
    struct round_cost cost = {0};
    const uint64_t before = core_counts_now(driver->core)->offers;
    do {
        const int64_t from_ns = bench_now_ns();
        bench_driver_tick(driver);
        const double ms = (double)(bench_now_ns() - from_ns) / 1e6;
        cost.ms += ms;
        cost.longest_ms = ms > cost.longest_ms ? ms : cost.longest_ms;
    } while (core_has_backlog(driver->core));
    cost.moved = core_counts_now(driver->core)->offers - before;
    return cost;
}

static enum err measure(struct bench *bench, const struct bench_city *city, uint32_t count)
{
    struct bench_driver *driver = NULL;
    struct bench_row all = {.group = "rounds", .unit = "ms"};
    struct bench_row slice = {.group = "rounds", .unit = "ms"};
    struct bench_driver_options options = {.city = city,
                                           .image = {.workers = count},
                                           .limits = limits_default(),
                                           .moves_orders = true,
                                           .seed = bench_seed(bench)};
    uint64_t moved = 0;
    if (count == 1000) {
        all.bar_kind = slice.bar_kind = BENCH_AT_MOST;
        all.bar = 15;
        slice.bar = 2;
    }
    enum err err = bench_driver_new(&options, &driver);
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        err = bench_driver_restart(driver);
        if (err != ERR_OK) {
            break;
        }
        scatter(driver, city->city.person_count, count);
        for (uint32_t i = 0; i < count; i++) {
            bench_driver_event(driver, BENCH_MOVE, bench_driver_place(driver), 0);
        }
        bench_driver_flush(driver);
        scatter(driver, city->city.person_count, count);
        driver->now_ms += 11 * SECOND_MS;
        const struct round_cost cost = run_round(driver);
        bench_value(&all, cost.ms);
        bench_value(&slice, cost.longest_ms);
        moved = cost.moved;
    }
    bench_driver_free(driver);
    (void)snprintf(all.name, sizeof all.name, "round of %u orders, %u workers", count, count);
    (void)snprintf(all.note, sizeof all.note, "%llu moved, their offers and records included",
                   (unsigned long long)moved);
    (void)snprintf(slice.name, sizeof slice.name, "longest slice of it");
    if (err == ERR_OK) {
        bench_add(bench, &all);
        bench_add(bench, &slice);
    }
    return err;
}

enum err bench_rounds(struct bench *bench)
{
    static const uint32_t COUNTS[][3] = {{100, 100, 20}, {1000, 1000, 50}};
    struct bench_city *city;
    enum err err = bench_city_new(bench_seed(bench), CITY_SMALL, &city);
    for (size_t i = 0; i < COUNT_OF(COUNTS) && err == ERR_OK; i++) {
        err = measure(bench, city, bench_scale(bench, COUNTS[i][0], COUNTS[i][1], COUNTS[i][2]));
    }
    bench_city_free(city);
    return err;
}
