/* test_web_reader.c: a question that takes long holds up nobody but those behind it, and is given up in time. */
#include "tests/unit/panic.h"

#include "engine/shell/web_history.h"
#include "engine/shell/web_state.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct web *web;
static uint32_t ticks, answers, runs, ticks_at_short;

struct sample {
    struct web_question question;
    const char *sql;
    int64_t value;
};

static enum err ask(struct web_question *asked)
{
    struct sample *sample = (struct sample *)asked;
    struct history_rows rows;
    enum err err = web_question_rows(asked, sample->sql, NULL, 0, &rows);
    if (err == ERR_OK && web_question_next(asked, &rows, &err)) {
        sample->value = history_rows_int(&rows, "value");
        history_rows_end(&rows);
    }
    return err;
}

static void tell(struct web_exchange *exchange, struct web_question *asked)
{
    const struct sample *sample = (const struct sample *)asked;
    (void)exchange;
    assert_int_equal(sample->value, 7);
    answers++;
    ticks_at_short = ticks;
}

static void on_tick(uv_timer_t *timer)
{
    ticks++;
    if (web->exchanges == NULL) {
        uv_close((uv_handle_t *)timer, NULL);
    }
}

static struct scratch data;

static int open_web(void **state)
{
    char path[600];
    struct history_fault fault;
    sqlite3 *db = NULL;
    (void)state;
    web = calloc(1, sizeof *web);
    assert_non_null(web);
    ticks = answers = runs = ticks_at_short = 0;
    assert_int_equal(scratch_make_directory(&data, "reader"), ERR_OK);
    (void)snprintf(web->data, sizeof web->data, "%s", data.path);
    (void)snprintf(path, sizeof path, "%s/" HISTORY_FILE, web->data);
    assert_int_equal(history_schema_create(path, &db, &fault), ERR_OK);
    (void)sqlite3_close(db);
    assert_int_equal(uv_loop_init(&web->uv), 0);
    assert_int_equal(uv_timer_init(&web->uv, &web->tick), 0);
    assert_int_equal(uv_timer_start(&web->tick, on_tick, 5, 5), 0);
    return 0;
}

static int close_web(void **state)
{
    (void)state;
    web_readers_close(web);
    assert_int_equal(uv_loop_close(&web->uv), 0);
    scratch_remove(&data);
    free(web);
    return 0;
}

/* A question of a client that has gone: nothing is written, all else happens. */
static void put_question(const char *sql)
{
    struct web_exchange *exchange = calloc(1, sizeof *exchange);
    struct sample *sample = calloc(1, sizeof *sample);
    assert_non_null(exchange);
    assert_non_null(sample);
    exchange->web = web;
    exchange->next = web->exchanges;
    if (exchange->next != NULL) {
        exchange->next->previous = exchange;
    }
    web->exchanges = exchange;
    sample->question = (struct web_question){.ask = ask, .answer = tell};
    sample->sql = sql;
    web_history_question(exchange, &sample->question);
}

#define ENDLESS                                                                                    \
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS value "    \
    "FROM n"

static void test_reader_a_slow_question_delays_nobody(void **state)
{
    (void)state;
    const uint64_t from_ms = uv_hrtime() / 1000000;
    put_question(ENDLESS);
    put_question("SELECT 7 AS value");
    (void)uv_run(&web->uv, UV_RUN_DEFAULT);
    const uint64_t took_ms = uv_hrtime() / 1000000 - from_ms;
    assert_int_equal(answers, 1);            /* the other one was given up */
    assert_true(ticks > 20);                 /* meanwhile the loop turned */
    assert_true(ticks_at_short < ticks / 2); /* and the short one did not wait for the long one */
    assert_true(took_ms >= WEB_QUERY_MS && took_ms < 4 * WEB_QUERY_MS);
}

static void test_reader_more_questions_than_readers_are_all_answered(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        put_question("SELECT 7 AS value");
    }
    (void)uv_run(&web->uv, UV_RUN_DEFAULT);
    assert_int_equal(answers, 20);
    assert_int_equal(web->waiting_count, 0);
}

static void test_reader_too_many_are_turned_away(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        put_question("SELECT 7 AS value");
    }
    assert_int_equal(web->waiting_count, 256);
    web_readers_stop(web);
    assert_int_equal(web->waiting_count, 0);
    while (web->exchanges != NULL && web->exchanges->pending == 0) {
        web_exchange_detach(web->exchanges);
    }
    (void)uv_run(&web->uv, UV_RUN_DEFAULT);
    assert_int_equal(answers, WEB_READERS); /* those that were being asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reader_a_slow_question_delays_nobody, open_web,
                                        close_web),
        cmocka_unit_test_setup_teardown(test_reader_more_questions_than_readers_are_all_answered,
                                        open_web, close_web),
        cmocka_unit_test_setup_teardown(test_reader_too_many_are_turned_away, open_web, close_web),
    };
    return cmocka_run_group_tests_name("unit/shell/test_web_reader", tests, NULL, NULL);
}
