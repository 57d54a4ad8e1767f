/* test_lanes.c: urgency without overtaking inside an identity, bounds, and a floor for reports. */
#include "engine/city/facts.h"
#include "engine/edge/lanes.h"
#include "tests/unit/edge/node_rig.c"
#include "tests/unit/panic.h"

#define SESSIONS 8u

/* Sessions without a city: rows made by hand. */
static void open_lanes(struct lanes *lanes, struct sessions *sessions, uint32_t limit,
                       uint64_t bytes)
{
    assert_int_equal(sessions_init(sessions, SESSIONS), ERR_OK);
    for (uint32_t i = 0; i < SESSIONS; i++) {
        sessions->rows[i] = (struct session){.principal = {1, i + 1},
                                             .kind = SESSION_GATEWAY,
                                             .request_first = NONE32,
                                             .request_last = NONE32,
                                             .next_dirty = NONE32,
                                             .poll = NONE32};
    }
    sessions->count = SESSIONS;
    assert_int_equal(lanes_init(lanes, limit, bytes), ERR_OK);
}

static void close_lanes(struct lanes *lanes, struct sessions *sessions)
{
    lanes_check(lanes, sessions);
    lanes_fini(lanes);
    sessions_fini(sessions);
}

static enum err put(struct lanes *lanes, struct sessions *sessions, uint32_t session, uint64_t seq,
                    enum lane lane, uint64_t bytes)
{
    struct request request = {.session = session,
                              .lane = (uint8_t)lane,
                              .kind = REQUEST_EVENTS,
                              .epoch = 1,
                              .seq = seq,
                              .frame = lanes_frame(lanes, bytes),
                              .frame_size = bytes};
    enum err err = lanes_put(lanes, sessions, &request);
    if (err != ERR_OK) {
        frames_give(&lanes->frames, request.frame);
    }
    lanes_check(lanes, sessions);
    return err;
}

static void test_an_urgent_request_pulls_its_elders_along(void **state)
{
    (void)state;
    struct lanes lanes;
    struct sessions sessions;
    open_lanes(&lanes, &sessions, 16, 1 << 20);
    assert_int_equal(put(&lanes, &sessions, 0, 1, LANE_TELEMETRY, 10), ERR_OK);
    assert_int_equal(put(&lanes, &sessions, 1, 1, LANE_REPORT, 10), ERR_OK);
    assert_int_equal(put(&lanes, &sessions, 0, 2, LANE_REPORT, 10), ERR_OK);
    assert_int_equal(put(&lanes, &sessions, 0, 3, LANE_LIFE_SAFETY, 10), ERR_OK);
    assert_int_equal(lanes.queues[LANE_LIFE_SAFETY].count, 3);
    assert_int_equal(lanes.queues[LANE_REPORT].count, 1);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        uint32_t row = lanes_first(&lanes, LANE_LIFE_SAFETY);
        assert_int_equal(lanes_at(&lanes, row)->seq, seq);
        lanes_take(&lanes, &sessions, row);
        lanes_free(&lanes, row);
        lanes_check(&lanes, &sessions);
    }
    close_lanes(&lanes, &sessions);
}

static void test_reports_cannot_use_the_bytes_of_the_urgent(void **state)
{
    (void)state;
    struct lanes lanes;
    struct sessions sessions;
    open_lanes(&lanes, &sessions, 64, 4000);
    uint32_t taken = 0;
    while (put(&lanes, &sessions, taken % SESSIONS, taken / SESSIONS + 1, LANE_REPORT, 100) ==
           ERR_OK) {
        taken++;
    }
    assert_int_equal(taken, 30);
    assert_int_equal(put(&lanes, &sessions, 7, 99, LANE_LIFE_SAFETY, 100), ERR_OK);
    close_lanes(&lanes, &sessions);
}

static void test_a_lane_has_an_end(void **state)
{
    (void)state;
    struct lanes lanes;
    struct sessions sessions;
    open_lanes(&lanes, &sessions, 4, 1 << 20);
    for (uint64_t seq = 1; seq <= 4; seq++) {
        assert_int_equal(put(&lanes, &sessions, 0, seq, LANE_REPORT, 10), ERR_OK);
    }
    assert_int_equal(put(&lanes, &sessions, 0, 5, LANE_REPORT, 10), ERR_FULL);
    assert_int_equal(put(&lanes, &sessions, 1, 1, LANE_DRAIN, 10), ERR_OK);
    close_lanes(&lanes, &sessions);
}

static void test_taking_out_of_order_is_a_bug(void **state)
{
    (void)state;
    struct lanes lanes;
    struct sessions sessions;
    open_lanes(&lanes, &sessions, 4, 1 << 20);
    assert_int_equal(put(&lanes, &sessions, 0, 1, LANE_REPORT, 10), ERR_OK);
    assert_int_equal(put(&lanes, &sessions, 0, 2, LANE_REPORT, 10), ERR_OK);
    uint32_t second = lanes_find(&lanes, &sessions.rows[0], 1, 2);
    expect_panic(lanes_take(&lanes, &sessions, second));
    lanes_fini(&lanes);
    sessions_fini(&sessions);
}

static void test_given_back_is_first_again(void **state)
{
    (void)state;
    struct lanes lanes;
    struct sessions sessions;
    open_lanes(&lanes, &sessions, 8, 1 << 20);
    assert_int_equal(put(&lanes, &sessions, 0, 1, LANE_REPORT, 10), ERR_OK);
    assert_int_equal(put(&lanes, &sessions, 0, 2, LANE_REPORT, 10), ERR_OK);
    uint32_t row = lanes_first(&lanes, LANE_REPORT);
    lanes_take(&lanes, &sessions, row);
    assert_int_equal(put(&lanes, &sessions, 0, 3, LANE_LIFE_SAFETY, 10), ERR_OK);
    lanes_give_back(&lanes, &sessions, row);
    lanes_check(&lanes, &sessions);
    assert_int_equal(lanes_first(&lanes, LANE_LIFE_SAFETY), row);
    close_lanes(&lanes, &sessions);
}

/* A batch of one event of that type from that gateway. */
/* Principal of each command of a batch, in order. */
static uint32_t read_principals(const struct node_batch *batch, struct hash128 out[64])
{
    struct batch_reader reader;
    struct command command;
    uint32_t count = 0;
    assert_int_equal(
        batch_open(&reader, batch->payload, batch->payload_size, batch->places, batch->places_size),
        ERR_OK);
    while (batch_next(&reader, &command) == ERR_OK) {
        assert_true(count < 64);
        out[count++] = command.head->principal;
    }
    return count;
}

/* Law 9, and its counterweight: whatever floods, the crowd alarm is the next batch, alone; one that follows at once is the first
 * of the next, and reports still get their floor behind it when acts flood. */
static void test_life_safety_comes_first_in_a_flood(void **state)
{
    (void)state;
    static struct rig rig;
    struct node_options options = node_options_default();
    options.edge.batch_commands = 16;
    options.edge.credit = 64;
    struct node_batch batch;
    struct hash128 principals[64];
    rig_open(&rig, &options);
    for (uint64_t seq = 1; seq <= 40; seq++) {
        rig_send_type(&rig, "hotline-1", seq, "hotline.garbage");
        (void)rig_send_act(&rig, "wang", 1, seq, 12345, NULL, ACTION_ACCEPT);
    }
    assert_false(node_has_life_safety(rig.node));
    rig_send_type(&rig, "cam-1", 1, "camera.crowd_density");
    assert_true(node_has_life_safety(rig.node));
    assert_true(node_turn(rig.node, rig.now_ms, &batch));
    assert_false(node_has_life_safety(rig.node));
    assert_int_equal(read_principals(&batch, principals), 1);
    assert_true(hash128_is_equal(principals[0], facts_hash("cam-1", 5)));
    keep_entry(&rig, &batch);
    node_appended(rig.node, rig.position, batch.time_ms);
    rig_send_type(&rig, "cam-1", 2, "camera.crowd_density");
    assert_true(node_turn(rig.node, rig.now_ms, &batch));
    uint32_t count = read_principals(&batch, principals), reports = 0;
    assert_int_equal(count, 16);
    assert_true(hash128_is_equal(principals[0], facts_hash("cam-1", 5)));
    for (uint32_t i = 0; i < count; i++) {
        reports += hash128_is_equal(principals[i], facts_hash("hotline-1", 9));
    }
    assert_int_equal(reports, 2);
    keep_entry(&rig, &batch);
    node_appended(rig.node, rig.position, batch.time_ms);
    (void)rig_append(&rig);
    assert_int_equal(core_counts_now(node_core(rig.node))->events, 42);
    rig_close(&rig);
}

/* A flood goes in slices: each batch takes one, and what is urgent and comes meanwhile is first in the very next one. */
static void test_what_is_urgent_waits_for_one_slice(void **state)
{
    (void)state;
    static struct rig rig;
    struct node_options options = node_options_default();
    options.edge.slice_bytes = 200; /* less than one of these events becomes */
    options.edge.credit = 64;
    struct node_batch batch;
    struct hash128 principals[64];
    rig_open(&rig, &options);
    for (uint64_t seq = 1; seq <= 12; seq++) {
        rig_send_type(&rig, "hotline-1", seq, "hotline.garbage");
    }
    assert_true(node_turn(rig.node, rig.now_ms, &batch));
    assert_int_equal(read_principals(&batch, principals), 1);
    keep_entry(&rig, &batch);
    rig_send_type(&rig, "cam-1", 1, "camera.crowd_density");
    node_appended(rig.node, rig.position, batch.time_ms);
    assert_true(node_turn(rig.node, rig.now_ms, &batch));
    assert_int_equal(read_principals(&batch, principals), 1);
    assert_true(hash128_is_equal(principals[0], facts_hash("cam-1", 5)));
    keep_entry(&rig, &batch);
    node_appended(rig.node, rig.position, batch.time_ms);
    assert_int_equal(rig_append(&rig), 11);
    assert_int_equal(core_counts_now(node_core(rig.node))->events, 13);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_urgent_request_pulls_its_elders_along),
        cmocka_unit_test(test_reports_cannot_use_the_bytes_of_the_urgent),
        cmocka_unit_test(test_a_lane_has_an_end),
        cmocka_unit_test(test_taking_out_of_order_is_a_bug),
        cmocka_unit_test(test_given_back_is_first_again),
        cmocka_unit_test(test_life_safety_comes_first_in_a_flood),
        cmocka_unit_test(test_what_is_urgent_waits_for_one_slice),
    };
    return cmocka_run_group_tests_name("edge/lanes", tests, NULL, NULL);
}
