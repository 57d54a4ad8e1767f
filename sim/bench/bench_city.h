/* bench_city.h: a synthetic city in a directory of its own, loaded and compiled, for one measurement.
 *
 * Owner   bench_city_new / bench_city_free; free removes the directory
 * Errors  ERR_IO, ERR_MEMORY; ERR_INPUT after printing what the loaders found */
#ifndef SIM_BENCH_BENCH_CITY_H
#define SIM_BENCH_BENCH_CITY_H

#include "engine/city/problems.h"
#include "engine/core/policy.h"
#include "sim/city_demo.h"
#include "sim/scratch.h"

struct bench_city {
    struct scratch directory; /* holds city/ and what the measurement adds */
    char path[300];           /* of the city */
    void *city_bytes, *policy_bytes;
    size_t city_size, policy_size;
    struct city city;
    struct policy policy; /* of city/rules */
};

enum err bench_city_new(uint64_t seed, enum city_size size,
                        struct bench_city **out_city) WARN_UNUSED;
void bench_city_free(struct bench_city *city); /* NULL is fine */

#endif
