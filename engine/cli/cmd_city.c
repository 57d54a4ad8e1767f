/* cmd_city.c: `gridloop city demo | check | import`: makes and checks city directories. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/progress.h"

#include "engine/city/calendars_today.h"
#include "engine/city/city_load.h"
#include "engine/core/limits.h"
#include "engine/core/policy.h"
#include "rules/compile.h"
#include "sim/city_demo.h"
#include "sim/real_city.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

struct options {
    const char *directory;
    const char *rules;
    uint64_t seed;
    enum city_size size;
    bool has_size;
    bool is_json;
};

static bool parse_seed(const char *text, uint64_t *out_seed)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        return false;
    }
    *out_seed = value;
    return true;
}

/* The one positional argument of demo and check. */
static error_t take_directory(char *text, struct argp_state *state)
{
    struct options *options = state->input;
    if (options->directory != NULL) {
        argp_error(state, "one directory is expected; \"%s\" is a second one", text);
    }
    options->directory = text;
    return 0;
}

static error_t parse_demo(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'j':
        options->is_json = true;
        return 0;
    case 's':
        if (!parse_seed(text, &options->seed)) {
            argp_error(state, "--seed takes a whole number, not \"%s\"", text);
        }
        return 0;
    case 'z':
        if (!city_demo_parse_size(text, &options->size)) {
            argp_error(state, "--size takes small, medium or large, not \"%s\"", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        return take_directory(text, state);
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "name the directory to make, for example: gridloop city demo ./qinghe");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_made_json(const char *directory, const struct city_demo_result *made)
{
    json_t *row = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "directory", directory, "cells",
        (json_int_t)made->cells, "units", (json_int_t)made->units, "areas", (json_int_t)made->areas,
        "persons", (json_int_t)made->persons, "field_workers", (json_int_t)made->field_workers,
        "departments", (json_int_t)made->departments, "devices", (json_int_t)made->devices,
        "assets", (json_int_t)made->assets, "road_nodes", (json_int_t)made->road_nodes,
        "rule_files", (json_int_t)made->rule_files);
    (void)json_dumpf(row, stdout, JSON_COMPACT);
    (void)printf("\n");
    json_decref(row);
}

static int city_demo(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"seed", 's', "N", 0, "same seed and size, same bytes (default 1)", 0},
        {"size", 'z', "small|medium|large", 0,
         "small (24 cells, default), medium (200) or large (1,000)", 0},
        {"json", 'j', NULL, 0, "what was made, as one JSON object", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_demo,
        "DIR",   "Makes a complete synthetic city: cells, areas, people, devices, rules.",
        NULL,    NULL,
        NULL};
    struct options options = {.seed = 1, .size = CITY_SMALL};
    argp_err_exit_status = EX_USAGE;
    const error_t failed = arguments_parse(&ARGP, argc, argv, &options);
    if (failed != 0) {
        return EX_USAGE;
    }
    struct city_demo_result made;
    struct progress progress;
    progress_begin(&progress, "inventing a city", NULL);
    const enum err err = city_demo_write(options.directory, options.seed, options.size, &made);
    progress_end(&progress);
    if (err != ERR_OK) {
        fprintf(stderr, "cannot write the city to %s: %s; name a directory that can be written\n",
                options.directory, err == ERR_MEMORY ? "out of memory" : strerror(errno));
        return err == ERR_MEMORY ? EX_OSERR : EX_CANTCREAT;
    }
    if (options.is_json) {
        print_made_json(options.directory, &made);
        return EX_OK;
    }
    printf("%s: %" PRIu32 " cells, %" PRIu32 " units, %" PRIu32 " areas, %" PRIu32
           " persons (%" PRIu32 " field workers), %" PRIu32 " departments, %" PRIu32
           " devices, %" PRIu32 " assets, %" PRIu32 " road crossings, %" PRIu32 " rule files\n"
           "next: gridloop city check %s\n",
           options.directory, made.cells, made.units, made.areas, made.persons, made.field_workers,
           made.departments, made.devices, made.assets, made.road_nodes, made.rule_files,
           options.directory);
    return EX_OK;
}

static error_t parse_check(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'r':
        options->rules = text;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        return take_directory(text, state);
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "name the city directory, for example: gridloop city check ./qinghe");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct count {
    const char *name;
    uint32_t value;
};

#define COUNTS_MAX 20u

static size_t count_rows(const struct city *city, const struct policy *policy, struct count *out)
{
    const struct count counts[] = {
        {"cells", city->cell_count},
        {"units", city->unit_count},
        {"areas", city->area_count},
        {"departments", city->department_count},
        {"posts", city->post_count},
        {"persons", city->person_count},
        {"roles", city->role_count},
        {"skills", city->skill_count},
        {"gateways", city->gateway_count},
        {"devices", city->device_count},
        {"assets", city->asset_count},
        {"asset_kinds", city->asset_kind_count},
        {"calendars", city->calendar_count},
        {"classes", city->class_count},
        {"modes", city->mode_count},
        {"rules", policy == NULL ? 0 : policy->rule_count},
        {"event_types", policy == NULL ? 0 : policy->type_count},
        {"event_fields", policy == NULL ? 0 : policy->field_count},
    };
    must(COUNT_OF(counts) <= COUNTS_MAX);
    memcpy(out, counts, sizeof counts);
    return COUNT_OF(counts);
}

#define LIMIT_ROW(name, value, text) {#name, value, text},
static const struct limit_row {
    const char *name;
    uint32_t value;
    const char *text;
} LIMITS[] = {LIMITS_LIST(LIMIT_ROW)};
#undef LIMIT_ROW

static void print_words(const struct problems *problems, const struct count *counts, size_t count)
{
    problems_print(problems, stdout);
    for (size_t i = 0; i < count; i++) {
        printf("%-14s %10" PRIu32 "\n", counts[i].name, counts[i].value);
    }
    if (count > 0) {
        printf("\nlimits (engine/core/limits.h)\n");
    }
    for (size_t i = 0; i < COUNT_OF(LIMITS) && count > 0; i++) {
        printf("%-16s %8" PRIu32 "  %s\n", LIMITS[i].name, LIMITS[i].value, LIMITS[i].text);
    }
    printf("%d errors, %d warnings and notes\n", problems_error_count(problems),
           problems_count(problems) - problems_error_count(problems));
}

static void print_json(const struct problems *problems, const struct count *counts, size_t count)
{
    char *text = problems_to_json(problems);
    json_t *list = text == NULL ? NULL : json_loads(text, 0, NULL);
    free(text);
    json_t *root = json_object();
    json_t *numbers = json_object();
    json_t *limits = json_object();
    for (size_t i = 0; i < count; i++) {
        (void)json_object_set_new(numbers, counts[i].name, json_integer(counts[i].value));
    }
    for (size_t i = 0; i < COUNT_OF(LIMITS); i++) {
        (void)json_object_set_new(limits, LIMITS[i].name, json_integer(LIMITS[i].value));
    }
    (void)json_object_set_new(root, "errors", json_integer(problems_error_count(problems)));
    (void)json_object_set_new(root, "problems", list);
    (void)json_object_set_new(root, "counts", numbers);
    (void)json_object_set_new(root, "limits", limits);
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(root);
}

/* A table that the engine could not hold is an error here, not a surprise at the start. */
static void check_limits(const struct city *city, const char *directory, struct problems *problems)
{
    const struct limits limits = limits_default();
    if (city->person_count > limits.workers) {
        problems_add(problems, PROBLEM_ERROR, "L101", directory, 0, 0,
                     "%" PRIu32 " persons; the engine holds %" PRIu32, city->person_count,
                     limits.workers);
    }
    if (city->gateway_count > limits.gateways) {
        problems_add(problems, PROBLEM_ERROR, "L102", directory, 0, 0,
                     "%" PRIu32 " gateways; the engine holds %" PRIu32, city->gateway_count,
                     limits.gateways);
    }
}

/* Loads and compiles; counts filled as far as it went. */
static size_t check_directory(const struct options *options, struct problems *problems,
                              struct count *counts)
{
    void *city_bytes = NULL;
    void *policy_bytes = NULL;
    size_t size = 0;
    size_t count = 0;
    struct city city;
    struct policy policy;
    char rules[4096];
    (void)snprintf(rules, sizeof rules, "%s/rules", options->directory);
    const char *rules_directory = options->rules == NULL ? rules : options->rules;
    if (city_load(options->directory, problems, &city_bytes, &size) != ERR_OK) {
        return 0;
    }
    if (city_open(city_bytes, size, &city) != ERR_OK) {
        problems_add(problems, PROBLEM_ERROR, "L100", options->directory, 0, 0,
                     "the image made from this directory does not open; this is a bug of gridloop");
        free(city_bytes);
        return 0;
    }
    check_limits(&city, options->directory, problems);
    const int64_t now_ms = (int64_t)time(NULL) * 1000;
    calendars_check_today(options->directory, &city,
                          (int32_t)div_floor(city_local_ms(&city, now_ms), DAY_MS), problems);
    const bool is_compiled =
        rules_compile(rules_directory, &city, problems, &policy_bytes, &size) == ERR_OK;
    if (is_compiled && policy_open(policy_bytes, size, &city, &policy) != ERR_OK) {
        problems_add(problems, PROBLEM_ERROR, "L100", rules_directory, 0, 0,
                     "the image made from these rules does not open; this is a bug of gridloop");
        count = count_rows(&city, NULL, counts);
    } else {
        count = count_rows(&city, is_compiled ? &policy : NULL, counts);
    }
    free(policy_bytes);
    free(city_bytes);
    return count;
}

static int city_check(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"rules", 'r', "DIR", 0, "rules to compile (default CITY/rules)", 0},
        {"json", 'j', NULL, 0, "problems, counts and limits as one JSON object", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS,
        parse_check,
        "DIR",
        "Loads a city directory, compiles its rules and prints every problem, counts and limits.",
        NULL,
        NULL,
        NULL};
    struct options options = {.seed = 0};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop city check", options.directory)) {
        return EX_NOINPUT;
    }
    struct problems *problems = problems_new();
    if (problems == NULL) {
        fprintf(stderr, "out of memory\n");
        return EX_OSERR;
    }
    struct count counts[COUNTS_MAX];
    const size_t count = check_directory(&options, problems, counts);
    if (options.is_json) {
        print_json(problems, counts, count);
    } else {
        print_words(problems, counts, count);
    }
    const bool is_bad = problems_error_count(problems) > 0;
    problems_free(problems);
    return is_bad ? EX_DATAERR : EX_OK;
}

/* ---- import ---- */

struct import_options {
    const char *name, *data, *out;
    bool is_json;
};

static error_t parse_import(int key, char *text, struct argp_state *state)
{
    struct import_options *options = state->input;
    switch (key) {
    case 'j':
        options->is_json = true;
        return 0;
    case 'd':
        options->data = text;
        return 0;
    case 'o':
        options->out = text;
        return 0;
    case ARGP_KEY_ARG:
        if (options->name != NULL || (strcmp(text, "sf") != 0 && strcmp(text, "ny") != 0)) {
            argp_error(state, "one of sf, ny is expected, not \"%s\"", text);
        }
        options->name = text;
        return 0;
    case ARGP_KEY_END:
        if (options->name == NULL || options->data == NULL || options->out == NULL) {
            argp_error(state, "name a city, its data and the directory to make, for example: "
                              "gridloop city import sf --data ../shared/data --out build/sf");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int city_import(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"data", 'd', "DIR", 0,
         "folder with incidents/, polygons/ and stations/ (docs/real-data.md)", 0},
        {"out", 'o', "DIR", 0, "city directory to make, with its trace", 0},
        {"json", 'j', NULL, 0, "what was measured, as one JSON object", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_import,
        "sf|ny", "Makes a city directory, its rules and its trace from public records.",
        NULL,    NULL,
        NULL};
    struct import_options options = {.name = NULL};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop city import", options.data)) {
        return EX_NOINPUT;
    }
    struct problems *problems = problems_new();
    if (problems == NULL) {
        fprintf(stderr, "out of memory\n");
        return EX_OSERR;
    }
    json_t *facts = NULL;
    const enum err err = strcmp(options.name, "sf") == 0
                             ? real_import_sf(options.data, options.out, problems, &facts)
                             : real_import_ny(options.data, options.out, problems, &facts);
    problems_print(problems, stderr);
    const char *key;
    json_t *value;
    if (options.is_json && facts != NULL) {
        (void)json_dumpf(facts, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_object_foreach(options.is_json ? NULL : facts, key, value)
    {
        if (json_is_integer(value)) {
            printf("%-32s %" JSON_INTEGER_FORMAT "\n", key, json_integer_value(value));
        } else if (json_is_real(value)) {
            printf("%-32s %.3f\n", key, json_real_value(value));
        }
    }
    if (err == ERR_OK && !options.is_json) {
        printf("%s: city, rules, sim.yaml and trace.ndjson; what was fitted: %s/fit.json\n",
               options.out, options.out);
    }
    json_decref(facts);
    problems_free(problems);
    return cli_exit_of(err);
}

int cmd_city(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"demo", city_demo, "make a complete synthetic city"},
        {"check", city_check, "load a city and its rules; print every problem, counts and limits"},
        {"import", city_import, "make a city directory and a trace from public records"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop city", VERBS, argc, argv);
}
