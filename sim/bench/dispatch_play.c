/* dispatch_play.c: see dispatch_play.h. */
#include "sim/bench/dispatch_play.h"

#include "engine/city/city_load.h"
#include "rules/compile.h"
#include "sim/city_file.h"
#include "sim/report_numbers.h"
#include "sim/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AREA_CALLS_MIN 20u /* fewer say nothing of a tenth */

/* The first two serve a queue as whoever dispatches by hand would: who becomes free takes the nearest that waits; nothing that
 * somebody has been asked for moves. */
#define QUEUE "reassign: {switch_limit: 0, ageing: 0, deadline: 0}\n"
const struct dispatch_policy DISPATCH_POLICY[DISPATCH_POLICIES] = {
    {"closest idle by road", "closest by road", "closest_by_road.yaml",
     "policy: 1\nassign: {pick: eta, reroute: offers}\n" QUEUE, false},
    {"closest idle in a straight line", "straight line", "closest_straight.yaml",
     "policy: 1\nassign: {pick: nearest, reroute: offers}\n" QUEUE, false},
    {"matched while waiting, not moved", "while waiting", "matched_waiting.yaml",
     "policy: 1\nassign: {pick: eta, reroute: offers}\n", false},
    {"matched anew, area_guard 150", "guard 150", "matched_guarded.yaml",
     "policy: 1\nassign: {pick: eta, reroute: true, area_guard: 150}\n", true},
    {"matched anew", "matched anew", "matched_anew.yaml",
     "policy: 1\nassign: {pick: eta, reroute: true}\n", true},
};

/* What one run borrows. */
struct scene {
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct agent_rates *rates;
    struct trace_reader *trace;
    struct run *run;
};

/* ---- what became of it ---- */

static enum err read_outcome(const struct run *run, struct dispatch_outcome *outcome)
{
    const struct report_cases *cases = run_cases(run);
    const uint32_t area_count = run_city(run)->cell_count;
    struct samples all = {0}, *areas = calloc(area_count + 1, sizeof *areas);
    memset(outcome, 0, sizeof *outcome);
    if (areas == NULL) {
        return ERR_MEMORY;
    }
    for (uint32_t i = cases->case_count / 10; i < cases->case_count; i++) {
        const struct case_record *row = &cases->cases[i];
        outcome->calls += row->is_used;
        if (!row->is_used || row->first_arrive_at_ms == RECORD_NEVER) {
            outcome->never += row->is_used;
            continue;
        }
        const int64_t took_ms = row->first_arrive_at_ms - row->opened_at_ms;
        samples_add(&all, took_ms);
        if (row->cell < area_count) {
            samples_add(&areas[row->cell], took_ms);
        }
    }
    if (all.count > 0) {
        const struct spread spread = samples_spread(&all); /* sorts */
        outcome->mean_ms = (double)spread.mean;
        outcome->p50_ms = (double)spread.p50;
        outcome->p95_ms = (double)quantile_of(all.values, all.count, 950);
    }
    for (uint32_t i = 0; i < area_count; i++) {
        if (areas[i].count >= AREA_CALLS_MIN) {
            outcome->worst_ms = fmax(outcome->worst_ms, (double)samples_spread(&areas[i]).p90);
        }
        samples_fini(&areas[i]);
    }
    samples_fini(&all);
    free(areas);
    return ERR_OK;
}

/* ---- one run ---- */

static enum err write_policy(struct dispatch_city city, const struct dispatch_policy *policy,
                             const char *name)
{
    struct city_file file;
    const enum err err = city_file_open(&file, city.directory, name);
    if (err != ERR_OK) {
        return err;
    }
    city_file_print(&file, "%s%s", policy->text, policy->is_moving ? city.moves : "");
    return city_file_close(&file);
}

static enum err open_scene(struct dispatch_city of, const struct dispatch_policy *policy,
                           struct problems *problems, struct scene *scene)
{
    char path[512], rules[512];
    struct city city;
    const char *directory = of.directory;
    enum err err = write_policy(of, policy, "policy.yaml");
    err =
        err != ERR_OK ? err : city_load(directory, problems, &scene->city_bytes, &scene->city_size);
    err = err != ERR_OK ? err : city_open(scene->city_bytes, scene->city_size, &city);
    (void)snprintf(rules, sizeof rules, "%s/rules", directory);
    (void)snprintf(path, sizeof path, "%s/policy.yaml", directory);
    err = err != ERR_OK ? err
                        : rules_compile_under(rules, path, &city, problems, &scene->policy_bytes,
                                              &scene->policy_size);
    scene->rates = malloc(sizeof *scene->rates);
    if (scene->rates == NULL) {
        return ERR_MEMORY;
    }
    *scene->rates = agent_rates_default();
    (void)snprintf(path, sizeof path, "%s/sim.yaml", directory);
    err = err != ERR_OK ? err : agent_rates_load(path, scene->rates, problems);
    (void)snprintf(path, sizeof path, "%s/trace.ndjson", directory);
    return err != ERR_OK ? err : trace_reader_open(path, problems, &scene->trace);
}

static void close_scene(struct scene *scene)
{
    run_free(scene->run);
    if (scene->trace != NULL) {
        trace_reader_close(scene->trace);
    }
    free(scene->rates);
    free(scene->policy_bytes);
    free(scene->city_bytes);
}

enum err dispatch_play(struct dispatch_city city, const struct dispatch_policy *policy,
                       uint64_t seed, struct problems *problems,
                       struct dispatch_outcome *out_outcome)
{
    struct scene scene = {.run = NULL};
    enum err err = open_scene(city, policy, problems, &scene);
    if (err == ERR_OK) {
        struct run_options options = run_options_default();
        options.city_bytes = scene.city_bytes;
        options.city_size = scene.city_size;
        options.policy_bytes = scene.policy_bytes;
        options.policy_size = scene.policy_size;
        options.trace = scene.trace;
        options.rates = scene.rates;
        options.seed = seed;
        options.keep_records = true;
        err = run_new(&options, &scene.run);
        err = err != ERR_OK ? err : run_play(scene.run);
        err = err != ERR_OK ? err : read_outcome(scene.run, out_outcome);
    }
    close_scene(&scene);
    return err;
}

enum err dispatch_policies_write(struct dispatch_city city)
{
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < DISPATCH_POLICIES && err == ERR_OK; i++) {
        err = write_policy(city, &DISPATCH_POLICY[i], DISPATCH_POLICY[i].file);
    }
    return err;
}
