/* report_html.c: the monthly report as one HTML file; see html.h. */
#include "engine/cli/history_plans.h"
#include "engine/cli/html.h"
#include "engine/cli/report_month.h"

#include <stdlib.h>
#include <string.h>

#define KEY_INDICES 6u /* shown large, and by area, department and team */

static void put_label(FILE *out, const struct formula_label *label)
{
    html_both(out, kpi_label(label, LANG_ZH), kpi_label(label, LANG_EN));
}

static void put_value(FILE *out, struct formula_value value, enum formula_unit unit)
{
    char text[32];
    (void)fprintf(out, "<span%s>%s</span>", value.is_absent ? " class=na" : "",
                  kpi_number(value, unit, text, sizeof text));
}

/* ---- head ---- */

static void put_head(const struct report_month *report, enum lang lang, FILE *out)
{
    const struct kpi *kpi = report->kpi;
    char title[512], zh[512], en[512];
    (void)snprintf(title, sizeof title, "%s %s – %s", lang == LANG_ZH ? kpi->city_zh : kpi->city_en,
                   kpi->from_day, kpi->until_day);
    html_begin(out, title, lang);
    (void)fputs("<h1>", out);
    (void)snprintf(zh, sizeof zh, "%s 城市运行综合评价报告", kpi->city_zh);
    (void)snprintf(en, sizeof en, "%s: city operations report", kpi->city_en);
    html_both(out, zh, en);
    (void)fputs("</h1><p class=sub>", out);
    (void)snprintf(zh, sizeof zh, "%s 至 %s · 公式版本 %s · 数据截至 %s%s", kpi->from_day,
                   kpi->until_day, kpi->formulas->version, report->made_at,
                   report->is_whole ? "" : "（本期未完）");
    (void)snprintf(en, sizeof en, "%s to %s · formulas %s · history up to %s%s", kpi->from_day,
                   kpi->until_day, kpi->formulas->version, report->made_at,
                   report->is_whole ? "" : " (the period is not over)");
    html_both(out, zh, en);
    (void)fputs("</p>\n", out);
    if (kpi->cases == 0) {
        html_note(
            out, "NO_CASES：本期没有上报、到期或结案的案件，各项指标均为 n/a。",
            "NO_CASES: nothing was reported, due or closed in this period; every index is n/a.");
    }
}

static void put_cards(const struct report_month *report, FILE *out)
{
    const struct formulas *formulas = report->kpi->formulas;
    const struct tally *tally = report->tallies[REPORT_CITY];
    (void)fputs("<div class=cards>\n", out);
    for (uint32_t i = 0; i < formulas->index_count && i < KEY_INDICES; i++) {
        const struct formula_index *index = &formulas->indices[i];
        (void)fputs("<div><span class=l>", out);
        put_label(out, &index->label);
        (void)fputs("</span><b>", out);
        put_value(out, tally_index(tally, 0, i, false), index->unit);
        (void)fputs("</b>", out);
        if (index->beside_count > 0) {
            const struct formula_index *other = &formulas->indices[index->beside[0]];
            (void)fputs("<small>", out);
            put_label(out, &other->label);
            (void)fputs(" ", out);
            put_value(out, tally_index(tally, 0, index->beside[0], false), other->unit);
            (void)fputs("</small>", out);
        }
        (void)fputs("</div>\n", out);
    }
    (void)fputs("</div>\n", out);
}

/* ---- days ---- */

static void put_days(const struct report_month *report, FILE *out)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < report->day_count; i++) {
        most = report->opened[i] > most ? report->opened[i] : most;
        most = report->closed[i] > most ? report->closed[i] : most;
    }
    const double width = 900.0 / report->day_count;
    html_heading(out, "每日上报与结案", "Cases reported and closed each day");
    (void)fprintf(
        out,
        "<svg viewBox=\"0 0 960 200\" role=img aria-label=\"%u\"><line x1=40 y1=170 x2=940 y2=170 "
        "stroke=#1c2126 />"
        "<text x=34 y=20 text-anchor=end>%u</text><text x=34 y=174 text-anchor=end>0</text>\n",
        most, most);
    for (uint32_t i = 0; i < report->day_count; i++) {
        const double x = 40 + width * i;
        const double opened = 155.0 * report->opened[i] / most,
                     closed = 155.0 * report->closed[i] / most;
        (void)fprintf(
            out,
            "<rect x=%.1f y=%.1f width=%.1f height=%.1f fill=#2f5d7c><title>%u</title></rect>"
            "<rect x=%.1f y=%.1f width=%.1f height=%.1f fill=#b3c3ce><title>%u</title></rect>\n",
            x + width * 0.12, 170 - opened, width * 0.36, opened, report->opened[i],
            x + width * 0.5, 170 - closed, width * 0.36, closed, report->closed[i]);
        if (i % (report->day_count / 31 + 1) == 0) {
            (void)fprintf(out, "<text x=%.1f y=185 text-anchor=middle>%u</text>\n", x + width / 2,
                          i + 1);
        }
    }
    (void)fputs("</svg>\n", out);
    html_note(out, "深色为上报，浅色为结案；横轴为本期第几天。",
              "Dark: reported; light: closed; below: the day of the period.");
}

/* ---- the indices ---- */

static void put_beside(const struct report_month *report, FILE *out,
                       const struct formula_index *index)
{
    const struct formulas *formulas = report->kpi->formulas;
    for (uint32_t i = 0; i < index->beside_count; i++) {
        const struct formula_index *other = &formulas->indices[index->beside[i]];
        (void)fputs("<div>", out);
        put_label(out, &other->label);
        (void)fputs(" ", out);
        put_value(out, tally_index(report->tallies[REPORT_CITY], 0, index->beside[i], false),
                  other->unit);
        (void)fputs("</div>", out);
    }
    if (index->beside_count > 0 && index->why.zh[0] != '\0') {
        (void)fputs("<small>", out);
        put_label(out, &index->why);
        (void)fputs("</small>", out);
    }
}

static void put_indices(const struct report_month *report, FILE *out)
{
    const struct formulas *formulas = report->kpi->formulas;
    const struct tally *tally = report->tallies[REPORT_CITY];
    char zh[256], en[256];
    html_heading(out, "指标与对照指标", "Indices and what keeps them honest");
    (void)fputs("<div class=wide><table class=ix><thead><tr><th>", out);
    html_both(out, "指标", "Index");
    (void)fputs("<th class=n>", out);
    html_both(out, "原始", "Raw");
    (void)fputs("<th class=n>", out);
    html_both(out, "剔除后", "Exempted");
    (void)fputs("<th>", out);
    html_both(out, "对照指标", "Beside it");
    (void)fputs("</tr></thead><tbody>\n", out);
    for (uint32_t i = 0; i < formulas->index_count; i++) {
        const struct formula_index *index = &formulas->indices[i];
        const struct formula_value raw = tally_index(tally, 0, i, false);
        const struct formula_value exempted = tally_index(tally, 0, i, true);
        char left[32], right[32];
        bool differs = strcmp(kpi_number(raw, index->unit, left, sizeof left),
                              kpi_number(exempted, index->unit, right, sizeof right)) != 0;
        (void)fputs("<tr><td>", out);
        put_label(out, &index->label);
        (void)fputs("<small><code>", out);
        html_text(out, index->text);
        (void)fputs("</code></small></td><td class=n>", out);
        put_value(out, raw, index->unit);
        (void)fprintf(out, "</td><td class=\"n%s\">", differs ? " differs" : "");
        put_value(out, exempted, index->unit);
        (void)fputs("</td><td>", out);
        put_beside(report, out, index);
        (void)fputs("</td></tr>\n", out);
    }
    (void)fputs("</tbody></table></div>\n", out);
    (void)snprintf(
        zh, sizeof zh,
        "剔除后：%s，本期 %llu 件。n/a：没有分母，不以 0 计。时间倒置 %llu 件，未计入时长。",
        formulas->exempt_label.zh, (unsigned long long)tally_exempt(tally),
        (unsigned long long)tally_implausible(tally));
    (void)snprintf(en, sizeof en,
                   "Exempted: %s, %llu cases. n/a: there is nothing to divide by; it is not 0. "
                   "%llu cases end before "
                   "they begin; no duration is taken from them.",
                   formulas->exempt_label.en, (unsigned long long)tally_exempt(tally),
                   (unsigned long long)tally_implausible(tally));
    html_note(out, zh, en);
}

static void put_durations(const struct report_month *report, FILE *out)
{
    const struct formulas *formulas = report->kpi->formulas;
    html_heading(out, "时长", "How long it took");
    (void)fputs("<table><thead><tr><th><th class=n>", out);
    html_both(out, "件数", "Cases");
    (void)fputs("<th class=n>", out);
    html_both(out, "平均", "Mean");
    (void)fputs("<th class=n>p50<th class=n>p90<th class=n>p99</tr></thead><tbody>\n", out);
    for (uint32_t i = 0; i < formulas->duration_count; i++) {
        const struct tally_duration span =
            tally_duration(report->tallies[REPORT_CITY], 0, i, false);
        const int64_t spans[] = {span.mean_ms, span.p50_ms, span.p90_ms, span.p99_ms};
        (void)fputs("<tr><td>", out);
        put_label(out, &formulas->durations[i].label);
        (void)fprintf(out, "</td><td class=n>%llu</td>", (unsigned long long)span.count);
        for (size_t s = 0; s < COUNT_OF(spans); s++) {
            char zh[48], en[48];
            (void)fputs("<td class=n>", out);
            html_both(out, kpi_span(&span, spans[s], LANG_ZH, zh, sizeof zh),
                      kpi_span(&span, spans[s], LANG_EN, en, sizeof en));
            (void)fputs("</td>", out);
        }
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</tbody></table>\n", out);
}

/* ---- by object ---- */

/* The first index as a bar beside each object's name. */
static void put_bar(FILE *out, struct formula_value value)
{
    if (!value.is_absent && value.number >= 0 && value.number <= 100) {
        (void)fprintf(
            out,
            "<svg viewBox=\"0 0 120 6\" style=\"width:120px;margin:3px 0 0\" aria-hidden=true>"
            "<rect width=120 height=6 fill=#e6eaed /><rect width=%.1f height=6 fill=#2f5d7c "
            "/></svg>",
            value.number * 1.2);
    }
}

static void put_object(const struct report_month *report, FILE *out, enum report_object object,
                       const char *zh, const char *en)
{
    const struct formulas *formulas = report->kpi->formulas;
    const struct tally *tally = report->tallies[object];
    if (tally_row_count(tally) < 2) {
        return;
    }
    html_heading(out, zh, en);
    (void)fputs("<div class=wide><table><thead><tr><th>", out);
    for (uint32_t i = 0; i < formulas->index_count && i < KEY_INDICES; i++) {
        (void)fputs("<th class=n>", out);
        put_label(out, &formulas->indices[i].label);
    }
    (void)fputs("</tr></thead><tbody>\n", out);
    for (uint32_t row = 1; row < tally_row_count(tally); row++) {
        char name_zh[256], name_en[256];
        const char *key = tally_row_key(tally, row);
        (void)fputs("<tr><td>", out);
        html_both(
            out,
            kpi_name(report->kpi, &report->options[object], key, LANG_ZH, name_zh, sizeof name_zh),
            kpi_name(report->kpi, &report->options[object], key, LANG_EN, name_en, sizeof name_en));
        put_bar(out, tally_index(tally, row, 0, false));
        (void)fputs("</td>", out);
        for (uint32_t i = 0; i < formulas->index_count && i < KEY_INDICES; i++) {
            (void)fputs("<td class=n>", out);
            put_value(out, tally_index(tally, row, i, false), formulas->indices[i].unit);
            (void)fputs("</td>", out);
        }
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</tbody></table></div>\n", out);
}

/* ---- emergency plans ---- */

static void put_plan(const struct history_rows *rows, FILE *out)
{
    static const char *const COUNTS[] = {"total", "in_time", "overdue", "done", "failed"};
    char zh[512], en[512], share[16];
    const bool is_drill = history_rows_int(rows, "is_drill") != 0;
    (void)snprintf(zh, sizeof zh, "%s%s", history_rows_text(rows, "title_zh"),
                   is_drill ? "（演练）" : "");
    (void)snprintf(en, sizeof en, "%s%s", history_rows_text(rows, "title_en"),
                   is_drill ? " (drill)" : "");
    (void)fputs("<tr><td>", out);
    html_both(out, zh, en);
    (void)fprintf(out, "<small>%s</small></td>", history_rows_text(rows, "number"));
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++) {
        (void)fprintf(out, "<td class=n>%lld</td>", (long long)history_rows_int(rows, COUNTS[i]));
    }
    (void)fprintf(out, "<td class=n>%s</td></tr>\n",
                  history_plans_share(rows, share, sizeof share));
}

/* Nothing is shown of a period without a plan; false when the history cannot be read. */
static bool put_plans(const struct report_month *report, FILE *out)
{
    static const char *const HEADS[][2] = {{"任务", "Tasks"},    {"按时启动", "In time"},
                                           {"超时", "Late"},     {"完成", "Done"},
                                           {"未通过", "Failed"}, {"按时率", "Share in time"}};
    const struct tally_options *span = &report->kpi->options;
    struct history_rows rows = {.stmt = NULL};
    struct history_fault fault;
    enum err err = ERR_OK;
    uint32_t plans = 0, late = 0;
    if (report->kpi->db == NULL) {
        return true;
    }
    err = history_plans_read(report->kpi->db, span->from_ms, span->until_ms, &rows, &fault);
    while (err == ERR_OK && history_rows_next(&rows, &err, &fault)) {
        if (plans++ == 0) {
            html_heading(out, "应急预案", "Emergency plans");
            (void)fputs("<table><thead><tr><th>", out);
            for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
                (void)fputs("<th class=n>", out);
                html_both(out, HEADS[i][0], HEADS[i][1]);
            }
            (void)fputs("</tr></thead><tbody>\n", out);
        }
        put_plan(&rows, out);
    }
    history_rows_end(&rows);
    (void)fputs(plans > 0 ? "</tbody></table>\n" : "", out);
    if (err == ERR_OK) {
        err = history_plans_late(report->kpi->db, span->from_ms, span->until_ms, &rows, &fault);
    }
    while (err == ERR_OK && history_rows_next(&rows, &err, &fault)) {
        if (late++ == 0) {
            html_heading(out, "迟报", "Reported late");
        }
        html_note(out, history_rows_text(&rows, "zh"), history_rows_text(&rows, "en"));
    }
    history_rows_end(&rows);
    return err == ERR_OK;
}

/* ---- the cases behind the numbers ---- */

static void put_lists(const struct report_month *report, FILE *out)
{
    const struct formulas *formulas = report->kpi->formulas;
    html_heading(out, "数字背后的案件", "The cases behind the numbers");
    for (uint32_t c = 0; c < formulas->counter_count; c++) {
        const struct report_list *list = &report->lists[c];
        (void)fputs("<details><summary>", out);
        put_label(out, &formulas->counters[c].label);
        (void)fprintf(out, " <code>%s</code> %.0f</summary><p>", formulas->counters[c].name,
                      tally_counter(report->tallies[REPORT_CITY], 0, c, false));
        for (uint32_t i = 0; i < list->kept; i++) {
            (void)fprintf(out, "%s<br>", list->numbers[i]);
        }
        if (list->count > list->kept) {
            char zh[96], en[96];
            (void)snprintf(zh, sizeof zh, "另有 %u 件；gridloop index --cases 全部列出",
                           list->count - list->kept);
            (void)snprintf(en, sizeof en, "%u more; gridloop index --cases lists all",
                           list->count - list->kept);
            html_both(out, zh, en);
        }
        (void)fputs("</p></details>\n", out);
    }
}

bool report_html_write(const struct report_month *report, enum lang lang, FILE *out)
{
    put_head(report, lang, out);
    put_cards(report, out);
    put_days(report, out);
    put_indices(report, out);
    put_durations(report, out);
    put_object(report, out, REPORT_AREA, "按街道", "By area");
    put_object(report, out, REPORT_DEPARTMENT, "按部门", "By department");
    put_object(report, out, REPORT_TEAM, "按班组", "By team");
    html_note(out, "不对个人排名（国办函〔2026〕12号）。", "Persons are not ranked.");
    const bool is_read = put_plans(report, out);
    put_lists(report, out);
    return html_end(out) && is_read;
}
