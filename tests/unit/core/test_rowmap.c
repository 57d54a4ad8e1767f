/* test_rowmap.c: the hash table over rows with their keys against a plain array, over random puts, removals and look-ups. */
#include "engine/core/rowmap.h"
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

/* Each key lies in two rows, so that a put can move it from one to the other. */
static struct hash128 rows[2 * KEYS];

static struct hash128 key_at(const void *keys, uint32_t row)
{
    return ((const struct hash128 *)keys)[row];
}

static struct rowmap make_map(void **out_block)
{
    static const struct rowmap_keys places = {rows, key_at};
    struct arena arena = {.base = NULL};
    struct rowmap map;
    for (uint32_t k = 0; k < 2 * KEYS; k++) {
        rows[k] =
            (struct hash128){k % KEYS / 7, k % KEYS}; /* neighbours on purpose: runs collide */
    }
    rowmap_init(&map, &arena, LIMIT, places);
    *out_block = aligned_alloc(ARENA_ALIGN, arena.used);
    assert_non_null(*out_block);
    memset(*out_block, 0, arena.used);
    arena = (struct arena){.base = *out_block, .size = arena.used};
    rowmap_init(&map, &arena, LIMIT, places);
    return map;
}

static void test_rowmap_agrees_with_an_array(void **state)
{
    (void)state;
    uint64_t random = 20260303;
    print_message("seed %llu\n", (unsigned long long)random);
    void *block;
    struct rowmap map = make_map(&block);
    uint32_t expected[KEYS];
    uint32_t count = 0;
    memset(expected, 0xff, sizeof expected);
    for (int step = 0; step < 40000; step++) {
        const uint32_t k = (uint32_t)(next_random(&random) % KEYS);
        const struct hash128 key = rows[k];
        const uint64_t what = next_random(&random) % 3;
        if (what == 0 && (expected[k] != NONE32 || count < LIMIT)) {
            count += expected[k] == NONE32;
            expected[k] = (uint32_t)step % 2 * KEYS + k;
            rowmap_put(&map, key, expected[k]);
        } else if (what == 1 && expected[k] != NONE32) {
            rowmap_remove(&map, key);
            expected[k] = NONE32;
            count--;
        } else {
            assert_int_equal(rowmap_find(&map, key), expected[k]);
        }
    }
    rowmap_check(&map);
    assert_int_equal(map.count, count);
    for (uint32_t k = 0; k < KEYS; k++) {
        assert_int_equal(rowmap_find(&map, rows[k]), expected[k]);
    }
    free(block);
}

static void test_rowmap_removing_what_is_not_there_is_a_bug(void **state)
{
    (void)state;
    void *block;
    struct rowmap map = make_map(&block);
    expect_panic(rowmap_remove(&map, (struct hash128){1, 2}));
    free(block);
}

static void test_rowmap_adding_what_is_there_is_a_bug(void **state)
{
    (void)state;
    void *block;
    struct rowmap map = make_map(&block);
    rowmap_add(&map, rows[3], 3);
    expect_panic(rowmap_add(&map, rows[3], KEYS + 3));
    free(block);
}

static void test_rowmap_past_its_limit_is_a_bug(void **state)
{
    (void)state;
    void *block;
    struct rowmap map = make_map(&block);
    for (uint32_t i = 0; i < LIMIT; i++) {
        rowmap_put(&map, rows[i], i);
    }
    expect_panic(rowmap_put(&map, rows[LIMIT], LIMIT));
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rowmap_agrees_with_an_array),
        cmocka_unit_test(test_rowmap_removing_what_is_not_there_is_a_bug),
        cmocka_unit_test(test_rowmap_adding_what_is_there_is_a_bug),
        cmocka_unit_test(test_rowmap_past_its_limit_is_a_bug),
    };
    return cmocka_run_group_tests_name("engine/core/rowmap", tests, NULL, NULL);
}
