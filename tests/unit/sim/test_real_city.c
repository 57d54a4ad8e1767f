/* test_real_city.c: what is known of the public records must come out of the importers, and the cities must load.
 * Skipped where ../shared/data is absent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/city/city_load.h"
#include "engine/core/policy.h"
#include "rules/compile.h"
#include "sim/real_city.h"
#include "sim/scratch.h"
#include "sim/trace_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA "../shared/data"

static struct scratch work;

static int make_work(void **state)
{
    (void)state;
    return scratch_make_directory(&work, "real") != ERR_OK;
}

static int remove_work(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

static bool data_is_absent(void)
{
    if (access(DATA "/incidents", R_OK) != 0) {
        print_message("# skipped: " DATA " is absent\n");
        return true;
    }
    return false;
}

static json_int_t fact(const json_t *facts, const char *key)
{
    const json_t *value = json_object_get(facts, key);
    assert_non_null(value);
    return json_integer_value(value);
}

static void check_city(const char *path, uint32_t cells, uint32_t persons, uint32_t types)
{
    struct problems *problems = problems_new();
    struct city city;
    struct policy policy;
    void *bytes = NULL;
    void *rules = NULL;
    size_t size = 0;
    char rules_path[600];
    enum err err = city_load(path, problems, &bytes, &size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(city_open(bytes, size, &city), ERR_OK);
    assert_int_equal(city.cell_count, cells);
    assert_int_equal(city.person_count, persons);
    assert_true(city.class_count >= types);
    (void)snprintf(rules_path, sizeof rules_path, "%s/rules", path);
    err = rules_compile(rules_path, &city, problems, &rules, &size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(policy_open(rules, size, &city, &policy), ERR_OK);
    assert_int_equal(policy.type_count, types);
    free(rules);
    free(bytes);
    problems_free(problems);
}

static int compare_ms(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Over all units that arrived. */
static int64_t median_received_to_scene_ms(const char *trace)
{
    static int64_t values[16384];
    size_t count = 0;
    struct trace_reader *reader;
    struct trace_event event;
    struct problems *problems = problems_new();
    assert_int_equal(trace_reader_open(trace, problems, &reader), ERR_OK);
    while (trace_reader_next(reader, &event) == ERR_OK) {
        const json_t *units = json_object_get(event.truth, "units");
        for (size_t i = 0; i < json_array_size(units); i++) {
            const json_t *on_scene = json_object_get(json_array_get(units, i), "on_scene_ms");
            if (on_scene != NULL) {
                assert_true(count < COUNT_OF(values));
                values[count++] = json_integer_value(on_scene);
            }
        }
    }
    trace_reader_close(reader);
    assert_int_equal(problems_count(problems), 0);
    problems_free(problems);
    assert_true(count > 0);
    qsort(values, count, sizeof values[0], compare_ms);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void test_real_sf_truths_come_out(void **state)
{
    (void)state;
    if (data_is_absent()) {
        return;
    }
    char path[SCRATCH_PATH_SIZE + 8];
    char trace[SCRATCH_PATH_SIZE + 32];
    json_t *facts = NULL;
    struct problems *problems = problems_new();
    (void)snprintf(path, sizeof path, "%s/sf", work.path);
    (void)snprintf(trace, sizeof trace, "%s/trace.ndjson", path);
    const enum err err = real_import_sf(DATA, path, problems, &facts);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(fact(facts, "incidents"), 3560);
    assert_int_equal(fact(facts, "unit_responses"), 7704);
    assert_int_equal(fact(facts, "units"), 178);
    assert_int_equal(fact(facts, "stations"), 42);
    assert_int_equal(fact(facts, "cells"), 299);
    const double all = json_real_value(json_object_get(facts, "units_per_incident"));
    assert_true(all > 2.155 && all < 2.165);
    /* The rules send as many units as were sent in the days they were fitted on. */
    const double train = json_real_value(json_object_get(facts, "units_per_incident_train"));
    const double rules = json_real_value(json_object_get(facts, "units_per_incident_rules"));
    assert_true(rules > train * 0.99 && rules < train * 1.01);
    assert_true(median_received_to_scene_ms(trace) == 442 * SECOND_MS);
    check_city(path, 299, 178 + 5, 18);
    json_decref(facts);
    problems_free(problems);
}

static void test_real_ny_truths_come_out(void **state)
{
    (void)state;
    if (data_is_absent()) {
        return;
    }
    char path[SCRATCH_PATH_SIZE + 8];
    json_t *facts = NULL;
    struct problems *problems = problems_new();
    (void)snprintf(path, sizeof path, "%s/ny", work.path);
    const enum err err = real_import_ny(DATA, path, problems, &facts);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(fact(facts, "events"), 2386);
    assert_int_equal(fact(facts, "complaint_types"), 78);
    assert_int_equal(fact(facts, "complaint_types_of_two_agencies"), 0);
    assert_int_equal(fact(facts, "with_place"), 2304);
    assert_int_equal(fact(facts, "no_coordinates"), 82);
    assert_int_equal(fact(facts, "closed_before_created"), 1);
    assert_int_equal(fact(facts, "due_and_closed"), 419);
    assert_int_equal(fact(facts, "in_time"), 373); /* 89.02 % */
    /* One request at -73.8400, 40.9006 lies 4.7 m outside the Bronx: places are rounded to four decimals. */
    assert_int_equal(fact(facts, "with_place_in_no_borough"), 1);
    check_city(path, 5, 14 + 3, 78);
    json_decref(facts);
    problems_free(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_sf_truths_come_out),
        cmocka_unit_test(test_real_ny_truths_come_out),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_real_city", tests, make_work,
                                       remove_work);
}
