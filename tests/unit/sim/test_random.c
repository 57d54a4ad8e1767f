/* test_random.c: the numbers of a seed are fixed for good; draws keep their distributions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/random.h"
#include "tests/unit/panic.h"

static void test_random_same_seed_same_numbers(void **state)
{
    (void)state;
    struct random a, b;
    random_init(&a, 7, "x");
    random_init(&b, 7, "x");
    for (int i = 0; i < 1000; i++) {
        assert_true(random_next(&a) == random_next(&b));
    }
}

static void test_random_streams_differ(void **state)
{
    (void)state;
    struct random a, b, c;
    random_init(&a, 7, "x");
    random_init(&b, 7, "y");
    random_init(&c, 8, "x");
    const uint64_t first = random_next(&a);
    assert_true(first != random_next(&b));
    assert_true(first != random_next(&c));
}

/* xoshiro256** seeded so that nobody changes the generator without noticing: worlds would change. */
static void test_random_values_are_fixed(void **state)
{
    (void)state;
    struct random random = {{1, 2, 3, 4}};
    /* From the published reference implementation with that state. */
    assert_true(random_next(&random) == UINT64_C(11520));
    assert_true(random_next(&random) == UINT64_C(0));
    assert_true(random_next(&random) == UINT64_C(1509978240));
    assert_true(random_next(&random) == UINT64_C(1215971899390074240));
}

static void test_random_between_keeps_its_bounds(void **state)
{
    (void)state;
    struct random random;
    bool low = false;
    bool high = false;
    random_init(&random, 1, "bounds");
    for (int i = 0; i < 10000; i++) {
        const int64_t value = random_between(&random, -3, 3);
        assert_in_range(value + 3, 0, 6);
        low = low || value == -3;
        high = high || value == 3;
    }
    assert_true(low && high);
    expect_panic(random_below(&random, 0));
}

static void test_random_wait_is_exponential(void **state)
{
    (void)state;
    struct random random;
    int64_t sum = 0;
    int over_mean = 0;
    random_init(&random, 1, "wait");
    for (int i = 0; i < 100000; i++) {
        const int64_t wait = random_wait(&random, 1000000);
        assert_true(wait >= 0);
        sum += wait;
        over_mean += wait > 1000000;
    }
    assert_in_range(sum / 100000, 990000, 1010000);
    assert_in_range(over_mean, 36000, 37600); /* e^-1 = 36.8 % */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_same_seed_same_numbers),
        cmocka_unit_test(test_random_streams_differ),
        cmocka_unit_test(test_random_values_are_fixed),
        cmocka_unit_test(test_random_between_keeps_its_bounds),
        cmocka_unit_test(test_random_wait_is_exponential),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_random", tests, NULL, NULL);
}
