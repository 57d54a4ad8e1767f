/* bench_match.c: the index beside a flat scan, a hash bucket by equality and the naive evaluator.
 *
 *   index   match_event, what the engine runs
 *   scan    every rule of the type verified exactly
 *   bucket  rules filed under one equality each (the first of their condition), the filed ones of the event's values and
 *           those without an equality verified exactly
 *   naive   the oracle of the fuzz test: trees walked, no tables
 *
 * Before anything is timed all four must give the same rules in the same order. Times are those of single events, taken in
 * groups of 16 so that reading the clock does not count. */
#include "sim/bench/bench_match.h"

#include "engine/core/expr.h"
#include "engine/core/match.h"
#include "rules/naive.h"
#include "sim/bench/bench_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 8192u
#define GROUP 16u
#define RUN_NS_MAX INT64_C(2000000000) /* a run of a slow way ends then; at least one group */
#define MATCHES_MAX 4096u
#define BUCKETS 65536u /* power of two */

/* The second way: rules of all types by hash of (type, field, value). */
struct buckets {
    uint32_t *first; /* BUCKETS, entry + 1 */
    uint32_t *next;  /* per rule, entry + 1 */
    uint64_t *keys;  /* per rule */
    uint32_t *loose; /* per type: first rule without equality + 1 */
};

struct match_case {
    const char *name;
    struct bench_rules_options options;
    double bar_us;
};

static const struct match_case CASES[] = {
    {"1,000 rules over 100 types", {1000, 100, 0, 0}, 0},
    {"10,000 rules over 100 types", {10000, 100, 0, 0}, 0.3},
    {"100,000 rules over 100 types", {100000, 100, 0, 0}, 0},
    {"1,000 rules on one type", {1000, 1, 0, 0}, 0},
    {"10,000 rules on one type", {10000, 1, 0, 0}, 1},
    {"100,000 rules on one type", {100000, 1, 0, 0}, 6},
    {"100,000 rules on one type, 60 % without equality", {100000, 1, 600, 0}, 40},
};

static uint64_t bucket_key(uint32_t type, uint32_t field, uint64_t value)
{
    return mix64(value ^ mix64(((uint64_t)type << 32) | field));
}

static void buckets_fini(struct buckets *buckets)
{
    free(buckets->first);
    free(buckets->next);
    free(buckets->keys);
    free(buckets->loose);
}

/* The key of a rule's first equality of texts; 0 = none. The conditions of this bench are plain conjunctions. */
static uint64_t rule_key(const struct policy *policy, uint32_t type, const struct policy_rule *rule)
{
    for (uint32_t i = 0; i < rule->program.count; i++) {
        const struct expr_word *word = &policy->program[rule->program.first + i];
        if (word->op == EXPR_TEXT_EQ) {
            const struct image_string text = policy->constants[word->value];
            uint64_t value = text.size;
            memcpy(&value, policy_text(policy, text), text.size < 8 ? text.size : 8);
            return bucket_key(type, word->arg, value) | 1;
        }
    }
    return 0;
}

static uint64_t event_key(const struct event *event, const struct event_field *field)
{
    uint64_t value = field->size;
    memcpy(&value, event->text + field->text_offset, field->size < 8 ? field->size : 8);
    return bucket_key(event->head->type, field->field, value) | 1;
}

static bool buckets_init(struct buckets *buckets, const struct policy *policy)
{
    buckets->first = calloc(BUCKETS, sizeof buckets->first[0]);
    buckets->next = calloc(policy->rule_count, sizeof buckets->next[0]);
    buckets->keys = calloc(policy->rule_count, sizeof buckets->keys[0]);
    buckets->loose = calloc(policy->type_count, sizeof buckets->loose[0]);
    if (buckets->first == NULL || buckets->next == NULL || buckets->keys == NULL ||
        buckets->loose == NULL) {
        return false;
    }
    for (uint32_t t = 0; t < policy->type_count; t++) {
        const struct image_range range = policy->types[t].rules;
        for (uint32_t i = range.count; i > 0; i--) {
            const uint32_t rule = policy->type_rules[range.first + i - 1];
            const uint64_t key = rule_key(policy, t, &policy->rules[rule]);
            uint32_t *head = key == 0 ? &buckets->loose[t] : &buckets->first[key % BUCKETS];
            buckets->keys[rule] = key;
            buckets->next[rule] = *head;
            *head = rule + 1;
        }
    }
    return true;
}

/* ---- the ways ---- */

struct matcher {
    const struct bench_rules *rules;
    const struct city *city;
    struct buckets buckets;
    uint32_t found[MATCHES_MAX];
};

static uint32_t take_chain(struct matcher *m, const struct event *event, uint32_t entry,
                           uint64_t key, uint32_t matched)
{
    for (; entry != 0; entry = m->buckets.next[entry - 1]) {
        const uint32_t rule = entry - 1;
        if (m->buckets.keys[rule] == key && match_rule(&m->rules->policy, m->city, rule, event)) {
            m->found[matched % MATCHES_MAX] = rule;
            matched++;
        }
    }
    return matched;
}

static uint32_t by_index(struct matcher *m, const struct event *event)
{
    return match_event(&m->rules->policy, m->city, event, m->found, 1);
}

static uint32_t by_scan(struct matcher *m, const struct event *event)
{
    const struct policy *policy = &m->rules->policy;
    const struct image_range range = policy->types[event->head->type].rules;
    uint32_t matched = 0;
    for (uint32_t i = 0; i < range.count; i++) {
        const uint32_t rule = policy->type_rules[range.first + i];
        if (match_rule(policy, m->city, rule, event)) {
            m->found[matched % MATCHES_MAX] = rule;
            matched++;
        }
    }
    return matched;
}

static uint32_t by_bucket(struct matcher *m, const struct event *event)
{
    uint32_t matched = take_chain(m, event, m->buckets.loose[event->head->type], 0, 0);
    for (uint32_t i = 0; i < event->head->field_count; i++) {
        if (event->fields[i].kind == FIELD_STRING) {
            const uint64_t key = event_key(event, &event->fields[i]);
            matched = take_chain(m, event, m->buckets.first[key % BUCKETS], key, matched);
        }
    }
    return matched;
}

static uint32_t by_naive(struct matcher *m, const struct event *event)
{
    return naive_match(m->rules->set, event, m->found, MATCHES_MAX);
}

typedef uint32_t match_fn(struct matcher *matcher, const struct event *event);

/* ---- proof and time ---- */

static int rule_compare(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Do all ways find the same rules, and the ordered ones in the same order? */
static enum err prove(struct matcher *m, const struct bench_event *events, uint32_t count,
                      uint64_t *out_matched)
{
    static uint32_t expected[MATCHES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        const struct event *event = &events[i].event;
        const uint32_t wanted = by_naive(m, event);
        must(wanted <= MATCHES_MAX);
        memcpy(expected, m->found, wanted * sizeof expected[0]);
        *out_matched += wanted;
        bool is_same =
            match_event(&m->rules->policy, m->city, event, m->found, MATCHES_MAX) == wanted &&
            memcmp(m->found, expected, wanted * sizeof expected[0]) == 0;
        is_same = is_same && by_scan(m, event) == wanted &&
                  memcmp(m->found, expected, wanted * sizeof expected[0]) == 0;
        is_same = is_same && by_bucket(m, event) == wanted;
        qsort(m->found, wanted, sizeof m->found[0], rule_compare);
        qsort(expected, wanted, sizeof expected[0], rule_compare);
        if (!is_same || memcmp(m->found, expected, wanted * sizeof expected[0]) != 0) {
            (void)fprintf(stderr, "event %u: the ways to match disagree\n", i);
            return ERR_MISMATCH;
        }
    }
    return ERR_OK;
}

struct bench_events_part {
    const struct bench_event *events;
    uint32_t count;
};

/* p50 and p99 of one event in microseconds. */
static void time_way(struct matcher *m, match_fn *way, const struct bench_event *events,
                     uint32_t count, double out_us[2])
{
    static double values[EVENTS / GROUP];
    uint64_t sum = 0;
    uint32_t groups = 0;
    const int64_t until_ns = bench_now_ns() + RUN_NS_MAX;
    for (uint32_t i = 0; i + GROUP <= count && (i == 0 || bench_now_ns() < until_ns); i += GROUP) {
        const int64_t from_ns = bench_now_ns();
        for (uint32_t k = 0; k < GROUP; k++) {
            sum += way(m, &events[i + k].event);
        }
        values[groups++] = (double)(bench_now_ns() - from_ns) / GROUP / 1000;
    }
    bench_keep(sum);
    out_us[0] = bench_quantile(values, groups, 500);
    out_us[1] = bench_quantile(values, groups, 990);
}

/* ours: what the index took; 0 = this is the index. Returns what this way took. */
static double add_way(struct bench *bench, struct matcher *m, const struct match_case *item,
                      const char *name, match_fn *way, const struct bench_events_part *part,
                      double ours)
{
    const struct bench_event *events = part->events;
    const uint32_t count = part->count;
    double us[2];
    double p99[BENCH_RUNS_MAX];
    struct bench_row row = {.group = "match", .unit = "us p50", .ours = ours};
    (void)snprintf(row.name, sizeof row.name, "%s, %s", item->name, name);
    time_way(m, way, events, count, us); /* warm */
    for (uint32_t run = 0; run < bench_runs(bench); run++) {
        time_way(m, way, events, count, us);
        bench_value(&row, us[0]);
        p99[run] = us[1];
    }
    if (way == by_index && item->bar_us > 0) {
        row.bar_kind = BENCH_AT_MOST;
        row.bar = item->bar_us;
    }
    (void)snprintf(row.note, sizeof row.note, "p99 %.3g us",
                   bench_quantile(p99, bench_runs(bench), 500));
    bench_add(bench, &row);
    return bench_median(&row);
}

/* What the index takes of the image, in bytes. */
static uint64_t index_size(const struct policy *policy)
{
    return policy->type_count * sizeof policy->match_types[0] +
           policy->match_attribute_count * sizeof policy->match_attributes[0] +
           policy->match_key_count * sizeof policy->match_keys[0] +
           policy->match_access_count * sizeof policy->match_accesses[0] +
           policy->match_group_count * sizeof policy->match_groups[0] +
           policy->match_entry_count * sizeof policy->match_entries[0] +
           policy->match_record_count * sizeof policy->match_records[0] +
           policy->match_clause_count * sizeof policy->match_clauses[0];
}

static void add_load(struct bench *bench, const struct match_case *item,
                     const struct bench_rules *rules)
{
    struct bench_row row = {.group = "match", .unit = "s"};
    (void)snprintf(row.name, sizeof row.name, "%s, load and lint", item->name);
    bench_value(&row, (double)(rules->load_ns + rules->lint_ns) / 1e9);
    if (item->options.rules == 10000) {
        row.bar_kind = BENCH_AT_MOST;
        row.bar = 1;
    }
    (void)snprintf(row.note, sizeof row.note,
                   "then lowered in %.2f s, image of %.1f MB, index of %.1f MB",
                   (double)rules->lower_ns / 1e9, (double)rules->size / 1e6,
                   (double)index_size(&rules->policy) / 1e6);
    bench_add(bench, &row);
}

static enum err measure(struct bench *bench, const struct bench_city *city,
                        const struct match_case *item)
{
    struct bench_rules_options options = item->options;
    options.seed = bench_seed(bench);
    options.rules = bench_scale(bench, options.rules, options.rules, options.rules / 100 + 200);
    struct matcher *m = calloc(1, sizeof *m);
    struct bench_rules *rules = NULL;
    enum err err = m == NULL ? ERR_MEMORY : bench_rules_new(city, &options, &rules);
    struct bench_event *events = NULL;
    if (err == ERR_OK) {
        *m = (struct matcher){.rules = rules, .city = &city->city};
        events = bench_events_new(rules, &city->city, options.seed, EVENTS);
        err = events == NULL || !buckets_init(&m->buckets, &rules->policy) ? ERR_MEMORY : ERR_OK;
    }
    uint64_t matched = 0;
    const uint32_t count = bench_scale(bench, EVENTS, EVENTS / 2, 256);
    const uint32_t slow = /* events for the slow ways */
        options.rules >= 100000 ? 2 * GROUP : bench_scale(bench, 512, 256, 64);
    if (err == ERR_OK) {
        err = prove(m, events, slow, &matched);
    }
    if (err == ERR_OK) {
        char index[64];
        (void)snprintf(index, sizeof index, "index (%.2f rules match)",
                       (double)matched / (double)slow);
        add_load(bench, item, rules);
        const struct bench_events_part all = {events, count};
        const struct bench_events_part some = {events, count / 8};
        const struct bench_events_part few = {events, slow};
        const struct bench_events_part least = {events,
                                                options.rules >= 100000 ? GROUP : 2 * GROUP};
        const double ours = add_way(bench, m, item, index, by_index, &all, 0);
        (void)add_way(bench, m, item, "hash bucket", by_bucket, &some, ours);
        (void)add_way(bench, m, item, "flat scan", by_scan, &few, ours);
        (void)add_way(bench, m, item, "naive", by_naive, &least, ours);
    }
    if (m != NULL) {
        buckets_fini(&m->buckets);
    }
    free(m);
    free(events);
    bench_rules_free(rules);
    return err;
}

enum err bench_match(struct bench *bench)
{
    struct bench_city *city;
    enum err err = bench_city_new(bench_seed(bench), CITY_SMALL, &city);
    for (size_t i = 0; i < COUNT_OF(CASES) && err == ERR_OK; i++) {
        err = measure(bench, city, &CASES[i]);
        if (err == ERR_TOO_LARGE || err == ERR_MALFORMED || err == ERR_INPUT) {
            bench_skip(bench, "match", CASES[i].name);
            err = ERR_OK;
        }
    }
    bench_city_free(city);
    return err;
}
