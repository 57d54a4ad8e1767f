/* test_receipt_secret.c: secrets of receipts, and how often strangers may ask. */
#include "engine/shell/rate_gate.h"
#include "engine/shell/receipt_secret.h"
#include "sim/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct rate_gate gate;

static void test_receipt_secret_fits_its_receipt_only(void **state)
{
    struct scratch data;
    char path[SCRATCH_PATH_SIZE + 16], secret[RECEIPT_SECRET_SIZE], typed[8];
    uint8_t key[RECEIPT_KEY_SIZE], again[RECEIPT_KEY_SIZE];
    struct stat info;
    (void)state;
    assert_int_equal(scratch_make_directory(&data, "receipt"), ERR_OK);
    assert_int_equal(receipt_key_load(data.path, key), ERR_OK);
    assert_int_equal(receipt_key_load(data.path, again), ERR_OK);
    assert_memory_equal(key, again, sizeof key);
    (void)snprintf(path, sizeof path, "%s/receipt.key", data.path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    receipt_secret_make(key, "110108-20260303-0001.1", secret);
    assert_true(receipt_secret_fits(key, "110108-20260303-0001.1", secret));
    for (size_t i = 0; i < sizeof typed - 1; i++) {
        typed[i] = secret[i] >= 'a' && secret[i] <= 'z' ? (char)(secret[i] - 'a' + 'A')
                   : secret[i] == '0'                   ? 'O'
                   : secret[i] == '1'                   ? 'l'
                                                        : secret[i];
    }
    typed[RECEIPT_SECRET_SIZE - 1] = '\0';
    assert_true(receipt_secret_fits(key, "110108-20260303-0001.1", typed));
    assert_false(receipt_secret_fits(key, "110108-20260303-0001.2", secret));
    assert_false(receipt_secret_fits(key, "110108-20260303-0001.1", ""));
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(receipt_key_load(data.path, again), ERR_DAMAGED);
    scratch_remove(&data);
}

static void test_rate_gate_gives_back_with_time(void **state)
{
    const struct hash128 who = {0, 5}, other = {0, 6};
    int64_t wait_ms = 0, now_ms = 1000000;
    (void)state;
    gate = (struct rate_gate){.burst = 3, .per_minute = 6};
    for (int i = 0; i < 3; i++) {
        assert_true(rate_gate_pass(&gate, who, now_ms, &wait_ms));
    }
    assert_false(rate_gate_pass(&gate, who, now_ms, &wait_ms));
    assert_int_equal(wait_ms, 10000);
    assert_true(rate_gate_pass(&gate, other, now_ms, &wait_ms));
    for (int i = 0; i < 1000; i++) { /* asking all the time holds nothing back */
        assert_false(rate_gate_pass(&gate, who, now_ms + i * 9, &wait_ms));
    }
    assert_true(rate_gate_pass(&gate, who, now_ms + 10100, &wait_ms));
    assert_false(rate_gate_pass(&gate, who, now_ms + 10100, &wait_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_receipt_secret_fits_its_receipt_only),
                                       cmocka_unit_test(test_rate_gate_gives_back_with_time)};
    return cmocka_run_group_tests_name("shell/receipt_secret", tests, NULL, NULL);
}
