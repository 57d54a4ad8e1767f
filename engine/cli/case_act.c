/* case_act.c: see case_act.h. */
#include "engine/cli/case_act.h"

#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/identities.h"
#include "engine/cli/plan_ask.h"
#include "engine/core/command.h"
#include "engine/core/life.h"
#include "engine/edge/words.h"
#include "proto/client/gridloop.h"
#include "sim/trace_file.h"

#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ACT_WAIT_MS 5000u
#define PUT_WAIT_MS 20000u
#define VERBS_MAX 64u
#define DIGEST_SIZE 16u
#define FILE_SIZE_MAX (2u << 20) /* bytes of one file of evidence */

struct act_options {
    const char *words[2]; /* case, action */
    uint32_t word_count;
    const char *action; /* where it stood first */
    const char *url, *lang, *as, *reason, *text, *to, *other, *until;
    const char *evidence[EVIDENCE_MAX]; /* files and digests, as they were said */
    uint32_t evidence_count;
    uint64_t order;
    uint32_t amount;
    bool is_json;
};

/* "36h", "3d", "20m", or an instant: 2026-03-09T18:00+08:00. */
static bool parse_until(const char *text, bool *out_is_span, int64_t *out_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'m', MINUTE_MS}, {'h', HOUR_MS}, {'d', DAY_MS}};
    int32_t offset_minutes;
    char *end;
    errno = 0;
    const unsigned long long count = strtoull(text, &end, 10);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (errno == 0 && end != text && end[0] == units[i].unit && end[1] == '\0' &&
            count < 100000) {
            *out_is_span = true;
            *out_ms = (int64_t)count * units[i].ms;
            return true;
        }
    }
    *out_is_span = false;
    return trace_parse_instant(text, out_ms, &offset_minutes);
}

/* The words there are, and the nearest of them. */
static int refuse_word(const char *what, const char *word, enum vocabulary vocabulary,
                       uint32_t below)
{
    char verbs[VERBS_MAX][64], near[96], all[1024] = "";
    const char *names[VERBS_MAX];
    size_t used = 0, count = 0;
    for (uint32_t i = 0; i < words_count(vocabulary) && count < VERBS_MAX; i++) {
        const struct word *known = words_at(vocabulary, i);
        if (known->number == 0 || known->number >= below) {
            continue;
        }
        (void)snprintf(verbs[count], sizeof verbs[count], "%s", known->name);
        for (char *at = verbs[count]; *at != '\0'; at++) {
            *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
        }
        int length =
            snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "", verbs[count]);
        used += length > 0 && (size_t)length < sizeof all - used ? (size_t)length : 0;
        names[count] = verbs[count];
        count++;
    }
    (void)fprintf(stderr, "gridloop case act: no %s \"%s\"%s; one of: %s (exit %d)\n", what, word,
                  arguments_near(word, names, count, near, sizeof near), all, EX_USAGE);
    return EX_USAGE;
}

/* Whom a refusal about a person may have meant. */
static const char *near_person(const struct act_options *options, uint32_t code,
                               char out[IDENTITIES_NEAR_SIZE])
{
    out[0] = '\0';
    if (code == CODE_UNKNOWN_WORKER && options->to != NULL) {
        return identities_near(NULL, options->to, out);
    }
    return code == CODE_UNKNOWN_IDENTITY ? identities_near(NULL, options->as, out) : out;
}

static int print_result(const struct act_options *options,
                        const struct gridloop_operator_result *result)
{
    enum lang lang = cli_lang(options->lang);
    bool is_done = !words_code_is_refusal((uint32_t)result->code);
    if (options->is_json) {
        json_t *row = json_object();
        (void)json_object_set_new(row, "code",
                                  json_string(words_code_name((uint32_t)result->code)));
        (void)json_object_set_new(row, "case", json_string(result->case_no));
        (void)json_object_set_new(row, "state",
                                  json_string(words_case_state_name((uint32_t)result->state)));
        (void)json_object_set_new(row, "hint", json_string(result->hint));
        (void)json_dumpf(row, stdout, JSON_INDENT(2));
        (void)printf("\n");
        json_decref(row);
    } else if (is_done) {
        (void)printf("%s: %s, %s\n", result->case_no, words_code((uint32_t)result->code, lang),
                     words_case_state((uint32_t)result->state, lang));
    } else {
        char possible[512], near[IDENTITIES_NEAR_SIZE];
        (void)words_actions(result->code == CODE_NOT_ELIGIBLE ? 0 : result->possible, lang,
                            possible, sizeof possible);
        (void)fprintf(
            stderr, "%s %s: %s%s%s%s%s%s (exit %d)\n", cli_refused(lang),
            words_code_name((uint32_t)result->code), words_code((uint32_t)result->code, lang),
            near_person(options, (uint32_t)result->code, near),
            result->case_no[0] == '\0' ? ""
            : lang == LANG_ZH          ? "；案件 "
                                       : "; case ",
            result->case_no, possible[0] != '\0' ? cli_possible(lang) : "", possible, EX_NOPERM);
        cli_say_hint((uint32_t)result->code, result->possible, result->hint);
    }
    return is_done ? EX_OK : EX_NOPERM;
}

/* A span begins now by the engine's clock, which may run faster than this machine's. */
static int add_engine_now(const struct act_options *options, int64_t *inout_ms)
{
    struct plan_asker asker;
    int exit_code = plan_ask_open(&asker, options->url, options->as, options->lang);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    json_t *rows = plan_ask_silences(&asker); /* for the log's time */
    exit_code = rows == NULL ? asker.exit_code : EX_OK;
    *inout_ms += asker.now_ms;
    json_decref(rows);
    plan_ask_close(&asker);
    return exit_code;
}

/* What the words say, checked; EX_OK or the exit. */
static int read_act(const struct act_options *options, struct gridloop_act *out_act)
{
    bool is_span = false;
    uint32_t action = 0, reason = 0;
    const bool is_order_alone = options->order != 0 && options->words[1] == NULL;
    const char *action_word = options->action != NULL ? options->action
                              : is_order_alone        ? options->words[0]
                                                      : options->words[1];
    if ((options->words[0] == NULL && options->order == 0) || action_word == NULL ||
        options->as == NULL) {
        (void)fprintf(stderr,
                      "gridloop case act: a case (or --order), an action and --as ID are needed: "
                      "gridloop case act 1 "
                      "comment --as %s --text ... (exit %d)\n",
                      "DISPATCHER", EX_USAGE);
        return EX_USAGE;
    }
    if (!words_parse_action(action_word, &action) || action == 0 ||
        action >= ACTION_OUTSIDE_LIMIT) {
        return refuse_word("action", action_word, VOCABULARY_ACTION, ACTION_OUTSIDE_LIMIT);
    }
    if (options->reason != NULL && !words_parse_reason(options->reason, &reason)) {
        return refuse_word("reason", options->reason, VOCABULARY_REASON, UINT32_MAX);
    }
    *out_act = (struct gridloop_act){.order = options->order,
                                     .case_no = options->order == 0 ? options->words[0] : NULL,
                                     .action = (int)action,
                                     .reason = (int)reason,
                                     .text = options->text,
                                     .subject = options->to,
                                     .other_case = options->other,
                                     .amount = options->amount};
    if (options->until != NULL && !parse_until(options->until, &is_span, &out_act->until_ms)) {
        (void)fprintf(
            stderr,
            "gridloop case act: --until takes a span such as 36h or 3d, or an instant such as "
            "2026-03-09T18:00+08:00, not \"%s\" (exit %d)\n",
            options->until, EX_USAGE);
        return EX_USAGE;
    }
    return is_span ? add_engine_now(options, &out_act->until_ms) : EX_OK;
}

/* ---- evidence ---- */

static bool is_digest(const char *text, uint8_t out[DIGEST_SIZE])
{
    size_t size = 0;
    return strlen(text) == 2 * DIGEST_SIZE && access(text, F_OK) != 0 &&
           sodium_hex2bin(out, DIGEST_SIZE, text, 2 * DIGEST_SIZE, NULL, &size, NULL) == 0 &&
           size == DIGEST_SIZE;
}

/* The file whole; NULL after saying why not. */
static uint8_t *read_file(const char *path, size_t *out_size)
{
    uint8_t *bytes = malloc(FILE_SIZE_MAX + 1);
    FILE *file = bytes == NULL ? NULL : fopen(path, "rb");
    *out_size = file == NULL ? 0 : fread(bytes, 1, FILE_SIZE_MAX + 1, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    if (*out_size > 0 && *out_size <= FILE_SIZE_MAX) {
        return bytes;
    }
    (void)fprintf(
        stderr,
        "gridloop case act: --evidence: %s is %s; a file of 1 byte to 2 MiB, or the 32 hex "
        "digits of one that is there, is expected (exit %d)\n",
        path,
        file == NULL     ? "no readable file"
        : *out_size == 0 ? "empty"
                         : "too large",
        EX_NOINPUT);
    free(bytes);
    return NULL;
}

/* Nothing was answered. */
static int tell_status(const char *url, int status, const struct gridloop_operator_result *result)
{
    if (status == GRIDLOOP_UNAVAILABLE || status == GRIDLOOP_TIMEOUT) {
        return cli_no_engine(url);
    }
    (void)fprintf(stderr, "gridloop case act: %s%s%s (exit %d)\n", gridloop_status_text(status),
                  result->hint[0] != '\0' ? ": " : "", result->hint, EX_USAGE);
    return EX_USAGE;
}

/* Files go to the engine first, so that the act never names what nobody has. */
static int put_evidence(const struct act_options *options, const char *url,
                        uint8_t out[EVIDENCE_MAX][DIGEST_SIZE])
{
    for (uint32_t i = 0; i < options->evidence_count; i++) {
        struct gridloop_operator_result result = {.code = 0};
        size_t size;
        if (is_digest(options->evidence[i], out[i])) {
            continue;
        }
        uint8_t *bytes = read_file(options->evidence[i], &size);
        if (bytes == NULL) {
            return EX_NOINPUT;
        }
        const int status =
            gridloop_operator_put(url, options->as, bytes, size, PUT_WAIT_MS, out[i], &result);
        free(bytes);
        if (status != GRIDLOOP_OK && !(status == GRIDLOOP_HELD && result.code != 0)) {
            return tell_status(url, status, &result);
        }
        if (words_code_is_refusal((uint32_t)result.code)) {
            return print_result(options, &result);
        }
    }
    return EX_OK;
}

static int case_act(const struct act_options *options)
{
    char url[CLI_URL_SIZE];
    uint8_t evidence[EVIDENCE_MAX][DIGEST_SIZE];
    struct gridloop_act act;
    struct gridloop_operator_result result;
    int exit_code = read_act(options, &act);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    if (cli_find_url(options->url, url) == NULL) {
        return EX_UNAVAILABLE;
    }
    exit_code = put_evidence(options, url, evidence);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    act.evidence = (const uint8_t(*)[DIGEST_SIZE])evidence;
    act.evidence_count = options->evidence_count;
    int status = gridloop_operator_act(url, options->as, &act, ACT_WAIT_MS, &result);
    if (status == GRIDLOOP_OK || (status == GRIDLOOP_HELD && result.code != 0)) {
        return print_result(options, &result);
    }
    return tell_status(url, status, &result);
}

/* ---- options ---- */

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct act_options *options = state->input;
    const struct {
        int key;
        const char **to;
    } texts[] = {{'u', &options->url},    {'L', &options->lang}, {'A', &options->as},
                 {'r', &options->reason}, {'t', &options->text}, {'o', &options->to},
                 {'O', &options->other},  {'U', &options->until}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].key == key) {
            *texts[i].to = value;
            return 0;
        }
    }
    char *end = NULL;
    const char *digits = value != NULL ? value : "";
    const unsigned long long number = strtoull(digits, &end, 10);
    switch (key) {
    case 'n':
    case 'N':
        if (*end != '\0' || end == digits || (key == 'n' && number > UINT32_MAX)) {
            argp_error(state, "a whole number is expected, not \"%s\"", digits);
        }
        options->amount = key == 'n' ? (uint32_t)number : options->amount;
        options->order = key == 'N' ? number : options->order;
        return 0;
    case 'e':
        if (options->evidence_count == EVIDENCE_MAX) {
            argp_error(state, "at most %u files of evidence", EVIDENCE_MAX);
        }
        options->evidence[options->evidence_count++] = value;
        return 0;
    case 'j':
        options->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->word_count == (options->action != NULL ? 1u : 2u)) {
            argp_error(state, "\"%s\" is not expected here", value);
        }
        options->words[options->word_count++] = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(int argc, char **argv, const char *action)
{
    static const struct argp_option OPTIONS[] = {
        {"as", 'A', "ID", 0, "who acts: a person of the city", 0},
        {"reason", 'r', "REASON", 0, "why; some actions need one", 0},
        {"text", 't', "TEXT", 0, "a remark, an answer, a clause; at most 1000 bytes", 0},
        {"to", 'o', "ID", 0, "person (reassign, request_help) or post (send_to_desk, inform)", 0},
        {"other", 'O', "CASE", 0,
         "the other case (merge_into, replace, link_child, unlink_child, relate)", 0},
        {"until", 'U', "T", 0, "suspend, control: 36h, 3d, or 2026-03-09T18:00+08:00", 0},
        {"amount", 'n', "N", 0,
         "helpers (request_help), hours (supervise, inform), stars 1 to 5 (rate)", 0},
        {"evidence", 'e', "FILE", 0,
         "a photo or file, put into the engine's store first, or the digest of one that is there; "
         "up to 16 times",
         0},
        {"order", 'N', "N", 0, "act on this work order instead of a case", 0},
        {"url", 'u', "URL", 0, "engine; default the last one started", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    static const struct argp ARGP = {
        .options = OPTIONS,
        .parser = parse,
        .args_doc = "CASE ACTION",
        .doc = "Does something with a case, as a logged command with actor and reason. The action "
               "may stand first: "
               "gridloop case suspend 1 --until 3d --reason weather --as chief"};
    struct act_options options = {.action = action};
    argp_err_exit_status = EX_USAGE;
    return arguments_parse(&ARGP, argc, argv, &options) != 0 ? EX_USAGE : case_act(&options);
}

int case_act_run(int argc, char **argv)
{
    return run(argc, argv, NULL);
}

bool case_act_is_action(int argc, char **argv)
{
    uint32_t action = 0;
    return argc >= 2 && argv[1][0] != '-' && words_parse_action(argv[1], &action) && action != 0 &&
           action < ACTION_OUTSIDE_LIMIT;
}

int case_act_run_action(int argc, char **argv)
{
    const char *action = argv[1];
    char name[] = "gridloop case ACTION";
    argv[1] = name;
    return run(argc - 1, argv + 1, action);
}
