/* bench_city.c: see bench_city.h. */
#include "sim/bench/bench_city.h"

#include "engine/city/city_load.h"
#include "rules/compile.h"

#include <stdio.h>
#include <stdlib.h>

static enum err load(struct bench_city *city, struct problems *problems)
{
    char rules[320];
    enum err err = city_load(city->path, problems, &city->city_bytes, &city->city_size);
    if (err == ERR_OK) {
        err = city_open(city->city_bytes, city->city_size, &city->city);
    }
    if (err == ERR_OK) {
        (void)snprintf(rules, sizeof rules, "%s/rules", city->path);
        err = rules_compile(rules, &city->city, problems, &city->policy_bytes, &city->policy_size);
    }
    if (err == ERR_OK) {
        err = policy_open(city->policy_bytes, city->policy_size, &city->city, &city->policy);
    }
    return err;
}

enum err bench_city_new(uint64_t seed, enum city_size size, struct bench_city **out_city)
{
    struct city_demo_result result;
    struct problems *problems = problems_new();
    struct bench_city *city = calloc(1, sizeof *city);
    if (problems == NULL || city == NULL) {
        problems_free(problems);
        free(city);
        return ERR_MEMORY;
    }
    enum err err = scratch_make_directory(&city->directory, "bench");
    if (err == ERR_OK) {
        (void)snprintf(city->path, sizeof city->path, "%s/city", city->directory.path);
        err = city_demo_write(city->path, seed, size, &result);
    }
    if (err == ERR_OK) {
        err = load(city, problems);
    }
    if (err != ERR_OK) {
        problems_print(problems, stderr);
        bench_city_free(city);
        city = NULL;
    }
    problems_free(problems);
    *out_city = city;
    return err;
}

void bench_city_free(struct bench_city *city)
{
    if (city == NULL) {
        return;
    }
    scratch_remove(&city->directory);
    free(city->city_bytes);
    free(city->policy_bytes);
    free(city);
}
