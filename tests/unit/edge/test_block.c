/* test_block.c: a block is zero, begins where a core wants it, and goes back as a whole. */
#include "engine/edge/block.h"

#include "engine/core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_a_block_is_zero_and_aligned(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 4096, (2u << 20) - 1, (2u << 20) + 1, 5u << 20};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        struct block block;
        assert_int_equal(block_new(SIZES[i], &block), ERR_OK);
        uint8_t *bytes = block.bytes;
        assert_int_equal((uintptr_t)bytes % ARENA_ALIGN, 0);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[SIZES[i] - 1], 0);
        memset(bytes, 0xff, SIZES[i]); /* all of it is ours */
        block_free(&block);
        assert_null(block.bytes);
    }
}

static void test_none_is_freed_and_too_much_is_refused(void **state)
{
    (void)state;
    struct block none = {0};
    block_free(&none);
    assert_int_equal(block_new(SIZE_MAX / 4, &none), ERR_MEMORY);
    assert_null(none.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_block_is_zero_and_aligned),
        cmocka_unit_test(test_none_is_freed_and_too_much_is_refused),
    };
    return cmocka_run_group_tests_name("edge/block", tests, NULL, NULL);
}
