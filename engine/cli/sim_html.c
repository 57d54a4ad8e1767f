/* sim_html.c: see sim_html.h. */
#include "engine/cli/sim_html.h"

#include "engine/cli/html.h"
#include "engine/cli/sim_charts.h"
#include "engine/cli/sim_map.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define CELLS_LISTED 12u

/* ---- head ---- */

static void put_card(FILE *out, const char *zh, const char *en, const char *value,
                     const char *under_zh, const char *under_en)
{
    (void)fputs("<div><span class=l>", out);
    html_both(out, zh, en);
    (void)fputs("</span><b>", out);
    html_text(out, value);
    (void)fputs("</b><small>", out);
    html_both(out, under_zh, under_en);
    (void)fputs("</small></div>\n", out);
}

static void put_cards(const struct report *report, FILE *out)
{
    const struct case_counts *cases = &report->cases;
    const struct spread *response = &report->times[TIME_OPEN_TO_ARRIVE];
    char value[64], zh[96], en[96];
    (void)fputs("<div class=cards>\n", out);
    (void)snprintf(value, sizeof value, "%" PRIu64, report->events);
    (void)snprintf(zh, sizeof zh, "立案 %" PRIu64 "，并案 %" PRIu64 "，重复 %" PRIu64,
                   report->opened, report->merged, report->deduped);
    (void)snprintf(en, sizeof en, "%" PRIu64 " opened, %" PRIu64 " merged, %" PRIu64 " repeats",
                   report->opened, report->merged, report->deduped);
    put_card(out, "事件", "Events", value, zh, en);
    (void)snprintf(value, sizeof value, "%" PRIu64, cases->cases);
    (void)snprintf(zh, sizeof zh, "结案 %" PRIu64 "，在办 %" PRIu64, cases->closed, cases->open);
    (void)snprintf(en, sizeof en, "%" PRIu64 " closed, %" PRIu64 " open", cases->closed,
                   cases->open);
    put_card(out, "案件", "Cases", value, zh, en);
    (void)snprintf(en, sizeof en, "p90 %s, p99 %s", report_span(response->p90).text,
                   report_span(response->p99).text);
    put_card(out, "响应中位数", "Median response", report_span(response->p50).text, en, en);
    (void)snprintf(value, sizeof value, "%" PRIu64, cases->missed);
    put_card(out, "有超时的案件", "Cases with a missed clock", value, "", "");
    (void)snprintf(value, sizeof value, "%" PRIu64, cases->never_assigned);
    put_card(out, "从未有人接办", "Never assigned", value, "", "");
    (void)snprintf(value, sizeof value, "%" PRIu64, cases->nobody);
    put_card(out, "曾无人可派", "At times nobody eligible", value, "", "");
    (void)fputs("</div>\n", out);
}

static void put_times(const struct report *report, FILE *out)
{
#define TIME_ROW(name, json, en, zh) {TIME_##name, en, zh},
    static const struct {
        enum report_time time;
        const char *en, *zh;
    } ROWS[] = {REPORT_TIMES_LIST(TIME_ROW)};
#undef TIME_ROW
    html_heading(out, "时长", "How long it took");
    (void)fputs("<table><thead><tr><th><th class=n>", out);
    html_both(out, "件数", "Number");
    (void)fputs("<th class=n>p50<th class=n>p90<th class=n>p99</tr></thead><tbody>\n", out);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct spread *spread = &report->times[ROWS[i].time];
        (void)fputs("<tr><td>", out);
        html_both(out, ROWS[i].zh, ROWS[i].en);
        (void)fprintf(out, "</td><td class=n>%" PRIu64 "</td><td class=n>%s</td>", spread->count,
                      report_span(spread->p50).text);
        (void)fprintf(out, "<td class=n>%s</td>", report_span(spread->p90).text);
        (void)fprintf(out, "<td class=n>%s</td></tr>\n", report_span(spread->p99).text);
    }
    (void)fputs("</tbody></table>\n", out);
}

/* ---- places ---- */

static void put_districts(const struct report *report, FILE *out)
{
    html_heading(out, "各区", "By district");
    (void)fputs("<table><thead><tr><th><th class=n>", out);
    html_both(out, "案件", "Cases");
    (void)fputs("<th class=n>", out);
    html_both(out, "结案", "Closed");
    (void)fputs("<th class=n>", out);
    html_both(out, "从未接办", "Never assigned");
    (void)fputs("<th class=n>", out);
    html_both(out, "超时", "Missed");
    (void)fputs("<th class=n>p50<th class=n>p90</tr></thead><tbody>\n", out);
    for (uint32_t i = 0; i < report->district_count; i++) {
        const struct report_district *d = &report->districts[i];
        (void)fprintf(out,
                      "<tr><td>%u</td><td class=n>%" PRIu64 "</td><td class=n>%" PRIu64
                      "</td><td class=n>%" PRIu64 "</td><td class=n>%" PRIu64 "</td>",
                      d->district, d->cases, d->closed, d->never_assigned, d->missed);
        (void)fprintf(out, "<td class=n>%s</td>", report_span(d->response.p50).text);
        (void)fprintf(out, "<td class=n>%s</td></tr>\n", report_span(d->response.p90).text);
    }
    (void)fputs("</tbody></table>\n", out);
}

static void put_area(const struct report_area *area, FILE *out)
{
    (void)fprintf(out, "<tr><td>%s</td><td class=n>%u</td><td class=n>%u</td>", area->code,
                  area->arrivals, area->never_assigned);
    (void)fprintf(out, "<td class=n>%s</td>", report_span(area->p50_ms).text);
    (void)fprintf(out, "<td class=n>%s</td></tr>\n", report_span(area->p90_ms).text);
}

static void put_ratio(const struct report_areas *areas, FILE *out)
{
    char zh[256], en[256];
    const struct report_area *worst = &areas->rows[areas->worst];
    (void)snprintf(zh, sizeof zh,
                   "最慢网格 %s 与中位网格之比（p90，到场 %u 件以上）：%lld.%02lld。", worst->code,
                   AREA_ARRIVALS_MIN, (long long)areas->ratio_centi / 100,
                   (long long)areas->ratio_centi % 100);
    (void)snprintf(en, sizeof en,
                   "Worst cell, %s, to the one in the middle (p90, %u arrivals or more): "
                   "%lld.%02lld.",
                   worst->code, AREA_ARRIVALS_MIN, (long long)areas->ratio_centi / 100,
                   (long long)areas->ratio_centi % 100);
    html_note(out, zh, en);
}

/* With arrivals: they stand first. */
static uint32_t count_reached(const struct report_areas *areas)
{
    uint32_t count = 0;
    while (count < areas->count && areas->rows[count].arrivals > 0) {
        count++;
    }
    return count;
}

static void put_cells(const struct report_areas *areas, const struct city *city,
                      const struct sim_map_scale *scale, FILE *out)
{
    const uint32_t count = count_reached(areas);
    html_heading(out, "响应较慢的网格", "Slow cells");
    sim_map_put(areas, city, scale, out);
    sim_map_put_legend(scale, out);
    (void)fputs("<table><thead><tr><th>", out);
    html_both(out, "网格", "Cell");
    (void)fputs("<th class=n>", out);
    html_both(out, "到场案件", "Arrivals");
    (void)fputs("<th class=n>", out);
    html_both(out, "未派", "Never assigned");
    (void)fputs("<th class=n>p50<th class=n>p90</tr></thead><tbody>\n", out);
    for (uint32_t i = 0; i < count && i < CELLS_LISTED; i++) {
        put_area(&areas->rows[i], out);
    }
    (void)fputs("</tbody></table>\n", out);
    if (areas->worst != NONE32 && areas->ratio_centi > 0) {
        put_ratio(areas, out);
    }
}

/* ---- several runs ---- */

/* By the number that both have; a run where the district has no case shows a dash. */
static const struct report_district *district_of(const struct report *report, uint32_t number)
{
    for (uint32_t i = 0; i < report->district_count; i++) {
        if (report->districts[i].district == number) {
            return &report->districts[i];
        }
    }
    return NULL;
}

static void put_keys(uint32_t count, const char *unit, FILE *out)
{
    for (uint32_t run = 0; run < count; run++) {
        (void)fputs("<th class=n>", out);
        sim_charts_put_key(run, out);
        (void)fprintf(out, " %s", unit);
    }
}

static void put_districts_beside(const struct sim_told *told, uint32_t count, FILE *out)
{
    html_heading(out, "各区并列", "Districts side by side");
    (void)fputs("<table><thead><tr><th>", out);
    put_keys(count, "p50", out);
    put_keys(count, "p90", out);
    (void)fputs("</tr></thead><tbody>\n", out);
    for (uint32_t i = 0; i < told[0].report.district_count; i++) {
        const uint32_t number = told[0].report.districts[i].district;
        (void)fprintf(out, "<tr><td>%u", number);
        for (uint32_t column = 0; column < 2 * count; column++) {
            const struct report_district *district =
                district_of(&told[column % count].report, number);
            (void)fprintf(out, "<td class=n>%s",
                          district == NULL ? "–"
                                           : report_span(column < count ? district->response.p50
                                                                        : district->response.p90)
                                                 .text);
        }
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</tbody></table>\n", out);
}

/* The slowest cells of the first run, and what the others make of them. */
static void put_cells_beside(const struct sim_told *told, uint32_t count,
                             const struct sim_map_scale *scale, FILE *out)
{
    const struct report_areas *first = &told[0].report.areas;
    const uint32_t listed = min_u32(count_reached(first), CELLS_LISTED);
    html_heading(out, "响应较慢的网格并列", "Slow cells side by side");
    (void)fputs("<div class=maps>\n", out);
    for (uint32_t run = 0; run < count; run++) {
        (void)fputs("<div><p class=legend>", out);
        sim_charts_put_key(run, out);
        (void)fputs(" ", out);
        html_text(out, told[run].label);
        (void)fputs("</p>", out);
        sim_map_put(&told[run].report.areas, run_city(told[run].run), scale, out);
        (void)fputs("</div>\n", out);
    }
    (void)fputs("</div>\n", out);
    sim_map_put_legend(scale, out);
    (void)fputs("<table><thead><tr><th>", out);
    html_both(out, "网格", "Cell");
    put_keys(count, "p90 (n)", out);
    (void)fputs("</tr></thead><tbody>\n", out);
    for (uint32_t i = 0; i < listed; i++) {
        (void)fprintf(out, "<tr><td>%s", first->rows[i].code);
        for (uint32_t run = 0; run < count; run++) {
            const struct report_areas *areas = &told[run].report.areas;
            uint32_t row = 0;
            while (row < areas->count && strcmp(areas->rows[row].code, first->rows[i].code) != 0) {
                row++;
            }
            if (row == areas->count || areas->rows[row].arrivals == 0) {
                (void)fputs("<td class=n>–", out);
            } else {
                (void)fprintf(out, "<td class=n>%s (%u)", report_span(areas->rows[row].p90_ms).text,
                              areas->rows[row].arrivals);
            }
        }
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</tbody></table>\n", out);
}

/* Charts, maps and scales are those of all runs told. */
static void put_run(const struct sim_told *told, uint32_t count, uint32_t of,
                    const struct sim_map_scale *scale, FILE *out)
{
    const struct report *report = &told[of].report;
    put_cards(report, out);
    sim_charts_put(told, count, of, out);
    put_times(report, out);
    put_districts(report, out);
    put_cells(&report->areas, run_city(told[of].run), scale, out);
}

struct day {
    char text[16];
};

static struct day day_of(const struct city *city, int64_t at_ms)
{
    struct day day;
    const uint32_t date = city_local_date(city, at_ms);
    (void)snprintf(day.text, sizeof day.text, "%04u-%02u-%02u", date / 10000, date / 100 % 100,
                   date % 100);
    return day;
}

/* "Day 123 of 365": what a reader must know before the first figure. */
static void put_progress(FILE *out, const struct city *city, const struct sim_html_at *at)
{
    char zh[256], en[256], days_zh[48] = "", days_en[48] = "", written[32] = "";
    const struct day date = day_of(city, at->now_ms);
    const int64_t minute = city_local_ms(city, at->now_ms) / MINUTE_MS % (24 * 60);
    const time_t now = time(NULL);
    struct tm here;
    (void)localtime_r(&now, &here);
    (void)strftime(written, sizeof written, "%H:%M:%S", &here);
    if (at->days > 0) {
        (void)snprintf(days_zh, sizeof days_zh, "，共 %" PRId64 " 天", at->days);
        (void)snprintf(days_en, sizeof days_en, " of %" PRId64, at->days);
    }
    (void)snprintf(
        zh, sizeof zh,
        "仿真进行中：第 %" PRId64 " 天%s，截至 %s %02d:%02d（仿真时间）。以下为当前结果，%s "
        "写出，每 %d 秒自动更新。",
        at->day, days_zh, date.text, (int)(minute / 60), (int)(minute % 60), written, at->every_s);
    (void)snprintf(
        en, sizeof en,
        "The run goes on: day %" PRId64 "%s, as of %s %02d:%02d on its clock. What "
        "follows is what there is so far, written at %s; the page renews itself every %d "
        "seconds.",
        at->day, days_en, date.text, (int)(minute / 60), (int)(minute % 60), written, at->every_s);
    (void)fputs("<p class=live>", out);
    html_both(out, zh, en);
    (void)fputs("</p>\n", out);
}

bool sim_html_write(const struct sim_told *told, uint32_t count, const char *name, enum lang lang,
                    const struct sim_html_at *at, FILE *out)
{
    const struct report *report = &told[0].report;
    const struct run *run = told[0].run;
    const struct city *city = run_city(run);
    const struct image_string own =
        lang == LANG_ZH || city->info->name_en.size == 0 ? city->info->name : city->info->name_en;
    char title[512], zh[256], en[256];
    (void)snprintf(title, sizeof title, "%.*s – %s", (int)own.size, city_text(city, own), name);
    html_begin_renewed(out, title, lang, at != NULL ? at->every_s : 0);
    (void)fputs("<h1>", out);
    html_both(out, "仿真运行报告", "A simulated run");
    (void)fputs("</h1><p class=sub>", out);
    html_text(out, title);
    const struct day from = day_of(city, report->numbers.first_ms);
    const struct day until = day_of(city, report->numbers.end_ms);
    (void)snprintf(zh, sizeof zh, " · %s 至 %s · 结果摘要 %016" PRIx64, from.text, until.text,
                   report->numbers.effects_digest.hi);
    (void)snprintf(en, sizeof en, " · %s to %s · digest %016" PRIx64, from.text, until.text,
                   report->numbers.effects_digest.hi);
    html_both(out, zh, en);
    (void)fputs("</p>\n", out);
    if (at != NULL) {
        put_progress(out, city, at);
    }
    const struct sim_map_scale scale = sim_map_scale_of(&report->areas);
    if (count > 1) {
        sim_beside_html(told, count, out);
        sim_charts_put_beside(told, count, out);
        put_districts_beside(told, count, out);
        put_cells_beside(told, count, &scale, out);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (count > 1) {
            (void)fputs("<h1 class=run>", out);
            sim_charts_put_key(i, out);
            (void)fputs(" ", out);
            html_text(out, told[i].label);
            (void)fputs("</h1>\n", out);
        }
        put_run(told, count, i, &scale, out);
    }
    return html_end(out);
}
