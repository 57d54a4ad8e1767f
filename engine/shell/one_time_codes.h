/* one_time_codes.h: codes that log a person in once: the link behind a QR code.
 *
 * A code is 26 characters of base32 (130 bits of the system's randomness); only its hash is kept, with the person it is for and when it
 * ends. It is taken by the first who shows it.
 *
 * Bound   ONE_TIME_CODES_MAX at a time, ONE_TIME_CODES_PER_PERSON for one person; the oldest makes way
 * Restart none survive: ask for another link
 * Time    real ms of a clock that never goes back
 * Owner   one thread */
#ifndef ENGINE_SHELL_ONE_TIME_CODES_H
#define ENGINE_SHELL_ONE_TIME_CODES_H

#include "engine/core/base.h"

#include <stdbool.h>
#include <stddef.h>

#define ONE_TIME_CODE_SIZE 27u /* with the end */
#define ONE_TIME_CODES_MAX 1024u
#define ONE_TIME_CODES_PER_PERSON 4u
#define ONE_TIME_PERSON_SIZE 65u

struct one_time_code {
    uint8_t hash[32];
    char person[ONE_TIME_PERSON_SIZE];
    int64_t ends_ms; /* 0: free */
    uint64_t number; /* in the order they were made */
};

struct one_time_codes {
    struct one_time_code codes[ONE_TIME_CODES_MAX];
    uint64_t made;
};

/* person: at most 64 bytes. */
void one_time_codes_make(struct one_time_codes *codes, const char *person, int64_t now_ms,
                         int64_t ends_ms, char out_code[ONE_TIME_CODE_SIZE]);

/* The person the code was for, once; false: there is none such now. */
bool one_time_codes_take(struct one_time_codes *codes, const char *code, int64_t now_ms,
                         char out_person[ONE_TIME_PERSON_SIZE]);

/* size bytes as base32 without what is easily misread (Crockford's letters). out holds (size * 8 + 4) / 5 + 1. */
void base32_print(const uint8_t *bytes, size_t size, char *out);

#endif
