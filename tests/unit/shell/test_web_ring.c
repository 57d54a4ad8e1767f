/* test_web_ring.c: messages between two threads: whole, in order, bounded. */
#include "engine/shell/web_ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MESSAGES 200000u

static void test_ring_gives_back_what_was_put_in_order(void **state)
{
    struct web_ring ring;
    uint64_t size = 0;
    (void)state;
    assert_int_equal(web_ring_init(&ring, 256), ERR_OK);
    assert_null(web_ring_peek(&ring, &size));
    for (uint32_t round = 0; round < 1000; round++) {
        assert_true(web_ring_put(&ring, &round, sizeof round, "tail", round % 5));
        assert_true(web_ring_put(&ring, "x", 1, NULL, 0));
        const uint8_t *bytes = web_ring_peek(&ring, &size);
        assert_int_equal(size, sizeof round + round % 5);
        assert_memory_equal(bytes, &round, sizeof round);
        assert_memory_equal(bytes + sizeof round, "tail", round % 5);
        web_ring_drop(&ring);
        assert_non_null(web_ring_peek(&ring, &size));
        assert_int_equal(size, 1);
        web_ring_drop(&ring);
        assert_int_equal(web_ring_used(&ring), 0);
    }
    web_ring_fini(&ring);
}

static void test_ring_full_refuses_and_goes_on_after_room_is_made(void **state)
{
    struct web_ring ring;
    uint8_t body[56] = {0};
    uint64_t size = 0;
    uint32_t count = 0;
    (void)state;
    assert_int_equal(web_ring_init(&ring, 512), ERR_OK);
    while (web_ring_put(&ring, body, sizeof body, NULL, 0)) {
        count++;
    }
    assert_int_equal(count, 8);
    assert_false(web_ring_put(&ring, body, sizeof body, NULL, 0));
    assert_non_null(web_ring_peek(&ring, &size));
    web_ring_drop(&ring);
    assert_true(web_ring_put(&ring, body, sizeof body, NULL, 0));
    web_ring_fini(&ring);
}

static void test_ring_refuses_a_message_larger_than_half_of_it(void **state)
{
    struct web_ring ring;
    uint8_t body[300] = {0};
    (void)state;
    assert_int_equal(web_ring_init(&ring, 512), ERR_OK);
    assert_false(web_ring_put(&ring, body, sizeof body, NULL, 0));
    assert_int_equal(web_ring_used(&ring), 0);
    web_ring_fini(&ring);
}

static void *write_all(void *context)
{
    struct web_ring *ring = context;
    uint32_t body[16];
    for (uint32_t i = 0; i < MESSAGES;) {
        for (uint32_t k = 0; k < COUNT_OF(body); k++) {
            body[k] = i;
        }
        if (web_ring_put(ring, &i, sizeof i, body, (i % 16) * sizeof body[0])) {
            i++;
        } else {
            sched_yield();
        }
    }
    return NULL;
}

static void test_ring_between_two_threads_tears_nothing(void **state)
{
    struct web_ring ring;
    pthread_t writer;
    (void)state;
    assert_int_equal(web_ring_init(&ring, 4096), ERR_OK);
    assert_int_equal(pthread_create(&writer, NULL, write_all, &ring), 0);
    for (uint32_t i = 0; i < MESSAGES;) {
        uint64_t size = 0;
        const uint8_t *bytes = web_ring_peek(&ring, &size);
        if (bytes == NULL) {
            sched_yield();
            continue;
        }
        assert_int_equal(size, sizeof i + (i % 16) * sizeof i);
        for (uint64_t at = 0; at < size; at += sizeof i) {
            uint32_t word;
            memcpy(&word, bytes + at, sizeof word);
            assert_int_equal(word, i);
        }
        web_ring_drop(&ring);
        i++;
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    web_ring_fini(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring_gives_back_what_was_put_in_order),
        cmocka_unit_test(test_ring_full_refuses_and_goes_on_after_room_is_made),
        cmocka_unit_test(test_ring_refuses_a_message_larger_than_half_of_it),
        cmocka_unit_test(test_ring_between_two_threads_tears_nothing),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_web_ring", tests, NULL, NULL);
}
