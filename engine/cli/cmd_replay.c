/* cmd_replay.c: `gridloop replay`: sends a trace to a running engine as its gateways would, at a chosen pace.
 *
 * Event times are rebased: an event happens when it is sent, on the engine's clock. Each source of the trace is a gateway
 * with an outbox of its own, so nothing is lost when the engine is restarted meanwhile. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/shell/last_engine.h"
#include "proto/client/gridloop.h"
#include "sim/scratch.h"
#include "sim/trace_file.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#define SOURCES_MAX 64u
#define FLUSH_EVERY 500u /* events between two looks at the answers */
#define FINISH_WAIT_MS 30000u
#define MEET_WAIT_MS 5000u
#define CODES_MAX 256u
#define NUDGE_MS 200 /* a pause longer than this is used to listen */

struct replay_options_cli {
    const char *trace;
    const char *url;
    const char *acks; /* file for one line an acknowledged event, or NULL */
    bool is_json;
    double speed; /* trace ms per real ms; 0 = as fast as it goes */
};

struct feeder;

struct source {
    char name[80];
    char outbox[SCRATCH_PATH_SIZE + 20];
    struct gridloop_gateway *gateway;
    struct feeder *feeder;
};

struct feeder {
    const char *url;
    struct scratch outboxes; /* directory */
    struct source sources[SOURCES_MAX];
    uint32_t source_count;
    uint64_t sent;
    FILE *acks;
    uint64_t results[CODES_MAX];
};

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_result(void *context, const struct gridloop_result *result)
{
    const struct source *source = context;
    struct feeder *feeder = source->feeder;
    feeder->results[(uint32_t)result->code < CODES_MAX ? (uint32_t)result->code : 0]++;
    if (feeder->acks != NULL) { /* flushed line by line: the record must outlive this process */
        (void)fprintf(feeder->acks, "%s %s %d %s\n", source->name, result->event_id, result->code,
                      result->case_no[0] != '\0' ? result->case_no : "-");
        (void)fflush(feeder->acks);
    }
}

/* The gateway of a source, opened at its first event; NULL after saying why not. */
static struct source *find_source(struct feeder *feeder, const char *name)
{
    for (uint32_t i = 0; i < feeder->source_count; i++) {
        if (strcmp(feeder->sources[i].name, name) == 0) {
            return &feeder->sources[i];
        }
    }
    if (feeder->source_count == SOURCES_MAX || strlen(name) >= sizeof feeder->sources[0].name) {
        (void)fprintf(stderr,
                      "gridloop replay: more than %u sources, or a name of more than 79 bytes\n",
                      SOURCES_MAX);
        return NULL;
    }
    struct source *source = &feeder->sources[feeder->source_count];
    struct gridloop_gateway_options options = {

        .on_result = on_result, .context = source, .sync = GRIDLOOP_SYNC_NONE};
    source->feeder = feeder;
    (void)snprintf(source->name, sizeof source->name, "%s", name);
    (void)snprintf(source->outbox, sizeof source->outbox, "%s/%u.outbox", feeder->outboxes.path,
                   feeder->source_count);
    int status =
        gridloop_gateway_open(feeder->url, name, source->outbox, &options, &source->gateway);
    if (status != GRIDLOOP_OK) {
        (void)fprintf(stderr, "gridloop replay: gateway %s: %s\n", name,
                      gridloop_status_text(status));
        return NULL;
    }
    feeder->source_count++;
    return source;
}

/* Lets every gateway send and listen, wait_ms in all. */
static void flush_all(struct feeder *feeder, uint32_t wait_ms)
{
    for (uint32_t i = 0; i < feeder->source_count; i++) {
        (void)gridloop_gateway_flush(feeder->sources[i].gateway,
                                     feeder->source_count > 0 ? wait_ms / feeder->source_count
                                                              : wait_ms);
    }
}

static int send_event(struct feeder *feeder, const struct trace_event *event)
{
    struct source *source = find_source(feeder, event->source);
    if (source == NULL) {
        return EX_UNAVAILABLE;
    }
    struct gridloop_field fields[EVENT_FIELDS_MAX + 1];
    char texts[EVENT_FIELDS_MAX][EVENT_STRING_MAX + 1];
    size_t count = 0;
    for (uint32_t i = 0; i < event->field_count; i++, count++) {
        const struct fact_field *field = &event->fields[i];
        fields[count] = (struct gridloop_field){.name = field->name.bytes};
        if (field->kind == FIELD_STRING) {
            (void)snprintf(texts[i], sizeof texts[i], "%.*s", (int)field->text_size, field->text);
            fields[count].kind = GRIDLOOP_TEXT;
            fields[count].text = texts[i];
        } else if (field->kind == FIELD_BOOL) {
            fields[count].kind = GRIDLOOP_FLAG;
            fields[count].flag = field->number != 0;
        } else {
            fields[count].kind = GRIDLOOP_NUMBER;
            fields[count].number = (double)field->number / (double)MICRO;
        }
    }
    if (event->caller != NULL && event->caller[0] != '\0') {
        fields[count++] =
            (struct gridloop_field){.name = "caller", .kind = GRIDLOOP_TEXT, .text = event->caller};
    }
    struct gridloop_event sent = {.id = NULL, /* the trace may have been played before */
                                  .type = event->type,
                                  .device = event->device,
                                  .at_ms = gridloop_gateway_now_ms(source->gateway),
                                  .has_place = place_is_known(event->place),
                                  .lon = event->place.lon / 1e7,
                                  .lat = event->place.lat / 1e7,
                                  .fields = fields,
                                  .field_count = count,
                                  .text = event->text,
                                  .flags = event->is_drill ? (uint32_t)GRIDLOOP_DRILL : 0};
    int status = gridloop_gateway_send(source->gateway, &sent, NULL);
    if (status == GRIDLOOP_FULL) {
        flush_all(feeder, 1000);
        status = gridloop_gateway_send(source->gateway, &sent, NULL);
    }
    if (status != GRIDLOOP_OK) {
        (void)fprintf(stderr, "gridloop replay: gateway %s: %s: %s\n", source->name,
                      gridloop_status_text(status), gridloop_gateway_why(source->gateway));
        return EX_UNAVAILABLE;
    }
    feeder->sent++;
    return EX_OK;
}

/* Waits for the event's turn, listening meanwhile. */
static void wait_until(struct feeder *feeder, int64_t due_real_ms)
{
    int64_t left_ms;
    while ((left_ms = due_real_ms - real_ms()) > 0) {
        if (feeder->source_count > 0 && left_ms > 1) {
            flush_all(feeder, (uint32_t)(left_ms < NUDGE_MS ? left_ms : NUDGE_MS));
        }
        left_ms = due_real_ms - real_ms();
        if (left_ms > 0) {
            struct timespec pause = {.tv_nsec = (left_ms < 20 ? left_ms : 20) * 1000000};
            (void)nanosleep(&pause, NULL);
        }
    }
}

static int feed(struct feeder *feeder, struct trace_reader *reader, double speed)
{
    struct trace_event event;
    int64_t first_ms = 0, start_ms = real_ms();
    enum err err;
    while ((err = trace_reader_next(reader, &event)) == ERR_OK) {
        if (feeder->sent == 0) {
            first_ms = event.at_ms;
        }
        if (speed > 0) {
            wait_until(feeder, start_ms + (int64_t)((double)(event.at_ms - first_ms) / speed));
        } else if (feeder->sent % FLUSH_EVERY == FLUSH_EVERY - 1) {
            flush_all(feeder, 0);
        }
        int exit_code = send_event(feeder, &event);
        if (exit_code != EX_OK) {
            return exit_code;
        }
        if (feeder->sent == 1) {
            flush_all(feeder, MEET_WAIT_MS); /* learns the engine's clock */
            if (gridloop_gateway_now_ms(feeder->sources[0].gateway) == 0) {
                return cli_no_engine(feeder->url);
            }
        }
    }
    return err == ERR_NOT_FOUND ? EX_OK : cli_exit_of(err);
}

static void print_sum(const struct feeder *feeder)
{
    (void)printf("%llu events sent by %u gateways:", (unsigned long long)feeder->sent,
                 feeder->source_count);
    for (uint32_t i = 0; i < CODES_MAX; i++) {
        if (feeder->results[i] > 0) {
            (void)printf(" %llu %s", (unsigned long long)feeder->results[i],
                         gridloop_code_name((int)i));
        }
    }
    (void)printf("\n");
}

static void print_sum_json(const struct feeder *feeder, uint64_t waiting)
{
    json_t *codes = json_object();
    for (uint32_t i = 0; i < CODES_MAX; i++) {
        if (feeder->results[i] > 0) {
            (void)json_object_set_new(codes, gridloop_code_name((int)i),
                                      json_integer((json_int_t)feeder->results[i]));
        }
    }
    json_t *root =
        json_pack("{s:I, s:i, s:I, s:o}", "events", (json_int_t)feeder->sent, "gateways",
                  (int)feeder->source_count, "unanswered", (json_int_t)waiting, "codes", codes);
    (void)json_dumpf(root, stdout, JSON_COMPACT);
    (void)printf("\n");
    json_decref(root);
}

/* Waits for the last answers and prints the sum; 75 when some are missing. */
static int finish(struct feeder *feeder, bool is_json)
{
    uint64_t waiting = 0;
    for (uint32_t i = 0; i < feeder->source_count; i++) {
        (void)gridloop_gateway_flush(feeder->sources[i].gateway, FINISH_WAIT_MS);
        waiting += gridloop_gateway_waiting(feeder->sources[i].gateway);
    }
    if (is_json) {
        print_sum_json(feeder, waiting);
    } else {
        print_sum(feeder);
    }
    if (waiting > 0) {
        (void)fprintf(stderr, "gridloop replay: %llu events were not answered by %s (exit %d)\n",
                      (unsigned long long)waiting, feeder->url, EX_TEMPFAIL);
        return EX_TEMPFAIL;
    }
    return EX_OK;
}

static int replay_trace(const struct replay_options_cli *options)
{
    char url[CLI_URL_SIZE];
    struct feeder *feeder = calloc(1, sizeof *feeder);
    struct problems *problems = problems_new();
    struct trace_reader *reader = NULL;
    int exit_code = EX_OK;
    if (feeder == NULL || cli_find_url(options->url, url) == NULL) {
        problems_free(problems);
        free(feeder);
        return EX_UNAVAILABLE;
    }
    feeder->url = url;
    if (options->acks != NULL && (feeder->acks = fopen(options->acks, "a")) == NULL) {
        (void)fprintf(stderr, "gridloop replay: cannot write %s (exit %d)\n", options->acks,
                      EX_CANTCREAT);
        problems_free(problems);
        free(feeder);
        return EX_CANTCREAT;
    }
    enum err err = trace_reader_open(options->trace, problems, &reader);
    if (err != ERR_OK) {
        (void)fprintf(stderr, "gridloop replay: cannot read %s: %s (exit %d)\n", options->trace,
                      words_err(err), cli_exit_of(err));
        exit_code = cli_exit_of(err);
    } else if (scratch_make_directory(&feeder->outboxes, "replay") != ERR_OK) {
        exit_code = cli_no_scratch("gridloop replay");
    } else {
        exit_code = feed(feeder, reader, options->speed);
        problems_print(problems, stderr);
        int finished = exit_code == EX_UNAVAILABLE ? exit_code : finish(feeder, options->is_json);
        exit_code = exit_code != EX_OK ? exit_code : finished;
    }
    for (uint32_t i = 0; i < feeder->source_count; i++) {
        gridloop_gateway_close(feeder->sources[i].gateway);
    }
    scratch_remove(&feeder->outboxes);
    if (feeder->acks != NULL) {
        (void)fclose(feeder->acks);
    }
    trace_reader_close(reader);
    problems_free(problems);
    free(feeder);
    return exit_code;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct replay_options_cli *options = state->input;
    char *end = NULL;
    switch (key) {
    case 't':
        options->trace = value;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case 'u':
        options->url = value;
        return 0;
    case 'k':
        options->acks = value;
        return 0;
    case 's':
        if (strcmp(value, "max") == 0) {
            options->speed = 0;
            return 0;
        }
        options->speed = strtod(value, &end);
        if (end == value || *end != '\0' || !(options->speed > 0 && options->speed <= 100000)) {
            argp_error(state, "--speed takes a number such as 60, or max; not \"%s\"", value);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (options->trace != NULL) {
            argp_error(state, "one trace is expected; \"%s\" is a second one", value);
        }
        options->trace = value;
        return 0;
    case ARGP_KEY_END:
        if (options->trace == NULL) {
            argp_error(state, "name a trace with --trace FILE, or - for standard input");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cmd_replay(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"trace", 't', "FILE", 0,
         "recorded or generated events (see gridloop trace); - is standard input", 0},
        {"speed", 's', "X", 0, "how many times as fast as recorded, or max; default 1", 0},
        {"acks", 'k', "FILE", 0,
         "append a line for each acknowledged event: source, id, code, case; an outside record to "
         "check the log by",
         0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"json", 'j', NULL, 0, "the sum as one JSON object", 0},
        {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = parse,
        .args_doc = "[FILE]",
        .doc = "Sends a trace to a running engine, one gateway per source."};
    struct replay_options_cli options = {.speed = 1};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&ARGP, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    if (!cli_has_input("gridloop replay", options.trace)) {
        return EX_NOINPUT;
    }
    return replay_trace(&options);
}
