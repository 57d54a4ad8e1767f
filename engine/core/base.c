/* base.c: integer arithmetic that must be exact on every compiler.
 *
 * No 128-bit type and no float: products are kept in two 64-bit halves. */
#include "engine/core/base.h"

/* |x| as unsigned, INT64_MIN included. */
static uint64_t magnitude(int64_t x)
{
    return x < 0 ? UINT64_C(0) - (uint64_t)x : (uint64_t)x;
}

/* The 128-bit product of a and b, schoolbook on 32-bit halves. */
static void multiply_wide(uint64_t a, uint64_t b, uint64_t *out_high, uint64_t *out_low)
{
    uint64_t a_low = a & UINT32_MAX;
    uint64_t a_high = a >> 32;
    uint64_t b_low = b & UINT32_MAX;
    uint64_t b_high = b >> 32;
    uint64_t low = a_low * b_low;
    uint64_t cross = a_high * b_low + (low >> 32);
    uint64_t middle = a_low * b_high + (cross & UINT32_MAX);
    *out_low = (middle << 32) | (low & UINT32_MAX);
    *out_high = a_high * b_high + (cross >> 32) + (middle >> 32);
}

/* (high, low) / divisor where high < divisor, so the quotient fits: shift and subtract, bit by bit. */
static uint64_t divide_wide(uint64_t high, uint64_t low, uint64_t divisor)
{
    must(high < divisor);
    must(divisor <= (uint64_t)INT64_MAX);
    uint64_t rest = high;
    uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; bit--) {
        rest = (rest << 1) | ((low >> bit) & 1u); /* below 2^64: divisor is an int64 */
        quotient <<= 1;
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= 1u;
        }
    }
    must(rest < divisor);
    return quotient;
}

int64_t mul_div(int64_t a, int64_t b, int64_t c)
{
    must(c > 0);
    bool is_negative = (a < 0) != (b < 0);
    uint64_t high;
    uint64_t low;
    multiply_wide(magnitude(a), magnitude(b), &high, &low);
    uint64_t quotient;
    if (high == 0) {
        quotient = low / (uint64_t)c;
    } else if (high < (uint64_t)c) {
        quotient = divide_wide(high, low, (uint64_t)c);
    } else {
        quotient = UINT64_MAX;
    }
    if (!is_negative) {
        return quotient > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)quotient;
    }
    if (quotient > (uint64_t)INT64_MAX) {
        return INT64_MIN; /* exact when the quotient is 2^63, clamped above */
    }
    return -(int64_t)quotient;
}

int64_t div_floor(int64_t a, int64_t c)
{
    must(c > 0);
    int64_t quotient = a / c;
    return a % c < 0 ? quotient - 1 : quotient;
}

int64_t mod_floor(int64_t a, int64_t c)
{
    must(c > 0);
    int64_t rest = a % c;
    return rest < 0 ? rest + c : rest;
}

/* The root of what begins with these seven bits, 32 to 127, in sixteenths and rounded up: ceil(16 sqrt(bits + 1)). */
/* clang-format off */
static const uint8_t ROOTS[96] = {
    92, 94, 95, 96, 98, 99, 100, 102, 103, 104, 105, 107, 108, 109, 110, 111,
    112, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128,
    129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144,
    144, 145, 146, 147, 148, 149, 150, 151, 151, 152, 153, 154, 155, 156, 156, 157,
    158, 159, 160, 160, 161, 162, 163, 164, 164, 165, 166, 167, 168, 168, 169, 170,
    171, 171, 172, 173, 174, 174, 175, 176, 176, 177, 178, 179, 179, 180, 181, 182,
};
/* clang-format on */

/* Newton from above: the first guess is not less than the root and at most a fiftieth more, every step comes nearer, and
 * the first step that does not has the root rounded down. Two or three divisions for what is less than 100 km. */
uint64_t isqrt_u64(uint64_t x)
{
    if (x < 2) {
        return x;
    }
    const uint32_t bits = 64u - (uint32_t)__builtin_clzll(x);
    /* An even shift, so that the root is shifted by half of it. */
    const uint32_t shift = bits > 7 ? (bits - 6) & ~1u : 0;
    const uint64_t top = x >> shift;
    uint64_t root = top < 32 ? top : (((uint64_t)ROOTS[top - 32] << (shift / 2)) + 15) / 16;
    for (;;) {
        const uint64_t next = (root + x / root) / 2;
        if (next >= root) {
            return root;
        }
        root = next;
    }
}
