/* test_worker.c: every item is told, every act takes effect once, over a bad road and restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "proto/client/gridloop.h"
#include "tests/unit/client/fake_engine.h"

static struct scratch work;
static struct fake_engine fake;
static struct gridloop_worker *worker;
static uint64_t last_item;
static uint32_t item_count, result_count, repeated_items;
static bool is_taking;

static bool on_item(void *context, const struct gridloop_item *item)
{
    (void)context;
    repeated_items += item->seq <= last_item;
    assert_string_equal(item->title, "垃圾桶满溢");
    assert_int_equal(item->order, 100 + item->seq);
    if (!is_taking) {
        return false;
    }
    last_item = item->seq;
    item_count++;
    struct gridloop_act act = {.order = item->order, .action = GRIDLOOP_ACCEPT};
    assert_int_equal(gridloop_worker_act(worker, &act, NULL), GRIDLOOP_OK);
    return true;
}

static void on_result(void *context, const struct gridloop_act_result *result)
{
    (void)context;
    assert_int_equal(result->code, GRIDLOOP_DONE);
    assert_string_equal(result->case_no, "110108-20260303-0001");
    result_count++;
}

static void open_worker(void)
{
    char path[SCRATCH_PATH_SIZE + 8];
    (void)snprintf(path, sizeof(path), "%s/state", work.path);
    struct gridloop_worker_options options = {
        .on_item = on_item, .on_result = on_result, .hold_ms = 50, .resend_ms = 20};
    assert_int_equal(gridloop_worker_open(fake.url, "wang.fang", path, &options, &worker),
                     GRIDLOOP_OK);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(scratch_make_directory(&work, "client"), ERR_OK);
    memset(&fake, 0, sizeof(fake));
    last_item = item_count = result_count = repeated_items = 0;
    is_taking = true;
    fake.credit = 4;
    fake.seed = 9;
    (void)snprintf(fake.url, sizeof(fake.url), "ipc://%s/e.sock", work.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

static void poll_until(uint32_t items, uint32_t results)
{
    struct gridloop_fix fix = {.is_known = true, .lon = 116.3, .lat = 39.9};
    for (int round = 0; round < 2000 && (item_count < items || result_count < results); round++) {
        (void)gridloop_worker_poll(worker, 20, GRIDLOOP_READY, &fix);
    }
    assert_int_equal(item_count, items);
    assert_int_equal(result_count, results);
}

static void test_worker_items_and_acts(void **state)
{
    (void)state;
    fake.told_item_seq = 20;
    fake_start(&fake);
    open_worker();
    poll_until(20, 20);
    assert_int_equal(fake.acts, 20);
    assert_int_equal(repeated_items, 0);
    gridloop_worker_close(worker);
    fake_stop(&fake);
}

static void test_worker_bad_road_with_restarts(void **state)
{
    (void)state;
    fake.drop_percent = 10;
    fake.double_percent = 20;
    fake.reorder_percent = 20;
    fake_start(&fake);
    for (uint32_t round = 1; round <= 5; round++) {
        fake.told_item_seq = round * 10;
        open_worker();
        poll_until(round * 10, round * 10);
        gridloop_worker_close(worker);
    }
    fake_stop(&fake);
    assert_int_equal(fake.acts, 50);
}

static void test_worker_item_not_taken_comes_again(void **state)
{
    (void)state;
    is_taking = false;
    fake.told_item_seq = 1;
    fake_start(&fake);
    open_worker();
    assert_int_equal(gridloop_worker_poll(worker, 2000, GRIDLOOP_READY, NULL), GRIDLOOP_OK);
    assert_int_equal(item_count, 0);
    is_taking = true;
    poll_until(1, 1);
    gridloop_worker_close(worker);
    fake_stop(&fake);
}

static void test_worker_acts_wait_for_an_engine(void **state)
{
    (void)state;
    open_worker();
    struct gridloop_act act = {.order = 7, .action = GRIDLOOP_FINISH, .text = "清理完毕"};
    assert_int_equal(gridloop_worker_act(worker, &act, NULL), GRIDLOOP_OK);
    assert_int_equal(gridloop_worker_flush(worker, 100), GRIDLOOP_UNAVAILABLE);
    gridloop_worker_close(worker);
    fake_start(&fake);
    open_worker();
    assert_int_equal(gridloop_worker_waiting(worker), 1);
    assert_int_equal(gridloop_worker_flush(worker, 5000), GRIDLOOP_OK);
    assert_int_equal(result_count, 1);
    assert_int_equal(fake.acts, 1);
    act.action = 0;
    assert_int_equal(gridloop_worker_act(worker, &act, NULL), GRIDLOOP_INVALID);
    gridloop_worker_close(worker);
    fake_stop(&fake);
}

static void test_operator_act_is_answered(void **state)
{
    (void)state;
    struct gridloop_operator_result result;
    struct gridloop_act act = {.case_no = "1", .action = GRIDLOOP_CLOSE};
    assert_int_equal(gridloop_operator_act(fake.url, "chief.li", &act, 100, &result),
                     GRIDLOOP_UNAVAILABLE);
    fake.drop_percent = 30;
    fake_start(&fake);
    assert_int_equal(gridloop_operator_act(fake.url, "chief.li", &act, 20000, &result),
                     GRIDLOOP_OK);
    assert_int_equal(result.code, GRIDLOOP_DONE);
    assert_string_equal(result.case_no, "110108-20260303-0001");
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_worker_items_and_acts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_worker_bad_road_with_restarts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_worker_item_not_taken_comes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_worker_acts_wait_for_an_engine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_operator_act_is_answered, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("tests/unit/client/test_worker", tests, NULL, NULL);
}
