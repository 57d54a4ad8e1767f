/* cmd_silence.c: `gridloop silence`: holds rules of a running engine back for a while, lists what is held back, ends it.
 *
 * add and end are acts in the engine's log with who did it and why; list asks the engine. */
#include "engine/cli/arguments.h"
#include "engine/cli/plan_ask.h"
#include "engine/cli/silence_overlap.h"
#include "engine/core/life.h"
#include "proto/client/gridloop.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define ACT_WAIT_MS 5000u
#define MATCHERS_SIZE 400u
#define TEXT_SIZE 1000u

struct silence_options {
    const char *url, *lang, *as, *why;
    char matchers[MATCHERS_SIZE];
    int64_t for_ms, after_ms;
    uint32_t number;
    bool is_maintenance, is_json, is_ending, is_adding;
};

/* ---- printing ---- */

static const char *text_at(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL ? text : "";
}

static const char *instant(const struct plan_asker *asker, const json_t *row, const char *name,
                           char out[24])
{
    const time_t local = (time_t)(json_integer_value(json_object_get(row, name)) / 1000 +
                                  (json_int_t)asker->offset_minutes * 60);
    struct tm parts;
    out[0] = '\0';
    if (gmtime_r(&local, &parts) != NULL) {
        (void)strftime(out, 24, "%m-%d %H:%M", &parts);
    }
    return out;
}

static void print_row(const struct plan_asker *asker, const json_t *row)
{
    const bool is_zh = asker->lang == LANG_ZH;
    const bool is_maintenance = strcmp(text_at(row, "kind"), "MAINTENANCE") == 0;
    char from[24], until[24];
    (void)printf("%-4lld %s  %s .. %s  %s%s%s  %s%lld  %s  %s\n",
                 (long long)json_integer_value(json_object_get(row, "number")),
                 is_maintenance ? (is_zh ? "设备维护" : "maintenance")
                                : (is_zh ? "静默" : "silence"),
                 instant(asker, row, "from_ms", from), instant(asker, row, "until_ms", until),
                 text_at(row, "matchers"), text_at(row, "desk")[0] != '\0' ? " department=" : "",
                 text_at(row, "desk"), is_zh ? "已抑制 " : "held back ",
                 (long long)json_integer_value(json_object_get(row, "held")),
                 text_at(row, "actor_name"), text_at(row, "why"));
}

/* "overlaps 2, 5" behind a row. */
static void print_overlaps(const struct plan_asker *asker, const json_t *row)
{
    const json_t *numbers = json_object_get(row, "overlaps");
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        (void)printf("%s%lld",
                     i > 0                    ? ", "
                     : asker->lang == LANG_ZH ? "     重叠："
                                              : "     overlaps ",
                     (long long)json_integer_value(json_array_get(numbers, i)));
    }
    if (json_array_size(numbers) > 0) {
        (void)printf(
            "%s\n",
            asker->lang == LANG_ZH
                ? "（均记为抑制原因；解除其一，另一仍有效）"
                : " (both are named with what they hold back; ending one leaves the other)");
    }
}

static void print_json(json_t *root)
{
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)printf("\n");
}

static int list(struct plan_asker *asker, struct silence_options *options)
{
    json_t *rows = plan_ask_silences(asker);
    if (rows == NULL) {
        return asker->exit_code;
    }
    silence_overlap_mark(rows);
    if (options->is_json) {
        print_json(rows);
    } else if (json_array_size(rows) == 0) {
        (void)printf("%s\n",
                     asker->lang == LANG_ZH ? "当前无静默或设备维护" : "nothing is held back");
    }
    for (size_t i = 0; !options->is_json && i < json_array_size(rows); i++) {
        print_row(asker, json_array_get(rows, i));
        print_overlaps(asker, json_array_get(rows, i));
    }
    json_decref(rows);
    return EX_OK;
}

/* ---- acting ---- */

static int refused(const struct plan_asker *asker, const struct gridloop_operator_result *result)
{
    const uint32_t code = (uint32_t)result->code;
    const bool is_zh = asker->lang == LANG_ZH;
    const bool has_list = code == CODE_TABLE_FULL || code == CODE_UNKNOWN_SILENCE;
    const char *help =
        code == CODE_NO_RIGHT
            ? (is_zh ? "；可由值班长、督办人员，或部门席位就本部门规则办理"
                     : "; by: the shift chief, overseers, a department's desk for its own rules")
        : code == CODE_BAD_UNTIL ? (is_zh ? "；--for 最长 31d，且须长于 --after"
                                          : "; --for at most 31d, longer than --after")
        : has_list ? (is_zh ? "；见 gridloop silence list" : "; see: gridloop silence list")
                   : "";
    (void)fprintf(stderr, "%s %s: %s%s (exit %d)\n", cli_refused(asker->lang),
                  words_code_name(code), words_code(code, asker->lang), help, EX_NOPERM);
    cli_say_hint(code, result->possible, result->hint);
    return EX_NOPERM;
}

/* What was just said, beside what is held back already. */
static json_t *ask_added(struct plan_asker *asker, uint64_t number)
{
    json_t *rows = plan_ask_silences(asker);
    silence_overlap_mark(rows);
    json_t *row = json_incref(silence_overlap_find(rows, (json_int_t)number));
    json_decref(rows);
    return row;
}

static int act(struct plan_asker *asker, const struct silence_options *options,
               const struct gridloop_act *wanted)
{
    struct gridloop_operator_result result;
    const int status =
        gridloop_operator_act(link_url(&asker->link), options->as, wanted, ACT_WAIT_MS, &result);
    if (status == GRIDLOOP_UNAVAILABLE || status == GRIDLOOP_TIMEOUT) {
        return cli_no_engine(link_url(&asker->link));
    }
    if (status != GRIDLOOP_OK && !(status == GRIDLOOP_HELD && result.code != 0)) {
        (void)fprintf(stderr, "gridloop silence: %s%s%s (exit %d)\n", gridloop_status_text(status),
                      result.hint[0] != '\0' ? ": " : "", result.hint, EX_USAGE);
        return EX_USAGE;
    }
    if (words_code_is_refusal((uint32_t)result.code)) {
        return refused(asker, &result);
    }
    json_t *added =
        wanted->action == ACTION_SILENCE ? ask_added(asker, (uint64_t)result.order) : NULL;
    if (options->is_json) {
        json_t *row = json_pack("{s:s, s:I}", "code", words_code_name((uint32_t)result.code),
                                "number", (json_int_t)result.order);
        if (added != NULL) {
            (void)json_object_set(row, "overlaps", json_object_get(added, "overlaps"));
        }
        print_json(row);
        json_decref(row);
    } else {
        (void)printf(asker->lang == LANG_ZH ? "%s %" PRIu64 "\n" : "%s %" PRIu64 "\n",
                     wanted->action == ACTION_UNSILENCE
                         ? (asker->lang == LANG_ZH ? "已解除" : "ended")
                         : (asker->lang == LANG_ZH ? "已登记" : "held back, number"),
                     result.order);
        print_overlaps(asker, added);
    }
    json_decref(added);
    return EX_OK;
}

static int add(struct plan_asker *asker, struct silence_options *options)
{
    char text[TEXT_SIZE];
    if (options->matchers[0] == '\0' || options->why == NULL || options->for_ms == 0) {
        (void)fprintf(
            stderr,
            "gridloop silence add: what, how long and why? rule=traffic.illegal_parking --for 2h "
            "--why \"road works\" (exit %d)\n",
            EX_USAGE);
        return EX_USAGE;
    }
    json_t *rows = plan_ask_silences(asker); /* for the log's time */
    if (rows == NULL) {
        return asker->exit_code;
    }
    json_decref(rows);
    const int size = snprintf(text, sizeof text, "%s; %s", options->matchers, options->why);
    if (size < 0 || (size_t)size >= sizeof text) {
        (void)fprintf(stderr, "gridloop silence add: --why is too long (exit %d)\n", EX_USAGE);
        return EX_USAGE;
    }
    const struct gridloop_act wanted = {
        .action = ACTION_SILENCE,
        .reason = options->is_maintenance ? REASON_MAINTENANCE : REASON_NONE,
        .text = text,
        .amount = (uint32_t)(options->after_ms / MINUTE_MS),
        .until_ms = asker->now_ms + options->after_ms + options->for_ms};
    return act(asker, options, &wanted);
}

static int end(struct plan_asker *asker, struct silence_options *options)
{
    if (options->number == 0) {
        (void)fprintf(stderr,
                      "gridloop silence end: which? its number: gridloop silence list (exit %d)\n",
                      EX_USAGE);
        return EX_USAGE;
    }
    const struct gridloop_act wanted = {
        .action = ACTION_UNSILENCE, .amount = options->number, .text = options->why};
    return act(asker, options, &wanted);
}

/* ---- options ---- */

/* "30s 5m 4h 2d"; 0 where it is none. */
static int64_t read_span(const char *text)
{
    char *unit = NULL;
    const long long value = strtoll(text, &unit, 10);
    const int64_t ms = unit == text || unit[0] == '\0' || unit[1] != '\0' ? 0
                       : unit[0] == 's'                                   ? SECOND_MS
                       : unit[0] == 'm'                                   ? MINUTE_MS
                       : unit[0] == 'h'                                   ? HOUR_MS
                       : unit[0] == 'd'                                   ? DAY_MS
                                                                          : 0;
    return value > 0 && value <= 1000000 ? (int64_t)value * ms : 0;
}

static void take_word(struct silence_options *options, char *value, struct argp_state *state)
{
    const size_t used = strlen(options->matchers);
    char *end = NULL;
    if (options->is_ending && options->number == 0) {
        options->number = (uint32_t)strtoul(value, &end, 10);
        if (*end != '\0' || options->number == 0) {
            argp_error(state, "a number is expected, not \"%s\": gridloop silence list", value);
        }
    } else if (options->is_adding && strchr(value, '=') != NULL &&
               used + strlen(value) + 2 < sizeof options->matchers) {
        (void)snprintf(options->matchers + used, sizeof options->matchers - used, "%s%s",
                       used > 0 ? " " : "", value);
    } else {
        argp_error(state,
                   "\"%s\" is not expected here; rule=ID tag=WORD class=CODE department=CODE "
                   "area=NAME device=ID source=ID",
                   value);
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct silence_options *options = state->input;
    int64_t *const span = key == 'f' ? &options->for_ms : &options->after_ms;
    switch (key) {
    case 'u':
        options->url = value;
        return 0;
    case 'L':
        options->lang = value;
        return 0;
    case 'A':
        options->as = value;
        return 0;
    case 'w':
        options->why = value;
        return 0;
    case 'm':
        options->is_maintenance = true;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case 'f':
    case 'a':
        *span = read_span(value);
        if (*span == 0) {
            argp_error(state, "a span such as 30m, 4h, 2d is expected, not \"%s\"", value);
        }
        return 0;
    case ARGP_KEY_ARG:
        take_word(options, value, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

typedef int run_fn(struct plan_asker *asker, struct silence_options *options);

static int run(const struct argp *argp, int argc, char **argv, run_fn *function)
{
    struct plan_asker asker;
    struct silence_options options = {.is_ending = function == end, .is_adding = function == add};
    argp_err_exit_status = EX_USAGE;
    if (arguments_parse(argp, argc, argv, &options) != 0) {
        return EX_USAGE;
    }
    int exit_code = plan_ask_open(&asker, options.url, options.as, options.lang);
    if (exit_code == EX_OK) {
        exit_code = function(&asker, &options);
        plan_ask_close(&asker);
    }
    return exit_code;
}

static int run_list(int argc, char **argv)
{
    static const struct argp_option rows[] = {PLAN_ASK_OPTIONS, {0}};
    static const struct argp argp = {
        .options = rows,
        .parser = parse,
        .doc = "What is held back or will be, until when, by whom and why."};
    return run(&argp, argc, argv, list);
}

static int run_add(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        PLAN_ASK_OPTIONS,
        {"for", 'f', "SPAN", 0, "how long: 30m, 4h, 2d; at most 31d", 0},
        {"after", 'a', "SPAN", 0, "begin after this; default now", 0},
        {"why", 'w', "TEXT", 0, "why; it goes on record", 0},
        {"maintenance", 'm', NULL, 0, "equipment under maintenance: needs a device or an area", 0},
        {0}};
    static const struct argp argp = {.options = rows,
                                     .parser = parse,
                                     .args_doc = "MATCHER...",
                                     .doc = "Holds back what fits all matchers: rule=ID tag=WORD "
                                            "class=CODE department=CODE area=NAME "
                                            "device=ID source=ID, at most four. The shift chief "
                                            "and overseers may; a department's desk for its "
                                            "own rules."};
    return run(&argp, argc, argv, add);
}

static int run_end(int argc, char **argv)
{
    static const struct argp_option rows[] = {
        PLAN_ASK_OPTIONS, {"why", 'w', "TEXT", 0, "why; it goes on record", 0}, {0}};
    static const struct argp argp = {
        .options = rows, .parser = parse, .args_doc = "NUMBER", .doc = "Ends one before its time."};
    return run(&argp, argc, argv, end);
}

int cmd_silence(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"add", run_add, "hold rules back for a while, with a reason"},
        {"list", run_list, "what is held back, until when, by whom"},
        {"end", run_end, "end one before its time"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop silence", VERBS, argc, argv);
}
