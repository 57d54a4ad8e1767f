/* text_file.c: see text_file.h. */
#include "engine/city/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX (1024L * 1024 * 1024)

static const char *path_join(struct pool *pool, const char *directory, const char *name)
{
    size_t directory_size = strlen(directory);
    size_t name_size = strlen(name);
    char *path = pool_take(pool, directory_size + name_size + 2);
    memcpy(path, directory, directory_size);
    path[directory_size] = '/';
    memcpy(path + directory_size + 1, name, name_size);
    return path;
}

bool text_file_exists(const char *directory, const char *name)
{
    struct pool pool;
    pool_init(&pool);
    struct stat info;
    bool exists = stat(path_join(&pool, directory, name), &info) == 0;
    pool_fini(&pool);
    return exists;
}

size_t utf8_size(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (size == 0) {
        return 0;
    }
    if (at[0] < 0x80) {
        return 1;
    }
    size_t wanted = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || size < wanted) {
        return 0;
    }
    unsigned low = 0x80;
    unsigned high = 0xbf;
    low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : low;
    high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : high;
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < wanted; i++) {
        if (at[i] < 0x80 || at[i] > 0xbf) {
            return 0;
        }
    }
    return wanted;
}

static bool text_is_clean(struct problems *problems, const struct text_file *file)
{
    int line = 1;
    int column = 1;
    for (size_t i = 0; i < file->size;) {
        size_t size = utf8_size(file->bytes + i, file->size - i);
        unsigned byte = (unsigned char)file->bytes[i];
        if (size == 0) {
            problems_add(problems, PROBLEM_ERROR, "C002", file->name, line, column,
                         "byte 0x%02x is not UTF-8; save the file as UTF-8", byte);
            return false;
        }
        if (byte == 0 || (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')) {
            problems_add(problems, PROBLEM_ERROR, "C002", file->name, line, column,
                         "control character 0x%02x in a text file", byte);
            return false;
        }
        column++;
        if (byte == '\n') {
            line++;
            column = 1;
        }
        i += size;
    }
    return true;
}

bool file_read(struct pool *pool, struct problems *problems, const char *directory,
               const char *name, struct text_file *out_file)
{
    struct text_file file = {.name = pool_text(pool, name, strlen(name))};
    FILE *in = fopen(path_join(pool, directory, name), "rb");
    struct stat info;
    if (in == NULL || fstat(fileno(in), &info) != 0) {
        problems_add(problems, PROBLEM_ERROR, "C001", file.name, 0, 0, "cannot be read: %s",
                     strerror(errno));
        if (in != NULL) {
            (void)fclose(in);
        }
        return false;
    }
    if (!S_ISREG(info.st_mode) || info.st_size > FILE_SIZE_MAX) {
        problems_add(problems, PROBLEM_ERROR, "C001", file.name, 0, 0,
                     "is not a regular file of at most 1 GiB");
        (void)fclose(in);
        return false;
    }
    file.bytes = pool_take(pool, (size_t)info.st_size + 1);
    file.size = fread(file.bytes, 1, (size_t)info.st_size, in);
    bool is_whole = file.size == (size_t)info.st_size && ferror(in) == 0;
    (void)fclose(in);
    if (!is_whole) {
        problems_add(problems, PROBLEM_ERROR, "C001", file.name, 0, 0,
                     "ended early; was it changed while it was read? try again");
        return false;
    }
    *out_file = file;
    return true;
}

bool text_file_read(struct pool *pool, struct problems *problems, const char *directory,
                    const char *name, struct text_file *out_file)
{
    struct text_file file;
    if (!file_read(pool, problems, directory, name, &file)) {
        return false;
    }
    if (file.size >= 3 && memcmp(file.bytes, "\xef\xbb\xbf", 3) == 0) {
        file.bytes += 3;
        file.size -= 3;
    }
    if (!text_is_clean(problems, &file)) {
        return false;
    }
    *out_file = file;
    return true;
}
