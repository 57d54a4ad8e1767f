/* cmd_webhook.c: `gridloop webhook run | list | replay`: what happens to cases, told to other systems over HTTP.
 *
 * A process of its own beside the engine: it reads DATA/history.db and keeps DATA/webhooks.db. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/webhook_send.h"
#include "engine/core/base.h"
#include "engine/shell/last_engine.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define TURN_MS 250
#define LIST_LIMIT 1000u
#define CONFIG_FILE "webhooks.yaml"

static volatile sig_atomic_t is_ended;

struct webhook_command {
    const char *data, *config, *lang, *state, *hook, *word;
    bool is_json, is_quiet, is_once, is_dead;
};

static void on_end(int number)
{
    (void)number;
    is_ended = 1;
}

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int say_fault(enum err err, const struct history_fault *fault)
{
    const int code = err == ERR_NOT_FOUND ? EX_NOINPUT
                     : err == ERR_BUSY    ? EX_TEMPFAIL
                                          : cli_exit_of(err);
    (void)fprintf(stderr, "gridloop webhook: %s (exit %d)\n", fault->text, code);
    return code;
}

/* The configuration asked for, else that of the last engine's city. */
static struct webhook_config *read_config(const struct webhook_command *command, int *out_code)
{
    char path[640];
    struct last_engine last;
    const char *asked = command->config;
    if (asked == NULL && last_engine_read(&last) == ERR_OK) {
        (void)snprintf(path, sizeof path, "%s/%s", last.city, CONFIG_FILE);
        asked = path;
    }
    asked = asked != NULL ? asked : CONFIG_FILE;
    if (!cli_has_input("gridloop webhook run", asked)) {
        *out_code = EX_NOINPUT;
        return NULL;
    }
    struct problems *problems = problems_new();
    struct webhook_config *config = webhook_config_read(problems, asked);
    problems_print(problems, stderr);
    problems_free(problems);
    *out_code = EX_CONFIG;
    return config;
}

static int work(struct webhook_queue *queue, const struct webhook_config *config,
                const struct webhook_command *command)
{
    struct history_fault fault = {.text = ""};
    enum err err = ERR_OK;
    struct webhook_sender *sender = webhook_sender_new(queue, config, command->is_quiet);
    uint64_t added = 0;
    uint32_t flying = 0;
    if (sender == NULL) {
        return EX_OSERR;
    }
    (void)fprintf(stderr, "gridloop webhook: %u hooks\n", config->count);
    while (!is_ended && err == ERR_OK) {
        err = webhook_queue_feed(queue, config, real_ms(), &added, &fault);
        if (err == ERR_OK) {
            flying = webhook_sender_turn(sender, real_ms(), TURN_MS, &err, &fault);
        }
        is_ended = is_ended || (command->is_once && added == 0 && flying == 0);
    }
    webhook_sender_free(sender);
    return err == ERR_OK ? EX_OK : say_fault(err, &fault);
}

static int run_work(const struct webhook_command *command, const char *data)
{
    struct webhook_queue *queue = NULL;
    struct history_fault fault = {.text = ""};
    int code = EX_OK;
    struct webhook_config *config = read_config(command, &code);
    if (config == NULL) {
        return code;
    }
    const enum err err = webhook_queue_open(data, true, &queue, &fault);
    if (err == ERR_OK) {
        (void)signal(SIGTERM, on_end);
        (void)signal(SIGINT, on_end);
        code = work(queue, config, command);
        webhook_queue_close(queue);
    } else {
        code = say_fault(err, &fault);
    }
    webhook_config_free(config);
    return code;
}

static void print_row(void *context, const struct webhook_row *row)
{
    const struct webhook_command *command = context;
    if (!command->is_json) {
        (void)printf("%-9s %s  attempts %u  status %ld  %s\n", row->state, row->id, row->attempts,
                     row->status, row->error);
        return;
    }
    json_t *out =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:I, s:I, s:I}", "id", row->id, "hook", row->hook,
                  "state", row->state, "attempts", (int)row->attempts, "status", (int)row->status,
                  "error", row->error, "queued_at_ms", (json_int_t)row->queued_at_ms, "next_at_ms",
                  (json_int_t)row->next_at_ms, "done_at_ms", (json_int_t)row->done_at_ms);
    char *text = out != NULL ? json_dumps(out, JSON_COMPACT) : NULL;
    (void)printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(out);
}

static int run_list(const struct webhook_command *command, const char *data)
{
    struct webhook_queue *queue = NULL;
    struct history_fault fault = {.text = ""};
    struct webhook_command copy = *command;
    enum err err = webhook_queue_open(data, false, &queue, &fault);
    if (err == ERR_OK) {
        err = webhook_queue_list(queue, command->state, LIST_LIMIT, print_row, &copy, &fault);
        webhook_queue_close(queue);
    }
    return err == ERR_OK ? EX_OK : say_fault(err, &fault);
}

static int run_replay(const struct webhook_command *command, const char *data)
{
    struct webhook_queue *queue = NULL;
    struct history_fault fault = {.text = ""};
    uint64_t count = 0;
    if ((command->word == NULL) == !command->is_dead) {
        (void)fprintf(stderr,
                      "gridloop webhook replay: the ID of a delivery, or --dead, is expected; "
                      "gridloop webhook list shows them (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    enum err err = webhook_queue_open(data, false, &queue, &fault);
    if (err == ERR_OK) {
        err = webhook_queue_replay(queue, command->word, command->hook, &count, &fault);
        webhook_queue_close(queue);
    }
    if (err != ERR_OK) {
        return say_fault(err, &fault);
    }
    (void)printf("%llu to be sent again\n", (unsigned long long)count);
    return count > 0 || command->is_dead ? EX_OK : EX_NOINPUT;
}

static int start(int argc, char **argv, struct arguments_form *form,
                 int (*run)(const struct webhook_command *, const char *),
                 struct webhook_command *command)
{
    char data[CLI_URL_SIZE];
    const struct arguments_slot slots[] = {
        {'d', &command->data, NULL},           {'c', &command->config, NULL},
        {'s', &command->state, NULL},          {'H', &command->hook, NULL},
        {'j', NULL, &command->is_json},        {'q', NULL, &command->is_quiet},
        {'1', NULL, &command->is_once},        {'D', NULL, &command->is_dead},
        {ARGUMENTS_WORD, &command->word, NULL}};
    form->slots = slots;
    form->count = COUNT_OF(slots);
    if (arguments_fill(form, argc, argv) != 0) {
        return EX_USAGE;
    }
    if (cli_find_data(command->data, data) == NULL || !cli_has_input("gridloop webhook", data)) {
        return EX_NOINPUT;
    }
    return run(command, data);
}

#define DATA_OPTION                                                                                \
    {                                                                                              \
        "data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0        \
    }

static int run_run(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        DATA_OPTION,
        {"config", 'c', "FILE", 0, "who is told what; default the city's webhooks.yaml", 0},
        {"once", '1', NULL, 0, "end when there is nothing more to send now", 0},
        {"quiet", 'q', NULL, 0, "tell of what is given up only", 0},
        {0}};
    struct webhook_command command = {.data = NULL};
    struct arguments_form form = {
        .options = rows,
        .doc =
            "Tells hooks what happens to cases, signed, again until they take it. docs/webhooks.md."
            "\vExit 0: ended by TERM or --once. 66: no history, no configuration. 74: "
            "webhooks.db cannot be written. 75: another one is at work. 78: the configuration is "
            "wrong."};
    return start(argc, argv, &form, run_work, &command);
}

static int run_list_words(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        DATA_OPTION,
        {"state", 's', "waiting|sending|delivered|dead", 0, "only these", 0},
        {"json", 'j', NULL, 0, "print JSON lines", 0},
        {0}};
    struct webhook_command command = {.data = NULL};
    struct arguments_form form = {
        .options = rows,
        .doc = "Deliveries, oldest first: waiting, delivered within a week, dead."};
    return start(argc, argv, &form, run_list, &command);
}

static int run_replay_words(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        DATA_OPTION,
        {"dead", 'D', NULL, 0, "every dead delivery", 0},
        {"hook", 'H', "ID", 0, "with --dead: of this hook", 0},
        {0}};
    struct webhook_command command = {.data = NULL};
    struct arguments_form form = {.options = rows,
                                  .args_doc = "[ID]",
                                  .doc = "Sends a delivery again, or all that were given up."};
    return start(argc, argv, &form, run_replay, &command);
}

int cmd_webhook(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"run", run_run, "tell hooks what happens, until TERM"},
        {"list", run_list_words, "deliveries and how they stand"},
        {"replay", run_replay_words, "send a delivery again, or all that were given up"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop webhook", VERBS, argc, argv);
}
