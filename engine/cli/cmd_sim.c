/* cmd_sim.c: `gridloop sim`: a trace through core and edge on a virtual clock, with agents for all people. */
#include "engine/cli/arguments.h"
#include "engine/city/city_load.h"
#include "engine/cli/cli.h"
#include "engine/shell/data_limits.h"
#include "rules/compile.h"
#include "sim/compare.h"
#include "sim/report.h"
#include "sim/run.h"
#include "sim/virtual_disk.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct options {
    const char *city;
    const char *rules;
    const char *trace;
    const char *agents;
    const char *json;
    const char *log;
    const char *until;
    enum lang lang;
    uint64_t seed;
    int64_t drain_ms;
    uint32_t check_every;
    bool compares;
    bool is_quiet;
};

/* Everything that one run borrows. */
struct inputs {
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct agent_rates *rates;
    struct trace_reader *trace;
    struct problems *problems;
    struct virtual_disk *disk;
};

static bool parse_count(const char *text, uint64_t max, uint64_t *out_value)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > max) {
        return false;
    }
    *out_value = value;
    return true;
}

/* "36h", "90m", "20d", "45s". */
static bool parse_span(const char *text, int64_t *out_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } UNITS[] = {{'s', SECOND_MS}, {'m', MINUTE_MS}, {'h', HOUR_MS}, {'d', DAY_MS}};
    char number[24];
    uint64_t count;
    const size_t size = strlen(text);
    if (size < 2 || size > sizeof number) {
        return false;
    }
    memcpy(number, text, size - 1);
    number[size - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        if (text[size - 1] == UNITS[i].unit && parse_count(number, 1000000, &count)) {
            *out_ms = (int64_t)count * UNITS[i].ms;
            return true;
        }
    }
    return false;
}

enum {
    KEY_UNTIL = 300,
    KEY_DRAIN,
    KEY_AGENTS,
    KEY_COMPARE,
    KEY_CHECK,
    KEY_LANG,
    KEY_JSON,
    KEY_LOG
};

static const struct argp_option OPTIONS[] = {
    {"city", 'c', "DIR", 0, "the city directory", 0},
    {"rules", 'r', "DIR", 0, "its rules (default CITY/rules)", 0},
    {"trace", 't', "FILE", 0, "events, one JSON object a line; - is standard input", 0},
    {"seed", 's', "N", 0, "of all people (default 1): same seed, same digests", 0},
    {"agents", KEY_AGENTS, "FILE", 0, "rates of the people, read over CITY/sim.yaml", 0},
    {"until", KEY_UNTIL, "T", 0,
     "stop at this instant (ISO 8601) or so long after the first event (36h)", 0},
    {"drain", KEY_DRAIN, "SPAN", 0, "time for open cases after the last event (default 24h)", 0},
    {"compare", KEY_COMPARE, "WITH", 0,
     "real: set what the trace recorded beside it; none (default)", 0},
    {"check", KEY_CHECK, "N", 0, "walk all structures every N log entries (default 0: never)", 0},
    {"log", KEY_LOG, "DIR", 0, "keep the command log and write it to DIR at the end", 0},
    {"json", KEY_JSON, "FILE", 0, "the report as JSON; - is standard output", 0},
    {"lang", KEY_LANG, "zh|en", 0, "language", 0},
    {"quiet", 'q', NULL, 0, "no progress", 0},
    {0}};

static error_t parse_number(int key, const char *text, struct argp_state *state,
                            struct options *options)
{
    uint64_t value;
    if (key == KEY_DRAIN) {
        if (!parse_span(text, &options->drain_ms)) {
            argp_error(state, "--drain takes a span such as 36h or 2d, not \"%s\"", text);
        }
        return 0;
    }
    if (!parse_count(text, key == KEY_CHECK ? UINT32_MAX : UINT64_MAX, &value)) {
        argp_error(state, "--%s takes a whole number, not \"%s\"",
                   key == KEY_CHECK ? "check" : "seed", text);
        return 0;
    }
    if (key == KEY_CHECK) {
        options->check_every = (uint32_t)value;
    } else {
        options->seed = value;
    }
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'c':
        options->city = text;
        return 0;
    case 'r':
        options->rules = text;
        return 0;
    case 't':
        options->trace = text;
        return 0;
    case KEY_AGENTS:
        options->agents = text;
        return 0;
    case KEY_UNTIL:
        options->until = text;
        return 0;
    case KEY_JSON:
        options->json = text;
        return 0;
    case KEY_LOG:
        options->log = text;
        return 0;
    case KEY_LANG:
        options->lang = cli_lang(text);
        return 0;
    case 'q':
        options->is_quiet = true;
        return 0;
    case KEY_COMPARE:
        if (strcmp(text, "real") != 0 && strcmp(text, "none") != 0) {
            argp_error(state, "--compare takes real or none, not \"%s\"", text);
        }
        options->compares = strcmp(text, "real") == 0;
        return 0;
    case 's':
    case KEY_DRAIN:
    case KEY_CHECK:
        return parse_number(key, text, state, options);
    case ARGP_KEY_END:
        if (options->city == NULL || options->trace == NULL) {
            argp_error(state, "name a city and a trace, for example: gridloop sim --city ./qinghe "
                              "--trace day.ndjson");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- inputs ---- */

static int fail(const struct inputs *inputs, enum err err, const char *what)
{
    problems_print(inputs->problems, stderr);
    (void)fprintf(stderr, "%s: %s\n", what, words_err(err));
    return cli_exit_of(err);
}

static int load_images(const struct options *options, struct inputs *inputs)
{
    char rules[4096];
    struct city city;
    enum err err =
        city_load(options->city, inputs->problems, &inputs->city_bytes, &inputs->city_size);
    if (err != ERR_OK) {
        return fail(inputs, err, options->city);
    }
    must(city_open(inputs->city_bytes, inputs->city_size, &city) == ERR_OK);
    (void)snprintf(rules, sizeof rules, "%s/rules", options->city);
    const char *directory = options->rules != NULL ? options->rules : rules;
    err = rules_compile(directory, &city, inputs->problems, &inputs->policy_bytes,
                        &inputs->policy_size);
    return err == ERR_OK ? EX_OK : fail(inputs, err, directory);
}

static int load_rates(const struct options *options, struct inputs *inputs)
{
    char path[4096];
    inputs->rates = malloc(sizeof *inputs->rates);
    if (inputs->rates == NULL) {
        return fail(inputs, ERR_MEMORY, "sim");
    }
    *inputs->rates = agent_rates_default();
    (void)snprintf(path, sizeof path, "%s/sim.yaml", options->city);
    enum err err = agent_rates_load(path, inputs->rates, inputs->problems);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return fail(inputs, err, path);
    }
    if (options->agents != NULL) {
        err = agent_rates_load(options->agents, inputs->rates, inputs->problems);
        if (err != ERR_OK) {
            return fail(inputs, err, options->agents);
        }
    }
    return EX_OK;
}

static int open_inputs(const struct options *options, struct inputs *inputs)
{
    inputs->problems = problems_new();
    if (inputs->problems == NULL) {
        return EX_OSERR;
    }
    int code = load_images(options, inputs);
    if (code == EX_OK) {
        code = load_rates(options, inputs);
    }
    if (code != EX_OK) {
        return code;
    }
    const enum err err = trace_reader_open(options->trace, inputs->problems, &inputs->trace);
    if (err != ERR_OK) {
        return fail(inputs, err, options->trace);
    }
    if (options->log != NULL && (inputs->disk = virtual_disk_new()) == NULL) {
        return fail(inputs, ERR_MEMORY, options->log);
    }
    return EX_OK;
}

static void close_inputs(struct inputs *inputs)
{
    virtual_disk_free(inputs->disk);
    if (inputs->trace != NULL) {
        trace_reader_close(inputs->trace);
    }
    free(inputs->rates);
    free(inputs->policy_bytes);
    free(inputs->city_bytes);
    if (inputs->problems != NULL) {
        problems_free(inputs->problems);
    }
}

/* ---- the run ---- */

static void show_progress(void *context, int64_t now_ms, uint64_t events)
{
    const struct options *options = context;
    if (!options->is_quiet && isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r%s  %" PRIu64 " events ", trace_format_instant(now_ms, 0).text,
                      events);
    }
}

static int write_json(const struct options *options, const struct report *report,
                      const struct comparison *comparison)
{
    json_t *root = report_to_json(report);
    if (options->compares) {
        (void)json_object_set_new(root, "compare", compare_to_json(comparison));
    }
    (void)json_object_set_new(root, "seed", json_integer((json_int_t)options->seed));
    const bool is_stdout = strcmp(options->json, "-") == 0;
    FILE *out = is_stdout ? stdout : fopen(options->json, "wb");
    bool is_written = out != NULL && json_dumpf(root, out, JSON_INDENT(1) | JSON_SORT_KEYS) == 0 &&
                      fputc('\n', out) != EOF;
    json_decref(root);
    if (out != NULL && !is_stdout) {
        is_written = fclose(out) == 0 && is_written;
    }
    if (!is_written) {
        (void)fprintf(stderr, "cannot write %s: %s\n", options->json, strerror(errno));
        return EX_IOERR;
    }
    return EX_OK;
}

static int write_log(const struct options *options, const struct inputs *inputs,
                     const struct run *run)
{
    if (rmdir(options->log) != 0 && errno != ENOENT) {
        (void)fprintf(stderr,
                      "cannot write the log to %s: %s; name a directory that does not exist yet\n",
                      options->log, strerror(errno));
        return EX_CANTCREAT;
    }
    enum err err = virtual_disk_dump(inputs->disk, options->log);
    if (err == ERR_OK) { /* as an engine leaves it: a replay needs the limits of the run */
        err = data_limits_write(options->log, core_limits(node_core(run_node(run))));
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, "cannot write the log to %s: %s\n", options->log, strerror(errno));
        return EX_IOERR;
    }
    return EX_OK;
}

static int tell(const struct options *options, const struct inputs *inputs, const struct run *run)
{
    struct report report;
    struct comparison comparison = {0};
    int code = EX_OK;
    report_make(&report, run);
    if (options->compares) {
        compare_make(&comparison, run);
    }
    if (options->json == NULL || strcmp(options->json, "-") != 0) {
        report_print(&report, options->lang, stdout);
        if (options->compares) {
            compare_print(&comparison, options->lang, stdout);
        }
    }
    if (options->json != NULL) {
        code = write_json(options, &report, &comparison);
    }
    if (options->log != NULL && code == EX_OK) {
        code = write_log(options, inputs, run);
    }
    report_fini(&report);
    return code;
}

/* --until: an instant, or a span that begins with the first event (which run_new has read). */
static bool parse_until(const char *text, int64_t *out_ms, bool *out_is_span)
{
    int32_t offset_minutes;
    *out_is_span = parse_span(text, out_ms);
    return *out_is_span || trace_parse_instant(text, out_ms, &offset_minutes);
}

static int play(const struct options *options, struct inputs *inputs)
{
    struct options shown = *options;
    struct run_options run_options = run_options_default();
    struct disk disk;
    struct run *run = NULL;
    run_options.city_bytes = inputs->city_bytes;
    run_options.city_size = inputs->city_size;
    run_options.policy_bytes = inputs->policy_bytes;
    run_options.policy_size = inputs->policy_size;
    run_options.trace = inputs->trace;
    run_options.rates = inputs->rates;
    run_options.seed = options->seed;
    run_options.drain_ms = options->drain_ms;
    run_options.check_every = options->check_every;
    run_options.keep_truth = options->compares;
    run_options.progress = show_progress;
    run_options.context = &shown;
    if (options->until != NULL &&
        !parse_until(options->until, &run_options.until_ms, &run_options.until_is_span)) {
        (void)fprintf(stderr,
                      "--until takes an instant such as 2016-12-31T12:00:00Z or a span such as "
                      "36h, not \"%s\"\n",
                      options->until);
        return EX_USAGE;
    }
    if (inputs->disk != NULL) {
        disk = virtual_disk_calls(inputs->disk);
        run_options.disk = &disk;
    }
    enum err err = run_new(&run_options, &run);
    if (err != ERR_OK) {
        return fail(inputs, err, "the run cannot begin");
    }
    err = run_play(run);
    if (!options->is_quiet && isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r%60s\r", "");
    }
    const int code = err == ERR_OK ? tell(options, inputs, run) : fail(inputs, err, options->trace);
    run_free(run);
    return code;
}

int cmd_sim(int argc, char **argv)
{
    static const struct argp ARGP = {OPTIONS,
                                     parse_option,
                                     NULL,
                                     "Replays a trace through the engine on a virtual clock, with "
                                     "every worker of the city as an agent, "
                                     "and reports what became of each event and case.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct options options = {.seed = 1, .drain_ms = DAY_MS, .lang = cli_lang(NULL)};
    struct inputs inputs = {0};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop sim", options.city) || !cli_has_input("gridloop sim", options.trace)) {
        return EX_NOINPUT;
    }
    int code = open_inputs(&options, &inputs);
    if (code == EX_OK) {
        code = play(&options, &inputs);
    }
    close_inputs(&inputs);
    return code;
}
