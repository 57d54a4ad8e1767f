/* sim_html.c: see sim_html.h. */
#include "engine/cli/sim_html.h"

#include "engine/cli/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LEFT 58.0
#define WIDTH 880.0
#define TOP 16.0
#define HEIGHT 180.0
#define TICKS 6u
#define CELLS_LISTED 12u
#define MAP_EDGE 26.0
#define FEWEST 5u /* arrivals that a quantile of a stretch is made of */
#define NO_VALUE (-1.0)

static const char *const DARK = "#2f5d7c", *const LIGHT = "#b3c3ce", *const WARN = "#9a5b13";

/* ---- charts ---- */

struct chart {
    FILE *out;
    const struct report_series *series;
    double most;  /* value at the top */
    bool is_time; /* values are milliseconds */
    const struct city *city;
};

/* One stretch's value of a line. */
typedef double value_of(const struct report_series *series, uint32_t stretch);

static double x_of(const struct chart *chart, double stretch)
{
    return LEFT + WIDTH * stretch / (chart->series->count == 0 ? 1 : chart->series->count);
}

static double y_of(const struct chart *chart, double value)
{
    return TOP + HEIGHT * (1.0 - value / chart->most);
}

/* The next of 1, 2, 5, 10 ... (of minutes and hours for times) that is no smaller. */
static double round_up(double value, bool is_time)
{
    static const double MINUTES[] = {1,   2,   5,   10,   15,   30,   60,    120,
                                     180, 360, 720, 1440, 2880, 7200, 14400, 43200};
    if (is_time) {
        for (size_t i = 0; i < COUNT_OF(MINUTES); i++) {
            if (value <= MINUTES[i] * MINUTE_MS) {
                return MINUTES[i] * MINUTE_MS;
            }
        }
        return value;
    }
    double step = 1;
    while (step * 10 < value) {
        step *= 10;
    }
    return value <= step       ? step
           : value <= 2 * step ? 2 * step
           : value <= 5 * step ? 5 * step
                               : 10 * step;
}

static void chart_begin(struct chart *chart, const char *name, value_of *const *lines, size_t count)
{
    chart->most = 0;
    for (size_t line = 0; line < count; line++) {
        for (uint32_t i = 0; i < chart->series->count; i++) {
            const double value = lines[line](chart->series, i);
            chart->most = value > chart->most ? value : chart->most;
        }
    }
    chart->most = round_up(chart->most <= 0 ? 1 : chart->most, chart->is_time);
    (void)fprintf(chart->out, "<svg viewBox=\"0 0 960 230\" role=img aria-label=\"%s\">\n", name);
    for (int part = 0; part <= 2; part++) {
        const double value = chart->most * part / 2;
        const double y = y_of(chart, value);
        char text[48];
        (void)snprintf(text, sizeof text, "%.*f", chart->most < 4 ? 1 : 0, value);
        (void)fprintf(chart->out,
                      "<line x1=%.0f x2=%.0f y1=%.1f y2=%.1f stroke=%s /><text x=%.0f y=%.1f "
                      "text-anchor=end>%s</text>\n",
                      LEFT, LEFT + WIDTH, y, y, part == 0 ? "#1c2126" : "#e6eaed", LEFT - 6, y + 4,
                      chart->is_time ? report_span((int64_t)value).text : text);
    }
    for (uint32_t tick = 0; tick < TICKS; tick++) {
        const int64_t at_ms =
            chart->series->start_ms + chart->series->width_ms * chart->series->count * tick / TICKS;
        const uint32_t date = city_local_date(chart->city, at_ms);
        const int64_t minute = city_local_ms(chart->city, at_ms) / MINUTE_MS % 1440;
        (void)fprintf(chart->out, "<text x=%.1f y=%.0f>%02u-%02u %02d:%02d</text>\n",
                      x_of(chart, (double)chart->series->count * tick / TICKS), TOP + HEIGHT + 16,
                      date / 100 % 100, date % 100, (int)(minute / 60), (int)(minute % 60));
    }
}

/* Broken where there is no value. */
static void chart_line(struct chart *chart, value_of *value, const char *colour)
{
    const char *pen = "M";
    (void)fprintf(chart->out,
                  "<path fill=none stroke-width=1.6 stroke-linecap=round stroke=%s d=\"", colour);
    for (uint32_t i = 0; i < chart->series->count; i++) {
        const double now = value(chart->series, i);
        if (now >= 0) {
            (void)fprintf(chart->out, "%s%.1f %.1f", pen, x_of(chart, i + 0.5), y_of(chart, now));
        }
        pen = now >= 0 ? "L" : "M";
    }
    (void)fputs("\" />\n", chart->out);
}

static void chart_bars(struct chart *chart, value_of *value, const char *colour)
{
    const double width = WIDTH / (chart->series->count == 0 ? 1 : chart->series->count);
    for (uint32_t i = 0; i < chart->series->count; i++) {
        const double y = y_of(chart, value(chart->series, i));
        (void)fprintf(
            chart->out,
            "<rect x=%.2f y=%.1f width=%.2f height=%.1f fill=%s><title>%.0f</title></rect>\n",
            x_of(chart, i), y, width * 0.8, TOP + HEIGHT - y, colour, value(chart->series, i));
    }
}

static void chart_end(struct chart *chart)
{
    (void)fputs("</svg>\n", chart->out);
}

/* NO_VALUE where too few arrived to say. */
static double quantile(const struct series_times *times, uint32_t permille)
{
    return times->count < FEWEST ? NO_VALUE : (double)series_quantile_ms(times, permille);
}

static double value_p50(const struct report_series *series, uint32_t i)
{
    return quantile(&series->stretches[i].response, 500);
}

static double value_p90(const struct report_series *series, uint32_t i)
{
    return quantile(&series->stretches[i].response, 900);
}

static double value_reported(const struct report_series *series, uint32_t i)
{
    return series->stretches[i].reported * (double)HOUR_MS / (double)series->width_ms;
}

static double value_closed(const struct report_series *series, uint32_t i)
{
    return series->stretches[i].closed * (double)HOUR_MS / (double)series->width_ms;
}

static double value_open(const struct report_series *series, uint32_t i)
{
    return series->stretches[i].open;
}

static double value_waiting(const struct report_series *series, uint32_t i)
{
    return series->stretches[i].waiting;
}

static double value_missed(const struct report_series *series, uint32_t i)
{
    return series->stretches[i].missed;
}

static void put_charts(const struct run *run, FILE *out)
{
    static value_of *const RESPONSE[] = {value_p50, value_p90};
    static value_of *const LOAD[] = {value_reported, value_closed};
    static value_of *const QUEUE[] = {value_open, value_waiting};
    static value_of *const MISSED[] = {value_missed};
    struct chart chart = {.out = out, .series = run_series(run), .city = run_city(run)};
    chart.is_time = true;
    html_heading(out, "响应时间（立案至首次到场）", "Response: opened to first arrival");
    chart_begin(&chart, "response", RESPONSE, COUNT_OF(RESPONSE));
    chart_line(&chart, value_p90, LIGHT);
    chart_line(&chart, value_p50, DARK);
    chart_end(&chart);
    html_note(out, "深色：中位数；浅色：第 90 百分位。按到场时刻归入时段，值精确到约 7%。",
              "Dark: median; light: 90th percentile; by the time of arrival, exact to about 7 %.");
    chart.is_time = false;
    html_heading(out, "负荷（每小时）", "Load, per hour");
    chart_begin(&chart, "load", LOAD, COUNT_OF(LOAD));
    chart_line(&chart, value_reported, LIGHT);
    chart_line(&chart, value_closed, DARK);
    chart_end(&chart);
    html_note(out, "浅色：上报；深色：结案。",
              "Light: reports that count for a case; dark: cases closed.");
    html_heading(out, "在办与待派", "Open and waiting");
    chart_begin(&chart, "queue", QUEUE, COUNT_OF(QUEUE));
    chart_line(&chart, value_open, DARK);
    chart_line(&chart, value_waiting, WARN);
    chart_end(&chart);
    html_note(out, "深色：在办案件；褐色：尚无人接办的案件，均为时段末。",
              "Dark: open cases; brown: those nobody has taken yet; at the end of each stretch.");
    html_heading(out, "超时", "Missed clocks");
    chart_begin(&chart, "missed", MISSED, COUNT_OF(MISSED));
    chart_bars(&chart, value_missed, WARN);
    chart_end(&chart);
}

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

/* Five shades, from the fastest fifth of the cells to the slowest. */
static void put_map(const struct report_areas *areas, const struct city *city, uint32_t count,
                    FILE *out)
{
    static const char *const SHADES[] = {"#7a2f0b", "#b0651f", "#d8a25e", "#b3c3ce", "#5f87a3"};
    struct place low = {INT32_MAX, INT32_MAX}, high = {INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i < city->cell_count; i++) {
        const struct city_cell *cell = &city->cells[i];
        low.lon = cell->lon < low.lon ? cell->lon : low.lon;
        low.lat = cell->lat < low.lat ? cell->lat : low.lat;
        high.lon = cell->lon > high.lon ? cell->lon : high.lon;
        high.lat = cell->lat > high.lat ? cell->lat : high.lat;
    }
    const double lon_span = (double)high.lon - low.lon, lat_span = (double)high.lat - low.lat;
    if (lon_span <= 0 || lat_span <= 0) {
        return; /* cells in one line: the table says it all */
    }
    const double height =
        900.0 * lat_span / lon_span * 1.3 < 700 ? 900.0 * lat_span / lon_span * 1.3 : 700;
    const double radius = city->cell_count > 400 ? 7 : city->cell_count > 60 ? 11 : 22;
    (void)fprintf(out, "<svg viewBox=\"0 0 960 %.0f\" role=img aria-label=map>\n",
                  height + 2 * MAP_EDGE);
    for (uint32_t i = 0; i < count; i++) {
        const struct report_area *area = &areas->rows[i];
        const struct city_cell *cell = &city->cells[area->cell];
        (void)fprintf(
            out,
            "<circle cx=%.1f cy=%.1f r=%.0f fill=%s><title>%s: p90 %s, n %u</title></circle>\n",
            30 + 900.0 * ((double)cell->lon - low.lon) / lon_span,
            MAP_EDGE + height * ((double)high.lat - cell->lat) / lat_span, radius,
            SHADES[(uint64_t)i * COUNT_OF(SHADES) / count], area->code,
            report_span(area->p90_ms).text, area->arrivals);
    }
    (void)fputs("</svg>\n", out);
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

static void put_cells(const struct report_areas *areas, const struct city *city, FILE *out)
{
    uint32_t count = 0; /* with arrivals: they stand first */
    while (count < areas->count && areas->rows[count].arrivals > 0) {
        count++;
    }
    html_heading(out, "响应较慢的网格", "Slow cells");
    put_map(areas, city, count, out);
    html_note(
        out, "每点一个网格，深褐最慢，蓝色最快（按第 90 百分位分五档）。",
        "A dot a cell: dark brown is slowest, blue fastest, in fifths by the 90th percentile.");
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

static void put_run(const struct report *report, const struct run *run, FILE *out)
{
    put_cards(report, out);
    put_charts(run, out);
    put_times(report, out);
    put_districts(report, out);
    put_cells(&report->areas, run_city(run), out);
}

/* "Day 123 of 365": what a reader must know before the first figure. */
static void put_progress(FILE *out, const struct city *city, const struct sim_html_at *at)
{
    char zh[256], en[256], days_zh[48] = "", days_en[48] = "", written[32] = "";
    const uint32_t date = city_local_date(city, at->now_ms);
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
        "仿真进行中：第 %" PRId64 " 天%s，截至 %u %02d:%02d（仿真时间）。以下为当前结果，%s "
        "写出，每 %d 秒自动更新。",
        at->day, days_zh, date, (int)(minute / 60), (int)(minute % 60), written, at->every_s);
    (void)snprintf(
        en, sizeof en,
        "The run goes on: day %" PRId64 "%s, as of %u %02d:%02d on its clock. What "
        "follows is what there is so far, written at %s; the page renews itself every %d "
        "seconds.",
        at->day, days_en, date, (int)(minute / 60), (int)(minute % 60), written, at->every_s);
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
    const uint32_t from = city_local_date(city, report->numbers.first_ms);
    const uint32_t until = city_local_date(city, report->numbers.end_ms);
    (void)snprintf(zh, sizeof zh, " · %u 至 %u · 结果摘要 %016" PRIx64, from, until,
                   report->numbers.effects_digest.hi);
    (void)snprintf(en, sizeof en, " · %u to %u · digest %016" PRIx64, from, until,
                   report->numbers.effects_digest.hi);
    html_both(out, zh, en);
    (void)fputs("</p>\n", out);
    if (at != NULL) {
        put_progress(out, city, at);
    }
    if (count > 1) {
        sim_beside_html(told, count, out);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (count > 1) {
            (void)fputs("<h1>", out);
            html_text(out, told[i].label);
            (void)fputs("</h1>\n", out);
        }
        put_run(&told[i].report, told[i].run, out);
    }
    return html_end(out);
}
