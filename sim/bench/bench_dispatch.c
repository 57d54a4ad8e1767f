/* bench_dispatch.c: see bench_dispatch.h.
 *
 * Two cities. Roads alone (dispatch_city.h): 200 people, calls as a Poisson stream, exponential work of 20 minutes; load is the
 * share of their time that people work or travel as far as an idle nearest one would: calls x (work + way) / people. And San
 * Francisco as recorded (dispatch_sf.h), with all of its units and with fewer.
 *
 * Every policy meets the same people, calls and times on the spot of a seed, so that a ratio is taken seed by seed; the row's
 * note has the 95 % interval of its mean (Student's t). */
#include "sim/bench/bench_dispatch.h"

#include "sim/bench/dispatch_city.h"
#include "sim/bench/dispatch_play.h"
#include "sim/bench/dispatch_sf.h"
#include "sim/city_file.h"
#include "sim/scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORK_MS (20 * MINUTE_MS)

/* A place and how much there is to do: rows of their own. percent 0: no bar. */
struct level {
    const char *name;
    uint32_t permille; /* roads: load; San Francisco: of its units */
    double bar_mean;   /* percent of the first policy; 0 = none */
    double bar_p95, bar_worst;
    bool
        is_guarded; /* the policy with an area_guard too: what it costs is seen where there is most to move */
};
static const struct level LOADS[] = {{"load 0.50", 500, 101, 0, 0, false},
                                     {"load 0.75", 750, 82, 85, 100, false},
                                     {"load 0.85", 850, 68, 85, 100, true}};
static const struct level STAFFS[] = {{"SF, all units", 1000, 101, 0, 0, false},
                                      {"SF, 70 % of units", 700, 0, 0, 0, false},
                                      {"SF, 50 % of units", 500, 0, 0, 0, false},
                                      {"SF, 40 % of units", 400, 0, 0, 0, true}};

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

static enum err write_scene(struct ground *ground, const struct level *level, uint64_t seed)
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
    if (++ground->runs_done == DISPATCH_POLICIES - 1) {
        (void)fprintf(stderr, "%u of %u runs in %.0f s: about %.0f s in all\n", ground->runs_done,
                      ground->runs_in_all, spent_s,
                      spent_s * ground->runs_in_all / ground->runs_done);
    }
}

/* ---- rows ---- */

/* Student's t, two sides of 5 %, by runs - 1 degrees of freedom. */
static double student(uint32_t runs)
{
    static const double T[] = {0,     12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
                               2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
                               2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
                               2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, 2.040};
    return runs < 2 ? 0 : T[runs - 1 < COUNT_OF(T) ? runs - 1 : COUNT_OF(T) - 1];
}

static void note_interval(struct bench_row *row)
{
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        sum += row->values[i];
    }
    const double mean = sum / fmax(row->count, 1);
    for (uint32_t i = 0; i < row->count; i++) {
        squares += (row->values[i] - mean) * (row->values[i] - mean);
    }
    const double half =
        row->count < 2 ? 0 : student(row->count) * sqrt(squares / (row->count - 1) / row->count);
    const size_t used = strlen(row->note);
    (void)snprintf(row->note + used, sizeof row->note - used, "%smean %.1f, 95 %% %.1f .. %.1f",
                   used > 0 ? "; " : "", mean, mean - half, mean + half);
}

/* Rows of one policy at one level: its own mean response, and four figures as percent of the first policy's. */
enum figure { MEAN, MEAN_SHARE, P50_SHARE, P95_SHARE, WORST_SHARE, FIGURE_COUNT };

static void name_rows(struct bench_row rows[FIGURE_COUNT], const struct level *level,
                      const struct dispatch_policy *policy, bool is_last)
{
    static const char *const NAMES[FIGURE_COUNT] = {"mean response", "mean, of the first",
                                                    "p50, of the first", "p95, of the first",
                                                    "p90 of the worst area, of the first"};
    const double bars[FIGURE_COUNT] = {0, level->bar_mean, 0, level->bar_p95, level->bar_worst};
    for (uint32_t i = 0; i < FIGURE_COUNT; i++) {
        rows[i] = (struct bench_row){.group = "dispatch", .unit = i == MEAN ? "s" : "percent"};
        (void)snprintf(rows[i].name, sizeof rows[i].name, "%s, %s: %s", level->name, policy->name,
                       NAMES[i]);
        if (is_last && bars[i] > 0) {
            rows[i].bar_kind = BENCH_AT_MOST;
            rows[i].bar = bars[i];
        }
    }
}

static bool is_played(const struct level *level, uint32_t policy)
{
    return policy != DISPATCH_GUARDED || level->is_guarded;
}

static double share(double value, double first)
{
    return first > 0 ? 100 * value / first : 0;
}

static void take_outcome(struct bench_row rows[FIGURE_COUNT],
                         const struct dispatch_outcome *outcome,
                         const struct dispatch_outcome *first, uint64_t seed)
{
    bench_value(&rows[MEAN], outcome->mean_ms / 1000);
    bench_value(&rows[MEAN_SHARE], share(outcome->mean_ms, first->mean_ms));
    bench_value(&rows[P50_SHARE], share(outcome->p50_ms, first->p50_ms));
    bench_value(&rows[P95_SHARE], share(outcome->p95_ms, first->p95_ms));
    bench_value(&rows[WORST_SHARE], share(outcome->worst_ms, first->worst_ms));
    if (outcome->never > 0) {
        (void)snprintf(rows[MEAN].note, sizeof rows[MEAN].note,
                       "%u of %u calls never reached in seed %llu", outcome->never, outcome->calls,
                       (unsigned long long)seed);
    }
}

static enum err measure_level(struct ground *ground, const struct level *level)
{
    static struct bench_row rows[DISPATCH_POLICIES][FIGURE_COUNT];
    struct bench *bench = ground->bench;
    enum err err = ERR_OK;
    for (uint32_t p = 0; p < DISPATCH_POLICIES; p++) {
        name_rows(rows[p], level, &DISPATCH_POLICY[p], p + 1 == DISPATCH_POLICIES);
    }
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        const uint64_t seed = bench_seed(bench) + run;
        struct dispatch_outcome outcome, first = {0};
        err = write_scene(ground, level, seed);
        for (uint32_t p = 0; p < DISPATCH_POLICIES && err == ERR_OK; p++) {
            err = dispatch_play(city_of(ground), &DISPATCH_POLICY[p], seed, ground->problems,
                                &outcome);
            if (err == ERR_OK) {
                first = p == 0 ? outcome : first;
                take_outcome(rows[p], &outcome, &first, seed);
                tell_pace(ground);
            }
        }
    }
    for (uint32_t p = 0; p < DISPATCH_POLICIES && err == ERR_OK; p++) {
        for (uint32_t i = 0; i < FIGURE_COUNT; i++) {
            if ((p > 0 || i == MEAN) && is_played(level, p)) {
                note_interval(&rows[p][i]);
                bench_add(bench, &rows[p][i]);
            }
        }
    }
    return err;
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

static uint32_t count_runs(const struct level *levels, size_t count)
{
    uint32_t runs = 0;
    for (size_t i = 0; i < count; i++) {
        runs += levels[i].is_guarded ? DISPATCH_POLICIES : DISPATCH_POLICIES - 1;
    }
    return runs;
}

static enum err measure_all(struct ground *ground, const struct level *levels, size_t count)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        err = measure_level(ground, &levels[i]);
    }
    return err;
}

/* The last level's first seed, and the policies: `gridloop sim` plays and explains them again. */
static enum err keep_scene(struct ground *ground, const struct level *level)
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
    ground.runs_in_all =
        bench_runs(bench) * (count_runs(LOADS, COUNT_OF(LOADS)) +
                             (has_records ? count_runs(STAFFS, COUNT_OF(STAFFS)) : 0));
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
