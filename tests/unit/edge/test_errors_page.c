/* test_errors_page.c: docs/errors.md names every code and every error, with its number and both sentences. */
#include "engine/edge/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE_MAX 65536

static char *read_page(void)
{
    FILE *file = fopen("docs/errors.md", "r");
    assert_non_null(file);
    char *page = calloc(1, PAGE_SIZE_MAX);
    assert_non_null(page);
    assert_true(fread(page, 1, PAGE_SIZE_MAX - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    return page;
}

static void test_every_code_is_explained(void **state)
{
    (void)state;
    char *page = read_page();
    for (uint32_t i = 0; i < words_count(VOCABULARY_CODE); i++) {
        const struct word *word = words_at(VOCABULARY_CODE, i);
        char row[512];
        (void)snprintf(row, sizeof row, "| `%s` | %u | %s | %s |", word->name, word->number,
                       word->en, word->zh);
        if (strstr(page, row) == NULL) {
            fail_msg("docs/errors.md lacks the row: %s", row);
        }
    }
    free(page);
}

static void test_every_error_is_named(void **state)
{
    (void)state;
    char *page = read_page();
    for (int err = ERR_OK; err < ERR_COUNT; err++) {
        char row[256];
        (void)snprintf(row, sizeof row, "| `%s` | %s |", words_err_name((enum err)err),
                       words_err((enum err)err));
        if (strstr(page, row) == NULL) {
            fail_msg("docs/errors.md lacks the row: %s", row);
        }
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_is_explained),
        cmocka_unit_test(test_every_error_is_named),
    };
    return cmocka_run_group_tests_name("edge/errors_page", tests, NULL, NULL);
}
