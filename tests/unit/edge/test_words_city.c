/* test_words_city.c: a city's words in place of the program's, for the thread that uses them; rows that name no word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/core/life.h"
#include "engine/edge/words.h"
#include "engine/edge/words_city.h"
#include "tests/unit/city/fixture.h"

static struct fixture fixture;
static struct city city;

static int setup(void **state)
{
    (void)state;
    fixture_open(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    words_use(NULL);
    fixture_close(&fixture);
    return 0;
}

static void load(const char *labels)
{
    fixture_write(&fixture, "labels.csv", labels);
    assert_int_equal(fixture_load(&fixture), ERR_OK);
    assert_int_equal(city_open(fixture.bytes, fixture.size, &city), ERR_OK);
}

static void test_words_city_replaces_and_gives_back(void **state)
{
    (void)state;
    char before[64];
    (void)snprintf(before, sizeof before, "%s", words_case_state(CASE_CHECKING, LANG_ZH));
    load("kind,code,zh,en\ncase_state,CHECKING,核实中,being verified\naction,VOID,作废,\n");
    words_use(&city);
    assert_string_equal(words_case_state(CASE_CHECKING, LANG_ZH), "核实中");
    assert_string_equal(words_case_state(CASE_CHECKING, LANG_EN), "being verified");
    assert_string_equal(words_action(ACTION_VOID, LANG_ZH), "作废");
    assert_string_not_equal(words_action(ACTION_VOID, LANG_EN), "");
    assert_string_equal(words_case_state_name(CASE_CHECKING), "CHECKING");
    words_use(NULL);
    assert_string_equal(words_case_state(CASE_CHECKING, LANG_ZH), before);
}

static void test_words_city_words_outlive_the_city(void **state)
{
    (void)state;
    load("kind,code,zh,en\ncase_state,CHECKING,核实中,\n");
    words_use(&city);
    memset(fixture.bytes, 0xff, fixture.size);
    assert_string_equal(words_case_state(CASE_CHECKING, LANG_ZH), "核实中");
}

static void test_words_city_unknown_rows_are_told(void **state)
{
    (void)state;
    load("kind,code,zh,en\ncase_stat,CHECKING,a,\naction,VOYD,b,\ncase_state,CLOSED,c,\n");
    struct problems *problems = problems_new();
    words_check(&city, problems);
    assert_int_equal(problems_error_count(problems), 2);
    char *text = problems_to_json(problems);
    assert_non_null(strstr(text, "nearest: case_state"));
    assert_non_null(strstr(text, "nearest: VOID"));
    assert_non_null(strstr(text, "C042"));
    free(text);
    problems_free(problems);
    words_use(&city); /* what is known is used all the same */
    assert_string_equal(words_case_state(CASE_CLOSED, LANG_ZH), "c");
}

static void test_words_city_spoilt_tables_are_refused(void **state)
{
    (void)state;
    fixture_write(&fixture, "labels.csv", "kind,code,zh,en\naction,,a,b\n");
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_non_null(strstr(fixture.report, "labels.csv:2:8: error C013"));
    fixture_write(&fixture, "labels.csv",
                  "kind,code,zh,en\naction,VOID,,a label that is far too long to stand anywhere "
                  "where people look\n");
    assert_int_equal(fixture_load(&fixture), ERR_INPUT);
    assert_non_null(strstr(fixture.report, "error C016"));
}

#define words_city(name) cmocka_unit_test_setup_teardown(test_words_city_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        words_city(replaces_and_gives_back),
        words_city(words_outlive_the_city),
        words_city(unknown_rows_are_told),
        words_city(spoilt_tables_are_refused),
    };
    return cmocka_run_group_tests_name("engine/edge/words_city", tests, NULL, NULL);
}
