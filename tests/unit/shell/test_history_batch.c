/* test_history_batch.c: rows that wait come out of "waiting" as they were put, and a full batch says so. */
#include "engine/shell/history_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 256u
static const struct history_batch_size SIZE = {3, ROWS, 384u << 10};

struct fixture {
    sqlite3 *db;
    struct history_batch batch;
    const struct history_batch *shown;
};

static void open_fixture(struct fixture *fixture)
{
    assert_int_equal(sqlite3_open(":memory:", &fixture->db), SQLITE_OK);
    assert_int_equal(history_batch_init(&fixture->batch, SIZE), ERR_OK);
    fixture->shown = NULL;
    assert_int_equal(history_batch_register(fixture->db, &fixture->shown), SQLITE_OK);
    assert_int_equal(sqlite3_exec(fixture->db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static void close_fixture(struct fixture *fixture)
{
    history_batch_fini(&fixture->batch);
    assert_int_equal(sqlite3_close(fixture->db), SQLITE_OK);
}

static void put(struct fixture *fixture, int64_t number, const char *text)
{
    history_batch_put_int(&fixture->batch, number);
    history_batch_put_text(&fixture->batch, text, (uint32_t)strlen(text));
    history_batch_put_null(&fixture->batch);
    history_batch_end_row(&fixture->batch);
}

static int write_rows(struct fixture *fixture)
{
    fixture->shown = &fixture->batch;
    int code =
        sqlite3_exec(fixture->db, "INSERT OR FAIL INTO t SELECT c1, c2, c3 FROM waiting WHERE true",
                     NULL, NULL, NULL);
    fixture->shown = NULL;
    history_batch_clear(&fixture->batch);
    return code;
}

static void assert_answer(struct fixture *fixture, const char *sql, const char *expected)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(fixture->db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), expected);
    (void)sqlite3_finalize(stmt);
}

static void test_rows_come_out_as_they_were_put(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    char text[16] = "first"; /* its bytes are copied */
    put(&fixture, 1, text);
    (void)snprintf(text, sizeof text, "second");
    put(&fixture, -7, text);
    assert_int_equal(write_rows(&fixture), SQLITE_OK);
    assert_answer(&fixture, "SELECT group_concat(a || b || (c IS NULL)) FROM t",
                  "-7second1,1first1");
    put(&fixture, 3, "later");
    assert_int_equal(write_rows(&fixture), SQLITE_OK);
    assert_answer(&fixture, "SELECT count(*) || ' ' || max(a) FROM t", "3 3");
    assert_answer(&fixture, "SELECT count(*) FROM waiting", "0");
    close_fixture(&fixture);
}

static void test_a_row_that_is_there_is_refused(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    put(&fixture, 1, "first");
    put(&fixture, 1, "again");
    assert_int_equal(write_rows(&fixture), SQLITE_CONSTRAINT);
    close_fixture(&fixture);
}

static void test_a_batch_is_full_by_rows_and_by_text(void **state)
{
    (void)state;
    struct fixture fixture;
    open_fixture(&fixture);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_false(history_batch_is_full(&fixture.batch));
        put(&fixture, i, "short");
    }
    assert_true(history_batch_is_full(&fixture.batch));
    assert_int_equal(write_rows(&fixture), SQLITE_OK);
    assert_false(history_batch_is_full(&fixture.batch));
    static char text[HISTORY_BATCH_ROW_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    put(&fixture, 1000, text);
    assert_false(history_batch_is_full(&fixture.batch));
    put(&fixture, 1001, text);
    put(&fixture, 1002, text);
    assert_true(history_batch_is_full(&fixture.batch));
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_out_as_they_were_put),
        cmocka_unit_test(test_a_row_that_is_there_is_refused),
        cmocka_unit_test(test_a_batch_is_full_by_rows_and_by_text),
    };
    return cmocka_run_group_tests_name("shell/history_batch", tests, NULL, NULL);
}
