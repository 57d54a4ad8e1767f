/* cmd_rules.c: `gridloop rules lint | explain | test | backtest | plan | activate | import`: what is wrong between the rules of a city; why
 * one takes an event; what its tests say; what a change would have changed. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/rules_backtest.h"
#include "engine/cli/rules_explain.h"
#include "engine/cli/rules_import.h"
#include "engine/cli/rules_inputs.h"
#include "engine/cli/rules_plan.h"
#include "engine/cli/rules_test.h"
#include "engine/city/date.h"
#include "rules/lint.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define COMMAND "gridloop rules lint"

struct lint_request {
    const char *city, *rules, *lang, *format, *fail_level, *as_of;
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
    json_t *root = json_pack("{s:o, s:I}", "findings", rows, "pairs_skipped",
                             (json_int_t)lint->pairs_skipped);
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

static int lint(const struct lint_request *request)
{
    struct rules_inputs inputs;
    int32_t as_of_day = 0;
    if (request->as_of != NULL && !date_parse(request->as_of, &as_of_day)) {
        (void)fprintf(stderr, COMMAND ": --as-of takes a date such as 2026-03-01, not \"%s\" (exit %d)\n",
                      request->as_of, EX_USAGE);
        return EX_USAGE;
    }
    int exit_code = rules_inputs_find(COMMAND, request->city, request->rules, &inputs);
    if (exit_code == EX_OK && rules_inputs_read(&inputs, request->city) != ERR_OK) {
        exit_code = rules_inputs_refuse(COMMAND, &inputs);
    } else if (exit_code == EX_OK) {
        const int64_t now_ms = (int64_t)time(NULL) * 1000;
        const struct lint_options options = {
            .with_roster = true,
            .as_of_day = request->as_of != NULL
                             ? as_of_day
                             : (int32_t)div_floor(city_local_ms(&inputs.city, now_ms), DAY_MS)};
        const struct lint found = lint_ruleset(inputs.set, &options);
        if (strcmp(request->format, "json") == 0) {
            print_json(inputs.set, &found);
        } else {
            print_words(&found, cli_lang(request->lang) == LANG_ZH);
        }
        exit_code = is_failed(&found, level_of(request->fail_level)) ? EX_DATAERR : EX_OK;
    }
    rules_inputs_fini(&inputs);
    return exit_code;
}

static int rules_lint(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"rules", 'r', "DIR", 0, "rule files; default CITY/rules", 0},
        {"format", 'f', "text|json", 0, "default text", 0},
        {"fail-level", 'e', "error|warning|note", 0, "exit 65 from this level on; default error", 0},
        {"as-of", 'd', "DATE", 0, "the day on which legal bases must be in force; default today", 0},
        {"lang", 'L', "zh|en", 0, "language of the headings", 0},
        {0}};
    struct lint_request request = {.format = "text", .fail_level = "error"};
    const struct arguments_slot slots[] = {{'r', &request.rules, NULL},
                                           {'f', &request.format, NULL},
                                           {'e', &request.fail_level, NULL},
                                           {'d', &request.as_of, NULL},
                                           {'L', &request.lang, NULL},
                                           {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS, "CITY",
        "Looks for rules that can never match, contradict, hide or repeat each other, stand on "
        "clauses that are not in force, or that nobody can serve. Conflicts come with an event "
        "that both rules take.\vExit 0: nothing of that level. 65: findings, or files that "
        "cannot be read. 66: no such directory.",
        slots, COUNT_OF(slots), "name a city directory, for example: gridloop rules lint ./qinghe"};
    return arguments_fill(&form, argc, argv) != 0 ? EX_USAGE : lint(&request);
}

int cmd_rules(int argc, char **argv)
{
    static const struct cli_verb VERBS[] = {
        {"lint", rules_lint, "conflicts, gaps and impossible rules, each with an event that shows it"},
        {"explain", rules_explain, "which rules take an event, and which clause of the others says no"},
        {"test", rules_test, "run the tests beside the rules"},
        {"backtest", rules_backtest, "recorded events under old and new rules, and what differs"},
        {"plan", rules_plan, "what would keep its state if these rules took over"},
        {"activate", rules_activate, "have the running engine use the rules of its city"},
        {"import", rules_import, "a catalogue table to classes and rules"},
        {NULL, NULL, NULL}};
    return cli_run_verb("gridloop rules", VERBS, argc, argv);
}
