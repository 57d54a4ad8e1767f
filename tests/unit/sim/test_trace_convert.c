/* test_trace_convert.c: CSV rows become events; errors have line and column; odd rows are flagged and kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/scratch.h"
#include "sim/trace_convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static struct scratch work;
static char csv_path[SCRATCH_PATH_SIZE + 16], out_path[SCRATCH_PATH_SIZE + 16];

static int make_work(void **state)
{
    (void)state;
    if (scratch_make_directory(&work, "convert") != ERR_OK) {
        return -1;
    }
    (void)snprintf(csv_path, sizeof csv_path, "%s/in.csv.gz", work.path);
    (void)snprintf(out_path, sizeof out_path, "%s/out.ndjson", work.path);
    return 0;
}

static int remove_work(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

#define NY_HEADER                                                                                  \
    "unique_key,created_date,closed_date,agency,complaint_type,descriptor,location_type,incident_" \
    "zip,"                                                                                         \
    "status,due_date,community_board,borough,latitude,longitude\n"

struct outcome {
    enum err err;
    char *problems; /* JSON */
    struct trace_converted counts;
    json_t *events;
};

static struct outcome convert(const char *map, const char *text, bool is_gzip)
{
    struct outcome outcome = {.events = json_array()};
    gzFile file = gzopen(csv_path, is_gzip ? "wb" : "wbT");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    (void)remove(out_path);
    struct pool pool;
    pool_init(&pool);
    struct problems *problems = problems_new();
    outcome.err = trace_convert(map, csv_path, out_path, &pool, problems, &outcome.counts);
    outcome.problems = problems_to_json(problems);
    FILE *out = fopen(out_path, "rb");
    char line[8192];
    while (out != NULL && fgets(line, sizeof line, out) != NULL) {
        json_t *event = json_loads(line, 0, NULL);
        assert_non_null(event);
        (void)json_array_append_new(outcome.events, event);
    }
    if (out != NULL) {
        (void)fclose(out);
    }
    problems_free(problems);
    pool_fini(&pool);
    return outcome;
}

static void done(struct outcome *outcome)
{
    free(outcome->problems);
    json_decref(outcome->events);
}

static void test_convert_flags_odd_rows_and_keeps_them(void **state)
{
    (void)state;
    struct outcome outcome = convert(
        "nyc311",
        NY_HEADER "2,12/25/2013 11:58:40 PM,,DOB,Elevator,Stuck,,10032,Open,,12 M,MANHATTAN,,\n"
                  "1,12/25/2013 12:00:00 AM,10/30/2013 12:00:00 AM,HPD,\"PAINT/PLASTER\",\"a, "
                  "\"\"b\"\"\",,1,Closed,"
                  "12/26/2013 12:00:00 AM,1 B,BRONX,40.5,-73.9\n",
        true);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.counts.events, 2);
    const json_t *first = json_array_get(outcome.events, 0);
    const json_t *truth = json_object_get(first, "truth");
    assert_string_equal(json_string_value(json_object_get(first, "id")), "1");
    assert_string_equal(json_string_value(json_object_get(first, "type")),
                        "nyc311.hpd.paint_or_plaster");
    assert_string_equal(json_string_value(json_object_get(first, "at")),
                        "2013-12-25T00:00:00.000-05:00");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(first, "fields"), "descriptor")),
        "a, \"b\"");
    /* 56 days and the hour of summer time: 30 October was still EDT. */
    assert_true(json_integer_value(json_object_get(truth, "closed_ms")) ==
                -(56 * DAY_MS + HOUR_MS));
    assert_true(json_integer_value(json_object_get(truth, "due_ms")) == DAY_MS);
    assert_int_equal(json_array_size(json_object_get(truth, "flags")), 3);
    const json_t *second = json_array_get(outcome.events, 1);
    assert_null(json_object_get(second, "lon"));
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(json_object_get(second, "truth"), "flags"), 0)),
                        "no_coordinates");
    assert_int_equal(outcome.counts.flag_counts[0], 1); /* closed_before_created */
    assert_int_equal(outcome.counts.flag_counts[MAP_FLAGS_MAX], 1);
    done(&outcome);
}

static void test_convert_lists_errors_with_line_and_column_and_writes_nothing(void **state)
{
    (void)state;
    struct outcome outcome =
        convert("nyc311",
                NY_HEADER "1,12/25/2013 11:58:40 PM,,DOB,Elevator,x,,1,Open,,1,M,40.5,-73.9\n"
                          "2,13/25/2013 11:58:40 PM,,DOB,Elevator,x,,1,Open,,1,M,40.5,-73.9\n"
                          "3,03/10/2013 02:30:00 AM,,DOB,Elevator,x,,1,Open,,1,M,40.5,-73.9\n"
                          "4,12/25/2013 11:58:40 PM,,DOB,Elevator,x,,1,Open,,1,M,99.5,-73.9\n",
                false);
    assert_int_equal(outcome.err, ERR_INPUT);
    assert_int_equal(json_array_size(outcome.events), 0);
    assert_non_null(strstr(outcome.problems, "13/25/2013"));
    assert_non_null(strstr(outcome.problems, "the clocks went forward"));
    assert_non_null(strstr(outcome.problems, "is not a place"));
    json_t *list = json_loads(outcome.problems, 0, NULL);
    const json_t *first = json_array_get(list, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 3);
    assert_int_equal(json_integer_value(json_object_get(first, "column")), 3);
    json_decref(list);
    done(&outcome);
}

static void test_convert_refuses_what_is_not_csv(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } CASES[] = {{NY_HEADER "1,2\n", "the header has 14"},
                 {NY_HEADER "\"1,2\n", "ends inside a quoted cell"},
                 {NY_HEADER "a\"b,,,,,,,,,,,,,\n", "a quote inside a cell"},
                 {"", "empty"},
                 {"unique_key,created_dat\n1,2\n", "nearest: created_dat"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct outcome outcome = convert("nyc311", CASES[i].text, false);
        assert_int_equal(outcome.err, ERR_INPUT);
        assert_non_null(strstr(outcome.problems, CASES[i].words));
        done(&outcome);
    }
}

static void test_convert_groups_rows_and_orders_them(void **state)
{
    (void)state;
#define SF_ROW(unit, number, received, dispatch, sequence)                                         \
    "1," unit "," number ",Alarms,x,x," received ",x," dispatch                                    \
    ",,,,,Fire,,a,SF,9,B,39,8,3,3,2,true,A,1,"                                                     \
    "ENGINE," sequence ",8,7,Mission,\"(37.7, -122.4)\",r\n"
    struct outcome outcome = convert(
        "sffd",
        "Call Number,Unit ID,Incident Number,Call Type,Call Date,Watch Date,Received DtTm,Entry "
        "DtTm,Dispatch "
        "DtTm,Response DtTm,On Scene DtTm,Transport DtTm,Hospital DtTm,Call Final "
        "Disposition,Available "
        "DtTm,Address,City,Zipcode of Incident,Battalion,Station Area,Box,Original "
        "Priority,Priority,Final "
        "Priority,ALS Unit,Call Type Group,Number of Alarms,Unit Type,Unit sequence in call "
        "dispatch,Fire "
        "Prevention District,Supervisor District,Neighborhood  District,Location,RowID\n" SF_ROW(
            "E09", "7", "01/02/2017 12:00:00 AM", "01/02/2017 12:02:00 AM", "2")
            SF_ROW("E01", "7", "01/02/2017 12:00:00 AM", "01/02/2017 12:01:00 AM", "1")
                SF_ROW("E02", "3", "01/01/2017 11:00:00 PM", "01/01/2017 11:00:01 PM", "1"),
        true);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.counts.rows, 3);
    assert_int_equal(outcome.counts.events, 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(outcome.events, 0), "id")),
                        "3");
    const json_t *units =
        json_object_get(json_object_get(json_array_get(outcome.events, 1), "truth"), "units");
    assert_int_equal(json_array_size(units), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(units, 0), "id")), "E01");
    assert_true(json_integer_value(json_object_get(json_array_get(units, 1), "dispatch_ms")) ==
                120000);
    done(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convert_flags_odd_rows_and_keeps_them),
        cmocka_unit_test(test_convert_lists_errors_with_line_and_column_and_writes_nothing),
        cmocka_unit_test(test_convert_refuses_what_is_not_csv),
        cmocka_unit_test(test_convert_groups_rows_and_orders_them),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_trace_convert", tests, make_work,
                                       remove_work);
}
