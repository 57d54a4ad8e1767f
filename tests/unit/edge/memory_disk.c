/* memory_disk.c: a struct disk in memory for tests. */
#include "tests/unit/edge/memory_disk.h"

#include <stdio.h>
#include <stdlib.h>

static struct memory_file *find(struct memory_disk *memory, const char *path)
{
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        if (memory->files[i].exists && strcmp(memory->files[i].path, path) == 0) {
            return &memory->files[i];
        }
    }
    return NULL;
}

struct memory_file *memory_disk_find(struct memory_disk *memory, const char *path)
{
    return find(memory, path);
}

static void resize(struct memory_file *file, uint64_t size)
{
    uint8_t *grown = realloc(file->bytes, size > 0 ? size : 1);
    must(grown != NULL);
    if (size > file->size) {
        memset(grown + file->size, 0, size - file->size);
    }
    file->bytes = grown;
    file->size = size;
}

static enum err memory_open(void *context, const char *path, enum disk_open_mode mode,
                            int *out_file)
{
    struct memory_disk *memory = context;
    struct memory_file *file = find(memory, path);
    if (mode != DISK_CREATE) {
        if (file == NULL) {
            return ERR_NOT_FOUND;
        }
        *out_file = (int)(file - memory->files);
        return ERR_OK;
    }
    if (file != NULL) {
        return ERR_EXISTS;
    }
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        file = &memory->files[i];
        if (!file->exists) {
            must(strlen(path) <= DISK_PATH_MAX);
            (void)snprintf(file->path, sizeof file->path, "%s", path);
            file->exists = true;
            resize(file, 0);
            *out_file = i;
            return ERR_OK;
        }
    }
    return ERR_FULL;
}

static struct memory_file *at(void *context, int file)
{
    struct memory_disk *memory = context;
    must(file >= 0 && file < MEMORY_FILES_MAX);
    return &memory->files[file];
}

static void memory_close(void *context, int file)
{
    (void)at(context, file);
}

static enum err memory_size(void *context, int file, uint64_t *out_size)
{
    *out_size = at(context, file)->size;
    return ERR_OK;
}

static enum err memory_read(void *context, int file, uint64_t offset, void *bytes, uint64_t size)
{
    const struct memory_file *memory_file = at(context, file);
    if (offset > memory_file->size || size > memory_file->size - offset) {
        return ERR_CUT;
    }
    memcpy(bytes, memory_file->bytes + offset, size);
    return ERR_OK;
}

static enum err memory_write(void *context, int file, uint64_t offset, const void *bytes,
                             uint64_t size)
{
    struct memory_disk *memory = context;
    if (memory->fail_writes_after == 0) {
        return ERR_IO;
    }
    memory->fail_writes_after -= memory->fail_writes_after != UINT32_MAX;
    struct memory_file *memory_file = at(context, file);
    if (offset + size > memory_file->size) {
        resize(memory_file, offset + size);
    }
    memcpy(memory_file->bytes + offset, bytes, size);
    return ERR_OK;
}

static enum err memory_allocate(void *context, int file, uint64_t size)
{
    struct memory_disk *memory = context;
    struct memory_file *memory_file = at(context, file);
    if (size > memory_file->size) {
        if (size - memory_file->size > memory->free_bytes) {
            return ERR_NO_SPACE;
        }
        memory->free_bytes -= size - memory_file->size;
        resize(memory_file, size);
    }
    return ERR_OK;
}

static enum err memory_truncate(void *context, int file, uint64_t size)
{
    resize(at(context, file), size);
    return ERR_OK;
}

static enum err memory_sync(void *context, int file)
{
    struct memory_disk *memory = context;
    (void)at(context, file);
    if (memory->fail_syncs_after == 0) {
        return ERR_IO;
    }
    memory->fail_syncs_after -= memory->fail_syncs_after != UINT32_MAX;
    memory->sync_count++;
    return ERR_OK;
}

static enum err memory_sync_directory(void *context, const char *path)
{
    (void)context;
    (void)path;
    return ERR_OK;
}

static void forget(struct memory_disk *memory, struct memory_file *file)
{
    memory->free_bytes += file->size;
    free(file->bytes);
    *file = (struct memory_file){0};
}

static enum err memory_rename(void *context, const char *from, const char *to)
{
    struct memory_disk *memory = context;
    struct memory_file *file = find(memory, from);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    struct memory_file *target = find(memory, to);
    if (target != NULL) {
        forget(memory, target);
    }
    (void)snprintf(file->path, sizeof file->path, "%s", to);
    return ERR_OK;
}

static enum err memory_remove(void *context, const char *path)
{
    struct memory_disk *memory = context;
    struct memory_file *file = find(memory, path);
    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    forget(memory, file);
    return ERR_OK;
}

static enum err memory_list(void *context, const char *path,
                            bool (*visit)(void *visitor, const char *name), void *visitor)
{
    struct memory_disk *memory = context;
    size_t prefix = strlen(path);
    const char *last = "";
    for (;;) {
        const char *best = NULL;
        for (int i = 0; i < MEMORY_FILES_MAX; i++) {
            const struct memory_file *file = &memory->files[i];
            if (!file->exists || strncmp(file->path, path, prefix) != 0 ||
                file->path[prefix] != '/') {
                continue;
            }
            const char *name = file->path + prefix + 1;
            if (strcmp(name, last) > 0 && (best == NULL || strcmp(name, best) < 0)) {
                best = name;
            }
        }
        if (best == NULL) {
            return last[0] == '\0' ? ERR_NOT_FOUND : ERR_OK;
        }
        if (!visit(visitor, best)) {
            return ERR_OK;
        }
        last = best;
    }
}

static enum err memory_make_directory(void *context, const char *path)
{
    (void)context;
    (void)path;
    return ERR_OK;
}

static enum err memory_space(void *context, uint64_t *out_free_bytes)
{
    const struct memory_disk *memory = context;
    *out_free_bytes = memory->free_bytes;
    return ERR_OK;
}

void memory_disk_init(struct memory_disk *memory)
{
    memset(memory, 0, sizeof *memory);
    memory->free_bytes = UINT64_C(1) << 40;
    memory->fail_writes_after = UINT32_MAX;
    memory->fail_syncs_after = UINT32_MAX;
    memory->disk = (struct disk){
        .context = memory,
        .open = memory_open,
        .close = memory_close,
        .size = memory_size,
        .read = memory_read,
        .write = memory_write,
        .allocate = memory_allocate,
        .truncate = memory_truncate,
        .sync = memory_sync,
        .sync_directory = memory_sync_directory,
        .make_directory = memory_make_directory,
        .rename = memory_rename,
        .remove = memory_remove,
        .list = memory_list,
        .space = memory_space,
    };
}

void memory_disk_fini(struct memory_disk *memory)
{
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        free(memory->files[i].bytes);
    }
    memset(memory, 0, sizeof *memory);
}

void memory_disk_copy(struct memory_disk *to, const struct memory_disk *from)
{
    for (int i = 0; i < MEMORY_FILES_MAX; i++) {
        free(to->files[i].bytes);
        to->files[i] = (struct memory_file){0};
        if (from->files[i].exists) {
            struct memory_file *file = &to->files[i];
            memcpy(file->path, from->files[i].path, sizeof file->path);
            file->exists = true;
            resize(file, from->files[i].size);
            memcpy(file->bytes, from->files[i].bytes, file->size);
        }
    }
    to->free_bytes = from->free_bytes;
    to->fail_writes_after = UINT32_MAX;
    to->fail_syncs_after = UINT32_MAX;
}
