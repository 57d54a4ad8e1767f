/* test_trace_generate.c: an invented trace holds what its rates ask for, says so in its truth, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/city/city_load.h"
#include "sim/city_demo.h"
#include "sim/scratch.h"
#include "sim/trace_generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scratch work;
static void *city_bytes;
static struct city city;

static int open_city(void **state)
{
    struct city_demo_result result;
    struct problems *problems = problems_new();
    size_t size;
    (void)state;
    if (scratch_make_directory(&work, "generate") != ERR_OK ||
        city_demo_write(work.path, 7, CITY_SMALL, &result) != ERR_OK ||
        city_load(work.path, problems, &city_bytes, &size) != ERR_OK ||
        city_open(city_bytes, size, &city) != ERR_OK) {
        return -1;
    }
    problems_free(problems);
    return 0;
}

static int close_city(void **state)
{
    (void)state;
    free(city_bytes);
    scratch_remove(&work);
    return 0;
}

struct seen {
    uint64_t events, delayed, late, doubled, elsewhere, stuck, faint, storm;
    uint64_t false_alarms, faults, firsts, repeats, seconds, clears;
    uint64_t digest;
};

static bool has_flag(const struct trace_event *event, const char *word)
{
    for (size_t i = 0; i < COUNT_OF(event->told.flags); i++) {
        if (event->told.flags[i] != NULL && strcmp(event->told.flags[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_kind(const struct trace_event *event, const char *word)
{
    return strcmp(event->told.kind, word) == 0;
}

static void see(struct seen *seen, const struct trace_event *event)
{
    seen->events++;
    seen->delayed += event->delay_ms > 0;
    seen->late += has_flag(event, "late");
    seen->doubled += has_flag(event, "doubled");
    seen->elsewhere += has_flag(event, "other_gateway");
    seen->stuck += has_flag(event, "stuck");
    seen->faint += has_flag(event, "faint");
    seen->storm += has_flag(event, "storm");
    seen->false_alarms += is_kind(event, "false_alarm");
    seen->faults += is_kind(event, "fault");
    seen->firsts += is_kind(event, "first") && !has_flag(event, "doubled");
    seen->repeats += is_kind(event, "repeat");
    seen->seconds += is_kind(event, "second_source");
    seen->clears += is_kind(event, "clear");
    for (const char *c = event->id; *c != '\0'; c++) {
        seen->digest = mix64(seen->digest + (uint64_t)(unsigned char)*c);
    }
    seen->digest = mix64(seen->digest ^ (uint64_t)event->at_ms);
}

static struct seen generate(const struct trace_demand *demand)
{
    struct trace_generator *generator;
    struct trace_event event;
    struct seen seen = {0};
    int64_t last_ms = INT64_MIN;
    assert_int_equal(trace_generator_new(&city, demand, &generator), ERR_OK);
    while (trace_generator_next(generator, &event)) {
        assert_true(event.at_ms >= last_ms);
        assert_true(event.at_ms - event.delay_ms >= demand->from_ms);
        assert_true(event.at_ms - event.delay_ms < demand->from_ms + demand->hours * HOUR_MS);
        assert_true(!has_flag(&event, "late") || event.delay_ms > 30 * SECOND_MS);
        last_ms = event.at_ms;
        see(&seen, &event);
    }
    assert_true(trace_generator_counts(generator).events == seen.events);
    assert_true(trace_generator_counts(generator).incidents == seen.firsts);
    trace_generator_free(generator);
    return seen;
}

static struct trace_demand quiet_demand(void)
{
    struct trace_demand demand = trace_demand_default();
    demand.hours = 48;
    demand.incidents_per_hour = 100;
    memset(demand.rates, 0, sizeof demand.rates);
    demand.rates[TRACE_RATE_HOT_PLACES] = 50;
    return demand;
}

static void test_generate_without_rates_is_only_first_reports(void **state)
{
    (void)state;
    const struct trace_demand demand = quiet_demand();
    const struct seen seen = generate(&demand);
    assert_in_range(seen.firsts, 4000, 5200);
    assert_true(seen.events == seen.firsts);
    assert_true(seen.delayed == 0 && seen.storm == 0);
}

/* Each rate on its own brings its own kind. */
static void test_generate_each_rate_brings_its_kind(void **state)
{
    (void)state;
    static const struct {
        enum trace_rate rate;
        int64_t value;
        size_t field;
        uint64_t low, high;
    } ROWS[] = {
        {TRACE_RATE_LATE, 100, offsetof(struct seen, late), 350, 600},
        {TRACE_RATE_JITTER, 100, offsetof(struct seen, delayed), 350, 600},
        {TRACE_RATE_DOUBLED, 100, offsetof(struct seen, doubled), 350, 600},
        {TRACE_RATE_DOUBLED_ELSEWHERE, 100, offsetof(struct seen, elsewhere), 350, 600},
        {TRACE_RATE_FALSE_CAMERA, 500, offsetof(struct seen, false_alarms), 1000, 2500},
        {TRACE_RATE_FALSE_SENSOR, 500, offsetof(struct seen, false_alarms), 100, 1000},
        {TRACE_RATE_FALSE_HOTLINE, 500, offsetof(struct seen, false_alarms), 100, 1000},
        {TRACE_RATE_FAINT, 1000, offsetof(struct seen, faint), 500, 2500},
        {TRACE_RATE_FAULTS, 10000, offsetof(struct seen, stuck), 500, 50000},
        {TRACE_RATE_REPEATS, 1000, offsetof(struct seen, repeats), 4000, 15000},
        {TRACE_RATE_SECOND, 1000, offsetof(struct seen, seconds), 500, 3000},
        {TRACE_RATE_CLEARS, 1000, offsetof(struct seen, clears), 300, 3000},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct trace_demand demand = quiet_demand();
        demand.rates[ROWS[i].rate] = ROWS[i].value;
        const struct seen seen = generate(&demand);
        uint64_t count;
        memcpy(&count, (const char *)&seen + ROWS[i].field, sizeof count);
        print_message("# rate %d: %llu\n", (int)ROWS[i].rate, (unsigned long long)count);
        assert_in_range(count, ROWS[i].low, ROWS[i].high);
    }
}

static void test_generate_storm_is_many_in_an_hour(void **state)
{
    (void)state;
    struct trace_demand demand = quiet_demand();
    demand.rates[TRACE_RATE_STORMS] = 2000; /* about two a day */
    demand.rates[TRACE_RATE_STORM_SIZE] = 3000;
    const struct seen seen = generate(&demand);
    assert_true(seen.storm >= 250);
    assert_true(seen.storm % 300 == 0 || seen.storm < 3000); /* the last may be cut by the end */
}

static void test_generate_same_seed_same_events(void **state)
{
    (void)state;
    struct trace_demand demand = trace_demand_default();
    demand.incidents_per_hour = 200;
    const struct seen first = generate(&demand);
    const struct seen second = generate(&demand);
    assert_true(first.digest == second.digest);
    demand.seed = 2;
    assert_true(generate(&demand).digest != first.digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate_without_rates_is_only_first_reports),
        cmocka_unit_test(test_generate_each_rate_brings_its_kind),
        cmocka_unit_test(test_generate_storm_is_many_in_an_hour),
        cmocka_unit_test(test_generate_same_seed_same_events),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_trace_generate", tests, open_city,
                                       close_city);
}
