/* sim_charts.c: see sim_charts.h. */
#include "engine/cli/sim_charts.h"

#include "engine/cli/html.h"

#include <stdlib.h>
#include <string.h>

#define LEFT 64.0
#define WIDTH 880.0
#define TOP 16.0
#define HEIGHT 180.0
#define TICKS 6u
#define FEWEST_P50 5u /* arrivals that a quantile of a stretch is made of */
#define FEWEST_P90 10u
#define NO_VALUE (-1.0)

static const char *const DARK = "#2f5d7c", *const LIGHT = "#9db4c3", *const WARN = "#9a5b13";

/* Told apart without colours too: each has dashes of its own. */
static const struct pen {
    const char *colour, *dashes;
} PENS[SIM_BESIDE_MAX] = {{"#2f5d7c", "none"}, {"#c0621b", "none"}, {"#3f7d4e", "none"},
                          {"#7a4b94", "none"}, {"#2f5d7c", "5 4"},  {"#c0621b", "5 4"},
                          {"#3f7d4e", "5 4"},  {"#7a4b94", "5 4"}};

struct chart {
    FILE *out;
    const struct sim_told *told;
    uint32_t count;
    double most;  /* value at the top */
    bool is_time; /* values are milliseconds */
    int64_t from_ms, until_ms;
};

/* One stretch's value of a line. */
typedef double value_of(const struct report_series *series, uint32_t stretch);

static double x_at(const struct chart *chart, int64_t at_ms)
{
    return LEFT + WIDTH * (double)(at_ms - chart->from_ms) /
                      (double)max_i64(1, chart->until_ms - chart->from_ms);
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

/* Axes that hold every value of these lines in every run. */
static void fit(struct chart *chart, value_of *const *lines, size_t count)
{
    chart->most = 0;
    chart->from_ms = INT64_MAX;
    chart->until_ms = INT64_MIN;
    for (uint32_t run = 0; run < chart->count; run++) {
        const struct report_series *series = run_series(chart->told[run].run);
        for (size_t line = 0; line < count; line++) {
            for (uint32_t i = 0; i < series->count; i++) {
                const double value = lines[line](series, i);
                chart->most = value > chart->most ? value : chart->most;
            }
        }
        if (series->count > 0) {
            chart->from_ms = min_i64(chart->from_ms, series->start_ms);
            chart->until_ms =
                max_i64(chart->until_ms, series->start_ms + series->width_ms * series->count);
        }
    }
    if (chart->from_ms > chart->until_ms) { /* nothing came in any run */
        chart->from_ms = chart->until_ms = 0;
    }
    chart->most = round_up(chart->most <= 0 ? 1 : chart->most, chart->is_time);
}

static void chart_begin(struct chart *chart, const char *name, value_of *const *lines, size_t count)
{
    const struct city *city = run_city(chart->told[0].run);
    fit(chart, lines, count);
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
        const int64_t at_ms = chart->from_ms + (chart->until_ms - chart->from_ms) * tick / TICKS;
        const uint32_t date = city_local_date(city, at_ms);
        const int64_t minute = city_local_ms(city, at_ms) / MINUTE_MS % 1440;
        (void)fprintf(chart->out, "<text x=%.1f y=%.0f>%02u-%02u %02d:%02d</text>\n",
                      x_at(chart, at_ms), TOP + HEIGHT + 16, date / 100 % 100, date % 100,
                      (int)(minute / 60), (int)(minute % 60));
    }
}

/* Broken where there is no value. */
static void chart_line(const struct chart *chart, const struct report_series *series,
                       value_of *value, struct pen pen)
{
    const char *step = "M";
    (void)fprintf(chart->out,
                  "<path fill=none stroke-width=1.8 stroke-linejoin=round stroke-linecap=round "
                  "stroke-dasharray=\"%s\" stroke=%s d=\"",
                  pen.dashes, pen.colour);
    for (uint32_t i = 0; i < series->count; i++) {
        const double now = value(series, i);
        const int64_t middle_ms = series->start_ms + series->width_ms * i + series->width_ms / 2;
        if (now >= 0) {
            (void)fprintf(chart->out, "%s%.1f %.1f%s", step, x_at(chart, middle_ms),
                          y_of(chart, now), step[0] == 'M' ? "h0" : ""); /* alone: a dot */
        }
        step = now >= 0 ? "L" : "M";
    }
    (void)fputs("\" />\n", chart->out);
}

static void chart_bars(const struct chart *chart, const struct report_series *series,
                       value_of *value, const char *colour)
{
    const double width = x_at(chart, chart->from_ms + series->width_ms) - LEFT;
    for (uint32_t i = 0; i < series->count; i++) {
        const double y = y_of(chart, value(series, i));
        (void)fprintf(
            chart->out,
            "<rect x=%.2f y=%.1f width=%.2f height=%.1f fill=%s><title>%.0f</title></rect>\n",
            x_at(chart, series->start_ms + series->width_ms * i), y, width * 0.8, TOP + HEIGHT - y,
            colour, value(series, i));
    }
}

static void chart_end(const struct chart *chart)
{
    (void)fputs("</svg>\n", chart->out);
}

/* ---- values ---- */

/* NO_VALUE where too few arrived to say. */
static double quantile(const struct series_times *times, uint32_t permille, uint32_t fewest)
{
    return times->count < fewest ? NO_VALUE : (double)series_quantile_ms(times, permille);
}

static double value_p50(const struct report_series *series, uint32_t i)
{
    return quantile(&series->stretches[i].response, 500, FEWEST_P50);
}

static double value_p90(const struct report_series *series, uint32_t i)
{
    return quantile(&series->stretches[i].response, 900, FEWEST_P90);
}

static double an_hour(const struct report_series *series, uint32_t count)
{
    return count * (double)HOUR_MS / (double)series->width_ms;
}

static double value_reported(const struct report_series *series, uint32_t i)
{
    return an_hour(series, series->stretches[i].reported);
}

static double value_closed(const struct report_series *series, uint32_t i)
{
    return an_hour(series, series->stretches[i].closed);
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
    return an_hour(series, series->stretches[i].missed);
}

/* ---- one run ---- */

static value_of *const RESPONSE[] = {value_p50, value_p90};
static value_of *const LOAD[] = {value_reported, value_closed};
static value_of *const QUEUE[] = {value_open, value_waiting};
static value_of *const MISSED[] = {value_missed};

static void put_two(struct chart *chart, const struct report_series *series, const char *name,
                    value_of *const lines[2], const char *const colours[2])
{
    chart_begin(chart, name, lines, 2);
    for (size_t i = 2; i-- > 0;) { /* the first on top */
        chart_line(chart, series, lines[i], (struct pen){colours[i], "none"});
    }
    chart_end(chart);
}

void sim_charts_put(const struct sim_told *told, uint32_t count, uint32_t of, FILE *out)
{
    const struct report_series *series = run_series(told[of].run);
    struct chart chart = {.out = out, .told = told, .count = count, .is_time = true};
    html_heading(out, "响应时间（立案至首次到场）", "Response: opened to first arrival");
    put_two(&chart, series, "response", RESPONSE, (const char *const[]){DARK, LIGHT});
    html_note(out, "深色：中位数；浅色：第 90 百分位。按到场时刻归入时段，值精确到约 7%。",
              "Dark: median; light: 90th percentile; by the time of arrival, exact to about 7 %.");
    chart.is_time = false;
    html_heading(out, "负荷（每小时）", "Load, per hour");
    put_two(&chart, series, "load", LOAD, (const char *const[]){LIGHT, DARK});
    html_note(out, "浅色：上报；深色：结案。",
              "Light: reports that count for a case; dark: cases closed.");
    html_heading(out, "在办与待派", "Open and waiting");
    put_two(&chart, series, "queue", QUEUE, (const char *const[]){DARK, WARN});
    html_note(out, "深色：在办案件；褐色：尚无人接办的案件，均为时段末。",
              "Dark: open cases; brown: those nobody has taken yet; at the end of each stretch.");
    html_heading(out, "超时（每小时）", "Missed clocks, per hour");
    chart_begin(&chart, "missed", MISSED, COUNT_OF(MISSED));
    chart_bars(&chart, series, value_missed, WARN);
    chart_end(&chart);
}

/* ---- several runs ---- */

static const struct figure {
    const char *name, *zh, *en;
    value_of *value;
    value_of *scale; /* what else its axis must hold, so that two charts can be compared; NULL */
    bool is_time;
} FIGURES[] = {
    {"p50", "响应中位数", "Response, median", value_p50, value_p90, true},
    {"p90", "响应第 90 百分位", "Response, 90th percentile", value_p90, value_p50, true},
    {"reported", "上报（每小时）", "Reports that count for a case, per hour", value_reported,
     value_closed, false},
    {"closed", "结案（每小时）", "Cases closed, per hour", value_closed, value_reported, false},
    {"open", "在办", "Open cases", value_open, NULL, false},
    {"waiting", "尚无人接办", "Cases nobody has taken yet", value_waiting, NULL, false},
    {"missed", "超时（每小时）", "Missed clocks, per hour", value_missed, NULL, false},
};

const char *sim_charts_colour(uint32_t run)
{
    return PENS[run % COUNT_OF(PENS)].colour;
}

void sim_charts_put_key(uint32_t run, FILE *out)
{
    (void)fprintf(out,
                  "<svg class=key viewBox=\"0 0 24 10\" aria-hidden=true><line x1=1 x2=23 y1=5 "
                  "y2=5 stroke-width=3 stroke-dasharray=\"%s\" stroke=%s /></svg><b>%c</b>",
                  PENS[run % COUNT_OF(PENS)].dashes, sim_charts_colour(run), (char)('A' + run));
}

void sim_charts_put_beside(const struct sim_told *told, uint32_t count, FILE *out)
{
    struct chart chart = {.out = out, .told = told, .count = count};
    for (size_t i = 0; i < COUNT_OF(FIGURES); i++) {
        const struct figure *figure = &FIGURES[i];
        value_of *const lines[] = {figure->value, figure->scale};
        chart.is_time = figure->is_time;
        html_heading(out, figure->zh, figure->en);
        chart_begin(&chart, figure->name, lines, figure->scale != NULL ? 2 : 1);
        for (uint32_t run = count; run-- > 0;) { /* the first on top */
            chart_line(&chart, run_series(told[run].run), figure->value,
                       PENS[run % COUNT_OF(PENS)]);
        }
        chart_end(&chart);
        (void)fputs("<p class=legend>", out);
        for (uint32_t run = 0; run < count; run++) {
            (void)fputs("<span>", out);
            sim_charts_put_key(run, out);
            (void)fputs(" ", out);
            html_text(out, told[run].label);
            (void)fputs("</span> ", out);
        }
        (void)fputs("</p>\n", out);
    }
}
