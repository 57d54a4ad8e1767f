/* test_rule_text.c: a rule is cut out of its file whole, alone, and only when it still stands there. */
#include "engine/shell/rule_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char FILE_TEXT[] = "rules:\n"
                                "- id: a.first\n"
                                "  assign:\n"
                                "  - {role: crew}\n"
                                "\n"
                                "  note: one\n"
                                "\n"
                                "- id: a.second\n"
                                "  note: two\n"
                                "other: 1";

static void expect(uint32_t line, const char *id, const char *text)
{
    char *cut = rule_text_cut(FILE_TEXT, line, id);
    if (text == NULL) {
        assert_null(cut);
    } else {
        assert_non_null(cut);
        assert_string_equal(cut, text);
    }
    free(cut);
}

static void test_a_rule_is_cut_whole_and_alone(void **state)
{
    (void)state;
    expect(2, "a.first", "- id: a.first\n  assign:\n  - {role: crew}\n\n  note: one\n");
    expect(8, "a.second", "- id: a.second\n  note: two\n");
    expect(10, "other", "other: 1");
}

static void test_another_rule_at_that_line_is_nothing(void **state)
{
    (void)state;
    expect(8, "a.first", NULL);
    expect(5, "a.first", NULL);
    expect(0, "a.first", NULL);
    expect(11, "a.first", NULL);
    expect(4000000000u, "a.first", NULL);
}

static void test_a_name_that_leaves_the_directory_is_not_read(void **state)
{
    (void)state;
    assert_null(rule_text_read("/etc", "../etc/passwd", 1, "root"));
    assert_null(rule_text_read("/etc", ".", 1, "root"));
    assert_null(rule_text_read("/etc", "no-such-file", 1, "root"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rule_is_cut_whole_and_alone),
        cmocka_unit_test(test_another_rule_at_that_line_is_nothing),
        cmocka_unit_test(test_a_name_that_leaves_the_directory_is_not_read),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_rule_text", tests, NULL, NULL);
}
