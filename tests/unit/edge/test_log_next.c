/* test_log_next.c: the segment that is made before it is needed. */
#include "tests/unit/edge/memory_disk.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "engine/edge/log.h"
#include "engine/edge/log_format.h"

#define SEGMENT_SIZE 4096u

static struct memory_disk memory;

static int set_up(void **state)
{
    (void)state;
    memory_disk_init(&memory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    memory_disk_fini(&memory);
    return 0;
}

static struct log_options options_small(void)
{
    struct log_options options = log_options_default();
    options.segment_size = SEGMENT_SIZE;
    options.salt = 7;
    return options;
}

static struct log *open_log(void)
{
    const struct log_options options = options_small();
    struct log *log;
    uint64_t cut_bytes;
    struct log_fault fault;
    assert_int_equal(log_open(&memory.disk, &options, &log, &cut_bytes, &fault), ERR_OK);
    return log;
}

/* Entries, a group each, until the log has count. */
static void append(struct log *log, uint64_t count)
{
    while (log_last_position(log) < count) {
        uint64_t position = log_last_position(log) + 1, durable;
        assert_int_equal(log_encode(log, (int64_t)position, LOG_BATCH, &position, sizeof position,
                                    NULL, 0, &position),
                         ERR_OK);
        assert_int_equal(log_write_group(log, log_take_group(log), &durable), ERR_OK);
        assert_int_equal(durable, position);
    }
}

/* Read from the first to the last. */
static uint64_t count_entries(void)
{
    const struct log_options options = options_small();
    struct log_reader *reader;
    struct log_entry entry;
    struct log_fault fault;
    uint64_t count = 0;
    assert_int_equal(log_reader_open(&memory.disk, &options, 1, &reader, &fault), ERR_OK);
    while (log_reader_next(reader, &entry, &fault) == ERR_OK) {
        assert_int_equal(entry.position, ++count);
        assert_memory_equal(entry.payload, &count, sizeof count);
    }
    log_reader_close(reader);
    return count;
}

/* A segment made ahead is the one that a rotation takes; then the log reads back as ever, and nothing is left over. */
static void test_log_rotation_takes_the_segment_made_ahead(void **state)
{
    (void)state;
    struct log *log = open_log();
    assert_false(log_next_prepare(log)); /* the open segment is nearly empty */
    append(log, 40);
    uint32_t made = 0;
    for (uint32_t i = 41; i <= 100; i++) {
        while (log_next_prepare(log)) {
        }
        const struct memory_file *next = memory_disk_find(&memory, "log/next.tmp");
        made += next != NULL && next->size == SEGMENT_SIZE;
        append(log, i);
    }
    assert_true(made > 0);
    assert_null(memory_disk_find(&memory, "log/new.tmp"));
    while (log_next_prepare(log)) {
    }
    log_close(log);
    assert_null(memory_disk_find(&memory, "log/next.tmp"));
    assert_int_equal(count_entries(), 100);
}

/* No room for a segment ahead: it is given up, and the log goes on without. */
static void test_log_goes_on_without_a_segment_ahead(void **state)
{
    (void)state;
    struct log *log = open_log();
    append(log, 40);
    assert_true(log_next_is_wanted(log));
    const uint64_t room = memory.free_bytes;
    memory.free_bytes = 0;
    assert_false(log_next_prepare(log));
    memory.free_bytes = room;
    assert_false(log_next_is_wanted(log));
    assert_null(memory_disk_find(&memory, "log/next.tmp"));
    append(log, 100);
    assert_int_equal(log_failure(log), ERR_OK);
    log_close(log);
    assert_int_equal(count_entries(), 100);
}

/* The last eighth of a segment is for the urgent while the next one is being made, and only then. */
static void test_the_end_of_a_segment_is_kept_for_the_urgent(void **state)
{
    (void)state;
    struct log *log = open_log();
    uint32_t waits = 0;
    for (uint32_t i = 1; memory_disk_find(&memory, "log/new.tmp") == NULL && i <= 40; i++) {
        append(log, i);
        waits += log_awaits_segment(log);
    }
    assert_true(waits > 0);
    assert_true(waits <= 8);
    while (!log_awaits_segment(log)) {
        append(log, log_last_position(log) + 1);
    }
    assert_true(log_next_is_wanted(log));
    assert_true(log_next_is_late(log));
    while (log_next_prepare(log)) {
    }
    assert_false(log_awaits_segment(log));
    assert_false(log_next_is_late(log));
    while (!log_awaits_segment(log)) {
        append(log, log_last_position(log) + 1);
    }
    const uint64_t room = memory.free_bytes;
    memory.free_bytes = 0;
    assert_false(log_next_prepare(log)); /* none can be made: nobody waits for it */
    memory.free_bytes = room;
    assert_false(log_awaits_segment(log));
    log_close(log);
}

static enum err (*sync_directory)(void *context, const char *path);
static uint32_t directory_syncs;

static enum err count_directory_sync(void *context, const char *path)
{
    directory_syncs += strcmp(path, LOG_DIRECTORY) == 0;
    return sync_directory(context, path);
}

/* Power may be lost after it: entries in a file whose name is not on disk would be gone. */
static void test_log_the_name_of_a_segment_is_on_disk_before_its_entries(void **state)
{
    (void)state;
    sync_directory = memory.disk.sync_directory;
    memory.disk.sync_directory = count_directory_sync;
    directory_syncs = 0;
    struct log *log = open_log();
    assert_true(directory_syncs > 0);
    const uint64_t first = log_last_position(log);
    while (log_next_prepare(log)) {
    }
    const uint32_t before = directory_syncs;
    for (uint32_t i = 1; directory_syncs == before && i <= 100; i++) {
        append(log, first + i);
    }
    assert_true(directory_syncs > before);
    log_close(log);
}

#define NEXT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NEXT_TEST(test_log_rotation_takes_the_segment_made_ahead),
        NEXT_TEST(test_log_goes_on_without_a_segment_ahead),
        NEXT_TEST(test_the_end_of_a_segment_is_kept_for_the_urgent),
        NEXT_TEST(test_log_the_name_of_a_segment_is_on_disk_before_its_entries),
    };
    return cmocka_run_group_tests_name("edge/log_next", tests, NULL, NULL);
}
