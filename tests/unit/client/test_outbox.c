/* test_outbox.c: the outbox file gives back exactly what was put in, at every cut and flipped bit or says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/client/outbox.h"
#include "sim/scratch.h"

static struct scratch work;
static char path[SCRATCH_PATH_SIZE + 8];

static const struct outbox_options options = {
    .bytes_max = 1u << 20, .items_max = 100, .sync = OUTBOX_SYNC_NONE, .epoch = 5000};

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(scratch_make_directory(&work, "client"), ERR_OK);
    (void)snprintf(path, sizeof(path), "%s/outbox", work.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

static struct outbox *open_outbox(uint64_t *out_cut_size)
{
    struct outbox *outbox = NULL;
    assert_int_equal(outbox_open(path, &options, &outbox, out_cut_size), ERR_OK);
    return outbox;
}

static void put(struct outbox *outbox, uint32_t i, bool is_droppable)
{
    char text[64];
    int size =
        snprintf(text, sizeof(text), "item %u %.*s", i, (int)(i % 20), "xxxxxxxxxxxxxxxxxxxx");
    uint64_t number = 0;
    assert_int_equal(outbox_put(outbox, 3, is_droppable, text, (uint32_t)size, &number), ERR_OK);
}

static void assert_item(const struct outbox *outbox, uint32_t batch, uint32_t index, uint32_t i)
{
    char text[64], got[64] = "";
    struct outbox_item item;
    int size =
        snprintf(text, sizeof(text), "item %u %.*s", i, (int)(i % 20), "xxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(outbox_read(outbox, batch, index, got, sizeof(got), &item), ERR_OK);
    assert_int_equal(item.size, size);
    assert_memory_equal(got, text, (size_t)size);
}

static void test_outbox_comes_back_the_same(void **state)
{
    (void)state;
    uint64_t cut = 1;
    struct outbox *outbox = open_outbox(&cut);
    assert_int_equal(cut, 0);
    assert_true(outbox_is_fresh(outbox));
    for (uint32_t i = 1; i <= 10; i++) {
        put(outbox, i, i == 5);
    }
    assert_int_equal(outbox_cut(outbox, 3, 1000, 4), ERR_OK);
    struct outbox_item dropped;
    assert_int_equal(outbox_drop_oldest(outbox, &dropped), ERR_OK);
    assert_int_equal(dropped.number, 5);
    assert_int_equal(outbox_drop_oldest(outbox, &dropped), ERR_NOT_FOUND);
    assert_int_equal(outbox_cut(outbox, 3, 1000, 4), ERR_OK); /* 4, 6, 7 */
    assert_int_equal(outbox_ack(outbox), ERR_OK);
    assert_int_equal(outbox_set_mark(outbox, 77), ERR_OK);
    for (int round = 0; round < 2; round++) {
        outbox_check(outbox);
        assert_int_equal(outbox_epoch(outbox), 5000);
        assert_int_equal(outbox_mark(outbox), 77);
        assert_int_equal(outbox_batch_count(outbox), 1);
        assert_int_equal(outbox_batch_at(outbox, 0).seq, 2);
        assert_int_equal(outbox_batch_at(outbox, 0).count, 3);
        assert_item(outbox, 0, 0, 4);
        assert_item(outbox, 0, 1, 6);
        assert_item(outbox, 0, 2, 7);
        assert_int_equal(outbox_waiting(outbox), 6);
        assert_false(outbox_is_fresh(outbox));
        outbox_close(outbox);
        outbox = open_outbox(&cut);
        assert_int_equal(cut, 0);
    }
    outbox_close(outbox);
}

static void test_outbox_second_owner_is_kept_out(void **state)
{
    (void)state;
    uint64_t cut;
    struct outbox *outbox = open_outbox(&cut);
    struct outbox *second = NULL;
    assert_int_equal(outbox_open(path, &options, &second, &cut), ERR_BUSY);
    outbox_close(outbox);
}

static void test_outbox_dissolve_discard_renew(void **state)
{
    (void)state;
    uint64_t cut;
    struct outbox *outbox = open_outbox(&cut);
    for (uint32_t i = 1; i <= 6; i++) {
        put(outbox, i, false);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(outbox_cut(outbox, 2, 1000, 4), ERR_OK);
    }
    assert_int_equal(outbox_dissolve(outbox, 1), ERR_OK);
    assert_int_equal(outbox_next_seq(outbox), 2);
    assert_int_equal(outbox_cut(outbox, 1, 1000, 4), ERR_OK);
    assert_item(outbox, 1, 0, 3);
    assert_int_equal(outbox_discard_last(outbox), ERR_OK);
    assert_int_equal(outbox_waiting(outbox), 5);
    assert_int_equal(outbox_renew(outbox, 6000), ERR_OK);
    outbox_close(outbox);
    outbox = open_outbox(&cut);
    outbox_check(outbox);
    assert_int_equal(outbox_epoch(outbox), 6000);
    assert_int_equal(outbox_batch_count(outbox), 0);
    assert_int_equal(outbox_cut(outbox, 10, 1000, 4), ERR_OK);
    assert_int_equal(outbox_batch_at(outbox, 0).seq, 1);
    assert_int_equal(outbox_batch_at(outbox, 0).count, 5);
    assert_item(outbox, 0, 1, 2);
    assert_item(outbox, 0, 2, 4);
    outbox_close(outbox);
}

/* Random use against an obvious model, with reopening; the file must stay bounded. */
static void test_outbox_long_use_equals_a_model(void **state)
{
    (void)state;
    uint64_t cut, seed = 11;
    struct outbox *outbox = open_outbox(&cut);
    uint32_t next = 1, oldest = 1;
    for (uint32_t round = 0; round < 60000; round++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint32_t dice = (uint32_t)(mix64(seed) >> 33) % 100;
        if (dice < 50 && next - oldest < 100) {
            put(outbox, next++, false);
        } else if (dice < 70) {
            enum err err = outbox_cut(outbox, 1 + dice % 7, 1000, 4);
            assert_true(err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_FULL);
        } else if (dice < 98 && outbox_batch_count(outbox) > 0) {
            uint32_t count = outbox_batch_at(outbox, 0).count;
            for (uint32_t i = 0; i < count; i++) {
                assert_item(outbox, 0, i, oldest + i);
            }
            oldest += count;
            assert_int_equal(outbox_ack(outbox), ERR_OK);
        } else if (dice == 98) {
            outbox_close(outbox);
            outbox = open_outbox(&cut);
        } else if (outbox_batch_count(outbox) > 1) {
            assert_int_equal(outbox_dissolve(outbox, outbox_batch_count(outbox) - 1), ERR_OK);
        }
        assert_int_equal(outbox_waiting(outbox), next - oldest);
    }
    outbox_check(outbox);
    outbox_close(outbox);
    struct stat stat_buffer;
    assert_int_equal(stat(path, &stat_buffer), 0);
    assert_true(stat_buffer.st_size < (2 << 20));
    assert_true(next > 20000);
}

static void test_outbox_telemetry_flood_stays_cheap(void **state)
{
    (void)state;
    uint64_t cut;
    struct outbox *outbox = open_outbox(&cut);
    put(outbox, 1, false); /* holds the front of the ring */
    for (uint32_t i = 2; i < 20000; i++) {
        char text[8] = "t";
        uint64_t number;
        struct outbox_item dropped;
        enum err err = outbox_put(outbox, 3, true, text, sizeof(text), &number);
        if (err == ERR_FULL) {
            assert_int_equal(outbox_drop_oldest(outbox, &dropped), ERR_OK);
            err = outbox_put(outbox, 3, true, text, sizeof(text), &number);
        }
        assert_int_equal(err, ERR_OK);
    }
    outbox_check(outbox);
    assert_int_equal(outbox_waiting(outbox), 100);
    outbox_close(outbox);
    outbox = open_outbox(&cut);
    assert_int_equal(cut, 0);
    assert_int_equal(outbox_waiting(outbox), 100);
    assert_int_equal(outbox_cut(outbox, 2, 1000, 4), ERR_OK);
    assert_item(outbox, 0, 0, 1);
    outbox_close(outbox);
}

static uint8_t whole[8192];
static size_t whole_size;

static void make_whole(void)
{
    uint64_t cut;
    struct outbox *outbox = open_outbox(&cut);
    for (uint32_t i = 1; i <= 12; i++) {
        put(outbox, i, false);
        if (i % 4 == 0) {
            assert_int_equal(outbox_cut(outbox, 3, 1000, 4), ERR_OK);
        }
    }
    assert_int_equal(outbox_ack(outbox), ERR_OK);
    put(outbox, 13, false);
    outbox_close(outbox);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    whole_size = fread(whole, 1, sizeof(whole), file);
    assert_true(whole_size > 400 && whole_size < sizeof(whole));
    (void)fclose(file);
}

static void write_file(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
}

static void test_outbox_cut_at_every_byte(void **state)
{
    (void)state;
    make_whole();
    uint64_t waiting_max = 0;
    for (size_t size = 1; size <= whole_size; size++) {
        write_file(whole, size);
        struct outbox *outbox = NULL;
        uint64_t cut = 0;
        enum err err = outbox_open(path, &options, &outbox, &cut);
        if (size < OUTBOX_HEADER_SIZE) {
            assert_int_equal(err, ERR_DAMAGED);
            continue;
        }
        assert_int_equal(err, ERR_OK);
        outbox_check(outbox);
        /* Whole records before the cut count, and the file goes on from there. */
        uint64_t waiting = outbox_waiting(outbox);
        put(outbox, 99, false);
        outbox_close(outbox);
        outbox = open_outbox(&cut);
        assert_int_equal(cut, 0);
        assert_int_equal(outbox_waiting(outbox), waiting + 1);
        waiting_max = waiting > waiting_max ? waiting : waiting_max;
        outbox_close(outbox);
    }
    assert_int_equal(waiting_max, 12);
}

static void test_outbox_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    make_whole();
    static uint8_t copy[sizeof(whole)];
    uint32_t refused = 0, cut_count = 0;
    for (size_t bit = 0; bit < whole_size * 8; bit++) {
        memcpy(copy, whole, whole_size);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        write_file(copy, whole_size);
        struct outbox *outbox = NULL;
        uint64_t cut = 0;
        enum err err = outbox_open(path, &options, &outbox, &cut);
        if (err == ERR_DAMAGED || err == ERR_VERSION) {
            refused++;
            continue;
        }
        assert_int_equal(err, ERR_OK);
        bool is_padding = cut == 0; /* zeros after a payload mean nothing */
        if (!is_padding) {
            cut_count++;
            assert_int_equal(outbox_waiting(outbox), 9); /* without the very last */
        } else {
            assert_int_equal(outbox_waiting(outbox), 10);
        }
        outbox_close(outbox);
    }
    print_message("# %u refused, %u cut at the last record, of %zu\n", refused, cut_count,
                  whole_size * 8);
    assert_true(refused > whole_size * 6);
    assert_true(cut_count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_outbox_comes_back_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outbox_second_owner_is_kept_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outbox_dissolve_discard_renew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outbox_long_use_equals_a_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outbox_telemetry_flood_stays_cheap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outbox_cut_at_every_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_outbox_every_flipped_bit_is_noticed, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("tests/unit/client/test_outbox", tests, NULL, NULL);
}
