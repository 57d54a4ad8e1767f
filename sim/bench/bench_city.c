/* bench_city.c: see bench_city.h. */
#include "sim/bench/bench_city.h"

#include "engine/city/city_load.h"
#include "rules/compile.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err bench_directory_make(char *out_path, size_t size)
{
    const char *base = getenv("TMPDIR");
    const int length = snprintf(out_path, size, "%s/gridloop-bench-XXXXXX",
                                base == NULL || base[0] == '\0' ? "/tmp" : base);
    must(length > 0 && (size_t)length < size);
    return mkdtemp(out_path) == NULL ? ERR_IO : ERR_OK;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    (void)remove(path);
    return 0;
}

void bench_directory_remove(const char *path)
{
    must(strstr(path, "gridloop-bench-") != NULL); /* never a directory that we did not make */
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

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
    enum err err = bench_directory_make(city->directory, sizeof city->directory);
    if (err == ERR_OK) {
        (void)snprintf(city->path, sizeof city->path, "%s/city", city->directory);
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
    if (city->directory[0] != '\0') {
        bench_directory_remove(city->directory);
    }
    free(city->city_bytes);
    free(city->policy_bytes);
    free(city);
}
