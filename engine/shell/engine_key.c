/* engine_key.c: see engine_key.h. */
#include "engine/shell/engine_key.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENGINE_NAME "engine"

static enum err refuse(enum err err, const char *path, const char *text, char *out_why)
{
    (void)snprintf(out_why, ENGINE_KEY_WHY_SIZE, "%.400s: %.250s", path, text);
    return err;
}

/* The name is on disk too. */
static bool sync_directory(const char *path)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
        return false;
    }
    const int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_good;
}

enum err engine_key_make(const char *path, const char *identity,
                         const uint8_t engine[SEAL_PUBLIC_SIZE], struct key_text *out_key,
                         char *out_why)
{
    uint8_t seed[SEAL_SEED_SIZE];
    char text[KEY_TEXT_SIZE_MAX];
    if (!seal_init()) {
        return refuse(ERR_IO, path, "no random numbers can be had", out_why);
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == EEXIST ? refuse(ERR_EXISTS, path,
                                        "is there already; a key is never written over", out_why)
                               : refuse(ERR_IO, path, strerror(errno), out_why);
    }
    struct key_text key = {.has_engine = engine != NULL};
    (void)snprintf(key.identity, sizeof key.identity, "%s", identity);
    if (engine != NULL) {
        memcpy(key.engine, engine, sizeof key.engine);
    }
    randombytes_buf(seed, sizeof seed);
    seal_identity_from_seed(&key.key, seed);
    const size_t size = key_text_write(&key, text);
    const bool is_good = fchmod(fd, 0600) == 0 && write(fd, text, size) == (ssize_t)size &&
                         fsync(fd) == 0 && sync_directory(path);
    const int error = errno;
    (void)close(fd);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(text, sizeof text);
    if (!is_good) {
        (void)unlink(path);
        key_text_wipe(&key);
        return refuse(ERR_IO, path, strerror(error), out_why);
    }
    *out_key = key;
    key_text_wipe(&key);
    return ERR_OK;
}

enum err engine_key_read(const char *path, struct key_text *out_key, char *out_why)
{
    char text[KEY_TEXT_SIZE_MAX + 1], why[160];
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return refuse(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path, strerror(errno), out_why);
    }
    const ssize_t size = fstat(fd, &status) == 0 ? read(fd, text, sizeof text) : -1;
    (void)close(fd);
    if (size < 0) {
        return refuse(ERR_IO, path, strerror(errno), out_why);
    }
    enum err err = ERR_OK;
    if ((status.st_mode & 077) != 0) {
        err = refuse(ERR_REFUSED, path, "can be read by others: chmod 600 it", out_why);
    } else if (!seal_init() || !key_text_read(text, (size_t)size, out_key, why, sizeof why)) {
        err = refuse(ERR_MALFORMED, path, why, out_why);
    }
    sodium_memzero(text, sizeof text);
    return err;
}

enum err engine_key_open(const char *data, struct key_text *out_key, char *out_why)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/engine.key", data);
    const enum err err = engine_key_read(path, out_key, out_why);
    return err == ERR_NOT_FOUND ? engine_key_make(path, ENGINE_NAME, NULL, out_key, out_why) : err;
}
