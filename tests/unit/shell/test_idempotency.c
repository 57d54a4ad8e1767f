/* test_idempotency.c: one key, one effect, one answer; bounded. */
#include "engine/shell/idempotency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct idempotency_ask ask(uint64_t identity, uint64_t key, uint64_t digest)
{
    return (struct idempotency_ask){{1, identity}, {2, key}, {3, digest}};
}

static enum idempotency_verdict begin(struct idempotency *table, struct idempotency_ask asked,
                                      uint32_t *out_row)
{
    struct idempotency_answer answer;
    const enum idempotency_verdict verdict = idempotency_begin(table, &asked, out_row, &answer);
    idempotency_check(table);
    return verdict;
}

static void test_idempotency_same_key_same_answer(void **state)
{
    struct idempotency *table = idempotency_new(4);
    const struct idempotency_ask asked = ask(1, 1, 1);
    struct idempotency_answer answer;
    uint32_t row = 0;
    (void)state;
    assert_int_equal(begin(table, asked, &row), IDEMPOTENCY_NEW);
    assert_int_equal(begin(table, asked, &row), IDEMPOTENCY_RUNNING);
    idempotency_end(table, row, 200, "{}", 2);
    assert_int_equal(idempotency_begin(table, &asked, &row, &answer), IDEMPOTENCY_STORED);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.bytes, "{}");
    assert_int_equal(begin(table, ask(1, 1, 2), &row), IDEMPOTENCY_OTHER);
    assert_int_equal(begin(table, ask(2, 1, 2), &row), IDEMPOTENCY_NEW); /* another's key */
    idempotency_free(table);
}

static void test_idempotency_dropped_is_asked_again(void **state)
{
    struct idempotency *table = idempotency_new(4);
    uint32_t row = 0;
    (void)state;
    assert_int_equal(begin(table, ask(1, 1, 1), &row), IDEMPOTENCY_NEW);
    idempotency_drop(table, row);
    assert_int_equal(idempotency_count(table), 0);
    assert_int_equal(begin(table, ask(1, 1, 1), &row), IDEMPOTENCY_NEW);
    static char large[IDEMPOTENCY_ANSWER_MAX + 1];
    idempotency_end(table, row, 200, large, sizeof large);
    assert_int_equal(begin(table, ask(1, 1, 1), &row), IDEMPOTENCY_NEW);
    idempotency_free(table);
}

static void test_idempotency_oldest_makes_way(void **state)
{
    struct idempotency *table = idempotency_new(3);
    uint32_t row = 0, running = 0;
    (void)state;
    assert_int_equal(begin(table, ask(1, 1, 1), &running), IDEMPOTENCY_NEW); /* stays on its way */
    for (uint64_t key = 2; key <= 40; key++) {
        assert_int_equal(begin(table, ask(1, key, 1), &row), IDEMPOTENCY_NEW);
        idempotency_end(table, row, 200, "x", 1);
        idempotency_check(table);
    }
    assert_int_equal(idempotency_count(table), 3);
    assert_int_equal(begin(table, ask(1, 1, 1), &row), IDEMPOTENCY_RUNNING);
    assert_int_equal(begin(table, ask(1, 39, 1), &row), IDEMPOTENCY_STORED);
    assert_int_equal(begin(table, ask(1, 38, 1), &row), IDEMPOTENCY_NEW);
    assert_int_equal(begin(table, ask(1, 50, 1), &row), IDEMPOTENCY_NEW);
    assert_int_equal(begin(table, ask(1, 51, 1), &row), IDEMPOTENCY_FULL);
    idempotency_free(table);
}

static void test_idempotency_one_identity_cannot_push_others_out(void **state)
{
    struct idempotency *table = idempotency_new(IDEMPOTENCY_PER_IDENTITY + 2);
    uint32_t row = 0;
    (void)state;
    assert_int_equal(begin(table, ask(7, 1, 1), &row), IDEMPOTENCY_NEW);
    idempotency_end(table, row, 409, "y", 1);
    for (uint64_t key = 0; key < 3 * IDEMPOTENCY_PER_IDENTITY; key++) {
        assert_int_equal(begin(table, ask(8, key, 1), &row), IDEMPOTENCY_NEW);
        idempotency_end(table, row, 200, "x", 1);
    }
    assert_int_equal(begin(table, ask(7, 1, 1), &row), IDEMPOTENCY_STORED);
    assert_int_equal(idempotency_count(table), IDEMPOTENCY_PER_IDENTITY + 1);
    idempotency_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idempotency_same_key_same_answer),
        cmocka_unit_test(test_idempotency_dropped_is_asked_again),
        cmocka_unit_test(test_idempotency_oldest_makes_way),
        cmocka_unit_test(test_idempotency_one_identity_cannot_push_others_out)};
    return cmocka_run_group_tests_name("shell/idempotency", tests, NULL, NULL);
}
