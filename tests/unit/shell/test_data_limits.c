/* test_data_limits.c: the limits of a log come back as they were kept; anything else is refused. */
#include "engine/shell/data_limits.h"
#include "sim/scratch.h"
#include "tests/unit/panic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_kept_limits_come_back(void **state)
{
    (void)state;
    struct scratch data;
    char path[SCRATCH_PATH_SIZE + 8];
    struct limits limits = limits_default(), kept;
    assert_int_equal(scratch_make_directory(&data, "limits"), ERR_OK);
    assert_int_equal(data_limits_read(data.path, &kept), ERR_NOT_FOUND);
    limits.cases = 77;
    assert_int_equal(data_limits_write(data.path, &limits), ERR_OK);
    assert_int_equal(data_limits_read(data.path, &kept), ERR_OK);
    assert_null(data_limits_differ(&limits, &kept));
    kept.orders++;
    assert_string_equal(data_limits_differ(&limits, &kept), "orders");
    (void)snprintf(path, sizeof path, "%s/limits", data.path);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fprintf(file, "cazes 5\n") > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(data_limits_read(data.path, &kept), ERR_MALFORMED);
    scratch_remove(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kept_limits_come_back)};
    return cmocka_run_group_tests_name("shell/data_limits", tests, NULL, NULL);
}
