/* test_api_request.c: bodies of the HTTP API become the messages that a native client would send. */
#include "engine/core/life.h"
#include "engine/shell/api_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct api_request request;
static struct json_fault fault;
static json_t *body;

static const json_t *parse(const char *text)
{
    json_decref(body);
    body = json_read_body(text, strlen(text), &fault);
    assert_non_null(body);
    return body;
}

/* Packed and opened as the engine opens it: whatever is built here passes the codec. */
static const Gridloop__Wire__Request *through_the_codec(void)
{
    static uint8_t frame[1u << 16];
    static _Alignas(16) uint8_t memory[1u << 20];
    static struct codec_request opened;
    struct codec_arena arena;
    const struct codec_seal seal = {.key_id = "wang.fang"};
    size_t size = 0;
    request.wire.has_request_id = 1;
    request.wire.request_id = 7;
    assert_int_equal(codec_seal_request(&seal, &request.wire, frame, sizeof frame, &size), ERR_OK);
    codec_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(codec_open_frame(frame, size, &arena, &opened), CODE_NOTHING);
    return opened.request;
}

static void test_api_request_act_on_an_order(void **state)
{
    const struct api_target target = {NULL, 42, "key-1"};
    (void)state;
    assert_true(api_request_act(
        parse("{\"action\":\"return\",\"reason\":\"private_land\",\"text\":\"见围墙\","
              "\"fix\":{\"lon_e7\":1163000000,\"lat_e7\":400300000,\"accuracy_cm\":900},"
              "\"evidence\":[\"000102030405060708090a0b0c0d0e0F\"]}"),
        &target, &request, &fault));
    const Gridloop__Wire__Act *act = through_the_codec()->act;
    assert_int_equal(act->order, 42);
    assert_int_equal(act->action, ACTION_RETURN);
    assert_int_equal(act->reason, REASON_PRIVATE_LAND);
    assert_string_equal(act->text, "见围墙");
    assert_string_equal(act->key, "key-1");
    assert_int_equal(act->fix->place->lon_e7, 1163000000);
    assert_int_equal(act->fix->place->accuracy_cm, 900);
    assert_int_equal(act->n_evidence, 1);
    assert_int_equal(act->evidence[0].data[15], 15);
    assert_int_equal(act->epoch, 0);
}

static void test_api_request_act_on_a_case(void **state)
{
    const struct api_target target = {"0001", 0, NULL};
    (void)state;
    assert_true(api_request_act(
        parse("{\"action\":\"merge_into\",\"reason\":\"same_matter\","
              "\"other_case\":\"2\",\"until_ms\":5,\"amount\":3,\"subject\":\"a.b\"}"),
        &target, &request, &fault));
    const Gridloop__Wire__Act *act = through_the_codec()->act;
    assert_string_equal(act->case_no, "0001");
    assert_string_equal(act->other_case, "2");
    assert_string_equal(act->subject, "a.b");
    assert_int_equal(act->until_ms, 5);
    assert_int_equal(act->amount, 3);
}

static void test_api_request_report_bears_its_key_and_contact(void **state)
{
    (void)state;
    assert_true(api_request_report(
        parse(
            "{\"type\":\"hotline.noise\",\"text\":\"夜间施工\",\"lon_e7\":1163000000,\"lat_e7\":400300000,"
            "\"on_behalf_of\":true,\"contact\":{\"name\":\"张三\",\"phone\":\"13812345678\"},"
            "\"fields\":{\"site\":\"s-1\",\"db\":71.5,\"night\":true}}"),
        "key-2", NULL, &request, &fault));
    const Gridloop__Wire__Event *event = through_the_codec()->report->event;
    assert_string_equal(event->id, "key-2");
    assert_string_equal(event->type, "hotline.noise");
    assert_string_equal(event->contact->phone, "13812345678");
    assert_int_equal(event->n_fields, 3);
    assert_int_equal(event->flags, 0);
}

static void test_api_request_report_by_class(void **state)
{
    (void)state;
    parse("{\"class\":\"E.01.02\",\"lon_e7\":1,\"lat_e7\":2,\"self_handled\":true,\"drill\":true}");
    assert_string_equal(api_request_report_class(body), "E.01.02");
    assert_true(api_request_report(body, NULL, "patrol.garbage", &request, &fault));
    const Gridloop__Wire__Event *event = through_the_codec()->report->event;
    assert_string_equal(event->type, "patrol.garbage");
    assert_int_equal(event->flags, EVENT_SELF_HANDLED | EVENT_IS_DRILL);
}

static void test_api_request_poll_and_silence(void **state)
{
    (void)state;
    assert_true(api_request_poll(parse("{\"ack_seq\":9,\"wait_ms\":25000,\"status\":\"ready\"}"),
                                 &request, &fault));
    const Gridloop__Wire__Poll *poll = through_the_codec()->poll;
    assert_int_equal(poll->ack_seq, 9);
    assert_int_equal(poll->wait_ms, 25000);
    assert_int_equal(poll->status, STATUS_READY);
    assert_true(api_request_silence(
        parse(
            "{\"matchers\":\"rule=a.b\",\"why\":\"road works\",\"for_ms\":7200000,\"after_ms\":120000,"
            "\"maintenance\":true}"),
        1000, &request, &fault));
    const Gridloop__Wire__Act *act = through_the_codec()->act;
    assert_int_equal(act->action, ACTION_SILENCE);
    assert_string_equal(act->text, "rule=a.b; road works");
    assert_int_equal(act->until_ms, 1000 + 7200000 + 120000);
    assert_int_equal(act->amount, 2);
    assert_int_equal(act->reason, REASON_MAINTENANCE);
}

static void test_api_request_rating(void **state)
{
    struct api_rating rating;
    (void)state;
    assert_true(
        api_request_read_rating(parse("{\"secret\":\"abc123\",\"stars\":4}"), &rating, &fault));
    api_request_rating(&rating, "110108-20260303-0001.2", "k", &request);
    const Gridloop__Wire__Act *act = through_the_codec()->act;
    assert_int_equal(act->action, ACTION_RATE);
    assert_int_equal(act->amount, 4);
    assert_string_equal(act->case_no, "110108-20260303-0001.2");
    assert_true(
        api_request_read_rating(parse("{\"secret\":\"a\",\"solved\":false}"), &rating, &fault));
    api_request_rating(&rating, "110108-20260303-0001.2", NULL, &request);
    assert_int_equal(through_the_codec()->act->action, ACTION_NOT_SOLVED);
    assert_false(api_request_read_rating(parse("{\"secret\":\"a\"}"), &rating, &fault));
    assert_false(api_request_read_rating(parse("{\"secret\":\"a\",\"stars\":1,\"solved\":true}"),
                                         &rating, &fault));
}

static void test_api_request_blob(void **state)
{
    uint8_t digest[API_DIGEST_SIZE];
    (void)state;
    assert_true(api_digest_parse("ffeeddccbbaa99887766554433221100", digest));
    assert_false(api_digest_parse("ffeeddccbbaa9988776655443322110", digest));
    assert_false(api_digest_parse("gfeeddccbbaa99887766554433221100", digest));
    api_request_blob(digest, "JPEG", 4, &request);
    const Gridloop__Wire__BlobPut *blob = through_the_codec()->blob_put;
    assert_int_equal(blob->bytes.len, 4);
    assert_int_equal(blob->digest.data[0], 0xff);
}

static void test_api_request_faults_are_pointed_at(void **state)
{
    static const struct {
        const char *body, *pointer;
        bool is_report;
    } ROWS[] = {
        {"{}", "/action", false},
        {"{\"action\":\"accept\",\"fix\":{\"lon_e7\":1}}", "/fix/lat_e7", false},
        {"{\"action\":\"accept\",\"fix\":{\"lon_e7\":1,\"lat_e7\":900000001}}", "/fix/lat_e7",
         false},
        {"{\"action\":\"accept\",\"evidence\":[\"12\"]}", "/evidence/0", false},
        {"{\"action\":\"accept\",\"order\":3}", "/order", false},
        {"{\"action\":\"accept\",\"reason\":\"none\"}", "/reason", false},
        {"{\"type\":\"x\"}", "/lon_e7", true},
        {"{\"type\":\"x\",\"lon_e7\":1}", "/lat_e7", true},
        {"{\"lon_e7\":1,\"lat_e7\":1}", "/type", true},
        {"{\"class\":\"E\",\"lon_e7\":1,\"lat_e7\":1}", "/class", true},
        {"{\"type\":\"x\",\"device\":\"d\",\"fields\":{\"a\":[1]}}", "/fields/a", true},
        {"{\"type\":\"x\",\"device\":\"d\",\"contact\":{\"mail\":\"a\"}}", "/contact/mail", true},
        {"{\"type\":\"x\",\"device\":\"d\",\"on_behalf_of\":false,\"contact\":{\"name\":\"a\"}}",
         "/contact", true}};
    const struct api_target target = {"1", 0, NULL};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const json_t *one = parse(ROWS[i].body);
        assert_false(ROWS[i].is_report ? api_request_report(one, NULL, NULL, &request, &fault)
                                       : api_request_act(one, &target, &request, &fault));
        assert_string_equal(fault.pointer, ROWS[i].pointer);
    }
}

static void test_api_request_keys(void **state)
{
    (void)state;
    assert_true(api_is_key("3f0c-17:a.b"));
    assert_false(api_is_key(""));
    assert_false(api_is_key("a b"));
    assert_false(api_is_key("a\"b"));
    assert_false(api_is_key("0123456789012345678901234567890123456789012345678901234567890123456"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_request_act_on_an_order),
        cmocka_unit_test(test_api_request_act_on_a_case),
        cmocka_unit_test(test_api_request_report_bears_its_key_and_contact),
        cmocka_unit_test(test_api_request_report_by_class),
        cmocka_unit_test(test_api_request_poll_and_silence),
        cmocka_unit_test(test_api_request_rating),
        cmocka_unit_test(test_api_request_blob),
        cmocka_unit_test(test_api_request_faults_are_pointed_at),
        cmocka_unit_test(test_api_request_keys)};
    return cmocka_run_group_tests_name("shell/api_request", tests, NULL, NULL);
}
