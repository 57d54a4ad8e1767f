/* backtest.c: see backtest.h. */
#include "sim/backtest.h"

#include "sim/report_cases.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *json, *en, *zh;
} KINDS[] = {
#define BACKTEST_ROW(name, json, en, zh) {json, en, zh},
    BACKTEST_LIST(BACKTEST_ROW)
#undef BACKTEST_ROW
};

/* ---- what each side amounts to ---- */

static uint32_t department_of(const struct run *run, const struct case_record *record)
{
    const struct policy *policy = run_policy(run);
    return record->rule < policy->rule_count ? policy->rules[record->rule].department : NONE32;
}

static void add_case(struct backtest_load *load, const struct city *city,
                     const struct case_record *record)
{
    load->cases++;
    load->events += record->event_count;
    load->missed += record->missed != 0 ? 1 : 0;
    load->handled += record->handled_at_ms != RECORD_NEVER ? 1 : 0;
    load->by_hour[mod_floor(city_local_ms(city, record->opened_at_ms), DAY_MS) / HOUR_MS]++;
}

static void side_make(struct backtest_side *side, const struct run *run)
{
    const struct city *city = run_city(run);
    const struct report_cases *cases = run_cases(run);
    const struct run_gateways *gateways = run_gateways_of(run);
    *side = (struct backtest_side){.run = run};
    side->rules = calloc(run_policy(run)->rule_count + 1u, sizeof side->rules[0]);
    side->departments = calloc(city->department_count + 1u, sizeof side->departments[0]);
    must(side->rules != NULL && side->departments != NULL);
    for (uint32_t i = 0; i < cases->case_count; i++) {
        const struct case_record *record = &cases->cases[i];
        if (!record->is_used || record->rule >= run_policy(run)->rule_count) {
            continue;
        }
        const uint32_t department = department_of(run, record);
        add_case(&side->rules[record->rule], city, record);
        if (department < city->department_count) {
            add_case(&side->departments[department], city, record);
        }
    }
    side->events = gateways->seen;
    side->opened = gateways->by_code[CODE_OPENED];
    side->merged = gateways->by_code[CODE_MERGED];
    side->deduped = gateways->by_code[CODE_DEDUPED];
    side->no_rule = gateways->by_code[CODE_NO_RULE];
}

/* ---- differences ---- */

static void note(struct backtest *backtest, enum backtest_kind kind, uint32_t event)
{
    const uint64_t count = backtest->counts[kind]++;
    if (count < BACKTEST_SAMPLES) {
        backtest->samples[kind][count].event = event;
    }
}

/* The case that an event opened, or NULL. */
static const struct case_record *opened_by(const struct run *run, uint32_t event)
{
    const struct event_record *row = &run_gateways_of(run)->events[event];
    return row->code == CODE_OPENED && row->record != NONE32 ? &run_cases(run)->cases[row->record]
                                                             : NULL;
}

static void compare_event(struct backtest *backtest, uint32_t event)
{
    const struct run *before = backtest->before.run;
    const struct run *after = backtest->after.run;
    const struct case_record *old = opened_by(before, event);
    const struct case_record *new = opened_by(after, event);
    if (old == NULL || new == NULL) {
        if (old != new) {
            note(backtest, old == NULL ? BACKTEST_NEW : BACKTEST_LOST, event);
        }
        return;
    }
    if (department_of(before, old) != department_of(after, new)) {
        note(backtest, BACKTEST_OWNER, event);
    }
    if (old->severity != new->severity) {
        note(backtest, BACKTEST_SEVERITY, event);
    }
    if (old->handled_by != new->handled_by) {
        note(backtest, BACKTEST_HANDLER, event);
    }
    if (old->missed != new->missed) {
        note(backtest, BACKTEST_CLOCKS, event);
    }
}

void backtest_make(struct backtest *backtest, const struct run *before, const struct run *after)
{
    memset(backtest, 0, sizeof *backtest);
    side_make(&backtest->before, before);
    side_make(&backtest->after, after);
    const uint32_t count = run_gateways_of(before)->event_count;
    must(count == run_gateways_of(after)->event_count);
    for (uint32_t i = 0; i < count; i++) {
        compare_event(backtest, i);
    }
}

void backtest_fini(struct backtest *backtest)
{
    struct backtest_side *sides[2] = {&backtest->before, &backtest->after};
    for (size_t i = 0; i < COUNT_OF(sides); i++) {
        free(sides[i]->rules);
        free(sides[i]->departments);
    }
}

/* ---- rules by id ---- */

static uint32_t find_rule(const struct policy *policy, const char *id, size_t size)
{
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        const struct image_string text = policy->rules[i].id;
        if (text.size == size && memcmp(policy_text(policy, text), id, size) == 0) {
            return i;
        }
    }
    return NONE32;
}

static bool is_shadow(const struct policy *policy, uint32_t row)
{
    return row < policy->rule_count && policy->rules[row].status == RULE_SHADOW;
}

bool backtest_is_shadow(const struct backtest *backtest, const char *id)
{
    const struct policy *policy = run_policy(backtest->after.run);
    return is_shadow(policy, find_rule(policy, id, strlen(id)));
}

struct rule_score backtest_score(const struct backtest *backtest, const char *id)
{
    const struct run *run = backtest->after.run;
    const uint32_t row = find_rule(run_policy(run), id, strlen(id));
    return row == NONE32
               ? (struct rule_score){.cases_known = 0}
               : rule_scores_of(run_scores(run), run_policy(run), run_gateways_of(run), row);
}

struct backtest_load backtest_rule(const struct backtest *backtest, const char *id)
{
    const struct run *run = backtest->after.run;
    const uint32_t row = find_rule(run_policy(run), id, strlen(id));
    if (row == NONE32) {
        return (struct backtest_load){.cases = 0};
    }
    if (!is_shadow(run_policy(run), row)) {
        return backtest->after.rules[row];
    }
    const struct rule_counts *counts = &run_scores(run)->counts[row];
    return (struct backtest_load){.cases = counts->opened,
                                  .events = counts->opened + counts->joined};
}

struct backtest_load backtest_department(const struct backtest *backtest, uint32_t department)
{
    return backtest->after.departments[department];
}

/* Calls for each rule of either side: its rows, NONE32 where it is not there. */
static void each_rule(const struct backtest *backtest,
                      void (*tell)(void *context, const struct backtest *backtest,
                                   struct image_string id, const struct policy *of, uint32_t old,
                                   uint32_t new),
                      void *context)
{
    const struct policy *before = run_policy(backtest->before.run);
    const struct policy *after = run_policy(backtest->after.run);
    for (uint32_t i = 0; i < before->rule_count; i++) {
        const struct image_string id = before->rules[i].id;
        tell(context, backtest, id, before, i, find_rule(after, policy_text(before, id), id.size));
    }
    for (uint32_t i = 0; i < after->rule_count; i++) {
        const struct image_string id = after->rules[i].id;
        if (find_rule(before, policy_text(after, id), id.size) == NONE32) {
            tell(context, backtest, id, after, NONE32, i);
        }
    }
}

static struct backtest_load load_at(const struct backtest_load *rows, uint32_t row)
{
    return row == NONE32 ? (struct backtest_load){.cases = 0} : rows[row];
}

/* ---- words ---- */

static void print_rule(void *context, const struct backtest *backtest, struct image_string id,
                       const struct policy *of, uint32_t old, uint32_t new)
{
    const struct backtest_load a = load_at(backtest->before.rules, old);
    const struct backtest_load b = load_at(backtest->after.rules, new);
    if (a.cases == b.cases && a.events == b.events && a.missed == b.missed) {
        return;
    }
    (void)fprintf(context,
                  "  %-36.*s %8" PRIu64 " %8" PRIu64 " %10" PRIu64 " %8" PRIu64 " %10" PRIu64
                  " %8" PRIu64 "\n",
                  (int)id.size, policy_text(of, id), a.cases, b.cases, a.events, b.events, a.missed,
                  b.missed);
}

static uint32_t peak_hour(const struct backtest_load *load)
{
    uint32_t peak = 0;
    for (uint32_t hour = 1; hour < 24; hour++) {
        peak = load->by_hour[hour] > load->by_hour[peak] ? hour : peak;
    }
    return peak;
}

static void print_departments(const struct backtest *backtest, bool is_chinese, FILE *out)
{
    const struct city *city = run_city(backtest->after.run);
    (void)fprintf(out, "\n  %-36s %8s %8s %10s %8s   %s\n", is_chinese ? "部门" : "department",
                  is_chinese ? "原案件" : "cases", is_chinese ? "现" : "now",
                  is_chinese ? "原超时" : "missed", is_chinese ? "现" : "now",
                  is_chinese ? "现最忙时段" : "busiest hour now");
    for (uint32_t i = 0; i < city->department_count; i++) {
        const struct backtest_load *a = &backtest->before.departments[i];
        const struct backtest_load *b = &backtest->after.departments[i];
        if (a->cases + b->cases > 0) {
            const uint32_t hour = peak_hour(b);
            const struct image_string code = city->departments[i].code;
            (void)fprintf(out,
                          "  %-36.*s %8" PRIu64 " %8" PRIu64 " %10" PRIu64 " %8" PRIu64
                          "   %02u:00, %" PRIu64 "\n",
                          (int)code.size, city_text(city, code), a->cases, b->cases, a->missed,
                          b->missed, hour, b->by_hour[hour]);
        }
    }
}

/* Of an event, in the city's local time. */
static struct trace_instant event_instant(const struct backtest *backtest, uint32_t event)
{
    const struct run *run = backtest->after.run;
    const int64_t at_ms = run_gateways_of(run)->events[event].at_ms;
    const int64_t offset_ms = city_local_ms(run_city(run), at_ms) - at_ms;
    return trace_format_instant(at_ms, (int32_t)(offset_ms / MINUTE_MS));
}

/* "a case was opened, gas.leak 110108-20160401-0007" of one side. */
static void print_outcome(const struct run *run, uint32_t event, enum lang lang, FILE *out)
{
    const struct event_record *row = &run_gateways_of(run)->events[event];
    if (row->record == NONE32) {
        (void)fprintf(out, "%s", words_code(row->code, lang));
        return;
    }
    const struct case_record *record = &run_cases(run)->cases[row->record];
    const struct policy *policy = run_policy(run);
    const struct image_string id = record->rule < policy->rule_count
                                       ? policy->rules[record->rule].id
                                       : (struct image_string){0, 0};
    (void)fprintf(out, "%s, %.*s %u-%u-%04u", words_code(row->code, lang), (int)id.size,
                  policy_text(policy, id), record->no.district, record->no.day, record->no.serial);
}

static void print_samples(const struct backtest *backtest, enum backtest_kind kind, enum lang lang,
                          FILE *out)
{
    const uint64_t count = backtest->counts[kind] < 3 ? backtest->counts[kind] : 3;
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t event = backtest->samples[kind][i].event;
        (void)fprintf(out, "      %.19s  ", event_instant(backtest, event).text);
        print_outcome(backtest->before.run, event, lang, out);
        (void)fprintf(out, "  ->  ");
        print_outcome(backtest->after.run, event, lang, out);
        (void)fprintf(out, "\n");
    }
}

static void print_share(uint64_t part, uint64_t whole, FILE *out)
{
    if (whole == 0) {
        (void)fprintf(out, " %9s", "n/a");
    } else {
        (void)fprintf(out, " %7.2f %%", 100.0 * (double)part / (double)whole);
    }
}

static void print_shadows(const struct backtest *backtest, enum lang lang, FILE *out)
{
    static const char *const EN[] = {"fired",     "opened", "joined",    "repeats",
                                     "held back", "lost",   "precision", "recall"};
    static const char *const ZH[] = {"触发", "应立案", "应并案", "重复",
                                     "抑制", "让位",   "准确率", "召回率"};
    const struct run *run = backtest->after.run;
    const struct policy *policy = run_policy(run);
    bool is_first = true;
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        if (!is_shadow(policy, i)) {
            continue;
        }
        const char *const *heads = lang == LANG_ZH ? ZH : EN;
        if (is_first) {
            (void)fprintf(out, "\n  %-36s",
                          lang == LANG_ZH ? "影子规则（假如启用）"
                                          : "in shadow, had they been active");
            for (size_t k = 0; k < COUNT_OF(EN); k++) {
                (void)fprintf(out, " %9s", heads[k]);
            }
            (void)fprintf(out, "\n");
        }
        is_first = false;
        const struct rule_score score =
            rule_scores_of(run_scores(run), policy, run_gateways_of(run), i);
        const struct rule_counts *c = &score.counts;
        (void)fprintf(out,
                      "  %-36.*s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
                      " %9" PRIu64,
                      (int)policy->rules[i].id.size, policy_text(policy, policy->rules[i].id),
                      c->fired, c->opened, c->joined, c->repeats, c->held_back, c->lost_lane);
        print_share(score.cases_true, score.cases_known, out);
        print_share(score.incidents_reached, score.incidents, out);
        (void)fprintf(out, "\n");
    }
}

void backtest_print(const struct backtest *backtest, enum lang lang, FILE *out)
{
    const bool is_chinese = lang == LANG_ZH;
    const struct backtest_side *a = &backtest->before;
    const struct backtest_side *b = &backtest->after;
    const struct {
        const char *en, *zh;
        uint64_t old, new;
    } rows[] = {{"events", "事件", a->events, b->events},
                {"opened a case", "立案", a->opened, b->opened},
                {"joined a case", "并案", a->merged, b->merged},
                {"repeats", "重复", a->deduped, b->deduped},
                {"no rule took them", "无规则命中", a->no_rule, b->no_rule}};
    (void)fprintf(out, "  %-36s %8s %8s\n", "", is_chinese ? "原规则" : "before",
                  is_chinese ? "新规则" : "now");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)fprintf(out, "  %-36s %8" PRIu64 " %8" PRIu64 "\n",
                      is_chinese ? rows[i].zh : rows[i].en, rows[i].old, rows[i].new);
    }
    (void)fprintf(out, "\n");
    for (int kind = 0; kind < BACKTEST_KIND_COUNT; kind++) {
        (void)fprintf(out, "  %8" PRIu64 "  %s\n", backtest->counts[kind],
                      is_chinese ? KINDS[kind].zh : KINDS[kind].en);
        print_samples(backtest, (enum backtest_kind)kind, lang, out);
    }
    (void)fprintf(out, "\n  %-36s %8s %8s %10s %8s %10s %8s\n",
                  is_chinese ? "有变化的规则" : "rules that changed",
                  is_chinese ? "原案件" : "cases", is_chinese ? "现" : "now",
                  is_chinese ? "原事件" : "events", is_chinese ? "现" : "now",
                  is_chinese ? "原超时" : "missed", is_chinese ? "现" : "now");
    each_rule(backtest, print_rule, out);
    print_departments(backtest, is_chinese, out);
    print_shadows(backtest, lang, out);
    (void)fprintf(out, "\n%s\n",
                  is_chinese
                      ? "人员为模拟，相同种子；真实人员当时的决定无法重建。"
                      : "People are simulated, with one seed; what real people decided at the time "
                        "cannot be rebuilt.");
}

/* ---- JSON ---- */

/* Rules in shadow under the new rules, by id. */
static json_t *shadows_json(const struct backtest *backtest)
{
    json_t *root = json_object();
    const struct run *run = backtest->after.run;
    const struct policy *policy = run_policy(run);
    for (uint32_t i = 0; i < policy->rule_count; i++) {
        if (!is_shadow(policy, i)) {
            continue;
        }
        char name[128];
        const struct rule_score score =
            rule_scores_of(run_scores(run), policy, run_gateways_of(run), i);
        const struct rule_counts *c = &score.counts;
        (void)snprintf(name, sizeof name, "%.*s", (int)policy->rules[i].id.size,
                       policy_text(policy, policy->rules[i].id));
        (void)json_object_set_new(
            root, name,
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "fired",
                      (json_int_t)c->fired, "opened", (json_int_t)c->opened, "joined",
                      (json_int_t)c->joined, "repeats", (json_int_t)c->repeats, "held_back",
                      (json_int_t)c->held_back, "lost_lane", (json_int_t)c->lost_lane, "waiting",
                      (json_int_t)c->waiting, "cases_known", (json_int_t)score.cases_known,
                      "cases_true", (json_int_t)score.cases_true, "incidents",
                      (json_int_t)score.incidents, "incidents_reached",
                      (json_int_t)score.incidents_reached));
    }
    return root;
}

static json_t *load_json(struct backtest_load load)
{
    json_t *hours = json_array();
    for (uint32_t i = 0; i < 24; i++) {
        (void)json_array_append_new(hours, json_integer((json_int_t)load.by_hour[i]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "cases", (json_int_t)load.cases, "events",
                     (json_int_t)load.events, "missed", (json_int_t)load.missed, "handled",
                     (json_int_t)load.handled, "by_hour", hours);
}

static void rule_json(void *context, const struct backtest *backtest, struct image_string id,
                      const struct policy *of, uint32_t old, uint32_t new)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%.*s", (int)id.size, policy_text(of, id));
    json_t *row = json_pack("{s:o, s:o}", "before", load_json(load_at(backtest->before.rules, old)),
                            "now", load_json(load_at(backtest->after.rules, new)));
    (void)json_object_set_new(context, name, row);
}

static json_t *side_json(const struct backtest_side *side)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "events", (json_int_t)side->events, "opened",
                     (json_int_t)side->opened, "merged", (json_int_t)side->merged, "deduped",
                     (json_int_t)side->deduped, "no_rule", (json_int_t)side->no_rule);
}

json_t *backtest_to_json(const struct backtest *backtest)
{
    json_t *root = json_object();
    json_t *rules = json_object();
    json_t *departments = json_object();
    json_t *differences = json_object();
    const struct city *city = run_city(backtest->after.run);
    (void)json_object_set_new(root, "before", side_json(&backtest->before));
    (void)json_object_set_new(root, "now", side_json(&backtest->after));
    each_rule(backtest, rule_json, rules);
    for (uint32_t i = 0; i < city->department_count; i++) {
        char name[128];
        const struct image_string code = city->departments[i].code;
        (void)snprintf(name, sizeof name, "%.*s", (int)code.size, city_text(city, code));
        (void)json_object_set_new(departments, name,
                                  json_pack("{s:o, s:o}", "before",
                                            load_json(backtest->before.departments[i]), "now",
                                            load_json(backtest->after.departments[i])));
    }
    for (int kind = 0; kind < BACKTEST_KIND_COUNT; kind++) {
        json_t *samples = json_array();
        for (uint64_t i = 0; i < backtest->counts[kind] && i < BACKTEST_SAMPLES; i++) {
            const uint32_t event = backtest->samples[kind][i].event;
            (void)json_array_append_new(samples,
                                        json_pack("{s:i, s:s}", "event", (int)event + 1, "at",
                                                  event_instant(backtest, event).text));
        }
        (void)json_object_set_new(differences, KINDS[kind].json,
                                  json_pack("{s:I, s:o}", "count",
                                            (json_int_t)backtest->counts[kind], "samples",
                                            samples));
    }
    (void)json_object_set_new(root, "rules", rules);
    (void)json_object_set_new(root, "shadow", shadows_json(backtest));
    (void)json_object_set_new(root, "departments", departments);
    (void)json_object_set_new(root, "differences", differences);
    return root;
}
