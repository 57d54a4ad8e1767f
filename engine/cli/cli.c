/* cli.c: picks the subcommand; the words all of them share. */
#include "engine/cli/cli.h"

#include "engine/city/problems.h"
#include "engine/cli/arguments.h"
#include "engine/cli/settings.h"
#include "engine/edge/hint_acts.h"
#include "engine/shell/last_engine.h"
#include "proto/client/gridloop.h"
#include "sim/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const struct cli_verb COMMANDS[] = {
    {"demo", cmd_demo, "the story of one case: a city, an engine, its clients, a kill, a ledger"},
    {"serve", cmd_serve, "run the engine of a city"},
    {"rules", cmd_rules,
     "lint, test and backtest the rules of a city; explain what they make of an event"},
    {"check", cmd_check, "compile a city and its rules, list every problem, print the limits"},
    {"city", cmd_city, "make or check a city directory"},
    {"trace", cmd_trace, "convert, generate and look into traces"},
    {"sim", cmd_sim, "play a trace against a city in virtual time"},
    {"replay", cmd_replay, "feed a trace to a running engine"},
    {"send", cmd_send, "send an event as a gateway"},
    {"cap", cmd_cap, "send a CAP 1.2 alert as a gateway"},
    {"door", cmd_door, "events in others' forms: CSV, JSON, HJ 212, MQTT"},
    {"webhook", cmd_webhook, "tell other systems what happens to cases"},
    {"worker", cmd_worker, "a worker in the terminal, or many by themselves"},
    {"case", cmd_case, "list, show, explain cases; act on one"},
    {"silence", cmd_silence, "hold rules back for a while: silences and maintenance windows"},
    {"plan", cmd_plan, "emergency plans of a running engine: show, confirm, acknowledge, end"},
    {"top", cmd_top, "the live numbers of a running engine"},
    {"history", cmd_history, "search, show, list closed and open cases"},
    {"ledger", cmd_ledger, "the file of an object: permits, control windows, cases, conflicts"},
    {"burden", cmd_burden, "tasks that departments have put on each cell"},
    {"report", cmd_report, "the indices of a month as a page and a table"},
    {"index", cmd_index, "indices of a month, with the cases behind each"},
    {"log", cmd_log, "look into, verify and replay a log"},
    {"backup", cmd_backup, "a verified copy of a data directory, also while its engine runs"},
    {"account", cmd_account, "who may log in to the console, and tokens of machines"},
    {"key", cmd_key, "keys that gateways, workers and operators prove themselves with"},
    {"config", cmd_config, "what serve and the clients would take, and from where"},
    {"completion", cmd_completion, "a completion script for bash"},
    {"bench", cmd_bench, "measure this program on this machine"},
    {NULL, NULL, NULL},
};

#define VERBS_MAX 64u
#define VERB_NAME_SIZE 128

static void print_usage(FILE *out, const char *group, const struct cli_verb *verbs)
{
    (void)fprintf(out, "usage: %s COMMAND [OPTION...]\n\n", group);
    for (const struct cli_verb *verb = verbs; verb->name != NULL; verb++) {
        (void)fprintf(out, "  %-10s %s\n", verb->name, verb->summary);
    }
    (void)fprintf(out, "\n%s COMMAND --help says more.\n", group);
}

/* The group's commands, then each of them: argp's own tables, not a list beside them. */
static void list_words(const char *group, const struct cli_verb *verbs)
{
    char name[VERB_NAME_SIZE], question[] = ARGUMENTS_LIST_WORDS;
    (void)printf("%s\t", group);
    for (const struct cli_verb *verb = verbs; verb->name != NULL; verb++) {
        (void)printf("%s ", verb->name);
    }
    (void)printf("--help\n");
    for (const struct cli_verb *verb = verbs; verb->name != NULL; verb++) {
        (void)snprintf(name, sizeof name, "%s %s", group, verb->name);
        char *words[] = {name, question, NULL};
        (void)verb->run(2, words);
    }
}

static int refuse_verb(const char *group, const struct cli_verb *verbs, const char *word)
{
    const char *names[VERBS_MAX];
    size_t count = 0;
    for (const struct cli_verb *verb = verbs; verb->name != NULL && count < VERBS_MAX; verb++) {
        names[count++] = verb->name;
    }
    const char *nearest = problems_nearest(word, names, count);
    (void)fprintf(stderr, "%s: no command \"%s\"%s%s%s; try %s --help (exit %d)\n", group, word,
                  nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "\"" : "", group, EX_USAGE);
    return EX_USAGE;
}

int cli_run_verb(const char *group, const struct cli_verb *verbs, int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr, group, verbs);
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(stdout, group, verbs);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], ARGUMENTS_LIST_WORDS) == 0) {
        list_words(group, verbs);
        return EX_OK;
    }
    for (const struct cli_verb *verb = verbs; verb->name != NULL; verb++) {
        if (strcmp(argv[1], verb->name) == 0) {
            /* argp names the program by argv[0]: "gridloop case list". */
            char name[VERB_NAME_SIZE];
            (void)snprintf(name, sizeof name, "%s %s", group, verb->name);
            argv[1] = name;
            return verb->run(argc - 1, argv + 1);
        }
    }
    return refuse_verb(group, verbs, argv[1]);
}

int cli_main(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)) {
        (void)printf("gridloop " GRIDLOOP_VERSION "\n");
        return EX_OK;
    }
    return cli_run_verb("gridloop", COMMANDS, argc, argv);
}

/* `asked`, else the variable's or the file's, into out; false when nobody says it. */
static bool choose_text(const char *asked, const char *key, char out[CLI_URL_SIZE])
{
    enum setting_origin origin;
    if (asked == NULL || asked[0] == '\0') {
        return settings_find(key, out, CLI_URL_SIZE, &origin);
    }
    (void)snprintf(out, CLI_URL_SIZE, "%s", asked);
    return true;
}

/* The key to speak with, behind the url, as libgridloop takes it. NULL after saying what is wrong with it. */
static const char *add_key(char out[CLI_URL_SIZE])
{
    char key[CLI_URL_SIZE], engine[CLI_URL_SIZE], why[CLI_URL_SIZE] = "the name is too long";
    enum setting_origin origin;
    if (strchr(out, '#') != NULL || !settings_find("key", key, sizeof key, &origin)) {
        return out;
    }
    const bool has_engine = settings_find("engine-key", engine, sizeof engine, &origin);
    const size_t used = strlen(out);
    const int size = snprintf(out + used, CLI_URL_SIZE - used, "#key=%s%s%s", key,
                              has_engine ? "&engine=" : "", has_engine ? engine : "");
    if (size < 0 || (size_t)size >= CLI_URL_SIZE - used ||
        !gridloop_key_check(out, why, sizeof why)) {
        (void)fprintf(stderr, "gridloop: --key: %s (exit %d)\n", why, EX_UNAVAILABLE);
        return NULL;
    }
    return out;
}

const char *cli_find_url(const char *asked, char out[CLI_URL_SIZE])
{
    struct last_engine note;
    if (choose_text(asked, "url", out)) {
        return add_key(out);
    }
    if (last_engine_read(&note) != ERR_OK) {
        (void)fprintf(
            stderr,
            "no engine was started here; start one: gridloop serve --city DIR, or name one "
            "with --url (exit %d)\n",
            EX_UNAVAILABLE);
        return NULL;
    }
    (void)snprintf(out, CLI_URL_SIZE, "%s", note.url);
    return add_key(out);
}

const char *cli_find_data(const char *asked, char out[CLI_URL_SIZE])
{
    struct last_engine note;
    if (choose_text(asked, "data", out)) {
        return out;
    }
    if (last_engine_read(&note) != ERR_OK || note.data[0] == '\0') {
        (void)fprintf(stderr,
                      "no engine was started here; name its data directory with --data (exit %d)\n",
                      EX_NOINPUT);
        return NULL;
    }
    (void)snprintf(out, CLI_URL_SIZE, "%s", note.data);
    return out;
}

const char *cli_find_data_of(const char *data, const char *url, char out[CLI_URL_SIZE],
                             int *out_exit)
{
    struct last_engine note;
    *out_exit = EX_NOINPUT;
    if (data != NULL || url == NULL) {
        return cli_find_data(data, out);
    }
    if (last_engine_find(url, &note) != ERR_OK || note.data[0] == '\0') {
        *out_exit = EX_UNAVAILABLE;
        (void)fprintf(
            stderr,
            "no engine at %.*s was started on this machine by you; start one: gridloop serve "
            "--city DIR, or name its data directory with --data (exit %d)\n",
            (int)strcspn(url, "#"), url, *out_exit);
        return NULL;
    }
    (void)snprintf(out, CLI_URL_SIZE, "%s", note.data);
    return out;
}

int cli_no_engine(const char *url)
{
    (void)fprintf(stderr, "no engine at %.*s; start one: gridloop serve --city DIR (exit %d)\n",
                  (int)strcspn(url, "#"), url, EX_UNAVAILABLE);
    return EX_UNAVAILABLE;
}

int cli_no_scratch(const char *command)
{
    (void)fprintf(stderr,
                  "%s: no temporary place in %s: %s; let TMPDIR name a directory that can be "
                  "written (exit %d)\n",
                  command, scratch_base(), strerror(errno), EX_CANTCREAT);
    return EX_CANTCREAT;
}

bool cli_has_input(const char *command, const char *path)
{
    if (strcmp(path, "-") == 0 || access(path, F_OK) == 0) {
        return true;
    }
    (void)fprintf(
        stderr, "%s: no file or directory %s here; look at the path, or run %s --help (exit %d)\n",
        command, path, command, EX_NOINPUT);
    return false;
}

enum lang cli_lang(const char *asked)
{
    char found[32];
    enum setting_origin origin;
    const char *text = asked;
    if (text == NULL && settings_find("lang", found, sizeof found, &origin)) {
        text = found;
    }
    const char *fallback = getenv("LC_ALL");
    if (fallback == NULL || fallback[0] == '\0') {
        fallback = getenv("LANG");
    }
    return words_choose_lang(text, fallback);
}

const char *cli_refused(enum lang lang)
{
    return lang == LANG_ZH ? "已拒绝" : "refused";
}

const char *cli_possible(enum lang lang)
{
    return lang == LANG_ZH ? "；当前可执行：" : "; possible now: ";
}

void cli_say_hint(uint32_t code, uint64_t possible, const char *hint)
{
    if (hint_act_says_more(code, possible, hint)) {
        (void)fprintf(stderr, "%s\n", hint);
    }
}

int cli_exit_of(enum err err)
{
    switch (err) {
    case ERR_OK:
        return EX_OK;
    case ERR_NOT_FOUND:
        return EX_NOINPUT;
    case ERR_INPUT:
    case ERR_MALFORMED:
    case ERR_TOO_LARGE:
    case ERR_VERSION:
    case ERR_DAMAGED:
    case ERR_CUT:
    case ERR_EXPIRED:
    case ERR_MISMATCH:
        return EX_DATAERR;
    case ERR_IO:
    case ERR_NO_SPACE:
        return EX_IOERR;
    case ERR_BUSY:
    case ERR_EXISTS:
    case ERR_UNAVAILABLE:
        return EX_UNAVAILABLE;
    case ERR_REFUSED:
        return EX_NOPERM;
    case ERR_FULL:
        return EX_CONFIG;
    case ERR_MEMORY:
    case ERR_COUNT:
        break;
    }
    return EX_SOFTWARE;
}
