/* test_orders.c: the table of orders against a plain model: chains of case and worker, loads, bounds. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"
#include "tests/unit/panic.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

/* Cases that hold no orders of their own: nobody takes odd jobs in this town. */
static int open_town(void **state)
{
    struct town *town = malloc(sizeof *town);
    struct limits limits = town_limits();
    limits.orders = 40;
    town_open(town, &limits);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                         CODE_OPENED);
    }
    *state = town;
    return 0;
}

static uint32_t taken(struct town *town, uint32_t case_slot, uint32_t worker)
{
    uint32_t slot = NONE32;
    assert_int_equal(orders_take(town->core, case_slot, worker, KIND_ASSIST, &slot), ERR_OK);
    return slot;
}

static void test_orders_random_life_against_a_model(void **state)
{
    struct town *town = *state;
    struct core *core = town->core;
    static const enum order_state ends[] = {ORDER_DONE, ORDER_DECLINED, ORDER_EXPIRED,
                                            ORDER_RETURNED, ORDER_RECALLED};
    uint64_t random = 20260303;
    uint64_t last = core->orders.last_number;
    uint32_t active[64];
    uint32_t count = 0;
    for (int step = 0; step < 5000; step++) {
        random += UINT64_C(0x9e3779b97f4a7c15);
        const uint64_t dice = mix64(random);
        const uint32_t case_slot = (uint32_t)(dice >> 8) % 3;
        if (count < 16 && dice % 2 == 0 && core->orders.used < core->orders.limit) {
            const uint32_t slot = taken(town, case_slot, (uint32_t)(dice >> 16) % 5);
            assert_int_equal(core->orders.rows[slot].number, ++last);
            assert_int_equal(orders_find(&core->orders, last), slot);
            active[count++] = slot;
        } else if (orders_count_active(core, cases_peek(&core->cases, case_slot), UINT32_MAX) ==
                   0) {
            orders_give_all(core, case_slot);
        } else if (count > 0) {
            const uint32_t i = (uint32_t)(dice >> 24) % count;
            const uint32_t worker = core->orders.rows[active[i]].worker;
            const uint32_t load = core->workers.rows[worker].load;
            timers_arm(&core->timers, order_timer_id(core, active[i]), core->now_ms + 1000);
            orders_end(core, active[i], ends[(dice >> 32) % COUNT_OF(ends)]);
            assert_int_equal(core->workers.rows[worker].load, load - 1);
            assert_false(timers_is_armed(&core->timers, order_timer_id(core, active[i])));
            active[i] = active[--count];
        }
        orders_check(core);
        for (uint32_t c = 0; c < 3; c++) {
            const struct case_row *row = cases_peek(&core->cases, c);
            uint32_t expected = 0;
            for (uint32_t i = 0; i < count; i++) {
                expected += core->orders.rows[active[i]].case_slot == c;
            }
            assert_int_equal(orders_count_active(core, row, 1u << KIND_ASSIST), expected);
            assert_int_equal(orders_count_active(core, row, 1u << KIND_HANDLE), 0);
            assert_true(row->order_count <= CASE_ORDERS_MAX);
        }
    }
    assert_true(last > 1000);
}

static void test_orders_case_keeps_the_newest(void **state)
{
    struct town *town = *state;
    struct core *core = town->core;
    const uint32_t under_way = taken(town, 0, 0);
    const uint64_t first = core->orders.rows[under_way].number;
    for (uint32_t i = 1; i < CASE_ORDERS_MAX + 5; i++) {
        orders_end(core, taken(town, 0, 1), ORDER_DECLINED);
    }
    const struct case_row *row = cases_peek(&core->cases, 0);
    assert_int_equal(row->order_count, CASE_ORDERS_MAX);
    assert_int_equal(orders_find(&core->orders, first), under_way); /* active: stays */
    for (uint64_t n = 1; n <= 5; n++) {
        assert_int_equal(orders_find(&core->orders, first + n), NONE32); /* oldest ended: gone */
    }
    assert_int_not_equal(orders_find(&core->orders, first + 6), NONE32);
    assert_true(orders_has_worker(core, row, 0));
    assert_false(orders_has_worker(core, row, 1));
    orders_check(core);
    expect_panic(orders_give_all(core, 0)); /* not while one is active */
}

static void test_orders_full_table_refuses_and_recovers(void **state)
{
    struct town *town = *state;
    struct core *core = town->core;
    uint32_t slot = 77;
    for (uint32_t i = 0; i < core->limits.orders; i++) {
        orders_end(core, taken(town, i / 20, 1), ORDER_EXPIRED);
    }
    assert_int_equal(orders_take(core, 2, 0, KIND_HANDLE, &slot), ERR_FULL);
    assert_int_equal(slot, 77);
    assert_int_equal(core->workers.rows[0].load, 0);
    orders_check(core);
    orders_give_all(core, 0);
    orders_check(core);
    assert_int_equal(cases_peek(&core->cases, 0)->order_count, 0);
    (void)taken(town, 2, 0);
    orders_check(core);
}

static void test_orders_ended_order_does_not_end_again(void **state)
{
    struct town *town = *state;
    const uint32_t slot = taken(town, 0, 0);
    expect_panic(orders_end(town->core, slot, ORDER_ACCEPTED));
    orders_end(town->core, slot, ORDER_DONE);
    expect_panic(orders_end(town->core, slot, ORDER_DONE));
}

#define orders(name) cmocka_unit_test_setup_teardown(test_orders_##name, open_town, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        orders(random_life_against_a_model),
        orders(case_keeps_the_newest),
        orders(full_table_refuses_and_recovers),
        orders(ended_order_does_not_end_again),
    };
    return cmocka_run_group_tests_name("engine/core/orders", tests, NULL, NULL);
}
