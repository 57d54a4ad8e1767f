/* cmd_account.c: `gridloop account add | list | remove | token`: who may log in to the console, and tokens of machines. What
 * somebody may do stands in the city alone. Works beside a running engine: it sees a change within a second. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/shell/accounts.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>

#define LINE_SIZE 512

struct account_options {
    const char *id, *data, *label;
    bool is_json, from_stdin;
};

#define DATA_ROW                                                                                   \
    {                                                                                              \
        "data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0        \
    }

static int64_t real_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(const char *verb, enum err err, const char *text)
{
    const int exit_code = err == ERR_NOT_FOUND ? EX_NOINPUT : cli_exit_of(err);
    (void)fprintf(stderr, "gridloop account %s: %s (exit %d)\n", verb, text, exit_code);
    return exit_code;
}

static int open_accounts(const struct account_options *options, const char *verb,
                         struct accounts **out_accounts)
{
    char found[CLI_URL_SIZE], text[CLI_URL_SIZE + 64];
    struct accounts_fault fault = {.text = ""};
    struct stat info;
    if (cli_find_data(options->data, found) == NULL) {
        return EX_NOINPUT;
    }
    if (stat(found, &info) != 0 || !S_ISDIR(info.st_mode)) {
        (void)snprintf(text, sizeof text, "no directory %s: %s", found, strerror(ENOENT));
        return fail(verb, ERR_NOT_FOUND, text);
    }
    const enum err err = accounts_open(found, out_accounts, &fault);
    return err == ERR_OK ? EX_OK : fail(verb, err, fault.text);
}

static bool is_id(const char *text)
{
    const size_t size = strlen(text);
    return size > 0 && size < ACCOUNTS_ID_SIZE &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               size;
}

static int refuse_id(const char *verb, const char *id)
{
    (void)fprintf(stderr,
                  "gridloop account %s: \"%s\" is no identity: letters, digits, dots, as in the "
                  "city's workers.csv or gateways.csv (exit %d)\n",
                  verb, id, EX_USAGE);
    return EX_USAGE;
}

/* ---- add ---- */

/* One line of standard input, without its end. */
static bool read_password(char *out, size_t size)
{
    if (fgets(out, (int)size, stdin) == NULL) {
        return false;
    }
    out[strcspn(out, "\r\n")] = '\0';
    return strlen(out) >= ACCOUNTS_PASSWORD_MIN && strlen(out) <= ACCOUNTS_PASSWORD_MAX;
}

static int add(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        DATA_ROW,
        {"stdin", 's', NULL, 0, "take the password from standard input, one line", 0},
        {0}};
    struct account_options options = {.id = NULL};
    const struct arguments_slot slots[] = {{ARGUMENTS_WORD, &options.id, NULL},
                                           {'d', &options.data, NULL},
                                           {'s', NULL, &options.from_stdin}};
    const struct arguments_form form = {
        OPTIONS,
        "PERSON",
        "Lets a person of the city log in, or gives another password: a random one, printed once.",
        slots,
        COUNT_OF(slots),
        "whose? the person's id of workers.csv"};
    char password[LINE_SIZE], hash[ACCOUNTS_HASH_SIZE];
    struct accounts *accounts = NULL;
    struct accounts_fault fault = {.text = "out of memory"};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    if (!is_id(options.id)) {
        return refuse_id("add", options.id);
    }
    const int exit_code = open_accounts(&options, "add", &accounts);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    if (options.from_stdin && !read_password(password, sizeof password)) {
        accounts_close(accounts);
        (void)fprintf(stderr,
                      "gridloop account add: a password of %u to %u bytes is expected on standard "
                      "input (exit %d)\n",
                      ACCOUNTS_PASSWORD_MIN, ACCOUNTS_PASSWORD_MAX, EX_DATAERR);
        return EX_DATAERR;
    }
    if (!options.from_stdin) {
        accounts_random_password(password);
    }
    enum err err = accounts_hash(password, hash);
    err = err != ERR_OK ? err : accounts_put(accounts, options.id, hash, real_ms(), &fault);
    accounts_close(accounts);
    if (err != ERR_OK) {
        return fail("add", err, fault.text);
    }
    (void)printf(options.from_stdin ? "%s may log in\n" : "%s may log in with %s\n", options.id,
                 password);
    return EX_OK;
}

/* ---- token ---- */

static int token(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        DATA_ROW, {"label", 'n', "TEXT", 0, "what it is for, shown in the list", 0}, {0}};
    struct account_options options = {.label = ""};
    const struct arguments_slot slots[] = {{ARGUMENTS_WORD, &options.id, NULL},
                                           {'d', &options.data, NULL},
                                           {'n', &options.label, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "IDENTITY",
        "Makes a token with which a machine speaks as a person or gateway of the city: "
        "Authorization: Bearer TOKEN. Printed once.",
        slots,
        COUNT_OF(slots),
        "whose? an id of workers.csv or gateways.csv"};
    char text[ACCOUNTS_TOKEN_SIZE];
    struct accounts *accounts = NULL;
    struct accounts_fault fault = {.text = ""};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    if (!is_id(options.id)) {
        return refuse_id("token", options.id);
    }
    const int exit_code = open_accounts(&options, "token", &accounts);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    const enum err err =
        accounts_add_token(accounts, options.id, options.label, real_ms(), text, &fault);
    accounts_close(accounts);
    if (err != ERR_OK) {
        return fail("token", err, fault.text);
    }
    (void)printf("%s\n", text);
    return EX_OK;
}

/* ---- list, remove ---- */

static void collect(void *context, const struct accounts_row *row)
{
    json_t *item = json_pack("{s:s, s:s, s:I, s:s?}", "id", row->id, "kind",
                             row->is_token ? "token" : "password", "since_ms",
                             (json_int_t)row->at_ms, "label", row->is_token ? row->label : NULL);
    (void)json_array_append_new(context, item);
}

static int list(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        DATA_ROW, {"json", 'j', NULL, 0, "print JSON", 0}, {0}};
    struct account_options options = {.id = NULL};
    const struct arguments_slot slots[] = {{'d', &options.data, NULL},
                                           {'j', NULL, &options.is_json}};
    const struct arguments_form form = {
        OPTIONS, NULL, "Who may log in, and which tokens there are.", slots, COUNT_OF(slots), NULL};
    struct accounts *accounts = NULL;
    struct accounts_fault fault = {.text = ""};
    size_t index;
    const json_t *row;
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    const int exit_code = open_accounts(&options, "list", &accounts);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    json_t *rows = json_array();
    const enum err err = accounts_list(accounts, collect, rows, &fault);
    accounts_close(accounts);
    if (err == ERR_OK && options.is_json) {
        (void)json_dumpf(rows, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    for (index = 0; err == ERR_OK && !options.is_json && index < json_array_size(rows); index++) {
        row = json_array_get(rows, index);
        const char *label = json_string_value(json_object_get(row, "label"));
        (void)printf("%-8s  %s  %s\n", json_string_value(json_object_get(row, "kind")),
                     json_string_value(json_object_get(row, "id")), label != NULL ? label : "");
    }
    json_decref(rows);
    return err == ERR_OK ? EX_OK : fail("list", err, fault.text);
}

static int remove_one(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {DATA_ROW, {0}};
    struct account_options options = {.id = NULL};
    const struct arguments_slot slots[] = {{ARGUMENTS_WORD, &options.id, NULL},
                                           {'d', &options.data, NULL}};
    const struct arguments_form form = {
        OPTIONS, "IDENTITY",      "Takes away password and tokens; sessions end within a second.",
        slots,   COUNT_OF(slots), "whose? gridloop account list"};
    struct accounts *accounts = NULL;
    struct accounts_fault fault = {.text = ""};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    const int exit_code = open_accounts(&options, "remove", &accounts);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    const enum err err = accounts_remove(accounts, options.id, &fault);
    accounts_close(accounts);
    if (err != ERR_OK) {
        return fail("remove", err, fault.text);
    }
    (void)printf("%s may no longer log in\n", options.id);
    return EX_OK;
}

int cmd_account(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"add", add, "let a person log in, or give another password"},
        {"list", list, "who may log in, and which tokens there are"},
        {"remove", remove_one, "take away password and tokens"},
        {"token", token, "a token for a machine"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop account", VERBS, argc, argv);
}
