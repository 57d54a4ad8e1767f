/* test_run_virtual.c: the queue keeps the order of planning, the map finds what was put, the disk behaves like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/random.h"
#include "sim/virtual_disk.h"
#include "sim/virtual_map.h"
#include "sim/virtual_queue.h"

static void test_run_virtual_queue_takes_by_instant_then_by_planning(void **state)
{
    (void)state;
    struct virtual_queue queue;
    struct random random;
    struct plan_entry entry, last = {.at_ms = INT64_MIN};
    virtual_queue_init(&queue);
    random_init(&random, 3, "test");
    for (uint32_t i = 0; i < 5000; i++) {
        entry = (struct plan_entry){.at_ms = random_between(&random, 0, 300), .who = i};
        assert_int_equal(virtual_queue_put(&queue, entry), ERR_OK);
    }
    virtual_queue_check(&queue);
    assert_false(virtual_queue_take(&queue, -1, &entry));
    for (uint32_t i = 0; i < 5000; i++) {
        assert_true(virtual_queue_take(&queue, virtual_queue_next_ms(&queue), &entry));
        assert_true(entry.at_ms > last.at_ms ||
                    (entry.at_ms == last.at_ms && entry.who > last.who));
        last = entry;
        if (i % 500 == 0) {
            virtual_queue_check(&queue);
        }
    }
    assert_int_equal(virtual_queue_next_ms(&queue), NEVER_MS);
    virtual_queue_fini(&queue);
}

static void test_run_virtual_map_finds_all_and_only_what_was_put(void **state)
{
    (void)state;
    struct virtual_map map;
    virtual_map_init(&map);
    assert_int_equal(virtual_map_find(&map, (struct hash128){1, 2}), NONE32);
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(virtual_map_put(&map, (struct hash128){i % 7, i}, i), ERR_OK);
    }
    assert_int_equal(virtual_map_put(&map, (struct hash128){0, 0}, 77), ERR_OK);
    assert_int_equal(map.count, 10000);
    assert_int_equal(virtual_map_find(&map, (struct hash128){0, 0}), 77);
    for (uint32_t i = 1; i < 10000; i++) {
        assert_int_equal(virtual_map_find(&map, (struct hash128){i % 7, i}), i);
        assert_int_equal(virtual_map_find(&map, (struct hash128){i % 7 + 7, i}), NONE32);
    }
    for (uint32_t i = 3; i < 10000; i += 3) {
        virtual_map_remove(&map, (struct hash128){i % 7, i});
    }
    for (uint32_t i = 1; i < 10000; i++) {
        assert_int_equal(virtual_map_find(&map, (struct hash128){i % 7, i}),
                         i % 3 == 0 ? NONE32 : i);
    }
    virtual_map_fini(&map);
}

static bool collect_name(void *visitor, const char *name)
{
    char *names = visitor;
    (void)strcat(names, name);
    (void)strcat(names, " ");
    return true;
}

static void test_run_virtual_disk_reads_back_and_lists_in_order(void **state)
{
    (void)state;
    struct virtual_disk *memory = virtual_disk_new();
    const struct disk disk = virtual_disk_calls(memory);
    const char *const paths[] = {"log/b.seg", "log/a.seg", "images/x.img"};
    int file, again;
    uint64_t size;
    char bytes[8] = {0}, names[64] = "";
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_int_equal(disk.open(disk.context, paths[i], DISK_CREATE, &file), ERR_OK);
        assert_int_equal(disk.write(disk.context, file, 4, "data", 4), ERR_OK);
        disk.close(disk.context, file);
    }
    assert_int_equal(disk.open(disk.context, paths[0], DISK_CREATE, &file), ERR_EXISTS);
    assert_int_equal(disk.open(disk.context, "log/c.seg", DISK_WRITE, &file), ERR_NOT_FOUND);
    assert_int_equal(disk.open(disk.context, paths[0], DISK_READ, &file), ERR_OK);
    assert_int_equal(disk.size(disk.context, file, &size), ERR_OK);
    assert_int_equal(size, 8);
    assert_int_equal(disk.read(disk.context, file, 0, bytes, 8), ERR_OK);
    assert_memory_equal(bytes, "\0\0\0\0data", 8);
    assert_int_equal(disk.read(disk.context, file, 5, bytes, 4), ERR_CUT);
    assert_int_equal(disk.truncate(disk.context, file, 2), ERR_OK);
    assert_int_equal(disk.allocate(disk.context, file, 6), ERR_OK);
    assert_int_equal(disk.read(disk.context, file, 0, bytes, 6), ERR_OK);
    assert_memory_equal(bytes, "\0\0\0\0\0\0", 6); /* what was cut off does not come back */
    assert_int_equal(disk.list(disk.context, "log", collect_name, names), ERR_OK);
    assert_string_equal(names, "a.seg b.seg ");
    assert_int_equal(disk.rename(disk.context, "log/a.seg", "log/b.seg"), ERR_OK);
    assert_int_equal(disk.open(disk.context, "log/a.seg", DISK_READ, &again), ERR_NOT_FOUND);
    assert_int_equal(disk.remove(disk.context, "log/b.seg"), ERR_OK);
    assert_int_equal(virtual_disk_bytes(memory), 8);
    virtual_disk_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_virtual_queue_takes_by_instant_then_by_planning),
        cmocka_unit_test(test_run_virtual_map_finds_all_and_only_what_was_put),
        cmocka_unit_test(test_run_virtual_disk_reads_back_and_lists_in_order),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_run_virtual", tests, NULL, NULL);
}
