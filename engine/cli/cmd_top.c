/* cmd_top.c: `gridloop top`: the live numbers of a running engine, once a second.
 *
 * Asks for the counters (engine/edge/counters.h) and shows the few that say whether it keeps up; --json and --once give all of
 * them as they are. Rates are the difference of two answers over the time between them. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"

#include "proto/client/link.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define KIND_COUNTERS 8u
#define ASK_MS 1000    /* between two questions */
#define ANSWER_MS 3000 /* then it is said that nobody answers */
#define ROWS_MAX 1000u
#define NAME_SIZE 96u

struct options {
    const char *url;
    bool is_json;
    bool is_once;
};

struct row {
    char name[NAME_SIZE];
    double value;
};

struct sample {
    struct row rows[ROWS_MAX];
    uint32_t count;
    int64_t at_ms; /* monotonic */
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'u':
        options->url = text;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case '1':
        options->is_once = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "no argument is expected, not \"%s\"", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void keep(struct sample *sample, const Gridloop__Wire__CounterList *list)
{
    sample->count = 0;
    sample->at_ms = link_monotonic_ms();
    for (size_t i = 0; i < list->n_counters && sample->count < ROWS_MAX; i++) {
        const Gridloop__Wire__Counter *counter = list->counters[i];
        struct row *row = &sample->rows[sample->count++];
        (void)snprintf(row->name, sizeof row->name, "%s",
                       counter->name != NULL ? counter->name : "");
        row->value = counter->value;
    }
}

/* ERR_UNAVAILABLE: nobody answered in time; ERR_REFUSED: an engine that does not know the question. */
/* ERR_REFUSED: out_code says why; a refusal for now is asked again. */
static enum err ask(struct link *link, struct sample *sample, uint32_t *out_code)
{
    uint64_t asked = 0;
    int64_t end_ms = link_monotonic_ms() + ANSWER_MS, send_at_ms = 0;
    while (link_monotonic_ms() < end_ms) {
        struct codec_answer got;
        if (link_monotonic_ms() >= send_at_ms) {
            bool is_sent = link_send(link, KIND_COUNTERS, 0, &asked) == ERR_OK;
            send_at_ms = link_monotonic_ms() + (is_sent ? ASK_MS : 25);
        }
        link_wait(link, 25);
        while (link_receive(link, &got)) {
            if (got.answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_COUNTER_LIST) {
                keep(sample, got.answer->counter_list);
                return ERR_OK;
            }
            if (got.answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT &&
                got.answer->reject->code != CODE_RATE && got.answer->reject->code != CODE_NO_CITY) {
                *out_code = got.answer->reject->code;
                return ERR_REFUSED;
            }
        }
    }
    return ERR_UNAVAILABLE;
}

static double value_of(const struct sample *sample, const char *name)
{
    for (uint32_t i = 0; i < sample->count; i++) {
        if (strcmp(sample->rows[i].name, name) == 0) {
            return sample->rows[i].value;
        }
    }
    return 0;
}

/* How much it grew per second since the sample before; 0 for the first. */
static double rate_of(const struct sample *now, const struct sample *before, const char *name)
{
    if (before->count == 0 || now->at_ms <= before->at_ms) {
        return 0;
    }
    return (value_of(now, name) - value_of(before, name)) * 1e3 /
           (double)(now->at_ms - before->at_ms);
}

/* The codes of one family: "MERGED 120/s (4711)". */
static void print_codes(const struct sample *now, const struct sample *before, const char *title,
                        const char *family)
{
    size_t size = strlen(family);
    bool is_empty = true;
    (void)printf("%-9s", title);
    for (uint32_t i = 0; i < now->count; i++) {
        const char *name = now->rows[i].name;
        if (strncmp(name, family, size) != 0 || strncmp(name + size, "{code=\"", 7) != 0) {
            continue;
        }
        (void)printf("%s%.*s %.0f/s (%.0f)", is_empty ? " " : "  ",
                     (int)strcspn(name + size + 7, "\""), name + size + 7,
                     rate_of(now, before, name), now->rows[i].value);
        is_empty = false;
    }
    (void)printf("%s\n", is_empty ? " none" : "");
}

static bool has_row(const struct sample *sample, const char *name)
{
    bool is_there = false;
    for (uint32_t i = 0; i < sample->count; i++) {
        is_there = is_there || strcmp(sample->rows[i].name, name) == 0;
    }
    return is_there;
}

/* With --auth keys alone. */
static void print_seals(const struct sample *now, const struct sample *before)
{
    if (!has_row(now, "gridloop_seal_sessions")) {
        return;
    }
    (void)printf("sealed    sessions %.0f  half open %.0f  refused %.0f/s (%.0f)  dropped %.0f/s "
                 "(%.0f)  keys good %.0f  revoked %.0f\n",
                 value_of(now, "gridloop_seal_sessions"),
                 value_of(now, "gridloop_seal_sessions_half_open"),
                 rate_of(now, before, "gridloop_seal_proofs_refused_total"),
                 value_of(now, "gridloop_seal_proofs_refused_total"),
                 rate_of(now, before, "gridloop_seal_frames_dropped_total"),
                 value_of(now, "gridloop_seal_frames_dropped_total"),
                 value_of(now, "gridloop_keys{state=\"good\"}"),
                 value_of(now, "gridloop_keys{state=\"revoked\"}"));
}

static void print_table(const struct sample *now, const struct sample *before, const char *url)
{
    (void)printf("gridloop top - %.*s - up %.0f s, memory %.0f MB\n", (int)strcspn(url, "#"), url,
                 value_of(now, "gridloop_uptime_seconds"),
                 value_of(now, "gridloop_memory_resident_bytes") / 1e6);
    (void)printf(
        "queues    life safety %.0f  drain %.0f  reports %.0f  telemetry %.0f  (%.1f MB)\n",
        value_of(now, "gridloop_queue_requests{lane=\"life_safety\"}"),
        value_of(now, "gridloop_queue_requests{lane=\"drain\"}"),
        value_of(now, "gridloop_queue_requests{lane=\"report\"}"),
        value_of(now, "gridloop_queue_requests{lane=\"telemetry\"}"),
        value_of(now, "gridloop_queue_bytes") / 1e6);
    (void)printf(
        "load      pressure %.0f of 3  credit %.0f  sessions %.0f  polls held %.0f  answers "
        "waiting %.0f%s%s\n",
        value_of(now, "gridloop_pressure_level"), value_of(now, "gridloop_credit_batches"),
        value_of(now, "gridloop_sessions"), value_of(now, "gridloop_polls_held"),
        value_of(now, "gridloop_answers_waiting"),
        value_of(now, "gridloop_shedding{reason=\"disk\"}") > 0 ? "  SHEDDING: disk nearly full"
                                                                : "",
        value_of(now, "gridloop_shedding{reason=\"history\"}") > 0 ? "  SHEDDING: history behind"
                                                                   : "");
    print_seals(now, before);
    (void)printf("events    %.0f/s (%.0f)\n", rate_of(now, before, "gridloop_events_total"),
                 value_of(now, "gridloop_events_total"));
    print_codes(now, before, "results", "gridloop_results_total");
    print_codes(now, before, "rejects", "gridloop_rejects_total");
    (void)printf("dispatch  offers %.0f/s  accepts %.0f/s  nobody %.0f/s\n",
                 rate_of(now, before, "gridloop_offers_total"),
                 rate_of(now, before, "gridloop_accepts_total"),
                 rate_of(now, before, "gridloop_offers_nobody_total"));
    (void)printf("cases     open %.0f  opened %.0f  ended %.0f  clocks missed %.0f\n",
                 value_of(now, "gridloop_cases_open"), value_of(now, "gridloop_cases_opened_total"),
                 value_of(now, "gridloop_cases_ended_total"),
                 value_of(now, "gridloop_clocks_missed_total"));
    (void)printf("log       position %.0f  not yet durable %.0f  sync p50 %.1f ms  p99 %.1f ms  "
                 "max %.1f ms\n",
                 value_of(now, "gridloop_log_position"),
                 value_of(now, "gridloop_log_position") -
                     value_of(now, "gridloop_log_durable_position"),
                 value_of(now, "gridloop_log_sync_seconds{quantile=\"0.5\"}") * 1e3,
                 value_of(now, "gridloop_log_sync_seconds{quantile=\"0.99\"}") * 1e3,
                 value_of(now, "gridloop_log_sync_seconds_max") * 1e3);
}

/* One object per line, so that what watches can read line by line. */
static int print_json(const struct sample *now)
{
    json_t *object = json_object();
    for (uint32_t i = 0; object != NULL && i < now->count; i++) {
        if (json_object_set_new(object, now->rows[i].name, json_real(now->rows[i].value)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    if (object == NULL) {
        return EX_OSERR;
    }
    (void)json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
    (void)printf("\n");
    json_decref(object);
    return EX_OK;
}

static int refused(uint32_t code, const char *url)
{
    const int exit_code = code == CODE_UNKNOWN_COMMAND ? EX_PROTOCOL : EX_NOPERM;
    (void)fprintf(stderr, "the engine at %.*s refuses: %s, %s%s (exit %d)\n",
                  (int)strcspn(url, "#"), url, words_code_name(code), words_code(code, LANG_EN),
                  code == CODE_UNKNOWN_COMMAND
                      ? ": it is older than this program, or runs with --auth none"
                      : "; see gridloop key --help",
                  exit_code);
    return exit_code;
}

static int watch(struct link *link, const struct options *options, const char *url)
{
    struct sample *samples = calloc(2, sizeof *samples);
    if (samples == NULL) {
        return EX_OSERR;
    }
    int exit_code = EX_OK;
    for (uint32_t turn = 0; exit_code == EX_OK; turn++) {
        struct sample *now = &samples[turn % 2];
        uint32_t code = 0;
        enum err err = ask(link, now, &code);
        if (err != ERR_OK) {
            exit_code = err == ERR_REFUSED ? refused(code, url) : cli_no_engine(url);
            break;
        }
        if (options->is_json) {
            exit_code = print_json(now);
        } else {
            if (!options->is_once && isatty(STDOUT_FILENO) != 0) {
                (void)printf("\033[H\033[2J");
            }
            print_table(now, &samples[(turn + 1) % 2], url);
        }
        (void)fflush(stdout);
        if (options->is_once || ferror(stdout) != 0) {
            break;
        }
        (void)usleep(ASK_MS * 1000);
    }
    free(samples);
    return exit_code;
}

int cmd_top(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"url", 'u', "URL", 0, "the engine; default: the last one started here", 0},
        {"json", 'j', NULL, 0, "all counters, one JSON object per line", 0},
        {"once", '1', NULL, 0, "print once and end", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        rows,
        parse,
        NULL,
        "Shows the live numbers of a running engine: what waits, what was answered and refused, "
        "how the log keeps up.",
        NULL,
        NULL,
        NULL};
    struct options options = {.url = NULL};
    char url[CLI_URL_SIZE];
    struct link link;
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&argp, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (cli_find_url(options.url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    if (link_open(&link, url, NULL, CODEC_FRAME_SIZE_MAX / 64) != ERR_OK) {
        return cli_no_engine(url);
    }
    int exit_code = watch(&link, &options, url);
    link_close(&link);
    return exit_code;
}
