/* virtual_disk.c: files in a list sorted by path; directories are the prefixes of paths. */
#include "sim/virtual_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/city_file.h"

#define DISK_SIZE_MAX (UINT64_C(1) << 40)

struct virtual_file {
    char path[DISK_PATH_MAX + 1];
    bool is_used; /* a removed file leaves its row for the next one */
    uint8_t *bytes;
    uint64_t size, room;
};

struct virtual_disk {
    struct virtual_file *files;
    uint32_t count, room;
};

struct virtual_disk *virtual_disk_new(void)
{
    return calloc(1, sizeof(struct virtual_disk));
}

void virtual_disk_free(struct virtual_disk *disk)
{
    if (disk == NULL) {
        return;
    }
    for (uint32_t i = 0; i < disk->count; i++) {
        free(disk->files[i].bytes);
    }
    free(disk->files);
    free(disk);
}

static struct virtual_file *file_at(void *context, int file)
{
    struct virtual_disk *disk = context;
    must(file >= 0);
    must((uint32_t)file < disk->count);
    must(disk->files[file].is_used);
    return &disk->files[file];
}

static uint32_t file_find(const struct virtual_disk *disk, const char *path)
{
    for (uint32_t i = 0; i < disk->count; i++) {
        if (disk->files[i].is_used && strcmp(disk->files[i].path, path) == 0) {
            return i;
        }
    }
    return NONE32;
}

static enum err file_add(struct virtual_disk *disk, const char *path, uint32_t *out_row)
{
    uint32_t row = 0;
    while (row < disk->count && disk->files[row].is_used) {
        row++;
    }
    if (row == disk->room) {
        const uint32_t room = disk->room == 0 ? 16 : disk->room * 2;
        struct virtual_file *files = realloc(disk->files, room * sizeof *files);
        if (files == NULL) {
            return ERR_NO_SPACE;
        }
        disk->files = files;
        disk->room = room;
    }
    disk->count = row == disk->count ? row + 1 : disk->count;
    disk->files[row] = (struct virtual_file){.is_used = true};
    memcpy(disk->files[row].path, path, strlen(path) + 1);
    *out_row = row;
    return ERR_OK;
}

static enum err disk_open(void *context, const char *path, enum disk_open_mode mode, int *out_file)
{
    struct virtual_disk *disk = context;
    must(strlen(path) <= DISK_PATH_MAX);
    uint32_t row = file_find(disk, path);
    if (mode == DISK_CREATE) {
        if (row != NONE32) {
            return ERR_EXISTS;
        }
        const enum err err = file_add(disk, path, &row);
        if (err != ERR_OK) {
            return err;
        }
    }
    if (row == NONE32) {
        return ERR_NOT_FOUND;
    }
    *out_file = (int)row;
    return ERR_OK;
}

static void disk_close(void *context, int file)
{
    (void)file_at(context, file);
}

static enum err disk_size(void *context, int file, uint64_t *out_size)
{
    *out_size = file_at(context, file)->size;
    return ERR_OK;
}

static enum err disk_read(void *context, int file, uint64_t offset, void *bytes, uint64_t size)
{
    const struct virtual_file *row = file_at(context, file);
    if (offset > row->size || size > row->size - offset) {
        return ERR_CUT;
    }
    if (size > 0) {
        memcpy(bytes, row->bytes + offset, size);
    }
    return ERR_OK;
}

/* Makes the file at least that long; what is new is zero. */
static enum err file_reach(struct virtual_file *row, uint64_t size)
{
    if (size > DISK_SIZE_MAX) {
        return ERR_NO_SPACE;
    }
    if (size > row->room) {
        const uint64_t room = size < row->room * 2 ? row->room * 2 : size;
        uint8_t *bytes = realloc(row->bytes, room);
        if (bytes == NULL) {
            return ERR_NO_SPACE;
        }
        row->bytes = bytes;
        row->room = room;
    }
    if (size > row->size) {
        memset(row->bytes + row->size, 0, size - row->size);
        row->size = size;
    }
    return ERR_OK;
}

static enum err disk_write(void *context, int file, uint64_t offset, const void *bytes,
                           uint64_t size)
{
    struct virtual_file *row = file_at(context, file);
    must(offset <= DISK_SIZE_MAX);
    const enum err err = file_reach(row, offset + size);
    if (err == ERR_OK && size > 0) {
        memcpy(row->bytes + offset, bytes, size);
    }
    return err;
}

static enum err disk_allocate(void *context, int file, uint64_t size)
{
    return file_reach(file_at(context, file), size);
}

static enum err disk_truncate(void *context, int file, uint64_t size)
{
    struct virtual_file *row = file_at(context, file);
    row->size = size < row->size ? size : row->size;
    return file_reach(row, size);
}

static enum err disk_sync(void *context, int file)
{
    (void)file_at(context, file);
    return ERR_OK;
}

static enum err disk_path_is_fine(void *context, const char *path)
{
    must(context != NULL);
    must(strlen(path) <= DISK_PATH_MAX);
    return ERR_OK;
}

static enum err disk_rename(void *context, const char *from, const char *to)
{
    struct virtual_disk *disk = context;
    const uint32_t row = file_find(disk, from), old = file_find(disk, to);
    if (row == NONE32) {
        return ERR_NOT_FOUND;
    }
    if (old != NONE32 && old != row) {
        free(disk->files[old].bytes);
        disk->files[old] = (struct virtual_file){0};
    }
    must(strlen(to) <= DISK_PATH_MAX);
    memcpy(disk->files[row].path, to, strlen(to) + 1);
    return ERR_OK;
}

static enum err disk_remove(void *context, const char *path)
{
    struct virtual_disk *disk = context;
    const uint32_t row = file_find(disk, path);
    if (row == NONE32) {
        return ERR_NOT_FOUND;
    }
    free(disk->files[row].bytes);
    disk->files[row] = (struct virtual_file){0};
    return ERR_OK;
}

/* The name of a file directly in the directory, or NULL. "." and "" are the top. */
static const char *name_in(const char *directory, const char *path)
{
    if (strcmp(directory, ".") != 0 && directory[0] != '\0') {
        const size_t size = strlen(directory);
        if (strncmp(path, directory, size) != 0 || path[size] != '/') {
            return NULL;
        }
        path += size + 1;
    }
    return strchr(path, '/') == NULL ? path : NULL;
}

static enum err disk_list(void *context, const char *path,
                          bool (*visit)(void *visitor, const char *name), void *visitor)
{
    const struct virtual_disk *disk = context;
    char last[DISK_PATH_MAX + 1] = "";
    for (;;) { /* the least name above the last: directories of a log hold few files */
        const char *next = NULL;
        for (uint32_t i = 0; i < disk->count; i++) {
            const char *name = disk->files[i].is_used ? name_in(path, disk->files[i].path) : NULL;
            if (name != NULL && strcmp(name, last) > 0 &&
                (next == NULL || strcmp(name, next) < 0)) {
                next = name;
            }
        }
        if (next == NULL) {
            return ERR_OK;
        }
        memcpy(last, next, strlen(next) + 1);
        if (!visit(visitor, last)) {
            return ERR_OK;
        }
    }
}

static enum err disk_space(void *context, uint64_t *out_free_bytes)
{
    *out_free_bytes = DISK_SIZE_MAX - virtual_disk_bytes(context);
    return ERR_OK;
}

struct disk virtual_disk_calls(struct virtual_disk *disk)
{
    return (struct disk){.context = disk,
                         .open = disk_open,
                         .close = disk_close,
                         .size = disk_size,
                         .read = disk_read,
                         .write = disk_write,
                         .allocate = disk_allocate,
                         .truncate = disk_truncate,
                         .sync = disk_sync,
                         .sync_directory = disk_path_is_fine,
                         .make_directory = disk_path_is_fine,
                         .rename = disk_rename,
                         .remove = disk_remove,
                         .list = disk_list,
                         .space = disk_space};
}

uint64_t virtual_disk_bytes(const struct virtual_disk *disk)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < disk->count; i++) {
        bytes += disk->files[i].size;
    }
    return bytes;
}

static enum err dump_file(const struct virtual_file *file, const char *directory)
{
    char path[CITY_PATH_MAX], folder[CITY_PATH_MAX];
    const int size = snprintf(path, sizeof path, "%s/%s", directory, file->path);
    if (size < 0 || (size_t)size >= sizeof path) {
        return ERR_TOO_LARGE;
    }
    memcpy(folder, path, (size_t)size + 1);
    *strrchr(folder, '/') = '\0';
    const enum err err = city_make_directory(folder);
    if (err != ERR_OK) {
        return err;
    }
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        return ERR_IO;
    }
    const bool is_written = file->size == 0 || fwrite(file->bytes, file->size, 1, out) == 1;
    return fclose(out) == 0 && is_written ? ERR_OK : ERR_IO;
}

enum err virtual_disk_dump(const struct virtual_disk *disk, const char *directory)
{
    enum err err = city_make_directory(directory);
    for (uint32_t i = 0; i < disk->count && err == ERR_OK; i++) {
        if (disk->files[i].is_used) {
            err = dump_file(&disk->files[i], directory);
        }
    }
    return err;
}
