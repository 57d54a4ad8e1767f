/* test_city_demo.c: the synthetic city is the same for a seed, loads without a word, and its rules compile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/city/city_load.h"
#include "engine/core/distance.h"
#include "engine/core/policy.h"
#include "rules/compile.h"
#include "sim/city_demo.h"
#include "sim/scratch.h"
#include "sim/trace_generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static struct scratch work;

static int make_work(void **state)
{
    (void)state;
    return scratch_make_directory(&work, "city") != ERR_OK;
}

static int remove_work(void **state)
{
    (void)state;
    scratch_remove(&work);
    return 0;
}

static uint64_t digest_of_file(const char *directory, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static char bytes[1 << 22];
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_true(size > 0 && size < sizeof bytes);
    (void)fclose(file);
    return XXH3_64bits(bytes, size);
}

static const char *demo(const char *name, uint64_t seed, enum city_size size,
                        struct city_demo_result *result)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", work.path, name);
    assert_int_equal(city_demo_write(path, seed, size, result), ERR_OK);
    return path;
}

static void test_city_demo_same_seed_same_bytes(void **state)
{
    (void)state;
    static const char *const FILES[] = {"workers.csv",
                                        "devices.csv",
                                        "assets.csv",
                                        "cells.geojson",
                                        "posts.csv",
                                        "city.yaml",
                                        "areas/no_parking.geojson"};
    struct city_demo_result result;
    uint64_t digests[COUNT_OF(FILES)];
    const char *path = demo("same-a", 7, CITY_SMALL, &result);
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        digests[i] = digest_of_file(path, FILES[i]);
    }
    path = demo("same-b", 7, CITY_SMALL, &result);
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        assert_true(digests[i] == digest_of_file(path, FILES[i]));
    }
    path = demo("other", 8, CITY_SMALL, &result);
    assert_true(digests[0] != digest_of_file(path, "workers.csv"));
}

/* The image of a directory; its problems are printed. */
static void *load(const char *path, struct city *city, struct problems *problems)
{
    void *bytes = NULL;
    size_t size = 0;
    const enum err err = city_load(path, problems, &bytes, &size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(problems_count(problems), 0);
    assert_int_equal(city_open(bytes, size, city), ERR_OK);
    return bytes;
}

static void check_size(enum city_size size, const char *name, uint32_t cells, uint32_t workers)
{
    struct city_demo_result result;
    struct city city;
    struct policy policy;
    void *rules = NULL;
    size_t rules_size = 0;
    char rules_path[600];
    const char *path = demo(name, 3, size, &result);
    struct problems *problems = problems_new();
    void *bytes = load(path, &city, problems);
    assert_int_equal(city.cell_count, cells);
    assert_int_equal(result.field_workers, workers);
    assert_int_equal(city.department_count, 7);
    assert_int_equal(city.post_count, 20);
    (void)snprintf(rules_path, sizeof rules_path, "%s/rules", path);
    const enum err err = rules_compile(rules_path, &city, problems, &rules, &rules_size);
    problems_print(problems, stderr);
    assert_int_equal(err, ERR_OK);
    assert_int_equal(policy_open(rules, rules_size, &city, &policy), ERR_OK);
    assert_true(policy.rule_count >= 20);
    free(rules);
    free(bytes);
    problems_free(problems);
}

static void test_city_demo_small_loads_and_its_rules_compile(void **state)
{
    (void)state;
    check_size(CITY_SMALL, "small", 24, 56);
}

static void test_city_demo_medium_loads_and_its_rules_compile(void **state)
{
    (void)state;
    check_size(CITY_MEDIUM, "medium", 200, 1560);
}

static void test_city_demo_large_has_its_numbers(void **state)
{
    (void)state;
    struct city_demo_result result;
    (void)demo("large", 3, CITY_LARGE, &result);
    assert_int_equal(result.cells, 1000);
    assert_int_equal(result.field_workers, 10240);
    assert_int_equal(result.devices, 100012);
}

static uint32_t find_person(const struct city *city, const char *id)
{
    for (uint32_t i = 0; i < city->person_count; i++) {
        const struct image_string string = city->persons[i].id;
        if (string.size == strlen(id) && memcmp(city_text(city, string), id, string.size) == 0) {
            return i;
        }
    }
    return NONE32;
}

/* Who is asked first about the bin that C-017 watches is a matter of distance, load and shift. */
static void test_city_demo_story_persons_stand_where_told(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int64_t metres;
    } STORY[] = {{"wang.fang", 420}, {"li.qiang", 180}, {"chen.jing", 260}};
    struct city_demo_result result;
    struct city city;
    struct problems *problems = problems_new();
    void *bytes = load(demo("story", 7, CITY_SMALL, &result), &city, problems);
    uint32_t device = 0;
    while (device < city.device_count &&
           memcmp(city_text(&city, city.devices[device].id), "C-017", 5) != 0) {
        device++;
    }
    assert_true(device < city.device_count);
    const struct city_asset *bin = &city.assets[city.devices[device].asset];
    for (size_t i = 0; i < COUNT_OF(STORY); i++) {
        const uint32_t row = find_person(&city, STORY[i].id);
        assert_true(row != NONE32);
        const struct city_person *person = &city.persons[row];
        const int64_t cm = distance_cm((struct place){person->lon, person->lat},
                                       (struct place){bin->lon, bin->lat});
        assert_in_range(cm, (STORY[i].metres - 5) * 100, (STORY[i].metres + 5) * 100);
        bool covers = false;
        const struct image_range cell_persons = city.cells[bin->cell].persons;
        for (uint32_t p = 0; p < cell_persons.count; p++) {
            covers = covers || city.cell_persons[cell_persons.first + p] == row;
        }
        assert_true(covers);
    }
    assert_true(find_person(&city, "zhao.min") != NONE32);
    assert_true(find_person(&city, "sun.wei") != NONE32);
    free(bytes);
    problems_free(problems);
}

static void test_trace_generate_same_seed_same_bytes(void **state)
{
    (void)state;
    struct city_demo_result result;
    struct trace_generated counts = {0};
    struct city city;
    struct problems *problems = problems_new();
    void *bytes = load(demo("trace", 7, CITY_SMALL, &result), &city, problems);
    struct trace_demand demand = trace_demand_default();
    char path[512];
    uint64_t digests[3];
    for (int i = 0; i < 3; i++) {
        demand.seed = i == 2 ? 6 : 5;
        (void)snprintf(path, sizeof path, "%s/day-%d.ndjson", work.path, i);
        assert_int_equal(trace_generate(&city, &demand, path, &counts), ERR_OK);
        digests[i] = digest_of_file(work.path, strrchr(path, '/') + 1);
        assert_in_range(counts.incidents, 280, 480); /* 480 wanted; a quarter is faint or false */
    }
    assert_true(digests[0] == digests[1]);
    assert_true(digests[0] != digests[2]);
    free(bytes);
    problems_free(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_city_demo_same_seed_same_bytes),
        cmocka_unit_test(test_city_demo_small_loads_and_its_rules_compile),
        cmocka_unit_test(test_city_demo_medium_loads_and_its_rules_compile),
        cmocka_unit_test(test_city_demo_large_has_its_numbers),
        cmocka_unit_test(test_city_demo_story_persons_stand_where_told),
        cmocka_unit_test(test_trace_generate_same_seed_same_bytes),
    };
    return cmocka_run_group_tests_name("tests/unit/sim/test_city_demo", tests, make_work,
                                       remove_work);
}
