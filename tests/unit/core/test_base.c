/* test_base.c: exact integer arithmetic, against wider integers of the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/core/base.h"
#include "tests/unit/panic.h"

__extension__ typedef __int128 wide;

static uint64_t state = 20260303;

static uint64_t next_random(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(state);
}

/* All sizes of numbers alike. */
static int64_t random_i64(void)
{
    return (int64_t)next_random() >> (next_random() % 64);
}

static int64_t mul_div_wide(int64_t a, int64_t b, int64_t c)
{
    wide quotient = (wide)a * b / c;
    if (quotient > INT64_MAX) {
        return INT64_MAX;
    }
    return quotient < INT64_MIN ? INT64_MIN : (int64_t)quotient;
}

static void test_mul_div_edges(void **unused)
{
    (void)unused;
    static const int64_t EDGES[] = {0,
                                    1,
                                    -1,
                                    2,
                                    -2,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MAX - 1,
                                    INT64_MIN + 1,
                                    INT32_MAX,
                                    (int64_t)UINT32_MAX,
                                    INT64_C(1) << 62};
    for (size_t a = 0; a < COUNT_OF(EDGES); a++) {
        for (size_t b = 0; b < COUNT_OF(EDGES); b++) {
            for (size_t c = 0; c < COUNT_OF(EDGES); c++) {
                if (EDGES[c] > 0) {
                    assert_int_equal(mul_div(EDGES[a], EDGES[b], EDGES[c]),
                                     mul_div_wide(EDGES[a], EDGES[b], EDGES[c]));
                }
            }
        }
    }
}

static void test_mul_div_random(void **unused)
{
    (void)unused;
    print_message("# seed %llu\n", (unsigned long long)state);
    for (int i = 0; i < 500000; i++) {
        int64_t a = random_i64();
        int64_t b = random_i64();
        int64_t c = random_i64() & INT64_MAX;
        if (c > 0) {
            assert_int_equal(mul_div(a, b, c), mul_div_wide(a, b, c));
        }
    }
}

static void test_mul_div_by_zero_is_a_bug(void **unused)
{
    (void)unused;
    expect_panic((void)mul_div(1, 1, 0));
    expect_panic((void)mul_div(1, 1, -1));
    expect_panic((void)div_floor(1, 0));
}

static void test_floor_division(void **unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++) {
        int64_t a = random_i64();
        int64_t c = random_i64() & INT64_MAX;
        if (c == 0) {
            continue;
        }
        int64_t quotient = div_floor(a, c);
        int64_t rest = mod_floor(a, c);
        assert_true(rest >= 0 && rest < c);
        assert_true((wide)quotient * c + rest == a);
    }
    assert_int_equal(div_floor(-1, DAY_MS), -1);
    assert_int_equal(mod_floor(-1, DAY_MS), DAY_MS - 1);
}

static void check_root(uint64_t x)
{
    uint64_t root = isqrt_u64(x);
    assert_true(root <= UINT32_MAX);
    assert_true(root * root <= x);
    assert_true(root == UINT32_MAX || (root + 1) * (root + 1) > x);
}

static void test_isqrt(void **unused)
{
    (void)unused;
    for (uint64_t x = 0; x < 70000; x++) {
        check_root(x);
    }
    for (uint64_t root = UINT32_MAX; root > UINT32_MAX - UINT64_C(1000); root--) {
        check_root(root * root);
        check_root(root * root - 1);
        check_root(root * root + 1);
    }
    check_root(UINT64_MAX);
    for (int i = 0; i < 200000; i++) {
        check_root(next_random() >> (next_random() % 64));
    }
}

static void test_sums_clamp(void **unused)
{
    (void)unused;
    assert_int_equal(add_clamped(NEVER_MS, 1), NEVER_MS);
    assert_int_equal(add_clamped(INT64_MIN, -1), INT64_MIN);
    assert_int_equal(add_clamped(2, 3), 5);
    assert_int_equal(sub_clamped(INT64_MIN, 1), INT64_MIN);
    assert_int_equal(sub_clamped(INT64_MAX, -1), INT64_MAX);
    assert_int_equal(sub_clamped(0, INT64_MIN), INT64_MAX);
}

static void test_digest_depends_on_order(void **unused)
{
    (void)unused;
    struct hash128 none = {0, 0};
    struct hash128 ab = hash128_add(hash128_add(none, 1), 2);
    struct hash128 ba = hash128_add(hash128_add(none, 2), 1);
    assert_false(hash128_is_equal(ab, ba));
    assert_false(hash128_is_none(hash128_add(none, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mul_div_edges),
        cmocka_unit_test(test_mul_div_random),
        cmocka_unit_test(test_mul_div_by_zero_is_a_bug),
        cmocka_unit_test(test_floor_division),
        cmocka_unit_test(test_isqrt),
        cmocka_unit_test(test_sums_clamp),
        cmocka_unit_test(test_digest_depends_on_order),
    };
    return cmocka_run_group_tests_name("tests/unit/core/test_base", tests, NULL, NULL);
}
