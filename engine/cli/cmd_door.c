/* cmd_door.c: `gridloop door KIND`: what others send in their own form, mapped to events and sent as a gateway. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/door_file.h"
#include "engine/cli/door_hj212.h"
#include "engine/cli/door_mqtt.h"
#include "engine/core/base.h"

#include <sysexits.h>

#define WAY_OPTIONS                                                                                \
    {"map", 'm', "MAP", 0, "which part becomes what: a file, or the name of a shipped map", 0},    \
        {"as", 'A', "IDENTITY", 0, "gateway to be; default the map's source", 0},                  \
        {"outbox", 'o', "FILE", 0, "keep what could not be delivered", 0},                         \
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},                         \
        {"dry-run", 'n', NULL, 0, "print the events as JSON lines, send nothing", 0},              \
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},                               \
    {                                                                                              \
        "json", 'j', NULL, 0, "print results as JSON lines", 0                                     \
    }
#define WAIT_OPTION                                                                                \
    {                                                                                              \
        "wait", 'w', "SECONDS", 0, "for the answers; default 10", 0                                \
    }
#define FILE_OPTIONS                                                                               \
    {"rejects", 'R', "FILE", 0, "append what was not taken, with the reason", 0},                  \
    {                                                                                              \
        "resume", 'r', "FILE", 0, "note how far it is safe, and go on from there", 0               \
    }
#define FILE_EXITS                                                                                 \
    "\vExit 0: all taken. 65: bad records or refused events. 69: no engine. 75: held, try later. " \
    "77: no right. 78: the map cannot be used."

static int run_file(int argc, char **argv, const struct argp_option *rows, const char *doc,
                    struct door_file_options *options)
{
    struct door_way_options *way = &options->way;
    const struct arguments_slot slots[] = {{'m', &way->map, NULL},
                                           {'A', &way->identity, NULL},
                                           {'o', &way->outbox, NULL},
                                           {'u', &way->url, NULL},
                                           {'n', NULL, &way->is_dry},
                                           {'L', &way->lang, NULL},
                                           {'j', NULL, &way->is_json},
                                           {'w', &way->wait, NULL},
                                           {'R', &options->rejects, NULL},
                                           {'r', &options->resume, NULL},
                                           {ARGUMENTS_WORD, &options->file, NULL}};
    const struct arguments_form form = {.options = rows,
                                        .args_doc = "[FILE|-]",
                                        .doc = doc,
                                        .slots = slots,
                                        .count = COUNT_OF(slots),
                                        .needs = NULL};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    way->map = way->map != NULL ? way->map : "plain";
    options->file = options->file != NULL ? options->file : "-";
    return door_file_run(options);
}

static int run_csv(int argc, char **argv)
{
    static const struct argp_option rows[] = {WAY_OPTIONS, WAIT_OPTION, FILE_OPTIONS, {0}};
    struct door_file_options options = {.form = DOOR_CSV, .way = {.command = "gridloop door csv"}};
    return run_file(argc, argv, rows,
                    "Sends the rows of a CSV file with a header, by a map of its columns. "
                    "docs/doors.md." FILE_EXITS,
                    &options);
}

static int run_ndjson(int argc, char **argv)
{
    static const struct argp_option rows[] = {WAY_OPTIONS, WAIT_OPTION, FILE_OPTIONS, {0}};
    struct door_file_options options = {.form = DOOR_NDJSON,
                                        .way = {.command = "gridloop door ndjson"}};
    return run_file(argc, argv, rows,
                    "Sends JSON objects, one a line, by a map. docs/doors.md." FILE_EXITS,
                    &options);
}

static int run_json(int argc, char **argv)
{
    static const struct argp_option rows[] = {WAY_OPTIONS, WAIT_OPTION, {0}};
    struct door_file_options options = {.form = DOOR_JSON,
                                        .way = {.command = "gridloop door json"}};
    return run_file(argc, argv, rows,
                    "Sends the events of one JSON document, such as a platform's push, by a map. "
                    "docs/doors.md." FILE_EXITS,
                    &options);
}

static int run_hj212(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"listen", 'l', "HOST:PORT", 0, "where stations connect; default 127.0.0.1:9212", 0},
        {"quiet", 'q', NULL, 0, "do not print results", 0},
        WAY_OPTIONS,
        {0}};
    struct door_hj212_options options = {.listen = NULL};
    struct door_way_options *way = &options.way;
    const struct arguments_slot slots[] = {
        {'m', &way->map, NULL},     {'A', &way->identity, NULL}, {'o', &way->outbox, NULL},
        {'u', &way->url, NULL},     {'n', NULL, &way->is_dry},   {'L', &way->lang, NULL},
        {'j', NULL, &way->is_json}, {'q', NULL, &way->is_quiet}, {'l', &options.listen, NULL}};
    const struct arguments_form form = {
        .options = rows,
        .args_doc = NULL,
        .doc =
            "Takes uploads of monitoring stations by HJ 212-2017 over TCP and sends them as events, "
            "until TERM. Answers 9014 when they are safe in --outbox. docs/doors.md."
            "\vExit 0: ended by TERM or INT. 64: no --outbox. 69: the address is in use. 74: the "
            "outbox cannot be written. 78: the map cannot be used.",
        .slots = slots,
        .count = COUNT_OF(slots),
        .needs = NULL};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    way->command = "gridloop door hj212";
    way->is_steady = way->needs_outbox = true;
    way->map = way->map != NULL ? way->map : "hj212";
    options.listen = options.listen != NULL ? options.listen : "127.0.0.1:9212";
    return door_hj212_run(&options);
}

static int run_mqtt(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        {"broker", 'b', "HOST:PORT", 0, "MQTT broker; default 127.0.0.1:1883", 0},
        {"topic", 't', "FILTER", 0, "subscribe to this, not to the map's topics", 0},
        {"client", 'c', "ID", 0, "client id; default gridloop-IDENTITY", 0},
        {"user", 'U', "NAME", 0, "user at the broker", 0},
        {"password-file", 'P', "FILE", 0, "whose first line is the password", 0},
        {"ca-file", 'C', "FILE", 0, "TLS, the broker's certificate checked against these", 0},
        {"quiet", 'q', NULL, 0, "do not print results", 0},
        WAY_OPTIONS,
        {0}};
    struct door_mqtt_options options = {.broker = NULL};
    struct door_way_options *way = &options.way;
    const struct arguments_slot slots[] = {{'m', &way->map, NULL},
                                           {'A', &way->identity, NULL},
                                           {'o', &way->outbox, NULL},
                                           {'u', &way->url, NULL},
                                           {'n', NULL, &way->is_dry},
                                           {'L', &way->lang, NULL},
                                           {'j', NULL, &way->is_json},
                                           {'q', NULL, &way->is_quiet},
                                           {'b', &options.broker, NULL},
                                           {'t', &options.topic, NULL},
                                           {'c', &options.client, NULL},
                                           {'U', &options.user, NULL},
                                           {'P', &options.password_file, NULL},
                                           {'C', &options.ca_file, NULL}};
    const struct arguments_form form = {
        .options = rows,
        .args_doc = NULL,
        .doc =
            "Takes messages of an MQTT broker and sends them as events, until TERM. They are "
            "acknowledged when they are safe in --outbox. docs/doors.md."
            "\vExit 0: ended by TERM or INT. 64: no --outbox, no topics. 74: the outbox cannot be "
            "written. 78: the map cannot be used.",
        .slots = slots,
        .count = COUNT_OF(slots),
        .needs = NULL};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    way->command = "gridloop door mqtt";
    way->is_steady = way->needs_outbox = true;
    way->map = way->map != NULL ? way->map : "mqtt";
    options.broker = options.broker != NULL ? options.broker : "127.0.0.1:1883";
    return door_mqtt_run(&options);
}

int cmd_door(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"csv", run_csv, "rows of a CSV file"},
        {"ndjson", run_ndjson, "JSON objects, one a line"},
        {"json", run_json, "one JSON document: what a platform pushes"},
        {"hj212", run_hj212, "monitoring stations by HJ 212-2017 over TCP"},
        {"mqtt", run_mqtt, "messages of an MQTT broker"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop door", VERBS, argc, argv);
}
