/* test_workers.c: presence, positions in the grid, items for apps. */
#include "tests/unit/core/town.c"

#include "engine/core/state.h"

static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct place corner = {1163050000, 399050000};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

static struct worker_view view_of(const struct town *town, const char *who)
{
    struct worker_view view;
    assert_true(core_find_worker(town->core, town_id(who), &view));
    return view;
}

static void seen_at(struct town *town, const char *who, struct place fix, int64_t fix_at_ms)
{
    struct batch_writer writer;
    const struct command_head head = town_head(town, COMMAND_SEEN, who);
    const struct seen_body body = {.place = NONE32, .fix_at_ms = fix_at_ms, .status = STATUS_READY};
    town_begin(&writer);
    assert_int_equal(batch_put(&writer, &head, &body, sizeof body, fix), ERR_OK);
    town_step(town, &writer);
}

static void test_workers_positions_are_in_their_bucket_wherever_they_go(void **state)
{
    struct town *town = *state;
    static const char *const names[] = {"li", "wang", "chen", "sun", "qian", "zhao", "zhou"};
    uint64_t random = 20260303;
    for (int step = 0; step < 2000; step++) { /* core_check() looks into every bucket after each */
        random += UINT64_C(0x9e3779b97f4a7c15);
        const uint64_t dice = mix64(random);
        struct place at = {1162800000 + (int32_t)((dice >> 8) % 600000),
                           398800000 + (int32_t)((dice >> 32) % 500000)};
        if (dice % 50 == 0) { /* the far side of the earth hangs in a border bucket */
            at = (struct place){dice % 100 == 0 ? -LON_LIMIT : LON_LIMIT,
                                dice % 3 == 0 ? -LAT_LIMIT : LAT_LIMIT};
        }
        const char *who = names[(dice >> 3) % COUNT_OF(names)];
        town_seen(town, who, STATUS_READY, at);
        assert_int_equal(view_of(town, who).fix.lon, at.lon);
    }
    assert_int_equal(town->core->workers.grid.count, 7);
}

static void test_workers_who_takes_no_orders_is_not_in_the_grid(void **state)
{
    struct town *town = *state;
    const uint32_t before = town->core->workers.grid.count;
    town_seen(town, "chief.chu", STATUS_READY, corner);
    assert_int_equal(town->core->workers.grid.count, before);
    assert_int_equal(view_of(town, "chief.chu").fix.lon, corner.lon);
}

static void test_workers_older_fix_does_not_move_anybody(void **state)
{
    struct town *town = *state;
    const struct place before = {1163100000, 399000000};
    town_pass(town, HOUR_MS);
    seen_at(town, "li", corner, town->now_ms - MINUTE_MS);
    seen_at(town, "li", before, town->now_ms - 2 * MINUTE_MS); /* was kept in a tunnel */
    assert_int_equal(view_of(town, "li").fix.lon, corner.lon);
    assert_int_equal(view_of(town, "li").seen_at_ms, town->now_ms);
    seen_at(town, "li", before, 0); /* 0 = now */
    assert_int_equal(view_of(town, "li").fix.lon, before.lon);
    assert_int_equal(view_of(town, "li").fix_at_ms, town->now_ms);
    seen_at(town, "wang", before, town->now_ms + HOUR_MS); /* no fix lies in the future */
    assert_int_equal(view_of(town, "wang").fix_at_ms, town->now_ms);
}

static void test_workers_fix_from_the_dawn_of_time_is_stale(void **state)
{
    struct town *town = *state;
    seen_at(town, "li", corner, INT64_MIN);
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, corner, value), CODE_OPENED);
    const uint32_t slot = workers_find(&town->core->workers, town_id("li"));
    assert_false(worker_has_fresh_fix(town->core, &town->core->workers.rows[slot]));
}

static void test_workers_fix_is_fresh_for_half_an_hour(void **state)
{
    struct town *town = *state;
    const struct worker_row *row =
        &town->core->workers.rows[workers_find(&town->core->workers, town_id("li"))];
    assert_false(worker_has_fresh_fix(town->core, row));
    town_seen(town, "li", STATUS_READY, corner);
    town_pass(town, 30 * MINUTE_MS);
    assert_true(worker_has_fresh_fix(town->core, row));
    town_pass(town, 1);
    assert_false(worker_has_fresh_fix(town->core, row));
}

static void test_workers_status_is_kept_until_another_is_said(void **state)
{
    struct town *town = *state;
    town_seen(town, "li", STATUS_PAUSED, nowhere);
    town_seen(town, "li", STATUS_UNKNOWN, nowhere);
    assert_int_equal(view_of(town, "li").status, STATUS_PAUSED);
    town_seen(town, "nobody-we-know", STATUS_READY, corner);
    town_items_taken(town, "nobody-we-know", 7);
    struct worker_view view;
    assert_false(core_find_worker(town->core, town_id("nobody-we-know"), &view));
    assert_int_equal(core_worker_items(town->core, town_id("nobody-we-know"), 0, NULL, 0), 0);
}

static void tell(struct town *town, const char *who, uint32_t times)
{
    const struct effect_sink sink = {town_remember, town};
    const uint32_t slot = workers_find(&town->core->workers, town_id(who));
    town->core->sink = &sink;
    for (uint32_t i = 0; i < times; i++) {
        worker_tell(town->core, slot, ITEM_NOTICE, i, CODE_NOTHING);
    }
    town->core->sink = NULL;
}

static void test_workers_items_are_given_again_until_taken(void **state)
{
    struct town *town = *state;
    struct item_view items[WORKER_ITEMS_MAX];
    const struct hash128 li = town_id("li");
    tell(town, "li", 10);
    assert_int_equal(core_worker_items(town->core, li, 0, items, 64), 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(items[i].seq, i + 1);
        assert_int_equal(items[i].order, i);
    }
    assert_int_equal(core_worker_items(town->core, li, 7, items, 64), 3);
    assert_int_equal(core_worker_items(town->core, li, 0, items, 4), 4);
    town_items_taken(town, "li", 6);
    assert_int_equal(core_worker_items(town->core, li, 0, items, 64), 4);
    assert_int_equal(items[0].seq, 7);
    town_items_taken(town, "li", 3);  /* an old acknowledgement takes nothing back */
    town_items_taken(town, "li", 11); /* nor is one believed that was never sent */
    assert_int_equal(view_of(town, "li").item_seq_taken, 6);
    town_items_taken(town, "li", 10);
    assert_int_equal(core_worker_items(town->core, li, 0, items, 64), 0);
    assert_int_equal(core_worker_items(town->core, li, 99, items, 64), 0);
}

static void test_workers_full_ring_forgets_its_oldest(void **state)
{
    struct town *town = *state;
    struct item_view items[WORKER_ITEMS_MAX];
    tell(town, "li", WORKER_ITEMS_MAX + 6);
    const struct worker_row *row =
        &town->core->workers.rows[workers_find(&town->core->workers, town_id("li"))];
    assert_int_equal(worker_item_count(row), WORKER_ITEMS_MAX);
    assert_int_equal(core_worker_items(town->core, town_id("li"), 0, items, 64), WORKER_ITEMS_MAX);
    assert_int_equal(items[0].seq, 7);
    assert_int_equal(items[63].seq, 70);
    core_check(town->core);
}

#define workers(name)                                                                              \
    cmocka_unit_test_setup_teardown(test_workers_##name, town_setup, town_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        workers(positions_are_in_their_bucket_wherever_they_go),
        workers(who_takes_no_orders_is_not_in_the_grid),
        workers(older_fix_does_not_move_anybody),
        workers(fix_from_the_dawn_of_time_is_stale),
        workers(fix_is_fresh_for_half_an_hour),
        workers(status_is_kept_until_another_is_said),
        workers(items_are_given_again_until_taken),
        workers(full_ring_forgets_its_oldest),
    };
    return cmocka_run_group_tests_name("engine/core/workers", tests, NULL, NULL);
}
