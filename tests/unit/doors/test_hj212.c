/* test_hj212.c: frames of HJ 212-2017 in any pieces, damaged in any way; what they say; the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/core/base.h"
#include "engine/doors/hj212.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The frame printed in the standard. */
static const char STANDARD[] =
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    "CP=&&RtdInterval=30&&1C80\r\n";

static const char UPLOAD[] =
    "QN=20260303082000123;ST=22;CN=2011;PW=123456;MN=S1;Flag=5;CP=&&DataTime=20260303082000;"
    "a34002-Rtd=0.15,a34002-Flag=N;a34004-Rtd=0.08,a34004-Flag=N&&";

static size_t frame_of(const char *data, char *out)
{
    const size_t size = strlen(data);
    return (size_t)sprintf(out, "##%04zu%s%04X\r\n", size, data, hj212_crc(data, size));
}

static struct hj212_reader *reader_new(void)
{
    struct hj212_reader *reader = calloc(1, sizeof *reader);
    assert_non_null(reader);
    return reader;
}

static void test_hj212_frame_of_the_standard(void **state)
{
    size_t size = 0;
    struct hj212_head head;
    json_t *record = NULL;
    char why[HJ212_WHY_SIZE];
    (void)state;
    struct hj212_reader *reader = reader_new();
    assert_int_equal(hj212_feed(reader, STANDARD, sizeof STANDARD - 1), sizeof STANDARD - 1);
    const char *data = hj212_next(reader, &size);
    assert_non_null(data);
    assert_int_equal(size, 101);
    assert_int_equal(hj212_crc(data, size), 0x1c80);
    assert_true(hj212_parse(data, size, &head, &record, why));
    assert_string_equal(head.mn, "010000A8900016F000169DC0");
    assert_int_equal(head.command, 1062);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(record, "CP"), "RtdInterval")), "30");
    assert_string_equal(json_string_value(json_object_get(record, "at")), "20160801085857223");
    json_decref(record);
    assert_null(hj212_next(reader, &size));
    free(reader);
}

static void test_hj212_byte_by_byte(void **state)
{
    char frames[3 * HJ212_ANSWER_SIZE];
    size_t whole = frame_of(UPLOAD, frames), size = 0;
    uint32_t count = 0;
    (void)state;
    whole += frame_of(UPLOAD, frames + whole);
    struct hj212_reader *reader = reader_new();
    for (size_t i = 0; i < whole; i++) {
        assert_int_equal(hj212_feed(reader, frames + i, 1), 1);
        const char *data = hj212_next(reader, &size);
        if (data != NULL) {
            assert_memory_equal(data, UPLOAD, size);
            count++;
        }
    }
    assert_int_equal(count, 2);
    assert_int_equal(reader->skipped, 0);
    free(reader);
}

static void test_hj212_bad_frames_do_not_cost_the_good_behind(void **state)
{
    char good[HJ212_ANSWER_SIZE], bytes[4096];
    const size_t good_size = frame_of(UPLOAD, good);
    size_t size = 0;
    (void)state;
    static const char *const BAD[] = {
        "noise",
        "#",
        "##",
        "##00",
        "##12x4garbage",
        "##0005abcdeFFFF\r\n",
        "##0005abcde0000XX",
        "####",
        "##0005abcdeGGGG\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct hj212_reader *reader = reader_new();
        const int bad_size = snprintf(bytes, sizeof bytes, "%s%s", BAD[i], good);
        (void)hj212_feed(reader, bytes, (size_t)bad_size);
        const char *data = hj212_next(reader, &size);
        if (data == NULL) {
            fail_msg("lost behind \"%s\"", BAD[i]);
        }
        assert_memory_equal(data, UPLOAD, size);
        assert_true(good_size > size);
        free(reader);
    }
}

static void test_hj212_giant_length_is_bounded(void **state)
{
    size_t size = 0;
    char bytes[HJ212_FRAME_MAX * 2], good[HJ212_ANSWER_SIZE];
    (void)state;
    struct hj212_reader *reader = reader_new();
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "##9999", 6);
    size_t fed = 0;
    while (fed < sizeof bytes) {
        const size_t taken = hj212_feed(reader, bytes + fed, sizeof bytes - fed);
        assert_true(taken > 0); /* never stuck on a full buffer */
        fed += taken;
        assert_null(hj212_next(reader, &size));
    }
    const size_t good_size = frame_of(UPLOAD, good);
    (void)hj212_feed(reader, good, good_size);
    assert_non_null(hj212_next(reader, &size));
    free(reader);
}

static void test_hj212_factors_and_packets(void **state)
{
    struct hj212_head head;
    json_t *record = NULL;
    char why[HJ212_WHY_SIZE];
    static const char DATA[] =
        "QN=20260303082000123;ST=32;CN=2051;PW=123456;MN=S1;Flag=7;PNUM=3;PNO=2;CP=&&DataTime="
        "20260303081000;w01018-Cou=1,w01018-Min=10.5,w01018-Avg=11,w01018-Max=12,w01018-Flag=N&&";
    (void)state;
    assert_true(hj212_parse(DATA, sizeof DATA - 1, &head, &record, why));
    assert_int_equal(head.packet_count, 3);
    assert_int_equal(head.packet, 2);
    assert_int_equal(head.flag, 7);
    assert_string_equal(json_string_value(json_object_get(record, "PNO")), "2");
    assert_string_equal(json_string_value(json_object_get(record, "at")), "20260303081000");
    const json_t *factor = json_object_get(json_object_get(record, "factors"), "w01018");
    assert_string_equal(json_string_value(json_object_get(factor, "Avg")), "11");
    assert_int_equal(json_object_size(factor), 5);
    json_decref(record);
}

static void test_hj212_answers(void **state)
{
    struct hj212_head head;
    json_t *record = NULL;
    char why[HJ212_WHY_SIZE], answer[HJ212_ANSWER_SIZE];
    size_t size = 0;
    (void)state;
    assert_true(hj212_parse(UPLOAD, sizeof UPLOAD - 1, &head, &record, why));
    json_decref(record);
    assert_int_equal(hj212_answer_to(&head), HJ212_DATA_TAKEN);
    struct hj212_reader *reader = reader_new();
    (void)hj212_feed(reader, answer, hj212_answer(&head, HJ212_DATA_TAKEN, answer));
    const char *data = hj212_next(reader, &size);
    assert_non_null(data);
    assert_string_equal(data, "QN=20260303082000123;ST=91;CN=9014;PW=123456;MN=S1;Flag=4;CP=&&&&");
    free(reader);
    head.flag = 4;
    assert_int_equal(hj212_answer_to(&head), 0);
    head.flag = 5;
    head.command = HJ212_TIME_ASKED;
    assert_int_equal(hj212_answer_to(&head), HJ212_NOTICE_TAKEN);
    head.command = 9011;
    assert_int_equal(hj212_answer_to(&head), 0);
}

static void test_hj212_wrong_data_is_told(void **state)
{
    static const struct {
        const char *data, *part;
    } ROWS[] = {
        {"QN=1;CN=2011;MN=S1;Flag=5", "CP"},
        {"QN=1;CN=2011;MN=S1;Flag=5;CP=&&a-Rtd=1", "does not end"},
        {"QN=1;CN=2011;Flag=5;CP=&&&&", "MN"},
        {"QN=1;MN=S1;Flag=5;CP=&&&&", "CN"},
        {"CN=2011;MN=S1;CP=&&a-Rtd=\xff\xfe&&", "UTF-8"},
        {"CN=2011;MN=0123456789012345678901234567890123456789;CP=&&&&", "MN"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct hj212_head head;
        json_t *record = NULL;
        char why[HJ212_WHY_SIZE] = "";
        assert_false(hj212_parse(ROWS[i].data, strlen(ROWS[i].data), &head, &record, why));
        assert_non_null(strstr(why, ROWS[i].part));
    }
}

/* Flipped, cut and joined frames in random pieces: never a break, never a frame that was not sent. */
static void test_hj212_damage(void **state)
{
    char good[HJ212_ANSWER_SIZE], bytes[4 * HJ212_ANSWER_SIZE];
    const size_t good_size = frame_of(UPLOAD, good);
    uint32_t seed = 7;
    uint64_t frames = 0;
    (void)state;
    struct hj212_reader *reader = reader_new();
    for (uint32_t round = 0; round < 20000; round++) {
        seed = seed * 1664525u + 1013904223u;
        const uint32_t kind = (seed >> 16) % 4, at = (seed >> 8) % (uint32_t)good_size;
        size_t size = good_size, given = 0;
        memcpy(bytes, good, good_size);
        if (kind == 1) {
            bytes[at] = (char)(bytes[at] ^ (1 << (seed >> 29)));
        } else if (kind == 2) {
            size = at;
        } else if (kind == 3) {
            memcpy(bytes + 2, "9999", 4);
        }
        while (given < size) {
            const size_t piece = 1 + (seed >> (given % 7)) % 64;
            const size_t left = size - given;
            size_t data_size = 0;
            const size_t taken = hj212_feed(reader, bytes + given, piece < left ? piece : left);
            assert_true(taken > 0);
            given += taken;
            for (const char *data; (data = hj212_next(reader, &data_size)) != NULL;) {
                struct hj212_head head;
                json_t *record = NULL;
                char why[HJ212_WHY_SIZE];
                frames++;
                assert_int_equal(data_size, sizeof UPLOAD - 1);
                assert_memory_equal(data, UPLOAD, data_size);
                assert_true(hj212_parse(data, data_size, &head, &record, why));
                json_decref(record);
            }
        }
    }
    assert_true(frames > 3000);
    assert_int_equal(frames, reader->frames);
    free(reader);
}

/* The parser alone, on damage that a CRC would have caught. */
static void test_hj212_parse_damage(void **state)
{
    uint32_t seed = 9;
    (void)state;
    for (uint32_t round = 0; round < 20000; round++) {
        char bytes[sizeof UPLOAD];
        struct hj212_head head;
        json_t *record = NULL;
        char why[HJ212_WHY_SIZE];
        memcpy(bytes, UPLOAD, sizeof UPLOAD);
        seed = seed * 1664525u + 1013904223u;
        for (uint32_t i = 0; i < 1 + (seed >> 28); i++) {
            bytes[(seed >> i) % sizeof UPLOAD] = (char)(seed >> (i + 3));
        }
        if (hj212_parse(bytes, (seed >> 4) % sizeof UPLOAD, &head, &record, why)) {
            json_decref(record);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hj212_frame_of_the_standard),
        cmocka_unit_test(test_hj212_byte_by_byte),
        cmocka_unit_test(test_hj212_bad_frames_do_not_cost_the_good_behind),
        cmocka_unit_test(test_hj212_giant_length_is_bounded),
        cmocka_unit_test(test_hj212_factors_and_packets),
        cmocka_unit_test(test_hj212_answers),
        cmocka_unit_test(test_hj212_wrong_data_is_told),
        cmocka_unit_test(test_hj212_damage),
        cmocka_unit_test(test_hj212_parse_damage),
    };
    return cmocka_run_group_tests_name("doors/hj212", tests, NULL, NULL);
}
