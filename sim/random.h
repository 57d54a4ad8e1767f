/* random.h: seeded random numbers for everything that invents data.
 *
 * Same seed and stream, same numbers, on every machine and compiler: integers only, no libc, no libm.
 * xoshiro256** (Blackman, Vigna 2018) seeded by splitmix64. One stream per purpose, so that adding a draw
 * in one file does not change another.
 *
 * Owner   the caller; init needs no fini */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* stream names the purpose: "workers", "trace.arrivals". */
void random_init(struct random *random, uint64_t seed, const char *stream);

uint64_t random_next(struct random *random);

/* 0 .. bound-1 without bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

/* low .. high, both included; low <= high. */
int64_t random_between(struct random *random, int64_t low, int64_t high);

/* True in per_mille of 1,000 draws. */
bool random_chance(struct random *random, uint32_t per_mille);

/* Exponentially distributed with the given mean, rounded down: the wait until the next of independent
 * arrivals. mean >= 0 and below 2^46. Von Neumann's method (1951): comparisons of uniform numbers only,
 * so that no libm decides. */
int64_t random_wait(struct random *random, int64_t mean);

#endif
