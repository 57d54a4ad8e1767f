/* outbox_file.c: reads and writes the outbox file; layout in outbox_file.h. */
#include "proto/client/outbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const char magic[8] = {'G', 'R', 'I', 'D', 'B', 'O', 'X', '1'};

uint64_t outbox_record_digest(const struct outbox_record *record, const void *payload,
                              uint64_t offset)
{
    uint64_t head = XXH3_64bits_withSeed(record, offsetof(struct outbox_record, digest), offset);
    return XXH3_64bits_withSeed(payload, record->size, head);
}

static enum err err_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? ERR_NO_SPACE : ERR_IO;
}

static enum err write_at(int file, const void *bytes, uint64_t size, uint64_t offset)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t written = pwrite(file, at, (size_t)size, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return err_of_errno();
        }
        at += written;
        offset += (uint64_t)written;
        size -= (uint64_t)written;
    }
    return ERR_OK;
}

enum err outbox_file_read(int file, void *bytes, uint64_t size, uint64_t offset)
{
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t got = pread(file, at, (size_t)size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? ERR_CUT : ERR_IO;
        }
        at += got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return ERR_OK;
}

enum err outbox_file_sync(int file)
{
    return fdatasync(file) == 0 ? ERR_OK : err_of_errno();
}

enum err outbox_file_put_header(int file, struct outbox_header header)
{
    memcpy(header.magic, magic, sizeof(magic));
    header.digest = XXH3_64bits(&header, offsetof(struct outbox_header, digest));
    return write_at(file, &header, sizeof(header), 0);
}

enum err outbox_file_append(int file, uint64_t *size, struct outbox_record record,
                            const void *payload)
{
    static const uint8_t zeros[8];
    uint64_t pad = outbox_padded(record.size) - record.size;
    record.digest = outbox_record_digest(&record, payload, *size);
    enum err err = write_at(file, &record, sizeof(record), *size);
    if (err == ERR_OK && record.size > 0) {
        err = write_at(file, payload, record.size, *size + sizeof(record));
    }
    if (err == ERR_OK && pad > 0) {
        err = write_at(file, zeros, pad, *size + sizeof(record) + record.size);
    }
    if (err != ERR_OK) {
        return ftruncate(file, (off_t)*size) != 0 ? ERR_IO : err;
    }
    *size += sizeof(record) + outbox_padded(record.size);
    return ERR_OK;
}

enum err outbox_file_check_header(const uint8_t *bytes, uint64_t size,
                                  struct outbox_header *out_header)
{
    struct outbox_header header;
    if (size < sizeof(header)) {
        return ERR_DAMAGED;
    }
    memcpy(&header, bytes, sizeof(header));
    if (XXH3_64bits(bytes, offsetof(struct outbox_header, digest)) != header.digest) {
        return ERR_DAMAGED;
    }
    if (memcmp(header.magic, magic, sizeof(magic)) != 0) {
        return ERR_VERSION;
    }
    *out_header = header;
    return ERR_OK;
}

bool outbox_file_record_at(const uint8_t *bytes, uint64_t size, uint64_t offset,
                           struct outbox_record *out_record)
{
    struct outbox_record record;
    if (offset > size || size - offset < sizeof(record)) {
        return false;
    }
    memcpy(&record, bytes + offset, sizeof(record));
    if (record.kind == 0 || record.kind >= RECORD_KIND_LIMIT || record.zero != 0 ||
        record.size > OUTBOX_ITEM_SIZE_MAX ||
        outbox_padded(record.size) > size - offset - sizeof(record)) {
        return false;
    }
    if (outbox_record_digest(&record, bytes + offset + sizeof(record), offset) != record.digest) {
        return false;
    }
    *out_record = record;
    return true;
}

static void sync_directory_of(const char *path)
{
    char directory[4096];
    (void)snprintf(directory, sizeof(directory), "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL) {
        (void)snprintf(directory, sizeof(directory), ".");
    } else {
        slash[slash == directory ? 1 : 0] = '\0';
    }
    int handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        (void)fsync(handle);
        (void)close(handle);
    }
}

enum err outbox_file_replace(int file, const char *path_new, const char *path)
{
    if (fsync(file) != 0 || flock(file, LOCK_EX | LOCK_NB) != 0 || rename(path_new, path) != 0) {
        return err_of_errno();
    }
    sync_directory_of(path);
    return ERR_OK;
}

enum err outbox_file_open(const char *path, int *out_file, uint64_t *out_size)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return err_of_errno();
    }
    enum err err = ERR_OK;
    struct stat by_handle, by_path;
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
    } else if (fstat(file, &by_handle) != 0 || stat(path, &by_path) != 0 ||
               by_handle.st_ino != by_path.st_ino) {
        err = ERR_BUSY; /* its owner replaced the file between open and lock */
    }
    if (err != ERR_OK) {
        (void)close(file);
        return err;
    }
    *out_file = file;
    *out_size = (uint64_t)by_handle.st_size;
    return ERR_OK;
}
