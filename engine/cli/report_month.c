/* report_month.c: see report_month.h. The CSV writer is here, the HTML writer in report_html.c. */
#include "engine/cli/report_month.h"

#include "engine/cli/history_plans.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* ---- gathering ---- */

static void keep_number(struct report_list *list, const char *number)
{
    list->count++;
    if (list->kept == REPORT_LIST_MAX) {
        return;
    }
    if (list->numbers == NULL) {
        list->numbers = calloc(REPORT_LIST_MAX, sizeof *list->numbers);
        must(list->numbers != NULL);
    }
    (void)snprintf(list->numbers[list->kept++], WORDS_CASE_NO_SIZE, "%s", number);
}

static void count_day(const struct report_month *report, uint32_t *days, int64_t at_ms)
{
    const struct tally_options *options = &report->kpi->options;
    if (at_ms == FACT_ABSENT || at_ms < options->from_ms || at_ms >= options->until_ms) {
        return;
    }
    uint32_t day = (uint32_t)((at_ms - options->from_ms) / DAY_MS);
    days[day < report->day_count ? day : report->day_count - 1]++;
}

static void see(void *context, const struct formula_facts *facts, bool is_order)
{
    struct report_month *report = context;
    for (size_t i = 0; i < REPORT_OBJECTS; i++) {
        tally_take(report->tallies[i], facts, is_order);
    }
    for (uint32_t c = 0; c < report->kpi->formulas->counter_count; c++) {
        if (facts->texts[FACT_number] != NULL &&
            tally_counts(&report->options[REPORT_CITY], c, facts, is_order)) {
            keep_number(&report->lists[c], facts->texts[FACT_number]);
        }
    }
    if (!is_order) {
        count_day(report, report->opened, facts->numbers[FACT_opened_at]);
        count_day(report, report->closed, facts->numbers[FACT_closed_at]);
    }
}

int report_month_gather(struct kpi *kpi, struct report_month *out_report)
{
    static const struct {
        enum tally_object by;
        uint32_t level;
    } OBJECTS[REPORT_OBJECTS] = {[REPORT_CITY] = {TALLY_CITY, 0},
                                 [REPORT_AREA] = {TALLY_AREA, 1},
                                 [REPORT_DEPARTMENT] = {TALLY_DEPARTMENT, 0},
                                 [REPORT_TEAM] = {TALLY_TEAM, 0}};
    *out_report = (struct report_month){.kpi = kpi};
    int64_t days = (kpi->options.until_ms - kpi->options.from_ms + DAY_MS - 1) / DAY_MS;
    out_report->day_count = (uint32_t)(days < REPORT_DAYS_MAX ? days : REPORT_DAYS_MAX);
    out_report->is_whole = kpi->reached_ms >= kpi->options.until_ms;
    (void)kpi_instant(kpi, kpi->reached_ms, out_report->made_at, sizeof out_report->made_at);
    for (size_t i = 0; i < REPORT_OBJECTS; i++) {
        out_report->options[i] = kpi->options;
        out_report->options[i].by = OBJECTS[i].by;
        out_report->options[i].level = OBJECTS[i].level;
        out_report->tallies[i] = tally_new(&out_report->options[i]);
    }
    int code = kpi_walk(kpi, see, out_report);
    for (size_t i = 0; i < REPORT_OBJECTS; i++) {
        tally_settle(out_report->tallies[i]);
    }
    if (code != EX_OK) {
        report_month_free(out_report);
    }
    return code;
}

void report_month_free(struct report_month *report)
{
    for (size_t i = 0; i < REPORT_OBJECTS; i++) {
        tally_free(report->tallies[i]);
    }
    for (uint32_t c = 0; c < FORMULAS_MAX; c++) {
        free(report->lists[c].numbers);
    }
}

/* ---- CSV ---- */

/* RFC 4180: quoted always; a sign that a spreadsheet would run is defused. */
static void put_cell(FILE *out, const char *text, bool is_last)
{
    (void)fputc('"', out);
    if (text[0] == '=' || text[0] == '+' || text[0] == '@') {
        (void)fputc('\'', out);
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)fputc('"', out);
        }
        (void)fputc(*text, out);
    }
    (void)fputs(is_last ? "\"\r\n" : "\",", out);
}

struct csv_row {
    const char *object_kind, *object, *name;
    const char *kind, *key;
    const struct formula_label *label;
    char raw[32], exempted[32];
};

static void put_row(const struct report_month *report, FILE *out, const struct csv_row *row)
{
    const struct kpi *kpi = report->kpi;
    const char *cells[] = {kpi->from_day,    kpi->until_day, kpi->formulas->version,
                           row->object_kind, row->object,    row->name,
                           row->kind,        row->key,       row->label->zh,
                           row->label->en,   row->raw,       row->exempted};
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        put_cell(out, cells[i], i + 1 == COUNT_OF(cells));
    }
}

/* "" is n/a: an empty cell adds up to nothing in a spreadsheet. */
static void print_value(struct formula_value value, char *out, size_t out_size)
{
    out[0] = '\0';
    if (!value.is_absent) {
        (void)snprintf(out, out_size, "%.4f", value.number);
    }
}

static void put_durations(const struct report_month *report, FILE *out, struct csv_row *row,
                          const struct tally *tally, uint32_t at)
{
    const struct formulas *formulas = report->kpi->formulas;
    for (uint32_t i = 0; i < formulas->duration_count; i++) {
        const struct tally_duration raw = tally_duration(tally, at, i, false);
        const struct tally_duration exempted = tally_duration(tally, at, i, true);
        const struct {
            const char *kind;
            int64_t raw_ms, exempted_ms;
        } STATISTICS[] = {{"mean_s", raw.mean_ms, exempted.mean_ms},
                          {"p50_s", raw.p50_ms, exempted.p50_ms},
                          {"p90_s", raw.p90_ms, exempted.p90_ms},
                          {"p99_s", raw.p99_ms, exempted.p99_ms}};
        for (size_t s = 0; s < COUNT_OF(STATISTICS); s++) {
            row->kind = STATISTICS[s].kind;
            row->key = formulas->durations[i].name;
            row->label = &formulas->durations[i].label;
            print_value((struct formula_value){.is_absent = raw.count == 0,
                                               .number = (double)STATISTICS[s].raw_ms / 1000},
                        row->raw, sizeof row->raw);
            print_value((struct formula_value){.is_absent = exempted.count == 0,
                                               .number = (double)STATISTICS[s].exempted_ms / 1000},
                        row->exempted, sizeof row->exempted);
            put_row(report, out, row);
        }
    }
}

static void put_object(const struct report_month *report, FILE *out, struct csv_row *row,
                       const struct tally *tally, uint32_t at)
{
    const struct formulas *formulas = report->kpi->formulas;
    for (uint32_t i = 0; i < formulas->index_count; i++) {
        row->kind = "index";
        row->key = formulas->indices[i].name;
        row->label = &formulas->indices[i].label;
        print_value(tally_index(tally, at, i, false), row->raw, sizeof row->raw);
        print_value(tally_index(tally, at, i, true), row->exempted, sizeof row->exempted);
        put_row(report, out, row);
    }
    for (uint32_t i = 0; i < formulas->counter_count; i++) {
        row->kind = "counter";
        row->key = formulas->counters[i].name;
        row->label = &formulas->counters[i].label;
        print_value((struct formula_value){.number = tally_counter(tally, at, i, false)}, row->raw,
                    sizeof row->raw);
        print_value((struct formula_value){.number = tally_counter(tally, at, i, true)},
                    row->exempted, sizeof row->exempted);
        put_row(report, out, row);
    }
    put_durations(report, out, row, tally, at);
}

static uint32_t put_plan_counts(const struct report_month *report, FILE *out,
                                const struct history_rows *rows)
{
    static const char *const COUNTS[] = {"total",   "in_time",   "overdue", "done",
                                         "started", "cancelled", "failed"};
    const struct formula_label label = {.zh = history_rows_text(rows, "title_zh"),
                                        .en = history_rows_text(rows, "title_en")};
    struct csv_row row = {.object_kind = "plan",
                          .object = history_rows_text(rows, "number"),
                          .name = history_rows_text(rows, "plan"),
                          .kind = history_rows_int(rows, "is_drill") != 0 ? "drill" : "plan",
                          .label = &label};
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++) {
        row.key = COUNTS[i];
        print_value((struct formula_value){.number = (double)history_rows_int(rows, COUNTS[i])},
                    row.raw, sizeof row.raw);
        (void)snprintf(row.exempted, sizeof row.exempted, "%s", row.raw);
        put_row(report, out, &row);
    }
    return 1;
}

/* A row for each plan and number, then how many reports came late. */
static bool put_plans(const struct report_month *report, FILE *out)
{
    const struct tally_options *span = &report->kpi->options;
    const struct formula_label label = {.zh = "迟报", .en = "reported late"};
    struct history_rows rows = {.stmt = NULL};
    struct history_fault fault;
    uint32_t plans = 0, late = 0;
    enum err err = report->kpi->db == NULL ? ERR_NOT_FOUND
                                           : history_plans_read(report->kpi->db, span->from_ms,
                                                                span->until_ms, &rows, &fault);
    while (err == ERR_OK && history_rows_next(&rows, &err, &fault)) {
        plans += put_plan_counts(report, out, &rows);
    }
    history_rows_end(&rows);
    if (err == ERR_OK) {
        err = history_plans_late(report->kpi->db, span->from_ms, span->until_ms, &rows, &fault);
    }
    while (err == ERR_OK && history_rows_next(&rows, &err, &fault)) {
        late++;
    }
    history_rows_end(&rows);
    if (err == ERR_OK && plans + late > 0) {
        struct csv_row row = {.object_kind = "city",
                              .object = "",
                              .name = report->kpi->city_zh,
                              .kind = "plan",
                              .key = "late_reports",
                              .label = &label};
        print_value((struct formula_value){.number = late}, row.raw, sizeof row.raw);
        print_value((struct formula_value){.number = late}, row.exempted, sizeof row.exempted);
        put_row(report, out, &row);
    }
    return err == ERR_OK || report->kpi->db == NULL;
}

bool report_csv_write(const struct report_month *report, FILE *out)
{
    static const char *const KINDS[REPORT_OBJECTS] = {"city", "area", "department", "team"};
    char name[256];
    (void)fputs(
        "from,to,formulas,object_kind,object,object_name,kind,key,name_zh,name_en,raw,exempted\r\n",
        out);
    for (size_t i = 0; i < REPORT_OBJECTS; i++) {
        const struct tally *tally = report->tallies[i];
        for (uint32_t at = i == REPORT_CITY ? 0 : 1; at < tally_row_count(tally); at++) {
            const char *key = tally_row_key(tally, at);
            struct csv_row row = {.object_kind = KINDS[i], .object = key};
            row.name = i == REPORT_CITY ? report->kpi->city_zh
                                        : kpi_name(report->kpi, &report->options[i], key, LANG_ZH,
                                                   name, sizeof name);
            put_object(report, out, &row, tally, at);
        }
    }
    return put_plans(report, out) && fflush(out) == 0 && ferror(out) == 0;
}
