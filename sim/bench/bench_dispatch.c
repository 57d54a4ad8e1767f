/* bench_dispatch.c: see bench_dispatch.h.
 *
 * Two cities. Roads alone (dispatch_city.h): 200 people, calls as a Poisson stream, exponential work of 20 minutes; load is the
 * share of their time that people work or travel as far as an idle nearest one would: calls x (work + way) / people. And San
 * Francisco as recorded (dispatch_sf.h), with all of its units and with fewer.
 *
 * A row has the shares of the seeds one by one; what they come to beside each other is a table at the end of each city
 * (dispatch_table.h), as docs/dispatch.md has it. */
#include "sim/bench/bench_dispatch.h"

#include "sim/bench/dispatch_city.h"
#include "sim/bench/dispatch_play.h"
#include "sim/bench/dispatch_sf.h"
#include "sim/bench/dispatch_table.h"
#include "sim/city_file.h"
#include "sim/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORK_MS (20 * MINUTE_MS)

/* At load 0.75 closest idle keeps up in some seeds and not in others, so it takes more of them to say anything. */
static const struct dispatch_level LOADS[] = {{"load 0.50", 500, 1, {[DISPATCH_MEAN] = 101}},
                                              {"load 0.75", 750, 2, {82, 0, 85, 100}},
                                              {"load 0.85", 850, 1, {68, 0, 85, 100}}};
static const struct dispatch_level STAFFS[] = {{"SF, all units", 1000, 1, {[DISPATCH_MEAN] = 101}},
                                               {"SF, 70 % of units", 700, 1, {0}},
                                               {"SF, 50 % of units", 500, 1, {0}},
                                               {"SF, 40 % of units", 400, 1, {0}}};

struct ground {
    struct bench *bench;
    struct problems *problems;
    char city[SCRATCH_PATH_SIZE + 8]; /* what is played */
    struct dispatch_roads *roads;
    struct dispatch_sf *sf; /* NULL: roads */
    uint32_t workers, calls;
    double way_ms; /* roads: of the nearest, when nearly everybody is idle */
    uint32_t runs_done, runs_in_all;
    int64_t began_ns;
    FILE *table; /* of this city; printed behind its rows */
};

/* ---- scenes ---- */

static struct dispatch_city city_of(const struct ground *ground)
{
    return (struct dispatch_city){ground->city,
                                  ground->sf != NULL ? DISPATCH_MOVES_SF : DISPATCH_MOVES_ROADS};
}

static enum err write_roads_scene(struct ground *ground, uint64_t seed, double every_ms,
                                  uint32_t calls)
{
    const struct dispatch_scene scene = {.seed = seed,
                                         .workers = ground->workers,
                                         .work_ms = WORK_MS,
                                         .every_ms = (int64_t)every_ms,
                                         .calls = calls};
    return dispatch_city_write(ground->roads, &scene, ground->city);
}

static enum err write_scene(struct ground *ground, const struct dispatch_level *level,
                            uint64_t seed)
{
    if (ground->sf != NULL) {
        return dispatch_sf_staff(ground->sf, level->permille / 10, seed);
    }
    const double every_ms =
        ((double)WORK_MS + ground->way_ms) / ground->workers / (level->permille / 1000.0);
    return write_roads_scene(ground, seed, every_ms, ground->calls);
}

/* How long it will take is said as soon as one run is done: they are much alike. */
static void tell_pace(struct ground *ground)
{
    const double spent_s = (double)(bench_now_ns() - ground->began_ns) / 1e9;
    if (++ground->runs_done == DISPATCH_POLICIES) {
        (void)fprintf(stderr, "%u of %u runs in %.0f s: about %.0f s in all\n", ground->runs_done,
                      ground->runs_in_all, spent_s,
                      spent_s * ground->runs_in_all / ground->runs_done);
    }
}

/* ---- rows ---- */

static uint32_t runs_of(const struct ground *ground, const struct dispatch_level *level)
{
    return min_u32(bench_runs(ground->bench) * level->runs_times, BENCH_RUNS_MAX);
}

static void note_interval(struct bench_row *row, uint32_t runs)
{
    const struct dispatch_interval interval = dispatch_interval_of(row->values, row->count);
    const size_t used = strlen(row->note);
    if (interval.count >= 2) {
        (void)snprintf(row->note + used, sizeof row->note - used,
                       "%s95 %% %.1f .. %.1f, median %.1f%s", used > 0 ? "; " : "",
                       interval.mean - interval.half, interval.mean + interval.half,
                       bench_median(row), interval.count < runs ? ", not of every seed" : "");
    }
}

/* A policy's own mean response. */
static void add_seconds(struct ground *ground, const struct dispatch_level *level,
                        const struct dispatch_played *played, uint32_t policy)
{
    struct bench_row row = {.group = "dispatch", .unit = "s", .is_mean = true};
    uint32_t calls = 0;
    (void)snprintf(row.name, sizeof row.name, "%s, %s: mean response", level->name,
                   DISPATCH_POLICY[policy].name);
    for (uint32_t run = 0; run < played->runs; run++) {
        const struct dispatch_outcome *outcome = &played->outcomes[policy][run];
        calls += outcome->calls;
        if (outcome->mean_ms > 0) {
            bench_value(&row, outcome->mean_ms / 1000);
        }
    }
    const uint32_t never = dispatch_never(played, policy);
    if (never > 0) {
        (void)snprintf(row.note, sizeof row.note,
                       "%" PRIu32 " of %" PRIu32 " calls never reached, all seeds", never, calls);
    }
    if (row.count == 0) {
        bench_absent(ground->bench, &row, "no data: nobody arrived");
        return;
    }
    note_interval(&row, played->runs);
    bench_add(ground->bench, &row);
}

static void add_share(struct ground *ground, const struct dispatch_level *level,
                      const struct dispatch_played *played, uint32_t policy,
                      enum dispatch_figure figure)
{
    static const char *const NAMES[DISPATCH_FIGURES] = {"mean", "p50", "p95",
                                                        "p90 of the worst area"};
    struct bench_row row = {.group = "dispatch", .unit = "percent", .is_mean = true};
    double share;
    (void)snprintf(row.name, sizeof row.name, "%s, %s: %s, of the first", level->name,
                   DISPATCH_POLICY[policy].name, NAMES[figure]);
    for (uint32_t run = 0; run < played->runs; run++) {
        if (dispatch_share(played, policy, figure, run, &share)) {
            bench_value(&row, share);
        }
    }
    if (row.count == 0) {
        bench_absent(ground->bench, &row,
                     figure == DISPATCH_WORST ? "no data: no area had arrivals enough"
                                              : "no data: nobody arrived");
        return;
    }
    if (policy + 1 == DISPATCH_POLICIES && level->bars[figure] > 0) {
        row.bar_kind = BENCH_AT_MOST;
        row.bar = level->bars[figure];
    }
    note_interval(&row, played->runs);
    bench_add(ground->bench, &row);
}

static enum err measure_level(struct ground *ground, const struct dispatch_level *level)
{
    static struct dispatch_played played;
    played =
        (struct dispatch_played){.seed = bench_seed(ground->bench), .runs = runs_of(ground, level)};
    for (uint32_t run = 0; run < played.runs; run++) {
        enum err err = write_scene(ground, level, played.seed + run);
        for (uint32_t p = 0; p < DISPATCH_POLICIES && err == ERR_OK; p++) {
            err = dispatch_play(city_of(ground), &DISPATCH_POLICY[p], played.seed + run,
                                ground->problems, &played.outcomes[p][run]);
            tell_pace(ground);
        }
        if (err != ERR_OK) {
            return err;
        }
    }
    for (uint32_t p = 0; p < DISPATCH_POLICIES; p++) {
        add_seconds(ground, level, &played, p);
        for (uint32_t figure = 0; p > 0 && figure < DISPATCH_FIGURES; figure++) {
            add_share(ground, level, &played, p, (enum dispatch_figure)figure);
        }
    }
    dispatch_table_level(ground->table, level, &played);
    return ERR_OK;
}

/* The way of the nearest when nearly everybody is idle: what a call costs besides the work. */
static enum err measure_way(struct ground *ground)
{
    struct dispatch_outcome outcome = {0};
    const uint64_t seed = bench_seed(ground->bench);
    enum err err = write_roads_scene(ground, seed, (double)WORK_MS / ground->workers / 0.2,
                                     ground->calls / 4 + 10);
    err = err != ERR_OK ? err
                        : dispatch_play(city_of(ground), &DISPATCH_POLICY[0], seed,
                                        ground->problems, &outcome);
    ground->way_ms = outcome.mean_ms;
    return err;
}

/* ---- the two cities ---- */

static uint32_t count_runs(const struct ground *ground, const struct dispatch_level *levels,
                           size_t count)
{
    uint32_t runs = 0;
    for (size_t i = 0; i < count; i++) {
        runs += runs_of(ground, &levels[i]) * DISPATCH_POLICIES;
    }
    return runs;
}

/* Rows as they come, then the table of the city. */
static enum err measure_all(struct ground *ground, const struct dispatch_level *levels,
                            size_t count)
{
    enum err err = ERR_OK;
    char *text = NULL;
    size_t size = 0;
    ground->table = open_memstream(&text, &size);
    if (ground->table == NULL) {
        return ERR_MEMORY;
    }
    dispatch_table_head(ground->table);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        err = measure_level(ground, &levels[i]);
    }
    if (fclose(ground->table) != 0 && err == ERR_OK) {
        err = ERR_MEMORY;
    }
    if (err == ERR_OK) {
        (void)printf("\n%s\n", text);
        (void)fflush(stdout);
    }
    free(text);
    return err;
}

/* The last level's first seed, and the policies: `gridloop sim` plays and explains them again. */
static enum err keep_scene(struct ground *ground, const struct dispatch_level *level)
{
    const enum err err = write_scene(ground, level, bench_seed(ground->bench));
    return err != ERR_OK ? err : dispatch_policies_write(city_of(ground));
}

static enum err measure_roads(struct ground *ground)
{
    enum err err = city_make_directory(ground->city);
    err = err != ERR_OK
              ? err
              : dispatch_roads_open(bench_graph(ground->bench), ground->problems, &ground->roads);
    err = err != ERR_OK ? err : measure_way(ground);
    err = err != ERR_OK ? err : measure_all(ground, LOADS, COUNT_OF(LOADS));
    err = err != ERR_OK ? err : keep_scene(ground, &LOADS[COUNT_OF(LOADS) - 1]);
    dispatch_roads_close(ground->roads);
    ground->roads = NULL;
    return err;
}

static enum err measure_sf(struct ground *ground)
{
    enum err err =
        dispatch_sf_open(bench_records(ground->bench), ground->city, ground->problems, &ground->sf);
    err = err != ERR_OK ? err : measure_all(ground, STAFFS, COUNT_OF(STAFFS));
    err = err != ERR_OK ? err : keep_scene(ground, &STAFFS[COUNT_OF(STAFFS) - 1]);
    dispatch_sf_close(ground->sf);
    ground->sf = NULL;
    return err;
}

enum err bench_dispatch(struct bench *bench)
{
    struct scratch temporary = {""};
    const char *out = bench_keep_at(bench);
    struct ground ground = {.bench = bench,
                            .problems = problems_new(),
                            .workers = bench_scale(bench, 200, 200, 10),
                            .calls = bench_scale(bench, 2000, 1000, 40),
                            .began_ns = bench_now_ns()};
    const bool has_records = bench_records(bench) != NULL;
    ground.runs_in_all = count_runs(&ground, LOADS, COUNT_OF(LOADS)) +
                         (has_records ? count_runs(&ground, STAFFS, COUNT_OF(STAFFS)) : 0);
    if (ground.problems == NULL ||
        (out == NULL && scratch_make_directory(&temporary, "dispatch") != ERR_OK)) {
        problems_free(ground.problems);
        return ERR_IO;
    }
    out = out != NULL ? out : temporary.path;
    (void)snprintf(ground.city, sizeof ground.city, "%s/roads", out);
    enum err err = measure_roads(&ground);
    if (has_records && err == ERR_OK) {
        (void)snprintf(ground.city, sizeof ground.city, "%s/sf", out);
        err = measure_sf(&ground);
    } else if (err == ERR_OK) {
        bench_skip(bench, "dispatch", "San Francisco: name its public records with --records DIR");
    }
    if (err == ERR_OK) {
        (void)printf("%u runs in %.0f s\n", ground.runs_done,
                     (double)(bench_now_ns() - ground.began_ns) / 1e9);
    }
    if (err == ERR_INPUT) {
        problems_print(ground.problems, stderr);
    }
    problems_free(ground.problems);
    scratch_remove(&temporary);
    return err;
}
