/* key_text.c: see key_text.h. Lines of a word and a value; a word that is not known is a mistake. */
#include "proto/key_text.h"

#include <sodium.h>
#include <stdio.h>

#define HEAD "gridloop key 1\n"

enum word { WORD_IDENTITY, WORD_PUBLIC, WORD_SECRET, WORD_ENGINE, WORD_COUNT };
static const char *const WORDS[WORD_COUNT] = {"identity", "public", "secret", "engine"};

static bool read_hex(const char *text, size_t size, uint8_t out[32])
{
    size_t got = 0;
    return size == 64 && sodium_hex2bin(out, 32, text, size, NULL, &got, NULL) == 0 && got == 32;
}

bool key_text_parse_public(const char *text, uint8_t out_public[SEAL_PUBLIC_SIZE])
{
    return read_hex(text, strlen(text), out_public);
}

void key_text_put_public(const uint8_t public[SEAL_PUBLIC_SIZE], char out[KEY_TEXT_HEX_SIZE])
{
    (void)sodium_bin2hex(out, KEY_TEXT_HEX_SIZE, public, SEAL_PUBLIC_SIZE);
}

static bool take_value(enum word word, const char *value, size_t size, struct key_text *key)
{
    switch (word) {
    case WORD_IDENTITY:
        if (!codec_is_key_id(value, size)) {
            return false;
        }
        memcpy(key->identity, value, size);
        key->identity[size] = '\0';
        return true;
    case WORD_PUBLIC:
        return read_hex(value, size, key->key.public);
    case WORD_SECRET:
        return read_hex(value, size, key->key.seed);
    case WORD_ENGINE:
        key->has_engine = true;
        return read_hex(value, size, key->engine);
    case WORD_COUNT:
        break;
    }
    must(false);
    return false;
}

/* One line without its end; its number for people. */
static bool take_line(const char *line, size_t size, uint32_t number, struct key_text *key,
                      uint32_t *seen, char *out_why, size_t why_size)
{
    size_t word_size = 0;
    while (word_size < size && line[word_size] != ' ') {
        word_size++;
    }
    size_t at = word_size;
    while (at < size && line[at] == ' ') {
        at++;
    }
    for (uint32_t i = 0; i < WORD_COUNT; i++) {
        if (strlen(WORDS[i]) != word_size || memcmp(WORDS[i], line, word_size) != 0) {
            continue;
        }
        if ((*seen >> i & 1u) != 0 || !take_value((enum word)i, line + at, size - at, key)) {
            (void)snprintf(out_why, why_size, "line %u: %s %s", number, WORDS[i],
                           (*seen >> i & 1u) != 0 ? "stands there twice"
                           : i == WORD_IDENTITY   ? "takes 1 to 64 of A-Z a-z 0-9 . _ -"
                                                  : "takes 64 hex digits");
            return false;
        }
        *seen |= 1u << i;
        return true;
    }
    (void)snprintf(out_why, why_size, "line %u: identity, public, secret or engine expected",
                   number);
    return false;
}

bool key_text_read(const char *text, size_t size, struct key_text *out_key, char *out_why,
                   size_t why_size)
{
    const size_t head_size = sizeof HEAD - 1;
    struct key_text key = {.identity = ""};
    uint32_t seen = 0, number = 2;
    bool is_good =
        size <= KEY_TEXT_SIZE_MAX && size >= head_size && memcmp(text, HEAD, head_size) == 0;
    if (!is_good) {
        (void)snprintf(out_why, why_size, "no key file: \"gridloop key 1\" expected in line 1");
    }
    for (size_t at = head_size; is_good && at < size; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        const size_t line_size = end != NULL ? (size_t)(end - (text + at)) : size - at;
        is_good = line_size == 0 ||
                  take_line(text + at, line_size, number, &key, &seen, out_why, why_size);
        at += line_size + 1;
    }
    const uint32_t needed = 1u << WORD_IDENTITY | 1u << WORD_PUBLIC | 1u << WORD_SECRET;
    if (is_good && (seen & needed) != needed) {
        (void)snprintf(out_why, why_size, "identity, public and secret are needed");
        is_good = false;
    }
    struct seal_identity derived;
    if (is_good) {
        seal_identity_from_seed(&derived, key.key.seed);
        is_good = memcmp(derived.public, key.key.public, SEAL_PUBLIC_SIZE) == 0;
        if (!is_good) {
            (void)snprintf(out_why, why_size, "public and secret do not belong together");
        }
        seal_identity_wipe(&derived);
    }
    if (is_good) {
        *out_key = key;
    }
    key_text_wipe(&key);
    return is_good;
}

size_t key_text_write(const struct key_text *key, char out[KEY_TEXT_SIZE_MAX])
{
    char public[KEY_TEXT_HEX_SIZE], secret[KEY_TEXT_HEX_SIZE], engine[KEY_TEXT_HEX_SIZE] = "";
    key_text_put_public(key->key.public, public);
    key_text_put_public(key->key.seed, secret);
    if (key->has_engine) {
        key_text_put_public(key->engine, engine);
    }
    const int size = snprintf(
        out, KEY_TEXT_SIZE_MAX, HEAD "identity %s\npublic   %s\nsecret   %s\n%s%s%s", key->identity,
        public, secret, key->has_engine ? "engine   " : "", engine, key->has_engine ? "\n" : "");
    must(size > 0 && (size_t)size < KEY_TEXT_SIZE_MAX);
    sodium_memzero(secret, sizeof secret);
    return (size_t)size;
}

void key_text_wipe(struct key_text *key)
{
    sodium_memzero(key, sizeof *key);
}
