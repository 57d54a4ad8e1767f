/* test_load.c: more comes in than can be carried: the newest sample of a device, credit, violators, shedding, counts. */
#include "engine/edge/latest.h"
#include "tests/unit/edge/node_rig.c"
#include "tests/unit/panic.h"

static struct rig rig;

/* A batch of so many samples of one device from sensor-1. */
static void send_samples(uint64_t seq, const char *device_name, uint32_t count, int64_t at_ms)
{
    char ids[8][32], type[] = "sensor.odd", device[32];
    Gridloop__Wire__Request request = GRIDLOOP__WIRE__REQUEST__INIT;
    Gridloop__Wire__EventBatch batch = GRIDLOOP__WIRE__EVENT_BATCH__INIT;
    static const Gridloop__Wire__Event blank = GRIDLOOP__WIRE__EVENT__INIT;
    Gridloop__Wire__Event events[8], *pointers[8];
    assert_true(count <= 8);
    (void)snprintf(device, sizeof device, "%s", device_name);
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "s%llu.%u", (unsigned long long)seq, i);
        events[i] = blank;
        pointers[i] = &events[i];
        events[i].id = ids[i];
        events[i].type = type;
        events[i].device = device;
        events[i].has_at_ms = at_ms != 0;
        events[i].at_ms = at_ms;
    }
    batch.has_epoch = batch.has_seq = 1;
    batch.epoch = 1;
    batch.seq = seq;
    batch.n_events = count;
    batch.events = pointers;
    request.kind_case = GRIDLOOP__WIRE__REQUEST__KIND_EVENT_BATCH;
    request.event_batch = &batch;
    (void)rig_send(&rig, "sensor-1", &request);
}

/* batch_bytes decides how much waiting counts as pressure. */
static void open_with(uint64_t batch_bytes, uint32_t credit)
{
    struct node_options options = node_options_default();
    options.edge.batch_bytes = batch_bytes;
    options.edge.credit = credit;
    rig_open(&rig, &options);
}

static uint32_t reject_code(const Gridloop__Wire__Answer *answer)
{
    assert_non_null(answer);
    assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_REJECT);
    return answer->reject->code;
}

/* Codes of the acks that come out, one digit string per batch. */
static uint32_t read_acks(uint16_t codes[8][8])
{
    uint32_t count = 0;
    (void)rig_append(&rig);
    node_durable(rig.node, rig.position);
    for (const Gridloop__Wire__Answer *answer; (answer = rig_next(&rig)) != NULL; count++) {
        assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK);
        for (size_t i = 0; i < answer->batch_ack->n_results; i++) {
            codes[count][i] = (uint16_t)answer->batch_ack->results[i]->code;
        }
    }
    return count;
}

static void test_a_calm_engine_evaluates_every_sample(void **state)
{
    (void)state;
    uint16_t codes[8][8];
    open_with(1 << 20, 8);
    send_samples(1, "W-001", 2, 0);
    send_samples(2, "W-001", 1, 0);
    assert_int_equal(read_acks(codes), 2);
    assert_int_equal(codes[0][0], CODE_UNKNOWN_DEVICE);
    assert_int_equal(node_counts_now(rig.node).coalesced, 0);
    rig_close(&rig);
}

/* Every event has its answer, in order; the newest of each device is the one evaluated; a replay decides alike. */
static void test_under_pressure_the_newest_sample_stays(void **state)
{
    (void)state;
    uint16_t codes[8][8];
    open_with(16, 8);
    send_samples(1, "C-001", 2, 0);
    send_samples(2, "C-002", 1, 0);
    send_samples(3, "C-001", 1, 0);
    assert_int_equal(read_acks(codes), 3);
    assert_int_equal(codes[0][0], CODE_COALESCED);
    assert_int_equal(codes[0][1], CODE_COALESCED);
    assert_int_equal(codes[1][0], CODE_OPENED);
    assert_int_not_equal(codes[2][0], CODE_COALESCED);
    struct node_counts counts = node_counts_now(rig.node);
    assert_int_equal(counts.coalesced, 2);
    assert_int_equal(counts.results[CODE_COALESCED], 2);
    assert_int_equal(core_counts_now(node_core(rig.node))->events, 4);
    assert_int_equal(core_counts_now(node_core(rig.node))->suppressed, 2);
    assert_int_equal(core_counts_now(node_core(rig.node))->refused, 0);
    struct hash128 digest = core_digest(node_core(rig.node)), effects = rig.effects;
    rig_restart(&rig);
    assert_true(hash128_is_equal(core_digest(node_core(rig.node)), digest));
    assert_true(hash128_is_equal(rig.effects, effects));
    /* A resend is answered as the first time. */
    send_samples(1, "C-001", 2, 0);
    assert_int_equal(read_acks(codes), 1);
    assert_int_equal(codes[0][0], CODE_COALESCED);
    rig_close(&rig);
}

static void test_a_late_sample_does_not_replace_a_newer_one(void **state)
{
    (void)state;
    uint16_t codes[8][8];
    open_with(16, 8);
    send_samples(1, "C-001", 1, RIG_START_MS);
    send_samples(2, "C-001", 1, RIG_START_MS - 5000);
    assert_int_equal(read_acks(codes), 2);
    assert_int_equal(codes[0][0], CODE_OPENED);
    assert_int_equal(codes[1][0], CODE_COALESCED);
    rig_close(&rig);
}

/* What was answered or is gone is never overtaken: tickets. */
static void test_a_sample_that_left_is_not_overtaken(void **state)
{
    (void)state;
    uint16_t codes[8][8];
    open_with(16, 8);
    send_samples(1, "C-001", 1, 0);
    assert_int_equal(read_acks(codes), 1);
    send_samples(2, "C-001", 1, 0);
    assert_int_equal(read_acks(codes), 1);
    assert_int_not_equal(codes[0][0], CODE_COALESCED);
    assert_int_equal(node_counts_now(rig.node).coalesced, 0);
    rig_close(&rig);
}

static void test_credit_falls_with_what_waits(void **state)
{
    (void)state;
    open_with(64, 8);
    uint32_t last = 9;
    for (uint64_t seq = 1; seq <= 30; seq++) {
        (void)rig_send_garbage(&rig, 1, seq, (uint32_t)seq, 0.95);
    }
    struct node_counts counts = node_counts_now(rig.node);
    assert_true(counts.queued < 8);
    assert_true(counts.queued >= 2);
    assert_int_equal(counts.rejects[CODE_OVERLOADED] + counts.rejects[CODE_SEQ_GAP],
                     30 - counts.queued);
    (void)rig_append(&rig);
    node_durable(rig.node, rig.position);
    uint32_t rejects = 0;
    for (const Gridloop__Wire__Answer *answer; (answer = rig_next(&rig)) != NULL;) {
        if (answer->kind_case == GRIDLOOP__WIRE__ANSWER__KIND_REJECT) {
            rejects++;
            continue;
        }
        last = answer->batch_ack->credit;
    }
    assert_true(rejects > 0);
    assert_int_equal(last, 8);
    rig_close(&rig);
}

static void test_a_violator_is_cut_off_for_a_while(void **state)
{
    (void)state;
    const Gridloop__Wire__Answer *answer;
    open_with(1 << 20, 2);
    for (uint64_t seq = 1; seq <= 2 + 16; seq++) {
        (void)rig_send_garbage(&rig, 1, seq, (uint32_t)seq, 0.95);
    }
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(reject_code(rig_next(&rig)), CODE_OVERLOADED);
    }
    assert_int_equal(node_counts_now(rig.node).cuts, 1);
    (void)rig_settle(&rig);
    (void)rig_next(&rig);
    (void)rig_send_garbage(&rig, 1, 3, 3, 0.95);
    answer = rig_settle(&rig);
    assert_int_equal(reject_code(answer), CODE_RATE);
    assert_in_range(answer->reject->retry_after_ms, 1, 5001);
    rig.now_ms += answer->reject->retry_after_ms;
    (void)rig_send_garbage(&rig, 1, 3, 3, 0.95);
    answer = rig_settle(&rig);
    assert_int_equal(answer->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK);
    rig_close(&rig);
}

/* Law 9's other half: what drains and what saves lives is taken while reports are shed, and the reason is told. */
static void test_shedding_takes_the_urgent_only(void **state)
{
    (void)state;
    open_with(1 << 20, 8);
    node_shed_reports(rig.node, NODE_SHED_DISK);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    const Gridloop__Wire__Answer *answer = rig_next(&rig);
    assert_int_equal(reject_code(answer), CODE_OVERLOADED);
    assert_non_null(strstr(answer->reject->hint, "disk"));
    assert_true(answer->reject->retry_after_ms >= 1000);
    (void)rig_send_act(&rig, "wang", 1, 1, 12345, NULL, ACTION_ACCEPT);
    assert_int_equal(rig_settle(&rig)->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT);
    node_shed_reports(rig.node, 0);
    (void)rig_send_garbage(&rig, 1, 1, 1, 0.95);
    assert_int_equal(rig_settle(&rig)->kind_case, GRIDLOOP__WIRE__ANSWER__KIND_BATCH_ACK);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_calm_engine_evaluates_every_sample),
        cmocka_unit_test(test_under_pressure_the_newest_sample_stays),
        cmocka_unit_test(test_a_late_sample_does_not_replace_a_newer_one),
        cmocka_unit_test(test_a_sample_that_left_is_not_overtaken),
        cmocka_unit_test(test_credit_falls_with_what_waits),
        cmocka_unit_test(test_a_violator_is_cut_off_for_a_while),
        cmocka_unit_test(test_shedding_takes_the_urgent_only),
    };
    return cmocka_run_group_tests_name("edge/load", tests, NULL, NULL);
}
