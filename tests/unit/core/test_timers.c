/* test_timers.c: the timer heap against a plain list: order, ties, moving, cancelling. */
#include "engine/core/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIMIT 200u

struct expected {
    int64_t due_ms;
    uint64_t seq;
};

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix64(*state);
}

static struct timers make_timers(void **out_block)
{
    struct arena arena = {.base = NULL};
    struct timers timers;
    timers_init(&timers, &arena, LIMIT);
    *out_block = aligned_alloc(ARENA_ALIGN, arena.used);
    assert_non_null(*out_block);
    memset(*out_block, 0, arena.used);
    arena = (struct arena){.base = *out_block, .size = arena.used};
    timers_init(&timers, &arena, LIMIT);
    return timers;
}

static uint32_t soonest(const struct expected *expected)
{
    uint32_t best = NONE32;
    for (uint32_t id = 0; id < LIMIT; id++) {
        if (expected[id].due_ms == NEVER_MS) {
            continue;
        }
        if (best == NONE32 || expected[id].due_ms < expected[best].due_ms ||
            (expected[id].due_ms == expected[best].due_ms &&
             expected[id].seq < expected[best].seq)) {
            best = id;
        }
    }
    return best;
}

static void test_timers_agree_with_a_list(void **state)
{
    (void)state;
    uint64_t random = 7;
    uint64_t seq = 0;
    int64_t now_ms = 0;
    void *block;
    struct timers timers = make_timers(&block);
    struct expected expected[LIMIT];
    for (uint32_t id = 0; id < LIMIT; id++) {
        expected[id] = (struct expected){NEVER_MS, 0};
    }
    for (int step = 0; step < 30000; step++) {
        const uint32_t id = (uint32_t)(next_random(&random) % LIMIT);
        const uint64_t what = next_random(&random) % 4;
        if (what <= 1) {
            const int64_t due_ms = now_ms + (int64_t)(next_random(&random) % 50);
            timers_arm(&timers, id, due_ms);
            expected[id] = (struct expected){due_ms, seq++};
        } else if (what == 2) {
            timers_cancel(&timers, id);
            expected[id].due_ms = NEVER_MS;
        } else {
            now_ms += (int64_t)(next_random(&random) % 10);
            const uint32_t best = soonest(expected);
            const bool is_due = best != NONE32 && expected[best].due_ms <= now_ms;
            assert_int_equal(timers_take_due(&timers, now_ms), is_due ? best : NONE32);
            if (is_due) {
                expected[best].due_ms = NEVER_MS;
            }
        }
        if (step % 1000 == 0) {
            timers_check(&timers);
        }
    }
    timers_check(&timers);
    free(block);
}

static void test_timers_equal_instants_fire_in_arming_order(void **state)
{
    (void)state;
    void *block;
    struct timers timers = make_timers(&block);
    timers_arm(&timers, 5, 100);
    timers_arm(&timers, 3, 100);
    timers_arm(&timers, 9, 100);
    timers_arm(&timers, 5, 100); /* armed again: last now */
    assert_int_equal(timers_take_due(&timers, 99), NONE32);
    assert_int_equal(timers_take_due(&timers, 100), 3);
    assert_int_equal(timers_take_due(&timers, 100), 9);
    assert_int_equal(timers_take_due(&timers, 100), 5);
    assert_int_equal(timers_next_due_ms(&timers), NEVER_MS);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_agree_with_a_list),
        cmocka_unit_test(test_timers_equal_instants_fire_in_arming_order),
    };
    return cmocka_run_group_tests_name("engine/core/timers", tests, NULL, NULL);
}
