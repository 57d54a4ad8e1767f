/* test_text.c: text_format says what printf says, and a cut is between characters. */
#include "engine/core/base.h"
#include "engine/edge/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define AS_PRINTF(...)                                                                             \
    do {                                                                                           \
        char out[200], expected[200];                                                              \
        struct text text;                                                                          \
        text_init(&text, out, sizeof out);                                                         \
        text_format(&text, __VA_ARGS__);                                                           \
        (void)snprintf(expected, sizeof expected, __VA_ARGS__);                                    \
        assert_string_equal(out, expected);                                                        \
        assert_int_equal(text.used, strlen(expected));                                             \
    } while (0)

static void test_text_format_is_printf(void **state)
{
    (void)state;
    AS_PRINTF("%s%s", "", "word");
    AS_PRINTF("%" PRIu32 "/%u", UINT32_C(0), UINT32_MAX);
    AS_PRINTF("%" PRId64 " %" PRId64 " %" PRId64, INT64_MIN, INT64_MAX, INT64_C(0));
    AS_PRINTF("%" PRIu64 " of %s", UINT64_MAX, "all");
    AS_PRINTF(",\"%s\":%" PRId64, "travel_ms", INT64_C(-1));
    AS_PRINTF("等级 %s：%" PRIu32 " 件", "红", UINT32_C(10));
    AS_PRINTF("%02" PRId64 "-%02" PRId64 " %s", INT64_C(3), INT64_C(12), "x");
    AS_PRINTF("%02" PRId64 " %03" PRId64 " %06" PRIu64, INT64_C(-1), INT64_C(-123), UINT64_C(42));
    AS_PRINTF("%d %d", -5, 7);
    AS_PRINTF("%s: %5d, %s", "left to printf", 7, "and what follows");
    AS_PRINTF("%05u %% %s", 42u, "y");
    AS_PRINTF("\\u%04x", 7u);
}

static void test_text_is_cut_between_characters(void **state)
{
    (void)state;
    char out[9];
    struct text text;
    text_init(&text, out, sizeof out);
    text_format(&text, "%s %" PRIu32, "案件案件", UINT32_C(5)); /* 12 bytes, 8 have room */
    assert_string_equal(out, "案件");
    assert_true(text.is_cut);
}

static void test_text_trim_takes_what_a_missing_name_leaves(void **state)
{
    (void)state;
    static const char *const PAIRS[][2] = {{": garbage overflow", "garbage overflow"},
                                           {"路灯不亮：", "路灯不亮"},
                                           {" ：、 ", ""},
                                           {"", ""},
                                           {"Bin 21: 93 %", "Bin 21: 93 %"}};
    for (size_t i = 0; i < COUNT_OF(PAIRS); i++) {
        char out[64];
        struct text text;
        text_init(&text, out, sizeof out);
        text_put(&text, PAIRS[i][0]);
        text_trim(&text);
        assert_string_equal(out, PAIRS[i][1]);
        assert_int_equal(text.used, strlen(PAIRS[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_format_is_printf),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_text_trim_takes_what_a_missing_name_leaves),
    };
    return cmocka_run_group_tests_name("edge/text", tests, NULL, NULL);
}
