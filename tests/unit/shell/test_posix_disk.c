/* test_posix_disk.c: files, images and the log on them, and the thread that writes the log. */
#include "engine/edge/image_store.h"
#include "engine/shell/log_thread.h"
#include "engine/shell/posix_disk.h"

#include "engine/city/image_write.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct scratch directory;
static struct posix_disk posix;

static int set_up(void **state)
{
    (void)state;
    return scratch_make_directory(&directory, "disk") != ERR_OK ||
           posix_disk_open(&posix, directory.path) != ERR_OK;
}

static int tear_down(void **state)
{
    (void)state;
    posix_disk_close(&posix);
    scratch_remove(&directory);
    return 0;
}

static struct log_options small_options(void)
{
    struct log_options options = log_options_default();
    options.segment_size = 65536;
    options.salt = 7;
    return options;
}

static bool collect(void *visitor, const char *name)
{
    char *names = visitor;
    (void)strcat(strcat(names, name), " ");
    return true;
}

static void test_posix_disk_keeps_what_was_written(void **state)
{
    (void)state;
    const struct disk *disk = &posix.disk;
    void *context = disk->context;
    int file;
    assert_int_equal(disk->open(context, "none", DISK_READ, &file), ERR_NOT_FOUND);
    assert_int_equal(disk->make_directory(context, "d"), ERR_OK);
    assert_int_equal(disk->make_directory(context, "d"), ERR_OK);
    assert_int_equal(disk->open(context, "d/b", DISK_CREATE, &file), ERR_OK);
    assert_int_equal(disk->allocate(context, file, 10000), ERR_OK);
    assert_int_equal(disk->write(context, file, 9996, "four", 4), ERR_OK);
    assert_int_equal(disk->sync(context, file), ERR_OK);
    uint64_t size;
    assert_int_equal(disk->size(context, file, &size), ERR_OK);
    assert_int_equal(size, 10000);
    char bytes[8] = "";
    assert_int_equal(disk->read(context, file, 9996, bytes, 4), ERR_OK);
    assert_string_equal(bytes, "four");
    assert_int_equal(disk->read(context, file, 0, bytes, 4), ERR_OK);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(disk->read(context, file, 9997, bytes, 4), ERR_CUT);
    disk->close(context, file);
    assert_int_equal(disk->open(context, "d/b", DISK_CREATE, &file), ERR_EXISTS);
    assert_int_equal(disk->open(context, "d/a", DISK_CREATE, &file), ERR_OK);
    disk->close(context, file);
    assert_int_equal(disk->rename(context, "d/b", "d/c"), ERR_OK);
    assert_int_equal(disk->sync_directory(context, "d"), ERR_OK);
    char names[64] = "";
    assert_int_equal(disk->list(context, "d", collect, names), ERR_OK);
    assert_string_equal(names, "a c ");
    assert_int_equal(disk->remove(context, "d/a"), ERR_OK);
    assert_int_equal(disk->remove(context, "d/a"), ERR_NOT_FOUND);
    uint64_t free_bytes = 0;
    assert_int_equal(disk->space(context, &free_bytes), ERR_OK);
    assert_true(free_bytes > 0);
}

static void test_image_store_gives_back_whole_images_only(void **state)
{
    (void)state;
    const struct disk *disk = &posix.disk;
    struct image_writer *writer = image_writer_new(IMAGE_CITY);
    uint32_t rows[4] = {1, 2, 3, 4};
    image_writer_section(writer, 3, sizeof rows[0], rows, 4);
    void *bytes;
    size_t size;
    assert_int_equal(image_writer_finish(writer, &bytes, &size), ERR_OK);
    image_writer_free(writer);
    struct hash128 digest = image_digest(bytes, size);
    void *got;
    uint64_t got_size;
    assert_int_equal(image_store_get(disk, digest, &got, &got_size), ERR_NOT_FOUND);
    assert_int_equal(image_store_put(disk, bytes, size, digest), ERR_OK);
    assert_int_equal(image_store_put(disk, bytes, size, digest), ERR_OK);
    assert_int_equal(image_store_get(disk, digest, &got, &got_size), ERR_OK);
    assert_int_equal(got_size, size);
    assert_memory_equal(got, bytes, size);
    free(got);
    char path[IMAGE_STORE_PATH_SIZE];
    int file;
    for (uint64_t at = 0; at < size + 24;
         at++) { /* every byte of the file, header and trailer too */
        uint8_t byte;
        assert_int_equal(
            disk->open(disk->context, image_store_path(digest, path), DISK_WRITE, &file), ERR_OK);
        assert_int_equal(disk->read(disk->context, file, at, &byte, 1), ERR_OK);
        byte ^= 0x10;
        assert_int_equal(disk->write(disk->context, file, at, &byte, 1), ERR_OK);
        assert_int_equal(image_store_get(disk, digest, &got, &got_size), ERR_DAMAGED);
        byte ^= 0x10;
        assert_int_equal(disk->write(disk->context, file, at, &byte, 1), ERR_OK);
        disk->close(disk->context, file);
    }
    assert_int_equal(image_store_get(disk, digest, &got, &got_size), ERR_OK);
    free(got);
    uint32_t count;
    assert_int_equal(image_store_measure(disk, &count, &got_size), ERR_OK);
    assert_int_equal(count, 1);
    free(bytes);
}

struct seen {
    struct log *log;
    struct log_thread *thread;
    uint64_t durable;
    uint32_t calls;
    enum err failure;
    bool is_closed;
};

static void on_durable(void *context, uint64_t position)
{
    struct seen *seen = context;
    assert_true(position > seen->durable);
    assert_true(position <= log_durable_position(seen->log));
    seen->durable = position;
    seen->calls++;
}

static void on_failure(void *context, enum err err)
{
    struct seen *seen = context;
    seen->failure = err;
}

static void on_closed(void *context)
{
    struct seen *seen = context;
    seen->is_closed = true;
}

#define THREAD_ENTRIES 500u

static void test_log_thread_makes_everything_durable_in_few_groups(void **state)
{
    (void)state;
    struct log_options options = small_options();
    uint64_t cut_bytes;
    struct log_fault fault;
    struct seen seen = {0};
    assert_int_equal(log_open(&posix.disk, &options, &seen.log, &cut_bytes, &fault), ERR_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct log_thread_events events = {on_durable, on_failure, &seen};
    assert_int_equal(log_thread_open(&loop, seen.log, &events, &seen.thread), ERR_OK);
    for (uint64_t i = 1; i <= THREAD_ENTRIES; i++) {
        uint64_t position;
        assert_int_equal(
            log_encode(seen.log, (int64_t)i, LOG_BATCH, "12345678", 8, NULL, 0, &position), ERR_OK);
        log_thread_submit(seen.thread);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
    while (!log_thread_is_idle(seen.thread)) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
    assert_int_equal(seen.durable, THREAD_ENTRIES);
    print_message("# %u entries in %u groups told\n", THREAD_ENTRIES, seen.calls);
    uint64_t position;
    assert_int_equal(
        log_encode(seen.log, THREAD_ENTRIES + 1, LOG_SEAL, NULL, 0, NULL, 0, &position), ERR_OK);
    log_thread_close(seen.thread, on_closed); /* writes what was not submitted */
    assert_int_equal(seen.durable, THREAD_ENTRIES + 1);
    while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
    }
    assert_true(seen.is_closed);
    assert_int_equal(seen.failure, ERR_OK);
    assert_int_equal(uv_loop_close(&loop), 0);
    log_close(seen.log);
    assert_int_equal(log_open(&posix.disk, &options, &seen.log, &cut_bytes, &fault), ERR_OK);
    assert_int_equal(log_last_position(seen.log), THREAD_ENTRIES + 1);
    log_close(seen.log);
}

static enum err (*real_sync)(void *context, int file);
static enum err failing_sync(void *context, int file)
{
    (void)context;
    (void)file;
    return ERR_IO;
}

static void test_log_thread_tells_a_failure_once_and_writes_no_more(void **state)
{
    (void)state;
    struct log_options options = small_options();
    uint64_t cut_bytes;
    struct log_fault fault;
    struct seen seen = {0};
    assert_int_equal(log_open(&posix.disk, &options, &seen.log, &cut_bytes, &fault), ERR_OK);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct log_thread_events events = {on_durable, on_failure, &seen};
    assert_int_equal(log_thread_open(&loop, seen.log, &events, &seen.thread), ERR_OK);
    real_sync = posix.disk.sync;
    posix.disk.sync = failing_sync;
    uint64_t position;
    assert_int_equal(log_encode(seen.log, 1, LOG_SEAL, NULL, 0, NULL, 0, &position), ERR_OK);
    log_thread_submit(seen.thread);
    while (seen.failure == ERR_OK) {
        (void)uv_run(&loop, UV_RUN_ONCE);
    }
    posix.disk.sync = real_sync;
    assert_int_equal(seen.failure, ERR_IO);
    seen.failure = ERR_OK;
    assert_int_equal(log_encode(seen.log, 2, LOG_SEAL, NULL, 0, NULL, 0, &position), ERR_OK);
    log_thread_close(seen.thread, on_closed);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(seen.failure, ERR_OK);
    assert_int_equal(seen.durable, 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    log_close(seen.log);
}

/* kill -9 while groups are being written: what the child said was durable is there. */
static void test_log_killed_writer_loses_nothing_acknowledged(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        struct log_options options = small_options();
        uint64_t cut_bytes;
        struct log_fault fault;
        struct log *log;
        if (child == 0) {
            enum err err = log_open(&posix.disk, &options, &log, &cut_bytes, &fault);
            while (err == ERR_OK) {
                uint64_t position;
                err = log_encode(log, 1, LOG_BATCH, "0123456789abcdef", 16, NULL, 0, &position);
                if (err == ERR_OK) {
                    err = log_write_group(log, log_take_group(log), &position);
                }
                if (write(ends[1], &position, sizeof position) != sizeof position) {
                    break;
                }
            }
            _exit(1);
        }
        (void)close(ends[1]);
        uint64_t acknowledged = 0;
        for (int i = 0; i < 40 + 25 * round; i++) {
            assert_int_equal(read(ends[0], &acknowledged, sizeof acknowledged),
                             sizeof acknowledged);
        }
        (void)kill(child, SIGKILL);
        while (read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
        }
        (void)close(ends[0]);
        (void)waitpid(child, NULL, 0);
        assert_int_equal(log_open(&posix.disk, &options, &log, &cut_bytes, &fault), ERR_OK);
        assert_true(log_last_position(log) >= acknowledged);
        assert_true(log_last_position(log) <= acknowledged + 1);
        log_close(log);
    }
}

#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(test_posix_disk_keeps_what_was_written),
        DISK_TEST(test_image_store_gives_back_whole_images_only),
        DISK_TEST(test_log_thread_makes_everything_durable_in_few_groups),
        DISK_TEST(test_log_thread_tells_a_failure_once_and_writes_no_more),
        DISK_TEST(test_log_killed_writer_loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests_name("tests/unit/shell/test_posix_disk", tests, NULL, NULL);
}
