/* test_problems.c: problems counted, printed, as JSON, and the nearest word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/city/problems.h"
#include "engine/core/base.h"

static void test_printing(void **unused)
{
    (void)unused;
    struct problems *problems = problems_new();
    problems_add(problems, PROBLEM_ERROR, "L004", "city/workers.csv", 12, 4, "shift \"%s\"", "x");
    problems_add(problems, PROBLEM_WARNING, "C026", "cells.geojson", 0, 0, "feature %d", 3);
    problems_add(problems, PROBLEM_NOTE, "C001", "a.csv", 7, 0, "row");
    assert_int_equal(problems_count(problems), 3);
    assert_int_equal(problems_error_count(problems), 1);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    problems_print(problems, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "city/workers.csv:12:4: error L004: shift \"x\"\n"
                              "cells.geojson: warning C026: feature 3\n"
                              "a.csv:7: note C001: row\n");
    free(text);
    problems_free(problems);
    problems_free(NULL);
}

static void test_json(void **unused)
{
    (void)unused;
    struct problems *problems = problems_new();
    problems_add(problems, PROBLEM_ERROR, "C002", "a.csv", 1, 2, "\"quoted\" 中文");
    problems_add(problems, PROBLEM_ERROR, "C002", "b.csv", 1, 2, "byte \xff");
    char *text = problems_to_json(problems);
    json_t *root = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(root), 2);
    const json_t *first = json_array_get(root, 0);
    assert_string_equal(json_string_value(json_object_get(first, "text")), "\"quoted\" 中文");
    assert_int_equal(json_integer_value(json_object_get(first, "column")), 2);
    assert_string_equal(json_string_value(json_object_get(first, "level")), "error");
    assert_non_null(json_string_value(json_object_get(json_array_get(root, 1), "text")));
    json_decref(root);
    free(text);
    problems_free(problems);
}

static void test_a_flood_is_counted(void **unused)
{
    (void)unused;
    struct problems *problems = problems_new();
    for (int i = 0; i < 5000; i++) {
        problems_add(problems, PROBLEM_ERROR, "C001", "f", i + 1, 1, "no %d", i);
    }
    assert_int_equal(problems_count(problems), 5000);
    assert_int_equal(problems_error_count(problems), 5000);
    char *text = problems_to_json(problems);
    json_t *root = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(root), 1000);
    json_decref(root);
    free(text);
    problems_free(problems);
}

static const char *nearest(const char *word)
{
    static const char *const WORDS[] = {"shift.day", "shift.night", "lon", "lat", "camera.fire"};
    return problems_nearest(word, WORDS, COUNT_OF(WORDS));
}

static void test_nearest_word(void **unused)
{
    (void)unused;
    assert_string_equal(nearest("shift.nigth"), "shift.night"); /* a swap counts one */
    assert_string_equal(nearest("shift.days"), "shift.day");
    assert_string_equal(nearest("lan"), "lon"); /* the first of two equally near */
    assert_string_equal(nearest("camera.fire"), "camera.fire");
    assert_string_equal(nearest("night"), "shift.night"); /* the end of a name */
    assert_null(nearest("parking"));
    assert_null(nearest("xy"));
    assert_null(nearest(""));
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[299] = '\0';
    assert_null(nearest(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printing),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_a_flood_is_counted),
        cmocka_unit_test(test_nearest_word),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_problems", tests, NULL, NULL);
}
