/* bench_dispatch.c: see bench_dispatch.h.
 *
 * Core, edge and people of `gridloop sim` on a city of nothing but roads (dispatch_city.h): 200 people, calls as a Poisson
 * stream, exponential work of 20 minutes. Load is the share of their time that people work or travel as far as an idle
 * nearest one would: calls x (work + way) / people. Response: call opened to first arrival. A tenth of the calls at the beginning is not counted.
 *
 * Every policy meets the same people, calls and times on the spot of a seed, so that a ratio is taken seed by seed; the row's
 * note has the 95 % interval of its mean (Student's t). */
#include "sim/bench/bench_dispatch.h"

#include "engine/city/city_load.h"
#include "rules/compile.h"
#include "sim/bench/dispatch_city.h"
#include "sim/report_numbers.h"
#include "sim/run.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORK_MS (20 * MINUTE_MS)
#define AREAS (DISPATCH_AREA_COLUMNS * DISPATCH_AREA_ROWS)

/* As data: what stands in the rule's assign, and in defaults.reassign. The first is what the others are compared with. */
static const struct policy_text {
    const char *name;
    const char *assign;
    const char *reassign;
} POLICIES[] = {
    {"closest idle by road, closest pair of the queue", "pick: eta", NULL},
    {"closest idle in a straight line", "pick: nearest", NULL},
    {"matched while waiting", "pick: eta, reroute: offers", NULL},
    {"matched anew", "pick: eta, reroute: true", NULL},
};
#define POLICY_COUNT COUNT_OF(POLICIES)

static const struct load {
    uint32_t permille;
    double bar_mean; /* percent of the first policy; 0 = none */
} LOADS[] = {{500, 101}, {750, 82}, {850, 68}};
#define LOAD_COUNT COUNT_OF(LOADS)

struct outcome {
    double mean_ms, p50_ms, p95_ms, worst_ms; /* worst: the greatest p90 of an area */
    uint32_t never;                           /* calls that nobody reached */
};

struct ground {
    struct bench *bench;
    struct dispatch_roads *roads;
    struct problems *problems;
    char out[64];
};

/* ---- one run ---- */

static void add_case(const struct case_record *row, struct samples *all, struct samples *areas,
                     struct outcome *outcome)
{
    if (row->first_arrive_at_ms == RECORD_NEVER) {
        outcome->never++;
        return;
    }
    const int64_t took_ms = row->first_arrive_at_ms - row->opened_at_ms;
    samples_add(all, took_ms);
    if (row->cell < AREAS) {
        samples_add(&areas[row->cell], took_ms);
    }
}

static void read_outcome(const struct run *run, struct outcome *outcome)
{
    const struct report_cases *cases = run_cases(run);
    struct samples all = {0}, areas[AREAS] = {{0}};
    memset(outcome, 0, sizeof *outcome);
    for (uint32_t i = cases->case_count / 10; i < cases->case_count; i++) {
        if (cases->cases[i].is_used) {
            add_case(&cases->cases[i], &all, areas, outcome);
        }
    }
    if (all.count > 0) {
        const struct spread spread = samples_spread(&all); /* sorts */
        outcome->mean_ms = (double)spread.mean;
        outcome->p50_ms = (double)spread.p50;
        outcome->p95_ms = (double)quantile_of(all.values, all.count, 950);
    }
    for (uint32_t i = 0; i < AREAS; i++) {
        if (areas[i].count >= 20) { /* fewer say nothing of a tenth */
            outcome->worst_ms = fmax(outcome->worst_ms, (double)samples_spread(&areas[i]).p90);
        }
        samples_fini(&areas[i]);
    }
    samples_fini(&all);
}

static enum err play(struct ground *ground, const struct policy_text *policy, uint64_t seed,
                     struct outcome *outcome)
{
    char path[128];
    void *city_bytes = NULL, *policy_bytes = NULL;
    size_t city_size = 0, policy_size = 0;
    struct agent_rates *rates = malloc(sizeof *rates);
    struct trace_reader *trace = NULL;
    struct run *run = NULL;
    struct city city;
    if (rates == NULL) {
        return ERR_MEMORY;
    }
    enum err err = dispatch_rules_write(ground->out, policy->assign, policy->reassign);
    err = err != ERR_OK ? err : city_load(ground->out, ground->problems, &city_bytes, &city_size);
    err = err != ERR_OK ? err : city_open(city_bytes, city_size, &city);
    (void)snprintf(path, sizeof path, "%s/rules", ground->out);
    err = err != ERR_OK ? err
                        : rules_compile(path, &city, ground->problems, &policy_bytes, &policy_size);
    *rates = agent_rates_default();
    (void)snprintf(path, sizeof path, "%s/sim.yaml", ground->out);
    err = err != ERR_OK ? err : agent_rates_load(path, rates, ground->problems);
    (void)snprintf(path, sizeof path, "%s/trace.ndjson", ground->out);
    err = err != ERR_OK ? err : trace_reader_open(path, ground->problems, &trace);
    if (err == ERR_OK) {
        struct run_options options = run_options_default();
        options.city_bytes = city_bytes;
        options.city_size = city_size;
        options.policy_bytes = policy_bytes;
        options.policy_size = policy_size;
        options.trace = trace;
        options.rates = rates;
        options.seed = seed;
        options.keep_records = true;
        err = run_new(&options, &run);
        err = err != ERR_OK ? err : run_play(run);
    }
    if (err == ERR_OK) {
        read_outcome(run, outcome);
    }
    run_free(run);
    if (trace != NULL) {
        trace_reader_close(trace);
    }
    free(rates);
    free(policy_bytes);
    free(city_bytes);
    return err;
}

static enum err write_scene(struct ground *ground, uint64_t seed, double every_ms, uint32_t workers,
                            uint32_t calls)
{
    const struct dispatch_scene scene = {.seed = seed,
                                         .workers = workers,
                                         .work_ms = WORK_MS,
                                         .every_ms = (int64_t)every_ms,
                                         .calls = calls};
    return dispatch_city_write(ground->roads, &scene, ground->out);
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

/* Rows of one policy at one load: its own mean response, and four figures as percent of the first policy's. */
enum figure { MEAN, MEAN_SHARE, P50_SHARE, P95_SHARE, WORST_SHARE, FIGURE_COUNT };

static void name_rows(struct bench_row rows[FIGURE_COUNT], const struct load *load,
                      const struct policy_text *policy, bool is_last)
{
    static const char *const NAMES[FIGURE_COUNT] = {"mean response", "mean, of the first",
                                                    "p50, of the first", "p95, of the first",
                                                    "p90 of the worst area, of the first"};
    const double bars[FIGURE_COUNT] = {0, load->bar_mean, 0, load->permille > 500 ? 85 : 0,
                                       load->permille > 500 ? 100 : 0};
    for (uint32_t i = 0; i < FIGURE_COUNT; i++) {
        rows[i] = (struct bench_row){.group = "dispatch", .unit = i == MEAN ? "s" : "percent"};
        (void)snprintf(rows[i].name, sizeof rows[i].name, "load 0.%02u, %.46s: %.36s",
                       load->permille / 10 % 100, policy->name, NAMES[i]);
        if (is_last && bars[i] > 0) {
            rows[i].bar_kind = BENCH_AT_MOST;
            rows[i].bar = bars[i];
        }
    }
}

static double share(double value, double first)
{
    return first > 0 ? 100 * value / first : 0;
}

static enum err measure_load(struct ground *ground, const struct load *load, double way_ms,
                             uint32_t workers, uint32_t calls)
{
    struct bench *bench = ground->bench;
    static struct bench_row rows[POLICY_COUNT][FIGURE_COUNT];
    const double every_ms = ((double)WORK_MS + way_ms) / workers / (load->permille / 1000.0);
    enum err err = ERR_OK;
    for (uint32_t p = 0; p < POLICY_COUNT; p++) {
        name_rows(rows[p], load, &POLICIES[p], p + 1 == POLICY_COUNT);
    }
    for (uint32_t run = 0; run < bench_runs(bench) && err == ERR_OK; run++) {
        const uint64_t seed = bench_seed(bench) + run;
        struct outcome first = {0};
        err = write_scene(ground, seed, every_ms, workers, calls);
        for (uint32_t p = 0; p < POLICY_COUNT && err == ERR_OK; p++) {
            struct outcome outcome;
            err = play(ground, &POLICIES[p], seed, &outcome);
            if (err != ERR_OK) {
                break;
            }
            first = p == 0 ? outcome : first;
            bench_value(&rows[p][MEAN], outcome.mean_ms / 1000);
            bench_value(&rows[p][MEAN_SHARE], share(outcome.mean_ms, first.mean_ms));
            bench_value(&rows[p][P50_SHARE], share(outcome.p50_ms, first.p50_ms));
            bench_value(&rows[p][P95_SHARE], share(outcome.p95_ms, first.p95_ms));
            bench_value(&rows[p][WORST_SHARE], share(outcome.worst_ms, first.worst_ms));
            if (outcome.never > 0) {
                (void)snprintf(rows[p][MEAN].note, sizeof rows[p][MEAN].note,
                               "%u of %u calls never reached in seed %llu", outcome.never, calls,
                               (unsigned long long)seed);
            }
        }
    }
    for (uint32_t p = 0; p < POLICY_COUNT && err == ERR_OK; p++) {
        for (uint32_t i = 0; i < FIGURE_COUNT; i++) {
            if (p > 0 || i == MEAN) {
                note_interval(&rows[p][i]);
                bench_add(bench, &rows[p][i]);
            }
        }
    }
    return err;
}

/* The way of the nearest when nearly everybody is idle: what a call costs besides the work. */
static enum err measure_way(struct ground *ground, uint32_t workers, uint32_t calls,
                            double *out_way_ms)
{
    struct outcome outcome;
    enum err err = write_scene(ground, bench_seed(ground->bench), (double)WORK_MS / workers / 0.2,
                               workers, calls / 4 + 10);
    err = err != ERR_OK ? err : play(ground, &POLICIES[0], bench_seed(ground->bench), &outcome);
    *out_way_ms = err == ERR_OK ? outcome.mean_ms : 0;
    return err;
}

static int remove_path(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
    (void)stat;
    (void)type;
    (void)walk;
    return remove(path);
}

enum err bench_dispatch(struct bench *bench)
{
    struct ground ground = {.bench = bench, .out = "/tmp/gridloop-dispatch-XXXXXX"};
    const uint32_t workers = bench_scale(bench, 200, 200, 10);
    const uint32_t calls = bench_scale(bench, 2000, 1000, 40);
    double way_ms = 0;
    if (mkdtemp(ground.out) == NULL) {
        return ERR_IO;
    }
    ground.problems = problems_new();
    enum err err = ground.problems == NULL ? ERR_MEMORY : ERR_OK;
    err = err != ERR_OK ? err
                        : dispatch_roads_open(bench_graph(bench), ground.problems, &ground.roads);
    err = err != ERR_OK ? err : measure_way(&ground, workers, calls, &way_ms);
    for (size_t i = 0; i < LOAD_COUNT && err == ERR_OK; i++) {
        err = measure_load(&ground, &LOADS[i], way_ms, workers, calls);
    }
    if (err == ERR_INPUT) {
        problems_print(ground.problems, stderr);
    }
    dispatch_roads_close(ground.roads);
    problems_free(ground.problems);
    (void)nftw(ground.out, remove_path, 16, FTW_DEPTH | FTW_PHYS);
    return err;
}
