/* base.h: the few words every core file needs: must(), hashes, checked sums, little-endian bytes.
 *
 * The core is compiled freestanding in spirit: no libc but memcpy, memmove, memset and memcmp, no
 * floats, no 128-bit integers (their helpers would be link-time symbols).
 *
 * Owner   nothing here holds state
 * Errors  a false must() is a bug; it calls the panic hook and does not return */
#ifndef ENGINE_CORE_BASE_H
#define ENGINE_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "images and log payloads are little-endian and read in place; port image.h first"
#endif

/* Provided by the program (engine/shell/report.c, tests/unit/panic.c). Must not return. */
_Noreturn void gridloop_panic(const char *file, int line, const char *what);

/* A fact that only a bug can break. Stays on in release. One fact per must(). */
#define must(cond) ((cond) ? (void)0 : gridloop_panic(__FILE__, __LINE__, #cond))

#define WARN_UNUSED __attribute__((warn_unused_result))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* "no such row" for every u32 and u16 row index in images, commands and state. */
#define NONE32 UINT32_MAX
#define NONE16 UINT16_MAX

/* An instant that never comes: "no deadline". */
#define NEVER_MS INT64_MAX

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* Measured values and rule numbers are millionths. */
#define MICRO INT64_C(1000000)

/* A 128-bit name or content digest. Made outside the core (XXH3-128 or BLAKE2b), only combined and
 * compared inside. All zero means "none". */
struct hash128 {
    uint64_t hi;
    uint64_t lo;
};

static inline bool hash128_is_equal(struct hash128 a, struct hash128 b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static inline bool hash128_is_none(struct hash128 a)
{
    return a.hi == 0 && a.lo == 0;
}

/* splitmix64 finaliser (Steele, Lea, Flood 2014): a bijection that spreads every input bit. */
static inline uint64_t mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return x;
}

/* Folds one word into a running digest; order matters. */
static inline struct hash128 hash128_add(struct hash128 h, uint64_t word)
{
    h.hi = mix64(h.hi ^ word ^ UINT64_C(0x9e3779b97f4a7c15)) + h.lo;
    h.lo = mix64(h.lo + word) ^ (h.hi >> 7);
    return h;
}

static inline struct hash128 hash128_join(struct hash128 h, struct hash128 other)
{
    return hash128_add(hash128_add(h, other.hi), other.lo);
}

/* Sums of instants and durations clamp instead of wrapping; NEVER_MS stays NEVER_MS. */
static inline int64_t add_clamped(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return b > 0 ? INT64_MAX : INT64_MIN;
    }
    return sum;
}

static inline int64_t sub_clamped(int64_t a, int64_t b)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return b < 0 ? INT64_MAX : INT64_MIN;
    }
    return difference;
}

static inline int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* a * b / c rounded toward zero, clamped to int64; c > 0. Exact for every input (base.c). */
int64_t mul_div(int64_t a, int64_t b, int64_t c);

/* Floor division and its remainder for c > 0 (dates before 1970 included). */
int64_t div_floor(int64_t a, int64_t c);
int64_t mod_floor(int64_t a, int64_t c);

/* Largest r with r*r <= x. */
uint64_t isqrt_u64(uint64_t x);

#endif
