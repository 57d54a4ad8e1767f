/* cmd_bench.c: `gridloop bench`: figures of this program on this machine, each with its spread and its bar.
 *
 * Nothing here decides whether a change is good: a time depends on the machine and on what else it does. The raw figures go to
 * a JSON file for those who compare. */
#include "engine/cli/arguments.h"
#include "engine/cli/bench_budget.h"
#include "engine/cli/bench_history.h"
#include "engine/cli/bench_latency.h"
#include "engine/cli/bench_overload.h"
#include "engine/cli/bench_web.h"
#include "engine/cli/bench_wire.h"
#include "engine/cli/cli.h"
#include "engine/edge/words.h"
#include "sim/bench/bench_cases.h"
#include "sim/bench/bench_core.h"
#include "sim/bench/bench_devices.h"
#include "sim/bench/bench_dispatch.h"
#include "sim/bench/bench_match.h"
#include "sim/bench/bench_nearest.h"
#include "sim/bench/bench_replay.h"
#include "sim/bench/bench_roads.h"
#include "sim/bench/bench_rounds.h"
#include "sim/scratch.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#ifndef GRIDLOOP_COMMIT
#define GRIDLOOP_COMMIT ""
#endif
#ifndef GRIDLOOP_FLAGS
#define GRIDLOOP_FLAGS "flags unknown"
#endif

#define GROUPS_MAX 16

struct group {
    const char *name;
    enum err (*run)(struct bench *bench);
    const char *summary;
    bool is_asked_for; /* only when it is named: it takes long */
};

static const struct group GROUPS[] = {
    {"latency", bench_latency, "event to task at the worker, over sockets, synced", false},
    {"overload", bench_overload,
     "a life-safety event's way to a worker under ten times what is sustained", false},
    {"ingest", bench_ingest, "events taken, decided, synced and acknowledged; ceiling; restart",
     false},
    {"web", bench_web, "a thousand consoles, and lists beside full ingest", false},
    {"budget", bench_budget, "nanoseconds of an event by stage of the engine, in process", false},
    {"history", bench_history, "closed cases the history database takes in", false},
    {"core", bench_core, "closed loops in process on one core; memory of a case", false},
    {"replay", bench_replay, "a log stepped again from its first entry", false},
    {"nearest", bench_nearest, "the nearest eligible worker, of 1,000 to 1,000,000", false},
    {"rounds", bench_rounds, "many orders matched anew to workers", false},
    {"roads", bench_roads, "ways by road: the nearest of many people on 17,000 crossings", false},
    {"cases", bench_cases, "with 1,000 to 1,000,000 open: event, deadlines, snapshot, restart",
     false},
    {"devices", bench_devices, "of 1,000 to 100,000: finding the facts of an event", false},
    {"match", bench_match, "which rules take an event, beside scan, hash bucket and naive", false},
    {"dispatch", bench_dispatch,
     "response times of dispatch policies on a road graph; only when it is named", true},
};

struct options {
    const char *json;
    const char *tables;
    const char *peers;
    const char *graph;
    const char *records;
    const char *keep;
    enum bench_size size;
    const char *groups[GROUPS_MAX];
    uint32_t group_count;
    uint64_t seed;
    uint32_t runs;
};

static const struct argp_option OPTIONS[] = {
    {"seed", 's', "N", 0, "of everything invented (default 1)", 0},
    {"runs", 'n', "N", 0, "of each figure (default 5); the median is shown with the spread", 0},
    {"json", 'j', "FILE", 0, "raw figures", 0},
    {"tables", 't', "FILE", 0, "the tables of docs/benchmarks.md", 0},
    {"peers", 'p', "DIR", 0,
     "also measure Redis, PostgreSQL and Mosquitto with the programs in DIR", 0},
    {"graph", 'g', "DIR", 0,
     "roads of the group dispatch: nodes.csv and arcs.csv as a city directory has them in roads/ "
     "(default: a lattice)",
     0},
    {"records", 'R', "DIR", 0,
     "public records (incidents/, polygons/, stations/): the group dispatch plays San Francisco too",
     0},
    {"keep", 'k', "DIR", 0,
     "leave the cities of the group dispatch there, with their policies, for gridloop sim", 0},
    {"quick", 'q', 0, 0, "less of everything", 0},
    {"tiny", 'T', 0, 0, "next to nothing: shows that the bench works, its figures mean nothing", 0},
    {0}};

static uint64_t parse_number(struct argp_state *state, const char *text, uint64_t max)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > max) {
        argp_error(state, "a whole number up to %llu is wanted, not \"%s\"",
                   (unsigned long long)max, text);
    }
    return value;
}

static void add_group(struct argp_state *state, struct options *options, const char *name)
{
    bool is_known = false;
    for (size_t i = 0; i < COUNT_OF(GROUPS); i++) {
        is_known = is_known || strcmp(GROUPS[i].name, name) == 0;
    }
    if (!is_known || options->group_count == GROUPS_MAX) {
        argp_error(state, "no group \"%s\"; see --help", name);
    }
    options->groups[options->group_count++] = name;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 's':
        options->seed = parse_number(state, text, UINT64_MAX);
        return 0;
    case 'n':
        options->runs = (uint32_t)parse_number(state, text, BENCH_RUNS_MAX);
        options->runs = options->runs == 0 ? 1 : options->runs;
        return 0;
    case 'j':
        options->json = text;
        return 0;
    case 't':
        options->tables = text;
        return 0;
    case 'p':
        options->peers = text;
        return 0;
    case 'g':
        options->graph = text;
        return 0;
    case 'R':
        options->records = text;
        return 0;
    case 'k':
        options->keep = text;
        return 0;
    case 'q':
        options->size = BENCH_QUICK;
        return 0;
    case 'T':
        options->size = BENCH_TINY;
        return 0;
    case ARGP_KEY_ARG:
        add_group(state, options, text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_wanted(const struct options *options, const struct group *group)
{
    bool is_named = options->group_count == 0 && !group->is_asked_for;
    for (uint32_t i = 0; i < options->group_count; i++) {
        is_named = is_named || strcmp(options->groups[i], group->name) == 0;
    }
    return is_named;
}

static char *describe(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) {
        return text == NULL ? NULL : strdup(text);
    }
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    if (file == NULL) {
        return NULL;
    }
    (void)fprintf(file, "Groups:\n");
    for (size_t i = 0; i < COUNT_OF(GROUPS); i++) {
        (void)fprintf(file, "  %-9s %s\n", GROUPS[i].name, GROUPS[i].summary);
    }
    (void)fclose(file);
    return out;
}

/* What there is, also after an error. */
static enum err write_files(const struct bench *bench, const struct options *options, enum err err)
{
    if (options->json != NULL && bench_write(bench, options->json) != ERR_OK) {
        (void)fprintf(stderr, "%s: cannot be written\n", options->json);
        err = err == ERR_OK ? ERR_IO : err;
    }
    if (options->tables != NULL && bench_write_tables(bench, options->tables) != ERR_OK) {
        (void)fprintf(stderr, "%s: cannot be written\n", options->tables);
        err = err == ERR_OK ? ERR_IO : err;
    }
    return err;
}

int cmd_bench(int argc, char **argv)
{
    static const struct argp ARGP = {
        OPTIONS,
        parse_option,
        "[GROUP...]",
        "Measures this program on this machine: medians, spread, and bars where there are some.\v ",
        NULL,
        describe,
        NULL};
    struct options options = {.seed = 1, .runs = 5, .size = BENCH_FULL};
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    scratch_remove_when_ended();
    struct bench *bench;
    const struct bench_options bench_options = {.seed = options.seed,
                                                .runs = options.runs,
                                                .size = options.size,
                                                .peers = options.peers,
                                                .graph = options.graph,
                                                .records = options.records,
                                                .keep = options.keep,
                                                .version = GRIDLOOP_VERSION,
                                                .commit = GRIDLOOP_COMMIT,
                                                .flags = GRIDLOOP_FLAGS};
    enum err err = bench_open(&bench_options, &bench);
    if (err != ERR_OK) {
        return cli_exit_of(err);
    }
    for (size_t i = 0; i < COUNT_OF(GROUPS) && err == ERR_OK; i++) {
        if (is_wanted(&options, &GROUPS[i])) {
            err = GROUPS[i].run(bench);
        }
    }
    if (err == ERR_OK) {
        (void)bench_tell_losses(bench);
    } else {
        (void)fprintf(stderr, "bench: %s\n", words_err(err));
    }
    err = write_files(bench, &options, err);
    bench_close(bench);
    return cli_exit_of(err);
}
