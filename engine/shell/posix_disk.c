/* posix_disk.c: struct disk on the files of one directory. */
#include "engine/shell/posix_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ZEROS_SIZE 65536u

static enum err err_of(int number)
{
    switch (number) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return ERR_NO_SPACE;
    case ENOMEM:
        return ERR_MEMORY;
    default:
        return ERR_IO;
    }
}

static int directory_of(void *context)
{
    const struct posix_disk *posix = context;
    return posix->directory;
}

static enum err posix_open(void *context, const char *path, enum disk_open_mode mode, int *out_file)
{
    int flags = O_CLOEXEC;
    flags |= mode == DISK_READ ? O_RDONLY : O_RDWR;
    flags |= mode == DISK_CREATE ? O_CREAT | O_EXCL : 0;
    int file = openat(directory_of(context), path, flags, 0640);
    if (file < 0) {
        return err_of(errno);
    }
    *out_file = file;
    return ERR_OK;
}

static void posix_close(void *context, int file)
{
    (void)context;
    (void)close(file);
}

static enum err posix_size(void *context, int file, uint64_t *out_size)
{
    (void)context;
    struct stat stat;
    if (fstat(file, &stat) != 0) {
        return err_of(errno);
    }
    *out_size = (uint64_t)stat.st_size;
    return ERR_OK;
}

static enum err posix_read(void *context, int file, uint64_t offset, void *bytes, uint64_t size)
{
    (void)context;
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t got = pread(file, at, size, (off_t)offset);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return err_of(errno);
        }
        if (got == 0) {
            return ERR_CUT;
        }
        at += got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return ERR_OK;
}

static enum err posix_write(void *context, int file, uint64_t offset, const void *bytes,
                            uint64_t size)
{
    (void)context;
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t put = pwrite(file, at, size, (off_t)offset);
        if (put < 0) {
            if (errno == EINTR) {
                continue;
            }
            return err_of(errno);
        }
        at += put;
        offset += (uint64_t)put;
        size -= (uint64_t)put;
    }
    return ERR_OK;
}

static enum err write_zeros(int file, uint64_t offset, uint64_t end)
{
    static const uint8_t ZEROS[ZEROS_SIZE];
    while (offset < end) {
        uint64_t size = end - offset < sizeof ZEROS ? end - offset : sizeof ZEROS;
        enum err err = posix_write(NULL, file, offset, ZEROS, size);
        if (err != ERR_OK) {
            return err;
        }
        offset += size;
    }
    return ERR_OK;
}

static enum err posix_allocate(void *context, int file, uint64_t size)
{
    uint64_t size_now;
    enum err err = posix_size(context, file, &size_now);
    if (err != ERR_OK || size_now >= size) {
        return err;
    }
    int failed;
    do {
        failed = fallocate(file, 0, (off_t)size_now, (off_t)(size - size_now));
    } while (failed != 0 && errno == EINTR);
    if (failed != 0 && errno != EOPNOTSUPP) { /* some file systems cannot reserve */
        return err_of(errno);
    }
    /* A block that is only reserved costs a journal entry when it is first written, and the sync of it waits for the journal. */
    return write_zeros(file, size_now, size);
}

static enum err posix_truncate(void *context, int file, uint64_t size)
{
    (void)context;
    return ftruncate(file, (off_t)size) == 0 ? ERR_OK : err_of(errno);
}

static enum err posix_sync(void *context, int file)
{
    (void)context;
    return fdatasync(file) == 0 ? ERR_OK : err_of(errno); /* never retried, not even for EINTR */
}

static enum err posix_sync_directory(void *context, const char *path)
{
    int directory = openat(directory_of(context), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return err_of(errno);
    }
    enum err err = fsync(directory) == 0 ? ERR_OK : err_of(errno);
    (void)close(directory);
    return err;
}

static enum err posix_make_directory(void *context, const char *path)
{
    if (mkdirat(directory_of(context), path, 0750) == 0 || errno == EEXIST) {
        return ERR_OK;
    }
    return err_of(errno);
}

static enum err posix_rename(void *context, const char *from, const char *to)
{
    int directory = directory_of(context);
    return renameat(directory, from, directory, to) == 0 ? ERR_OK : err_of(errno);
}

static enum err posix_remove(void *context, const char *path)
{
    return unlinkat(directory_of(context), path, 0) == 0 ? ERR_OK : err_of(errno);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
    char **list;
    size_t count;
    size_t capacity;
};

static bool names_add(struct names *names, const char *name)
{
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 64 : names->capacity * 2;
        char **grown = realloc(names->list, capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        names->list = grown;
        names->capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return false;
    }
    names->list[names->count++] = copy;
    return true;
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->list[i]);
    }
    free(names->list);
}

static enum err names_read(DIR *directory, struct names *names)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            return errno == 0 ? ERR_OK : err_of(errno);
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (!names_add(names, entry->d_name)) {
            return ERR_MEMORY;
        }
    }
}

static enum err posix_list(void *context, const char *path,
                           bool (*visit)(void *visitor, const char *name), void *visitor)
{
    int file = openat(directory_of(context), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return err_of(errno);
    }
    DIR *directory = fdopendir(file);
    if (directory == NULL) {
        (void)close(file);
        return ERR_MEMORY;
    }
    struct names names = {0};
    enum err err = names_read(directory, &names);
    (void)closedir(directory);
    if (err == ERR_OK) {
        if (names.count > 1) {
            qsort(names.list, names.count, sizeof *names.list, compare_names);
        }
        for (size_t i = 0; i < names.count && visit(visitor, names.list[i]); i++) {
        }
    }
    names_free(&names);
    return err;
}

static enum err posix_space(void *context, uint64_t *out_free_bytes)
{
    struct statvfs space;
    if (fstatvfs(directory_of(context), &space) != 0) {
        return err_of(errno);
    }
    *out_free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    return ERR_OK;
}

enum err posix_disk_open(struct posix_disk *posix, const char *directory)
{
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return err_of(errno);
    }
    posix->directory = file;
    posix->disk = (struct disk){
        .context = posix,
        .open = posix_open,
        .close = posix_close,
        .size = posix_size,
        .read = posix_read,
        .write = posix_write,
        .allocate = posix_allocate,
        .truncate = posix_truncate,
        .sync = posix_sync,
        .sync_directory = posix_sync_directory,
        .make_directory = posix_make_directory,
        .rename = posix_rename,
        .remove = posix_remove,
        .list = posix_list,
        .space = posix_space,
    };
    return ERR_OK;
}

void posix_disk_close(struct posix_disk *posix)
{
    if (posix->directory >= 0) {
        (void)close(posix->directory);
    }
    posix->directory = -1;
}
