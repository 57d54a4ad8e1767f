/* test_csv.c: RFC 4180 cells with their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/city/csv.h"
#include "engine/core/base.h"

static const struct csv_column COLUMNS[] = {{"a", true}, {"b", true}, {"c", false}};

static struct pool pool;
static struct problems *problems;
static struct csv csv;

static void parse(const char *text)
{
    pool_fini(&pool);
    problems_free(problems);
    problems = problems_new();
    struct text_file file = {"t.csv", pool_text(&pool, text, strlen(text)), strlen(text)};
    csv_parse(&pool, problems, &file, COLUMNS, COUNT_OF(COLUMNS), &csv);
}

static void assert_cell(uint32_t row, uint32_t column, const char *text, int line, int place)
{
    const struct csv_cell *cell = csv_at(&csv, row, column);
    assert_string_equal(cell->text, text);
    assert_int_equal(cell->line, line);
    assert_int_equal(cell->column, place);
}

static void test_cells(void **unused)
{
    (void)unused;
    parse("b,a\n1,2\n");
    assert_int_equal(problems_count(problems), 0);
    assert_int_equal(csv.row_count, 1);
    assert_cell(0, 0, "2", 2, 3);
    assert_cell(0, 1, "1", 2, 1);
    assert_cell(0, 2, "", 2, 0); /* absent column */
}

static void test_quotes(void **unused)
{
    (void)unused;
    parse("a,b,c\n\"x, \"\"y\"\"\",\"two\nlines\",\"\"\n中文,后,\n");
    assert_int_equal(problems_count(problems), 0);
    assert_int_equal(csv.row_count, 2);
    assert_cell(0, 0, "x, \"y\"", 2, 1);
    assert_cell(0, 1, "two\nlines", 2, 12);
    assert_cell(0, 2, "", 3, 8);
    assert_cell(1, 0, "中文", 4, 1);
    assert_cell(1, 1, "后", 4, 4); /* columns are characters */
}

static void test_line_ends(void **unused)
{
    (void)unused;
    parse("\n\na,b,c\r\n\r\n1,2,3\r\n\n4,5,6");
    assert_int_equal(problems_count(problems), 0);
    assert_int_equal(csv.row_count, 2);
    assert_cell(0, 2, "3", 5, 5);
    assert_cell(1, 2, "6", 7, 5);
}

static void test_many_rows(void **unused)
{
    (void)unused;
    static char text[400000];
    size_t used = (size_t)snprintf(text, sizeof text, "a,b\n");
    for (int i = 0; i < 20000; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,x\n", i);
    }
    parse(text);
    assert_int_equal(csv.row_count, 20000);
    assert_cell(19999, 0, "19999", 20001, 1);
}

static void test_unusable_headers(void **unused)
{
    (void)unused;
    parse("");
    assert_int_equal(problems_error_count(problems), 1);
    assert_true(csv.has_problems);
    parse("\n\r\n");
    assert_int_equal(problems_error_count(problems), 1);
    assert_int_equal(csv.row_count, 0);
    parse("a\n1\n");
    assert_int_equal(problems_error_count(problems), 1); /* b is missing, told once */
    assert_int_equal(csv.row_count, 1);
}

static int setup(void **unused)
{
    (void)unused;
    pool_init(&pool);
    problems = problems_new();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    pool_fini(&pool);
    problems_free(problems);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_unusable_headers),
    };
    return cmocka_run_group_tests_name("tests/unit/city/test_csv", tests, setup, teardown);
}
