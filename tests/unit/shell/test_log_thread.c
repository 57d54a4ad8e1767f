/* test_log_thread.c: the thread that writes the log: what it tells, and that nobody waits for a segment that nobody makes. */
#include "tests/unit/edge/memory_disk.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "engine/shell/log_thread.h"

#include <time.h>

#define SEGMENT_SIZE 4096u
#define LOOKS_MAX 5000u /* of a millisecond, before a wait counts as endless */

struct told {
    uint64_t durable;
    uint32_t failures;
};

static void on_durable(void *context, uint64_t position)
{
    ((struct told *)context)->durable = position;
}

static void on_failure(void *context, enum err err)
{
    (void)err;
    ((struct told *)context)->failures++;
}

static struct log *open_log(struct memory_disk *memory)
{
    struct log_options options = log_options_default();
    struct log *log;
    uint64_t cut_bytes;
    struct log_fault fault;
    options.segment_size = SEGMENT_SIZE;
    options.salt = 7;
    assert_int_equal(log_open(&memory->disk, &options, &log, &cut_bytes, &fault), ERR_OK);
    return log;
}

static void encode(struct log *log)
{
    uint64_t position = log_last_position(log) + 1;
    assert_int_equal(log_encode(log, (int64_t)position, LOG_BATCH, &position, sizeof position, NULL,
                                0, &position),
                     ERR_OK);
}

static void append(struct log *log)
{
    uint64_t durable;
    encode(log);
    assert_int_equal(log_write_group(log, log_take_group(log), &durable), ERR_OK);
}

/* So many entries bring the first segment near its end. */
static uint64_t count_to_end(void)
{
    struct memory_disk memory;
    memory_disk_init(&memory);
    struct log *log = open_log(&memory);
    while (!log_awaits_segment(log)) {
        append(log);
    }
    const uint64_t count = log_last_position(log);
    log_close(log);
    memory_disk_fini(&memory);
    return count;
}

static void pass(uv_loop_t *loop)
{
    (void)uv_run(loop, UV_RUN_NOWAIT);
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void close_all(uv_loop_t *loop, struct log_thread *thread, struct log *log)
{
    log_thread_close(thread, NULL);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
    log_close(log);
}

static uv_sem_t may_sync;
static enum err (*sync_now)(void *context, int file);

static enum err sync_when_told(void *context, int file)
{
    uv_sem_wait(&may_sync);
    return sync_now(context, file);
}

static void test_log_thread_tells_nothing_before_the_sync(void **state)
{
    (void)state;
    struct memory_disk memory;
    struct told told = {0};
    const struct log_thread_events events = {on_durable, on_failure, &told};
    struct log_thread *thread;
    uv_loop_t loop;
    memory_disk_init(&memory);
    struct log *log = open_log(&memory);
    sync_now = memory.disk.sync;
    memory.disk.sync = sync_when_told;
    assert_int_equal(uv_sem_init(&may_sync, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(log_thread_open(&loop, log, &events, &thread), ERR_OK);
    encode(log);
    encode(log);
    log_thread_submit(thread);
    for (uint32_t i = 0; i < 50; i++) {
        pass(&loop);
        log_thread_settle(thread);
        assert_int_equal(told.durable, 0);
    }
    uv_sem_post(&may_sync);
    for (uint32_t i = 0; told.durable < 2 && i < LOOKS_MAX; i++) {
        pass(&loop);
    }
    assert_int_equal(told.durable, 2);
    assert_int_equal(told.durable, log_durable_position(log));
    assert_int_equal(told.failures, 0);
    memory.disk.sync = sync_now;
    close_all(&loop, thread, log);
    uv_sem_destroy(&may_sync);
    memory_disk_fini(&memory);
}

/* The disk was full when the segment came near its end, so that no other was begun. With room again reports wait for one, and
 * nothing is written meanwhile: it must be made all the same. */
static void test_log_thread_makes_a_segment_when_there_is_room_again(void **state)
{
    (void)state;
    struct memory_disk memory;
    struct told told = {0};
    const struct log_thread_events events = {on_durable, on_failure, &told};
    struct log_thread *thread;
    uv_loop_t loop;
    memory_disk_init(&memory);
    struct log *log = open_log(&memory);
    const uint64_t room = memory.free_bytes;
    memory.free_bytes = 0;
    log_look_up_space(log);
    assert_true(log_space_is_low(log));
    for (uint64_t left = count_to_end(); left > 0; left--) {
        append(log);
    }
    assert_false(log_awaits_segment(log)); /* none can be made */
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(log_thread_open(&loop, log, &events, &thread), ERR_OK);
    memory.free_bytes = room;
    log_thread_look_up_space(thread);
    for (uint32_t i = 0; (log_space_is_low(log) || log_awaits_segment(log)) && i < LOOKS_MAX; i++) {
        pass(&loop);
    }
    assert_false(log_space_is_low(log));
    assert_false(log_awaits_segment(log));
    close_all(&loop, thread, log);
    memory_disk_fini(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_thread_tells_nothing_before_the_sync),
        cmocka_unit_test(test_log_thread_makes_a_segment_when_there_is_room_again),
    };
    return cmocka_run_group_tests_name("shell/log_thread", tests, NULL, NULL);
}
