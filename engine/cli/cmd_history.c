/* cmd_history.c: `gridloop history search | show | list`: reads DATA/history.db, also while its engine writes it. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/history_export.h"
#include "engine/cli/history_overrides.h"
#include "engine/cli/history_plans.h"
#include "engine/cli/history_precision.h"
#include "engine/cli/history_print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LIMIT_DEFAULT 50u
#define LIMIT_MAX 1000000u

struct history_command {
    struct history_words words; /* to search for, or the case */
    const char *data;
    const char *database;
    const char *lang;
    struct history_days days;
    uint32_t limit;
    bool is_json;
    bool is_explained;
};

/* "2026-03-03" or "20260303" to 20260303. */
static bool parse_day(const char *text, uint32_t *out_day)
{
    char digits[16];
    size_t used = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-' && (used == 4 || used == 6)) {
            continue;
        }
        if (*text < '0' || *text > '9' || used == 8) {
            return false;
        }
        digits[used++] = *text;
    }
    digits[used] = '\0';
    uint32_t day = (uint32_t)strtoul(digits, NULL, 10);
    uint32_t month = day / 100 % 100, day_of_month = day % 100;
    if (used != 8 || month < 1 || month > 12 || day_of_month < 1 || day_of_month > 31) {
        return false;
    }
    *out_day = day;
    return true;
}

static error_t parse_word(struct history_command *command, char *word, struct argp_state *state)
{
    if (command->words.count == HISTORY_WORDS_MAX) {
        argp_error(state, "at most %u words", HISTORY_WORDS_MAX);
    }
    command->words.words[command->words.count++] = word;
    return 0;
}

static error_t parse_limit(struct history_command *command, const char *text,
                           struct argp_state *state)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || value == 0 || value > LIMIT_MAX) {
        argp_error(state, "--limit takes 1 to %u, not \"%s\"", LIMIT_MAX, text);
    }
    command->limit = (uint32_t)value;
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct history_command *command = state->input;
    switch (key) {
    case 'd':
        command->data = value;
        return 0;
    case 'b':
        command->database = value;
        return 0;
    case 'L':
        command->lang = value;
        return 0;
    case 'j':
        command->is_json = true;
        return 0;
    case 'x':
        command->is_explained = true;
        return 0;
    case 'n':
        return parse_limit(command, value, state);
    case 'f':
    case 't':
        if (!parse_day(value, key == 'f' ? &command->days.from : &command->days.to)) {
            argp_error(state, "a day is written 2026-03-03, not \"%s\"", value);
        }
        return 0;
    case ARGP_KEY_ARG:
        return parse_word(command, value, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int print_rows(const struct history_command *command, struct history_rows *rows)
{
    enum lang lang = cli_lang(command->lang);
    struct history_fault fault = {.text = ""};
    enum err err = ERR_OK;
    uint32_t count = 0;
    json_t *list = json_array();
    while (history_rows_next(rows, &err, &fault)) {
        count++;
        if (command->is_json) {
            (void)json_array_append_new(list, history_row_json(rows));
        } else {
            history_print_line(rows, lang);
        }
    }
    history_rows_end(rows);
    if (err == ERR_OK && command->is_json) {
        (void)json_dumpf(list, stdout, JSON_INDENT(2));
        (void)printf("\n");
    } else if (err == ERR_OK && count == 0) {
        (void)printf(lang == LANG_ZH ? "没有符合的案件\n" : "no such case\n");
    } else if (err == ERR_OK && count == command->limit) {
        (void)fprintf(stderr,
                      lang == LANG_ZH ? "只列出前 %u 件；--limit 可增加\n"
                                      : "the first %u; more with --limit\n",
                      count);
    }
    json_decref(list);
    return err == ERR_OK ? EX_OK : history_print_fault(err, &fault);
}

static int run_search(const struct history_command *command, sqlite3 *db)
{
    struct history_rows rows;
    struct history_fault fault = {.text = ""};
    if (command->words.count == 0) {
        (void)fprintf(stderr, "gridloop history search: name words to look for (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    enum err err = history_read_search(db, &command->words, command->limit, &rows, &fault);
    return err == ERR_OK ? print_rows(command, &rows) : history_print_fault(err, &fault);
}

static int run_list(const struct history_command *command, sqlite3 *db)
{
    struct history_rows rows;
    struct history_fault fault = {.text = ""};
    if (command->words.count > 0) {
        (void)fprintf(stderr,
                      "gridloop history list: \"%s\" is not expected; days are given with --from "
                      "and --to (exit %d)\n",
                      command->words.words[0], EX_USAGE);
        return EX_USAGE;
    }
    enum err err = history_read_cases(db, command->days, command->limit, &rows, &fault);
    return err == ERR_OK ? print_rows(command, &rows) : history_print_fault(err, &fault);
}

static int run_show(const struct history_command *command, sqlite3 *db)
{
    struct case_no part;
    struct history_fault fault = {.text = ""};
    int64_t id = 0;
    uint32_t count = 0;
    if (command->words.count != 1 || !words_parse_case_no(command->words.words[0], &part)) {
        (void)fprintf(stderr,
                      "gridloop history show: name one case, by its number or its tail: gridloop "
                      "history show 1 "
                      "(exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    enum err err = history_read_find(db, part, &id, &count, &fault);
    if (err == ERR_NOT_FOUND) {
        (void)fprintf(stderr,
                      "UNKNOWN_CASE: the history has no case that ends in \"%s\" (exit %d)\n",
                      command->words.words[0], EX_NOINPUT);
        return EX_NOINPUT;
    }
    if (err == ERR_INPUT) {
        (void)fprintf(stderr,
                      "AMBIGUOUS: \"%s\" fits %u cases; give more of the number (exit %d)\n",
                      command->words.words[0], count, EX_USAGE);
        return EX_USAGE;
    }
    if (err != ERR_OK) {
        return history_print_fault(err, &fault);
    }
    struct history_telling telling = {
        .case_id = id, .lang = cli_lang(command->lang), .is_explained = command->is_explained};
    return command->is_json ? history_print_case_json(db, id) : history_print_case(db, &telling);
}

/* ---- verbs ---- */

#define READ_OPTIONS                                                                               \
    {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},         \
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},                           \
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},                               \
    {                                                                                              \
        "json", 'j', NULL, 0, "print JSON", 0                                                      \
    }
#define LIMIT_OPTION                                                                               \
    {                                                                                              \
        "limit", 'n', "COUNT", 0, "at most so many cases; default 50", 0                           \
    }

static int run_with(int argc, char **argv, const struct argp *argp,
                    int (*run)(const struct history_command *, sqlite3 *))
{
    struct history_command command = {.limit = LIMIT_DEFAULT, .days = {0, 99999999}};
    sqlite3 *db = NULL;
    if (arguments_parse(argp, argc, argv, &command) != 0) {
        return EX_USAGE;
    }
    int code = history_print_open(command.data, command.database, &db);
    if (code != EX_OK) {
        return code;
    }
    code = run(&command, db);
    (void)sqlite3_close(db);
    return code;
}

static int history_search(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {READ_OPTIONS, LIMIT_OPTION, {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = parse,
        .args_doc = "WORD...",
        .doc = "Cases whose title, place, report or a remark holds all the words, newest first."};
    return run_with(argc, argv, &ARGP, run_search);
}

static int history_show(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        READ_OPTIONS, {"explain", 'x', NULL, 0, "with each decision", 0}, {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = parse,
        .args_doc = "CASE",
        .doc = "The record of one case, in sentences. CASE is its number or a tail: 1."};
    return run_with(argc, argv, &ARGP, run_show);
}

static int history_list(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        READ_OPTIONS,
        LIMIT_OPTION,
        {"from", 'f', "DAY", 0, "opened on that local day or later: 2026-03-03", 0},
        {"to", 't', "DAY", 0, "opened on that local day or before", 0},
        {0}};
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .doc = "Cases by the day they were opened, oldest first."};
    return run_with(argc, argv, &ARGP, run_list);
}

int cmd_history(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"search", history_search, "cases by words in title, place, reports, remarks"},
        {"show", history_show, "the record of one case"},
        {"list", history_list, "cases by day"},
        {"export", history_export, "cases as GeoJSON or CSV"},
        {"precision", history_precision,
         "confirmed cases and false alarms by source, device or rule"},
        {"overrides", history_overrides, "by rule: how often people chose somebody else"},
        {"plans", history_plans, "emergency plans: tasks, begun in time, late reports"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop history", VERBS, argc, argv);
}
