/* cmd_cap.c: `gridloop cap`: one CAP 1.2 alert, read, checked, mapped and sent as a gateway.
 *
 * Every refusal names file, line, element and a stable code. An Update or Cancel refers to the newest alert it names that the
 * engine knows. Only what the engine has answered counts as delivered. */
#include "engine/city/city_load.h"
#include "engine/city/text_file.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cap_event.h"
#include "engine/cli/cli.h"
#include "engine/core/code.h"
#include "engine/shell/last_engine.h"
#include "proto/client/link.h"
#include "sim/scratch.h"
#include "sim/trace_file.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define KIND_COUNTERS 8u
#define CLOCK_MS 3000 /* to learn the engine's clock */
#define MAP_FILE "cap.yaml"

struct cap_options {
    const char *file, *city, *url, *identity, *outbox, *lang, *now;
    bool is_dry, is_json;
    uint32_t wait_ms;
};

/* One alert on its way. */
struct delivery {
    const struct cap_options *options;
    char url[CLI_URL_SIZE];
    char city[CLI_URL_SIZE]; /* directory, or "" */
    enum lang lang;
    struct problems *problems;
    struct gridloop_gateway *gateway;
    struct cap_event *event; /* the one being sent */
    int code;                /* of the last answer, 0 = none */
    int exit_code;
};

static void note_exit(struct delivery *delivery, int code)
{
    delivery->exit_code = delivery->exit_code == EX_OK ? code : delivery->exit_code;
}

/* ---- reading ---- */

/* The whole text, malloc'ed; one byte more than allowed shows that it is too large. */
static char *read_text(const char *path, size_t *out_size)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *bytes = file == NULL ? NULL : malloc((size_t)CAP_SIZE_MAX + 1);
    *out_size = bytes == NULL ? 0 : fread(bytes, 1, (size_t)CAP_SIZE_MAX + 1, file);
    const bool is_read = bytes != NULL && ferror(file) == 0;
    if (file != NULL && file != stdin) {
        (void)fclose(file);
    }
    if (!is_read) {
        (void)fprintf(stderr, "gridloop cap: %s: cannot be read (exit %d)\n", path, EX_NOINPUT);
        free(bytes);
        return NULL;
    }
    return bytes;
}

static void find_city(struct delivery *delivery)
{
    struct last_engine note;
    const char *city = delivery->options->city;
    if (city == NULL && last_engine_read(&note) == ERR_OK) {
        city = note.city;
    }
    (void)snprintf(delivery->city, sizeof delivery->city, "%s", city != NULL ? city : "");
}

static struct cap_map *find_map(const struct delivery *delivery)
{
    const bool has_own = delivery->city[0] != '\0' && text_file_exists(delivery->city, MAP_FILE);
    return cap_map_read(delivery->problems, has_own ? delivery->city : NULL, MAP_FILE);
}

/* The city's image, to be freed; NULL where there is none or it cannot be read: places are then taken as they are. */
static void *load_city(const struct delivery *delivery, struct city *out_city)
{
    void *bytes = NULL;
    size_t size = 0;
    struct problems *problems = problems_new();
    const bool is_loaded = delivery->city[0] != '\0' && problems != NULL &&
                           city_load(delivery->city, problems, &bytes, &size) == ERR_OK &&
                           city_open(bytes, size, out_city) == ERR_OK;
    problems_free(problems);
    if (!is_loaded) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* The engine's own clock, which need not be this machine's; false after saying that there is no engine. */
static bool ask_clock(const struct delivery *delivery, int64_t *out_now_ms)
{
    struct link link;
    const int64_t end_ms = link_monotonic_ms() + CLOCK_MS;
    int64_t send_at_ms = 0;
    *out_now_ms = 0;
    if (link_open(&link, delivery->url, NULL, 64) != ERR_OK) {
        return false;
    }
    while (*out_now_ms == 0 && link_monotonic_ms() < end_ms) {
        struct codec_answer got;
        uint64_t asked;
        if (link_monotonic_ms() >= send_at_ms) {
            const bool is_sent = link_send(&link, KIND_COUNTERS, 0, &asked) == ERR_OK;
            send_at_ms = link_monotonic_ms() + (is_sent ? 1000 : 25);
        }
        link_wait(&link, 25);
        while (link_receive(&link, &got)) {
            *out_now_ms = link_log_now_ms(&link);
        }
    }
    link_close(&link);
    return *out_now_ms != 0;
}

/* --now, the engine's clock, or of a dry run this machine's. */
static bool find_now(struct delivery *delivery, int64_t *out_now_ms)
{
    int32_t offset;
    const struct cap_options *options = delivery->options;
    if (options->now != NULL) {
        if (!trace_parse_instant(options->now, out_now_ms, &offset)) {
            (void)fprintf(stderr,
                          "gridloop cap: --now: an instant such as 2026-03-03T08:30:00+08:00 "
                          "expected (exit %d)\n",
                          EX_USAGE);
            note_exit(delivery, EX_USAGE);
            return false;
        }
        return true;
    }
    if (options->is_dry) {
        *out_now_ms = (int64_t)time(NULL) * 1000;
        return true;
    }
    if (!ask_clock(delivery, out_now_ms)) {
        note_exit(delivery, cli_no_engine(delivery->url));
        return false;
    }
    return true;
}

/* ---- showing ---- */

static json_t *event_json(const struct cap_event *event, const struct cap_events *events)
{
    const struct gridloop_event *from = &event->event;
    char at[40] = "";
    const time_t second = (time_t)(from->at_ms / 1000);
    struct tm parts;
    if (gmtime_r(&second, &parts) != NULL) {
        (void)strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    json_t *row = json_pack("{s:s, s:s, s:s, s:b, s:b}", "id", from->id, "type", from->type, "at",
                            at, "drill", (int)((from->flags & GRIDLOOP_DRILL) != 0), "lifted",
                            (int)event->is_lifted);
    json_t *fields = json_object(), *refers = json_array();
    for (size_t i = 0; i < from->field_count; i++) {
        (void)json_object_set_new(fields, from->fields[i].name,
                                  from->fields[i].kind == GRIDLOOP_TEXT
                                      ? json_string(from->fields[i].text)
                                      : json_real(from->fields[i].number));
    }
    for (uint32_t i = 0; i < events->reference_count; i++) {
        (void)json_array_append_new(refers, json_string(events->references[i]));
    }
    (void)json_object_set_new(row, "fields", fields);
    (void)json_object_set_new(row, "refers", refers);
    if (from->has_place) {
        (void)json_object_set_new(row, "lon", json_real(from->lon));
        (void)json_object_set_new(row, "lat", json_real(from->lat));
        (void)json_object_set_new(row, "accuracy_m",
                                  json_integer((json_int_t)(from->accuracy_cm / 100)));
    }
    if (from->text != NULL) {
        (void)json_object_set_new(row, "text", json_string(from->text));
    }
    return row;
}

static void print_row(json_t *row)
{
    char *text = json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(10));
    (void)printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(row);
}

static void on_result(void *context, const struct gridloop_result *result)
{
    struct delivery *delivery = context;
    const bool is_zh = delivery->lang == LANG_ZH;
    const bool is_refused = words_code_is_refusal((uint32_t)result->code);
    const struct gridloop_event *event = &delivery->event->event;
    delivery->code = result->code;
    if (result->code == CODE_UNKNOWN_ALERT) {
        return; /* an older reference may be known: said at the end */
    }
    if (is_refused) {
        note_exit(delivery, result->code == CODE_NO_RIGHT || result->code == CODE_UNKNOWN_IDENTITY
                                ? EX_NOPERM
                                : EX_DATAERR);
    }
    if (delivery->options->is_json) {
        print_row(json_pack("{s:s, s:s, s:b, s:s, s:s, s:s}", "id", event->id, "type", event->type,
                            "drill", (int)((event->flags & GRIDLOOP_DRILL) != 0), "code",
                            gridloop_code_name(result->code), "case", result->case_no, "hint",
                            result->hint));
        return;
    }
    (void)printf("%s%s%s %s %s%s%s\n", gridloop_code_name(result->code),
                 result->case_no[0] != '\0' ? " " : "", result->case_no, event->type,
                 gridloop_code_text(result->code, is_zh ? "zh" : "en"),
                 (event->flags & GRIDLOOP_DRILL) != 0 ? (is_zh ? "【演练】" : " DRILL") : "",
                 result->is_late ? (is_zh ? "，迟到" : ", late") : "");
}

/* ---- sending ---- */

static bool flush(struct delivery *delivery)
{
    const int status = gridloop_gateway_flush(delivery->gateway, delivery->options->wait_ms);
    if (status == GRIDLOOP_OK) {
        return true;
    }
    const bool is_kept = delivery->options->outbox != NULL;
    const int held = gridloop_gateway_held(delivery->gateway);
    const bool is_right = held == GRIDLOOP_UNKNOWN_IDENTITY || held == GRIDLOOP_NO_RIGHT;
    if (status == GRIDLOOP_UNAVAILABLE) {
        note_exit(delivery, cli_no_engine(delivery->url));
    } else {
        note_exit(delivery, is_right ? EX_NOPERM : EX_TEMPFAIL);
        (void)fprintf(stderr, "gridloop cap: %s (exit %d)\n",
                      gridloop_gateway_why(delivery->gateway), delivery->exit_code);
    }
    (void)fprintf(stderr, "gridloop cap: not delivered; %s%s\n",
                  is_kept ? "kept in " : "send it again, or use --outbox FILE to keep it",
                  is_kept ? delivery->options->outbox : "");
    return false;
}

/* One event; of several references the newest that the engine knows. */
static void send_one(struct delivery *delivery, struct cap_event *event,
                     const struct cap_events *events)
{
    const uint32_t count = events->reference_count > 0 ? events->reference_count : 1;
    delivery->event = event;
    for (uint32_t i = 0; i < count; i++) {
        if (events->reference_count > 0) {
            cap_event_refer(event, events->references[i], i);
        }
        delivery->code = 0;
        if (gridloop_gateway_send(delivery->gateway, &event->event, NULL) != GRIDLOOP_OK) {
            (void)fprintf(stderr, "gridloop cap: %s (exit %d)\n",
                          gridloop_gateway_why(delivery->gateway), EX_DATAERR);
            note_exit(delivery, EX_DATAERR);
            return;
        }
        if (!flush(delivery) || delivery->code != CODE_UNKNOWN_ALERT) {
            return;
        }
    }
    (void)fprintf(stderr, "%s UNKNOWN_ALERT: %s: %s (exit %d)\n", cli_refused(delivery->lang),
                  words_code(CODE_UNKNOWN_ALERT, delivery->lang), events->references[0],
                  EX_DATAERR);
    note_exit(delivery, EX_DATAERR);
}

static void send_all(struct delivery *delivery, const char *identity, struct cap_events *events)
{
    char outbox[512];
    struct scratch directory = {""};
    const struct gridloop_gateway_options options = {.on_result = on_result, .context = delivery};
    const char *asked = delivery->options->outbox;
    if (asked == NULL && scratch_make_directory(&directory, "cap") != ERR_OK) {
        note_exit(delivery, cli_no_scratch("gridloop cap"));
        return;
    }
    (void)snprintf(outbox, sizeof outbox, "%s%s", asked != NULL ? asked : directory.path,
                   asked != NULL ? "" : "/outbox");
    const int status =
        gridloop_gateway_open(delivery->url, identity, outbox, &options, &delivery->gateway);
    if (status != GRIDLOOP_OK) {
        scratch_remove(&directory);
        (void)fprintf(stderr, "gridloop cap: %s: %s (exit %d)\n", identity,
                      gridloop_status_text(status), EX_USAGE);
        note_exit(delivery, EX_USAGE);
        return;
    }
    for (uint32_t i = 0; i < events->count; i++) {
        send_one(delivery, &events->rows[i], events);
    }
    gridloop_gateway_close(delivery->gateway);
    scratch_remove(&directory);
}

static void deliver(struct delivery *delivery, const struct cap_alert *alert,
                    const struct cap_map *map)
{
    struct city city;
    struct cap_events events = {.rows = NULL};
    const struct cap_options *options = delivery->options;
    const char *name = strcmp(options->file, "-") == 0 ? "standard input" : options->file;
    int64_t now_ms = 0;
    if (!find_now(delivery, &now_ms)) {
        return;
    }
    void *image = load_city(delivery, &city);
    const bool is_made = cap_events_make(delivery->problems, name, alert, map,
                                         image != NULL ? &city : NULL, now_ms, &events);
    if (problems_error_count(delivery->problems) > 0) {
        note_exit(delivery, events.is_early ? EX_TEMPFAIL : EX_DATAERR);
    }
    for (uint32_t i = 0; is_made && options->is_dry && i < events.count; i++) {
        print_row(event_json(&events.rows[i], &events));
    }
    if (is_made && !options->is_dry) {
        send_all(delivery, options->identity != NULL ? options->identity : cap_map_identity(map),
                 &events);
    }
    cap_events_free(&events);
    free(image);
}

static int run(const struct cap_options *options)
{
    struct delivery delivery = {
        .options = options, .lang = cli_lang(options->lang), .problems = problems_new()};
    size_t size = 0;
    if (!cli_has_input("gridloop cap", options->file) ||
        (options->city != NULL && !cli_has_input("gridloop cap", options->city))) {
        return EX_NOINPUT;
    }
    if (!options->is_dry && cli_find_url(options->url, delivery.url) == NULL) {
        return EX_UNAVAILABLE;
    }
    char *bytes = read_text(options->file, &size);
    if (bytes == NULL) {
        return EX_NOINPUT;
    }
    find_city(&delivery);
    struct cap_map *map = find_map(&delivery);
    struct cap_alert *alert =
        map == NULL
            ? NULL
            : cap_alert_read(delivery.problems,
                             strcmp(options->file, "-") == 0 ? "standard input" : options->file,
                             bytes, size);
    free(bytes);
    if (alert != NULL) {
        deliver(&delivery, alert, map);
    } else {
        note_exit(&delivery, EX_DATAERR);
    }
    problems_print(delivery.problems, stderr);
    if (delivery.exit_code == EX_DATAERR || delivery.exit_code == EX_TEMPFAIL) {
        (void)fprintf(stderr,
                      "gridloop cap: refused; docs/cap.md says what each code asks for (exit %d)\n",
                      delivery.exit_code);
    }
    cap_alert_free(alert);
    cap_map_free(map);
    problems_free(delivery.problems);
    return delivery.exit_code;
}

/* ---- options ---- */

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct cap_options *options = state->input;
    const struct {
        int key;
        const char **to;
    } texts[] = {{'u', &options->url},    {'L', &options->lang}, {'A', &options->identity},
                 {'o', &options->outbox}, {'c', &options->city}, {'N', &options->now}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].key == key) {
            *texts[i].to = value;
            return 0;
        }
    }
    char *end = NULL;
    switch (key) {
    case 'j':
        options->is_json = true;
        return 0;
    case 'n':
        options->is_dry = true;
        return 0;
    case 'w':
        options->wait_ms = (uint32_t)(strtod(value, &end) * 1000.0);
        if (end == value || *end != '\0' || options->wait_ms > 86400000u) {
            argp_error(state, "--wait: seconds expected");
        }
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "one FILE expected");
        }
        options->file = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cmd_cap(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"as", 'A', "IDENTITY", 0, "gateway to be; default that of cap.yaml", 0},
        {"city", 'c', "DIR", 0,
         "city whose cap.yaml and cells are taken; default the last engine's", 0},
        {"dry-run", 'n', NULL, 0, "print the events as JSON lines, send nothing", 0},
        {"now", 'N', "T", 0, "take this for now, not the engine's clock: 2026-03-03T08:30:00+08:00",
         0},
        {"outbox", 'o', "FILE", 0, "keep what could not be delivered", 0},
        {"wait", 'w', "SECONDS", 0, "for the answers; default 10", 0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print results as JSON lines", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "[FILE|-]",
        .doc = "Sends one CAP 1.2 alert as events, by the city's cap.yaml (docs/cap.md).\n"
               "Only status Actual, or Exercise as a drill, and only what is in force. - is "
               "standard input."
               "\vExit 0: taken. 65: refused, with line and element. 69: no engine. 75: not in "
               "force yet, or held. 77: no right."};
    struct cap_options options = {.file = "-", .wait_ms = 10000};
    argp_err_exit_status = EX_USAGE;
    return arguments_parse(&argp, argc, argv, &options) != 0 ? EX_USAGE : run(&options);
}
