/* test_words.c: every number has a word in both languages and every word finds its number again. */
#include "engine/edge/words.h"

#include "engine/core/effect.h"
#include "engine/core/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_words_every_word_parses_back(void **state)
{
    (void)state;
    for (uint32_t v = 0; v < VOCABULARY_COUNT; v++) {
        assert_true(words_count((enum vocabulary)v) > 0);
        for (uint32_t i = 0; i < words_count((enum vocabulary)v); i++) {
            const struct word *word = words_at((enum vocabulary)v, i);
            uint32_t number = UINT32_MAX;
            assert_true(words_parse((enum vocabulary)v, word->name, &number));
            assert_int_equal(number, word->number);
            assert_string_equal(words_name((enum vocabulary)v, word->number), word->name);
            assert_string_equal(words_label((enum vocabulary)v, word->number, LANG_EN), word->en);
            assert_string_equal(words_label((enum vocabulary)v, word->number, LANG_ZH), word->zh);
            assert_true(strlen(word->en) > 0);
            assert_true(strlen(word->zh) > 0);
        }
    }
}

static void test_words_numbers_and_names_are_unique(void **state)
{
    (void)state;
    for (uint32_t v = 0; v < VOCABULARY_COUNT; v++) {
        for (uint32_t i = 0; i < words_count((enum vocabulary)v); i++) {
            for (uint32_t j = 0; j < i; j++) {
                const struct word *a = words_at((enum vocabulary)v, i);
                const struct word *b = words_at((enum vocabulary)v, j);
                assert_int_not_equal(a->number, b->number);
                assert_string_not_equal(a->name, b->name);
            }
        }
    }
}

static void test_words_cover_the_enums(void **state)
{
    (void)state;
    assert_int_equal(words_count(VOCABULARY_CASE_STATE), CASE_STATE_COUNT);
    assert_int_equal(words_count(VOCABULARY_ORDER_STATE), ORDER_STATE_COUNT);
    assert_int_equal(words_count(VOCABULARY_LANE), LANE_COUNT);
    for (uint32_t i = 0; i < words_count(VOCABULARY_REASON); i++) {
        assert_true(words_at(VOCABULARY_REASON, i)->number < REASON_LIMIT);
    }
    for (uint32_t i = 0; i < words_count(VOCABULARY_CLOCK); i++) {
        assert_true(words_at(VOCABULARY_CLOCK, i)->number < CLOCK_LIMIT);
    }
    for (uint32_t i = 0; i < words_count(VOCABULARY_CODE); i++) {
        assert_true(words_at(VOCABULARY_CODE, i)->number < CODE_LIMIT);
    }
    for (uint32_t i = 0; i < words_count(VOCABULARY_ACTION); i++) {
        assert_true(words_at(VOCABULARY_ACTION, i)->number < ACTION_LIMIT);
    }
}

static void test_words_code_by_name_and_in_both_languages(void **state)
{
    (void)state;
    assert_string_equal(words_code_name(CODE_AT_CAPACITY), "AT_CAPACITY");
    assert_string_equal(words_code(CODE_AT_CAPACITY, LANG_ZH), "已满负荷");
    assert_string_equal(words_code(CODE_OFF_SHIFT, LANG_EN), "not on shift");
}

static void test_words_unknown_number_is_said_to_be_unknown(void **state)
{
    (void)state;
    assert_string_equal(words_code_name(127), "UNKNOWN");
    assert_string_equal(words_action(63, LANG_EN), "unknown");
    assert_string_equal(words_action(63, LANG_ZH), "未知");
    assert_string_equal(words_err_name((enum err)ERR_COUNT), "ERR_UNKNOWN");
}

static void test_words_parse_action_in_any_spelling(void **state)
{
    (void)state;
    uint32_t action = 0;
    assert_true(words_parse_action("return", &action));
    assert_int_equal(action, ACTION_RETURN);
    assert_true(words_parse_action("check-pass", &action));
    assert_int_equal(action, ACTION_CHECK_PASS);
    assert_true(words_parse_action("Check Failed", &action));
    assert_int_equal(action, ACTION_CHECK_FAIL);
    assert_true(words_parse_action("退回", &action));
    assert_int_equal(action, ACTION_RETURN);
}

static void test_words_parse_refuses_what_is_not_a_word(void **state)
{
    (void)state;
    uint32_t action = 7;
    assert_false(words_parse_action("retur", &action));
    assert_false(words_parse_action("returns", &action));
    assert_false(words_parse_action("", &action));
    assert_false(words_parse_action(NULL, &action));
    assert_int_equal(action, 7);
}

static void test_words_actions_lists_verbs(void **state)
{
    (void)state;
    char out[128];
    uint64_t mask = UINT64_C(1) << ACTION_DONE | UINT64_C(1) << ACTION_RETURN;
    assert_string_equal(words_actions(mask, LANG_EN, out, sizeof(out)), "done, return");
    assert_string_equal(words_actions(mask, LANG_ZH, out, sizeof(out)),
                        "done 处置完成, return 退回");
    assert_string_equal(words_actions(0, LANG_EN, out, sizeof(out)), "");
    assert_string_equal(words_actions(mask, LANG_EN, out, 8), "done");
}

static void test_words_refusals_are_told_from_results(void **state)
{
    (void)state;
    assert_false(words_code_is_refusal(CODE_OPENED));
    assert_false(words_code_is_refusal(CODE_NO_RULE));
    assert_false(words_code_is_refusal(CODE_FORGOTTEN));
    assert_true(words_code_is_refusal(CODE_MALFORMED));
    assert_true(words_code_is_refusal(CODE_WRONG_STATE));
    assert_false(words_code_is_refusal(CODE_AT_CAPACITY));
}

static void test_words_lang_from_flag_and_environment(void **state)
{
    (void)state;
    enum lang lang = LANG_EN;
    assert_true(words_parse_lang("zh_CN.UTF-8", &lang));
    assert_int_equal(lang, LANG_ZH);
    assert_true(words_parse_lang("en", &lang));
    assert_int_equal(lang, LANG_EN);
    assert_false(words_parse_lang("C.UTF-8", &lang));
    assert_false(words_parse_lang("zhang", &lang));
    assert_int_equal(words_choose_lang("en", "zh_CN.UTF-8"), LANG_EN);
    assert_int_equal(words_choose_lang(NULL, "zh_CN.UTF-8"), LANG_ZH);
    assert_int_equal(words_choose_lang(NULL, NULL), LANG_EN);
}

static void test_words_case_number_round_trip(void **state)
{
    (void)state;
    char out[WORDS_CASE_NO_SIZE];
    struct case_no no = {110108, 20260303, 1};
    assert_string_equal(words_case_no(no, out), "110108-20260303-0001");
    struct case_no back = {0, 0, 0};
    assert_true(words_parse_case_no(out, &back));
    assert_true(case_no_is_equal(no, back));
    struct case_no most = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    assert_string_equal(words_case_no(most, out), "4294967295-4294967295-4294967295");
}

static void test_words_case_number_by_suffix(void **state)
{
    (void)state;
    struct case_no part = {9, 9, 9};
    assert_true(words_parse_case_no("1", &part));
    assert_true(case_no_is_equal(part, (struct case_no){0, 0, 1}));
    assert_true(words_parse_case_no("20260303-0012", &part));
    assert_true(case_no_is_equal(part, (struct case_no){0, 20260303, 12}));
    static const char *const WRONG[] = {"",   "-1", "1-",         "1-2-3-4", "one",
                                        "1 ", "0",  "4294967296", "1--2",    "+1"};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        assert_false(words_parse_case_no(WRONG[i], &part));
    }
    assert_false(words_parse_case_no(NULL, &part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_every_word_parses_back),
        cmocka_unit_test(test_words_numbers_and_names_are_unique),
        cmocka_unit_test(test_words_cover_the_enums),
        cmocka_unit_test(test_words_code_by_name_and_in_both_languages),
        cmocka_unit_test(test_words_unknown_number_is_said_to_be_unknown),
        cmocka_unit_test(test_words_parse_action_in_any_spelling),
        cmocka_unit_test(test_words_parse_refuses_what_is_not_a_word),
        cmocka_unit_test(test_words_actions_lists_verbs),
        cmocka_unit_test(test_words_refusals_are_told_from_results),
        cmocka_unit_test(test_words_lang_from_flag_and_environment),
        cmocka_unit_test(test_words_case_number_round_trip),
        cmocka_unit_test(test_words_case_number_by_suffix),
    };
    return cmocka_run_group_tests_name("tests/unit/edge/test_words.c", tests, NULL, NULL);
}
