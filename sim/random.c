/* random.c: xoshiro256** and the draws made from it. */
#include "sim/random.h"

#include "engine/core/base.h"

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

void random_init(struct random *random, uint64_t seed, const char *stream)
{
    /* FNV-1a of the name: any two streams of one seed start far apart. */
    uint64_t name = UINT64_C(0xcbf29ce484222325);
    for (const char *c = stream; *c != '\0'; c++) {
        name = (name ^ (uint64_t)(unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    uint64_t x = mix64(seed) ^ name;
    for (int i = 0; i < 4; i++) {
        x += UINT64_C(0x9e3779b97f4a7c15);
        random->state[i] = mix64(x);
    }
    must((random->state[0] | random->state[1] | random->state[2] | random->state[3]) != 0);
}

uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    must(bound > 0);
    /* Draws under 2^64 mod bound would make the low results likelier; they are drawn again. */
    const uint64_t threshold = (0 - bound) % bound;
    uint64_t x;
    do {
        x = random_next(random);
    } while (x < threshold);
    return x % bound;
}

int64_t random_between(struct random *random, int64_t low, int64_t high)
{
    must(low <= high);
    must(high - low < INT64_MAX);
    return low + (int64_t)random_below(random, (uint64_t)(high - low) + 1);
}

bool random_chance(struct random *random, uint32_t per_mille)
{
    return random_below(random, 1000) < per_mille;
}

int64_t random_wait(struct random *random, int64_t mean)
{
    must(mean >= 0);
    must(mean < (INT64_C(1) << 46));
    /* A run u0 > u1 > ... > un that ends at odd length yields u0 as the fraction; an even one adds one
     * to the whole part and starts again. P(fraction < x) is then 1 - exp(-x) within each unit. */
    for (int64_t whole = 0;; whole++) {
        const uint64_t first = random_next(random) >> 32;
        uint64_t previous = first;
        uint32_t length = 1;
        for (;;) {
            const uint64_t next = random_next(random) >> 32;
            if (next >= previous) {
                break;
            }
            previous = next;
            length++;
        }
        if (length % 2 == 1) {
            /* whole x mean cannot overflow: whole beyond 64 has probability e^-64. */
            return whole * mean + mul_div(mean, (int64_t)first, INT64_C(1) << 32);
        }
    }
}
