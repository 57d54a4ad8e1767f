/* test_json_read.c: JSON is read as its table says, and what is wrong is named by its pointer. */
#include "engine/shell/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct inner {
    int64_t is_given;
    int64_t lon;
};
struct outer {
    const char *name;
    int64_t count, flag, action;
    struct inner at;
    struct json_texts list;
    const json_t *any;
};

static const struct json_field INNER[] = {
    {"lon/x~y", JSON_WANT_INT, true, -10, 10, offsetof(struct outer, at.lon), VOCABULARY_CODE,
     NULL},
    {NULL, JSON_WANT_ANY, false, 0, 0, 0, VOCABULARY_CODE, NULL}};
static const struct json_field OUTER[] = {
    {"name", JSON_WANT_TEXT, true, 1, 8, offsetof(struct outer, name), VOCABULARY_CODE, NULL},
    {"count", JSON_WANT_INT, false, 0, 9, offsetof(struct outer, count), VOCABULARY_CODE, NULL},
    {"flag", JSON_WANT_BOOL, false, 0, 1, offsetof(struct outer, flag), VOCABULARY_CODE, NULL},
    {"action", JSON_WANT_WORD, false, 1, 63, offsetof(struct outer, action), VOCABULARY_ACTION,
     NULL},
    {"at", JSON_WANT_OBJECT, false, 0, 0, offsetof(struct outer, at), VOCABULARY_CODE, INNER},
    {"list", JSON_WANT_TEXTS, false, 0, 2, offsetof(struct outer, list), VOCABULARY_CODE, NULL},
    {"any", JSON_WANT_ANY, false, 0, 0, offsetof(struct outer, any), VOCABULARY_CODE, NULL},
    {NULL, JSON_WANT_ANY, false, 0, 0, 0, VOCABULARY_CODE, NULL}};

static bool read(const char *text, struct json_fault *fault)
{
    static json_t *body;
    static struct outer outer;
    json_decref(body);
    body = json_read_body(text, strlen(text), fault);
    return body != NULL && json_read_object(body, OUTER, &outer, fault);
}

static void test_json_read_whole_object(void **state)
{
    static const char BODY[] =
        "{\"name\":\"n\",\"count\":3,\"flag\":true,\"action\":\"check_pass\","
        "\"at\":{\"lon/x~y\":-10},\"list\":[\"a\",\"b\"],\"any\":{\"k\":1}}";
    struct json_fault fault;
    struct outer outer;
    (void)state;
    json_t *body = json_read_body(BODY, strlen(BODY), &fault);
    assert_non_null(body);
    assert_true(json_read_object(body, OUTER, &outer, &fault));
    assert_string_equal(outer.name, "n");
    assert_int_equal(outer.count, 3);
    assert_int_equal(outer.flag, 1);
    assert_int_equal(outer.action, 6);
    assert_int_equal(outer.at.is_given, 1);
    assert_int_equal(outer.at.lon, -10);
    assert_int_equal(outer.list.count, 2);
    assert_string_equal(outer.list.texts[1], "b");
    assert_non_null(outer.any);
    json_decref(body);
}

static void test_json_read_absent_is_said(void **state)
{
    static const char BODY[] = "{\"name\":\"n\",\"count\":null}";
    struct json_fault fault;
    struct outer outer;
    (void)state;
    json_t *body = json_read_body(BODY, strlen(BODY), &fault);
    assert_true(json_read_object(body, OUTER, &outer, &fault));
    assert_true(outer.count == JSON_ABSENT && outer.flag == JSON_ABSENT);
    assert_true(outer.at.is_given == JSON_ABSENT && outer.at.lon == JSON_ABSENT);
    assert_true(outer.list.count == 0 && outer.any == NULL);
    json_decref(body);
}

static void test_json_read_fault_has_a_pointer(void **state)
{
    static const struct {
        const char *body, *pointer, *word;
    } ROWS[] = {{"{}", "/name", "is needed"},
                {"{\"name\":null}", "/name", "not null"},
                {"{\"name\":\"n\",\"nmae\":1}", "/nmae", "no such member"},
                {"{\"name\":\"\"}", "/name", "1 to 8 bytes"},
                {"{\"name\":\"123456789\"}", "/name", "not 9"},
                {"{\"name\":7}", "/name", "not a whole number"},
                {"{\"name\":\"a\\u0000b\"}", "", "not JSON"},
                {"{\"name\":\"n\",\"count\":10}", "/count", "not 10"},
                {"{\"name\":\"n\",\"count\":1.5}", "/count", "fraction"},
                {"{\"name\":\"n\",\"count\":\"1\"}", "/count", "not a text"},
                {"{\"name\":\"n\",\"flag\":1}", "/flag", "true or false"},
                {"{\"name\":\"n\",\"action\":\"dance\"}", "/action", "\"dance\""},
                {"{\"name\":\"n\",\"action\":\"escalate\"}", "/action", "\"escalate\""},
                {"{\"name\":\"n\",\"at\":{}}", "/at/lon~1x~0y", "is needed"},
                {"{\"name\":\"n\",\"at\":{\"lon/x~y\":11}}", "/at/lon~1x~0y", "not 11"},
                {"{\"name\":\"n\",\"at\":[]}", "/at", "not a list"},
                {"{\"name\":\"n\",\"list\":[\"a\",\"b\",\"c\"]}", "/list", "at most 2"},
                {"{\"name\":\"n\",\"list\":[\"a\",2]}", "/list", "number 1"},
                {"{\"name\":\"n\",\"any\":3}", "/any", "object"},
                {"{\"name\":\"n\",\"name\":\"m\"}", "", "duplicate"},
                {"{\"name\":\"n\"", "", "not JSON"},
                {"[1]", "", "object is expected"},
                {"[[[[[[[[[1]]]]]]]]]", "", "levels"},
                {"", "", "not JSON"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct json_fault fault = {"?", "?"};
        assert_false(read(ROWS[i].body, &fault));
        assert_string_equal(fault.pointer, ROWS[i].pointer);
        assert_non_null(strstr(fault.detail, ROWS[i].word));
    }
}

static void test_json_read_depth_counts_outside_texts(void **state)
{
    struct json_fault fault;
    (void)state;
    assert_true(read("{\"name\":\"[[{{\\\"[[\",\"any\":{\"a\":[[[\"[[[[[[[[\"]]]}}", &fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_json_read_whole_object),
                                       cmocka_unit_test(test_json_read_absent_is_said),
                                       cmocka_unit_test(test_json_read_fault_has_a_pointer),
                                       cmocka_unit_test(test_json_read_depth_counts_outside_texts)};
    return cmocka_run_group_tests_name("shell/json_read", tests, NULL, NULL);
}
