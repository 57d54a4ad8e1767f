/* test_dispatch_table.c: shares are taken seed by seed, and a figure that is not there is no figure: never 0, never "met". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/bench/dispatch_table.h"

#define RUNS 5u
#define OURS (DISPATCH_POLICIES - 1)

static const struct dispatch_level LEVEL = {"load", 750, 1, {82, 0, 85, 100}};

/* Ours takes 60 to 100 percent of 100 s, 200 s and so on; no area of anybody has arrivals enough. */
static struct dispatch_played make_played(void)
{
    struct dispatch_played played = {.seed = 1, .runs = RUNS};
    for (uint32_t run = 0; run < RUNS; run++) {
        for (uint32_t p = 0; p < DISPATCH_POLICIES; p++) {
            struct dispatch_outcome *outcome = &played.outcomes[p][run];
            const double first_ms = 100000.0 * (run + 1);
            outcome->mean_ms = p == OURS ? first_ms * (60 + 10 * run) / 100 : first_ms;
            outcome->p50_ms = outcome->mean_ms;
            outcome->p95_ms = outcome->mean_ms;
            outcome->calls = 100;
            outcome->never = p == OURS ? run : 0;
        }
    }
    return played;
}

/* The line of a figure. The caller frees the text. */
static char *print_table(const struct dispatch_played *played)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    dispatch_table_level(file, &LEVEL, played);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void assert_line(const struct dispatch_played *played, const char *line)
{
    char *text = print_table(played);
    if (strstr(text, line) == NULL) {
        fail_msg("no \"%s\" in:\n%s", line, text);
    }
    free(text);
}

static void test_table_share_is_of_the_same_seed(void **state)
{
    (void)state;
    const struct dispatch_played played = make_played();
    double share = 0;
    assert_true(dispatch_share(&played, OURS, DISPATCH_MEAN, 3, &share));
    assert_true(share > 89.999 && share < 90.001);
    assert_line(&played, "| load, mean response | 300 s (100 .. 500) |");
    /* 60, 70, 80, 90, 100: mean 80, standard error 7.071, t 2.776; seeds 4 and 5: 95 */
    assert_line(&played, "| **80.0 (60.4 .. 99.6)** | 95.0 (");
    assert_line(&played, ") | 82, met by the mean |");
    assert_line(&played, ") |  |\n| load, p95 |"); /* p50 has no bar, so no verdict */
    assert_line(&played, "| load, never reached in 5 seeds | 0 | 0 | 0 | 0 | 10 | | |");
}

static void test_table_without_data_says_so(void **state)
{
    (void)state;
    struct dispatch_played played = make_played();
    double share = 7;
    assert_false(dispatch_share(&played, OURS, DISPATCH_WORST, 0, &share));
    assert_true(share == 7);
    assert_line(&played, "| load, p90 of the worst area | no data | no data | no data | no data | "
                         "**no data** | no data | 100, no data |");
    played.outcomes[OURS][1].mean_ms = 0; /* nobody arrived in one seed: it is no 0 in the mean */
    assert_line(&played, "| **82.5 (55.3 .. 109.7) of 4 seeds** |");
    assert_line(&played, "| 82, **not met** |");
    played.outcomes[0][0].mean_ms = 0; /* ... nor is a share of nothing */
    assert_line(&played, " of 3 seeds** |");
}

static void test_table_verdict_is_of_the_interval(void **state)
{
    (void)state;
    struct dispatch_played played = make_played();
    for (uint32_t run = 0; run < RUNS; run++) {
        played.outcomes[OURS][run].p95_ms = played.outcomes[0][run].p95_ms * 0.7;
    }
    assert_line(&played, "| **70.0 (70.0 .. 70.0)** | 70.0 (70.0 .. 70.0) | 85, met |");
    played.runs = 1; /* one seed has no interval */
    assert_line(&played, "| **70.0** | no data | 85, met |");
}

static void test_table_interval_of_two_is_wide(void **state)
{
    (void)state;
    const double values[] = {90, 110};
    const struct dispatch_interval two = dispatch_interval_of(values, 2);
    assert_true(two.count == 2 && two.mean == 100);
    assert_true(two.half > 127.0 && two.half < 127.2);
    assert_int_equal(dispatch_interval_of(values, 0).count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_share_is_of_the_same_seed),
        cmocka_unit_test(test_table_without_data_says_so),
        cmocka_unit_test(test_table_verdict_is_of_the_interval),
        cmocka_unit_test(test_table_interval_of_two_is_wide),
    };
    return cmocka_run_group_tests_name("sim/dispatch_table", tests, NULL, NULL);
}
