/* bench_rules.c: see bench_rules.h. */
#include "sim/bench/bench_rules.h"

#include "rules/anchor.h"
#include "rules/lint.h"
#include "rules/lower.h"
#include "sim/bench/bench.h"
#include "sim/city_file.h"
#include "sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define TEXT_FIELDS 10u
#define TEXT_VALUES 100u
#define NUMBER_FIELDS 10u
#define NUMBER_MAX 1000
#define RULES_PER_FILE 2000u
#define EVENT_MS INT64_C(1772438400000) /* a Monday morning */

struct writer {
    const struct bench_rules_options *options;
    struct random random;
    struct city_file file;
};

/* Two different fields of a kind. */
static void draw_pair(struct random *random, uint32_t count, uint32_t out_pair[2])
{
    out_pair[0] = (uint32_t)random_below(random, count);
    out_pair[1] = (out_pair[0] + 1 + (uint32_t)random_below(random, count - 1)) % count;
}

static void put_range(struct writer *writer, uint32_t field, int64_t width_max)
{
    const int64_t width = random_between(&writer->random, width_max / 5, width_max);
    const int64_t low = random_between(&writer->random, 0, NUMBER_MAX - width);
    city_file_print(&writer->file, "n%u >= %lld and n%u < %lld", field, (long long)low, field,
                    (long long)(low + width));
}

static void put_where(struct writer *writer)
{
    uint32_t pair[2];
    city_file_print(&writer->file, "  where: ");
    if (random_chance(&writer->random, writer->options->unanchored_permille)) {
        draw_pair(&writer->random, NUMBER_FIELDS / 2, pair);
        for (uint32_t i = 0; i < 2; i++) {
            put_range(writer, pair[i], 150);
            city_file_print(&writer->file, " and ");
            put_range(writer, pair[i] + NUMBER_FIELDS / 2, 150);
            city_file_print(&writer->file, i == 0 ? " and " : "\n");
        }
        return;
    }
    draw_pair(&writer->random, TEXT_FIELDS, pair);
    for (uint32_t i = 0; i < 2; i++) {
        city_file_print(&writer->file, "s%u == \"v%02u\" and ", pair[i],
                        (uint32_t)random_below(&writer->random, TEXT_VALUES));
    }
    draw_pair(&writer->random, NUMBER_FIELDS, pair);
    put_range(writer, pair[0], 500);
    city_file_print(&writer->file, " and ");
    put_range(writer, pair[1], 500);
    city_file_print(&writer->file, "\n");
}

static void put_rule(struct writer *writer, uint32_t number)
{
    static const char *const AREAS[] = {"area.square", "area.no_parking", "area.school_gate"};
    city_file_print(&writer->file,
                    "- id: r%06u\n  title: t\n  owner: dept.sanitation\n  priority: %u\n"
                    "  event: t%03u\n",
                    number, (uint32_t)random_below(&writer->random, 1000),
                    number % writer->options->types);
    put_where(writer);
    if (random_chance(&writer->random, 100)) {
        city_file_print(&writer->file, "  area: {in: [%s]}\n",
                        AREAS[random_below(&writer->random, COUNT_OF(AREAS))]);
    }
    city_file_print(&writer->file, "  open: {class: \"E.01.02\", severity: 3, title: t}\n"
                                   "  assign: {role: grid_worker}\n");
}

static void put_types(struct writer *writer)
{
    city_file_print(&writer->file, "ruleset: 1\nevents:\n");
    for (uint32_t t = 0; t < writer->options->types; t++) {
        city_file_print(&writer->file, "  t%03u: {title: t, lane: report, fields: {", t);
        for (uint32_t i = 0; i < TEXT_FIELDS; i++) {
            city_file_print(&writer->file, "s%u: string, n%u: number%s", i, i,
                            i + 1 < TEXT_FIELDS ? ", " : "}}\n");
        }
    }
}

static enum err write_files(const char *directory, const struct bench_rules_options *options)
{
    struct writer writer = {.options = options};
    random_init(&writer.random, options->seed, "bench.rules");
    enum err err = city_make_directory(directory);
    if (err == ERR_OK) {
        err = city_file_open(&writer.file, directory, "types.yaml");
    }
    if (err != ERR_OK) {
        return err;
    }
    put_types(&writer);
    err = city_file_close(&writer.file);
    for (uint32_t first = 0; first < options->rules && err == ERR_OK; first += RULES_PER_FILE) {
        char name[32];
        (void)snprintf(name, sizeof name, "rules-%06u.yaml", first);
        err = city_file_open(&writer.file, directory, name);
        if (err != ERR_OK) {
            return err;
        }
        city_file_print(&writer.file, "ruleset: 1\nrules:\n");
        for (uint32_t i = first; i < options->rules && i < first + RULES_PER_FILE; i++) {
            put_rule(&writer, i);
        }
        err = city_file_close(&writer.file);
    }
    return err;
}

static enum err load(struct bench_rules *rules, const char *directory, const struct city *city,
                     struct problems *problems)
{
    int64_t at_ns = bench_now_ns();
    enum err err = ruleset_load(directory, city, problems, &rules->set);
    rules->load_ns = bench_now_ns() - at_ns;
    if (err != ERR_OK) {
        return err;
    }
    at_ns = bench_now_ns();
    const struct lint_options options = {.errors_only = false};
    (void)lint_ruleset(rules->set, &options); /* what it says of invented rules is of no interest */
    rules->lint_ns = bench_now_ns() - at_ns;
    at_ns = bench_now_ns();
    err = ruleset_lower(rules->set, &rules->bytes, &rules->size);
    rules->lower_ns = bench_now_ns() - at_ns;
    return err == ERR_OK ? policy_open(rules->bytes, rules->size, city, &rules->policy) : err;
}

enum err bench_rules_new(const struct bench_city *city, const struct bench_rules_options *options,
                         struct bench_rules **out_rules)
{
    char directory[320];
    struct bench_rules *rules = calloc(1, sizeof *rules);
    struct problems *problems = problems_new();
    enum err err = rules == NULL || problems == NULL ? ERR_MEMORY : ERR_OK;
    (void)snprintf(directory, sizeof directory, "%s/rules", city->directory.path);
    if (err == ERR_OK) {
        err = write_files(directory, options);
    }
    if (err == ERR_OK) {
        err = load(rules, directory, &city->city, problems);
    }
    if (err != ERR_OK) {
        problems_print(problems, stderr);
        bench_rules_free(rules);
        rules = NULL;
    }
    problems_free(problems);
    const size_t used = strlen(directory);
    for (uint32_t first = 0; first < options->rules; first += RULES_PER_FILE) {
        (void)snprintf(directory + used, sizeof directory - used, "/rules-%06u.yaml", first);
        (void)remove(directory);
    }
    *out_rules = rules;
    return err;
}

void bench_rules_free(struct bench_rules *rules)
{
    if (rules == NULL) {
        return;
    }
    ruleset_free(rules->set);
    free(rules->bytes);
    free(rules);
}

static int field_compare(const void *left, const void *right)
{
    const struct event_field *a = left;
    const struct event_field *b = right;
    return a->field < b->field ? -1 : a->field > b->field;
}

/* What a rule asks of the events that half of them are made for. */
struct wish {
    struct anchors anchors;
    const struct rule *rule; /* NULL: none */
};

static void make_wish(struct wish *wish, const struct bench_rules *rules, struct arena *arena,
                      struct random *random)
{
    wish->rule = NULL;
    if (random_chance(random, 500)) {
        wish->rule = rules->set->rules[random_below(random, rules->set->rule_count)];
        anchors_find(arena, wish->rule->where, &wish->anchors);
    }
}

static int64_t draw_number(const struct wish *wish, const struct rule_field *field,
                           struct random *random)
{
    const struct anchor *anchor = wish->rule == NULL ? NULL : anchors_at(&wish->anchors, field);
    return anchor != NULL ? random_between(random, anchor->low, anchor->high)
                          : random_between(random, 0, NUMBER_MAX * 10) * (MICRO / 10);
}

static int draw_text(const struct wish *wish, const struct rule_field *field, struct random *random,
                     char out[8])
{
    const struct anchor *anchor = wish->rule == NULL ? NULL : anchors_at(&wish->anchors, field);
    return anchor != NULL ? snprintf(out, 8, "%s", anchor->texts[0])
                          : snprintf(out, 8, "v%02u", (uint32_t)random_below(random, TEXT_VALUES));
}

static void fill_head(struct event_head *head, const struct wish *wish,
                      const struct bench_rules *rules, const struct city *city,
                      struct random *random)
{
    head->type = wish->rule != NULL ? (uint16_t)wish->rule->types[0]->row
                                    : (uint16_t)random_below(random, rules->policy.type_count);
    head->event_at_ms = EVENT_MS;
    head->place = (struct place){city->cells[0].lon, city->cells[0].lat};
    head->device = head->cell = head->asset = head->zone = NONE32;
    if (wish->rule != NULL && wish->rule->in != NULL) {
        head->areas[head->area_count++] = (uint16_t)wish->rule->in->areas.items[0];
    } else if (random_chance(random, 300)) {
        head->areas[head->area_count++] = (uint16_t)random_below(random, city->area_count);
    }
}

static void fill_event(struct bench_event *event, const struct bench_rules *rules,
                       const struct wish *wish, struct random *random)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < rules->set->field_count; i++) {
        const struct rule_field *field = rules->set->fields[i];
        if (field->row == NONE32 || field->is_builtin ||
            event->head.field_count == BENCH_EVENT_FIELDS) {
            continue;
        }
        struct event_field *out = &event->fields[event->head.field_count++];
        *out = (struct event_field){.field = (uint16_t)field->row, .kind = (uint8_t)field->kind};
        if (field->kind == FIELD_NUMBER) {
            out->a = (uint64_t)draw_number(wish, field, random);
            continue;
        }
        char value[8];
        const int size = draw_text(wish, field, random, value);
        const XXH128_hash_t hash = XXH3_128bits(value, (size_t)size);
        memcpy(event->text + used, value, (size_t)size);
        out->size = (uint8_t)size;
        out->text_offset = used;
        out->a = hash.high64;
        out->b = hash.low64;
        used += (uint32_t)size;
    }
    qsort(event->fields, event->head.field_count, sizeof event->fields[0], field_compare);
    event->event = (struct event){
        .head = &event->head, .fields = event->fields, .text = event->text, .free_text = ""};
}

struct bench_event *bench_events_new(const struct bench_rules *rules, const struct city *city,
                                     uint64_t seed, uint32_t count)
{
    struct random random;
    struct bench_event *events = malloc(count * sizeof *events);
    if (events == NULL) {
        return NULL;
    }
    random_init(&random, seed, "bench.events");
    struct arena *arena = arena_new();
    for (uint32_t i = 0; i < count; i++) {
        struct wish wish;
        memset(&events[i], 0, sizeof events[i]);
        make_wish(&wish, rules, arena, &random);
        fill_head(&events[i].head, &wish, rules, city, &random);
        fill_event(&events[i], rules, &wish, &random);
    }
    arena_free(arena);
    return events;
}
