/* rules_lint.c: see rules_lint.h. With recorded events or tests at hand it also says which rules nobody looks after. */
#include "engine/cli/rules_lint.h"

#include "engine/city/date.h"
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/lint_sarif.h"
#include "engine/cli/rules_inputs.h"
#include "engine/core/code.h"
#include "rules/lint.h"
#include "rules/naive.h"
#include "sim/rule_suite.h"
#include "sim/trace_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define COMMAND "gridloop rules lint"
#define EVENT_RULES_MAX 64u /* rules counted for one event */

struct lint_request {
    const char *city, *rules, *lang, *format, *fail_level, *as_of, *corpus, *tests, *silent, *busy;
};

static const char *level_word(enum problem_level level, bool is_chinese)
{
    switch (level) {
    case PROBLEM_ERROR:
        return is_chinese ? "错误" : "error";
    case PROBLEM_WARNING:
        return is_chinese ? "警告" : "warning";
    case PROBLEM_NOTE:
        return is_chinese ? "提示" : "note";
    }
    return "";
}

static json_t *rule_json(const struct ruleset *set, const struct rule *rule)
{
    if (rule == NULL) {
        return json_null();
    }
    const struct image_string owner = set->city->departments[rule->department].code;
    return json_pack("{s:s, s:s, s:i, s:s%}", "id", rule->id, "file", rule->file, "line",
                     rule->node->line, "owner", city_text(set->city, owner), (size_t)owner.size);
}

static void print_json(const struct ruleset *set, const struct lint *lint)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < lint->count; i++) {
        const struct lint_finding *finding = &lint->items[i];
        json_t *row = json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:s?}", "code", lint_code_name(finding->code),
            "level", level_word(lint_code_level(finding->code), false), "what",
            lint_code_words(finding->code, false), "text", finding->text, "rule",
            rule_json(set, finding->rule), "other", rule_json(set, finding->other), "witness",
            finding->witness, "waived", finding->reason);
        if (finding->node != NULL) {
            (void)json_object_set_new(row, "file", json_string(finding->node->file));
            (void)json_object_set_new(row, "line", json_integer(finding->node->line));
        }
        (void)json_array_append_new(rows, row);
    }
    json_t *root =
        json_pack("{s:o, s:I}", "findings", rows, "pairs_skipped", (json_int_t)lint->pairs_skipped);
    (void)json_dumpf(root, stdout, JSON_INDENT(1));
    (void)printf("\n");
    json_decref(root);
}

static void print_finding(const struct lint_finding *finding, bool is_chinese)
{
    if (finding->node != NULL) {
        (void)printf("%s:%d:%d: ", finding->node->file, finding->node->line, finding->node->column);
    }
    (void)printf("%s %s %s: %s\n", level_word(lint_code_level(finding->code), is_chinese),
                 lint_code_name(finding->code), lint_code_words(finding->code, is_chinese),
                 finding->text);
    if (finding->witness != NULL) {
        (void)printf("    %s %s\n", is_chinese ? "例证" : "both take", finding->witness);
    }
    if (finding->reason != NULL) {
        (void)printf("    %s %s\n", is_chinese ? "已豁免：" : "waived:", finding->reason);
    }
}

static void print_words(const struct lint *lint, bool is_chinese)
{
    uint32_t counts[3] = {0, 0, 0};
    uint32_t waived = 0;
    for (uint32_t i = 0; i < lint->count; i++) {
        print_finding(&lint->items[i], is_chinese);
        waived += lint->items[i].reason != NULL ? 1 : 0;
    }
    for (int code = 0; code < LINT_CODE_COUNT; code++) {
        counts[lint_code_level((enum lint_code)code)] += lint->found[code];
        if (lint->found[code] > LINT_PER_CODE_MAX) {
            (void)printf(is_chinese ? "%s：共 %u 条，仅列出 %u 条\n" : "%s: %u found, %u listed\n",
                         lint_code_name((enum lint_code)code), lint->found[code],
                         LINT_PER_CODE_MAX);
        }
    }
    if (lint->pairs_skipped > 0) {
        (void)printf(is_chinese ? "规则过多，尚有 %llu 对规则未比较\n"
                                : "too many rules: %llu pairs were not compared\n",
                     (unsigned long long)lint->pairs_skipped);
    }
    (void)printf(is_chinese ? "错误 %u，警告 %u，提示 %u，已豁免 %u\n"
                            : "%u errors, %u warnings, %u notes, %u of them waived\n",
                 counts[0], counts[1], counts[2], waived);
}

static bool is_failed(const struct lint *lint, enum problem_level fail_level)
{
    for (uint32_t i = 0; i < lint->count; i++) {
        if (lint->items[i].reason == NULL && lint_code_level(lint->items[i].code) <= fail_level) {
            return true;
        }
    }
    return false;
}

static enum problem_level level_of(const char *word)
{
    return word[0] == 'e' ? PROBLEM_ERROR : word[0] == 'w' ? PROBLEM_WARNING : PROBLEM_NOTE;
}

static void dump(json_t *root)
{
    (void)json_dumpf(root, stdout, JSON_INDENT(1));
    (void)printf("\n");
    json_decref(root);
}

/* ---- how rules are used ---- */

/* Rules that some expectation of a test names. ERR_NOT_FOUND: there are no tests. */
static enum err read_tests(struct rules_inputs *inputs, const char *directory,
                           struct lint_usage *usage)
{
    struct suite suite;
    enum err err = suite_load(inputs->set, directory, inputs->problems, &suite);
    if (err != ERR_OK) {
        return err;
    }
    bool *is_tested = arena_take(inputs->set->arena, inputs->set->rule_count * sizeof is_tested[0]);
    for (uint32_t i = 0; i < suite.count; i++) {
        const struct suite_test *test = &suite.tests[i];
        for (uint32_t k = 0; k < test->expect_count + test->never_count; k++) {
            const uint32_t rule = k < test->expect_count
                                      ? test->expects[k].rule
                                      : test->nevers[k - test->expect_count].rule;
            if (rule < inputs->set->rule_count) {
                is_tested[rule] = true;
            }
        }
    }
    usage->is_tested = is_tested;
    return ERR_OK;
}

/* Counts what each rule takes of a trace. */
static enum err read_corpus(struct rules_inputs *inputs, const char *path, struct lint_usage *usage)
{
    struct trace_reader *reader = NULL;
    enum err err = rules_inputs_lower(inputs);
    if (err == ERR_OK) {
        err = trace_reader_open(path, inputs->problems, &reader);
    }
    if (err != ERR_OK) {
        return err;
    }
    uint64_t *fires = arena_take(inputs->set->arena, inputs->set->rule_count * sizeof fires[0]);
    struct fact_record *record = calloc(1, sizeof *record);
    must(record != NULL);
    struct trace_event event;
    int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;
    while ((err = trace_reader_next(reader, &event)) == ERR_OK) {
        uint32_t rows[EVENT_RULES_MAX];
        const struct fact_event fact = trace_event_as_fact(&event);
        facts_resolve(inputs->facts, &fact, event.at_ms, record);
        first_ms = min_i64(first_ms, event.at_ms);
        last_ms = max_i64(last_ms, event.at_ms);
        if (record->head.verdict != CODE_NOTHING || record->head.type == NONE16) {
            continue;
        }
        const struct event resolved = {.head = &record->head,
                                       .fields = record->fields,
                                       .text = record->text,
                                       .free_text = record->free_text};
        const uint32_t count = naive_match(inputs->set, &resolved, rows, EVENT_RULES_MAX);
        for (uint32_t i = 0; i < count && i < EVENT_RULES_MAX; i++) {
            fires[rows[i]]++;
        }
    }
    free(record);
    trace_reader_close(reader);
    usage->fires = fires;
    usage->days = first_ms > last_ms ? 0 : (uint32_t)((last_ms - first_ms) / DAY_MS) + 1;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* EX_OK, or the exit code after saying what cannot be read. */
static int read_usage(struct rules_inputs *inputs, const struct lint_request *request,
                      struct lint_usage *usage)
{
    usage->silent_days = (uint32_t)strtoul(request->silent, NULL, 10);
    usage->busy_per_day = (uint32_t)strtoul(request->busy, NULL, 10);
    const char *tests = request->tests != NULL ? request->tests : inputs->rules;
    enum err err = read_tests(inputs, tests, usage);
    if (err == ERR_NOT_FOUND && request->tests == NULL) {
        err = ERR_OK; /* no tests beside the rules: not worth a word for each */
    } else if (err == ERR_NOT_FOUND) {
        (void)fprintf(stderr, COMMAND ": no *.test.yaml in %s (exit %d)\n", tests, EX_NOINPUT);
        return EX_NOINPUT;
    }
    if (err == ERR_OK && request->corpus != NULL) {
        if (!cli_has_input(COMMAND, request->corpus)) {
            return EX_NOINPUT;
        }
        err = read_corpus(inputs, request->corpus, usage);
    }
    return err == ERR_OK ? EX_OK : rules_inputs_refuse(COMMAND, inputs);
}

/* ---- all of it ---- */

static int refuse(const struct lint_request *request, const struct rules_inputs *inputs)
{
    if (strcmp(request->format, "text") == 0) {
        return rules_inputs_refuse(COMMAND, inputs);
    }
    if (strcmp(request->format, "sarif") == 0) {
        dump(lint_sarif(inputs->problems, NULL));
    } else {
        char *problems = problems_to_json(inputs->problems);
        (void)printf("{\"findings\": %s}\n", problems == NULL ? "[]" : problems);
        free(problems);
    }
    return EX_DATAERR;
}

static int look(const struct lint_request *request, struct rules_inputs *inputs, int32_t as_of_day)
{
    struct lint_usage usage = {.is_tested = NULL};
    const int exit_code = read_usage(inputs, request, &usage);
    if (exit_code != EX_OK) {
        return exit_code;
    }
    const struct lint_options options = {
        .with_roster = true, .as_of_day = as_of_day, .usage = &usage};
    const struct lint found = lint_ruleset(inputs->set, &options);
    if (strcmp(request->format, "sarif") == 0) {
        dump(lint_sarif(inputs->problems, &found));
    } else if (strcmp(request->format, "json") == 0) {
        print_json(inputs->set, &found);
    } else {
        print_words(&found, cli_lang(request->lang) == LANG_ZH);
    }
    return is_failed(&found, level_of(request->fail_level)) ? EX_DATAERR : EX_OK;
}

static int lint(const struct lint_request *request)
{
    struct rules_inputs inputs;
    int32_t as_of_day = 0;
    if (request->as_of != NULL && !date_parse(request->as_of, &as_of_day)) {
        (void)fprintf(stderr,
                      COMMAND ": --as-of takes a date such as 2026-03-01, not \"%s\" (exit %d)\n",
                      request->as_of, EX_USAGE);
        return EX_USAGE;
    }
    int exit_code = rules_inputs_find(COMMAND, request->city, request->rules, &inputs);
    if (exit_code == EX_OK && rules_inputs_read(&inputs, request->city) != ERR_OK) {
        exit_code = refuse(request, &inputs);
    } else if (exit_code == EX_OK) {
        const int64_t now_ms = (int64_t)time(NULL) * 1000;
        exit_code = look(request, &inputs,
                         request->as_of != NULL
                             ? as_of_day
                             : (int32_t)div_floor(city_local_ms(&inputs.city, now_ms), DAY_MS));
    }
    rules_inputs_fini(&inputs);
    return exit_code;
}

int rules_lint(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"format", 'f', "text|json|sarif", 0, "default text; sarif is SARIF 2.1.0", 0},
        {"fail-level", 'e', "error|warning|note", 0, "exit 65 from this level on; default error",
         0},
        {"as-of", 'd', "DATE", 0, "the day on which legal bases must be in force; default today",
         0},
        {"corpus", 'c', "FILE", 0,
         "recorded events, a trace: which rules are silent or far too busy", 0},
        {"tests", 't', "DIR", 0, "where *.test.yaml files are; default beside the rules", 0},
        {"silent-days", 'S', "N", 0,
         "days without an event before a rule is called silent; default 30", 0},
        {"busy-per-day", 'B', "N", 0, "events a day before a rule is called busy; default 1000", 0},
        {"lang", 'L', "zh|en", 0, "language of the headings", 0},
        {0}};
    struct lint_request request = {
        .format = "text", .fail_level = "error", .silent = "30", .busy = "1000"};
    const struct arguments_slot slots[] = {
        {'r', &request.rules, NULL},      {'f', &request.format, NULL},
        {'e', &request.fail_level, NULL}, {'d', &request.as_of, NULL},
        {'c', &request.corpus, NULL},     {'t', &request.tests, NULL},
        {'S', &request.silent, NULL},     {'B', &request.busy, NULL},
        {'L', &request.lang, NULL},       {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CITY",
        "Looks for rules that can never match, contradict, hide or repeat each other, stand on "
        "clauses that are not in force, or that nobody can serve. Conflicts come with an event "
        "that both rules take.\vExit 0: nothing of that level. 65: findings, or files that "
        "cannot be read. 66: no such directory.",
        slots,
        COUNT_OF(slots),
        "name a city directory, for example: gridloop rules lint ./qinghe"};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : lint(&request);
}
