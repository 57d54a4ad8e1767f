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

/* Newton from above: the first guess is a power of two that is not less than the root, every step comes nearer, and the
 * first step that does not has the root rounded down. About five divisions. */
uint64_t isqrt_u64(uint64_t x)
{
    if (x < 2) {
        return x;
    }
    const uint32_t bits = 64u - (uint32_t)__builtin_clzll(x);
    uint64_t root = UINT64_C(1) << ((bits + 1) / 2);
    for (;;) {
        const uint64_t next = (root + x / root) / 2;
        if (next >= root) {
            return root;
        }
        root = next;
    }
}
