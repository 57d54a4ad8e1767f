/* receipt_secret.c: see receipt_secret.h. */
#include "engine/shell/receipt_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4200u

static enum err make_key(const char *path, uint8_t out_key[RECEIPT_KEY_SIZE])
{
    uint8_t key[RECEIPT_KEY_SIZE];
    char fresh[PATH_SIZE + 8];
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    randombytes_buf(key, sizeof key);
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ERR_IO;
    }
    const bool is_written = write(fd, key, sizeof key) == (ssize_t)sizeof key && fsync(fd) == 0;
    if (close(fd) != 0 || !is_written || rename(fresh, path) != 0) {
        return ERR_IO;
    }
    memcpy(out_key, key, sizeof key);
    return ERR_OK;
}

enum err receipt_key_load(const char *data, uint8_t out_key[RECEIPT_KEY_SIZE])
{
    char path[PATH_SIZE];
    uint8_t bytes[RECEIPT_KEY_SIZE + 1];
    if ((size_t)snprintf(path, sizeof path, "%s/receipt.key", data) >= sizeof path) {
        return ERR_IO;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? make_key(path, out_key) : ERR_IO;
    }
    const ssize_t size = read(fd, bytes, sizeof bytes);
    (void)close(fd);
    if (size != (ssize_t)RECEIPT_KEY_SIZE) {
        return size < 0 ? ERR_IO : ERR_DAMAGED;
    }
    memcpy(out_key, bytes, RECEIPT_KEY_SIZE);
    return ERR_OK;
}

/* Crockford's letters: none that is easily misread. out holds (size * 8 + 4) / 5 + 1. */
static void base32_print(const uint8_t *bytes, size_t size, char *out)
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

void receipt_secret_make(const uint8_t key[RECEIPT_KEY_SIZE], const char *receipt,
                         char out[RECEIPT_SECRET_SIZE])
{
    uint8_t hash[16];
    char letters[32];
    must(crypto_generichash(hash, sizeof hash, (const unsigned char *)receipt, strlen(receipt), key,
                            RECEIPT_KEY_SIZE) == 0);
    base32_print(hash, sizeof hash, letters);
    memcpy(out, letters, RECEIPT_SECRET_SIZE - 1);
    out[RECEIPT_SECRET_SIZE - 1] = '\0';
}

static char as_typed(char letter)
{
    const char small = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
    return small == 'o' ? '0' : small == 'i' || small == 'l' ? '1' : small;
}

bool receipt_secret_fits(const uint8_t key[RECEIPT_KEY_SIZE], const char *receipt,
                         const char *shown)
{
    char secret[RECEIPT_SECRET_SIZE], read[RECEIPT_SECRET_SIZE] = "";
    if (strlen(shown) != RECEIPT_SECRET_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < RECEIPT_SECRET_SIZE - 1; i++) {
        read[i] = as_typed(shown[i]);
    }
    receipt_secret_make(key, receipt, secret);
    return sodium_memcmp(secret, read, RECEIPT_SECRET_SIZE) == 0;
}
