/* test_demo_watch.c: the demo's narrator waits for the entry that names its city, however late the log has it. */
#include "tests/unit/edge/node_rig.c"

#include "engine/cli/demo_watch.h"
#include "engine/edge/image_store.h"
#include "engine/shell/data_directory.h"
#include "engine/shell/data_limits.h"
#include "sim/scratch.h"

/* An engine whose log gets its first entries while somebody waits. */
struct late_engine {
    struct rig rig;
    struct scratch directory;
    struct data_directory data;
    struct demo_watch *watch;
    uint32_t waits;     /* so far */
    uint32_t writes_at; /* the wait in which the log gets its entries */
    uint32_t waits_max; /* nobody waits longer */
};

static struct late_engine engine;

static void write_entries(void)
{
    uint64_t position;
    for (uint32_t i = 0; i < engine.rig.entry_count; i++) {
        const struct log_entry *entry = &engine.rig.entries[i].entry;
        assert_int_equal(log_encode(engine.data.log, entry->time_ms, LOG_BATCH, entry->payload,
                                    entry->payload_size, entry->places, entry->places_size,
                                    &position),
                         ERR_OK);
    }
    assert_int_equal(log_write_group(engine.data.log, log_take_group(engine.data.log), &position),
                     ERR_OK);
}

static bool wait_on(void *context)
{
    assert_ptr_equal(context, &engine);
    engine.waits++;
    if (engine.waits == engine.writes_at) {
        write_entries();
    }
    return engine.waits < engine.waits_max;
}

static int open_engine(void **state)
{
    (void)state;
    struct data_fault fault;
    struct image city, policy;
    engine = (struct late_engine){.waits_max = 5};
    struct rig *rig = &engine.rig;
    rig_open(rig, NULL);
    assert_int_equal(scratch_make_directory(&engine.directory, "demo-watch"), ERR_OK);
    assert_int_equal(data_directory_open(&engine.data, engine.directory.path, &fault), ERR_OK);
    assert_int_equal(data_limits_write(engine.directory.path, &rig->options.limits), ERR_OK);
    assert_int_equal(image_open(rig->city_bytes, rig->city_size, IMAGE_CITY, &city), ERR_OK);
    assert_int_equal(image_open(rig->policy_bytes, rig->policy_size, IMAGE_POLICY, &policy),
                     ERR_OK);
    const struct disk *disk = &engine.data.disk.disk;
    assert_int_equal(image_store_put(disk, rig->city_bytes, rig->city_size, city.digest), ERR_OK);
    assert_int_equal(image_store_put(disk, rig->policy_bytes, rig->policy_size, policy.digest),
                     ERR_OK);
    engine.watch = demo_watch_open(engine.directory.path, LANG_EN);
    return engine.watch == NULL;
}

static int close_engine(void **state)
{
    (void)state;
    demo_watch_close(engine.watch);
    data_directory_close(&engine.data);
    scratch_remove(&engine.directory);
    rig_close(&engine.rig);
    return 0;
}

static void assert_awaits(uint32_t writes_at, bool has_city, uint32_t waits)
{
    engine.writes_at = writes_at;
    assert_int_equal(demo_watch_await_city(engine.watch, wait_on, &engine), has_city);
    assert_int_equal(core_city(demo_watch_core(engine.watch)) != NULL, has_city);
    assert_int_equal(engine.waits, waits);
}

static void test_demo_waits_for_an_entry_that_comes_late(void **state)
{
    (void)state;
    assert_awaits(3, true, 3);
}

static void test_demo_looks_once_more_when_it_waits_no_longer(void **state)
{
    (void)state;
    assert_awaits(5, true, 5);
}

static void test_demo_waits_for_nothing_that_is_there(void **state)
{
    (void)state;
    write_entries();
    assert_awaits(0, true, 0);
}

static void test_demo_ends_without_a_city(void **state)
{
    (void)state;
    assert_awaits(0, false, 5);
}

#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, open_engine, close_engine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCH_TEST(test_demo_waits_for_an_entry_that_comes_late),
        WATCH_TEST(test_demo_looks_once_more_when_it_waits_no_longer),
        WATCH_TEST(test_demo_waits_for_nothing_that_is_there),
        WATCH_TEST(test_demo_ends_without_a_city),
    };
    return cmocka_run_group_tests_name("cli/demo_watch", tests, NULL, NULL);
}
