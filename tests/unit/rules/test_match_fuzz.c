/* test_match_fuzz.c: index and programs against the naive evaluator, on random rule sets and random events.
 *
 * The seed is printed; GRIDLOOP_SEED=n repeats a run. */
#include "tests/unit/rules/fixture.h"

#include "engine/core/match.h"
#include "rules/explain.h"
#include "rules/lint.h"
#include "rules/lower.h"
#include "rules/naive.h"
#include "tests/unit/panic.h"

#include <inttypes.h>

#define MATCHES_MAX 1200u
#define TEXT_SIZE ((size_t)1 << 20)

static struct fixture_city fixture;
static uint64_t seed;

static int set_up(void **state)
{
    (void)state;
    fixture_city_init(&fixture);
    const char *given = getenv("GRIDLOOP_SEED");
    seed = given == NULL ? (uint64_t)getpid() * 2654435761u + 20261121u : strtoull(given, NULL, 10);
    (void)fprintf(stdout, "# seed %" PRIu64 "\n", seed);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_city_fini(&fixture);
    return 0;
}

/* ---- random text of rules ---- */

struct writer {
    char *text;
    size_t size;
    uint64_t random;
    bool is_plain; /* conditions are conjunctions of single fields: what the index decides alone */
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *writer, const char *format,
                                                      ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(writer->text + writer->size, TEXT_SIZE - writer->size, format, list);
    va_end(list);
    assert_true(size >= 0 && (size_t)size < TEXT_SIZE - writer->size);
    writer->size += (size_t)size;
}

static uint32_t draw(struct writer *writer, uint32_t limit)
{
    return (uint32_t)(fixture_random(&writer->random) % limit);
}

static const char *const TEXTS[] = {"a", "b", "ab", "car", "truck", "京A", ""};
static const char *const OPS[] = {"==", "!=", "<", "<=", ">", ">="};

static void put_number(struct writer *writer, uint32_t depth)
{
    static const char *const CONSTANTS[] = {"0", "1", "-2", "0.5", "2.25", "100"};
    uint32_t choice = draw(writer, depth == 0 ? 2 : 5);
    if (choice == 0) {
        put(writer, "%s", CONSTANTS[draw(writer, COUNT_OF(CONSTANTS))]);
    } else if (choice < 3) {
        put(writer, "n%u", draw(writer, 4));
    } else if (choice == 3) {
        put(writer, "-(");
        put_number(writer, depth - 1);
        put(writer, ")");
    } else {
        put(writer, "(");
        put_number(writer, depth - 1);
        put(writer, " %c ", "+-*/"[draw(writer, 4)]);
        put_number(writer, depth - 1);
        put(writer, ")");
    }
}

static void put_leaf(struct writer *writer)
{
    uint32_t text = draw(writer, 3);
    switch (draw(writer, 10)) {
    case 0:
        put(writer, "has(%s%u)", draw(writer, 2) ? "n" : "s", draw(writer, 3));
        return;
    case 1:
        put(writer, "s%u %s '%s'", text, OPS[draw(writer, 2)],
            TEXTS[draw(writer, COUNT_OF(TEXTS))]);
        return;
    case 2:
        put(writer, "s%u in ['%s', '%s', '%s']", text, TEXTS[draw(writer, COUNT_OF(TEXTS))],
            TEXTS[draw(writer, COUNT_OF(TEXTS))], TEXTS[draw(writer, COUNT_OF(TEXTS))]);
        return;
    case 3:
        put(writer, "s%u.%s('%s')", text, draw(writer, 2) ? "startsWith" : "contains",
            TEXTS[draw(writer, COUNT_OF(TEXTS))]);
        return;
    case 4:
        put(writer, "s%u %s s%u", text, OPS[draw(writer, 2)], draw(writer, 3));
        return;
    case 5:
        put(writer, "b%u", draw(writer, 2));
        return;
    case 6:
        put(writer, "b%u %s %s", draw(writer, 2), OPS[draw(writer, 2)],
            draw(writer, 2) ? "true" : "false");
        return;
    case 7:
        put(writer, "n%u in [0, 1, 2.25, -2]", draw(writer, 4));
        return;
    case 8:
        put(writer, "n%u %s %d.%u", draw(writer, 4), OPS[draw(writer, 6)],
            (int)draw(writer, 12) - 5, draw(writer, 10));
        return;
    default:
        put_number(writer, 2);
        put(writer, " %s ", OPS[draw(writer, 6)]);
        put_number(writer, 2);
        return;
    }
}

static void put_condition(struct writer *writer, uint32_t depth)
{
    uint32_t choice = draw(writer, depth == 0 ? 1 : 5);
    if (choice == 0) {
        put_leaf(writer);
    } else if (choice == 1) {
        put(writer, "not (");
        put_condition(writer, depth - 1);
        put(writer, ")");
    } else {
        put(writer, "(");
        put_condition(writer, depth - 1);
        put(writer, choice < 4 ? " and " : " or ");
        put_condition(writer, depth - 1);
        put(writer, ")");
    }
}

static void put_plain_leaf(struct writer *writer)
{
    const uint32_t field = draw(writer, 4);
    switch (draw(writer, 8)) {
    case 0:
        put(writer, "n%u == %d", field, (int)draw(writer, 3));
        return;
    case 1:
        put(writer, "n%u %s %d.%u", field, OPS[2 + draw(writer, 4)], (int)draw(writer, 12) - 5,
            draw(writer, 10));
        return;
    case 2:
        put(writer, "n%u in [0, 2.25]", field);
        return;
    case 3:
        put(writer, "b%u", field % 2);
        return;
    case 4:
        put(writer, "s%u in [", field % 3);
        for (uint32_t i = draw(writer, 4) == 0 ? 40 : 1; i > 0; i--) {
            put(writer, "'%s%u', ", TEXTS[draw(writer, COUNT_OF(TEXTS))], i);
        }
        put(writer, "'%s']", TEXTS[draw(writer, COUNT_OF(TEXTS))]);
        return;
    case 5:
        put(writer, "s%u == '%s'", field % 3, TEXTS[draw(writer, COUNT_OF(TEXTS))]);
        return;
    default: {
        const int low = (int)draw(writer, 12) - 5;
        put(writer, "n%u >= %d and n%u < %d", field, low, field, low + 1 + (int)draw(writer, 4));
        return;
    }
    }
}

static void put_plain_condition(struct writer *writer)
{
    const uint32_t count = 1 + draw(writer, 5);
    for (uint32_t i = 0; i < count; i++) {
        put(writer, i == 0 ? "" : " and ");
        put_plain_leaf(writer);
    }
}

static const char *const AREAS[] = {"area.no_parking", "area.loading_bay", "area.square"};
static const char *const CALENDARS[] = {"cal.urban_daytime", "cal.night", "cal.office"};

static void put_side(struct writer *writer, const char *key)
{
    put(writer, "%s: [", key);
    uint32_t choice = draw(writer, 4);
    if (choice > 0) {
        put(writer, "%s", AREAS[draw(writer, 3)]);
    }
    if (choice == 0 || choice == 3) {
        put(writer, "%s{at: [0.5, 0.5], radius_m: %u}", choice == 3 ? ", " : "",
            100 + draw(writer, 2000));
    }
    put(writer, "]");
}

static void put_rule(struct writer *writer, uint32_t number, uint32_t type_limit)
{
    put(writer, "- id: r%05u\n  title: t\n  owner: dept.traffic\n  priority: %u\n  event: [t0%s]\n",
        number, draw(writer, 20), type_limit > 1 && draw(writer, 2) ? ", t1" : "");
    if (draw(writer, 10) > 0) {
        put(writer, "  where: >-\n    ");
        if (writer->is_plain) {
            put_plain_condition(writer);
        } else {
            put_condition(writer, 3);
        }
        put(writer, "\n");
    }
    if (draw(writer, 3) == 0) {
        put(writer, "  area: {");
        put_side(writer, "in");
        if (draw(writer, 3) == 0) {
            put(writer, ", ");
            put_side(writer, "not_in");
        }
        put(writer, "}\n");
    }
    if (draw(writer, 3) == 0) {
        put(writer, "  time: {%s: [%s, %s]}\n", draw(writer, 2) ? "in" : "not_in",
            CALENDARS[draw(writer, 3)], CALENDARS[draw(writer, 3)]);
    }
    if (draw(writer, 15) == 0) {
        put(writer, "  status: disabled\n");
    }
    put(writer,
        "  open: {class: \"E.01.02\", severity: 3, title: t}\n  assign: {role: grid_worker}\n");
}

static void put_ruleset(struct writer *writer, uint32_t rule_count, uint32_t type_limit)
{
    static const char FIELDS[] = "{n0: number, n1: number, n2: number, n3: number, s0: string, s1: "
                                 "string, s2: string, b0: bool, b1: bool}";
    put(writer,
        "ruleset: 1\nevents:\n  t0: {title: t, lane: report, fields: %s}\n"
        "  t1: {title: t, lane: report, fields: %s}\nrules:\n",
        FIELDS, FIELDS);
    for (uint32_t i = 0; i < rule_count; i++) {
        put_rule(writer, i, type_limit);
    }
}

/* ---- random events ---- */

static void fill_event(struct fixture_event *event, const struct ruleset *set, uint64_t *random)
{
    static const int64_t NUMBERS[] = {0,         1000000, -2000000, 500000,    2250000,
                                      100000000, 3100000, -4900000, INT64_MAX, INT64_MIN};
    fixture_event_init(event, (uint32_t)(fixture_random(random) % 2));
    event->head.event_at_ms = (int64_t)(fixture_random(random) % (uint64_t)(30 * DAY_MS));
    for (uint32_t i = 0; i < set->field_count; i++) {
        const struct rule_field *field = set->fields[i];
        if (field->row == NONE32 || fixture_random(random) % 4 == 0) {
            continue;
        }
        uint64_t value = fixture_random(random);
        if (field->kind == FIELD_NUMBER) {
            int64_t number = value % 3 == 0 ? (int64_t)(value >> 8) % 12000000 - 5000000
                                            : NUMBERS[(value >> 8) % COUNT_OF(NUMBERS)];
            fixture_event_add_number(event, field->row, number);
        } else if (field->kind == FIELD_BOOL) {
            fixture_event_add_flag(event, field->row, value % 2);
        } else {
            fixture_event_add_text(event, field->row, TEXTS[value % COUNT_OF(TEXTS)]);
        }
    }
    if (fixture_random(random) % 4 != 0) {
        event->head.place.lon = 5000000 + (int32_t)(fixture_random(random) % 40000) - 20000;
        event->head.place.lat = 5000000 + (int32_t)(fixture_random(random) % 40000) - 20000;
        uint32_t count = (uint32_t)(fixture_random(random) % 4);
        for (uint32_t area = 0; area < 18 && event->head.area_count < count; area++) {
            if (fixture_random(random) % 4 == 0) {
                event->head.areas[event->head.area_count++] = (uint16_t)area;
            }
        }
    }
}

static void compare(const struct ruleset *set, const struct policy *policy,
                    const struct fixture_event *event)
{
    static uint32_t expected[MATCHES_MAX];
    static uint32_t found[MATCHES_MAX];
    uint32_t expected_count = naive_match(set, &event->event, expected, MATCHES_MAX);
    uint32_t found_count = match_event(policy, &fixture.city, &event->event, found, MATCHES_MAX);
    assert_int_equal(found_count, expected_count);
    assert_memory_equal(found, expected, found_count * sizeof found[0]);
    if (expected_count > 1) { /* a short list holds the best */
        uint32_t best = NONE32;
        assert_int_equal(match_event(policy, &fixture.city, &event->event, &best, 1), found_count);
        assert_int_equal(best, expected[0]);
    }
}

/* What is told clause by clause comes to the verdict that the program comes to. */
static void compare_told(const struct ruleset *set, const struct policy *policy,
                         const struct fixture_event *event)
{
    for (uint32_t i = 0; i < set->rule_count; i++) {
        const struct explanation told = explain_rule(set, set->rules[i], &event->event);
        bool is_type = false;
        for (uint32_t k = 0; k < set->rules[i]->type_count; k++) {
            is_type = is_type || set->rules[i]->types[k]->row == event->head.type;
        }
        const bool takes = is_type && set->rules[i]->status == RULE_ACTIVE &&
                           match_rule(policy, &fixture.city, i, &event->event);
        assert_int_equal(told.takes, takes);
        bool is_refused = false; /* "no" always names a clause */
        for (uint32_t k = 1; k < told.count; k++) {
            is_refused = is_refused || (told.lines[k].depth == 1 && !told.lines[k].holds);
        }
        assert_int_equal(is_refused, !takes);
    }
}

/* Every third seed makes plain conditions. Loads, lowers, opens and compares on events; returns how many rules matched in all. */
static uint64_t run_set(uint64_t set_seed, uint32_t rule_count, uint32_t type_limit,
                        uint32_t event_count)
{
    struct writer writer = {malloc(TEXT_SIZE), 0, set_seed, set_seed % 3 == 0};
    assert_non_null(writer.text);
    put_ruleset(&writer, rule_count, type_limit);
    struct scratch directory;
    fixture_directory_init(&directory, writer.text);
    struct problems *problems = problems_new();
    struct ruleset *set = NULL;
    enum err err = ruleset_load(directory.path, &fixture.city, problems, &set);
    if (err != ERR_OK) {
        (void)fputs(writer.text, stderr);
    }
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    void *bytes = NULL;
    size_t size = 0;
    assert_int_equal(ruleset_lower(set, &bytes, &size), ERR_OK);
    struct policy policy;
    assert_int_equal(policy_open(bytes, size, &fixture.city, &policy), ERR_OK);
    uint64_t random = set_seed ^ UINT64_C(0x5555);
    uint64_t matched = 0;
    static uint32_t rules[MATCHES_MAX];
    for (uint32_t i = 0; i < event_count; i++) {
        static struct fixture_event event;
        fill_event(&event, set, &random);
        compare(set, &policy, &event);
        if (i < 4 && rule_count < 100) {
            compare_told(set, &policy, &event);
        }
        matched += match_event(&policy, &fixture.city, &event.event, rules, MATCHES_MAX);
    }
    free(bytes);
    ruleset_free(set);
    problems_free(problems);
    scratch_remove(&directory);
    free(writer.text);
    return matched;
}

static void test_match_equals_naive_on_small_sets(void **state)
{
    (void)state;
    uint64_t random = seed;
    uint64_t matched = 0;
    for (int i = 0; i < 250; i++) {
        uint64_t set_seed = fixture_random(&random);
        matched += run_set(set_seed, 1 + (uint32_t)(set_seed % 12), 2, 100);
    }
    assert_true(matched > 1000); /* else nothing was compared */
}

static void test_match_equals_naive_on_a_thousand_rules_of_one_type(void **state)
{
    (void)state;
    uint64_t random = seed ^ 1;
    const uint64_t set_seed = fixture_random(&random) / 3 * 3;
    assert_true(run_set(set_seed, 1000, 1, 500) > 1000); /* plain conditions */
    assert_true(run_set(set_seed + 1, 1000, 1, 500) > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_equals_naive_on_small_sets),
        cmocka_unit_test(test_match_equals_naive_on_a_thousand_rules_of_one_type),
    };
    return cmocka_run_group_tests_name("rules/match_fuzz", tests, set_up, tear_down);
}
