/* test_snapshot_file.c: snapshots on a disk: every flipped bit is seen, a bad one gives way to the one before, and a replay
 * behind one ends where a replay of the whole log does. */
#include "engine/core/snapshot.h"
#include "engine/edge/replay.h"
#include "engine/edge/snapshot_restore.h"

/* Compiled in: the unit rule links one test file with its room. */
#include "tests/unit/edge/memory_disk.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct memory_disk memory;
static struct log *log_here;

static struct limits small_limits(void)
{
    struct limits limits = limits_default();
    uint32_t *each = (uint32_t *)(void *)&limits; /* thousands of cores are made here */
    for (size_t i = 0; i < sizeof limits / sizeof *each; i++) {
        each[i] = each[i] > 64 ? 64 : each[i];
    }
    limits.cases = 16;
    limits.orders = 16;
    limits.workers = 8;
    limits.gateways = 2;
    limits.batches_kept = 1;
    limits.batch_events = 4;
    limits.event_ids = 16;
    limits.dedupe_keys = 16;
    limits.districts = 4;
    limits.image_rows = 16;
    limits.round_orders = 4;
    limits.round_pairs = 16;
    return limits;
}

static struct log_options small_options(void)
{
    struct log_options options = log_options_default();
    options.segment_size = 4096;
    options.salt = 4711;
    return options;
}

static int set_up(void **state)
{
    (void)state;
    memory_disk_init(&memory);
    struct log_options options = small_options();
    uint64_t cut_bytes;
    struct log_fault fault;
    return log_open(&memory.disk, &options, &log_here, &cut_bytes, &fault) != ERR_OK ||
           snapshot_directory_make(&memory.disk) != ERR_OK;
}

static int tear_down(void **state)
{
    (void)state;
    log_close(log_here);
    memory_disk_fini(&memory);
    return 0;
}

static void append(int64_t time_ms, enum command_kind kind, const void *body, uint32_t size)
{
    _Alignas(8) uint8_t payload[256];
    struct batch_writer writer;
    uint64_t position;
    batch_begin(&writer, payload, sizeof payload, NULL, 0);
    struct command_head head = {.kind = (uint16_t)kind};
    assert_int_equal(batch_put(&writer, &head, body, size, place_none()), ERR_OK);
    assert_int_equal(
        log_encode(log_here, time_ms, LOG_BATCH, payload, writer.size, NULL, 0, &position), ERR_OK);
    uint64_t durable;
    assert_int_equal(log_write_group(log_here, log_take_group(log_here), &durable), ERR_OK);
}

static void append_some(int count)
{
    static int64_t time_ms = 1000;
    for (int i = 0; i < count; i++) {
        if (log_last_position(log_here) == 0) {
            time_ms = 1000;
            struct start_body start = {1, 60, 1000};
            append(time_ms, COMMAND_START, &start, sizeof start);
        } else {
            append(time_ms, COMMAND_TICK, NULL, 0);
        }
        time_ms += 1000;
    }
}

static struct replay *open_replay(bool is_from_snapshot)
{
    const struct replay_options options = {.disk = &memory.disk,
                                           .log = small_options(),
                                           .limits = small_limits(),
                                           .is_from_snapshot = is_from_snapshot};
    struct replay *replay;
    struct log_fault fault;
    assert_int_equal(replay_open(&options, &replay, &fault), ERR_OK);
    assert_int_equal(replay_follow(replay, UINT64_MAX, &fault), ERR_OK);
    return replay;
}

/* Of the log's end, as an engine would write it. Returns its position. */
static uint64_t take_snapshot(void)
{
    struct replay *replay = open_replay(false);
    struct snapshot_info info = {.position = replay_position(replay),
                                 .time_ms = replay_time_ms(replay),
                                 .has_clock = true,
                                 .clock_mode = 1,
                                 .clock_speed = 60,
                                 .limits = small_limits()};
    struct snapshot_paths paths;
    log_identify(log_here, &info.log);
    snapshot_paths_make(info.position, 77, &paths);
    assert_int_equal(snapshot_write(&memory.disk, &paths, replay_core(replay), &info), ERR_OK);
    assert_null(memory_disk_find(&memory, paths.temporary));
    assert_true(hash128_is_equal(info.state, core_digest(replay_core(replay))));
    replay_close(replay);
    return info.position;
}

static struct memory_file *file_of(uint64_t position)
{
    struct snapshot_paths paths;
    snapshot_paths_make(position, 0, &paths);
    struct memory_file *file = memory_disk_find(&memory, paths.final);
    assert_non_null(file);
    return file;
}

static enum err load(uint64_t position, struct log_fault *fault)
{
    const struct limits limits = small_limits();
    void *block = aligned_alloc(64, core_size(&limits));
    assert_non_null(block);
    struct core *core = core_init(block, core_size(&limits), &limits);
    const enum err err = snapshot_load(&memory.disk, position, core, fault);
    free(block);
    return err;
}

static void test_snapshot_file_says_what_it_holds(void **state)
{
    (void)state;
    struct snapshot_info info;
    struct log_fault fault;
    append_some(5);
    const uint64_t position = take_snapshot();
    assert_int_equal(position, 5);
    assert_int_equal(snapshot_verify(&memory.disk, position, &info, &fault), ERR_OK);
    assert_int_equal(info.time_ms, 5000);
    assert_int_equal(info.log.salt, 4711);
    assert_int_equal(info.clock_speed, 60);
    assert_int_equal(info.limits.cases, 16);
    assert_int_equal(info.file_size, file_of(position)->size);
    assert_int_equal(load(position, &fault), ERR_OK);
}

static void test_snapshot_file_every_flipped_bit_is_seen(void **state)
{
    (void)state;
    append_some(3);
    const uint64_t position = take_snapshot();
    struct memory_file *file = file_of(position);
    for (uint64_t bit = 0; bit < file->size * 8; bit++) {
        struct snapshot_info info;
        struct log_fault fault;
        file->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (snapshot_verify(&memory.disk, position, &info, &fault) == ERR_OK) {
            fail_msg("bit %llu flipped and not seen", (unsigned long long)bit);
        }
        assert_true(fault.what[0] != '\0');
        assert_string_equal(fault.file, file->path);
        if (bit % 8 == bit / 8 % 8) {
            assert_int_not_equal(load(position, &fault), ERR_OK);
        }
        file->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    print_message("%llu bits\n", (unsigned long long)(file->size * 8));
}

static void test_snapshot_file_cut_or_longer_is_seen(void **state)
{
    (void)state;
    append_some(3);
    const uint64_t position = take_snapshot();
    struct memory_file *file = file_of(position);
    const uint64_t size = file->size;
    struct snapshot_info info;
    struct log_fault fault;
    for (uint64_t cut = 0; cut < size; cut++) {
        file->size = cut;
        assert_int_equal(snapshot_verify(&memory.disk, position, &info, &fault), ERR_DAMAGED);
        assert_int_equal(load(position, &fault), ERR_DAMAGED);
    }
    file->size = size;
    resize(file, size + 1);
    assert_int_equal(snapshot_verify(&memory.disk, position, &info, &fault), ERR_DAMAGED);
}

static void test_snapshot_file_that_cannot_be_written_leaves_nothing(void **state)
{
    (void)state;
    append_some(3);
    for (uint32_t writes = 0; writes < 3; writes++) {
        struct replay *replay = open_replay(false);
        struct snapshot_info info = {.position = 3, .limits = small_limits()};
        struct snapshot_paths paths;
        snapshot_paths_make(3, 77, &paths);
        memory.fail_writes_after = writes;
        assert_int_equal(snapshot_write(&memory.disk, &paths, replay_core(replay), &info), ERR_IO);
        memory.fail_writes_after = UINT32_MAX;
        assert_null(memory_disk_find(&memory, paths.temporary));
        assert_null(memory_disk_find(&memory, paths.final));
        replay_close(replay);
    }
}

static void expect_begin(uint64_t snapshot)
{
    struct replay *whole = open_replay(false);
    struct replay *begun = open_replay(true);
    assert_int_equal(replay_snapshot_position(whole), 0);
    assert_int_equal(replay_snapshot_position(begun), snapshot);
    assert_int_equal(replay_position(begun), replay_position(whole));
    assert_int_equal(replay_counts_now(begun)->entries, replay_position(whole) - snapshot);
    assert_true(hash128_is_equal(core_digest(replay_core(begun)), core_digest(replay_core(whole))));
    assert_int_equal(replay_counts_now(begun)->speed, replay_counts_now(whole)->speed);
    core_check(replay_core(begun));
    replay_close(whole);
    replay_close(begun);
}

static void test_snapshot_restore_takes_the_newest_good_one(void **state)
{
    (void)state;
    expect_begin(0);
    append_some(70); /* several segments */
    const uint64_t first = take_snapshot();
    expect_begin(first);
    append_some(40);
    const uint64_t second = take_snapshot();
    append_some(40);
    expect_begin(second);
    file_of(second)->bytes[600] ^= 1;
    expect_begin(first);
    file_of(first)->bytes[20] ^= 1;
    expect_begin(0);
    file_of(second)->bytes[600] ^= 1;
    expect_begin(second);
}

static void test_snapshot_restore_of_another_log_is_refused(void **state)
{
    (void)state;
    append_some(10);
    const uint64_t position = take_snapshot();
    struct memory_disk old;
    memory_disk_init(&old);
    memory_disk_copy(&old, &memory);
    log_close(log_here);
    memory_disk_fini(&memory);
    /* The same commands at other times: another chain, even with the same salt. */
    assert_int_equal(set_up(NULL), 0);
    append_some(1);
    for (int i = 0; i < 20; i++) {
        append(500000 + i, COMMAND_TICK, NULL, 0);
    }
    struct snapshot_paths paths;
    int file;
    snapshot_paths_make(position, 0, &paths);
    const struct memory_file *from = memory_disk_find(&old, paths.final);
    assert_int_equal(memory.disk.open(memory.disk.context, paths.final, DISK_CREATE, &file),
                     ERR_OK);
    assert_int_equal(memory.disk.write(memory.disk.context, file, 0, from->bytes, from->size),
                     ERR_OK);
    expect_begin(0);
    memory_disk_fini(&old);
}

static void test_snapshot_restore_ahead_of_the_log_is_refused(void **state)
{
    (void)state;
    append_some(3);
    const uint64_t position = take_snapshot();
    struct memory_disk older;
    memory_disk_init(&older);
    memory_disk_copy(&older, &memory);
    append_some(3);
    (void)take_snapshot();
    struct snapshot_paths paths;
    int file;
    snapshot_paths_make(6, 0, &paths);
    const struct memory_file *from = memory_disk_find(&memory, paths.final);
    assert_int_equal(older.disk.open(older.disk.context, paths.final, DISK_CREATE, &file), ERR_OK);
    assert_int_equal(older.disk.write(older.disk.context, file, 0, from->bytes, from->size),
                     ERR_OK);
    memory_disk_copy(&memory, &older);
    expect_begin(position);
    memory_disk_fini(&older);
}

static void test_snapshot_files_two_newest_are_kept(void **state)
{
    (void)state;
    struct snapshot_list list;
    for (int i = 0; i < 5; i++) {
        append_some(2);
        (void)take_snapshot();
    }
    assert_int_equal(snapshot_list(&memory.disk, &list), ERR_OK);
    assert_int_equal(list.count, 5);
    /* Somebody is fed from the oldest on: the newest before it stays as well. */
    uint32_t all = list.count;
    uint64_t oldest = list.positions[all - 1];
    assert_int_equal(snapshot_keep_newest(&memory.disk, SNAPSHOTS_KEPT, oldest), ERR_OK);
    assert_int_equal(snapshot_list(&memory.disk, &list), ERR_OK);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.positions[list.count - 1], oldest);
    assert_int_equal(snapshot_keep_newest(&memory.disk, SNAPSHOTS_KEPT, UINT64_MAX), ERR_OK);
    assert_int_equal(snapshot_list(&memory.disk, &list), ERR_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.positions[0], 10);
    assert_int_equal(list.positions[1], 8);
    int file;
    assert_int_equal(memory.disk.open(memory.disk.context, "snapshots/7.1.tmp", DISK_CREATE, &file),
                     ERR_OK);
    assert_int_equal(snapshot_directory_make(&memory.disk), ERR_OK);
    assert_null(memory_disk_find(&memory, "snapshots/7.1.tmp"));
    assert_int_equal(snapshot_list(&memory.disk, &list), ERR_OK);
    assert_int_equal(list.count, 2);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(test_snapshot_file_says_what_it_holds),
        WITH_LOG(test_snapshot_file_every_flipped_bit_is_seen),
        WITH_LOG(test_snapshot_file_cut_or_longer_is_seen),
        WITH_LOG(test_snapshot_file_that_cannot_be_written_leaves_nothing),
        WITH_LOG(test_snapshot_restore_takes_the_newest_good_one),
        WITH_LOG(test_snapshot_restore_of_another_log_is_refused),
        WITH_LOG(test_snapshot_restore_ahead_of_the_log_is_refused),
        WITH_LOG(test_snapshot_files_two_newest_are_kept),
    };
    return cmocka_run_group_tests_name("engine/edge/snapshot_file", tests, NULL, NULL);
}
