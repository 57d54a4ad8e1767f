/* compare_truth.c: see compare_truth.h. */
#include "sim/compare_truth.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/report_numbers.h"

static uint32_t rule_of(const void *context, uint32_t record)
{
    const struct report_cases *cases = context;
    return cases->cases[record].rule;
}

void compare_truth_make(struct truth_result *result, const struct run *run)
{
    const struct run_gateways *gateways = run_gateways_of(run);
    struct truth_event *rows = malloc(((size_t)gateways->event_count + 1) * sizeof *rows);
    size_t count = 0;
    must(rows != NULL);
    for (uint32_t i = 0; i < gateways->event_count; i++) {
        const struct event_record *event = &gateways->events[i];
        if (event->incident != 0) {
            rows[count++] = (struct truth_event){.incident = event->incident,
                                                 .event = i,
                                                 .record = event->record,
                                                 .source = event->source,
                                                 .kind = event->truth_kind};
        }
    }
    truth_measure(rows, count, rule_of, run_cases(run), result);
    free(rows);
}

/* The numbers of the first part, for both outputs. */
struct truth_line {
    const char *json, *en, *zh;
    uint64_t part, whole;
};

static size_t truth_lines(const struct truth_result *r, struct truth_line lines[8])
{
    const uint64_t true_cases = r->cases - r->false_cases;
    const struct truth_line all[] = {
        {"merge_precision", "pairs in one case that are one incident (merge precision)",
         "同案事件对中确属同一事件（并案准确率）", r->pairs_right, r->pairs_together},
        {"merge_recall", "pairs of one incident that share a case (merge recall)",
         "同一事件的事件对中已并案（并案召回率）", r->pairs_right, r->pairs_of_one_incident},
        {"duplicate_cases", "true cases whose incident had a case already", "真实案件中重复立案",
         r->true_cases_again, true_cases},
        {"true_cases", "cases with something behind them", "确有其事的案件", true_cases, r->cases},
        {"missed_incidents", "true incidents without a case", "漏报的真实事件", r->incidents_missed,
         r->incidents},
        {"false_events_stopped", "events of false alarms and faults that reached no case",
         "误报与故障事件被拦下", r->false_events_stopped, r->false_events},
        {"events_without_case", "events with a truth that reached no case", "未入案的事件",
         r->events_without_case, r->events},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        lines[i] = all[i];
    }
    return COUNT_OF(all);
}

struct name {
    char text[96];
};

static struct name rule_name(const struct run *run, uint32_t rule)
{
    struct name name = {"-"};
    const struct policy *policy = run_policy(run);
    if (rule < policy->rule_count) {
        const struct image_string id = policy->rules[rule].id;
        (void)snprintf(name.text, sizeof name.text, "%.*s", (int)id.size, policy_text(policy, id));
    }
    return name;
}

static struct name source_name(const struct run *run, uint32_t source)
{
    struct name name;
    (void)snprintf(name.text, sizeof name.text, "%s", run_gateways_of(run)->rows[source].id);
    return name;
}

static void print_group(const struct truth_group *group, struct name name, FILE *out)
{
    const int64_t share = share_of(group->cases - group->false_cases, group->cases);
    (void)fprintf(out, "%10" PRIu64 " %10" PRIu64 " %6" PRId64 ".%02" PRId64 " %%  %s\n",
                  group->cases, group->false_cases, share / 100, share % 100, name.text);
}

void compare_truth_print(const struct truth_result *r, const struct run *run, enum lang lang,
                         FILE *out)
{
    struct truth_line lines[8];
    const size_t count = truth_lines(r, lines);
    (void)fprintf(out, "\n");
    for (size_t i = 0; i < count; i++) {
        const int64_t share = share_of(lines[i].part, lines[i].whole);
        (void)fprintf(out, "%6" PRId64 ".%02" PRId64 " %%  %12" PRIu64 " / %-12" PRIu64 " %s\n",
                      share / 100, share % 100, lines[i].part, lines[i].whole,
                      lang == LANG_ZH ? lines[i].zh : lines[i].en);
    }
    (void)fprintf(out, "\n%10s %10s %11s  %s\n", lang == LANG_ZH ? "案件" : "cases",
                  lang == LANG_ZH ? "误报" : "false", lang == LANG_ZH ? "准确率" : "precision",
                  lang == LANG_ZH ? "立案来源、规则" : "opened by: source, rule");
    for (uint32_t i = 0; i < r->source_count; i++) {
        print_group(&r->sources[i], source_name(run, r->sources[i].group), out);
    }
    for (uint32_t i = 0; i < r->rule_count; i++) {
        print_group(&r->rules[i], rule_name(run, r->rules[i].group), out);
    }
}

static json_t *group_json(const struct truth_group *group)
{
    return json_pack("{s:I,s:I}", "cases", (json_int_t)group->cases, "false",
                     (json_int_t)group->false_cases);
}

json_t *compare_truth_to_json(const struct truth_result *r, const struct run *run)
{
    struct truth_line lines[8];
    const size_t count = truth_lines(r, lines);
    json_t *root = json_object(), *sources = json_object(), *rules = json_object();
    for (size_t i = 0; i < count; i++) {
        (void)json_object_set_new(root, lines[i].json,
                                  json_pack("{s:I,s:I}", "part", (json_int_t)lines[i].part, "whole",
                                            (json_int_t)lines[i].whole));
    }
    for (uint32_t i = 0; i < r->source_count; i++) {
        (void)json_object_set_new(sources, source_name(run, r->sources[i].group).text,
                                  group_json(&r->sources[i]));
    }
    for (uint32_t i = 0; i < r->rule_count; i++) {
        (void)json_object_set_new(rules, rule_name(run, r->rules[i].group).text,
                                  group_json(&r->rules[i]));
    }
    (void)json_object_set_new(root, "sources", sources);
    (void)json_object_set_new(root, "rules", rules);
    return root;
}
