/* evidence.c: see evidence.h. */
#include "engine/shell/evidence_index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FRESH "evidence/new.tmp"
#define SPARE_BYTES (UINT64_C(192) << 20) /* of the disk that evidence leaves to the log */

struct evidence_store {
    struct evidence_limits limits;
    int directory;                  /* DATA */
    int index;                      /* open for appending */
    struct evidence_entry *entries; /* in order of time */
    size_t count, capacity;
    uint64_t bytes;
};

void evidence_name(const uint8_t digest[NODE_DIGEST_SIZE], char out[EVIDENCE_NAME_SIZE])
{
    char hex[2 * NODE_DIGEST_SIZE + 1];
    (void)sodium_bin2hex(hex, sizeof hex, digest, NODE_DIGEST_SIZE);
    (void)snprintf(out, EVIDENCE_NAME_SIZE, "evidence/%.2s/%s", hex, hex + 2);
}

static bool add_entry(struct evidence_store *evidence, const struct evidence_entry *entry)
{
    if (evidence->count == evidence->capacity) {
        const size_t capacity = evidence->capacity == 0 ? 256 : evidence->capacity * 2;
        struct evidence_entry *grown = realloc(evidence->entries, capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        evidence->entries = grown;
        evidence->capacity = capacity;
    }
    evidence->entries[evidence->count++] = *entry;
    evidence->bytes += entry->size;
    return true;
}

static bool is_there(const struct evidence_store *evidence, const uint8_t digest[NODE_DIGEST_SIZE],
                     uint64_t size)
{
    char name[EVIDENCE_NAME_SIZE];
    struct stat status;
    evidence_name(digest, name);
    return fstatat(evidence->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) && (uint64_t)status.st_size == size;
}

/* Known and still on disk as long as it was? */
static bool is_known(const struct evidence_store *evidence, const uint8_t digest[NODE_DIGEST_SIZE])
{
    for (size_t i = evidence->count; i > 0; i--) {
        const struct evidence_entry *entry = &evidence->entries[i - 1];
        if (memcmp(entry->digest, digest, NODE_DIGEST_SIZE) == 0) {
            return is_there(evidence, digest, entry->size);
        }
    }
    return false;
}

int evidence_print_line(const struct evidence_entry *entry, char line[EVIDENCE_LINE_SIZE])
{
    char hex[2 * NODE_DIGEST_SIZE + 1];
    (void)sodium_bin2hex(hex, sizeof hex, entry->digest, NODE_DIGEST_SIZE);
    return snprintf(line, EVIDENCE_LINE_SIZE,
                    "%s %016" PRIx64 "%016" PRIx64 " %" PRIu64 " %" PRId64 "\n", hex,
                    entry->owner.hi, entry->owner.lo, entry->size, entry->at_ms);
}

bool evidence_parse_line(const char *line, struct evidence_entry *out)
{
    char hex[2 * NODE_DIGEST_SIZE + 1];
    size_t size = 0;
    return strchr(line, '\n') != NULL &&
           sscanf(line, "%32[0-9a-f] %16" SCNx64 "%16" SCNx64 " %" SCNu64 " %" SCNd64, hex,
                  &out->owner.hi, &out->owner.lo, &out->size, &out->at_ms) == 5 &&
           sodium_hex2bin(out->digest, sizeof out->digest, hex, strlen(hex), NULL, &size, NULL) ==
               0 &&
           size == NODE_DIGEST_SIZE;
}

/* ---- opening ---- */

static enum err read_index(struct evidence_store *evidence)
{
    char line[EVIDENCE_LINE_SIZE];
    int file = openat(evidence->directory, EVIDENCE_INDEX, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FILE *stream = file < 0 ? NULL : fdopen(file, "r");
    enum err err = file >= 0 || errno == ENOENT ? ERR_OK : ERR_IO;
    while (stream != NULL && err == ERR_OK && fgets(line, sizeof line, stream) != NULL) {
        struct evidence_entry entry;
        if (evidence_parse_line(line, &entry) && is_there(evidence, entry.digest, entry.size)) {
            err = add_entry(evidence, &entry) ? ERR_OK : ERR_MEMORY;
        }
    }
    if (stream != NULL) {
        (void)fclose(stream);
    }
    return err;
}

/* Removes files of one directory that the index does not name. */
static void sweep(const struct evidence_store *evidence, const char *shelf)
{
    int file = openat(evidence->directory, shelf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = file < 0 ? NULL : fdopendir(file);
    const struct dirent *found;
    while (stream != NULL && (found = readdir(stream)) != NULL) {
        char hex[2 * NODE_DIGEST_SIZE + 1];
        uint8_t digest[NODE_DIGEST_SIZE];
        size_t size = 0;
        (void)snprintf(hex, sizeof hex, "%.2s%.30s", shelf + strlen("evidence/"), found->d_name);
        if (found->d_name[0] != '.' &&
            (sodium_hex2bin(digest, sizeof digest, hex, strlen(hex), NULL, &size, NULL) != 0 ||
             size != NODE_DIGEST_SIZE || !is_known(evidence, digest))) {
            (void)unlinkat(dirfd(stream), found->d_name, 0);
        }
    }
    if (stream != NULL) {
        (void)closedir(stream);
    }
}

/* The index as it is known now, in place of the old one. */
static enum err write_index(struct evidence_store *evidence)
{
    char line[EVIDENCE_LINE_SIZE];
    int file = openat(evidence->directory, FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool is_good = file >= 0;
    for (size_t i = 0; is_good && i < evidence->count; i++) {
        const int size = evidence_print_line(&evidence->entries[i], line);
        is_good = write(file, line, (size_t)size) == size;
    }
    is_good = is_good && fsync(file) == 0 &&
              renameat(evidence->directory, FRESH, evidence->directory, EVIDENCE_INDEX) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    if (evidence->index >= 0) {
        (void)close(evidence->index);
    }
    evidence->index = openat(evidence->directory, EVIDENCE_INDEX, O_WRONLY | O_APPEND | O_CLOEXEC);
    return is_good && evidence->index >= 0 ? ERR_OK : ERR_IO;
}

enum err evidence_open(const char *data, const struct evidence_limits *limits,
                       struct evidence_store **out_evidence, struct data_fault *out_fault)
{
    struct evidence_store *evidence = calloc(1, sizeof *evidence);
    enum err err = evidence == NULL || sodium_init() < 0 ? ERR_MEMORY : ERR_OK;
    if (err == ERR_OK) {
        evidence->limits = *limits;
        evidence->index = -1;
        evidence->directory = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        err = evidence->directory < 0 ? ERR_IO : ERR_OK;
    }
    if (err == ERR_OK && mkdirat(evidence->directory, "evidence", 0750) != 0 && errno != EEXIST) {
        err = ERR_IO;
    }
    if (err == ERR_OK) {
        err = read_index(evidence);
    }
    for (unsigned shelf = 0; err == ERR_OK && shelf < 256; shelf++) {
        char name[32];
        (void)snprintf(name, sizeof name, "evidence/%02x", shelf);
        if (mkdirat(evidence->directory, name, 0750) != 0 && errno != EEXIST) {
            err = ERR_IO;
        }
        sweep(evidence, name);
    }
    if (err == ERR_OK) {
        err = write_index(evidence);
    }
    if (err != ERR_OK) {
        (void)snprintf(out_fault->text, sizeof out_fault->text, "cannot open %.300s/evidence: %s",
                       data, err == ERR_MEMORY ? "out of memory" : strerror(errno));
        evidence_close(evidence);
        return err;
    }
    *out_evidence = evidence;
    return ERR_OK;
}

void evidence_close(struct evidence_store *evidence)
{
    if (evidence == NULL) {
        return;
    }
    if (evidence->index >= 0) {
        (void)close(evidence->index);
    }
    if (evidence->directory >= 0) {
        (void)close(evidence->directory);
    }
    free(evidence->entries);
    free(evidence);
}

/* ---- putting ---- */

static bool write_all(int file, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t part = write(file, bytes, size);
        if (part <= 0) {
            return false;
        }
        bytes += part;
        size -= (size_t)part;
    }
    return true;
}

static bool sync_shelf(const struct evidence_store *evidence, const char *name)
{
    char shelf[16];
    (void)snprintf(shelf, sizeof shelf, "%.11s", name); /* "evidence/ab" */
    int file = openat(evidence->directory, shelf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool is_synced = file >= 0 && fsync(file) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    return is_synced;
}

static bool write_blob(const struct evidence_store *evidence, const struct node_blob *blob)
{
    char name[EVIDENCE_NAME_SIZE];
    evidence_name(blob->digest, name);
    int file = openat(evidence->directory, FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool is_good = file >= 0 && write_all(file, blob->bytes, blob->size) && fsync(file) == 0;
    if (file >= 0) {
        (void)close(file);
    }
    is_good = is_good && renameat(evidence->directory, FRESH, evidence->directory, name) == 0 &&
              sync_shelf(evidence, name);
    if (!is_good) {
        const int error = errno;
        (void)unlinkat(evidence->directory, FRESH, 0);
        errno = error;
    }
    return is_good;
}

/* NULL: there is room for it. */
static const char *find_quota(const struct evidence_store *evidence, const struct node_blob *blob)
{
    uint64_t owned = 0;
    struct statvfs space;
    for (size_t i = 0; i < evidence->count; i++) {
        owned += hash128_is_equal(evidence->entries[i].owner, blob->owner)
                     ? evidence->entries[i].size
                     : 0;
    }
    if (owned + blob->size > evidence->limits.owner_bytes) {
        return "the quota of this identity";
    }
    if (evidence->bytes + blob->size > evidence->limits.total_bytes) {
        return "the quota of the whole store";
    }
    if (fstatvfs(evidence->directory, &space) == 0 &&
        (uint64_t)space.f_bavail * space.f_frsize < SPARE_BYTES + blob->size) {
        return "the disk, which the log needs";
    }
    return NULL;
}

enum code evidence_put(struct evidence_store *evidence, const struct node_blob *blob,
                       char why[EVIDENCE_WHY_SIZE])
{
    uint8_t digest[NODE_DIGEST_SIZE];
    char line[EVIDENCE_LINE_SIZE];
    why[0] = '\0';
    (void)crypto_generichash(digest, sizeof digest, blob->bytes, blob->size, NULL, 0);
    if (memcmp(digest, blob->digest, sizeof digest) != 0) {
        return CODE_BAD_DIGEST;
    }
    if (is_known(evidence, digest)) {
        return CODE_STORED;
    }
    const char *quota = find_quota(evidence, blob);
    if (quota != NULL) {
        (void)snprintf(why, EVIDENCE_WHY_SIZE, "%s is used up", quota);
        return CODE_EVIDENCE_FULL;
    }
    struct evidence_entry entry = {.owner = blob->owner, .size = blob->size, .at_ms = blob->now_ms};
    memcpy(entry.digest, digest, sizeof digest);
    const int size = evidence_print_line(&entry, line);
    if (!write_blob(evidence, blob) || write(evidence->index, line, (size_t)size) != size ||
        fdatasync(evidence->index) != 0 || !add_entry(evidence, &entry)) {
        (void)snprintf(why, EVIDENCE_WHY_SIZE, "cannot write it: %.60s", strerror(errno));
        return CODE_EVIDENCE_FULL;
    }
    return CODE_STORED;
}

uint32_t evidence_expire(struct evidence_store *evidence, int64_t now_ms)
{
    uint32_t gone = 0;
    size_t kept = 0;
    if (evidence->limits.keep_ms == 0) {
        return 0;
    }
    for (size_t i = 0; i < evidence->count; i++) {
        const struct evidence_entry *entry = &evidence->entries[i];
        if (entry->at_ms >= now_ms - evidence->limits.keep_ms) {
            evidence->entries[kept++] = *entry;
            continue;
        }
        char name[EVIDENCE_NAME_SIZE];
        evidence_name(entry->digest, name);
        (void)unlinkat(evidence->directory, name, 0);
        evidence->bytes -= entry->size;
        gone++;
    }
    evidence->count = kept;
    if (gone > 0) {
        (void)write_index(evidence); /* a line of a file that is gone does no harm */
    }
    return gone;
}
