/* report_print.c: the report as a table for people and as JSON for programs. */
#include <inttypes.h>
#include <stdlib.h>

#include "sim/report.h"
#include "sim/trace_file.h"

struct label {
    const char *json, *en, *zh;
};

#define TIMES_LABEL(name, json, en, zh) [TIME_##name] = {json, en, zh},
static const struct label TIMES[REPORT_TIMES_COUNT] = {REPORT_TIMES_LIST(TIMES_LABEL)};
#undef TIMES_LABEL

static const char *pick(enum lang lang, const char *en, const char *zh)
{
    return lang == LANG_ZH ? zh : en;
}

struct report_span report_span(int64_t ms)
{
    struct report_span span;
    const int64_t s = (ms < 0 ? -ms : ms) / 1000;
    const char *sign = ms < 0 ? "-" : "";
    if (s < 600) {
        (void)snprintf(span.text, sizeof span.text, "%s%" PRId64 " s", sign, s);
    } else if (s < 3600) {
        (void)snprintf(span.text, sizeof span.text, "%s%" PRId64 " m %02" PRId64 " s", sign, s / 60,
                       s % 60);
    } else if (s < 48 * 3600) {
        (void)snprintf(span.text, sizeof span.text, "%s%" PRId64 " h %02" PRId64 " m", sign,
                       s / 3600, s % 3600 / 60);
    } else {
        (void)snprintf(span.text, sizeof span.text, "%s%" PRId64 " d %02" PRId64 " h", sign,
                       s / 86400, s % 86400 / 3600);
    }
    return span;
}

/* ---- for people ---- */

struct ledger_part {
    uint64_t count;
    const char *en, *zh;
    bool always; /* shown even when 0 */
};

/* "412 events = 96 opened + 71 merged + ..." */
static void print_ledger(FILE *out, enum lang lang, uint64_t whole, const char *en, const char *zh,
                         const struct ledger_part *parts, size_t count)
{
    (void)fprintf(out, "%" PRIu64 " %s =", whole, pick(lang, en, zh));
    bool is_first = true;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].count > 0 || parts[i].always) {
            (void)fprintf(out, "%s %" PRIu64 " %s", is_first ? "" : " +", parts[i].count,
                          pick(lang, parts[i].en, parts[i].zh));
            is_first = false;
        }
    }
    (void)fprintf(out, "\n");
}

static void print_ledgers(const struct report *r, enum lang lang, FILE *out)
{
    const struct ledger_part events[] = {
        {r->opened, "opened", "立案", true},
        {r->merged, "merged", "并案", true},
        {r->deduped, "deduped", "重复", true},
        {r->suppressed, "suppressed", "抑制", false},
        {r->reopened, "reopened", "重新立案", false},
        {r->cleared, "cleared", "来源消除", false},
        {r->no_rule, "without a rule", "无规则", false},
        {r->waiting, "counted, not enough yet", "计数中", false},
        {r->refused, "refused", "拒收", true},
        {r->unanswered, "unanswered", "未应答", false},
    };
    const struct ledger_part cases[] = {
        {r->cases.closed, "closed", "结案", true},
        {r->cases.voided, "void", "作废", false},
        {r->cases.forced, "closed by order", "强制结案", false},
        {r->cases.joined, "joined", "并入他案", false},
        {r->cases.open, "open", "在办", true},
    };
    print_ledger(out, lang, r->events, "events", "件事件", events, COUNT_OF(events));
    for (uint32_t code = 0; code < COUNT_OF(r->refused_by_code); code++) {
        if (r->refused_by_code[code] > 0) {
            (void)fprintf(out, "  %" PRIu64 " %s: %s\n", r->refused_by_code[code],
                          words_code_name(code), words_code(code, lang));
        }
    }
    print_ledger(out, lang, r->cases.cases, "cases", "件案件", cases, COUNT_OF(cases));
    for (uint32_t state = 0; state < CASE_STATE_COUNT; state++) {
        if (r->cases.open_by_state[state] > 0) {
            (void)fprintf(out, "  %" PRIu64 " %s\n", r->cases.open_by_state[state],
                          words_case_state(state, lang));
        }
    }
}

static void print_times(const struct report *r, enum lang lang, FILE *out)
{
    (void)fprintf(out, "\n%10s %12s %12s %12s %12s  %s\n", pick(lang, "count", "件数"),
                  pick(lang, "median", "中位"), "p90", "p99", pick(lang, "mean", "平均"),
                  pick(lang, "time", "用时"));
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        const struct spread *spread = &r->times[t];
        if (spread->count > 0) {
            (void)fprintf(out, "%10" PRIu64 " %12s %12s %12s %12s  %s\n", spread->count,
                          report_span(spread->p50).text, report_span(spread->p90).text,
                          report_span(spread->p99).text, report_span(spread->mean).text,
                          pick(lang, TIMES[t].en, TIMES[t].zh));
        }
    }
}

static void print_districts(const struct report *r, enum lang lang, FILE *out)
{
    (void)fprintf(out, "\n%12s %8s %8s %8s %10s %8s %8s %12s %12s\n", pick(lang, "district", "区"),
                  pick(lang, "cases", "案件"), pick(lang, "closed", "结案"),
                  pick(lang, "open", "在办"), pick(lang, "unassigned", "未派"),
                  pick(lang, "nobody", "无人可派"), pick(lang, "missed", "超时"),
                  pick(lang, "arrival p50", "到场中位"), pick(lang, "p90", "p90"));
    for (uint32_t i = 0; i < r->district_count; i++) {
        const struct report_district *d = &r->districts[i];
        (void)fprintf(out,
                      "%12" PRIu32 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %10" PRIu64 " %8" PRIu64
                      " %8" PRIu64 " %12s %12s\n",
                      d->district, d->cases, d->closed, d->open, d->never_assigned, d->nobody,
                      d->missed, d->response.count > 0 ? report_span(d->response.p50).text : "n/a",
                      d->response.count > 0 ? report_span(d->response.p90).text : "n/a");
    }
}

static void print_areas(const struct report *r, enum lang lang, FILE *out)
{
    const struct report_areas *areas = &r->areas;
    if (areas->worst == NONE32 || areas->ratio_centi == 0) {
        return;
    }
    const struct report_area *worst = &areas->rows[areas->worst];
    (void)fprintf(out,
                  lang == LANG_ZH ? "\n%u 个网格：最慢的 %s，p90 %s，是中位网格的 %" PRId64
                                    ".%02" PRId64 " 倍（%s）\n"
                                  : "\n%u cells: the slowest, %s, p90 %s, is %" PRId64 ".%02" PRId64
                                    " times the one in the middle (%s)\n",
                  areas->count, worst->code, report_span(worst->p90_ms).text,
                  areas->ratio_centi / 100, areas->ratio_centi % 100,
                  report_span(areas->median_ms).text);
}

static void print_clocks(const struct report *r, enum lang lang, FILE *out)
{
    (void)fprintf(
        out, lang == LANG_ZH ? "\n%" PRIu64 " 件案件超时" : "\n%" PRIu64 " cases missed a clock",
        r->cases.missed);
    const char *between = ": ";
    for (uint32_t clock = 0; clock < CLOCK_LIMIT; clock++) {
        if (r->cases.missed_by_clock[clock] > 0) {
            (void)fprintf(out, "%s%s %" PRIu64, between, words_clock(clock, lang),
                          r->cases.missed_by_clock[clock]);
            between = ", ";
        }
    }
    (void)fprintf(out,
                  lang == LANG_ZH
                      ? "\n%" PRIu64 " 件曾无人可派；%" PRIu64 " 件始终未派；%" PRIu64
                        " 件无人到场\n"
                      : "\n%" PRIu64 " cases had nobody eligible at least once; %" PRIu64
                        " were never assigned; %" PRIu64 " were never reached by a unit\n",
                  r->cases.nobody, r->cases.never_assigned, r->cases.never_reached);
    (void)fprintf(out,
                  lang == LANG_ZH ? "%" PRIu64 " 人：%" PRIu64 " 次操作（%" PRIu64 " 成功，%" PRIu64
                                    " 过时，%" PRIu64 " 被拒），%" PRIu64 " 次轮询\n"
                                  : "%" PRIu64 " people: %" PRIu64 " acts (%" PRIu64
                                    " done, %" PRIu64 " too late, %" PRIu64 " refused), %" PRIu64
                                    " polls\n",
                  r->agents.people, r->agents.acts, r->agents.acts_done, r->agents.acts_late,
                  r->agents.acts_refused, r->agents.polls);
    for (uint32_t code = 0; code < COUNT_OF(r->agents.by_code); code++) {
        if (r->agents.by_code[code] > 0 && code != CODE_DONE) {
            (void)fprintf(out, "  %" PRIu64 " %s: %s\n", r->agents.by_code[code],
                          words_code_name(code), words_code(code, lang));
        }
    }
}

static uint64_t per_second(uint64_t count, int64_t real_us)
{
    return real_us <= 0 ? 0 : (uint64_t)mul_div((int64_t)count, 1000000, real_us);
}

static void print_speed(const struct report *r, enum lang lang, FILE *out)
{
    const struct run_numbers *n = &r->numbers;
    (void)fprintf(out,
                  lang == LANG_ZH
                      ? "\n虚拟时间 %s，实际 %" PRId64 ".%03" PRId64 " 秒：每秒 %" PRIu64
                        " 事件，%" PRIu64 " 命令；日志 %" PRIu64 " 条；核心内存 %" PRIu64 " MiB\n"
                      : "\nvirtual %s in %" PRId64 ".%03" PRId64 " s: %" PRIu64
                        " events/s, %" PRIu64 " commands/s, %" PRIu64 " log entries, core %" PRIu64
                        " MiB\n",
                  report_span(n->end_ms - n->first_ms).text, n->real_us / 1000000,
                  n->real_us / 1000 % 1000, per_second(r->events, n->real_us),
                  per_second(r->node_commands, n->real_us), n->entries, n->core_bytes >> 20);
    (void)fprintf(out,
                  lang == LANG_ZH ? "状态摘要 %016" PRIx64 "%016" PRIx64 "\n效果摘要 %016" PRIx64
                                    "%016" PRIx64 "（%" PRIu64 " 个效果）\n"
                                  : "state digest   %016" PRIx64 "%016" PRIx64
                                    "\neffects digest %016" PRIx64 "%016" PRIx64 " (%" PRIu64
                                    " effects)\n",
                  n->state_digest.hi, n->state_digest.lo, n->effects_digest.hi,
                  n->effects_digest.lo, n->effects);
}

void report_print(const struct report *report, enum lang lang, FILE *out)
{
    print_ledgers(report, lang, out);
    print_times(report, lang, out);
    print_districts(report, lang, out);
    print_areas(report, lang, out);
    print_clocks(report, lang, out);
    print_speed(report, lang, out);
}

/* ---- for programs ---- */

static void put(json_t *object, const char *key, uint64_t value)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *json_digest(struct hash128 digest)
{
    char text[40];
    (void)snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, digest.hi, digest.lo);
    return json_string(text);
}

static json_t *json_spread(const struct spread *spread)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "count", (json_int_t)spread->count, "p50_ms",
                     (json_int_t)spread->p50, "p90_ms", (json_int_t)spread->p90, "p99_ms",
                     (json_int_t)spread->p99, "mean_ms", (json_int_t)spread->mean, "max_ms",
                     (json_int_t)spread->max);
}

static json_t *json_ledger(const struct report *r)
{
    json_t *events = json_object(), *cases = json_object();
    put(events, "events", r->events);
    put(events, "opened", r->opened);
    put(events, "merged", r->merged);
    put(events, "deduped", r->deduped);
    put(events, "suppressed", r->suppressed);
    put(events, "no_rule", r->no_rule);
    put(events, "waiting", r->waiting);
    put(events, "reopened", r->reopened);
    put(events, "cleared", r->cleared);
    put(events, "refused", r->refused);
    put(events, "unanswered", r->unanswered);
    put(events, "late", r->late);
    put(cases, "cases", r->cases.cases);
    put(cases, "closed", r->cases.closed);
    put(cases, "void", r->cases.voided);
    put(cases, "forced_closed", r->cases.forced);
    put(cases, "joined", r->cases.joined);
    put(cases, "open", r->cases.open);
    put(cases, "never_assigned", r->cases.never_assigned);
    put(cases, "never_reached", r->cases.never_reached);
    put(cases, "nobody_eligible", r->cases.nobody);
    put(cases, "missed_a_clock", r->cases.missed);
    put(cases, "reopened_once", r->cases.reopened_cases);
    return json_pack("{s:o,s:o}", "events", events, "cases", cases);
}

static json_t *json_clocks(const struct report *r)
{
    json_t *clocks = json_object();
    for (uint32_t clock = 0; clock < CLOCK_LIMIT; clock++) {
        if (r->cases.missed_by_clock[clock] > 0) {
            put(clocks, words_clock_name(clock), r->cases.missed_by_clock[clock]);
        }
    }
    return clocks;
}

static json_t *json_acts(const struct report *r)
{
    json_t *acts = json_object();
    for (uint32_t code = 0; code < COUNT_OF(r->agents.by_code); code++) {
        if (r->agents.by_code[code] > 0) {
            put(acts, words_code_name(code), r->agents.by_code[code]);
        }
    }
    return acts;
}

static json_t *json_districts(const struct report *r)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < r->district_count; i++) {
        const struct report_district *d = &r->districts[i];
        json_t *row = json_object();
        put(row, "district", d->district);
        put(row, "cases", d->cases);
        put(row, "closed", d->closed);
        put(row, "open", d->open);
        put(row, "never_assigned", d->never_assigned);
        put(row, "nobody_eligible", d->nobody);
        put(row, "missed_a_clock", d->missed);
        (void)json_object_set_new(row, "opened_to_first_arrival", json_spread(&d->response));
        (void)json_array_append_new(list, row);
    }
    return list;
}

static json_t *json_areas(const struct report_areas *areas)
{
    json_t *root = json_object(), *list = json_array();
    for (uint32_t i = 0; i < areas->count; i++) {
        const struct report_area *area = &areas->rows[i];
        json_t *row = json_object();
        (void)json_object_set_new(row, "cell", json_string(area->code));
        put(row, "cases", area->opened);
        put(row, "arrivals", area->arrivals);
        put(row, "never_assigned", area->never_assigned);
        put(row, "p50_ms", (uint64_t)area->p50_ms);
        put(row, "p90_ms", (uint64_t)area->p90_ms);
        (void)json_array_append_new(list, row);
    }
    (void)json_object_set_new(root, "cells", list);
    put(root, "median_p90_ms", (uint64_t)areas->median_ms);
    put(root, "worst_p90_ms",
        areas->worst == NONE32 ? 0 : (uint64_t)areas->rows[areas->worst].p90_ms);
    put(root, "worst_to_median_percent", (uint64_t)areas->ratio_centi);
    return root;
}

json_t *report_to_json(const struct report *r)
{
    const struct run_numbers *n = &r->numbers;
    json_t *root = json_object(), *times = json_object(), *run = json_object();
    for (uint32_t t = 0; t < REPORT_TIMES_COUNT; t++) {
        (void)json_object_set_new(times, TIMES[t].json, json_spread(&r->times[t]));
    }
    put(run, "virtual_ms", (uint64_t)(n->end_ms - n->first_ms));
    put(run, "real_ms", (uint64_t)(n->real_us / 1000));
    put(run, "events_per_s", per_second(r->events, n->real_us));
    put(run, "commands", r->node_commands);
    put(run, "commands_per_s", per_second(r->node_commands, n->real_us));
    put(run, "entries", n->entries);
    put(run, "effects", n->effects);
    put(run, "frames", n->frames);
    put(run, "checks", n->checks);
    put(run, "core_bytes", n->core_bytes);
    put(run, "clocks_missed", r->core.clocks_missed);
    (void)json_object_set_new(root, "digest", json_digest(n->state_digest));
    (void)json_object_set_new(root, "effects_digest", json_digest(n->effects_digest));
    (void)json_object_set_new(root, "ledger", json_ledger(r));
    (void)json_object_set_new(root, "times", times);
    (void)json_object_set_new(root, "clocks_missed", json_clocks(r));
    (void)json_object_set_new(root, "act_results", json_acts(r));
    (void)json_object_set_new(root, "districts", json_districts(r));
    (void)json_object_set_new(root, "areas", json_areas(&r->areas));
    (void)json_object_set_new(root, "run", run);
    return root;
}
