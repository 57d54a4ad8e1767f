/* rules_backtest.c: see rules_backtest.h. Two runs of the simulator on one trace, then the difference and the expectations. */
#include "engine/cli/rules_backtest.h"

#include "engine/cli/arguments.h"
#include "engine/cli/backtest_indices.h"
#include "engine/cli/cli.h"
#include "engine/cli/log_events.h"
#include "engine/cli/progress.h"
#include "engine/cli/rules_inputs.h"
#include "rules/compile.h"
#include "rules/read.h"
#include "sim/backtest.h"
#include "sim/compare_truth.h"
#include "sim/scratch.h"
#include "sim/virtual_disk.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define COMMAND "gridloop rules backtest"
#define EXPECT_SIZE_MAX ((size_t)1024 * 1024)

struct backtest_request {
    const char *city, *rules, *against, *corpus, *log, *expect, *report, *lang;
    uint64_t seed;
    bool has_indices;
};

/* One rule set compiled, and its run. */
struct backtest_run {
    void *bytes;
    size_t size;
    struct run *run;
    struct virtual_disk *log; /* NULL: not kept */
    struct disk log_calls;
};

struct backtest_inputs {
    struct rules_inputs read; /* the new rules: their set knows the names in expectations */
    struct agent_rates *rates;
    struct backtest_run before, after;
    struct scratch trace;            /* made of a log */
    struct log_events_counts counts; /* of that log */
    struct log_last_rules recorded;
};

static void inputs_fini(struct backtest_inputs *inputs)
{
    run_free(inputs->before.run);
    run_free(inputs->after.run);
    virtual_disk_free(inputs->before.log);
    virtual_disk_free(inputs->after.log);
    free(inputs->before.bytes);
    free(inputs->after.bytes);
    free(inputs->rates);
    free(inputs->recorded.bytes);
    scratch_remove(&inputs->trace);
    rules_inputs_fini(&inputs->read);
}

static enum err inputs_init(const struct backtest_request *request, const char *against,
                            struct backtest_inputs *inputs)
{
    char path[RULES_PATH_SIZE];
    struct rules_inputs *read = &inputs->read;
    inputs->rates = malloc(sizeof *inputs->rates);
    must(inputs->rates != NULL);
    *inputs->rates = agent_rates_default();
    (void)snprintf(path, sizeof path, "%s/sim.yaml", request->city);
    enum err err = agent_rates_load(path, inputs->rates, read->problems);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    err = rules_inputs_read(read, request->city);
    if (err == ERR_OK) {
        err = rules_compile(read->rules, &read->city, read->problems, &inputs->after.bytes,
                            &inputs->after.size);
    }
    /* What a log was decided by is at hand; it fits if the city is still the same. */
    const bool is_recorded = request->against == NULL && inputs->recorded.bytes != NULL &&
                             hash128_is_equal(inputs->recorded.city, read->city.image.digest);
    if (err == ERR_OK && is_recorded) {
        inputs->before.bytes = inputs->recorded.bytes;
        inputs->before.size = inputs->recorded.size;
        inputs->recorded.bytes = NULL;
    } else if (err == ERR_OK) {
        if (inputs->recorded.bytes != NULL && request->against == NULL) {
            (void)fprintf(
                stderr,
                COMMAND
                ": the city has changed since this log; %s stands for the rules of before\n",
                against);
        }
        err = rules_compile(against, &read->city, read->problems, &inputs->before.bytes,
                            &inputs->before.size);
    }
    return err;
}

/* A log as a trace beside other temporary files. */
static int read_log(const struct backtest_request *request, struct backtest_inputs *inputs)
{
    if (scratch_make_file(&inputs->trace, "log") != ERR_OK) {
        return cli_no_scratch(COMMAND);
    }
    const int exit_code = log_events_write(COMMAND, request->log, inputs->trace.path,
                                           &inputs->counts, &inputs->recorded);
    if (exit_code == EX_OK && inputs->counts.written == 0) {
        (void)fprintf(stderr,
                      COMMAND ": the log in %s has no events that can be played again (exit %d)\n",
                      request->log, EX_NOINPUT);
        return EX_NOINPUT;
    }
    return exit_code;
}

/* What is not in a log, or not by itself. */
static const struct lost_row {
    const char *json, *en, *zh;
    size_t offset;
} LOST[] = {
    {"acts", "acts of people: simulated people act in their place", "人员操作：改由模拟人员进行",
     offsetof(struct log_events_counts, acts)},
    {"by_persons", "events reported by persons, left out", "人员上报的事件，未重放",
     offsetof(struct log_events_counts, by_persons)},
    {"unknown_types", "events of types that no rule declared then: their names were not kept",
     "当时规则未声明类型的事件：类型名未留存", offsetof(struct log_events_counts, unknown_types)},
    {"refused", "events refused before a rule saw them", "规则之前即被拒收的事件",
     offsetof(struct log_events_counts, refused)},
    {"contacts", "contacts of reporters, left out", "上报人联系方式，未重放",
     offsetof(struct log_events_counts, contacts)},
    {"redacted_entries", "entries without the positions of people any more (positions: none)",
     "条目中人员定位已清除（positions: none）", offsetof(struct log_events_counts, redacted)}};

static uint64_t lost_count(const struct log_events_counts *counts, const struct lost_row *row)
{
    uint64_t value = 0;
    memcpy(&value, (const char *)counts + row->offset, sizeof value);
    return value;
}

static void print_lost(const struct log_events_counts *counts, bool is_chinese)
{
    (void)printf(is_chinese
                     ? "取自日志：%" PRIu64 " 个事件，重放 %" PRIu64 " 个，自第 %" PRIu64 " 条起\n"
                     : "from the log: %" PRIu64 " events, %" PRIu64 " played, from entry %" PRIu64
                       " on\n",
                 counts->events, counts->written, counts->first_position);
    for (size_t i = 0; i < COUNT_OF(LOST); i++) {
        if (lost_count(counts, &LOST[i]) > 0) {
            (void)printf("  %8" PRIu64 "  %s\n", lost_count(counts, &LOST[i]),
                         is_chinese ? LOST[i].zh : LOST[i].en);
        }
    }
}

/* Fields and types that only the new rules know: no log of the time has them. */
static json_t *new_fields(const struct backtest_inputs *inputs)
{
    json_t *out = json_array();
    const struct policy *old = run_policy(inputs->before.run);
    const struct ruleset *set = inputs->read.set;
    for (uint32_t i = 0; i < set->field_count; i++) {
        bool is_known = set->fields[i]->is_builtin;
        for (uint32_t k = 0; k < old->field_count && !is_known; k++) {
            const struct image_string name = old->fields[k].name;
            is_known = name.size == strlen(set->fields[i]->name) &&
                       memcmp(policy_text(old, name), set->fields[i]->name, name.size) == 0;
        }
        if (!is_known) {
            (void)json_array_append_new(out, json_string(set->fields[i]->name));
        }
    }
    return out;
}

static void print_new_fields(json_t *fields, bool is_chinese)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        (void)printf(
            "%s%s",
            i == 0
                ? (is_chinese
                       ? "日志中没有的字段（仅新规则声明）："
                       : "fields that only the new rules declare, so no recorded event has them: ")
                : ", ",
            json_string_value(json_array_get(fields, i)));
    }
    if (json_array_size(fields) > 0) {
        (void)printf("\n");
    }
}

static enum err play(const struct backtest_request *request, struct backtest_inputs *inputs,
                     struct backtest_run *side, const char *what)
{
    struct trace_reader *trace = NULL;
    enum err err = trace_reader_open(request->log != NULL ? inputs->trace.path : request->corpus,
                                     inputs->read.problems, &trace);
    if (err != ERR_OK) {
        return err;
    }
    struct progress progress;
    progress_begin(&progress, what, NULL);
    struct run_options options = run_options_default();
    options.city_bytes = inputs->read.city_bytes;
    options.city_size = inputs->read.city_size;
    options.policy_bytes = side->bytes;
    options.policy_size = side->size;
    options.trace = trace;
    options.rates = inputs->rates;
    options.seed = request->seed;
    options.drain_ms = DAY_MS;
    options.keep_records = true;
    if (request->has_indices) {
        side->log = virtual_disk_new();
        must(side->log != NULL);
        side->log_calls = virtual_disk_calls(side->log);
        options.disk = &side->log_calls;
    }
    err = run_new(&options, &side->run);
    err = err == ERR_OK ? run_play(side->run) : err;
    progress_end(&progress);
    trace_reader_close(trace);
    return err;
}

/* ---- expectations ---- */

/* What is read of a file of expectations, with what it is held against. */
struct judge {
    struct loader loader;
    const struct backtest *backtest;
    const struct truth_result *truth;
    const struct backtest_indices *indices; /* NULL: not asked for */
    bool is_chinese;
    uint32_t passed, failed;
};

enum metric {
    METRIC_CASES,
    METRIC_MERGE,
    METRIC_MISS,
    METRIC_PRECISION,
    METRIC_RECALL,
    METRIC_INDEX
};

#define NO_VALUE INT64_MIN /* n/a */

static int64_t ratio(uint64_t part, uint64_t whole)
{
    return whole == 0 ? NO_VALUE : (int64_t)(part * (uint64_t)MICRO / whole);
}

static bool read_limit_of(const struct judge *judge, const struct tree_node *map, const char *key,
                          int64_t *out_value, bool *out_is_given)
{
    const struct tree_node *node = read_find(map, key);
    *out_is_given = node != NULL;
    if (node == NULL || (node->kind == TREE_TEXT && read_millionths(node->text, out_value))) {
        return true;
    }
    read_report(&judge->loader, node, "L003", "%s must be a number", key);
    return false;
}

/* An index of the whole city, in its own unit. */
static bool measure_index(const struct judge *judge, const struct tree_node *row,
                          int64_t *out_value)
{
    const struct tree_node *index = read_find(row, "index");
    const char *name = NULL, *nearest = NULL;
    struct formula_value value;
    if (index == NULL || judge->indices == NULL) {
        read_report(&judge->loader, row, "L004", "%s",
                    index == NULL ? "an expectation of an index names it: index: close_rate"
                                  : "indices are computed with --indices only");
        return false;
    }
    if (!read_text(&judge->loader, index, "index", &name)) {
        return false;
    }
    if (!backtest_indices_find(judge->indices, name, &value, &nearest)) {
        read_report(&judge->loader, index, "L016", "no index \"%s\"%s%s", name,
                    nearest != NULL ? "; nearest: " : "", nearest != NULL ? nearest : "");
        return false;
    }
    *out_value = value.is_absent ? NO_VALUE : (int64_t)llround(value.number * (double)MICRO);
    return true;
}

/* The figure a row is about, in millionths, or NO_VALUE. */
static bool measure(const struct judge *judge, const struct tree_node *row, enum metric metric,
                    int64_t *out_value)
{
    const struct tree_node *rule = read_find(row, "rule");
    const struct tree_node *owner = read_find(row, "owner");
    const struct truth_result *truth = judge->truth;
    struct backtest_load load = {.cases = 0};
    const char *id = NULL;
    uint32_t department = 0;
    if (metric == METRIC_INDEX) {
        return measure_index(judge, row, out_value);
    }
    if (rule == NULL && (metric == METRIC_PRECISION || metric == METRIC_RECALL)) {
        *out_value = metric == METRIC_PRECISION
                         ? ratio(truth->pairs_right, truth->pairs_together)
                         : ratio(truth->pairs_right, truth->pairs_of_one_incident);
        return true;
    }
    if (rule != NULL) {
        if (!read_text(&judge->loader, rule, "rule", &id) ||
            ruleset_find_rule(judge->loader.set, id) == NULL) {
            read_report(&judge->loader, rule, "L016", "no rule \"%s\" in the new rules",
                        id == NULL ? "?" : id);
            return false;
        }
        load = backtest_rule(judge->backtest, id);
        if (metric == METRIC_PRECISION || metric == METRIC_RECALL) {
            const struct rule_score score = backtest_score(judge->backtest, id);
            *out_value = metric == METRIC_PRECISION
                             ? ratio(score.cases_true, score.cases_known)
                             : ratio(score.incidents_reached, score.incidents);
            return true;
        }
        if (metric == METRIC_MISS && backtest_is_shadow(judge->backtest, id)) {
            *out_value = NO_VALUE; /* nobody was asked to handle what it would have opened */
            return true;
        }
    } else if (owner != NULL) {
        if (!read_name(&judge->loader, owner, REF_DEPARTMENT, &department)) {
            return false;
        }
        load = backtest_department(judge->backtest, department);
    } else {
        read_report(&judge->loader, row, "L004", "an expectation names a rule or an owner");
        return false;
    }
    *out_value = metric == METRIC_CASES   ? (int64_t)load.cases * MICRO
                 : metric == METRIC_MERGE ? ratio(load.events - load.cases, load.events)
                                          : ratio(load.missed, load.cases);
    return true;
}

static void judge_row(struct judge *judge, const struct tree_node *row)
{
    static const struct key_spec KEYS[] = {{"rule", KEY_KNOWN},     {"owner", KEY_KNOWN},
                                           {"index", KEY_KNOWN},    {"metric", KEY_KNOWN},
                                           {"at_least", KEY_KNOWN}, {"at_most", KEY_KNOWN},
                                           {"exactly", KEY_KNOWN}};
    static const struct word_spec METRICS[] = {
        {"cases", METRIC_CASES},        {"merge_ratio", METRIC_MERGE},
        {"sla_miss_rate", METRIC_MISS}, {"precision", METRIC_PRECISION},
        {"recall", METRIC_RECALL},      {"index", METRIC_INDEX}};
    const struct tree_node *metric_node = NULL;
    uint32_t metric = METRIC_CASES;
    int64_t low = 0, high = 0, exact = 0, value = 0;
    bool has_low = false, has_high = false, has_exact = false;
    if (!read_check_map(&judge->loader, row, "an expectation", KEYS, COUNT_OF(KEYS)) ||
        ((metric_node = read_find(row, "metric")) != NULL &&
         !read_word(&judge->loader, metric_node, "metric", METRICS, COUNT_OF(METRICS), &metric)) ||
        !read_limit_of(judge, row, "at_least", &low, &has_low) ||
        !read_limit_of(judge, row, "at_most", &high, &has_high) ||
        !read_limit_of(judge, row, "exactly", &exact, &has_exact) ||
        !measure(judge, row, (enum metric)metric, &value)) {
        return;
    }
    const bool is_good = value != NO_VALUE && (!has_low || value >= low) &&
                         (!has_high || value <= high) && (!has_exact || value == exact);
    judge->passed += is_good ? 1 : 0;
    judge->failed += is_good ? 0 : 1;
    if (is_good) {
        return;
    }
    if (value == NO_VALUE) {
        (void)printf(judge->is_chinese ? "未达预期 %s:%d：无可计算的数据\n"
                                       : "NOT MET %s:%d: n/a, nothing to count\n",
                     row->file, row->line);
    } else {
        const int64_t size = value < 0 ? -value : value;
        (void)printf(judge->is_chinese ? "未达预期 %s:%d：实为 %s%" PRId64 ".%06" PRId64 "\n"
                                       : "NOT MET %s:%d: was %s%" PRId64 ".%06" PRId64 "\n",
                     row->file, row->line, value < 0 ? "-" : "", size / MICRO, size % MICRO);
    }
}

/* Rules that opened cases and that no expectation names. */
static void judge_unexpected(struct judge *judge, const struct tree_node *rows, bool is_failure)
{
    const struct ruleset *set = judge->loader.set;
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const char *id = set->rules[i]->id;
        bool is_named = backtest_is_shadow(judge->backtest, id) ||
                        backtest_rule(judge->backtest, id).cases == 0;
        for (uint32_t k = 0; k < read_list_count(rows); k++) {
            const struct tree_node *rule = read_find(read_list_item(rows, k), "rule");
            is_named = is_named ||
                       (rule != NULL && rule->kind == TREE_TEXT && strcmp(rule->text, id) == 0);
        }
        if (!is_named) {
            judge->failed += is_failure ? 1 : 0;
            (void)printf(judge->is_chinese ? "%s 有案件，但未列入预期\n"
                                           : "%s opened cases and is not expected to\n",
                         id);
        }
    }
}

static void judge_file(struct judge *judge, const struct tree_node *root)
{
    static const struct key_spec KEYS[] = {{"unexpected", KEY_KNOWN}, {"expect", KEY_REQUIRED}};
    static const struct word_spec UNEXPECTED[] = {{"ignore", 0}, {"warn", 1}, {"fail", 2}};
    uint32_t unexpected = 0;
    const struct tree_node *value = NULL;
    if (!read_check_map(&judge->loader, root, "a file of expectations", KEYS, COUNT_OF(KEYS)) ||
        ((value = read_find(root, "unexpected")) != NULL &&
         !read_word(&judge->loader, value, "unexpected", UNEXPECTED, COUNT_OF(UNEXPECTED),
                    &unexpected))) {
        return;
    }
    const struct tree_node *rows = read_find(root, "expect");
    for (uint32_t i = 0; i < read_list_count(rows); i++) {
        judge_row(judge, read_list_item(rows, i));
    }
    if (unexpected > 0) {
        judge_unexpected(judge, rows, unexpected == 2);
    }
}

/* Exit code of the expectations; EX_OK without any. */
static int judge_all(const struct backtest_request *request, struct backtest_inputs *inputs,
                     const struct backtest *backtest, const struct backtest_indices *indices)
{
    if (request->expect == NULL) {
        return EX_OK;
    }
    FILE *file = fopen(request->expect, "rb");
    if (file == NULL) {
        (void)cli_has_input(COMMAND, request->expect);
        return EX_NOINPUT;
    }
    struct arena *arena = inputs->read.set->arena;
    char *bytes = arena_take(arena, EXPECT_SIZE_MAX + 1);
    const size_t size = fread(bytes, 1, EXPECT_SIZE_MAX, file);
    (void)fclose(file);
    struct truth_result *truth = arena_take(arena, sizeof *truth);
    compare_truth_make(truth, inputs->after.run);
    struct judge judge = {.loader = {arena, inputs->read.problems,
                                     refs_new(arena, &inputs->read.city), inputs->read.set},
                          .backtest = backtest,
                          .truth = truth,
                          .indices = request->has_indices ? indices : NULL,
                          .is_chinese = cli_lang(request->lang) == LANG_ZH};
    const struct tree_node *root =
        tree_parse(arena, inputs->read.problems, request->expect, bytes, size);
    if (root != NULL) {
        judge_file(&judge, root);
    }
    if (problems_error_count(inputs->read.problems) > 0) {
        problems_print(inputs->read.problems, stdout);
        return EX_DATAERR;
    }
    (void)printf("%u passed, %u failed\n", judge.passed, judge.failed);
    return judge.failed > 0 ? 1 : EX_OK;
}

/* ---- all of it ---- */

static int write_report(const struct backtest_request *request,
                        const struct backtest_inputs *inputs, const struct backtest *backtest,
                        const struct backtest_indices *indices)
{
    json_t *root = backtest_to_json(backtest);
    if (request->has_indices) {
        (void)json_object_set_new(root, "indices", backtest_indices_to_json(indices));
    }
    if (request->log != NULL) {
        json_t *lost =
            json_pack("{s:I, s:I, s:o}", "events", (json_int_t)inputs->counts.events, "played",
                      (json_int_t)inputs->counts.written, "new_fields", new_fields(inputs));
        for (size_t i = 0; i < COUNT_OF(LOST); i++) {
            (void)json_object_set_new(
                lost, LOST[i].json,
                json_integer((json_int_t)lost_count(&inputs->counts, &LOST[i])));
        }
        (void)json_object_set_new(root, "log", lost);
    }
    const int failed = json_dump_file(root, request->report, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(root);
    if (failed != 0) {
        (void)fprintf(stderr, COMMAND ": %s cannot be written (exit %d)\n", request->report,
                      EX_CANTCREAT);
    }
    return failed != 0 ? EX_CANTCREAT : EX_OK;
}

/* Both runs are done: what differs, in words, in the report, and against what is expected. */
static int tell(const struct backtest_request *request, struct backtest_inputs *inputs)
{
    struct backtest difference;
    struct backtest_indices indices = {.histories = {""}};
    const enum lang lang = cli_lang(request->lang);
    const struct backtest_log logs[BACKTEST_SIDES] = {
        [BACKTEST_BEFORE] = {inputs->before.run, &inputs->before.log_calls},
        [BACKTEST_NOW] = {inputs->after.run, &inputs->after.log_calls}};
    backtest_make(&difference, inputs->before.run, inputs->after.run);
    backtest_print(&difference, lang, stdout);
    if (request->log != NULL) {
        json_t *fields = new_fields(inputs);
        print_lost(&inputs->counts, lang == LANG_ZH);
        print_new_fields(fields, lang == LANG_ZH);
        json_decref(fields);
    }
    int exit_code = EX_OK;
    if (request->has_indices) {
        exit_code = backtest_indices_make(request->city, logs, &indices);
        if (exit_code == EX_OK) {
            backtest_indices_print(&indices, lang);
        }
    }
    if (exit_code == EX_OK && request->report != NULL) {
        exit_code = write_report(request, inputs, &difference, &indices);
    }
    exit_code = exit_code == EX_OK ? judge_all(request, inputs, &difference, &indices) : exit_code;
    backtest_indices_fini(&indices);
    backtest_fini(&difference);
    return exit_code;
}

static int backtest(const struct backtest_request *request)
{
    struct backtest_inputs inputs = {.before.bytes = NULL};
    struct rules_inputs before;
    int exit_code = rules_inputs_find(COMMAND, request->city, request->against, &before);
    exit_code = exit_code == EX_OK
                    ? rules_inputs_find(COMMAND, request->city, request->rules, &inputs.read)
                    : exit_code;
    if (exit_code == EX_OK) {
        exit_code = request->log != NULL                      ? read_log(request, &inputs)
                    : cli_has_input(COMMAND, request->corpus) ? EX_OK
                                                              : EX_NOINPUT;
    }
    if (exit_code != EX_OK) {
        rules_inputs_fini(&before);
        inputs_fini(&inputs);
        return exit_code;
    }
    enum err err = inputs_init(request, before.rules, &inputs);
    err = err == ERR_OK ? play(request, &inputs, &inputs.before, "the rules before") : err;
    err = err == ERR_OK ? play(request, &inputs, &inputs.after, "the new rules") : err;
    if (err != ERR_OK) {
        problems_print(inputs.read.problems, stdout);
        (void)fprintf(stderr, COMMAND ": %s\n", words_err(err));
        exit_code = cli_exit_of(err);
    } else {
        exit_code = tell(request, &inputs);
    }
    rules_inputs_fini(&before);
    inputs_fini(&inputs);
    return exit_code;
}

int rules_backtest(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"rules", 'r', "DIR", 0, "the new rules", 0},
        {"against", 'a', "DIR", 0, "the rules before; default CITY/rules", 0},
        {"corpus", 'c', "FILE", 0, "recorded events, a trace", 0},
        {"log", 'l', "DIR", 0,
         "or those of an engine's log: its data directory, with the rules of its time as those "
         "before",
         0},
        {"expect", 'e', "FILE", 0, "what must hold under the new rules", 0},
        {"report", 'o', "FILE", 0, "write everything as JSON", 0},
        {"indices", 'i', NULL, 0, "compute the indices of both too (docs/indices.md)", 0},
        {"seed", 's', "N", 0, "of the simulated people (default 1)", 0},
        {"lang", 'L', "zh|en", 0, "language", 0},
        {0}};
    struct backtest_request request = {.seed = 1};
    const char *seed = "1";
    const struct arguments_slot slots[] = {
        {'r', &request.rules, NULL},       {'a', &request.against, NULL},
        {'c', &request.corpus, NULL},      {'l', &request.log, NULL},
        {'e', &request.expect, NULL},      {'o', &request.report, NULL},
        {'L', &request.lang, NULL},        {'s', &seed, NULL},
        {'i', NULL, &request.has_indices}, {ARGUMENTS_WORD, &request.city, NULL}};
    const struct arguments_form form = {
        OPTIONS,
        "CITY",
        "Plays recorded events twice, under the rules of before and under new ones, with the same "
        "simulated people, and shows what differs: cases, owners, handlers, clocks.\vExit 0: done "
        "and "
        "all expectations hold. 1: some do not. 65: rules, events or expectations that cannot be "
        "read.",
        slots,
        COUNT_OF(slots),
        "name a city, new rules and events, of a trace or of a log: gridloop rules backtest "
        "./qinghe --rules ./new --corpus "
        "day.ndjson"};
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    if (request.rules == NULL || (request.corpus == NULL) == (request.log == NULL)) {
        (void)fprintf(stderr, COMMAND ": %s (exit %d)\n", form.needs, EX_USAGE);
        return EX_USAGE;
    }
    request.seed = strtoull(seed, NULL, 10);
    return backtest(&request);
}
