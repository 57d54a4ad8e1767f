/* test_trace_file.c: traces read back what was written; odd lines are refused with their line; instants are exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/scratch.h"
#include "sim/trace_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scratch trace;

static int make_path(void **state)
{
    (void)state;
    return scratch_make_file(&trace, "trace") != ERR_OK;
}

static int remove_path(void **state)
{
    (void)state;
    scratch_remove(&trace);
    return 0;
}

static void write_lines(const char *text)
{
    FILE *file = fopen(trace.path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Reads to the first failure; the event read last is left in *event only as numbers. */
static enum err read_all(struct problems *problems, struct trace_event *event, int *out_line)
{
    struct trace_reader *reader;
    enum err err = trace_reader_open(trace.path, problems, &reader);
    assert_int_equal(err, ERR_OK);
    while ((err = trace_reader_next(reader, event)) == ERR_OK) {
    }
    *out_line = trace_reader_line(reader);
    trace_reader_close(reader);
    return err;
}

static void test_trace_round_trip(void **state)
{
    (void)state;
    struct trace_writer *writer;
    struct trace_reader *reader;
    struct problems *problems = problems_new();
    struct trace_event event = {.at_ms = INT64_C(1772497201001),
                                .delay_ms = 65001,
                                .offset_minutes = 480,
                                .source = "s",
                                .id = "1",
                                .type = "camera.x",
                                .device = "C-017",
                                .caller = "c",
                                .text = "满了 \"x\"",
                                .place = {1163334567, -400300001}};
    trace_event_add_number(&event, "confidence", 930001);
    trace_event_add_number(&event, "whole", 3 * MICRO);
    trace_event_add_number(&event, "below", -1);
    trace_event_add_flag(&event, "flag", true);
    trace_event_add_text(&event, "plate", "试A12345");
    event.truth = json_pack("{s:i}", "closed_ms", -5);
    assert_int_equal(trace_writer_open(trace.path, &writer), ERR_OK);
    trace_writer_add(writer, &event);
    assert_int_equal(trace_writer_close(writer), ERR_OK);
    json_decref(event.truth);

    struct trace_event back;
    assert_int_equal(trace_reader_open(trace.path, problems, &reader), ERR_OK);
    assert_int_equal(trace_reader_next(reader, &back), ERR_OK);
    assert_true(back.at_ms == event.at_ms);
    assert_true(back.delay_ms == 65001);
    assert_true(trace_event_as_fact(&back).at_ms == event.at_ms - 65001);
    assert_int_equal(back.offset_minutes, 480);
    assert_string_equal(back.device, "C-017");
    assert_string_equal(back.caller, "c");
    assert_string_equal(back.text, event.text);
    assert_int_equal(back.place.lon, event.place.lon);
    assert_int_equal(back.place.lat, event.place.lat);
    assert_int_equal(back.field_count, 5);
    assert_true(back.fields[0].number == 930001);
    assert_true(back.fields[1].number == 3 * MICRO);
    assert_true(back.fields[2].number == -1);
    assert_int_equal(back.fields[3].kind, FIELD_BOOL);
    assert_int_equal(back.fields[4].text_size, strlen("试A12345"));
    assert_int_equal(json_integer_value(json_object_get(back.truth, "closed_ms")), -5);
    assert_int_equal(trace_reader_next(reader, &back), ERR_NOT_FOUND);
    trace_reader_close(reader);
    assert_int_equal(problems_count(problems), 0);
    problems_free(problems);
}

#define GOOD "{\"at\":1000,\"source\":\"s\",\"id\":\"1\",\"type\":\"t\"}\n"

static void test_trace_odd_lines_are_refused_with_their_line(void **state)
{
    (void)state;
    static const char *const LINES[] = {
        "{\"at\":999,\"source\":\"s\",\"id\":\"1\",\"type\":\"t\"}"
        "\n",                                            /* back in time */
        "{\"at\":1000,\"source\":\"s\",\"id\":\"1\"}\n", /* no type */
        "{\"at\":1000,\"source\":\"s\",\"id\":\"1\",\"type\":\"t\","
        "\"x\":1}\n", /* unknown key */
        "{\"at\":1000,\"at\":1000,\"source\":\"s\",\"id\":\"1\","
        "\"type\":\"t\"}\n",
        "{\"at\":1000,\"source\":\"s\",\"id\":\"1\",\"type\":\"t\","
        "\"lon\":1}\n",
        "{\"at\":1000,\"source\":\"s\",\"id\":\"1\",\"type\":\"t\","
        "\"lon\":181,\"lat\":1}\n",
        "{\"at\":1000,\"source\":\"s\",\"id\":\"1\",\"type\":\"t\","
        "\"fields\":{\"a\":[]}}\n",
        "{\"at\":\"2026-02-29T00:00:00Z\",\"source\":\"s\",\"id\":"
        "\"1\",\"type\":\"t\"}\n",
        "{\"at\":1000,\"happened\":1001,\"source\":\"s\",\"id\":"
        "\"1\",\"type\":\"t\"}\n", /* after it */
        "[1]\n",
        "{\"at\":1000,\n"};
    for (size_t i = 0; i < COUNT_OF(LINES); i++) {
        char text[512];
        struct trace_event event;
        int line = 0;
        struct problems *problems = problems_new();
        (void)snprintf(text, sizeof text, GOOD "\n%s", LINES[i]);
        write_lines(text);
        assert_int_equal(read_all(problems, &event, &line), ERR_INPUT);
        assert_int_equal(line, 3);
        assert_int_equal(problems_error_count(problems), 1);
        problems_free(problems);
    }
}

static void test_trace_instants_are_exact(void **state)
{
    (void)state;
    int64_t ms;
    int32_t offset;
    assert_true(trace_parse_instant("2026-03-03T08:20:01.5+08:00", &ms, &offset));
    assert_true(ms == INT64_C(1772497201500));
    assert_int_equal(offset, 480);
    assert_string_equal(trace_format_instant(ms, offset).text, "2026-03-03T08:20:01.500+08:00");
    assert_string_equal(trace_format_instant(-1, 0).text, "1969-12-31T23:59:59.999Z");
    assert_true(trace_parse_instant("2000-02-29T23:59:59-05:30", &ms, &offset));
    assert_int_equal(offset, -330);
    assert_string_equal(trace_format_instant(ms, offset).text, "2000-02-29T23:59:59.000-05:30");
    assert_false(trace_parse_instant("1900-02-29T00:00:00Z", &ms, &offset));
    assert_false(trace_parse_instant("2026-03-03T24:00:00Z", &ms, &offset));
    assert_false(trace_parse_instant("2026-03-03T08:20:01", &ms, &offset));
    assert_false(trace_parse_instant("2026-03-03T08:20:01Zx", &ms, &offset));
}

static void test_trace_dates_go_there_and_back(void **state)
{
    (void)state;
    for (int64_t day = -200000; day < 200000; day += 37) {
        int64_t year;
        uint32_t month, day_of_month;
        trace_date_of(day, &year, &month, &day_of_month);
        assert_true(trace_day_of(year, month, day_of_month) == day);
    }
    assert_true(trace_day_of(1970, 1, 1) == 0);
    assert_true(trace_day_of(2000, 3, 1) == 11017);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace_round_trip),
        cmocka_unit_test(test_trace_odd_lines_are_refused_with_their_line),
        cmocka_unit_test(test_trace_instants_are_exact),
        cmocka_unit_test(test_trace_dates_go_there_and_back),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_trace_file", tests, make_path,
                                       remove_path);
}
