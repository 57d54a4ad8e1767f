/* test_agents_rates.c: curves between quantiles, the most specific class wins, sim.yaml is read strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/agents_rates.h"
#include "sim/scratch.h"

static enum err load(const char *text, struct agent_rates *rates, char **out_problems)
{
    struct scratch scratch;
    struct problems *problems = problems_new();
    assert_int_equal(scratch_make_file(&scratch, "rates"), ERR_OK);
    FILE *file = fopen(scratch.path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    *rates = agent_rates_default();
    const enum err err = agent_rates_load(scratch.path, rates, problems);
    *out_problems = problems_to_json(problems);
    problems_free(problems);
    scratch_remove(&scratch);
    return err;
}

static void expect_refusal(const char *text, const char *words)
{
    struct agent_rates rates;
    char *problems;
    assert_int_equal(load(text, &rates, &problems), ERR_INPUT);
    if (strstr(problems, words) == NULL) {
        fail_msg("\"%s\" is not in %s", words, problems);
    }
    free(problems);
}

static void test_agents_rates_curve_is_straight_between_quantiles(void **state)
{
    (void)state;
    const struct rate_curve curve = {
        .count = 3, .permille = {100, 500, 900}, .value = {1000, 5000, 45000}};
    assert_int_equal(rate_curve_at(&curve, 0), 1000);
    assert_int_equal(rate_curve_at(&curve, 100), 1000);
    assert_int_equal(rate_curve_at(&curve, 300), 3000);
    assert_int_equal(rate_curve_at(&curve, 500), 5000);
    assert_int_equal(rate_curve_at(&curve, 700), 25000);
    assert_int_equal(rate_curve_at(&curve, 1000), 45000);
}

static void test_agents_rates_draws_follow_the_curve(void **state)
{
    (void)state;
    const struct rate_curve curve = {
        .count = 3, .permille = {100, 500, 900}, .value = {1000, 5000, 45000}};
    struct random random;
    uint32_t below = 0;
    random_init(&random, 11, "test");
    for (uint32_t i = 0; i < 20000; i++) {
        below += rate_curve_draw(&curve, &random) <= 5000;
    }
    assert_in_range(below, 9700, 10300);
}

static void test_agents_rates_file_replaces_key_by_key(void **state)
{
    (void)state;
    struct agent_rates rates;
    char *problems;
    const struct agent_rates before = agent_rates_default();
    assert_int_equal(load("agents:\n  accept: {p10: 2s, p50: 90s, p99.5: 1.5h}\n  decline: 0.25\n"
                          "  heartbeat: 5m\n  close_as_recorded: true\n"
                          "modes:\n  car: {speed_kmh: 36, detour: 1.25, spread: {p50: 1.1}}\n"
                          "classes:\n  E.01: {work: {p50: 10m}}\n  E.01.02: {work: {p50: 20m}, "
                          "spread: {p50: 2}}\n",
                          &rates, &problems),
                     ERR_OK);
    free(problems);
    assert_int_equal(rates.curves[RATE_ACCEPT].value[2], 90 * MINUTE_MS);
    assert_int_equal(rates.curves[RATE_ACCEPT].permille[2], 995);
    assert_int_equal(rates.shares[SHARE_DECLINE], 250);
    assert_int_equal(rates.shares[SHARE_IGNORE], before.shares[SHARE_IGNORE]);
    assert_int_equal(rates.heartbeat_ms, 5 * MINUTE_MS);
    assert_true(rates.close_as_recorded);
    const struct rate_mode *car = agent_rates_mode(&rates, "carriage", 3);
    assert_non_null(car);
    assert_int_equal(car->speed_mm_per_s, 10000);
    assert_int_equal(car->detour_permille, 1250);
    assert_null(agent_rates_mode(&rates, "walk", 4));
    const struct rate_curve *work = &rates.curves[RATE_WORK];
    assert_int_equal(agent_rates_curve(&rates, RATE_WORK, "E.01.02.3")->value[0], 20 * MINUTE_MS);
    assert_int_equal(agent_rates_curve(&rates, RATE_WORK, "E.01.021")->value[0], 10 * MINUTE_MS);
    assert_ptr_equal(agent_rates_curve(&rates, RATE_WORK, "E.02"), work);
    assert_int_equal(agent_rates_curve(&rates, RATE_SPREAD, "E.01.02")->value[0], 2000);
}

static void test_agents_rates_refuses_what_it_does_not_understand(void **state)
{
    (void)state;
    expect_refusal("agents: {declin: 0.1}\n", "nearest: decline");
    expect_refusal("agents: {decline: 1.5}\n", "a share from 0 to 1");
    expect_refusal("agents: {accept: {p50: 10}}\n", "a duration such as");
    expect_refusal("agents: {accept: {p50: 10s, p10: 20s}}\n", "must ascend");
    expect_refusal("agents: {accept: {p10: 20s, p50: 10s}}\n", "must ascend");
    expect_refusal("agents: {accept: {median: 10s}}\n", "a quantile p0 .. p100");
    expect_refusal("agents: {accept: {}}\n", "at least one quantile");
    expect_refusal("people: {}\n", "agents, classes, modes");
    expect_refusal("modes: {car: {detour: 1.2}}\n", "needs speed_kmh");
    expect_refusal("classes: {E.01: {desk: {p50: 1s}}}\n", "a class takes accept");
    expect_refusal("agents: [\n", "not YAML");
}

static void test_agents_rates_without_a_file_say_so(void **state)
{
    (void)state;
    struct agent_rates rates = agent_rates_default();
    struct problems *problems = problems_new();
    assert_int_equal(agent_rates_load("/nowhere/sim.yaml", &rates, problems), ERR_NOT_FOUND);
    assert_int_equal(problems_count(problems), 0);
    problems_free(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agents_rates_curve_is_straight_between_quantiles),
        cmocka_unit_test(test_agents_rates_draws_follow_the_curve),
        cmocka_unit_test(test_agents_rates_file_replaces_key_by_key),
        cmocka_unit_test(test_agents_rates_refuses_what_it_does_not_understand),
        cmocka_unit_test(test_agents_rates_without_a_file_say_so),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_agents_rates", tests, NULL, NULL);
}
