/* test_limits.c: every table full: a refusal with a code, never a stop; bounded steps; limits that make no sense. */
#include "tests/unit/core/town.c"

#include "engine/core/cases.h"
#include "engine/core/state.h"
#include "tests/unit/panic.h"

static const struct place near_bin = {1163060000, 399060000};
static const struct place nowhere = {PLACE_NONE, PLACE_NONE};
static const struct case_no no_case = {0, 0, 0};
static const struct town_field full[] = {{"fill", NULL, 950000}, {"confidence", NULL, 900000}, {0}};
static const struct town_field crowd[] = {{"density", NULL, 4000000}, {0}};
static const struct town_field value[] = {{"value", NULL, 1000000}, {0}};

static struct town *open_with(const struct limits *limits)
{
    struct town *town = malloc(sizeof *town);
    town_open(town, limits);
    return town;
}

static void close_town(struct town *town)
{
    core_check(town->core);
    town_close(town);
    free(town);
}

static void test_limits_full_cases_refuse_and_take_again(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.cases = 2;
    struct town *town = open_with(&limits);
    struct case_no no = no_case;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                         CODE_OPENED);
        no = town->last.case_no;
    }
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_TABLE_FULL);
    assert_true(case_no_is_none(town->last.case_no));
    assert_int_equal(town_act(town, "chief.chu", 0, no, ACTION_VOID, REASON_OTHER, nowhere, NULL),
                     CODE_DONE);
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_TABLE_FULL);
    town_pass(town, 73 * HOUR_MS); /* its reopen window is over */
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_OPENED);
    assert_int_equal(core_counts_now(town->core)->refused, 2);
    close_town(town);
}

/* An event that found no room is not remembered: its resend by a door without an outbox is taken once there is room. */
static void test_limits_refused_event_may_come_again(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.cases = 1;
    struct town *town = open_with(&limits);
    const struct town_report first = {
        .id = "a", .type = "sensor.odd", .place = near_bin, .fields = value};
    const struct town_report second = {
        .id = "b", .type = "sensor.odd", .place = near_bin, .fields = value};
    town_send(town, "sensor-1", (struct town_outbox){0, 0, 0}, &first, 1);
    const struct case_no no = town->last.case_no;
    town_send(town, "sensor-1", (struct town_outbox){0, 0, 0}, &second, 1);
    assert_int_equal(town->last.code, CODE_TABLE_FULL);
    assert_int_equal(town_act(town, "chief.chu", 0, no, ACTION_VOID, REASON_OTHER, nowhere, NULL),
                     CODE_DONE);
    town_pass(town, 73 * HOUR_MS);
    town_send(town, "sensor-1", (struct town_outbox){0, 0, 0}, &second, 1);
    assert_int_equal(town->last.code, CODE_OPENED);
    close_town(town);
}

static void test_limits_one_district_only(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.districts = 1;
    const char *at = town_copy();
    town_edit(at, "units.csv", "110108002,",
              "110108002,East street,street,110109\n110109,Dong district,district,");
    struct town *town = malloc(sizeof *town);
    town_open_at(town, &limits, at);
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                     CODE_OPENED);
    assert_int_equal(town->last.case_no.district, 110108);
    const struct place east = {1163150000, 399050000};
    assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, east, value),
                     CODE_TABLE_FULL);
    close_town(town);
}

/* No order can be written: desks do the work, and the case is closed all the same. */
static void test_limits_full_orders_leave_it_to_desks(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.orders = 1;
    struct town *town = open_with(&limits);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_OPENED);
    assert_int_equal(core_counts_now(town->core)->offers, 1);
    town_seen(town, "wang", STATUS_READY, near_bin); /* could take it */
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-002", nowhere, full),
                     CODE_OPENED);
    const struct case_no no = town->last.case_no;
    assert_string_equal(town_holder(town, no), "dept.sanitation.duty");
    assert_int_equal(
        town_act(town, "dispatcher.du", 0, no, ACTION_REASSIGN, REASON_OTHER, nowhere, "wang"),
        CODE_TABLE_FULL);
    assert_string_equal(town_holder(town, no),
                        "dept.sanitation.duty"); /* a refusal changes nothing */
    assert_int_equal(town_act(town, "desk.san", 0, no, ACTION_DONE, REASON_NONE, nowhere, NULL),
                     CODE_DONE);
    assert_string_equal(town_holder(town, no), "town.supervision"); /* no check order either */
    town_pass(town, 10 * MINUTE_MS);
    assert_int_equal(
        town_act(town, "chief.chu", 0, no, ACTION_CHECK_PASS, REASON_NONE, nowhere, NULL),
        CODE_DONE);
    assert_int_equal(town_case(town, no).state, CASE_CLOSED);
    close_town(town);
}

static void test_limits_joint_order_beyond_the_table_is_filled_later(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.orders = 2;
    struct town *town = open_with(&limits);
    assert_int_equal(town_event(town, "cam-1", "camera.crowd_density", "C-003", nowhere, crowd),
                     CODE_OPENED);
    assert_int_equal(core_counts_now(town->core)->offers, 2);
    town_pass(town, 30 * MINUTE_MS);
    assert_int_equal(core_counts_now(town->core)->open_now, 1);
    close_town(town);
}

static void test_limits_dedupe_windows_past_the_table_only_merge(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.dedupe_keys = 1;
    struct town *town = open_with(&limits);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_OPENED);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_DEDUPED);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-002", nowhere, full),
                     CODE_OPENED);
    assert_int_equal(town_event(town, "cam-1", "camera.garbage_overflow", "C-001", nowhere, full),
                     CODE_MERGED);
    close_town(town);
}

/* ---- bounded steps ---- */

/* A morning's deadlines at once, an operation at a time: every step does little, TICK after TICK does it all. */
static void test_limits_backlog_is_worked_off_in_bounded_steps(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.tick_operations = 3;
    struct town *town = open_with(&limits);
    struct town *other = open_with(NULL);
    struct town *const both[] = {town, other};
    for (size_t t = 0; t < 2; t++) {
        for (int i = 0; i < 20; i++) {
            assert_int_equal(town_event(both[t], "sensor-1", "sensor.odd", NULL, near_bin, value),
                             CODE_OPENED);
        }
        both[t]->now_ms += 8 * DAY_MS; /* the engine slept: every handle clock is over */
    }
    town_tick(town);
    assert_true(core_has_backlog(town->core));
    assert_true(core_next_due_ms(town->core) <= town->now_ms);
    assert_true(core_counts_now(town->core)->clocks_missed < 4);
    int ticks = 0;
    for (; core_has_backlog(town->core); ticks++) {
        assert_true(ticks < 1000);
        town_tick(town);
    }
    town_tick(other);
    assert_false(core_has_backlog(other->core));
    assert_true(ticks > 5);
    assert_int_equal(core_counts_now(town->core)->clocks_missed,
                     core_counts_now(other->core)->clocks_missed);
    close_town(town);
    close_town(other);
}

/* A batch of many commands comes at one instant: together they fire what one TICK may, not each of them as much. */
static void test_limits_commands_of_one_instant_share_what_may_fire(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.tick_operations = 3;
    struct town *town = open_with(&limits);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(town_event(town, "sensor-1", "sensor.odd", NULL, near_bin, value),
                         CODE_OPENED);
    }
    town->now_ms += 8 * DAY_MS;
    town_tick(town);
    const uint64_t armed =
        town->core->timers.seq; /* what fires arms its reminder, or a search again */
    for (int i = 0; i < 5; i++) {
        town_seen(town, "li", STATUS_PAUSED, near_bin);
    }
    assert_true(core_has_backlog(town->core));
    assert_int_equal(town->core->timers.seq, armed);
    assert_int_equal(town->core->operations, 3);
    town_tick(town);
    assert_true(town->core->timers.seq > armed);
    town->now_ms++; /* a later instant is as good as a TICK */
    const uint64_t later = town->core->timers.seq;
    town_seen(town, "li", STATUS_PAUSED, near_bin);
    assert_true(town->core->timers.seq > later);
    close_town(town);
}

/* Workers looked at count too: with many to look at, few timers fire in one step. */
static void test_limits_searches_count_as_operations(void **state)
{
    (void)state;
    struct limits limits = town_limits();
    limits.tick_operations = 10;
    struct town *town = open_with(&limits);
    const struct town_field wet[] = {{"level", NULL, 1000000}, {0}};
    const char *const takers[] = {"li", "wang", "chen"};
    for (int i = 0; i < 3; i++) {
        town_seen(town, takers[i], STATUS_PAUSED, near_bin);
    }
    for (int i = 0; i < 10; i++) {
        const struct place apart = {near_bin.lon + i * 20000, near_bin.lat};
        assert_int_equal(town_event(town, "sensor-1", "sensor.water_level", NULL, apart, wet),
                         CODE_OPENED);
    }
    town->now_ms += 2 * MINUTE_MS; /* ten desks look for somebody again: one operation more each */
    town_tick(town);
    assert_true(core_has_backlog(town->core));
    uint32_t left = 0;
    for (uint32_t slot = 0; slot < 10; slot++) {
        left += timers_due_ms(&town->core->timers, case_timer_id(slot, CASE_TIMER_SEEK)) <=
                town->now_ms;
    }
    assert_int_equal(left, 5);
    close_town(town);
}

static void test_limits_that_make_no_sense_stop_at_the_start(void **state)
{
    (void)state;
    static const size_t fields[] = {
        offsetof(struct limits, cases),       offsetof(struct limits, orders),
        offsetof(struct limits, workers),     offsetof(struct limits, gateways),
        offsetof(struct limits, districts),   offsetof(struct limits, event_ids),
        offsetof(struct limits, dedupe_keys), offsetof(struct limits, tick_operations),
        offsetof(struct limits, batches_kept)};
    const struct limits sound = town_limits();
    const size_t size = core_size(&sound);
    void *block = aligned_alloc(64, size);
    assert_non_null(block);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct limits limits = sound;
        const uint32_t none = 0;
        memcpy((char *)&limits + fields[i], &none, sizeof none);
        expect_panic((void)core_init(block, size, &limits));
    }
    struct limits limits = sound;
    limits.batch_events = EVENTS_PER_COMMAND_MAX + 1;
    expect_panic((void)core_init(block, size, &limits));
    expect_panic((void)core_init(block, size - 64, &sound));
    expect_panic((void)core_init((char *)block + 8, size, &sound));
    core_check(core_init(block, size, &sound)); /* before any city */
    free(block);
}

static void test_limits_before_any_city_nothing_is_taken(void **state)
{
    (void)state;
    struct town *town = open_with(NULL);
    const struct limits limits = town_limits();
    core_init(town->block, town->block_size, &limits);
    assert_null(core_city(town->core));
    assert_null(core_policy(town->core));
    assert_true(hash128_is_none(core_facts_digest(town->core)));
    const struct town_report report = {
        .id = "a", .type = "sensor.odd", .place = near_bin, .fields = value};
    town_send(town, "sensor-1", (struct town_outbox){1, 1, 1}, &report, 1);
    assert_int_equal(town->last.code, CODE_NO_CITY);
    town_seen(town, "li", STATUS_READY, near_bin);
    town_items_taken(town, "li", 1);
    town_pass(town, HOUR_MS);
    assert_int_equal(core_next_due_ms(town->core), NEVER_MS);
    close_town(town);
}

/* Fresh memory need not be wiped: the core is the same, byte for byte, as on a block full of rubbish. */
static void test_limits_zeroed_block_gives_the_same_core(void **state)
{
    (void)state;
    const struct limits limits = town_limits();
    const size_t size = core_size(&limits);
    uint8_t *blocks[2];
    for (int i = 0; i < 2; i++) {
        blocks[i] = aligned_alloc(64, size);
        assert_non_null(blocks[i]);
        memset(blocks[i], i == 0 ? 0 : 0xa5, size);
    }
    const struct core *fresh = core_init_zeroed(blocks[0], size, &limits);
    const struct core *wiped = core_init(blocks[1], size, &limits);
    assert_true(hash128_is_equal(core_digest(fresh), core_digest(wiped)));
    assert_memory_equal(blocks[0] + sizeof(struct core), blocks[1] + sizeof(struct core),
                        size - sizeof(struct core)); /* the head holds addresses */
    free(blocks[0]);
    free(blocks[1]);
}

/* What is named, and the value said to be needed, is what staging refuses and takes. */
static void test_limits_that_are_too_small_are_named_with_what_is_needed(void **state)
{
    (void)state;
    struct town *town = open_with(NULL);
    const struct limits small = town_limits();
    struct limits limits[] = {small, small, small};
    uint32_t *const values[] = {&limits[0].workers, &limits[1].gateways, &limits[2].window_rules};
    static const char *const NAMES[] = {"workers", "gateways", "window_rules"};
    const uint32_t needs[] = {town->city.person_count, town->city.gateway_count,
                              town->policy.window_count};
    uint32_t is = 0, needed = 0;
    assert_null(core_limits_lack(&small, &town->city, &town->policy, &is, &needed));
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        if (needs[i] < 2) { /* a limit is never 0 */
            continue;
        }
        *values[i] = needs[i];
        assert_null(core_limits_lack(&limits[i], &town->city, &town->policy, &is, &needed));
        *values[i] = needs[i] - 1;
        assert_string_equal(core_limits_lack(&limits[i], &town->city, &town->policy, &is, &needed),
                            NAMES[i]);
        assert_int_equal(is, needs[i] - 1);
        assert_int_equal(needed, needs[i]);
        void *block = aligned_alloc(64, core_size(&limits[i]));
        struct core *core = core_init(block, core_size(&limits[i]), &limits[i]);
        assert_true(core_stage_city(core, town->city_bytes, town->city_size) != ERR_OK ||
                    core_stage_policy(core, town->policy_bytes, town->policy_size) != ERR_OK);
        free(block);
    }
    close_town(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_full_cases_refuse_and_take_again),
        cmocka_unit_test(test_limits_refused_event_may_come_again),
        cmocka_unit_test(test_limits_one_district_only),
        cmocka_unit_test(test_limits_full_orders_leave_it_to_desks),
        cmocka_unit_test(test_limits_joint_order_beyond_the_table_is_filled_later),
        cmocka_unit_test(test_limits_dedupe_windows_past_the_table_only_merge),
        cmocka_unit_test(test_limits_backlog_is_worked_off_in_bounded_steps),
        cmocka_unit_test(test_limits_commands_of_one_instant_share_what_may_fire),
        cmocka_unit_test(test_limits_searches_count_as_operations),
        cmocka_unit_test(test_limits_zeroed_block_gives_the_same_core),
        cmocka_unit_test(test_limits_that_are_too_small_are_named_with_what_is_needed),
        cmocka_unit_test(test_limits_that_make_no_sense_stop_at_the_start),
        cmocka_unit_test(test_limits_before_any_city_nothing_is_taken),
    };
    return cmocka_run_group_tests_name("engine/core/limits", tests, NULL, NULL);
}
