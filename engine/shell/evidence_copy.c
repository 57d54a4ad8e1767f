/* evidence_copy.c: the evidence store into a backup; see evidence.h.
 *
 * The copy's index is written last and names only what is on disk there: an interrupted copy is no store with holes. */
#include "engine/shell/evidence.h"
#include "engine/shell/evidence_index.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct copying {
    int from, to; /* data directories */
    FILE *index;  /* of the copy */
    struct evidence_copied copied;
    struct data_fault *fault;
};

static enum err fail(struct copying *copying, const char *what, const char *name)
{
    const enum err err = errno == ENOSPC ? ERR_NO_SPACE : ERR_IO;
    (void)snprintf(copying->fault->text, sizeof copying->fault->text, "%s %.100s: %s", what, name,
                   strerror(errno));
    return err;
}

/* The whole file, malloc'ed. NULL: it is gone (errno is ENOENT), unreadable, or of another size. */
static uint8_t *read_file(const struct copying *copying, const char *name, uint64_t size)
{
    struct stat status;
    const int file = openat(copying->from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint8_t *bytes = NULL;
    errno = file >= 0 ? 0 : errno;
    if (file >= 0 && fstat(file, &status) == 0 && (uint64_t)status.st_size == size) {
        bytes = malloc(size > 0 ? size : 1);
    }
    for (uint64_t used = 0; bytes != NULL && used < size;) {
        const ssize_t part = read(file, bytes + used, size - used);
        if (part <= 0) {
            free(bytes);
            bytes = NULL;
        } else {
            used += (uint64_t)part;
        }
    }
    if (file >= 0) {
        (void)close(file);
    }
    return bytes;
}

static bool write_file(const struct copying *copying, const char *name, const uint8_t *bytes,
                       uint64_t size)
{
    const int file = openat(copying->to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    bool is_good = file >= 0;
    for (uint64_t used = 0; is_good && used < size;) {
        const ssize_t part = write(file, bytes + used, size - used);
        is_good = part > 0;
        used += is_good ? (uint64_t)part : 0;
    }
    is_good = is_good && fsync(file) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    return is_good;
}

static enum err copy_entry(struct copying *copying, const struct evidence_entry *entry)
{
    char name[EVIDENCE_NAME_SIZE], line[EVIDENCE_LINE_SIZE];
    uint8_t digest[NODE_DIGEST_SIZE];
    evidence_name(entry->digest, name);
    if (faccessat(copying->to, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return ERR_OK; /* named twice */
    }
    uint8_t *bytes = read_file(copying, name, entry->size);
    if (bytes == NULL && errno == ENOENT) {
        return ERR_OK; /* expired */
    }
    if (bytes != NULL) {
        (void)crypto_generichash(digest, sizeof digest, bytes, entry->size, NULL, 0);
    }
    if (bytes == NULL || memcmp(digest, entry->digest, sizeof digest) != 0) {
        (void)fprintf(stderr, "gridloop backup: %s is damaged: left out of the copy\n", name);
        copying->copied.left_out++;
        free(bytes);
        return ERR_OK;
    }
    const int size = evidence_print_line(entry, line);
    const bool is_good = write_file(copying, name, bytes, entry->size) &&
                         fwrite(line, 1, (size_t)size, copying->index) == (size_t)size;
    free(bytes);
    copying->copied.files++;
    copying->copied.bytes += entry->size;
    return is_good ? ERR_OK : fail(copying, "cannot write", name);
}

static bool make_shelves(const struct copying *copying)
{
    bool is_good = mkdirat(copying->to, "evidence", 0750) == 0;
    for (unsigned shelf = 0; is_good && shelf < 256; shelf++) {
        char name[32];
        (void)snprintf(name, sizeof name, "evidence/%02x", shelf);
        is_good = mkdirat(copying->to, name, 0750) == 0;
    }
    return is_good;
}

/* The names of the files are on disk too. */
static bool sync_shelves(const struct copying *copying)
{
    bool is_good = true;
    for (unsigned shelf = 0; is_good && shelf <= 256; shelf++) {
        char name[32];
        (void)snprintf(name, sizeof name, shelf < 256 ? "evidence/%02x" : "evidence", shelf);
        const int file = openat(copying->to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        is_good = file >= 0 && fsync(file) == 0;
        if (file >= 0) {
            (void)close(file);
        }
    }
    return is_good;
}

static enum err copy_all(struct copying *copying, FILE *index)
{
    char line[EVIDENCE_LINE_SIZE];
    enum err err = make_shelves(copying) ? ERR_OK : fail(copying, "cannot make", "evidence");
    if (err == ERR_OK) {
        const int file =
            openat(copying->to, EVIDENCE_INDEX, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        copying->index = file < 0 ? NULL : fdopen(file, "w");
        err = copying->index != NULL ? ERR_OK : fail(copying, "cannot make", EVIDENCE_INDEX);
    }
    while (err == ERR_OK && fgets(line, sizeof line, index) != NULL) {
        struct evidence_entry entry;
        err = evidence_parse_line(line, &entry) ? copy_entry(copying, &entry) : ERR_OK;
    }
    if (copying->index != NULL) {
        const bool is_good = fflush(copying->index) == 0 && fsync(fileno(copying->index)) == 0;
        if (fclose(copying->index) != 0 || !is_good) {
            err = err == ERR_OK ? fail(copying, "cannot write", EVIDENCE_INDEX) : err;
        }
    }
    return err == ERR_OK && !sync_shelves(copying) ? fail(copying, "cannot sync", "evidence") : err;
}

enum err evidence_copy(const char *from, const char *to, struct evidence_copied *out_copied,
                       struct data_fault *out_fault)
{
    struct copying copying = {.fault = out_fault,
                              .from = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                              .to = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    enum err err = sodium_init() < 0 ? ERR_MEMORY : ERR_OK;
    if (copying.from < 0 || copying.to < 0) {
        err = fail(&copying, "cannot open", copying.from < 0 ? from : to);
    } else {
        const int file = openat(copying.from, EVIDENCE_INDEX, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        FILE *index = file < 0 ? NULL : fdopen(file, "r");
        if (index == NULL) {
            err = errno == ENOENT ? ERR_NOT_FOUND : fail(&copying, "cannot read", EVIDENCE_INDEX);
        } else {
            err = err == ERR_OK ? copy_all(&copying, index) : err;
            (void)fclose(index);
        }
    }
    if (copying.from >= 0) {
        (void)close(copying.from);
    }
    if (copying.to >= 0) {
        (void)close(copying.to);
    }
    *out_copied = copying.copied;
    return err;
}
