/* contact.c: see contact.h.
 *
 *   sealed, 272 bytes: XChaCha20-Poly1305 of 256 bytes, nonce zero, the key's name (hi, lo) as associated data
 *   inside: u8 size, name; u8 size, phone; u8 size, note; zeros */
#include "engine/edge/contact.h"

#include <sodium.h>
#include <stdio.h>

#define PLAIN_SIZE 256u
#define MOBILE_DIGITS 11u

_Static_assert(PLAIN_SIZE + crypto_aead_xchacha20poly1305_ietf_ABYTES == CONTACT_SEALED_SIZE,
               "log layout");
_Static_assert(3 + CONTACT_NAME_MAX + CONTACT_PHONE_MAX + CONTACT_NOTE_MAX <= PLAIN_SIZE,
               "all fits");
_Static_assert(CONTACT_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "libsodium's size");

static const uint8_t NONCE[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]; /* one key, one message */

/* Never cut inside a character. */
static void copy_words(char *out, size_t size_max, const char *text)
{
    size_t size = text != NULL ? strlen(text) : 0;
    if (size > size_max) {
        size = size_max;
        while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    if (size > 0) {
        memcpy(out, text, size);
    }
    out[size] = '\0';
}

void contact_fill(struct contact *contact, const char *name, const char *phone, const char *note)
{
    copy_words(contact->name, CONTACT_NAME_MAX, name);
    copy_words(contact->phone, CONTACT_PHONE_MAX, phone);
    copy_words(contact->note, CONTACT_NOTE_MAX, note);
}

static void put(uint8_t *plain, size_t *at, const char *text)
{
    const size_t size = strlen(text);
    plain[(*at)++] = (uint8_t)size;
    memcpy(plain + *at, text, size);
    *at += size;
}

/* False when it does not fit out: then another version wrote it. */
static bool get(const uint8_t *plain, size_t *at, char *out, size_t size_max)
{
    const size_t size = plain[(*at)++];
    if (size > size_max || *at + size > PLAIN_SIZE) {
        return false;
    }
    memcpy(out, plain + *at, size);
    out[size] = '\0';
    *at += size;
    return true;
}

void contact_seal(const struct contact *contact, struct hash128 id,
                  const uint8_t key[CONTACT_KEY_SIZE], struct event_contact *out_sealed)
{
    uint8_t plain[PLAIN_SIZE] = {0};
    size_t at = 0;
    unsigned long long size = 0;
    put(plain, &at, contact->name);
    put(plain, &at, contact->phone);
    put(plain, &at, contact->note);
    out_sealed->id = id;
    const int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(
        out_sealed->sealed, &size, plain, sizeof plain, (const uint8_t *)&id, sizeof id, NULL,
        NONCE, key);
    must(failed == 0 && size == CONTACT_SEALED_SIZE);
    sodium_memzero(plain, sizeof plain);
}

bool contact_open(const uint8_t sealed[CONTACT_SEALED_SIZE], struct hash128 id,
                  const uint8_t key[CONTACT_KEY_SIZE], struct contact *out_contact)
{
    uint8_t plain[PLAIN_SIZE];
    size_t at = 0;
    unsigned long long size = 0;
    bool is_good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                       plain, &size, NULL, sealed, CONTACT_SEALED_SIZE, (const uint8_t *)&id,
                       sizeof id, NONCE, key) == 0;
    is_good = is_good && get(plain, &at, out_contact->name, CONTACT_NAME_MAX) &&
              get(plain, &at, out_contact->phone, CONTACT_PHONE_MAX) &&
              get(plain, &at, out_contact->note, CONTACT_NOTE_MAX);
    sodium_memzero(plain, sizeof plain);
    return is_good;
}

void contact_forget(struct contact *contact)
{
    sodium_memzero(contact, sizeof *contact);
}

void contact_mask(const struct contact *contact, char out[CONTACT_MASK_SIZE])
{
    const size_t size = strlen(contact->phone);
    const int first = size >= MOBILE_DIGITS ? 3 : size >= 7 ? 2 : 0;
    const int last = size >= MOBILE_DIGITS ? 4 : size >= 7 ? 2 : 0;
    (void)snprintf(out, CONTACT_MASK_SIZE, "%.*s****%.*s", first, contact->phone, last,
                   contact->phone + size - (size_t)last);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(const char *at)
{
    size_t count = 0;
    while (is_digit(at[count])) {
        count++;
    }
    return count;
}

static bool is_mobile(const char *at)
{
    return at[0] == '1' && at[1] >= '3';
}

/* Where a mobile number begins in a run of digits: behind a country's or a trunk prefix; NULL for other numbers. */
static char *find_mobile(char *at, size_t count)
{
    static const char *const PREFIXES[] = {"", "0", "86", "0086"};
    for (size_t i = 0; i < COUNT_OF(PREFIXES); i++) {
        const size_t size = strlen(PREFIXES[i]);
        if (count == MOBILE_DIGITS + size && memcmp(at, PREFIXES[i], size) == 0 &&
            is_mobile(at + size)) {
            return at + size;
        }
    }
    return NULL;
}

/* "138-7765-1234", "138 7765 1234": at its first digit, with count digits up to the first separator. */
static bool is_grouped(const char *at, size_t count)
{
    return count == 3 && is_mobile(at) && (at[3] == '-' || at[3] == ' ') &&
           count_digits(at + 4) == 4 && at[8] == at[3] && count_digits(at + 9) == 4;
}

void contact_mask_words(char *text)
{
    for (char *at = text; *at != '\0';) {
        size_t count = count_digits(at);
        if (count == 0) {
            at++;
            continue;
        }
        char *mobile = find_mobile(at, count);
        if (mobile != NULL) {
            memset(mobile + 3, '*', 4);
        } else if (is_grouped(at, count)) {
            memset(at + 4, '*', 4);
            count = 13;
        }
        at += count;
    }
}
