/* one_time_codes.c: see one_time_codes.h. */
#include "engine/shell/one_time_codes.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define CODE_BYTES 16u

void base32_print(const uint8_t *bytes, size_t size, char *out)
{
    static const char LETTERS[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint32_t bits = 0, count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfffu;
        count += 8;
        while (count >= 5) {
            count -= 5;
            *out++ = LETTERS[(bits >> count) & 31u];
        }
    }
    if (count > 0) {
        *out++ = LETTERS[(bits << (5 - count)) & 31u];
    }
    *out = '\0';
}

static void hash_code(const char *code, uint8_t out[32])
{
    must(crypto_generichash(out, 32, (const unsigned char *)code, strlen(code), NULL, 0) == 0);
}

/* A free place, else the oldest of the person once it has its share, else the oldest of all. */
static struct one_time_code *find_place(struct one_time_codes *codes, const char *person,
                                        int64_t now_ms)
{
    struct one_time_code *free_place = NULL, *oldest = NULL, *own_oldest = NULL;
    uint32_t own = 0;
    for (uint32_t i = 0; i < ONE_TIME_CODES_MAX; i++) {
        struct one_time_code *code = &codes->codes[i];
        if (code->ends_ms <= now_ms) {
            free_place = code;
            continue;
        }
        oldest = oldest == NULL || code->number < oldest->number ? code : oldest;
        if (strcmp(code->person, person) == 0) {
            own++;
            own_oldest =
                own_oldest == NULL || code->number < own_oldest->number ? code : own_oldest;
        }
    }
    return own >= ONE_TIME_CODES_PER_PERSON ? own_oldest : free_place != NULL ? free_place : oldest;
}

void one_time_codes_make(struct one_time_codes *codes, const char *person, int64_t now_ms,
                         int64_t ends_ms, char out_code[ONE_TIME_CODE_SIZE])
{
    uint8_t bytes[CODE_BYTES];
    must(strlen(person) < ONE_TIME_PERSON_SIZE);
    must(ends_ms > now_ms);
    randombytes_buf(bytes, sizeof bytes);
    base32_print(bytes, sizeof bytes, out_code);
    sodium_memzero(bytes, sizeof bytes);
    struct one_time_code *place = find_place(codes, person, now_ms);
    *place = (struct one_time_code){.ends_ms = ends_ms, .number = ++codes->made};
    (void)snprintf(place->person, sizeof place->person, "%s", person);
    hash_code(out_code, place->hash);
}

bool one_time_codes_take(struct one_time_codes *codes, const char *code, int64_t now_ms,
                         char out_person[ONE_TIME_PERSON_SIZE])
{
    uint8_t hash[32];
    hash_code(code, hash);
    for (uint32_t i = 0; i < ONE_TIME_CODES_MAX; i++) {
        struct one_time_code *known = &codes->codes[i];
        if (known->ends_ms > now_ms && sodium_memcmp(known->hash, hash, sizeof hash) == 0) {
            memcpy(out_person, known->person, ONE_TIME_PERSON_SIZE);
            *known = (struct one_time_code){.ends_ms = 0};
            return true;
        }
    }
    return false;
}
