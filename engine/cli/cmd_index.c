/* cmd_index.c: `gridloop index [NAME]`: indices of a month with their counter-indices, raw and exempted, and the cases
 * behind a number. */
#include "engine/cli/arguments.h"
#include "engine/cli/cli.h"
#include "engine/cli/kpi.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

struct index_command {
    struct kpi_asked asked;
    const char *name;
    const char *lang;
    bool is_json;
    bool wants_cases;
};

/* ---- numbers ---- */

static json_t *value_json(struct formula_value value)
{
    return value.is_absent ? json_null() : json_real(value.number);
}

static json_t *index_json(const struct tally *tally, const struct formulas *formulas, uint32_t row,
                          uint32_t at)
{
    const struct formula_index *index = &formulas->indices[at];
    json_t *beside = json_array();
    for (uint32_t i = 0; i < index->beside_count; i++) {
        (void)json_array_append_new(beside, json_string(formulas->indices[index->beside[i]].name));
    }
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:s, s:o}", "name", index->name, "zh", index->label.zh, "en",
        index->label.en, "raw", value_json(tally_index(tally, row, at, false)), "exempted",
        value_json(tally_index(tally, row, at, true)), "formula", index->text, "beside", beside);
}

static json_t *row_json(const struct kpi *kpi, const struct tally *tally, uint32_t row)
{
    const struct formulas *formulas = kpi->formulas;
    json_t *indices = json_object(), *counters = json_object(), *durations = json_object();
    for (uint32_t i = 0; i < formulas->index_count; i++) {
        (void)json_object_set_new(indices, formulas->indices[i].name,
                                  index_json(tally, formulas, row, i));
    }
    for (uint32_t i = 0; i < formulas->counter_count; i++) {
        (void)json_object_set_new(counters, formulas->counters[i].name,
                                  json_pack("{s:f, s:f}", "raw",
                                            tally_counter(tally, row, i, false), "exempted",
                                            tally_counter(tally, row, i, true)));
    }
    for (uint32_t i = 0; i < formulas->duration_count; i++) {
        const struct tally_duration span = tally_duration(tally, row, i, false);
        json_t *object =
            span.count == 0
                ? json_pack("{s:I}", "count", (json_int_t)0)
                : json_pack("{s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)span.count, "mean_ms",
                            (json_int_t)span.mean_ms, "p50_ms", (json_int_t)span.p50_ms, "p90_ms",
                            (json_int_t)span.p90_ms, "p99_ms", (json_int_t)span.p99_ms);
        (void)json_object_set_new(durations, formulas->durations[i].name, object);
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "object", tally_row_key(tally, row), "indices",
                     indices, "counters", counters, "durations", durations);
}

static void print_json(const struct kpi *kpi, const struct tally *tally)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < tally_row_count(tally); i++) {
        (void)json_array_append_new(rows, row_json(kpi, tally, i));
    }
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "version", kpi->formulas->version, "from",
                  kpi->from_day, "to", kpi->until_day, "exempt", (json_int_t)tally_exempt(tally),
                  "implausible", (json_int_t)tally_implausible(tally), "rows", rows);
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)printf("\n");
    json_decref(root);
}

static void print_index(const struct kpi *kpi, const struct tally *tally, uint32_t row, uint32_t at,
                        enum lang lang)
{
    const struct formula_index *index = &kpi->formulas->indices[at];
    char raw[32], exempted[32], beside[32];
    (void)printf(
        "%10s %10s  %-26s %s\n",
        kpi_number(tally_index(tally, row, at, false), index->unit, raw, sizeof raw),
        kpi_number(tally_index(tally, row, at, true), index->unit, exempted, sizeof exempted),
        index->name, kpi_label(&index->label, lang));
    for (uint32_t i = 0; i < index->beside_count; i++) {
        const struct formula_index *other = &kpi->formulas->indices[index->beside[i]];
        (void)printf("%22s  %s %s %s %s\n", "", lang == LANG_ZH ? "  对照" : "  beside",
                     other->name, kpi_label(&other->label, lang),
                     kpi_number(tally_index(tally, row, index->beside[i], false), other->unit,
                                beside, sizeof beside));
    }
}

static void print_durations(const struct kpi *kpi, const struct tally *tally, uint32_t row,
                            enum lang lang)
{
    (void)printf("\n%10s %16s %16s %16s %16s\n", lang == LANG_ZH ? "件数" : "count",
                 lang == LANG_ZH ? "平均" : "mean", "p50", "p90", "p99");
    for (uint32_t i = 0; i < kpi->formulas->duration_count; i++) {
        const struct tally_duration span = tally_duration(tally, row, i, false);
        char mean[32], p50[32], p90[32], p99[32];
        (void)printf("%10llu %16s %16s %16s %16s  %s\n", (unsigned long long)span.count,
                     kpi_span(&span, span.mean_ms, lang, mean, sizeof mean),
                     kpi_span(&span, span.p50_ms, lang, p50, sizeof p50),
                     kpi_span(&span, span.p90_ms, lang, p90, sizeof p90),
                     kpi_span(&span, span.p99_ms, lang, p99, sizeof p99),
                     kpi_label(&kpi->formulas->durations[i].label, lang));
    }
}

static void print_words(const struct kpi *kpi, const struct tally *tally, uint32_t only,
                        enum lang lang)
{
    bool is_zh = lang == LANG_ZH;
    char name[256];
    (void)printf(
        is_zh ? "%s 至 %s  公式版本 %s\n%s：%llu 件\n" : "%s to %s  formulas %s\n%s: %llu cases\n",
        kpi->from_day, kpi->until_day, kpi->formulas->version,
        kpi_label(&kpi->formulas->exempt_label, lang), (unsigned long long)tally_exempt(tally));
    if (tally_implausible(tally) > 0) {
        (void)printf(
            is_zh
                ? "时间倒置 %llu 件，未计入时长\n"
                : "IMPLAUSIBLE: %llu cases end before they begin; no duration is taken from them\n",
            (unsigned long long)tally_implausible(tally));
    }
    for (uint32_t row = 0; row < tally_row_count(tally); row++) {
        const char *key = tally_row_key(tally, row);
        (void)printf("\n%s\n%10s %10s\n",
                     row == 0 ? (is_zh ? "全部" : "everything")
                              : kpi_name(kpi, &kpi->options, key, lang, name, sizeof name),
                     is_zh ? "原始" : "raw", is_zh ? "剔除后" : "exempted");
        for (uint32_t i = 0; i < kpi->formulas->index_count; i++) {
            if (only == NONE32 || only == i) {
                print_index(kpi, tally, row, i, lang);
            }
        }
        if (only == NONE32) {
            print_durations(kpi, tally, row, lang);
        }
    }
}

/* ---- the cases behind a number ---- */

struct drill {
    const struct kpi *kpi;
    bool is_read[FORMULAS_MAX];
    json_t *lists[FORMULAS_MAX];
};

static void see_case(void *context, const struct formula_facts *facts, bool is_order)
{
    struct drill *drill = context;
    const char *number = facts->texts[FACT_number];
    for (uint32_t c = 0; c < drill->kpi->formulas->counter_count; c++) {
        if (drill->is_read[c] && number != NULL &&
            tally_counts(&drill->kpi->options, c, facts, is_order)) {
            const struct formula *exempt = &drill->kpi->formulas->exempt;
            bool is_exempt = exempt->count > 0 && formula_holds(exempt, facts);
            (void)json_array_append_new(drill->lists[c],
                                        json_pack("{s:s, s:s, s:b}", "case", number, "object",
                                                  tally_key(&drill->kpi->options, facts, is_order),
                                                  "exempt", is_exempt));
        }
    }
}

static void print_lists(const struct drill *drill, const struct index_command *command)
{
    enum lang lang = cli_lang(command->lang);
    for (uint32_t c = 0; c < drill->kpi->formulas->counter_count; c++) {
        const struct formula_counter *counter = &drill->kpi->formulas->counters[c];
        size_t at;
        json_t *item;
        if (!drill->is_read[c]) {
            continue;
        }
        (void)printf("%s %s: %zu\n", counter->name, kpi_label(&counter->label, lang),
                     json_array_size(drill->lists[c]));
        json_array_foreach(drill->lists[c], at, item)
        {
            const char *object = json_string_value(json_object_get(item, "object"));
            (void)printf("  %s%s%s%s\n", json_string_value(json_object_get(item, "case")),
                         object[0] != '\0' ? "  " : "", object,
                         json_is_true(json_object_get(item, "exempt"))
                             ? (lang == LANG_ZH ? "  剔除" : "  exempt")
                             : "");
        }
    }
}

static int run_cases(struct kpi *kpi, const struct index_command *command, uint32_t index)
{
    struct drill drill = {.kpi = kpi};
    json_t *root = json_object();
    formulas_mark_counters(kpi->formulas, index, drill.is_read);
    for (uint32_t c = 0; c < kpi->formulas->counter_count; c++) {
        drill.lists[c] = json_array();
    }
    int code = kpi_walk(kpi, see_case, &drill);
    if (code == EX_OK && !command->is_json) {
        print_lists(&drill, command);
    }
    for (uint32_t c = 0; c < kpi->formulas->counter_count; c++) {
        if (drill.is_read[c]) {
            (void)json_object_set(root, kpi->formulas->counters[c].name, drill.lists[c]);
        }
        json_decref(drill.lists[c]);
    }
    if (code == EX_OK && command->is_json) {
        (void)json_dumpf(root, stdout, JSON_INDENT(2));
        (void)printf("\n");
    }
    json_decref(root);
    return code;
}

/* ---- the verb ---- */

static int run(struct kpi *kpi, const struct index_command *command)
{
    uint32_t only = NONE32;
    const char *nearest = NULL;
    if (command->name != NULL) {
        only = formulas_find(kpi->formulas, command->name, &nearest);
        if (only == NONE32) {
            (void)fprintf(stderr,
                          "gridloop index: UNKNOWN_INDEX: there is no index \"%s\"%s%s (exit %d)\n",
                          command->name, nearest != NULL ? "; nearest: " : "",
                          nearest != NULL ? nearest : "; gridloop index lists them", EX_USAGE);
            return EX_USAGE;
        }
    }
    if (command->wants_cases) {
        if (only == NONE32) {
            (void)fprintf(stderr,
                          "gridloop index: --cases lists those of one index: name it (exit %d)\n",
                          EX_USAGE);
            return EX_USAGE;
        }
        return run_cases(kpi, command, only);
    }
    struct tally *tally = NULL;
    int code = kpi_tally(kpi, &kpi->options, &tally);
    if (code != EX_OK) {
        return code;
    }
    if (kpi->cases == 0) {
        (void)fprintf(stderr, "gridloop index: NO_CASES: nothing was reported, due or closed then; "
                              "every index is n/a\n");
    }
    if (command->is_json) {
        print_json(kpi, tally);
    } else {
        print_words(kpi, tally, only, cli_lang(command->lang));
    }
    tally_free(tally);
    return EX_OK;
}

int cmd_index(int argc, char **argv)
{
    static const struct argp_option OPTIONS[] = {
        {"month", 'm', "MONTH", 0, "2026-03; default the month the history ends in", 0},
        {"from", 'f', "DAY", 0, "instead of a month: from this local day", 0},
        {"to", 't', "DAY", 0, "to this one, included", 0},
        {"by", 'B', "OBJECT", 0, "area:0 (cells) to area:5, department, post, team", 0},
        {"cases", 'C', NULL, 0, "list the cases behind the index", 0},
        {"formulas", 'F', "FILE", 0, "an index file; default CITY/kpi.yaml, else the shipped one",
         0},
        {"city", 'c', "DIR", 0, "city directory whose kpi.yaml is used", 0},
        {"facts", 'T', "FILE", 0, "facts of cases from a CSV table instead of a history", 0},
        {"data", 'd', "DIR", 0, "data directory; default that of the last engine started", 0},
        {"db", 'b', "FILE", 0, "a history database by its own name", 0},
        {"lang", 'L', "zh|en", 0, "language; default from LANG", 0},
        {"json", 'j', NULL, 0, "print JSON", 0},
        {0}};
    struct index_command command = {.asked = {.command = "gridloop index"}};
    struct kpi_asked *asked = &command.asked;
    const struct arguments_slot slots[] = {{'d', &asked->data, NULL},
                                           {'b', &asked->database, NULL},
                                           {'c', &asked->city, NULL},
                                           {'F', &asked->formulas, NULL},
                                           {'T', &asked->facts, NULL},
                                           {'m', &asked->month, NULL},
                                           {'f', &asked->from, NULL},
                                           {'t', &asked->until, NULL},
                                           {'B', &asked->by, NULL},
                                           {'L', &command.lang, NULL},
                                           {'j', NULL, &command.is_json},
                                           {'C', NULL, &command.wants_cases},
                                           {ARGUMENTS_WORD, &command.name, NULL}};
    const struct arguments_form form = {OPTIONS,
                                        "[NAME]",
                                        "Indices of a month, each beside what keeps it honest, of "
                                        "all cases and without the exempt ones.",
                                        slots,
                                        COUNT_OF(slots),
                                        NULL};
    struct kpi kpi;
    if (arguments_fill(&form, argc, argv) != 0) {
        return EX_USAGE;
    }
    int code = kpi_open(&command.asked, &kpi);
    if (code == EX_OK) {
        code = run(&kpi, &command);
        kpi_close(&kpi);
    }
    return code;
}
