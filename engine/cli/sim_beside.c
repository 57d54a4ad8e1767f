/* sim_beside.c: see sim_beside.h. The first run is what the others are held against. */
#include "engine/cli/sim_beside.h"

#include "engine/cli/html.h"
#include "engine/cli/sim_charts.h"

#include <inttypes.h>
#include <string.h>

enum kind { COUNT, SPAN, RATIO };

static int64_t of_cases(const struct report *r)
{
    return (int64_t)r->cases.cases;
}
static int64_t of_closed(const struct report *r)
{
    return (int64_t)r->cases.closed;
}
static int64_t of_open(const struct report *r)
{
    return (int64_t)r->cases.open;
}
static int64_t of_never(const struct report *r)
{
    return (int64_t)r->cases.never_assigned;
}
static int64_t of_nobody(const struct report *r)
{
    return (int64_t)r->cases.nobody;
}
static int64_t of_missed(const struct report *r)
{
    return (int64_t)r->cases.missed;
}
static int64_t of_mean(const struct report *r)
{
    return r->times[TIME_OPEN_TO_ARRIVE].mean;
}
static int64_t of_p50(const struct report *r)
{
    return r->times[TIME_OPEN_TO_ARRIVE].p50;
}
static int64_t of_p90(const struct report *r)
{
    return r->times[TIME_OPEN_TO_ARRIVE].p90;
}
static int64_t of_p99(const struct report *r)
{
    return r->times[TIME_OPEN_TO_ARRIVE].p99;
}
static int64_t of_handled(const struct report *r)
{
    return r->times[TIME_OPEN_TO_HANDLED].p50;
}
static int64_t of_worst(const struct report *r)
{
    return r->areas.worst == NONE32 ? 0 : r->areas.rows[r->areas.worst].p90_ms;
}
static int64_t of_ratio(const struct report *r)
{
    return r->areas.ratio_centi;
}

static const struct row {
    const char *json, *zh, *en;
    int64_t (*value)(const struct report *report);
    enum kind kind;
} ROWS[] = {
    {"cases", "案件", "cases", of_cases, COUNT},
    {"closed", "结案", "closed", of_closed, COUNT},
    {"open", "期末在办", "open at the end", of_open, COUNT},
    {"response_mean_ms", "响应均值", "response, mean", of_mean, SPAN},
    {"response_p50_ms", "响应中位", "response, p50", of_p50, SPAN},
    {"response_p90_ms", "响应 p90", "response, p90", of_p90, SPAN},
    {"response_p99_ms", "响应 p99", "response, p99", of_p99, SPAN},
    {"handled_p50_ms", "立案至处置完中位", "opened to handled, p50", of_handled, SPAN},
    {"worst_cell_p90_ms", "最慢网格 p90", "slowest cell, p90", of_worst, SPAN},
    {"worst_to_median", "最慢与中位网格之比", "slowest to median cell", of_ratio, RATIO},
    {"never_assigned", "始终未派", "never assigned", of_never, COUNT},
    {"nobody_eligible", "曾无人可派", "nobody eligible once", of_nobody, COUNT},
    {"missed_a_clock", "超时案件", "missed a clock", of_missed, COUNT},
};

struct cell {
    char text[64];
};

/* The value, and in percent of the first run's where it is another. */
static struct cell cell_of(const struct row *row, const struct sim_told *told, uint32_t i)
{
    struct cell cell;
    const int64_t value = row->value(&told[i].report), first = row->value(&told[0].report);
    if (row->kind == SPAN) {
        (void)snprintf(cell.text, sizeof cell.text, "%s", report_span(value).text);
    } else if (row->kind == RATIO) {
        (void)snprintf(cell.text, sizeof cell.text, "%" PRId64 ".%02" PRId64, value / 100,
                       value % 100);
    } else {
        (void)snprintf(cell.text, sizeof cell.text, "%" PRId64, value);
    }
    if (i > 0 && value != first && first > 0) {
        const size_t used = strlen(cell.text);
        (void)snprintf(cell.text + used, sizeof cell.text - used, " (%" PRId64 " %%)",
                       mul_div(value, 100, first));
    }
    return cell;
}

void sim_beside_print(const struct sim_told *told, uint32_t count, enum lang lang, FILE *out)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)fprintf(out, "%c  %s\n", (char)('A' + i), told[i].label);
    }
    (void)fputc('\n', out);
    for (uint32_t i = 0; i < count; i++) {
        (void)fprintf(out, "%22c", (char)('A' + i));
    }
    (void)fputc('\n', out);
    for (size_t r = 0; r < COUNT_OF(ROWS); r++) {
        for (uint32_t i = 0; i < count; i++) {
            (void)fprintf(out, "%22s", cell_of(&ROWS[r], told, i).text);
        }
        (void)fprintf(out, "  %s\n", lang == LANG_ZH ? ROWS[r].zh : ROWS[r].en);
    }
}

json_t *sim_beside_to_json(const struct sim_told *told, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *figures = json_object();
        for (size_t r = 0; r < COUNT_OF(ROWS); r++) {
            const int64_t value = ROWS[r].value(&told[i].report);
            (void)json_object_set_new(figures, ROWS[r].json,
                                      ROWS[r].kind == RATIO ? json_real((double)value / 100)
                                                            : json_integer(value));
        }
        json_t *row = report_to_json(&told[i].report);
        (void)json_object_set_new(row, "label", json_string(told[i].label));
        (void)json_object_set_new(row, "figures", figures);
        (void)json_array_append_new(list, row);
    }
    json_t *root = json_object();
    (void)json_object_set_new(root, "runs", list);
    return root;
}

void sim_beside_html(const struct sim_told *told, uint32_t count, FILE *out)
{
    html_heading(out, "并排比较", "Side by side");
    (void)fputs("<table><thead><tr><th>", out);
    for (uint32_t i = 0; i < count; i++) {
        (void)fputs("<th class=n>", out);
        sim_charts_put_key(i, out);
        (void)fputs(" ", out);
        html_text(out, told[i].label);
    }
    (void)fputs("</tr></thead><tbody>\n", out);
    for (size_t r = 0; r < COUNT_OF(ROWS); r++) {
        (void)fputs("<tr><td>", out);
        html_both(out, ROWS[r].zh, ROWS[r].en);
        for (uint32_t i = 0; i < count; i++) {
            (void)fprintf(out, "<td class=n>%s", cell_of(&ROWS[r], told, i).text);
        }
        (void)fputs("</tr>\n", out);
    }
    (void)fputs("</tbody></table>\n", out);
    html_note(out, "括号内为与第一列之比。", "In brackets: of the first column.");
}
