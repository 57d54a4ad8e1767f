/* cmd_sim.c: `gridloop sim`: a trace through core and edge on a virtual clock, with agents for all people. */
#include "engine/city/city_load.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/log_events.h"
#include "engine/cli/sim_beside.h"
#include "engine/cli/sim_live.h"
#include "engine/shell/data_limits.h"
#include "rules/compile.h"
#include "sim/city_demo.h"
#include "sim/compare.h"
#include "sim/compare_truth.h"
#include "sim/report.h"
#include "sim/run.h"
#include "sim/scratch.h"
#include "sim/trace_generate.h"
#include "sim/virtual_disk.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define COMMAND "gridloop sim"
#define POLICIES_MAX 4u
#define CITIES_MAX 4u

struct options {
    const char *policies[POLICIES_MAX]; /* dispatch policies, each a run of its own */
    uint32_t policy_count;
    const char *cities[CITIES_MAX]; /* what-if: the same events in other cities */
    uint32_t city_count;
    const char *recorded;      /* data directory whose log has the events */
    struct scratch trace_file; /* of our own, from that log */
    const char *city;
    const char *rules;
    const char *trace;
    const char *agents;
    const char *json;
    const char *html;
    const char *log;
    const char *until;
    enum lang lang;
    uint64_t seed;
    int64_t drain_ms;
    uint32_t check_every;
    bool compares;
    bool compares_truth;
    bool is_quiet;
    /* without a trace: events are invented while they are played */
    int64_t generate_hours; /* 0: there is a trace */
    int64_t generate_rate;
    struct scratch demo_city; /* of our own, where --city named a size */
    struct progress {
        int64_t from_ms, started_ms, shown_ms;
        uint64_t shown_events;
    } progress;
};

/* What one run has of its own; the first is what the others are held against. */
struct scenario {
    const char *label;
    const char *city;
    const char *policy; /* NULL: the rules as they are */
};

/* Everything that one run borrows. */
struct inputs {
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct agent_rates *rates;
    struct trace_reader *trace;
    struct trace_generator *generator;
    struct city generator_city; /* borrowed by the generator */
    struct problems *problems;
    struct virtual_disk *disk;
    struct disk calls; /* of it; the run borrows them until it is freed */
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
    KEY_REPORT,
    KEY_LOG,
    KEY_HOURS,
    KEY_RATE,
    KEY_YEAR,
    KEY_POLICY,
    KEY_BESIDE,
    KEY_RECORDED
};

#define YEAR_HOURS (365 * 24)
#define YEAR_RATE 514 /* incidents an hour: 4.5 million a year */

static const struct argp_option OPTIONS[] = {
    {"city", 'c', "DIR", 0,
     "the city directory; small, medium or large where no such directory is: a demo city for this "
     "run",
     0},
    {"rules", 'r', "DIR", 0, "its rules (default CITY/rules)", 0},
    {"trace", 't', "FILE", 0, "events, one JSON object a line; - is standard input", 0},
    {"seed", 's', "N", 0, "of all people (default 1): same seed, same digests", 0},
    {"agents", KEY_AGENTS, "FILE", 0, "rates of the people, read over CITY/sim.yaml", 0},
    {"until", KEY_UNTIL, "T", 0,
     "stop at this instant (ISO 8601) or so long after the first event (36h)", 0},
    {"drain", KEY_DRAIN, "SPAN", 0, "time for open cases after the last event (default 24h)", 0},
    {"hours", KEY_HOURS, "N", 0, "instead of a trace: invent events for N hours while playing", 0},
    {"rate", KEY_RATE, "N", 0, "incidents an hour to invent (default 514)", 0},
    {"year", KEY_YEAR, NULL, 0, "a year of a big city: --hours 8760 --rate 514", 0},
    {"policy", KEY_POLICY, "FILE", 0,
     "a dispatch policy laid over the rules; several: one run each, side by side", 0},
    {"beside", KEY_BESIDE, "DIR", 0,
     "what if: another city directory (people added or removed, borders moved, shifts changed) for "
     "the same events, side by side; may be given several times",
     0},
    {"recorded", KEY_RECORDED, "DATA", 0,
     "instead of a trace: the events in the log of that data directory", 0},
    {"compare", KEY_COMPARE, "WITH", 0,
     "real: set what the trace recorded beside it; truth: the incidents of an invented trace; none "
     "(default)",
     0},
    {"check", KEY_CHECK, "N", 0, "walk all structures every N log entries (default 0: never)", 0},
    {"log", KEY_LOG, "DIR", 0, "keep the command log and write it to DIR at the end", 0},
    {"json", KEY_JSON, "FILE", 0, "the report as JSON; - is standard output", 0},
    {"report", KEY_REPORT, "FILE", 0,
     "the report as one HTML page with charts, written anew while the run goes on", 0},
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
    if (key == KEY_HOURS || key == KEY_RATE) {
        if (!parse_count(text, 1000000, &value) || value == 0) {
            argp_error(state, "--%s takes a whole number from 1 to 1000000, not \"%s\"",
                       key == KEY_HOURS ? "hours" : "rate", text);
        }
        *(key == KEY_HOURS ? &options->generate_hours : &options->generate_rate) = (int64_t)value;
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

static void add_scenario(struct argp_state *state, const char *what, const char **list,
                         uint32_t *count, uint32_t most, const char *text)
{
    if (*count == most) {
        argp_error(state, "--%s may be given %u times", what, most);
        return;
    }
    list[(*count)++] = text;
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
    case KEY_REPORT:
        options->html = text;
        return 0;
    case KEY_RECORDED:
        options->recorded = text;
        return 0;
    case KEY_POLICY:
        add_scenario(state, "policy", options->policies, &options->policy_count, POLICIES_MAX,
                     text);
        return 0;
    case KEY_BESIDE:
        add_scenario(state, "beside", options->cities, &options->city_count, CITIES_MAX, text);
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
        if (strcmp(text, "real") != 0 && strcmp(text, "truth") != 0 && strcmp(text, "none") != 0) {
            argp_error(state, "--compare takes real, truth or none, not \"%s\"", text);
        }
        options->compares_truth = strcmp(text, "truth") == 0;
        options->compares = strcmp(text, "real") == 0;
        return 0;
    case KEY_YEAR:
        options->generate_hours = YEAR_HOURS;
        return 0;
    case 's':
    case KEY_DRAIN:
    case KEY_CHECK:
    case KEY_HOURS:
    case KEY_RATE:
        return parse_number(key, text, state, options);
    case ARGP_KEY_END:
        if (options->city == NULL || (options->trace != NULL) + (options->generate_hours != 0) +
                                             (options->recorded != NULL) !=
                                         1) {
            argp_error(state, "name a city and either a trace or how much to invent, for example: "
                              "gridloop sim --city ./qinghe --trace day.ndjson, or "
                              "gridloop sim --city large --year");
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

static int load_images(const struct options *options, const struct scenario *scenario,
                       struct inputs *inputs)
{
    char rules[4096];
    struct city city;
    enum err err =
        city_load(scenario->city, inputs->problems, &inputs->city_bytes, &inputs->city_size);
    if (err != ERR_OK) {
        return fail(inputs, err, scenario->city);
    }
    must(city_open(inputs->city_bytes, inputs->city_size, &city) == ERR_OK);
    (void)snprintf(rules, sizeof rules, "%s/rules", scenario->city);
    const char *directory = options->rules != NULL ? options->rules : rules;
    err = rules_compile_under(directory, scenario->policy, &city, inputs->problems,
                              &inputs->policy_bytes, &inputs->policy_size);
    return err == ERR_OK ? EX_OK : fail(inputs, err, directory);
}

static int load_rates(const struct options *options, const struct scenario *scenario,
                      struct inputs *inputs)
{
    char path[4096];
    inputs->rates = malloc(sizeof *inputs->rates);
    if (inputs->rates == NULL) {
        return fail(inputs, ERR_MEMORY, "sim");
    }
    *inputs->rates = agent_rates_default();
    (void)snprintf(path, sizeof path, "%s/sim.yaml", scenario->city);
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

/* "--city large" where no directory has that name. */
static int make_demo_city(struct options *options)
{
    enum city_size size;
    struct city_demo_result result;
    if (access(options->city, F_OK) == 0 || !city_demo_parse_size(options->city, &size)) {
        return EX_OK;
    }
    if (scratch_make_directory(&options->demo_city, "city") != ERR_OK) {
        return cli_no_scratch(COMMAND);
    }
    options->city = options->demo_city.path;
    const enum err err = city_demo_write(options->city, 1, size, &result);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "cannot write a city to %s: %s\n", options->city, words_err(err));
    }
    return cli_exit_of(err);
}

static int open_generator(const struct options *options, struct inputs *inputs)
{
    struct trace_demand demand = trace_demand_default();
    demand.seed = options->seed;
    demand.hours = options->generate_hours;
    demand.incidents_per_hour = options->generate_rate;
    must(city_open(inputs->city_bytes, inputs->city_size, &inputs->generator_city) == ERR_OK);
    const enum err err = trace_generator_new(&inputs->generator_city, &demand, &inputs->generator);
    return err == ERR_OK ? EX_OK : fail(inputs, err, "no events can be invented for this city");
}

static int open_inputs(const struct options *options, const struct scenario *scenario,
                       struct inputs *inputs)
{
    inputs->problems = problems_new();
    if (inputs->problems == NULL) {
        return EX_OSERR;
    }
    int code = load_images(options, scenario, inputs);
    if (code == EX_OK) {
        code = load_rates(options, scenario, inputs);
    }
    if (code != EX_OK) {
        return code;
    }
    if (options->trace == NULL) {
        code = open_generator(options, inputs);
    } else {
        const enum err err = trace_reader_open(options->trace, inputs->problems, &inputs->trace);
        code = err == ERR_OK ? EX_OK : fail(inputs, err, options->trace);
    }
    if (code != EX_OK) {
        return code;
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
    trace_generator_free(inputs->generator);
    free(inputs->rates);
    free(inputs->policy_bytes);
    free(inputs->city_bytes);
    if (inputs->problems != NULL) {
        problems_free(inputs->problems);
    }
}

/* ---- the run ---- */

static int64_t real_ms(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

/* What a run is shown by while it goes on. */
struct watched {
    struct options options;
    struct sim_live live;
    struct sim_told *told; /* the last of them goes on */
    uint32_t count;
};

static long peak_mib(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

/* Called once a virtual hour: percentage where the end is known, date, events a second since the last line. */
static void show_progress(void *context, int64_t now_ms, uint64_t events)
{
    struct watched *watched = context;
    struct options *options = &watched->options;
    struct progress *progress = &options->progress;
    sim_live_see(&watched->live, watched->told, watched->count, now_ms);
    const int64_t at_ms = real_ms();
    if (options->is_quiet || isatty(STDERR_FILENO) == 0 || at_ms - progress->shown_ms < 200) {
        return;
    }
    const int64_t span_ms = options->generate_hours * HOUR_MS;
    char share[32] = "";
    if (span_ms > 0) {
        (void)snprintf(share, sizeof share, "%3" PRId64 " %%  ",
                       min_i64(100, (now_ms - progress->from_ms) * 100 / span_ms));
    }
    (void)fprintf(stderr, "\r%s%.10s  %" PRIu64 " events, %" PRIu64 "/s, %ld MiB   ", share,
                  trace_format_instant(now_ms, 0).text, events,
                  (events - progress->shown_events) * 1000 /
                      (uint64_t)max_i64(1, at_ms - progress->shown_ms),
                  peak_mib());
    progress->shown_ms = at_ms;
    progress->shown_events = events;
}

static struct sim_live live_of(const struct options *options)
{
    return (struct sim_live){.html = options->html,
                             .json = options->policy_count + options->city_count > 1
                                         ? NULL /* side by side it is another tree */
                                         : options->json,
                             .name = options->recorded != NULL ? options->recorded
                                     : options->trace == NULL  ? "invented"
                                                               : options->trace,
                             .lang = options->lang,
                             .days = (options->generate_hours + 23) / 24};
}

static int write_html(const struct options *options, const struct sim_told *told, uint32_t count)
{
    const struct sim_live live = live_of(options);
    if (!sim_live_write_html(&live, told, count, NULL)) {
        (void)fprintf(stderr, "cannot write the report to %s: %s\n", options->html,
                      strerror(errno));
        return EX_CANTCREAT;
    }
    return EX_OK;
}

/* root's reference is taken. */
static int dump_json(const struct options *options, json_t *root)
{
    (void)json_object_set_new(root, "seed", json_integer((json_int_t)options->seed));
    const bool is_stdout = strcmp(options->json, "-") == 0;
    const bool is_written =
        is_stdout ? json_dumpf(root, stdout, JSON_INDENT(1) | JSON_SORT_KEYS) == 0 && puts("") >= 0
                  : sim_live_write_json(options->json, root);
    json_decref(root);
    if (!is_written) {
        (void)fprintf(stderr, "cannot write %s: %s\n", options->json, strerror(errno));
        return EX_IOERR;
    }
    return EX_OK;
}

static int write_json(const struct options *options, const struct report *report,
                      const struct comparison *comparison, const struct run *run)
{
    json_t *root = report_to_json(report);
    (void)json_object_set_new(json_object_get(root, "run"), "peak_mib", json_integer(peak_mib()));
    if (options->compares_truth) {
        struct truth_result truth;
        compare_truth_make(&truth, run);
        (void)json_object_set_new(root, "truth", compare_truth_to_json(&truth, run));
    }
    if (options->compares) {
        (void)json_object_set_new(root, "compare", compare_to_json(comparison));
    }
    return dump_json(options, root);
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

static int tell(const struct options *options, const struct inputs *inputs,
                const struct sim_told *told)
{
    const struct run *run = told->run;
    struct comparison comparison = {0};
    int code = EX_OK;
    if (options->compares) {
        compare_make(&comparison, run);
    }
    if (options->json == NULL || strcmp(options->json, "-") != 0) {
        report_print(&told->report, options->lang, stdout);
        if (options->compares) {
            compare_print(&comparison, options->lang, stdout);
        }
        if (options->compares_truth) {
            struct truth_result truth;
            compare_truth_make(&truth, run);
            compare_truth_print(&truth, run, options->lang, stdout);
        }
        printf(options->lang == LANG_ZH ? "内存峰值 %ld MiB\n" : "peak memory %ld MiB\n",
               peak_mib());
    }
    if (options->json != NULL) {
        code = write_json(options, &told->report, &comparison, run);
    }
    if (options->html != NULL && code == EX_OK) {
        code = write_html(options, told, 1);
    }
    if (options->log != NULL && code == EX_OK) {
        code = write_log(options, inputs, run);
    }
    return code;
}

static int tell_beside(const struct options *options, const struct sim_told *told, uint32_t count)
{
    int code = EX_OK;
    if (options->json == NULL || strcmp(options->json, "-") != 0) {
        sim_beside_print(told, count, options->lang, stdout);
    }
    if (options->json != NULL) {
        code = dump_json(options, sim_beside_to_json(told, count));
    }
    return options->html != NULL && code == EX_OK ? write_html(options, told, count) : code;
}

/* --until: an instant, or a span that begins with the first event (which run_new has read). */
static bool parse_until(const char *text, int64_t *out_ms, bool *out_is_span)
{
    int32_t offset_minutes;
    *out_is_span = parse_span(text, out_ms);
    return *out_is_span || trace_parse_instant(text, out_ms, &offset_minutes);
}

/* told[count - 1] is played; those before it are over. */
static int play(const struct options *options, struct inputs *inputs, struct sim_told *told,
                uint32_t count)
{
    struct watched watched = {*options, live_of(options), told, count};
    struct sim_told *mine = &told[count - 1];
    struct run_options run_options = run_options_default();
    struct run *run = NULL;
    run_options.city_bytes = inputs->city_bytes;
    run_options.city_size = inputs->city_size;
    run_options.policy_bytes = inputs->policy_bytes;
    run_options.policy_size = inputs->policy_size;
    run_options.trace = inputs->trace;
    run_options.generator = inputs->generator;
    watched.options.progress.from_ms = trace_demand_default().from_ms;
    watched.options.progress.shown_ms = real_ms();
    run_options.rates = inputs->rates;
    run_options.seed = options->seed;
    run_options.drain_ms = options->drain_ms;
    run_options.check_every = options->check_every;
    run_options.keep_truth = options->compares;
    run_options.keep_records = options->trace != NULL || options->compares_truth;
    run_options.progress = show_progress;
    run_options.context = &watched;
    if (options->until != NULL &&
        !parse_until(options->until, &run_options.until_ms, &run_options.until_is_span)) {
        (void)fprintf(stderr,
                      "--until takes an instant such as 2016-12-31T12:00:00Z or a span such as "
                      "36h, not \"%s\"\n",
                      options->until);
        return EX_USAGE;
    }
    if (inputs->disk != NULL) {
        inputs->calls = virtual_disk_calls(inputs->disk);
        run_options.disk = &inputs->calls;
    }
    enum err err = run_new(&run_options, &run);
    if (err != ERR_OK) {
        return fail(inputs, err, "the run cannot begin");
    }
    mine->run = run;
    err = run_play(run);
    if (!options->is_quiet && isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r%60s\r", "");
    }
    if (err != ERR_OK) {
        return fail(inputs, err, options->trace != NULL ? options->trace : "run");
    }
    report_make(&mine->report, run);
    return EX_OK;
}

/* Policies on the city; then other cities under the first of them. */
static uint32_t list_scenarios(const struct options *options, struct scenario *scenarios)
{
    const char *first = options->policy_count > 0 ? options->policies[0] : NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i == 0 || i < options->policy_count; i++) {
        const char *policy = i < options->policy_count ? options->policies[i] : NULL;
        scenarios[count++] =
            (struct scenario){policy != NULL ? policy : options->city, options->city, policy};
    }
    for (uint32_t i = 0; i < options->city_count; i++) {
        scenarios[count++] = (struct scenario){options->cities[i], options->cities[i], first};
    }
    return count;
}

static int play_all(const struct options *options)
{
    static struct sim_told told[SIM_BESIDE_MAX];
    static struct inputs inputs[SIM_BESIDE_MAX];
    struct scenario scenarios[SIM_BESIDE_MAX];
    const uint32_t count = list_scenarios(options, scenarios);
    int code = EX_OK;
    for (uint32_t i = 0; i < count && code == EX_OK; i++) {
        told[i].label = scenarios[i].label;
        code = open_inputs(options, &scenarios[i], &inputs[i]);
        code = code == EX_OK ? play(options, &inputs[i], told, i + 1) : code;
    }
    if (code == EX_OK) {
        code = count > 1 ? tell_beside(options, told, count) : tell(options, &inputs[0], &told[0]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (told[i].run != NULL) {
            report_fini(&told[i].report);
            run_free(told[i].run);
        }
        close_inputs(&inputs[i]);
    }
    return code;
}

/* --recorded: a trace of our own from a log. */
static int write_recorded(struct options *options)
{
    struct log_events_counts counts = {0};
    struct log_last_rules rules = {0};
    if (scratch_make_file(&options->trace_file, "trace") != ERR_OK) {
        return cli_no_scratch(COMMAND);
    }
    const int code =
        log_events_write(COMMAND, options->recorded, options->trace_file.path, &counts, &rules);
    free(rules.bytes);
    options->trace = options->trace_file.path;
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
    struct options options = {
        .seed = 1, .drain_ms = DAY_MS, .lang = cli_lang(NULL), .generate_rate = YEAR_RATE};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    scratch_remove_when_ended();
    int code = make_demo_city(&options);
    if (code == EX_OK && (!cli_has_input(COMMAND, options.city) ||
                          (options.trace != NULL && !cli_has_input(COMMAND, options.trace)))) {
        code = EX_NOINPUT;
    }
    if (code == EX_OK && options.log != NULL && options.policy_count + options.city_count > 1) {
        (void)fprintf(stderr, "--log keeps the log of one run; there are several here\n");
        code = EX_USAGE;
    }
    if (code == EX_OK && options.recorded != NULL) {
        code = write_recorded(&options);
    }
    if (code == EX_OK) {
        code = play_all(&options);
    }
    scratch_remove(&options.demo_city);
    scratch_remove(&options.trace_file);
    return code;
}
