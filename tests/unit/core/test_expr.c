/* test_expr.c: postfix programs: missing fields, clamping, texts, and what expr_check refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/core/expr.h"
#include "tests/unit/panic.h"

/* Fields 0 number, 1 string, 2 bool, 3 string; constants "ab", "". */
static const struct policy_field FIELDS[] = {{{0, 1}, FIELD_NUMBER, 0},
                                             {{0, 1}, FIELD_STRING, 0},
                                             {{0, 1}, FIELD_BOOL, 0},
                                             {{0, 1}, FIELD_STRING, 0}};
static const struct image_string CONSTANTS[] = {{0, 2}, {0, 0}};

struct sample {
    struct event_head head;
    struct event_field fields[4];
    struct event event;
};

static struct policy make_policy(const struct expr_word *words, uint32_t count)
{
    struct policy policy;
    memset(&policy, 0, sizeof policy);
    policy.fields = FIELDS;
    policy.field_count = COUNT_OF(FIELDS);
    policy.constants = CONSTANTS;
    policy.constant_count = COUNT_OF(CONSTANTS);
    policy.strings = "ab";
    policy.string_size = 2;
    policy.program = words;
    policy.program_count = count;
    return policy;
}

/* number 2.5, string "xaby", bool true, string "xaby" */
static void make_sample(struct sample *sample)
{
    memset(sample, 0, sizeof *sample);
    sample->head.field_count = 4;
    sample->fields[0] = (struct event_field){0, FIELD_NUMBER, 0, 0, 2500000, 0};
    sample->fields[1] = (struct event_field){1, FIELD_STRING, 4, 0, 0, 0};
    sample->fields[2] = (struct event_field){2, FIELD_BOOL, 0, 0, 1, 0};
    sample->fields[3] = (struct event_field){3, FIELD_STRING, 4, 0, 0, 0};
    sample->event = (struct event){
        .head = &sample->head, .fields = sample->fields, .text = "xaby", .free_text = ""};
}

#define RUN(event, severity, ...)                                                                  \
    run((const struct expr_word[]){__VA_ARGS__},                                                   \
        sizeof((const struct expr_word[]){__VA_ARGS__}) / sizeof(struct expr_word), event,         \
        severity)

static bool run(const struct expr_word *words, size_t count, const struct event *event,
                uint32_t severity)
{
    struct policy policy = make_policy(words, (uint32_t)count);
    struct image_range range = {0, (uint32_t)count};
    assert_int_equal(expr_check(&policy, range, true), ERR_OK);
    return expr_is_true(&policy, range, event, severity);
}

static enum err check(const struct expr_word *words, size_t count, bool severity_is_given)
{
    struct policy policy = make_policy(words, (uint32_t)count);
    return expr_check(&policy, (struct image_range){0, (uint32_t)count}, severity_is_given);
}

#define CHECK(given, ...)                                                                          \
    check((const struct expr_word[]){__VA_ARGS__},                                                 \
          sizeof((const struct expr_word[]){__VA_ARGS__}) / sizeof(struct expr_word), given)

static void test_expr_empty_is_true(void **state)
{
    (void)state;
    struct policy policy = make_policy(NULL, 0);
    assert_true(expr_is_true(&policy, (struct image_range){0, 0}, NULL, 0));
}

static void test_expr_comparisons(void **state)
{
    (void)state;
    struct sample s;
    make_sample(&s);
    assert_true(RUN(&s.event, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 2500000}, {EXPR_EQ, 0, 0}));
    assert_true(RUN(&s.event, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 2500000}, {EXPR_GE, 0, 0}));
    assert_false(RUN(&s.event, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 2500000}, {EXPR_LT, 0, 0}));
    assert_true(RUN(&s.event, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 2400000}, {EXPR_NE, 0, 0}));
    assert_true(RUN(&s.event, 0, {EXPR_LOAD_FLAG, 2, 0}, {EXPR_NUMBER, 0, MICRO}, {EXPR_EQ, 0, 0}));
}

static void test_expr_missing_field_makes_comparisons_false(void **state)
{
    (void)state;
    assert_false(RUN(NULL, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 0}, {EXPR_EQ, 0, 0}));
    assert_false(RUN(NULL, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 0}, {EXPR_NE, 0, 0}));
    assert_false(RUN(NULL, 0, {EXPR_TEXT_NE, 1, 0}));
    assert_false(RUN(NULL, 0, {EXPR_FIELD_NE, 1, 3}));
    assert_false(RUN(NULL, 0, {EXPR_FLAG, 2, 0}));
    assert_false(RUN(NULL, 0, {EXPR_HAS, 0, 0}));
    assert_true(RUN(NULL, 0, {EXPR_FLAG, 2, 0}, {EXPR_NOT, 0, 0}));
    /* missing + 1 is missing */
    assert_false(RUN(NULL, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, MICRO}, {EXPR_ADD, 0, 0},
                     {EXPR_NUMBER, 0, MICRO}, {EXPR_LE, 0, 0}));
    /* and so is x / 0 */
    assert_false(RUN(NULL, 0, {EXPR_NUMBER, 0, MICRO}, {EXPR_NUMBER, 0, 0}, {EXPR_DIV, 0, 0},
                     {EXPR_NUMBER, 0, 0}, {EXPR_GE, 0, 0}));
}

/* a op b == wanted */
static void calculate(uint32_t op, int64_t a, int64_t b, int64_t wanted)
{
    if (!RUN(NULL, 0, {EXPR_NUMBER, 0, a}, {EXPR_NUMBER, 0, b}, {op, 0, 0},
             {EXPR_NUMBER, 0, wanted}, {EXPR_EQ, 0, 0})) {
        fail_msg("op %u of %lld and %lld is not %lld", op, (long long)a, (long long)b,
                 (long long)wanted);
    }
}

static void test_expr_arithmetic_clamps(void **state)
{
    (void)state;
    calculate(EXPR_ADD, INT64_MAX, 1, INT64_MAX);
    calculate(EXPR_SUB, INT64_MIN, 1, INT64_MIN);
    calculate(EXPR_MUL, 1500000, -2000000, -3000000);
    calculate(EXPR_MUL, INT64_MAX, 2000000, INT64_MAX);
    calculate(EXPR_MUL, INT64_MIN, 2000000, INT64_MIN);
    calculate(EXPR_DIV, 7000000, 2000000, 3500000);
    calculate(EXPR_DIV, -7, 2000000, -3); /* toward zero */
    calculate(EXPR_DIV, 7, -2000000, -3);
    calculate(EXPR_DIV, INT64_MAX, 1, INT64_MAX);
    calculate(EXPR_DIV, INT64_MAX, -1, INT64_MIN);
    calculate(EXPR_DIV, INT64_MIN, -1, INT64_MAX);
    calculate(EXPR_DIV, INT64_MIN, -MICRO, INT64_MAX);
    calculate(EXPR_DIV, INT64_MIN, INT64_MIN, MICRO);
    calculate(EXPR_DIV, INT64_MAX, INT64_MIN, -999999);
}

static void test_expr_texts(void **state)
{
    (void)state;
    struct sample s;
    make_sample(&s);
    assert_false(RUN(&s.event, 0, {EXPR_TEXT_EQ, 1, 0}));
    assert_true(RUN(&s.event, 0, {EXPR_TEXT_NE, 1, 0}));
    assert_true(RUN(&s.event, 0, {EXPR_TEXT_CONTAINS, 1, 0}));
    assert_false(RUN(&s.event, 0, {EXPR_TEXT_STARTS, 1, 0}));
    assert_true(RUN(&s.event, 0, {EXPR_TEXT_STARTS, 1, 1})); /* the empty text starts all */
    assert_true(RUN(&s.event, 0, {EXPR_FIELD_EQ, 1, 3}));
    s.fields[3].size = 3;
    assert_true(RUN(&s.event, 0, {EXPR_FIELD_NE, 1, 3}));
}

static void test_expr_field_of_another_kind_is_missing(void **state)
{
    (void)state;
    struct sample s;
    make_sample(&s);
    s.fields[0].kind = FIELD_STRING;
    assert_false(RUN(&s.event, 0, {EXPR_LOAD, 0, 0}, {EXPR_NUMBER, 0, 2500000}, {EXPR_EQ, 0, 0}));
}

static void test_expr_severity(void **state)
{
    (void)state;
    assert_true(RUN(NULL, 2, {EXPR_SEVERITY, 0, 0}, {EXPR_NUMBER, 0, 2 * MICRO}, {EXPR_LE, 0, 0}));
    assert_false(RUN(NULL, 3, {EXPR_SEVERITY, 0, 0}, {EXPR_NUMBER, 0, 2 * MICRO}, {EXPR_LE, 0, 0}));
    assert_int_equal(CHECK(false, {EXPR_SEVERITY, 0, 0}, {EXPR_NUMBER, 0, 0}, {EXPR_EQ, 0, 0}),
                     ERR_MALFORMED);
}

static void test_expr_check_refuses_unsound_programs(void **state)
{
    (void)state;
    assert_int_equal(CHECK(true, {EXPR_TRUTH, 0, 1}), ERR_OK);
    assert_int_equal(CHECK(true, {EXPR_TRUTH, 0, 2}), ERR_MALFORMED);
    assert_int_equal(CHECK(true, {EXPR_NUMBER, 0, 1}), ERR_MALFORMED); /* leaves a number */
    assert_int_equal(CHECK(true, {EXPR_AND, 0, 0}), ERR_MALFORMED);    /* takes from nothing */
    assert_int_equal(CHECK(true, {EXPR_TRUTH, 0, 1}, {EXPR_TRUTH, 0, 1}), ERR_MALFORMED);
    assert_int_equal(CHECK(true, {EXPR_TRUTH, 0, 1}, {EXPR_NUMBER, 0, 1}, {EXPR_AND, 0, 0}),
                     ERR_MALFORMED);
    assert_int_equal(CHECK(true, {EXPR_HAS, 4, 0}), ERR_MALFORMED);     /* no such field */
    assert_int_equal(CHECK(true, {EXPR_FLAG, 0, 0}), ERR_MALFORMED);    /* a number */
    assert_int_equal(CHECK(true, {EXPR_TEXT_EQ, 1, 2}), ERR_MALFORMED); /* no such constant */
    assert_int_equal(CHECK(true, {EXPR_TEXT_EQ, 1, -1}), ERR_MALFORMED);
    assert_int_equal(CHECK(true, {EXPR_FIELD_EQ, 1, 0}), ERR_MALFORMED);
    assert_int_equal(CHECK(true, {0, 0, 0}), ERR_MALFORMED);
    assert_int_equal(CHECK(true, {EXPR_NOT + 1, 0, 0}), ERR_MALFORMED);
}

static void test_expr_check_bounds_stack_and_size(void **state)
{
    (void)state;
    static struct expr_word words[EXPR_WORDS_MAX + 2];
    uint32_t count = 0;
    for (; count < EXPR_STACK_MAX; count++) {
        words[count] = (struct expr_word){EXPR_TRUTH, 0, 1};
    }
    for (uint32_t i = 1; i < EXPR_STACK_MAX; i++) {
        words[count++] = (struct expr_word){EXPR_AND, 0, 0};
    }
    assert_int_equal(check(words, count, true), ERR_OK);
    for (uint32_t i = 0; i <= EXPR_STACK_MAX; i++) {
        words[i] = (struct expr_word){EXPR_TRUTH, 0, 1};
    }
    assert_int_equal(check(words, EXPR_STACK_MAX + 1, true), ERR_MALFORMED);
    words[0] = (struct expr_word){EXPR_TRUTH, 0, 1};
    for (uint32_t i = 1; i < COUNT_OF(words); i++) {
        words[i] = (struct expr_word){EXPR_NOT, 0, 0};
    }
    assert_int_equal(check(words, EXPR_WORDS_MAX, true), ERR_OK);
    assert_int_equal(check(words, EXPR_WORDS_MAX + 1, true), ERR_MALFORMED);
    struct policy policy = make_policy(words, 10);
    assert_int_equal(expr_check(&policy, (struct image_range){5, 6}, true), ERR_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expr_empty_is_true),
        cmocka_unit_test(test_expr_comparisons),
        cmocka_unit_test(test_expr_missing_field_makes_comparisons_false),
        cmocka_unit_test(test_expr_arithmetic_clamps),
        cmocka_unit_test(test_expr_texts),
        cmocka_unit_test(test_expr_field_of_another_kind_is_missing),
        cmocka_unit_test(test_expr_severity),
        cmocka_unit_test(test_expr_check_refuses_unsound_programs),
        cmocka_unit_test(test_expr_check_bounds_stack_and_size),
    };
    return cmocka_run_group_tests_name("core/expr", tests, NULL, NULL);
}
