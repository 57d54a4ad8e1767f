/* cmd_trace.c: `gridloop trace convert | generate | info`: traces of events, from CSV files or invented. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/progress.h"

#include "engine/city/city_load.h"
#include "sim/trace_convert.h"
#include "sim/trace_generate.h"

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct options {
    const char *map;
    const char *input;
    const char *output;
    bool is_json;
};

/* ---- convert ---- */

static error_t parse_convert(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'm':
        options->map = text;
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->input != NULL) {
            argp_error(state, "one file is expected; \"%s\" is a second one", text);
        }
        options->input = text;
        return 0;
    case ARGP_KEY_END:
        if (options->map == NULL || options->input == NULL) {
            argp_error(state, "a map and a file are needed, for example: "
                              "gridloop trace convert --map nyc311 calls.csv.gz -o calls.ndjson");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_converted(const struct trace_converted *counts, bool is_json)
{
    FILE *out = stderr; /* the trace itself may go to standard output */
    if (is_json) {
        json_t *root = json_object();
        json_t *flags = json_object();
        (void)json_object_set_new(root, "rows", json_integer(counts->rows));
        (void)json_object_set_new(root, "events", json_integer(counts->events));
        for (uint32_t i = 0; i < counts->map.flag_count; i++) {
            (void)json_object_set_new(flags, counts->map.flags[i].word,
                                      json_integer(counts->flag_counts[i]));
        }
        if (counts->map.place_when_empty != NULL) {
            (void)json_object_set_new(flags, counts->map.place_when_empty,
                                      json_integer(counts->flag_counts[MAP_FLAGS_MAX]));
        }
        (void)json_object_set_new(root, "flags", flags);
        (void)json_dumpf(root, out, JSON_COMPACT);
        (void)fputc('\n', out);
        json_decref(root);
        return;
    }
    fprintf(out, "%" PRIu32 " rows -> %" PRIu32 " events\n", counts->rows, counts->events);
    for (uint32_t i = 0; i < counts->map.flag_count; i++) {
        fprintf(out, "flagged %-24s %" PRIu32 "\n", counts->map.flags[i].word,
                counts->flag_counts[i]);
    }
    if (counts->map.place_when_empty != NULL) {
        fprintf(out, "flagged %-24s %" PRIu32 "\n", counts->map.place_when_empty,
                counts->flag_counts[MAP_FLAGS_MAX]);
    }
}

static int trace_convert_command(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"map", 'm', "MAP", 0, "column map: a file, or sffd, nyc311", 0},
        {"output", 'o', "FILE", 0, "the trace (default: standard output)", 0},
        {"json", 'j', NULL, 0, "counts as one JSON object", 0},
        {0}};
    static const struct argp ARGP = {
        OPTIONS,
        parse_convert,
        "FILE.csv[.gz]",
        "Converts rows of a CSV file to a trace of events (docs/traces.md).",
        NULL,
        NULL,
        NULL};
    struct options options = {.output = "-"};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop trace convert", options.input)) {
        return EX_NOINPUT;
    }
    struct problems *problems = problems_new();
    if (problems == NULL) {
        fprintf(stderr, "out of memory\n");
        return EX_OSERR;
    }
    struct pool pool;
    struct trace_converted counts;
    pool_init(&pool);
    struct progress progress;
    progress_begin(&progress, "converting", NULL);
    const enum err err =
        trace_convert(options.map, options.input, options.output, &pool, problems, &counts);
    progress_end(&progress);
    problems_print(problems, stderr);
    if (err == ERR_OK) {
        print_converted(&counts, options.is_json);
    }
    pool_fini(&pool);
    problems_free(problems);
    return cli_exit_of(err);
}

/* ---- info ---- */

static error_t parse_info(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'j':
        options->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->input != NULL) {
            argp_error(state, "one file is expected; \"%s\" is a second one", text);
        }
        options->input = text;
        return 0;
    case ARGP_KEY_END:
        if (options->input == NULL) {
            argp_error(state, "name a trace, for example: gridloop trace info calls.ndjson");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Adds one to object[key]. */
static void count_word(json_t *object, const char *key)
{
    const json_int_t count = json_integer_value(json_object_get(object, key));
    (void)json_object_set_new(object, key, json_integer(count + 1));
}

struct info {
    int64_t first_ms, last_ms;
    int32_t offset_minutes;
    json_t *root, *types, *sources, *flags, *kinds;
    int64_t events, places, devices, units, delayed;
};

static void count_event(struct info *info, const struct trace_event *event)
{
    info->first_ms = info->events == 0 ? event->at_ms : info->first_ms;
    info->last_ms = event->at_ms;
    info->offset_minutes = event->offset_minutes;
    info->events++;
    info->places += place_is_known(event->place);
    info->devices += event->device != NULL;
    info->delayed += event->delay_ms > 0;
    if (event->told.kind != NULL) {
        count_word(info->kinds, event->told.kind);
    }
    count_word(info->types, event->type);
    count_word(info->sources, event->source);
    info->units += (int64_t)json_array_size(json_object_get(event->truth, "units"));
    const json_t *flags = json_object_get(event->truth, "flags");
    for (size_t i = 0; i < json_array_size(flags); i++) {
        const char *word = json_string_value(json_array_get(flags, i));
        if (word != NULL) {
            count_word(info->flags, word);
        }
    }
}

static void print_counts(const char *title, json_t *counts)
{
    const char *key;
    json_t *value;
    printf("%s\n", title);
    json_object_foreach(counts, key, value)
    {
        printf("  %-48s %8" JSON_INTEGER_FORMAT "\n", key, json_integer_value(value));
    }
}

static void print_info(struct info *info, bool is_json)
{
    const struct trace_instant first = trace_format_instant(info->first_ms, info->offset_minutes);
    const struct trace_instant last = trace_format_instant(info->last_ms, info->offset_minutes);
    if (is_json) {
        const struct {
            const char *key;
            int64_t value;
        } numbers[] = {{"events", info->events},
                       {"with_place", info->places},
                       {"with_device", info->devices},
                       {"sent_after_they_happened", info->delayed},
                       {"unit_responses", info->units}};
        for (size_t i = 0; i < COUNT_OF(numbers); i++) {
            (void)json_object_set_new(info->root, numbers[i].key, json_integer(numbers[i].value));
        }
        if (info->events > 0) {
            (void)json_object_set_new(info->root, "first", json_string(first.text));
            (void)json_object_set_new(info->root, "last", json_string(last.text));
        }
        (void)json_object_set(info->root, "types", info->types);
        (void)json_object_set(info->root, "sources", info->sources);
        (void)json_object_set(info->root, "kinds", info->kinds);
        (void)json_object_set(info->root, "flags", info->flags);
        (void)json_dumpf(info->root, stdout, JSON_INDENT(2));
        (void)putchar('\n');
        return;
    }
    printf("%" PRId64 " events, %" PRId64 " with a place, %" PRId64 " with a device\n",
           info->events, info->places, info->devices);
    if (info->events > 0) {
        printf("from %s to %s\n", first.text, last.text);
    }
    if (info->units > 0) {
        printf("truth names %" PRId64 " unit responses, %.2f an event\n", info->units,
               (double)info->units / (double)info->events);
    }
    if (info->delayed > 0) {
        printf("%" PRId64 " sent after they happened\n", info->delayed);
    }
    print_counts("sources", info->sources);
    print_counts("types", info->types);
    if (json_object_size(info->kinds) > 0) {
        print_counts("kinds", info->kinds);
    }
    if (json_object_size(info->flags) > 0) {
        print_counts("flags", info->flags);
    }
}

static int trace_info(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {{"json", 'j', NULL, 0, "as one JSON object", 0},
                                                 {0}};
    static const struct argp ARGP = {
        OPTIONS, parse_info, "FILE|-", "Checks a trace and counts what is in it.",
        NULL,    NULL,       NULL};
    struct options options = {.map = NULL};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop trace info", options.input)) {
        return EX_NOINPUT;
    }
    struct problems *problems = problems_new();
    struct trace_reader *reader;
    struct info info = {.root = json_object(),
                        .types = json_object(),
                        .sources = json_object(),
                        .flags = json_object(),
                        .kinds = json_object()};
    enum err err = trace_reader_open(options.input, problems, &reader);
    if (err == ERR_OK) {
        struct trace_event event;
        while ((err = trace_reader_next(reader, &event)) == ERR_OK) {
            count_event(&info, &event);
        }
        trace_reader_close(reader);
    }
    err = err == ERR_NOT_FOUND ? ERR_OK : err;
    problems_print(problems, stderr);
    if (err == ERR_OK) {
        print_info(&info, options.is_json);
    }
    json_decref(info.root);
    json_decref(info.types);
    json_decref(info.sources);
    json_decref(info.flags);
    json_decref(info.kinds);
    problems_free(problems);
    return cli_exit_of(err);
}

/* ---- generate ---- */

struct generate_options {
    const char *city, *output;
    struct trace_demand demand;
};

static int64_t parse_range(const char *text, const char *name, int64_t least, int64_t largest,
                           struct argp_state *state)
{
    char *end;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || value < least || value > largest) {
        argp_error(state, "--%s takes a whole number from %" PRId64 " to %" PRId64 ", not \"%s\"",
                   name, least, largest, text);
    }
    return value;
}

#define KEY_RATES 400 /* keys of the rates follow in the order of their list */

static error_t parse_rate(int key, const char *text, struct argp_state *state,
                          struct trace_demand *demand)
{
#define RATE_RANGE(name, option, value, largest, text) {option, largest},
    static const struct {
        const char *name;
        int64_t largest;
    } RATES[] = {TRACE_RATES_LIST(RATE_RANGE)};
#undef RATE_RANGE
    if (key < KEY_RATES || key >= KEY_RATES + TRACE_RATE_COUNT) {
        return ARGP_ERR_UNKNOWN;
    }
    const int rate = key - KEY_RATES;
    demand->rates[rate] = parse_range(text, RATES[rate].name, 0, RATES[rate].largest, state);
    return 0;
}

static error_t parse_generate(int key, char *text, struct argp_state *state)
{
    struct generate_options *options = state->input;
    int32_t offset_minutes;
    char *end;
    switch (key) {
    case 'c':
        options->city = text;
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case 's':
        options->demand.seed = strtoull(text, &end, 10);
        if (end == text || *end != '\0') {
            argp_error(state, "--seed takes a whole number, not \"%s\"", text);
        }
        return 0;
    case 'H':
        options->demand.hours = parse_range(text, "hours", 1, 1000000, state);
        return 0;
    case 'r':
        options->demand.incidents_per_hour = parse_range(text, "rate", 1, 100000000, state);
        return 0;
    case 'f':
        if (!trace_parse_instant(text, &options->demand.from_ms, &offset_minutes)) {
            argp_error(state,
                       "--from takes an instant such as 2026-03-03T00:00:00+08:00, not \"%s\"",
                       text);
        }
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "no word is expected here: \"%s\"", text);
        return 0;
    case ARGP_KEY_END:
        if (options->city == NULL) {
            argp_error(
                state,
                "name a city, for example: gridloop trace generate --city ./qinghe -o day.ndjson");
        }
        return 0;
    default:
        return parse_rate(key, text, state, &options->demand);
    }
}

static enum err generate_for(const struct generate_options *options, struct problems *problems)
{
    void *bytes = NULL;
    size_t size = 0;
    struct city city;
    struct trace_generated counts;
    enum err err = city_load(options->city, problems, &bytes, &size);
    if (err == ERR_OK) {
        err = city_open(bytes, size, &city);
    }
    if (err == ERR_OK) {
        err = trace_generate(&city, &options->demand, options->output, &counts);
        if (err != ERR_OK) {
            problems_add(problems, PROBLEM_ERROR, "V000", options->output, 0, 0, "%s",
                         err == ERR_INPUT ? "the city has no gateways that could report"
                                          : "cannot be written");
        }
    }
    if (err == ERR_OK) {
        fprintf(stderr, "%" PRIu64 " true incidents, %" PRIu64 " events\n", counts.incidents,
                counts.events);
    }
    free(bytes);
    return err;
}

static int trace_generate_command(int argc, char **argv)
{
#define RATE_OPTION(name, option, value, largest, text)                                            \
    {option, KEY_RATES + TRACE_RATE_##name, "N", 0, text " (default " #value ")", 1},
    static const struct argp_option OPTIONS[] = {
        {"city", 'c', "DIR", 0, "city whose devices and places report", 0},
        {"output", 'o', "FILE", 0, "the trace (default: standard output)", 0},
        {"seed", 's', "N", 0, "same seed, same bytes (default 1)", 0},
        {"hours", 'H', "N", 0, "how long (default 24)", 0},
        {"rate", 'r', "N", 0,
         "true incidents an hour, mean of a day (default 20); each makes about two events", 0},
        {"from", 'f', "INSTANT", 0, "start (default 2026-03-03T00:00:00+08:00)", 0},
        {NULL, 0, NULL, 0, "What real feeds bring besides:", 1},
        TRACE_RATES_LIST(RATE_OPTION){0}};
#undef RATE_OPTION
    static const struct argp ARGP = {
        OPTIONS, parse_generate,
        "",      "Invents a trace over a city, in the event types of the shipped rule pack.",
        NULL,    NULL,
        NULL};
    struct generate_options options = {.output = "-", .demand = trace_demand_default()};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop trace generate", options.city)) {
        return EX_NOINPUT;
    }
    struct problems *problems = problems_new();
    if (problems == NULL) {
        fprintf(stderr, "out of memory\n");
        return EX_OSERR;
    }
    const enum err err = generate_for(&options, problems);
    problems_print(problems, stderr);
    problems_free(problems);
    return cli_exit_of(err);
}

int cmd_trace(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"convert", trace_convert_command, "rows of a CSV file to a trace, by a column map"},
        {"generate", trace_generate_command, "invent a trace over a city"},
        {"info", trace_info, "check a trace and count what is in it"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop trace", VERBS, argc, argv);
}
