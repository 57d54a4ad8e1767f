/* backtest_indices.c: see backtest_indices.h. */
#include "engine/cli/backtest_indices.h"

#include "engine/cli/cli.h"
#include "engine/cli/log_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define COMMAND "gridloop rules backtest"

static const char *const FILES[BACKTEST_SIDES] = {"before.db", "now.db"};

/* ---- the histories ---- */

static int step_into(struct log_history *history, const struct backtest_log *log)
{
    struct replay *replay = NULL;
    struct log_fault fault = {0};
    const struct replay_options options = {.disk = log->disk,
                                           .log = log_options_default(),
                                           .limits = *core_limits(node_core(run_node(log->run))),
                                           .watch = log_history_watch(history)};
    enum err err = replay_open(&options, &replay, &fault);
    int code = EX_OK;
    if (err == ERR_OK) {
        code = log_history_follow(history, replay);
        err = code == EX_OK ? replay_follow(replay, UINT64_MAX, &fault) : ERR_OK;
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, COMMAND ": the log of a run cannot be stepped again: %s (exit %d)\n",
                      words_err(err), cli_exit_of(err));
        code = cli_exit_of(err);
    }
    code = code == EX_OK ? log_history_finish(history, LANG_EN) : code;
    replay_close(replay);
    return code;
}

static int write_history(const struct backtest_log *log, const char *path)
{
    struct data_directory data = {.disk.disk = *log->disk, .lock_fd = -1};
    struct log_history history;
    int code = log_history_open(&history, &data, path);
    if (code == EX_OK) {
        history.is_quiet = true;
        code = step_into(&history, log);
        log_history_close(&history);
    }
    return code;
}

/* ---- the period ---- */

/* Local days: the first of the month of the first event, the last of the month in which the later run ends. */
static void period_of(const struct backtest_log logs[BACKTEST_SIDES], char from[KPI_DAY_SIZE],
                      char until[KPI_DAY_SIZE])
{
    const struct city *city = run_city(logs[BACKTEST_BEFORE].run);
    const struct run_numbers a = run_numbers_now(logs[BACKTEST_BEFORE].run);
    const struct run_numbers b = run_numbers_now(logs[BACKTEST_NOW].run);
    const int64_t end_ms = a.end_ms > b.end_ms ? a.end_ms : b.end_ms;
    struct tm day;
    time_t seconds = (time_t)div_floor(city_local_ms(city, a.first_ms), SECOND_MS);
    (void)gmtime_r(&seconds, &day);
    day.tm_mday = 1;
    (void)strftime(from, KPI_DAY_SIZE, "%Y-%m-%d", &day);
    seconds = (time_t)div_floor(city_local_ms(city, end_ms), SECOND_MS);
    (void)gmtime_r(&seconds, &day);
    struct tm last = {.tm_year = day.tm_year, .tm_mon = day.tm_mon + 1, .tm_mday = 0};
    seconds = timegm(&last);
    (void)gmtime_r(&seconds, &last);
    (void)strftime(until, KPI_DAY_SIZE, "%Y-%m-%d", &last);
}

int backtest_indices_make(const char *city, const struct backtest_log logs[BACKTEST_SIDES],
                          struct backtest_indices *indices)
{
    char path[SCRATCH_PATH_SIZE + 16], from[KPI_DAY_SIZE], until[KPI_DAY_SIZE];
    int code = EX_OK;
    *indices = (struct backtest_indices){.histories = {""}};
    if (scratch_make_directory(&indices->histories, "indices") != ERR_OK) {
        return cli_no_scratch(COMMAND);
    }
    period_of(logs, from, until);
    for (int side = 0; side < BACKTEST_SIDES && code == EX_OK; side++) {
        (void)snprintf(path, sizeof path, "%s/%s", indices->histories.path, FILES[side]);
        const struct kpi_asked asked = {
            .command = COMMAND, .database = path, .city = city, .from = from, .until = until};
        struct kpi *kpi = &indices->kpi[side];
        code = write_history(&logs[side], path);
        code = code == EX_OK ? kpi_open(&asked, kpi) : code;
        code = code == EX_OK ? kpi_tally(kpi, &kpi->options, &indices->tally[side]) : code;
    }
    return code;
}

void backtest_indices_fini(struct backtest_indices *indices)
{
    for (int side = 0; side < BACKTEST_SIDES; side++) {
        tally_free(indices->tally[side]);
        kpi_close(&indices->kpi[side]);
    }
    scratch_remove(&indices->histories);
    *indices = (struct backtest_indices){.histories = {""}};
}

/* ---- what differs ---- */

static struct formula_value value_of(const struct backtest_indices *indices, int side, uint32_t at,
                                     bool is_exempted)
{
    return tally_index(indices->tally[side], 0, at, is_exempted);
}

static bool differs(const struct backtest_indices *indices, uint32_t at)
{
    for (int is_exempted = 0; is_exempted < 2; is_exempted++) {
        const struct formula_value a = value_of(indices, BACKTEST_BEFORE, at, is_exempted != 0);
        const struct formula_value b = value_of(indices, BACKTEST_NOW, at, is_exempted != 0);
        if (a.is_absent != b.is_absent ||
            (!a.is_absent && (a.number < b.number || a.number > b.number))) {
            return true;
        }
    }
    return false;
}

static void print_values(const struct backtest_indices *indices, uint32_t at)
{
    const enum formula_unit unit = indices->kpi[BACKTEST_NOW].formulas->indices[at].unit;
    char text[32];
    for (int column = 0; column < 4; column++) {
        const struct formula_value value = value_of(indices, column % 2, at, column / 2 != 0);
        (void)printf(" %11s", kpi_number(value, unit, text, sizeof text));
    }
}

void backtest_indices_print(const struct backtest_indices *indices, enum lang lang)
{
    const struct kpi *kpi = &indices->kpi[BACKTEST_NOW];
    const struct formula_index *rows = kpi->formulas->indices;
    const bool is_zh = lang == LANG_ZH;
    bool is_first = true;
    (void)printf(is_zh ? "\n  有变化的指标，%s 至 %s，公式版本 %s\n"
                       : "\n  indices that changed, %s to %s, formulas %s\n",
                 kpi->from_day, kpi->until_day, kpi->formulas->version);
    for (uint32_t i = 0; i < kpi->formulas->index_count; i++) {
        if (!differs(indices, i)) {
            continue;
        }
        if (is_first) {
            (void)printf(" %11s %11s %11s %11s\n", is_zh ? "原" : "before", is_zh ? "现" : "now",
                         is_zh ? "剔除后：原" : "exempted", is_zh ? "现" : "now");
        }
        is_first = false;
        print_values(indices, i);
        (void)printf("  %s %s\n", rows[i].name, kpi_label(&rows[i].label, lang));
        for (uint32_t k = 0; k < rows[i].beside_count; k++) {
            const struct formula_index *other = &rows[rows[i].beside[k]];
            print_values(indices, rows[i].beside[k]);
            (void)printf("    %s %s %s\n", is_zh ? "对照" : "beside", other->name,
                         kpi_label(&other->label, lang));
        }
    }
    if (is_first) {
        (void)printf(is_zh ? "  无\n" : "  none\n");
    }
}

static json_t *side_json(const struct backtest_indices *indices, int side, uint32_t at)
{
    json_t *row = json_object();
    for (int is_exempted = 0; is_exempted < 2; is_exempted++) {
        const struct formula_value value = value_of(indices, side, at, is_exempted != 0);
        (void)json_object_set_new(row, is_exempted != 0 ? "exempted" : "raw",
                                  value.is_absent ? json_null() : json_real(value.number));
    }
    return row;
}

json_t *backtest_indices_to_json(const struct backtest_indices *indices)
{
    const struct kpi *kpi = &indices->kpi[BACKTEST_NOW];
    const struct formula_index *rows = kpi->formulas->indices;
    json_t *values = json_object(), *differing = json_array();
    for (uint32_t i = 0; i < kpi->formulas->index_count; i++) {
        json_t *beside = json_array();
        for (uint32_t k = 0; k < rows[i].beside_count; k++) {
            (void)json_array_append_new(beside, json_string(rows[rows[i].beside[k]].name));
        }
        (void)json_object_set_new(values, rows[i].name,
                                  json_pack("{s:s, s:s, s:o, s:o, s:o}", "zh", rows[i].label.zh,
                                            "en", rows[i].label.en, "before",
                                            side_json(indices, BACKTEST_BEFORE, i), "now",
                                            side_json(indices, BACKTEST_NOW, i), "beside", beside));
        if (differs(indices, i)) {
            (void)json_array_append_new(differing, json_string(rows[i].name));
        }
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "version", kpi->formulas->version, "from",
                     kpi->from_day, "to", kpi->until_day, "values", values, "differing", differing);
}

bool backtest_indices_find(const struct backtest_indices *indices, const char *name,
                           struct formula_value *out_value, const char **out_nearest)
{
    const uint32_t at = formulas_find(indices->kpi[BACKTEST_NOW].formulas, name, out_nearest);
    if (at == NONE32) {
        return false;
    }
    *out_value = value_of(indices, BACKTEST_NOW, at, false);
    return true;
}
