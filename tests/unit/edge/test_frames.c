/* test_frames.c: blocks never overlap, come together again, and a full region says so. */
#include "engine/edge/frames.h"
#include "tests/unit/panic.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define HELD 512u

static void test_a_full_region_refuses_and_comes_together_again(void **state)
{
    (void)state;
    struct frames frames;
    assert_int_equal(frames_init(&frames, 1), ERR_OK);
    uint8_t *small = frames_take(&frames, 1);
    assert_non_null(small);
    assert_null(frames_take(&frames, FRAMES_BLOCK_MAX));
    assert_non_null(frames_take(&frames, FRAMES_BLOCK_MAX / 2));
    frames_check(&frames);
    frames_give(&frames, frames.region + FRAMES_BLOCK_MAX / 2);
    frames_give(&frames, small);
    frames_give(&frames, NULL);
    frames_check(&frames);
    assert_int_equal(frames.used, 0);
    assert_non_null(frames_take(&frames, FRAMES_BLOCK_MAX));
    frames_fini(&frames);
}

/* Random sizes, freed in random order; each frame keeps its own bytes. */
static void test_frames_keep_their_bytes(void **state)
{
    (void)state;
    struct frames frames;
    struct {
        uint8_t *bytes;
        uint64_t size;
    } held[HELD] = {{NULL, 0}};
    uint64_t random = 88172645463325252u, refused = 0;
    assert_int_equal(frames_init(&frames, 3 * FRAMES_BLOCK_MAX), ERR_OK);
    for (uint32_t step = 0; step < 20000; step++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        uint32_t at = (uint32_t)(random % HELD);
        if (held[at].bytes != NULL) {
            assert_int_equal(held[at].bytes[0], at & 0xff);
            assert_int_equal(held[at].bytes[held[at].size - 1], at & 0xff);
            frames_give(&frames, held[at].bytes);
            held[at].bytes = NULL;
            continue;
        }
        held[at].size = 1 + (random >> 20) % (random >> 60 == 0 ? FRAMES_BLOCK_MAX : 60000);
        held[at].bytes = frames_take(&frames, held[at].size);
        if (held[at].bytes == NULL) {
            refused++;
            continue;
        }
        memset(held[at].bytes, (int)(at & 0xff), held[at].size);
        if (step % 500 == 0) {
            frames_check(&frames);
        }
    }
    assert_true(refused > 0);
    for (uint32_t at = 0; at < HELD; at++) {
        frames_give(&frames, held[at].bytes);
    }
    frames_check(&frames);
    assert_int_equal(frames.used, 0);
    frames_fini(&frames);
}

static void test_giving_twice_is_a_bug(void **state)
{
    (void)state;
    struct frames frames;
    assert_int_equal(frames_init(&frames, 1), ERR_OK);
    uint8_t *bytes = frames_take(&frames, 300);
    expect_panic(frames_give(&frames, bytes + 1));
    frames_give(&frames, bytes);
    expect_panic(frames_give(&frames, bytes));
    frames_fini(&frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_full_region_refuses_and_comes_together_again),
        cmocka_unit_test(test_frames_keep_their_bytes),
        cmocka_unit_test(test_giving_twice_is_a_bug),
    };
    return cmocka_run_group_tests_name("edge/frames", tests, NULL, NULL);
}
