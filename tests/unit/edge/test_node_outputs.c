/* test_node_outputs.c: answers leave in order, only when durable, and the ring never loses a byte. */
#include "engine/edge/outputs.h"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(struct outputs *outputs, uint64_t position, uint8_t fill, uint64_t size)
{
    uint8_t *bytes = outputs_put(outputs, position, "route", 5, size);
    assert_non_null(bytes);
    memset(bytes, fill, size);
}

static void test_nothing_leaves_before_durable(void **state)
{
    (void)state;
    struct outputs outputs;
    struct output output;
    assert_int_equal(outputs_init(&outputs, 4096, 16), ERR_OK);
    put(&outputs, 3, 'a', 10);
    put(&outputs, 4, 'b', 20);
    assert_false(outputs_peek(&outputs, 2, &output));
    assert_true(outputs_peek(&outputs, 3, &output));
    assert_int_equal(output.size, 10);
    assert_int_equal(output.route_size, 5);
    assert_memory_equal(output.route, "route", 5);
    assert_int_equal(output.bytes[9], 'a');
    outputs_drop(&outputs);
    assert_false(outputs_peek(&outputs, 3, &output));
    assert_true(outputs_peek(&outputs, 9, &output));
    assert_int_equal(output.position, 4);
    outputs_fini(&outputs);
}

static void test_position_going_back_is_a_bug(void **state)
{
    (void)state;
    struct outputs outputs;
    assert_int_equal(outputs_init(&outputs, 4096, 16), ERR_OK);
    put(&outputs, 3, 'a', 10);
    expect_panic((void)outputs_put(&outputs, 2, "r", 1, 1));
    outputs_fini(&outputs);
}

static void test_full_ring_refuses_and_recovers(void **state)
{
    (void)state;
    struct outputs outputs;
    struct output output;
    assert_int_equal(outputs_init(&outputs, 4096, 1000), ERR_OK);
    uint32_t held = 0;
    while (outputs_put(&outputs, 1, "r", 1, 700) != NULL) {
        held++;
    }
    assert_int_equal(held, 5);
    assert_true(outputs_is_tight(&outputs));
    assert_true(outputs_peek(&outputs, 1, &output));
    outputs_drop(&outputs);
    assert_non_null(outputs_put(&outputs, 1, "r", 1, 600));
    outputs_check(&outputs);
    outputs_fini(&outputs);
}

static void test_no_more_answers_than_the_limit_wait(void **state)
{
    (void)state;
    struct outputs outputs;
    struct output output;
    assert_int_equal(outputs_init(&outputs, 4096, 3), ERR_OK);
    for (uint8_t i = 0; i < 3; i++) {
        put(&outputs, 1, i, 8);
    }
    assert_null(outputs_put(&outputs, 1, "r", 1, 8));
    assert_true(outputs_peek(&outputs, 1, &output));
    outputs_drop(&outputs);
    put(&outputs, 1, 'n', 8);
    outputs_check(&outputs);
    outputs_fini(&outputs);
}

/* Any mix of sizes, many times around the ring: bytes come back as they went in. */
static void test_many_times_around(void **state)
{
    (void)state;
    struct outputs outputs;
    struct output output;
    assert_int_equal(outputs_init(&outputs, 8192, 64), ERR_OK);
    uint64_t random = 1, put_count = 0, taken = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        random = mix64(random + i);
        uint64_t size = random % 1500;
        uint8_t *bytes =
            (random >> 32) % 2 ? outputs_put(&outputs, put_count, "rr", 2, size) : NULL;
        if (bytes != NULL) {
            memset(bytes, (int)(put_count & 0xff), size);
            put_count++;
        } else if (outputs_peek(&outputs, put_count, &output)) {
            assert_int_equal(output.position, taken);
            for (uint64_t k = 0; k < output.size; k++) {
                assert_int_equal(output.bytes[k], taken & 0xff);
            }
            outputs_drop(&outputs);
            taken++;
        }
        outputs_check(&outputs);
    }
    assert_true(taken > 1000);
    outputs_fini(&outputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_leaves_before_durable),
        cmocka_unit_test(test_position_going_back_is_a_bug),
        cmocka_unit_test(test_full_ring_refuses_and_recovers),
        cmocka_unit_test(test_no_more_answers_than_the_limit_wait),
        cmocka_unit_test(test_many_times_around),
    };
    return cmocka_run_group_tests_name("edge/node_outputs", tests, NULL, NULL);
}
