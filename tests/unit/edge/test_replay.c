/* test_replay.c: a log stepped again gives the state that was recorded, or names where it does not. */
#include "engine/edge/replay.h"

/* Compiled in: the unit rule links one test file with its room. */
#include "tests/unit/edge/memory_disk.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct memory_disk memory;
static struct log *log_open_here;

static struct limits small_limits(void)
{
    struct limits limits = limits_default();
    limits.cases = 64;
    limits.orders = 128;
    limits.workers = 32;
    limits.gateways = 4;
    limits.event_ids = 64;
    limits.dedupe_keys = 64;
    limits.districts = 4;
    return limits;
}

static struct log_options small_options(void)
{
    struct log_options options = log_options_default();
    options.segment_size = 4096;
    return options;
}

static int set_up(void **state)
{
    (void)state;
    memory_disk_init(&memory);
    struct log_options options = small_options();
    uint64_t cut_bytes;
    struct log_fault fault;
    return log_open(&memory.disk, &options, &log_open_here, &cut_bytes, &fault) != ERR_OK;
}

static int tear_down(void **state)
{
    (void)state;
    log_close(log_open_here);
    memory_disk_fini(&memory);
    return 0;
}

static void write_pending(void)
{
    uint64_t durable;
    assert_int_equal(log_write_group(log_open_here, log_take_group(log_open_here), &durable),
                     ERR_OK);
}

/* One entry with one command, on disk. */
static void append(int64_t time_ms, enum command_kind kind, const void *body, uint32_t size)
{
    _Alignas(8) uint8_t payload[256];
    struct batch_writer writer;
    batch_begin(&writer, payload, sizeof payload, NULL, 0);
    struct command_head head = {.kind = (uint16_t)kind};
    assert_int_equal(batch_put(&writer, &head, body, size, place_none()), ERR_OK);
    uint64_t position;
    assert_int_equal(
        log_encode(log_open_here, time_ms, LOG_BATCH, payload, writer.size, NULL, 0, &position),
        ERR_OK);
    write_pending();
}

static void append_start(void)
{
    struct start_body start = {1, 60, 1000};
    append(1000, COMMAND_START, &start, sizeof start);
}

/* The digest the replay has reached, as an engine would record it. */
static struct replay *open_replay(bool is_durable_only)
{
    struct replay_options options = {.disk = &memory.disk,
                                     .log = small_options(),
                                     .limits = small_limits(),
                                     .is_durable_only = is_durable_only};
    struct replay *replay;
    struct log_fault fault;
    assert_int_equal(replay_open(&options, &replay, &fault), ERR_OK);
    return replay;
}

static void test_replay_agrees_with_recorded_digests(void **state)
{
    (void)state;
    struct replay *replay = open_replay(true);
    struct log_fault fault;
    append_start();
    for (int64_t i = 0; i < 50; i++) { /* over several segments, followed as it grows */
        assert_int_equal(replay_follow(replay, UINT64_MAX, &fault), ERR_OK);
        struct checkpoint_body checkpoint = {core_digest(replay_core(replay))};
        append(2000 + 2 * i, COMMAND_CHECKPOINT, &checkpoint, sizeof checkpoint);
        append(2001 + 2 * i, COMMAND_TICK, NULL, 0);
    }
    assert_int_equal(replay_follow(replay, UINT64_MAX, &fault), ERR_OK);
    assert_int_equal(replay_position(replay), 101);
    assert_int_equal(replay_time_ms(replay), 2099);
    struct replay *again = open_replay(false);
    assert_int_equal(replay_follow(again, 40, &fault), ERR_OK);
    assert_int_equal(replay_position(again), 40);
    assert_int_equal(replay_follow(again, UINT64_MAX, &fault), ERR_OK);
    const struct replay_counts *counts = replay_counts_now(again);
    assert_int_equal(counts->checkpoints, 50);
    assert_int_equal(counts->commands, 101);
    assert_int_equal(counts->speed, 60);
    assert_true(
        hash128_is_equal(core_digest(replay_core(replay)), core_digest(replay_core(again))));
    replay_close(again);
    replay_close(replay);
}

static void test_replay_stops_at_the_first_other_digest(void **state)
{
    (void)state;
    append_start();
    append(2000, COMMAND_TICK, NULL, 0);
    struct checkpoint_body wrong = {{1, 2}};
    append(3000, COMMAND_CHECKPOINT, &wrong, sizeof wrong);
    append(4000, COMMAND_TICK, NULL, 0);
    struct replay *replay = open_replay(false);
    struct log_fault fault;
    assert_int_equal(replay_follow(replay, UINT64_MAX, &fault), ERR_MISMATCH);
    assert_int_equal(fault.position, 3);
    assert_int_equal(replay_position(replay), 2);
    replay_close(replay);
}

static void test_replay_names_a_missing_image(void **state)
{
    (void)state;
    append_start();
    struct activate_body activate = {.city = {0xabcd, 1}, .policy = {2, 2}};
    append(2000, COMMAND_ACTIVATE, &activate, sizeof activate);
    struct replay *replay = open_replay(false);
    struct log_fault fault;
    assert_int_equal(replay_follow(replay, UINT64_MAX, &fault), ERR_DAMAGED);
    assert_int_equal(fault.position, 2);
    assert_non_null(strstr(fault.what, "000000000000abcd0000000000000001.img"));
    assert_non_null(strstr(fault.what, "missing"));
    replay_close(replay);
}

/* A follower of a running engine must not act on what a power failure may still take back. */
static void test_replay_waits_until_entries_are_durable(void **state)
{
    (void)state;
    append_start();
    static struct memory_disk before;
    memory_disk_init(&before);
    memory_disk_copy(&before, &memory);
    append(2000, COMMAND_TICK, NULL, 0);
    struct memory_file *witness = memory_disk_find(&memory, "log/witness");
    struct memory_file *old = memory_disk_find(&before, "log/witness");
    uint8_t *newer = malloc(witness->size);
    assert_non_null(newer);
    memcpy(newer, witness->bytes, witness->size);
    memcpy(witness->bytes, old->bytes, old->size); /* written, not yet synced */
    struct replay *careful = open_replay(true);
    struct replay *hasty = open_replay(false);
    struct log_fault fault;
    assert_int_equal(replay_follow(careful, UINT64_MAX, &fault), ERR_OK);
    assert_int_equal(replay_position(careful), 1);
    assert_int_equal(replay_follow(hasty, UINT64_MAX, &fault), ERR_OK);
    assert_int_equal(replay_position(hasty), 2);
    memcpy(witness->bytes, newer, witness->size);
    assert_int_equal(replay_follow(careful, UINT64_MAX, &fault), ERR_OK);
    assert_int_equal(replay_position(careful), 2);
    free(newer);
    replay_close(careful);
    replay_close(hasty);
    memory_disk_fini(&before);
}

static void test_replay_refuses_commands_it_cannot_read(void **state)
{
    (void)state;
    append_start();
    uint64_t position;
    assert_int_equal(
        log_encode(log_open_here, 2000, LOG_BATCH, "notabatch0000000", 16, NULL, 0, &position),
        ERR_OK);
    write_pending();
    struct replay *replay = open_replay(false);
    struct log_fault fault;
    assert_int_equal(replay_follow(replay, UINT64_MAX, &fault), ERR_VERSION);
    assert_int_equal(fault.position, 2);
    replay_close(replay);
}

#define REPLAY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPLAY_TEST(test_replay_agrees_with_recorded_digests),
        REPLAY_TEST(test_replay_stops_at_the_first_other_digest),
        REPLAY_TEST(test_replay_names_a_missing_image),
        REPLAY_TEST(test_replay_waits_until_entries_are_durable),
        REPLAY_TEST(test_replay_refuses_commands_it_cannot_read),
    };
    return cmocka_run_group_tests_name("tests/unit/edge/test_replay", tests, NULL, NULL);
}
