/* test_case_text.c: case numbers survive the way to text and back; nonsense is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/case_text.h"

static void test_case_text_round_trip(void **state)
{
    (void)state;
    const struct case_no numbers[] = {
        {110108, 20260303, 1}, {1, 19700101, 12345}, {UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        char text[CASE_TEXT_SIZE];
        struct case_no back = {0, 0, 0};
        size_t size = case_text_print(numbers[i], text);
        assert_int_equal(size, strlen(text));
        assert_int_equal(case_text_parse(text, &back), ERR_OK);
        assert_true(case_no_is_equal(numbers[i], back));
    }
    char text[CASE_TEXT_SIZE];
    case_text_print(numbers[0], text);
    assert_string_equal(text, "110108-20260303-0001");
    assert_int_equal(case_text_print((struct case_no){0, 0, 0}, text), 0);
    assert_string_equal(text, "");
}

static void test_case_text_suffix_leaves_the_rest_open(void **state)
{
    (void)state;
    struct case_no no;
    assert_int_equal(case_text_parse("1", &no), ERR_OK);
    assert_true(case_no_is_equal(no, (struct case_no){0, 0, 1}));
    assert_int_equal(case_text_parse("20260303-0007", &no), ERR_OK);
    assert_true(case_no_is_equal(no, (struct case_no){0, 20260303, 7}));
}

static void test_case_text_nonsense_is_refused(void **state)
{
    (void)state;
    const char *const wrong[] = {"",  "-",  "1-", "-1", "1-2-3-4",    "0",   "1-0",
                                 "a", "1 ", " 1", "+1", "4294967296", "1--2"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct case_no no = {7, 7, 7};
        assert_int_equal(case_text_parse(wrong[i], &no), ERR_MALFORMED);
        assert_int_equal(no.serial, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_text_round_trip),
        cmocka_unit_test(test_case_text_suffix_leaves_the_rest_open),
        cmocka_unit_test(test_case_text_nonsense_is_refused),
    };
    return cmocka_run_group_tests_name("tests/unit/proto/test_case_text", tests, NULL, NULL);
}
