/* test_turn.c: what a turn puts into the log, with a clock and a disk that stand still unless told: an alarm ends its turn, goes where
 * others wait, and what is durable leaves between batches. */
#include "tests/unit/edge/node_rig.c"

#include "engine/edge/turn.h"

/* Reports of a flood, one to a batch. */
#define REPORTS 12u

struct host {
    struct rig rig;
    struct turn_disk disk;
    uint64_t now_ns, batch_ns; /* time that a batch takes */
    uint32_t appended, settled;
    uint32_t alarm_after; /* an alarm comes in when so many were appended; 0 = never */
};

static struct host host;

static void send_alarm(void)
{
    rig_send_type(&host.rig, "cam-1", 1, "camera.crowd_density");
}

static struct turn_disk look(void *context)
{
    return ((struct host *)context)->disk;
}

static bool append(void *context, const struct node_batch *batch)
{
    struct host *at = context;
    assert_int_equal(at->settled, at->appended);
    keep_entry(&at->rig, batch);
    node_appended(at->rig.node, at->rig.position, batch->time_ms);
    at->appended++;
    at->now_ns += at->batch_ns;
    return true;
}

static void settle(void *context)
{
    struct host *at = context;
    at->settled++;
    if (at->appended == at->alarm_after) {
        send_alarm();
    }
}

static uint64_t read_ns(void *context)
{
    return ((struct host *)context)->now_ns;
}

static int set_up(void **state)
{
    (void)state;
    struct node_options options = node_options_default();
    options.edge.slice_bytes = 200; /* less than one of these events becomes */
    options.edge.credit = 64;
    memset(&host, 0, sizeof host);
    rig_open(&host.rig, &options);
    for (uint64_t seq = 1; seq <= REPORTS; seq++) {
        rig_send_type(&host.rig, "hotline-1", seq, "hotline.garbage");
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_close(&host.rig);
    return 0;
}

static enum turn_end run(uint32_t *out_batches)
{
    const struct turn_host as = {look, append, settle, read_ns, &host};
    struct turn_done done;
    const enum turn_end end = turn_run(host.rig.node, host.rig.now_ms, &as, &done);
    *out_batches = done.batches;
    assert_int_equal(done.is_urgent, end == TURN_ENDED && host.batch_ns == 0);
    return end;
}

static void test_a_flood_goes_on_until_nothing_waits(void **state)
{
    (void)state;
    uint32_t batches;
    assert_int_equal(run(&batches), TURN_EMPTY);
    assert_int_equal(batches, REPORTS);
    assert_int_equal(host.settled, REPORTS); /* what is durable leaves after each of them */
    assert_int_equal(run(&batches), TURN_EMPTY);
    assert_int_equal(batches, 0);
}

/* Law 9. Not one report is decided between an alarm's batch and its way to the disk. */
static void test_an_alarm_ends_its_turn(void **state)
{
    (void)state;
    uint32_t batches;
    send_alarm();
    assert_int_equal(run(&batches), TURN_ENDED);
    assert_int_equal(batches, 1);
    assert_int_equal(core_counts_now(node_core(host.rig.node))->events, 1);
    assert_int_equal(run(&batches), TURN_EMPTY);
    assert_int_equal(batches, REPORTS);
}

/* One that comes in the midst of a turn is its next batch and its last. */
static void test_an_alarm_in_the_midst_ends_the_turn(void **state)
{
    (void)state;
    uint32_t batches;
    host.alarm_after = 3;
    assert_int_equal(run(&batches), TURN_ENDED);
    assert_int_equal(batches, 4);
    assert_false(node_has_life_safety(host.rig.node));
    assert_int_equal(core_counts_now(node_core(host.rig.node))->events, 4);
}

/* While the disk is behind reports wait and an alarm does not; there is an end to that too. */
static void test_an_alarm_goes_where_others_wait(void **state)
{
    (void)state;
    static const struct turn_disk BEHIND[] = {{TURN_PENDING_MAX, false}, {0, true}};
    uint32_t batches;
    for (uint32_t i = 0; i < COUNT_OF(BEHIND); i++) {
        host.disk = BEHIND[i];
        assert_true(turn_is_disk_behind(&host.disk));
        assert_int_equal(run(&batches), TURN_EMPTY);
        assert_int_equal(batches, 0);
    }
    send_alarm();
    host.disk.pending_bytes = TURN_PENDING_URGENT_MAX;
    assert_int_equal(run(&batches), TURN_EMPTY);
    assert_int_equal(batches, 0);
    host.disk.pending_bytes = TURN_PENDING_URGENT_MAX - 1;
    assert_int_equal(run(&batches), TURN_ENDED);
    assert_int_equal(batches, 1);
    assert_int_equal(core_counts_now(node_core(host.rig.node))->events, 1);
    assert_int_equal(run(&batches), TURN_EMPTY);
    assert_int_equal(batches, 0);
}

/* Sockets are looked at again after some time, whatever waits. */
static void test_a_turn_has_an_end(void **state)
{
    (void)state;
    uint32_t batches;
    host.batch_ns = TURN_NS_MAX / 2;
    assert_int_equal(run(&batches), TURN_ENDED);
    assert_int_equal(batches, 2);
}

#define TURN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TURN_TEST(test_a_flood_goes_on_until_nothing_waits),
        TURN_TEST(test_an_alarm_ends_its_turn),
        TURN_TEST(test_an_alarm_in_the_midst_ends_the_turn),
        TURN_TEST(test_an_alarm_goes_where_others_wait),
        TURN_TEST(test_a_turn_has_an_end),
    };
    return cmocka_run_group_tests_name("edge/turn", tests, NULL, NULL);
}
