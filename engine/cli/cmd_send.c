/* cmd_send.c: `gridloop send`: a gateway on the command line.
 *
 * Reads events, one JSON object a line, hands them to libgridloop and prints what became of each. Without --outbox the
 * outbox is a temporary file: then events live as long as the command. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/identities.h"
#include "engine/cli/send_event.h"
#include "engine/core/code.h"
#include "engine/shell/compile_pair.h"
#include "engine/shell/last_engine.h"
#include "sim/scratch.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define GATEWAYS_MAX 32u
#define FLUSH_EVERY 1000u
#define DEFAULT_IDENTITY "gridloop-send"

struct send_options {
    const char *file; /* "-" = standard input */
    const char *url;
    const char *identity;
    const char *example;
    const char *outbox;
    const char *lang;
    const char *device;
    const char *city;
    double lon, lat;
    bool has_place;
    bool is_now;
    bool is_drill;
    bool is_json;
    uint32_t wait_ms;
};

/* One open gateway per source named in the input. */
struct sender {
    char identity[65];
    char outbox[512];
    struct gridloop_gateway *gateway;
};

struct send {
    const struct send_options *options;
    char url[CLI_URL_SIZE];
    enum lang lang;
    struct scratch outboxes; /* directory, without --outbox */
    struct sender senders[GATEWAYS_MAX];
    uint32_t sender_count;
    uint32_t sent, answered, refused, bad_lines;
    int exit_code; /* first reason not to exit with 0 */
};

static void note_exit(struct send *send, int code)
{
    send->exit_code = send->exit_code == EX_OK ? code : send->exit_code;
}

static void on_result(void *context, const struct gridloop_result *result)
{
    struct send *send = context;
    const uint32_t code = (uint32_t)result->code;
    char receipt[64] = "";
    if (result->report != 0) {
        (void)snprintf(receipt, sizeof receipt, "%s.%u", result->case_no, result->report);
    }
    send->answered++;
    if (words_code_is_refusal(code)) {
        send->refused++;
        note_exit(send,
                  code == CODE_NO_RIGHT || code == CODE_UNKNOWN_IDENTITY ? EX_NOPERM : EX_DATAERR);
    }
    if (send->options->is_json) {
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "id", result->event_id, "code",
                      gridloop_code_name(result->code), "case", result->case_no, "receipt", receipt,
                      "late", (int)result->is_late, "hint", result->hint);
        char *text = row != NULL ? json_dumps(row, JSON_COMPACT) : NULL;
        (void)printf("%s\n", text != NULL ? text : "{}");
        free(text);
        json_decref(row);
        return;
    }
    const char *words = gridloop_code_text(result->code, send->lang == LANG_ZH ? "zh" : "en");
    const char *before_hint = code != CODE_SUPPRESSED ? ""
                              : send->lang == LANG_ZH ? "原因："
                                                      : "by ";
    /* A hint that only repeats the sentence of the code tells nothing new. */
    const bool has_hint = result->hint[0] != '\0' && strcmp(result->hint, words) != 0 &&
                          strcmp(result->hint, gridloop_code_text(result->code, "en")) != 0;
    (void)printf("%s%s%s %s", gridloop_code_name(result->code),
                 result->case_no[0] != '\0' ? " " : "", result->case_no, words);
    if (result->is_late) {
        (void)printf("; %s",
                     gridloop_code_text(GRIDLOOP_LATE, send->lang == LANG_ZH ? "zh" : "en"));
    }
    if (receipt[0] != '\0') {
        (void)printf(send->lang == LANG_ZH ? "；回执 %s" : "; receipt %s", receipt);
    }
    (void)printf("%s%s%s\n", has_hint ? "; " : "", has_hint ? before_hint : "",
                 has_hint ? result->hint : "");
}

/* Where this source's outbox lies: asked for, or a temporary file. */
static void choose_outbox(const struct send *send, const char *identity, char *out, size_t size)
{
    if (send->options->outbox == NULL) {
        (void)snprintf(out, size, "%s/%u.outbox", send->outboxes.path, send->sender_count);
    } else if (send->options->identity != NULL || send->options->example != NULL) {
        (void)snprintf(out, size, "%s", send->options->outbox);
    } else {
        (void)snprintf(out, size, "%s.%s", send->options->outbox, identity);
    }
}

/* The gateway of that identity, opened at first use; NULL after saying why not. */
static struct gridloop_gateway *find_gateway(struct send *send, const char *identity)
{
    for (uint32_t i = 0; i < send->sender_count; i++) {
        if (strcmp(send->senders[i].identity, identity) == 0) {
            return send->senders[i].gateway;
        }
    }
    if (send->sender_count == GATEWAYS_MAX ||
        strlen(identity) >= sizeof send->senders[0].identity) {
        (void)fprintf(
            stderr,
            "gridloop send: more than %u sources in one input; split it by source (exit %d)\n",
            GATEWAYS_MAX, EX_DATAERR);
        return NULL;
    }
    struct sender *sender = &send->senders[send->sender_count];
    (void)snprintf(sender->identity, sizeof sender->identity, "%s", identity);
    choose_outbox(send, identity, sender->outbox, sizeof sender->outbox);
    struct gridloop_gateway_options options = {.on_result = on_result, .context = send};
    const int status =
        gridloop_gateway_open(send->url, identity, sender->outbox, &options, &sender->gateway);
    if (status != GRIDLOOP_OK) {
        const bool is_argument = status == GRIDLOOP_INVALID;
        (void)fprintf(
            stderr, "gridloop send: %s%s at %s: %s (exit %d)\n",
            is_argument
                ? "identity 1-64 of A-Z a-z 0-9 . _ - and a tcp:// or ipc:// address expected: "
                : "",
            identity, is_argument ? send->url : sender->outbox, gridloop_status_text(status),
            is_argument ? EX_USAGE : EX_IOERR);
        note_exit(send, is_argument ? EX_USAGE : EX_IOERR);
        return NULL;
    }
    send->sender_count++;
    return sender->gateway;
}

/* Sends until answered; says what stands in the way. */
static void flush_all(struct send *send, uint32_t wait_ms)
{
    for (uint32_t i = 0; i < send->sender_count; i++) {
        struct gridloop_gateway *gateway = send->senders[i].gateway;
        const int status = gridloop_gateway_flush(gateway, wait_ms);
        if (status == GRIDLOOP_OK || wait_ms == 0) {
            continue;
        }
        const uint64_t waiting = gridloop_gateway_waiting(gateway);
        const bool is_kept = send->options->outbox != NULL;
        if (status == GRIDLOOP_UNAVAILABLE) {
            note_exit(send, cli_no_engine(send->url));
        } else {
            const int code = gridloop_gateway_held(gateway);
            const bool is_right = code == GRIDLOOP_UNKNOWN_IDENTITY || code == GRIDLOOP_NO_RIGHT;
            note_exit(send, is_right                                                ? EX_NOPERM
                            : status == GRIDLOOP_HELD || status == GRIDLOOP_TIMEOUT ? EX_TEMPFAIL
                                                                                    : EX_IOERR);
            char near[IDENTITIES_NEAR_SIZE] = "";
            (void)fprintf(
                stderr, "gridloop send: %s%s (exit %d)\n", gridloop_gateway_why(gateway),
                is_right ? identities_near(send->options->city, send->senders[i].identity, near)
                         : near,
                send->exit_code);
        }
        (void)fprintf(stderr, "gridloop send: %llu events of %s not delivered; %s%s\n",
                      (unsigned long long)waiting, send->senders[i].identity,
                      is_kept ? "kept in " : "use --outbox FILE to keep them for the next run",
                      is_kept ? send->senders[i].outbox : "");
    }
}

static bool send_one(struct send *send, struct send_event *event)
{
    const struct send_options *options = send->options;
    const char *identity = options->identity;
    identity = identity == NULL ? event->source : identity;
    struct gridloop_gateway *gateway =
        find_gateway(send, identity != NULL ? identity : DEFAULT_IDENTITY);
    if (gateway == NULL) {
        return false;
    }
    if (options->device != NULL) {
        event->event.device = options->device;
        event->event.has_place = false;
    }
    if (options->has_place) {
        event->event.device = NULL;
        event->event.has_place = true;
        event->event.lon = options->lon;
        event->event.lat = options->lat;
    }
    event->event.at_ms = options->is_now ? 0 : event->event.at_ms;
    event->event.flags |= options->is_drill ? (uint32_t)GRIDLOOP_DRILL : 0;
    int status = gridloop_gateway_send(gateway, &event->event, NULL);
    if (status == GRIDLOOP_FULL) {
        (void)gridloop_gateway_flush(gateway, options->wait_ms);
        status = gridloop_gateway_send(gateway, &event->event, NULL);
    }
    if (status != GRIDLOOP_OK) {
        (void)fprintf(stderr, "gridloop send: %s\n", gridloop_gateway_why(gateway));
        note_exit(send, status == GRIDLOOP_INVALID ? EX_DATAERR : EX_IOERR);
        return status == GRIDLOOP_INVALID;
    }
    send->sent++;
    if (send->sent % FLUSH_EVERY == 0) {
        flush_all(send, 0);
    }
    return true;
}

static void send_file(struct send *send)
{
    const char *path = send->options->file;
    const bool is_standard = strcmp(path, "-") == 0;
    FILE *file = is_standard ? stdin : fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "gridloop send: %s: cannot be opened (exit %d)\n", path, EX_NOINPUT);
        note_exit(send, EX_NOINPUT);
        return;
    }
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    uint32_t number = 0;
    while ((size = getline(&line, &capacity, file)) >= 0) {
        struct send_event event;
        struct send_why why;
        number++;
        if (strspn(line, " \t\r\n") == (size_t)size) {
            continue;
        }
        if (send_event_parse(line, (size_t)size, &event, &why) != ERR_OK) {
            (void)fprintf(stderr, "%s:%u: %s\n", path, number, why.text);
            send->bad_lines++;
            note_exit(send, EX_DATAERR);
            continue;
        }
        const bool goes_on = send_one(send, &event);
        send_event_fini(&event);
        if (!goes_on) {
            break;
        }
        if (is_standard && send->sent % FLUSH_EVERY != 0) {
            flush_all(send, 0); /* somebody may be typing */
        }
    }
    free(line);
    if (!is_standard) {
        (void)fclose(file);
    }
}

/* The city of --city or of the last engine, for a believable example; false when there is none to be read. */
static bool load_city(const struct send_options *options, struct compiled_pair *out_pair)
{
    struct last_engine note;
    const char *directory = options->city;
    if (directory == NULL && last_engine_read(&note) == ERR_OK && note.city[0] != '\0') {
        directory = note.city;
    }
    if (directory == NULL) {
        return false;
    }
    struct problems *problems = problems_new();
    struct pair_missing missing;
    const enum err err = compile_pair(directory, NULL, problems, out_pair, &missing);
    problems_free(problems);
    return err == ERR_OK;
}

static void send_example(struct send *send)
{
    struct compiled_pair pair;
    struct send_event event;
    struct send_why why = {""};
    const bool has_city = load_city(send->options, &pair);
    const enum err err = send_event_example(send->options->example, has_city ? &pair.city : NULL,
                                            has_city ? &pair.policy : NULL, &event, &why);
    if (err == ERR_OK) {
        if (!send->options->is_json) {
            char *text = json_dumps(event.json, JSON_COMPACT | JSON_REAL_PRECISION(10));
            (void)printf("%s\n", text != NULL ? text : "");
            free(text);
        }
        (void)send_one(send, &event);
        send_event_fini(&event);
    } else {
        (void)fprintf(stderr, "NO_RULE: %s (exit %d)\n", why.text, EX_DATAERR);
        note_exit(send, EX_DATAERR);
    }
    if (has_city) {
        compiled_pair_fini(&pair);
    }
}

static int run_send(const struct send_options *options)
{
    struct send send = {.options = options, .lang = cli_lang(options->lang)};
    if ((options->example == NULL && !cli_has_input("gridloop send", options->file)) ||
        (options->city != NULL && !cli_has_input("gridloop send", options->city))) {
        return EX_NOINPUT;
    }
    if (cli_find_url(options->url, send.url) == NULL) {
        return EX_UNAVAILABLE;
    }
    if (options->outbox == NULL && scratch_make_directory(&send.outboxes, "send") != ERR_OK) {
        return cli_no_scratch("gridloop send");
    }
    if (options->example != NULL) {
        send_example(&send);
    } else {
        send_file(&send);
    }
    flush_all(&send, options->wait_ms);
    if (!options->is_json && send.sent > 1) {
        (void)fprintf(stderr, "%u sent, %u answered, %u refused, %u lines unreadable\n", send.sent,
                      send.answered, send.refused, send.bad_lines);
    }
    for (uint32_t i = 0; i < send.sender_count; i++) {
        gridloop_gateway_close(send.senders[i].gateway);
    }
    scratch_remove(&send.outboxes);
    return send.exit_code;
}

enum send_key {
    KEY_URL = 'u',
    KEY_AS = 'a',
    KEY_EXAMPLE = 'e',
    KEY_OUTBOX = 'o',
    KEY_LANG = 'l',
    KEY_JSON = 'j',
    KEY_DEVICE = 'd',
    KEY_CITY = 'c',
    KEY_AT = 0x100,
    KEY_NOW,
    KEY_DRILL,
    KEY_WAIT
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct send_options *options = state->input;
    char *end = NULL;
    switch (key) {
    case KEY_URL:
        options->url = argument;
        return 0;
    case KEY_AS:
        options->identity = argument;
        return 0;
    case KEY_EXAMPLE:
        options->example = argument;
        return 0;
    case KEY_OUTBOX:
        options->outbox = argument;
        return 0;
    case KEY_LANG:
        options->lang = argument;
        return 0;
    case KEY_JSON:
        options->is_json = true;
        return 0;
    case KEY_DEVICE:
        options->device = argument;
        return 0;
    case KEY_CITY:
        options->city = argument;
        return 0;
    case KEY_NOW:
        options->is_now = true;
        return 0;
    case KEY_DRILL:
        options->is_drill = true;
        return 0;
    case KEY_AT:
        options->has_place = true;
        if (sscanf(argument, "%lf,%lf", &options->lon, &options->lat) != 2) {
            argp_error(state, "--at: LON,LAT in degrees expected, such as 116.32,39.98");
        }
        return 0;
    case KEY_WAIT:
        options->wait_ms = (uint32_t)(strtod(argument, &end) * 1000.0);
        if (end == argument || *end != '\0' || options->wait_ms > 86400000u) {
            argp_error(state, "--wait: seconds expected");
        }
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "one FILE expected");
        }
        options->file = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cmd_send(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"url", KEY_URL, "URL", 0, "engine; default: the last one started here", 0},
        {"as", KEY_AS, "IDENTITY", 0, "gateway to be; default: each event's source", 0},
        {"example", KEY_EXAMPLE, "TYPE", 0, "send one made-up event of that type", 0},
        {"device", KEY_DEVICE, "ID", 0, "put this device into every event", 0},
        {"at", KEY_AT, "LON,LAT", 0, "put this place into every event", 0},
        {"now", KEY_NOW, NULL, 0, "ignore the times of the events: they happen as they arrive", 0},
        {"drill", KEY_DRILL, NULL, 0,
         "mark every event as a drill: what it opens never meets the real", 0},
        {"city", KEY_CITY, "DIR", 0,
         "city to pick an example's device from; default: the last engine's", 0},
        {"outbox", KEY_OUTBOX, "FILE", 0,
         "keep what could not be delivered; one file per source unless --as", 0},
        {"wait", KEY_WAIT, "SECONDS", 0, "for the answers; default 10", 0},
        {"lang", KEY_LANG, "zh|en", 0, "words of the results", 0},
        {"json", KEY_JSON, NULL, 0, "print results as JSON lines", 0},
        {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .args_doc = "[FILE|-]",
        .doc = "Sends events and prints what became of each: code, case, words.\n"
               "FILE has one JSON object a line, as in docs/traces.md or CloudEvents 1.0; - is "
               "standard input."
               "\vExit 0: all answered. 65: bad lines or refused events. 69: no engine. 75: held, "
               "try later. 77: no right."};
    struct send_options options = {.file = "-", .wait_ms = 10000};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(&argp, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    return run_send(&options);
}
