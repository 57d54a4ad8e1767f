/* test_api_answer.c: the engine's answers as statuses and JSON. */
#include "engine/core/life.h"
#include "engine/shell/api_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char NUMBER[] = "110108-20260303-0001";

static const char *text_of(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text != NULL ? text : "";
}

static struct api_reply reply_with(uint32_t code, bool is_order, const char *hint)
{
    char said[128];
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__ActResult result = GRIDLOOP__WIRE__ACT_RESULT__INIT;
    struct api_reply reply;
    result.code = code;
    result.case_no = NUMBER;
    result.report = 3;
    (void)snprintf(said, sizeof said, "%s", hint);
    result.hint = said;
    result.has_state = 1;
    result.state = is_order ? (uint32_t)ORDER_ARRIVED : (uint32_t)CASE_ON_SITE;
    result.possible = action_bit(ACTION_DONE) | action_bit(ACTION_RETURN);
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_ACT_RESULT;
    answer.act_result = &result;
    answer.now_ms = 77;
    api_answer_read(&answer, is_order, &reply);
    return reply;
}

static struct api_reply reply_to(uint32_t code, bool is_order)
{
    return reply_with(code, is_order, "");
}

/* What is possible is a list of its own; what only the hint says is in the detail. */
static void test_api_answer_detail_has_what_the_code_does_not_say(void **state)
{
    (void)state;
    struct api_reply reply = reply_with(CODE_CHECKLIST_OPEN, true, "first open line: seal");
    assert_non_null(strstr(reply.detail, "; first open line: seal"));
    json_decref(reply.body);
    reply = reply_with(CODE_WRONG_STATE, true, "done, return");
    assert_string_equal(reply.detail, "not possible in this state");
    json_decref(reply.body);
}

static void test_api_answer_done(void **state)
{
    (void)state;
    struct api_reply reply = reply_to(CODE_DONE, true);
    assert_int_equal(reply.status, 200);
    assert_false(reply.is_problem);
    assert_string_equal(text_of(reply.body, "code"), "DONE");
    assert_string_equal(text_of(reply.body, "state"), "ARRIVED");
    assert_string_equal(text_of(reply.body, "receipt"), "110108-20260303-0001.3");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(reply.body, "possible"), 0)), "done");
    assert_int_equal(json_integer_value(json_object_get(reply.body, "now_ms")), 77);
    json_decref(reply.body);
}

static void test_api_answer_loser_is_told_what_is_possible(void **state)
{
    (void)state;
    struct api_reply reply = reply_to(CODE_WRONG_STATE, false);
    assert_int_equal(reply.status, 409);
    assert_true(reply.is_problem);
    assert_string_equal(reply.code, "WRONG_STATE");
    assert_string_equal(text_of(reply.body, "state"), "ON_SITE");
    assert_int_equal(json_array_size(json_object_get(reply.body, "possible")), 2);
    json_decref(reply.body);
}

static void test_api_answer_status_by_code(void **state)
{
    static const struct {
        enum code code;
        int status;
    } ROWS[] = {{CODE_OPENED, 200},     {CODE_DEDUPED, 200},       {CODE_STORED, 200},
                {CODE_NO_RIGHT, 403},   {CODE_NOT_YOURS, 403},     {CODE_UNKNOWN_CASE, 404},
                {CODE_GONE, 410},       {CODE_REASON_NEEDED, 422}, {CODE_RATE, 429},
                {CODE_OVERLOADED, 503}, {CODE_RECALLED, 409},      {CODE_SEQ_REUSED, 422}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        assert_int_equal(api_answer_status(ROWS[i].code), ROWS[i].status);
    }
}

static void test_api_answer_reject_and_nothing(void **state)
{
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Reject reject = GRIDLOOP__WIRE__REJECT__INIT;
    struct api_reply reply;
    (void)state;
    reject.code = CODE_OVERLOADED;
    reject.has_retry_after_ms = 1;
    reject.retry_after_ms = 250;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_REJECT;
    answer.reject = &reject;
    api_answer_read(&answer, false, &reply);
    assert_int_equal(reply.status, 503);
    assert_int_equal(reply.retry_after_ms, 250);
    assert_true(reply.is_problem);
    json_decref(reply.body);
    api_answer_read(NULL, false, &reply);
    assert_int_equal(reply.status, 504);
    json_decref(reply.body);
}

static void test_api_answer_tasks(void **state)
{
    static char TITLE[] = "<b>垃圾</b>", ID[] = "water", WORDS[] = "水位";
    Gridloop__Wire__Answer answer = GRIDLOOP__WIRE__ANSWER__INIT;
    Gridloop__Wire__Tasks tasks = GRIDLOOP__WIRE__TASKS__INIT;
    Gridloop__Wire__Item item = GRIDLOOP__WIRE__ITEM__INIT;
    Gridloop__Wire__Item *items[] = {&item};
    Gridloop__Wire__Place place = GRIDLOOP__WIRE__PLACE__INIT;
    Gridloop__Wire__ChecklistLine line = GRIDLOOP__WIRE__CHECKLIST_LINE__INIT;
    Gridloop__Wire__ChecklistLine *lines[] = {&line};
    struct api_reply reply;
    (void)state;
    line.id = ID;
    line.text = WORDS;
    line.required = 1;
    place.has_lon_e7 = 1;
    place.lon_e7 = -5;
    place.has_lat_e7 = 1;
    item.seq = 4;
    item.kind = 1;
    item.order = 11;
    item.order_state = ORDER_OFFERED;
    item.order_kind = KIND_HANDLE;
    item.title = TITLE;
    item.severity = 2;
    item.place = &place;
    item.n_checklist = 1;
    item.checklist = lines;
    tasks.seq = 4;
    tasks.n_items = 1;
    tasks.items = items;
    answer.kind_case = GRIDLOOP__WIRE__ANSWER__KIND_TASKS;
    answer.tasks = &tasks;
    api_answer_read(&answer, true, &reply);
    const json_t *row = json_array_get(json_object_get(reply.body, "items"), 0);
    assert_string_equal(text_of(row, "title"), "<b>垃圾</b>"); /* as it is: pages show it as text */
    assert_string_equal(text_of(row, "order_state"), "OFFERED");
    assert_int_equal(json_integer_value(json_object_get(row, "lon_e7")), -5);
    assert_string_equal(text_of(json_array_get(json_object_get(row, "checklist"), 0), "id"),
                        "water");
    assert_int_equal(json_integer_value(json_object_get(reply.body, "seq")), 4);
    json_decref(reply.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_answer_done),
        cmocka_unit_test(test_api_answer_detail_has_what_the_code_does_not_say),
        cmocka_unit_test(test_api_answer_loser_is_told_what_is_possible),
        cmocka_unit_test(test_api_answer_status_by_code),
        cmocka_unit_test(test_api_answer_reject_and_nothing),
        cmocka_unit_test(test_api_answer_tasks)};
    return cmocka_run_group_tests_name("shell/api_answer", tests, NULL, NULL);
}
