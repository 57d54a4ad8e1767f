/* test_table.c: the hash table against a plain array, over random puts, removals and look-ups. */
#include "engine/core/table.h"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 600u
#define LIMIT 256u

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

static struct table make_table(void **out_block)
{
    struct arena arena = {.base = NULL};
    struct table table;
    table_init(&table, &arena, LIMIT);
    *out_block = aligned_alloc(ARENA_ALIGN, arena.used);
    assert_non_null(*out_block);
    memset(*out_block, 0, arena.used);
    arena = (struct arena){.base = *out_block, .size = arena.used};
    table_init(&table, &arena, LIMIT);
    return table;
}

static void test_table_agrees_with_an_array(void **state)
{
    (void)state;
    uint64_t random = 20260303;
    print_message("seed %llu\n", (unsigned long long)random);
    void *block;
    struct table table = make_table(&block);
    uint32_t expected[KEYS];
    uint32_t count = 0;
    memset(expected, 0xff, sizeof expected);
    for (int step = 0; step < 40000; step++) {
        const uint32_t k = (uint32_t)(next_random(&random) % KEYS);
        const struct hash128 key = {k / 7, k}; /* neighbours on purpose: runs collide */
        const uint64_t what = next_random(&random) % 3;
        if (what == 0 && (expected[k] != NONE32 || count < LIMIT)) {
            count += expected[k] == NONE32;
            expected[k] = (uint32_t)step;
            table_put(&table, key, (uint32_t)step);
        } else if (what == 1 && expected[k] != NONE32) {
            table_remove(&table, key);
            expected[k] = NONE32;
            count--;
        } else {
            assert_int_equal(table_find(&table, key), expected[k]);
        }
    }
    table_check(&table);
    assert_int_equal(table.count, count);
    for (uint32_t k = 0; k < KEYS; k++) {
        assert_int_equal(table_find(&table, (struct hash128){k / 7, k}), expected[k]);
    }
    free(block);
}

static void test_table_removing_what_is_not_there_is_a_bug(void **state)
{
    (void)state;
    void *block;
    struct table table = make_table(&block);
    expect_panic(table_remove(&table, (struct hash128){1, 2}));
    free(block);
}

static void test_table_past_its_limit_is_a_bug(void **state)
{
    (void)state;
    void *block;
    struct table table = make_table(&block);
    for (uint32_t i = 0; i < LIMIT; i++) {
        table_put(&table, (struct hash128){0, i + 1}, i);
    }
    expect_panic(table_put(&table, (struct hash128){9, 9}, 0));
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_agrees_with_an_array),
        cmocka_unit_test(test_table_removing_what_is_not_there_is_a_bug),
        cmocka_unit_test(test_table_past_its_limit_is_a_bug),
    };
    return cmocka_run_group_tests_name("engine/core/table", tests, NULL, NULL);
}
